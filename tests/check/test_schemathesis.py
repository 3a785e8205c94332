"""Schemathesis in our report: what it finds alone is there, what we have found already is not told twice."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from mockserver.check.options import Options
from mockserver.check.schemathesis import search
from tests.check.apps.serving import running
from tests.check.running import check_app, checked, contract_from, rules, run_at
from tests.check.test_answers import answering

ALONE = Options(only=("schemathesis",), timeout=5)
DOCUMENT = """
    openapi: 3.1.0
    info: {title: Words, version: "1"}
    security: [{key: []}]
    paths:
      /words:
        get:
          operationId: listWords
          parameters: [{name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 9}}]
          responses:
            "200": {description: words, content: {application/json: {schema: {type: array, items: {type: string}}}}}
            "400": {description: no}
            "401": {description: who}
      /words/{word}:
        get:
          operationId: getWord
          parameters: [{name: word, in: path, required: true, schema: {type: string}}]
          responses:
            "200": {description: a word, content: {application/json: {schema: {type: string}}}}
            "401": {description: who}
    components:
      securitySchemes:
        key: {type: http, scheme: basic}
"""
FIXTURES = """
    tokens:
      user: {scheme: key, value: "user:secret-word", outcome: accept, live: "${env:WORD}"}
"""


async def words(request: Request) -> Response:
    if request.headers.get("authorization") != "Basic dXNlcjpzZWNyZXQtd29yZA==":
        return Response(status_code=401, headers={"WWW-Authenticate": "Basic"})
    return JSONResponse(["a"])  # whatever the limit is


async def word(request: Request) -> Response:
    return Response(status_code=404)


APP = Starlette(routes=[Route("/words", words), Route("/words/{word:path}", word)])


def test_what_it_finds_alone_is_folded_in_without_its_secret(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    report = check_app(APP, contract, ALONE, {"WORD": "user:secret-word"})
    states = {one.id: one.state for one in report.outcomes}
    assert (
        states
        == {
            "schemathesis/listWords/generated requests": "failed",
            "schemathesis/getWord/generated requests": "passed",  # an undocumented 404 is the server's freedom
            "schemathesis/server/sequences of requests": "passed",
        }
    )
    found = next(one for one in report.failures if one.failure.rule == "schemathesis-negative-data-rejection")  # fmt: skip
    assert "curl -X GET" in found.failure.curl
    assert "HTTP/1.1 200" in found.failure.answer
    assert "secret-word" not in str(report)
    assert "dXNlcjpzZWNyZXQtd29yZA" not in str(report)


@pytest.mark.parametrize("shard", [(1, 2), (2, 2)], ids=str)
def test_operations_are_searched_apart(tmp_path: Path, shard: tuple[int, int]) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    options = replace(ALONE, shard=shard, rate=500.0, only=("generated requests",))
    report = check_app(APP, contract, replace(options, only=("schemathesis",)), {"WORD": "user:secret-word"})  # fmt: skip
    assert 0 < len(report.outcomes) < 3


def test_a_quick_or_safe_run_says_that_it_tries_no_sequences(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    report = check_app(APP, contract, replace(ALONE, safe=True), {"WORD": "user:secret-word"})
    (skipped,) = report.skipped
    assert "sequences are left out" in skipped.reason


def test_a_safe_run_sends_nothing_else(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    methods: set[str] = set()

    async def listening(scope: Scope, receive: Receive, send: Send) -> None:
        methods.add(scope.get("method", "GET"))
        await APP(scope, receive, send)

    report = check_app(listening, contract, replace(ALONE, safe=True), {"WORD": "user:secret-word"})  # fmt: skip
    assert any(one.kind == "schemathesis" and one.state == "failed" for one in report.outcomes)
    assert methods <= {"GET", "HEAD", "OPTIONS"}


def test_a_document_that_it_cannot_read_is_no_failure(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    (tmp_path / "openapi.yaml").write_text("nothing: here\n")
    report = check_app(APP, contract, replace(ALONE, effort="quick"))
    assert report.failed == []
    assert any("Schemathesis could not run" in one.reason for one in report.skipped)


def test_what_we_have_found_is_not_told_twice() -> None:
    options = Options(only=("cases", "schemathesis"), timeout=5)
    fault = "error-code-lower-case"
    found = rules(checked("seed", fault, options))
    assert "schema-enum" in found
    assert "schemathesis-response-schema-conformance" not in found
    alone = rules(checked("seed", fault, replace(options, only=("schemathesis",))))
    assert "schemathesis-response-schema-conformance" in alone


def test_errors_alone_are_no_success(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    with answering(b"") as url, run_at(url, contract, ALONE, {"WORD": "user:secret-word"}) as run:
        found = list(
            search(run, (), run.api.operations, stateful=False, mock=False, left=lambda: 60.0)
        )
    assert {one.state for one in found} <= {"skipped", "failed"}
    assert found


@pytest.mark.parametrize("seconds", [0.0, 4.0])
def test_it_is_ended_when_the_time_is_over(tmp_path: Path, seconds: float) -> None:
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    options = replace(ALONE, effort="deep", rate=5.0, most_seconds=seconds)
    report = check_app(APP, contract, options, {"WORD": "user:secret-word"})
    assert report.seconds < seconds + 20
    assert {one.state for one in report.outcomes} <= {"skipped", "failed"}
    told = f"Schemathesis was ended: the check had taken {seconds:g} s (--max-time)"
    assert {one.reason for one in report.outcomes} == {told}


def test_what_it_had_found_until_then_is_told(tmp_path: Path) -> None:
    def ends() -> float:
        return 60.0 if next(turns) else 0.0

    turns = iter((True, False))
    contract = contract_from(tmp_path, DOCUMENT, FIXTURES)
    secret = {"WORD": "user:secret-word"}
    with (
        running(APP) as port,
        run_at(f"http://127.0.0.1:{port}", contract, ALONE, secret) as run,
    ):
        chosen = run.api.operations[:1]
        single, _ = search(run, (), chosen, stateful=True, mock=False, left=ends)
    assert (single.state, bool(single.reason)) == ("failed", True)
