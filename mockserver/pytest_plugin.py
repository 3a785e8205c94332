"""What pytest users get: a mock in a session of its own for each test, and ``mockserver check`` as items of their run.

Invariant: importing this file costs next to nothing, because every pytest run of the environment does so; what is
needed is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from mockserver.check.collections import Collection
    from mockserver.check.model import Outcome
    from mockserver.check.runner import Run
    from mockserver.client import Coverage, MockServer
    from mockserver.fixtures.contract import Contract
    from mockserver.settings import Settings

_RUN: pytest.StashKey[Run] = pytest.StashKey()
_MADE: pytest.StashKey[list[Collection]] = pytest.StashKey()
_MOCK: pytest.StashKey[MockServer] = pytest.StashKey()
_COVERED: pytest.StashKey[Coverage] = pytest.StashKey()
_OUTPUT = "mockserver_coverage"
_SHOWN = 100
"""Exchanges in the report of a failing test, the latest."""

_LEAST = "--mockserver-min-coverage"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("mockserver", "mockserver: one OpenAPI document as stub and as test")
    group.addoption("--mockserver-check", metavar="URL", help="Hold the implementation at URL to document and fixtures; each test is an item.")  # fmt: skip
    group.addoption("--mockserver-spec", metavar="FILE", help="The document [openapi.yaml].")
    group.addoption("--mockserver-fixtures", metavar="PATH", help="The fixtures [fixtures/ beside the document].")  # fmt: skip
    group.addoption("--mockserver-url", metavar="URL", help="Ask the server at URL instead of one in this process.")  # fmt: skip
    group.addoption("--mockserver-token", metavar="TEXT", help="Its admin token, where it asks for one.")  # fmt: skip
    group.addoption(_LEAST, metavar="N", type=float, help="Fail where less than N percent of the answers and cases were served.")  # fmt: skip
    parser.addini("mockserver_spec", "The document.", default="")
    parser.addini("mockserver_fixtures", "The fixtures.", default="")


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known."""
    config.addinivalue_line("markers", "mockserver(scenario): what the fixture mock answers in this test.")  # fmt: skip


def _located(config: pytest.Config) -> Settings:
    """Return which document and fixtures are meant: of the command line as seen from where it stands, of ini from the root.

    Raises:
        SettingsError: None is named and the root has none.
    """
    from mockserver.fixtures.contract import locate
    from mockserver.settings import Settings

    spec, fixtures = _path(config, "spec"), _path(config, "fixtures")
    return locate(Settings(spec=spec, fixtures=fixtures), config.rootpath)


def _path(config: pytest.Config, name: str) -> Path | None:
    if given := config.getoption(f"--mockserver-{name}"):
        return config.invocation_params.dir / str(given)
    named = str(config.getini(f"mockserver_{name}"))
    return config.rootpath / named if named else None


@pytest.fixture(scope="session")
def mock_server(pytestconfig: pytest.Config) -> Iterator[MockServer]:
    """A mock of the document on a free port of this process, or the one of ``--mockserver-url``."""
    from mockserver.client import ControlError, MockServer
    from mockserver.errors import MockServerError

    url = pytestconfig.getoption("--mockserver-url")
    if url:
        server = MockServer(str(url), token=pytestconfig.getoption("--mockserver-token"))
        try:
            server.coverage()
        except ControlError as error:
            pytest.fail(f"--mockserver-url: {error}", pytrace=False)
        yield server
        pytestconfig.stash[_COVERED] = server.coverage()
        return

    from mockserver.fixtures.contract import load_contract
    from mockserver.in_process import wire_of
    from mockserver.server.background import running

    try:
        settings = _located(pytestconfig)
        contract: Contract = load_contract(settings)
    except MockServerError as error:
        pytest.fail(str(error), pytrace=False)
    with running(contract, settings) as found:
        server = MockServer(found.url, wire=wire_of(found))
        yield server
        pytestconfig.stash[_COVERED] = server.coverage()


@pytest.fixture
def mock(mock_server: MockServer, request: pytest.FixtureRequest) -> Iterator[MockServer]:
    """A session of ``mock_server`` that belongs to this test alone; ``mock.url`` is the base URL that carries it."""
    from mockserver.client import ControlError

    session = mock_server.session(_session_name(request.node.nodeid))
    session.reset()  # another run may have used the same server
    marker = request.node.get_closest_marker("mockserver")
    if marker is not None:
        try:
            session.use(_scenario(*marker.args, **marker.kwargs))
        except (ControlError, TypeError) as error:
            pytest.fail(f"@pytest.mark.mockserver: {error}", pytrace=False)
    request.node.stash[_MOCK] = session
    yield session
    try:
        session.delete()
    except ControlError as error:  # the test itself, a bound or a restart was first
        if error.slug != "no-such-session":
            raise


def _scenario(scenario: str) -> str:
    """Return what a marker chooses; its signature is the marker's."""
    return scenario


def _session_name(nodeid: str) -> str:
    """Return the name of a test's session: the same at each run, so that a seed draws the same."""
    import re
    from hashlib import blake2b

    words = re.sub(r"[^A-Za-z0-9.]+", "-", nodeid.rpartition("/")[2]).strip("-")
    return f"{words[-80:]}-{blake2b(nodeid.encode(), digest_size=4).hexdigest()}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, Any]:
    """Show what the mock was asked, where a test fails that has one."""
    report = yield
    mock = item.stash.get(_MOCK, None)
    if mock is not None and report.failed:
        report.sections.append(("mockserver journal", _journal(mock)))
    return report


def _journal(mock: MockServer) -> str:
    """Return the exchanges of a test, a line each, with what they have against the document below."""
    from mockserver.client import ControlError

    try:
        calls = mock.calls()
        lines = [f"… {len(calls) - _SHOWN} earlier ones"] if len(calls) > _SHOWN else []
        lines += [line for one in calls[-_SHOWN:] for line in one.lines()]
    except ControlError as error:
        return str(error)
    return "\n".join(lines) or "no request came"


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Add what the tests of one of xdist's processes had served."""
    if found := getattr(node, "workeroutput", {}).get(_OUTPUT):
        from mockserver.client import Coverage

        stash, covered = node.config.stash, Coverage.of_json(found)
        stash[_COVERED] = stash[_COVERED] + covered if _COVERED in stash else covered


def _too_little(config: pytest.Config) -> str:
    """Return what was not served of what is asked for; empty where it was, or nothing is asked for."""
    least = config.getoption(_LEAST)
    if least is None or hasattr(config, "workerinput"):
        return ""
    covered = config.stash.get(_COVERED, None)
    if covered is None:
        return "no test used the mock"
    return covered.report(least) if covered.percent < least else ""


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was not served."""
    if told := _too_little(config):
        terminalreporter.section(f"mockserver: {_LEAST[2:].removeprefix('mockserver-')}")
        terminalreporter.write_line(told)


@pytest.hookimpl(tryfirst=True)  # so that -k and -m choose among them too
def pytest_collection_modifyitems(
    session: pytest.Session, config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Put the tests of a check behind the others."""
    url = config.getoption("--mockserver-check")
    if url:
        items += _check_items(session, config, str(url))


def _check_items(session: pytest.Session, config: pytest.Config, url: str) -> Iterator[CheckItem]:
    import os
    import time

    from mockserver.check.collections import find_collections
    from mockserver.check.live import Wallet
    from mockserver.check.options import Options
    from mockserver.check.plan import probes_of
    from mockserver.check.runner import Run, execute
    from mockserver.check.schemathesis import search
    from mockserver.check.transport import Transport, Unreachable
    from mockserver.errors import MockServerError
    from mockserver.fixtures.contract import load_contract

    try:
        contract = load_contract(_located(config))
        transport = Transport(url)
    except (MockServerError, Unreachable) as error:
        raise pytest.UsageError(f"--mockserver-check: {error}") from None
    wallet = Wallet(contract.fixtures, os.environ, live=True, now=time.time)  # noqa: TID251 - the outer edge
    run = config.stash[_RUN] = Run(contract, transport, wallet, Options())
    collections = config.stash[_MADE] = list(find_collections(run))
    for probe in probes_of(run, collections, mock=False):
        execute_one = lambda probe=probe: next(iter(execute(run, [probe])))  # noqa: E731
        yield CheckItem.of(session, probe.id, execute_one, run)
    for operation in run.api.operations:
        searched = lambda chosen=operation: next(search(run, (), [chosen], stateful=False, mock=False))  # noqa: E731  # fmt: skip
        yield CheckItem.of(session, f"schemathesis/{operation.name}", searched, run)


class CheckFailed(Exception):
    """A test of the check found something."""


class CheckItem(pytest.Item):
    """One test of a check."""

    ask: Callable[[], Outcome]
    run: Run

    @classmethod
    def of(cls, session: pytest.Session, name: str, ask: Callable[[], Outcome], run: Run) -> CheckItem:  # fmt: skip
        """Return an item that runs one test."""
        item: CheckItem = cls.from_parent(session, name=name)
        item.ask, item.run = ask, run
        return item

    def runtest(self) -> None:
        """Run it."""
        from mockserver.check.reports.text import describe
        from mockserver.check.transport import Unreachable

        try:
            outcome = self.ask()
        except Unreachable as error:
            raise CheckFailed(str(error)) from None
        if outcome.state == "skipped":
            pytest.skip(outcome.reason)
        if outcome.failures:
            raise CheckFailed("\n\n".join(describe(outcome, one) for one in outcome.failures))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: object = None) -> str:  # fmt: skip
        """Say what was found, without a traceback of ours."""
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the test is from: the document."""
        document = self.run.api.document.root.file
        return Path(document), None, f"mockserver check: {self.name}"


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Close the connections of a check; fail a run that had too little served."""
    config = session.config
    run = config.stash.get(_RUN, None)
    if run is not None:
        from mockserver.check.plan import clean

        clean(config.stash[_MADE])
        run.transport.close()
    output = getattr(config, "workeroutput", None)
    if output is not None and _COVERED in config.stash:
        output[_OUTPUT] = config.stash[_COVERED].as_json()
    if session.exitstatus == pytest.ExitCode.OK and _too_little(config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
