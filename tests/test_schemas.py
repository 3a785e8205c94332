"""Compiled schemas: judging never raises, and messages never hold the value."""

import pytest

from mockserver.schemas import Schema, SchemaProblem, compile_schema

PERSON: Schema = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "name": {"type": "string", "minLength": 3},
        "contact": {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": "^x"}]},
    },
}


def test_a_value_that_fits_has_no_violations() -> None:
    person = compile_schema(PERSON)
    assert person.is_valid({"name": "Ada"})
    assert person.violations({"name": "Ada"}) == []
    assert person.broken_at({"name": "Ada"}) == []


def test_a_violation_names_path_keyword_and_no_value() -> None:
    (violation,) = compile_schema(PERSON).violations({"name": "Al"})
    assert violation.instance_path == ("name",)
    assert violation.schema_path == ("properties", "name", "minLength")
    assert violation.keyword == "minLength"
    assert "Al" not in violation.message


def test_a_choice_reports_itself_and_its_branches() -> None:
    person = compile_schema(PERSON)
    found = person.violations({"name": "Ada", "contact": "y"})
    assert [violation.keyword for violation in found] == ["anyOf", "type", "pattern"]
    assert person.broken_at({"name": "Ada", "contact": "y"}) == [("contact",)]


@pytest.mark.parametrize("value", ["\ud800", {1: 2}, b"x"], ids=["surrogate", "key", "bytes"])
def test_what_is_no_json_value_is_a_violation(value: object) -> None:
    anything = compile_schema(
        {"type": ["object", "string"], "minLength": 0, "properties": {"a": {}}}
    )
    assert not anything.is_valid(value)
    assert anything.violations(value)[0].keyword == "parse"
    assert anything.broken_at(value) == [()]


def test_violations_are_bounded() -> None:
    numbers = compile_schema({"items": {"type": "integer"}})
    assert len(numbers.violations(["x"] * 1000)) == 50


def test_formats_are_assertions_only_on_request() -> None:
    schema: Schema = {"format": "uuid"}
    assert compile_schema(schema).is_valid("no")
    assert not compile_schema(schema, formats=True).is_valid("no")


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ({"properties": {"a": {"pattern": "("}}}, ("properties", "a", "pattern")),
        ({"type": "strng"}, ("type",)),
        ({"$ref": "#/$defs/nowhere"}, ()),
        ({"$ref": "http://elsewhere.example/schema"}, ()),
        ({"$ref": "file:///etc/passwd"}, ()),
    ],
)
def test_a_schema_that_does_not_compile_says_where(schema: Schema, path: tuple[str, ...]) -> None:
    with pytest.raises(SchemaProblem) as caught:
        compile_schema(schema)
    assert caught.value.path == path


def test_a_hostile_pattern_gives_up_soon() -> None:
    assert not compile_schema({"pattern": "^(a+)+$"}).is_valid("a" * 40 + "!")


def test_keys_that_look_like_numbers_are_keys() -> None:
    schema: dict[str, object] = {
        "properties": {"200": {"items": {"type": "integer"}, "properties": {"1": False}}}
    }
    validator = compile_schema(schema)
    (found,) = validator.violations({"200": [0, "x"]})
    assert found.instance_path == ("200", 1)
    assert found.schema_path == ("properties", "200", "items", "type")
    assert validator.broken_at({"200": {"1": 0}}) == [("200", "1")]


def test_empty_keys_are_part_of_the_way() -> None:
    validator = compile_schema({"additionalProperties": {"additionalProperties": {"type": "array", "items": {"type": "integer"}}}})  # fmt: skip
    (found,) = validator.violations({"": {"": ["x"]}})
    assert found.instance_path == ("", "", 0)
    assert validator.broken_at({"": {"a": ["x"]}}) == [("", "a", 0)]
    assert validator.broken_at({"a": {"": ["x"]}, "": {}}) == [("a", "", 0)]
