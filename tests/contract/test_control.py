"""The control API is held to its own document by our own check, Schemathesis included."""

import json
from pathlib import Path
from urllib.request import urlopen

from mockserver.check.options import Options
from mockserver.check.plan import check
from mockserver.fixtures.contract import load_contract
from mockserver.server.background import serving
from mockserver.settings import Settings
from tests.check.running import contract_from, run_at
from tests.running import ROOT


def test_it_keeps_to_its_own_document(tmp_path: Path) -> None:
    settings = Settings(spec=ROOT / "openapi.yaml", fixtures=ROOT / "fixtures")
    with serving(load_contract(settings), settings) as url:
        with urlopen(f"{url}/__mock/openapi.json", timeout=10) as answer:
            document = json.loads(answer.read())
        contract = contract_from(tmp_path, json.dumps(document))
        with run_at(f"{url}/__mock", contract, Options(effort="quick", timeout=10)) as run:
            report = check(run)
    assert [(known.identity, known.failure.found) for known in report.failures] == []
