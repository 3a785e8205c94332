"""News as they come: server-sent events (HTML, §9.2), resumed by ``Last-Event-ID``."""

import json
from collections.abc import AsyncIterator
from contextlib import suppress

from mockserver.errors import StoreError
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
    changes, born = live.changes, live.journal.born
    quiet = 0.0
    yield b"retry: 1000\n: hello\n\n"
    while not live.stopping():
        if live.journal.born != born:  # a store that has lost its data counts anew
            born, seen = live.journal.born, 0
        if live.journal.appended > seen:
            quiet = 0.0
            with suppress(StoreError):  # they come when it is back
                latest, fresh = await live.journal.news(seen)
                first = latest - len(fresh)
                if first > seen:
                    yield _event("missed", {"count": first - seen}, first)
                shown = fresh[-_MOST_AT_ONCE:]
                for number, one in enumerate(shown, latest - len(shown) + 1):
                    if session is None or one.session == session:
                        yield _event("exchange", exchange_summary(one), number)
                seen = latest
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
