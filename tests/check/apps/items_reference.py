"""A correct implementation of items.yaml: a collection in memory, as strict as its document."""

import json
import re
from collections.abc import Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema  # type: ignore[import-untyped]  # a test's tool; its stubs are one package more
import yaml

from tests.check.apps.exchange import Answer, Call, Service, json_answer

DOCUMENT = Path(__file__).with_name("items.yaml")
WRITER = "tk_writer"
READER = "tk_reader"
OTHER = "tk_other"
EXPIRED = "tk_expired"
INVALID = "tk_invalid"
PROBLEM = "application/problem+json"
BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)")
INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
REALM = 'Bearer realm="items"'
DEFAULTS: Mapping[str, object] = {
    "price": 0,
    "status": "draft",
    "tags": [],
    "note": None,
    "dueOn": None,
}
MEMBERS = ("sku", "name", "quantity", *DEFAULTS)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


class User(NamedTuple):
    name: str
    writes: bool


@dataclass
class Item:
    """One item; ``version`` counts its changes."""

    id: str
    owner: str
    members: dict[str, Any]
    created: datetime
    updated: datetime
    version: int = 1
    pin: str | None = None


@dataclass
class Query:
    """The parameters of a list as they were understood."""

    limit: int = 20
    offset: int = 0
    status: str | None = None
    tag: str | None = None


@dataclass
class Refusal(Exception):
    """An answer that ends the request."""

    answer: Answer = field(default_factory=lambda: Answer(500))


def is_date(value: object) -> bool:
    """Tell a full-date (RFC 3339 §5.6); text of any other type is not judged."""
    if not isinstance(value, str):
        return True
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


_FORMATS = jsonschema.FormatChecker(formats=())
_FORMATS.checkers["date"] = (is_date, ())


def request_schemas() -> dict[str, Any]:
    """Return the document's schemas as requests see them: no readOnly member exists (OpenAPI 3.1, §4.8.24)."""
    schemas: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text("utf-8"))["components"]["schemas"]
    item = schemas["Item"]
    for name in [key for key, value in item["properties"].items() if value.get("readOnly")]:
        del item["properties"][name]
        item["required"].remove(name)
    return schemas


def strict_pattern(_: object, pattern: str, value: object, __: object) -> Iterable[Exception]:
    r"""Match as ECMA-262 does, where ``$`` is the end; Python's is before a last line feed too."""
    if isinstance(value, str) and not re.search(pattern.replace("$", r"\Z"), value):
        yield jsonschema.ValidationError(f"does not match {pattern}")


_Validator = jsonschema.validators.extend(
    jsonschema.Draft202012Validator, {"pattern": strict_pattern}
)


def reject_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON (RFC 8259 §6)")


def unique_members(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object (RFC 8259 §4)")
    return found


class ItemsApi(Service):
    """The reference; each method is one clause of the document, so that a fault can replace it.

    No method but ``answer`` waits for anything, so each request sees and leaves a whole store.
    """

    def __init__(self) -> None:
        super().__init__()
        self.schemas = self.read_schemas()
        self.reset()

    def read_schemas(self) -> dict[str, Any]:
        return request_schemas()

    def reset(self) -> None:
        """Go back to the first items, of which the fixtures speak."""
        self.items: dict[str, Item] = {}
        self.keys: dict[tuple[str, str], tuple[object, Answer]] = {}
        self.ticks = 0
        self.ids = 0
        for owner, count in (("ann", 3), ("ben", 1)):
            for number in range(count):
                body = {
                    "sku": f"SEE-000{number}",
                    "name": f"Item {number} of {owner}",
                    "quantity": number,
                    "status": ("draft", "active", "archived")[number],
                    "tags": ["first", "seed"][: number + 1],
                    "note": "a note",
                }
                # Not self.insert: a fault in creating spares the first items.
                ItemsApi.insert(self, User(owner, writes=True), body)

    # A request

    async def answer(self, call: Call) -> Answer:
        """Answer any request."""
        try:
            return self.route(call)
        except Refusal as refusal:
            return refusal.answer

    def route(self, call: Call) -> Answer:
        if call.path == "/_states" and call.method == "POST":
            return self.state(call)
        if call.path == "/items":
            actions = {"GET": self.list_items, "HEAD": self.list_items, "POST": self.create_item}
            return self.act(call, actions)
        folder, _, name = call.path.rpartition("/")
        if folder != "/items" or not name:
            return self.problem(404, "Not Found")
        return self.act(
            call,
            {
                "GET": lambda call, user: self.read_item(call, user, name),
                "HEAD": lambda call, user: self.read_item(call, user, name),
                "PUT": lambda call, user: self.replace_item(call, user, name),
                "PATCH": lambda call, user: self.change_item(call, user, name),
                "DELETE": lambda call, user: self.delete_item(call, user, name),
            },
        )

    def act(self, call: Call, actions: Mapping[str, Any]) -> Answer:
        if call.method == "OPTIONS":
            return Answer(204, headers=(("Allow", ", ".join([*actions, "OPTIONS"])),))
        if call.method not in actions:
            return self.wrong_method([*actions, "OPTIONS"])
        user = self.authenticate(call)
        self.authorize(call, user)
        answer: Answer = actions[call.method](call, user)
        return answer

    def wrong_method(self, allowed: list[str]) -> Answer:
        return self.problem(405, "Method Not Allowed", ("Allow", ", ".join(allowed)))

    def problem(self, status: int, title: str, *headers: tuple[str, str], **more: object) -> Answer:
        return json_answer(
            status, {"title": title, "status": status, **more}, *headers, media_type=PROBLEM
        )

    def refuse(self, status: int, title: str, *headers: tuple[str, str], **more: object) -> Refusal:
        return Refusal(self.problem(status, title, *headers, **more))

    # Who

    def authenticate(self, call: Call) -> User:
        values = call.all("authorization")
        if not values:
            raise self.refuse(401, "Unauthorized", ("WWW-Authenticate", REALM))
        found = BEARER.fullmatch(values[0]) if len(values) == 1 else None
        if not found or not (user := self.look_up(found[1])):
            challenge = ("WWW-Authenticate", f'{REALM}, error="invalid_token"')
            raise self.refuse(401, "Unauthorized", challenge)
        return user

    def look_up(self, token: str) -> User | None:
        users = {
            WRITER: User("ann", writes=True),
            READER: User("ann", writes=False),
            OTHER: User("ben", writes=True),
        }
        return users.get(token)

    def authorize(self, call: Call, user: User) -> None:
        if call.method not in ("GET", "HEAD") and not user.writes:
            challenge = f'{REALM}, error="insufficient_scope", scope="items:write"'
            raise self.refuse(403, "Forbidden", ("WWW-Authenticate", challenge))

    # The list

    def list_items(self, call: Call, user: User) -> Answer:
        query = self.read_query(call)
        found = [item for item in self.owned(user) if self.passes(item, query)]
        page = self.page(found, query)
        body = {
            "items": [self.listed(item) for item in page],
            "total": self.total(found, page),
            "limit": query.limit,
            "offset": query.offset,
        }
        return json_answer(200, body)

    def owned(self, user: User) -> list[Item]:
        return [item for item in self.items.values() if item.owner == user.name]

    def passes(self, item: Item, query: Query) -> bool:
        return self.has_status(item, query) and self.has_tag(item, query)

    def has_status(self, item: Item, query: Query) -> bool:
        return query.status is None or item.members["status"] == query.status

    def has_tag(self, item: Item, query: Query) -> bool:
        return query.tag is None or query.tag in item.members["tags"]

    def page(self, found: list[Item], query: Query) -> list[Item]:
        return found[query.offset : query.offset + query.limit]

    def total(self, found: list[Item], page: list[Item]) -> int:
        return len(found)

    def listed(self, item: Item) -> dict[str, object]:
        return self.shown(item)

    def read_query(self, call: Call) -> Query:
        """Read the parameters, refusing what their schemas refuse; others are nobody's and stay unread."""
        query = Query()
        for name in ("limit", "offset", "status", "tag"):
            values = [value for key, value in call.parameters if key == name]
            if not values:
                continue
            value = self.read_parameter(name, values)
            if value is None:
                error = {"at": name, "message": "breaks its schema"}
                raise self.refuse(422, "Unprocessable Content", errors=[error])
            setattr(query, name, value)
        return query

    def read_parameter(self, name: str, values: list[str]) -> object:
        """Return a parameter's value, ``None`` where it is not allowed or sent more than once."""
        if len(values) > 1:
            return None
        if name in ("limit", "offset"):
            return self.read_integer(values[0], *self.bounds(name))
        schema = self.schemas["Status" if name == "status" else "Tag"]
        return values[0] if not [*self.violations(schema, values[0])] else None

    def bounds(self, name: str) -> tuple[int, int]:
        return {"limit": (1, 50), "offset": (0, 100_000)}[name]

    def read_integer(self, text: str, least: int, most: int) -> int | None:
        if not INTEGER.fullmatch(text):
            return None
        return int(text) if least <= int(text) <= most else None

    # One item

    def read_item(self, call: Call, user: User, name: str) -> Answer:
        return self.show(self.find(user, name))

    def find(self, user: User, name: str) -> Item:
        """Return an item of the caller's."""
        item = self.items.get(name)
        if item is None or not self.belongs(item, user):
            raise self.refuse(404, "Not Found")
        return item

    def belongs(self, item: Item, user: User) -> bool:
        return item.owner == user.name

    def show(self, item: Item, status: int = 200) -> Answer:
        return json_answer(status, self.shown(item), ("ETag", self.etag(item)))

    def shown(self, item: Item) -> dict[str, object]:
        return {
            "id": item.id,
            **item.members,
            "createdAt": self.instant(item.created),
            "updatedAt": self.instant(item.updated),
        }

    def instant(self, value: datetime) -> str:
        return value.isoformat().replace("+00:00", "Z")

    def etag(self, item: Item) -> str:
        return f'"{int(item.id[4:])}-{item.version}"'

    def replace_item(self, call: Call, user: User, name: str) -> Answer:
        item = self.find(user, name)
        body = self.read_body(call, "application/json", "Item")
        self.check_match(call, item)
        self.check_sku(user, body.get("sku"), item)
        self.put(item, body)
        return self.show(item)

    def put(self, item: Item, body: Mapping[str, Any]) -> None:
        self.store(item, {**deepcopy(dict(DEFAULTS)), **body})

    def change_item(self, call: Call, user: User, name: str) -> Answer:
        item = self.find(user, name)
        body = self.read_body(call, "application/merge-patch+json", "ItemPatch")
        self.check_match(call, item)
        self.check_sku(user, body.get("sku"), item)
        self.merge(item, body)
        return self.show(item)

    def merge(self, item: Item, body: Mapping[str, Any]) -> None:
        """Apply a merge patch (RFC 7396): null takes away, which leaves the default."""
        self.store(item, {**item.members, **body})

    def store(self, item: Item, members: Mapping[str, Any]) -> None:
        item.members = {key: members[key] for key in MEMBERS}
        item.pin = members.get("pin", item.pin)
        item.version += 1
        item.updated = self.now()

    def delete_item(self, call: Call, user: User, name: str) -> Answer:
        item = self.find(user, name)
        self.check_match(call, item)
        self.remove(item)
        self.forget(item)
        return Answer(204)

    def forget(self, item: Item) -> None:
        """Drop the keys of an item that was deleted: a 201 for it would be untrue."""
        made = self.location(item)
        self.keys = {
            key: kept for key, kept in self.keys.items() if kept[1].first("Location") != made
        }

    def remove(self, item: Item) -> None:
        del self.items[item.id]

    def check_match(self, call: Call, item: Item) -> None:
        """Heed If-Match by strong comparison (RFC 9110 §13.1.1, §8.8.3.2)."""
        values = ",".join(call.all("if-match"))
        if not values or values.strip() == "*":
            return
        if self.etag(item) not in [value.strip() for value in values.split(",")]:
            raise self.refuse(412, "Precondition Failed")

    def check_sku(self, user: User, sku: object, own: Item | None = None) -> None:
        if any(item.members["sku"] == sku and item is not own for item in self.owned(user)):
            raise self.refuse(409, "Conflict", detail="there is an item of this sku")

    # Creating

    def create_item(self, call: Call, user: User) -> Answer:
        body = self.read_body(call, "application/json", "Item")
        key = self.read_key(call)
        if key is not None and (kept := self.recall(user, key)):
            return self.replay(kept, body)
        self.check_sku(user, body.get("sku"))
        answer = self.created(self.insert(user, body))
        if key is not None:
            self.keys[user.name, key] = (body, answer)
        return answer

    def read_key(self, call: Call) -> str | None:
        values = call.all("idempotency-key")
        if not values:
            return None
        if len(values) > 1 or not re.fullmatch(r"[A-Za-z0-9_-]{1,64}", values[0]):
            error = {"at": "Idempotency-Key", "message": "breaks its schema"}
            raise self.refuse(422, "Unprocessable Content", errors=[error])
        return values[0]

    def recall(self, user: User, key: str) -> tuple[object, Answer] | None:
        return self.keys.get((user.name, key))

    def replay(self, kept: tuple[object, Answer], body: object) -> Answer:
        if kept[0] != body:
            raise self.refuse(409, "Conflict", detail="the key was used with another body")
        return kept[1]

    def insert(self, user: User, body: Mapping[str, Any]) -> Item:
        item = self.make(user, body)
        self.items[item.id] = item
        return item

    def make(self, user: User, body: Mapping[str, Any]) -> Item:
        self.ids += 1
        now = self.now()
        members = {**deepcopy(dict(DEFAULTS)), **body}
        kept = {key: members[key] for key in MEMBERS}
        return Item(f"itm_{self.ids:012}", user.name, kept, now, now, pin=body.get("pin"))

    def created(self, item: Item) -> Answer:
        return self.show(item, 201).with_header("Location", self.location(item))

    def location(self, item: Item) -> str:
        return f"/items/{item.id}"

    def now(self) -> datetime:
        """Return the app's own time, which goes on by a second at each change."""
        self.ticks += 1
        return BEGIN + timedelta(seconds=self.ticks)

    # Bodies

    def read_body(self, call: Call, media_type: str, schema: str) -> dict[str, Any]:
        self.check_type(call, media_type)
        value = self.parse(call.body)
        try:
            errors = [
                {"at": error.json_path, "message": error.message[:200]}
                for error in self.violations(self.schemas[schema], value)
            ]
        except RecursionError:  # nothing that the document allows is deep
            errors = [{"at": "$", "message": "too deep"}]
        if errors:
            raise self.refuse(422, "Unprocessable Content", errors=errors)
        found: dict[str, Any] = value
        return found

    def check_type(self, call: Call, media_type: str) -> None:
        sent = call.all("content-type")
        plain = [value.partition(";")[0].strip().lower() for value in sent]
        if plain != [media_type] or call.first("content-encoding", "identity") != "identity":
            raise self.refuse(415, "Unsupported Media Type")

    def parse(self, body: bytes) -> Any:
        try:
            value = json.loads(
                body.decode(), parse_constant=reject_constant, object_pairs_hook=unique_members
            )
            json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
            return value
        except (ValueError, RecursionError):
            raise self.refuse(400, "Bad Request", detail="the body is no JSON") from None

    def violations(self, schema: object, value: object) -> Iterable[jsonschema.ValidationError]:
        whole = {"components": {"schemas": self.schemas}, "allOf": [schema]}
        errors: Iterable[jsonschema.ValidationError] = _Validator(
            whole, format_checker=_FORMATS
        ).iter_errors(value)
        return errors

    # For tests

    def state(self, call: Call) -> Answer:
        """Set a provider state up (Pact's protocol); it is no part of the document."""
        if self.parse(call.body).get("action", "setup") == "setup":
            self.reset()
        return json_answer(200, {})
