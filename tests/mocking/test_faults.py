"""Faults are drawn from the seed, counted in the session, and change what is answered."""

import json
from collections import Counter

import pytest

from mockserver.mocking.decision import WireFault
from mockserver.mocking.faults import malformed
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build, header

DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        "200": {description: OK, content: {application/json: {example: [cat, dog]}}}
        "503":
          description: down
          content: {application/json: {example: {sorry: true}}}
    post:
      operationId: addPet
      responses:
        "201": {description: OK, content: {application/json: {example: {id: 1}}}}
        "429":
          description: slow down
          headers: {Retry-After: {schema: {type: integer}, example: 99}}
    delete:
      operationId: clearPets
      responses: {"204": {description: gone}}
"""
BODY = b'["cat","dog"]'


def scenario(fault, folder, more=""):
    return build(folder, DOCUMENT, f"scenarios: {{s: {{fault: {fault}{more}}}}}")


def asker(mock, store=None, line="GET /pets"):
    store = store or MemoryStore()

    def send(session="a", line=line, now=0.0):
        headers = {"X-Mock-Scenario": "s", "X-Mock-Session": session}
        return ask(mock, line, headers, store=store, now=now)

    return send


@pytest.mark.parametrize(
    ("fault", "wire"),
    [
        ("connection-reset", WireFault("connection-reset")),
        ("empty-response", WireFault("empty-response")),
        ("truncated-body", WireFault("truncated-body", 2.0, 10)),
        ("{type: drip, over: 3s, pieces: 4}", WireFault("drip", 3.0, 4)),
        ("{type: drip, pieces: 900}", WireFault("drip", 2.0, len(BODY))),
    ],
)
def test_what_happens_on_the_wire_is_left_to_the_server(tmp_path, fault, wire):
    decision = asker(scenario(fault, tmp_path))()
    assert decision.fault == wire
    assert (decision.response.status, decision.response.body) == (200, BODY)
    assert decision.reasons.why.endswith(f"; fault {wire.kind} (scenario s)")
    assert header(decision, "x-mock-why") == decision.reasons.why


def test_a_malformed_body_is_no_json_no_xml_and_no_text(tmp_path):
    decision = asker(scenario("malformed-body", tmp_path))()
    body = decision.response.body
    assert decision.fault is None
    assert body == malformed(BODY)
    assert body.startswith(b'["cat"')
    with pytest.raises(UnicodeDecodeError):
        json.loads(body)


@pytest.mark.parametrize("fault", ["malformed-body", "truncated-body", "drip"])
@pytest.mark.parametrize("line", ["DELETE /pets", "HEAD /pets"])
def test_what_has_no_body_cannot_lose_it(tmp_path, fault, line):
    decision = asker(scenario(fault, tmp_path))(line=line)
    if line.startswith("HEAD"):  # not described here, unlike the others
        assert decision.response.status in (200, 405)
    assert decision.fault is None
    if decision.reasons.operation:
        assert decision.reasons.why.endswith(
            f"fault {fault} (scenario s): not done, there is no body"
        )


def test_a_status_is_the_documents_own_where_it_has_one(tmp_path):
    send = asker(scenario("{status: 503}", tmp_path))
    decision = send()
    assert decision.response.body == b'{"sorry":true}'
    assert decision.reasons.error is None
    assert decision.reasons.why.startswith("fault; status 503 (scenario s); ")
    decision = send(line="POST /pets")
    assert decision.response.status == 503
    assert header(decision, "x-mock-error") == "injected-fault"
    assert "the document describes no 503" in json.loads(decision.response.body)["detail"]


def test_every_nth_call_of_an_operation_is_hit(tmp_path):
    send = asker(scenario("{status: 503, every: 3}", tmp_path))
    assert [send().response.status for _ in range(7)] == [200, 200, 503, 200, 200, 503, 200]
    assert send(line="POST /pets").response.status == 201
    assert send("b").response.status == 200


def test_a_percentage_is_drawn_from_the_seed(tmp_path):
    mock = scenario("{type: connection-reset, percentage: 30}", tmp_path)
    one, again = asker(mock), asker(mock)
    drawn = [one().fault is not None for _ in range(400)]
    assert 90 < sum(drawn) < 150
    assert [again().fault is not None for _ in range(400)] == drawn
    assert [one("b").fault is not None for _ in range(400)] != drawn


def test_none_and_all_of_the_calls(tmp_path):
    never = asker(scenario("{type: connection-reset, percentage: 0}", tmp_path))
    always = asker(scenario("{type: connection-reset, percentage: 100}", tmp_path))
    assert not any(never().fault for _ in range(50))
    assert all(always().fault for _ in range(50))


def test_the_same_seed_and_session_repeat_bytes_delays_and_faults(tmp_path):
    fixtures = """
    cases:
      listPets:
        any: {then: {status: 200, body: ["{{ fake.name() }}"], delay: {type: uniform, min: 1s, max: 9s},
                     fault: {type: malformed-body, percentage: 40}}}
    scenarios:
      s: {delay: {type: uniform, min: 1s, max: 9s}, fault: {type: drip, percentage: 50}}
    """
    runs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        send = asker(build(tmp_path / name, DOCUMENT, fixtures))
        decisions = [send() for _ in range(60)]
        runs.append([(made.response.body, made.delay, made.fault) for made in decisions])
    assert runs[0] == runs[1]
    assert len({delay for _, delay, _ in runs[0]}) == 60
    assert len({body for body, _, _ in runs[0]}) > 30
    assert any(body.endswith(b'<{"') for body, _, _ in runs[0])
    assert {fault.kind if fault else None for _, _, fault in runs[0]} == {None, "drip"}


def test_the_delays_of_scenario_and_case_are_drawn_apart(tmp_path):
    delay = "{type: uniform, min: 0s, max: 8s}"
    fixtures = f"""
    cases: {{listPets: {{any: {{then: {{status: 200, body: [], delay: {delay}}}}}}}}}
    scenarios: {{s: {{delay: {delay}}}}}
    """
    mock = build(tmp_path, DOCUMENT, fixtures)
    both = asker(mock)().delay
    case = ask(mock, "GET /pets", {"X-Mock-Session": "a"}).delay
    assert both != pytest.approx(2 * case)
    assert both > case


def test_of_two_faults_the_cases_wins_and_the_scenarios_has_its_own_draws(tmp_path):
    fixtures = """
    cases: {listPets: {any: {then: {status: 200, body: [1], fault: {type: drip, percentage: 50}}}}}
    scenarios: {s: {fault: {type: empty-response, percentage: 50}}}
    """
    send = asker(build(tmp_path, DOCUMENT, fixtures))
    drawn = [send() for _ in range(400)]
    kinds = Counter(made.fault.kind if made.fault else "" for made in drawn)
    assert 160 < kinds["drip"] < 240
    assert 60 < kinds["empty-response"] < 140
    owners = {made.reasons.why.rpartition("; ")[2] for made in drawn if made.fault}
    assert owners == {"fault drip (case listPets any)", "fault empty-response (scenario s)"}


def test_who_asks_too_often_waits_for_the_window_to_end(tmp_path):
    send = asker(scenario("{rate-limit: {limit: 2, window: 10s}}", tmp_path))
    seen = [send(now=now) for now in (100.0, 104.5, 105.0, 109.9, 110.0)]
    assert [made.response.status for made in seen] == [200, 200, 429, 429, 200]
    assert [header(made, "ratelimit") for made in seen] == [
        '"scenario";r=1;t=10',
        '"scenario";r=0;t=6',
        '"scenario";r=0;t=5',
        '"scenario";r=0;t=1',
        '"scenario";r=1;t=10',
    ]
    assert {header(made, "ratelimit-policy") for made in seen} == {'"scenario";q=2;w=10'}
    assert [header(made, "retry-after") for made in seen] == [None, None, "5", "1", None]
    assert [made.reasons.error for made in seen] == [
        None,
        None,
        "rate-limited",
        "rate-limited",
        None,
    ]
    assert "rate limit of 2 in 10 s by session (scenario s)" in seen[2].reasons.why
    assert send("b", now=105.0).response.status == 200


def test_a_documented_429_answers_with_the_true_retry_after(tmp_path):
    send = asker(scenario("{rate-limit: {limit: 1, window: 10s}}", tmp_path), line="POST /pets")
    assert send().response.status == 201
    refused = send(now=3)
    assert (refused.response.status, refused.reasons.error) == (429, None)
    assert [value for name, value in refused.response.headers if name == b"retry-after"] == [b"7"]


def test_a_clock_that_is_set_back_locks_nobody_out(tmp_path):
    send = asker(scenario("{rate-limit: {limit: 1, window: 10s}}", tmp_path))
    assert [send(now=now).response.status for now in (1000, 1001, 500)] == [200, 429, 200]


def test_requests_are_counted_by_operation(tmp_path):
    send = asker(scenario("{rate-limit: {limit: 1, window: 9s, key: operation}}", tmp_path))
    lines = ("GET /pets", "POST /pets", "GET /pets", "POST /pets")
    assert [send(line=line).response.status for line in lines] == [200, 201, 429, 429]


def test_requests_are_counted_by_token(tmp_path):
    document = DOCUMENT + "components: {securitySchemes: {b: {type: http, scheme: bearer}}}\n"
    document += "security: [{b: []}]\n"
    fixtures = """
    tokens:
      one: {scheme: b, value: one, outcome: accept}
      two: {scheme: b, value: two, outcome: accept}
    scenarios: {s: {fault: {rate-limit: {limit: 1, window: 9s, key: token}}}}
    """
    mock, store = build(tmp_path, document, fixtures), MemoryStore()
    statuses = []
    for token in ("one", "two", "one", "other", "other"):
        headers = {"X-Mock-Scenario": "s", "Authorization": f"Bearer {token}"}
        statuses.append(ask(mock, "GET /pets", headers, store=store).response.status)
    assert statuses == [200, 200, 429, 401, 429]


def test_a_limit_that_is_not_always_held_counts_all_the_same(tmp_path):
    send = asker(scenario("{rate-limit: {limit: 1, window: 9s}, every: 2}", tmp_path))
    assert [send().response.status for _ in range(5)] == [200, 429, 200, 429, 200]


def test_a_limit_stands_before_other_faults_and_before_the_sequence(tmp_path):
    fixtures = """
    cases:
      listPets:
        one: {when: never, then: {status: 200, body: [1], fault: {rate-limit: {limit: 3, window: 9s}}}}
        two: {when: never, then: {status: 200, body: [2], fault: {status: 503}}}
    scenarios:
      s: {sequence: {listPets: [one, two, one]}, fault: {rate-limit: {limit: 3, window: 9s}}}
    """
    send = asker(build(tmp_path, DOCUMENT, fixtures))
    first, second, third, fourth = send(), send(), send(), send()
    assert header(first, "ratelimit") == '"case";r=2;t=9'
    names = [name for name, _ in first.response.headers if name == b"ratelimit"]
    assert len(names) == 2
    assert (first.response.body, second.response.status) == (b"[1]", 503)
    # The second request did not reach its operation, so its step of the sequence is still to come.
    assert third.response.status == 503
    assert header(third, "ratelimit") == '"scenario";r=0;t=9'
    assert fourth.response.status == 429


def test_nothing_that_may_break_is_kept(tmp_path):
    fixtures = """
    cases: {listPets: {any: {then: {status: 200, body: [1], fault: {status: 503, every: 2}}}}}
    """
    mock, store = build(tmp_path, DOCUMENT, fixtures), MemoryStore()
    asked = [ask(mock, "GET /pets", store=store).response.status for _ in range(4)]
    assert asked == [200, 503, 200, 503]
