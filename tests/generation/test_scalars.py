"""Texts and numbers by format, by name of the property and by ``x-faker``."""

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # as elsewhere: no stubs

from mockserver.generation.chance import Chance
from mockserver.generation.faker import draw_named
from mockserver.generation.formats import FORMATS, static_uuid
from mockserver.generation.scalars import make_integer, make_number, make_string
from mockserver.generation.words import draw_text
from mockserver.schemas import compile_schema


@pytest.mark.parametrize("name", FORMATS)
def test_what_has_a_format_keeps_it(name):
    judge = compile_schema({"format": name}, formats=True)
    foreign = Draft202012Validator(
        {"format": name}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    static, draw = FORMATS[name]
    for text in (static("petId"), *(str(draw(Chance(b"seed", seed))) for seed in range(30))):
        assert judge.is_valid(text), text
        foreign.validate(text)


@pytest.mark.parametrize(
    ("name", "uuid"),  # as Prism's sampler has them
    [
        ("", "497f6eca-6276-4993-bfeb-53cbbbba6f08"),
        ("id", "497f6eca-6276-4993-bfeb-53cbbbba6f08"),
        ("petId", "156cec51-f821-4184-a389-44136f4e62b0"),
        ("uuid", "095be615-a8ad-4c33-8e9c-c7612fbf6c9f"),
    ],
)
def test_a_static_uuid_is_prisms(name, uuid):
    assert static_uuid(name) == uuid


@pytest.mark.parametrize(
    ("keywords", "text"),
    [
        ({}, "string"),
        ({"minLength": 8}, "stringst"),
        ({"maxLength": 3}, "str"),
        ({"format": "unheard-of"}, "string"),
        ({"format": "password"}, "pa$$word"),
        ({"format": "password", "minLength": 10}, "pa$$wordpa"),
        ({"format": "date", "pattern": "^2019"}, "2019-08-24"),
        ({"format": "date", "pattern": "^x$"}, "x"),
        ({"format": "date", "pattern": "^x$", "maxLength": 3}, "x"),
        ({"pattern": "^ab$"}, "ab"),
    ],
)
def test_a_static_text(keywords, text):
    assert make_string(keywords, "", Chance(b"seed"), dynamic=False) == text


def test_a_format_that_is_too_long_is_drawn():
    text = make_string({"format": "email", "maxLength": 5}, "", Chance(b"seed"), dynamic=False)
    assert len(text) == 5


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("email", r"\w+@example\.com"),
        ("billing_email", r"\w+@example\.com"),
        ("first_name", "[A-Z][a-z]+"),
        ("username", r"[a-z]+\d+"),
        ("title", "[A-Z][a-z]+ [a-z]+"),
        ("currency", "[a-z]{3}"),
        ("postal_code", r"\d{5}"),
        ("street", r"\d+ [A-Z][a-z]+ Street"),
        ("color", "[a-z]+"),
        ("language", "[a-z]{2}"),
        ("avatar", "https://example.com/[a-z]+/[a-z]+"),
        ("created_at", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"),
        ("birthday", r"\d{4}-\d\d-\d\d"),
        ("description", r"[A-Z][a-z ]+\."),
        ("petId", "[0-9A-Za-z]{12}"),
        ("api_key", "[0-9A-Za-z]{24}"),
        ("version", r"\d\.\d+\.\d"),
        ("ip", r"192\.0\.2\.\d+"),
        ("zzz", "[a-z]+"),
    ],
)
def test_a_drawn_text_suits_its_name(name, form):
    judge = compile_schema({"pattern": f"^{form}$"})
    for seed in range(10):
        assert judge.is_valid(draw_text(name, Chance(b"seed", seed)))


@pytest.mark.parametrize("dynamic", [False, True])
@pytest.mark.parametrize("name", ["age", "created_at", "thing"])
@pytest.mark.parametrize(
    "keywords",
    [
        {"type": "number"},
        {"type": "number", "minimum": 0.5},
        {"type": "number", "exclusiveMinimum": 0.5},
        {"type": "number", "exclusiveMinimum": 0.5, "exclusiveMaximum": 0.501},
        {"type": "number", "exclusiveMaximum": -3},
        {"type": "number", "maximum": -3.5},
        {"type": "number", "minimum": 1e300, "maximum": 1.5e300},
        {"type": "number", "multipleOf": 0.01, "minimum": 3},
        {"type": "integer", "multipleOf": 2.5},
        {"type": "integer", "multipleOf": 7, "exclusiveMinimum": 7},
        {"type": "integer", "multipleOf": 7, "exclusiveMaximum": -7},
        {"type": "integer", "maximum": 100},
        {"type": "integer", "minimum": -(2**31), "maximum": 2**31 - 1},
        {"type": "integer", "minimum": 2**40},
        {"type": "integer", "maximum": -(2**40)},
        {"type": "integer", "minimum": 0.2, "maximum": 1.9},
    ],
)
def test_numbers_keep_their_bounds(keywords, name, dynamic):
    make = make_integer if keywords["type"] == "integer" else make_number
    for seed in range(10):
        value = make(keywords, name, Chance(b"seed", seed), dynamic=dynamic)
        Draft202012Validator(keywords).validate(value)


@pytest.mark.parametrize(
    ("keywords", "form"),
    [
        ({"x-faker": "fake.email"}, r"\w+@example\.com"),
        ({"x-faker": "email"}, r"\w+@example\.com"),
        ({"x-faker": "internet.email"}, r"\w+@example\.com"),
        ({"faker": {"internet.email": ["ada"]}}, r"\w+@example\.com"),
        ({"x-faker": {"fake.digits": [4]}}, r"\d{4}"),
        ({"x-faker": {"fake.digits": 4}}, r"\d{4}"),
        ({"x-faker": {"fake.choice": ["x", "y"]}}, "x|y"),
        ({"x-faker": "stripe.setup_intent_secret"}, "seti_[0-9A-Za-z]{24}_secret_[0-9A-Za-z]{31}"),
    ],
)
def test_a_schema_names_its_value(keywords, form):
    assert compile_schema({"pattern": f"^({form})$"}).is_valid(
        draw_named(keywords, Chance(b"seed"))
    )


@pytest.mark.parametrize(
    "named",
    ["unheard.of", 3, {"a": 1, "b": 2}, {"fake.digits": ["x"]}, "fake.digits", {"fake.digits": 0}],
)
def test_a_name_that_is_not_known_is_passed_over(named):
    assert draw_named({"x-faker": named}, Chance(b"seed")) is None
    assert draw_named({}, Chance(b"seed")) is None
