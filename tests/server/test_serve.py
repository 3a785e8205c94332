"""The server over real sockets: what clients may send, where it may listen, how it is held."""

import errno
import gc
import io
import json
import logging
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from mockserver.errors import SettingsError
from mockserver.fixtures.contract import load_contract
from mockserver.server import serve
from mockserver.server.log import RequestLog, json_line
from mockserver.state.journal import Journal
from tests.server.asgi import settings_of

DOCUMENT = """\
openapi: 3.1.0
info: {title: Echo, version: 1.0.0}
paths:
  /things:
    get:
      operationId: listThings
      responses: {'200': {description: OK, content: {application/json: {example: [1]}}}}
    post:
      operationId: addThing
      requestBody: {content: {application/json: {schema: {type: string}}}}
      responses: {'201': {description: made, content: {application/json: {example: made}}}}
"""


class Server:
    """A server in a thread of this process."""

    def __init__(self, folder: Path) -> None:
        settings = replace(settings_of(folder, DOCUMENT), max_body=1000)
        self.written = io.StringIO()
        self.journal = Journal("t")
        log = RequestLog(self.journal, json_line, self.written.write)
        app, _ = serve.build_app(
            load_contract(settings), settings, "seed", folder, journal=self.journal, request_log=log
        )
        self.listening = serve.listen("127.0.0.1", 0)
        self.address = self.listening.getsockname()
        self.uvicorn = uvicorn.Server(serve.uvicorn_config(app, settings))
        self.thread = threading.Thread(
            target=self.uvicorn.run, kwargs={"sockets": [self.listening]}
        )

    def send(self, *pieces: bytes, until: bytes = b"") -> bytes:
        """Send bytes and return what comes back: until the server closes, or until something is there."""
        with socket.create_connection(self.address, timeout=10) as connection:
            for piece in pieces:
                connection.sendall(piece)
            received = b""
            while chunk := connection.recv(65536):
                received += chunk
                if until and until in received:
                    break
            return received


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = Server(tmp_path_factory.mktemp("serve"))
    running.thread.start()
    yield running
    running.uvicorn.should_exit = True
    running.thread.join(15)
    gc.unfreeze()


HOST = b"Host: localhost\r\n"
CLOSE = HOST + b"Connection: close\r\n"


def test_a_request_is_answered(server: Server) -> None:
    received = server.send(b"GET /things HTTP/1.1\r\n" + CLOSE + b"\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert received.endswith(b"\r\n\r\n[1]")
    assert b"\r\nserver:" not in received.lower()


@pytest.mark.parametrize(
    ("pieces", "status"),
    [
        pytest.param([b"GET /things HTTP/1.0\r\n\r\n"], 200, id="HTTP/1.0 without Host"),
        pytest.param([b"GET http://localhost/things HTTP/1.1\r\n" + CLOSE + b"\r\n"], 200, id="absolute form"),
        pytest.param([b"OPTIONS * HTTP/1.1\r\n" + CLOSE + b"\r\n"], 404, id="asterisk form"),
        pytest.param([b"GET /%ff%00%zz HTTP/1.1\r\n" + CLOSE + b"\r\n"], 404, id="bad percent escapes"),
        pytest.param([b"GET /th\xc3\xadngs HTTP/1.1\r\n" + CLOSE + b"\r\n"], 400, id="bytes in the path"),
        pytest.param([b"CONNECT localhost:80 HTTP/1.1\r\n" + CLOSE + b"\r\n"], 501, id="CONNECT"),
        pytest.param([b"no http at all\r\n\r\n"], 400, id="no HTTP"),
        pytest.param([b"GET /things HTTP/1.1\r\n" + CLOSE + b"Accept: ;;;,,\xff\r\n\r\n"], 200, id="malformed Accept"),
        pytest.param(
            [b"POST /things HTTP/1.1\r\n" + CLOSE + b"Content-Type: application/json\r\nContent-Length: 5\r\n\r\n", b'"cat"'],
            201, id="body after its head",
        ),
        pytest.param(
            [b"POST /things HTTP/1.1\r\n" + CLOSE + b"Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n",
             b'2\r\n"c\r\n', b'3\r\nat"\r\n', b"0\r\n\r\n"],
            201, id="chunked body",
        ),
        pytest.param(
            [b"POST /things HTTP/1.1\r\n" + CLOSE + b"Content-Length: 999999999999\r\n\r\n"], 413, id="too large, announced"
        ),
        pytest.param(
            [b"POST /things HTTP/1.1\r\n" + CLOSE + b"Transfer-Encoding: chunked\r\n\r\n", b"7d0\r\n" + b"x" * 2000],
            413, id="too large, chunked",
        ),
        pytest.param(
            [b"GET /things HTTP/1.1\r\n" + HOST + b"Connection: Upgrade, close\r\nUpgrade: websocket\r\n"
             b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"],
            200, id="upgrade that is not taken",
        ),
    ],
)  # fmt: skip
def test_whatever_is_sent_the_next_request_is_answered(
    server: Server, pieces: list[bytes], status: int
) -> None:
    received = server.send(*pieces)
    assert received.startswith(b"HTTP/1.1 %d " % status), received[:300]
    test_a_request_is_answered(server)


def test_requests_in_a_row_are_answered_in_a_row(server: Server) -> None:
    get = b"GET /things HTTP/1.1\r\n"
    received = server.send(get + HOST + b"\r\n" + get + CLOSE + b"\r\n")
    assert received.count(b"HTTP/1.1 200 ") == 2


def test_a_connection_is_kept_after_a_refused_body(server: Server) -> None:
    post = b"POST /things HTTP/1.1\r\n" + HOST + b"Content-Length: 2000\r\n\r\n" + b"x" * 2000
    received = server.send(post + b"GET /things HTTP/1.1\r\n" + CLOSE + b"\r\n")
    assert received.startswith(b"HTTP/1.1 413 ")
    assert b"HTTP/1.1 200 " in received


def test_lines_are_written_after_the_answers(server: Server) -> None:
    before = server.journal.appended
    server.send(b"GET /things?token=abc HTTP/1.1\r\n" + CLOSE + b"\r\n")
    assert server.journal.appended == before + 1
    deadline = threading.Event()
    trace = server.journal.since(before)[0].id
    for _ in range(500):
        if f"{trace}" in server.written.getvalue():
            break
        deadline.wait(0.01)
    lines = server.written.getvalue().splitlines()
    last = json.loads(next(line for line in reversed(lines) if trace in line))
    assert (last["operation"], last["query"]) == ("listThings", "token=<redacted>")


# Where it listens


@contextmanager
def listening(host: str) -> Iterator[socket.socket]:
    with serve.listen(host, 0) as opened:
        yield opened


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:{port}"),
        ("localhost", "http://localhost:{port}"),
        ("0.0.0.0", "http://127.0.0.1:{port}"),
    ],
)
def test_port_0_picks_one_and_the_url_says_which(host: str, url: str) -> None:
    with listening(host) as opened:
        assert serve.url_of(host, opened) == url.format(port=opened.getsockname()[1])


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
@pytest.mark.parametrize("host", ["::", "::1"])
def test_addresses_of_ipv6_stand_in_brackets(host: str) -> None:
    with listening(host) as opened:
        assert serve.url_of(host, opened) == f"http://[::1]:{opened.getsockname()[1]}"


def sentence(host: str, port: int) -> str:
    with pytest.raises(SettingsError) as caught:
        serve.listen(host, port)
    return str(caught.value)


def test_a_taken_port_is_one_sentence() -> None:
    with listening("127.0.0.1") as opened:
        port = opened.getsockname()[1]
        assert sentence("127.0.0.1", port) == (
            f"port {port} is taken: another process listens on 127.0.0.1:{port}; "
            "choose another with --port, or --port 0"
        )


@pytest.mark.parametrize("host", ["no-such-host.invalid", "192.0.2.1"])
def test_a_host_that_is_not_ours_is_one_sentence(host: str) -> None:
    assert sentence(host, 0).startswith(f"cannot listen on {host}:0: ")


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM])
def test_a_forbidden_port_is_one_sentence(number: int) -> None:
    finding = serve._cannot_listen("127.0.0.1", 80, OSError(number, "denied"))
    assert (finding.rule, finding.hint) == ("port-forbidden", "choose a --port above 1023")


def test_a_stream_that_is_closed_stops_nothing() -> None:
    stream = io.StringIO()
    serve.write_out(stream, "a")
    assert stream.getvalue() == "a"
    stream.close()
    serve.write_out(stream, "b")


class Meanwhile(str):
    """A seed that lets something happen while a mock is built from it."""

    __slots__ = ("happens",)
    happens: list[Callable[[], object]]

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return its bytes, as whoever builds a mock asks for them."""
        while self.happens:
            self.happens.pop()()
        return super().encode(encoding, errors)


def test_a_scenario_that_is_chosen_for_everyone_during_a_reload_is_not_lost(tmp_path: Path) -> None:
    fixtures = "version: 1\nscenarios: {slow: {delay: 1ms}}\n"
    settings = settings_of(tmp_path, DOCUMENT, fixtures)
    seed, journal = Meanwhile("1"), Journal("t")
    seed.happens = []
    log = RequestLog(journal, json_line, lambda _: None)
    _, live = serve.build_app(load_contract(settings), settings, seed, tmp_path, journal=journal, request_log=log)  # fmt: skip
    seed.happens.append(lambda: live.use_scenario("slow"))
    (tmp_path / "fixtures" / "all.yaml").write_text(fixtures.replace("1ms", "2ms"))
    live.reload()
    assert seed.happens == []
    assert live.last_reload().state == "ok"
    assert live.mock().options.scenario == "slow"
    gc.unfreeze()


def test_bad_requests_are_not_our_news(server: Server, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, logger="mockserver")
    server.send(b"no http at all\r\n\r\n")
    assert [record for record in caplog.records if record.name == "mockserver"] == []
