"""Faults of the items API in what it answers: members, headers, problems, who is let in, how HTTP is spoken."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.check.apps.exchange import Answer, Call, Fault, Sent, pause
from tests.check.apps.items_reference import (
    EXPIRED,
    INVALID,
    REALM,
    WRITER,
    Item,
    ItemsApi,
    Refusal,
    User,
)
from tests.check.apps.items_resources import (
    AS_READER,
    FIRST,
    NEW,
    NONE,
    delete,
    get,
    patch,
    post,
)

Edit = Callable[[Answer], Answer]


def members(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Change how an item is shown, everywhere."""
    return {"shown": lambda api, item: change(ItemsApi.shown(api, item))}


def lacking(name: str) -> dict[str, Any]:
    return members(lambda shown: {key: value for key, value in shown.items() if key != name})


def having(**values: object) -> dict[str, Any]:
    return members(lambda shown: {**shown, **values})


def created(edit: Edit) -> dict[str, Any]:
    return {"created": lambda api, item: edit(ItemsApi.created(api, item))}


def problems(edit: Edit) -> dict[str, Any]:
    return {"problem": lambda api, *given, **more: edit(ItemsApi.problem(api, *given, **more))}


def everything(edit: Callable[[Call, Answer], Answer]) -> dict[str, Any]:
    async def answer(api: ItemsApi, call: Call) -> Answer:
        return edit(call, await ItemsApi.answer(api, call))

    return {"answer": answer}


def where(status: int, edit: Edit) -> dict[str, Any]:
    """Change all answers of a status."""
    return everything(lambda call, answer: edit(answer) if answer.status == status else answer)


def asked_by(method: str, edit: Edit) -> dict[str, Any]:
    return everything(lambda call, answer: edit(answer) if call.method == method else answer)


def crash(*_: object) -> Answer:
    raise RuntimeError("this implementation has a fault here")


def known(**tokens: User) -> dict[str, Any]:
    """Let tokens in that are nobody's."""
    return {"look_up": lambda api, token: tokens.get(token) or ItemsApi.look_up(api, token)}


def open_to_all(method: str) -> dict[str, Any]:
    def authenticate(api: ItemsApi, call: Call) -> User:
        try:
            return ItemsApi.authenticate(api, call)
        except Refusal:
            if call.method != method:
                raise
            return User("ann", writes=True)

    return {"authenticate": authenticate}


def location(change: Callable[[ItemsApi, Item], str]) -> dict[str, Any]:
    return {"location": change}


async def every_fourth_crashes(api: ItemsApi, call: Call) -> Answer:
    if call.method == "GET":
        api.memory["reads"] = api.memory.get("reads", 0) + 1
        if api.memory["reads"] % 4 == 0:
            crash()
    return await ItemsApi.answer(api, call)


async def slow_list(api: ItemsApi, call: Call) -> Answer:
    if call.path == "/items" and call.method == "GET":
        await pause()
    return await ItemsApi.answer(api, call)


_ANN = User("ann", writes=True)
_OLD_TIME = "2026-01-01 00:00:01"

MEMBERS = [
    Fault("id-missing", "items.yaml, Item: id is required.", (get(FIRST),), lacking("id")),
    Fault(
        "updated-at-missing",
        "items.yaml, Item: updatedAt is required.",
        (get(FIRST),),
        lacking("updatedAt"),
    ),
    Fault(
        "quantity-is-string",
        "items.yaml, Quantity: an integer.",
        (get(FIRST),),
        members(lambda shown: {**shown, "quantity": str(shown["quantity"])}),
    ),
    Fault(
        "price-is-string",
        "items.yaml, Price: a number.",
        (get(FIRST),),
        members(lambda shown: {**shown, "price": f"{shown['price']:.2f}"}),
    ),
    Fault(
        "name-is-null",
        "items.yaml, Name: null is no string.",
        (get(FIRST),),
        having(name=None),
    ),
    Fault("tags-are-null", "items.yaml, Tags: an array.", (get(FIRST),), having(tags=None)),
    Fault(
        "tags-are-joined",
        "items.yaml, Tags: an array.",
        (get(FIRST),),
        members(lambda shown: {**shown, "tags": ",".join(shown["tags"])}),
    ),
    Fault(
        "status-outside-enum",
        "items.yaml, Status: one of three, in lower case.",
        (get(FIRST),),
        members(lambda shown: {**shown, "status": shown["status"].upper()}),
    ),
    Fault(
        "created-at-not-rfc-3339",
        "items.yaml, Item: createdAt is a date-time (RFC 3339 §5.6).",
        (get(FIRST),),
        having(createdAt=_OLD_TIME),
    ),
    Fault(
        "created-at-without-offset",
        "items.yaml, Item: createdAt is a date-time, which has an offset (RFC 3339 §5.6).",
        (get(FIRST),),
        {"instant": lambda api, value: value.isoformat().removesuffix("+00:00")},
    ),
    Fault(
        "created-at-is-number",
        "items.yaml, Item: createdAt is a string.",
        (get(FIRST),),
        {"instant": lambda api, value: int(value.timestamp())},
    ),
    Fault(
        "due-on-is-date-time",
        "items.yaml, DueOn: a date (RFC 3339 §5.6, full-date).",
        (post(dueOn="2026-05-01"),),
        members(lambda shown: {**shown, "dueOn": shown["dueOn"] and f"{shown['dueOn']}T00:00:00Z"}),
    ),
    Fault(
        "undocumented-member",
        "items.yaml, Item: additionalProperties is false.",
        (get(FIRST),),
        having(owner="ann"),
    ),
    Fault(
        "write-only-pin-shown",
        "items.yaml, Item: pin is writeOnly (OpenAPI 3.1, §4.8.24).",
        (post(pin="1234"), get(NEW)),
        {
            "shown": lambda api, item: {
                **ItemsApi.shown(api, item),
                **({"pin": item.pin} if item.pin else {}),
            }
        },
    ),
    Fault(
        "id-is-number",
        "items.yaml, Id: a string.",
        (get(FIRST),),
        members(lambda shown: {**shown, "id": int(shown["id"][4:])}),
    ),
    Fault(
        "list-shows-broken-items",
        "items.yaml, Page: each item is an Item.",
        (get(),),
        {
            "listed": lambda api, item: {
                key: value for key, value in api.shown(item).items() if key != "sku"
            }
        },
    ),
]

HEADERS = [
    Fault(
        "location-missing",
        "items.yaml, createItem; RFC 9110 §15.3.2: a 201 has Location.",
        (post(),),
        created(lambda answer: answer.without("Location")),
    ),
    Fault(
        "location-of-other-item",
        "items.yaml, createItem: Location is the item's.",
        (post(),),
        location(lambda api, item: FIRST),
    ),
    Fault(
        "location-of-nothing",
        "items.yaml, createItem: Location has the item's path.",
        (post(),),
        location(lambda api, item: f"/api/items/{item.id}"),
    ),
    Fault(
        "etag-missing",
        "items.yaml, getItem: ETag is required.",
        (get(FIRST),),
        {"show": lambda api, item, *status: ItemsApi.show(api, item, *status).without("ETag")},
    ),
    Fault(
        "etag-without-quotes",
        "RFC 9110 §8.8.3: an entity tag is in quotation marks.",
        (get(FIRST),),
        {"etag": lambda api, item: ItemsApi.etag(api, item).strip('"')},
    ),
    Fault(
        "challenge-missing",
        "items.yaml, 401; RFC 9110 §15.5.2: a 401 has WWW-Authenticate.",
        (get("/items", None),),
        where(401, lambda answer: answer.without("WWW-Authenticate")),
    ),
    Fault(
        "insufficient-scope-not-named",
        "RFC 6750 §3.1: a token without the scope is insufficient_scope.",
        (post(authorization=AS_READER),),
        where(403, lambda a: a.with_header("WWW-Authenticate", f'{REALM}, error="invalid_token"')),
    ),
]

STATUSES = [
    Fault(
        "create-status-200",
        "items.yaml, createItem: success is 201.",
        (post(),),
        created(lambda answer: answer.with_status(200)),
    ),
    Fault(
        "create-without-content",
        "items.yaml, createItem: the 201 has the item.",
        (post(),),
        created(lambda answer: answer.with_body(b"")),
    ),
    Fault(
        "delete-status-200",
        "items.yaml, deleteItem: success is 204.",
        (delete(FIRST),),
        asked_by("DELETE", lambda a: Answer(200, b"{}") if a.status == 204 else a),
    ),
    Fault(
        "delete-204-with-body",
        "RFC 9110 §15.3.5: a 204 has no content.",
        (delete(FIRST),),
        where(204, lambda a: a.with_body(b"{}").with_header("Content-Length", "2")),
    ),
    Fault(
        "forbidden-status-401",
        "items.yaml, 403; RFC 6750 §3.1: a good token without the scope is 403.",
        (post(authorization=AS_READER),),
        where(403, lambda answer: answer.with_status(401)),
    ),
    Fault(
        "invalid-status-400",
        "items.yaml, 422: what breaks its schema is 422; listItems has no 400.",
        (get("/items?limit=0"),),
        where(422, lambda answer: answer.with_status(400)),
    ),
    Fault(
        "conflict-status-400",
        "items.yaml, 409: a sku that is taken is a conflict.",
        (post(), post()),
        where(409, lambda answer: answer.with_status(400)),
    ),
    Fault(
        "missing-item-status-403",
        "items.yaml, getItem: 404 where there is no item; 403 is not documented.",
        (get(NONE),),
        {
            "refuse": lambda api, status, *rest, **more: ItemsApi.refuse(
                api, 403 if status == 404 else status, *rest, **more
            )
        },
    ),
    Fault(
        "problem-as-json",
        "items.yaml, Problem; RFC 9457 §3: the media type is application/problem+json.",
        (get(NONE),),
        problems(lambda answer: answer.with_header("Content-Type", "application/json")),
    ),
    Fault(
        "problem-status-differs",
        "RFC 9457 §3.1.2: the member status is the status of the answer.",
        (get(NONE),),
        problems(lambda answer: answer.with_members(status=500)),
    ),
    Fault(
        "problem-status-is-string",
        "items.yaml, Problem; RFC 9457 §3.1.2: status is a number.",
        (get(NONE),),
        problems(lambda answer: answer.with_members(status=str(answer.status))),
    ),
    Fault(
        "problem-without-title",
        "items.yaml, Problem: title is required.",
        (get(NONE),),
        problems(lambda answer: answer.with_value({"status": answer.status})),
    ),
    Fault(
        "problem-is-html",
        "items.yaml, Problem: the media type is application/problem+json.",
        (get(NONE),),
        where(404, lambda a: Answer(404, b"<h1>Not Found</h1>", (("Content-Type", "text/html"),))),
    ),
    Fault(
        "problem-has-stack-trace",
        "CHECKING.md, policy; CWE-209: an answer has no stack trace.",
        (post(name=""),),
        where(
            422,
            lambda a: a.with_members(
                detail='Traceback (most recent call last):\n  File "/srv/items.py", line 12, in create'
            ),
        ),
    ),
]

ACCESS = [
    Fault(
        "expired-token-accepted",
        "items-fixtures, token expired; RFC 6750 §3.1: it is invalid_token.",
        (get("/items", f"Bearer {EXPIRED}"),),
        known(**{EXPIRED: _ANN}),
    ),
    Fault(
        "any-token-accepted",
        "items-fixtures, token invalid; RFC 6750 §3.1: it is invalid_token.",
        (get("/items", f"Bearer {INVALID}"),),
        {"look_up": lambda api, token: ItemsApi.look_up(api, token) or _ANN},
    ),
    Fault(
        "token-in-any-case-accepted",
        "RFC 6750 §2.1: a token has case.",
        (get("/items", f"Bearer {WRITER.upper()}"),),
        {"look_up": lambda api, token: ItemsApi.look_up(api, token.lower())},
    ),
    Fault(
        "token-with-suffix-accepted",
        "RFC 6750 §2.1: the token is the whole b64token.",
        (get("/items", f"Bearer {WRITER}x"),),
        {"look_up": lambda api, token: ItemsApi.look_up(api, token[:9])},
    ),
    Fault(
        "read-without-token",
        "items.yaml, security: every operation needs a token, listItems and getItem too.",
        (get("/items", None),),
        open_to_all("GET"),
    ),
    Fault(
        "delete-without-token",
        "items.yaml, security: every operation needs a token, deleteItem too.",
        (replace(delete(FIRST), authorization=None),),
        open_to_all("DELETE"),
    ),
    Fault(
        "patch-with-any-token",
        "items.yaml, security: every operation needs a valid token, changeItem too.",
        (replace(patch(FIRST, quantity=1), authorization=f"Bearer {INVALID}"),),
        open_to_all("PATCH"),
    ),
]

CONDUCT = [
    Fault(
        "wrong-method-without-allow",
        "RFC 9110 §15.5.6: a 405 has Allow.",
        (Sent("PUT", "/items"),),
        where(405, lambda answer: answer.without("Allow")),
    ),
    Fault(
        "wrong-method-crashes",
        "RFC 9110 §15.5.6, §15.6.1: a method that there is not gets 405, not a crash.",
        (Sent("DELETE", "/items"), Sent("POST", FIRST)),
        {"wrong_method": crash},
    ),
    Fault(
        "head-crashes",
        "RFC 9110 §9.1, §9.3.2: what supports GET supports HEAD.",
        (Sent("HEAD", "/items"), Sent("HEAD", FIRST)),
        asked_by("HEAD", crash),
    ),
    Fault(
        "head-with-body",
        "RFC 9110 §9.3.2: an answer to HEAD has no body.",
        (Sent("HEAD", FIRST),),
        asked_by("HEAD", lambda answer: replace(answer, as_get=True)),
    ),
    Fault(
        "options-crashes",
        "RFC 9110 §9.3.7, §15.6.1: OPTIONS is answered or refused, not a crash.",
        (Sent("OPTIONS", "/items", None),),
        asked_by("OPTIONS", crash),
    ),
    Fault(
        "unknown-path-status-200",
        "RFC 9110 §15.5.5: a path that there is not gets 404.",
        (get("/no/such/path"),),
        everything(
            lambda call, answer: (
                answer if call.path.startswith("/items") else answer.with_status(200)
            )
        ),
    ),
    Fault(
        "delete-by-get",
        "RFC 9110 §9.2.1: GET is safe; a query does not make it a DELETE.",
        (get(f"{FIRST}?_method=DELETE"), get(FIRST)),
        {
            "read_item": lambda api, call, user, name: (
                api.delete_item(call, user, name)
                if ("_method", "DELETE") in call.parameters
                else ItemsApi.read_item(api, call, user, name)
            )
        },
    ),
    Fault(
        "read-changes-item",
        "RFC 9110 §9.2.1: GET is safe and changes nothing.",
        (get(FIRST), get(FIRST)),
        {
            "read_item": lambda api, call, user, name: (
                api.merge(api.find(user, name), {}),
                ItemsApi.read_item(api, call, user, name),
            )[1]
        },
    ),
    Fault(
        "every-fourth-read-crashes",
        "RFC 9110 §15.6.1: a good request is answered each time.",
        (get(FIRST),) * 4,
        {"answer": every_fourth_crashes},
    ),
    Fault(
        "list-slow",
        "items-fixtures, policy: max_latency is 5 s.",
        (get(),),
        {"answer": slow_list},
    ),
]
