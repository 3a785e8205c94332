"""The fast lane and ASGI: the same status, headers and bytes for every golden case."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection
from pathlib import Path

import pytest
import uvicorn
from uvicorn.server import ServerState

from mockserver.errors import Finding, StoreError
from mockserver.messages import HttpRequest
from mockserver.server import memory as memory_module
from mockserver.server.fast_lane import FastLane
from mockserver.server.memory import LONGEST, Memory
from mockserver.server.protocol import Patrol
from mockserver.state.store import MemoryStore, Session
from tests.golden.cases import Setup, cases, setups
from tests.running import Answered, exchange, serving
from tests.server.asgi import Running, contract_of
from tests.server.test_protocol import Transport

_OF_THIS_ANSWER = ("date", "x-mock-trace")  # of one moment, of one run


def comparable(answer: Answered) -> Answered:
    headers = {
        name: value if name not in _OF_THIS_ANSWER else "…"
        for name, value in answer.headers.items()
    }
    return answer._replace(headers=headers)


@pytest.fixture(scope="module", params=list(setups()), ids=lambda setup: setup.name)
def setup(request: pytest.FixtureRequest) -> Setup:
    found: Setup = request.param
    return found


@pytest.fixture(scope="module")
def connections(
    setup: Setup, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[HTTPConnection]]:
    """Return a connection to a server with the fast lane, and to one without."""
    arguments = setup.write(tmp_path_factory.mktemp(setup.name))
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving(*arguments, "--seed", "both", lane))
            for lane in ("--fast-lane", "--no-fast-lane")
        ]
        yield [stack.enter_context(closing(server.connect())) for server in servers]


def test_both_ways_answer_alike(setup: Setup, connections: Sequence[HTTPConnection]) -> None:
    asked = [case for case in cases() if (case.setup.name == setup.name)]
    assert asked
    for case in asked:
        # Three times: the first is decided, the second repeated, and sequences move on.
        for _ in range(3):
            fast, slow = (
                comparable(exchange(connection, *case.exchange)) for connection in connections
            )
            assert fast == slow, case.name
            assert list(fast.headers) == list(slow.headers), case.name


DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {'200': {description: OK, content: {application/json: {example: [cat]}}}}
"""
GET = b"GET /pets HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(contract_of(tmp_path, DOCUMENT))


def fast(running: Running, memory: Memory) -> tuple[FastLane, Transport]:
    """Return a connection of the fast lane in process."""
    config = uvicorn.Config(running.app, log_config=None)
    config.load()
    lane = FastLane(
        config,
        ServerState(),
        {},
        asyncio.get_running_loop(),
        patrol=Patrol(max_body=1000),
        exchanges=running.app.exchanges,
        memory=memory,
        control_prefix="/__mock",
    )
    transport = Transport()
    transport.protocol = lane
    lane.connection_made(transport)
    return lane, transport


def test_while_answers_are_not_taken_requests_wait_their_turn(running: Running) -> None:
    async def run() -> None:
        lane, transport = fast(running, Memory())
        for _ in range(3):
            lane.data_received(GET)
        assert transport.written.count(b"200 OK") == 3
        lane.pause_writing()
        lane.data_received(GET)
        await turns()
        assert transport.written.count(b"200 OK") == 3
        lane.resume_writing()
        await turns()
        assert transport.written.count(b"200 OK") == 4

    asyncio.run(run())


def test_nothing_is_written_to_a_client_that_went_away(running: Running) -> None:
    async def run() -> None:
        lane, transport = fast(running, Memory())
        transport.abort()
        lane.data_received(GET)
        assert transport.written == b""

    asyncio.run(run())


def test_after_a_reload_a_known_request_is_known_anew(running: Running) -> None:
    async def run() -> None:
        lane, transport = fast(running, Memory())
        for _ in range(3):
            lane.data_received(GET)
        running.app.use(running.app.exchanges.served.mock)
        for _ in range(3):
            lane.data_received(GET)
        assert transport.written.count(b"200 OK") == 6

    asyncio.run(run())


def test_memory_is_bounded_and_keeps_what_comes_twice(
    running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory_module, "_KEPT", 2)
    monkeypatch.setattr(memory_module, "_SEEN", 3)
    memory = Memory()
    known = running.app.exchanges.know(HttpRequest("GET", b"/pets"))
    memory.keep(b"a", known)
    assert memory.find(b"a") is None
    memory.keep(b"a", known)
    assert memory.find(b"a") is known
    for data in (b"b", b"c", b"b", b"c"):
        memory.keep(data, known)
    assert memory.find(b"a") is None
    assert memory.find(b"c") is known
    for data in (b"d", b"b"):  # the fourth name makes them forget whom they saw
        memory.keep(data, known)
    assert memory.find(b"b") is None


def test_a_connection_holds_no_request_that_is_answered(running: Running) -> None:
    long = GET.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * LONGEST + b"\r\n\r\n")

    async def run() -> None:
        lane, transport = fast(running, Memory())
        for data in (GET, GET + GET, long, GET[:9], GET[9:]):
            lane.data_received(data)
            assert not lane._answered
        assert transport.written.count(b"HTTP/1.1 ") == 5

    asyncio.run(run())


def test_a_long_request_is_not_kept(running: Running) -> None:
    memory = Memory()
    request = HttpRequest("GET", b"/pets", headers=((b"x", b"y" * LONGEST),))
    served = running.app.exchanges.served
    known = [memory.known(served, request) for _ in range(3)]
    assert known[0] is not known[1] is not known[2]
    running.ask("POST", "/pets", body=b"x" * (LONGEST + 1))
    assert running.last.status == 405


def test_what_fails_at_once_is_left_to_the_other_way(tmp_path: Path) -> None:
    class Gone(MemoryStore):
        def session(self, name: str) -> Session:
            raise StoreError(Finding("gone", f"no session {name}"))

    exchanges = Running(contract_of(tmp_path, DOCUMENT), store=Gone()).app.exchanges
    assert exchanges.at_once(exchanges.know(HttpRequest("GET", b"/pets"))) is None


def test_headers_made_ready_are_bounded(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mockserver.server.exchanges._READY_LIMIT", 2)
    for number in range(5):
        answer = running.ask("GET", "/pets", [(b"origin", b"http://localhost:%d" % number)])
        assert answer.headers[b"access-control-allow-origin"] == b"http://localhost:%d" % number
    assert len(running.app.exchanges.served.ready) <= 2


async def turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)
