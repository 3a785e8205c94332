"""What is kept between requests changes nothing but time: every answer is the one that a fresh mock gives."""

from pathlib import Path

import pytest

from mockserver.mocking import plans
from mockserver.mocking.decide import Mock, MockOptions
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build

DOCUMENT = """
openapi: 3.1.0
info: {title: Shop, version: "1"}
security: [{bearer: []}, {key: []}, {basket: []}]
components:
  securitySchemes:
    bearer: {type: http, scheme: bearer}
    key: {type: apiKey, in: header, name: X-Key}
    basket: {type: apiKey, in: cookie, name: basket}
    word: {type: apiKey, in: query, name: word}
  responses:
    things:
      description: things
      content:
        application/json: {schema: {type: integer}, examples: {one: {value: 1}, bad: {value: x}}}
        text/plain: {schema: {type: string}, example: one}
paths:
  /plain: {get: {operationId: plain, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /cased: {get: {operationId: cased, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /turns: {get: {operationId: turns, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /drawn: {get: {operationId: drawn, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /echo: {get: {operationId: echo, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /named: {get: {operationId: named, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /slow: {get: {operationId: slow, responses: {"200": {$ref: "#/components/responses/things"}}}}
  /query:
    get:
      operationId: query
      security: [{word: []}]
      responses: {"200": {$ref: "#/components/responses/things"}}
"""
FIXTURES = """
tokens:
  good: {scheme: bearer, value: good, outcome: accept, claims: {sub: usr_1}}
  other: {scheme: bearer, value: other, outcome: accept, claims: {sub: usr_2}}
  key: {scheme: key, value: k, outcome: accept}
  basket: {scheme: basket, value: b, outcome: accept}
  word: {scheme: word, value: w, outcome: accept}
cases:
  cased:
    good: {when: {token: good}, then: {status: 200, body: 7}}
    seven: {when: {query: {n: "7"}}, then: {status: 200, body: 8}}
  turns:
    first: {when: never, then: {status: 200, body: 1}}
    second: {when: never, then: {status: 200, body: 2}}
  drawn:
    drawn: {then: {status: 200, generate: true}}
  echo:
    echo: {then: {status: 200, headers: {Content-Type: text/plain},
                  body: "{{ claims.sub }} {{ $url }} {{ fake.uuid() }} {{ $request.header.x-long }}"}}
  named:
    named: {then: {status: 200, headers: {X-Number: "{{ $request.query.n }}"}, body: 1}}
  slow:
    slow: {then: {status: 200, body: 1, delay: 1s}}
scenarios:
  turns: {sequence: {turns: [first, second]}}
"""
TOKEN = {"Authorization": "Bearer good"}
ASKED: list[tuple[str, dict[str, str]]] = [
    ("GET /plain", TOKEN),
    ("HEAD /plain", TOKEN),
    ("GET /plain", {}),
    ("GET /plain", {"Authorization": "Bearer other"}),
    ("GET /plain", {"Authorization": "Bearer unknown"}),
    ("GET /plain", {"X-Key": "k"}),
    ("GET /plain", {"X-Key": "wrong"}),
    ("GET /plain", {"Cookie": "basket=b"}),
    ("GET /plain", {"Cookie": "basket=c"}),
    ("GET /plain", {**TOKEN, "Accept": "text/plain"}),
    ("GET /plain", {**TOKEN, "Accept": "image/png"}),
    ("GET /plain", {**TOKEN, "Prefer": "example=bad"}),
    ("GET /plain", {**TOKEN, "Prefer": "code=404"}),
    ("GET /plain", {**TOKEN, "Prefer": "dynamic"}),
    ("GET /cased", TOKEN),
    ("GET /cased", {"X-Key": "k"}),
    ("GET /cased?n=7", {"X-Key": "k"}),
    ("GET /turns", {**TOKEN, "X-Mock-Scenario": "turns"}),
    ("GET /drawn", TOKEN),
    ("GET /echo?a=b", TOKEN),
    ("GET /echo?a=c", {"Authorization": "Bearer other"}),
    ("GET /echo", {**TOKEN, "X-Long": "x" * 70_000}),
    ("GET /named?n=1", TOKEN),
    ("GET /named?n=2", TOKEN),
    ("GET /slow", TOKEN),
    ("GET /query?word=w", {}),
    ("GET /query?word=x", {}),
]


@pytest.fixture
def mock(tmp_path: Path) -> Mock:
    return build(tmp_path, DOCUMENT, FIXTURES)


@pytest.mark.parametrize("dynamic", [False, True])
def test_a_kept_answer_is_the_one_that_a_fresh_mock_gives(tmp_path: Path, *, dynamic: bool) -> None:
    options = MockOptions(dynamic=dynamic)
    used, store = build(tmp_path, DOCUMENT, FIXTURES, options), MemoryStore()
    fresh_store = MemoryStore()
    for _ in range(3):
        for line, headers in ASKED:
            fresh = build(tmp_path, DOCUMENT, FIXTURES, options)
            expected = ask(fresh, line, headers, store=fresh_store)
            found = ask(used, line, headers, store=store)
            assert found.response == expected.response, (line, headers)
            assert found[2:] == expected[2:]


def test_what_is_asked_again_is_answered_by_the_same_decision(mock: Mock) -> None:
    first, second = (ask(mock, "GET /plain", TOKEN) for _ in range(2))
    assert first is second


def test_a_rendered_answer_that_fails_once_is_made_from_scratch(
    mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask(mock, "GET /echo", TOKEN).response.status == 200
    monkeypatch.setattr("mockserver.fixtures.templates.LARGEST_RENDERED", 10)
    assert ask(mock, "GET /echo", TOKEN).reasons.error == "impossible-answer"


def test_clients_that_invent_questions_fill_no_memory(
    mock: Mock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "_LIMIT", 2)
    accepted = [{**TOKEN, "Accept": f"text/plain;v={number}"} for number in range(3)]
    first = ask(mock, "GET /plain", accepted[0])
    for headers in accepted[1:]:
        ask(mock, "GET /plain", headers)
    assert ask(mock, "GET /plain", accepted[0]) is not first
    long = {**TOKEN, "Accept": "text/plain, " + "x/y, " * 1000}
    assert ask(mock, "GET /plain", long) is not ask(mock, "GET /plain", long)
