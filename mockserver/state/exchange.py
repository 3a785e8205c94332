"""One request with its answer, as the journal keeps it: what happened this time, and what equal requests share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, NamedTuple, TypeVar

from mockserver.messages import HeaderPair, Violation

Value = TypeVar("Value")

OVERHEAD = 1200
"""Bytes that an exchange weighs beyond what is counted: measured for ten short headers each way."""


class About(NamedTuple):
    """All of an exchange but its moment; equal requests with equal answers hold the same one.

    Attributes:
        session: Its name.
        path: As sent, with the scenario prefix; percent-encoded.
        query: As sent, credentials redacted.
        operation: Its name, ``None`` where none matched.
        case, scenario, token: Names; ``None`` where none took part.
        why: What ``X-Mock-Why`` said.
        error: Slug of the mock's own problem; ``None`` for an answer of the API.
        request_headers, response_headers: Redacted.
        request_body: Cut at the journal's body limit.
        weight: Bytes that it takes, about: of the headers both ways, path, query and body, and the rest (``OVERHEAD``).
    """

    session: str
    method: str
    path: bytes
    query: bytes
    operation: str | None
    status: int
    case: str | None
    scenario: str | None
    token: str | None
    why: str
    violations: tuple[Violation, ...]
    error: str | None
    request_headers: Sequence[HeaderPair]
    request_body: bytes
    response_headers: Sequence[HeaderPair]
    weight: int = OVERHEAD


class _OfAbout(Generic[Value]):
    """An attribute that ``about`` has."""

    def __init__(self, read: Callable[[About], Value]) -> None:
        self._read = read

    def __get__(self, one: "Exchange", _: object = None) -> Value:
        return self._read(one.about)


@dataclass(slots=True)
class Exchange:
    """One request, its answer, and why; what ``about`` says can be read here too. Nobody changes it.

    Attributes:
        id: What ``X-Mock-Trace`` said.
        time: Seconds since the epoch, when the request was complete.
        duration: Seconds from the complete request to the answer, delays included.
        response_body: Cut at the journal's body limit.
    """

    id: str
    time: float
    duration: float
    response_body: bytes
    about: About

    session = _OfAbout(lambda about: about.session)
    method = _OfAbout(lambda about: about.method)
    path = _OfAbout(lambda about: about.path)
    query = _OfAbout(lambda about: about.query)
    operation = _OfAbout(lambda about: about.operation)
    status = _OfAbout(lambda about: about.status)
    case = _OfAbout(lambda about: about.case)
    scenario = _OfAbout(lambda about: about.scenario)
    token = _OfAbout(lambda about: about.token)
    why = _OfAbout(lambda about: about.why)
    violations = _OfAbout(lambda about: about.violations)
    error = _OfAbout(lambda about: about.error)
    request_headers = _OfAbout(lambda about: about.request_headers)
    request_body = _OfAbout(lambda about: about.request_body)
    response_headers = _OfAbout(lambda about: about.response_headers)

    @property
    def weight(self) -> int:
        """Return how many bytes it takes, about; what it shares counts as its own."""
        return self.about.weight + len(self.response_body)


class Served(NamedTuple):
    """What an answer was, as far as it is counted; names, ``None`` where none took part."""

    operation: str | None
    status: int
    case: str | None = None
    token: str | None = None
    scenario: str | None = None


def served_by(about: About) -> Served:
    """Return as what an exchange is counted."""
    return Served(about.operation, about.status, about.case, about.token, about.scenario)


def weight_of(headers: Sequence[HeaderPair]) -> int:
    """Return the bytes of headers, names included."""
    return sum([len(name) + len(value) for name, value in headers])
