"""Lists of items: filtered, sorted and paged by the query parameters that a document has.

Names are recognised without case and punctuation, so ``per_page`` is ``perPage``; the table below says what each means.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from mockserver.fixtures.carriers import flat_of, properties_of
from mockserver.fixtures.model import Resource
from mockserver.fixtures.resources import id_text, value_at
from mockserver.mocking.resources_items import id_of
from mockserver.spec.compile import Api
from mockserver.spec.model import Operation, Parameter

Item = Mapping[str, object]

ROLES: Mapping[str, frozenset[str]] = {
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

_MOST_SORTS = 8
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
        role = next((role for role, known in ROLES.items() if fold(name) in known), None)
        if name in members:
            filters[name] = (name,)
        elif role is not None:
            roles.setdefault(role, name)
        elif member := folded.get(fold(name)) or folded.get(fold(name).removeprefix("filter")):
            filters[name] = (member,)
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
    filters = _filters(query, reading)
    found = [item for item in items if all(asked.passes(item) for asked in filters)]
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


class _Filter(NamedTuple):
    """What a query asks of a member.

    Attributes:
        texts: Any of them will do.
        parts: Or an object with all of these members, of any of them.
    """

    path: Sequence[str]
    texts: frozenset[str]
    parts: tuple[Mapping[str, str], ...]

    def passes(self, item: Item) -> bool:
        """Tell whether an item has what is asked for."""
        return self._is_asked(value_at(item, self.path))

    def _is_asked(self, value: object) -> bool:
        """Tell whether a value is what is asked for: of a list one item, of an object one member."""
        if isinstance(value, list):
            return any(self._is_asked(each) for each in value)
        if isinstance(value, dict):
            told = {name: id_text(each) for name, each in value.items()}
            return not self.texts.isdisjoint(told.values()) or any(
                part.items() <= told.items() for part in self.parts
            )
        return value is not None and id_text(value) in self.texts


def _filters(query: Mapping[str, object], reading: Reading) -> list[_Filter]:
    """Return what a query asks of the items."""
    found = []
    for name, path in reading.filters.items():
        if name in query:
            asked = query[name]
            several = asked if isinstance(asked, list) else [asked]
            texts = frozenset(id_text(each) for each in several if not isinstance(each, dict))
            parts = tuple(
                {key: id_text(value) for key, value in each.items()}
                for each in several
                if isinstance(each, dict)
            )
            found.append(_Filter(path, texts, parts))
    return found


def _sort(items: list[Item], query: Mapping[str, object], reading: Reading) -> None:
    """Sort by what the query names: ``name``, ``-name``, ``name:desc``, several after commas; unknown names do nothing."""
    asked = query.get(reading.roles.get("sort", ""))
    parts = asked if isinstance(asked, list) else str(asked or "").split(",")
    direction = fold(str(query.get(reading.roles.get("order", ""), "")))
    for part in reversed([str(part).strip() for part in parts[:_MOST_SORTS]]):
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
        return 2, 0.0, id_text(value)

    return rank
