"""Sessions: made on first use, forgotten in order, changed by compare-and-set."""

import asyncio

from mockserver.state.store import Advance, Change, MemoryStore


def test_a_session_is_made_once_and_kept() -> None:
    store = MemoryStore()
    assert store.session("a") is store.session("a")
    assert store.session("a") is not store.session("b")
    assert store.session("default") is store.session("default")


def test_the_least_recently_used_session_is_forgotten_but_never_the_default() -> None:
    store = MemoryStore(limit=2)
    default, first = store.session("default"), store.session("first")
    store.session("second")
    assert store.session("first") is first
    store.session("third")
    assert store.session("first") is first
    assert store.session("default") is default
    assert store.session("second").calls == {}


def test_every_advance_counts_a_call() -> None:
    store = MemoryStore()
    session = store.session("a")
    assert store.advance(session, Advance("getPet"))
    assert store.advance(session, Advance("getPet"))
    assert session.calls == {"getPet": 2}
    assert session.values == {}


def test_values_change_only_from_what_the_decision_saw_and_all_or_none() -> None:
    store = MemoryStore()
    session = store.session("a")
    first = (Change("position", None, 1), Change("state", None, "filled"))
    assert store.advance(session, Advance("getPet", first))
    assert not store.advance(session, Advance("getPet", first))
    half = (Change("position", 1, 2), Change("state", "empty", "gone"))
    assert not store.advance(session, Advance("getPet", half))
    assert session.values == {"position": 1, "state": "filled"}
    assert session.calls == {"getPet": 1}
    assert store.advance(session, Advance("getPet", (Change("state", "filled", None),)))
    assert session.values == {"position": 1}


def test_what_is_fetched_stays_as_it_was_and_is_committed_once() -> None:
    async def both() -> None:
        store = MemoryStore()
        first, second = await store.fetch("a"), await store.fetch("a")
        assert await store.commit(first, Advance("getPet", (Change("position", None, 1),)))
        assert (first.calls, first.values) == ({}, {})
        assert not await store.commit(second, Advance("getPet"))
        assert store.session("a").calls == {"getPet": 1}
        assert await store.commit(await store.fetch("a"), Advance("getPet"))

    asyncio.run(both())


def test_sessions_that_nobody_asks_for_are_forgotten() -> None:
    async def idle() -> None:
        time = [0.0]
        store = MemoryStore(idle=10, now=lambda: time[0])
        await store.set_scenario("a", "late")
        time[0] = 6
        await store.set_scenario("b", "late")
        time[0] = 10
        assert [one.name for one in await store.listed()] == ["default", "a", "b"]
        time[0] = 11
        assert await store.names() == ["default", "b"]
        time[0] = 17
        assert not await store.delete("b")
        assert (await store.fetch("b")).scenario is None

    asyncio.run(idle())


def test_sessions_are_named_set_reset_and_deleted() -> None:
    async def all_of_it() -> None:
        store = MemoryStore()
        session = store.session("a")
        store.advance(session, Advance("getPet"))
        await store.set_scenario("a", "slow")
        await store.put("a", {"one": 1, "two": 2})
        await store.put("a", {"one": None, "three": 3})
        assert (session.scenario, session.values) == ("slow", {"two": 2, "three": 3})
        assert await store.names() == ["default", "a"]
        await store.reset("a")
        assert (session.scenario, session.calls, session.values) == (None, {}, {})
        assert await store.delete("a")
        assert not await store.delete("a")
        store.advance(store.session("default"), Advance("getPet"))
        assert await store.delete("default")
        assert await store.names() == ["default"]
        assert store.session("default").calls == {}

    asyncio.run(all_of_it())


def test_sessions_are_forgotten_where_their_values_are_too_heavy_together() -> None:
    store = MemoryStore(max_bytes=100_000)
    heavy = {"a": ["x" * 20_000], "b": 1}

    def fill(name: str) -> None:
        session = store.session(name)
        assert store.advance(session, Advance("op", (Change("k", session.values.get("k"), heavy),)))

    for number in range(20):
        fill(f"s{number}")
    names = asyncio.run(store.names())
    assert names == ["default", "s16", "s17", "s18", "s19"]
    for _ in range(20):  # the same again is not more
        fill("s19")
    assert asyncio.run(store.names()) == names
    forgotten = store.session("s16")
    asyncio.run(store.delete("s16"))
    assert store.advance(forgotten, Advance("op", (Change("k", heavy, None),)))
    for name in ("s17", "default"):
        asyncio.run(store.reset(name))
    fill("s20")
    fill("s21")
    assert asyncio.run(store.names()) == ["default", "s18", "s19", "s17", "s20", "s21"]
