"""Chance without hidden state: every draw is a keyed digest of who asks.

The same seed, session, operation and call number give the same bytes on every machine; successive calls differ.
"""

from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from typing import TypeVar

Item = TypeVar("Item")

_BASE62 = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
# 256 is not a multiple of 62: eight characters come up 5/256 of the time instead of 4/256. Enough for a mock's secrets.
_TO_BASE62 = bytes(_BASE62[byte % 62] for byte in range(256))


def _key(seed: bytes) -> bytes:
    """Return a seed as a key, which has at most 64 bytes (RFC 7693 §2.1): every byte of a longer one matters."""
    return seed if len(seed) <= 64 else blake2b(seed).digest()


@lru_cache(maxsize=4096)
def _begun(seed: bytes, parts: tuple[object, ...]) -> "blake2b":
    """Return the digest of the parts that many streams begin with, to be copied."""
    label = "".join([f"{part}\x1f" for part in parts]).encode("utf-8", "surrogatepass")
    return blake2b(label, key=_key(seed))


class Chance:
    """A stream of draws for one purpose. Not thread-safe; make one for each call, it costs a microsecond.

    Args:
        seed: Any length; hashed down to a key.
        parts: Who asks: session, operation, call number, and so on.
        key: The digest of seed and parts, where it is known; 64 bytes.
    """

    __slots__ = ("_counter", "_key")

    def __init__(self, seed: bytes, *parts: object, key: bytes = b"") -> None:
        if not key:
            label = "\x1f".join([str(part) for part in parts]).encode("utf-8", "surrogatepass")
            key = blake2b(label, key=_key(seed)).digest()
        self._key = key
        self._counter = 0

    @classmethod
    def of_call(cls, seed: bytes, *parts: str, number: int) -> "Chance":
        """Return ``Chance(seed, *parts, number)`` at half the price; the parts should be few."""
        digest = _begun(seed, parts).copy()
        digest.update(b"%d" % number)
        return cls(b"", key=digest.digest())

    def fork(self, *parts: object) -> "Chance":
        """Return an independent stream for a part of the purpose, such as one property."""
        return Chance(self._key, *parts)

    def bytes(self, count: int) -> bytes:
        """Return the next ``count`` bytes."""
        if not self._counter and count <= 64:
            # The key itself: most streams draw once, and no second digest is spent on them.
            self._counter = 1
            return self._key[:count]
        drawn = b""
        while len(drawn) < count:
            number = self._counter
            self._counter = number + 1
            drawn += blake2b(number.to_bytes(8, "big"), key=self._key).digest()
        return drawn[:count]

    def integer(self, low: int, high: int) -> int:
        """Return an integer with ``low <= it <= high``; both may be negative and of any size."""
        span = high - low + 1
        size = (span.bit_length() + 7) // 8 + 8  # eight spare bytes make the modulo's bias vanish
        return low + int.from_bytes(self.bytes(size), "big") % span

    def number(self) -> float:
        """Return a float with ``0 <= it < 1``."""
        return int.from_bytes(self.bytes(7), "big") / 2**56

    def choice(self, items: Sequence[Item]) -> Item:
        """Return one of a sequence that is not empty."""
        return items[self.integer(0, len(items) - 1)]

    def base62(self, count: int) -> str:
        """Return ``count`` characters of ``0-9A-Za-z``."""
        return self.bytes(count).translate(_TO_BASE62).decode("ascii")
