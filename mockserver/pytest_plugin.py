"""What pytest users get: the tests of ``mockserver check`` as items of their own run.

Invariant: importing this file costs next to nothing, because every pytest run of the environment does so; what is
needed is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from mockserver.check.model import Outcome
    from mockserver.check.runner import Run

_RUN: pytest.StashKey[Run] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options of the plugin."""
    group = parser.getgroup("mockserver", "mockserver: one OpenAPI document as stub and as test")
    group.addoption("--mockserver-check", metavar="URL", help="Hold the implementation at URL to document and fixtures; each test is an item.")  # fmt: skip
    group.addoption("--mockserver-spec", metavar="FILE", help="The document [openapi.yaml].")
    group.addoption("--mockserver-fixtures", metavar="PATH", help="The fixtures [fixtures/ beside the document].")  # fmt: skip
    parser.addini("mockserver_spec", "The document.", default="openapi.yaml")
    parser.addini("mockserver_fixtures", "The fixtures.", default="")


def _option(config: pytest.Config, name: str) -> str:
    return str(config.getoption(f"--mockserver-{name}") or config.getini(f"mockserver_{name}"))


@pytest.hookimpl(trylast=True)
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
    from mockserver.fixtures.contract import load_contract, locate
    from mockserver.settings import Settings

    fixtures = _option(config, "fixtures")
    given = Settings(spec=Path(_option(config, "spec")), fixtures=Path(fixtures) if fixtures else None)  # fmt: skip
    try:
        contract = load_contract(locate(given, config.rootpath))
        transport = Transport(url)
    except (MockServerError, Unreachable) as error:
        raise pytest.UsageError(f"--mockserver-check: {error}") from None
    wallet = Wallet(contract.fixtures, os.environ, live=True, now=time.time)  # noqa: TID251 - the outer edge
    run = config.stash[_RUN] = Run(contract, transport, wallet, Options())
    for probe in probes_of(run, list(find_collections(run)), mock=False):
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
    """Close the connections of a check."""
    run = session.config.stash.get(_RUN, None)
    if run is not None:
        run.transport.close()
