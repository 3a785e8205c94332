"""What is remembered of each tester between requests: which scenario, how many calls, and values by key.

A session is read as it is and changed only through the store, by compare-and-set: a decision made on a value that
somebody else has changed meanwhile is refused, and made again. What the values mean, ``mocking`` knows.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

DEFAULT_SESSION = "default"
DAY = 86_400.0


@dataclass(slots=True)
class Session:
    """The memory of one tester. Read it; let the store change it.

    Attributes:
        scenario: Set for the session as a whole; ``None`` follows the server's default.
        calls: Operation name to the number of requests decided for it.
        values: JSON values by key, such as the position of a sequence; none is ``None``, which means absent.
        weight: Bytes of the values, about; for the store that keeps it.
        used: When it was last asked for, by the store's clock.
    """

    name: str
    scenario: str | None = None
    calls: dict[str, int] = field(default_factory=dict)
    values: dict[str, object] = field(default_factory=dict)
    weight: int = 0
    used: float = 0.0

    def copy(self) -> "Session":
        """Return what it is now, whatever becomes of it."""
        return Session(self.name, self.scenario, dict(self.calls), dict(self.values))


class Change(NamedTuple):
    """One value of a session replaced by another, if it still is what was seen.

    Attributes:
        expected: As the decision saw it; ``None`` where it was absent.
        value: What follows; ``None`` removes it.
    """

    key: str
    expected: object
    value: object


class Advance(NamedTuple):
    """What one decision changes in its session: all of it, or nothing.

    Attributes:
        operation: Whose call number goes up.
    """

    operation: str
    changes: tuple[Change, ...] = ()


class Store(Protocol):
    """The seam between one process and several.

    Attributes:
        local: ``session`` and ``advance`` answer without waiting; else only ``fetch`` and ``commit`` may be asked.
    """

    local: bool

    def session(self, name: str) -> Session:
        """Return the session of that name, made on first use."""
        ...

    def advance(self, session: Session, advance: Advance) -> bool:
        """Apply a decision's changes; ``False`` where an expectation no longer holds: decide again."""
        ...

    async def fetch(self, name: str) -> Session:
        """Return what the session of that name is now, made on first use; it does not follow what others change.

        Raises:
            StoreError: As all that waits: the store cannot be reached.
        """
        ...

    async def commit(self, session: Session, advance: Advance) -> bool:
        """Do as ``advance`` with what was fetched; ``False`` also where the call number is taken by another request."""
        ...

    async def listed(self) -> list[Session]:
        """Return what all sessions are now, in the order of ``names``; none counts as used by that."""
        ...

    async def names(self) -> list[str]:
        """Return the names of all sessions that are kept, the least recently used first; ``default`` always is."""
        ...

    async def set_scenario(self, name: str, scenario: str | None) -> None:
        """Choose the scenario of a session; ``None`` follows the server's default again."""
        ...

    async def put(self, name: str, values: Mapping[str, object]) -> None:
        """Set values of a session whatever they were; ``None`` removes one."""
        ...

    async def reset(self, name: str) -> None:
        """Forget everything that a session remembers; its next call is its first."""
        ...

    async def delete(self, name: str) -> bool:
        """Forget a session altogether; ``False`` where there is none. ``default`` is reset instead."""
        ...


class SharedStore(Store, Protocol):
    """A store that other processes change too, and that can be away.

    Attributes:
        degraded: Whether it is away.
    """

    @property
    def degraded(self) -> bool:
        """Tell whether the store is away."""
        ...

    def turn(self, name: str) -> AbstractAsyncContextManager[object]:
        """Let one request of this process after the other decide on a session: only other processes can be met."""
        ...

    def last_known(self, name: str) -> Session:
        """Return a session as this process saw it last, for an answer while the store is away."""
        ...

    def count(self, name: str, operation: str) -> None:
        """Count such an answer, in this process alone; what it would have changed stays."""
        ...


class MemoryStore:
    """Sessions of one process, the least recently used forgotten first.

    Args:
        limit: Most sessions kept at a time; ``default`` is kept beside them and never forgotten.
        max_bytes: Most bytes of values of all sessions, about: whoever makes sessions up may not fill the memory.
        idle: Seconds after which a session that nobody asked for is forgotten.
        now: Seconds by any clock.
    """

    local = True

    def __init__(
        self,
        limit: int = 10_000,
        *,
        max_bytes: int = 256 * 2**20,
        idle: float = DAY,
        now: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._limit = limit
        self._max_bytes = max_bytes
        self._idle = idle
        self._now = now
        self._bytes = 0
        self._default = Session(DEFAULT_SESSION)
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def session(self, name: str) -> Session:
        """Return the session of that name, made on first use."""
        if name == DEFAULT_SESSION:
            return self._default
        now = self._now()
        self._forget_idle(now)
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = Session(name)
            if len(self._sessions) > self._limit:
                self._forget_oldest()
        else:
            self._sessions.move_to_end(name)
        session.used = now
        return session

    def advance(self, session: Session, advance: Advance) -> bool:
        """Apply a decision's changes; ``False`` where an expectation no longer holds: decide again."""
        operation, changes = advance
        if changes:
            values = session.values
            if any(values.get(key) != expected for key, expected, _ in changes):
                return False
            self._set(session, {key: value for key, _, value in changes})
        session.calls[operation] = session.calls.get(operation, 0) + 1
        return True

    async def fetch(self, name: str) -> Session:
        """Return what the session of that name is now, made on first use; it does not follow what others change."""
        return self.session(name).copy()

    async def commit(self, session: Session, advance: Advance) -> bool:
        """Do as ``advance`` with what was fetched; ``False`` also where the call number is taken by another request."""
        now = self.session(session.name)
        operation = advance.operation
        seen = session.calls.get(operation, 0)
        return seen == now.calls.get(operation, 0) and self.advance(now, advance)

    async def listed(self) -> list[Session]:
        """Return what all sessions are now, in the order of ``names``; none counts as used by that."""
        self._forget_idle(self._now())
        return [one.copy() for one in (self._default, *self._sessions.values())]

    async def names(self) -> list[str]:
        """Return the names of all sessions that are kept, the least recently used first; ``default`` always is."""
        self._forget_idle(self._now())
        return [DEFAULT_SESSION, *self._sessions]

    async def set_scenario(self, name: str, scenario: str | None) -> None:
        """Choose the scenario of a session; ``None`` follows the server's default again."""
        self.session(name).scenario = scenario

    async def put(self, name: str, values: Mapping[str, object]) -> None:
        """Set values of a session whatever they were; ``None`` removes one."""
        self._set(self.session(name), values)

    async def reset(self, name: str) -> None:
        """Forget everything that a session remembers; its next call is its first."""
        # In place: a request under way holds the session, and its change must find the values gone.
        session = self.session(name)
        session.scenario = None
        session.calls.clear()
        session.values.clear()
        self._weigh(session, -session.weight)

    async def delete(self, name: str) -> bool:
        """Forget a session altogether; ``False`` where there is none. ``default`` is reset instead."""
        if name == DEFAULT_SESSION:
            await self.reset(name)
            return True
        self._forget_idle(self._now())
        gone = self._sessions.pop(name, None)
        self._bytes -= gone.weight if gone else 0
        return gone is not None

    def _set(self, session: Session, changed: Mapping[str, object]) -> None:
        """Change values; the least recently used sessions go where all together have become too heavy."""
        values, grown = session.values, 0
        for key, value in changed.items():
            if key in values:
                grown -= _weight(values[key])
            if value is None:
                values.pop(key, None)
            else:
                values[key] = value
                grown += _weight(value)
        self._weigh(session, grown)
        while self._bytes > self._max_bytes and len(self._sessions) > 1:
            self._forget_oldest()

    def _weigh(self, session: Session, grown: int) -> None:
        session.weight += grown
        if session is self._default or self._sessions.get(session.name) is session:
            self._bytes += grown  # a session that was forgotten meanwhile is nobody's

    def _forget_idle(self, now: float) -> None:
        """Forget those that nobody asked for in a long time: they stand at the beginning."""
        while self._sessions and now - next(iter(self._sessions.values())).used > self._idle:
            self._forget_oldest()

    def _forget_oldest(self) -> None:
        _, gone = self._sessions.popitem(last=False)
        self._bytes -= gone.weight


def _weight(value: object) -> int:
    """Return the bytes that a JSON value takes, about."""
    if isinstance(value, str):
        return 50 + len(value)
    if isinstance(value, dict):
        return 200 + sum([_weight(key) + _weight(inner) for key, inner in value.items()])
    if isinstance(value, list):
        return 100 + sum([_weight(inner) for inner in value])
    return 30
