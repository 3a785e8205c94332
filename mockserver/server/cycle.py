"""One request at the application: uvicorn's cycle, which also takes a whole answer at once, or is cut off."""

import asyncio
import socket
import struct
import sys
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mockserver.messages import HeaderPair
from mockserver.server.exchanges import Ready, Reply

_UNPRINTABLE = bytes(byte if byte >= 0x20 or byte == 0x09 else 0x20 for byte in range(256))
# SO_LINGER of no time: what close() then sends is RST. Winsock has two shorts there.
_RESET = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


class Bell:
    """What uvicorn needs of an ``asyncio.Event``, which is made only where somebody waits: hardly ever."""

    __slots__ = ("_event", "_rung")

    def __init__(self) -> None:
        self._rung = False
        self._event: asyncio.Event | None = None

    def set(self) -> None:
        """Let go on who waits."""
        self._rung = True
        if self._event is not None:
            self._event.set()

    def clear(self) -> None:
        """Let the next one wait."""
        self._rung = False
        if self._event is not None:
            self._event.clear()

    async def wait(self) -> None:
        """Wait until it is set."""
        if not self._rung:
            if self._event is None:
                self._event = asyncio.Event()
            await self._event.wait()


class Cycle(RequestResponseCycle):
    """Writes a whole answer in one go where the application hands it one (``wire.REPLY``); ASGI's messages go as ever."""

    date_line = b""

    async def run_among(self, tasks: set[asyncio.Task[None]], app: Any) -> None:
        """Answer, and leave the tasks that a stopping server waits for: a callback would cost a turn of the loop."""
        try:
            await self.run_asgi(app)
        finally:
            tasks.discard(cast("asyncio.Task[None]", asyncio.current_task()))

    def reply(self, reply: Reply) -> bool:
        """Write an answer; ``False``, and nothing has happened, where its client must be waited for, or is gone."""
        if self.disconnected or self.flow.write_paused or self.transport.is_closing():
            return False
        head_only, keep_alive = self.scope["method"] == "HEAD", self.keep_alive
        self.transport.write(
            written(reply, self.date_line, head_only=head_only, keep_alive=keep_alive)
        )
        self.response_started = self.response_complete = True
        self.message_event.set()
        # They hold this object, which holds them: garbage that only a collection would find, at 40 % of a request's cost.
        self.scope["extensions"] = {}
        if not keep_alive:
            self.transport.close()
        self.on_response()
        return True

    def cut(self, *, reset: bool) -> None:
        """End the connection in the middle of an answer or before it (``wire.CUT``), with ``reset`` by a TCP reset."""
        if self.disconnected:
            return
        self.response_started = self.response_complete = True
        self.keep_alive = False
        self.message_event.set()
        if reset:
            raw = self.transport.get_extra_info("socket")
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        else:
            self.transport.close()
        self.on_response()

    async def send(self, message: Any) -> None:
        """Take one ASGI message; it goes nowhere where nobody listens any more."""
        if self.flow.write_paused and not self.disconnected:
            try:
                await self.flow.drain()
            except asyncio.CancelledError:  # the grace of a stopping server is over
                self.transport.abort()
        # uvicorn tells the last request of a connection only, and uvloop raises at a write
        if self.transport.is_closing():
            self.disconnected = True
        await super().send(message)


def written(reply: Reply, date_line: bytes, *, head_only: bool, keep_alive: bool) -> bytes:
    """Return an answer as bytes: the head with its length, and the body where there is one to send."""
    status, ready, body, trace = reply
    head = ready.head or _head(ready)
    if trace:
        trace = b"x-mock-trace: %b\r\n" % trace
    length = b"" if ready.bodiless else b"content-length: %d\r\n" % len(body)
    end = b"\r\n" if keep_alive else b"connection: close\r\n\r\n"
    if head_only or ready.bodiless:
        body = b""
    return b"".join((STATUS_LINE[status], date_line, head, trace, length, end, body))


def _head(ready: Ready) -> bytes:
    """Return the headers of an answer as they are written, and keep them."""
    ready.head = header_lines(ready.sent)
    return ready.head


def header_lines(headers: list[HeaderPair] | tuple[HeaderPair, ...]) -> bytes:
    """Return header lines; what would end a line early is blanked."""
    return b"".join(
        b"%b: %b\r\n" % (name, value.translate(_UNPRINTABLE)) for name, value in headers
    )
