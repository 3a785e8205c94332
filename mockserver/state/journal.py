"""The bounded record of exchanges: kept as they were, decoded only when somebody asks.

Invariant: an entry holds no credential; whoever appends has redacted it (``messages``).
"""

from bisect import bisect_right
from collections import Counter, deque
from itertools import islice
from typing import Protocol

from mockserver.state.exchange import About, Exchange, Served, served_by
from mockserver.state.losses import Losses


class JournalView(Protocol):
    """What can be asked of a journal, of this process alone or of all that share one; what waits may raise ``StoreError``."""

    @property
    def limit(self) -> int:
        """Return the most entries kept."""
        ...

    @property
    def max_bytes(self) -> int:
        """Return the most bytes kept, about."""
        ...

    @property
    def kept(self) -> int:
        """Return how many entries are kept."""
        ...

    @property
    def appended(self) -> int:
        """Return how many exchanges were ever appended; never goes down."""
        ...

    @property
    def born(self) -> str:
        """Return what tells a journal from another that began anew in its place, its first exchange being 1 again."""
        ...

    def notes(self) -> dict[str, object]:
        """Return what is to be said of a journal that is elsewhere: ``waiting``, ``dropped`` and ``dropped_ids``."""
        ...

    async def news(self, seen: int) -> tuple[int, list[Exchange]]:
        """Return the number of the last exchange, and those after the first ``seen`` ones as far as still kept."""
        ...

    async def entries(self) -> list[Exchange]:
        """Return every exchange that is kept, oldest first."""
        ...

    async def entry(self, identity: str) -> Exchange | None:
        """Return the exchange of that id, ``None`` where it is not kept."""
        ...

    async def clear(self, session: str | None = None) -> None:
        """Forget every exchange, or those of one session; what is counted as served stays."""
        ...

    async def losses(self) -> Losses:
        """Return what is no longer kept though nobody cleared it; asked after ``entries``, it leaves nothing out."""
        ...

    async def served(self, session: str | None = None) -> "Counter[Served]":
        """Return how often each answer was served since the start; of one session, as far as it is kept."""
        ...


class Journal:
    """A ring of exchanges, bounded by number and by bytes.

    Args:
        run: Prefix of the ids, so that ids of two runs differ.
        limit: Most entries kept.
        max_bytes: Most bytes kept: bodies, headers, targets, and an allowance for the rest.
    """

    def __init__(self, run: str, *, limit: int = 10_000, max_bytes: int = 32 * 2**20) -> None:
        self._run = run
        self._limit = limit
        self._max_bytes = max_bytes
        self._bytes = 0
        self._issued = 0
        self._appended = 0
        self._entries: deque[Exchange] = deque()
        self._numbers: deque[int] = (
            deque()
        )  # the first appended is 1; what was cleared leaves a hole
        self._gone: Counter[Served] = Counter()
        self._losses = Losses()
        self._going: About | None = None  # what is being dropped, as ``_count_gone`` will count it
        self._going_count = 0
        self._going_time = 0.0

    @property
    def run(self) -> str:
        """Return the prefix of the ids."""
        return self._run

    @property
    def limit(self) -> int:
        """Return the most entries kept."""
        return self._limit

    @property
    def max_bytes(self) -> int:
        """Return the most bytes kept, about."""
        return self._max_bytes

    @property
    def kept(self) -> int:
        """Return how many entries are kept."""
        return len(self._entries)

    @property
    def appended(self) -> int:
        """Return how many exchanges were ever appended; never goes down."""
        return self._appended

    def next_id(self) -> str:
        """Return a new id, before its exchange is known: the answer carries it."""
        self._issued += 1
        return f"{self._run}-{self._issued}"

    def id_of(self, number: int) -> str:
        """Return the id of the exchange that was appended as that one, the first being 1."""
        return f"{self._run}-{number}"

    def append(self, exchange: Exchange) -> None:
        """Keep an exchange; the oldest go where a bound is passed."""
        entries = self._entries
        entries.append(exchange)
        self._appended += 1
        self._numbers.append(self._appended)
        self._bytes += exchange.weight
        while entries and (len(entries) > self._limit or self._bytes > self._max_bytes):
            gone = entries.popleft()
            self._numbers.popleft()
            about = gone.about
            self._bytes -= gone.weight
            if about is not self._going:
                if self._going is None or _kind(about) != _kind(self._going):
                    self._count_gone()
                    self._going_time = gone.time
                self._going = about
            self._going_count += 1
            if gone.time > self._going_time:
                self._going_time = gone.time

    def _count_gone(self) -> None:
        """Count what was dropped since the last time: all of one kind, because equal requests come in rows."""
        if self._going is not None and self._going_count:
            going, count = self._going, self._going_count
            self._gone[served_by(going)] += count
            self._losses.add(going.session, going.operation, self._going_time, count)
        self._going, self._going_count = None, 0

    @property
    def newest(self) -> Exchange:
        """Return the exchange that was appended last, while it is kept."""
        return self._entries[-1]

    def since(self, appended: int) -> list[Exchange]:
        """Return the exchanges appended after the first ``appended`` ones, oldest first, as far as still kept."""
        first = bisect_right(self._numbers, appended)
        return list(islice(self._entries, first, None))

    @property
    def born(self) -> str:
        """Return what tells it from another: it lives as long as this process."""
        return self._run

    def notes(self) -> dict[str, object]:
        """Return nothing: it is here."""
        return {}

    async def news(self, seen: int) -> tuple[int, list[Exchange]]:
        """Return the number of the last exchange, and those after the first ``seen`` ones as far as still kept."""
        return self._appended, self.since(seen)

    async def entries(self) -> list[Exchange]:
        """Return every exchange that is kept, oldest first."""
        return list(self._entries)

    async def entry(self, identity: str) -> Exchange | None:
        """Return the exchange of that id, ``None`` where it is not kept."""
        return next((one for one in reversed(self._entries) if one.id == identity), None)

    async def clear(self, session: str | None = None) -> None:
        """Forget every exchange, or those of one session; what is counted as served stays."""
        kept: deque[Exchange] = deque()
        numbers: deque[int] = deque()
        for number, one in zip(self._numbers, self._entries, strict=True):
            if session is None or one.session == session:
                self._gone[served_by(one.about)] += 1
                self._bytes -= one.weight
            else:
                kept.append(one)
                numbers.append(number)
        self._entries, self._numbers = kept, numbers
        self._count_gone()
        self._losses.clear(session)

    async def losses(self) -> Losses:
        """Return what is no longer kept though nobody cleared it."""
        self._count_gone()
        return self._losses

    async def served(self, session: str | None = None) -> "Counter[Served]":
        """Return how often each answer was served since the start; of one session, as far as it is kept."""
        self._count_gone()
        found = Counter(self._gone) if session is None else Counter()
        for one in self._entries:
            if session is None or one.session == session:
                found[served_by(one.about)] += 1
        return found


def _kind(about: About) -> tuple[object, ...]:
    """Return what an exchange that is dropped is counted as."""
    return (about.session, *served_by(about))
