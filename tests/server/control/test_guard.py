"""Whom the control API answers: a table of what browsers of strangers send, and which defence alone refuses it."""

import asyncio
import json

import pytest

from mockserver.messages import HeaderPair
from mockserver.server.control.application import gate_of
from mockserver.server.control.guard import (
    DEFENCES,
    Defence,
    Guard,
    json_writes,
    known_host,
    no_page_as_script,
    own_origin,
    own_site,
    with_token,
)
from mockserver.server.control.live import Live
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.store import MemoryStore
from tests.server.asgi import Asked, answer

OWN = "localhost:4010"
TOKEN = "a token of this run"
Row = tuple[str, str, dict[str, str], Defence]

HOSTS = ["evil.example", "evil.example:4010", "localhost.evil.example", "127.0.0.1.nip.io", "localhost:4010.evil.example", "0.0.0.0:4010", "[::]:4010", "[::2]", "", "localhost%00", "127.1", "2130706433", "evil.example#localhost", "169.254.169.254"]  # fmt: skip
ORIGINS = ["https://evil.example", "null", "http://localhost:3000", "http://127.0.0.1:4010", "https://localhost:4010.evil.example", "http://localhost", "file://", "chrome-extension://abc", "http://localhost:40100", "http://evil.example#localhost:4010", ""]  # fmt: skip
ATTACKS: list[Row] = [
    *(("GET", "/__mock/journal", {"host": host}, known_host) for host in HOSTS),
    *(("GET", "/__mock/tokens", {"origin": origin}, own_origin) for origin in ORIGINS),
    *(("PUT", "/__mock/default-scenario", {"origin": origin, "content-type": "application/json"}, own_origin) for origin in ORIGINS[:4]),
    *(("GET", path, {"sec-fetch-site": site}, own_site) for path in ("/__mock/journal", "/__mock/use/x", "/__mock/") for site in ("cross-site", "same-site", "nonsense")),
    ("GET", "/__mock/", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "empty"}, own_site),
    ("POST", "/__mock/reload", {"sec-fetch-site": "cross-site", "content-type": "application/json"}, own_site),
    *(("GET", "/__mock/journal", {"sec-fetch-site": "same-origin", "sec-fetch-dest": kind}, no_page_as_script) for kind in ("script", "image", "style", "iframe", "object", "embed", "worker", "audio")),
    *(("POST", "/__mock/verify", {"content-type": kind}, json_writes) for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain;application/json", "application/jsonp", "application/csp-report", "")),
    ("POST", "/__mock/reload", {}, json_writes),
    ("PUT", "/__mock/default-scenario", {}, json_writes),
]  # fmt: skip
WITHOUT_TOKEN: list[Row] = [
    ("GET", "/__mock/status", {}, with_token),
    ("GET", "/__mock/journal", {"authorization": "Bearer wrong"}, with_token),
    ("GET", "/__mock/journal", {"authorization": TOKEN}, with_token),
    ("GET", "/__mock/journal", {"authorization": f"Basic {TOKEN}"}, with_token),
    ("GET", f"/__mock/journal?token={TOKEN}", {}, with_token),
    ("GET", "/__mock/journal", {"cookie": f"token={TOKEN}"}, with_token),
    ("DELETE", "/__mock/journal", {}, with_token),
]


def gate_for(host: str = "127.0.0.1", token: str | None = None):
    settings = Settings(host=host)

    def nobody():
        raise AssertionError

    live = Live(settings, MemoryStore(), Journal("t"), nobody, lambda: 0.0, admin_token=token)
    return gate_of(live)


async def inside(scope, receive, send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"in"})


def ask(row: Row, defences: tuple[Defence, ...], token: str | None = None) -> Asked:
    method, target, headers, _ = row
    path, _, query = target.partition("?")
    given = {"host": OWN, **headers}
    pairs: list[HeaderPair] = [(name.encode(), value.encode()) for name, value in given.items()]
    scope = {"type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(), "headers": pairs, "http_version": "1.1", "root_path": "", "scheme": "http"}  # fmt: skip
    request = Asked(scope, [{"type": "http.request", "body": b""}])
    return answer(Guard(inside, gate_for(token=token), defences), request)


def name_of(row: Row) -> str:
    method, path, headers, defence = row
    return f"{defence.__name__} {method} {path} {json.dumps(headers)}"


@pytest.mark.parametrize("row", ATTACKS, ids=[name_of(row) for row in ATTACKS])
def test_an_attack_is_refused_by_one_defence(row: Row) -> None:
    assert ask(row, DEFENCES).status in (401, 403, 415)
    others = tuple(one for one in DEFENCES if one is not row[3])
    assert ask(row, others).status == 200


@pytest.mark.parametrize("row", WITHOUT_TOKEN, ids=[name_of(row) for row in WITHOUT_TOKEN])
def test_off_loopback_a_token_is_needed(row: Row) -> None:
    refused = ask(row, DEFENCES, TOKEN)
    assert (refused.status, refused.headers[b"www-authenticate"]) == (
        401,
        b'Bearer realm="control"',
    )
    others = tuple(one for one in DEFENCES if one is not with_token)
    assert ask(row, others, TOKEN).status == 200


def test_there_are_enough_of_them() -> None:
    assert len(ATTACKS) + len(WITHOUT_TOKEN) >= 60
    assert {row[3] for row in (*ATTACKS, *WITHOUT_TOKEN)} == set(DEFENCES)


HONEST: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/__mock/status", {}),
    ("GET", "/__mock/status", {"host": "127.0.0.1:4010"}),
    ("GET", "/__mock/status", {"host": "[::1]:4010"}),
    ("GET", "/__mock/status", {"host": "LOCALHOST"}),
    ("GET", "/__mock/journal", {"origin": f"http://{OWN}", "sec-fetch-site": "same-origin", "sec-fetch-dest": "empty"}),
    ("PUT", "/__mock/default-scenario", {"origin": f"http://{OWN}", "content-type": "application/json; charset=utf-8"}),
    ("DELETE", "/__mock/journal", {}),
    ("GET", "/__mock/", {"sec-fetch-site": "none", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}),
    ("GET", "/__mock/", {"sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document"}),
    ("GET", "/__mock/ui/app.js", {"sec-fetch-site": "same-origin", "sec-fetch-dest": "script"}),
    ("GET", "/__mock/live", {"host": "evil.example", "origin": "https://evil.example"}),
]  # fmt: skip


@pytest.mark.parametrize("caller", HONEST, ids=[json.dumps(one) for one in HONEST])
def test_honest_callers_pass(caller: tuple[str, str, dict[str, str]]) -> None:
    assert ask((*caller, known_host), DEFENCES).status == 200


def test_the_token_opens_and_the_page_needs_none_to_be_shown() -> None:
    good: Row = ("GET", "/__mock/journal", {"authorization": f"bearer {TOKEN}"}, with_token)
    assert ask(good, DEFENCES, TOKEN).status == 200
    shell: Row = ("GET", "/__mock/ui/app.js", {}, with_token)
    assert ask(shell, DEFENCES, TOKEN).status == 200


def test_a_host_that_stands_twice_is_refused() -> None:
    pairs = [(b"host", OWN.encode()), (b"host", b"evil.example")]
    scope = {"type": "http", "method": "GET", "path": "/__mock/status", "query_string": b"", "headers": pairs}  # fmt: skip
    request = Asked(scope, [])

    async def run() -> None:
        await Guard(inside, gate_for())(request.scope, request.receive, request.send)

    asyncio.run(run())
    assert request.status == 403
