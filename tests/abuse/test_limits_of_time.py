"""What a client may take its time with, on one server at once, because each of these takes seconds."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.abuse.raw import statuses_of
from tests.abuse.test_raw_requests import DOCUMENT, FIXTURES, HOST, JSON, LAST, expect_good
from tests.running import Server, serving

HALF_HEAD = b"GET /pets HTTP/1.1\r\nHost: lo"
HALF_BODY = b"POST /pets HTTP/1.1\r\n" + HOST + JSON + b"Content-Length: 50\r\n\r\nab"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "fixtures.yaml").write_text(FIXTURES)
    with serving(tmp_path / "openapi.yaml", "--fixtures", tmp_path / "fixtures.yaml") as running:
        yield running


def wait_for_close(connection: socket.socket, drip: bytes = b"") -> tuple[list[int], float]:
    """Return the statuses that come and the seconds until the server closes, while bytes drip in."""
    began = time.perf_counter()
    connection.settimeout(1)
    received = b""
    while True:
        try:
            chunk = connection.recv(65536)
        except TimeoutError:
            try:
                connection.sendall(drip)
            except OSError:
                break
            continue
        except ConnectionError:
            break
        if not chunk:
            break
        received += chunk
    return statuses_of(received), time.perf_counter() - began


def test_nobody_keeps_a_connection_by_being_slow(server: Server) -> None:
    # name: (sent at once, sent again each second, statuses, seconds)
    clients = {
        "half a head": (HALF_HEAD, b"", [408], 10.5),
        "a head in drops": (HALF_HEAD, b"c", [408], 10.5),
        "half a body": (HALF_BODY, b"", [408], 20.5),
        "a body in drops": (HALF_BODY, b"c", [408], 20.5),
        "an idle connection": (LAST.replace(b"close", b"keep-alive"), b"", [200], 17.5),
    }
    found: dict[str, tuple[list[int], float]] = {}

    def run(name: str) -> None:
        sent, drip, _, _ = clients[name]
        with socket.create_connection(("127.0.0.1", server.port)) as connection:
            connection.sendall(sent)
            found[name] = wait_for_close(connection, drip)

    threads = [threading.Thread(target=run, args=(name,)) for name in clients]
    for thread in threads:
        thread.start()
    idle = [socket.create_connection(("127.0.0.1", server.port)) for _ in range(500)]
    expect_good(server)
    for thread in threads:
        thread.join(40)
    for connection in idle:
        connection.close()
    expect_good(server)
    for name, (_, _, statuses, seconds) in clients.items():
        assert found[name][0] == statuses, name
        assert found[name][1] < seconds, name


def test_a_client_that_does_not_read_stops_nobody(server: Server) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as greedy:
        greedy.settimeout(1)
        try:
            while True:
                greedy.sendall(LAST.replace(b"close", b"keep-alive") * 1000)
        except TimeoutError:
            pass  # the server does not read on while its answers are not taken
        expect_good(server)
    expect_good(server)


def test_what_is_in_flight_at_sigterm_is_answered(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "fixtures.yaml").write_text(FIXTURES.replace("200ms", "1s"))
    connections = []
    with serving(tmp_path / "openapi.yaml", "--fixtures", tmp_path / "fixtures.yaml") as server:
        for _ in range(20):
            connection = socket.create_connection(("127.0.0.1", server.port), timeout=10)
            connection.sendall(b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n")
            connections.append(connection)
        expect_good(server)  # on a later connection: those before it have been accepted
    for connection in connections:
        with connection:
            assert wait_for_close(connection)[0] == [200]
