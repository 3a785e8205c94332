"""An answer that breaks HTTP itself is told by the rule that it breaks, whatever the document has."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.check.plan import check
from mockserver.check.shapes import alike
from tests.check.running import OURS, contract_from, rules, run_at
from tests.check.wide import DOCUMENT, FIXTURES

ONE = replace(OURS, only=("cases/getBox/gone", "cases/getBox", "getBox"), effort="quick", timeout=1)
JSON = "Content-Type: application/json"


@contextmanager
def answering(answer: bytes) -> Iterator[str]:
    """Answer every connection with the same bytes, and give the URL."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


def written(status: str, *lines: str, body: str = "{}") -> bytes:
    text = [f"HTTP/1.1 {status}", *lines, "Connection: close", "", body]
    return "\r\n".join(text).encode("latin-1")


LENGTH = "Content-Length: 2"


@pytest.mark.parametrize(
    ("answer", "rule"),
    [
        pytest.param(written("205 Reset", LENGTH), "framing", id="205 with content"),
        pytest.param(written("204 No Content", LENGTH), "framing", id="204 with a length"),
        pytest.param(written("200 OK", "Bad(Name): x", LENGTH), "field-name", id="name that is no token"),
        pytest.param(written("200 OK", "X-Own: a\x01b", LENGTH), "field-value", id="control character"),
        pytest.param(written("200 OK", "Last-Modified: yesterday", LENGTH), "date", id="date"),
        pytest.param(written("200 OK", "Date: Mon, 99 Jan 2024 00:00:00 GMT", LENGTH), "date", id="day 99"),
        pytest.param(written("404 No", "Content-Type: application/problem+json", LENGTH, body="[]"), "problem", id="problem that is a list"),
        pytest.param(written("999 Odd", LENGTH), "status", id="status 999"),
        pytest.param(written("401 Who", "WWW-Authenticate: =", LENGTH), "challenge", id="challenge"),
        pytest.param(written("405 No", "Allow: GET, PUT, DELETE", LENGTH), "allow", id="405 that allows it"),
        pytest.param(written("407 Who", LENGTH), "challenge", id="407"),
        pytest.param(written("426 Other", LENGTH), "upgrade", id="426"),
        pytest.param(written("302 There", LENGTH), "location", id="302 to nowhere"),
        pytest.param(written("200 OK", JSON, "Content-Length: 9"), "framing", id="too short"),
        pytest.param(written("200 OK", JSON, "Transfer-Encoding: chunked", body="5\r\n{}"), "framing", id="half a chunk"),
    ],
)  # fmt: skip
def test_a_rule(tmp_path: Path, answer: bytes, rule: str) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    with answering(answer) as url, run_at(url, contract, replace(ONE, most_seconds=3)) as run:
        assert rule in rules(check(run))


@pytest.mark.parametrize(
    ("sent", "found", "same"),
    [
        (True, True, True),
        (1, True, False),
        (1, 1.0, True),
        ({"a": 1}, {"a": 1, "b": 2}, True),
        ({"a": 1}, {"b": 2}, False),
        ([1, "a"], [1, "a"], True),
        ([1], [1, 2], False),
        ("2026-01-01T00:00:00Z", "2026-01-01T01:00:00+01:00", True),
        ("2026-01-01T00:00:00", "2026-01-01T00:00:00Z", False),
        ("2026-99-01T00:00:00Z", "2026-01-01T00:00:00Z", False),
        ("a", "b", False),
    ],
)
def test_values_that_mean_the_same(sent: object, found: object, same: bool) -> None:
    assert alike(sent, found) is same
