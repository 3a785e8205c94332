"""How requests of a client get to a server: over HTTP, or as whoever makes a client says."""

from collections.abc import Callable, Sequence
from http.client import HTTPConnection, HTTPSConnection
from typing import NamedTuple
from urllib.parse import urlsplit

Headers = Sequence[tuple[str, str]]


class Answer(NamedTuple):
    """What came back; headers in order, as sent."""

    status: int
    headers: Headers
    body: bytes


Wire = Callable[[str, str, Headers, bytes, float | None], Answer]
"""Sends method, target, headers and body, and waits for so many seconds at most. Raises what ``http.client`` raises."""


class HttpWire:
    """Sends requests over a connection each: a server that was started anew meanwhile does not matter."""

    def __init__(self, url: str) -> None:
        self._parts = urlsplit(url)
        if self._parts.scheme not in ("http", "https") or not self._parts.hostname:
            raise ValueError(f"{url!r} is not a URL such as http://127.0.0.1:4010")

    def __call__(
        self, method: str, target: str, headers: Headers, body: bytes, timeout: float | None
    ) -> Answer:
        """Send a request with exactly these headers, and its length."""
        parts = self._parts
        assert parts.hostname is not None
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname, parts.port, timeout=timeout)
        try:
            connection.putrequest(method, parts.path + target, skip_host=True, skip_accept_encoding=True)  # fmt: skip
            for name, value in headers:
                connection.putheader(name, value)
            if body:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body or None)
            found = connection.getresponse()
            return Answer(found.status, found.getheaders(), found.read())
        finally:
            connection.close()
