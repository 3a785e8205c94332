"""An exchange as text and back, nothing lost: bytes stand as the latin-1 characters of the same numbers."""

import json
from typing import Any

from mockserver.errors import Place
from mockserver.messages import HeaderPair, Violation
from mockserver.state.exchange import About, Exchange


def write_exchange(one: Exchange) -> bytes:
    """Return an exchange as a JSON list."""
    values: list[Any] = [one.id, one.time, one.duration, one.response_body, *one.about]
    for index in _BYTES:
        values[index] = values[index].decode("latin-1")
    for index in _HEADERS:
        values[index] = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in values[index]]  # fmt: skip
    values[_VIOLATIONS] = [_violation(found) for found in one.violations]
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "surrogatepass")


def read_exchange(raw: bytes) -> Exchange:
    """Return the exchange that was written."""
    values: list[Any] = json.loads(raw.decode("utf-8", "surrogatepass"))
    for index in _BYTES:
        values[index] = values[index].encode("latin-1")
    for index in _HEADERS:
        values[index] = tuple(_pair(*pair) for pair in values[index])
    values[_VIOLATIONS] = tuple(_read_violation(*found) for found in values[_VIOLATIONS])
    identity, time, duration, body = values[:_OWN]
    return Exchange(identity, time, duration, body, About(*values[_OWN:]))


_OWN = 4
"""Values of the exchange itself, before those of ``about``."""


def _indices(*names: str) -> tuple[int, ...]:
    return tuple(_OWN + About._fields.index(name) for name in names)


_BYTES = (3, *_indices("path", "query", "request_body"))
_HEADERS = _indices("request_headers", "response_headers")
(_VIOLATIONS,) = _indices("violations")


def _pair(name: str, value: str) -> HeaderPair:
    return name.encode("latin-1"), value.encode("latin-1")


def _violation(found: Violation) -> list[object]:
    place = found.place
    where = [place.file, place.line, place.column] if place else None
    return [found.location, found.keyword, found.message, where, found.severity]


def _read_violation(
    location: list[str | int], keyword: str, message: str, where: list[Any] | None, severity: Any
) -> Violation:
    place = Place(*where) if where else None
    return Violation(tuple(location), keyword, message, place, severity)
