from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from mockserver.schemas import compile_schema
from mockserver.spec.keywords import kind_of
from mockserver.spec.model import Direction
from mockserver.spec.versions import VERSIONS

COMPONENTS: dict[str, object] = {
    "Pet": {"type": "object"},
    "Id": {"type": "string", "readOnly": True},
    "Chain": {"allOf": [{"$ref": "Id"}]},
    "Loop": {"$ref": "Loop"},
    "Base": {"properties": {"id": {"$ref": "Id"}, "name": {}}},
}


def converted(
    schema: object, *, version: str = "3.0", direction: Direction = "response"
) -> tuple[object, list[tuple[tuple[str | int, ...], str]]]:
    """Return the converted schema, and paths and rules of what was reported."""
    reported: list[tuple[tuple[str | int, ...], str]] = []
    result = VERSIONS[version].convert_schema(
        schema,
        direction,
        lambda reference: f"#/$defs/{reference}",
        own_ref="#/$defs/own",
        look_up=COMPONENTS.get,
        report=lambda path, rule, message: reported.append((path, rule)),
    )
    return result, reported


NULL = {"type": "null"}

BOTH_VERSIONS = {
    "as it is": ({"type": "string", "x-a": 1, "example": {"$ref": 3}}, None),
    "boolean": (True, None),
    "exclusive minimum": (
        {"minimum": 1, "exclusiveMinimum": True, "maximum": 9, "exclusiveMaximum": False},
        {"exclusiveMinimum": 1, "maximum": 9},
    ),
    "exclusive without bound": ({"exclusiveMaximum": True}, {}),
    "exclusive number": ({"exclusiveMinimum": 3, "minimum": 1}, None),
    "int32": (
        {"type": "integer", "format": "int32"},
        {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 2**31 - 1},
    ),
    "int64 and null": (
        {"type": ["integer", "null"], "format": "int64", "minimum": 0},
        {
            "type": ["integer", "null"],
            "format": "int64",
            "minimum": 0,
            "maximum": 2**63 - 1,
        },
    ),
    "tighter bounds": (
        {"type": "integer", "format": "int32", "exclusiveMinimum": 0, "exclusiveMaximum": 9},
        None,
    ),
    "looser bound": (
        {"type": "integer", "format": "int32", "minimum": -(2**40), "maximum": 5},
        {"type": "integer", "format": "int32", "minimum": -(2**31), "maximum": 5},
    ),
    "int32 of a string": ({"type": "string", "format": "int32"}, None),
    "item list": (
        {"items": [{"type": "string"}, {}]},
        {"prefixItems": [{"type": "string"}, {}]},
    ),
    "names and movers": (
        {
            "$id": "http://a/b",
            "$anchor": "x",
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$recursiveAnchor": True,
            "$defs": {},
        },
        {},
    ),
    "recursive reference": (
        {"items": {"$recursiveRef": "#"}},
        {"items": {"$ref": "#/$defs/own"}},
    ),
    "dynamic reference": ({"$dynamicRef": "#node"}, {"$ref": "#/$defs/#node"}),
    "everything inside": (
        {
            "properties": {"a": {"exclusiveMinimum": True, "minimum": 1}},
            "patternProperties": {"^x": {"type": "string"}},
            "additionalProperties": False,
            "not": {"required": ["q"]},
            "if": {},
            "then": True,
            "else": {},
            "allOf": [{"minLength": 1.0}],
            "dependentRequired": {"a": ["b", "b", 3]},
            "contains": {},
        },
        {
            "properties": {"a": {"exclusiveMinimum": 1}},
            "patternProperties": {"^x": {"type": "string"}},
            "additionalProperties": False,
            "not": {"required": ["q"]},
            "if": {},
            "then": True,
            "else": {},
            "allOf": [{"minLength": 1}],
            "dependentRequired": {"a": ["b"]},
            "contains": {},
        },
    ),
    "numbers in strings": (
        {"minimum": "1", "maximum": "2.5", "maxLength": "3", "multipleOf": "1e1"},
        {"minimum": 1, "maximum": 2.5, "maxLength": 3, "multipleOf": 10.0},
    ),
    "booleans in strings": ({"uniqueItems": "True"}, {"uniqueItems": True}),
    "repaired pattern": ({"pattern": r"^[\w-\.]+\Z"}, {"pattern": r"^[\w\-\.]+$"}),
    "yaml null in a type list": ({"type": ["string", None]}, {"type": ["string", "null"]}),
    "repeated required": ({"required": ["a", "a", 3]}, {"required": ["a"]}),
    "examples by name": ({"examples": {"a": 1}}, {"examples": [1]}),
    "no examples": ({"examples": 3}, {}),
    "discriminator": (
        {"oneOf": [{}], "discriminator": {"propertyName": "t", "mapping": {"a": "#/x"}}},
        None,
    ),
}


@pytest.mark.parametrize("version", ["3.0", "3.1"])
@pytest.mark.parametrize(("schema", "expected"), BOTH_VERSIONS.values(), ids=BOTH_VERSIONS)
def test_a_schema_becomes_2020_12(schema, expected, version):
    assert converted(schema, version=version) == (schema if expected is None else expected, [])


NULLABLE = {
    "type": ({"type": "string"}, {"type": ["string", "null"]}),
    "type list": ({"type": ["string", "null"]}, {"type": ["string", "null"]}),
    "enum": (
        {"type": "string", "enum": ["a"]},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    "enum with null": ({"enum": [None]}, {"enum": [None]}),
    "no type": ({"minLength": 1}, {"minLength": 1}),
    "anyOf": ({"anyOf": [{}]}, {"anyOf": [{}, NULL]}),
    "anyOf with type": (
        {"anyOf": [{}], "type": "object"},
        {"anyOf": [{"anyOf": [{}], "type": "object"}, NULL]},
    ),
    "reference": ({"$ref": "Pet"}, {"anyOf": [{"$ref": "#/$defs/Pet"}, NULL]}),
    "allOf": (
        {"allOf": [{"$ref": "Pet"}], "title": "A pet", "x-faker": 1, "example": None},
        {
            "title": "A pet",
            "x-faker": 1,
            "example": None,
            "anyOf": [{"allOf": [{"$ref": "#/$defs/Pet"}]}, NULL],
        },
    ),
}


@pytest.mark.parametrize(("schema", "expected"), NULLABLE.values(), ids=NULLABLE)
def test_nullable_allows_null(schema, expected):
    assert converted({**schema, "nullable": True}) == (expected, [])
    assert compile_schema({"anyOf": [expected], "$defs": {"Pet": {}}}).is_valid(None)


def test_nullable_in_3_1_is_believed_in_requests_only_and_reported():
    schema = {"type": "string", "nullable": True}
    said = [(("nullable",), "foreign-keyword")]
    assert converted(schema, version="3.1", direction="request") == (
        {"type": ["string", "null"]},
        said,
    )
    assert converted(schema, version="3.1") == ({"type": "string"}, said)


def test_nullable_false_says_nothing():
    assert converted({"type": "string", "nullable": False}) == ({"type": "string"}, [])


def test_siblings_of_a_reference_apply_from_3_1():
    schema = {"$ref": "Pet", "description": "d", "minProperties": 1}
    assert converted(schema)[0] == {"$ref": "#/$defs/Pet"}
    assert converted(schema, version="3.1")[0] == {**schema, "$ref": "#/$defs/Pet"}


def test_a_reference_goes_before_a_dynamic_one():
    assert converted({"$dynamicRef": "#a", "$ref": "Pet"}, version="3.1")[0] == {
        "$ref": "#/$defs/Pet"
    }


HIDDEN = {
    "own property": {"properties": {"id": {"readOnly": True}, "name": {}}},
    "behind a reference": {"properties": {"id": {"$ref": "Id"}}},
    "behind a chain": {"properties": {"id": {"$ref": "Chain"}}},
    "of an allOf branch": {"allOf": [{"$ref": "Base"}]},
}


@pytest.mark.parametrize("schema", HIDDEN.values(), ids=HIDDEN)
def test_a_request_need_not_hold_what_is_read_only(schema):
    schema = {**schema, "required": ["id", "name"]}
    request, _ = converted(schema, direction="request")
    response, _ = converted(schema)
    assert isinstance(request, dict)
    assert isinstance(response, dict)
    assert request["required"] == ["name"]
    assert response["required"] == ["id", "name"]


def test_a_branch_may_require_what_its_sibling_declares():
    schema = {"allOf": [{"$ref": "Base"}, {"required": ["id"]}]}
    assert converted(schema, direction="request")[0] == {"allOf": [{"$ref": "#/$defs/Base"}, {}]}


def test_a_response_need_not_hold_what_is_write_only():
    schema = {"properties": {"secret": {"writeOnly": True}}, "required": ["secret"]}
    assert "required" not in converted(schema)[0]  # type: ignore[operator]
    assert converted(schema, direction="request")[0] == schema


def test_references_in_a_circle_hide_nothing():
    schema = {"properties": {"a": {"$ref": "Loop"}}, "required": ["a"]}
    assert converted(schema, direction="request")[0]["required"] == ["a"]  # type: ignore[index]


MISFITS = {  # type: ignore[var-annotated]
    "schema": (None, True, (), "invalid-schema"),
    "empty property": (
        {"properties": {"a": None}},
        {"properties": {"a": True}},
        ("properties", "a"),
        "invalid-schema",
    ),
    "type alias": ({"type": "float"}, {"type": "number"}, ("type",), "unknown-type"),
    "type in capitals": ({"type": "String"}, {"type": "string"}, ("type",), "unknown-type"),
    "file": ({"type": "file"}, {"type": "string"}, ("type",), "unknown-type"),
    "any": ({"type": "any"}, {}, ("type",), "unknown-type"),
    "no type": ({"type": None}, {}, ("type",), "unknown-type"),
    "type of mappings": ({"type": [{}]}, {}, ("type",), "unknown-type"),
    "pattern": ({"pattern": "["}, {}, ("pattern",), "invalid-pattern"),
    "long pattern": ({"pattern": "a" * 9000}, {}, ("pattern",), "invalid-pattern"),
    "property pattern": (
        {"patternProperties": {"[": {}, "a": {}}},
        {"patternProperties": {"a": {}}},
        ("patternProperties", "["),
        "invalid-pattern",
    ),
    **{
        f"{keyword}: {value}": ({keyword: value}, {}, (keyword,), "invalid-keyword")
        for keyword, value in [
            ("$ref", 3),
            ("pattern", 3),
            ("patternProperties", []),
            ("properties", []),
            ("required", True),
            ("enum", []),
            ("minimum", "x"),
            ("maximum", float("inf")),
            ("exclusiveMaximum", []),
            ("multipleOf", 0),
            ("minLength", -1),
            ("maxItems", 1.5),
            ("uniqueItems", "perhaps"),
            ("title", 3),
            ("items", "string"),
            ("not", []),
            ("allOf", {}),
            ("anyOf", []),
            ("dependentRequired", []),
        ]
    },
}


@pytest.mark.parametrize(("schema", "expected", "path", "rule"), MISFITS.values(), ids=MISFITS)
def test_what_has_no_meaning_is_left_out_and_reported(schema, expected, path, rule):
    assert converted(schema, version="3.1") == (expected, [(path, rule)])


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (None, "null"),
        (True, "a boolean"),
        (1.5, "a number"),
        ("x", "a string"),
        ([], "an empty list"),
        ([1], "a list"),
        ({}, "a mapping"),
    ],
)
def test_a_misfit_is_called_by_its_kind(value, kind):
    assert kind_of(value) == kind


def test_whoever_does_not_listen_may_convert_as_well():
    version = VERSIONS["3.0"]
    schema = {"required": ["a"], "properties": {"a": {"$ref": "x"}}, "minLength": -1}
    assert version.convert_schema(schema, "request", str) == {
        "required": ["a"],
        "properties": {"a": {"$ref": "x"}},
    }


ORIGINALS = {
    "same": ({"properties": {"a": {"type": "string"}}}, ("properties", "a", "type"), None),
    "a property called anyOf": (
        {"nullable": True, "allOf": [{"properties": {"anyOf": {"type": "string"}}}]},
        ("anyOf", 0, "allOf", 0, "properties", "anyOf", "type"),
        ("allOf", 0, "properties", "anyOf", "type"),
    ),
    "the wrapper": ({"nullable": True, "allOf": [{}]}, ("anyOf",), ("nullable",)),
    "the wrapper's null": ({"nullable": True, "allOf": [{}]}, ("anyOf", 1, "type"), ("nullable",)),
    "own anyOf": ({"nullable": True, "anyOf": [{}]}, ("anyOf",), ("anyOf",)),
    "own branch": (
        {"nullable": True, "anyOf": [{"type": "string"}]},
        ("anyOf", 0, "type"),
        None,
    ),
    "branch for null": ({"nullable": True, "anyOf": [{}]}, ("anyOf", 1, "type"), ("nullable",)),
    "format": ({"format": "int32", "maximum": 3}, ("minimum",), ("format",)),
    "own bound": ({"format": "int32", "maximum": 3}, ("maximum",), None),
    "item list": (
        {"items": [{"type": "string"}]},
        ("prefixItems", 0, "type"),
        ("items", 0, "type"),
    ),
    "recursion": ({"$recursiveRef": "#"}, ("$ref",), ("$recursiveRef",)),
    "beyond": ({"items": {}}, ("items", "type"), ("items",)),
    "beyond a list": ({"anyOf": [{}]}, ("anyOf", 3, "type"), ("anyOf",)),
    "into a leaf": ({"required": ["a"]}, ("required", 0, "x"), ("required", 0)),
}


@pytest.mark.parametrize(("schema", "path", "original"), ORIGINALS.values(), ids=ORIGINALS)
def test_a_path_leads_back_to_the_document(schema, path, original):
    expected = path if original is None else original
    assert VERSIONS["3.0"].original_path(schema, "response", path) == expected


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "ab"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=5,
)

Spelled = tuple[dict[str, object], dict[str, object]]


def spelled_twice(draw_inner: st.SearchStrategy[Spelled]) -> st.SearchStrategy[Spelled]:
    """Return schemas spelled for 3.0 and for 3.1, built from smaller ones."""

    def both(build: Callable[[dict[str, object]], dict[str, object]]) -> st.SearchStrategy[Spelled]:
        return draw_inner.map(lambda pair: (build(pair[0]), build(pair[1])))

    nullable = draw_inner.map(
        lambda pair: (
            {"allOf": [pair[0]], "nullable": True},
            {"anyOf": [{"allOf": [pair[1]]}, {"type": "null"}]},
        )
    )
    return (
        both(lambda inner: {"type": "array", "items": inner, "maxItems": 2})
        | both(lambda inner: {"type": "object", "properties": {"a": inner}, "required": ["a"]})
        | both(lambda inner: {"anyOf": [inner, {"type": "boolean"}]})
        | both(lambda inner: {"not": inner})
        | nullable  # type: ignore[operator]
    )


LEAVES: list[Spelled] = [
    ({"type": "string", "nullable": True}, {"type": ["string", "null"]}),
    (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True},
        {"type": "integer", "exclusiveMinimum": 1},
    ),
    (
        {"type": "string", "enum": ["a"], "nullable": True},
        {"type": ["string", "null"], "enum": ["a", None]},
    ),
    ({"type": "string", "maxLength": 1}, {"type": "string", "maxLength": 1}),
    ({"type": "string", "enum": ["a"]}, {"const": "a"}),
    (
        {"anyOf": [{"type": "string"}, {"type": "integer"}], "nullable": True},
        {"type": ["string", "integer", "null"]},
    ),
]


@given(st.recursive(st.sampled_from(LEAVES), spelled_twice, max_leaves=4), VALUES)
def test_one_schema_spelled_for_3_0_and_for_3_1_gives_one_verdict(spelled, value):
    verdicts = {
        compile_schema(converted(schema, version=version)[0]).is_valid(value)  # type: ignore[arg-type]
        for schema, version in zip(spelled, ("3.0", "3.1"), strict=True)
    }
    assert len(verdicts) == 1
