"""The requests that came before: clients repeat themselves, and equal requests mean the same.

What is kept follows from a request and the served document alone, so that an answer never depends on what is here.
"""

from collections.abc import Hashable
from typing import Generic, TypeVar

from mockserver.messages import HttpRequest
from mockserver.server.exchanges import Known, Served

_KEPT = 1024
_SEEN = 4096
LONGEST = 4096
"""Bytes of a request that is kept."""


Value = TypeVar("Value")


class Recent(Generic[Value]):
    """What is known of requests that came twice, by what stands for them. Shared by all connections of a server."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, Value] = {}
        self._seen: set[int] = set()
        self.find = self._kept.get

    def keep(self, key: Hashable, value: Value) -> bool:
        """Keep it, at the second time: most requests that come once never come again."""
        if (mark := hash(key)) not in self._seen:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            self._seen.add(mark)
            return False
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = value
        return True

    def clear(self) -> None:
        """Begin anew."""
        self._kept.clear()
        self._seen.clear()


class Memory(Recent[Known]):
    """What follows from requests and the document that is served.

    Attributes:
        served: That document; after a reload nothing is known.
    """

    def __init__(self) -> None:
        super().__init__()
        self.served: Served | None = None

    def forget(self, served: Served) -> None:
        """Begin anew, and let go of the document that is no longer served."""
        self.served = served
        self.clear()

    def known(self, served: Served, request: HttpRequest) -> Known:
        """Return what follows from a complete request, as found out before or to be found out now."""
        if self.served is not served:
            self.forget(served)
        known = self.find(request)
        if known is None:
            known = Known(served, request)
            if _size(request) <= LONGEST:
                self.keep(request, known)
        return known


def _size(request: HttpRequest) -> int:
    heads = sum(len(name) + len(value) for name, value in request.headers)
    return len(request.path) + len(request.query) + heads + len(request.body)
