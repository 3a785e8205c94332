"""Lists of a collection: all of it, each once, whatever the page; only what a filter lets through; totals that are true.

Names of paging parameters are those in use (no standard has them): the document must name one of them, else nothing is
asked of it.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from mockserver.check.bounds import flat_of
from mockserver.check.collections import Collection, Made, status_of, value_of
from mockserver.check.model import Exchange, Skip
from mockserver.check.requests import succeeded
from mockserver.check.runner import Run
from mockserver.check.shapes import alike
from mockserver.generation.flatten import types_of
from mockserver.spec.model import Operation, Parameter

_LIMITS = [
    "limit",
    "perpage",
    "pagesize",
    "size",
    "maxresults",
    "max",
    "top",
    "count",
    "first",
    "take",
    "resultsperpage",
    "itemsperpage",
]
_OFFSETS = ["offset", "skip", "start", "startindex", "from"]
_PAGES = ["page", "pagenumber", "pageno", "pageindex"]
_CURSORS = [
    "cursor",
    "pagetoken",
    "after",
    "startingafter",
    "next",
    "nexttoken",
    "continuationtoken",
    "marker",
]
_TOTALS = ["total", "totalcount", "totalitems", "totalresults", "totalelements", "totalhits"]
_NEXTS = [
    "next",
    "nextcursor",
    "nextpagetoken",
    "nexttoken",
    "cursor",
    "endcursor",
    "continuationtoken",
    "after",
]
_MORE = ["hasmore", "hasnext", "hasnextpage", "more"]
_SORTS = ["sort", "sortby", "orderby", "order", "ordering"]
_MOST_PAGES = 60
_ITEMS = 5


def _short(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


class Page(NamedTuple):
    """One answer of a list.

    Attributes:
        items: Objects in their order.
        around: The members beside them; empty where the list is the whole body.
    """

    exchange: Exchange
    items: list[Mapping[str, object]]
    around: Mapping[str, object]

    def first(self, names: list[str]) -> object:
        """Return the first member around that bears one of these names, also in one object further in."""
        inner = [value for value in self.around.values() if isinstance(value, dict)]
        for members in (self.around, *inner):
            for name in names:
                for key, value in members.items():
                    if _short(key) == name:
                        return value
        return None


class Listing:
    """How a collection is listed."""

    def __init__(self, collection: Collection) -> None:
        if collection.listing is None:
            raise Skip(f"{collection.path} is not listed")
        self.collection = collection
        self.run: Run = collection.run
        self.operation: Operation = collection.listing
        self._named = {
            _short(one.name): one for one in self.operation.parameters if one.location == "query"
        }
        self.limit = self._one(_LIMITS)
        self.offset = self._one(_OFFSETS)
        self.page = self._one(_PAGES)
        self.cursor = self._one(_CURSORS)

    def _one(self, names: list[str]) -> Parameter | None:
        return next((self._named[name] for name in names if name in self._named), None)

    @property
    def place(self) -> Parameter | None:
        """Return the parameter that says which part is asked for."""
        return self.offset or self.page or self.cursor

    def bounds(self, parameter: Parameter) -> Mapping[str, object]:
        """Return the keywords of a parameter's schema, its default included."""
        if parameter.schema is None:
            return {}
        flat = flat_of(self.run, self.run.api.schemas.schema(parameter.schema, "request"))
        return {**flat.keywords, **({"default": flat.defaults[0]} if flat.defaults else {})}

    def ask(self, values: Mapping[str, object], token: str | None = None) -> Page:
        """Return a page.

        Raises:
            Skip: It is no list of objects.
        """
        request = self.run.requests.draw(self.operation)
        request = self.run.requests.set(
            self.operation, request, {("query", name): value for name, value in values.items()}
        )
        exchange = self.collection.ask(self.operation, request, token=token)
        shown = ", ".join(f"{name}={value}" for name, value in values.items()) or "no parameters"
        if not self.run.expect(
            succeeded(exchange) or status_of(exchange) in (401, 403, 429), exchange, "list",
            f"the list is answered with {shown}", f"the status is {status_of(exchange)}", "the document's parameters", self.operation.place,
        ):  # fmt: skip
            raise Skip("there is no list")
        page = read_page(exchange)
        if page is None:
            raise Skip("the answer is no list of objects")
        return page

    def id_of(self, item: Mapping[str, object]) -> object:
        """Return the id of a listed item, ``None`` where it shows none."""
        return self.collection.identity_in(item)

    def walk(self, values: Mapping[str, object], size: int = 0) -> list[Page]:
        """Return all pages, of ``size`` items each where that can be asked for.

        Raises:
            Skip: There are too many of them.
        """
        asked = dict(values)
        if size and self.limit is not None:
            asked[self.limit.name] = size
        pages = [self.ask(asked)]
        while pages[-1].items and len(pages) < _MOST_PAGES:
            following = self._following(pages, size)
            if following is None:
                break
            pages.append(self.ask({**asked, **following}))
            if pages[-1].items and pages[-1].items == pages[-2].items:
                break  # which is a finding, and without an end
        if len(pages) == _MOST_PAGES:
            raise Skip(f"the list has more than {_MOST_PAGES} pages")
        return pages

    def _following(self, pages: list[Page], size: int) -> dict[str, object] | None:
        last = pages[-1]
        if self.offset is not None:
            return {self.offset.name: sum(len(page.items) for page in pages)}
        if self.page is not None:
            first = self.bounds(self.page).get("minimum", self.bounds(self.page).get("default", 1))
            if size and len(last.items) < size:
                return None
            return {self.page.name: (first if isinstance(first, int) else 1) + len(pages)}
        if self.cursor is not None:
            token = last.first(_NEXTS)
            if isinstance(token, str | int) and token != "" and not isinstance(token, bool):
                return {self.cursor.name: token}
            if _short(self.cursor.name) in ("startingafter", "after") and token is None and last.first(_MORE) is not False:  # fmt: skip
                identity = self.id_of(last.items[-1])
                return {self.cursor.name: identity} if identity is not None else None
        return None


def read_page(exchange: Exchange) -> Page | None:
    """Return an answer as a page: a list of objects, alone or as the one such member of an object."""
    value = value_of(exchange)
    if isinstance(value, list) and all(isinstance(one, dict) for one in value):
        return Page(exchange, value, {})
    if not isinstance(value, dict):
        return None
    lists = {
        name: one
        for name, one in value.items()
        if isinstance(one, list) and all(isinstance(item, dict) for item in one)
    }
    if len(lists) != 1:
        lists = {name: one for name, one in lists.items() if _short(name) in ("items", "data", "results", "records", "content", "values")}  # fmt: skip
    if len(lists) != 1:
        return None
    name, items = next(iter(lists.items()))
    return Page(exchange, items, {key: one for key, one in value.items() if key != name})


def _listed(collection: Collection) -> None:
    """What is created is listed, as it is read; what is deleted is not."""
    listing, run = Listing(collection), collection.run
    before = [listing.id_of(item) for page in listing.walk({}) for item in page.items]
    made = [collection.make() for _ in range(2)]
    pages = listing.walk({})
    after = [listing.id_of(item) for page in pages for item in page.items]
    for one in made:
        run.expect(
            str(one.id) in map(str, after), pages[-1].exchange, "not-listed", f"{one.id}, which was created, is listed",
            f"the list has {len(after)} items without it", "RFC 9110 §9.3.3", listing.operation.place,
        )  # fmt: skip
    once = len(set(map(str, after))) == len(after)
    run.expect(once, pages[-1].exchange, "listed-twice", "each item is listed once", _repeated(after), "the document's list")  # fmt: skip
    lost = [one for one in before if str(one) not in map(str, after)]
    run.expect(not lost, pages[-1].exchange, "not-listed", "what was listed stays listed", f"{lost[:3]} is not", "the document's list")  # fmt: skip
    _as_read(listing, made[0], pages)
    for method in ("PATCH", "PUT"):
        if method in collection.items and succeeded(collection.rewrite(method, made[0])):
            _as_read(listing, made[0], listing.walk({}))
    if "DELETE" in collection.items and succeeded(collection.of("DELETE", made[1].id)):
        pages = listing.walk({})
        rest = [str(listing.id_of(item)) for page in pages for item in page.items]
        run.expect(
            str(made[1].id) not in rest, pages[-1].exchange, "delete-not-kept", "what was deleted is not listed",
            f"{made[1].id} is", "RFC 9110 §9.3.5", listing.operation.place,
        )  # fmt: skip


def _repeated(found: list[object]) -> str:
    return f"{next((one for one in found if found.count(one) > 1), '')} is listed more than once"


def _as_read(listing: Listing, made: Made, pages: list[Page]) -> None:
    collection = listing.collection
    if "GET" not in collection.items:
        return
    read = value_of(collection.of("GET", made.id))
    for page in pages:
        for item in page.items:
            if str(listing.id_of(item)) == str(made.id) and isinstance(read, dict):
                differ = [name for name in item.keys() & read.keys() if not alike(read[name], item[name])]  # fmt: skip
                collection.run.expect(
                    not differ, page.exchange, "list-differs", "an item is listed as it is read",
                    f"it differs in {', '.join(f'/{name}' for name in sorted(differ))}", "the document's list",
                )  # fmt: skip


def _fill(listing: Listing) -> list[Page]:
    """Return all pages of a list that has some items."""
    pages = listing.walk({})
    missing = _ITEMS - sum(len(page.items) for page in pages)
    if missing <= 0:
        return pages
    for _ in range(missing):
        listing.collection.make()
    return listing.walk({})


def _ids(listing: Listing, pages: list[Page]) -> list[str]:
    return [str(listing.id_of(item)) for page in pages for item in page.items]


def _limited(collection: Collection) -> None:
    """A limit is heeded, echoed, and has its default."""
    listing, run = Listing(collection), collection.run
    limit = listing.limit
    if limit is None:
        raise Skip("the list has no limit")
    count = len(_ids(listing, _fill(listing)))
    bounds = listing.bounds(limit)
    most = bounds.get("maximum")
    for size in (1, 2, 3):
        page = listing.ask({limit.name: size})
        exact = listing.cursor is None or listing.offset is not None
        fits = len(page.items) == min(size, count) if exact else len(page.items) <= size
        run.expect(
            fits, page.exchange, "limit", f"{limit.name}={size} lists {min(size, count)} of {count} items",
            f"it lists {len(page.items)}", "the document's parameter", listing.operation.place,
        )  # fmt: skip
        _echoes(listing, page, limit, size)
    if isinstance(most, int) and most <= 1000:
        page = listing.ask({limit.name: most})
        run.expect(
            len(page.items) == min(most, count), page.exchange, "limit",
            f"{limit.name}={most} lists {min(most, count)} items", f"it lists {len(page.items)}", "the document's parameter",
        )  # fmt: skip
    default = bounds.get("default")
    if isinstance(default, int):
        page = listing.ask({})
        run.expect(
            len(page.items) == min(default, count), page.exchange, "limit-default",
            f"without {limit.name} {min(default, count)} of {count} items are listed", f"it lists {len(page.items)}",
            "the document's default", listing.operation.place,
        )  # fmt: skip
        _echoes(listing, page, limit, default)


def _echoes(listing: Listing, page: Page, parameter: Parameter, value: object) -> None:
    """Hold a member that bears the name of a parameter to what was asked for."""
    if parameter.name in page.around and isinstance(page.around[parameter.name], int):
        listing.run.expect(
            page.around[parameter.name] == value, page.exchange, "page-echo",
            f"/{parameter.name} is {value}, which was asked for", f"it is {page.around[parameter.name]}", "the document's page",
        )  # fmt: skip


def _paged(collection: Collection) -> None:
    """Pages one after another are the whole list, each item once, in its order."""
    listing, run = Listing(collection), collection.run
    if listing.place is None:
        raise Skip("the list has no pages")
    whole = _ids(listing, _fill(listing))
    for size in (1, 2, 3) if listing.limit is not None else (0,):
        if size and len(whole) > _MOST_PAGES * size - 1:
            continue
        pages = listing.walk({}, size)
        found = _ids(listing, pages)
        run.expect(
            len(set(found)) == len(found), pages[-1].exchange, "pages-repeat",
            "no item is on two pages", _repeated(list(found)), "the document's pages", listing.operation.place,
        )  # fmt: skip
        lost = [one for one in whole if one not in found]
        run.expect(
            not lost, pages[-1].exchange, "pages-lose", "every item is on a page",
            f"{', '.join(lost[:3])} is on none", "the document's pages", listing.operation.place,
        )  # fmt: skip
        for page in pages if size else ():
            run.expect(
                len(page.items) <= size, page.exchange, "limit", f"a page has at most {size} items",
                f"it has {len(page.items)}", "the document's parameter", listing.operation.place,
            )  # fmt: skip
    if listing.offset is not None:
        _offsets(listing, whole)


def _offsets(listing: Listing, whole: list[str]) -> None:
    run, offset = listing.run, listing.offset
    assert offset is not None
    for number in (0, 1, 2, len(whole) - 1, len(whole)):
        extra: dict[str, object] = {listing.limit.name: 2} if listing.limit else {}
        page = listing.ask({**extra, offset.name: number})
        wanted = whole[number : number + 2] if extra else whole[number:]
        found = _ids(listing, [page])
        run.expect(
            found == wanted[: len(found)] and bool(found) == bool(wanted), page.exchange, "offset",
            f"{offset.name}={number} lists {', '.join(wanted) or 'nothing'}"[:160], f"it lists {', '.join(found) or 'nothing'}"[:160],
            "the document's parameter", listing.operation.place,
        )  # fmt: skip
        _echoes(listing, page, offset, number)
    most = listing.bounds(offset).get("maximum", 10_000)
    if isinstance(most, int) and most > len(whole):
        page = listing.ask({offset.name: min(most, 10_000_000)})
        run.expect(not page.items, page.exchange, "offset", "a page past the end is empty", f"it has {len(page.items)} items", "the document's parameter")  # fmt: skip


def _totals(collection: Collection) -> None:
    """Totals count what the filters let through, whatever the page; whether there is more is true."""
    listing, run = Listing(collection), collection.run
    pages = _fill(listing)
    asked: list[tuple[dict[str, object], int]] = [({}, len(_ids(listing, pages)))]
    for values, wanted in _filters(listing, pages):
        asked.append((values, sum(wanted(item) for page in pages for item in page.items)))
    for values, count in asked:
        sizes: list[dict[str, object]] = [{}]
        if listing.limit is not None:
            sizes += [{listing.limit.name: 1}, {listing.limit.name: 2}]
        for size in sizes:
            page = listing.ask({**values, **size})
            total = page.first(_TOTALS)
            header = page.exchange.answer.header("x-total-count") if page.exchange.answer else ""
            for told in (total, int(header) if header.isdigit() else None):
                if isinstance(told, int) and not isinstance(told, bool):
                    run.expect(
                        told == count, page.exchange, "total", f"the total is {count}", f"it is {told}",
                        "the document's page", listing.operation.place,
                    )  # fmt: skip
            more = page.first(_MORE)
            if isinstance(more, bool):
                run.expect(
                    more == (len(page.items) < count), page.exchange, "has-more",
                    f"more is {len(page.items) < count} with {len(page.items)} of {count} items", f"it is {more}", "the document's page",
                )  # fmt: skip


Holds = Callable[[Mapping[str, object]], bool]


def _filters(listing: Listing, pages: list[Page]) -> Iterator[tuple[dict[str, object], Holds]]:
    """Yield values of filters that items have, and what then holds of each item listed."""
    items = [item for page in pages for item in page.items]
    taken = {one.name for one in (listing.limit, listing.place) if one}
    for parameter in listing.operation.parameters:
        if parameter.location != "query" or parameter.name in taken or parameter.schema is None:
            continue
        keywords = listing.bounds(parameter)
        member = _member(parameter.name, items)
        kinds = types_of(keywords) or []
        if member is None or not {"string", "integer", "boolean"} & set(kinds):
            continue
        values: list[object] = []
        for item in items:
            found = item.get(member)
            values += found if isinstance(found, list) else [found]
        enum = keywords.get("enum")
        plain = [one for one in values if isinstance(one, str | int) and one != ""]
        exact = isinstance(enum, list) or member != parameter.name or "string" not in kinds
        chosen = [*dict.fromkeys(plain)][:2] + (enum[:3] if isinstance(enum, list) else [])
        validator = listing.run.api.schemas.validator(parameter.schema, "request")
        for value in dict.fromkeys(chosen):
            if validator.is_valid(value):
                yield {parameter.name: value}, _fits(member, value, exact=exact)
        if member != parameter.name and plain and isinstance(plain[0], str):
            part = plain[0][:-1]
            if part and validator.is_valid(part):
                yield {parameter.name: part}, _fits(member, part, exact=True)


def _member(name: str, items: list[Mapping[str, object]]) -> str | None:
    """Return the member that a parameter filters by: of its name, or its plural where that is a list."""
    for member in (name, f"{name}s"):
        for item in items:
            if member in item and (member == name or isinstance(item[member], list)):
                return member
    return None


def _fits(member: str, value: object, *, exact: bool) -> Holds:
    def holds(item: Mapping[str, object]) -> bool:
        found = item.get(member)
        if isinstance(found, list):
            return value in found
        if exact or not isinstance(found, str):
            return found == value
        return str(value).casefold() in found.casefold()

    return holds


def _filtered(collection: Collection) -> None:
    """A filter lists what has its value, all of it, and nothing else; two filters hold together."""
    listing, run = Listing(collection), collection.run
    for _ in range(4):
        collection.make(run.requests.json_body(collection.create))
    pages = _fill(listing)
    whole = [item for page in pages for item in page.items]
    filters = list(_filters(listing, pages))
    if not filters:
        raise Skip("no parameter filters by a member")
    for values, holds in [*filters, *_pairs(filters)]:
        found = [item for page in listing.walk(values) for item in page.items]
        page = listing.ask(values)
        shown = ", ".join(f"{name}={value}" for name, value in values.items())
        wrong = [listing.id_of(item) for item in found if not holds(item)]
        run.expect(
            not wrong, page.exchange, "filter", f"{shown} lists only what has it", f"it lists {wrong[:2]}",
            "the document's parameter", listing.operation.place,
        )  # fmt: skip
        names = {str(listing.id_of(item)) for item in found}
        lost = [listing.id_of(item) for item in whole if holds(item) and str(listing.id_of(item)) not in names]  # fmt: skip
        run.expect(
            not lost, page.exchange, "filter", f"{shown} lists all that have it", f"{lost[:2]} is not listed",
            "the document's parameter", listing.operation.place,
        )  # fmt: skip


def _pairs(filters: list[tuple[dict[str, object], Holds]]) -> Iterator[tuple[dict[str, object], Holds]]:  # fmt: skip
    for number, (one, first) in enumerate(filters):
        for other, second in filters[number + 1 :]:
            if not one.keys() & other.keys():
                yield one | other, _both(first, second)


def _both(first: Holds, second: Holds) -> Holds:
    return lambda item: first(item) and second(item)


def _sorted(collection: Collection) -> None:
    """A sort parameter whose values name members sorts by them."""
    listing, run = Listing(collection), collection.run
    found = [one for one in listing.operation.parameters if one.location == "query" and _short(one.name) in _SORTS]  # fmt: skip
    if not found:
        raise Skip("the list has no sort parameter")
    items = [item for page in _fill(listing) for item in page.items]
    for parameter in found:
        enum = listing.bounds(parameter).get("enum")
        for value in enum if isinstance(enum, list) else ():
            name, down = _order(str(value))
            if not any(name in item for item in items):
                continue
            page = listing.ask({parameter.name: value})
            values = [item.get(name) for item in page.items]
            if all(isinstance(one, int | float) for one in values) or all(isinstance(one, str) for one in values):  # fmt: skip
                wanted = sorted(values, reverse=down, key=_folded)
                run.expect(
                    [_folded(one) for one in values] == [_folded(one) for one in wanted], page.exchange, "sort",
                    f"{parameter.name}={value} sorts by /{name}", "it does not", "the document's parameter",
                )  # fmt: skip


def _order(value: str) -> tuple[str, bool]:
    for ending, down in ((":desc", True), (":asc", False), (".desc", True), (".asc", False), (" desc", True), (" asc", False), ("_desc", True), ("_asc", False)):  # fmt: skip
        if value.lower().endswith(ending):
            return value[: -len(ending)], down
    return value.lstrip("+-"), value.startswith("-")


def _folded(value: object) -> tuple[float, str]:
    if isinstance(value, int | float):
        return float(value), ""
    return 0.0, str(value).casefold()


LISTING_PROBES: Mapping[str, Callable[[Collection], None]] = {
    "what is created is listed": _listed,
    "a limit is heeded": _limited,
    "pages are the whole list": _paged,
    "totals are true": _totals,
    "filters take effect": _filtered,
    "sorting takes effect": _sorted,
}
