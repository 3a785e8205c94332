"""What goes wrong before a request can be answered: findings with a place, and the exceptions that carry them.

    MockServerError          the caller cannot go on; ``findings`` says why
      SpecError              the OpenAPI document
      FixtureError           the fixtures folder
      SettingsError          flags, environment, ``mockserver.toml``
      StoreError             the store of sessions and journal
      ControlError           a running server, asked by its client

What a *message* has against the document is a ``Violation`` (``messages``), never an exception.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """A spot in a file that a person can open.

    Attributes:
        file: Path as shown to people: relative to the working directory where the file lies under it.
        line: 1-based; 0 where only the file is known.
        column: 1-based; 0 where only the line is known.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        """Return ``file:line:column`` without the parts that are not known, as editors and CI parse it."""
        numbers = [str(number) for number in (self.line, self.column) if number]
        return ":".join([self.file, *numbers])


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong with a file or a setting: what, where, what to do.

    Attributes:
        rule: Stable kebab-case name, such as ``dangling-reference``; what ``lint`` prints and tests name.
        message: What was found and what was expected, one sentence without a final full stop.
        place: ``None`` where no file is to blame.
        hint: What to do, one sentence without a final full stop; empty where the message says it.
        severity: Warnings let ``serve`` go on; ``lint`` and ``serve --strict`` make them errors.
    """

    rule: str
    message: str
    place: Place | None = None
    hint: str = ""
    severity: Severity = "error"

    def __str__(self) -> str:
        """Return ``place: message; hint`` on one line."""
        text = f"{self.message}; {self.hint}" if self.hint else self.message
        return escape(f"{self.place}: {text}" if self.place else text)


class MockServerError(Exception):
    """Base of everything this package raises on purpose.

    Attributes:
        findings: Every reason, at least one, in reading order; shown to people instead of a traceback.
    """

    def __init__(self, findings: Finding | Iterable[Finding]) -> None:
        self.findings: Sequence[Finding] = (
            (findings,) if isinstance(findings, Finding) else tuple(findings)
        )
        super().__init__("\n".join(str(finding) for finding in self.findings))


class SpecError(MockServerError):
    """The OpenAPI document cannot be read or compiled."""


class FixtureError(MockServerError):
    """The fixtures cannot be read, or do not fit the document."""


class SettingsError(MockServerError):
    """A flag, an environment variable or a key of ``mockserver.toml`` has no meaning."""


class StoreError(MockServerError):
    """The store cannot be reached or refuses a write."""


class ControlError(MockServerError):
    """A server's control API refused, or there is none.

    Attributes:
        status: Of its problem; 0 where it did not answer.
        slug: Of its problem, such as ``no-such-session``.
    """

    def __init__(self, detail: str, status: int = 0, slug: str = "") -> None:
        self.status = status
        self.slug = slug
        super().__init__(Finding(slug or "no-answer", detail))


def nearest(name: str, names: Iterable[str]) -> str | None:
    """Return the known name that a mistyped one most likely means, ``None`` where nothing is close."""
    by_folded = {known.casefold(): known for known in names}
    close = get_close_matches(name.casefold(), by_folded, n=1, cutoff=0.5)
    return by_folded[close[0]] if close else None


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return the hint for a mistyped name: the nearest one, else the names there are, else nothing."""
    known = sorted(names)
    if close := nearest(name, known):
        return f"did you mean {close!r}?"
    if not known:
        return ""
    shown = ", ".join(known[:8]) + (", …" if len(known) > 8 else "")
    return f"known: {shown}"


def escape(text: str) -> str:
    """Return a text with everything that moves a cursor or ends a line made visible."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode() for char in text
    )
