"""What a browser must be told before it shows an answer to a page of another origin (Fetch, §3.2 and §4.8).

Invariant: ``Access-Control-Allow-Credentials`` never stands beside ``Access-Control-Allow-Origin: *``.
"""

import re
from collections.abc import Iterable, Sequence

from mockserver.messages import HeaderPair, HttpRequest, HttpResponse

_LOOPBACK = re.compile(
    rb"https?://(?:localhost|127(?:\.[0-9]{1,3}){3}|\[::1\])(?::[0-9]{1,5})?", re.IGNORECASE
)
_TOKENS = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:[ \t]*,[ \t]*[!#$%&'*+.^_`|~0-9A-Za-z-]+)*")

# Fetch, CORS-safelisted response-header names; a browser shows these without being told to, and Set-Cookie never.
_SHOWN_ANYWAY = frozenset(
    b"cache-control content-language content-length content-type expires last-modified pragma"
    b" set-cookie".split()
)
_MAX_AGE = b"7200"  # seconds; what Chromium keeps at most
_KEPT = 1024

VARY: HeaderPair = (b"vary", b"Origin")


def is_preflight(request: HttpRequest) -> bool:
    """Return whether a browser asks for permission instead of asking the API (Fetch, CORS-preflight request)."""
    return (
        request.method == "OPTIONS" and request.header(b"access-control-request-method") is not None
    )


class Cors:
    """Decides what each origin may see.

    Args:
        origins: As browsers send them, in lower case; trusted with credentials like loopback ones.
        exposed: Names of headers that pages may always read, there or not: a list that does not vary is kept.
    """

    def __init__(self, origins: Iterable[str] = (), *, exposed: Sequence[bytes] = ()) -> None:
        self._always_exposed = exposed
        self._origins = frozenset(origin.encode("ascii") for origin in origins)
        self._exposing: dict[tuple[HeaderPair, ...], tuple[HeaderPair, ...]] = {}

    def trusts(self, origin: bytes) -> bool:
        """Return whether an origin may send credentials."""
        return is_loopback(origin) or origin.lower() in self._origins

    def permit(self, request: HttpRequest) -> HttpResponse:
        """Answer a preflight: whatever it asks for, as far as it is well-formed."""
        origin = request.header(b"origin")
        headers = [
            *self._allowed(origin),
            (b"access-control-max-age", _MAX_AGE),
            (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers"),
        ]
        for kind in (b"method", b"headers"):
            asked = request.header(b"access-control-request-" + kind)
            if asked is not None and _TOKENS.fullmatch(asked):
                name = b"methods" if kind == b"method" else kind
                headers.append((b"access-control-allow-" + name, asked))
        private = request.header(b"access-control-request-private-network")
        if private == b"true" and origin is not None and is_loopback(origin):
            headers.append((b"access-control-allow-private-network", b"true"))
        return HttpResponse(204, tuple(headers))

    def share(
        self, headers: tuple[HeaderPair, ...], request_headers: Sequence[HeaderPair]
    ) -> tuple[HeaderPair, ...]:
        """Return an answer's headers with those that let the asking origin see them.

        A document may describe ``Access-Control-*`` itself: for a browser's request ours replace them, since two
        of a kind count as none.
        """
        for name, origin in request_headers:
            if name == b"origin":
                return (*self._exposed(headers), *self._allowed(origin), VARY)
        return (*headers, VARY)

    def _allowed(self, origin: bytes | None) -> tuple[HeaderPair, ...]:
        if origin is None or not self.trusts(origin):
            return ((b"access-control-allow-origin", b"*"),)
        return (
            (b"access-control-allow-origin", origin),
            (b"access-control-allow-credentials", b"true"),
        )

    def _exposed(self, headers: tuple[HeaderPair, ...]) -> tuple[HeaderPair, ...]:
        """Return the headers without CORS of their own, and with the list of names that pages may read.

        By name, because ``*`` means nothing to a request with credentials.
        """
        if (kept := self._exposing.get(headers)) is None:
            own = tuple(pair for pair in headers if not pair[0].startswith(b"access-control-"))
            names = (name for name, _ in own if name not in _SHOWN_ANYWAY)
            exposed = b", ".join(dict.fromkeys((*names, *self._always_exposed)))
            kept = (*own, (b"access-control-expose-headers", exposed)) if exposed else own
            if len(self._exposing) >= _KEPT:
                self._exposing.clear()
            self._exposing[headers] = kept
        return kept


def is_loopback(origin: bytes) -> bool:
    """Return whether an origin is a page of this machine."""
    return _LOOPBACK.fullmatch(origin) is not None
