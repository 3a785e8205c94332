"""One exchange of a server's journal, as a test looks at it."""

import json
from base64 import b64decode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any

from mockserver.client.wire import Headers


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer as the journal keeps it: credentials redacted, a long body cut.

    Attributes:
        headers: In order, names in lower case.
    """

    headers: Headers
    body: bytes

    def header(self, name: str) -> str | None:
        """Return the first header of that name, ``None`` without one."""
        return next((value for found, value in self.headers if found.lower() == name.lower()), None)

    def json(self) -> Any:
        """Return the body's JSON value."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Exchange:
    """One request that the server answered.

    Attributes:
        time: Seconds since the epoch.
        path: As sent, with ``/~scenario@session``.
        operation, case, scenario, token: Names; ``None`` where none took part.
        why: Selector; rule; file:line.
        error: Slug of the mock's own problem; ``None`` for an answer of the API.
        violations: How many things request and answer have against the document.
        duration: Seconds.
    """

    id: str
    time: float
    session: str
    method: str
    path: str
    query: str
    operation: str | None
    status: int
    case: str | None
    scenario: str | None
    token: str | None
    why: str
    error: str | None
    violations: int
    duration: float
    _read: Callable[[str], Any] = field(repr=False, compare=False)

    @classmethod
    def read(cls, found: Mapping[str, Any], detail: Callable[[str], Any]) -> "Exchange":
        """Return it from one entry of ``GET /journal``, and how to ask for the rest of it."""
        known = {one.name: found[one.name] for one in fields(cls) if one.name != "_read"}
        return cls(**known, _read=detail)

    @cached_property
    def _detail(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self._read(self.id)
        return found

    @property
    def request(self) -> Message:
        """Return what was sent; asked of the server at first use."""
        return _message(self._detail["request"])

    @property
    def response(self) -> Message:
        """Return what was answered."""
        return _message(self._detail["response"])

    @property
    def findings(self) -> Sequence[Mapping[str, Any]]:
        """Return the violations: ``location``, ``code``, ``message``, ``schema``."""
        found: Sequence[Mapping[str, Any]] = self._detail["violations"]
        return found

    @property
    def bare_path(self) -> str:
        """Return the path without the part of a base URL that chooses scenario and session."""
        return "/" + self.path[1:].partition("/")[2] if self.path.startswith("/~") else self.path

    def lines(self) -> list[str]:
        """Return it in a line for people, and its violations below."""
        target = f"{self.bare_path}?{self.query}" if self.query else self.bare_path
        told = [f"{self.method} {target}  {self.status}  {self.case or '-'}  {self.why}"]
        found = self.findings if self.violations else ()
        return told + [f"  {'.'.join(one['location'])}: {one['message']}" for one in found]


def _message(found: Mapping[str, Any]) -> Message:
    coded, text = found["body_base64"], found["body"]
    body = b64decode(coded) if coded else (text or "").encode()
    return Message(tuple((name, value) for name, value in found["headers"]), body)
