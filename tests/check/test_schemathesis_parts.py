"""What is made of Schemathesis' events, one at a time, without running it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mockserver.check.model import Failure, Outcome
from mockserver.check.runner import Run
from mockserver.check.schemathesis import _Found, _is_free, _outcome, _parts, _Search, search
from tests.check.running import OURS, contract_from, run_at

DOCUMENT = """
    openapi: 3.1.0
    info: {title: Words, version: "1"}
    paths:
      /words/{word}:
        get:
          operationId: getWord
          security: [{key: []}, {rare: []}]
          parameters: [{name: word, in: path, required: true, schema: {type: string}}]
          responses: {"200": {description: a word}}
      /words:
        get:
          operationId: listWords
          responses: {"200": {description: words}, "400": {description: no}}
    components:
      securitySchemes:
        key: {type: http, scheme: bearer}
        rare: {type: http, scheme: hoba}
"""
FIXTURES = """
    tokens:
      rare: {scheme: rare, value: value, outcome: accept}
      later: {scheme: key, outcome: accept, value: a, live: "${env:NOT_THERE}"}
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with run_at("http://127.0.0.1:9", contract_from(tmp_path, DOCUMENT, FIXTURES)) as found:
        yield found


def searching(run: Run) -> _Search:
    (part,) = _parts(run)
    return _Search(run, mock=False, part=part, left=lambda: 60.0)


def found(check: str = "other_check", status: int = 500, **more: str) -> _Found:
    given = {"operation": "GET /words", "title": "Title", "message": "Message"} | more
    return _Found(check, "code", given["operation"], given["title"], given["message"], status, "fuzzing", "", "", "")  # fmt: skip


def test_no_time_left_ends_it(run: Run) -> None:
    chosen = [run.api.by_name["listWords"]]
    (outcome,) = search(run, (), chosen, stateful=False, mock=False, left=lambda: 0.0)
    assert "Schemathesis was ended" in outcome.reason
    assert outcome.state == "skipped"


def test_it_trusts_the_certificates_that_we_trust(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, DOCUMENT)
    with run_at("http://127.0.0.1:9", contract, replace(OURS, rate=2.0)) as run:
        run.options = replace(run.options, ca=str(tmp_path / "ca.pem"))
        text, _ = searching(run)._config()
    assert f'tls-verify = "{tmp_path.resolve()}/ca.pem"' in text
    assert 'rate-limit = "120/m"' in text


def test_a_scheme_that_it_does_not_know_is_left_out(run: Run) -> None:
    text, variables = searching(run)._config()
    assert "auth.openapi" not in text
    assert variables == {}


def test_events_to_the_last_whole_line(run: Run, tmp_path: Path) -> None:
    check = {"name": "other", "status": "failure", "failure_info": {"failure": {"message": "no"}}}
    good: dict[str, Any] = {**check, "status": "success"}
    recorder: dict[str, Any] = {
        "label": "GET /words",
        "checks": {"1": [check, good]},
        "interactions": {"1": {"request": {"method": "GET", "uri": "/words"}, "response": None}},
    }
    event = json.dumps({"ScenarioFinished": {"phase": "fuzzing", "recorder": recorder}})
    events = tmp_path / "events.ndjson"
    assert list(searching(run)._read(events)) == []
    events.write_text(f"{event}\n", "utf-8")
    assert len(list(searching(run)._read(events))) == 1
    events.write_text(f'{{"Other": 1}}\n{event}\n{event[:40]}', "utf-8")
    (one,) = searching(run)._read(events)
    assert (one.check, one.operation, one.message, one.status) == ("other", "GET /words", "no", 0)
    assert one.curl == 'curl -X GET "/words"'
    assert one.answer == "HTTP/1.1 no answer"


@pytest.mark.parametrize(
    ("one", "operation", "free"),
    [
        pytest.param(found(title="Discriminator"), "listWords", True, id="discriminator"),
        pytest.param(found(), "listWords", False, id="another check"),
        pytest.param(found("status_code_conformance", 401), "getWord", True, id="401 of what is secured"),
        pytest.param(found("status_code_conformance", 401), "listWords", False, id="401 of what is open"),
        pytest.param(found("status_code_conformance", 405), "listWords", True, id="405"),
        pytest.param(found("status_code_conformance", 422), "listWords", False, id="422 beside a documented 400"),
        pytest.param(found("status_code_conformance", 422), "getWord", True, id="422"),
        pytest.param(found("status_code_conformance", 404), "getWord", True, id="404 of an item"),
        pytest.param(found("status_code_conformance", 404), "listWords", False, id="404 of a list"),
    ],
)  # fmt: skip
def test_what_a_server_is_free_to_do(run: Run, one: _Found, operation: str, *, free: bool) -> None:
    assert _is_free(one, run.api.by_name[operation]) == free


def test_a_check_that_is_like_none_of_ours_is_always_told(run: Run) -> None:
    ours = Outcome("cases", "a", "listWords", "failed", (Failure("server-error", "", "", ""),))
    alone = [found(), found("not_a_server_error")]
    told = _outcome(run, "name", run.api.by_name["listWords"], alone, [ours], "")
    assert [one.rule for one in told.failures] == ["schemathesis-other-check"]
