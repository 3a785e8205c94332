"""Conduct towards any client: a small operation whose answers are odd in one way."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.check.conduct import _OF_OPERATIONS, _OF_PATHS
from mockserver.check.model import Report
from mockserver.check.plan import check
from tests.check.running import OURS, check_app, contract_from, rules, run_at

DOCUMENT = """
    openapi: 3.1.0
    info: {title: Conduct, version: "1"}
    paths:
      /thing:
        METHOD:
          operationId: one
          responses: {"200": {description: done}, "default": {description: no}}
"""
SECURED = """
    security: [{key: []}]
    components: {securitySchemes: {key: SCHEME}}
"""
TOKENS = """
    tokens:
      mine: {scheme: key, value: "tk-mine:123", outcome: accept}
      wrong: {scheme: key, value: tk-wrong, outcome: invalid}
      old: {scheme: key, value: tk-old, outcome: expired}
"""
Change = Callable[[Request], int | Response]


def app_of(answer: Change) -> ASGIApp:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        await request.body()
        found = answer(request)
        await (found if isinstance(found, Response) else Response(None, found))(
            scope, receive, send
        )

    return app


def conduct(
    folder: Path, probe: str, answer: Change, method: str = "get", scheme: str = "", fixtures: str = ""
) -> Report:  # fmt: skip
    document = DOCUMENT.replace("METHOD", method)
    if scheme:
        document += SECURED.replace("SCHEME", scheme)
    contract = contract_from(folder, document, fixtures or (TOKENS if scheme else ""))
    options = replace(OURS, only=(probe,), effort="quick", timeout=2)
    return check_app(app_of(answer), contract, options)


def only(*methods: str) -> Change:
    return lambda request: 200 if request.method in methods else 405


@pytest.mark.parametrize("method", ["head", "options"])
def test_methods_that_are_documented_are_not_asked_as_others(tmp_path: Path, method: str) -> None:
    answer = only(method.upper(), "GET")
    for probe in ("HEAD", "preflight"):
        report = conduct(tmp_path, probe, answer, method)
        assert not {"preflight", "options"} & rules(report)


def test_a_preflight_that_wants_a_credential(tmp_path: Path) -> None:
    found = rules(conduct(tmp_path, "preflight", lambda _: 401))
    assert "preflight" in found


def test_a_preflight_that_leaves_the_method_out(tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        return Response(None, 200, {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Methods": "GET"})  # fmt: skip

    assert "preflight" in rules(conduct(tmp_path, "preflight", answer, "put"))
    assert "preflight" not in rules(conduct(tmp_path, "preflight", answer))


def test_a_head_that_is_no_get(tmp_path: Path) -> None:
    assert "head" not in rules(conduct(tmp_path, "HEAD", only("GET")))
    odd = rules(conduct(tmp_path, "HEAD", lambda request: 200 if request.method == "GET" else 410))
    assert "head" in odd


def test_a_header_that_is_documented_is_left_alone(tmp_path: Path) -> None:
    heard: list[str] = []

    def answer(request: Request) -> int:
        heard.append(request.headers.get("range", ""))
        return 200

    parameter = "{name: Range, in: header, schema: {type: string, const: items=0-1}}"
    document = DOCUMENT.replace("operationId", f"parameters: [{parameter}]\n          operationId")
    contract = contract_from(tmp_path, document.replace("METHOD", "get"))
    report = check_app(app_of(answer), contract, replace(OURS, only=("legal headers",)))
    assert rules(report) == set()
    assert "bytes=0-3" not in heard


@contextmanager
def silent_after(good: int) -> Iterator[str]:
    """Answer so many requests with 200, and end each connection after that without an answer."""
    listener = socket.create_server(("127.0.0.1", 0))
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

    def serve() -> None:
        count = 0
        with suppress(OSError):  # the listener is closed
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    if connection.recv(65536):
                        count += 1
                        connection.sendall(answer if count <= good else b"")

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(timeout=5)


@pytest.mark.parametrize("probe", [*_OF_OPERATIONS, *_OF_PATHS])
def test_a_server_that_falls_silent(tmp_path: Path, probe: str) -> None:
    """That no answer comes is the one fault: nothing else is said of what did not come."""
    contract = contract_from(tmp_path, DOCUMENT.replace("METHOD", "get"))
    options = replace(OURS, only=(probe,), effort="quick", timeout=2)
    good = 1 if probe in _OF_PATHS else 2  # whether somebody is there, and what is good
    with silent_after(good) as url, run_at(url, contract, options) as run:
        report = check(run)
    assert rules(report) <= {"no-answer"}
    assert len(report.outcomes) == 1
