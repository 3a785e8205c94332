"""One request from scope to journal: what goes out, what is kept, and what happens at the edges."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from mockserver.errors import Finding, StoreError
from mockserver.messages import HeaderPair
from mockserver.server.app import MockApp
from mockserver.server.exchanges import BODY_KEPT
from mockserver.server.serve import build_mock
from mockserver.server.wire import Message, Receive, Scope, Send
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.store import Advance, MemoryStore, Session
from tests.server.asgi import Asked, Running, answer, asked, contract_of

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    key: {type: apiKey, in: query, name: k}
    head: {type: apiKey, in: header, name: X-Pet-Key}
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        '200': {description: OK, content: {application/json: {example: [cat]}}}
        '204': {description: none}
    options:
      operationId: describePets
      responses: {'200': {description: OK, content: {application/json: {example: {}}}}}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {type: string}}}}
      responses: {'201': {description: made, content: {application/json: {example: made}}}}
  /__mockery:
    get:
      operationId: mockery
      responses: {'200': {description: OK, content: {application/json: {example: 1}}}}
  /switch:
    get:
      operationId: switch
      responses: {'101': {description: switching}}
  /me:
    get:
      operationId: me
      security: [{bearer: []}]
      responses:
        '200': {description: OK, content: {application/json: {example: me}}}
        '401': {description: who}
"""

FIXTURES = """\
version: 1
tokens:
  valid: {scheme: bearer, value: sk_valid, outcome: accept}
cases:
  listPets:
    first: {then: {status: 200, body: [first]}}
    second: {when: {query: {x: y}}, then: {status: 200, body: [second]}}
scenarios:
  slow: {delay: 30ms}
  turns: {sequence: {listPets: {cases: [first, second], then: cycle}}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Running:
    return Running(contract_of(tmp_path, DOCUMENT, FIXTURES))


def test_an_answer_says_how_long_it_is_and_where_it_is_kept(server: Running) -> None:
    answered = server.ask("GET", "/pets")
    assert (answered.status, json.loads(answered.body)) == (200, ["first"])
    assert answered.headers[b"content-length"] == b"%d" % len(answered.body)
    assert answered.headers[b"x-mock-trace"] == b"t-1"
    assert answered.headers[b"x-mock-operation"] == b"listPets"
    assert server.woken == 1


def test_the_journal_has_the_whole_exchange(server: Running) -> None:
    answered = server.ask("POST", "/pets?a=1", [(b"content-type", b"application/json")], b'"cat"')
    entry = server.last
    assert (entry.id, entry.session) == ("t-1", "default")
    assert entry.time + entry.duration == pytest.approx(1000.0)
    assert (entry.method, entry.path, entry.query) == ("POST", b"/pets", b"a=1")
    assert (entry.operation, entry.status, entry.error) == ("addPet", 201, None)
    assert (entry.request_body, entry.response_body) == (b'"cat"', answered.body)
    assert entry.duration >= 0
    assert (b"content-type", b"application/json") in entry.request_headers


def test_head_is_get_without_its_body(server: Running) -> None:
    get, head = server.ask("GET", "/pets"), server.ask("HEAD", "/pets")
    assert (head.status, head.body) == (200, b"")
    assert head.headers[b"content-length"] == get.headers[b"content-length"]
    assert server.last.response_body == b""


def test_an_answer_without_a_body_has_no_length(server: Running) -> None:
    answered = server.ask("GET", "/pets", [(b"prefer", b"code=204")])
    assert (answered.status, answered.body) == (204, b"")
    assert b"content-length" not in answered.headers


def test_a_status_that_cannot_end_an_exchange_is_not_sent(server: Running) -> None:
    answered = server.ask("GET", "/switch")
    assert (answered.status, answered.headers[b"x-mock-error"]) == (500, b"interim-status")
    assert answered.headers[b"x-mock-operation"] == b"switch"
    assert answered.headers[b"x-mock-why"].startswith(b"answer to a valid request, 101")


def test_a_body_beyond_the_bound_is_refused_and_recorded(tmp_path: Path) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT), Settings(max_body=4))
    answered = server.ask("POST", "/pets", body=b'"too long"')
    assert (answered.status, answered.headers[b"x-mock-error"]) == (413, b"body-too-large")
    assert answered.headers[b"x-mock-why"] == b"refused; the request's body"
    assert (server.last.status, server.last.error) == (413, "body-too-large")


def test_a_client_that_goes_away_leaves_no_trace(server: Running) -> None:
    request = asked("POST", "/pets", body=b"x", incoming=[{"type": "http.disconnect"}])
    assert answer(server.app, request).messages == []
    assert server.journal.appended == 0


def test_long_bodies_are_kept_in_part(server: Running) -> None:
    body = json.dumps("x" * (BODY_KEPT + 10)).encode()
    server.ask("POST", "/pets", [(b"content-type", b"application/json")], body)
    assert server.last.request_body == body[:BODY_KEPT]


class BrokenStore(MemoryStore):
    """A store that has gone away."""

    def session(self, name: str) -> Session:
        raise StoreError(Finding("gone", f"no session {name!r}"))


def test_a_failure_is_a_problem_with_its_traceback_in_the_log(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT), store=BrokenStore())
    answered = server.ask("GET", "/pets%0A?token=secret")
    assert (answered.status, answered.headers[b"x-mock-error"]) == (500, b"internal-error")
    assert json.loads(answered.body)["status"] == 500
    assert server.last.error == "internal-error"
    assert "StoreError" in caplog.text
    assert "secret" not in caplog.text


class BusyStore(MemoryStore):
    """A store in which somebody else is faster, once."""

    refused = 0

    def advance(self, session: Session, advance: Advance) -> bool:
        if not self.refused:
            self.refused += 1
            session.values["position turns listPets"] = 1
            return False
        return super().advance(session, advance)


def test_a_decision_on_a_position_that_has_moved_is_made_again(tmp_path: Path) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT, FIXTURES), store=BusyStore())
    answered = server.ask("GET", "/pets", [(b"x-mock-scenario", b"turns")])
    assert answered.headers[b"x-mock-case"] == b"second"
    assert server.journal.appended == 1


def test_a_delay_is_waited_for_after_the_session_has_moved(server: Running) -> None:
    async def both() -> list[Asked]:
        requests = [asked("GET", "/pets", [(b"x-mock-scenario", b"slow")]) for _ in range(2)]
        begun = asyncio.get_running_loop().time()
        await asyncio.gather(*(server.app(one.scope, one.receive, one.send) for one in requests))
        assert asyncio.get_running_loop().time() - begun >= 0.03
        return requests

    assert [one.status for one in asyncio.run(both())] == [200, 200]
    assert all(entry.duration >= 0.03 for entry in server.journal.since(0))


def test_a_delayed_answer_goes_out_early_where_the_server_stops(tmp_path: Path) -> None:
    fixtures = FIXTURES.replace("30ms", "50s")
    server = Running(contract_of(tmp_path, DOCUMENT, fixtures))

    async def stop() -> Asked:
        request = asked("GET", "/pets", [(b"x-mock-scenario", b"slow")])
        task = asyncio.ensure_future(server.app(request.scope, request.receive, request.send))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
        await task
        return request

    assert asyncio.run(stop()).status == 200


PREFLIGHT: list[HeaderPair] = [
    (b"origin", b"http://localhost:5173"),
    (b"access-control-request-method", b"GET"),
    (b"access-control-request-headers", b"authorization"),
]


@pytest.mark.parametrize("target", ["/pets", "/nowhere", "/me"])
def test_a_preflight_is_permitted_whatever_it_is_about(server: Running, target: str) -> None:
    answered = server.ask("OPTIONS", target, PREFLIGHT)
    assert (answered.status, answered.body) == (204, b"")
    assert answered.headers[b"access-control-allow-origin"] == b"http://localhost:5173"
    assert answered.headers[b"access-control-allow-headers"] == b"authorization"
    assert (server.last.why, server.last.operation) == ("preflight; CORS", None)


def test_a_plain_options_is_the_documents(server: Running) -> None:
    assert server.ask("OPTIONS", "/pets").headers[b"x-mock-operation"] == b"describePets"
    answered = server.ask("OPTIONS", "/me")
    assert answered.status in (204, 405)
    assert b"GET" in answered.headers[b"allow"]


def test_pages_of_this_machine_see_answers_and_their_reasons(server: Running) -> None:
    headers = server.ask("GET", "/pets", [(b"origin", b"http://localhost:5173")]).headers
    assert headers[b"access-control-allow-credentials"] == b"true"
    assert b"x-mock-why" in headers[b"access-control-expose-headers"]
    assert b"x-mock-trace" in headers[b"access-control-expose-headers"]


@pytest.mark.parametrize("target", ["/me", "/nowhere"])
def test_pages_see_refusals_and_problems_too(server: Running, target: str) -> None:
    headers = server.ask("GET", target, [(b"origin", b"https://any.example")]).headers
    assert headers[b"access-control-allow-origin"] == b"*"


def test_without_cors_browsers_are_told_nothing(tmp_path: Path) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT), Settings(cors=False))
    answered = server.ask("OPTIONS", "/pets", PREFLIGHT)
    assert answered.headers[b"x-mock-operation"] == b"describePets"
    assert [
        name for name in answered.headers if name.startswith((b"access-control", b"vary"))
    ] == []


def test_quiet_answers_say_nothing_of_the_mock(tmp_path: Path) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT), Settings(quiet_headers=True, max_body=4))
    for answered in (
        server.ask("GET", "/pets", [(b"origin", b"http://localhost")]),
        server.ask("OPTIONS", "/pets", PREFLIGHT),
        server.ask("POST", "/pets", body=b'"too long"'),
    ):
        names = {name for name in answered.headers if name.startswith(b"x-mock")}
        assert names <= {b"x-mock-error"}
        assert b"x-mock" not in answered.headers.get(b"access-control-expose-headers", b"")[:6]


@pytest.mark.parametrize(
    ("target", "error", "operation"),
    [
        ("/__mock/live", None, None),
        ("/__mock", None, None),
        ("/__mock/nothing", b"no-such-control", None),
        ("/__mockery", None, b"mockery"),
    ],
)
def test_the_control_api_is_what_lies_below_its_prefix(
    server: Running, target: str, error: bytes | None, operation: bytes | None
) -> None:
    headers = server.ask("GET", target).headers
    assert (headers.get(b"x-mock-error"), headers.get(b"x-mock-operation")) == (error, operation)
    assert server.journal.appended == (operation is not None)


def test_no_credential_is_kept(server: Running) -> None:
    server.ask(
        "GET",
        "/me?k=key_secret&page_token=t_secret&x=1",
        [
            (b"authorization", b"Bearer sk_valid"),
            (b"x-pet-key", b"head_secret"),
            (b"cookie", b"a=c_secret"),
        ],
    )
    assert server.last.token == "valid"
    assert b"x=1" in server.last.query
    for secret in ("sk_valid", "secret"):
        assert secret not in repr(server.last)
    assert (b"authorization", b"<token valid>") in server.last.request_headers


def test_the_journal_keeps_the_path_as_it_was_sent(server: Running) -> None:
    server.ask("GET", "/~slow@tester/pets")
    assert (server.last.path, server.last.session, server.last.scenario) == (
        b"/~slow@tester/pets",
        "tester",
        "slow",
    )


def test_another_mock_answers_from_the_next_request_on(server: Running, tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()
    new = contract_of(tmp_path / "new", DOCUMENT.replace("[cat]", "[dog]"))
    assert json.loads(server.ask("GET", "/pets").body) == ["first"]
    server.app.use(build_mock(new, server.settings, "seed"))
    assert json.loads(server.ask("GET", "/pets").body) == ["dog"]


def test_a_websocket_is_refused(server: Running) -> None:
    request = Asked({"type": "websocket", "path": "/"}, [{"type": "websocket.connect"}])
    assert answer(server.app, request).messages == [{"type": "websocket.close"}]


async def nobody(scope: Scope, receive: Receive, send: Send) -> None:
    """Stand where a control API would."""


def test_what_runs_beside_the_requests_starts_and_stops_with_the_server(tmp_path: Path) -> None:
    happened: list[str] = []

    @asynccontextmanager
    async def background() -> AsyncIterator[None]:
        happened.append("begun")
        yield
        happened.append("ended")

    settings = Settings()
    app = MockApp(
        build_mock(contract_of(tmp_path, DOCUMENT), settings, "s"), settings,
        control=nobody, store=MemoryStore(), journal=Journal("t"), now=lambda: 0.0,
        background=background,
    )  # fmt: skip
    incoming: list[Message] = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    request = answer(app, Asked({"type": "lifespan"}, incoming))
    assert [message["type"] for message in request.messages] == [
        "lifespan.startup.complete",
        "lifespan.shutdown.complete",
    ]
    assert happened == ["begun", "ended"]


def test_an_application_needs_nothing_beside_it(tmp_path: Path) -> None:
    settings = Settings()
    app = MockApp(
        build_mock(contract_of(tmp_path, DOCUMENT), settings, "s"), settings,
        control=nobody, store=MemoryStore(), journal=Journal("t"), now=lambda: 0.0,
    )  # fmt: skip
    assert answer(app, asked("GET", "/pets")).status == 200
