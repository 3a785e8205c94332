"""Reload: notices that a file of the contract changed, loads again beside the traffic, and keeps the last good one.

Notifications only say when to look; what counts is the fingerprint of the files. So it makes no difference how an
editor saves (in place, by rename, by a swapped link), and where a system notifies of nothing a look each second does.
"""

import asyncio
import math
from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping
from contextlib import aclosing
from pathlib import Path
from typing import Literal, NamedTuple

from mockserver.errors import Finding, MockServerError, SpecError
from mockserver.fixtures.contract import FIXTURES_NAME, Contract
from mockserver.server.log import ERROR, INFO, WARNING, log_findings, logger

LOOK_SECONDS = 1.0
_SETTLE_MS = 50
_COARSE = 0.01
"""Seconds by which the times of files may lag behind the clock."""
_SUFFIXES = frozenset((".yaml", ".yml", ".json"))
_SIBLINGS_LIMIT = 5000

Fingerprint = Mapping[str, tuple[int, ...]]
"""By path, what changes when the file does; empty for a file of the contract that is not there."""


class Reload(NamedTuple):
    """How the last load went.

    Attributes:
        times: How often there was one since the start.
        at: Seconds since the epoch; ``None`` before the first.
        message: Why it failed, a line for each reason; empty where it did not.
    """

    state: Literal["ok", "failed"] = "ok"
    times: int = 0
    at: float | None = None
    message: str = ""


Watch = Callable[[Iterable[str]], AsyncGenerator[object, None]]
"""Yields when something may have changed in the directories, and now and then."""


class Reloader:
    """Loads a contract again when its files change.

    Args:
        contract: What is served now.
        fixtures: As located at start; ``None`` where there were none, which may change.
        load: Loads anew; runs in a thread.
        use: Takes a contract that loaded well; runs in the same thread, so that building may take its time.
        now: Seconds since the epoch.
        began: The same, when the load of the contract began: what was saved since may not be in it.

    Attributes:
        last: How the last load went.
    """

    def __init__(
        self,
        contract: Contract,
        fixtures: Path | None,
        *,
        load: Callable[[], Contract],
        use: Callable[[Contract], object],
        now: Callable[[], float] = lambda: 0.0,
        began: float = math.inf,
    ) -> None:
        self.last = Reload()
        self._now = now
        self._contract = contract
        self._fixtures = fixtures
        self._load = load
        self._use = use
        newest = (began - _COARSE) * 1e9 if began < math.inf else math.inf
        self._seen: Fingerprint = {
            path: mark if not mark or mark[0] < newest else ()
            for path, mark in self.fingerprint().items()
        }

    async def run(self, watch: Watch | None = None) -> None:
        """Reload for as long as the task lives."""
        async with aclosing(look_times(self.directories, watch or watch_directories)) as times:
            async for _ in times:
                if await asyncio.to_thread(self.fingerprint) != self._seen:
                    await asyncio.to_thread(self._reload_and_see)

    def _reload_and_see(self) -> None:
        """Reload, and remember the state of the files that the load has surely read.

        What was saved while it read counts as not seen, and so does what appeared among the fixtures or beside the
        files of the contract; other files that are new are those that the document has begun to refer to.
        """
        folders, before = self.directories(), self.fingerprint(beside=True)
        self.reload()
        top = self._top()
        self._seen = {
            path: before.get(path, mark)
            for path, mark in self.fingerprint().items()
            if path in before
            or not (Path(path).is_relative_to(top) or _up_to_two(Path(path), folders))
        }

    def reload(self) -> None:
        """Load once; on failure go on with what there is, and say why."""
        try:
            contract = self._load()
            self._refuse_less_than_a_document(contract)
            self._use(contract)
        except MockServerError as error:
            self._tell("failed", str(error))
            headline = "reload failed; answers still come from the last good state"
            log_findings(ERROR, headline, error.findings)
        except Exception:
            self._tell("failed", "the mock itself failed; the log has the traceback")
            logger.exception("reload failed; answers still come from the last good state")
        else:
            self._tell("ok")
            self._contract = contract
            level = WARNING if contract.findings else INFO
            log_findings(level, f"reloaded {summary(contract)}", contract.findings)

    @property
    def state(self) -> Literal["ok", "failed"]:
        """Return how the last load went."""
        return self.last.state

    def _tell(self, state: Literal["ok", "failed"], message: str = "") -> None:
        self.last = Reload(state, self.last.times + 1, self._now(), message)

    def _refuse_less_than_a_document(self, contract: Contract) -> None:
        """Take a document that has lost all its operations for one that is still being written."""
        if self._contract.api.operations and not contract.api.operations:
            raise SpecError(
                contract.findings
                or Finding("no-operations", "no operation is left in the document")
            )

    def directories(self) -> frozenset[str]:
        """Return the directories whose changes matter."""
        return frozenset(str(Path(path).parent) for path in self._files()) | frozenset(
            map(str, self._folders())
        )

    def fingerprint(self, *, beside: bool = False) -> Fingerprint:
        """Return what tells a changed contract from the present one.

        Args:
            beside: Whether files beside the contract's count too. Where something is wrong they always do: the one
                that is missing may be about to appear.
        """
        paths = set(self._files())
        for folder in self._folders():
            paths.update(map(str, _sources(folder.rglob("*"))))
        if beside or self.state == "failed" or self._contract.findings:
            for directory in self.directories():
                paths.update(map(str, _sources(Path(directory).glob("*"))))
                paths.update(map(str, _sources(Path(directory).glob("*/*"))))
        return {path: _mark(path) for path in paths}

    def _files(self) -> Iterator[str]:
        yield from self._contract.api.document.files
        yield from self._contract.fixtures.files

    def _top(self) -> Path:
        """Return the folder in which new fixtures may appear; it need not be there."""
        return self._fixtures or Path(self._contract.api.document.root.file).parent / FIXTURES_NAME

    def _folders(self) -> Iterator[Path]:
        """Yield that folder and those below it, where it is there."""
        top = self._top()
        if top.is_dir():
            yield top
            yield from (path for path in top.rglob("*") if path.is_dir())


def summary(contract: Contract) -> str:
    """Return what a contract holds, in a few words."""
    numbers = (
        (len(contract.api.operations), "operation"),
        (len(contract.fixtures.tokens), "token"),
        (sum(map(len, contract.fixtures.cases.values())), "case"),
        (len(contract.fixtures.scenarios), "scenario"),
    )
    return ", ".join(f"{number} {word}{'s' * (number != 1)}" for number, word in numbers)


def _sources(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path, _ in zip(_with_suffix(paths), range(_SIBLINGS_LIMIT), strict=False))


def _with_suffix(paths: Iterable[Path]) -> Iterator[Path]:
    return (path for path in paths if path.suffix.lower() in _SUFFIXES)


def _up_to_two(path: Path, folders: frozenset[str]) -> bool:
    """Return whether a file lies in one of the folders or one below it."""
    return str(path.parent) in folders or str(path.parent.parent) in folders


def _mark(path: str) -> tuple[int, ...]:
    """Return what changes with every save, empty where no file is."""
    try:
        status = Path(path).stat()
    except OSError:
        return ()
    return (status.st_mtime_ns, status.st_size, status.st_ino)


async def look_times(
    directories: Callable[[], frozenset[str]], watch: Watch
) -> AsyncGenerator[None, None]:
    """Yield whenever it is time to look at the files.

    Args:
        directories: Asked again after each look; a reload may have added some.
        watch: Where it fails (the system is out of watches, a directory is gone), time alone says when.
    """
    while True:
        watched = directories()
        try:
            async with aclosing(watch(watched)) as changes:
                async for _ in changes:
                    yield
                    if directories() != watched:
                        break
        except (OSError, RuntimeError) as error:
            logger.debug("no notifications: %s", error)
            await asyncio.sleep(LOOK_SECONDS)
            yield


async def watch_directories(directories: Iterable[str]) -> AsyncGenerator[object, None]:
    """Yield when watchfiles notices something, and each second. ``WATCHFILES_FORCE_POLLING`` is its own business."""
    from watchfiles import awatch

    changes = awatch(
        *directories,
        watch_filter=None,
        debounce=4 * _SETTLE_MS,
        step=_SETTLE_MS,
        rust_timeout=int(LOOK_SECONDS * 1000),
        yield_on_timeout=True,
        recursive=False,
        ignore_permission_denied=True,
    )
    async with aclosing(changes):
        async for change in changes:
            yield change
