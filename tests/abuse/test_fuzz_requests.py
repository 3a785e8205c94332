"""Bytes over a real socket, made of good and bad parts: every one gets an answer or a closed connection, none kills."""

import re
import socket
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from tests.abuse.fuzzing import Mutation, budget, mutated_bytes, mutations
from tests.abuse.raw import PATIENCE
from tests.abuse.test_raw_requests import CHUNKED, DOCUMENT, FIXTURES, GOOD, HOST, JSON, LAST
from tests.running import Server, serving

_STATUS = re.compile(rb"HTTP/1\.1 ([0-9]+) [^\r]*\r\n(.*?)\r\n\r\n", re.DOTALL)

METHODS = (b"GET", b"POST", b"HEAD", b"OPTIONS", b"DELETE", b"PUT", b"PATCH", b"QUERY", b"CONNECT", b"TRACE", b"BREW", b"get", b"")  # fmt: skip
TARGETS = (
    *(b"/pets", b"/pets/1", b"/slow", b"/", b"*", b"", b"//", b"/pets/", b"/%70ets", b"/%00", b"/%ff", b"/%", b"/../pets", b"/pets?__code=404"),
    *(b"/pets?__dynamic=true", b"/pets#x", b"http://localhost/pets", b"http://a/pets", b"localhost:80", b"/__mock", b"/__mock/ready", b"/%5f_mock/live", b"/__mock/%2e%2e/pets"),
    *(b"/~slow/pets", b"/~nope/pets", b"/__mock/nothing", b"/\xff", b"/a b", b"/" + b"a" * 20_000),
)  # fmt: skip
VERSIONS = (b"HTTP/1.1",) * 6 + (
    b"HTTP/1.0",
    b"HTTP/2.0",
    b"HTTP/0.9",
    b"HTP/1.1",
    b"",
    b"HTTP/1.1 x",
)
HEADERS = (
    *(b"Host: a", b"Host: localhost", b"Connection: close", b"Connection: keep-alive", b"Connection: Upgrade", b"Upgrade: h2c", b"Upgrade: websocket"),
    *(b"Content-Length: 5", b"Content-Length: 0", b"Content-Length: -1", b"Content-Length: 5, 5", b"Content-Length: 99999999", b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip"),
    *(b"Expect: 100-continue", b"Expect: x", b"Content-Type: application/json", b"Content-Type: multipart/form-data; boundary=b", b"Content-Type: \xff"),
    *(b"Accept: ;;q=,", b"Cookie: =;;", b"Prefer: code=404", b"Prefer: \xff=", b"Origin: null", b"Origin: http://localhost", b"Access-Control-Request-Method: \xff"),
    *(b"X-Mock-Scenario: slow", b"X-Mock-Scenario: \xff", b"X-Mock-Session: a", b"X: " + b"a" * 9000, b"X" * 9000 + b": a", b"X: a\r\n b", b"X : a", b": a", b"X", b"X: \0", b""),
)  # fmt: skip
BODIES = (b"", b'"cat"', b"ab", b'5\r\n"cat"\r\n0\r\n\r\n', b"0\r\n\r\n", b"zz\r\n", b"1\r\n1\r\n", b"ffffffffffffffffff\r\n", b"0\r\nX: y\r\n\r\n", b"\0" * 100, b'"' + b"a" * 3000 + b'"', b"--b\r\n\r\n--b--")  # fmt: skip
ENDS = (b"\r\n",) * 8 + (b"\n", b"\r", b"")


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    """Return one request, of which any part may be wrong."""
    end = draw(st.sampled_from(ENDS))
    line = b" ".join([draw(st.sampled_from(part)) for part in (METHODS, TARGETS, VERSIONS)])
    headers = draw(st.lists(st.sampled_from(HEADERS), max_size=6))
    if draw(st.integers(0, 4)):
        headers = [b"Host: localhost", *headers]
    body: bytes = draw(st.sampled_from(BODIES))
    parts: list[bytes] = [line, *headers, b"", body]
    return bytes(end).join(parts)


GOODS = (
    GOOD,
    LAST,
    b"POST /pets HTTP/1.1\r\n" + HOST + JSON + b'Content-Length: 5\r\n\r\n"cat"',
    b"POST /pets HTTP/1.1\r\n" + HOST + CHUNKED + b'5\r\n"cat"\r\n0\r\n\r\n',
    b"DELETE /pets/1 HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n",
)


@pytest.fixture(scope="module", params=["--fast-lane", "--no-fast-lane"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("bytes")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures.yaml").write_text(FIXTURES.replace("200ms", "5ms"))
    documents = folder / "openapi.yaml", "--fixtures", folder / "fixtures.yaml"
    with serving(*documents, "--max-body", "2000", request.param) as running:
        yield running
        assert "Traceback" not in running.log
        assert "internal-error" not in running.log


def converse(port: int, pieces: Sequence[bytes]) -> bytes:
    """Send everything, close our side, and return what comes until the server closes its own."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError):  # it may close before it has heard all
            for piece in pieces:
                connection.sendall(piece)
            connection.shutdown(socket.SHUT_WR)
        with suppress(ConnectionError):
            while chunk := connection.recv(65536):
                received += chunk
    return received


def hold(port: int, pieces: Sequence[bytes]) -> None:
    """Hold the server to answers that are answers, and to the next request on another connection."""
    received = converse(port, pieces)
    if received:
        assert received.startswith(b"HTTP/1.1 "), received[:200]
    for status, headers in _STATUS.findall(received):
        if status.startswith(b"5"):
            assert b"x-mock-error: " in headers, received[:2000]
            assert b"x-mock-error: internal-error" not in headers, received[:2000]
    assert b"HTTP/1.1 200" in converse(port, [LAST])


@budget
@given(sent=st.lists(requests(), min_size=1, max_size=3), cut=st.integers(0, 400))
def test_requests_of_good_and_bad_parts(server: Server, sent: list[bytes], cut: int) -> None:
    whole = b"".join(sent)
    hold(server.port, [whole[:cut], whole[cut:]] if cut else [whole])


@budget
@given(
    sent=st.lists(st.sampled_from(GOODS), min_size=1, max_size=4),
    changes=mutations,
    cut=st.integers(0, 200),
)
def test_good_requests_with_other_bytes(
    server: Server, sent: list[bytes], changes: Sequence[Mutation], cut: int
) -> None:
    whole = mutated_bytes(b"".join(sent), changes)
    hold(server.port, [whole[:cut], whole[cut:]] if cut else [whole])


@budget
@given(sent=st.binary(max_size=300))
def test_bytes_without_sense(server: Server, sent: bytes) -> None:
    hold(server.port, [sent])
