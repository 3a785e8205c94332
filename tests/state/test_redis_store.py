"""Memory and Redis keep sessions alike, whatever is asked of them by whomever; a Redis that is away is said at once."""

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeVar

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from mockserver.state.redis_link import Link
from mockserver.state.redis_store import RedisStore
from mockserver.state.store import Advance, Change, MemoryStore, Session, Store
from tests.redis_server import RedisServer

_NAMES = st.sampled_from(["default", "a", "b", "c", "ü@/ {x}\n", "\ud800"])
_OPERATIONS = st.sampled_from(["getPet", "GET /\udfff"])
_KEYS = st.sampled_from(["position x y", "state \ud83d", "item /a/\n"])
_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)  # fmt: skip
_VALUES = st.recursive(
    _SCALARS | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
_prefixes = itertools.count()
T = TypeVar("T")


class Seen(NamedTuple):
    """A session as a client fetched it from each store."""

    memory: Session
    redis: Session


def shown(session: Session) -> tuple[object, ...]:
    return session.name, session.scenario, session.calls, session.values


class Agreement(RuleBasedStateMachine):
    """Two processes, each with clients that hold what they fetched for as long as they like, and a memory that is right."""

    url = ""
    seen = Bundle("seen")

    def __init__(self) -> None:
        super().__init__()
        self.time = 1000.0
        self.runner = asyncio.Runner()
        self.memory = MemoryStore(3, idle=50, now=lambda: self.time)
        self.link = Link(f"{self.url}?prefix=model-{next(_prefixes)}", "t")
        self.redis = [
            RedisStore(self.link, str(number), now=lambda: self.time, limit=3, idle=50)
            for number in (1, 2)
        ]

    def both(self, process: int, ask: Callable[[Store], Awaitable[T]]) -> tuple[T, T]:
        self.time += 1

        async def asked() -> tuple[T, T]:
            return await ask(self.memory), await ask(self.redis[process])

        return self.runner.run(asked())

    def agree(self, process: int, ask: Callable[[Store], Awaitable[object]]) -> object:
        mine, theirs = self.both(process, ask)
        assert mine == theirs
        return mine

    processes = st.integers(0, 1)

    @rule(target=seen, process=processes, name=_NAMES)
    def fetch(self, process: int, name: str) -> Seen:
        found = Seen(*self.both(process, lambda store: store.fetch(name)))
        assert shown(found.memory) == shown(found.redis)
        return found

    @rule(
        target=seen,
        process=processes,
        seen=seen,
        operation=_OPERATIONS,
        keys=st.lists(_KEYS, unique=True, max_size=3),
        values=st.lists(_VALUES, min_size=3, max_size=3),
        stale=st.booleans(),
    )
    def commit(self, process, seen, operation, keys, values, stale):
        """Change values from what was seen, or from what never was."""

        def advance(session: Session) -> Advance:
            expected = [values[0] if stale else session.values.get(key) for key in keys]
            rows = zip(keys, expected, values, strict=False)
            return Advance(operation, tuple(Change(*row) for row in rows))

        self.time += 1
        mine = self.runner.run(self.memory.commit(seen.memory, advance(seen.memory)))
        theirs = self.runner.run(self.redis[process].commit(seen.redis, advance(seen.redis)))
        assert mine == theirs
        return multiple()

    @rule(process=processes, name=_NAMES, scenario=st.sampled_from(["late", "ü", None]))
    def set_scenario(self, process: int, name: str, scenario: str | None) -> None:
        self.agree(process, lambda store: store.set_scenario(name, scenario))

    @rule(process=processes, name=_NAMES, values=st.dictionaries(_KEYS, _VALUES, max_size=2))
    def put(self, process: int, name: str, values: dict[str, object]) -> None:
        self.agree(process, lambda store: store.put(name, values))

    @rule(process=processes, name=_NAMES)
    def reset(self, process: int, name: str) -> None:
        self.agree(process, lambda store: store.reset(name))

    @rule(process=processes, name=_NAMES)
    def delete(self, process: int, name: str) -> None:
        self.agree(process, lambda store: store.delete(name))

    @rule(seconds=st.sampled_from([10, 45, 51]))
    def wait(self, seconds: int) -> None:
        self.time += seconds

    @invariant()
    def the_same_is_kept(self) -> None:
        self.agree(0, lambda store: store.names())
        mine, theirs = self.both(1, lambda store: store.listed())
        assert list(map(shown, mine)) == list(map(shown, theirs))

    def teardown(self) -> None:
        self.runner.run(self.link.close())
        self.runner.close()


def test_memory_and_redis_agree_on_any_sequence_of_calls(redis_server: RedisServer) -> None:
    Agreement.url = redis_server.url
    run_state_machine_as_test(
        Agreement,
        settings=settings(
            max_examples=40,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )


@pytest.fixture
def prefix(redis_server: RedisServer) -> str:
    return f"{redis_server.url}?prefix=store-{next(_prefixes)}"


def test_two_processes_never_share_a_call_number(prefix: str) -> None:
    async def race() -> None:
        links = [Link(prefix, "t") for _ in range(2)]
        stores = [RedisStore(link, str(n), now=lambda: 1.0) for n, link in enumerate(links)]
        numbers: list[int] = []

        async def client(store: RedisStore) -> None:
            for _ in range(20):
                async with store.turn("s"):
                    session = await store.fetch("s")
                    while not await store.commit(session, Advance("op")):
                        session = await store.fetch("s")
                numbers.append(session.calls.get("op", 0))

        await asyncio.gather(*(client(store) for store in stores for _ in range(3)))
        assert sorted(numbers) == list(range(120))
        for link in links:
            await link.close()

    asyncio.run(race())


def test_an_answer_that_got_lost_is_no_second_call(prefix: str) -> None:
    async def twice() -> None:
        link = Link(prefix, "t")
        store = RedisStore(link, "run", now=lambda: 1.0)
        session = await store.fetch("s")
        advance = Advance("op", (Change("position", None, 1),))
        assert await store.commit(session, advance)
        store._commits -= 1  # as the connection sends it again
        assert await store.commit(session, advance)
        assert (await store.fetch("s")).calls == {"op": 1}
        await link.close()

    asyncio.run(twice())


class Loser:
    """Stands before a Redis, and once loses the connection after a command was done, before the answer is heard.

    Args:
        port: Of Redis.
        word: Stands in the command.
        between: What happens after it was done, before it can be sent again.
    """

    def __init__(self, port: int, word: bytes, between: Callable[[], Awaitable[object]]) -> None:
        self.lost = 0
        self._port = port
        self._word = word
        self._between = between

    async def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry commands and answers of one connection, each in one piece."""
        answers, commands = await asyncio.open_connection("127.0.0.1", self._port)
        while command := await reader.read(65_536):
            commands.write(command)
            answer = await answers.read(65_536)
            if self._word in command and not answer.startswith(b"-NOSCRIPT") and not self.lost:
                self.lost += 1
                await self._between()
                break
            writer.write(answer)
        writer.close()
        commands.close()


def test_a_commit_whose_answer_is_lost_is_applied_once_whatever_came_between(
    redis_server: RedisServer,
) -> None:
    async def commit() -> None:
        prefix = f"lost-{next(_prefixes)}"
        direct = Link(f"{redis_server.url}?prefix={prefix}", "t")
        other = RedisStore(direct, "b", now=lambda: 1.0)

        async def between() -> None:
            assert await other.commit(await other.fetch("s"), Advance("addPet"))

        loser = Loser(redis_server.port, b"getPet", between)
        async with await asyncio.start_server(loser.accept, "127.0.0.1", 0) as listening:
            port = listening.sockets[0].getsockname()[1]
            link = Link(f"redis://127.0.0.1:{port}/0?prefix={prefix}", "t")
            store = RedisStore(link, "a", now=lambda: 1.0)
            change = Change("position", None, 1)
            assert await store.commit(await store.fetch("s"), Advance("getPet", (change,)))
            found = await store.fetch("s")
            assert (found.calls, found.values) == ({"getPet": 1, "addPet": 1}, {"position": 1})
            assert (loser.lost, link.away) == (1, "")
            await link.close()
        await direct.close()

    asyncio.run(commit())
