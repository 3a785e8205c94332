"""The journal: bounded by number and bytes, read from where a reader left off."""

import asyncio

from mockserver.state.exchange import OVERHEAD, Exchange, weight_of
from mockserver.state.journal import Journal
from tests.exchanges import changed, exchange_of


def exchange(number: int, body: bytes = b"") -> Exchange:
    return exchange_of(id=f"r-{number}", request_body=body)


def ids(journal: Journal, appended: int = 0) -> list[str]:
    return [entry.id for entry in journal.since(appended)]


def test_ids_count_up_within_a_run() -> None:
    journal = Journal("r")
    assert [journal.next_id(), journal.next_id()] == ["r-1", "r-2"]


def test_the_oldest_goes_when_there_are_too_many() -> None:
    journal = Journal("r", limit=2)
    for number in range(3):
        journal.append(exchange(number))
    assert ids(journal) == ["r-1", "r-2"]
    assert journal.appended == 3


def test_the_oldest_goes_when_they_weigh_too_much() -> None:
    journal = Journal("r", max_bytes=5000)
    for number in range(3):
        journal.append(exchange(number, b"x" * 1000))
    assert ids(journal) == ["r-1", "r-2"]
    journal.append(exchange(3, b"x" * 9000))
    assert ids(journal) == []


def test_headers_and_targets_weigh_too() -> None:
    journal = Journal("r", max_bytes=50_000)
    headers = ((b"x-long", b"a" * 20_000),)
    for number in range(5):
        journal.append(changed(exchange(number), weight=OVERHEAD + weight_of(headers)))
    assert ids(journal) == ["r-3", "r-4"]


def test_a_reader_goes_on_from_where_it_left_off() -> None:
    journal = Journal("r", limit=3)
    for number in range(2):
        journal.append(exchange(number))
    seen = journal.appended
    assert ids(journal, seen) == []
    journal.append(exchange(2))
    assert ids(journal, seen) == ["r-2"]
    for number in range(3, 8):
        journal.append(exchange(number))
    assert ids(journal, seen) == ["r-5", "r-6", "r-7"]


def test_what_is_new_is_told_once_though_a_session_was_cleared() -> None:
    journal = Journal("r")
    for number, session in enumerate(("a", "b", "a", "b", "b"), 1):
        journal.append(changed(exchange(number), session=session))
    asyncio.run(journal.clear("b"))
    assert [one.id for one in journal.since(0)] == ["r-1", "r-3"]
    assert journal.since(3) == []
    journal.append(exchange(6))
    assert [one.id for one in journal.since(3)] == ["r-6"]


def test_what_a_bound_drops_is_known_until_it_is_cleared() -> None:
    journal = Journal("r", limit=2)
    for number, session in enumerate("aabba"):
        journal.append(changed(exchange(number), session=session, time=float(number)))

    def lost(session: str | None, since: float = 0.0) -> int:
        losses = asyncio.run(journal.losses())
        return losses.count(session=session, operations=None, since=since)

    assert [lost(None), lost("a"), lost("b"), lost("c")] == [3, 2, 1, 0]
    assert lost("a", 1.5) == 0
    asyncio.run(journal.clear("a"))
    assert [lost(None), lost("a"), lost("b")] == [1, 0, 1]
    asyncio.run(journal.clear())
    assert lost(None) == 0
    assert (journal.limit, journal.max_bytes) == (2, 32 * 2**20)
