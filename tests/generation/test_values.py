"""Values from schemas: what is shown, what is drawn, and that a foreign validator accepts all of it."""

import json
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # as elsewhere: no stubs

from mockserver.generation.values import Unsatisfiable
from tests.generation.building import made

NODE = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "next": {"$ref": "#/components/schemas/Node"}},
}
OPEN_PAIR = {"type": "object", "properties": {"a": {"type": "integer"}, "b": {"type": "string"}}}

STATIC: dict[str, tuple[object, object]] = {
    # what Prism shows (its sampler), where that is valid
    "a string": ({"type": "string"}, "string"),
    "a number": ({"type": "number"}, 0),
    "an integer": ({"type": "integer"}, 0),
    "a boolean": ({"type": "boolean"}, True),
    "a null": ({"type": "null"}, None),
    "a type that is not null comes first": ({"type": ["null", "integer"]}, 0),
    "the example": ({"type": "string", "example": "shown"}, "shown"),
    "the first of examples": ({"type": "string", "examples": ["one", "two"]}, "one"),
    "an example that does not fit is passed over": ({"type": "integer", "example": "x"}, 0),
    "the default": ({"type": "integer", "default": 3}, 3),
    "an example before a default": ({"type": "integer", "default": 3, "example": 4}, 4),
    "a constant": ({"const": {"a": [1]}}, {"a": [1]}),
    "the first of an enum": ({"enum": ["b", "a"]}, "b"),
    "an enum's value of the type": ({"type": "string", "enum": [1, "a"]}, "a"),
    "an object": (OPEN_PAIR, {"a": 0, "b": "string"}),
    "an array": ({"type": "array", "items": {"type": "integer"}}, [0]),
    "an array of anything": ({"type": "array"}, []),
    "a map": (
        {"type": "object", "additionalProperties": {"type": "integer"}},
        {"property1": 0, "property2": 0},
    ),
    "no schema": ({}, None),
    "a member without a schema": ({"type": "object", "properties": {"a": {}}}, {"a": None}),
    "an object without a type": ({"properties": {"a": {"type": "integer"}}}, {"a": 0}),
    "a string without a type": ({"minLength": 8}, "stringst"),
    "a number without a type": ({"minimum": 8}, 8),
    "an array without a type": ({"items": {"type": "integer"}}, [0]),
    "a recursion ends on the third level": (
        {"$ref": "#/components/schemas/Node"},
        {"name": "string", "next": {"name": "string", "next": {}}},
    ),
    # what must hold
    "a lower bound": ({"type": "integer", "minimum": 5}, 5),
    "an upper bound": ({"type": "integer", "maximum": -5}, -5),
    "bounds without themselves": (
        {"type": "integer", "exclusiveMinimum": 5, "exclusiveMaximum": 7},
        6,
    ),
    "multiples": ({"type": "number", "minimum": 1, "multipleOf": 0.3}, 1.2),
    "least items": (
        {"type": "array", "items": {"type": "string"}, "minItems": 2},
        ["string", "string"],
    ),
    "no items": ({"type": "array", "items": {"type": "string"}, "maxItems": 0}, []),
    "leading items": (
        {"prefixItems": [{"type": "integer"}, {"const": "b"}], "items": False, "type": "array"},
        [0, "b"],
    ),
    "contained items": (
        {
            "type": "array",
            "items": {"type": "integer"},
            "contains": {"minimum": 9},
            "minContains": 2,
        },
        [9, 9],
    ),
    "nothing need be contained": (
        {"type": "array", "contains": {"const": 1}, "minContains": 0},
        [],
    ),
    "property names": (
        {
            "type": "object",
            "propertyNames": {"enum": ["left", "right"]},
            "additionalProperties": {"type": "integer"},
        },
        {"left": 0, "right": 0},
    ),
    "patterns of properties": (
        {"type": "object", "patternProperties": {"^a$": {"type": "integer"}}},
        {"a": 0},
    ),
    "least members": ({"type": "object", "minProperties": 1}, {"property1": "string"}),
    "most members": ({**OPEN_PAIR, "maxProperties": 1}, {"a": 0}),
    "dependent members": (
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"const": 1}},
            "dependentRequired": {"a": ["b"], "b": ["c"]},
        },
        {"a": 1, "b": "string", "c": "string"},
    ),
    "a dependent schema": (
        {
            **OPEN_PAIR,
            "required": ["a"],
            "dependentSchemas": {"a": {"required": ["c"], "properties": {"c": {"const": 3}}}},
        },
        {"a": 0, "b": "string", "c": 3},
    ),
    "parts": (
        {"allOf": [OPEN_PAIR, {"required": ["c"], "properties": {"c": {"const": 1}}}]},
        {"a": 0, "b": "string", "c": 1},
    ),
    "examples of parts": (
        {"allOf": [{**OPEN_PAIR, "example": {"a": 7}}, {"properties": {"c": {"const": 1}}}]},
        {"a": 7, "b": "string", "c": 1},
    ),
    "bounds of parts": (
        {"allOf": [{"type": "number", "minimum": 2}, {"type": "integer", "minimum": 3}]},
        3,
    ),
    "the first branch": ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 0),
    "the branch that can be": (
        {"type": "string", "anyOf": [{"type": "integer"}, {"minLength": 7}]},
        "strings",
    ),
    "a branch that is not null": ({"anyOf": [{"type": "null"}, {"type": "string"}]}, "string"),
    "parts of arrays": (
        {
            "allOf": [
                {"type": "array", "items": {"type": "integer"}, "uniqueItems": True, "minItems": 1},
                {"items": {"minimum": 4}, "uniqueItems": False, "prefixItems": [{"enum": [4, 5]}]},
                {"prefixItems": [{"minimum": 4}, {"const": 7}]},
            ]
        },
        [4, 7],
    ),
    "parts of objects": (
        {
            "allOf": [
                {"properties": {"a": {"type": "integer"}}, "dependentRequired": {"a": ["b"]}},
                {"properties": {"a": {"minimum": 2}}, "dependentRequired": {"a": ["c"]}},
                {"additionalProperties": {"type": ["integer", "string"]}, "maxProperties": 3},
            ],
            "required": ["a"],
        },
        {"a": 2, "b": 0, "c": 0},
    ),
    "parts of numbers": (
        {
            "type": "integer",
            "minimum": 1,
            "allOf": [{"multipleOf": 4}, {"multipleOf": 6}],
        },
        12,
    ),
    "patterns of parts": (
        {"allOf": [{"type": "string", "pattern": "^a"}, {"pattern": "b$", "enum": ["ac", "ab"]}]},
        "ab",
    ),
    "a branch that is not wide": (
        {"type": "object", "properties": {"a": {"anyOf": [{"type": "object"}, {"type": "null"}]}}},
        {"a": {}},
    ),
    "names by length": (
        {
            "type": "object",
            "propertyNames": {"maxLength": 2},
            "minProperties": 2,
            "additionalProperties": {"type": "integer"},
        },
        None,
    ),
    "fewer items than wished": (
        {"type": "array", "items": {"not": {}}},
        [],
    ),
    "a member that may not be": (
        {"type": "object", "properties": {"a": {"not": {}}, "b": {"const": 1}}},
        {"b": 1},
    ),
    "a null where nothing else ends": (
        {
            "type": "object",
            "required": ["next"],
            "properties": {
                "next": {"anyOf": [{"$ref": "#/components/schemas/Strict"}, {"type": "null"}]}
            },
        },
        {"next": {"next": {"next": None}}},
    ),
    "a constant object by its keys": (
        {
            "type": "array",
            "uniqueItems": True,
            "minItems": 2,
            "items": {"enum": [{"a": [1]}, {"a": [2]}]},
        },
        [{"a": [1]}, {"a": [2]}],
    ),
    "dependents that are there": (
        {
            "type": "object",
            "required": ["a", "b"],
            "properties": {"a": {"const": 1}, "b": {"const": 2}},
            "dependentRequired": {"a": ["b"]},
        },
        {"a": 1, "b": 2},
    ),
    "properties whose names are refused": (
        {**OPEN_PAIR, "propertyNames": {"enum": ["b", 3]}, "minProperties": 1},
        {"b": "string"},
    ),
    "patterns of properties that cannot be read": (
        {
            "type": "object",
            "patternProperties": {r"^\cJ$": {"type": "integer"}},
            "additionalProperties": {"type": "integer"},
        },
        {"property1": 0, "property2": 0},
    ),
    "a map of what cannot be": (
        {"type": "object", "additionalProperties": {"allOf": [{"not": {}}]}},
        {},
    ),
    "a closed map by additionalProperties alone": (
        {"additionalProperties": {"type": "integer"}, "maxProperties": 1},
        {"property1": 0},
    ),
    "an example beside a choice": (
        {"anyOf": [{"type": "string", "example": "x"}, {"type": "integer"}], "maxLength": 1},
        "x",
    ),
    "an array of what it may be": ({"allOf": [{"unevaluatedProperties": {"type": "integer"}}]}, {}),
    "only null is left": ({"anyOf": [{"type": "null"}]}, None),
    "one branch alone": (
        {
            "oneOf": [
                {"type": "object", "required": ["a"], "properties": {"a": {"type": "string"}}},
                {
                    "type": "object",
                    "required": ["a"],
                    "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
                    "additionalProperties": False,
                },
            ]
        },
        {"a": "string", "b": 0},
    ),
    "what must not be": ({"type": "string", "not": {"const": "string"}}, None),
    "a property that must not be": (
        {**OPEN_PAIR, "not": {"required": ["b"]}},
        {"a": 0},
    ),
    "none of two properties": (
        {**OPEN_PAIR, "not": {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]}},
        {},
    ),
    "a condition": (
        {
            **OPEN_PAIR,
            "if": {"properties": {"a": {"const": 1}}},
            "then": {"required": ["c"], "properties": {"c": {"const": 2}}},
        },
        {"a": 1, "b": "string", "c": 2},
    ),
    "closed objects": ({**OPEN_PAIR, "unevaluatedProperties": False}, {"a": 0, "b": "string"}),
    "an open member beside": (
        {"type": "object", "required": ["a"], "unevaluatedProperties": {"type": "integer"}},
        {"a": 0},
    ),
    "different items": (
        {"type": "array", "items": {"enum": [1, 2, 3]}, "minItems": 3, "uniqueItems": True},
        [1, 3, 2],
    ),
    "a hidden member": (
        {"type": "object", "properties": {"a": {"type": "integer", "writeOnly": True}}},
        {},
    ),
    "a format": ({"type": "string", "format": "date"}, "2019-08-24"),
    "an UUID by its property's name": (
        {"type": "object", "properties": {"petId": {"type": "string", "format": "uuid"}}},
        {"petId": "156cec51-f821-4184-a389-44136f4e62b0"},
    ),
    "what fits 32 bits": ({"type": "integer", "format": "int32"}, 0),
}


@pytest.mark.parametrize(("schema", "value"), STATIC.values(), ids=STATIC)
def test_a_static_value(schema, value):
    found = made(schema, Node=NODE, Strict=STRICT)
    assert found == made(schema, Node=NODE, Strict=STRICT)
    if not re.search(r"\$ref|\\\\c", json.dumps(schema)):  # the foreign one reads neither
        Draft202012Validator(schema).validate(found)
    if value is not None or not schema or "null" in json.dumps(schema):
        assert found == value
        assert type(found) is type(value)


@pytest.mark.parametrize("schema", [schema for schema, _ in STATIC.values()], ids=STATIC)
@pytest.mark.parametrize("seed", ["a", "b", "c"])
def test_a_drawn_value(schema, seed):
    found = made(schema, seed=seed, Node=NODE, Strict=STRICT)
    assert found == made(schema, seed=seed, Node=NODE, Strict=STRICT)
    if not re.search(r"\$ref|\\\\c", json.dumps(schema)):  # the foreign one reads neither
        Draft202012Validator(schema).validate(found)


IMPOSSIBLE = {
    "false": (False, "the schema is false"),
    "types": ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "types exclude each other"),
    "enums": ({"allOf": [{"enum": [1]}, {"enum": [2]}]}, "no value in common"),
    "an enum of another type": ({"type": "string", "enum": [1]}, "no value of its enum"),
    "an enum and a bound": ({"enum": [1, 2], "minimum": 5}, "enum"),
    "bounds": ({"type": "integer", "minimum": 2, "maximum": 1}, "exclude each other"),
    "bounds of a number": ({"type": "number", "minimum": 2, "maximum": 1}, "exclude each other"),
    "lengths": ({"type": "string", "minLength": 2, "maxLength": 1}, "minLength 2 is more than"),
    "a required property": (
        {"type": "object", "required": ["a"], "properties": {"a": False}},
        "the required property 'a' cannot be made",
    ),
    "a recursion without end": (
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"$ref": "#/components/schemas/root"}},
        },
        "needs itself without end",
    ),
    "a choice without end": (
        {
            "anyOf": [
                {"type": "array", "minItems": 1, "items": {"$ref": "#/components/schemas/root"}}
            ]
        },
        "needs itself without end",
    ),
    "too many items": ({"type": "array", "minItems": 30_000}, "is more than the 20,000"),
    "too many members": ({"type": "object", "minProperties": 30_000}, "is more than the 20,000"),
    "too many characters": (
        {"type": "string", "minLength": 2_000_000},
        "is more than the 1,000,000",
    ),
    "too many parts": (
        {
            "type": "array",
            "minItems": 1_000,
            "items": {"type": "array", "minItems": 1_000, "items": {"type": "integer"}},
        },
        "a value of more than 50,000 parts",
    ),
    "too deep": (
        {
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"anyOf": [{"$ref": "#/components/schemas/deep0"}]}},
        },
        "a value deeper than 40 levels",
    ),
    "too few that differ": (
        {"type": "array", "items": {"type": "boolean"}, "minItems": 3, "uniqueItems": True},
        "no more items that differ",
    ),
    "a pattern that cannot be read": ({"type": "string", "pattern": "^(?<=a)b$"}, "at the root"),
    "not and nothing else": ({"not": {}}, "exclude each other"),
    "an unreadable pattern of a text": (
        {"type": "string", "pattern": r"^\cJ$"},
        "cannot be read",
    ),
    "a member that must be and cannot": (
        {"type": "object", "minProperties": 1, "additionalProperties": {"not": {}}},
        "exclude each other",
    ),
    "no branch": ({"type": "string", "oneOf": [{"type": "integer"}]}, "no branch of a choice"),
}
STRICT = {
    "type": "object",
    "required": ["next"],
    "properties": {"next": {"anyOf": [{"$ref": "#/components/schemas/Strict"}, {"type": "null"}]}},
}
DEEP: dict[str, Any] = {
    f"deep{level}": {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"$ref": f"#/components/schemas/deep{level + 1}"}},
    }
    for level in range(50)
} | {"deep50": {"type": "string"}}


@pytest.mark.parametrize(("schema", "reason"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.parametrize("seed", ["", "a"])
def test_what_cannot_be_is_said(schema, reason, seed):
    with pytest.raises(Unsatisfiable, match=re.escape(reason)):
        made(schema, seed=seed, **DEEP)


def test_draws_differ_and_suit_their_names():
    schema = {
        "type": "object",
        "required": ["email"],
        "properties": {
            "email": {"type": "string"},
            "count": {"type": "integer"},
            "flag": {"type": "boolean"},
            "price": {"type": "number"},
            "tags": {"type": "array", "items": {"type": "string"}},
        },
    }
    drawn = [made(schema, seed=str(number)) for number in range(20)]
    assert len({json.dumps(value) for value in drawn}) == 20
    assert all(list(value) == sorted(value) for value in drawn)
    assert all(re.fullmatch(r"\w+@example\.com", value["email"]) for value in drawn)
    assert {value["flag"] for value in drawn} == {True, False}


def test_a_name_for_the_value():
    schema = {"type": "object", "properties": {"a": {"type": "string", "x-faker": "fake.uuid"}}}
    assert re.fullmatch(r"[0-9a-f-]{36}", made(schema, seed="a")["a"])
    assert made(schema) == {"a": "string"}
    short = {"type": "string", "maxLength": 3, "x-faker": "fake.uuid"}
    assert len(made(short, seed="a")) <= 3


def test_draws_ignore_examples():
    assert made({"type": "string", "example": "x", "maxLength": 20}, seed="a") != "x"


@pytest.mark.parametrize("seed", ["", "a"])
def test_an_object_without_what_it_may_lack(seed):
    assert set(made({**OPEN_PAIR, "required": ["b"]}, seed=seed, fill_properties=False)) == {"b"}


def test_each_side_sends_its_own():
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "integer", "readOnly": True},
            "secret": {"type": "string", "writeOnly": True},
        },
    }
    assert made(schema) == {"id": 0}
    assert made(schema, direction="request") == {"secret": "string"}


def test_a_discriminator_names_the_branch():
    pet = {"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}
    told = {"propertyName": "kind", "mapping": {"meow": "#/components/schemas/Cat"}}
    branches = [{"$ref": "#/components/schemas/Cat"}, {"$ref": "#/components/schemas/Dog"}]
    one_of = {"oneOf": branches, "discriminator": told}
    assert made(one_of, Cat={**pet, "required": ["kind", "a"]}, Dog=False) == {
        "kind": "meow",
        "a": "string",
    }
    drawn = {made(one_of, seed=str(seed), Cat=pet, Dog=False)["kind"] for seed in range(5)}
    assert drawn == {"meow"}


def test_a_discriminator_that_its_branches_contradict_is_passed_over():
    own = {"type": "object", "required": ["kind"], "properties": {"kind": {"const": "own"}}}
    told = {"propertyName": "kind", "mapping": {"other": 3}}
    branches = [{"$ref": "#/components/schemas/Cat"}]
    assert made({"oneOf": branches, "discriminator": told}, Cat=own) == {"kind": "own"}
    assert made({"anyOf": branches, "discriminator": {}}, Cat=own) == {"kind": "own"}


def test_wide_schemas_share_their_room():
    """Every object has twenty of its kind: the whole would have twenty to the fortieth parts."""
    wide = {
        "type": "object",
        "properties": {f"p{n}": {"$ref": f"#/components/schemas/w{n % 4}"} for n in range(20)},
    }
    found = made(
        {"$ref": "#/components/schemas/w0"}, **dict[str, Any]({f"w{n}": wide for n in range(4)})
    )
    assert len(json.dumps(found)) < 100_000
    assert found["p0"]


NAMES = st.sampled_from(["a", "b", "c"])
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "bb", "ccc"])


def schemas(inner):
    """Return a strategy of schemas that hold others."""
    bounds = st.integers(0, 3)
    return st.one_of(
        st.builds(
            lambda **parts: {"type": "object", **parts},
            properties=st.dictionaries(NAMES, inner, max_size=3),
            required=st.lists(NAMES, unique=True, max_size=2),
        ),
        st.builds(
            lambda items, low, more: {
                "type": "array",
                "items": items,
                "minItems": low,
                "maxItems": low + more,
            },
            inner,
            bounds,
            bounds,
        ),
        st.builds(lambda branches: {"anyOf": branches}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda branches: {"oneOf": branches}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda branches: {"allOf": branches}, st.lists(inner, min_size=1, max_size=2)),
        st.builds(
            lambda closed, name: {
                "type": "object",
                "additionalProperties": closed,
                "minProperties": 1,
                "not": {"required": [name]},
            },
            inner,
            NAMES,
        ),
        st.builds(
            lambda condition, then, otherwise: {"if": condition, "then": then, "else": otherwise},
            inner,
            inner,
            inner,
        ),
    )


LEAVES = st.one_of(
    st.builds(
        lambda kind: {"type": kind}, st.sampled_from(["string", "integer", "boolean", "null"])
    ),
    st.builds(lambda values: {"enum": values}, st.lists(SCALARS, min_size=1, max_size=3)),
    st.builds(
        lambda low, width, step: {
            "type": "integer",
            "minimum": low,
            "maximum": low + width,
            "multipleOf": step,
        },
        st.integers(-20, 20),
        st.integers(0, 20),
        st.integers(1, 3),
    ),
    st.builds(
        lambda low, width: {"type": "number", "exclusiveMinimum": low, "maximum": low + width},
        st.integers(-5, 5),
        st.sampled_from([0.001, 0.5, 7]),
    ),
    st.builds(
        lambda low, more: {"type": "string", "minLength": low, "maxLength": low + more},
        st.integers(0, 9),
        st.integers(0, 5),
    ),
    st.just({"type": "string", "pattern": "^[a-c]{2,4}-\\d+$"}),
)


@given(schema=st.recursive(LEAVES, schemas, max_leaves=8), seed=st.sampled_from(["", "a", "b"]))
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_made_is_valid(schema, seed):
    try:
        found = made(schema, seed=seed)
    except Unsatisfiable:
        return
    Draft202012Validator(schema).validate(found)


NESTED: dict[str, Any] = {
    "type": "object",
    "required": ["a"],
    "properties": {"a": {"type": "string", "minLength": 1}},
}
for _ in range(45):
    NESTED = {"type": "object", "required": ["a"], "properties": {"a": NESTED}}


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({"type": "object", "properties": {"b": NESTED}}, id="a member that may be left out"),
        pytest.param({"type": "array", "items": NESTED}, id="an item that may be left out"),
        pytest.param({"type": "object", "minProperties": 1, "additionalProperties": NESTED}, id="a member of a map"),
    ],
)  # fmt: skip
def test_a_value_that_is_too_deep_ends_the_making(schema: dict[str, Any]) -> None:
    with pytest.raises(Unsatisfiable, match="deeper than 40 levels"):
        made(schema)
