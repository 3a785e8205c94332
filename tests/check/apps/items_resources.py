"""Faults of the items API in what is kept: created, replaced, changed, deleted."""

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

from tests.check.apps.exchange import WINDOW_SECONDS, Answer, Call, Fault, Sent, dump, pause
from tests.check.apps.items_reference import (
    DEFAULTS,
    OTHER,
    READER,
    Item,
    ItemsApi,
    Refusal,
    User,
)

FIRST = "/items/itm_000000000001"
SECOND = "/items/itm_000000000002"
OF_BEN = "/items/itm_000000000004"
NEW = "/items/itm_000000000005"
NONE = "/items/itm_999999999999"
JSON = ("Content-Type", "application/json")
MERGE = ("Content-Type", "application/merge-patch+json")
BODY: dict[str, object] = {
    "sku": "NEW-0001",
    "name": "Lamp",
    "quantity": 7,
    "tags": ["new"],
    "note": "n",
}
AS_READER = f"Bearer {READER}"
AS_BEN = f"Bearer {OTHER}"


def get(target: str = "/items", authorization: str | None = "") -> Sent:
    return Sent("GET", target, authorization)


def post(
    *headers: tuple[str, str],
    authorization: str | None = "",
    body: object = None,
    **members: object,
) -> Sent:
    sent = {**BODY, **members} if body is None else body
    return Sent("POST", "/items", authorization, (JSON, *headers), dump(sent))


def put(target: str, *headers: tuple[str, str], **members: object) -> Sent:
    return Sent("PUT", target, "", (JSON, *headers), dump({**BODY, **members}))


def patch(
    target: str, *headers: tuple[str, str], authorization: str = "", **members: object
) -> Sent:
    return Sent("PATCH", target, authorization, (MERGE, *headers), dump(members))


def delete(target: str, *headers: tuple[str, str], authorization: str = "") -> Sent:
    return Sent("DELETE", target, authorization, headers)


def not_kept(api: ItemsApi, user: User, body: dict[str, Any]) -> Item:
    return api.make(user, body)


def part_lost(api: ItemsApi, user: User, body: dict[str, Any]) -> Item:
    """Answer with what was sent, keep it without its note."""
    item = ItemsApi.insert(api, user, body)
    api.items[item.id] = replace(item, members={**item.members, "note": None})
    return item


def other_id(api: ItemsApi, item: Item) -> Answer:
    return ItemsApi.created(api, item).with_members(id=f"itm_{api.ids + 1:012}")


def ignored_put(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
    kept = deepcopy(api.find(user, name))
    answer = ItemsApi.replace_item(api, call, user, name)
    api.items[name] = kept
    return answer


def ignored_patch(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
    kept = deepcopy(api.find(user, name))
    answer = ItemsApi.change_item(api, call, user, name)
    api.items[name] = kept
    return answer


def stale_answer(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
    before = api.shown(api.find(user, name))
    return ItemsApi.change_item(api, call, user, name).with_value(before)


def merging_put(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    api.store(item, {**item.members, **body})


def replacing_patch(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    named = {key: item.members[key] for key in ("sku", "name", "quantity")}
    api.store(item, {**deepcopy(dict(DEFAULTS)), **named, **body})


def patch_of_others(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    ItemsApi.merge(api, item, body)
    for other in api.items.values():
        if other.owner == item.owner:
            other.members.update({key: body[key] for key in body if key in ("quantity", "note")})


def null_ignored(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    ItemsApi.merge(api, item, {key: value for key, value in body.items() if value is not None})


def falsy_ignored(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    kept = {key: value for key, value in body.items() if value or value is None}
    ItemsApi.merge(api, item, kept)


def appending_patch(api: ItemsApi, item: Item, body: dict[str, Any]) -> None:
    tags = [tag for tag in item.members["tags"] if tag not in body.get("tags", [])]
    ItemsApi.merge(api, item, {**body, "tags": (tags + body.get("tags", []))[:5]})


def creating_put(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
    try:
        return ItemsApi.replace_item(api, call, user, name)
    except Refusal as refusal:
        if refusal.answer.status != 404:
            raise
        body = api.read_body(call, "application/json", "Item")
        item = replace(api.make(user, body), id=name)
        api.items[name] = item
        return api.created(item)


def remove_all(api: ItemsApi, item: Item) -> None:
    for other in [one for one in api.items.values() if one.owner == item.owner]:
        del api.items[other.id]


def remove_next(api: ItemsApi, item: Item) -> None:
    names = [one.id for one in api.items.values() if one.owner == item.owner]
    del api.items[names[(names.index(item.id) + 1) % len(names)]]


def hide(api: ItemsApi, item: Item) -> None:
    """Take an item out of single reads only."""
    api.memory.setdefault("hidden", set()).add(item.id)


def find_unhidden(api: ItemsApi, user: User, name: str) -> Item:
    if name in api.memory.get("hidden", ()):
        raise api.refuse(404, "Not Found")
    return ItemsApi.find(api, user, name)


def find_visible(api: ItemsApi, user: User) -> list[Item]:
    hidden = api.memory.get("hidden", ())
    return [item for item in ItemsApi.owned(api, user) if item.id not in hidden]


def quiet_delete(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
    try:
        return ItemsApi.delete_item(api, call, user, name)
    except Refusal as refusal:
        return Answer(204) if refusal.answer.status == 404 else refusal.answer


def instead_of_missing(answer: Callable[[ItemsApi], Answer]) -> dict[str, Any]:
    def read_item(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
        try:
            return ItemsApi.read_item(api, call, user, name)
        except Refusal:
            return answer(api)

    return {"read_item": read_item}


def caching(api: ItemsApi, call: Call, user: User, name: str) -> Answer:
    """Answer as at the first read."""
    item = api.find(user, name)
    kept: Answer = api.memory.setdefault(f"{item.id} {user.name}", api.show(item))
    return kept


async def in_two_steps(api: ItemsApi, call: Call) -> Answer:
    """Read, wait, write the whole: a change in between is lost."""
    if call.method != "PATCH":
        return await ItemsApi.answer(api, call)
    kept = deepcopy(api.items)
    await pause(WINDOW_SECONDS)
    api.items = kept
    return await ItemsApi.answer(api, call)


async def checked_early(api: ItemsApi, call: Call) -> Answer:
    """Look which items there are, wait, then judge the sku by those only."""
    seen = set(api.items)
    if call.method == "POST":
        await pause(WINDOW_SECONDS)
    api.memory["seen"] = seen  # the reference waits for nothing, so this is its own request's
    return await ItemsApi.answer(api, call)


def sku_among_seen(api: ItemsApi, user: User, sku: object, own: Item | None = None) -> None:
    if any(item.id in api.memory["seen"] for item in api.owned(user) if item.members["sku"] == sku):
        ItemsApi.check_sku(api, user, sku, own)


async def numbered_early(api: ItemsApi, call: Call) -> Answer:
    """Take the next id, wait, insert: requests at the same time get one id."""
    if call.method != "POST" or call.path != "/items":
        return await ItemsApi.answer(api, call)
    taken = api.ids
    await pause(WINDOW_SECONDS)
    api.ids = taken
    return await ItemsApi.answer(api, call)


FAULTS = [
    Fault(
        "created-item-not-kept",
        "items.yaml, createItem: the item that was created can be read.",
        (post(), get(NEW)),
        {"insert": not_kept},
    ),
    Fault(
        "created-item-loses-member",
        "items.yaml, createItem: the item keeps every member that was sent.",
        (post(), get(NEW)),
        {"insert": part_lost},
    ),
    Fault(
        "created-item-ignores-member",
        "items.yaml, createItem: price is a member of the request, the default is for its absence.",
        (post(price=3.5),),
        {"make": lambda api, user, body: ItemsApi.make(api, user, {**body, "price": 0})},
    ),
    Fault(
        "created-id-differs",
        "items.yaml, createItem, link read: the id in the body is the item's.",
        (post(), get(NEW)),
        {"created": other_id},
    ),
    Fault(
        "put-not-kept",
        "items.yaml, replaceItem: the item is as it was sent from then on.",
        (put(FIRST), get(FIRST)),
        {"replace_item": ignored_put},
    ),
    Fault(
        "put-merges",
        "RFC 9110 §9.3.4: PUT replaces; what the body lacks gets its default.",
        (put(SECOND), get(SECOND)),
        {"put": merging_put},
    ),
    Fault(
        "put-creates",
        "items.yaml, replaceItem: 404 where there is no item; 201 is not documented.",
        (put(NONE), get(NONE)),
        {"replace_item": creating_put},
    ),
    Fault(
        "patch-not-kept",
        "items.yaml, changeItem: the change is there from then on.",
        (patch(FIRST, quantity=9), get(FIRST)),
        {"change_item": ignored_patch},
    ),
    Fault(
        "patch-answers-old-item",
        "items.yaml, changeItem: the answer is the item after its change.",
        (patch(FIRST, quantity=9), get(FIRST)),
        {"change_item": stale_answer},
    ),
    Fault(
        "patch-replaces",
        "RFC 7396 §2: what the patch does not name stays.",
        (patch(FIRST, quantity=9), get(FIRST)),
        {"merge": replacing_patch},
    ),
    Fault(
        "patch-changes-other-items",
        "items.yaml, changeItem: one item is changed.",
        (patch(FIRST, quantity=9), get(SECOND)),
        {"merge": patch_of_others},
    ),
    Fault(
        "patch-ignores-null",
        "RFC 7396 §2: null takes a member away.",
        (patch(FIRST, note=None),),
        {"merge": null_ignored},
    ),
    Fault(
        "patch-ignores-zero",
        "RFC 7396 §2: 0 and [] are values as others are.",
        (patch(SECOND, quantity=0, tags=[]),),
        {"merge": falsy_ignored},
    ),
    Fault(
        "patch-appends-to-array",
        "RFC 7396 §2: an array is replaced as a whole.",
        (patch(FIRST, tags=["other"]),),
        {"merge": appending_patch},
    ),
    Fault(
        "delete-does-not-delete",
        "RFC 9110 §9.3.5: what was deleted is not there any more.",
        (delete(FIRST), get(FIRST)),
        {"remove": lambda api, item: None},
    ),
    Fault(
        "delete-leaves-item-in-list",
        "RFC 9110 §9.3.5: what was deleted is not listed any more.",
        (delete(FIRST), get()),
        {"remove": hide, "find": find_unhidden},
    ),
    Fault(
        "delete-leaves-item-readable",
        "RFC 9110 §9.3.5: what was deleted cannot be read any more.",
        (delete(FIRST), get(FIRST)),
        {"remove": hide, "owned": find_visible},
    ),
    Fault(
        "delete-deletes-all",
        "items.yaml, deleteItem: one item is deleted.",
        (delete(FIRST), get()),
        {"remove": remove_all},
    ),
    Fault(
        "delete-deletes-next",
        "items.yaml, deleteItem: the item that is named is deleted.",
        (delete(FIRST), get()),
        {"remove": remove_next},
    ),
    Fault(
        "delete-of-missing-is-204",
        "items.yaml, deleteItem: 404 where there is no item.",
        (delete(FIRST), delete(FIRST), delete(NONE)),
        {"delete_item": quiet_delete},
    ),
    Fault(
        "missing-item-is-200-null",
        "items.yaml, getItem: 404 where there is no item.",
        (get(NONE),),
        instead_of_missing(lambda api: Answer(200, b"null", (JSON,))),
    ),
    Fault(
        "missing-item-is-200-first",
        "items.yaml, getItem: the item is the one that is named.",
        (get(NONE),),
        instead_of_missing(lambda api: api.show(next(iter(api.items.values())))),
    ),
    Fault(
        "missing-item-crashes",
        "items.yaml, getItem: 404 where there is no item (RFC 9110 §15.6.1).",
        (get(NONE),),
        instead_of_missing(lambda api: api.items[NONE]),  # type: ignore[arg-type, return-value]
    ),
    Fault(
        "read-is-stale",
        "items.yaml, getItem: a change is seen by the next read.",
        (get(FIRST), patch(FIRST, quantity=9), get(FIRST)),
        {"read_item": caching},
    ),
    Fault(
        "updated-at-stays",
        "items.yaml, Item: updatedAt is when the item was changed.",
        (patch(FIRST, quantity=9),),
        {
            "shown": lambda api, item: {
                **ItemsApi.shown(api, item),
                "updatedAt": api.instant(item.created),
            }
        },
    ),
    Fault(
        "updates-lost-at-the-same-time",
        "items.yaml, changeItem: of two changes at the same time both are kept.",
        (patch(FIRST, quantity=9), patch(FIRST, name="Chair")),
        {"answer": in_two_steps},
        together=True,
        afterwards=(get(FIRST),),
    ),
    Fault(
        "sku-taken-twice-at-the-same-time",
        "items.yaml, createItem: 409 for all but one of the requests with one sku.",
        (post(),) * 4,
        {"answer": checked_early, "check_sku": sku_among_seen},
        together=True,
    ),
    Fault(
        "one-id-for-two-items",
        "items.yaml, createItem: items that are created at the same time have an id each.",
        (post(sku="NEW-0001"), post(sku="NEW-0002")),
        {"answer": numbered_early},
        together=True,
        afterwards=(get("/items?limit=1"),),
    ),
]
