"""Lists of items: filtered, sorted and paged by the query parameters that a document has, in the envelope that it has.

Names are recognised without case and punctuation, so ``per_page`` is ``perPage``; the tables below say what each means.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from mockserver.fixtures.carriers import Carrier, flat_of, properties_of
from mockserver.fixtures.model import Resource
from mockserver.fixtures.resources import value_at
from mockserver.generation.fitting import alike
from mockserver.messages import HttpRequest
from mockserver.mocking.resources_items import Items, id_of, put
from mockserver.schemas import Schema
from mockserver.spec.compile import Api
from mockserver.spec.model import Operation, Parameter

Item = Mapping[str, object]

_ROLES: Mapping[str, frozenset[str]] = {
    "limit": frozenset(
        [
            "limit",
            "perpage",
            "pagesize",
            "count",
            "size",
            "top",
            "take",
            "max",
            "maxresults",
            "maxitems",
            "first",
            "pagelimit",
        ]
    ),
    "offset": frozenset(["offset", "skip", "start", "startindex", "from", "pageoffset"]),
    "page": frozenset(["page", "pagenumber", "pageindex", "pageno"]),
    "after": frozenset(
        [
            "after",
            "startingafter",
            "cursor",
            "pagetoken",
            "nexttoken",
            "nextcursor",
            "continuationtoken",
            "marker",
            "startafter",
            "pagecursor",
            "pageafter",
        ]
    ),
    "before": frozenset(["before", "endingbefore", "pagebefore"]),
    "sort": frozenset(["sort", "sortby", "orderby"]),
    "order": frozenset(
        ["order", "direction", "sortorder", "sortdirection", "sortdir", "orderdirection"]
    ),
}
"""Role of a query parameter to its folded names."""

TOTALS = frozenset(
    [
        "total",
        "totalcount",
        "totalitems",
        "totalresults",
        "totalelements",
        "totalrecords",
        "itemcount",
    ]
)
_DESCENDING = frozenset(("desc", "descending", "-1", "down"))
_ASCENDING = frozenset(("asc", "ascending", "1", "up"))


def fold(name: str) -> str:
    """Return a name without case and punctuation."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


class Reading(NamedTuple):
    """What the query parameters of an operation mean for a list.

    Attributes:
        roles: Role to the name of the parameter that has it.
        filters: Name of a parameter to the path of the member that it asks for.
        first_page: Number of the first page.
        usual: How many items a page has where the request does not say; ``None`` for all.
        most: How many it has at most; ``None`` without a limit.
    """

    roles: Mapping[str, str]
    filters: Mapping[str, tuple[str, ...]]
    first_page: int = 1
    usual: int | None = None
    most: int | None = None


class Page(NamedTuple):
    """Some items of a list.

    Attributes:
        total: How many items passed the filters.
        start: Index of the first item of the page among them.
        limit: Most items of a page; ``None`` where the page has all.
    """

    items: tuple[Item, ...]
    total: int
    start: int
    limit: int | None

    @property
    def is_last(self) -> bool:
        """Tell whether nothing follows."""
        return self.start + len(self.items) >= self.total


def read_parameters(operation: Operation, resource: Resource, api: Api) -> Reading:
    """Return what the query parameters of an operation mean: as the fixtures say, else by their names."""
    parameters = {each.name: each for each in operation.parameters if each.location == "query"}
    roles = {role: name for role, name in resource.paging.items() if name in parameters}
    filters = {name: path for name, path in resource.filters.items() if name in parameters}
    carrier = resource.schema
    members = properties_of(api, carrier.item) if carrier else {}
    folded = {fold(name): name for name in members}
    for name in parameters:
        if name in roles.values() or name in filters:
            continue
        role = next((role for role, known in _ROLES.items() if fold(name) in known), None)
        if name in members:
            filters[name] = (name,)
        elif role is not None:
            roles.setdefault(role, name)
        elif fold(name) in folded:
            filters[name] = (folded[fold(name)],)
    limit = _keywords(parameters.get(roles.get("limit", "")), api)
    page = _keywords(parameters.get(roles.get("page", "")), api)
    return Reading(
        roles,
        filters,
        first_page=0 if page.get("default", page.get("minimum", 1)) == 0 else 1,
        usual=_count(limit.get("default")),
        most=_count(limit.get("maximum")),
    )


def _keywords(parameter: Parameter | None, api: Api) -> Mapping[str, object]:
    """Return the keywords of a parameter's schema."""
    if parameter is None or parameter.schema is None:
        return {}
    schema = api.schemas.schema(parameter.schema, "request")
    flat = flat_of(api, schema)
    return {**flat.keywords, **({"default": flat.defaults[0]} if flat.defaults else {})}


def _count(value: object) -> int | None:
    """Return a number of items, ``None`` for what is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 10:
        value = int(value)
    is_number = isinstance(value, int | float) and 0 <= value < 2**53
    return int(value) if isinstance(value, int | float) and is_number else None


def choose(
    items: Iterable[Item],
    query: Mapping[str, object],
    reading: Reading,
    id_tokens: Sequence[str],
) -> Page:
    """Return the page of a list that a query asks for."""
    found = [item for item in items if _passes(item, query, reading)]
    _sort(found, query, reading)

    def asked(role: str) -> object:
        return query.get(reading.roles.get(role, ""))

    limit = _count(asked("limit"))
    if limit is None:
        limit = reading.usual
    if reading.most is not None and "limit" in reading.roles:
        limit = reading.most if limit is None else min(limit, reading.most)
    start, end = 0, len(found)
    after, before = asked("after"), asked("before")
    if after not in (None, ""):
        start = _index(found, str(after), id_tokens, absent=len(found) - 1) + 1
    elif before not in (None, ""):
        end = _index(found, str(before), id_tokens, absent=0)
        start = 0 if limit is None else max(end - limit, 0)
    elif (offset := _count(asked("offset"))) is not None:
        start = offset
    elif (page := _count(asked("page"))) is not None and limit:
        start = max(page - reading.first_page, 0) * limit
    start = min(start, len(found))
    stop = end if limit is None else min(start + limit, end)
    return Page(tuple(found[start:stop]), len(found), start, limit)


def _index(items: Sequence[Item], id_text: str, tokens: Sequence[str], *, absent: int) -> int:
    """Return the index of the item that a cursor names."""
    ids = (id_of(item, tokens) for item in items)
    return next((index for index, each in enumerate(ids) if each == id_text), absent)


def _passes(item: Item, query: Mapping[str, object], reading: Reading) -> bool:
    """Tell whether an item has everything that the query asks for."""
    return all(
        name not in query or _is_asked(value_at(item, path), query[name])
        for name, path in reading.filters.items()
    )


def _is_asked(value: object, asked: object) -> bool:
    """Tell whether a member is what is asked for: one of several, of a list one item, of an object one member."""
    if isinstance(asked, list):
        return any(_is_asked(value, each) for each in asked)
    if isinstance(value, list):
        return any(_is_asked(each, asked) for each in value)
    if isinstance(value, dict):
        return alike(value, asked) or any(
            _is_asked(each, asked) for each in value.values() if not isinstance(each, dict | list)
        )
    return alike(value, asked) or (value is not None and _text(value) == _text(asked))


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _sort(items: list[Item], query: Mapping[str, object], reading: Reading) -> None:
    """Sort by what the query names: ``name``, ``-name``, ``name:desc``, several after commas; unknown names do nothing."""
    asked = query.get(reading.roles.get("sort", ""))
    parts = asked if isinstance(asked, list) else str(asked or "").split(",")
    direction = fold(str(query.get(reading.roles.get("order", ""), "")))
    for part in reversed([str(part).strip() for part in parts]):
        name, _, told = re.sub(r"[:\s]+", ":", part.lstrip("+-")).partition(":")
        down = part.startswith("-") or (fold(told) or direction) in _DESCENDING
        if name and fold(name) not in _ASCENDING | _DESCENDING:
            items.sort(key=_by(name), reverse=down)


def _by(name: str) -> Callable[[Item], tuple[int, float, str]]:
    """Return what items are compared by: numbers before text, what is absent first."""

    def rank(item: Item) -> tuple[int, float, str]:
        value = value_at(item, name.split("."))
        if value is None:
            return 0, 0.0, ""
        if isinstance(value, int | float):
            return 1, float(min(max(value, -1e300), 1e300)), ""
        return 2, 0.0, _text(value)

    return rank


# What is said beside the items


class Told(NamedTuple):
    """What an answer may say of a page.

    Attributes:
        request: Which asked for it.
        last_id: Identifier of the last item; ``None`` on an empty page.
    """

    request: HttpRequest
    reading: Reading
    page: Page
    last_id: str | None

    @property
    def next_cursor(self) -> str | None:
        """The cursor of the next page, ``None`` on the last."""
        return None if self.page.is_last else self.last_id

    @property
    def number(self) -> int:
        """The number of this page."""
        return self.reading.first_page + self.page.start // (
            self.page.limit or self.page.total or 1
        )

    def link(self, *, forward: bool) -> str | None:
        """Return path and query of the next or previous page; ``None`` where there is none that a query can name."""
        page, roles = self.page, self.reading.roles
        limit = page.limit or 0
        if (page.is_last if forward else page.start == 0) or not limit:
            return None
        if "offset" in roles:
            start = page.start + limit if forward else max(page.start - limit, 0)
            change = roles["offset"], str(start)
        elif "page" in roles:
            change = roles["page"], str(self.number + (1 if forward else -1))
        elif "after" in roles and forward and self.last_id is not None:
            change = roles["after"], self.last_id
        else:
            return None
        query = parse_qsl(self.request.query.decode("latin-1"), keep_blank_values=True)
        kept = [pair for pair in query if pair[0] != change[0]]
        path = quote(self.request.path.decode("latin-1"), safe="/%:@!$&'()*+,;=~")
        return f"{path}?{urlencode([*kept, change])}"

    def says(self, name: str) -> list[object]:
        """Return what a member of that name may say, best first; none where the name says nothing to us."""
        page, folded = self.page, fold(name)
        found: list[object] = []
        if folded in TOTALS or folded == "count":
            found = [page.total]
        elif folded in ("totalpages", "pages", "pagecount", "lastpage"):
            found = [max(-(-page.total // page.limit), 1) if page.limit else 1]
        elif folded in _ROLES["page"] | {"currentpage"}:
            found = [self.number]
        elif folded in _ROLES["limit"] and page.limit:
            found = [page.limit]
        elif folded in ("offset", "skip", "startindex", "start"):
            found = [page.start]
        elif folded in ("hasmore", "hasnext", "more", "hasnextpage", "istruncated"):
            found = [not page.is_last]
        elif folded in ("hasprevious", "hasprev", "haspreviouspage"):
            found = [page.start > 0]
        elif folded in ("nextcursor", "nextpagetoken", "nexttoken", "cursor", "endcursor", "after"):
            found = [self.next_cursor, ""]
        elif folded in ("next", "nextlink", "nexturl", "nextpageurl", "nextpage"):
            after = None if page.is_last else self.number + 1
            found = [self.link(forward=True), after if self.page.limit else None]
            found += [] if any(found) else [""]
        elif folded in ("previous", "prev", "previouslink", "prevlink", "previousurl", "prevpage"):
            found = [self.link(forward=False), None, ""]
        return found


def tell(whole: dict[str, object], carrier: Carrier, told: Told, items: Items, api: Api) -> None:
    """Set what an envelope says of its page, in it and in the objects beside the items."""
    schema = api.schemas.schema(carrier.location, "response")
    _tell(whole, schema, told, items, api, carrier.path, levels=2)


def _tell(
    whole: dict[str, object],
    schema: Schema,
    told: Told,
    items: Items,
    api: Api,
    path: Sequence[str],
    *,
    levels: int,
) -> None:
    members = properties_of(api, schema)
    counts_all = any(fold(name) in TOTALS for name in members)
    for name, member in members.items():
        if name == path[0] and len(path) == 1:
            continue
        said = [len(told.page.items)] if counts_all and fold(name) == "count" else told.says(name)
        inner = properties_of(api, member)
        if levels and inner:
            below = whole.get(name)
            filled = dict(below) if isinstance(below, dict) else {}
            further = path[1:] if name == path[0] and len(path) > 1 else ("",)
            _tell(filled, member, told, items, api, further, levels=levels - 1)
            if filled or name in whole:
                whole[name] = filled
            continue
        fitting = [value for value in said if items.fits(value, member)]
        if fitting:
            put(whole, (name,), fitting[0])
        elif said:
            whole.pop(name, None)
