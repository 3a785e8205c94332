"""Sessions: made on first use, forgotten in order, changed by compare-and-set."""

from mockserver.state.store import Advance, MemoryStore


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
    assert session.positions == {}


def test_a_position_moves_only_from_where_the_decision_saw_it() -> None:
    store = MemoryStore()
    session = store.session("a")
    key = ("session-expires", "getPet")
    assert store.advance(session, Advance("getPet", key, expected=0, position=1))
    assert not store.advance(session, Advance("getPet", key, expected=0, position=1))
    assert session.positions == {key: 1}
    assert session.calls == {"getPet": 1}
