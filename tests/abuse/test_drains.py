"""SIGTERM while requests are on their way: those that were accepted are answered, and the end comes in time with status 0."""

import signal
import socket
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.abuse.raw import statuses_of
from tests.abuse.test_raw_requests import DOCUMENT, FIXTURES, GOOD, HOST, JSON, expect_good
from tests.abuse.thorough import THOROUGH
from tests.running import Server, serving

SLOW = b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n"
ADD = b"POST /pets HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 5\r\n\r\n"
COUNT = 20


class Drain(NamedTuple):
    """What is under way when the signal comes.

    Attributes:
        before: Sent on each of twenty connections before it.
        after: Sent after it.
        statuses: What each connection gets.
        seconds: Until the process has ended.
    """

    name: str
    before: bytes
    after: bytes
    statuses: Sequence[int]
    seconds: float


DRAINS = [
    Drain("slow answers", SLOW, b"", [200], 10),
    Drain("pipelined slow answers", SLOW * 3, b"", [200] * 3, 10),
    Drain("a body that is complete after the signal", ADD + b'"c', b'at"', [201], 10),
    Drain("idle connections", GOOD, b"", [200], 10),
    Drain("half a head, never completed", GOOD + GOOD[:20], b"", [200], 20),
    Drain("half a body, never completed", ADD, b"", [503], 20),
]


LANES = ["--fast-lane", "--no-fast-lane"] if THOROUGH else ["--fast-lane"]


@pytest.mark.parametrize("fast_lane", LANES)
@pytest.mark.parametrize("drain", DRAINS, ids=[drain.name for drain in DRAINS])
def test_what_was_accepted_is_answered(tmp_path: Path, drain: Drain, fast_lane: str) -> None:
    def during(server: Server, connections: Sequence[socket.socket]) -> None:
        for connection in connections:
            connection.sendall(drain.before)
        expect_good(server)  # on a later connection: what came before has been taken

    def after(connections: Sequence[socket.socket]) -> None:
        for connection in connections:
            connection.sendall(drain.after)

    seen, seconds = _drain(tmp_path, during, after, fast_lane)
    assert seen == [list(drain.statuses)] * COUNT
    assert seconds < drain.seconds


def test_clients_that_take_nothing_do_not_hold_the_server(tmp_path: Path) -> None:
    def during(server: Server, connections: Sequence[socket.socket]) -> None:
        for connection in connections:
            connection.settimeout(0.2)
            try:
                while True:
                    connection.sendall(GOOD * 2000)
            except TimeoutError:
                pass
        expect_good(server)

    _, seconds = _drain(tmp_path, during, lambda _: None, "--fast-lane", read=False, count=3)
    assert seconds < 20


def test_an_interrupt_ends_it_too(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    with serving(tmp_path / "openapi.yaml") as server:
        server.process.send_signal(signal.SIGINT)
        server.process.wait(10)
    assert server.process.returncode == 0
    assert "Traceback" not in server.log


def _drain(
    folder: Path,
    during: Callable[[Server, Sequence[socket.socket]], None],
    after: Callable[[Sequence[socket.socket]], None],
    fast_lane: str,
    *,
    read: bool = True,
    count: int = COUNT,
) -> tuple[list[list[int]], float]:
    """Return what each connection got, and how long the end took."""
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures.yaml").write_text(FIXTURES.replace("200ms", "1s"))
    documents = folder / "openapi.yaml", "--fixtures", folder / "fixtures.yaml"
    received: dict[int, bytes] = {}

    def listen(number: int, connection: socket.socket) -> None:
        connection.settimeout(25)
        data = b""
        try:
            while chunk := connection.recv(65536):
                data += chunk
        except OSError:
            pass
        received[number] = data

    with ExitStack() as stack:
        with serving(*documents, fast_lane) as server:
            connections = [
                stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
                for _ in range(count)
            ]
            during(server, connections)
            began = time.perf_counter()
            server.process.send_signal(signal.SIGTERM)
            after(connections)
            readers = [
                threading.Thread(target=listen, args=pair) for pair in enumerate(connections)
            ]
            for reader in readers if read else ():
                reader.start()
            server.process.wait(30)
            seconds = time.perf_counter() - began
        for reader in readers if read else ():
            reader.join()
    assert "Traceback" not in server.log
    return [statuses_of(received[number]) for number in sorted(received)], seconds
