"""Schemas that would keep a judge busy for ever are found before anybody judges by them."""

from typing import Any

import pytest

from mockserver.schemas import Schema
from mockserver.spec.cost import MOST_LOOKS, Looks
from mockserver.spec.model import Location
from tests.spec.building import compiled

COMBINATIONS: dict[str, Any] = {
    "allOf": lambda inner: {"allOf": [inner] * 10},
    "anyOf": lambda inner: {"anyOf": [inner] * 10},
    "oneOf": lambda inner: {"type": "string", "oneOf": [inner] * 10},
    "not": lambda inner: {"not": {"anyOf": [inner] * 10}},
    "if": lambda inner: {"if": {"allOf": [inner] * 3}, "then": inner, "else": inner},
    "dependentSchemas": lambda inner: {"dependentSchemas": {f"p{n}": inner for n in range(10)}},
}


def fanning_out(combine, levels: int):
    schemas = {
        f"S{level}": combine({"$ref": f"#/components/schemas/S{level + 1}"})
        for level in range(levels)
    }
    return {**schemas, f"S{levels}": {"type": "string"}}


@pytest.mark.parametrize("name", COMBINATIONS)
def test_what_fans_out_allows_all_and_is_reported(tmp_path, name):
    schemas = fanning_out(COMBINATIONS[name], 20)
    api = compiled(tmp_path, {"components": {"schemas": schemas}})
    at = Location(str((tmp_path / "openapi.json").resolve())).child("components", "schemas", "S0")
    assert api.schemas.validator(at, "response").is_valid(5)
    assert api.schemas.schema(at, "response") is True
    found = api.schemas.findings[0]
    assert found.rule == "unusable-schema"
    assert found.place is not None


def test_what_is_wide_but_bearable_is_judged(tmp_path):
    schemas = fanning_out(COMBINATIONS["allOf"], 4)
    api = compiled(tmp_path, {"components": {"schemas": schemas}})
    at = Location(str((tmp_path / "openapi.json").resolve())).child("components", "schemas", "S0")
    assert not api.schemas.validator(at, "response").is_valid(5)
    assert not api.schemas.findings


def test_recursion_through_values_costs_nothing():
    schemas: dict[str, Schema] = {
        "node": {"properties": {"next": {"$ref": "node"}}, "allOf": [{"$ref": "node"}, True]}
    }
    assert Looks(schemas.__getitem__).are_bearable("node")


def test_a_chain_without_end_in_sight_is_too_much():
    schemas: dict[str, Schema] = {str(level): {"$ref": str(level + 1)} for level in range(5_000)}
    assert not Looks(schemas.__getitem__).are_bearable("0")


def test_many_branches_are_counted_no_further_than_needed():
    schemas: dict[str, Schema] = {"a": {"anyOf": [{}] * (MOST_LOOKS * 2)}}
    looks = Looks(schemas.__getitem__)
    assert not looks.are_bearable("a")
