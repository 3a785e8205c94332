"""The items of one collection in one session: which there are, in which order, and what changes them.

Every change names the order that it was decided on, so of two changes to a collection one is decided again.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from mockserver.mocking.memory import collection_key, item_key
from mockserver.state.store import Change, Session

Item = Mapping[str, object]
Changes = tuple[Change, ...]

MOST_ITEMS = 1000
"""Items of a collection."""
MOST_BYTES = 4 * 1024 * 1024
"""JSON of all items of a session together, each with what is spent on its key."""
_SPENT = 200


class Full(Exception):
    """The session keeps no more; the message says of what."""


class _Order(NamedTuple):
    """What a collection remembers beside its items.

    Attributes:
        ids: Of its items, the oldest first.
        made: The highest number that identified an item at any time, and one more for each text that did: no number
            comes twice.
        size: Bytes of the items that are kept.
    """

    ids: tuple[str, ...]
    made: int = 0
    size: int = 0

    def as_value(self) -> dict[str, object]:
        """Return it as the store keeps it."""
        return {"ids": list(self.ids), "made": self.made, "size": self.size}


class Collection:
    """The items of one collection as a session sees them now; what changes them comes back as ``Change``.

    Args:
        session: Read, never changed.
        path: Of the collection, its parameters filled in: its name in the session.
        seeds: What it begins with, by identifier.

    Attributes:
        ids: Of its items, the oldest first.
        made: No number above it identified an item yet.
    """

    def __init__(self, session: Session, path: str, seeds: Mapping[str, Item]) -> None:
        self.path = path
        self._values = session.values
        self._seeds = seeds
        self._key = collection_key(path)
        self._seen = session.values.get(self._key)
        self._order = _read_order(self._seen) or _Order(tuple(seeds), _highest(seeds))
        self.ids = self._order.ids
        self.made = self._order.made

    def __iter__(self) -> Iterator[Item]:
        """Yield the items, the oldest first."""
        for each in self.ids:
            yield self._item(each)

    def find(self, id_text: str) -> Item | None:
        """Return an item, ``None`` where there is none."""
        return self._item(id_text) if id_text in self.ids else None

    def create(self, id_text: str, item: Item) -> Changes:
        """Return what adds an item that is not there.

        Raises:
            Full: There are too many.
        """
        if len(self.ids) >= MOST_ITEMS:
            raise Full(f"{self.path} has {MOST_ITEMS:,} items, which is as many as a session keeps")
        size = _size(item)
        made = max(self.made, _number(id_text) or self.made + 1)
        order = _Order((*self.ids, id_text), made, self._order.size + size)
        return self._put(id_text, item, order, size)

    def replace(self, id_text: str, item: Item) -> Changes:
        """Return what replaces an item that is there.

        Raises:
            Full: It has become too large.
        """
        grown = _size(item) - self._kept_size(id_text)
        return self._put(id_text, item, self._order._replace(size=self._order.size + grown), grown)

    def delete(self, id_text: str) -> Changes:
        """Return what removes an item that is there, and every collection below it."""
        ids = tuple(each for each in self.ids if each != id_text)
        size = self._order.size - self._kept_size(id_text)
        order = _Order(ids, self.made, size).as_value()
        key = item_key(self.path, id_text)
        below = tuple(f"{kind} {key.partition(' ')[2]}/" for kind in ("items", "item"))
        gone = [name for name in self._values if name == key or name.startswith(below)]
        return (
            Change(self._key, self._seen, order),
            *(Change(name, self._values.get(name), None) for name in gone or [key]),
        )

    def unchanged(self) -> Change:
        """Return what holds a decision to the order that it saw."""
        return Change(self._key, self._seen, self._seen)

    def _item(self, id_text: str) -> Item:
        kept = self._values.get(item_key(self.path, id_text))
        return kept if isinstance(kept, dict) else self._seeds.get(id_text, {})

    def _kept_size(self, id_text: str) -> int:
        kept = self._values.get(item_key(self.path, id_text))
        return _size(kept) if isinstance(kept, dict) else 0

    def _put(self, id_text: str, item: Item, order: _Order, grown: int) -> Changes:
        if grown > 0 and _spent(self._values) + grown > MOST_BYTES:
            raise Full(f"the session keeps {MOST_BYTES:,} bytes of items")
        key = item_key(self.path, id_text)
        return (
            Change(self._key, self._seen, order.as_value()),
            Change(key, self._values.get(key), dict(item)),
        )


def _read_order(value: object) -> _Order | None:
    """Return what was kept; ``None`` where there is nothing."""
    if not isinstance(value, dict):
        return None
    return _Order(tuple(map(str, value["ids"])), int(value["made"]), int(value["size"]))


def _number(id_text: str) -> int:
    """Return the number that an identifier is; 0 for a text, and for what clients cannot count on from (2^53)."""
    is_number = id_text.isascii() and id_text.isdigit() and len(id_text) < 16
    return int(id_text) if is_number else 0


def _highest(ids: Iterable[str]) -> int:
    return max(map(_number, ids), default=0)


def _spent(values: Mapping[str, object]) -> int:
    """Return what the collections of a session take."""
    prefix = collection_key("")
    orders = (_read_order(value) for key, value in values.items() if key.startswith(prefix))
    return sum(_SPENT + order.size for order in orders if order)


def _size(item: Item) -> int:
    return len(json.dumps(item)) + _SPENT
