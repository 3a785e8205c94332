"""What makes the head of a request unacceptable, and the answer to it (RFC 9110, RFC 9112).

Rules of this file, each a row of the raw requests in ``tests/abuse``:

- A request of HTTP/1.1 has one ``Host``, one of HTTP/1.0 at most one, and it is a host (RFC 9112 §3.2).
- A target is a path, or an absolute URL of the same host; ``*`` is for OPTIONS (§3.2.1 to §3.2.4).
- A transfer coding other than ``chunked`` is not implemented, and none goes with HTTP/1.0 (§6.1).
- Nothing is expected of us but ``100-continue`` (RFC 9110 §10.1.1).
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from mockserver.messages import HeaderPair, HttpResponse, problem

LARGEST_HEAD = 64 * 1024
LONGEST_TARGET = 16 * 1024
MOST_HEADERS = 200

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-fv:.]+\])(?::[0-9]{0,5})?")
_ABSOLUTE = re.compile(rb"https?://([^/?#]*)([^#]*)", re.IGNORECASE)
_CLOSE: HeaderPair = (b"connection", b"close")

TITLES = {
    "bad-request": "The request is not HTTP",
    "expectation-failed": "The expectation cannot be met",
    "head-too-large": "The head is too large",
    "internal-error": "Internal error",
    "not-implemented": "The request asks for what this server does not do",
    "request-timeout": "Request timeout",
}


class Refused(Exception):
    """A request cannot be taken; ``response`` says why, and closes the connection."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__(response.status)


def refusal(status: int, slug: str, detail: str) -> HttpResponse:
    """Return the answer to a request after which nothing on the connection can be trusted."""
    return problem(status, slug, TITLES[slug], detail, headers=(_CLOSE,))


class Head(NamedTuple):
    """The head of a request, as the parser has it.

    Attributes:
        version: ``1.1``, ``1.0`` and so on.
        target: As sent.
        headers: Names in lower case.
    """

    method: str
    version: str
    target: bytes
    headers: Sequence[HeaderPair]


def accepted_target(head: Head) -> bytes:
    """Return the target of a good head in origin form.

    Raises:
        Refused: The head breaks a rule.
    """
    if len(head.target) > LONGEST_TARGET:
        detail = f"the target is longer than {LONGEST_TARGET} bytes"
        raise Refused(refusal(414, "head-too-large", detail))
    host = _host(head)
    _check_framing(head)
    return _path(head, host)


def check_size(size: int, headers: int) -> None:
    """Hold the bytes and the headers of a head, or of what came of it, against their bounds.

    Raises:
        Refused: There are more.
    """
    if headers > MOST_HEADERS:
        raise _too_large(f"more than {MOST_HEADERS} headers")
    if size > LARGEST_HEAD:
        raise _too_large(f"more than {LARGEST_HEAD} bytes")


def _too_large(what: str) -> Refused:
    return Refused(refusal(431, "head-too-large", f"the request's head has {what}"))


def _bad(detail: str) -> Refused:
    return Refused(refusal(400, "bad-request", detail))


def _host(head: Head) -> bytes:
    hosts = [value for name, value in head.headers if name == b"host"]
    if len(hosts) > 1:
        raise _bad("there is more than one Host header")
    if not hosts:
        if head.version == "1.0":
            return b""
        raise _bad("there is no Host header")
    if not _HOST.fullmatch(hosts[0]):
        raise _bad("the Host header is no host")
    return hosts[0]


def _check_framing(head: Head) -> None:
    codings = [value.lower() for name, value in head.headers if name == b"transfer-encoding"]
    if codings and codings != [b"chunked"]:
        detail = "Transfer-Encoding is something other than chunked"
        raise Refused(refusal(501, "not-implemented", detail))
    if codings and head.version == "1.0":
        raise _bad("HTTP/1.0 has no Transfer-Encoding")
    expected = [value.lower() for name, value in head.headers if name == b"expect"]
    if any(value != b"100-continue" for value in expected):
        detail = "Expect is something other than 100-continue"
        raise Refused(refusal(417, "expectation-failed", detail))


def _path(head: Head, host: bytes) -> bytes:
    """Return path and query."""
    if head.method == "CONNECT":
        raise Refused(refusal(501, "not-implemented", "CONNECT is for proxies"))
    target = head.target
    if b"#" in target:
        raise _bad("the target has a fragment")
    if target.startswith(b"/"):
        return target
    if target == b"*" and head.method == "OPTIONS":
        return target
    if absolute := _ABSOLUTE.fullmatch(target):
        if absolute[1].lower() != host.lower():
            raise _bad("the target is a URL of another host than the Host header says")
        rest = absolute[2]
        return rest if rest.startswith(b"/") else b"/" + rest
    raise _bad("the target is neither a path nor a URL")
