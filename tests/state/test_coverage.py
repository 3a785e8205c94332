"""Shares, what is missing, and the sum over processes."""

import json

import pytest

from mockserver.state.coverage import Coverage


def found(answered: int, used: int, *unused: str) -> Coverage:
    row = {
        "name": "getBook",
        "answers": [{"status": "200", "served": answered}, {"status": "404", "served": 0}],
        "cases": [{"name": "lent", "served": used}],
    }
    return Coverage.read(
        {
            "operations": [row],
            "unused": {"tokens": list(unused), "scenarios": ["slow"], "cases": []},
        }
    )


@pytest.mark.parametrize(("coverage", "share"), [(found(0, 0), 0), (found(7, 0), 33.3), (found(1, 2), 66.7), (Coverage({}, {}, {}), 100)])  # fmt: skip
def test_the_share_of_answers_and_cases(coverage: Coverage, share: float) -> None:
    assert round(coverage.percent, 1) == share


def test_what_the_fixtures_exclude_does_not_count() -> None:
    answers = [{"status": "200", "served": 1}, {"status": "503", "served": 0, "excluded": "why"}]
    cases = [{"name": "down", "served": 0, "excluded": "why"}]
    row = {"name": "getBook", "answers": answers, "cases": cases}
    read = Coverage.read({"operations": [row], "unused": {"tokens": [], "scenarios": []}})
    assert (read.percent, read.of) == (100, 1)


def test_several_processes_add_up() -> None:
    both = found(1, 0, "valid", "expired") + Coverage.of_json(json.loads(json.dumps(found(0, 2, "valid").as_json())))  # fmt: skip
    assert both == found(1, 2, "valid")


def test_what_is_missing_is_listed() -> None:
    assert found(1, 0, "valid").report(80).splitlines() == [
        "served 33.3 % of 3 answers and cases, 80 % are asked for",
        "  never served: getBook 404",
        "  never served: case getBook/lent",
        "  never used: token valid",
        "  never used: scenario slow",
    ]
