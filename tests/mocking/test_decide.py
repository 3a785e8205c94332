"""What is answered when: the order of a request, seen from outside of ``decide``."""

import json
from pathlib import Path

import pytest

from mockserver.mocking.decide import Mock, MockOptions
from mockserver.mocking.decision import Decision
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build, header

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
servers: [{url: https://pets.example/v1}]
security: [{bearer: []}]
paths:
  /pets/{id}:
    get:
      operationId: getPet
      parameters:
        - {name: id, in: path, required: true, schema: {type: integer}}
        - {name: old, in: query, deprecated: true, schema: {type: string}}
      responses:
        "200":
          description: a pet
          headers: {X-Rate: {schema: {type: integer, example: 5}}, Content-Length: {schema: {type: integer}}}
          content:
            application/json:
              schema: {$ref: "#/components/schemas/Pet"}
              examples:
                broken: {value: {name: 1}}
                cat: {value: {name: Tom}}
                dog: {value: {name: Rex}}
            text/plain: {schema: {type: string}, example: Tom}
        "401": {description: no, content: {application/json: {example: {error: who are you}}}}
        "404": {description: gone, content: {application/json: {example: {error: gone}}}}
        "422": {description: bad, content: {application/json: {examples: {plain: {value: {error: bad}}, other: {value: {error: other}}}}}}
    delete:
      operationId: deletePet
      parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
      responses: {"204": {description: gone}}
  /pets:
    post:
      operationId: addPet
      requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}
      responses: {"201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Pet"}}}}}
  /free:
    get:
      operationId: free
      security: []
      responses: {default: {description: any, content: {application/json: {schema: {type: object, required: [n], properties: {n: {type: integer, minimum: 3}}}}}}}
  /nothing:
    get: {operationId: nothing, security: []}
  /impossible:
    get:
      operationId: impossible
      security: []
      responses: {"200": {description: never, content: {application/json: {schema: {allOf: [{type: string}, {type: integer}]}}}}}
  /~tilde/pets:
    get: {operationId: tilde, security: [], responses: {"204": {description: none}}}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
  schemas: {Pet: {type: object, required: [name], properties: {name: {type: string}}}}
"""

FIXTURES = """
tokens:
  valid: {scheme: bearer, value: good, outcome: accept, claims: {sub: usr_1}}
  vip: {scheme: bearer, value: vip, outcome: accept, claims: {sub: usr_2}}
  expired: {scheme: bearer, value: old, outcome: expired}
  suspended: {scheme: bearer, value: bad, outcome: forbidden}
cases:
  getPet:
    seven: {when: {path: {id: 7}}, then: {status: 200, body: {name: Seven}}}
    seven-vip: {when: {token: vip, path: {id: 7}}, then: {status: 200, body: {name: "{{ claims.sub }}"}, headers: {X-Own: "yes"}}}
    gone: {when: {path: {id: 9}}, then: {status: 404, example: ""}}
    expired: {when: {token: expired}, then: {status: 401, body: {error: expired}, allow_invalid: true}}
    afresh: {when: {path: {id: 8}}, then: {status: 200, generate: true}}
scenarios:
  all-gone: {use: {getPet: gone}}
  two-steps: {sequence: {getPet: [seven, gone]}}
  cycle: {sequence: {getPet: {cases: [seven, gone], then: cycle}}}
  once: {sequence: {getPet: {cases: [seven], then: fail}}}
  expires: {use: {getPet: expired}}
  slow: {delay: {type: fixed, median: 200ms}}
  barrier: {use: {getPet: gone}, force: true}
"""

GOOD = {"Authorization": "Bearer good"}


@pytest.fixture
def mock(tmp_path: Path) -> Mock:
    return build(tmp_path, DOCUMENT, FIXTURES)


def body(decision: Decision) -> object:
    return json.loads(decision.response.body)


@pytest.mark.parametrize(
    ("line", "headers", "status", "why"),
    [
        pytest.param("GET /v1/pets/1", GOOD, 200, "document; answer to a valid request; example 'cat'", id="base path"),
        pytest.param("GET /pets/1", GOOD, 200, "document; answer to a valid request; example 'cat'", id="bare path"),
        pytest.param("GET /pets/7", GOOD, 200, "case; path id", id="a matching case"),
        pytest.param("GET /pets/1", {}, 401, "credential; no credential for bearer", id="no credential"),
        pytest.param("GET /pets/1", {"Authorization": "Bearer what"}, 401, "credential; bearer: not among", id="unlisted"),
        pytest.param("GET /pets/1", {"Authorization": "Bearer old"}, 401, "credential; token expired", id="expired"),
        pytest.param("GET /pets/1", {"Authorization": "Bearer bad"}, 403, "credential; forbidden", id="forbidden"),
        pytest.param("GET /pets/x", {}, 401, "credential", id="authentication goes before validation"),
        pytest.param("GET /pets/x", GOOD, 422, "invalid request; path.id", id="invalid"),
        pytest.param("GET /pets/1", GOOD | {"Prefer": "code=404"}, 404, "Prefer; code=404", id="wished status"),
        pytest.param("GET /pets/1?__code=404", GOOD, 404, "__code; code=404", id="wished by query"),
        pytest.param("GET /pets/1", GOOD | {"Prefer": "code=500"}, 404, "code=500; no-such-answer", id="no such answer"),
        pytest.param("GET /pets/1", GOOD | {"Prefer": "example=dog"}, 200, "Prefer; what was asked for; example 'dog'", id="wished example"),
        pytest.param("GET /pets/1", GOOD | {"Prefer": "example=cow"}, 404, "Prefer; what was asked for; no-such-example", id="no such example"),
        pytest.param("GET /pets/1", {"Prefer": "code=404"}, 401, "credential", id="a wish does not open doors"),
        pytest.param("GET /pets/1", {"Prefer": "code=404, force"}, 404, "Prefer; code=404", id="unless forced"),
        pytest.param("GET /pets/x", GOOD | {"Prefer": "code=200"}, 422, "invalid request", id="a 2xx wished for an invalid request"),
        pytest.param("GET /pets/1", GOOD | {"Prefer": "code=x"}, 200, "ignored code='x'", id="a wish without meaning"),
        pytest.param("GET /pets/1", GOOD | {"X-Mock-Scenario": "all-gone"}, 404, "scenario (header); all-gone uses gone", id="scenario"),
        pytest.param("GET /~all-gone/v1/pets/1", GOOD, 404, "scenario (url)", id="scenario in the base URL"),
        pytest.param("GET /pets/1?__scenario=all-gone", GOOD, 404, "scenario (query)", id="scenario in the query"),
        pytest.param("GET /~all-gone/pets/1", {}, 401, "credential", id="a scenario does not open doors"),
        pytest.param("GET /~expires/pets/1", {"Authorization": "Bearer old"}, 401, "scenario (url)", id="unless its case names the token"),
        pytest.param("GET /~barrier/pets/x", {}, 404, "scenario (url)", id="a forced scenario does"),
        pytest.param("GET /~tilde/pets", {}, 204, "document", id="a described path that begins so wins"),
        pytest.param("GET /~nowhere/pets/1", GOOD, 400, "unknown-scenario", id="unknown scenario"),
        pytest.param("PATCH /pets/1", GOOD, 405, "method-not-allowed", id="method"),
        pytest.param("OPTIONS /pets/1", {}, 204, "options", id="options"),
        pytest.param("GET /pest/1", GOOD, 404, "no-such-operation", id="path"),
        pytest.param("GET /free", {}, 200, "generated", id="only a default answer"),
        pytest.param("GET /nothing", {}, 200, "no answer documented", id="no answers"),
        pytest.param("GET /impossible", {}, 500, "impossible-answer", id="a schema that nothing fits"),
        pytest.param("GET /pets/1", GOOD | {"Accept": "image/png"}, 406, "not-acceptable", id="not acceptable"),
        pytest.param("GET /pets/x", GOOD | {"Accept": "image/png"}, 422, "invalid request", id="an error is sent whatever is accepted"),
        pytest.param("DELETE /pets/1", GOOD, 204, "no body", id="no content"),
    ],
)  # fmt: skip
def test_the_first_rule_that_hits_answers(
    mock: Mock, line: str, headers: dict[str, str], status: int, why: str
) -> None:
    decision = ask(mock, line, headers)
    assert decision.response.status == status
    assert why in decision.reasons.why
    assert header(decision, "x-mock-why") == decision.reasons.why


def test_an_example_that_breaks_its_schema_is_served_only_by_name(mock: Mock) -> None:
    assert body(ask(mock, "GET /pets/1", GOOD)) == {"name": "Tom"}
    broken = ask(mock, "GET /pets/1", GOOD | {"Prefer": "example=broken"})
    assert body(broken) == {"name": 1}
    assert header(broken, "sl-violations")


def test_errors_turns_a_broken_answer_into_a_problem(tmp_path: Path) -> None:
    mock = build(tmp_path, DOCUMENT, FIXTURES, MockOptions(errors=True))
    decision = ask(mock, "GET /pets/1", GOOD | {"Prefer": "example=broken"})
    assert (decision.response.status, decision.reasons.error) == (500, "invalid-answer")


def test_the_most_specific_case_answers_and_sees_the_claims(mock: Mock) -> None:
    decision = ask(mock, "GET /pets/7", {"Authorization": "Bearer vip"})
    assert body(decision) == {"name": "usr_2"}
    assert header(decision, "x-own") == "yes"
    assert header(decision, "x-rate") == "5"
    assert header(decision, "content-type") == "application/json"
    assert header(decision, "x-mock-case") == "seven-vip"
    assert decision.reasons.token == "vip"


def test_a_refused_credential_answers_with_its_case_and_a_challenge(mock: Mock) -> None:
    decision = ask(mock, "GET /pets/1", {"Authorization": "Bearer old"})
    assert body(decision) == {"error": "expired"}
    assert 'error="invalid_token"' in (header(decision, "www-authenticate") or "")
    missing = ask(mock, "GET /pets/1")
    assert body(missing) == {"error": "who are you"}
    assert "error" not in (header(missing, "www-authenticate") or "")


def test_a_sequence_goes_on_by_its_own_answers_only(mock: Mock) -> None:
    store = MemoryStore()
    asked = [
        ("/~two-steps/pets/1", {}),
        ("/~two-steps/pets/1", GOOD),
        ("/~two-steps/pets/1", GOOD | {"Prefer": "code=422"}),
        ("/~two-steps/pets/1", GOOD),
        ("/~two-steps/pets/1", GOOD),
    ]
    assert [
        ask(mock, f"GET {path}", headers, store=store).response.status for path, headers in asked
    ] == [
        401,
        200,
        422,
        404,
        404,
    ]


@pytest.mark.parametrize(
    ("scenario", "statuses"),
    [("cycle", [200, 404, 200, 404]), ("once", [200, 500, 500]), ("two-steps", [200, 404, 404])],
)
def test_a_sequence_ends_as_it_says(mock: Mock, scenario: str, statuses: list[int]) -> None:
    store = MemoryStore()
    path = f"GET /~{scenario}@alice/pets/1"
    assert [ask(mock, path, GOOD, store=store).response.status for _ in statuses] == statuses
    assert ask(mock, f"GET /~{scenario}@bob/pets/1", GOOD, store=store).response.status == 200


def test_a_sequence_that_is_over_says_so(mock: Mock) -> None:
    store = MemoryStore()
    ask(mock, "GET /~once/pets/1", GOOD, store=store)
    assert ask(mock, "GET /~once/pets/1", GOOD, store=store).reasons.error == "sequence-exhausted"


def test_the_session_and_then_the_server_name_the_scenario(tmp_path: Path) -> None:
    mock = build(tmp_path, DOCUMENT, FIXTURES, MockOptions(scenario="all-gone"))
    store = MemoryStore()
    assert "scenario (default)" in ask(mock, "GET /pets/1", GOOD, store=store).reasons.why
    store.session("default").scenario = "two-steps"
    assert "scenario (session)" in ask(mock, "GET /pets/1", GOOD, store=store).reasons.why


def test_a_delay_is_told_and_not_slept(mock: Mock) -> None:
    assert ask(mock, "GET /~slow/pets/1", GOOD).delay == pytest.approx(0.2)
    assert ask(mock, "GET /pets/1", GOOD).delay == 0.0


def test_generated_bodies_vary_by_call_and_repeat_by_seed(mock: Mock, tmp_path: Path) -> None:
    dynamic = GOOD | {"Prefer": "dynamic=true"}

    def three(mock: Mock) -> list[bytes]:
        store = MemoryStore()
        return [ask(mock, "GET /pets/1", dynamic, store=store).response.body for _ in range(3)]

    assert len(set(three(mock))) > 1
    assert three(mock) == three(build(tmp_path, DOCUMENT, FIXTURES))
    afresh = MemoryStore()
    assert (
        ask(mock, "GET /pets/8", GOOD, store=afresh).response.body
        != ask(mock, "GET /pets/8", GOOD, store=afresh).response.body
    )


def test_the_servers_dynamic_mode_yields_to_a_static_wish(tmp_path: Path) -> None:
    mock = build(tmp_path, DOCUMENT, FIXTURES, MockOptions(dynamic=True))
    assert "generated afresh" in ask(mock, "GET /pets/1", GOOD).reasons.why
    assert (
        "example 'cat'" in ask(mock, "GET /pets/1", GOOD | {"Prefer": "dynamic=false"}).reasons.why
    )


def test_examples_can_be_left_out(tmp_path: Path) -> None:
    mock = build(tmp_path, DOCUMENT, FIXTURES, MockOptions(ignore_examples=True))
    assert "generated" in ask(mock, "GET /pets/1", GOOD).reasons.why


def test_an_invalid_body_is_refused_with_its_place(mock: Mock) -> None:
    decision = ask(mock, "POST /pets", GOOD | {"Content-Type": "application/json"}, b'{"name": 1}')
    assert (decision.response.status, decision.reasons.error) == (422, "invalid-request")
    problem = body(decision)
    assert isinstance(problem, dict)
    assert problem["validation"][0]["location"] == ["body", "name"]
    assert header(decision, "sl-violations")
    unsupported = ask(mock, "POST /pets", GOOD | {"Content-Type": "text/csv"}, b"a,b")
    assert (unsupported.response.status, unsupported.reasons.error) == (
        415,
        "unsupported-media-type",
    )


def test_an_invalid_request_may_wish_for_an_example_of_its_error(mock: Mock) -> None:
    assert body(ask(mock, "GET /pets/x", GOOD)) == {"error": "bad"}
    assert body(ask(mock, "GET /pets/x", GOOD | {"Prefer": "code=422, example=other"})) == {
        "error": "other"
    }


def test_a_deprecated_parameter_is_a_warning_in_sl_violations(mock: Mock) -> None:
    decision = ask(mock, "GET /pets/1?old=1", GOOD)
    assert decision.response.status == 200
    assert json.loads(header(decision, "sl-violations") or "[]")[0]["severity"] == "Warning"


def test_problems_name_what_is_near(mock: Mock) -> None:
    assert body(ask(mock, "GET /pest/1"))["nearest"] == "GET /pets/{id}"  # type: ignore[index]
    assert "all-gone" in body(ask(mock, "GET /~all-gon/pets/1"))["detail"]  # type: ignore[index]
    assert header(ask(mock, "PATCH /pets/1"), "allow") == "DELETE, GET, HEAD, OPTIONS"


def test_quiet_headers_say_nothing_but_errors(tmp_path: Path) -> None:
    mock = build(tmp_path, DOCUMENT, FIXTURES, MockOptions(explain=False))
    assert not [
        name
        for name, _ in ask(mock, "GET /pets/1", GOOD).response.headers
        if name.startswith(b"x-mock")
    ]
    assert header(ask(mock, "GET /pest/1"), "x-mock-error") == "no-such-operation"
