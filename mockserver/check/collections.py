"""Collections that the paths show: what creates, lists, reads, changes and deletes; and good requests for each."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote

from mockserver.check.model import Exchange, Skip
from mockserver.check.requests import succeeded
from mockserver.check.runner import SAFE_METHODS, Run
from mockserver.fixtures.match import at_pointer
from mockserver.json_values import JsonError, decode_json
from mockserver.messages import ABSENT, HttpRequest
from mockserver.spec.model import Operation
from mockserver.spec.templates import parameter_names

_IDS = ("id", "uuid", "key", "slug", "name", "code")


@dataclass(slots=True)
class Made:
    """A resource that was created.

    Attributes:
        sent, body: What was sent and what was answered.
    """

    id: object
    sent: Mapping[str, object]
    body: Mapping[str, object]
    exchange: Exchange


@dataclass(slots=True)
class Collection:
    """Operations of one collection.

    Attributes:
        items: Those on one item, by method.
        parent: The collection in whose items this one stands.
        home: The item of the parent that holds what is created here; nothing else changes it.
        kept: A resource that reads and changes may share; ``None`` until one is made.
        made: The token that created each item, by the items above it and its own id.
    """

    run: Run
    path: str
    parameter: str
    create: Operation
    listing: Operation | None
    items: Mapping[str, Operation]
    parent: "Collection | None" = None
    home: Made | None = None
    kept: Made | None = None
    made: dict[tuple[object, ...], str | None] = field(default_factory=dict)
    pointers: tuple[str, ...] = field(default_factory=tuple)

    def make(
        self,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
    ) -> Made:
        """Create a resource with a body, or with one that is drawn.

        Raises:
            Skip: It was not created.
        """
        exchange = self.post(body, headers=headers, token=token)
        made = self.read_made(exchange)
        if made is None:
            status = exchange.answer.status if exchange.answer else exchange.error
            raise Skip(f"{self.create.name} does not create: it answers {status}")
        return made

    def post(
        self,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        alien: bool = False,
    ) -> Exchange:
        """Send a creating request."""
        request = self.run.requests.draw(self.create, everything=False)
        if body is not None:
            request = self.run.requests.with_body(self.create, request, body)
        if headers:
            values: dict[tuple[str, str], object] = {
                ("headers", name.lower()): value for name, value in headers.items()
            }
            request = self.run.requests.set(self.create, request, values)
        return self.ask(self.create, request, token=token, alien=alien)

    def ask(
        self,
        operation: Operation,
        request: HttpRequest,
        *,
        token: str | None = None,
        alien: bool = False,
    ) -> Exchange:
        """Send a request with the good token, or with a named one."""
        if token is None:
            signed, name = self.run.requests.signed(operation, request)
        else:
            signed, name = self.run.bearing(request, self.run.fixtures.tokens[token]), token
        return self.run.send(operation, signed, token=name, alien=alien)

    def of(
        self,
        method: str,
        identity: object,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        alien: bool = False,
    ) -> Exchange:
        """Send a request about one item.

        Raises:
            Skip: The item has no such method.
        """
        operation = self.items.get(method)
        if operation is None:
            raise Skip(f"{self.path} has no {method} on items")
        return self.ask(
            operation,
            self.request(operation, identity, body, headers=headers),
            token=token,
            alien=alien,
        )

    def request(
        self,
        operation: Operation,
        identity: object,
        body: object = None,
        *,
        headers: Mapping[str, str] | None = None,
    ) -> HttpRequest:
        """Return a request about one item, without credential."""
        request = self.run.requests.draw(operation)
        values: dict[tuple[str, str], object] = {("path", self.parameter): identity}
        values |= {("headers", name.lower()): value for name, value in (headers or {}).items()}
        request = self.run.requests.set(operation, request, values)
        return (
            self.run.requests.with_body(operation, request, body) if body is not None else request
        )

    def read_made(self, exchange: Exchange) -> Made | None:
        """Return what an answer created, ``None`` where it did not."""
        if not succeeded(exchange):
            return None
        body = value_of(exchange)
        identity = self._identity(exchange, body)
        if identity is None:
            return None
        self.made[(*self.above(), identity)] = exchange.token
        try:
            sent = decode_json(exchange.request.body)
        except JsonError:
            sent = {}
        return Made(
            identity,
            sent if isinstance(sent, dict) else {},
            body if isinstance(body, dict) else {},
            exchange,
        )

    def _identity(self, exchange: Exchange, body: object) -> object:
        if (found := self.identity_in(body)) is not None:
            return found
        location = exchange.answer.header("location") if exchange.answer else ""
        return unquote(location.rstrip("/").rpartition("/")[2]) or None

    def identity_in(self, body: object) -> object:
        """Return the id in an item: where the document's links find it, else the member that is named so."""
        for pointer in self.pointers:
            value = at_pointer(body, pointer)
            if value is not ABSENT and isinstance(value, str | int):
                return value
        short = self.parameter.lower().replace("_", "").replace("-", "")
        if isinstance(body, dict):
            folded = {name.lower().replace("_", ""): value for name, value in body.items()}
            for name in (short, *_IDS):
                if isinstance(folded.get(name), str | int) and not isinstance(folded[name], bool):
                    return folded[name]
        return None

    def good(self, operation: Operation) -> tuple[HttpRequest, str | None]:
        """Return a good request about an item that is there."""
        if operation.method == "DELETE" or self.kept is None:
            made = self.make()
            if operation.method != "DELETE":
                self.kept = made
        else:
            made = self.kept
        return self.run.requests.signed(operation, self.request(operation, made.id))

    def clean(self) -> None:
        """Delete what was created, as far as the API lets us: a checker leaves a place as it found it."""
        if "DELETE" not in self.items:
            return
        operation = self.items["DELETE"]
        names = parameter_names(operation.shortest_path)
        self.run.places.pop(operation.name, None)  # they are known
        for ids, token in self.made.items():
            request = self.run.requests.draw(operation)
            values = {("path", name): one for name, one in zip(names, ids, strict=False)}
            request = self.run.requests.set(operation, request, dict(values))
            if token is not None:
                request = self.run.bearing(request, self.run.fixtures.tokens[token])
            self.run.exchange(request)

    def rewrite(self, method: str, made: Made) -> Exchange:
        """Change an item by PUT or PATCH with a body that is drawn; what is unique stays its own."""
        unique = self.unique_members()
        drawn = self.run.requests.json_body(self.items[method])
        body = {name: value for name, value in drawn.items() if name not in unique}
        if method == "PUT":
            body |= {name: made.sent[name] for name in unique if name in made.sent}
        return self.of(method, made.id, body)

    def unique_members(self) -> list[str]:
        """Return the members that no two items may share: those of the body in a case that is a conflict."""
        cases = self.run.fixtures.cases.get(self.create.name, {}).values()
        return [
            pointer[1:]
            for case in cases
            if case.then.status == 409
            for part, pointer in case.when.literals
            if part == "body" and pointer.count("/") == 1
        ]

    def above(self) -> list[object]:
        """Return the ids of the items in which this collection stands, from the left.

        Raises:
            Skip: One cannot be created.
        """
        if self.parent is None:
            return []
        if self.home is None:
            self.home = self.parent.make()
        return [*self.parent.above(), self.home.id]

    def below(self, operation: Operation) -> list[object]:
        """Return the ids of the items in which an operation stands, from the left; what may change one gets its own.

        Raises:
            Skip: One cannot be created.
        """
        if operation.method not in SAFE_METHODS:
            return [*self.above(), self.make().id]
        if self.kept is None:
            self.kept = self.make()
        return [*self.above(), self.kept.id]

    def forget(self) -> None:
        """Take nothing for there any more."""
        self.kept = self.home = None


def value_of(exchange: Exchange) -> object:
    """Return the JSON value of an answer, ``None`` where it has none."""
    try:
        return decode_json(exchange.answer.body) if exchange.answer else None
    except JsonError:
        return None


def status_of(exchange: Exchange) -> int:
    """Return the status of an answer, 0 where none came."""
    return exchange.answer.status if exchange.answer else 0


def find_collections(run: Run) -> Iterator[Collection]:
    """Yield each collection, with the good requests of its items registered; those that others stand in come first.

    Afterwards a request for what stands below an item is about one that is there.
    """
    by_path: dict[str, dict[str, Operation]] = {}
    for operation in run.api.operations:
        by_path.setdefault(operation.shortest_path, {})[operation.method] = operation
    by_item: dict[str, Collection] = {}
    for path, methods in sorted(by_path.items(), key=lambda entry: entry[0].count("/")):
        parent = _item_above(path, by_item)
        if "POST" not in methods or (parameter_names(path) and parent is None):
            continue
        for item, items in by_path.items():
            rest = item.removeprefix(f"{path.rstrip('/')}/")
            if rest != item and rest.startswith("{") and rest.endswith("}") and "/" not in rest:
                collection = Collection(
                    run, path, rest[1:-1], methods["POST"], methods.get("GET"), items, parent
                )
                collection.pointers = tuple(_links(run, collection))
                by_item[_shape(item)] = collection
                for operation in items.values():
                    run.makers[operation.name] = partial(collection.good, operation)
                for operation in (*methods.values(), *items.values()) if parent else ():
                    run.places[operation.name] = collection.above
                run.forgetting.append(collection.forget)
                yield collection
    for path, methods in by_path.items():
        above = _item_above(path, by_item)
        if above is None:
            continue
        for operation in methods.values():
            if operation.name not in run.makers:
                run.places.setdefault(operation.name, partial(above.below, operation))


def _shape(path: str) -> str:
    """Return a path whose parameters have no names."""
    return re.sub(r"\{[^/{}]*\}", "{}", path)


def _item_above(path: str, by_item: Mapping[str, Collection]) -> Collection | None:
    """Return the collection whose items hold all parameters of a path but those of its own end."""
    segments = path.split("/")
    last = max((at for at, segment in enumerate(segments) if "{" in segment), default=0)
    if last == len(segments) - 1:  # an item, whose own parameter is not above it
        last = max((at for at, segment in enumerate(segments[:-1]) if "{" in segment), default=0)
    return by_item.get(_shape("/".join(segments[: last + 1]))) if last else None


def _links(run: Run, collection: Collection) -> Iterator[str]:
    """Yield the pointers by which the document's links find the id in the answer."""
    for response in collection.create.responses.values():
        for name in response.links:
            try:
                link = run.api.document.value(
                    run.api.document.follow(response.location).child("links", name)
                )
            except Exception:  # a link that cannot be read finds nothing
                continue
            parameters = link.get("parameters") if isinstance(link, dict) else None
            told = parameters.get(collection.parameter) if isinstance(parameters, dict) else None
            if isinstance(told, str) and told.startswith("$response.body#"):
                yield told.removeprefix("$response.body#")
