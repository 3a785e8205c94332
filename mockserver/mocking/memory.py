"""The values that a session remembers between requests: under which key each stands, and in which shape.

The store keeps them as JSON and knows nothing of their meaning; whoever adds one names it here.
"""

from typing import NamedTuple
from urllib.parse import quote

from mockserver.state.store import Session


def position_key(scenario: str, operation: str) -> str:
    """Return the key of the index of the next case in a scenario's sequence: an integer, absent at the first."""
    return f"position {scenario} {operation}"


def state_key(scenario: str) -> str:
    """Return the key of the state that a scenario is in: its name, absent while it is the initial one."""
    return f"state {scenario}"


def limit_key(owner: str, counted: str) -> str:
    """Return the key of a rate limit's window: a list of its begin, in seconds since the epoch, and its requests."""
    return f"limit {owner} {counted}".rstrip()


def override_key(operation: str) -> str:
    """Return the key of the answer that is forced on an operation: an ``Override`` as JSON."""
    return f"override {operation}"


def collection_key(path: str) -> str:
    """Return the key of a collection's order: see ``resources_state``; absent while it holds what it began with."""
    return f"items {path}"


def item_key(path: str, id_text: str) -> str:
    """Return the key of an item of a collection: the item, absent where it is gone or still as it began."""
    return f"item {path}/{quote(id_text, safe='', errors='surrogatepass')}"


class Override(NamedTuple):
    """An answer that somebody forced on an operation of a session.

    Attributes:
        case: Name of a case; wins over ``status``.
        status: A documented status.
        example: Name of an example of that status.
        times: How many answers are left; ``None`` until reset.
        force: Before authentication and validation.
    """

    case: str | None = None
    status: int | None = None
    example: str | None = None
    times: int | None = None
    force: bool = False

    def as_value(self) -> dict[str, object]:
        """Return it as the store keeps it."""
        return {name: value for name, value in self._asdict().items() if value}

    def following(self) -> dict[str, object] | None:
        """Return what stays after one answer, as the store keeps it; ``None`` where that was the last."""
        if self.times is None:
            return self.as_value()
        return self._replace(times=self.times - 1).as_value() if self.times > 1 else None


def read_override(session: Session, operation: str) -> Override | None:
    """Return the answer that is forced on an operation."""
    value = session.values.get(override_key(operation))
    return Override(**value) if isinstance(value, dict) else None
