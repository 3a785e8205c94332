"""Clients that keep on: each shape sends until it is told to stop, and counts what was answered and what was lost.

A shape is a coroutine over one connection or a series of them; a row runs many of it at once.
"""

import asyncio
import itertools
import socket
import struct
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from time import perf_counter
from typing import NamedTuple

from tests.abuse.raw import PATIENCE

HOST = b"Host: localhost\r\n"
JSON = b"Content-Type: application/json\r\n"


def ask(method: bytes, target: bytes, *headers: bytes, body: bytes = b"") -> bytes:
    lines = b"".join(header + b"\r\n" for header in headers)
    length = b"Content-Length: %d\r\n" % len(body) if body else b""
    return method + b" " + target + b" HTTP/1.1\r\n" + HOST + lines + length + b"\r\n" + body


PETS = ask(b"GET", b"/pets")
SLOW = ask(b"GET", b"/slow")
ADD = ask(b"POST", b"/pets", JSON[:-2], body=b'"cat"')


@dataclass
class Tally:
    """What the clients of one row saw.

    Attributes:
        statuses: Of complete answers.
        lost: Why an answer that was due did not come; nothing should be here.
        taken: Seconds of answers that somebody timed.
    """

    port: int
    statuses: Counter[int] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    taken: list[float] = field(default_factory=list)
    over: bool = False
    number: "itertools.count[int]" = field(default_factory=itertools.count)
    open: "set[Line]" = field(default_factory=set)


class Line:
    """One connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: "set[Line]"
    ) -> None:
        self.reader = reader
        self.writer = writer
        self._kept = kept
        kept.add(self)

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def answer(self, *, head: bool = False) -> int:
        """Return the status of the next complete answer."""
        async with asyncio.timeout(PATIENCE):
            lines = (await self.reader.readuntil(b"\r\n\r\n")).split(b"\r\n")
            status = int(lines[0].split()[1])
            length = 0
            for line in lines[1:]:
                name, _, value = line.partition(b":")
                if name.lower() == b"content-length":
                    length = int(value)
            if not head and status not in (100, 204, 304):
                await self.reader.readexactly(length)
            return status

    async def ended(self) -> bytes:
        """Return what still comes until the server closes."""
        async with asyncio.timeout(PATIENCE):
            return await self.reader.read()

    async def reset(self) -> None:
        """Go away without goodbye."""
        raw: socket.socket = self.writer.get_extra_info("socket")
        if not self.writer.is_closing():
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()
        await self.close()

    async def close(self) -> None:
        self._kept.discard(self)
        self.writer.close()
        with suppress(OSError):
            await self.writer.wait_closed()


async def connect(tally: Tally) -> Line:
    return Line(*await asyncio.open_connection("127.0.0.1", tally.port, limit=2**24), tally.open)


Shape = Callable[[Tally], Awaitable[None]]


def kept_alive(make: Callable[[int], bytes], *, head: bool = False) -> Shape:
    """Return a client that asks one request after the other on one connection."""

    async def run(tally: Tally) -> None:
        line = await connect(tally)
        while not tally.over:
            began = perf_counter()
            line.send(make(next(tally.number)))
            tally.statuses[await line.answer(head=head)] += 1
            tally.taken.append(perf_counter() - began)
        await line.close()

    return run


def each_alone(make: Callable[[int], bytes]) -> Shape:
    """Return a client that makes a connection for every request."""

    async def run(tally: Tally) -> None:
        while not tally.over:
            line = await connect(tally)
            line.send(make(next(tally.number)))
            tally.statuses[await line.answer()] += 1
            await line.close()

    return run


def pipelined(count: int, make: Callable[[int], bytes]) -> Shape:
    """Return a client that sends many at once and reads their answers after."""

    async def run(tally: Tally) -> None:
        line = await connect(tally)
        while not tally.over:
            line.send(b"".join(make(next(tally.number)) for _ in range(count)))
            for _ in range(count):
                tally.statuses[await line.answer()] += 1
        await line.close()

    return run


def rudely(data: bytes, *, reset: bool, wait: bool = False) -> Shape:
    """Return a client that goes away before its answer, again and again."""

    async def run(tally: Tally) -> None:
        while not tally.over:
            line = await connect(tally)
            line.send(data)
            if wait:
                await line.writer.drain()
                await asyncio.sleep(0)
            if reset:
                await line.reset()
            else:
                await line.close()

    return run


def refused(data: bytes, status: int) -> Shape:
    """Return a client whose every request is refused, and whose connection then ends."""

    async def run(tally: Tally) -> None:
        while not tally.over:
            line = await connect(tally)
            line.send(data)
            tally.statuses[await line.answer()] += 1
            if rest := await line.ended():
                tally.lost.append(f"after {status}: {rest[:60]!r}")
            await line.close()

    return run


def in_pieces(pieces: Iterable[bytes]) -> Shape:
    """Return a client that sends one request in pieces, each in a packet of its own."""
    parts = list(pieces)

    async def run(tally: Tally) -> None:
        line = await connect(tally)
        line.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while not tally.over:
            for part in parts:
                line.send(part)
                await line.writer.drain()
                await asyncio.sleep(0)
            tally.statuses[await line.answer()] += 1
        await line.close()

    return run


async def half_closing(tally: Tally) -> None:
    """Close our side after each request, and still want its answer."""
    while not tally.over:
        line = await connect(tally)
        line.send(PETS * 3)
        line.writer.write_eof()
        for _ in range(3):
            tally.statuses[await line.answer()] += 1
        if await line.ended():
            tally.lost.append("more than was asked for")
        await line.close()


async def reading_slowly(tally: Tally) -> None:
    """Take a large answer in small bites, with pauses."""
    while not tally.over:
        line = await connect(tally)
        raw: socket.socket = line.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 16384)
        line.send(ask(b"GET", b"/large", b"Connection: close"))
        size = 0
        while chunk := await line.reader.read(65536):
            size += len(chunk)
            if size < 50_000:
                await asyncio.sleep(0.001)
        if size < 1_000_000:
            tally.lost.append(f"{size} bytes of a megabyte")
        tally.statuses[200] += 1
        await line.close()


async def expecting(tally: Tally) -> None:
    """Wait for 100 Continue before every body."""
    head = ask(b"POST", b"/pets", JSON[:-2], b"Expect: 100-continue", b"Content-Length: 5")
    line = await connect(tally)
    while not tally.over:
        line.send(head)
        if await line.answer() == 100:
            line.send(b'"cat"')
            tally.statuses[await line.answer()] += 1
        else:
            tally.lost.append("no 100")
            return
    await line.close()


async def hanging_about(tally: Tally) -> None:
    """Hold connections that say nothing, or half of something, and ask on another one meanwhile."""
    held = [await connect(tally) for _ in range(10)]
    for line in held[::2]:
        line.send(b"GET /pets HTTP/1.1\r\nHo")
    await kept_alive(lambda _: PETS)(tally)
    for line in held:
        await line.reset()


async def never_reading(tally: Tally) -> None:
    """Send on and on and take nothing, beside one that is answered."""
    line = await connect(tally)
    line.reader._transport.pause_reading()  # type: ignore[attr-defined]
    line.send(ask(b"GET", b"/large") * 200)
    await kept_alive(lambda _: PETS)(tally)
    await line.reset()


class Row(NamedTuple):
    """One kind of load.

    Attributes:
        clients: At once.
        statuses: The only ones that may come; none where nobody waits for answers.
    """

    name: str
    shape: Shape
    clients: int
    statuses: tuple[int, ...]


def _numbered(template: bytes) -> Callable[[int], bytes]:
    return lambda number: template.replace(b"{n}", b"%d" % number)


def _bodies(number: int) -> bytes:
    return ask(b"POST", b"/pets", JSON[:-2], body=b'"' + b"x" * (number % 1900) + b'"')


_CHUNKS = [b"POST /pets HTTP/1.1\r\n" + HOST + JSON + b"Transfer-Encoding: chunked\r\n\r\n", *[b"1\r\n%c\r\n" % byte for byte in b'"cat"'], b"0\r\n\r\n"]  # fmt: skip

ROWS = [
    Row("kept alive", kept_alive(lambda _: PETS), 16, (200,)),
    Row("kept alive, 200 clients", kept_alive(lambda _: PETS), 200, (200,)),
    Row("a connection each", each_alone(lambda _: PETS), 8, (200,)),
    Row("a connection each, closed by the server", each_alone(lambda _: ask(b"GET", b"/pets", b"Connection: close")), 8, (200,)),
    Row("pipelined", pipelined(50, lambda _: PETS), 8, (200,)),
    Row("pipelined behind slow ones", pipelined(5, lambda number: PETS if number % 5 else SLOW), 8, (200,)),
    Row("pipelined bodies", pipelined(20, _bodies), 8, (201,)),
    Row("slow answers", kept_alive(lambda _: SLOW), 50, (200,)),
    Row("different queries", kept_alive(_numbered(ask(b"GET", b"/pets?n={n}"))), 8, (200,)),
    Row("different paths, none of them known", kept_alive(_numbered(ask(b"GET", b"/none/{n}"))), 8, (404,)),
    Row("different sessions", kept_alive(_numbered(ask(b"GET", b"/pets", b"X-Mock-Session: s{n}"))), 8, (200,)),
    Row("different origins", kept_alive(_numbered(ask(b"GET", b"/pets", b"Origin: http://localhost:{n}"))), 8, (200,)),
    Row("large heads", kept_alive(_numbered(ask(b"GET", b"/pets", b"X-Large: " + b"a" * 20_000 + b"{n}"))), 8, (200,)),
    Row("bodies of all lengths", kept_alive(_bodies), 8, (201,)),
    Row("bodies that break the document", kept_alive(lambda number: ask(b"POST", b"/pets", JSON[:-2], body=b"1%09d" % number)), 8, (422,)),
    Row("bodies beyond the bound", kept_alive(lambda _: ask(b"POST", b"/pets", JSON[:-2], body=b" " * 3000)), 8, (413,)),
    Row("chunks of one byte", in_pieces(_CHUNKS), 8, (201,)),
    Row("heads in single bytes", in_pieces([bytes([byte]) for byte in PETS]), 8, (200,)),
    Row("100 Continue", expecting, 8, (201,)),
    Row("HEAD", kept_alive(lambda _: ask(b"HEAD", b"/large"), head=True), 8, (200,)),
    Row("preflights", kept_alive(lambda _: ask(b"OPTIONS", b"/pets", b"Origin: http://localhost", b"Access-Control-Request-Method: GET")), 8, (204, 200)),
    Row("generated bodies", kept_alive(lambda _: ask(b"GET", b"/made?__dynamic=true")), 8, (200,)),
    Row("readiness", kept_alive(lambda _: ask(b"GET", b"/__mock/ready")), 8, (200,)),
    Row("large answers", kept_alive(lambda _: ask(b"GET", b"/large")), 4, (200,)),
    Row("large answers, read slowly", reading_slowly, 8, (200,)),
    Row("large answers that nobody reads", never_reading, 4, (200,)),
    Row("half-closed", half_closing, 8, (200,)),
    Row("half-open", hanging_about, 16, (200,)),
    Row("refused", refused(b"nonsense\r\n\r\n", 400), 8, (400,)),
    Row("refused for a head too large", refused(ask(b"GET", b"/pets", b"X: " + b"a" * 70_000), 431), 4, (431,)),
    Row("a TLS handshake", refused(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100) + b"\r\n\r\n", 400), 4, (400,)),
    Row("gone before the answer", rudely(PETS * 5, reset=True, wait=True), 8, ()),
    Row("gone during a slow answer", rudely(SLOW, reset=True, wait=True), 8, ()),
    Row("gone in the middle of a head", rudely(PETS[:20], reset=False), 8, ()),
    Row("gone in the middle of a body", rudely(ADD[:-2], reset=True, wait=True), 8, ()),
    Row("gone at once", rudely(b"", reset=True), 8, ()),
]  # fmt: skip


async def run_row(row: Row, port: int, seconds: float) -> Tally:
    """Let the clients of a row go on for so long, and return what they saw."""
    tally = Tally(port)

    async def client() -> None:
        try:
            await row.shape(tally)
        except (OSError, EOFError, TimeoutError, ValueError) as error:
            tally.lost.append(repr(error))

    clients = [asyncio.create_task(client()) for _ in range(row.clients)]
    await asyncio.wait(clients, timeout=seconds)
    tally.over = True
    await asyncio.gather(*clients)
    for line in list(tally.open):
        await line.reset()
    return tally
