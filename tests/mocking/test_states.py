"""Scenarios that remember, that lend a token, and that extend others."""

import pytest

from mockserver.errors import FixtureError
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build, header

DOCUMENT = """
    openapi: 3.1.0
    info: {title: t, version: "1"}
    security: [{bearer: []}]
    paths:
      /items:
        get: {operationId: list, responses: {"200": {description: ok, content: {application/json: {}}}}}
        post: {operationId: create, responses: {"201": {description: made}, "422": {description: no}}}
        delete: {operationId: clear, responses: {"204": {description: gone}}}
      /open: {get: {operationId: open, security: [], responses: {"200": {description: ok}}}}
    components: {securitySchemes: {bearer: {type: http, scheme: bearer}}}
"""
FIXTURES = """
    tokens:
      good: {scheme: bearer, value: good, outcome: accept}
      old: {scheme: bearer, value: old, outcome: expired}
      none: {scheme: bearer, outcome: missing}
      weak: {scheme: bearer, value: weak, outcome: forbidden}
    cases:
      list:
        empty: {when: never, then: {status: 200, body: []}}
        one: {when: never, then: {status: 200, body: [1]}}
        two: {when: never, then: {status: 200, body: [1, 2]}}
      open:
        for-good: {when: {token: good}, then: {status: 200, headers: {X-Is: good}}}
    scenarios:
      shop:
        states:
          initial: empty
          empty: {use: {list: empty}, go: {create: filled}}
          filled: {use: {list: one}, go: {clear: empty, list: read}}
          read: {use: {list: two}}
      expired: {token: old}
      nobody: {token: none}
      weak: {token: weak}
      good: {token: good}
      base: {use: {list: one}, delay: 10ms, force: true, token: good}
      child: {extends: base, use: {list: two}}
      grandchild: {extends: child, sequence: {list: [empty]}, delay: 20ms}
      shopping: {extends: shop}
"""
GOOD = {"Authorization": "Bearer good"}


@pytest.fixture
def mock(tmp_path):
    return build(tmp_path, DOCUMENT, FIXTURES)


def walk(mock, *lines, scenario="shop", session="", headers=GOOD):
    """Send requests one after another in one session; return the bodies."""
    store = MemoryStore()
    bodies = []
    for line in lines:
        asked = {**headers, "X-Mock-Scenario": scenario, "X-Mock-Session": session or "a"}
        bodies.append(ask(mock, line, asked, store=store).response.body)
    return bodies


@pytest.mark.parametrize("scenario", ["shop", "shopping"])
def test_requests_move_the_state(mock, scenario):
    lines = ("GET /items", "GET /items", "POST /items", "GET /items", "GET /items", "GET /items")
    assert walk(mock, *lines, scenario=scenario) == [b"[]", b"[]", b"", b"[1]", b"[1,2]", b"[1,2]"]


def test_and_move_it_back(mock):
    lines = ("POST /items", "DELETE /items", "GET /items")
    assert walk(mock, *lines) == [b"", b"", b"[]"]


def test_a_refused_or_wished_answer_moves_nothing(mock):
    store = MemoryStore()
    shop = {"X-Mock-Scenario": "shop"}
    ask(mock, "POST /items", shop, store=store)
    ask(mock, "POST /items", {**shop, **GOOD, "Prefer": "code=422"}, store=store)
    assert ask(mock, "GET /items", {**shop, **GOOD}, store=store).response.body == b"[]"


def test_each_session_has_its_own_state(mock):
    store = MemoryStore()
    shop = {**GOOD, "X-Mock-Scenario": "shop"}
    ask(mock, "POST /items", {**shop, "X-Mock-Session": "a"}, store=store)
    for session, body in (("a", b"[1]"), ("b", b"[]")):
        decision = ask(mock, "GET /items", {**shop, "X-Mock-Session": session}, store=store)
        assert decision.response.body == body
    assert "shop in state empty uses empty" in decision.reasons.why


def test_a_state_that_a_reload_took_away_is_the_initial_one(mock):
    store = MemoryStore()
    store.session("default").values["state shop"] = "gone"
    shop = {**GOOD, "X-Mock-Scenario": "shop"}
    assert ask(mock, "GET /items", shop, store=store).response.body == b"[]"
    ask(mock, "POST /items", shop, store=store)
    assert store.session("default").values == {"state shop": "filled"}


@pytest.mark.parametrize(
    ("scenario", "headers", "status", "challenge"),
    [
        ("expired", GOOD, 401, 'Bearer error="invalid_token"'),
        ("nobody", GOOD, 401, "Bearer"),
        ("weak", GOOD, 403, None),
        ("good", {}, 200, None),
    ],
)
def test_every_request_bears_the_scenarios_token(mock, scenario, headers, status, challenge):
    decision = ask(mock, "GET /items", {**headers, "X-Mock-Scenario": scenario})
    assert decision.response.status == status
    assert header(decision, "www-authenticate") == challenge


def test_where_no_credential_is_asked_for_cases_still_see_the_token(mock):
    assert ask(mock, "GET /open", {"X-Mock-Scenario": "good"}).reasons.case == "for-good"
    assert ask(mock, "GET /open").reasons.case is None


def test_what_is_extended_holds_where_nothing_is_said(mock):
    scenarios = mock.fixtures.scenarios
    assert scenarios["child"].use == {"list": "two"}
    assert scenarios["child"].delay.median == 0.01
    assert (scenarios["child"].force, scenarios["child"].token) == (True, "good")
    assert scenarios["grandchild"].use == {}
    assert list(scenarios["grandchild"].sequence) == ["list"]
    assert scenarios["grandchild"].delay.median == 0.02


@pytest.mark.parametrize(
    ("scenarios", "said"),
    [
        ("{a: {extends: b}, b: {extends: a}}", "the scenario extends itself: a → b → a"),
        ("{a: {extends: nobody}}", "there is no scenario 'nobody'"),
        ("{a: {token: goood}}", "there is no token 'goood'; did you mean 'good'?"),
        ("{a: {states: {initial: x, y: {}}}}", "there is no state 'x'"),
        ("{a: {states: {initial: y, y: {go: {list: z}}}}}", "there is no state 'z'"),
        ("{a: {states: {initial: y, y: {use: {list: z}}}}}", "list has no case 'z'"),
        ("{a: {states: {y: {}}}}", "initial"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, scenarios, said):
    tokens = "tokens: {good: {scheme: bearer, value: good, outcome: accept}}"
    with pytest.raises(FixtureError) as caught:
        build(tmp_path, DOCUMENT, f"{tokens}\nscenarios: {scenarios}\n")
    assert said in str(caught.value)


FORCED = """
    tokens: {good: {scheme: bearer, value: good, outcome: accept}}
    cases: {list: {down: {when: never, then: {status: 503, allow_invalid: true}}}}
    scenarios: {down: {use: {list: down}, force: true}}
"""


def test_a_forced_scenario_says_nothing_of_operations_that_it_does_not_name(tmp_path):
    mock = build(tmp_path, DOCUMENT, FORCED)
    down = {"X-Mock-Scenario": "down"}
    assert ask(mock, "GET /items", down).response.status == 503
    assert ask(mock, "POST /items", down).response.status == 401
    assert ask(mock, "POST /items", {**down, **GOOD}).response.status == 201


def test_names_of_examples_that_clients_invent_are_not_kept(mock):
    for number in range(50):
        asked = {**GOOD, "Prefer": f"example=nobody{number}"}
        assert ask(mock, "GET /items", asked).reasons.error == "no-such-example"
    assert len(mock._answers._kept) < 5


def test_cases_that_are_named_by_a_status(tmp_path):
    with pytest.raises(FixtureError, match="unknown key 'staus'"):
        build(tmp_path, DOCUMENT, 'cases: {list: {"200": {then: {staus: 200}}}}')
    mock = build(tmp_path, DOCUMENT, 'cases: {list: {"200": {then: {status: 200, body: []}}}}')
    assert ask(mock, "GET /items", GOOD).reasons.case == "200"
