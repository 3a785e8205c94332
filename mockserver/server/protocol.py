"""HTTP/1.1 on a connection: uvicorn's protocol with limits, clear refusals, and a say in when the application starts.

Rules of this file, each with rows in ``tests/abuse``:

- Requests of a connection are answered in their order, whatever way each takes.
- A refusal is written after the answers that are due, and the connection ends with it; what the client still sends is
  read for a moment, because closing on unread bytes would destroy the refusal on its way.
- No connection waits for ever: every wait for the client has a limit, and one patrol a second looks at all of them.
- A client that closes its own side only still gets its answer.
"""

import asyncio
import math
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple, cast
from urllib.parse import unquote

import httptools
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)
from uvicorn.server import ServerState

from mockserver.messages import HeaderPair, HttpResponse
from mockserver.server.cycle import Bell, Cycle, header_lines
from mockserver.server.log import logger
from mockserver.server.memory import LONGEST, Recent
from mockserver.server.refusals import (
    LARGEST_HEAD,
    LONGEST_TARGET,
    MOST_HEADERS,
    Head,
    Refused,
    accepted_target,
    check_size,
    refusal,
)
from mockserver.server.wire import BODY as WHOLE_BODY, CUT, REPLY

FRESH_SECONDS = 60.0
HEAD_SECONDS = 9.0
BODY_SECONDS = 25.0
"""After the application has had its say: ``wire.BODY_SECONDS`` comes first."""
LINGER_SECONDS = 2.0
LAST_SECONDS = 0.2
STUCK_SECONDS = 120.0
LARGEST_OVERHEAD = 8
"""Bytes on the wire for one of the body: chunks of one byte need six."""

IDLE_SECONDS = 15.0

# The phases of a connection.
FRESH, IDLE, LAST, HEAD, BODY, BUSY, DEAF, LINGERING = range(8)

_METHODS = {
    name.encode(): name
    for name in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY"]
}
_EXAMINED = frozenset((b"expect", b"transfer-encoding", b"upgrade"))
_FRAMING = frozenset((b"content-length", b"transfer-encoding"))
_HOSTS_KEPT = 256
_PATIENCE = {FRESH: FRESH_SECONDS, IDLE: IDLE_SECONDS, LINGERING: LINGER_SECONDS}


class Parsed(NamedTuple):
    """A complete request of HTTP/1.1 after which its connection goes on, as the parser told of it."""

    method: str
    url: bytes
    headers: tuple[HeaderPair, ...]
    parts: list[bytes]


class Patrol:
    """Looks at all connections of a server once a second.

    Attributes:
        now: The loop's time at the last look: exact enough for limits, and free.
        hosts: Values of ``Host`` that were found good.
        requests: Those that came before, by their bytes: equal bytes are the same request.
        max_body: Bytes of a body that the application takes.
    """

    def __init__(self, *, max_body: int, seconds: float = 1.0) -> None:
        self.now = 0.0
        self.hosts: set[bytes] = set()
        self.requests: Recent[Parsed] = Recent()
        self.max_body = max_body
        self._seconds = seconds
        self._walking = False

    def begin(self, loop: asyncio.AbstractEventLoop, connections: Iterable[object]) -> None:
        """Walk until there are no connections."""
        self.now = loop.time()
        if not self._walking:
            self._walking = True
            loop.call_later(self._seconds, self._walk, loop, connections)

    def _walk(self, loop: asyncio.AbstractEventLoop, connections: Iterable[object]) -> None:
        self.now = loop.time()
        found = [one for one in connections if isinstance(one, Protocol)]
        for connection in found:
            connection.expire(self.now)
        self._walking = bool(found)
        if found:
            loop.call_later(self._seconds, self._walk, loop, connections)


class Protocol(HttpToolsProtocol):
    """One connection.

    Args:
        config: uvicorn's, as are the next three.
        server_state: Of the server.
        app_state: Of the application's lifespan.
        _loop: The running one.
        patrol: Of the server.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        patrol: Patrol,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        # uvicorn goes on after ``Connection: close``; what follows is no request (RFC 9112 §9.6).
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)
        self.patrol = patrol
        self.phase = FRESH
        self.since = 0.0
        self.url = b""
        self.headers: list[HeaderPair] = []
        self.method = ""
        self.sent_headers: Sequence[HeaderPair] = ()
        self.version = ""
        self.pending = False  # a good head that the application has not been given yet
        self.parts: list[bytes] = []
        self.keep_alive = True
        self._received = 0
        self._careful = False  # a head may be too large, though it is complete
        self._declining = False  # an upgrade, before whose body the parser stops
        self._refusal: HttpResponse | None = None
        self._at_end = False
        self._stopping = False
        self._parsed: Parsed | None = None
        self._noting = False
        self._begun = 0
        self._date_of: list[HeaderPair] = []
        self._date = b""

    # What the transport tells

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn's own type
        """Begin to wait for a request."""
        super().connection_made(transport)
        self.patrol.begin(self.loop, self.connections)
        self.since = self.patrol.now

    def data_received(self, data: bytes) -> None:
        """Take bytes; complete requests are on their way when this returns."""
        if self.phase > IDLE or len(data) > LONGEST:
            self.parse(data)
        elif parsed := self.patrol.requests.find(data):
            self.method, self.url, self.sent_headers, self.parts = parsed
            self.version, self.keep_alive = "1.1", True
            self.hand_over(expects=False)
            self._complete()
        else:
            self._begun, self._noting = 0, True
            self.parse(data)
            parsed, self._parsed, self._noting = self._parsed, None, False
            if parsed and self._may_come_again():
                self.patrol.requests.keep(data, parsed)

    def _may_come_again(self) -> bool:
        """Tell whether the bytes just read were one request and nothing else, and left the connection as it was."""
        one = self._begun == 1 and self.phase == BUSY
        return one and self.keep_alive and self.version == "1.1"

    def parse(self, data: bytes) -> None:
        """Let the parser read bytes, and see to what it finds."""
        if self.phase >= DEAF:
            return
        if len(data) > LARGEST_HEAD:
            self._careful = True
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            rest = self._framing() + data[upgrade.args[0] :]
        except httptools.HttpParserError as error:
            self._broken(error)
            return
        else:
            if self.phase == HEAD or self.phase == BODY:
                self._unfinished(len(data))
            elif (
                self.phase == FRESH
            ):  # empty lines, which may come before a request (RFC 9112 §2.2)
                self.phase = IDLE
            return
        self.parser = httptools.HttpRequestParser(_AfterUpgrade(self))
        self.pending, self._declining = True, False
        self._begun += 1  # not one to be known again: the parser is another one now
        self.parse(rest)

    def eof_received(self) -> bool:  # type: ignore[override]  # asyncio takes True for "stay open"
        """Take note that the client sends no more; stay open for as long as it is owed an answer."""
        self._at_end = True
        if self.phase == HEAD:
            self.refuse(refusal(400, "bad-request", "the head ended before it was complete"))
            return True
        if self.phase == BODY and self.pipeline:
            self.pipeline.popleft()  # half a request; those before it are owed an answer
            return True
        if self.phase == BODY:
            self._abandon()
            return False
        return self.in_flight

    def shutdown(self) -> None:
        """Stop after the answer that is under way, or after a moment: a request may be on its way."""
        self._stopping = True
        if self.in_flight:
            self.cycle.keep_alive = False
        else:
            self.phase = max(LAST, self.phase)
            self.loop.call_later(LAST_SECONDS, self._close_unasked)

    def _close_unasked(self) -> None:
        if not self.in_flight:
            self.transport.close()

    # What the parser tells

    def on_message_begin(self) -> None:
        """Begin to read a head."""
        self._begun += 1
        self.url = b""
        self.headers = []
        self.phase = HEAD
        self.since = self.patrol.now
        self._received = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; those after a chunked body go where nobody looks."""
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        """Judge the head. The application starts when all that has arrived is read.

        Raises:
            Refused: It is not acceptable.
        """
        headers = self.headers
        method = self.parser.get_method()
        self.method = _METHODS.get(method) or method.decode("ascii")
        names = [name for name, _ in headers]
        plain = (
            names.count(b"host") == 1
            and headers[names.index(b"host")][1] in self.patrol.hosts
            and _EXAMINED.isdisjoint(names)
            and self.url[:1] == b"/"
            and len(headers) <= MOST_HEADERS
            and len(self.url) <= LONGEST_TARGET
            and b"#" not in self.url
            and not self._careful
        )
        if not plain:
            self._examine()
        self.version = self.parser.get_http_version()
        # As in uvicorn, connections of HTTP/1.0 end with their first answer, whatever they ask for.
        self.keep_alive = (
            self.parser.should_keep_alive()
            and (b"connection" not in names or self.version != "1.0")
            and not self._stopping
        )
        self.sent_headers = headers
        self.headers = []
        self.parts = []
        self.pending = not self._declining
        self.phase = BODY

    def on_body(self, body: bytes) -> None:
        """Take a part of the body."""
        if self.pending:
            self.parts.append(body)
        else:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """Give a complete request to the application, or tell it that the one it has is complete."""
        if self._declining:
            return
        if self.pending:
            if self._noting:
                headers = tuple(self.sent_headers)
                self._parsed = Parsed(self.method, self.url, headers, self.parts)
            self.hand_over(expects=False)
        self._complete()

    def _complete(self) -> None:
        """Tell the application that the request it has is complete."""
        if not self.cycle.response_complete:
            self.cycle.more_body = False
            self.cycle.message_event.set()
        self.rest()

    # What the application's answers tell

    def on_response_complete(self) -> None:
        """Go on to the next request of the connection."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._refusal is not None:
            self._write(self._refusal)
        elif self._at_end:
            self.transport.close()
        elif self.phase == BUSY:
            self.rest()

    # What the patrol tells

    def expire(self, now: float) -> None:
        """End what has taken too long."""
        waited = now - self.since
        if self.phase == HEAD and waited > HEAD_SECONDS:
            detail = f"the head was not complete after {HEAD_SECONDS:g} seconds"
            self.refuse(refusal(408, "request-timeout", detail))
        elif self.phase == BODY and waited > BODY_SECONDS:
            self.transport.abort()
        elif self.phase in (BUSY, DEAF):
            if self.flow.write_paused and waited > STUCK_SECONDS:
                self.transport.abort()
        elif waited > _PATIENCE.get(self.phase, math.inf):
            self._leave()

    def _leave(self) -> None:
        """Close an idle connection; where the client does not even take what was sent, without ceremony."""
        if self.transport.get_write_buffer_size():
            self.transport.abort()
        else:
            self.transport.close()

    # What follows from it

    @property
    def in_flight(self) -> bool:
        """Tell whether the application owes an answer."""
        # uvicorn's type does not say that there may be none
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def rest(self) -> None:
        """Wait for the application, or for the next request."""
        self.phase = BUSY if self.in_flight else IDLE
        self.since = self.patrol.now

    def hand_over(self, *, expects: bool) -> None:
        """Give the pending request to the application; those behind another wait their turn.

        Args:
            expects: Its body is not complete, so that it may wait for ``100 Continue``.
        """
        self.pending = False
        complete = not expects
        path, _, query = self.url.partition(b"?")
        text = path.decode("ascii")
        version = self.version
        if expects:  # HTTP/1.0 does not know it (RFC 9110 §10.1.1)
            expects = version != "1.0" and any(name == b"expect" for name, _ in self.sent_headers)
        scope: Any = {
            "type": "http",
            "asgi": {"version": self.asgi_version, "spec_version": "2.3"},
            "http_version": version,
            "method": self.method,
            "scheme": self.scheme,
            "server": self.server,
            "client": self.client,
            "root_path": "",
            "path": unquote(text) if "%" in text else text,
            "raw_path": path,
            "query_string": query,
            "headers": self.sent_headers,
            "state": self.app_state.copy(),
        }
        behind = self.in_flight
        cycle = Cycle(
            scope=scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=cast("asyncio.Event", Bell()),
            expect_100_continue=expects and not self.parts,
            keep_alive=self.keep_alive,
            on_response=self.on_response_complete,
        )
        cycle.date_line = self.date_line()
        scope["extensions"] = {REPLY: cycle.reply, CUT: cycle.cut}
        if complete:
            scope["extensions"][WHOLE_BODY] = b"".join(self.parts)
        self.cycle = cycle
        for part in self.parts:
            super().on_body(part)
        self.parts = []
        if behind:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        else:
            self._start_asgi_task(cycle, self.app)

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Start the application, in uvicorn's own way where its settings ask for more."""
        if self.config.reset_contextvars or not isinstance(cycle, Cycle):
            super()._start_asgi_task(cycle, app)
        else:
            self.tasks.add(self.loop.create_task(cycle.run_among(self.tasks, app)))

    def date_line(self) -> bytes:
        """Return uvicorn's own headers of every answer as they are written; they change once a second."""
        state = self.server_state
        if state.default_headers is not self._date_of:
            self._date_of = state.default_headers
            self._date = header_lines(self._date_of)
        return self._date

    def refuse(self, response: HttpResponse) -> None:
        """Answer what is no request, after everything that is one, and take nothing more."""
        if self.in_flight:
            self._refusal = response
            self.phase = DEAF
        else:
            self._write(response)

    def _write(self, response: HttpResponse) -> None:
        """Write a refusal and close our side; the patrol closes the other."""
        if self.transport.is_closing():
            return
        status, headers, body = response
        sent = [*self.server_state.default_headers, *headers]
        sent.append((b"content-length", b"%d" % len(body)))
        lines = [b"%s: %s\r\n" % pair for pair in sent]
        self.transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self.phase = LINGERING
        self.since = self.patrol.now
        if self._at_end or not self.transport.can_write_eof():
            self.transport.close()
        else:
            self.transport.write_eof()

    def _examine(self) -> None:
        """Judge a head that is not the usual one.

        Raises:
            Refused: It is not acceptable.
        """
        headers = self.headers
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in headers)
        check_size(size, len(headers))
        self._careful = False
        head = Head(self.method, self.parser.get_http_version(), self.url, headers)
        self.url = accepted_target(head)
        self._declining = self.parser.should_upgrade()
        hosts = self.patrol.hosts
        if len(hosts) < _HOSTS_KEPT:
            hosts.update(value for name, value in headers if name == b"host" and len(value) < 256)

    def _unfinished(self, count: int) -> None:
        """See to a request of which more is to come.

        Args:
            count: Bytes that came now; some may belong to requests before it, which does no harm.
        """
        self._received += count
        if self.phase == HEAD:
            self._careful = True
            try:
                check_size(self._received - count, len(self.headers))
            except Refused as refused:
                self.refuse(refused.response)
            return
        if self.pending:
            self.hand_over(expects=True)
        if len(self.headers) > MOST_HEADERS:
            self.headers = []  # trailers, which nobody reads; their bytes count below
        if self._received > LARGEST_OVERHEAD * self.patrol.max_body + 2**20:
            self.transport.abort()

    def _framing(self) -> bytes:
        """Return a head that says of the body what the pending request's head has said."""
        lines = [b"%b: %b\r\n" % pair for pair in self.sent_headers if pair[0] in _FRAMING]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        version = self.parser.get_http_version().encode()
        return b"".join((b"POST / HTTP/", version, b"\r\n", *lines, b"\r\n"))

    def _broken(self, error: httptools.HttpParserError) -> None:
        """Answer bytes that are no request."""
        cause = error.__context__ if isinstance(error, httptools.HttpParserCallbackError) else None
        if isinstance(cause, Refused):
            response = cause.response
        elif cause is not None:
            logger.error("the server failed to read a request", exc_info=cause)
            response = refusal(500, "internal-error", "the server failed to read the request")
        elif self.phase in (IDLE, BUSY) and not self.keep_alive:
            self.phase = DEAF  # nothing that follows the last request of a connection is one
            return
        else:
            response = refusal(400, "bad-request", f"the request is not HTTP: {error}")
        if self.phase == BODY and not self.pending:
            self._abandon_for(response)
        else:
            self.pending = False
            self.refuse(response)

    def _abandon_for(self, response: HttpResponse) -> None:
        """Refuse a request whose body is broken, though the application has begun with it."""
        if self.pipeline:
            self.pipeline.popleft()  # it has not begun yet, and never will
            self._refusal, self.phase = response, DEAF
        elif self.cycle.response_started:
            self.transport.close()
        else:
            self._abandon()
            self._write(response)

    def _abandon(self) -> None:
        """Tell the application that the client is gone."""
        if self.in_flight:
            self.cycle.disconnected = True
            self.cycle.message_event.set()


class _AfterUpgrade:
    """Listens to a parser that goes on where another stopped for an upgrade, which is not done (RFC 9110 §7.8).

    httptools takes what follows the head of such a request for another protocol, though a body may follow first: Java's
    and curl's clients ask so with every kind of request. The new parser is told the framing in a head that nobody
    hears of.
    """

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._deaf = True
        self.on_body = protocol.on_body
        self.on_message_complete = protocol.on_message_complete

    def on_message_begin(self) -> None:
        if not self._deaf:
            self._protocol.on_message_begin()

    def on_url(self, url: bytes) -> None:
        if not self._deaf:
            self._protocol.on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._deaf:
            self._protocol.on_header(name, value)

    def on_headers_complete(self) -> None:
        if not self._deaf:
            self._protocol.on_headers_complete()
        self._deaf = False
