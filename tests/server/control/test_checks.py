"""Reports of checks: listed, read, and nothing else of the machine."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.server.control.checks import _MOST_BYTES, FOLDER, _sources
from tests.server.asgi import Running, contract_of, settings_of
from tests.server.control.test_api import DOCUMENT, JSON


@pytest.fixture
def server(tmp_path: Path) -> Running:
    found = Running(contract_of(tmp_path, DOCUMENT))
    found.live.folder = tmp_path
    (tmp_path / FOLDER).mkdir(parents=True)
    return found


def write(server: Running, name: str, value: object) -> None:
    (server.live.folder / FOLDER / name).write_text(json.dumps(value))


REPORT = {"tests": [], "target": "http://a", "counts": {"passed": 1}, "coverage": {"percent": 50.0}}


def test_reports_are_listed_and_read(server: Running) -> None:
    write(server, "one.json", REPORT)
    write(server, "other.json", {"no": "report"})
    write(server, ".hidden.json", REPORT)
    (row,) = json.loads(server.ask("GET", "/__mock/checks").body)["checks"]
    assert (row["file"], row["target"], row["coverage"]) == ("one.json", "http://a", 50.0)
    assert json.loads(server.ask("GET", "/__mock/checks/one.json").body) == REPORT


@pytest.mark.parametrize(
    "name", ["two.json", "../openapi.yaml", "..%2f..%2fopenapi.yaml", "%2e%2e/x.json", "one", "broken.json", "link.json"]
)  # fmt: skip
def test_no_other_file_is_read(server: Running, name: str) -> None:
    (server.live.folder / "secret.json").write_text(json.dumps(REPORT))
    (server.live.folder / FOLDER / "broken.json").write_text("{")
    (server.live.folder / FOLDER / "link.json").symlink_to(server.live.folder / "secret.json")
    assert server.ask("GET", f"/__mock/checks/{name}").status == 404


def test_the_mock_is_checked_and_the_report_kept(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, DOCUMENT)
    found = Running(contract_of(tmp_path, DOCUMENT), settings)
    found.live.folder = tmp_path
    answered = found.ask("POST", "/__mock/checks", [JSON], b"{}")
    assert answered.status == 200, answered.body
    row = json.loads(answered.body)
    assert row["file"].startswith("self-")
    assert row["counts"]["passed"] > 5


def test_why_it_could_not_run_is_said(tmp_path: Path) -> None:
    found = Running(contract_of(tmp_path, DOCUMENT))  # which names no document
    found.live.folder = tmp_path / "elsewhere"
    found.live.folder.mkdir()
    answered = found.ask("POST", "/__mock/checks", [JSON], b"{}")
    assert answered.status == 409
    assert "openapi.yaml" in json.loads(answered.body)["detail"]


def test_links_that_lead_nowhere_are_no_reports(tmp_path: Path) -> None:
    found = Running(contract_of(tmp_path, DOCUMENT))
    found.live.folder = tmp_path
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "gone.json").symlink_to(tmp_path / "nowhere")
    assert json.loads(found.ask("GET", "/__mock/checks").body) == {"checks": []}


def test_a_server_that_ends_does_not_wait_for_its_check(tmp_path: Path) -> None:
    found = Running(contract_of(tmp_path, DOCUMENT))
    found.live.folder = tmp_path
    found.live.stopping = lambda: True
    answered = found.ask("POST", "/__mock/checks", [JSON], b"{}")
    assert (answered.status, json.loads(answered.body)["detail"]) == (409, "the server ends")


def test_a_report_beyond_all_measure_is_not_read(server: Running) -> None:
    write(server, "long.json", REPORT)
    with (server.live.folder / FOLDER / "long.json").open("ab") as file:
        file.truncate(_MOST_BYTES + 1)  # a file with a hole, which takes no room
    assert server.ask("GET", "/__mock/checks/long.json").status == 404


def test_the_mock_is_checked_by_the_documents_that_it_serves(tmp_path: Path) -> None:
    settings = settings_of(tmp_path, DOCUMENT)
    settings = replace(settings, allow_network=True, limit=(("document-bytes", 5000),))
    said = list(_sources(settings))
    assert said[:2] == ["--spec", str(settings.spec)]
    assert said[-3:] == ["--allow-network", "--limit", "document-bytes=5000"]
