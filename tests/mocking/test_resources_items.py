"""Items as they are kept and as they are answered."""

from typing import Any

import pytest
import yaml

from mockserver.fixtures.carriers import find_item, find_list
from mockserver.generation.chance import Chance
from mockserver.generation.making import Unsatisfiable
from mockserver.mocking.resources_items import Items, id_of, put, with_id
from mockserver.spec.compile import compile_document
from mockserver.spec.document import load_document
from mockserver.spec.model import Location

TEXT = {"type": "string"}
WHOLE = {"type": "integer"}


DATE = {"type": "string", "format": "date"}
MANY = {
    "type": "array",
    "items": {"properties": {"n": {"type": "integer", "example": 3, "readOnly": True}}},
}


def thing(**properties):
    return {"type": "object", "required": list(properties), "properties": properties}


def optional(**properties):
    return {"type": "object", "properties": properties}


def carried(folder, schema, *, many=False, token="id") -> tuple[Items, Any, Location]:
    """Return what makes items fit, and where they stand in a schema."""
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {},
        "components": {"schemas": {"Whole": schema}},
    }
    path = folder / "openapi.yaml"
    path.write_text(yaml.safe_dump(document, sort_keys=False))
    api = compile_document(load_document(path))
    location = Location(str(path), "/components/schemas/Whole")
    carrier = (find_list if many else find_item)(api, location, token)
    return Items(api), carrier, location


@pytest.mark.parametrize(
    ("schema", "item", "expected"),
    [
        (optional(id=WHOLE, kind={"default": "new"}), {"id": 1}, {"id": 1, "kind": "new"}),
        (optional(id=WHOLE, kind={"default": "new"}), {"kind": "old"}, {"kind": "old"}),
        (optional(id=WHOLE, kind={"type": "string", "default": 1}), {}, {}),
        (optional(id=WHOLE, made={**DATE, "readOnly": True}), {}, {"made": "2019-08-24"}),
        (optional(id=WHOLE, made=DATE), {}, {}),
        (thing(id=WHOLE, made=DATE), {"id": 1}, {"id": 1, "made": "2019-08-24"}),
        (optional(id=WHOLE, of=thing(n={"default": 1})), {"of": {}}, {"of": {"n": 1}}),
        (optional(id=WHOLE, of=thing(n={"default": 1})), {"of": 7}, {"of": {"n": 1}}),
        (optional(id=WHOLE, of=MANY), {"of": [{}, 1]}, {"of": [{"n": 3}, 1]}),
        (optional(id=WHOLE, of={**MANY, "maxItems": 0}), {"of": [{}]}, {"of": []}),
        (optional(id=WHOLE, s={**TEXT, "writeOnly": True}), {"s": "x"}, {"s": "x"}),
        ({"not": {}, **optional(id=WHOLE, own={**WHOLE, "readOnly": True})}, {"id": 2}, {"id": 2}),
    ],
)
def test_what_is_kept_is_complete(tmp_path, schema, item, expected):
    items, carrier, _ = carried(tmp_path, schema)
    assert items.completed(item, carrier) == expected
    listed, in_list, _ = carried(tmp_path, {"type": "array", "items": schema}, many=True)
    assert listed.completed(item, in_list) == expected
    enveloped, in_envelope, _ = carried(tmp_path, optional(data=schema))
    assert enveloped.completed(item, in_envelope) == expected
    assert items.completed(item, None) == item


def test_what_an_envelope_cannot_hold_is_kept_as_it_is(tmp_path):
    items, carrier, _ = carried(tmp_path, optional(data={**optional(id=WHOLE), "enum": [None]}))
    assert items.completed({"id": 1}, carrier) == {"id": 1}


@pytest.mark.parametrize(
    ("told", "taken", "made", "expected"),
    [
        (WHOLE, "", 0, 1),
        (WHOLE, "", 7, 8),
        ({"type": "number", "minimum": 100}, "", 0, 100),
        ({**WHOLE, "exclusiveMinimum": 5}, "", 0, 6),
        ({**WHOLE, "minimum": -5}, "", 0, 1),
        ({**WHOLE, "maximum": 3}, "13", 3, 2),
        ({}, "", 0, 1),
        (TEXT, "", 0, "1"),
        ({**TEXT, "pattern": "^[ab]$"}, "a", 1, "b"),
        ({"enum": ["x", 3]}, "", 2, 3),
    ],
)
def test_an_identifier_is_made_by_its_schema(tmp_path, told, taken, made, expected):
    items, carrier, _ = carried(tmp_path, thing(id=told))
    found = items.new_id(carrier, ("id",), frozenset(taken), made, Chance(b"seed"))
    assert found == expected


@pytest.mark.parametrize(("told", "length"), [({"format": "uuid"}, 36), ({"maxLength": 1}, 1)])
def test_a_text_is_drawn(tmp_path, told, length):
    items, carrier, _ = carried(tmp_path, thing(id={**TEXT, **told}))
    found = items.new_id(carrier, ("id",), frozenset(), 9, Chance(b"seed"))
    assert len(str(found)) == length


def test_without_a_schema_numbers_count_up(tmp_path):
    items, _, _ = carried(tmp_path, {})
    assert items.new_id(None, ("id",), frozenset(), 2, Chance(b"seed")) == 3


@pytest.mark.parametrize(
    "told", [{"type": "boolean"}, {**TEXT, "enum": ["a"]}, {**WHOLE, "maximum": 0}]
)
def test_a_schema_may_allow_no_more(tmp_path, told):
    items, carrier, _ = carried(tmp_path, thing(id=told))
    with pytest.raises(Unsatisfiable):
        items.new_id(carrier, ("id",), frozenset("a"), 0, Chance(b"seed"))


CLOSED = {**thing(id=WHOLE, name={**TEXT, "example": "N"}), "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "value", "expected"),
    [
        (CLOSED, {"id": 1, "name": "x"}, {"id": 1, "name": "x"}),
        (CLOSED, {"id": 1}, {"id": 1, "name": "N"}),
        (CLOSED, {"id": 1, "name": 7, "more": 1}, {"id": 1, "name": "N"}),
        ({**thing(id=WHOLE), "unevaluatedProperties": False}, {"id": 1, "more": 1}, {"id": 1}),
        (
            {**thing(id=WHOLE), "properties": {"id": WHOLE, "no": False}},
            {"id": 1, "no": {}},
            {"id": 1},
        ),
        (thing(id=WHOLE, of=CLOSED), {"id": 1}, {"id": 1, "of": {"id": 0, "name": "N"}}),
        (
            thing(id=WHOLE, of=CLOSED),
            {"id": 1, "of": {"id": 9}},
            {"id": 1, "of": {"id": 9, "name": "N"}},
        ),
        (
            {"properties": {"id": WHOLE, "of": CLOSED}},
            {"id": 1, "of": {"id": 9}},
            {"id": 1, "of": {"id": 9, "name": "N"}},
        ),
        (
            {"properties": {"id": WHOLE, "a": {"type": "array", "items": CLOSED}}},
            {"a": [{"id": 5}, {"id": 6}]},
            {"a": [{"id": 5, "name": "N"}, {"id": 6, "name": "N"}]},
        ),
        (
            {"properties": {"a": {"type": "array", "items": {**CLOSED, "required": ["name"]}}}},
            {"a": [{}]},
            {"a": [{"name": "N"}]},
        ),
    ],
)
def test_what_does_not_fit_is_mended(tmp_path, schema, value, expected):
    items, _, location = carried(tmp_path, schema)
    assert items.mended(value, location) == expected


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, {"id": 1}),
        ({**thing(id=WHOLE), "maxProperties": 1}, {"id": 1, "b": 2}),
        ({"type": "array", "items": WHOLE}, ["a"]),
        ({"required": ["x"], "properties": {"x": False}}, {"id": 1}),
    ],
)
def test_or_cannot_be(tmp_path, schema, value):
    items, _, location = carried(tmp_path, schema)
    with pytest.raises(Unsatisfiable):
        items.mended(value, location)


def test_what_only_clients_send_is_not_shown(tmp_path):
    secret = {**TEXT, "writeOnly": True}
    login = {"properties": {"user": TEXT, "password": secret}}
    schema = thing(
        id=WHOLE,
        secret=secret,
        of=login,
        many={"type": "array", "items": login},
        free={"type": "array"},
    )
    items, carrier, _ = carried(tmp_path, schema)
    item = {
        "more": 1,
        "free": [{"password": "p"}],
        "many": [{"password": "p", "user": "u"}, 1],
        "of": {"password": "p"},
        "secret": "s",
        "id": 1,
    }
    assert list(items.shown(item, carrier.item, carrier).items()) == [
        ("id", 1),
        ("of", {}),
        ("many", [{"user": "u"}, 1]),
        ("free", [{"password": "p"}]),
        ("more", 1),
    ]


def test_an_answer_with_less_in_it_shows_less(tmp_path):
    items, whole, _ = carried(tmp_path, thing(id=WHOLE, name=TEXT))
    item = {"id": 1, "name": "n", "free": True}
    assert items.shown(item, thing(id=WHOLE), whole) == {"id": 1, "free": True}
    assert items.shown(item, thing(id=WHOLE), None) == item
    assert items.shown(item, True, whole) == item


def test_what_is_not_described_has_no_schema(tmp_path):
    items, whole, _ = carried(tmp_path, thing(id=WHOLE, of=thing(n=WHOLE)))
    assert items.at(whole.item, ("of", "n")) == WHOLE
    assert items.at(whole.item, ("of", "m")) is None


def test_an_envelope_has_what_it_must(tmp_path):
    schema = thing(data=thing(id=WHOLE), kind={"const": "thing"})
    items, carrier, _ = carried(tmp_path, schema)
    assert items.wrapped({"id": 7}, carrier) == {"data": {"id": 7}, "kind": "thing"}
    impossible = {**schema, "not": {}}
    items, carrier, _ = carried(tmp_path, impossible)
    assert items.wrapped({"id": 7}, carrier) == {"data": {"id": 7}}


def test_identifiers_may_lie_deep() -> None:
    item: dict[str, object] = {"meta": 1}
    assert with_id(item, ("meta", "id"), 7) == {"meta": {"id": 7}}
    assert item == {"meta": 1}
    put(item, ("meta", "ref", "id"), 8)
    assert item == {"meta": {"ref": {"id": 8}}}
    put(item, ("meta", "ref", "no"), 9)
    assert id_of(item, ("meta", "ref", "id")) == "8"
    assert id_of({"id": 1.0}, ("id",)) == "1"


@pytest.mark.parametrize("value", [None, True, "", []])
def test_what_is_no_identifier(value: object) -> None:
    assert id_of({"id": value}, ("id",)) is None
