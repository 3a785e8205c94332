"""The control API: what it shows, what it changes, and what it says to what it cannot use."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from mockserver.errors import Finding
from mockserver.messages import HeaderPair
from mockserver.mocking.memory import override_key
from mockserver.server.control.table import STREAMS, TABLE, document
from tests.server.asgi import Asked, Running, answer, asked, contract_of

JSON: HeaderPair = (b"content-type", b"application/json")
DOCUMENT = """
openapi: 3.1.0
info: {title: Pets, version: "1"}
security: [{key: []}, {}]
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        "200": {description: pets, content: {application/json: {schema: {type: array}, examples: {none: {value: []}}}}}
        4XX: {description: no}
    post:
      operationId: addPet
      requestBody: {content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string}}}}}}
      responses: {"201": {description: made}, "400": {description: no}}
components: {securitySchemes: {key: {type: apiKey, in: header, name: X-Key}}}
"""
FIXTURES = """
version: 1
tokens: {good: {scheme: key, value: k-12345678, outcome: accept, claims: {sub: u}, live: "${env:SECRET}"}}
cases:
  listPets:
    first: {when: never, then: {status: 200, body: [1]}}
    second: {when: never, then: {status: 200, body: [2]}}
    busy: {when: {token: good}, then: {status: 429}}
scenarios:
  turns: {sequence: {listPets: [first, second]}}
  shop: {states: {initial: shut, shut: {use: {listPets: first}, go: {addPet: open}}, open: {use: {listPets: second}}}}
  slow: {delay: {type: uniform, min: 1ms, max: 2ms}}
"""


@pytest.fixture
def server(tmp_path: Path) -> Running:
    return Running(contract_of(tmp_path, DOCUMENT, FIXTURES))


def get(server: Running, path: str) -> Any:
    found = server.ask("GET", f"/__mock{path}")
    assert found.status == 200, found.body
    return json.loads(found.body)


def send(server: Running, method: str, path: str, body: object = None) -> Asked:
    raw = b"" if body is None else json.dumps(body).encode()
    return server.ask(method, f"/__mock{path}", [JSON] if body is not None else [], raw)


def test_status(server: Running) -> None:
    found = get(server, "/status")
    assert found["document"] == {
        "title": "Pets",
        "version": "1",
        "openapi": "3.1.0",
        "file": found["document"]["file"],
        "operations": 2,
    }
    assert found["fixtures"]["cases"] == 3
    assert (found["default_scenario"], found["sessions"], found["store"]) == (None, 1, "memory")


def test_operations_with_their_answers(server: Running) -> None:
    found = {one["name"]: one for one in get(server, "/operations")["operations"]}
    answers = {one["status"]: one for one in found["listPets"]["answers"]}
    assert answers["200"]["examples"] == ["none"]
    assert answers["200"]["cases"] == ["first", "second"]
    assert answers["4XX"]["cases"] == ["busy"]
    detail = get(server, "/operations/addPet")
    assert detail["request"]["method"] == "POST"
    assert "$BASE_URL/pets" in detail["snippets"]["curl"]
    assert detail["tokens"] == ["good"]
    assert send(server, "GET", "/operations/addPets").status == 404
    assert json.loads(send(server, "GET", "/operations/addPets").body)["nearest"] == "addPet"


def test_nothing_live_is_shown(server: Running) -> None:
    (token,) = get(server, "/tokens")["tokens"]
    assert (token["value"], token["claims"]) == ("k-12345678", {"sub": "u"})
    assert "SECRET" not in json.dumps(token)


def test_scenarios(server: Running) -> None:
    found = {one["name"]: one for one in get(server, "/scenarios")["scenarios"]}
    assert found["turns"]["sequence"]["listPets"]["cases"] == ["first", "second"]
    assert found["shop"]["states"]["states"]["shut"] == {"use": {"listPets": "first"}, "go": {"addPet": "open"}}  # fmt: skip
    assert found["slow"]["delay"] == {"type": "uniform", "low": 0.001, "high": 0.002, "text": "0.001 to 0.002 s"}  # fmt: skip


def test_the_default_scenario_is_for_everyone(server: Running) -> None:
    assert json.loads(send(server, "PUT", "/default-scenario", {"scenario": "turns"}).body) == {"scenario": "turns"}  # fmt: skip
    assert server.ask("GET", "/pets").headers[b"x-mock-case"] == b"first"
    assert get(server, "/scenarios")["default"] == "turns"
    found = get(server, "/sessions/default")
    assert found["positions"] == [{"scenario": "turns", "operation": "listPets", "position": 1, "of": 2}]  # fmt: skip
    assert send(server, "PUT", "/default-scenario", {"scenario": None}).status == 200
    assert b"x-mock-case" not in server.ask("GET", "/pets").headers


def test_a_session_is_chosen_read_reset_and_deleted(server: Running) -> None:
    assert send(server, "GET", "/sessions/ann").status == 404
    changed = send(server, "PATCH", "/sessions/ann", {"scenario": "shop"})
    assert json.loads(changed.body)["effective_scenario"] == "shop"
    session: HeaderPair = (b"x-mock-session", b"ann")
    server.ask("POST", "/pets", [session, JSON], b'{"name": "a"}')
    assert get(server, "/sessions/ann")["states"] == {"shop": "open"}
    rows = {row["name"]: row for row in get(server, "/sessions")["sessions"]}
    assert rows["ann"] == {"name": "ann", "scenario": "shop", "calls": 1}
    assert json.loads(send(server, "POST", "/sessions/ann/reset", {}).body)["calls"] == {}
    assert send(server, "DELETE", "/sessions/ann").status == 204
    assert send(server, "DELETE", "/sessions/ann").status == 404
    assert send(server, "DELETE", "/sessions/default").status == 204
    assert send(server, "GET", f"/sessions/{'a' * 201}").status == 422


def test_an_answer_is_forced_and_released(server: Running) -> None:
    path = "/sessions/default/overrides/listPets"
    found = json.loads(send(server, "PUT", path, {"case": "second", "times": 2}).body)
    assert found["overrides"]["listPets"]["times"] == 2
    assert server.ask("GET", "/pets").headers[b"x-mock-case"] == b"second"
    assert json.loads(send(server, "DELETE", path).body)["overrides"] == {}
    assert override_key("listPets") not in server.store.session("default").values


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({}, "one of case and status"),
        ({"case": "first", "status": 200}, "one of case and status"),
        ({"case": "frist"}, "did you mean 'first'?"),
        ({"status": 99}, "200 to 599"),
        ({"status": True}, "200 to 599"),
        ({"status": 200, "times": 0}, "from 1"),
        ({"status": 200, "example": 1}, "name of an example"),
        ({"status": 200, "force": "yes"}, "true or false"),
        ({"status": 200, "tmies": 1}, "did you mean 'times'?"),
    ],
)
def test_an_override_that_means_nothing(server: Running, body: object, said: str) -> None:
    found = send(server, "PUT", "/sessions/default/overrides/listPets", body)
    assert found.status == 422
    assert said in json.loads(found.body)["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/default-scenario", {}),
        ("/default-scenario", {"scenario": "trns"}),
        ("/default-scenario", {"scenario": "turns", "more": 1}),
    ],
)
def test_a_choice_that_means_nothing(server: Running, path: str, body: object) -> None:
    found = send(server, "PUT", path, body)
    assert (found.status, found.headers[b"x-mock-error"]) == (422, b"bad-control")


@pytest.mark.parametrize("raw", [b"[]", b"{", b'{"scenario": NaN}', b"[" * 5000, b"\xff"])
def test_a_body_that_is_no_object(server: Running, raw: bytes) -> None:
    assert server.ask("PUT", "/__mock/default-scenario", [JSON], raw).status == 400


def test_a_body_that_is_too_large(server: Running) -> None:
    assert server.ask("PUT", "/__mock/default-scenario", [JSON], b" " * 70_000).status == 413


def asked_for(server: Running) -> None:
    server.ask("GET", "/pets", [(b"x-key", b"k-12345678")])
    server.ask("POST", "/pets", [JSON, (b"x-mock-session", b"b")], b'{"name": "rex"}')
    server.ask("POST", "/pets", [JSON], b'{"name": 1}')
    server.ask("GET", "/nowhere?q=findme")


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("", 4),
        ("operation=addPet", 2),
        ("session=b", 1),
        ("status=404", 1),
        ("status=4XX", 3),
        ("method=post", 2),
        ("path=/pets", 3),
        ("case=busy", 1),
        ("text=FINDME", 1),
        ("text=rex", 1),
        ("errors=true", 2),
        ("errors=false", 4),
        ("since=2000", 0),
        ("until=2000", 4),
        ("after=t-1&before=t-4", 2),
        ("limit=1", 1),
    ],
)
def test_the_journal_is_asked(server: Running, query: str, count: int) -> None:
    asked_for(server)
    assert len(get(server, f"/journal?{query}")["entries"]) == count


def test_the_journal_is_paged_from_its_end(server: Running) -> None:
    asked_for(server)
    page = get(server, "/journal?limit=3")
    assert [one["id"] for one in page["entries"]] == ["t-2", "t-3", "t-4"]
    assert page["next"] == "t-2"
    older = get(server, f"/journal?limit=3&before={page['next']}")
    assert [one["id"] for one in older["entries"]] == ["t-1"]
    assert older["next"] is None


@pytest.mark.parametrize(
    "query", ["status=x", "since=NaN", "errors=perhaps", "limit=0", "sesion=a"]
)
def test_a_question_that_means_nothing(server: Running, query: str) -> None:
    assert send(server, "GET", f"/journal?{query}").status == 422


def test_one_exchange_says_why(server: Running) -> None:
    asked_for(server)
    found = get(server, "/journal/t-1")
    assert found["explanation"] == {"selector": "case", "rule": "token good", "place": found["explanation"]["place"]}  # fmt: skip
    assert "k-12345678" not in json.dumps(found)
    broken = get(server, "/journal/t-3")
    assert broken["violations"][0]["location"] == ["body", "name"]
    assert broken["request"]["body"] == '{"name": 1}'
    assert send(server, "GET", "/journal/t-9").status == 404


def test_bytes_that_are_no_text(server: Running) -> None:
    server.ask("POST", "/pets", [JSON], b"\xff")
    assert get(server, "/journal/t-1")["request"]["body_base64"] == "/w=="


def test_the_journal_is_cleared_and_what_was_served_stays(server: Running) -> None:
    asked_for(server)
    assert send(server, "DELETE", "/journal?session=b").status == 204
    assert len(get(server, "/journal")["entries"]) == 3
    assert send(server, "DELETE", "/journal").status == 204
    assert get(server, "/journal")["entries"] == []
    rows = {one["name"]: one for one in get(server, "/coverage")["operations"]}
    assert {one["status"]: one["served"] for one in rows["addPet"]["answers"]} == {"201": 1, "400": 1}  # fmt: skip


def test_coverage_of_the_consumer(server: Running) -> None:
    asked_for(server)
    found = get(server, "/coverage")
    assert (found["served"], found["of"]) == (3, 4)
    assert found["unused"]["cases"] == ["listPets/first", "listPets/second"]
    assert found["unused"]["tokens"] == []
    assert get(server, "/coverage?session=b")["served"] == 1


def test_the_journal_as_har(server: Running) -> None:
    asked_for(server)
    found = server.ask("GET", "/__mock/journal.har?operation=addPet")
    assert b"mockserver.har" in found.headers[b"content-disposition"]
    entries = json.loads(found.body)["log"]["entries"]
    assert [one["response"]["status"] for one in entries] == [201, 400]
    assert entries[0]["request"]["postData"]["text"] == '{"name": "rex"}'


def test_metrics(server: Running) -> None:
    asked_for(server)
    text = server.ask("GET", "/__mock/metrics").body.decode()
    assert 'mockserver_requests_total{operation="addPet",status="201"} 1' in text
    assert 'mockserver_requests_total{operation="",status="404"} 1' in text


def verified(server: Running, body: object) -> dict[str, Any]:
    found = send(server, "POST", "/verify", body)
    assert found.status == 200, found.body
    verdict: dict[str, Any] = json.loads(found.body)
    return verdict


@pytest.mark.parametrize(
    ("body", "passed"),
    [
        ({}, True),
        ({"request": {"operation": "addPet"}, "times": {"exactly": 2}}, True),
        ({"request": {"operation": "addPet"}, "times": {"at_most": 1}}, False),
        ({"request": {"operation": "addPet"}, "times": {"at_least": 1, "at_most": 2}}, True),
        ({"request": {"status": "4XX"}, "times": {"exactly": 3}}, True),
        ({"request": {"status": 201, "session": "b"}}, True),
        ({"request": {"body": {"/name": "rex"}}}, True),
        ({"request": {"body": {"/name": {"matches": "^r"}}}}, True),
        ({"request": {"body": {"/age": {"absent": True}, "/name": "rex"}}}, True),
        ({"request": {"query": {"q": "findme"}}}, True),
        ({"request": {"headers": {"Content-Type": "application/json"}}, "times": {"exactly": 2}}, True),
        ({"request": {"path": "/nobody"}, "times": {"exactly": 0}}, True),
        ({"order": [{"operation": "listPets"}, {"body": {"/name": "rex"}}]}, True),
        ({"order": [{"body": {"/name": "rex"}}, {"operation": "listPets"}]}, False),
        ({"request": {"token": "good"}, "session": "b"}, False),
        ({"request": {"operation": "addPet"}, "since": 99999}, False),
    ],
)  # fmt: skip
def test_expectations(server: Running, body: object, passed: bool) -> None:
    asked_for(server)
    assert verified(server, body)["passed"] is passed


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"request": {"operation": "addPet"}, "times": {"exactly": 0}}, 409),
        ({"request": {"operation": "addPet"}, "times": {"exactly": 0}, "session": "b"}, 200),
        ({"request": {"operation": "addPet", "session": "b"}, "times": {"exactly": 0}}, 200),
        ({"request": {"operation": "addPet"}, "times": {"exactly": 0}, "since": 1000.5}, 200),
        ({"request": {"operation": {"matches": "^add"}}, "times": {"exactly": 0}}, 409),
        ({"request": {"operation": "addPet"}, "times": {"at_most": 1}}, 409),
        ({"request": {"operation": "addPet"}, "times": {"at_most": 2}}, 200),
        ({"request": {"operation": "addPet"}}, 409),
        ({"request": {"operation": "addPet"}, "times": {"at_least": 3}}, 200),
        ({"request": {"operation": "listPets"}, "times": {"exactly": 3}}, 409),
        ({"request": {"operation": "listPets"}, "times": {"exactly": 1}}, 200),
        ({"request": {"operation": "listPets"}, "times": {"at_least": 2}}, 200),
        ({"request": {"path": "/pets"}}, 200),
        ({"order": [{"operation": "listPets"}, {"path": {"matches": "s"}}]}, 200),
        ({"order": [{"operation": "addPet"}, {"operation": "listPets"}]}, 409),
        ({"order": [{"operation": "addPet"}], "session": "b"}, 200),
    ],
    ids=str,
)
def test_no_verdict_could_be_otherwise_with_what_is_not_kept(
    tmp_path: Path, body: object, status: int
) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT, FIXTURES), kept=2)
    for method in ("POST", "POST", "GET", "GET", "GET"):
        server.ask(method, "/pets")  # the first three are kept no longer
    found = send(server, "POST", "/verify", body)
    assert found.status == status
    if status == 409:
        told = json.loads(found.body)
        assert told["title"] == "The journal is incomplete"
        assert (told["missing"], told["limit"]) in ((1, 2), (2, 2), (3, 2))
        assert f"up to {told['missing']} exchanges" in told["detail"]
        assert "the latest 2, 32 MiB at most" in told["detail"]
        assert send(server, "DELETE", "/journal").status == 204
        assert send(server, "POST", "/verify", body).status == 200


def test_what_the_fixtures_exclude_does_not_count(tmp_path: Path) -> None:
    exclude = """
coverage:
  exclude:
    - {operation: listPets, status: 4XX, reason: nobody is busy}
    - {operation: POST /pets, status: 400, reason: never bad}
"""
    server = Running(contract_of(tmp_path, DOCUMENT, FIXTURES + exclude))
    server.ask("GET", "/pets")
    found = get(server, "/coverage")
    assert (found["served"], found["of"]) == (1, 2)
    listing, adding = found["operations"]
    assert listing["answers"][1] == {"status": "4XX", "served": 0, "excluded": "nobody is busy"}
    assert [one.get("excluded") for one in listing["cases"]] == [None, None, "nobody is busy"]
    assert [one.get("excluded") for one in adding["answers"]] == [None, "never bad"]


def test_what_is_used_is_counted_though_it_is_not_kept(tmp_path: Path) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT, FIXTURES), kept=1)
    assert get(server, "/coverage")["unused"]["tokens"] == ["good"]
    server.ask("GET", "/~slow/pets", [(b"x-key", b"k-12345678")])
    server.ask("GET", "/pets")
    unused = get(server, "/coverage")["unused"]
    assert (unused["tokens"], unused["scenarios"]) == ([], ["turns", "shop"])


def test_what_was_not_asked_for_comes_with_the_nearest(server: Running) -> None:
    asked_for(server)
    found = verified(server, {"request": {"operation": "addPet", "body": {"/name": "max"}, "status": 201}})  # fmt: skip
    assert found["count"] == 0
    assert found["nearest"][0] == {
        "id": "t-2",
        "distance": 1,
        "differences": [{"field": "body /name", "expected": '"max"', "actual": '"rex"'}],
    }
    assert 'body /name: expected "max", was "rex"' in found["message"]
    assert "it was asked for never" in found["message"]
    after = verified(server, {"order": [{"operation": "addPet"}, {"token": "good"}]})
    assert "after addPet, it did not come" in after["message"]


@pytest.mark.parametrize(
    "body",
    [
        {"request": []},
        {"request": {"opration": "x"}},
        {"request": {"body": 1}},
        {"request": {"body": {"/a": {"matches": "("}}}},
        {"times": 1},
        {"times": {"exactly": -1}},
        {"times": {"exakt": 1}},
        {"order": []},
        {"order": [{}], "times": {}},
        {"session": 1},
        {"since": "now"},
    ],
)
def test_an_expectation_that_means_nothing(server: Running, body: object) -> None:
    assert send(server, "POST", "/verify", body).status == 422


def test_a_reload_is_asked_for(server: Running) -> None:
    assert json.loads(send(server, "POST", "/reload", {}).body) == {"state": "ok", "at": None, "message": ""}  # fmt: skip


@pytest.mark.parametrize(
    ("target", "status", "location"),
    [
        ("/use/turns", 303, b"/__mock/"),
        ("/use/turns?next=/pets", 303, b"/pets"),
        ("/use/turns?next=http://localhost:3000/a&session=ann", 303, b"http://localhost:3000/a"),
        ("/use/", 303, b"/__mock/"),
        ("/use/trns", 422, None),
        ("/use/turns?next=https://evil.example/", 422, None),
        ("/use/turns?next=//evil.example/", 422, None),
        ("/use/turns?next=javascript:alert(1)", 422, None),
        ("/use/turns?next=http://localhost@evil.example/", 422, None),
        ("/use/turns?next=/%5Cevil.example", 422, None),
    ],
)
def test_a_browser_is_given_its_cookies(
    server: Running, target: str, status: int, location: bytes | None
) -> None:
    found = server.ask("GET", f"/__mock{target}")
    assert (found.status, found.headers.get(b"location")) == (status, location)
    cookies = [value for name, value in found.messages[0]["headers"] if name == b"set-cookie"]
    assert bool(cookies) == (status == 303)
    if b"session" in target.encode():
        assert any(value.startswith(b"mock_session=ann;") for value in cookies)


def test_events_tell_what_happens_and_resume(server: Running) -> None:
    asked_for(server)
    server.live.stopping = iter([False, True]).__next__

    async def no_wait(seconds: float) -> bool:
        return False

    server.live.bell.wait = no_wait  # type: ignore[method-assign]
    request = asked("GET", "/__mock/events?session=b", [(b"last-event-id", b"0")])
    text = answer(server.app, request).body.decode()
    assert "event: exchange\n" in text
    assert text.count("data: ") == 1
    assert "id: 2\n" in text


def test_events_cannot_be_asked_for_by_nonsense(server: Running) -> None:
    assert send(server, "GET", "/events?last=x").status == 422


def test_a_bell_wakes_who_waits(server: Running) -> None:
    bell = server.live.bell

    async def both() -> tuple[bool, bool]:
        waiting = asyncio.create_task(bell.wait(5))
        await asyncio.sleep(0)
        bell.ring()
        return await waiting, await bell.wait(0.001)

    assert asyncio.run(both()) == (True, False)


def test_what_is_not_there_and_what_is_not_allowed(server: Running) -> None:
    missing = send(server, "GET", "/nope")
    assert (missing.status, b"/journal" in missing.body) == (404, True)
    wrong = send(server, "DELETE", "/status")
    assert (wrong.status, wrong.headers[b"allow"]) == (405, b"GET, HEAD")
    both = send(server, "PUT", "/journal", {})
    assert both.headers[b"allow"] == b"DELETE, GET, HEAD"


def test_its_own_document_has_every_endpoint() -> None:
    found: Any = document("/__mock", token=True)
    names = {one["operationId"] for path in found["paths"].values() for one in path.values()}
    assert names == {row.name for row in (*TABLE, *STREAMS)} - {"useScenario", "useNoScenario"}
    assert all(row.summary for row in (*TABLE, *STREAMS))
    assert found["security"] == [{"admin": []}]


def test_a_name_holds_what_divides_paths(tmp_path: Path) -> None:
    unnamed = DOCUMENT.replace("operationId: listPets", "summary: no id")
    server = Running(contract_of(tmp_path, unnamed))
    assert get(server, "/operations/GET%20%2Fpets")["path"] == "/pets"
    forced = send(server, "PUT", "/sessions/a%2Fb%25/overrides/GET%20%2Fpets", {"status": 404})
    assert json.loads(forced.body)["name"] == "a/b%"
    assert send(server, "GET", "/operations/GET%20/pets").status == 404


@pytest.mark.parametrize(
    "raw",
    [b'{"scenario": NaN}', b'{"scenario": null, "scenario": "turns"}', b'{"scenario": "\\ud800"}', b"[" * 60_000, b"\xff"],
)  # fmt: skip
def test_a_body_that_could_not_be_told_again_is_refused(server: Running, raw: bytes) -> None:
    refused = server.ask("PATCH", "/__mock/sessions/ann", [JSON], raw)
    assert (refused.status, json.loads(refused.body)["title"]) == (400, "Not what is taken here")


def test_a_pattern_that_searches_for_ever_finds_nothing(server: Running) -> None:
    server.ask("GET", f"/pets?q={'a' * 40}!")
    asked_for = {"request": {"query": {"q": {"matches": "^(a+)+$"}}}}
    assert json.loads(send(server, "POST", "/verify", asked_for).body)["passed"] is False
    broken = send(server, "POST", "/verify", {"request": {"path": {"matches": "("}}})
    assert (
        send(server, "POST", "/verify", {"request": {"query": {"q": {"matches": "("}}}}).status
        == 422
    )
    assert broken.status in (200, 422)


def test_what_was_sent_is_shown_whatever_it_is(server: Running) -> None:
    server.ask("GET", "/pets", [(b"x-odd", "\udcff".encode("utf-8", "surrogatepass"))])
    assert get(server, "/journal")["appended"] == 1
    assert json.loads(send(server, "GET", "/journal.har").body)["log"]["entries"]


def test_what_is_sloppy_is_in_the_status(tmp_path: Path) -> None:
    server = Running(contract_of(tmp_path, DOCUMENT))
    server.live.findings = lambda: [Finding("no-info", "there is no info", hint="write one")]
    assert get(server, "/status")["warnings"] == [
        {"rule": "no-info", "message": "there is no info", "hint": "write one", "severity": "error", "place": None}
    ]  # fmt: skip


def test_refusals_are_kept_by_nobody(server: Running) -> None:
    refused = server.ask("GET", "/__mock/status", [(b"host", b"evil.example")])
    assert (refused.status, refused.headers[b"cache-control"]) == (403, b"no-store")


def test_brackets_that_hold_no_address_lead_nowhere(server: Running) -> None:
    assert send(server, "GET", "/use/turns?next=http://[").status == 422
