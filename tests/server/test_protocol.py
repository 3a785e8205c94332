"""One connection in process: what time, ends and broken bytes do to it. Most rows are over sockets (``tests/abuse``)."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from typing import Any, cast

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver.server import protocol as of
from mockserver.server.cycle import Bell, Cycle
from mockserver.server.exchanges import Ready, Reply
from mockserver.server.protocol import Patrol, Protocol
from mockserver.server.wire import REPLY, Message, Receive, Scope, Send

GET = b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n"
POST = b"POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"


class Transport(asyncio.Transport):
    """Remembers what was done to it."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: asyncio.Protocol
        self.written = b""
        self.ended = ""
        self.waiting = 0

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def is_closing(self) -> bool:
        return bool(self.ended)

    def close(self) -> None:
        self._end("closed")

    def abort(self) -> None:
        self._end("aborted")

    def _end(self, how: str) -> None:
        if not self.ended:
            self.ended = how
            asyncio.get_running_loop().call_soon(self.protocol.connection_lost, None)

    def can_write_eof(self) -> bool:
        return True

    def write_eof(self) -> None:
        self.written += b"<eof>"

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def pause_reading(self) -> None: ...

    def resume_reading(self) -> None: ...


class Connection:
    """A protocol on such a transport; the application answers when ``answer`` is set."""

    def __init__(self) -> None:
        self.answer = asyncio.Event()
        self.answer.set()
        self.heard: list[Message] = []
        config = uvicorn.Config(cast("Any", self.app), interface="asgi3", log_config=None)
        config.load()
        self.patrol = Patrol(max_body=1000)
        self.protocol = Protocol(
            config, ServerState(), {}, asyncio.get_running_loop(), patrol=self.patrol
        )
        self.transport = Transport()
        self.transport.protocol = self.protocol
        self.protocol.connection_made(self.transport)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.heard.append(message := await receive())
        while message.get("more_body"):
            self.heard.append(message := await receive())
        await self.answer.wait()
        headers = [(b"content-length", b"2")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b"ok"})

    async def feed(self, data: bytes) -> None:
        self.protocol.data_received(data)
        await self.turn()

    async def turn(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    @property
    def statuses(self) -> list[bytes]:
        lines = self.transport.written.replace(b"ok", b"\r\n").split(b"\r\n")
        return [line.split()[1] for line in lines if line.startswith(b"HTTP/1.1 ")]

    def wait(self, seconds: float) -> None:
        self.protocol.expire(self.protocol.since + seconds)


def connected(test: Callable[[Connection], Awaitable[None]]) -> None:
    """Run a test on a connection."""

    async def run() -> None:
        await test(Connection())

    asyncio.run(run())


@pytest.mark.parametrize(
    ("sent", "seconds", "ended", "statuses"),
    [
        (b"", of.FRESH_SECONDS, "closed", []),
        (b"\r\n\r\n", of.IDLE_SECONDS, "closed", []),
        (GET, of.IDLE_SECONDS, "closed", [b"200"]),
        (b"GET /x HT", of.HEAD_SECONDS, "", [b"408"]),
        (POST + b"5\r\nab", of.BODY_SECONDS, "aborted", []),
        (b"nonsense\r\n\r\n", of.LINGER_SECONDS, "closed", [b"400"]),
    ],
    ids=["fresh", "empty lines", "idle", "head", "body", "lingering"],
)
def test_every_wait_for_the_client_ends(
    sent: bytes, seconds: float, ended: str, statuses: list[bytes]
) -> None:
    async def test(connection: Connection) -> None:
        if sent:
            await connection.feed(sent)
        connection.wait(seconds - 0.1)
        assert connection.transport.ended == ""
        connection.wait(seconds + 0.1)
        assert (connection.transport.ended, connection.statuses) == (ended, statuses)

    connected(test)


def test_a_client_that_takes_nothing_is_left_without_ceremony() -> None:
    async def test(connection: Connection) -> None:
        await connection.feed(GET)
        connection.transport.waiting = 1
        connection.wait(of.IDLE_SECONDS + 1)
        assert connection.transport.ended == "aborted"

    connected(test)


def test_the_application_may_take_its_time() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET)
        connection.wait(of.STUCK_SECONDS + 1)
        connection.protocol.shutdown()
        connection.protocol.cycle.keep_alive = True
        assert connection.transport.ended == ""

    connected(test)


def test_an_answer_that_nobody_takes_is_given_up_in_the_end() -> None:
    async def test(connection: Connection) -> None:
        connection.protocol.pause_writing()
        await connection.feed(GET)
        connection.wait(of.STUCK_SECONDS - 1)
        assert connection.transport.ended == ""
        connection.wait(of.STUCK_SECONDS + 1)
        assert connection.transport.ended == "aborted"

    connected(test)


@pytest.mark.parametrize(
    "flood",
    [b"5\r\nhello\r\n0\r\n" + b"X: y\r\n" * 200_000, b"1\r\na\r\n" * 200_000],
    ids=["trailers", "small chunks"],
)
def test_what_follows_a_head_is_bounded_on_the_wire(flood: bytes) -> None:
    async def test(connection: Connection) -> None:
        await connection.feed(POST)
        await connection.feed(flood)
        assert connection.transport.ended == "aborted"

    connected(test)


def test_a_refusal_waits_for_the_answers_before_it() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET + b"nonsense\r\n\r\n")
        await connection.feed(b"more nonsense")
        assert connection.statuses == []
        connection.answer.set()
        await connection.turn()
        assert connection.statuses == [b"200", b"400"]
        assert connection.transport.written.endswith(b"<eof>")

    connected(test)


def test_a_broken_body_behind_another_request_is_refused_in_its_turn() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET + POST)
        await connection.feed(b"zz\r\n")
        connection.answer.set()
        await connection.turn()
        assert connection.statuses == [b"200", b"400"]

    connected(test)


def test_half_a_request_behind_another_does_not_cost_it_its_answer() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET + POST)
        assert connection.protocol.eof_received()
        connection.answer.set()
        await connection.turn()
        assert (connection.statuses, connection.transport.ended) == ([b"200"], "closed")

    connected(test)


def test_a_body_that_breaks_after_its_answer_began_ends_the_connection() -> None:
    async def test(connection: Connection) -> None:
        await connection.feed(POST)
        connection.protocol.cycle.response_started = True
        await connection.feed(b"zz\r\n")
        assert connection.transport.ended == "closed"

    connected(test)


def test_a_failure_of_ours_is_logged_and_answered(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def test(connection: Connection) -> None:
        monkeypatch.setattr(of, "accepted_target", lambda head: 1 / 0)
        await connection.feed(GET)
        assert connection.statuses == [b"500"]
        assert "failed to read" in caplog.text

    connected(test)


def test_a_stopping_server_takes_the_request_that_is_on_its_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(connection: Connection) -> None:
        monkeypatch.setattr(of, "LAST_SECONDS", 0.0)
        await connection.feed(GET)
        connection.protocol.shutdown()
        connection.protocol.data_received(GET)
        await connection.turn()
        assert connection.statuses == [b"200", b"200"]
        assert b"connection: close" in connection.transport.written
        assert connection.transport.ended == "closed"

    connected(test)


def test_a_stopping_server_answers_what_it_has_and_closes_the_rest(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def test(connection: Connection) -> None:
        monkeypatch.setattr(of, "LAST_SECONDS", 0.0)
        connection.answer.clear()
        await connection.feed(GET)
        connection.protocol.shutdown()
        connection.answer.set()
        await connection.turn()
        assert (connection.statuses, connection.transport.ended) == ([b"200"], "closed")
        idle = Connection()
        idle.protocol.shutdown()
        await idle.turn()
        assert idle.transport.ended == "closed"

    connected(test)


def test_the_patrol_rests_when_nobody_is_there() -> None:
    async def test(connection: Connection) -> None:
        patrol, loop = Patrol(max_body=1, seconds=0.0), asyncio.get_running_loop()
        patrol.begin(loop, {connection.protocol})
        patrol.begin(loop, {connection.protocol})
        await connection.turn()
        nobody: set[object] = set()
        alone = Patrol(max_body=1, seconds=0.0)
        alone.begin(loop, nobody)
        await connection.turn()
        assert alone.now > 0

    connected(test)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ([(b"content-length", b"2"), (b"x", b"y")], b"content-length: 2\r\nx: y\r\n\r\nok"),
        ([(b"x", b"y")], b"x: y\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"),
        ([(b"content-length", b"2"), (b"connection", b"close")], b"connection: close\r\n\r\nok"),
    ],
    ids=["length", "chunks", "close"],
)
def test_a_head_is_written_as_uvicorn_writes_it(
    headers: list[tuple[bytes, bytes]], expected: bytes
) -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET)
        cycle = connection.protocol.cycle
        await cycle.send({"type": "http.response.start", "status": 200, "headers": headers})
        await cycle.send({"type": "http.response.body", "body": b"ok", "more_body": False})
        assert connection.transport.written.endswith(expected)
        assert isinstance(cycle, Cycle)

    connected(test)


def test_a_whole_answer_is_written_at_once_unless_its_client_must_be_waited_for() -> None:
    headers = ((b"x", b"y\r\nz: 1"),)
    reply = Reply(200, Ready((), headers, ()), b"ok", b"")

    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET)
        cycle = connection.protocol.cycle
        assert isinstance(cycle, Cycle)
        connection.protocol.pause_writing()
        assert not cycle.reply(reply)
        connection.protocol.resume_writing()
        cycle.disconnected = True
        assert not cycle.reply(reply)
        assert not connection.transport.written
        cycle.disconnected = False
        cycle.keep_alive = False
        assert REPLY in (cycle.scope["extensions"] or {})
        assert cycle.reply(reply)
        # A value cannot begin a line of its own.
        expected = b"x: y  z: 1\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok"
        assert connection.transport.written.endswith(expected)
        assert connection.transport.ended == "closed"

    connected(test)


class AtOnce(Connection):
    """Answers with a whole reply."""

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        assert scope["extensions"][REPLY](Reply(200, Ready((), (), ()), b"ok", b""))


def test_an_answer_leaves_nothing_that_only_a_collection_finds() -> None:
    async def count() -> int:
        connection = AtOnce()
        for _ in range(3):
            await connection.feed(GET)
        gc.collect()
        before = len(connection.transport.written)
        for _ in range(50):
            await connection.feed(GET)
        assert len(connection.transport.written) > 50 * len("HTTP/1.1 200 OK") + before
        return gc.collect()

    gc.disable()
    try:
        assert asyncio.run(count()) < 50  # it was eight for each
    finally:
        gc.enable()


def test_who_waits_for_more_hears_of_it() -> None:
    async def ring() -> list[str]:
        bell, heard = Bell(), []

        async def wait(name: str) -> None:
            await bell.wait()
            heard.append(name)
            bell.clear()

        first = asyncio.create_task(wait("first"))
        await asyncio.sleep(0)
        assert heard == []
        bell.set()
        await first
        second = asyncio.create_task(wait("second"))
        await asyncio.sleep(0)
        assert heard == ["first"]
        bell.set()
        await second
        bell.set()
        await bell.wait()
        return heard

    assert asyncio.run(ring()) == ["first", "second"]


def test_a_header_that_would_begin_another_line_is_refused() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET)
        headers = [(b"content-length", b"0"), (b"x", b"y\r\nz: 1")]
        with pytest.raises(RuntimeError, match="header value"):
            await connection.protocol.cycle.send(
                {"type": "http.response.start", "status": 200, "headers": headers}
            )

    connected(test)


@pytest.mark.parametrize(
    ("data", "count", "kept"),
    [
        (GET, 1, True),
        (GET.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\nhi"), 1, True),
        (GET + GET, 2, False),
        (GET.replace(b"1.1", b"1.0"), 1, False),
        (GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 1, False),
        (GET.replace(b"\r\n\r\n", b"\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n"), 1, False),
        (GET.replace(b"/x", b"/" + b"x" * 5000), 1, False),
    ],
    ids=["head", "body", "pipelined", "HTTP/1.0", "close", "upgrade", "long"],
)
def test_the_same_bytes_are_the_same_request(*, data: bytes, count: int, kept: bool) -> None:
    async def test(connection: Connection) -> None:
        for number in range(1, 4):
            await connection.feed(data)
            if connection.transport.ended:
                break
            assert connection.statuses == [b"200"] * count * number
        assert (connection.patrol.requests.find(data) is not None) == kept
        assert len(set(map(str, connection.heard))) == 1
        assert connection.protocol._parsed is None

    connected(test)


def test_requests_behind_each_other_write_nothing_where_the_client_went_away() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET + GET)
        first = connection.protocol.pipeline[-1][0] if connection.protocol.pipeline else None
        assert first is not None
        connection.protocol.flow.pause_writing()
        start: Any = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}  # fmt: skip
        sending = asyncio.create_task(first.send(start))
        await asyncio.sleep(0)
        connection.transport.abort()
        connection.protocol.flow.resume_writing()
        await sending
        assert first.disconnected
        assert connection.transport.written == b""

    connected(test)


def test_nothing_is_refused_on_a_connection_that_is_gone() -> None:
    async def test(connection: Connection) -> None:
        connection.transport.abort()
        await connection.feed(b"nonsense\r\n\r\n")
        assert connection.transport.written == b""

    connected(test)


def test_an_answer_that_nobody_takes_is_given_up_where_the_server_stops() -> None:
    async def test(connection: Connection) -> None:
        connection.answer.clear()
        await connection.feed(GET)
        connection.protocol.flow.pause_writing()
        start: Any = {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]}  # fmt: skip
        sending = asyncio.create_task(connection.protocol.cycle.send(start))
        await asyncio.sleep(0)
        sending.cancel()
        await sending
        assert connection.transport.ended == "aborted"
        assert connection.transport.written == b""

    connected(test)
