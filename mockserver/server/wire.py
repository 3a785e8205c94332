"""Between ASGI's messages and our values: a request out of a scope, its body within bounds, an answer into a send.

Invariant: whatever a client sends, memory held for its body stays below the bound.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any, cast
from urllib.parse import quote

from mockserver.messages import HeaderPair, HttpRequest, HttpResponse, problem

# ASGI's own types: the values of its messages are whatever the message's type says.
Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]

REPLY = "mockserver.reply"
"""An extension of ASGI that our own protocol offers: a function that takes a whole answer at once."""

CUT = "mockserver.cut"
"""Another one: a function that ends the connection in the middle of an answer, where ``reset`` is true by a TCP reset."""

BODY = "mockserver.body"
"""Another: the whole body, of a request that was complete when the application got it."""

BODY_SECONDS = 18.0
"""How long a client may take over its body; a half-sent one would hold its connection for ever."""

_CLOSE: HeaderPair = (b"connection", b"close")


class Disconnected(Exception):
    """The client went away before its request was complete: there is nobody to answer."""


class BodyRefused(Exception):
    """The body cannot be taken; ``response`` says why."""

    def __init__(self, response: HttpResponse) -> None:
        self.response = response
        super().__init__(response.status)


def read_request(scope: Scope) -> HttpRequest:
    """Return the request of an HTTP scope, as yet without its body."""
    # raw_path is optional in ASGI; the decoded path cannot tell %2F from a slash, but it is all there is then.
    path: bytes = scope.get("raw_path") or quote(scope["path"], safe="/:@!$&'()*+,;=~-._").encode()
    headers = scope["headers"]
    if not isinstance(headers, tuple):  # some servers give lists, and a request must be hashable
        headers = tuple([(name, value) for name, value in headers])
    return HttpRequest(
        cast("str", scope["method"]), path, cast("bytes", scope["query_string"]), headers
    )


async def read_body(
    headers: Sequence[HeaderPair],
    receive: Receive,
    *,
    limit: int,
    seconds: float = BODY_SECONDS,
    complete: bytes | None = None,
) -> bytes:
    """Return the complete body, empty where the head announces none (RFC 9112 §6.3).

    Args:
        headers: Of the request, names in lower case.
        receive: ASGI's; not called where no body is announced.
        limit: Bytes; a body that is longer is refused as soon as that shows, announced or not.
        seconds: Time for the whole body.
        complete: The body, where it is known already; waiting for it would take as long as an empty answer.

    Raises:
        BodyRefused: With 413, with 408, or with 503 where the server stops before the body is there.
        Disconnected: The client went away.
    """
    if complete is not None:
        if len(complete) > limit:
            raise BodyRefused(_too_large(limit))
        return complete
    announced = _announced(headers)
    if announced == 0:
        return b""
    if announced is not None and announced > limit:
        raise BodyRefused(_too_large(limit))
    try:
        async with asyncio.timeout(seconds):
            return await _collect(receive, limit)
    except TimeoutError:
        detail = f"the body was not complete after {seconds:g} seconds"
        timeout = problem(408, "request-timeout", "Request timeout", detail, headers=(_CLOSE,))
        raise BodyRefused(timeout) from None
    except asyncio.CancelledError:  # the grace of a stopping server is over
        detail = "the server stopped before the body was complete"
        stopping = problem(503, "shutting-down", "Shutting down", detail, headers=(_CLOSE,))
        raise BodyRefused(stopping) from None


def _announced(headers: Sequence[HeaderPair]) -> int | None:
    """Return the announced length, 0 where no body is announced, ``None`` where only its end will show it."""
    for name, value in headers:
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 20 else None
        if name == b"transfer-encoding":
            return None
    return 0


async def _collect(receive: Receive, limit: int) -> bytes:
    message = await receive()
    if message["type"] == "http.request" and not message.get("more_body"):
        body = cast("bytes", message.get("body", b""))
        if len(body) > limit:
            raise BodyRefused(_too_large(limit))
        return body
    chunks: list[bytes] = []
    size = 0
    while True:
        if message["type"] != "http.request":
            raise Disconnected
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise BodyRefused(_too_large(limit))
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)
        message = await receive()


def _too_large(limit: int) -> HttpResponse:
    detail = f"the body is larger than {limit} bytes; --max-body sets the bound"
    return problem(413, "body-too-large", "Content too large", detail)


def has_no_body(status: int) -> bool:
    """Return whether an answer of that status ends with its head (RFC 9110 §6.4.1)."""
    return status in (204, 304)


async def send_response(
    send: Send, response: HttpResponse, *, head: bool = False, extra: Sequence[HeaderPair] = ()
) -> None:
    """Send an answer in two messages, its length in its head (RFC 9110 §8.6).

    Args:
        send: ASGI's.
        response: Without ``Content-Length``.
        head: The request's method is HEAD: the head says what GET would have sent, the body stays here.
        extra: Headers of this one answer, after its own.
    """
    status, headers, body = response
    if has_no_body(status):
        start = {"type": "http.response.start", "status": status, "headers": [*headers, *extra]}
        await send(start)
        await send({"type": "http.response.body"})
        return
    length = (b"content-length", b"%d" % len(body))
    headers = (*headers, *extra, length)
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})
