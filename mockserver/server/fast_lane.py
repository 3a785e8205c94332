"""The fast lane: an answer that needs no waiting is written from the parser, without a task and without ASGI.

Decision, journal, headers and limits are those of the other way (``exchanges``), and so are the bytes, which a test of
all golden cases holds. What it does not take, it leaves to the application: whatever waits, streams, or is control.
"""

from typing import Any
from urllib.parse import unquote_to_bytes

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from mockserver.messages import HttpRequest
from mockserver.server.cycle import written
from mockserver.server.exchanges import Exchanges, Known, Reply
from mockserver.server.memory import LONGEST, Memory
from mockserver.server.protocol import DEAF, IDLE, Protocol


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

    def data_received(self, data: bytes) -> None:
        """Answer bytes that are a request known from before; read all others."""
        if self.phase > IDLE or len(data) > LONGEST:
            self.parse(data)
            self._answered = []
            return
        memory, served = self._memory, self._exchanges.served
        if memory.served is not served:
            memory.forget(served)
        known = memory.find(data)
        if known is not None:
            if not self.flow.write_paused and (reply := self._exchanges.at_once(known)):
                self._send(known, reply)
                return
            self.parse(data)
            return
        answered: list[Known] = []
        self._answered = answered
        self.parse(data)
        self._answered = []
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
        head_only = known.request.method == "HEAD"
        if not self.transport.is_closing():  # a write before this one may have found out
            self.transport.write(
                written(reply, self.date_line(), head_only=head_only, keep_alive=keep_alive)
            )
        self.server_state.total_requests += 1
        if keep_alive:
            self.phase = IDLE
            self.since = self.patrol.now
        else:
            self.transport.close()
            self.phase = DEAF
