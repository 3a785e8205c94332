"""Faults on the wire, as bytes; and what an ASGI server that lends no connection answers instead."""

import asyncio
import json
import socket
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mockserver.messages import HttpResponse
from mockserver.mocking.decision import WireFault
from mockserver.server.cycle import Cycle
from mockserver.server.faults import send_faulty
from mockserver.server.wire import CUT, Message
from tests.running import Server, serving
from tests.server.asgi import Running, answer, asked, contract_of
from tests.server.test_protocol import GET, Connection

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {'200': {description: OK, content: {application/json: {example: [cat, dog]}}}}
"""
FIXTURES = """\
version: 1
scenarios:
  reset: {fault: connection-reset}
  empty: {fault: empty-response}
  malformed: {fault: malformed-body}
  truncated: {fault: truncated-body}
  drip: {fault: {type: drip, over: 300ms, pieces: 4}}
  second: {fault: {type: empty-response, every: 2}}
  flaky: {fault: {type: empty-response, percentage: 50}}
  limited: {fault: {rate-limit: {limit: 2, window: 5m}}}
"""
BODY = b'["cat","dog"]'


@pytest.fixture(scope="module", params=["--fast-lane", "--no-fast-lane"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("faults")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "all.yaml").write_text(FIXTURES)
    lane: str = request.param
    with serving(folder / "openapi.yaml", "--seed", "wire", lane) as running:
        yield running


def read(server: Server, scenario: str, *, session: str = "a", times: int = 1) -> bytes:
    """Send a request that many times over one connection, all at once, and return all bytes until its end."""
    head = f"GET /~{scenario}@{session}/pets HTTP/1.1\r\nHost: localhost\r\n"
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=20)) as connection:
        last = (head + "Connection: close\r\n\r\n").encode()
        connection.sendall((head + "\r\n").encode() * (times - 1) + last)
        received = b""
        while more := connection.recv(65536):
            received += more
        return received


def test_an_empty_response_is_no_byte(server: Server) -> None:
    assert read(server, "empty") == b""


def test_a_reset_is_a_reset(server: Server) -> None:
    with pytest.raises(ConnectionResetError):
        read(server, "reset")


def test_a_malformed_body_is_good_http(server: Server) -> None:
    head, _, body = read(server, "malformed").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert b"content-length: %d" % len(body) in head.lower()
    assert body == b'["cat"\xff\xfe<{"'


def test_a_truncated_body_ends_before_its_length(server: Server) -> None:
    head, _, body = read(server, "truncated").partition(b"\r\n\r\n")
    assert b"content-length: %d" % len(BODY) in head.lower()
    assert b"fault truncated-body (scenario truncated)" in head
    assert body == BODY[: len(BODY) // 2]


def test_a_body_drips_and_is_whole(server: Server) -> None:
    assert read(server, "drip").endswith(b"\r\n\r\n" + BODY)


def test_answers_before_a_fault_arrive_and_requests_behind_it_are_dropped(server: Server) -> None:
    received = read(server, "second", session="p", times=3)
    assert received.count(b"HTTP/1.1 200 ") == 1
    assert received.endswith(BODY)


def test_the_same_seed_and_session_meet_the_same_faults(server: Server) -> None:
    # The session is new for each server; both lanes, two servers of one seed, must draw what is written here.
    seen = "".join("x" if not read(server, "flaky", session="seeded") else "." for _ in range(16))
    assert seen == ".xxxx....x.x.x.x"


def test_a_limit_holds_on_the_wire(server: Server) -> None:
    seen = [server.send("GET", "/~limited@l/pets") for _ in range(3)]
    assert [got.status for got in seen] == [200, 200, 429]
    assert seen[2].headers["x-mock-error"] == "rate-limited"
    assert 290 <= int(seen[2].headers["retry-after"]) <= 300
    assert seen[0].headers["ratelimit"] == '"scenario";r=1;t=300'


# In process


@pytest.fixture
def running(tmp_path: Path) -> Running:
    return Running(contract_of(tmp_path, DOCUMENT, FIXTURES))


@pytest.mark.parametrize("scenario", ["reset", "empty", "truncated"])
def test_another_asgi_server_says_what_it_cannot_do(running: Running, scenario: str) -> None:
    got = running.ask("GET", f"/~{scenario}/pets")
    assert got.status == 501
    assert got.headers[b"x-mock-error"] == b"fault-not-possible"
    assert got.headers[b"x-mock-scenario"] == scenario.encode()
    assert "which this ASGI server does not lend" in json.loads(got.body)["detail"]
    assert running.last.status == 501
    assert running.last.error == "fault-not-possible"
    assert running.last.why.endswith("not possible on this ASGI server")


def test_another_asgi_server_drips(running: Running) -> None:
    got = running.ask("GET", "/~drip/pets")
    assert [message.get("body") for message in got.messages[1:]] == [
        b'["c',
        b'at"',
        b',"d',
        b'og"]',
    ]
    assert running.last.why.endswith("fault drip (scenario drip)")


def test_the_journal_says_the_fault(running: Running) -> None:
    request = asked("GET", "/~truncated/pets")
    resets: list[bool] = []
    request.scope["extensions"] = {CUT: lambda *, reset: resets.append(reset)}
    got = answer(running.app, request)
    assert resets == [False]
    assert got.messages[-1] == {
        "type": "http.response.body",
        "body": BODY[: len(BODY) // 2],
        "more_body": True,
    }
    assert running.last.why.endswith("fault truncated-body (scenario truncated)")


def test_the_pauses_between_drips_add_up() -> None:
    async def spent() -> float:
        async def send(_: Message) -> None: ...

        loop = asyncio.get_running_loop()
        begun = loop.time()
        await send_faulty(send, None, HttpResponse(200, (), b"abcde"), WireFault("drip", 0.3, 4))
        return loop.time() - begun

    assert 0.29 < asyncio.run(spent()) < 5


def test_a_stopping_server_drips_no_more() -> None:
    sent: list[Message] = []

    async def stop() -> None:
        arrived = asyncio.Event()

        async def send(message: Message) -> None:
            sent.append(message)
            if message.get("body"):
                arrived.set()

        fault = WireFault("drip", 600.0, 5)
        task = asyncio.create_task(send_faulty(send, None, HttpResponse(200, (), b"abcde"), fault))
        await arrived.wait()
        task.cancel()
        await task

    asyncio.run(stop())
    assert b"".join(message.get("body", b"") for message in sent) == b"abcde"
    assert sent[-1]["more_body"] is False


def test_who_has_gone_is_not_cut_off() -> None:
    async def run() -> None:
        connection = Connection()
        connection.answer.clear()
        connection.protocol.data_received(GET)
        connection.protocol.cycle.disconnected = True
        cycle = connection.protocol.cycle
        assert isinstance(cycle, Cycle)
        cycle.cut(reset=False)
        assert connection.transport.ended == ""
        connection.protocol.cycle.disconnected = False
        connection.answer.set()

    asyncio.run(run())
