"""The way to a Redis: whether it is there, and scripts run in one step each. Knows nothing of what they mean.

Invariants: nothing waits for a Redis that is known to be away, and nothing longer than the timeouts for one that is not.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError, NoScriptError, RedisError

from mockserver.errors import Finding, SettingsError, StoreError

CONNECT_SECONDS = 0.5
ANSWER_SECONDS = 1.0
_SILENT_TURNS = 10
"""Of so many seconds of an answer: a subscription that hears nothing, in the second half not even the answer to a ping."""
_GONE = (RedisError, OSError, RuntimeError)
"""What the client raises where the other end is gone; uvloop says ``RuntimeError`` of a connection that has just ended."""
_AT_ONCE = 64
"""Commands under way at a time: more only wait at the other end."""

Changed = Callable[[str | None], object]
"""Told why Redis went away, and ``None`` when it is back."""


class Script:
    """A Lua script: all of it happens, or nothing. Its only key is the root of ours."""

    __slots__ = ("sha", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.sha = hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


class Link:
    """One process's way to a Redis.

    Args:
        url: Its URL; ``prefix`` in the query names what our keys begin with.
        title: What they begin with otherwise.
        changed: Called when Redis goes away and when it comes back.

    Attributes:
        root: What every key of ours begins with; in braces, so that a cluster keeps them together.
        where: The URL without credentials, for people.
        away: Why Redis cannot be asked; empty where it can.
    """

    def __init__(self, url: str, title: str, changed: Changed = lambda _: None) -> None:
        parts = urlsplit(url)
        query = parse_qsl(parts.query)
        prefix = next((value for name, value in query if name == "prefix"), title)
        kept = [(name, value) for name, value in query if name != "prefix"]
        self._url = urlunsplit(parts._replace(query=urlencode(kept)))
        self.root = f"mockserver:{{{quote(prefix, safe='')}}}:"
        self.where = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2], query=""))
        self.away = ""
        self._changed = changed
        self._redis: Redis | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._period = 0
        try:
            make: Callable[[], object] = self._client().connection_pool.make_connection
            make()  # which connects nowhere yet
        except (TypeError, ValueError) as error:
            message = f"--store {self.where} is not understood: {error}"
            raise SettingsError(Finding("bad-store", message)) from None

    def _client(self) -> Redis:
        if self._redis is None:
            # One more try, because Redis may have closed a connection that nobody used; every script stands a second one.
            retry = Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,))
            self._redis = Redis.from_url(
                self._url,
                protocol=2,
                retry=retry,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
            )
        return self._redis

    def gone(self) -> StoreError:
        """Return what is raised while Redis is away."""
        message = f"Redis at {self.where} cannot be asked: {self.away}"
        return StoreError(Finding("store-unavailable", message))

    async def run(self, script: Script, *arguments: Any, probe: bool = False) -> Any:
        """Run a script on the root.

        Args:
            script: Harmless when it runs twice.
            arguments: Its ``ARGV``.
            probe: Ask even where Redis is away; an answer ends that.

        Raises:
            StoreError: Redis is away, or does not do it.
        """
        if self.away and not probe:
            raise self.gone()
        period = self._period
        try:
            async with self._slots:
                if self.away and not probe:  # it went while this one waited for its turn
                    raise self.gone()
                answer = await self._evaluate(script, arguments)
        except _GONE as error:
            # What began before Redis came back tells nothing of now.
            if period == self._period:
                await self._lose(error)
            raise StoreError(Finding("store-unavailable", f"Redis at {self.where}: {_reason(error)}")) from error  # fmt: skip
        if self.away and period == self._period:
            self.away = ""
            self._changed(None)
        return answer

    async def _evaluate(self, script: Script, arguments: tuple[Any, ...]) -> Any:
        call: Callable[..., Awaitable[Any]] = self._client().execute_command
        try:
            return await call("EVALSHA", script.sha, 1, self.root, *arguments)
        except NoScriptError:
            return await call("EVAL", script.text, 1, self.root, *arguments)

    async def _lose(self, error: Exception) -> None:
        if self.away:
            self.away = _reason(error)
            return
        self.away = _reason(error)
        self._period += 1
        self._changed(self.away)
        with suppress(*_GONE):
            await self._client().connection_pool.disconnect(inuse_connections=False)

    async def news(self, channel: str) -> AsyncIterator[str]:
        """Yield what is published on one of our channels, and an empty text each time that the hearing begins.

        Ends where Redis goes away, or says nothing to a ping: a connection that a firewall has forgotten is silent for ever.
        """
        silent = 0
        heard = self._client().pubsub()
        try:
            await heard.subscribe(f"{self.root}{channel}")
            while silent < _SILENT_TURNS:
                message = await heard.get_message(timeout=ANSWER_SECONDS)
                if message is None:
                    silent += 1
                    if silent == _SILENT_TURNS // 2:
                        await heard.ping()
                    continue
                silent = 0
                if message["type"] != "pong":
                    yield message["data"].decode() if message["type"] == "message" else ""
        except _GONE:
            return
        finally:
            with suppress(*_GONE):
                await heard.aclose()  # type: ignore[no-untyped-call]  # the client's own

    async def close(self) -> None:
        """Let go of all connections."""
        if self._redis is not None:
            with suppress(*_GONE):
                await self._redis.aclose()


async def end(tasks: Iterable[asyncio.Task[None]]) -> None:
    """End tasks that use a link: the client sometimes loses the word that it shall, so it is said until it is heard."""
    running = set(tasks)
    while running:
        for task in running:
            task.cancel()
        _, running = await asyncio.wait(running, timeout=0.1)


def _reason(error: Exception) -> str:
    return str(error).rstrip(".") or type(error).__name__
