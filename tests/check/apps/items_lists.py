"""Faults of the items API in its list: pages, order, totals, filters."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from tests.check.apps.exchange import Call, Fault
from tests.check.apps.items_reference import Item, ItemsApi, Query
from tests.check.apps.items_resources import FIRST, get, patch, post


def listing(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Change the page as it is answered."""
    return {
        "list_items": lambda api, call, user: (
            lambda answer: answer.with_value(change(answer.value))
        )(ItemsApi.list_items(api, call, user))
    }


def paging(change: Callable[[list[Item], Query], list[Item]]) -> dict[str, Any]:
    return {"page": lambda api, found, query: change(found, query)}


def shuffled(api: ItemsApi, found: list[Item], query: Query) -> list[Item]:
    """Turn the order round at each call."""
    api.memory["turn"] = api.memory.get("turn", 0) + 1
    turned = found[::-1] if api.memory["turn"] % 2 == 0 else found
    return ItemsApi.page(api, turned, query)


FAULTS = [
    Fault(
        "list-omits-new-items",
        "items.yaml, listItems: all items of the caller are listed.",
        (post(), get()),
        {"owned": lambda api, user: [i for i in ItemsApi.owned(api, user) if i.id[-1] in "1234"]},
    ),
    Fault(
        "list-is-bare-array",
        "items.yaml, Page: a page is an object.",
        (get(),),
        listing(lambda page: page["items"]),
    ),
    Fault(
        "list-is-stale",
        "items.yaml, listItems: the list shows items as they are.",
        (patch(FIRST, name="Chair"), get()),
        {
            "listed": lambda api, item: api.memory.setdefault(
                "listed", {one.id: api.shown(one) for one in ItemsApi().items.values()}
            ).get(item.id, api.shown(item))
        },
    ),
    Fault(
        "list-order-changes",
        "items.yaml, listItems: oldest first, each time.",
        (get(), get()),
        {"page": shuffled},
    ),
    Fault(
        "list-newest-first",
        "items.yaml, listItems: oldest first.",
        (get(),),
        {"owned": lambda api, user: ItemsApi.owned(api, user)[::-1]},
    ),
    Fault(
        "list-repeats-item",
        "items.yaml, listItems: each item is listed once.",
        (get(),),
        {"owned": lambda api, user: [*ItemsApi.owned(api, user), *ItemsApi.owned(api, user)[:1]]},
    ),
    Fault(
        "limit-ignored",
        "items.yaml, parameter limit: so many items at most.",
        (get("/items?limit=1"),),
        paging(lambda found, query: found[query.offset : query.offset + 50]),
    ),
    Fault(
        "limit-off-by-one",
        "items.yaml, parameter limit: so many items at most.",
        (get("/items?limit=1"),),
        paging(lambda found, query: found[query.offset : query.offset + query.limit + 1]),
    ),
    Fault(
        "limit-default-is-2",
        "items.yaml, parameter limit: the default is 20.",
        (get(),),
        {"read_query": lambda api, call: _default(ItemsApi.read_query(api, call), call)},
    ),
    Fault(
        "offset-ignored",
        "items.yaml, parameter offset: so many items are passed over.",
        (get("/items?offset=1"),),
        paging(lambda found, query: found[: query.limit]),
    ),
    Fault(
        "offset-counts-pages",
        "items.yaml, parameter offset: it counts items, not pages.",
        (get("/items?limit=2&offset=1"),),
        paging(lambda found, query: found[query.offset * query.limit :][: query.limit]),
    ),
    Fault(
        "pages-overlap",
        "items.yaml, listItems: pages that follow one another have no item in common.",
        (get("/items?limit=1&offset=1"),),
        paging(lambda found, query: found[max(0, query.offset - 1) :][: query.limit]),
    ),
    Fault(
        "pages-skip-item",
        "items.yaml, listItems: pages that follow one another have all items.",
        (get("/items?limit=1&offset=1"),),
        paging(lambda found, query: found[query.offset + (query.offset > 0) :][: query.limit]),
    ),
    Fault(
        "offset-past-end-is-404",
        "items.yaml, listItems: 404 is not documented; a page past the end is empty.",
        (get("/items?offset=500"),),
        {
            "page": lambda api, found, query: (
                _absent(api)
                if query.offset and query.offset >= len(found)
                else ItemsApi.page(api, found, query)
            )
        },
    ),
    Fault(
        "total-is-of-page",
        "items.yaml, Page: total counts all items that the filters let through.",
        (get("/items?limit=1"),),
        {"total": lambda api, found, page: len(page)},
    ),
    Fault(
        "total-is-of-everybody",
        "items.yaml, Page: total counts the caller's items.",
        (get(),),
        {"total": lambda api, found, page: len(api.items)},
    ),
    Fault(
        "total-disregards-filter",
        "items.yaml, Page: total counts what the filters let through.",
        (get("/items?status=active"),),
        {"total": lambda api, found, page: sum(i.owner == "ann" for i in api.items.values())},
    ),
    Fault(
        "page-echoes-default-limit",
        "items.yaml, Page: limit is the one that was asked for.",
        (get("/items?limit=1"),),
        listing(lambda page: {**page, "limit": 20}),
    ),
    Fault(
        "status-filter-ignored",
        "items.yaml, parameter status: only items of this status.",
        (get("/items?status=active"),),
        {"has_status": lambda api, item, query: True},
    ),
    Fault(
        "status-filter-inverted",
        "items.yaml, parameter status: only items of this status.",
        (get("/items?status=active"),),
        {
            "has_status": lambda api, item, query: (
                query.status is None or item.members["status"] != query.status
            )
        },
    ),
    Fault(
        "tag-filter-ignored",
        "items.yaml, parameter tag: only items that have this tag.",
        (get("/items?tag=seed"),),
        {"has_tag": lambda api, item, query: True},
    ),
    Fault(
        "tag-filter-by-part",
        "items.yaml, parameter tag: the whole tag, not a part of it.",
        (get("/items?tag=see"),),
        {
            "has_tag": lambda api, item, query: (
                query.tag is None or query.tag in " ".join(item.members["tags"])
            )
        },
    ),
    Fault(
        "second-filter-ignored",
        "items.yaml, listItems: filters hold together.",
        (get("/items?status=draft&tag=seed"),),
        {
            "passes": lambda api, item, query: (
                api.has_status(item, query) if query.status else api.has_tag(item, query)
            )
        },
    ),
]


def _default(query: Query, call: Call) -> Query:
    return query if "limit" in dict(call.parameters) else replace(query, limit=2)


def _absent(api: ItemsApi) -> list[Item]:
    raise api.refuse(404, "Not Found")
