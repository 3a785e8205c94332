"""What a bounded journal keeps no longer though nobody cleared it, so that what was counted in the rest is not taken for all.

Invariant: an exchange that is lost is counted until it is cleared, at least for whoever may ask for it.
"""

from collections.abc import Iterable, Mapping

MOST = 50_000
"""Pairs of session and operation that are told apart; beyond them all count for everybody."""

Whose = tuple[str | None, str | None] | None
"""Session and operation, the latter ``None`` where none matched; ``None`` for what may be anybody's."""


class Losses:
    """Counts of exchanges that are no longer kept, and the time of the latest of each kind.

    Args:
        counts: What was lost so far: how many, and the time of the latest in seconds since the epoch.
    """

    __slots__ = ("_counts",)

    def __init__(self, counts: Mapping[Whose, tuple[int, float]] | None = None) -> None:
        self._counts = dict(counts or {})

    def add(self, session: str, operation: str | None, time: float, more: int = 1) -> None:
        """Count one more, or several, the latest of which was at that time."""
        counts, whose = self._counts, (session, operation)
        count, latest = counts.get(whose, (0, time))
        counts[whose] = (count + more, max(latest, time))
        if len(counts) > MOST:
            found = counts.values()
            merged = sum(count for count, _ in found), max(latest for _, latest in found)
            counts.clear()
            counts[None] = merged

    def clear(self, session: str | None = None) -> None:
        """Forget all, or those of one session; what may be anybody's stays then."""
        gone = [whose for whose in self._counts if session is None or (whose and whose[0] == session)]  # fmt: skip
        for whose in gone:
            del self._counts[whose]

    def count(
        self, *, session: str | None, operations: Iterable[object] | None, since: float
    ) -> int:
        """Return how many of those that are meant may be lost, at most.

        Args:
            session: Its name, ``None`` for all.
            operations: Names, ``None`` for all.
            since: Seconds since the epoch: what came earlier is not meant.
        """
        wanted = None if operations is None else set(operations)
        return sum(
            count
            for whose, (count, latest) in self._counts.items()
            if latest >= since
            and (
                whose is None
                or (session in (None, whose[0]) and (wanted is None or whose[1] in wanted))
            )
        )
