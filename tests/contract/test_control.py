"""The control API is held to its own document by our own check, Schemathesis included."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from mockserver.check.options import Options
from mockserver.check.plan import check
from mockserver.fixtures.contract import load_contract
from mockserver.server.background import serving
from mockserver.settings import Settings
from tests.check.running import contract_from, run_at
from tests.running import ROOT

# Each call of checkItself is a whole check, and nobody waits for hundreds of them; it has its own test below.
HELD = Options(effort="quick", timeout=10, skip=("checkItself",))


def test_it_keeps_to_its_own_document(tmp_path: Path) -> None:
    settings = Settings(spec=ROOT / "openapi.yaml", fixtures=ROOT / "fixtures")
    with serving(load_contract(settings), settings) as url:
        with urlopen(f"{url}/__mock/openapi.json", timeout=10) as answer:
            document = json.loads(answer.read())
        contract = contract_from(tmp_path, json.dumps(document))
        with run_at(f"{url}/__mock", contract, HELD) as run:
            report = check(run)
    assert [(known.identity, known.failure.found) for known in report.failures] == []


def test_the_head_of_a_stream_is_all_of_it(tmp_path: Path) -> None:
    settings = Settings(spec=ROOT / "openapi.yaml", fixtures=tmp_path)
    with (
        serving(load_contract(settings), settings) as url,
        urlopen(Request(f"{url}/__mock/events", method="HEAD"), timeout=5) as answer,
    ):
        assert answer.headers.get_content_type() == "text/event-stream"
        assert answer.read() == b""


def test_a_check_of_itself_is_made_one_at_a_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    settings = Settings(
        spec=ROOT / "docs/examples/library.yaml",
        also=(ROOT / "openapi.yaml",),
        fixtures=ROOT / "fixtures",
        root=ROOT,
        limit=(("bytes", 10**6),),
    )
    with serving(load_contract(settings), settings) as url, ThreadPoolExecutor(2) as pool:
        first, second = pool.map(lambda _: checked_itself(url), range(2))
    (_, report), (_, problem) = sorted((first, second), key=lambda one: one[0])
    assert (first[0] + second[0], report["coverage"]) == (200 + 409, 100)
    assert problem["title"] == "A check is under way"
    assert len(list((tmp_path / ".mockserver" / "checks").iterdir())) == 1


def checked_itself(url: str) -> tuple[int, dict[str, object]]:
    asked = Request(f"{url}/__mock/checks", b"{}", {"Content-Type": "application/json"})
    try:
        with urlopen(asked, timeout=120) as answer:
            return answer.status, json.loads(answer.read())
    except HTTPError as refused:
        with refused:
            return refused.code, json.loads(refused.read())
