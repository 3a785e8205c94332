"""The journal of several processes: a bounded stream in Redis, which each fills from its own record in the background.

Invariants: an exchange enters the process's own record before its answer is sent, and the stream once, however often it is
sent; what is read holds every exchange that any process had answered when it was asked for, or is refused.

Keys, below the link's root: ``journal`` (stream; ids are the numbers of exchanges), ``journal:ids`` (X-Mock-Trace to number),
``journal:counts``, ``journal:served`` (how often each answer was), ``journal:lost`` and ``journal:lost:times`` (by session and
operation, ``*`` for what may be anybody's: how many are no longer kept, and the time of the latest), ``writer:RUN`` (the last
number of that process), ``processes`` (by last sign of life); what happens is published on ``news``.
"""

import asyncio
import json
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

from mockserver.errors import Finding, StoreError
from mockserver.state.exchange import Exchange, Served, served_by
from mockserver.state.exchange_text import read_exchange, write_exchange
from mockserver.state.journal import Journal
from mockserver.state.losses import MOST, Losses, Whose
from mockserver.state.redis_link import Link, Script

LIFE_SECONDS = 60.0
"""After so long without a sign of life a process has ended without a word."""
_AGAIN_SECONDS = 0.2
_NEARLY = 0.9
"""Of the time after which Redis forgets: two clocks measure it."""
_BATCH = 200
_BATCH_BYTES = 2**20
_PAGE = 500

_COMMON = """
local root = KEYS[1]
local stream, ids, counts = root .. 'journal', root .. 'journal:ids', root .. 'journal:counts'
local lost, times = root .. 'journal:lost', root .. 'journal:lost:times'
local function forget(entry)
  local fields = entry[2]
  redis.call('XDEL', stream, entry[1])
  redis.call('HDEL', ids, fields[2])
  redis.call('HINCRBY', counts, 'bytes', -#fields[6])
end
local function lose(whose, count, time)
  redis.call('HINCRBY', lost, whose, count)
  local latest = redis.call('HGET', times, whose)
  if not latest or tonumber(time) > tonumber(latest) then redis.call('HSET', times, whose, time) end
end
local function publish()
  local appended = redis.call('HGET', counts, 'appended') or '0'
  local born = redis.call('HGET', counts, 'born') or ''
  redis.call('PUBLISH', root .. 'news', 'journal ' .. appended .. ' ' .. redis.call('XLEN', stream) .. ' ' .. born)
end
"""

# ARGV: run, most entries, most bytes, milliseconds to keep, now, most kinds of losses, the number of the last exchange that
# there is, that of the last one nobody will miss, then number, id, session, answer, text, whose and time of each exchange.
# A number between that is not there was lost on its way, or here where Redis lost its data.
_APPEND = Script(
    _COMMON
    + """
local writer, served = root .. 'writer:' .. ARGV[1], root .. 'journal:served'
local last = math.max(tonumber(redis.call('GET', writer) or '0'), tonumber(ARGV[8]))
redis.call('HSETNX', counts, 'born', ARGV[1] .. '@' .. ARGV[7] .. '@' .. ARGV[5])
local function reach(number)
  if number > last + 1 then lose('*', number - last - 1, ARGV[5]) end
end
for i = 9, #ARGV, 7 do
  if tonumber(ARGV[i]) > last then
    reach(tonumber(ARGV[i]))
    last = tonumber(ARGV[i])
    local place = redis.call('HINCRBY', counts, 'appended', 1)
    redis.call('XADD', stream, place .. '-0', 'i', ARGV[i + 1], 's', ARGV[i + 2], 'd', ARGV[i + 4],
      'w', ARGV[i + 5], 't', ARGV[i + 6])
    redis.call('HSET', ids, ARGV[i + 1], place)
    redis.call('HINCRBY', counts, 'bytes', #ARGV[i + 4])
    redis.call('HINCRBY', served, ARGV[i + 3], 1)
  end
end
reach(tonumber(ARGV[7]) + 1)
redis.call('SET', writer, math.max(last, tonumber(ARGV[7])))
while redis.call('XLEN', stream) > tonumber(ARGV[2])
  or (tonumber(redis.call('HGET', counts, 'bytes') or '0') > tonumber(ARGV[3]) and redis.call('XLEN', stream) > 0) do
  local entry = redis.call('XRANGE', stream, '-', '+', 'COUNT', 1)[1]
  lose(entry[2][8] or '*', 1, entry[2][10] or ARGV[5])
  forget(entry)
end
if redis.call('HLEN', lost) > tonumber(ARGV[6]) then
  local count = 0
  for _, one in ipairs(redis.call('HVALS', lost)) do count = count + tonumber(one) end
  redis.call('DEL', lost, times)
  lose('*', count, ARGV[5])
end
for _, key in ipairs({stream, ids, counts, served, lost, times, writer}) do redis.call('PEXPIRE', key, ARGV[4]) end
publish()
"""
)

# ARGV: the session and what its losses begin with, none for all.
_CLEAR = Script(
    _COMMON
    + """
for _, entry in ipairs(redis.call('XRANGE', stream, '-', '+')) do
  if #ARGV == 0 or entry[2][4] == ARGV[1] then forget(entry) end
end
if #ARGV == 0 then redis.call('DEL', lost, times) end
for _, whose in ipairs(#ARGV > 0 and redis.call('HKEYS', lost) or {}) do
  if whose:sub(1, #ARGV[2]) == ARGV[2] then
    redis.call('HDEL', lost, whose)
    redis.call('HDEL', times, whose)
  end
end
publish()
"""
)
_PAGE_OF = Script(
    "return redis.call('XRANGE', KEYS[1] .. 'journal', ARGV[1], '+', 'COUNT', ARGV[2])"
)
_ENTRY = Script(
    _COMMON
    + """
local place = redis.call('HGET', ids, ARGV[1])
if not place then return {} end
return redis.call('XRANGE', stream, place, place)
"""
)
_SERVED = Script("return redis.call('HGETALL', KEYS[1] .. 'journal:served')")
_LOST = Script(_COMMON + "return {redis.call('HGETALL', lost), redis.call('HGETALL', times)}")
_COUNTS = Script(
    _COMMON
    + "return {redis.call('HGET', counts, 'appended') or '0', redis.call('XLEN', stream), redis.call('HGET', counts, 'born') or ''}"
)

# ARGV: the time before which a process has ended, the asker's token.
_ASK = Script(
    """
local processes = KEYS[1] .. 'processes'
redis.call('ZREMRANGEBYSCORE', processes, '-inf', '(' .. ARGV[1])
redis.call('PUBLISH', KEYS[1] .. 'news', 'flush ' .. ARGV[2])
return redis.call('ZRANGE', processes, 0, -1)
"""
)
_ACKNOWLEDGE = Script("redis.call('PUBLISH', KEYS[1] .. 'news', 'flushed ' .. ARGV[1] .. ' ' .. ARGV[2])")  # fmt: skip


class RedisJournal:
    """What all processes have answered, and this process's way of adding to it.

    Args:
        link: The way to Redis.
        own: What this process has answered; its bounds are those of what can wait for Redis.
        now: Seconds since the epoch.
        limit: Most entries kept.
        max_bytes: Most bytes of them.
        idle: Seconds after the last exchange when Redis forgets them all.
        patience: Seconds that other processes have for writing what they answered.

    Attributes:
        dropped: How many exchanges were never written, because too many waited for Redis.
        dropped_ids: The first and the last of them.
        listening: Set while ``hear`` is told of what is published.
    """

    def __init__(
        self,
        link: Link,
        own: Journal,
        *,
        now: Callable[[], float],
        limit: int = 10_000,
        max_bytes: int = 32 * 2**20,
        idle: float = 86_400.0,
        patience: float = 2.0,
    ) -> None:
        self.dropped = 0
        self.dropped_ids: tuple[str, str] | None = None
        self._link = link
        self._own = own
        self._now = now
        self._limit = limit
        self._max_bytes = max_bytes
        self._patience = patience
        self._kept_ms = int(idle * 1000)
        self._sent = self._expired = own.appended
        self._written = now()
        self._appended = 0
        self._kept = 0
        self._born = ""
        self._past: set[str] = set()
        self._flushing = asyncio.Lock()
        self.listening = asyncio.Event()
        self._asked = 0
        self._acknowledged: dict[str, asyncio.Queue[str]] = {}

    @property
    def limit(self) -> int:
        """Return the most entries kept."""
        return self._limit

    @property
    def max_bytes(self) -> int:
        """Return the most bytes kept, about."""
        return self._max_bytes

    @property
    def kept(self) -> int:
        """Return how many entries were kept when Redis last said so."""
        return self._kept

    @property
    def appended(self) -> int:
        """Return how many exchanges were ever appended, as Redis last said."""
        return self._appended

    @property
    def born(self) -> str:
        """Return what tells what Redis has now from what it had before it lost it, as it last said."""
        return self._born

    @property
    def waiting(self) -> int:
        """Return how many exchanges of this process wait for Redis."""
        return self._own.appended - self._sent

    def notes(self) -> dict[str, object]:
        """Return what is to be said of the way to Redis."""
        return {"waiting": self.waiting, "dropped": self.dropped, "dropped_ids": self.dropped_ids}

    # Writing

    async def flush(self) -> None:
        """Write what this process has answered so far.

        Raises:
            StoreError: Redis is away; everything waits for the next time, as far as there is room.
        """
        target = self._own.appended
        while self._sent < target:
            async with self._flushing:
                await self._send()

    async def _send(self) -> None:
        """Write the next batch; only one at a time, so that numbers arrive in order."""
        found = self._own.since(self._sent)
        if lost := self.waiting - len(found):
            first, last = self._own.id_of(self._sent + 1), self._own.id_of(self._sent + lost)
            self.dropped_ids = (self.dropped_ids[0] if self.dropped_ids else first, last)
            self.dropped += lost
            self._sent += lost
        words: list[object] = []
        size = count = 0
        for one in found[:_BATCH]:
            text = write_exchange(one)
            count += 1
            words += (
                self._sent + count,
                one.id,
                _bytes(one.session),
                json.dumps(served_by(one.about)),
            )
            words += (text, _beginning(one.session) + json.dumps(one.operation).encode(), repr(one.time))  # fmt: skip
            size += len(text)
            if size > _BATCH_BYTES:
                break
        await self._append(self._sent + count, words)
        self._sent += count

    async def _append(self, last: int, words: Iterable[object] = ()) -> None:
        bounds = (self._own.run, self._limit, self._max_bytes, self._kept_ms)
        now = self._now()
        if (now - self._written) * 1000 > self._kept_ms * _NEARLY:
            self._expired = self._sent  # which Redis was to forget
        await self._link.run(_APPEND, *bounds, repr(now), MOST, last, self._expired, *words)
        self._written = now

    async def _settle(self) -> None:
        """Write what this process has answered so far, and say how much there was: Redis may have lost it."""
        await self.flush()
        async with self._flushing:
            await self._append(self._sent)

    # What others say

    async def hear(self, kind: str, words: list[str]) -> None:
        """Take a piece of news from ``news``; those that are not the journal's are left alone."""
        match kind, words:
            case "journal", [appended, kept, *born]:
                self._learn(int(appended), int(kept), "".join(born))
            case "flush", [token]:
                await self._settle()
                await self._link.run(_ACKNOWLEDGE, token, self._own.run)
            case "flushed", [token, run] if token in self._acknowledged:
                self._acknowledged[token].put_nowait(run)
            case _:
                pass

    async def count(self) -> None:
        """Learn how many exchanges there are."""
        appended, kept, born = await self._link.run(_COUNTS)
        self._learn(int(appended), int(kept), born.decode())

    def _learn(self, appended: int, kept: int, born: str) -> None:
        """Take what Redis said; news may come later than what was asked for after them."""
        if born in self._past:
            return
        if born in ("", self._born):
            appended = max(appended, self._appended)
        else:
            self._past |= {self._born} - {""}  # of which late news may still come
            self._born = born
        self._appended, self._kept = appended, kept

    async def complete(self) -> None:
        """Wait until every process has written what it had answered.

        Raises:
            StoreError: Redis is away, or a process did not say so in time.
        """
        await self._settle()
        self._asked += 1
        token = f"{self._own.run}/{self._asked}"
        said = self._acknowledged[token] = asyncio.Queue()
        try:
            missing, heard = {"of this mock"}, {self._own.run}
            async with asyncio.timeout(self._patience):
                await self.listening.wait()
                while missing:
                    found = await self._link.run(_ASK, repr(self._now() - LIFE_SECONDS), token)
                    missing = {name.decode() for name in found} - heard
                    # Whoever did not listen yet, after an outage, is asked again.
                    with suppress(TimeoutError):
                        async with asyncio.timeout(_AGAIN_SECONDS):
                            while missing:
                                heard.add(await said.get())
                                missing -= heard
        except TimeoutError:
            message = f"the processes {', '.join(sorted(missing))} have not yet written what they answered"
            raise StoreError(Finding("store-unavailable", message)) from None
        finally:
            del self._acknowledged[token]

    # Reading

    async def news(self, seen: int) -> tuple[int, list[Exchange]]:
        """Return the number of the last exchange, and those after the first ``seen`` ones as far as still kept."""
        found = await self._from(seen + 1)
        last = found[-1][0] if found else max(self._appended, seen)
        return last, [one for _, one in found]

    async def entries(self) -> list[Exchange]:
        """Return every exchange that is kept, in the order in which they arrived."""
        await self.complete()
        found = await self._from(0)
        await self.count()
        return [one for _, one in found]

    async def _from(self, number: int) -> list[tuple[int, Exchange]]:
        found: list[tuple[int, Exchange]] = []
        while True:
            page = await self._link.run(_PAGE_OF, f"{number}-0", _PAGE)
            found += map(_read, page)
            if len(page) < _PAGE:
                return found
            number = found[-1][0] + 1

    async def entry(self, identity: str) -> Exchange | None:
        """Return the exchange of that id, ``None`` where it is not kept."""
        await self.complete()
        found = await self._link.run(_ENTRY, _bytes(identity))
        return _read(found[0])[1] if found else None

    async def clear(self, session: str | None = None) -> None:
        """Forget every exchange, or those of one session; what is counted as served stays."""
        await self.complete()
        words = () if session is None else (_bytes(session), _beginning(session))
        await self._link.run(_CLEAR, *words)

    async def losses(self) -> Losses:
        """Return what is no longer kept though nobody cleared it."""
        counts, times = map(_pairs, await self._link.run(_LOST))
        return Losses({_whose(key): (int(count), float(times[key])) for key, count in counts.items()})  # fmt: skip

    async def served(self, session: str | None = None) -> "Counter[Served]":
        """Return how often each answer was served since the start; of one session, as far as it is kept."""
        if session is not None:
            kept = await self.entries()
            return Counter(served_by(one.about) for one in kept if one.session == session)
        await self.complete()
        found = await self._link.run(_SERVED)
        return Counter({Served(*json.loads(key)): int(count) for key, count in _pairs(found).items()})  # fmt: skip


def _read(entry: Any) -> tuple[int, Exchange]:
    place, fields = entry
    return int(place.partition(b"-")[0]), read_exchange(fields[5])


def _pairs(found: list[bytes]) -> dict[bytes, bytes]:
    return dict(zip(found[::2], found[1::2], strict=True))


def _beginning(session: str) -> bytes:
    """Return what the losses of a session, and no other's, begin with; JSON of the operation follows."""
    name = _bytes(session)
    return b"%d:%b" % (len(name), name)


def _whose(key: bytes) -> Whose:
    if key == b"*":
        return None
    length, _, rest = key.partition(b":")
    at = int(length)
    return rest[:at].decode("utf-8", "surrogatepass"), json.loads(rest[at:])


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")
