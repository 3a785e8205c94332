"""What an answer says of a page of items beside them: totals, and where the next page is."""

from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from mockserver.fixtures.carriers import Carrier, properties_of
from mockserver.messages import HttpRequest
from mockserver.mocking.resources_items import Items, put
from mockserver.mocking.resources_lists import ROLES, Page, Reading, fold
from mockserver.schemas import Schema
from mockserver.spec.compile import Api

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
        return f"{path}?{urlencode([*kept, change], errors='surrogatepass')}"

    def says(self, name: str) -> list[object]:
        """Return what a member of that name may say, best first; none where the name says nothing to us."""
        page, folded = self.page, fold(name)
        found: list[object] = []
        if folded in TOTALS or folded == "count":
            found = [page.total]
        elif folded in ("totalpages", "pages", "pagecount", "lastpage"):
            found = [max(-(-page.total // page.limit), 1) if page.limit else 1]
        elif folded in ROLES["page"] | {"currentpage"}:
            found = [self.number]
        elif folded in ROLES["limit"] and page.limit:
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
