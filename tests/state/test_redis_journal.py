"""The journal of several processes: each exchange once, bounded, complete when it is read."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass

import pytest

from mockserver.errors import StoreError
from mockserver.state.exchange import Exchange, Served
from mockserver.state.exchange_text import write_exchange
from mockserver.state.journal import Journal
from mockserver.state.losses import MOST
from mockserver.state.redis_journal import RedisJournal
from mockserver.state.redis_link import Link, Script, end
from tests.exchanges import changed, exchange_of
from tests.redis_server import RedisServer

_prefixes = itertools.count()
_JOIN = Script("redis.call('ZADD', KEYS[1] .. 'processes', ARGV[1], ARGV[2])")


@pytest.fixture
def url(redis_server: RedisServer) -> str:
    return f"{redis_server.url}?prefix=journal-{next(_prefixes)}"


@dataclass
class Process:
    """What one process has of a shared journal."""

    own: Journal
    clock: list[float]
    shared: RedisJournal
    link: Link

    def answer(self, session: str = "default", *, status: int = 200, body: bytes = b"") -> str:
        trace = self.own.next_id()
        self.own.append(exchange(trace, session, status, body))
        return trace

    async def hear(self) -> None:
        async for said in self.link.news("news"):
            if said:
                kind, *words = said.split(" ")
                await self.shared.hear(kind, words)
            else:
                self.shared.listening.set()


def exchange(trace: str, session: str, status: int = 200, body: bytes = b"") -> Exchange:
    return exchange_of(
        id=trace, time=1.0, session=session, operation="getPet", status=status, why="why", duration=0.1,
        request_body=body,
    )  # fmt: skip


@asynccontextmanager
async def process(
    url: str,
    run: str,
    *,
    limit: int = 10_000,
    max_bytes: int = 2**25,
    room: int = 10_000,
    patience: float = 2.0,
) -> AsyncIterator[Process]:
    link, own, clock = Link(url, "t"), Journal(run, limit=room), [1000.0]
    shared = RedisJournal(
        link, own, now=lambda: clock[0], limit=limit, max_bytes=max_bytes, patience=patience
    )
    one = Process(own, clock, shared, link)
    await link.run(_JOIN, 1000.0, run)
    hearing = asyncio.create_task(one.hear())
    await shared.listening.wait()
    try:
        yield one
    finally:
        await end([hearing])
        await link.close()


def run(test: Callable[[], Coroutine[object, object, None]]) -> None:
    asyncio.run(test())


async def traces(one: Process) -> list[str]:
    return [found.id for found in await one.shared.entries()]


def test_what_was_answered_before_the_question_is_in_the_answer(url: str) -> None:
    async def ask() -> None:
        async with process(url, "a") as a, process(url, "b") as b:
            answered = [a.answer("s"), b.answer(), a.answer(status=404)]
            assert sorted(await traces(b)) == sorted(answered)
            assert (b.shared.kept, b.shared.appended) == (3, 3)
            found = await a.shared.entry(answered[1])
            assert found == exchange(answered[1], "default")
            assert await a.shared.entry("none") is None
            assert await b.shared.served() == Counter(
                {Served("getPet", 200): 2, Served("getPet", 404): 1}
            )
            assert await b.shared.served("s") == Counter({Served("getPet", 200): 1})
            assert [one.id for one in (await a.shared.news(2))[1]] == (await traces(a))[2:]
            assert await a.shared.news(3) == (3, [])
            await a.shared.clear("s")
            assert sorted(await traces(b)) == sorted(answered[1:])
            await a.shared.clear()
            assert await traces(b) == []
            assert sum((await b.shared.served()).values()) == 3
            assert await b.shared.news(2) == (3, [])

    run(ask)


def test_a_second_try_appends_nothing_twice(url: str) -> None:
    async def twice() -> None:
        async with process(url, "a") as a:
            first = a.answer()
            await a.shared.flush()
            a.shared._sent = 0  # as where the answer got lost
            second = a.answer()
            assert await traces(a) == [first, second]
            assert a.shared.waiting == 0

    run(twice)


def test_it_is_bounded_by_number_and_by_bytes(url: str) -> None:
    async def fill() -> None:
        async with process(url, "a", limit=3) as a:
            answered = [a.answer() for _ in range(5)]
            assert await traces(a) == answered[2:]
            assert await a.shared.entry(answered[0]) is None
            assert sum((await a.shared.served()).values()) == 5
        weight = len(write_exchange(exchange("b-1", "default", 200, b"x" * 1000)))
        async with process(f"{url}-bytes", "b", max_bytes=3 * weight) as b:
            answered = [b.answer(body=b"x" * 1000) for _ in range(5)]
            assert await traces(b) == answered[2:]
        async with process(f"{url}-none", "c", max_bytes=10) as c:
            c.answer()
            assert await traces(c) == []

    run(fill)


def test_tokens_and_scenarios_are_counted_though_nothing_is_kept(url: str) -> None:
    async def count() -> None:
        async with process(url, "a", limit=0) as a:
            a.own.append(changed(exchange("x", "s"), case="one", token="good", scenario="slow"))
            assert (await traces(a), a.shared.kept) == ([], 0)
            used = Served("getPet", 200, "one", token="good", scenario="slow")
            assert await a.shared.served() == Counter({used: 1})

    run(count)


def test_many_go_in_batches_and_come_in_pages(url: str) -> None:
    async def many() -> None:
        async with process(url, "a") as a:
            answered = [a.answer() for _ in range(1100)]
            answered += [a.answer(body=b"x" * 600_000) for _ in range(4)]
            assert await traces(a) == answered

    run(many)


def test_what_has_no_room_to_wait_is_counted_and_named(url: str) -> None:
    async def overflow() -> None:
        async with process(url, "a", room=3) as a:
            answered = [a.answer() for _ in range(5)]
            assert await traces(a) == answered[2:]
            assert a.shared.notes() == {
                "waiting": 0,
                "dropped": 2,
                "dropped_ids": (answered[0], answered[1]),
            }
            more = [a.answer() for _ in range(4)]
            await a.shared.flush()
            assert a.shared.dropped_ids == (answered[0], more[0])
            assert a.shared.limit == 10_000

    run(overflow)


def test_a_process_that_does_not_say_that_it_has_written_makes_no_verdict(url: str) -> None:
    async def silent() -> None:
        async with process(url, "a", patience=0.1) as a:
            await a.link.run(_JOIN, 1000.0, "gone")
            with pytest.raises(StoreError, match="the processes gone have not yet written"):
                await a.shared.entries()
            await a.link.run(_JOIN, 900.0, "gone")  # so long ago that it has ended
            assert await a.shared.entries() == []
            await a.shared.hear("flushed", ["another/1", "b"])
            a.shared.listening.clear()
            with pytest.raises(StoreError, match="of this mock"):
                await a.shared.entries()

    run(silent)


async def lost(one: Process, session: str | None = None, operation: str = "getPet") -> int:
    """Return what a verdict would have to reckon with."""
    await one.shared.entries()
    losses = await one.shared.losses()
    return losses.count(session=session, operations=[operation], since=0)


def test_what_a_bound_drops_is_known_to_all_until_it_is_cleared(url: str) -> None:
    async def fill() -> None:
        async with process(url, "a", limit=2) as a, process(url, "b", limit=2) as b:
            for session in ("s", "1:s", "s", "\udcff", "t", "t"):
                a.answer(session)
                await a.shared.flush()
            assert [await lost(b, name) for name in ("s", "1:s", "\udcff", "t", None)] == [
                2,
                1,
                1,
                0,
                4,
            ]
            assert await lost(b, operation="addPet") == 0
            losses = await b.shared.losses()
            assert losses.count(session="s", operations=None, since=1.0) == 2
            assert losses.count(session="s", operations=None, since=1.1) == 0
            await b.shared.clear("s")
            assert [await lost(a, name) for name in ("s", "1:s", None)] == [0, 1, 2]
            await b.shared.clear()
            assert await lost(a) == 0
            assert (a.shared.limit, a.shared.max_bytes) == (2, 2**25)

    run(fill)


def test_too_many_to_be_told_apart_concern_everybody(url: str) -> None:
    async def fill() -> None:
        async with process(url, "a", limit=1) as a:
            many = "for i = 1, tonumber(ARGV[1]) do redis.call('HSET', KEYS[1] .. 'journal:lost', '1:' .. i, 1) end"
            await a.link.run(Script(many), MOST)
            a.answer(), a.answer()
            assert await lost(a, "nobody") == MOST + 1

    run(fill)


def test_an_entry_of_an_earlier_version_may_be_anybodys(url: str) -> None:
    async def fill() -> None:
        async with process(url, "a", limit=1) as a:
            old = "redis.call('XADD', KEYS[1] .. 'journal', '1-0', 'i', 'x', 's', 's', 'd', 'x') redis.call('HSET', KEYS[1] .. 'journal:counts', 'appended', 1)"
            await a.link.run(Script(old))
            a.answer()
            assert await lost(a, "nobody") == 1
            await a.link.run(Script("redis.call('HSET', KEYS[1] .. 'journal:served', '[null, 404, null]', 2)"))  # fmt: skip
            assert (await a.shared.served())[Served(None, 404)] == 2

    run(fill)


def test_what_had_no_room_to_wait_may_be_anybodys(url: str) -> None:
    async def overflow() -> None:
        async with process(url, "a", room=3) as a, process(url, "b") as b:
            for _ in range(5):
                a.answer()
            assert [await lost(b, "nobody"), await lost(b, "nobody")] == [2, 2]

    run(overflow)


def test_what_redis_has_lost_may_be_anybodys(url: str) -> None:
    async def flushed() -> None:
        async with process(url, "a") as a, process(f"{url}-none", "none") as none:
            a.answer(), a.answer()
            assert await lost(a) == 0
            await a.link.run(Script("redis.call('FLUSHALL')"))
            assert [await lost(a), await lost(a), await lost(none)] == [2, 2, 0]
            await a.shared.clear()
            assert await lost(a) == 0
            a.answer()
            await a.shared.flush()
            await a.link.run(Script("redis.call('FLUSHALL')"))
            trace = a.answer()
            assert (await traces(a), await lost(a)) == ([trace], 3)

    run(flushed)


def test_news_that_come_late_are_no_other_journal(url: str) -> None:
    async def late() -> None:
        async with process(url, "a") as a:
            a.answer(), a.answer()
            await a.shared.entries()
            born = a.shared.born
            a.clock[0] += 1
            await a.shared.entries()  # after it nothing is under way that bears the first time
            await a.shared.hear("journal", ["1", "1", born])
            await a.shared.hear("journal", ["1", "1"])  # of an earlier version
            assert (a.shared.appended, a.shared.born) == (2, born)
            await a.link.run(Script("redis.call('FLUSHALL')"))
            a.answer()
            await a.shared.entries()
            await a.shared.hear("journal", ["2", "2", born])
            assert a.shared.appended == 1
            assert a.shared.born != born

    run(late)


def test_what_redis_was_to_forget_is_not_missed(url: str) -> None:
    async def idle() -> None:
        async with process(url, "a") as a:
            a.answer()
            await a.shared.flush()
            a.clock[0] += 86_400
            await a.link.run(Script("redis.call('FLUSHALL')"))
            await a.link.run(_JOIN, a.clock[0], "a")
            a.answer()
            assert await lost(a) == 0

    run(idle)
