"""The values that travel: requests, responses, violations, problem documents, and what of them may be shown.

Nothing here knows a document, a fixture or a socket.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mockserver.errors import Place, Severity

HeaderPair = tuple[bytes, bytes]
"""Name in lower case and value, both latin-1 as on the wire (the ASGI form)."""


class HttpRequest(NamedTuple):
    """What a client sent, undecoded. A tuple, because one is made for every request.

    Attributes:
        method: In upper case.
        path: As on the wire: percent-encoded, without query and without the scenario prefix.
        query: As on the wire, without ``?``; empty where there is none.
        headers: In the order received; a name may repeat.
        body: Complete; empty where none was sent.
    """

    method: str
    path: bytes
    query: bytes = b""
    headers: Sequence[HeaderPair] = ()
    body: bytes = b""

    def header(self, name: bytes) -> bytes | None:
        """Return the first value of a header given in lower case, ``None`` where it is absent."""
        for key, value in self.headers:
            if key == name:
                return value
        return None

    def header_values(self, name: bytes) -> list[bytes]:
        """Return every value of a header given in lower case, in the order received."""
        return [value for key, value in self.headers if key == name]


class HttpResponse(NamedTuple):
    """What goes out. ``Content-Length`` is the server's business and is not among ``headers``."""

    status: int
    headers: tuple[HeaderPair, ...] = ()
    body: bytes = b""


class Absent(Enum):
    """The type of ``ABSENT``."""

    ABSENT = "absent"


ABSENT = Absent.ABSENT
"""The value that is not there; ``None`` is JSON's null."""


class RequestValues(NamedTuple):
    """A request as matchers and templates see it: decoded by the document's parameters where they say how.

    Attributes:
        path: By name, as are the next three; what the document does not declare is a string.
        headers: Names in lower case.
        body: The decoded body, ``ABSENT`` where none was sent.
    """

    path: Mapping[str, object]
    query: Mapping[str, object]
    headers: Mapping[str, object]
    cookies: Mapping[str, object]
    body: object = ABSENT


@dataclass(frozen=True, slots=True)
class Violation:
    """One thing that a message has against the document.

    Attributes:
        location: Where in the message, as Prism names it: ``("body", "user", "age")``, ``("query", "limit")``,
            ``("header", "x-id")``, ``("path", "id")``; for a missing property the object that lacks it.
        keyword: The JSON Schema keyword, or a rule of ours: ``content-type``, ``parse``, ``deprecated``.
        message: One sentence without a final full stop; never holds a secret value.
        place: Where the schema or parameter that says so stands; ``None`` where no document is to blame.
        severity: A ``warning`` never makes a request invalid (deprecated parameters).
    """

    location: tuple[str | int, ...]
    keyword: str
    message: str
    place: Place | None = None
    severity: Severity = "error"

    def as_dict(self) -> dict[str, object]:
        """Return Prism's four members, and ``schema`` (``file:line:column``) where the place is known."""
        shown: dict[str, object] = {
            "location": [str(token) for token in self.location],
            "severity": "Warning" if self.severity == "warning" else "Error",
            "code": self.keyword,
            "message": self.message,
        }
        if self.place:
            shown["schema"] = str(self.place)
        return shown


PROBLEM_JSON = b"application/problem+json"
PROBLEM_TYPE = "https://github.com/openapi-mockserver/openapi-mockserver/blob/main/docs/problems.md"


def problem(
    status: int,
    slug: str,
    title: str,
    detail: str,
    *,
    members: Mapping[str, object] | None = None,
    headers: Sequence[HeaderPair] = (),
) -> HttpResponse:
    """Return the mock's own error as a problem document (RFC 9457).

    Args:
        status: 400-599.
        slug: Kebab-case name of the kind; goes to ``type`` and to ``X-Mock-Error``, so that nobody takes the
            answer for the API's.
        title: The same for every problem of the kind.
        detail: What happened this time and what to do.
        members: Extension members (§3.2), such as ``validation`` and ``nearest``.
        headers: Further headers, such as ``Allow``.
    """
    document = {
        "type": f"{PROBLEM_TYPE}#{slug}",
        "title": title,
        "status": status,
        "detail": detail,
        **(members or {}),
    }
    return HttpResponse(
        status,
        ((b"content-type", PROBLEM_JSON), (b"x-mock-error", slug.encode()), *headers),
        json.dumps(document, ensure_ascii=False).encode("utf-8", "replace"),
    )


_SECRET_HEADERS = frozenset(
    b"authorization proxy-authorization cookie set-cookie x-api-key api-key x-auth-token x-access-token"
    b" x-csrf-token x-xsrf-token".split()
)
_SECRET_QUERY = re.compile(
    rb"token|secret|passw|pwd|api[-_.]?key|access[-_.]?key|credential|signature|^(sig|auth|key|jwt)$",
    re.IGNORECASE,
)
_URLS = frozenset((b"referer", b"location"))
"""Headers whose value has a query."""
_MOST_NAMES = 1000


class Redactor:
    """Takes credentials out of what is kept or shown, at the moment it is captured.

    Args:
        headers: Names of the headers that carry api keys, beside those that always carry secrets or whose name says so.
        query: Names of the query parameters that carry api keys, beside those whose name says secret.
    """

    __slots__ = ("_headers", "_known", "_query")

    def __init__(self, headers: Iterable[str] = (), query: Iterable[str] = ()) -> None:
        named = (name.lower().encode("latin-1", "replace") for name in headers)
        self._headers = _SECRET_HEADERS.union(named)
        self._known: dict[bytes, bool] = {}
        self._query = frozenset(name.encode() for name in query)

    def headers(
        self, headers: Sequence[HeaderPair], token: str | None = None
    ) -> tuple[HeaderPair, ...]:
        """Return headers with every secret value replaced by the token's name, or by ``<redacted>``.

        Args:
            headers: Of a request or an answer; not changed.
            token: Name of the token fixture that the request bears; cookies may hold more than it.
        """
        told = [self._tells(name) for name, _ in headers]
        if not any(told):
            return tuple(headers)
        shown = f"<token {token}>".encode() if token else b"<redacted>"
        return tuple(
            [
                self._redacted(*pair, shown) if tells else pair
                for pair, tells in zip(headers, told, strict=True)
            ]
        )

    def _tells(self, name: bytes) -> bool:
        """Tell whether the value of a header may hold a secret; names that are known are not looked at again."""
        tells = self._known.get(name)
        if tells is None:
            if len(self._known) >= _MOST_NAMES:
                self._known.clear()
            secret = name in self._headers or _SECRET_QUERY.search(name) is not None
            tells = self._known[name] = secret or name in _URLS
        return tells

    def _redacted(self, name: bytes, value: bytes, shown: bytes) -> HeaderPair:
        if name in _URLS:
            path, mark, query = value.partition(b"?")
            return name, path + mark + self.query(query)
        return name, b"<redacted>" if name.endswith(b"cookie") else shown

    def query(self, query: bytes) -> bytes:
        """Return a query with the values of secret parameters replaced; the rest as it was, byte for byte."""
        if not query:
            return query
        return b"&".join(self._parameter(part) for part in query.split(b"&"))

    def _parameter(self, part: bytes) -> bytes:
        name, equals, _ = part.partition(b"=")
        decoded = unquote_to_bytes(name.replace(b"+", b" "))
        if equals and (decoded in self._query or _SECRET_QUERY.search(decoded)):
            return name + b"=<redacted>"
        return part
