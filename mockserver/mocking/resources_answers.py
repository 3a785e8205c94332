"""Items and lists of items as the document's answers: bodies in the shape of each media type, and the headers beside."""

from collections.abc import Callable
from urllib.parse import quote

from mockserver.fixtures.carriers import Carrier, find_item, find_list
from mockserver.fixtures.model import Resource
from mockserver.generation.making import Unsatisfiable
from mockserver.messages import HeaderPair, HttpRequest
from mockserver.mocking.resources_items import Items
from mockserver.mocking.resources_lists import fold
from mockserver.mocking.resources_pages import TOTALS, Told, tell
from mockserver.mocking.resources_state import Item
from mockserver.spec.compile import Api
from mockserver.spec.model import Location, MediaType, Response
from mockserver.validation.parameters import judge_header

Body = Callable[[MediaType], object]
"""Makes the value of an answer for a media type; raises ``Unsatisfiable`` where it has no place for it."""


class Answers:
    """Makes bodies and headers; what it keeps depends on schemas alone."""

    def __init__(self, api: Api, items: Items) -> None:
        self._api = api
        self._items = items
        self._carriers: dict[tuple[Location, str, bool], Carrier | None] = {}

    def item_body(self, resource: Resource, item: Item) -> Body:
        """Return what makes the body for one item."""

        def make(media_type: MediaType) -> object:
            if media_type.schema is None:
                return dict(item)
            carrier = self._carrier(media_type.schema, resource, many=False)
            shown = self._items.shown(item, carrier.item, resource.schema)
            return self._items.mended(self._items.wrapped(shown, carrier), media_type.schema)

        return make

    def list_body(self, resource: Resource, told: Told) -> Body:
        """Return what makes the body for a page of items."""

        def make(media_type: MediaType) -> object:
            if media_type.schema is None:
                return [dict(item) for item in told.page.items]
            carrier = self._carrier(media_type.schema, resource, many=True)
            shown = [
                self._items.shown(item, carrier.item, resource.schema) for item in told.page.items
            ]
            whole = self._items.wrapped(shown, carrier)
            if isinstance(whole, dict):
                tell(whole, carrier, told, self._items, self._api)
            return self._items.mended(whole, media_type.schema)

        return make

    def _carrier(self, location: Location, resource: Resource, *, many: bool) -> Carrier:
        key = (location, resource.id[0], many)
        if key not in self._carriers:
            find = find_list if many else find_item
            self._carriers[key] = find(self._api, location, resource.id[0])
        carrier = self._carriers[key]
        if carrier is None:
            raise Unsatisfiable("the answer has no place for what is kept")
        return carrier

    def location(
        self, response: Response | None, request: HttpRequest, id_text: str
    ) -> tuple[HeaderPair, ...]:
        """Return ``Location`` of a new item, where the document has that header and it fits (RFC 9110 §10.2.2)."""
        path = (
            request.path.rstrip(b"/")
            + b"/"
            + quote(id_text, safe="", errors="surrogatepass").encode()
        )
        return self._headers(response, lambda name: path if name == "location" else None)

    def list_headers(self, response: Response | None, told: Told) -> tuple[HeaderPair, ...]:
        """Return what the document's headers say of a page: the total, and the next page (RFC 8288 §3)."""

        def say(name: str) -> bytes | None:
            if fold(name.removeprefix("x-")) in TOTALS:
                return b"%d" % told.page.total
            if name == "link" and (target := told.link(forward=True)):
                return f'<{target}>; rel="next"'.encode("latin-1", "replace")
            return None

        return self._headers(response, say)

    def silent(
        self, response: Response | None, headers: tuple[HeaderPair, ...]
    ) -> frozenset[bytes]:
        """Return the documented headers that may be absent, and are where there is no next page."""
        said = {name for name, _ in headers}
        documented = {
            header.name.lower().encode("latin-1", "replace")
            for header in (response.headers if response else ())
            if not header.required
        }
        return frozenset((documented & {b"link"}) - said)

    def _headers(
        self, response: Response | None, say: Callable[[str], bytes | None]
    ) -> tuple[HeaderPair, ...]:
        """Return the documented headers of which something is said that fits them."""
        found = []
        for header in response.headers if response else ():
            name = header.name.lower()
            wire = say(name)
            if wire is not None and not judge_header(header, wire, self._api):
                found.append((name.encode("latin-1", "replace"), wire))
        return tuple(found)
