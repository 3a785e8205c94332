"""Reload: every way of saving is noticed, what is broken is said, and the last good state stays."""

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterable
from pathlib import Path
from queue import SimpleQueue

import pytest

from mockserver.fixtures.contract import Contract, load_contract, locate
from mockserver.server.watch import Reloader, look_times, summary, watch_directories
from mockserver.settings import Settings

DOCUMENT = """\
openapi: 3.0.3
info: {title: TITLE, version: 1.0.0}
paths:
  /pets:
    get:
      responses: {'200': {description: OK}}
"""
REFERRING = """\
openapi: 3.0.3
info: {title: Referring, version: 1.0.0}
paths:
  /cats: {get: {responses: {'200': {description: OK}}}}
  /pets: {$ref: parts/pets.yaml}
"""
PETS = "get: {responses: {'200': {description: OK}}}\n"
CASES = "version: 1\ncases: {'GET /pets': {one: {then: {status: 200}}}}\n"
SCENARIOS = "version: 1\nscenarios: {s: {use: {'GET /pets': one}}}\n"


class Watched:
    """A folder, the reloader on it, and what came into use."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.document = folder / "openapi.yaml"
        self.save(self.document, DOCUMENT)
        self.used: list[Contract] = []
        self.news: SimpleQueue[Contract] = SimpleQueue()
        settings = locate(Settings(), folder)
        self.reloader = Reloader(
            load_contract(settings),
            settings.fixtures,
            load=lambda: load_contract(locate(settings, folder)),
            use=self.use,
        )

    def use(self, contract: Contract) -> None:
        self.used.append(contract)
        self.news.put(contract)

    async def until(self, holds: Callable[[Contract], object]) -> None:
        """Wait for a contract in use of which something holds."""
        while not holds(await asyncio.to_thread(self.news.get, timeout=10)):
            continue

    def save(self, path: Path, text: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @property
    def title(self) -> str:
        return self.used[-1].api.title


@pytest.fixture
def watched(tmp_path: Path) -> Watched:
    return Watched(tmp_path)


def test_a_good_save_comes_into_use_and_is_said(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    watched.save(watched.document, DOCUMENT.replace("TITLE", "New"))
    watched.reloader.reload()
    assert (watched.title, watched.reloader.state) == ("New", "ok")
    assert caplog.messages == ["reloaded 1 operation, 0 tokens, 0 cases, 0 scenarios"]


@pytest.mark.parametrize(
    "text",
    ["", DOCUMENT[:-3], DOCUMENT[:64], DOCUMENT.replace("openapi", "x"), None],
    ids=["empty", "half", "without operations", "no document", "deleted"],
)
def test_a_broken_save_is_said_with_its_place_and_changes_nothing(
    watched: Watched, caplog: pytest.LogCaptureFixture, text: str | None
) -> None:
    if text is None:
        watched.document.unlink()
    else:
        watched.save(watched.document, text)
    watched.reloader.reload()
    assert (watched.used, watched.reloader.state) == ([], "failed")
    assert "reload failed; answers still come from the last good state" in caplog.text
    if text is not None:
        assert "openapi.yaml" in caplog.text
    watched.save(watched.document, DOCUMENT)
    watched.reloader.reload()
    assert (len(watched.used), watched.reloader.state) == (1, "ok")


def test_sloppiness_is_said_again(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    watched.save(watched.document, DOCUMENT + "sloppy: true\n")
    watched.reloader.reload()
    assert watched.reloader.state == "ok"
    assert "openapi.yaml:7" in caplog.text


def test_a_bug_in_loading_does_not_stop_the_server(
    watched: Watched, caplog: pytest.LogCaptureFixture
) -> None:
    def use(_: Contract) -> None:
        raise ZeroDivisionError

    contract = load_contract(locate(Settings(), watched.folder))
    reloader = Reloader(contract, None, load=lambda: contract, use=use)
    reloader.reload()
    assert reloader.state == "failed"
    assert "ZeroDivisionError" in caplog.text


def test_a_contract_is_summed_up(watched: Watched) -> None:
    watched.save(watched.folder / "fixtures" / "a.yaml", CASES)
    contract = load_contract(locate(Settings(), watched.folder))
    assert summary(contract) == "1 operation, 0 tokens, 1 case, 0 scenarios"


# What tells one state of the files from another


def in_place(path: Path, text: str) -> None:
    path.write_text(text)


def by_rename(path: Path, text: str) -> None:
    path.with_suffix(".tmp").write_text(text)
    path.with_suffix(".tmp").replace(path)


def by_link(path: Path, text: str) -> None:
    target = path.with_suffix(".v2")
    target.write_text(text)
    path.unlink()
    path.symlink_to(target)


def touched(path: Path, _: str) -> None:
    os.utime(path, ns=(1, 1))


def deleted(path: Path, _: str) -> None:
    path.unlink()


SAVES = [in_place, by_rename, by_link, touched, deleted]


@pytest.mark.parametrize("save", SAVES)
def test_every_way_of_saving_changes_the_fingerprint(
    watched: Watched, save: Callable[[Path, str], None]
) -> None:
    before = watched.reloader.fingerprint()
    assert watched.reloader.fingerprint() == before
    save(watched.document, DOCUMENT.replace("TITLE", "Other"))
    assert watched.reloader.fingerprint() != before


def test_fixtures_that_appear_count_and_other_files_do_not(watched: Watched) -> None:
    before = watched.reloader.fingerprint()
    watched.save(watched.folder / "notes.yaml", "x")
    watched.save(watched.folder / "fixtures" / "notes.md", "x")
    assert watched.reloader.fingerprint() == before
    watched.save(watched.folder / "fixtures" / "below" / "a.yaml", CASES)
    assert watched.reloader.fingerprint() != before


@pytest.mark.parametrize("failed", [True, False])
def test_where_something_is_missing_a_file_that_appears_beside_counts(
    watched: Watched, *, failed: bool
) -> None:
    watched.save(watched.document, REFERRING)
    if failed:
        watched.save(watched.folder / "fixtures" / "a.yaml", "version: 1\ncasse: {}\n")
    watched.reloader.reload()
    before = watched.reloader.fingerprint()
    watched.save(watched.folder / "parts" / "pets.yaml", PETS)
    assert watched.reloader.fingerprint() != before
    assert watched.reloader.state == ("failed" if failed else "ok")
    watched.save(watched.folder / "fixtures" / "a.yaml", "version: 1\n")
    watched.reloader.reload()
    assert watched.title == "Referring"
    assert str(watched.folder / "parts") in watched.reloader.directories()


def test_folders_of_fixtures_are_watched_with_those_below(tmp_path: Path) -> None:
    (tmp_path / "fixtures" / "below").mkdir(parents=True)
    directories = Watched(tmp_path).reloader.directories()
    expected = (tmp_path, tmp_path / "fixtures", tmp_path / "fixtures" / "below")
    assert directories == frozenset(map(str, expected))


# When it is time to look


def test_saves_come_into_use_while_the_server_runs(watched: Watched) -> None:
    async def edit() -> None:
        running = asyncio.create_task(watched.reloader.run())
        try:
            for title in ("One", "Two", "Three"):
                by_rename(watched.document, DOCUMENT.replace("TITLE", title))
                await watched.until(titled(title))
            watched.save(watched.folder / "fixtures" / "a.yaml", CASES)
            await watched.until(lambda contract: contract.fixtures.cases)
            watched.save(watched.folder / "fixtures" / "b.yaml", SCENARIOS)
            await watched.until(lambda contract: contract.fixtures.scenarios)
        finally:
            running.cancel()
            await asyncio.wait([running])

    asyncio.run(edit())


def titled(title: str) -> Callable[[Contract], bool]:
    return lambda contract: contract.api.title == title


def test_what_is_saved_during_a_load_is_loaded_next(tmp_path: Path) -> None:
    watched = Watched(tmp_path)
    settings = locate(Settings(), tmp_path)

    def load_slowly() -> Contract:
        contract = load_contract(settings)
        if contract.api.title == "First":
            by_rename(watched.document, DOCUMENT.replace("TITLE", "Second"))
        return contract

    async def ticks(_: Iterable[str]) -> AsyncGenerator[object, None]:
        by_rename(watched.document, DOCUMENT.replace("TITLE", "First"))
        for _number in range(3):
            yield None
        raise asyncio.CancelledError

    reloader = Reloader(load_contract(settings), None, load=load_slowly, use=watched.used.append)

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await reloader.run(ticks)

    asyncio.run(run())
    assert [contract.api.title for contract in watched.used] == ["First", "Second"]


@pytest.mark.parametrize(
    ("first", "missing", "text"),
    [(None, "openapi.yaml", DOCUMENT), (REFERRING, "parts/pets.yaml", PETS)],
    ids=["the document", "a file it refers to"],
)
def test_what_is_missing_and_appears_during_a_load_is_loaded_next(
    watched: Watched, first: str | None, missing: str, text: str
) -> None:
    settings = locate(Settings(), watched.folder)
    loads = 0

    def load_too_early() -> Contract:
        nonlocal loads
        loads += 1
        try:
            return load_contract(settings)
        finally:
            if loads == 1:
                watched.save(watched.folder / missing, text)

    async def ticks(_: Iterable[str]) -> AsyncGenerator[object, None]:
        for _number in range(3):
            yield None
        raise asyncio.CancelledError

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await reloader.run(ticks)

    reloader = Reloader(load_contract(settings), None, load=load_too_early, use=watched.used.append)
    if first is None:
        watched.document.unlink()
    else:
        watched.save(watched.document, first)
    asyncio.run(run())
    assert loads == 2
    assert len(watched.used[-1].api.operations) == (1 if first is None else 2)


@pytest.mark.parametrize(("before", "loads"), [(1.0, 0), (-1.0, 1)], ids=["before", "since"])
def test_what_was_saved_since_the_first_load_began_is_loaded(
    watched: Watched, before: float, loads: int
) -> None:
    async def ticks(_: Iterable[str]) -> AsyncGenerator[object, None]:
        for _number in range(3):
            yield None
        raise asyncio.CancelledError

    async def run() -> None:
        with pytest.raises(asyncio.CancelledError):
            await reloader.run(ticks)

    contract = load_contract(locate(Settings(), watched.folder))
    saved = watched.document.stat().st_mtime
    reloader = Reloader(
        contract, None, load=lambda: contract, use=watched.used.append, began=saved + before
    )
    asyncio.run(run())
    assert len(watched.used) == loads


def test_where_the_system_does_not_notify_time_does() -> None:
    async def failing(directories: Iterable[str]) -> AsyncGenerator[object, None]:
        if not directories:
            raise OSError("no watches left")
        yield None

    async def first() -> None:
        times = look_times(frozenset, failing)
        async with asyncio.timeout(5):
            await anext(times)
        await times.aclose()

    asyncio.run(first())


def test_directories_that_come_with_a_reload_are_watched_too() -> None:
    asked: list[Iterable[str]] = []
    present = frozenset({"a"})

    async def watch(directories: Iterable[str]) -> AsyncGenerator[object, None]:
        asked.append(directories)
        while True:
            yield None

    async def run() -> None:
        nonlocal present
        times = look_times(lambda: present, watch)
        await anext(times)
        await anext(times)
        present = frozenset({"a", "b"})
        await anext(times)
        await times.aclose()

    asyncio.run(run())
    assert asked == [frozenset({"a"}), frozenset({"a", "b"})]


def test_a_watch_that_ends_begins_again() -> None:
    async def once(_: Iterable[str]) -> AsyncGenerator[object, None]:
        yield None

    async def run() -> None:
        times = look_times(frozenset, once)
        await anext(times)
        await anext(times)
        await times.aclose()

    asyncio.run(run())


def test_a_directory_that_is_not_there_is_no_reason_to_stop(tmp_path: Path) -> None:
    async def run() -> None:
        times = look_times(lambda: frozenset({str(tmp_path / "gone")}), watch_directories)
        async with asyncio.timeout(10):
            await anext(times)
            await anext(times)
        await times.aclose()

    asyncio.run(run())
