"""Whatever a server answers, the check ends with a report that names faults: it neither crashes nor passes."""

from dataclasses import replace
from pathlib import Path

import pytest

from mockserver.check.plan import check
from mockserver.check.reports import WRITERS
from mockserver.check.selfcheck import with_credentials
from mockserver.fixtures.contract import Contract
from mockserver.server.background import serving
from mockserver.settings import Settings
from tests.check.running import OURS, check_app, contract_from, run_at
from tests.check.wide import DOCUMENT, FIXTURES, SERVERS

# Whether something follows a 204 or 304 is waited for, a moment each time: hence the bound.
QUICK = replace(OURS, effort="quick", assume_states=True, timeout=2, most_seconds=20)


@pytest.fixture(scope="module")
def contract(tmp_path_factory: pytest.TempPathFactory) -> Contract:
    return contract_from(tmp_path_factory.mktemp("wide"), DOCUMENT, FIXTURES)


@pytest.mark.parametrize("name", list(SERVERS))
def test_it_is_reported(contract: Contract, name: str) -> None:
    report = check_app(SERVERS[name], contract, QUICK)
    assert report.failed
    assert not any("Traceback" in failure.found for outcome in report.failed for failure in outcome.failures if failure.rule != "stack-trace")  # fmt: skip
    for write in WRITERS.values():
        assert write(report)


@pytest.mark.parametrize("effort", ["quick", "deep"])
def test_the_mock_passes(contract: Contract, effort: str) -> None:
    settings = Settings(spec=Path("openapi.yaml"))
    options = replace(OURS, effort=effort, assume_states=True, skip=("schemathesis",))
    with (
        serving(contract, settings) as url,
        run_at(url, with_credentials(contract), options) as run,
    ):
        report = check(run, mock=True)
    assert [(known.identity, known.failure.found) for known in report.failures] == []
