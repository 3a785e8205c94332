"""Sessions in Redis, for several processes: one hash each, changed by scripts that compare and set in one step.

Keys, below the link's root: ``session:NAME`` has the fields ``s`` (scenario), ``c:OPERATION`` (call number), ``v:KEY`` (value as
canonical JSON, compared as text) and ``t`` (what committed last); ``sessions`` orders the names by last use.
"""

import asyncio
import json
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Any
from weakref import WeakValueDictionary

from mockserver.state.redis_link import Link, Script
from mockserver.state.store import DAY, DEFAULT_SESSION, Advance, Session

_SLACK = 60.0
_KNOWN = 10_000
_KNOWN_BYTES = 64 * 2**20

# ARGV of all: name, now, the time before which a session is idle, most sessions, milliseconds that Redis keeps what
# nobody touches. ``touch`` forgets what MemoryStore would, in the same order.
_COMMON = """
local root, name = KEYS[1], ARGV[1]
local key, order = root .. 'session:' .. name, root .. 'sessions'
local function purge()
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', order, '-inf', '(' .. ARGV[3])) do
    redis.call('DEL', root .. 'session:' .. old)
    redis.call('ZREM', order, old)
  end
end
local function touch()
  purge()
  if name ~= 'default' then
    redis.call('ZADD', order, ARGV[2], name)
    while redis.call('ZCARD', order) > tonumber(ARGV[4]) do
      redis.call('DEL', root .. 'session:' .. redis.call('ZPOPMIN', order)[1])
    end
    redis.call('PEXPIRE', order, ARGV[5])
  end
end
local function keep()
  redis.call('PEXPIRE', key, ARGV[5])
end
"""

_FETCH = Script(_COMMON + "touch() keep() return redis.call('HGETALL', key)")

# Further: token, operation, the call number that the decision saw, then key, expected and new value of each change;
# empty means absent.
_COMMIT = Script(
    _COMMON
    + """
touch()
local token, calls = ARGV[6], 'c:' .. ARGV[7]
if redis.call('EXISTS', root .. 'done:' .. token) == 1 then return 1 end
if (redis.call('HGET', key, calls) or '0') ~= ARGV[8] then return 0 end
for i = 9, #ARGV, 3 do
  if (redis.call('HGET', key, 'v:' .. ARGV[i]) or '') ~= ARGV[i + 1] then return 0 end
end
redis.call('HINCRBY', key, calls, 1)
for i = 9, #ARGV, 3 do
  if ARGV[i + 2] == '' then redis.call('HDEL', key, 'v:' .. ARGV[i])
  else redis.call('HSET', key, 'v:' .. ARGV[i], ARGV[i + 2]) end
end
redis.call('SET', root .. 'done:' .. token, '1', 'PX', 10000)
keep()
return 1
"""
)

# Further: field and value of each; empty means absent.
_PUT = Script(
    _COMMON
    + """
touch()
for i = 6, #ARGV, 2 do
  if ARGV[i + 1] == '' then redis.call('HDEL', key, ARGV[i])
  else redis.call('HSET', key, ARGV[i], ARGV[i + 1]) end
end
keep()
"""
)
_RESET = Script(_COMMON + "touch() redis.call('DEL', key)")
_DELETE = Script(_COMMON + "purge() redis.call('DEL', key) return redis.call('ZREM', order, name)")
_NAMES = Script(_COMMON + "purge() return redis.call('ZRANGE', order, 0, -1)")
_LISTED = Script(
    _COMMON
    + """
purge()
local found = {{'default', redis.call('HGETALL', root .. 'session:default')}}
for _, one in ipairs(redis.call('ZRANGE', order, 0, -1)) do
  found[#found + 1] = {one, redis.call('HGETALL', root .. 'session:' .. one)}
end
return found
"""
)


class RedisStore:
    """Sessions that several processes share.

    Args:
        link: The way to Redis.
        run: Differs between processes and runs.
        now: Seconds since the epoch; the clocks of all processes are about equal.
        limit: Most sessions kept at a time, ``default`` beside them.
        idle: Seconds after which a session that nobody asked for is forgotten.
    """

    local = False

    def __init__(
        self,
        link: Link,
        run: str,
        *,
        now: Callable[[], float],
        limit: int = 10_000,
        idle: float = DAY,
    ) -> None:
        self._link = link
        self._run = run
        self._now = now
        self._limit = limit
        self._idle = idle
        self._commits = 0
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._known: OrderedDict[str, Session] = OrderedDict()
        self._known_bytes = 0

    @property
    def degraded(self) -> bool:
        """Tell whether Redis is away."""
        return bool(self._link.away)

    def session(self, name: str) -> Session:
        """Refuse: what other processes change has to be waited for."""
        raise AssertionError(name)

    def advance(self, session: Session, advance: Advance) -> bool:
        """Refuse: what other processes change has to be waited for."""
        raise AssertionError(session, advance)

    def turn(self, name: str) -> asyncio.Lock:
        """Let one request of this process after the other decide on a session: only other processes can be met."""
        lock = self._turns.get(name)
        if lock is None:
            lock = self._turns[name] = asyncio.Lock()
        return lock

    async def fetch(self, name: str) -> Session:
        """Return what the session of that name is now, made on first use; it does not follow what others change."""
        session = _session(name, await self._call(_FETCH, name))
        self._remember(session)
        return session.copy()

    async def commit(self, session: Session, advance: Advance) -> bool:
        """Apply a decision's changes; ``False`` where value or call number are no longer what it saw: decide again."""
        operation, changes = advance
        self._commits += 1
        words: list[object] = [f"{self._run}-{self._commits}", _bytes(operation)]
        words.append(session.calls.get(operation, 0))
        for key, expected, value in changes:
            words += (_bytes(key), _json(expected), _json(value))
        if not await self._call(_COMMIT, session.name, *words):
            return False
        known = self._known.get(session.name)
        if known is not None:
            known.calls[operation] = session.calls.get(operation, 0) + 1
            for key, _, value in changes:
                known.values[key] = value
                if value is None:
                    del known.values[key]
        return True

    async def listed(self) -> list[Session]:
        """Return what all sessions are now, in the order of ``names``; none counts as used by that."""
        found = await self._call(_LISTED, DEFAULT_SESSION)
        return [_session(_text(name), fields) for name, fields in found]

    async def names(self) -> list[str]:
        """Return the names of all sessions that are kept, the least recently used first; ``default`` always is."""
        found = await self._call(_NAMES, DEFAULT_SESSION)
        return [DEFAULT_SESSION, *map(_text, found)]

    async def set_scenario(self, name: str, scenario: str | None) -> None:
        """Choose the scenario of a session; ``None`` follows the server's default again."""
        await self._call(_PUT, name, "s", _bytes(scenario or ""))

    async def put(self, name: str, values: Mapping[str, object]) -> None:
        """Set values of a session whatever they were; ``None`` removes one."""
        words = [word for key, value in values.items() for word in (b"v:" + _bytes(key), _json(value))]  # fmt: skip
        await self._call(_PUT, name, *words)

    async def reset(self, name: str) -> None:
        """Forget everything that a session remembers; its next call is its first."""
        await self._call(_RESET, name)
        self._forget(name)

    async def delete(self, name: str) -> bool:
        """Forget a session altogether; ``False`` where there is none. ``default`` is reset instead."""
        self._forget(name)
        return bool(await self._call(_DELETE, name)) or name == DEFAULT_SESSION

    async def _call(self, script: Script, name: str, *words: object) -> Any:
        now = self._now()
        kept = int((self._idle + _SLACK) * 1000)
        bounds = (repr(now), repr(now - self._idle), self._limit, kept)
        return await self._link.run(script, _bytes(name), *bounds, *words)

    # What is answered while Redis is away

    def last_known(self, name: str) -> Session:
        """Return a session as this process saw it last, for an answer while the store is away."""
        return self._known[name].copy() if name in self._known else Session(name)

    def count(self, name: str, operation: str) -> None:
        """Count such an answer, in this process alone; what it would have changed stays."""
        if name not in self._known:
            self._remember(Session(name))
        calls = self._known[name].calls
        calls[operation] = calls.get(operation, 0) + 1

    def _remember(self, session: Session) -> None:
        self._forget(session.name)
        self._known[session.name] = session
        self._known_bytes += session.weight
        while len(self._known) > _KNOWN or self._known_bytes > _KNOWN_BYTES:
            self._forget(next(iter(self._known)))

    def _forget(self, name: str) -> None:
        if gone := self._known.pop(name, None):
            self._known_bytes -= gone.weight


def _session(name: str, fields: list[bytes]) -> Session:
    session = Session(name, weight=sum(map(len, fields)))
    for raw, value in zip(fields[::2], fields[1::2], strict=True):
        field = _text(raw)
        if field == "s":
            session.scenario = _text(value)
        elif field.startswith("c:"):
            session.calls[field[2:]] = int(value)
        elif field.startswith("v:"):
            session.values[field[2:]] = json.loads(value)
    return session


def _json(value: object) -> str:
    """Return a value as it is kept and compared; empty for ``None``, which means absent."""
    return "" if value is None else json.dumps(value, sort_keys=True, separators=(",", ":"))


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogatepass")
