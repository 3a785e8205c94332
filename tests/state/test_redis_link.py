"""The way to Redis: what happens while it is killed, hangs and comes back."""

import asyncio
import signal
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest
import uvloop

from mockserver.errors import StoreError
from mockserver.state import redis_link
from mockserver.state.redis_link import Link, Script, end
from mockserver.state.redis_store import RedisStore
from mockserver.state.store import Advance
from tests.redis_server import RedisServer, running_redis

_ONE = Script("return 1")
_BAD = Script("return redis.call('NONSENSE')")
_LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.new_event_loop, uvloop.new_event_loop]  # fmt: skip


def run(test: Coroutine[Any, Any, None], loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    with asyncio.Runner(loop_factory=loop) as runner:
        runner.run(test)


@pytest.mark.parametrize("loop", _LOOPS, ids=["asyncio", "uvloop"])
def test_whatever_breaks_while_redis_is_killed_is_a_store_error(
    tmp_path: Path, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def hammer(link: Link) -> None:
        while True:
            try:
                await link.run(_ONE)
            except StoreError:
                await asyncio.sleep(0.002)

    async def all_of_it(redis: RedisServer) -> None:
        said: list[str | None] = []
        gone = asyncio.Event()

        def changed(reason: str | None) -> None:
            said.append(reason)
            gone.set() if reason else gone.clear()

        link = Link(redis.url, "t", changed)
        tasks = [asyncio.create_task(hammer(link)) for _ in range(50)]
        for _ in range(4):
            await link.run(_ONE)
            await asyncio.to_thread(redis.kill)
            await gone.wait()
            await asyncio.to_thread(redis.start)
            await link.run(_ONE, probe=True)
        assert [task for task in tasks if task.done()] == []
        await end(tasks)
        assert [one is None for one in said] == [False, True] * 4
        await link.close()

    with running_redis(tmp_path) as redis:
        run(all_of_it(redis), loop)


def test_one_that_hangs_is_waited_for_once(tmp_path: Path) -> None:
    async def hang(redis: RedisServer) -> None:
        link = Link(redis.url, "t")
        await link.run(_ONE)
        redis.send(signal.SIGSTOP)
        begun = time.perf_counter()
        with pytest.raises(StoreError):
            await link.run(_ONE)
        waited = time.perf_counter() - begun
        assert 0.5 < waited < 5
        with pytest.raises(StoreError, match="cannot be asked: "):
            await link.run(_ONE)
        with pytest.raises(StoreError):
            await link.run(_ONE, probe=True)
        redis.send(signal.SIGCONT)
        assert await link.run(_ONE, probe=True) == 1
        assert await link.run(_ONE) == 1
        await link.close()

    with running_redis(tmp_path) as redis:
        asyncio.run(hang(redis))


def test_who_waits_for_a_slot_when_redis_goes_waits_no_longer(tmp_path: Path) -> None:
    async def crowd(redis: RedisServer) -> None:
        link = Link(redis.url, "t")
        await link.run(_ONE)
        redis.send(signal.SIGSTOP)
        begun = time.perf_counter()
        calls = (link.run(_ONE) for _ in range(64 * 8))  # eight times as many as there are slots
        found = await asyncio.gather(*calls, return_exceptions=True)
        assert time.perf_counter() - begun < 4 * redis_link.ANSWER_SECONDS
        assert {type(one) for one in found} == {StoreError}
        redis.send(signal.SIGCONT)
        calls = (link.run(_ONE, probe=True) for _ in range(64 * 2))
        assert set(await asyncio.gather(*calls)) == {1}  # no slot was lost
        await link.close()

    with running_redis(tmp_path) as redis:
        asyncio.run(crowd(redis))


def test_what_failed_before_it_came_back_tells_nothing_of_now(tmp_path: Path) -> None:
    async def late(redis: RedisServer) -> None:
        link = Link(redis.url, "t")
        await link.run(_ONE)
        redis.send(signal.SIGSTOP)
        first = asyncio.create_task(link.run(_ONE))
        second = asyncio.create_task(link.run(_ONE))
        done, (other,) = await asyncio.wait([first, second], return_when=asyncio.FIRST_COMPLETED)
        assert link.away
        with pytest.raises(StoreError):
            await other
        assert [isinstance(one.exception(), StoreError) for one in done] == [True]
        await link.close()

    with running_redis(tmp_path) as redis:
        asyncio.run(late(redis))


def test_a_write_that_is_refused_says_so_without_the_password(redis_server: RedisServer) -> None:
    async def refused() -> None:
        url = redis_server.url.replace("redis://", "redis://:secret@")
        link = Link(f"{url}?prefix=x%2Fy&socket_keepalive=true", "Title")
        assert (link.root, "secret" in link.where) == ("mockserver:{x%2Fy}:", False)
        with pytest.raises(StoreError, match=r"Redis at redis://127.0.0.1:\d+/0: ") as caught:
            await link.run(_ONE)  # there is no password
        assert "secret" not in str(caught.value)
        await link.close()
        plain = Link(redis_server.url, "A title/ü")
        assert plain.root == "mockserver:{A%20title%2F%C3%BC}:"
        with pytest.raises(StoreError):
            await plain.run(_BAD)
        await plain.close()
        await Link(redis_server.url, "unused").close()

    asyncio.run(refused())


def test_news_end_with_redis(tmp_path: Path) -> None:
    async def listen(redis: RedisServer) -> None:
        link = Link(redis.url, "t")
        heard = link.news("news")
        assert await anext(heard) == ""
        await link.run(Script("redis.call('PUBLISH', KEYS[1] .. 'news', 'a b')"))
        assert await anext(heard) == "a b"
        await asyncio.to_thread(redis.kill)
        assert [one async for one in heard] == []
        await link.close()

    with running_redis(tmp_path) as redis:
        asyncio.run(listen(redis))


def test_what_is_known_while_redis_is_away(tmp_path: Path) -> None:
    async def away(redis: RedisServer) -> None:
        store = RedisStore(Link(redis.url, "t"), "run", now=lambda: 1.0)
        seen = await store.fetch("a")
        redis.kill()
        with pytest.raises(StoreError):
            await store.commit(seen, Advance("op"))
        assert store.degraded
        for name in ("a", "never seen"):
            store.count(name, "op")
            store.count(name, "op")
            assert store.last_known(name).calls == {"op": 2}
        assert store.last_known("nobody").calls == {}
        assert store.turn("a") is not store.turn("b")

    with running_redis(tmp_path) as redis:
        asyncio.run(away(redis))


def test_what_is_known_is_bounded(redis_server: RedisServer) -> None:
    async def fill() -> None:
        link = Link(f"{redis_server.url}?prefix=known", "t")
        store = RedisStore(link, "run", now=lambda: 1.0, limit=10)
        for number in range(5):
            await store.put(f"s{number}", {"items": "x" * 20_000_000})
            await store.fetch(f"s{number}")
        assert [len(store.last_known(f"s{number}").values) for number in range(5)] == [
            0,
            0,
            1,
            1,
            1,
        ]
        for number in range(5):
            await store.delete(f"s{number}")
        with pytest.raises(AssertionError):
            store.session("a")
        with pytest.raises(AssertionError):
            store.advance(await store.fetch("a"), Advance("op"))
        await link.close()

    asyncio.run(fill())


def test_news_end_where_a_ping_is_not_answered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_link, "ANSWER_SECONDS", 0.2)

    async def listen(redis: RedisServer) -> None:
        link = Link(redis.url, "t")
        heard = link.news("news")
        assert await anext(heard) == ""
        following = asyncio.ensure_future(anext(heard))
        done, _ = await asyncio.wait([following], timeout=3)
        assert not done, "silence alone ends nothing: pings are answered"
        redis.send(signal.SIGSTOP)
        try:
            with pytest.raises(StopAsyncIteration):
                await asyncio.wait_for(following, timeout=30)
        finally:
            redis.send(signal.SIGCONT)
        await link.close()

    with running_redis(tmp_path) as redis:
        asyncio.run(listen(redis))
