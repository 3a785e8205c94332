"""The journal as a file: every exchange once, off the requests' path, whatever the disk does."""

import asyncio
import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from mockserver.errors import SettingsError
from mockserver.messages import Redactor
from mockserver.server.control.views import exchange_detail
from mockserver.server.journal_file import JournalFile, line_of
from mockserver.state.journal import Journal
from tests.client.mocked import write_api
from tests.exchanges import changed
from tests.running import Server, exchange, serving
from tests.server.test_log import EXCHANGE, TOO_OLD


def ids(path: Path) -> list[str]:
    return [json.loads(line)["id"] for line in path.read_text("utf-8").splitlines()]


async def until(condition: Callable[[], bool]) -> None:
    """Wait for a thread, as long as somebody would."""

    def wait() -> None:
        for _ in range(10_000):
            if condition():
                return
            threading.Event().wait(0.002)
        raise AssertionError

    await asyncio.to_thread(wait)


def test_a_line_is_what_the_control_api_shows() -> None:
    headers = Redactor().headers([(b"authorization", b"Bearer s3cret")], "valid")
    exchange = changed(
        EXCHANGE,
        violations=(TOO_OLD,),
        request_headers=headers,
        request_body="ü\n\u2028".encode(),
        response_body=b"\xff",
    )
    line = line_of(exchange)
    assert line.count(b"\n") == 1
    assert b"s3cret" not in line
    shown = exchange_detail(exchange)
    del shown["snippets"]
    assert json.loads(line) == json.loads(json.dumps(shown))


def test_exchanges_are_appended_in_order_and_once(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line_of(changed(EXCHANGE, id="earlier")))
    journal = Journal("r")
    journal.append(changed(EXCHANGE, id="before"))
    file = JournalFile(journal, path)

    async def serve() -> None:
        for number in range(90):
            journal.append(changed(EXCHANGE, id=f"r-{number}"))
            file.take()
            if number % 30 == 1:
                await until(lambda: ids(path)[-1] == f"r-{number}")  # noqa: B023 - waited for here
        journal.append(changed(EXCHANGE, id="r-90"))
        file.take()

    asyncio.run(serve())
    file.close()
    assert ids(path) == ["earlier", *(f"r-{number}" for number in range(91))]


def test_what_comes_while_a_batch_is_written_is_written_after_it(tmp_path: Path) -> None:
    path, journal = tmp_path / "journal.jsonl", Journal("r")
    file = JournalFile(journal, path)

    async def serve() -> None:
        for number in range(2000):  # the second thousand while the first is written
            journal.append(changed(EXCHANGE, id=f"r-{number}"))
            file.take()
            if number == 999:
                await until(lambda: path.stat().st_size > 0)
        await until(lambda: path.read_bytes().count(b"\n") == 2000)

    asyncio.run(serve())
    file.close()
    assert ids(path) == [f"r-{number}" for number in range(2000)]


def test_lines_of_two_processes_stay_whole(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    body = b'{"title": "%s"}' % (b"x" * 30_000)
    write_api(tmp_path)

    def ask(server: Server) -> None:
        with closing(server.connect()) as connection:
            for _ in range(100):
                exchange(connection, "POST", "/books", {"Content-Type": "application/json"}, body)

    with (
        serving("--journal", path, cwd=tmp_path) as one,
        serving("--journal", path, cwd=tmp_path) as two,
    ):
        threads = [threading.Thread(target=ask, args=(server,)) for server in (one, two)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(ids(path)) == 200
    assert path.read_text().count("x" * 30_000) == 200


def test_what_a_slow_disk_leaves_no_room_for_is_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path, journal = tmp_path / "a.jsonl", Journal("r")
    file = JournalFile(journal, path)

    async def serve() -> None:
        for number in range(600):
            journal.append(changed(EXCHANGE, id=f"r-{number}", request_body=b"x" * 65536))
            file.take()

    asyncio.run(serve())
    file.close()
    written = ids(path)
    assert written == [f"r-{number}" for number in range(len(written))]
    assert 500 < len(written) < 520
    assert caplog.messages == [
        f"{600 - len(written)} exchanges came faster than {path} could be written"
    ]


def test_a_journal_that_is_cleared_meanwhile_is_written_all_the_same(tmp_path: Path) -> None:
    path, journal = tmp_path / "a.jsonl", Journal("r")
    file = JournalFile(journal, path)

    async def serve() -> None:
        for number in range(3):
            journal.append(changed(EXCHANGE, id=f"r-{number}"))
            file.take()
            await journal.clear("default")

    asyncio.run(serve())
    file.close()
    assert ids(path) == ["r-0", "r-1", "r-2"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no /dev/full")  # noqa: PTH110
def test_a_full_disk_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    journal = Journal("r")
    file = JournalFile(journal, Path("/dev/full"))

    async def serve() -> None:
        for _ in range(100):
            journal.append(EXCHANGE)
            file.take()
        await until(lambda: len(caplog.messages) > 0)
        journal.append(EXCHANGE)
        file.take()

    with caplog.at_level(logging.ERROR):
        asyncio.run(serve())
        file.close()
    assert caplog.messages == [
        "the journal is not written to /dev/full any more: no space left on device; requests are answered as before"
    ]


@pytest.mark.parametrize(("name", "reason"), [("", "is a directory"), ("none/a.jsonl", "no such file or directory")])  # fmt: skip
def test_a_file_that_cannot_be_opened_stops_the_start(
    tmp_path: Path, name: str, reason: str
) -> None:
    with pytest.raises(SettingsError, match=f"the journal cannot be written to .*: {reason}; --journal"):  # fmt: skip
        JournalFile(Journal("r"), tmp_path / name)
