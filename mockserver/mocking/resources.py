"""Resources: what a request does to the items that a session keeps, and the document's answer to it.

Pure: the items come out of the session's values, and what is to change goes out as an ``Advance``.
"""

import re
from collections.abc import Mapping
from typing import NamedTuple, assert_never
from urllib.parse import quote

from mockserver.fixtures.carriers import properties_of
from mockserver.fixtures.model import Fixtures, Resource
from mockserver.fixtures.resources import id_text, value_at
from mockserver.generation.chance import Chance
from mockserver.generation.making import Unsatisfiable
from mockserver.messages import ABSENT, HeaderPair
from mockserver.mocking.resources_answers import Answers
from mockserver.mocking.resources_items import Items, id_of, with_id
from mockserver.mocking.resources_lists import choose, fold
from mockserver.mocking.resources_pages import Told
from mockserver.mocking.resources_parts import Part, find_parts, parent_names
from mockserver.mocking.resources_patch import CannotPatch, TestFailed, apply, merge
from mockserver.mocking.resources_state import Changes, Collection, Full, Item
from mockserver.mocking.select import Asked, Documented, Refused, Selection, Stored
from mockserver.spec.compile import Api
from mockserver.spec.model import Response, find_response, success_response
from mockserver.state.store import Advance
from mockserver.validation.negotiation import essence

SELECTOR = "resource"


class _Request(NamedTuple):
    """A request that a resource may answer.

    Attributes:
        id_text: Of the item that its path names; empty where it names none.
        guards: What holds the decision to the parents that it saw.
    """

    asked: Asked
    part: Part
    items: Collection
    id_text: str
    guards: Changes

    @property
    def resource(self) -> Resource:
        return self.part.resource


class Resources:
    """The resources of one document; everything that changes stands in the session.

    Attributes:
        operations: Names of the operations whose answers depend on a session's items.
    """

    def __init__(self, api: Api, fixtures: Fixtures, seed: bytes) -> None:
        self._api = api
        self._seed = seed
        self._items = Items(api)
        self._answers = Answers(api, self._items)
        self._parts = find_parts(api, fixtures.resources.values())
        self._seeds: Mapping[str, Mapping[str, Item]] = {
            path: {str(id_of(item, each.id)): self._completed(item, each) for item in each.items}
            for path, each in fixtures.resources.items()
        }
        self.operations = frozenset(self._parts)

    def select(self, asked: Asked) -> Selection | None:
        """Return the answer of the resource that an operation acts on; ``None`` leaves it to the document."""
        part = self._parts.get(asked.operation.name)
        if part is None:
            return None
        guards: Changes = ()
        for above in part.above:
            items, id_text = self._collection(asked, above)
            if items.find(id_text) is None:
                return _absent(asked, above.resource, id_text)
            guards += (items.unchanged(),)
        items, id_text = self._collection(asked, part)
        return self._act(_Request(asked, part, items, id_text, guards))

    def _act(self, request: _Request) -> Selection | None:
        match request.part.act:
            case "list":
                return self._list(request)
            case "create":
                return self._create(request)
            case "read":
                return self._read(request)
            case "replace":
                return self._replace(request)
            case "replace-named":
                return self._replace_named(request)
            case "change":
                return self._change(request)
            case "delete":
                return self._delete(request)
            case "below":
                return None
            case act:
                assert_never(act)

    def _collection(self, asked: Asked, part: Part) -> tuple[Collection, str]:
        """Return the collection that a request's path is about, and the identifier that it names."""
        resource, seeds = part.resource, self._seeds[part.resource.path]
        values = asked.values.path
        told = {name: _text(values.get(given)) for name, given in part.parents().items()}
        path = re.sub(
            r"\{([^{}]*)\}",
            lambda found: quote(told[found[1]], safe="", errors="surrogatepass"),
            resource.path,
        )
        if told and seeds:
            seeds = {key: item for key, item in seeds.items() if _is_below(item, told, resource)}
        further = part.names[len(told) :]
        id_text = _text(values.get(further[0])) if further else ""
        return Collection(asked.session, path.rstrip("/"), seeds), id_text

    # What requests do

    def _list(self, request: _Request) -> Selection:
        asked, part, resource = request.asked, request.part, request.resource
        page = choose(request.items, asked.values.query, part.reading, resource.id)
        last = id_of(page.items[-1], resource.id) if page.items else None
        told = Told(asked.request, part.reading, page, last)
        status, response = success_response(asked.operation) or (200, None)
        headers = self._answers.list_headers(response, told)
        body = self._answers.list_body(resource, told)
        without = self._answers.silent(response, headers)
        rule = f"{resource.path} listed"
        return Stored(response, status, SELECTOR, rule, body, headers, without)

    def _create(self, request: _Request) -> Selection | None:
        asked, resource, items = request.asked, request.resource, request.items
        item = self._payload(request)
        if item is None:
            return None
        item = self._below(request, self._sent(item, resource))
        name = id_of(item, resource.id)
        if name is not None and items.find(name) is not None:
            detail = f"{items.path} has an item {name!r} already"
            return _refused(asked, resource, 409, "item-exists", detail)
        if name is None:
            chance = Chance(self._seed, asked.session.name, items.path, "id", items.made)
            try:
                made = self._items.new_id(
                    resource.schema, resource.id, frozenset(items.ids), items.made, chance
                )
            except Unsatisfiable:
                return None
            return self._created(request, id_text(made), with_id(item, resource.id, made))
        return self._created(request, name, item)

    def _created(self, request: _Request, name: str, item: Item) -> Selection:
        asked, resource = request.asked, request.resource
        item = self._completed(item, resource)
        try:
            changes = request.items.create(name, item)
        except Full as error:
            return _refused(asked, resource, 507, "resource-full", str(error))
        operation = asked.operation
        status, response = success_response(operation) or (201, None)
        if "201" in operation.responses:
            status, response = 201, operation.responses["201"]
        headers = self._answers.location(response, request.asked.request, name)
        return self._answer(request, item, "created", changes, (status, response), headers)

    def _read(self, request: _Request) -> Selection:
        item = request.items.find(request.id_text)
        if item is None:
            return _absent(request.asked, request.resource, request.id_text)
        return self._answer(request, item, "read", ())

    def _replace(self, request: _Request) -> Selection | None:
        """Replace the item of the path; where there is none, create it if the document has a 201 for that."""
        payload = self._payload(request)
        if payload is None:
            return None
        old = request.items.find(request.id_text)
        if old is not None:
            return self._replaced(request, request.id_text, old, payload, "replaced")
        if "201" not in request.asked.operation.responses:
            return _absent(request.asked, request.resource, request.id_text)
        value = request.asked.values.path.get(request.part.names[-1])
        item = with_id(self._below(request, payload), request.resource.id, value)
        return self._created(request, request.id_text, item)

    def _replace_named(self, request: _Request) -> Selection | None:
        """Replace the item that the body names."""
        payload = self._payload(request)
        name = id_of(payload or {}, request.resource.id)
        if payload is None or name is None:
            return None
        old = request.items.find(name)
        if old is None:
            return _absent(request.asked, request.resource, name)
        return self._replaced(request, name, old, payload, "replaced")

    def _change(self, request: _Request) -> Selection | None:
        """Change the item of the path by a patch, or by what a form sends."""
        asked, resource = request.asked, request.resource
        old = request.items.find(request.id_text)
        if old is None:
            return _absent(asked, resource, request.id_text)
        sent = essence((asked.request.header(b"content-type") or b"").decode("latin-1"))
        if sent == "application/json-patch+json":
            try:
                changed = apply(old, asked.values.body)
                if not isinstance(changed, dict):
                    raise CannotPatch("the item would be no object any more")
            except TestFailed as error:
                return _refused(asked, resource, 409, "patch-conflict", str(error))
            except CannotPatch as error:
                return _refused(asked, resource, 422, "bad-patch", str(error))
        else:
            payload = self._payload(request)
            if payload is None:
                return None
            if asked.operation.method == "POST":
                payload = {**self._asked_members(request), **payload}
            strict = sent == "application/merge-patch+json"
            changed = merge(
                old, payload, lambda path: not strict and self._may_be_null(resource, path)
            )
        assert isinstance(changed, dict)
        return self._replaced(request, request.id_text, old, changed, "changed")

    def _replaced(self, request: _Request, name: str, old: Item, new: Item, done: str) -> Selection:
        """Return the answer to a request that puts another item in the place of one; what only a server sets stays."""
        resource = request.resource
        item = {**self._sent(new, resource), **self._own(old, resource)}
        item = with_id(self._below(request, item), resource.id, value_at(old, resource.id))
        item = self._completed(item, resource)
        try:
            changes = request.items.replace(name, item)
        except Full as error:
            return _refused(request.asked, resource, 507, "resource-full", str(error))
        return self._answer(request, item, done, changes)

    def _delete(self, request: _Request) -> Selection:
        item = request.items.find(request.id_text)
        if item is None:
            return _absent(request.asked, request.resource, request.id_text)
        return self._answer(request, item, "deleted", request.items.delete(request.id_text))

    # What they send

    def _payload(self, request: _Request) -> dict[str, object] | None:
        """Return the item that a body holds, out of its envelope; ``None`` where it holds no object."""
        body = request.asked.values.body
        if body is ABSENT:
            return {}
        if not isinstance(body, dict):
            return None
        schema = request.resource.schema
        if schema and len(body) == 1:
            ((name, inner),) = body.items()
            known = properties_of(self._api, schema.item)
            if known and name not in known and isinstance(inner, dict):
                return dict(inner)
        return dict(body)

    def _sent(self, item: Item, resource: Resource) -> dict[str, object]:
        """Return what a client may set of an item."""
        own = self._own(item, resource)
        return {name: member for name, member in item.items() if name not in own}

    def _own(self, item: Item, resource: Resource) -> dict[str, object]:
        return self._items.own(item, resource.schema.item) if resource.schema else {}

    def _below(self, request: _Request, item: dict[str, object]) -> dict[str, object]:
        """Return an item with the members that name the parents in its path, where the document has such."""
        schema = request.resource.schema
        members = properties_of(self._api, schema.item) if schema else {}
        for name, asked in request.part.parents().items():
            folded = parent_names(request.resource, name)
            if member := next((each for each in members if fold(each) in folded), None):
                item.setdefault(member, request.asked.values.path.get(asked))
        return item

    def _completed(self, item: Item, resource: Resource) -> dict[str, object]:
        """Return an item with all that the document wants of it, and the identifier that it has."""
        completed = self._items.completed(item, resource.schema)
        return with_id(completed, resource.id, value_at(item, resource.id))

    def _asked_members(self, request: _Request) -> dict[str, object]:
        """Return the members of an item that the query sets."""
        schema, query = request.resource.schema, request.asked.values.query
        members = properties_of(self._api, schema.item) if schema else {}
        return {name: value for name, value in query.items() if name in members}

    def _may_be_null(self, resource: Resource, path: tuple[str, ...]) -> bool:
        schema = self._items.at(resource.schema.item, path) if resource.schema else None
        return schema is not None and self._items.fits(None, schema)

    def _answer(
        self,
        request: _Request,
        item: Item,
        done: str,
        changes: Changes,
        said: tuple[int, Response | None] | None = None,
        headers: tuple[HeaderPair, ...] = (),
    ) -> Stored:
        operation, resource = request.asked.operation, request.resource
        status, response = said or success_response(operation) or (200, None)
        advance = Advance(operation.name, (*request.guards, *changes)) if changes else None
        return Stored(
            response,
            status,
            SELECTOR,
            f"{resource.path} {done}",
            self._answers.item_body(resource, item),
            headers,
            advance=advance,
        )


def _text(value: object) -> str:
    return "" if value is None else id_text(value)


def _is_below(item: Item, told: Mapping[str, str], resource: Resource) -> bool:
    """Tell whether an item may lie below the parents of a path: it names them, or says nothing of them."""
    for name, value in told.items():
        folded = parent_names(resource, name)
        said = next((item[member] for member in item if fold(member) in folded), None)
        if said is not None and _text(said) != value:
            return False
    return True


def _absent(asked: Asked, resource: Resource, name: str) -> Selection:
    detail = f"{resource.path} has no item {name[:100]!r} in session {asked.session.name!r}"
    return _refused(asked, resource, 404, "no-such-item", detail)


def _refused(asked: Asked, resource: Resource, status: int, slug: str, detail: str) -> Selection:
    """Return the document's own answer of a status, else a problem."""
    response = find_response(asked.operation, status)
    rule = f"{resource.path} {slug}"
    if response is None or response is (success_response(asked.operation) or (0, None))[1]:
        return Refused(slug, status, detail, f"{SELECTOR}; {resource.path}", resource.place)
    return Documented(response, status, SELECTOR, rule, lenient=True)
