"""Whatever bytes a client sends: a clear answer or a closed connection, and the next good request is answered.

Each row says what is sent and which statuses come back; it is asked of both lanes.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.abuse.raw import talk
from tests.running import Server, serving

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {"200": {description: OK, content: {application/json: {example: [cat]}}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {type: string}}}}
      responses: {"201": {description: made, content: {application/json: {example: made}}}}
  /pets/{id}:
    get:
      operationId: getPet
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {description: OK, content: {application/json: {example: cat}}}}
    delete:
      operationId: dropPet
      parameters: [{name: id, in: path, required: true, schema: {type: string}}]
      responses: {"204": {description: gone}}
  /slow:
    get:
      operationId: slow
      responses: {"200": {description: OK, content: {application/json: {example: slow}}}}
"""
FIXTURES = """\
version: 1
cases:
  slow:
    slow: {then: {status: 200, delay: 200ms}}
"""
HOST = b"Host: localhost\r\n"
CLOSE = HOST + b"Connection: close\r\n"
JSON = b"Content-Type: application/json\r\n"
CHUNKED = JSON + b"Transfer-Encoding: chunked\r\n\r\n"
GOOD = b"GET /pets HTTP/1.1\r\n" + HOST + b"\r\n"
LAST = b"GET /pets HTTP/1.1\r\n" + CLOSE + b"\r\n"
MAX_BODY = 2000


def get(target: bytes = b"/pets", *headers: bytes, version: bytes = b"1.1") -> bytes:
    """Return a GET that closes."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"GET " + target + b" HTTP/" + version + b"\r\n" + CLOSE + lines + b"\r\n"


def post(*headers: bytes, body: bytes = b"") -> bytes:
    """Return a POST of JSON that closes, with these headers and no others."""
    lines = b"".join(header + b"\r\n" for header in headers)
    return b"POST /pets HTTP/1.1\r\n" + CLOSE + JSON + lines + b"\r\n" + body


def head(*lines: bytes) -> bytes:
    return b"\r\n".join(lines) + b"\r\n\r\n"


# name, what is sent (in pieces), statuses
ROWS: list[tuple[str, Sequence[bytes] | bytes, list[int]]] = [
    ("a good request", LAST, [200]),
    ("a good request in single bytes", [bytes([byte]) for byte in LAST], [200]),
    ("blank lines before a request", b"\r\n\r\n" + LAST, [200]),
    # request line: method
    ("unknown method", head(b"BREW /pets HTTP/1.1", b"Host: a"), [400]),
    ("lower-case method", head(b"get /pets HTTP/1.1", b"Host: a"), [400]),
    ("empty method", head(b" /pets HTTP/1.1", b"Host: a"), [400]),
    ("method of 10 kB", head(b"A" * 10_000 + b" / HTTP/1.1", b"Host: a"), [400]),
    ("CONNECT", head(b"CONNECT localhost:80 HTTP/1.1", b"Host: localhost:80"), [501]),
    ("TRACE", head(b"TRACE /pets HTTP/1.1", b"Host: a", b"Connection: close"), [405]),
    ("the preface of HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", [400]),
    ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\x00" * 50, [400]),
    ("NULs", b"\x00" * 100, [400]),
    ("no HTTP", b"hello\r\n\r\n", [400]),
    ("an answer", b"HTTP/1.1 200 OK\r\n\r\n", [400]),
    # request line: target
    ("no target", b"GET  HTTP/1.1\r\n" + CLOSE + b"\r\n", [400]),
    ("target without slash", get(b"pets"), [400]),
    ("NUL in the target", get(b"/pe\x00ts"), [400]),
    ("tab in the target", get(b"/pe\tts"), [400]),
    ("blank in the target", get(b"/pe ts"), [400]),
    ("raw UTF-8 in the target", get("/käse".encode()), [400]),
    ("broken UTF-8 in escapes", get(b"/pets/%ff%fe"), [200]),
    ("broken escapes", get(b"/pets/%zz%"), [200]),
    ("NUL in escapes", get(b"/pets/%00"), [200]),
    ("line break in escapes", get(b"/pets/%0d%0aX-Injected:%201"), [200]),
    ("dot segments", get(b"/../../etc/passwd"), [404]),
    ("escaped dot segments", get(b"/%2e%2e/%2e%2e/etc/passwd"), [404]),
    ("many slashes", get(b"/" * 5000), [404]),
    ("fragment", get(b"/pets#x"), [400]),
    ("asterisk with GET", get(b"*"), [400]),
    ("asterisk with OPTIONS", b"OPTIONS * HTTP/1.1\r\n" + CLOSE + b"\r\n", [404]),
    ("absolute form", get(b"http://localhost/pets"), [200]),
    ("absolute form without path", get(b"http://localhost"), [404]),
    ("absolute form, query only", get(b"http://localhost?x=1"), [404]),
    ("absolute form of another host", get(b"http://evil.example/pets"), [400]),
    ("absolute form, other scheme", get(b"gopher://localhost/pets"), [400]),
    ("target of 17 kB", get(b"/" + b"a" * 17_000), [414]),
    ("target of 100 kB", get(b"/" + b"a" * 100_000), [431]),
    ("query of 10 kB", get(b"/pets?" + b"a=b&" * 2500), [200]),
    ("broken query", get(b"/pets?%zz=%&&&==&%ff"), [200]),
    # request line: version
    ("HTTP/1.0", b"GET /pets HTTP/1.0\r\n\r\n", [200]),
    ("HTTP/1.0 with keep-alive", b"GET /pets HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", [200]),
    ("HTTP/0.9", b"GET /pets\r\n\r\n", [400]),
    ("HTTP/1.2", get(version=b"1.2"), [400]),
    ("HTTP/9.9", get(version=b"9.9"), [400]),
    ("HTTP/11.1", get(version=b"11.1"), [400]),
    ("no version", head(b"GET /pets HTTP/", b"Host: a"), [400]),
    ("another protocol", head(b"GET /pets ICY/1.1", b"Host: a"), [400]),
    # lines
    ("bare LF", b"GET /pets HTTP/1.1\nHost: a\nConnection: close\n\n", [400]),
    ("bare CR in a header", get(b"/pets", b"X: a\rb"), [400]),
    ("folded header", get(b"/pets", b"X: a\r\n b"), [400]),
    ("blank before the colon", get(b"/pets", b"X : a"), [400]),
    ("header without colon", get(b"/pets", b"nothing"), [400]),
    ("header without name", get(b"/pets", b": a"), [400]),
    ("NUL in a header", get(b"/pets", b"X: a\x00b"), [400]),
    ("NUL in a name", get(b"/pets", b"X\x00: a"), [400]),
    ("bytes beyond ASCII in a header", get(b"/pets", b"X: \xff\xfe\x80"), [200]),
    ("empty header value", get(b"/pets", b"X:", b"Y: 1"), [200]),
    ("malformed Accept", get(b"/pets", b"Accept: ;;;,,q=\xff;q=9/*"), [200]),
    ("malformed Cookie", get(b"/pets", b"Cookie: =;;=\xff; mock_session=%zz"), [200]),
    ("malformed Prefer", get(b"/pets", b'Prefer: code="\\, , =;;; \xff'), [200]),
    ("150 headers", get(b"/pets", *[b"X-%d: y" % number for number in range(150)]), [200]),
    ("250 headers", get(b"/pets", *[b"X-%d: y" % number for number in range(250)]), [431]),
    ("header of 60 kB", get(b"/pets", b"X: " + b"a" * 60_000), [200]),
    ("header of 70 kB", get(b"/pets", b"X: " + b"a" * 70_000), [431]),
    ("header of 1 MB", get(b"/pets", b"X: " + b"a" * 2**20), [431]),
    ("header of 1 MB in pieces", [b"GET /pets HTTP/1.1\r\n" + HOST + b"X: ", *[b"a" * 20_000] * 50], [431]),
    ("name of 1 MB", get(b"/pets", b"X" * 2**20 + b": a"), [431]),
    # Host
    ("no Host", b"GET /pets HTTP/1.1\r\nConnection: close\r\n\r\n", [400]),
    ("two Hosts", get(b"/pets", b"Host: localhost"), [400]),
    ("two Hosts in HTTP/1.0", b"GET /pets HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", [400]),
    ("Host with a path", head(b"GET /pets HTTP/1.1", b"Host: a/b"), [400]),
    ("Host with a user", head(b"GET /pets HTTP/1.1", b"Host: user@a"), [400]),
    ("Host with a blank", head(b"GET /pets HTTP/1.1", b"Host: a b"), [400]),
    ("Host with a bad port", head(b"GET /pets HTTP/1.1", b"Host: a:b"), [400]),
    ("empty Host", head(b"GET /pets HTTP/1.1", b"Host:", b"Connection: close"), [200]),
    ("Host of IPv6", head(b"GET /pets HTTP/1.1", b"Host: [::1]:80", b"Connection: close"), [200]),
    # framing
    ("body", post(b"Content-Length: 5", body=b'"cat"'), [201]),
    ("body in pieces", [post(b"Content-Length: 5"), b'"c', b'at"'], [201]),
    ("two equal lengths", post(b"Content-Length: 5", b"Content-Length: 5", body=b'"cat"'), [400]),
    ("two lengths", post(b"Content-Length: 5", b"Content-Length: 6", body=b'"cats"'), [400]),
    ("list of lengths", post(b"Content-Length: 5, 5", body=b'"cat"'), [400]),
    ("negative length", post(b"Content-Length: -1"), [400]),
    ("length with plus", post(b"Content-Length: +5", body=b'"cat"'), [400]),
    ("length in hex", post(b"Content-Length: 0x5", body=b'"cat"'), [400]),
    ("length of words", post(b"Content-Length: five"), [400]),
    ("empty length", post(b"Content-Length:"), [400]),
    ("length beyond 64 bits", post(b"Content-Length: " + b"9" * 30), [400]),
    ("length beyond the bound", post(b"Content-Length: 999999"), [413]),
    ("body beyond the bound, at once", post(b"Content-Length: 2001", body=b"1" * 2001), [413]),
    ("body beyond the bound, at once, kept alive", post(b"Content-Length: 2001", body=b"1" * 2001).replace(b"Connection: close\r\n", b"") + LAST, [413, 200]),
    ("length with chunked", post(b"Content-Length: 5", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), [400]),
    ("chunked with length", post(b"Transfer-Encoding: chunked", b"Content-Length: 5", body=b"0\r\n\r\n"), [400]),
    ("chunked", post(b"Transfer-Encoding: chunked", body=b'5\r\n"cat"\r\n0\r\n\r\n'), [201]),
    ("chunked in capitals", post(b"Transfer-Encoding: CHUNKED", body=b'5\r\n"cat"\r\n0\r\n\r\n'), [201]),
    ("chunked twice", post(b"Transfer-Encoding: chunked, chunked", body=b"0\r\n\r\n"), [400]),
    ("gzip, chunked", post(b"Transfer-Encoding: gzip, chunked", body=b"0\r\n\r\n"), [501]),
    ("chunked, identity", post(b"Transfer-Encoding: chunked, identity", body=b"0\r\n\r\n"), [400]),
    ("two codings", post(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), [400]),
    ("coding with a tail", post(b"Transfer-Encoding: chunked;x=1", body=b"0\r\n\r\n"), [501]),
    ("coding of HTTP/1.0", b"POST /pets HTTP/1.0\r\n" + CHUNKED + b"0\r\n\r\n", [400]),
    ("chunk extensions", post(b"Transfer-Encoding: chunked", body=b'5;a=b;c="d"\r\n"cat"\r\n0\r\n\r\n'), [201]),
    ("trailers", post(b"Transfer-Encoding: chunked", body=b'5\r\n"cat"\r\n0\r\nX-Sum: 7\r\nHost: b\r\n\r\n'), [201]),
    ("a length among the trailers", post(b"Transfer-Encoding: chunked", body=b'5\r\n"cat"\r\n0\r\nContent-Length: 7\r\n\r\n'), [400]),
    ("150 trailers", [post(b"Transfer-Encoding: chunked", body=b'5\r\n"cat"\r\n0\r\n'), b"X: y\r\n" * 150, b"\r\n"], [201]),
    ("chunk size that is none", post(b"Transfer-Encoding: chunked", body=b"zz\r\n"), [400]),
    ("negative chunk size", post(b"Transfer-Encoding: chunked", body=b"-5\r\n"), [400]),
    ("chunk size beyond 64 bits", post(b"Transfer-Encoding: chunked", body=b"f" * 20 + b"\r\n"), [400]),
    ("chunk longer than it says", post(b"Transfer-Encoding: chunked", body=b'3\r\n"cat"\r\n0\r\n\r\n'), [400]),
    ("chunks beyond the bound", post(b"Transfer-Encoding: chunked", body=b"3e8\r\n" + b"a" * 1000 + b"\r\n3e8\r\n" + b"a" * 1000 + b"\r\n3e8\r\n" + b"a" * 1000 + b"\r\n0\r\n\r\n"), [413]),
    ("broken chunk later", [post(b"Transfer-Encoding: chunked", body=b"1\r\n1\r\n"), b"zz\r\n"], [400]),
    ("GET with a body", get(b"/pets", b"Content-Length: 3") + b"abc", [200]),
    # the control API
    ("control", get(b"/__mock/live"), [200]),
    ("control in escapes", get(b"/%5f%5fmock/live"), [200]),
    ("control, the prefix alone", get(b"/__mock"), [308]),
    ("beside control", get(b"/__mockery"), [404]),
    ("control through the absolute form", get(b"http://localhost/__mock/live"), [200]),
    # Expect and Upgrade
    ("100-continue", [post(b"Expect: 100-continue", b"Content-Length: 5"), b"", b'"cat"'], [100, 201]),
    ("100-continue with its body", post(b"Expect: 100-continue", b"Content-Length: 5", body=b'"cat"'), [201]),
    ("100-continue, too large", post(b"Expect: 100-continue", b"Content-Length: 99999"), [413]),
    ("100-continue without body", get(b"/pets", b"Expect: 100-continue"), [200]),
    ("100-continue in HTTP/1.0", [b"POST /pets HTTP/1.0\r\nExpect: 100-continue\r\n" + JSON + b"Content-Length: 5\r\n\r\n", b'"cat"'], [201]),
    ("another expectation", get(b"/pets", b"Expect: the-unexpected"), [417]),
    ("websocket", head(b"GET /pets HTTP/1.1", b"Host: a", b"Connection: Upgrade", b"Upgrade: websocket", b"Sec-WebSocket-Version: 13", b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), [200]),
    ("h2c", head(b"GET /pets HTTP/1.1", b"Host: a", b"Connection: Upgrade, HTTP2-Settings", b"Upgrade: h2c", b"HTTP2-Settings: AAMAAABk"), [200]),
    ("upgrade with a body", b"POST /pets HTTP/1.1\r\n" + HOST + JSON + b"Connection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 5\r\n\r\n" + b'"cat"' + LAST, [201, 200]),
    ("upgrade with chunks", b"POST /pets HTTP/1.1\r\n" + HOST + JSON + b"Connection: Upgrade\r\nUpgrade: h2c\r\nTransfer-Encoding: chunked\r\n\r\n" + b'5\r\n"cat"\r\n0\r\n\r\n' + LAST, [201, 200]),
    ("upgrade with a body in pieces", [b"POST /pets HTTP/1.1\r\n" + CLOSE.replace(b"close", b"close, Upgrade") + JSON + b"Upgrade: h2c\r\nContent-Length: 5\r\n\r\n", b'"c', b'at"'], [201]),
    ("upgrade, then another", head(b"GET /pets HTTP/1.1", b"Host: a", b"Connection: Upgrade", b"Upgrade: x") + LAST, [200, 200]),
    # pipelining
    ("two at once", GOOD + LAST, [200, 200]),
    ("a hundred at once", GOOD * 99 + LAST, [200] * 100),
    ("in order behind a slow one", b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n" + GOOD + LAST, [200] * 3),
    ("body, then another", post(b"Content-Length: 5", body=b'"cat"').replace(b"Connection: close\r\n", b"") + LAST, [201, 200]),
    ("a bad one behind a good one", GOOD + b"nonsense\r\n\r\n", [200, 400]),
    ("a bad one behind a slow one", b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\nnonsense\r\n\r\n", [200, 400]),
    ("a broken body behind a slow one", b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\nPOST /pets HTTP/1.1\r\n" + HOST + CHUNKED + b"zz\r\n", [200, 400]),
    ("nothing counts after close", LAST + GOOD, [200]),
    ("garbage after close", LAST + b"garbage", [200]),
    ("nothing counts after close, slow", b"GET /slow HTTP/1.1\r\n" + CLOSE + b"\r\n" + GOOD, [200]),
    ("a no-content answer, then another", b"DELETE /pets/1 HTTP/1.1\r\n" + HOST + b"\r\n" + LAST, [204, 200]),
]  # fmt: skip

# what is sent before the client closes its side, statuses
HALF_CLOSED: list[tuple[str, bytes, list[int]]] = [
    ("a whole request", GOOD, [200]),
    ("a slow request", b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n", [200]),
    ("three with a slow one", GOOD + b"GET /slow HTTP/1.1\r\n" + HOST + b"\r\n" + GOOD, [200] * 3),
    ("nothing", b"", []),
    ("blank lines", b"\r\n\r\n", []),
    ("half a request line", b"GET /pe", [400]),
    ("half a head", b"GET /pets HTTP/1.1\r\nHost: a\r\n", [400]),
    ("half a body", b"POST /pets HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nab", []),
    ("half a chunk", b"POST /pets HTTP/1.1\r\n" + HOST + CHUNKED + b"5\r\nab", []),
]


@pytest.fixture(scope="module", params=["--fast-lane", "--no-fast-lane"])
def server(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("raw")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures.yaml").write_text(FIXTURES)
    documents = folder / "openapi.yaml", "--fixtures", folder / "fixtures.yaml"
    with serving(*documents, "--max-body", str(MAX_BODY), request.param) as running:
        yield running
        assert talk(running.port, [LAST], answers=1).statuses == [200]
        assert "Traceback" not in running.log
        assert "internal-error" not in running.log


def expect_good(server: Server) -> None:
    """Hold the server to answering the next request."""
    assert talk(server.port, [LAST], answers=1).statuses == [200]


@pytest.mark.parametrize(
    ("sent", "statuses"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS]
)
def test_bytes_get_an_answer(
    server: Server, sent: Sequence[bytes] | bytes, statuses: list[int]
) -> None:
    pieces = [sent] if isinstance(sent, bytes) else sent
    closes = _closes(statuses, pieces)
    seen = talk(server.port, pieces, answers=len(statuses) + closes)
    assert seen.statuses == statuses, seen.received[-600:]
    expect_good(server)


def _closes(statuses: list[int], pieces: Sequence[bytes]) -> bool:
    """Tell whether the server must close after its last answer: it refused, or it was asked to."""
    refused = statuses[-1] in (400, 414, 417, 431, 501)
    return refused or b"close" in b"".join(pieces) or b"HTTP/1.0" in b"".join(pieces)


@pytest.mark.parametrize(
    ("sent", "statuses"), [row[1:] for row in HALF_CLOSED], ids=[row[0] for row in HALF_CLOSED]
)
def test_a_client_that_closes_its_side_is_owed_its_answers(
    server: Server, sent: bytes, statuses: list[int]
) -> None:
    pieces = [sent] if sent else []
    seen = talk(server.port, pieces, answers=len(statuses) + 1, half_close=True)
    assert (seen.statuses, seen.closed) == (statuses, True)
    expect_good(server)
