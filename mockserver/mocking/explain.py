"""The headers by which an answer says why it is what it is."""

import json
from collections.abc import Sequence
from dataclasses import replace

from mockserver.messages import HeaderPair, HttpResponse, Violation
from mockserver.mocking.answers import Answer

EXPLAINING = (
    *(b"x-mock-operation", b"x-mock-case", b"x-mock-scenario", b"x-mock-why", b"x-mock-trace"),
    *(b"x-mock-error", b"sl-violations"),
)
"""Every header by which the mock may explain an answer."""

VIOLATIONS_LIMIT = 4096
"""Bytes of ``sl-violations``: clients and proxies refuse larger heads; the journal has them all."""


class Explainer:
    """Adds explanation to answers and keeps the headers it has made.

    Args:
        enabled: ``False`` (``--quiet-headers``) leaves ``X-Mock-*`` out, but for ``X-Mock-Error``.
    """

    _LIMIT = 4096

    def __init__(self, *, enabled: bool) -> None:
        self._enabled = enabled
        self._merged: dict[tuple[object, ...], tuple[HeaderPair, ...]] = {}
        self._explained: dict[tuple[object, ...], tuple[HeaderPair, ...]] = {}

    def merged(
        self, base: tuple[HeaderPair, ...], media_type: str | None, own: tuple[HeaderPair, ...]
    ) -> tuple[HeaderPair, ...]:
        """Return documented headers with a case's own over them."""
        key = (base, media_type, own)
        if (kept := self._merged.get(key)) is None:
            if media_type is not None:
                own = ((b"content-type", media_type.encode("latin-1")), *own)
            names = {name for name, _ in own}
            kept = (*own, *(pair for pair in base if pair[0] not in names))
            self._keep(self._merged, key, kept)
        return kept

    def explained(
        self,
        answer: Answer,
        *,
        why: str,
        operation: str | None = None,
        case: str | None = None,
        scenario: str | None = None,
        challenge: bytes = b"",
        violations: Sequence[Violation] = (),
        own_violations: Sequence[Violation] = (),
    ) -> HttpResponse:
        """Return an answer with ``WWW-Authenticate``, ``X-Mock-*`` and ``sl-violations`` as they apply.

        The ``violations`` are the request's, ``own_violations`` the answer's.
        """
        response = answer.response
        key = (response.headers, why, operation, case, scenario, challenge)
        if (headers := self._explained.get(key)) is None:
            headers = response.headers
            if challenge:
                headers = (
                    *(pair for pair in headers if pair[0] != b"www-authenticate"),
                    (b"www-authenticate", challenge),
                )
            if self._enabled:
                said = (
                    ("operation", operation),
                    ("case", case),
                    ("scenario", scenario),
                    ("why", why),
                )
                headers += tuple(
                    (f"x-mock-{name}".encode(), field_value(text)) for name, text in said if text
                )
            self._keep(self._explained, key, headers)
        if violations or own_violations:
            listed = violations_header(violations, own_violations)
            headers = (*headers, (b"sl-violations", listed))
        return HttpResponse(response.status, headers, response.body)

    def _keep(
        self,
        kept: dict[tuple[object, ...], tuple[HeaderPair, ...]],
        key: tuple[object, ...],
        headers: tuple[HeaderPair, ...],
    ) -> None:
        """Remember made headers; start over where requests make ever new ones, such as by unknown paths."""
        if len(kept) >= self._LIMIT:
            kept.clear()
        kept[key] = headers


def field_value(text: str) -> bytes:
    """Return text as a header value: printable ASCII, the rest escaped, at most 1,000 bytes."""
    return text.encode("ascii", "backslashreplace").translate(_PRINTABLE)[:1000]


_PRINTABLE = bytes(byte if 0x20 <= byte < 0x7F else 0x3F for byte in range(256))


def violations_header(request: Sequence[Violation], response: Sequence[Violation]) -> bytes:
    """Return the list that Prism's clients read, as many as fit; each location begins with the side that it is of."""
    shown: list[str] = []
    size = 2
    sided = (("request", request), ("response", response))
    for side, found in ((side, each) for side, violations in sided for each in violations):
        text = json.dumps(replace(found, location=(side, *found.location)).as_dict())
        size += len(text) + 1
        if size > VIOLATIONS_LIMIT:
            break
        shown.append(text)
    return f"[{','.join(shown)}]".encode("ascii")
