"""Dialects of JSON Schema in documents of OpenAPI 3.1 and later."""

import pytest

from mockserver.spec.dialects import find_dialect
from mockserver.spec.versions import VERSIONS
from tests.spec.building import compiled, rules
from tests.spec.test_conversion import converted

DRAFT_7 = "http://json-schema.org/draft-07/schema#"


@pytest.mark.parametrize(
    ("uri", "ref_siblings"),
    [
        ("https://json-schema.org/draft/2020-12/schema", True),
        ("https://json-schema.org/draft/2019-09/schema", True),
        ("https://spec.openapis.org/oas/3.1/dialect/base", True),
        ("https://spec.openapis.org/oas/3.2/dialect/2025-09-17", True),
        (DRAFT_7, False),
        ("https://json-schema.org/draft-04/schema", False),
        ("https://example.com/dialect", None),
        (7, None),
    ],
)
def test_a_dialect_is_known_by_its_uri(uri, ref_siblings):
    dialect = find_dialect(uri)
    assert (dialect.ref_siblings if dialect else None) is ref_siblings


BESIDE = {"$ref": "Pet", "maxProperties": 1}


@pytest.mark.parametrize(
    ("schema", "result"),
    [
        pytest.param(
            {"$schema": DRAFT_7, **BESIDE}, {"$ref": "#/$defs/Pet"}, id="siblings ignored"
        ),
        pytest.param(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **BESIDE},
            {"$ref": "#/$defs/Pet", "maxProperties": 1},
            id="siblings applied",
        ),
        pytest.param(
            {"items": [{"type": "string"}], "additionalItems": False},
            {"prefixItems": [{"type": "string"}], "items": False},
            id="additional items",
        ),
        pytest.param({"additionalItems": False}, {}, id="additional items of nothing"),
        pytest.param(
            {"prefixItems": [True], "additionalItems": False}, {"prefixItems": [True]}, id="of now"
        ),
        pytest.param(
            {"dependencies": {"a": ["b"], "c": {"$ref": "Pet"}, "d": 1}},
            {"dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"$ref": "#/$defs/Pet"}}},
            id="dependencies",
        ),
        pytest.param(
            {
                "dependencies": {"a": ["b"], "c": True},
                "dependentRequired": {"a": ["z"]},
                "dependentSchemas": {},
            },
            {"dependentRequired": {"a": ["z"]}, "dependentSchemas": {}},
            id="dependencies beside what replaced them",
        ),
        pytest.param({"dependencies": 1}, {}, id="dependencies that are none"),
        pytest.param(
            {"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}, id="draft 4"
        ),
    ],
)
def test_what_older_dialects_write_is_converted(schema, result):
    assert converted(schema, version="3.1") == (result, [])
    assert converted(schema, version="3.2") == (result, [])


def test_an_unknown_dialect_is_reported():
    schema = {"$schema": "https://example.com/dialect", "type": "string"}
    reported = [(("$schema",), "unknown-dialect")]
    assert converted(schema, version="3.1") == ({"type": "string"}, reported)
    # 3.0 has schemas of its own, whatever they call themselves.
    assert converted(schema, version="3.0") == ({"type": "string"}, [])


@pytest.mark.parametrize(
    ("path", "original"),
    [
        (("dependentRequired", "a"), ("dependencies", "a")),
        (("dependentSchemas", "c", "type"), ("dependencies", "c", "type")),
    ],
)
def test_what_was_converted_is_found_in_the_document(path, original):
    schema = {"dependencies": {"a": ["b"], "c": {"type": "object"}}}
    assert VERSIONS["3.1"].original_path(schema, "request", path) == original


@pytest.mark.parametrize(
    ("dialect", "siblings", "found"),
    [
        (None, True, []),
        ("https://spec.openapis.org/oas/3.1/dialect/base", True, []),
        (DRAFT_7, False, []),
        ("https://example.com/dialect", True, ["unknown-dialect"]),
    ],
)
def test_a_document_names_the_dialect_of_its_schemas(tmp_path, dialect, siblings, found):
    schemas = {"A": {"$ref": "#/components/schemas/B", "maxLength": 1}, "B": {"type": "string"}}
    told = {"jsonSchemaDialect": dialect} if dialect else {}
    api = compiled(tmp_path, {"components": {"schemas": schemas}, "webhooks": {}, **told})
    at = api.document.root.child("components", "schemas", "A")
    assert api.schemas.validator(at, "request").is_valid("long") is not siblings
    assert rules(api) == found
