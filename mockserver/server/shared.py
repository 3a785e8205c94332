"""What several processes share, composed for one of them: sessions in Redis, and a look at it now and then.

Imported only where ``--store`` names a Redis.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from mockserver.errors import StoreError
from mockserver.server.log import logger
from mockserver.settings import Settings
from mockserver.state.redis_link import Link, Script
from mockserver.state.redis_store import RedisStore

_HEARTBEAT_SECONDS = 1.0
_PROBE_SECONDS = 0.25

_BEAT = Script("redis.call('ZADD', KEYS[1] .. 'processes', ARGV[1], ARGV[2])")


class Shared:
    """One process's part in a shared state.

    Args:
        settings: Name the Redis.
        title: Of the API: keys begin with it.
        run: Differs between processes and runs.
        now: Seconds since the epoch.
    """

    def __init__(
        self, settings: Settings, title: str, run: str, *, now: Callable[[], float]
    ) -> None:
        self._run = run
        self._now = now
        self.link = Link(settings.store, title, self._changed)
        self.store = RedisStore(self.link, run, now=now, idle=settings.session_idle)

    def _changed(self, reason: str | None) -> None:
        if reason is None:
            logger.info("Redis at %s is back", self.link.where)
        else:
            logger.warning("Redis at %s is away (%s): answers go on from what was seen last, with X-Mock-Degraded", self.link.where, reason)  # fmt: skip

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Look after the link while the server runs."""
        beating = asyncio.create_task(self._beat())
        try:
            yield
        finally:
            beating.cancel()
            await asyncio.wait([beating])
            await self.link.close()

    async def _beat(self) -> None:
        """Say that this process is there, and find out whether Redis is."""
        while True:
            with suppress(StoreError):
                await self.link.run(_BEAT, repr(self._now()), self._run, probe=True)
            await asyncio.sleep(_PROBE_SECONDS if self.link.away else _HEARTBEAT_SECONDS)
