"""What the reference implementations and their faults share: a request, an answer, a fault and how it shows itself."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.types import Receive, Scope, Send

SLOW_SECONDS = 5.5
"""Longer than ``max_latency`` of the fixtures allows."""
WINDOW_SECONDS = 0.2
"""How long requests at the same time get in each other's way."""

JSON = "application/json"
Change = Callable[..., Any]


@dataclass(frozen=True)
class Call:
    """A request as it arrived.

    Attributes:
        path: Decoded; bytes that are no UTF-8 are replaced, as ASGI servers do.
        query: Undecoded, without the question mark.
        headers: In order of arrival, names in lower case, values as latin-1.
        number: How many requests the app has seen, this one included.
    """

    method: str
    path: str
    query: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    number: int
    http_version: str = "1.1"
    raw_path: str = ""

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def first(self, name: str, default: str = "") -> str:
        return next(iter(self.all(name)), default)

    @cached_property
    def parameters(self) -> list[tuple[str, str]]:
        """Query parameters in order, empty values included."""
        return parse_qsl(self.query, keep_blank_values=True, errors="replace")

    def with_header(self, name: str, value: str | None) -> "Call":
        kept = tuple(pair for pair in self.headers if pair[0] != name)
        return replace(self, headers=kept if value is None else (*kept, (name, value)))


@dataclass(frozen=True)
class Answer:
    """A response as it will be sent; ``Content-Length`` is added unless ``headers`` has one."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    as_get: bool = False

    @property
    def value(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    def first(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def without(self, name: str) -> "Answer":
        kept = tuple(pair for pair in self.headers if pair[0].lower() != name.lower())
        return replace(self, headers=kept)

    def with_header(self, name: str, value: str) -> "Answer":
        """Set a header in place of those of its name."""
        kept = self.without(name)
        return replace(kept, headers=(*kept.headers, (name, value)))

    def plus_header(self, name: str, value: str) -> "Answer":
        """Add a header beside those of its name."""
        return replace(self, headers=(*self.headers, (name, value)))

    def with_status(self, status: int) -> "Answer":
        return replace(self, status=status)

    def with_body(self, body: bytes) -> "Answer":
        return replace(self, body=body)

    def with_value(self, value: object) -> "Answer":
        return replace(self, body=dump(value))

    def with_members(self, **members: object) -> "Answer":
        """Set members of the body, which is an object."""
        return self.with_value({**self.value, **members})


def dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()


def json_answer(
    status: int, value: object, *headers: tuple[str, str], media_type: str = JSON
) -> Answer:
    return Answer(status, dump(value), (("Content-Type", media_type), *headers))


class Service:
    """An API in plain Starlette: a subclass says what is answered, a fault replaces some of its methods."""

    def __init__(self) -> None:
        self.calls = 0
        self.in_flight = 0
        self.memory: dict[str, Any] = {}

    async def answer(self, call: Call) -> Answer:
        raise NotImplementedError

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            body = await Request(scope, receive).body()
        except ClientDisconnect:
            return
        self.calls += 1
        call = Call(
            method=scope["method"],
            path=scope["path"],
            query=scope["query_string"].decode("latin-1"),
            # uvicorn leaves the white space after a value, which is no part of it (RFC 9110 §5.5).
            headers=tuple(
                (k.decode("latin-1"), v.decode("latin-1").strip(" \t")) for k, v in scope["headers"]
            ),
            body=body,
            number=self.calls,
            http_version=scope["http_version"],
            raw_path=scope.get("raw_path", b"").decode("latin-1"),
        )
        self.in_flight += 1
        try:
            answer = await self.answer(call)
        finally:
            self.in_flight -= 1
        if answer.as_get:
            # uvicorn never writes the body of an answer to HEAD; told that it was a GET, it does.
            scope["method"] = "GET"
        headers = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in answer.headers]
        if answer.status not in (204, 304) and answer.first("content-length") is None:
            headers.append((b"Content-Length", str(len(answer.body)).encode()))
        content = b"" if call.method == "HEAD" and not answer.as_get else answer.body
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        await send({"type": "http.response.body", "body": content})

    def app(self) -> Starlette:
        app = Starlette()
        app.router.default = self  # a route of "{path:path}" would not have paths with a line feed
        return app


@dataclass(frozen=True)
class Sent:
    """One request of a probe; without ``authorization`` the app's good token is sent, ``None`` sends none."""

    method: str
    target: str
    authorization: str | None = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    http_version: str = "1.1"


@dataclass(frozen=True)
class Fault:
    """One way to be wrong.

    Attributes:
        name: Kebab-case, after the clause that it breaks.
        clause: One sentence, with the RFC section or the part of the document.
        probe: Requests, in order, whose answers differ from those of the correct app.
        changes: Methods of the reference implementation by name, as they are broken.
        together: The requests are sent at the same time.
        afterwards: Requests that follow those.
    """

    name: str
    clause: str
    probe: tuple[Sent, ...]
    changes: Mapping[str, Change]
    together: bool = False
    afterwards: tuple[Sent, ...] = ()


def broken(reference: type[Service], fault: Fault) -> Service:
    """Return the reference implementation with some of its methods replaced."""
    unknown = [name for name in fault.changes if not hasattr(reference, name)]
    assert not unknown, f"{fault.name} changes what {reference.__name__} has not: {unknown}"
    variant: type[Service] = type(reference.__name__, (reference,), dict(fault.changes))
    return variant()


async def pause(seconds: float = SLOW_SECONDS) -> None:
    await asyncio.sleep(seconds)
