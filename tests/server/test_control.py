"""Health for everybody, the rest for names that are known."""

import asyncio
import json
from collections.abc import Sequence
from typing import Literal

import pytest

from mockserver.messages import HeaderPair, HttpResponse
from mockserver.mocking.decide import Mock
from mockserver.server.control.application import SCHEMA, build_control
from mockserver.server.control.live import Live
from mockserver.server.watch import Reload
from mockserver.server.wire import Message
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.store import MemoryStore

DEFAULTS = Settings()
LOOPBACK: HeaderPair = (b"host", b"localhost:4010")


def live_of(settings: Settings, reload_state: Literal["ok", "failed"] = "ok") -> Live:
    journal = Journal("t")
    return Live(
        settings, MemoryStore(), journal, mock=_no_mock, now=lambda: 0.0, last_reload=lambda: Reload(reload_state)
    )  # fmt: skip


def _no_mock() -> Mock:
    raise AssertionError("nobody needs it here")


def ask(
    path: str,
    *,
    method: str = "GET",
    headers: Sequence[HeaderPair] = (LOOPBACK,),
    settings: Settings = DEFAULTS,
    reload_state: Literal["ok", "failed"] = "ok",
) -> HttpResponse:
    sent: list[Message] = []

    async def receive() -> Message:
        return {"type": "http.request", "body": b""}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "root_path": "",
        "query_string": b"", "headers": list(headers), "http_version": "1.1", "scheme": "http",
    }  # fmt: skip

    async def run() -> None:
        await build_control(live_of(settings, reload_state))(scope, receive, send)

    asyncio.run(run())
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return HttpResponse(sent[0]["status"], tuple(sent[0]["headers"]), body)


def error_of(answer: HttpResponse) -> tuple[int, bytes | None]:
    return answer.status, dict(answer.headers).get(b"x-mock-error")


@pytest.mark.parametrize("headers", [[LOOPBACK], [(b"host", b"evil.example")], []])
def test_health_needs_no_known_host(headers: list[HeaderPair]) -> None:
    assert json.loads(ask("/__mock/live", headers=headers).body) == {"status": "live"}
    assert json.loads(ask("/__mock/ready", headers=headers).body) == {"status": "ready"}


def test_a_failed_reload_shows_in_readiness_which_stays() -> None:
    answer = ask("/__mock/ready", reload_state="failed")
    assert answer.status == 200
    assert json.loads(answer.body) == {"status": "ready", "reload": "failed"}


def test_nothing_of_it_is_kept_or_shared() -> None:
    headers = dict(ask("/__mock/ready").headers)
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"x-content-type-options"] == b"nosniff"
    assert b"access-control-allow-origin" not in headers


def test_editors_get_the_schema_of_fixtures() -> None:
    answer = ask("/__mock/schemas/fixtures.v1.json")
    assert answer.body == SCHEMA.read_bytes()
    assert dict(answer.headers)[b"content-type"] == b"application/schema+json"


@pytest.mark.parametrize(
    ("host", "settings"),
    [
        ("localhost", Settings()),
        ("LOCALHOST:1", Settings()),
        ("127.0.0.1:4010", Settings()),
        ("[::1]:4010", Settings()),
        ("[::1]", Settings()),
        ("mock:4010", Settings(allow_host=("mock",))),
        ("192.0.2.7:80", Settings(host="192.0.2.7")),
        ("[fe80::1]:80", Settings(host="fe80::1")),
    ],
)
def test_known_names_are_answered(host: str, settings: Settings) -> None:
    asked = [(b"host", host.encode())]
    assert ask("/__mock/x", headers=asked, settings=settings).status == 404


@pytest.mark.parametrize(
    ("headers", "settings"),
    [
        ([(b"host", b"evil.example")], Settings()),
        ([(b"host", b"localhost.evil.example")], Settings()),
        ([(b"host", b"localhost@evil.example")], Settings()),
        ([(b"host", b"::1")], Settings()),
        ([(b"host", b"")], Settings()),
        ([(b"host", b"0.0.0.0:4010")], Settings(host="0.0.0.0")),
        ([], Settings()),
        ([LOOPBACK, (b"host", b"evil.example")], Settings()),
    ],
)
def test_other_names_are_not(headers: list[HeaderPair], settings: Settings) -> None:
    answer = ask("/__mock/schemas/fixtures.v1.json", headers=headers, settings=settings)
    assert error_of(answer) == (403, b"foreign-host")


def test_head_of_a_refusal_has_no_body() -> None:
    assert ask("/__mock/x", method="HEAD", headers=[]).body == b""


@pytest.mark.parametrize("path", ["/__mock/live/", "/__mock/nothing", "/__mock/ui/nothing.js"])
def test_what_is_not_there_is_a_problem(path: str) -> None:
    assert error_of(ask(path)) == (404, b"no-such-control")


def test_reading_is_the_only_method() -> None:
    answer = ask("/__mock/ready", method="POST")
    assert error_of(answer) == (405, b"method-not-allowed")
    assert set(dict(answer.headers)[b"allow"].split(b", ")) == {b"GET", b"HEAD"}


def test_the_prefix_can_be_another() -> None:
    assert ask("/x/y/live", settings=Settings(control_prefix="/x/y")).status == 200
