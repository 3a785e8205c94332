"""Faults of the items API in what it refuses: each bound of the document unchecked, or drawn too narrow."""

import json
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from tests.check.apps.exchange import Call, Fault, Sent, dump
from tests.check.apps.items_reference import Item, ItemsApi, Refusal, User
from tests.check.apps.items_resources import BODY, FIRST, JSON, get, patch, post


def loosened(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Judge requests by schemas that were changed."""

    def read_schemas(api: ItemsApi) -> dict[str, Any]:
        schemas = ItemsApi.read_schemas(api)
        change(schemas)
        return schemas

    return {"read_schemas": read_schemas}


def unchecked(name: str, keyword: str, request: Sent) -> Fault:
    """Return the fault that a keyword of a schema is not heeded."""
    kebab = "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in keyword)
    return Fault(
        f"{name.lower()}-{kebab}-unchecked",
        f"items.yaml, {name}: {keyword} holds for requests; 422 where it is broken.",
        (request,),
        loosened(lambda schemas: schemas[name].pop(keyword)),
    )


def query_bound(name: str, bounds: tuple[int, int]) -> dict[str, Any]:
    return {
        "bounds": lambda api, parameter: (
            bounds if parameter == name else ItemsApi.bounds(api, parameter)
        )
    }


def not_required(name: str, default: object) -> dict[str, Any]:
    return {
        **loosened(lambda schemas: schemas["Item"]["required"].remove(name)),
        "make": lambda api, user, body: ItemsApi.make(api, user, {name: default, **body}),
    }


def coerced(api: ItemsApi, call: Call, media_type: str, schema: str) -> dict[str, Any]:
    """Read numbers out of strings."""
    api.check_type(call, media_type)
    value = api.parse(call.body)
    if isinstance(value, dict) and str(value.get("quantity", "")).isdecimal():
        value = {**value, "quantity": int(value["quantity"])}
    return ItemsApi.read_body(api, _with_body(call, dump(value)), media_type, schema)


def _with_body(call: Call, body: bytes) -> Call:
    return Call(call.method, call.path, call.query, call.headers, body, call.number)


def clamped(api: ItemsApi, text: str, least: int, most: int) -> int:
    """Take a number into its bounds, and anything else as the least."""
    try:
        return max(least, min(most, int(text)))
    except ValueError:
        return least


def read_only_written(api: ItemsApi, user: User, body: dict[str, Any]) -> Item:
    item = ItemsApi.make(api, user, body)
    item.id = body.get("id", item.id)
    return item


def with_id(schemas: dict[str, Any]) -> None:
    schemas["Item"]["properties"]["id"] = {"$ref": "#/components/schemas/Id"}


def with_created_at(schemas: dict[str, Any]) -> None:
    schemas["ItemPatch"]["properties"]["createdAt"] = {"type": "string"}


def created_at_written(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    ItemsApi.merge(api, item, body)
    if "createdAt" in body:
        api.memory[item.id] = body["createdAt"]


def raw_post(body: bytes, *headers: tuple[str, str]) -> Sent:
    return Sent("POST", "/items", "", headers or (JSON,), body)


def refusing(test: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Refuse bodies that the document allows."""

    def read_body(api: ItemsApi, call: Call, media_type: str, schema: str) -> dict[str, Any]:
        body = ItemsApi.read_body(api, call, media_type, schema)
        if test(body):
            raise api.refuse(422, "Unprocessable Content")
        return body

    return {"read_body": read_body}


def crashing(test: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    """Crash at bodies that the document allows or refuses."""

    def read_body(api: ItemsApi, call: Call, media_type: str, schema: str) -> dict[str, Any]:
        api.check_type(call, media_type)
        value = api.parse(call.body)
        if isinstance(value, dict) and test(value):
            raise RuntimeError("this implementation has a fault here")
        return ItemsApi.read_body(api, call, media_type, schema)

    return {"read_body": read_body}


def lax_parse(api: ItemsApi, body: bytes) -> Any:
    try:
        return ItemsApi.parse(api, body)
    except Refusal:
        return dict(BODY)


def unguarded_parse(api: ItemsApi, body: bytes) -> Any:
    if body.count(b"[") > 500 or body.count(b"{") > 500:
        raise RecursionError
    return ItemsApi.parse(api, body)


def crashing_parse(api: ItemsApi, body: bytes) -> Any:
    return json.loads(body)


def any_type(api: ItemsApi, call: Call, media_type: str) -> None:
    """Take every media type for JSON."""


def exact_type(api: ItemsApi, call: Call, media_type: str) -> None:
    if call.first("content-type") != media_type:
        raise api.refuse(415, "Unsupported Media Type")


BOUNDS = [
    unchecked("Name", "minLength", post(name="")),
    unchecked("Name", "maxLength", post(name="n" * 61)),
    unchecked("Quantity", "minimum", post(quantity=-1)),
    unchecked("Quantity", "maximum", post(quantity=1_000_001)),
    unchecked("Price", "minimum", post(price=-0.01)),
    unchecked("Price", "exclusiveMaximum", post(price=100_000)),
    unchecked("Sku", "pattern", post(sku="abc-1")),
    unchecked("Status", "enum", post(status="lost")),
    unchecked("Tags", "maxItems", post(tags=list("abcdef"))),
    unchecked("Tags", "uniqueItems", post(tags=["a", "a"])),
    unchecked("Note", "maxLength", post(note="n" * 201)),
    unchecked("DueOn", "format", post(dueOn="tomorrow")),
    unchecked("Pin", "pattern", post(pin="secret")),
    unchecked("Item", "additionalProperties", post(colour="red")),
    unchecked("ItemPatch", "additionalProperties", patch(FIRST, quantity=1, colour="red")),
    unchecked("ItemPatch", "minProperties", patch(FIRST)),
    unchecked("Quantity", "type", post(quantity="many")),
    Fault(
        "quantity-fraction-accepted",
        "items.yaml, Quantity: an integer.",
        (post(quantity=1.5),),
        loosened(lambda schemas: schemas["Quantity"].update(type="number")),
    ),
    Fault(
        "quantity-string-coerced",
        "items.yaml, Quantity: an integer, not a string of digits.",
        (post(quantity="5"),),
        {"read_body": coerced},
    ),
    Fault(
        "name-null-accepted",
        "items.yaml, Name: null is no string.",
        (post(name=None),),
        loosened(lambda schemas: schemas["Name"].update(type=["string", "null"])),
    ),
    Fault(
        "tag-pattern-unchecked",
        "items.yaml, Tags: each item is a Tag.",
        (post(tags=["Not A Tag"]),),
        loosened(lambda schemas: schemas["Tags"].update(items={"type": "string"})),
    ),
    Fault(
        "required-name-unchecked",
        "items.yaml, Item: name is required.",
        (post(body={key: BODY[key] for key in BODY if key != "name"}),),
        not_required("name", "Untitled"),
    ),
    Fault(
        "required-quantity-unchecked",
        "items.yaml, Item: quantity is required.",
        (post(body={key: BODY[key] for key in BODY if key != "quantity"}),),
        not_required("quantity", 1),
    ),
    Fault(
        "patch-unvalidated",
        "items.yaml, ItemPatch: a change is judged as a whole item is.",
        (patch(FIRST, quantity=-5),),
        loosened(lambda schemas: schemas["ItemPatch"]["properties"].update(quantity={})),
    ),
    Fault(
        "read-only-id-writable",
        "items.yaml, Item: id is readOnly (OpenAPI 3.1, §4.8.24).",
        (post(id="itm_000000000077"), get("/items/itm_000000000077")),
        {**loosened(with_id), "make": read_only_written},
    ),
    Fault(
        "read-only-created-at-writable",
        "items.yaml, ItemPatch: createdAt is no member of it, and readOnly in Item.",
        (patch(FIRST, createdAt="2001-01-01T00:00:00Z"), get(FIRST)),
        {
            **loosened(with_created_at),
            "merge": created_at_written,
            "shown": lambda api, item: {
                **ItemsApi.shown(api, item),
                "createdAt": api.memory.get(item.id, api.instant(item.created)),
            },
        },
    ),
    Fault(
        "limit-minimum-unchecked",
        "items.yaml, parameter limit: minimum is 1.",
        (get("/items?limit=0"),),
        query_bound("limit", (0, 50)),
    ),
    Fault(
        "limit-maximum-unchecked",
        "items.yaml, parameter limit: maximum is 50.",
        (get("/items?limit=51"),),
        query_bound("limit", (1, 10**17)),
    ),
    Fault(
        "offset-minimum-unchecked",
        "items.yaml, parameter offset: minimum is 0.",
        (get("/items?offset=-1"),),
        query_bound("offset", (-(10**17), 100_000)),
    ),
    Fault(
        "parameters-clamped",
        "items.yaml, parameters limit and offset: integers within bounds; 422 otherwise.",
        (get("/items?limit=many"), get("/items?limit=-3")),
        {"read_integer": clamped},
    ),
    Fault(
        "limit-not-a-number-crashes",
        "items.yaml, parameter limit: 422 where it is no integer, not a crash (RFC 9110 §15.6.1).",
        (get("/items?limit=ten"),),
        {"read_integer": lambda api, text, least, most: min(int(text), most)},
    ),
    Fault(
        "offset-overflow-crashes",
        "items.yaml, parameter offset: 422 where it is too large, not a crash (RFC 9110 §15.6.1).",
        (get(f"/items?offset={2**63}"),),
        {
            "read_integer": lambda api, text, least, most: (
                1 // 0
                if text.isdecimal() and int(text[:100]) >= 2**31
                else ItemsApi.read_integer(api, text, least, most)
            )
        },
    ),
    Fault(
        "unknown-status-lists-nothing",
        "items.yaml, parameter status: 422 where it is none of the enum.",
        (get("/items?status=lost"),),
        {
            "read_parameter": lambda api, name, values: (
                values[0] if name == "status" else ItemsApi.read_parameter(api, name, values)
            )
        },
    ),
    Fault(
        "idempotency-key-unchecked",
        "items.yaml, Idempotency-Key: its pattern holds; 422 where it is broken.",
        (post(("Idempotency-Key", "a key!")),),
        {"read_key": lambda api, call: call.first("idempotency-key") or None},
    ),
]

NARROW = [
    Fault(
        "longest-name-refused",
        "items.yaml, Name: 60 characters are allowed.",
        (post(name="n" * 60),),
        refusing(lambda body: len(body.get("name", "")) >= 60),
    ),
    Fault(
        "quantity-zero-refused",
        "items.yaml, Quantity: 0 is allowed.",
        (post(quantity=0),),
        refusing(lambda body: not body.get("quantity", 1)),
    ),
    Fault(
        "largest-quantity-refused",
        "items.yaml, Quantity: 1000000 is allowed.",
        (post(quantity=1_000_000),),
        refusing(lambda body: body.get("quantity", 0) >= 1_000_000),
    ),
    Fault(
        "null-note-refused",
        "items.yaml, Note: null is allowed.",
        (post(note=None),),
        refusing(lambda body: body.get("note", "") is None),
    ),
    Fault(
        "empty-tags-refused",
        "items.yaml, Tags: an empty array is allowed.",
        (post(tags=[]),),
        refusing(lambda body: body.get("tags") == []),
    ),
    Fault(
        "archived-status-refused",
        "items.yaml, Status: archived is one of the enum.",
        (post(status="archived"),),
        refusing(lambda body: body.get("status") == "archived"),
    ),
    Fault(
        "largest-limit-refused",
        "items.yaml, parameter limit: 50 is allowed.",
        (get("/items?limit=50"),),
        query_bound("limit", (1, 49)),
    ),
    Fault(
        "name-counted-in-bytes",
        "items.yaml, Name; JSON Schema Validation §6.3.1: length is in characters (RFC 8259), not in bytes.",
        (post(name="ü" * 40),),
        refusing(lambda body: len(str(body.get("name", "")).encode("utf-8", "replace")) > 60),
    ),
    Fault(
        "non-ascii-name-crashes",
        "RFC 8259 §8.1: text is Unicode; that is no crash.",
        (post(name="Stühle 椅子"),),
        crashing(lambda body: not str(body.get("name", "")).isascii()),
    ),
    Fault(
        "name-loses-non-ascii",
        "items.yaml, createItem: the name is kept as it was sent.",
        (post(name="Stühle"),),
        {
            "make": lambda api, user, body: ItemsApi.make(
                api, user, {**body, "name": body["name"].encode("ascii", "replace").decode()}
            )
        },
    ),
    Fault(
        "name-trimmed",
        "items.yaml, createItem: the name is kept as it was sent.",
        (post(name=" Lamp "),),
        {
            "make": lambda api, user, body: ItemsApi.make(
                api, user, {**body, "name": body["name"].strip() or body["name"]}
            )
        },
    ),
    Fault(
        "quantity-overflow-crashes",
        "items.yaml, Quantity: 422 where it is too large, not a crash (RFC 9110 §15.6.1).",
        (post(quantity=2**63),),
        crashing(
            lambda body: (
                isinstance(body.get("quantity"), int | float) and abs(body["quantity"]) > 2**31
            )
        ),
    ),
    Fault(
        "unknown-member-crashes",
        "items.yaml, Item: 422 for a member that is not named, not a crash (RFC 9110 §15.6.1).",
        (post(colour="red"),),
        crashing(lambda body: bool({*body} - {*BODY, "price", "status", "dueOn", "pin"})),
    ),
    Fault(
        "null-in-body-crashes",
        "items.yaml, Quantity: 422 for null, not a crash (RFC 9110 §15.6.1).",
        (post(quantity=None),),
        crashing(lambda body: body.get("quantity", 0) is None),
    ),
    Fault(
        "nul-in-name-crashes",
        "RFC 8259 §7: \\u0000 may be in a string; that is no crash.",
        (post(name="a\0b"),),
        crashing(lambda body: "\0" in str(body.get("name", ""))),
    ),
    Fault(
        "array-body-crashes",
        "items.yaml, Item: 422 for a body that is no object, not a crash (RFC 9110 §15.6.1).",
        (raw_post(b"[]"),),
        {
            "parse": lambda api, body: (
                lambda value: value if isinstance(value, dict) else value["sku"]
            )(ItemsApi.parse(api, body))
        },
    ),
    Fault(
        "malformed-json-crashes",
        "items.yaml, 400; RFC 9110 §15.5.1: a body that is no JSON is refused, not a crash.",
        (raw_post(b'{"sku":'),),
        {"parse": crashing_parse},
    ),
    Fault(
        "malformed-json-accepted",
        "items.yaml, 400: a body that is no JSON is refused.",
        (raw_post(b'{"sku":'),),
        {"parse": lax_parse},
    ),
    Fault(
        "deep-json-crashes",
        "items.yaml, 422; RFC 8259 §9: a body that is nested too deep is refused, not a crash.",
        (raw_post(b"[" * 1000 + b"]" * 1000),),
        {"parse": unguarded_parse},
    ),
    Fault(
        "any-media-type-accepted",
        "items.yaml, 415: the body of a request is application/json.",
        (raw_post(dump(BODY), ("Content-Type", "text/plain")),),
        {"check_type": any_type},
    ),
    Fault(
        "media-type-parameter-refused",
        "RFC 9110 §8.3.1: application/json; charset=utf-8 is application/json.",
        (raw_post(dump(BODY), ("Content-Type", "application/json; charset=utf-8")),),
        {"check_type": exact_type},
    ),
    Fault(
        "media-type-case-refused",
        "RFC 9110 §8.3.1: a media type has no case.",
        (raw_post(dump(BODY), ("Content-Type", "Application/JSON")),),
        {"check_type": lambda api, call, media_type: _cased(api, call, media_type)},
    ),
    Fault(
        "merge-patch-takes-json",
        "items.yaml, changeItem: the body is application/merge-patch+json.",
        (Sent("PATCH", FIRST, "", (JSON,), dump({"quantity": 9})),),
        {
            "check_type": lambda api, call, media_type: ItemsApi.check_type(
                api, call, "application/json" if JSON in _pairs(call) else media_type
            )
        },
    ),
    Fault(
        "odd-id-crashes",
        "items.yaml, getItem: 404 for an id of another form, not a crash (RFC 9110 §15.6.1).",
        (get("/items/abc"), get(f"/items/{quote('é')}"), get("/items/%00")),
        {
            "find": lambda api, user, name: (
                ItemsApi.find(api, user, name) if int(name.removeprefix("itm_")) else None
            )
        },
    ),
    Fault(
        "long-id-crashes",
        "items.yaml, getItem: 404 for an id of 5,000 characters, not a crash (RFC 9110 §15.6.1).",
        (get(f"/items/{'9' * 5000}"),),
        {
            "find": lambda api, user, name: (
                ItemsApi.find(api, user, name) if len(name) < 1000 else 1 // 0
            )
        },
    ),
]


def _cased(api: ItemsApi, call: Call, media_type: str) -> None:
    ItemsApi.check_type(api, call, media_type)
    if not call.first("content-type").startswith(media_type):
        raise api.refuse(415, "Unsupported Media Type")


def _pairs(call: Call) -> list[tuple[str, str]]:
    return [(JSON[0], value) for value in call.all("content-type")]
