"""Faults of the items API in keys, versions, uniqueness, owners and scopes."""

from dataclasses import replace

from tests.check.apps.exchange import Answer, Fault
from tests.check.apps.items_reference import Item, ItemsApi, User
from tests.check.apps.items_resources import (
    AS_BEN,
    AS_READER,
    FIRST,
    OF_BEN,
    delete,
    get,
    patch,
    post,
    put,
)

KEY = ("Idempotency-Key", "key-1")


def other_key(api: ItemsApi, user: User, key: str) -> tuple[object, Answer] | None:
    return next((kept for (_, name), kept in api.keys.items() if name == key), None)


def shared_sku(api: ItemsApi, user: User, sku: object, own: Item | None = None) -> None:
    for name in ("ann", "ben"):
        ItemsApi.check_sku(api, User(name, writes=True), sku, own)


FAULTS = [
    Fault(
        "idempotency-key-ignored",
        "items.yaml, Idempotency-Key: the same key with the same body creates nothing.",
        (post(KEY), post(KEY), get()),
        {"recall": lambda api, user, key: None, "check_sku": lambda api, *given: None},
    ),
    Fault(
        "idempotency-key-conflicts",
        "items.yaml, Idempotency-Key: the same key with the same body answers as at first.",
        (post(KEY), post(KEY)),
        {"recall": lambda api, user, key: None},
    ),
    Fault(
        "idempotency-key-reuse-accepted",
        "items.yaml, Idempotency-Key: the same key with another body is 409.",
        (post(KEY), post(KEY, sku="NEW-0002")),
        {"replay": lambda api, kept, body: kept[1]},
    ),
    Fault(
        "idempotency-key-of-all-users",
        "items.yaml, Idempotency-Key: keys belong to the caller.",
        (post(KEY), post(KEY, authorization=AS_BEN)),
        {"recall": other_key},
    ),
    Fault(
        "taken-sku-accepted",
        "items.yaml, createItem: 409 where the caller has an item of this sku.",
        (post(), post()),
        {"check_sku": lambda api, *given: None},
    ),
    Fault(
        "taken-sku-crashes",
        "items.yaml, createItem: 409, not a crash (RFC 9110 §15.6.1).",
        (post(), post()),
        {
            "check_sku": lambda api, user, sku, own=None: (
                {
                    item.members["sku"]: item for item in api.owned(user) if item is not own
                }.setdefault(sku, None)
                and 1 // 0
            )
        },
    ),
    Fault(
        "own-sku-conflicts",
        "items.yaml, replaceItem: an item keeps its sku without a conflict.",
        (put(FIRST, sku="SEE-0000"),),
        {"check_sku": lambda api, user, sku, own=None: ItemsApi.check_sku(api, user, sku)},
    ),
    Fault(
        "sku-of-others-conflicts",
        "items.yaml, createItem: another user's sku is no conflict.",
        (post(), post(authorization=AS_BEN)),
        {"check_sku": shared_sku},
    ),
    Fault(
        "if-match-ignored",
        "items.yaml; RFC 9110 §13.1.1: 412 where If-Match names another version.",
        (patch(FIRST, ("If-Match", '"1-99"'), quantity=9),),
        {"check_match": lambda api, call, item: None},
    ),
    Fault(
        "if-match-always-fails",
        "RFC 9110 §13.1.1: the condition is true where the version is the one named, and for *.",
        (put(FIRST, ("If-Match", '"1-1"')), put(FIRST, ("If-Match", "*"))),
        {"check_match": lambda api, call, item: _failed(api) if call.first("if-match") else None},
    ),
    Fault(
        "etag-constant",
        "items.yaml, ETag; RFC 9110 §8.8.3: another version has another ETag.",
        (get(FIRST), patch(FIRST, quantity=9)),
        {"etag": lambda api, item: '"1-1"'},
    ),
    Fault(
        "other-users-item-readable",
        "items.yaml, info: items of others do not exist for a caller.",
        (get(OF_BEN), get(FIRST, AS_BEN)),
        {
            "read_item": lambda api, call, user, name: (
                api.show(api.items[name])
                if name in api.items
                else ItemsApi.read_item(api, call, user, name)
            )
        },
    ),
    Fault(
        "other-users-item-writable",
        "items.yaml, info: items of others do not exist for a caller.",
        (delete(OF_BEN), get(OF_BEN, AS_BEN)),
        {
            "delete_item": lambda api, call, user, name: ItemsApi.delete_item(
                api, call, User(api.items[name].owner, True) if name in api.items else user, name
            )
        },
    ),
    Fault(
        "other-users-items-listed",
        "items.yaml, listItems: the caller's items.",
        (get(), get("/items", AS_BEN)),
        {"owned": lambda api, user: list(api.items.values())},
    ),
    Fault(
        "reader-may-write",
        "items.yaml, 403: writing needs the scope items:write.",
        (post(authorization=AS_READER),),
        {"authorize": lambda api, call, user: None},
    ),
    Fault(
        "reader-may-delete",
        "items.yaml, 403: deleting needs the scope items:write.",
        (delete(FIRST, authorization=AS_READER),),
        {
            "authorize": lambda api, call, user: (
                None if call.method == "DELETE" else ItemsApi.authorize(api, call, user)
            )
        },
    ),
    Fault(
        "reader-may-not-read",
        "items.yaml, info: reading needs no items:write.",
        (get("/items", AS_READER),),
        {
            "authorize": lambda api, call, user: ItemsApi.authorize(
                api, replace(call, method="POST"), user
            )
        },
    ),
]


def _failed(api: ItemsApi) -> None:
    raise api.refuse(412, "Precondition Failed")
