"""What is remembered of each tester between requests: which scenario, which position, how many calls.

A session is read as it is and changed only through the store, by compare-and-set: a decision made on a position that
somebody else has moved meanwhile is refused, and made again.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

DEFAULT_SESSION = "default"


@dataclass(slots=True)
class Session:
    """The memory of one tester. Read it; let the store change it.

    Attributes:
        scenario: Set for the session as a whole; ``None`` follows the server's default.
        calls: Operation name to the number of requests decided for it.
        positions: (scenario, operation) to the index of the next case of that sequence; absent is 0.
        states: Scenario to the state that it is in; absent is its initial one.
    """

    name: str
    scenario: str | None = None
    calls: dict[str, int] = field(default_factory=dict)
    positions: dict[tuple[str, str], int] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)


class Advance(NamedTuple):
    """What one decision changes in its session.

    Attributes:
        operation: Whose call number goes up.
        sequence: (scenario, operation) of the sequence that chose the answer; ``None`` where none did.
        expected: The position that the decision was made on.
        position: The one that follows.
        move: (scenario, state that the decision was made in, state that follows); ``None`` where none does.
    """

    operation: str
    sequence: tuple[str, str] | None = None
    expected: int = 0
    position: int = 0
    move: tuple[str, str, str] | None = None


class Store(Protocol):
    """The seam between one process and several."""

    def session(self, name: str) -> Session:
        """Return the session of that name, made on first use."""
        ...

    def advance(self, session: Session, advance: Advance) -> bool:
        """Apply a decision's change; ``False`` where its expectation no longer holds: decide again."""
        ...


class MemoryStore:
    """Sessions of one process, the least recently used forgotten first.

    Args:
        limit: Most sessions kept at a time; ``default`` is kept beside them and never forgotten.
    """

    def __init__(self, limit: int = 10_000) -> None:
        self._limit = limit
        self._default = Session(DEFAULT_SESSION)
        self._sessions: OrderedDict[str, Session] = OrderedDict()

    def session(self, name: str) -> Session:
        """Return the session of that name, made on first use."""
        if name == DEFAULT_SESSION:
            return self._default
        session = self._sessions.get(name)
        if session is None:
            session = self._sessions[name] = Session(name)
            if len(self._sessions) > self._limit:
                self._sessions.popitem(last=False)
        else:
            self._sessions.move_to_end(name)
        return session

    def advance(self, session: Session, advance: Advance) -> bool:
        """Apply a decision's change; ``False`` where its expectation no longer holds: decide again."""
        if advance.move is not None:
            scenario, state, _ = advance.move
            if session.states.get(scenario, state) != state:
                return False
        if advance.sequence is not None:
            if session.positions.get(advance.sequence, 0) != advance.expected:
                return False
            session.positions[advance.sequence] = advance.position
        if advance.move is not None:
            scenario, _, session.states[scenario] = advance.move
        session.calls[advance.operation] = session.calls.get(advance.operation, 0) + 1
        return True
