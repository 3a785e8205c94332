"""The fast lane: an answer that needs no waiting is written from the parser, without a task and without ASGI.

Decision, journal, headers and limits are those of the other way (``exchanges``), and so are the bytes, which a test of
all golden cases holds. What it does not take, it leaves to the application: whatever waits, streams, or is control.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mockserver.messages import HeaderPair, HttpRequest
from mockserver.server.exchanges import Exchanges, Known, Ready, Reply, Served
from mockserver.server.protocol import DEAF, IDLE, Protocol
from mockserver.server.wire import has_no_body

_KEPT = 1024
_SEEN = 4096
_LONGEST = 4096
_UNPRINTABLE = bytes(byte if byte >= 0x20 or byte == 0x09 else 0x20 for byte in range(256))


class Memory:
    """The requests that came before, by their bytes: clients repeat themselves, and equal bytes mean the same.

    Shared by all connections of a server.

    Attributes:
        served: What they were known to; after a reload nothing is known.
    """

    def __init__(self) -> None:
        self.served: Served | None = None
        self._kept: dict[bytes, Known] = {}
        self._seen: set[int] = set()
        self.find = self._kept.get

    def forget(self, served: Served) -> None:
        """Begin anew, and let go of the document that is no longer served."""
        self.served = served
        self._kept.clear()
        self._seen.clear()

    def keep(self, data: bytes, known: Known) -> None:
        """Keep a request that its connection survived, at the second time: most that come once never come again."""
        if (mark := hash(data)) not in self._seen:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            self._seen.add(mark)
            return
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[data] = known


class FastLane(Protocol):
    """A connection that answers at once what can be.

    Args:
        exchanges: Answers, and keeps the record.
        memory: Of the server.
        control_prefix: Of the paths that are not for the mock.
    """

    def __init__(
        self,
        *arguments: Any,
        exchanges: Exchanges,
        memory: Memory,
        control_prefix: str,
        **named: Any,
    ) -> None:
        super().__init__(*arguments, **named)
        self._exchanges = exchanges
        self._memory = memory
        self._prefix = control_prefix.encode()
        self._below_prefix = self._prefix + b"/"
        self._answered: list[Known] = []
        self._date_of: list[HeaderPair] = []
        self._date = b""

    def data_received(self, data: bytes) -> None:
        """Answer bytes that are a request known from before; read all others."""
        if self.phase > IDLE or len(data) > _LONGEST:
            super().data_received(data)
            return
        memory, served = self._memory, self._exchanges.served
        if memory.served is not served:
            memory.forget(served)
        known = memory.find(data)
        if known is not None:
            if not self.flow.write_paused and (reply := self._exchanges.at_once(known)):
                self._send(known, reply)
                return
            super().data_received(data)
            return
        answered: list[Known] = []
        self._answered = answered
        super().data_received(data)
        if len(answered) == 1 and self.phase == IDLE:  # it was one request, and nothing else
            memory.keep(data, answered[0])

    def on_message_complete(self) -> None:
        """Answer a complete request at once where that is possible and its turn."""
        cycle: RequestResponseCycle | None = self.cycle
        if (
            not self.pending
            or not (cycle is None or cycle.response_complete)
            or self.flow.write_paused
            or not self._answer()
        ):
            super().on_message_complete()

    def _answer(self) -> bool:
        """Answer the pending request; ``False``, and nothing has happened, where it cannot be answered at once."""
        path, _, query = self.url.partition(b"?")
        decoded = unquote_to_bytes(path) if b"%" in path else path
        if decoded.startswith(self._below_prefix) or decoded == self._prefix:
            return False
        body = b"".join(self.parts) if self.parts else b""
        if len(body) > self.patrol.max_body:
            return False
        known = self._exchanges.know(HttpRequest(self.method, path, query, self.sent_headers, body))
        reply = self._exchanges.at_once(known)
        if reply is None:
            return False
        self.pending = False
        self._answered.append(known)
        self._send(known, reply, keep_alive=self.keep_alive)
        return True

    def _send(self, known: Known, reply: Reply, *, keep_alive: bool = True) -> None:
        """Write an answer."""
        status, ready, content, trace = reply
        state = self.server_state
        if state.default_headers is not self._date_of:
            self._date_of = state.default_headers
            self._date = _lines(self._date_of)
        lines = [STATUS_LINE[status], self._date, ready.head or _head(ready)]
        if trace:
            lines += (b"x-mock-trace: ", trace, b"\r\n")
        if has_no_body(status):
            content = b""
        else:
            lines.append(b"content-length: %d\r\n" % len(content))
            if known.request.method == "HEAD":
                content = b""
        lines += (b"\r\n" if keep_alive else b"connection: close\r\n\r\n", content)
        self.transport.write(b"".join(lines))
        state.total_requests += 1
        if keep_alive:
            self.phase = IDLE
            self.since = self.patrol.now
        else:
            self.transport.close()
            self.phase = DEAF


def _head(ready: Ready) -> bytes:
    """Return the headers of an answer as they are written, and keep them."""
    ready.head = _lines(ready.sent)
    return ready.head


def _lines(headers: list[HeaderPair] | tuple[HeaderPair, ...]) -> bytes:
    """Return header lines; what would end a line early is blanked."""
    return b"".join(
        b"%b: %b\r\n" % (name, value.translate(_UNPRINTABLE)) for name, value in headers
    )
