"""Cases of the fixtures as tests: those that never answer, their headers, and what has no answer."""

from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from mockserver.check.plan import check
from mockserver.check.transport import Unreachable
from tests.check.running import OURS, check_app, contract_from, rules, run_at
from tests.check.test_conduct import DOCUMENT, app_of, silent_after

CASES = """
    cases:
      one:
        never: {when: never, then: {status: 400}}
        good: {then: {status: 200, headers: {Content-Type: application/json, X-Own: "1"}, body: {a: 1}, match: {/a: 1}}}
"""
ONLY = replace(OURS, only=("cases",))
GET = DOCUMENT.replace("METHOD", "get").replace("{description: done}", "{description: done, content: {application/json: {}}}")  # fmt: skip


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (JSONResponse({"a": 1}, headers={"X-Own": "2"}), set()),
        (JSONResponse({"a": 1}), {"case-header"}),
        (JSONResponse({"a": 2}, headers={"X-Own": "2"}), {"case-match"}),
        (JSONResponse({"a": 1}, 400), {"case-status"}),
        (
            Response("no", 200, {"X-Own": "2"}, "application/json"),
            {"case-match", "json", "schema-parse"},
        ),
    ],
)
def test_a_case(tmp_path: Path, answer: Response, found: set[str]) -> None:
    def respond(_: Request) -> Response:
        return answer

    report = check_app(app_of(respond), contract_from(tmp_path, GET, CASES), ONLY)
    assert rules(report) == found
    assert [(one.name, one.state) for one in report.skipped] == [("never", "skipped")]


def test_a_case_without_an_answer_is_told_by_that_alone(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, GET, CASES)
    with silent_after(1) as url, run_at(url, contract, ONLY) as run:
        assert rules(check(run)) == {"no-answer"}


def test_nobody_is_there(tmp_path: Path) -> None:
    contract = contract_from(tmp_path, GET)
    with (
        silent_after(0) as url,
        run_at(url, contract, ONLY) as run,
        pytest.raises(Unreachable, match="does not speak HTTP"),
    ):
        check(run)


def test_the_first_fault_ends_a_check_that_is_to_be_fast(tmp_path: Path) -> None:
    fast = replace(OURS, only=("cases", "conduct"), fail_fast=True)
    contract = contract_from(tmp_path, GET, CASES)
    report = check_app(app_of(lambda _: 500), contract, fast)
    assert [one.id for one in report.failed] == ["cases/one/good"]
    assert report.outcomes[-1].state == "failed"
