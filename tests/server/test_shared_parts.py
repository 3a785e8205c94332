"""One process's part in a shared state, in this process: contention, what is dropped and lost, lines that stay whole."""

import asyncio
import itertools
import json
import logging
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TextIO, cast

import pytest

from mockserver.server.shared import Shared, _keep_up
from mockserver.server.workers import Lines
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.redis_link import ANSWER_SECONDS, Link, Script
from mockserver.state.redis_store import RedisStore
from tests.redis_server import RedisServer, running_redis
from tests.running import environment
from tests.server.asgi import Running, asked, contract_of
from tests.server.test_shared import DOCUMENT, FIXTURES
from tests.state.test_redis_journal import exchange

_prefixes = itertools.count()
NOWHERE = "redis://127.0.0.1:1/0"


@pytest.fixture
def prefix(redis_server: RedisServer) -> str:
    return f"{redis_server.url}?prefix=parts-{next(_prefixes)}"


def app(folder: Path, url: str, run: str, settings: Settings | None = None) -> tuple[Running, Link]:
    link = Link(url, "t")
    store = RedisStore(link, run, now=lambda: 1.0)
    return Running(contract_of(folder, DOCUMENT, FIXTURES), settings, store), link


def test_where_processes_meet_each_turn_is_taken_once(tmp_path: Path, prefix: str) -> None:
    async def meet() -> None:
        apps = [app(tmp_path, prefix, run) for run in ("a", "b")]

        async def client(running: Running) -> list[int]:
            turns = []
            for _ in range(5):
                request = asked("GET", "/turn", [(b"x-mock-scenario", b"turns")])
                await running.app(request.scope, request.receive, request.send)
                turns.append(json.loads(request.body))
            return turns

        taken = await asyncio.gather(*(client(one) for one, _ in apps for _ in range(6)))
        assert sorted(itertools.chain(*taken)) == [1] * 20 + [2] * 20 + [3] * 20
        for _, link in apps:
            await link.close()

    asyncio.run(meet())


@pytest.mark.parametrize(("quiet", "said"), [(False, b"redis"), (True, None)])
def test_what_matches_nothing_is_answered_without_redis_too(
    tmp_path: Path, quiet: bool, said: bytes | None
) -> None:
    async def miss() -> None:
        running, link = app(tmp_path, NOWHERE, "a", Settings(quiet_headers=quiet))
        request = asked("GET", "/nothing")
        await running.app(request.scope, request.receive, request.send)
        assert request.status == 404
        assert request.headers.get(b"x-mock-degraded") == said
        await link.close()

    asyncio.run(miss())


def test_callers_that_wait_for_their_turn_do_not_wait_for_redis_one_after_the_other(
    tmp_path: Path,
) -> None:
    async def hang(redis: RedisServer) -> None:
        running, link = app(tmp_path, redis.url, "a")

        async def ask() -> tuple[int, bytes | None]:
            request = asked("GET", "/turn", [(b"x-mock-scenario", b"turns")])
            await running.app(request.scope, request.receive, request.send)
            return json.loads(request.body), request.headers.get(b"x-mock-degraded")

        assert [await ask(), await ask()] == [(1, None), (2, None)]
        redis.send(signal.SIGSTOP)
        begun = time.perf_counter()
        answers = await asyncio.gather(*(ask() for _ in range(8)))
        assert time.perf_counter() - begun < 4 * ANSWER_SECONDS  # each would wait so long
        assert answers == [(3, b"redis")] * 8
        redis.send(signal.SIGCONT)
        await link.run(Script("return 1"), probe=True)
        # Redis may have done what it was asked before it was given up: a turn is lost then, none is taken twice.
        assert await ask() in [(3, None), (1, None)]
        await link.close()

    with running_redis(tmp_path) as redis:
        asyncio.run(hang(redis))


def test_without_the_client_of_redis_it_says_what_to_install() -> None:
    code = """
import sys
sys.modules["redis"] = None
from mockserver.cli import run
sys.exit(run(["serve", "openapi.yaml", "--store", "redis://h/0", "--port", "0"]))
"""
    finished = subprocess.run(
        [sys.executable, "-c", code],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (finished.returncode, finished.stderr) == (
        2,
        "error: the client of Redis is not installed; pip install 'openapi-mockserver[redis]'\n",
    )


def test_what_has_no_room_and_what_is_lost_is_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def overflow(redis: RedisServer, running: Running) -> None:
        own = Journal("r", limit=3)
        shared = Shared(Settings(store=redis.url), "t", own, now=lambda: 1000.0)
        for _ in range(5):
            own.append(exchange(own.next_id(), "default"))
        redis.kill()
        async with shared.running(running.live):
            await asyncio.to_thread(redis.start)
            await until(lambda: shared.journal.waiting == 0)
            shared.tell("changed")
            await until(lambda: not shared.link.away)
            await asyncio.to_thread(redis.kill)
            await until(lambda: bool(shared.link.away))
            own.append(exchange(own.next_id(), "default"))
        assert shared.journal.dropped_ids == ("r-1", "r-2")

    running = Running(contract_of(tmp_path, DOCUMENT, FIXTURES))
    with caplog.at_level(logging.INFO, "mockserver"), running_redis(tmp_path) as redis:
        asyncio.run(overflow(redis, running))
    said = [record.getMessage().partition(" Redis")[0] for record in caplog.records]
    assert "2 exchanges had no room to wait for" in said
    assert caplog.messages[-1] == "1 exchanges are lost: Redis is away"


async def until(holds: Callable[[], bool]) -> None:
    """Look again and again, until something holds."""
    pause = asyncio.Event()
    for _ in range(1000):
        if holds():
            return
        try:
            await asyncio.wait_for(pause.wait(), 0.02)
        except TimeoutError:
            continue
    raise AssertionError("it never did")


def test_what_breaks_begins_again(caplog: pytest.LogCaptureFixture) -> None:
    async def broken() -> None:
        again = asyncio.Event()
        tries = iter((ZeroDivisionError, None))

        async def part() -> None:
            if error := next(tries):
                raise error
            again.set()
            await asyncio.Event().wait()

        task = asyncio.create_task(_keep_up(part))
        await again.wait()
        task.cancel()
        await asyncio.wait([task])

    asyncio.run(broken())
    assert caplog.messages == ["the way to Redis broke, and begins again"]


class Pieces(list[str]):
    """A stream that remembers each write."""

    def write(self, text: str) -> None:
        self.append(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return True


def test_lines_are_written_in_pieces_that_end_with_them() -> None:
    stream = Pieces()
    lines = Lines(cast("TextIO", stream))
    lines.write(f"{'a' * 3000}\n{'ü' * 1000}\nshort\n")
    lines.write(f"{'long' * 2000}\n")
    lines.flush()
    assert [len(piece) for piece in stream] == [3001, 1007, 8001]
    assert lines.isatty()
