import json
from pathlib import Path

import pytest

from mockserver.spec.compile import compile_document
from mockserver.spec.document import load_document
from mockserver.spec.model import Location
from mockserver.spec.registry import SchemaRegistry
from mockserver.spec.versions import VERSIONS
from tests.spec.building import Tree, compiled

SCHEMAS: Tree = {
    "Pet": {
        "type": "object",
        "required": ["name", "id"],
        "properties": {
            "id": {"type": "string", "readOnly": True},
            "name": {"type": "string", "nullable": True},
            "friends": {"type": "array", "items": {"$ref": "#/components/schemas/Pet"}},
            "toy": {"$ref": "toys.json#/ball"},
        },
    },
    "Alias": {"$ref": "#/components/schemas/Pet"},
    "Circle": {"$ref": "#/components/schemas/Circle"},
    "Dangling": {
        "required": ["b"],
        "properties": {"a": {"$ref": "#/gone"}, "b": {"type": "string"}},
    },
    "DanglingRequired": {"required": ["a"], "properties": {"a": {"$ref": "#/gone"}}},
    "Anchored": {"$ref": "#pet"},
    "Tree": {"properties": {"child": {"$recursiveRef": "#"}, "name": {"type": "string"}}},
    "Pattern": {"type": "string", "pattern": "["},
    "Broken": {"properties": {"a": {"type": "string", "description": "\ud800"}}},
    "Whole": {"required": ["b"], "properties": {"b": {"$ref": "#/components/schemas/Broken"}}},
    "a b": {"type": "string"},
    "a_b": {"type": "integer"},
    "Date": {"type": "string", "format": "date"},
}
TOYS: Tree = {"ball": {"type": "object", "properties": {"colour": {"enum": ["red"]}}}}


@pytest.fixture
def registry(tmp_path: Path) -> SchemaRegistry:
    root = {"openapi": "3.0.0", "components": {"schemas": SCHEMAS}}
    return compiled(tmp_path, root, toys=TOYS).schemas


@pytest.fixture
def at(tmp_path: Path):
    file = str((tmp_path / "openapi.json").resolve())
    return lambda name: Location(file).child("components", "schemas", name)


def test_a_value_is_judged_through_recursion_and_files(registry, at):
    validator = registry.validator(at("Pet"), "response")
    assert validator.is_valid({"id": "1", "name": None, "toy": {"colour": "red"}})
    assert not validator.is_valid({"id": "1", "name": "a", "toy": {"colour": "blue"}})
    assert not validator.is_valid({"id": "1", "name": "a", "friends": [{"name": "b"}]})


def test_a_request_need_not_hold_what_is_read_only(registry, at):
    assert registry.validator(at("Pet"), "request").is_valid({"name": "a"})
    assert not registry.validator(at("Pet"), "response").is_valid({"name": "a"})


def test_references_of_converted_schemas_lead_to_converted_schemas(registry, at):
    pet = registry.schema(at("Pet"), "response")
    assert pet["properties"]["friends"]["items"] == {"$ref": "#/$defs/Pet"}
    assert registry.resolve("#/$defs/Pet", "response") is pet
    toy = registry.resolve(pet["properties"]["toy"]["$ref"], "response")
    assert toy == TOYS["ball"]


def test_a_bundle_holds_all_that_a_schema_reaches(registry, at):
    bundle = registry.bundle(at("Alias"), "response")
    assert bundle["$ref"] == "#/$defs/Alias"
    assert set(bundle["$defs"]) == {"Alias", "Pet", "ball"}


def test_a_violation_leads_back_to_the_document(registry, at):
    validator = registry.validator(at("Alias"), "response")
    value = {"id": "1", "name": 3, "toy": {"colour": "blue"}}
    places = {
        registry.locate(violation.schema_path, "response")
        for violation in validator.violations(value)
    }
    pointers = {location.pointer for location in places if location}
    assert pointers == {
        "/components/schemas/Pet/properties/name/type",
        "/ball/properties/colour/enum",
    }


@pytest.mark.parametrize("path", [(), ("$ref",), ("$defs",), ("$defs", "Nobody", "type")])
def test_a_path_outside_every_schema_leads_nowhere(registry, path):
    assert registry.locate(path, "response") is None


def test_all_who_refer_to_a_schema_share_its_validator(registry, at):
    first = registry.validator(at("Pet"), "request")
    assert registry.validator(at("Alias"), "request") is first
    assert registry.validator(at("Pet"), "request") is first
    assert registry.validator(at("Pet"), "response") is not first


def test_formats_are_asserted_of_requests_only(registry, at):
    assert not registry.validator(at("Date"), "request").is_valid("x")
    assert registry.validator(at("Date"), "response").is_valid("x")


def test_formats_are_annotations_where_that_is_asked_for(tmp_path, at):
    path = tmp_path / "openapi.json"
    root = {"openapi": "3.0.0", "paths": {}, "components": {"schemas": SCHEMAS}}
    path.write_text(json.dumps(root))
    registry = compile_document(load_document(path), formats=False).schemas
    assert registry.validator(at("Date"), "request").is_valid("x")


def test_a_circle_of_references_allows_all(registry, at):
    assert registry.validator(at("Circle"), "request").is_valid(3)


def test_a_recursive_reference_leads_to_its_own_schema(registry, at):
    validator = registry.validator(at("Tree"), "request")
    assert validator.is_valid({"child": {"child": {"name": "a"}}})
    assert not validator.is_valid({"child": {"child": {"name": 3}}})


@pytest.mark.parametrize("name", ["Dangling", "Anchored"])
def test_a_dangling_reference_allows_all_and_is_reported_once(registry, at, name):
    for direction in ("request", "response"):
        assert registry.validator(at(name), direction).is_valid({"a": 3, "b": "x"})
    (finding,) = registry.findings
    assert (finding.rule, finding.severity) == ("dangling-reference", "warning")
    assert registry.resolve("#/$defs/dangling-reference", "request") is True


def test_the_rest_of_a_schema_with_a_dangling_reference_applies(registry, at):
    assert not registry.validator(at("Dangling"), "request").is_valid({"b": 3})


def test_a_required_property_behind_a_dangling_reference_stays_required(registry, at):
    assert not registry.validator(at("DanglingRequired"), "request").is_valid({})


def test_a_bad_pattern_is_left_out_and_reported_with_its_place(registry, at):
    validator = registry.validator(at("Pattern"), "request")
    assert validator.is_valid("x")
    assert not validator.is_valid(3)
    (finding,) = registry.findings
    assert finding.rule == "invalid-pattern"
    assert finding.place is not None
    assert finding.place.column > 1


def test_a_schema_that_does_not_compile_takes_no_other_down(registry, at):
    validator = registry.validator(at("Whole"), "request")
    assert validator.is_valid({"b": {"a": 3}})
    assert not validator.is_valid({})
    (finding,) = registry.findings
    assert finding.rule == "unusable-schema"


def test_names_that_look_alike_keep_keys_of_their_own(registry, at):
    assert registry.bundle(at("a b"), "request")["$ref"] == "#/$defs/a_b"
    assert registry.bundle(at("a_b"), "request")["$ref"] == "#/$defs/a_b.2"
    assert registry.resolve("#/$defs/a_b.2", "request") == {"type": "integer"}


def test_the_least_recently_used_validators_are_dropped(tmp_path: Path, at):
    document = compiled(tmp_path, {"components": {"schemas": SCHEMAS}}, toys=TOYS).document
    registry = SchemaRegistry(document, VERSIONS["3.0"], weight_limit=3)
    pet = registry.validator(at("Pet"), "request")  # weighs two: its toy comes with it
    date = registry.validator(at("Date"), "request")
    assert registry.validator(at("Pet"), "request") is pet
    registry.validator(at("Pattern"), "request")
    assert registry.validator(at("Pet"), "request") is pet
    assert registry.validator(at("Date"), "request") is not date


def test_a_validator_heavier_than_the_limit_is_kept_while_it_is_the_last(tmp_path: Path, at):
    document = compiled(tmp_path, {"components": {"schemas": SCHEMAS}}, toys=TOYS).document
    registry = SchemaRegistry(document, VERSIONS["3.0"], weight_limit=1)
    pet = registry.validator(at("Pet"), "request")
    assert registry.validator(at("Pet"), "request") is pet
