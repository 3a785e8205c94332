"""Was it asked for as expected: counts and order of exchanges, and for what was not, the ones that came nearest.

Pure: exchanges come in, a verdict goes out. What may be asked of a request is a ``Pattern``.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import parse_qs

from mockserver.schemas import compile_schema
from mockserver.state.exchange import Exchange

_ABSENT = object()
_INDEX = re.compile("0|[1-9][0-9]{0,8}")  # RFC 6901 §4
_NEAREST = 3


class Difference(NamedTuple):
    """One thing that an exchange has otherwise than asked for; both sides as people read them."""

    field: str
    expected: str
    actual: str


class Miss(NamedTuple):
    """An exchange that is not meant, and why."""

    exchange: Exchange
    differences: tuple[Difference, ...]


class Times(NamedTuple):
    """How often: ``exactly``, or ``at_least`` and ``at_most``; by default at least once."""

    exactly: int | None = None
    at_least: int | None = None
    at_most: int | None = None

    def holds(self, count: int) -> bool:
        """Tell whether a count is as expected."""
        if self.exactly is not None:
            return count == self.exactly
        least = 1 if self.at_least is None and self.at_most is None else self.at_least or 0
        return count >= least and (self.at_most is None or count <= self.at_most)

    def sure(self, count: int, lost: int) -> bool:
        """Tell whether so many more that are not known, or fewer, would change nothing."""
        if self.exceeded(count):
            return True
        return self.holds(count) == self.holds(count + lost) and not self.exceeded(count + lost)

    def exceeded(self, count: int) -> bool:
        """Tell whether a count is more than expected."""
        most = self.at_most if self.exactly is None else self.exactly
        return most is not None and count > most

    def __str__(self) -> str:
        """Return it in words."""
        if self.exactly is not None:
            return "never" if self.exactly == 0 else f"exactly {_times(self.exactly)}"
        parts = [f"at least {_times(self.at_least)}"] if self.at_least is not None else []
        parts += [f"at most {_times(self.at_most)}"] if self.at_most is not None else []
        return " and ".join(parts) or "at least once"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of an expectation; ``message`` is complete, with the nearest misses where it failed."""

    passed: bool
    count: int
    expected: str
    message: str
    nearest: tuple[Miss, ...] = ()


Pattern = Mapping[str, object]
"""What is asked of an exchange, by field: ``operation``, ``method``, ``path``, ``case``, ``scenario``, ``token``, ``session``,
``status`` (an integer or ``4XX``), ``query`` and ``headers`` (name to value), ``body`` (JSON Pointer to value, ``""`` for all of
it). A value is a literal, ``{"matches": regex}``, ``{"absent": true}``, or in process a function that tells."""

FIELDS = ("operation", "method", "path", "case", "scenario", "token", "session", "status")
MAPS = ("query", "headers", "body")


def verify_count(exchanges: Iterable[Exchange], pattern: Pattern, times: Times) -> Verdict:
    """Hold the number of exchanges that fit a pattern to an expectation."""
    rows = [(one, tuple(differences(one, pattern))) for one in exchanges]
    count = sum(not found for _, found in rows)
    expected = f"{describe(pattern)}: {times}"
    if times.holds(count):
        return Verdict(True, count, expected, f"{describe(pattern)} was asked for {_times(count)}")  # noqa: FBT003
    misses = sorted((Miss(one, found) for one, found in rows if found), key=lambda miss: len(miss.differences))  # fmt: skip
    nearest = tuple(misses[:_NEAREST])
    lines = [
        f"expected {describe(pattern)} {times}, it was asked for {_times(count) if count else 'never'}"
    ]
    if times.exceeded(count):
        lines += ["these came:", *(f"  {_line(one)}" for one, found in rows if not found)][: _NEAREST + 1]  # fmt: skip
    else:
        lines += _explained(nearest)
    if not rows:
        lines.append("no request came at all")
    return Verdict(False, count, expected, "\n".join(lines), nearest)  # noqa: FBT003


def verify_order(exchanges: Iterable[Exchange], patterns: Sequence[Pattern]) -> Verdict:
    """Hold exchanges to an order: each pattern is met after the one before it, others may come between."""
    rows = list(exchanges)
    expected = ", then ".join(map(describe, patterns))
    position = 0
    for number, pattern in enumerate(patterns):
        found = next((index for index in range(position, len(rows)) if not any(differences(rows[index], pattern))), None)  # fmt: skip
        if found is None:
            misses = sorted((Miss(one, tuple(differences(one, pattern))) for one in rows[position:]), key=lambda miss: len(miss.differences))  # fmt: skip
            nearest = tuple(misses[:_NEAREST])
            before = f" after {describe(patterns[number - 1])}" if number else ""
            lines = [f"expected {describe(pattern)}{before}, it did not come", *_explained(nearest)]
            return Verdict(False, number, expected, "\n".join(lines), nearest)  # noqa: FBT003
        position = found + 1
    return Verdict(True, len(patterns), expected, f"{expected}: in this order")  # noqa: FBT003


def describe(pattern: Pattern) -> str:
    """Return a pattern in words."""
    parts = [str(pattern[name]) for name in ("method", "path", "operation") if name in pattern]
    parts += [f"{name} {_shown(pattern[name])}" for name in FIELDS if name in pattern and name not in ("method", "path", "operation")]  # fmt: skip
    for name in MAPS:
        asked = pattern.get(name)
        if isinstance(asked, Mapping):
            parts += [f"{name} {key or '/'} {_shown(value)}" for key, value in asked.items()]
    return " ".join(parts) or "any request"


def differences(one: Exchange, pattern: Pattern) -> Iterable[Difference]:
    """Yield what an exchange has otherwise than a pattern asks for."""
    for name in FIELDS:
        if name in pattern:
            actual = _field(one, name)
            if name == "path" and _fits(pattern[name], actual):
                continue
            if name == "path":
                actual = _bare(one.path.decode("latin-1"))
            if not _fits(pattern[name], actual):
                yield Difference(name, _shown(pattern[name]), _shown(actual))
    for name in MAPS:
        asked = pattern.get(name)
        if isinstance(asked, Mapping):
            values = _values(one, name)
            for key, wanted in asked.items():
                actual = values(str(key))
                if not _fits(wanted, actual):
                    yield Difference(f"{name} {key or '/'}", _shown(wanted), _shown(actual))


def _field(one: Exchange, name: str) -> object:
    if name == "path":
        return one.path.decode("latin-1")
    return getattr(one, name)


def _bare(path: str) -> str:
    """Return a path as the document has it: without the part of a base URL that chooses scenario and session."""
    return "/" + path[1:].partition("/")[2] if path.startswith("/~") else path


def _values(one: Exchange, name: str) -> Callable[[str], object]:
    if name == "query":
        found = parse_qs(one.query.decode("latin-1"), keep_blank_values=True)
        return lambda key: found[key][0] if key in found else _ABSENT
    if name == "headers":
        heads = {
            key.decode("latin-1"): value.decode("latin-1") for key, value in one.request_headers
        }
        return lambda key: heads.get(key.lower(), _ABSENT)
    try:
        body = json.loads(one.request_body)
    except (ValueError, RecursionError):
        body = _ABSENT if not one.request_body else one.request_body.decode("utf-8", "replace")
    return lambda key: _at(body, key)


def _at(value: object, pointer: str) -> object:
    """Return the value at a JSON Pointer (RFC 6901)."""
    for raw in pointer.split("/")[1:]:
        token = raw.replace("~1", "/").replace("~0", "~")
        if isinstance(value, dict) and token in value:
            value = value[token]
        elif isinstance(value, list) and _INDEX.fullmatch(token) and int(token) < len(value):
            value = value[int(token)]
        else:
            return _ABSENT
    return value


def _fits(wanted: object, actual: object) -> bool:
    if callable(wanted):
        return actual is not _ABSENT and bool(wanted(actual))
    if isinstance(wanted, dict) and set(wanted) == {"matches"}:
        found = searcher(str(wanted["matches"]))
        return actual is not _ABSENT and actual is not None and found(_text(actual))
    if isinstance(wanted, dict) and set(wanted) == {"absent"}:
        return (actual is _ABSENT or actual is None) is bool(wanted["absent"])
    if isinstance(actual, int) and isinstance(wanted, str) and wanted[1:].upper() == "XX":
        return str(actual)[0] == wanted[0]
    if isinstance(actual, str) and isinstance(wanted, int | float) and not isinstance(wanted, bool):
        return actual == str(wanted)
    if isinstance(wanted, bool) or isinstance(actual, bool):
        return wanted is actual
    return bool(wanted == actual)


@lru_cache(maxsize=256)
def searcher(pattern: str) -> Callable[[str], bool]:
    """Return what tells whether a text holds a regular expression; a search that goes on for ever finds nothing.

    Raises:
        SchemaProblem: It cannot be read.
    """
    return compile_schema({"pattern": pattern}).is_valid


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _shown(value: object) -> str:
    if value is _ABSENT or value is None:
        return "absent"
    if callable(value):
        return getattr(value, "__name__", "a condition")
    if isinstance(value, dict) and set(value) == {"matches"}:
        return f"matching {value['matches']}"
    return json.dumps(value, ensure_ascii=False, default=str)[:200]


def _line(one: Exchange) -> str:
    return f"{one.id} {one.method} {_bare(one.path.decode('latin-1'))} → {one.status}"


def _explained(misses: Sequence[Miss]) -> list[str]:
    lines = ["nearest:"] if misses else []
    for miss in misses:
        lines.append(f"  {_line(miss.exchange)}")
        lines += [f"    {found.field}: expected {found.expected}, was {found.actual}" for found in miss.differences]  # fmt: skip
    return lines
