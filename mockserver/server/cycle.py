"""One request at the application: uvicorn's cycle, with a shorter way for the head of an answer."""

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from mockserver.messages import HeaderPair

_SLOW = frozenset((b"connection", b"transfer-encoding"))


class Cycle(RequestResponseCycle):
    """Writes the head of an answer whose length is known with one look at all of it instead of two at each header."""

    async def send(self, message: Any) -> None:
        """Take one ASGI message."""
        if self.response_started or self.disconnected or self.flow.write_paused:
            await super().send(message)
            return
        headers: list[HeaderPair] = [*self.default_headers, *message.get("headers", ())]
        names = [name for name, _ in headers]
        if not _SLOW.isdisjoint(names) or b"content-length" not in names:
            await super().send(message)
            return
        lines = [b"%b: %b\r\n" % pair for pair in headers]
        if not self.keep_alive:
            lines.append(b"connection: close\r\n")
        head = b"".join((STATUS_LINE[message["status"]], *lines, b"\r\n"))
        if head.count(b"\n") != len(lines) + 2 or head.count(b"\r") != len(lines) + 2:
            await super().send(message)  # which refuses it: a value would begin another line
            return
        self.response_started = True
        self.waiting_for_100_continue = False
        self.chunked_encoding = False
        self.expected_content_length = int(headers[names.index(b"content-length")][1])
        self.transport.write(head)
