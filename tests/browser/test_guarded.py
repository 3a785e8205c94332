"""A page that asks for the server's token, and the screen of checks, which reads and makes reports."""

import json
import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.conftest import OpenPage
from tests.browser.serving import page_server
from tests.running import ROOT

REPORT = {
    "title": "Pets", "target": "http://127.0.0.1:8000", "seed": "1", "requests": 7, "seconds": 0.5,
    "counts": {"passed": 1, "failed": 1, "skipped": 0}, "coverage": {"percent": 50.0},
    "tests": [
        {"id": "cases/addPet/made", "kind": "cases", "name": "made", "operation": "addPet", "state": "passed", "reason": "", "failures": []},
        {"id": "cases/addPet/twice", "kind": "cases", "name": "twice", "operation": "addPet", "state": "failed", "reason": "",
         "failures": [{"rule": "case-status", "expected": "status 409", "found": "it is <b>201</b>", "clause": "case twice",
                       "place": {"file": "fixtures/pets.yaml", "line": 9, "column": 5}, "request": "POST /pets", "answer": "HTTP/1.1 201", "curl": "curl -X POST"}]},
    ],
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    return tmp_path


def test_the_token_is_asked_for_once(browser: Browser, folder: Path) -> None:
    with page_server(Path("openapi.yaml"), folder, "--admin-token", "let-me-in") as server:
        context = browser.new_context()
        page = context.new_page()
        page.goto(f"{server.url}/__mock/")
        dialog = page.get_by_role("dialog")
        field = dialog.get_by_role("textbox")
        field.fill("let-nobody-in")
        field.press("Enter")
        expect(dialog).to_contain_text("This token was refused.")
        field.fill("let-me-in")
        field.press("Enter")
        expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
        expect(page.locator("#live")).to_have_text("live")
        page.reload()
        expect(page.get_by_role("heading", level=1)).to_have_text("Operations")
        expect(page.get_by_role("dialog")).to_have_count(0)
        context.close()


def test_reports_are_read_and_made(open_page: OpenPage, folder: Path) -> None:
    reports = folder / ".mockserver" / "checks"
    reports.mkdir(parents=True)
    (reports / "pets.json").write_text(json.dumps(REPORT))
    with page_server(Path("openapi.yaml"), folder) as server:
        page = open_page("checks", server=server)
        expect(page.get_by_role("row")).to_have_count(2)
        page.get_by_role("button", name="Check the mock itself").click()
        expect(page.get_by_role("row")).to_have_count(3, timeout=60_000)
        made = page.get_by_role("row", name=re.compile("self-"))
        expect(made).to_contain_text("passed")
        expect(made).to_contain_text("100 %")
        page.get_by_role("link", name="pets.json").click()
        failure = page.get_by_role("article")
        expect(failure).to_contain_text("expected".title())
        expect(failure).to_contain_text("it is <b>201</b>")
        expect(failure).to_contain_text("fixtures/pets.yaml:9")
