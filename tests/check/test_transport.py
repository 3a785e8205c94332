"""What a server sends is seen as it is, down to its framing."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from mockserver.check.transport import NoAnswer, Transport, Unreachable
from mockserver.messages import HttpRequest

GET = HttpRequest("GET", b"/")


@contextmanager
def answering(*answers: bytes, keep: bool = True) -> Iterator[str]:
    """Answer each connection's requests with bytes, one after another, and give the URL."""
    listener = socket.create_server(("127.0.0.1", 0))
    waiting = list(answers)

    def serve() -> None:
        while waiting:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                while waiting and connection.recv(65536):
                    connection.sendall(waiting.pop(0))
                    if not keep:
                        break

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        waiting.clear()
        listener.close()
        thread.join(timeout=5)


def head(*lines: str, status: str = "200 OK") -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode()


@pytest.mark.parametrize(
    ("answer", "body", "said"),
    [
        pytest.param(head("Content-Length: 2") + b"ok", b"ok", "", id="counted"),
        pytest.param(head("Transfer-Encoding: chunked") + b"2\r\nok\r\n0\r\n\r\n", b"ok", "", id="chunked"),
        pytest.param(head("Transfer-Encoding: chunked") + b"2;a=b\r\nok\r\n0\r\nX: y\r\n\r\n", b"ok", "", id="trailers"),
        pytest.param(head("Content-Length: 2", "Content-Length: 3") + b"ok", None, "twice", id="two lengths"),
        pytest.param(head("Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n", b"", "both", id="length and chunks"),
        pytest.param(head("Content-Length: x") + b"ok", b"", "no number", id="no number"),
        pytest.param(head("Content-Length: 2") + b"okay", b"ok", "2 more came", id="too long"),
        pytest.param(head("Content-Length: 9") + b"ok", b"ok", "promises 9", id="too short"),
        pytest.param(head("Transfer-Encoding: chunked") + b"zz\r\n", b"", "chunks end", id="bad chunk"),
        pytest.param(head() + b"to the end", b"to the end", "", id="until closed"),
        pytest.param(head(status="204 No Content") + b"x", b"x", "a 204 has no content", id="204"),
        pytest.param(b"HTTP/1.1 100 Continue\r\n\r\n" + head("Content-Length: 2") + b"ok", b"ok", "", id="interim"),
    ],
)  # fmt: skip
def test_framing(answer: bytes, body: bytes | None, said: str) -> None:
    with answering(answer, keep=False) as url:
        transport = Transport(url, timeout=2)
        found = transport.send(GET, close=True)
        transport.close()
    assert said in "; ".join(found.problems)
    assert bool(said) == bool(found.problems)
    if body is not None:
        assert found.body == body


def test_an_answer_to_head_has_no_content() -> None:
    with answering(head("Content-Length: 2") + b"ok", keep=False) as url:
        transport = Transport(url, timeout=2)
        found = transport.send(HttpRequest("HEAD", b"/"), close=True)
    assert "an answer to HEAD has no content" in found.problems[0]


def test_a_kept_connection_that_says_more_than_it_was_asked_is_not_used_again() -> None:
    one = head("Content-Length: 2") + b"ok"
    with answering(head(status="204 No Content") + b"more", one) as url:
        transport = Transport(url, timeout=2)
        first = transport.send(GET)
        assert "a 204 has no content" in first.problems[0]
        transport.close()


def test_what_should_not_follow_is_waited_for_a_few_times_only() -> None:
    empty = head(status="204 No Content")
    with answering(*[empty] * 60) as url:
        transport = Transport(url, timeout=2)
        taken = [transport.send(HttpRequest("DELETE", b"/items/7")).seconds for _ in range(30)]
        taken += [transport.send(HttpRequest("DELETE", b"/items/all")).seconds for _ in range(30)]
        transport.close()
    # The wait is bounded from below by the clock: how long the others take is the machine's affair.
    assert all(seconds >= 0.02 for seconds in (*taken[:5], *taken[30:35]))
    assert sum(seconds < 0.02 for seconds in (*taken[5:30], *taken[35:])) > 25


def test_connections_are_kept_and_opened_anew() -> None:
    one = head("Content-Length: 2") + b"ok"
    closing = head("Content-Length: 2", "Connection: close") + b"ok"
    with answering(one, one, closing, one) as url:
        transport = Transport(url, timeout=2)
        assert [transport.send(GET).body for _ in range(3)] == [b"ok"] * 3
        assert transport.requests == 3
        transport.close()


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"nonsense\r\n\r\n", "no status line"),
        (b"HTTP/1.1 200 OK\r\n", "half an answer"),
        (b"HTTP/1.1 200 OK\r\n" + b"a" * 300_000, "never ends"),
    ],
)
def test_what_is_no_answer(answer: bytes, said: str) -> None:
    with answering(answer, keep=False) as url, pytest.raises(NoAnswer, match=said):
        Transport(url, timeout=2).send(GET)


def test_a_server_that_closes_at_once() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def close_all() -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                listener.accept()[0].close()

    thread = threading.Thread(target=close_all, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(NoAnswer):
        Transport(url, timeout=2).send(GET)
    listener.close()


def test_a_server_that_says_nothing() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        with pytest.raises(NoAnswer, match=r"within 0\.2 s") as caught:
            Transport(url, timeout=0.2).send(GET)
        assert caught.value.is_timeout


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://a", "is not a URL"),
        ("http://", "is not a URL"),
        ("http://a:99999", "no port"),
        ("http://127.0.0.1:1", "not reachable"),
    ],
)
def test_nobody_there(url: str, said: str) -> None:
    with pytest.raises(Unreachable, match=said):
        Transport(url, timeout=2).send(GET)


def test_a_certificate_that_is_not_trusted(tmp_path) -> None:
    with answering(b"no TLS here", keep=False) as url, pytest.raises(Unreachable, match="TLS with"):
        Transport(url.replace("http", "https"), timeout=2).send(GET)


def test_a_certificate_of_ones_own_needs_a_file() -> None:
    with pytest.raises(Unreachable, match=r"nowhere\.pem cannot be read"):
        Transport("https://a.example", ca="/nowhere.pem")


def test_the_url_that_is_shown_has_no_credentials() -> None:
    assert Transport("http://user:secret@a.example:81/base/").url == "http://a.example:81/base"
    assert Transport("https://a.example/base").write(GET).startswith(b"GET /base/ HTTP/1.1")


def test_a_rate_is_kept() -> None:
    moments = iter([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0])
    one = head("Content-Length: 2") + b"ok"
    with answering(one, one) as url:
        transport = Transport(url, timeout=2, rate=1000, clock=lambda: next(moments))
        assert [transport.send(GET).body for _ in range(2)] == [b"ok", b"ok"]
        transport.close()


def test_a_bare_request_has_nothing_of_its_own() -> None:
    data = Transport("http://a").write(HttpRequest("POST", b"/", body=b"x"), bare=True)
    assert data == b"POST / HTTP/1.1\r\n\r\nx"
    framed = Transport("http://a").write(HttpRequest("POST", b"/", body=b"x"), close=True)
    assert b"Content-Length: 1\r\n" in framed
    assert b"Connection: close\r\n" in framed
