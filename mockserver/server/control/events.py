"""News as they come: server-sent events (HTML, §9.2), resumed by ``Last-Event-ID``."""

import json
from collections.abc import AsyncIterator

from mockserver.server.control.live import Live
from mockserver.server.control.views import exchange_summary

HEARTBEAT_SECONDS = 15.0
_PATIENCE = 1.0
_MOST_AT_ONCE = 500


async def events(live: Live, session: str | None, last: int | None) -> AsyncIterator[bytes]:
    """Yield events until the reader goes away or the server stops.

    Args:
        live: The server.
        session: Only its exchanges; ``None`` means all.
        last: Number of the last exchange that the reader has seen; ``None`` begins with the next one.
    """
    now = live.journal.appended
    seen = now if last is None or last > now else last  # a number beyond is of another run
    changes = live.changes
    quiet = 0.0
    yield b"retry: 1000\n: hello\n\n"
    while not live.stopping():
        if live.journal.appended > seen:
            quiet = 0.0
            fresh = live.journal.since(seen)
            first = live.journal.appended - len(fresh)
            if first > seen:
                yield _event("missed", {"count": first - seen}, first)
            for number, one in enumerate(fresh[-_MOST_AT_ONCE:], live.journal.appended - len(fresh[-_MOST_AT_ONCE:]) + 1):  # fmt: skip
                if session is None or one.session == session:
                    yield _event("exchange", exchange_summary(one), number)
            seen = live.journal.appended
        if live.changes != changes:
            changes = live.changes
            yield _event("status", {"changes": changes}, seen)
        if not await live.bell.wait(_PATIENCE):
            quiet += _PATIENCE
            if quiet >= HEARTBEAT_SECONDS:
                quiet = 0.0
                yield b": still here\n\n"


def _event(kind: str, data: object, number: int) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"id: {number}\nevent: {kind}\ndata: {text}\n\n".encode()
