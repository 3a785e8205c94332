"""The requests that came before: clients repeat themselves, and equal requests mean the same.

What is kept follows from a request and the served document alone, so that an answer never depends on what is here.
"""

from collections.abc import Hashable

from mockserver.messages import HttpRequest
from mockserver.server.exchanges import Known, Served

_KEPT = 1024
_SEEN = 4096
LONGEST = 4096
"""Bytes of a request that is kept."""


class Memory:
    """Requests known from before, by what stands for them: their bytes, or their parts.

    Shared by all connections of a server.

    Attributes:
        served: What they were known to; after a reload nothing is known.
    """

    def __init__(self) -> None:
        self.served: Served | None = None
        self._kept: dict[Hashable, Known] = {}
        self._seen: set[int] = set()
        self.find = self._kept.get

    def forget(self, served: Served) -> None:
        """Begin anew, and let go of the document that is no longer served."""
        self.served = served
        self._kept.clear()
        self._seen.clear()

    def keep(self, key: Hashable, known: Known) -> None:
        """Keep a request, at the second time: most that come once never come again."""
        if (mark := hash(key)) not in self._seen:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            self._seen.add(mark)
            return
        if _size(known.request) > LONGEST:
            return
        if len(self._kept) >= _KEPT:
            self._kept.clear()
        self._kept[key] = known

    def known(self, served: Served, request: HttpRequest) -> Known:
        """Return what follows from a complete request, as found out before or to be found out now."""
        if self.served is not served:
            self.forget(served)
        known = self.find(request)
        if known is None:
            known = Known(served, request)
            self.keep(request, known)
        return known


def _size(request: HttpRequest) -> int:
    heads = sum(len(name) + len(value) for name, value in request.headers)
    return len(request.path) + len(request.query) + heads + len(request.body)
