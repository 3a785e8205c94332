"""References that mean files and schemas by the names that these give to themselves."""

from pathlib import Path

import pytest

from mockserver.errors import SpecError
from tests.spec.building import Tree, compiled

TEXT = {"type": "string"}
SELF = "https://example.com/api/openapi"


def document(**schemas: object) -> Tree:
    return {"openapi": "3.2.0", "$self": SELF, "components": {"schemas": schemas}}


NAMED = document(
    Plain=TEXT,
    Anchored={**TEXT, "$anchor": "text"},
    Tree={
        "$id": "tree",
        "$defs": {"leaf": {**TEXT, "$anchor": "leaf"}, "twig": {"$dynamicAnchor": "twig", **TEXT}},
    },
    Old={"$id": "#old", **TEXT},
    Absolute={"$id": "urn:example:absolute", "allOf": [{"$anchor": "listed"}]},
    Data={"example": {"$anchor": "data", "$id": "data"}, "properties": {"example": {"$id": "in"}}},
)
TREE = "/components/schemas/Tree"


@pytest.mark.parametrize(
    ("reference", "pointer"),
    [
        ("#/components/schemas/Plain", "/components/schemas/Plain"),
        (f"{SELF}#/components/schemas/Plain", "/components/schemas/Plain"),
        ("openapi#/components/schemas/Plain", "/components/schemas/Plain"),
        ("./openapi.json#/components/schemas/Plain", "/components/schemas/Plain"),
        ("#text", "/components/schemas/Anchored"),
        (f"{SELF}#text", "/components/schemas/Anchored"),
        ("tree", TREE),
        ("https://example.com/api/tree#/$defs/leaf", f"{TREE}/$defs/leaf"),
        ("tree#leaf", f"{TREE}/$defs/leaf"),
        ("tree#twig", f"{TREE}/$defs/twig"),
        ("#leaf", f"{TREE}/$defs/leaf"),
        ("#old", "/components/schemas/Old"),
        ("urn:example:absolute", "/components/schemas/Absolute"),
        ("#listed", "/components/schemas/Absolute/allOf/0"),
        ("in", "/components/schemas/Data/properties/example"),
    ],
)
def test_a_reference_means_what_calls_itself_so(tmp_path: Path, reference, pointer):
    api = compiled(tmp_path, NAMED)
    assert api.document.resolve(reference, api.document.root).pointer == pointer


@pytest.mark.parametrize(
    ("reference", "rule"),
    [
        ("#nobody", "dangling-reference"),
        ("#data", "dangling-reference"),
        ("tree#nobody", "no-such-file"),
        ("https://example.com/api/nobody", "network-reference"),
        ("https://example.com/api/data", "network-reference"),
        ("//[", "network-reference"),
    ],
)
def test_a_reference_that_means_nothing_is_refused(tmp_path: Path, reference, rule):
    api = compiled(tmp_path, NAMED)
    with pytest.raises(SpecError) as caught:
        api.document.resolve(reference, api.document.root)
    assert caught.value.findings[0].rule == rule


def test_references_within_a_schema_that_has_a_name_are_its_own(tmp_path: Path):
    tree = {
        "$id": "tree",
        "properties": {
            "leaf": {"$ref": "#/$defs/leaf"},
            "twig": {"$dynamicRef": "#twig"},
            "outside": {"$ref": "#/components/schemas/Plain"},
        },
        "$defs": {"leaf": {"type": "integer"}, "twig": {"$dynamicAnchor": "twig", "type": "null"}},
    }
    api = compiled(tmp_path, document(Plain=TEXT, Tree=tree))
    at = api.document.root.child("components", "schemas", "Tree")
    validator = api.schemas.validator(at, "request")
    assert validator.is_valid({"leaf": 1, "twig": None, "outside": "a"})
    for name in ("leaf", "twig", "outside"):
        assert not validator.is_valid({name: True})
    assert api.schemas.findings == []


def test_files_may_call_themselves_what_others_refer_to(tmp_path: Path):
    other = {"$self": "https://example.com/shared", "components": {"schemas": {"A": TEXT}}}
    root = document(
        File={"$ref": "other.json#/components/schemas/A"},
        Name={"$ref": "https://example.com/shared#/components/schemas/A"},
    )
    api = compiled(tmp_path, root, other=other)
    for name in ("File", "Name"):
        at = api.document.root.child("components", "schemas", name)
        assert not api.schemas.validator(at, "request").is_valid(1)


def test_before_3_2_schemas_have_names_as_well(tmp_path: Path):
    schemas = {"A": {**TEXT, "$anchor": "a"}, "B": {"$ref": "#a"}}
    api = compiled(tmp_path, {"components": {"schemas": schemas}})
    at = api.document.root.child("components", "schemas", "B")
    assert not api.schemas.validator(at, "request").is_valid(1)
