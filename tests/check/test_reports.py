"""Reports of what has no place, no request and no coverage: each writer says what there is."""

import json
from io import StringIO

import pytest
from rich.console import Console

from mockserver.check.model import Failure, Outcome, Report, Row
from mockserver.check.reports import WRITERS
from mockserver.check.reports.terminal import _cell
from mockserver.errors import Place

BARE = Failure("odd", "it is even", "it is odd", "arithmetic")


def report(*failures: Failure, rows: tuple[Row, ...] = ()) -> Report:
    outcome = Outcome("conduct", "unknown paths", "", "failed", failures)
    return Report("http://127.0.0.1", "Numbers", "1", [outcome], rows)


@pytest.mark.parametrize("name", list(WRITERS))
def test_a_failure_without_place_and_request(name: str) -> None:
    text = WRITERS[name](report(BARE))
    assert "it is odd" in text
    assert "curl -X" not in text
    assert "file=" not in text


def test_an_annotation_of_a_file_has_no_line_zero() -> None:
    somewhere = Failure("odd", "it is even", "it is odd", "arithmetic", Place("openapi.yaml"))
    assert "file=openapi.yaml::" in WRITERS["github"](report(somewhere))
    (result,) = json.loads(WRITERS["sarif"](report(somewhere)))["runs"][0]["results"]
    (location,) = result["locations"]
    assert location["physicalLocation"] == {"artifactLocation": {"uri": "openapi.yaml"}}


def test_a_summary_shows_what_there_is_of_an_exchange() -> None:
    asked = Failure("odd", "it is even", "it is odd", "arithmetic", curl="curl URL")
    answered = Failure("other", "it is even", "it is odd", "arithmetic", answer="HTTP/1.1 200")
    summary = WRITERS["summary"](report(asked, answered))
    assert summary.count("```sh") == 1
    assert summary.count("```http") == 1


def test_a_place_without_a_line_is_a_file() -> None:
    found = json.loads(WRITERS["sarif"](report(BARE)))["runs"][0]["results"][0]
    assert "locations" not in found


@pytest.mark.parametrize(
    ("rows", "percent"),
    [
        ((), 0.0),
        ((Row("one", "200", covered=False, excluded="later"),), 100.0),
        ((Row("one", "200", covered=True), Row("one", "400", covered=False)), 50.0),
    ],
)
def test_the_share_that_was_reached(rows: tuple[Row, ...], percent: float) -> None:
    assert report(BARE, rows=rows).percent == percent


@pytest.mark.parametrize(
    ("rows", "shown"),
    [
        ([], ""),
        ([Row("one", "200", covered=False, excluded="later")], "×"),
        ([Row("one", "200", covered=True)], "✓"),
        ([Row("one", "200", covered=False)], "–"),
        ([Row("one", "200", covered=True), Row("one", "200", covered=False, case="a")], "✓ 0/1"),
    ],
)
def test_a_cell_of_the_terminals_table(rows: list[Row], shown: str) -> None:
    out = StringIO()
    Console(file=out, width=40).print(_cell(rows))
    assert out.getvalue().strip() == shown
