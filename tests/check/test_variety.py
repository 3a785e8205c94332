"""Other styles of collections: a correct one passes, and what is broken in it is found."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from mockserver.check.model import Report
from mockserver.check.options import Options
from tests.check.apps.notes_api import FIXTURES, KEY_PLACES, STYLES, Notes, document
from tests.check.running import OURS, check_app, contract_from, rules


def check_notes(
    folder: Path, notes: Notes, options: Options = OURS, fixtures: str = FIXTURES
) -> Report:
    contract = contract_from(folder, document(notes.style, notes.place), fixtures)
    return check_app(notes.app(), contract, options)


@pytest.mark.parametrize("place", list(KEY_PLACES))
@pytest.mark.parametrize("style", list(STYLES))
def test_a_correct_one_passes(tmp_path: Path, style: str, place: str) -> None:
    report = check_notes(tmp_path, Notes(style, place))
    assert [(known.identity, known.failure.found) for known in report.failures] == []


def test_a_secret_that_all_its_schemes_need_together(tmp_path: Path) -> None:
    text = "\n".join(line for line in FIXTURES.splitlines() if "scheme: key" not in line)
    report = check_notes(tmp_path, Notes("page", "header"), fixtures=text)
    assert [(known.identity, known.failure.found) for known in report.failures] == []
    assert any(row.covered for row in report.coverage if row.operation == "createNote")


class Broken(Notes):
    """Wrong in one way."""

    def __init__(self, style: str, change: Callable[[dict[str, object]], object]) -> None:
        super().__init__(style, "header")
        self.change = change

    def _list(self, query: object) -> Response:
        answer = super()._list(query)  # type: ignore[arg-type]
        if answer.status_code != 200:
            return answer
        body = __import__("json").loads(bytes(answer.body))
        self.change(body)
        return JSONResponse(body, headers={"X-Total-Count": answer.headers["x-total-count"]})


@pytest.mark.parametrize(
    ("style", "change", "rule"),
    [
        pytest.param("cursor", lambda body: body.update(has_more=True), "has-more", id="more that is not there"),
        pytest.param("cursor", lambda body: body["data"].reverse(), "sort", id="sorted the other way"),
        pytest.param("cursor", lambda body: body["data"].append(dict(body["data"][0])) if body["data"] else None, "listed-twice", id="an item twice"),
        pytest.param("page", lambda body: body["data"].pop() if body["data"] else None, "not-listed", id="the last one is missing"),
        pytest.param("starting_after", lambda body: [one.update(stars=4) for one in body["data"]], "list-differs", id="listed otherwise than read"),
        pytest.param("page", lambda body: [one.update(done=True) for one in body["data"]], "filter", id="a filter that is not heeded"),
    ],
)  # fmt: skip
def test_a_broken_list_is_found(
    tmp_path: Path, style: str, change: Callable[[dict[str, object]], object], rule: str
) -> None:
    report = check_notes(tmp_path, Broken(style, change), replace(OURS, only=("resources",)))
    assert rule in rules(report)


class Forgetful(Notes):
    """Answers every write and keeps nothing."""

    async def _write(self, request, number):
        answer = await super()._write(request, number)
        if number is None:
            self.notes.pop(self.last, None)
        return answer


def test_a_collection_that_keeps_nothing(tmp_path: Path) -> None:
    report = check_notes(tmp_path, Forgetful("page", "header"), replace(OURS, only=("resources",)))
    assert {"not-kept", "not-listed"} <= rules(report)


class Closed(Notes):
    """Refuses to create."""

    async def _write(self, request, number):
        return Response(status_code=400)


def test_a_collection_that_cannot_be_filled_is_said_to_be_so(tmp_path: Path) -> None:
    report = check_notes(tmp_path, Closed("page", "header"), replace(OURS, only=("resources",)))
    assert any("createNote does not create: it answers 400" in one.reason for one in report.skipped)


def test_nothing_is_written_where_it_is_to_be_safe(tmp_path: Path) -> None:
    notes = Notes("page", "header")
    report = check_notes(tmp_path, notes, replace(OURS, safe=True))
    assert notes.last == 0
    assert report.failed == []
    assert any("--safe does not send POST" in one.reason for one in report.skipped)


def test_a_check_that_takes_too_long_ends(tmp_path: Path) -> None:
    report = check_notes(tmp_path, Notes("page", "header"), replace(OURS, most_seconds=0.0))
    assert any("the check has taken" in one.reason for one in report.skipped)
