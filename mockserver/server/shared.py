"""What several processes share, composed for one of them: sessions and journal in Redis, and news of each other.

Imported only where ``--store`` names a Redis. News are what ``RedisJournal`` says, and ``changed RUN``, ``reload RUN`` and
``scenario RUN``: what the control API of another process did.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from functools import partial

from mockserver.errors import StoreError
from mockserver.server.control.live import Live
from mockserver.server.log import OWN_LOSS, logger
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.redis_journal import RedisJournal
from mockserver.state.redis_link import Link, Script, end
from mockserver.state.redis_store import RedisStore

_HEARTBEAT_SECONDS = 1.0
_PROBE_SECONDS = 0.25
_GATHER_SECONDS = 0.005
"""Exchanges of so long go in one batch."""
_LAST_SECONDS = 3.0

_BEAT = Script(
    """
redis.call('ZADD', KEYS[1] .. 'processes', ARGV[1], ARGV[2])
redis.call('ZREM', KEYS[1] .. 'processes', ARGV[3])
"""
)
_LEAVE = Script("redis.call('ZREM', KEYS[1] .. 'processes', ARGV[1])")
_TELL = Script("redis.call('PUBLISH', KEYS[1] .. 'news', ARGV[1])")
_CHOOSE = Script(
    """
redis.call('SET', KEYS[1] .. 'scenario', ARGV[2], 'PX', ARGV[3])
redis.call('PUBLISH', KEYS[1] .. 'news', ARGV[1])
"""
)
_CHOSEN = Script("return redis.call('GET', KEYS[1] .. 'scenario')")


async def _keep_up(part: Callable[[], Awaitable[None]]) -> None:
    """Run what has no end, again where it broke: without it this process would stay away from the others for ever."""
    while True:
        try:
            await part()
        except Exception:
            logger.exception("the way to Redis broke, and begins again")
            await asyncio.sleep(_HEARTBEAT_SECONDS)


class Shared:
    """One process's part in a shared state.

    Args:
        settings: Name the Redis.
        title: Of the API: keys begin with it.
        own: The process's own record, which goes on to Redis; its run differs from those of all other processes.
        now: Seconds since the epoch.
        replaces: Run of a process which is no more: nobody need wait for it.
    """

    def __init__(
        self,
        settings: Settings,
        title: str,
        own: Journal,
        *,
        now: Callable[[], float],
        replaces: str | None = None,
    ) -> None:
        self._replaces = replaces
        self._own = own
        self._now = now
        self._idle = settings.session_idle
        self._due = asyncio.Event()
        self._outgoing: list[str] = []
        self.link = Link(settings.store, title, self._changed)
        self.store = RedisStore(self.link, own.run, now=now, idle=self._idle)
        self.journal = RedisJournal(self.link, own, now=now, idle=self._idle)

    def _changed(self, reason: str | None) -> None:
        if reason is None:
            logger.info("Redis at %s is back", self.link.where)
        else:
            logger.warning("Redis at %s is away (%s): answers go on from what was seen last, with X-Mock-Degraded", self.link.where, reason)  # fmt: skip

    def wake(self) -> None:
        """Say that there is something to be sent."""
        self._due.set()

    def tell(self, kind: str) -> None:
        """Tell the other processes that something was ``changed``, or to ``reload``."""
        self._outgoing.append(kind)
        self._due.set()

    async def keep_scenario(self, name: str | None) -> None:
        """Make a scenario the default of all processes, also of those that start later.

        Raises:
            StoreError: Redis is away.
        """
        kept = int(self._idle * 1000)
        await self.link.run(_CHOOSE, f"scenario {self._own.run}", json.dumps(name), kept)

    @asynccontextmanager
    async def running(self, live: Live) -> AsyncIterator[None]:
        """Be one of the processes while the server runs."""
        with suppress(StoreError):
            await self._beat_once()
            await self._catch_up(live)
        parts = (self._beat, self._send, partial(self._listen, live))
        tasks = [asyncio.create_task(_keep_up(part)) for part in parts]
        try:
            yield
        finally:
            await end(tasks)
            await self._leave()

    async def _beat(self) -> None:
        """Say that this process is there, and find out whether Redis is."""
        while True:
            await asyncio.sleep(_PROBE_SECONDS if self.link.away else _HEARTBEAT_SECONDS)
            with suppress(StoreError):
                await self._beat_once()
                self._due.set()

    async def _beat_once(self) -> None:
        words = (repr(self._now()), self._own.run, self._replaces or "")
        await self.link.run(_BEAT, *words, probe=True)

    async def _send(self) -> None:
        """Send what is due; where Redis is away it waits for the next sign of life."""
        while True:
            await self._due.wait()
            self._due.clear()
            dropped = self.journal.dropped
            with suppress(StoreError):
                await self.journal.flush()
                while self._outgoing:
                    await self.link.run(_TELL, f"{self._outgoing[0]} {self._own.run}")
                    del self._outgoing[0]
            if self.journal.dropped > dropped and self.journal.dropped_ids:
                logger.warning("%d exchanges had no room to wait for Redis and are not in the journal, up to %s", self.journal.dropped, self.journal.dropped_ids[1], extra=OWN_LOSS)  # fmt: skip
            await asyncio.sleep(_GATHER_SECONDS)

    async def _listen(self, live: Live) -> None:
        """Hear the news, and again where the connection is lost."""
        while True:
            async for said in self.link.news("news"):
                with suppress(StoreError):
                    await self._take(said, live)
            self.journal.listening.clear()
            await asyncio.sleep(_PROBE_SECONDS)

    async def _take(self, said: str, live: Live) -> None:
        match said.split(" "):
            case [""]:
                self.journal.listening.set()
                await self._catch_up(live)
            case ["changed", run] if run != self._own.run:
                live.heard_of_change()
            case ["scenario", run] if run != self._own.run:
                await self._catch_up(live)
                live.heard_of_change()
            case ["reload", run] if run != self._own.run:
                await asyncio.to_thread(live.reload)
                live.heard_of_change()
            case words:
                await self.journal.hear(words[0], words[1:])
                live.bell.ring()

    async def _catch_up(self, live: Live) -> None:
        """Learn what was said while nobody listened."""
        await self.journal.count()
        chosen = await self.link.run(_CHOSEN)
        if chosen is not None:
            name = json.loads(chosen)
            if name != live.mock().options.scenario:
                live.use_scenario(name)
        live.bell.ring()

    async def _leave(self) -> None:
        """Write the rest, and go."""
        with suppress(StoreError, TimeoutError):
            async with asyncio.timeout(_LAST_SECONDS):
                await self.journal.flush()
                await self.link.run(_LEAVE, self._own.run)
        if self.journal.waiting:
            logger.warning(
                "%d exchanges are lost: Redis is away", self.journal.waiting, extra=OWN_LOSS
            )
        await self.link.close()
