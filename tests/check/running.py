"""Checks of real apps on real sockets, for the tests of the checks."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

from starlette.types import ASGIApp

from mockserver.check.live import Wallet
from mockserver.check.model import Report
from mockserver.check.options import Options
from mockserver.check.plan import check
from mockserver.check.runner import Run
from mockserver.check.transport import Transport
from mockserver.fixtures.contract import Contract, load_contract
from mockserver.settings import Settings
from tests.check.apps import items_api, seed_api
from tests.check.apps.serving import running
from tests.running import ROOT

APPS = ROOT / "tests" / "check" / "apps"
SEED = Settings(spec=ROOT / "openapi.yaml", fixtures=ROOT / "fixtures")
ITEMS = Settings(spec=APPS / "items.yaml", fixtures=APPS / "items-fixtures")
MODULES = {"seed": seed_api, "items": items_api}
OURS = Options(skip=("schemathesis",), timeout=5)
_CONTRACTS: dict[str, Contract] = {}


def contract_of(kind: str) -> Contract:
    """Return the contract of a test app, read once."""
    if kind not in _CONTRACTS:
        _CONTRACTS[kind] = load_contract(SEED if kind == "seed" else ITEMS)
    return _CONTRACTS[kind]


def contract_from(folder: Path, document: str, fixtures: str = "") -> Contract:
    """Return the contract of a document and fixtures given as YAML."""
    (folder / "openapi.yaml").write_text(dedent(document))
    (folder / "fixtures").mkdir(exist_ok=True)
    if fixtures:
        (folder / "fixtures" / "fixtures.yaml").write_text("version: 1\n" + dedent(fixtures))
    return load_contract(Settings(spec=folder / "openapi.yaml", fixtures=folder / "fixtures"))


@contextmanager
def run_at(
    url: str,
    contract: Contract,
    options: Options = OURS,
    environ: Mapping[str, str] | None = None,
) -> Iterator[Run]:
    """Give a run at a server; without an environment the fixtures' values are sent."""
    wallet = Wallet(contract.fixtures, environ or {}, live=environ is not None, now=lambda: 1e9)
    transport = Transport(url, timeout=options.timeout, rate=options.rate)
    try:
        yield Run(contract, transport, wallet, options)
    finally:
        transport.close()


def check_app(
    app: ASGIApp,
    contract: Contract,
    options: Options = OURS,
    environ: Mapping[str, str] | None = None,
) -> Report:
    """Check an app on a port of its own."""
    with running(app) as port:
        url = f"http://127.0.0.1:{port}"
        options = replace(options, state_url=options.state_url.replace("URL", url))
        with run_at(url, contract, options, environ) as run:
            return check(run)


def checked(
    kind: str,
    fault: str | None = None,
    options: Options = OURS,
    environ: Mapping[str, str] | None = None,
) -> Report:
    """Check one of the two test apps, correct or broken."""
    if kind == "seed":
        options = replace(options, assume_states=True)
    else:
        options = replace(options, state_url="URL/_states")
    return check_app(MODULES[kind].create(fault), contract_of(kind), options, environ)


def rules(report: Report) -> set[str]:
    """Return the names of the rules that were broken."""
    return {known.failure.rule for known in report.failures}
