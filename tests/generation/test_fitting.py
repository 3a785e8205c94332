"""The quick reading of schemas agrees with the judge on what it reads."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from mockserver.generation.fitting import alike, fits, is_of_type, matches
from mockserver.schemas import SchemaProblem, compile_schema


def nothing(reference: str) -> bool:
    return reference == ""


NAMES = st.sampled_from(["a", "b", "cc"])
TEXTS = st.sampled_from(["", "a", "bb", "ccc"])
NUMBERS = st.integers(-3, 6) | st.sampled_from([0.5, 2.0, -1.25, 1e20])
JSON = st.recursive(
    st.none() | st.booleans() | NUMBERS | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=5,
)
COUNTS = st.integers(0, 3)
TYPES = st.sampled_from(["object", "array", "string", "integer", "number", "boolean", "null"])


def keywords(inner):
    many = st.lists(inner, min_size=1, max_size=3)
    return st.fixed_dictionaries(
        {},
        optional={
            "type": TYPES | st.lists(TYPES, min_size=1, max_size=2, unique=True),
            "enum": st.lists(JSON, min_size=1, max_size=3),
            "const": JSON,
            "minimum": NUMBERS,
            "exclusiveMaximum": NUMBERS,
            "multipleOf": st.sampled_from([1, 2, 0.5]),
            "minLength": COUNTS,
            "maxItems": COUNTS,
            "minProperties": COUNTS,
            "pattern": st.sampled_from(["^a", "b+$", "c"]),
            "required": st.lists(NAMES, unique=True, max_size=2),
            "properties": st.dictionaries(NAMES, inner, max_size=2),
            "patternProperties": st.dictionaries(st.sampled_from(["^c", "a|b"]), inner, max_size=1),
            "additionalProperties": inner,
            "propertyNames": inner,
            "dependentRequired": st.dictionaries(NAMES, st.lists(NAMES, unique=True), max_size=1),
            "dependentSchemas": st.dictionaries(NAMES, inner, max_size=1),
            "prefixItems": many,
            "items": inner,
            "contains": inner,
            "minContains": COUNTS,
            "maxContains": COUNTS,
            "uniqueItems": st.booleans(),
            "allOf": many,
            "anyOf": many,
            "oneOf": many,
            "not": inner,
            "if": inner,
            "then": inner,
            "else": inner,
            "$ref": st.just("#/$defs/other"),
        },
    )


SCHEMAS = st.recursive(st.booleans() | keywords(st.booleans()), keywords, max_leaves=6)
OTHER: dict[str, object] = {"type": ["string", "integer", "array"], "maxLength": 2, "maximum": 3}


@given(schema=SCHEMAS, values=st.lists(JSON, min_size=1, max_size=6))
@settings(max_examples=500, deadline=None)
def test_it_agrees_with_the_judge(schema, values):
    whole: dict[str, object] = {"allOf": [schema], "$defs": {"other": OTHER}}
    judge = compile_schema(whole)
    for value in values:
        assert fits(value, schema, lambda _: OTHER) == judge.is_valid(value), json.dumps(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"properties": 1, "patternProperties": [], "additionalProperties": 3, "propertyNames": 2},
        {"dependentRequired": 1, "dependentSchemas": [], "required": "a", "enum": 4, "not": 3},
        {"prefixItems": 1, "items": [], "contains": 2, "uniqueItems": "yes", "if": 3, "then": 1},
        {"minimum": "1", "multipleOf": 0, "pattern": 3, "maximum": True, "minLength": None},
        {"allOf": 3, "anyOf": {}, "oneOf": 1, "type": "file"},
        {"pattern": "(("},
    ],
)
@pytest.mark.parametrize("value", [{"a": 1}, [1, 1], "a", 3, None])
def test_what_is_no_schema_refuses_only_what_it_must(schema, value):
    assert fits(
        value,
        {key: inner for key, inner in schema.items() if key not in ("anyOf", "oneOf")},
        nothing,
    )


def test_references_without_end_count_as_fitting():
    assert fits(1, {"$ref": "#"}, lambda _: {"$ref": "#"})


def test_numbers_of_many_digits():
    assert fits(10**400, {"multipleOf": 3e-300}, nothing)


@given(one=JSON, other=JSON)
def test_alike_is_equality_of_json(one, other):
    assert alike(one, one)
    assert alike(one, other) == compile_schema({"const": one}).is_valid(other)


@given(value=JSON, kind=TYPES)
def test_types_are_those_of_the_judge(value, kind):
    assert is_of_type(value, kind) == compile_schema({"type": kind}).is_valid(value)


def test_a_pattern_that_does_not_compile_matches_all():
    with pytest.raises(SchemaProblem):
        compile_schema({"pattern": "(("})
    assert matches("((", "a")
