"""The ASGI application: mock traffic at every path, in front of the control API below its prefix.

It reads requests, asks ``mocking`` for the decision, and delivers it; it decides nothing about answers itself.
Starlette's shell would cost about 7 µs a request, so mock traffic never enters it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from time import perf_counter

from mockserver.messages import HttpResponse
from mockserver.mocking.decide import Mock
from mockserver.server.exchanges import Exchanges
from mockserver.server.wire import (
    AsgiApp,
    BodyRefused,
    Disconnected,
    Receive,
    Scope,
    Send,
    read_body,
    read_request,
    send_response,
)
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.store import Store

Background = Callable[[], AbstractAsyncContextManager[object]]
"""What runs beside the requests, from start to stop."""


class MockApp:
    """Answers every request, and keeps a record of each.

    Args:
        mock: Answers until ``use`` replaces it.
        settings: How requests are read and answers go out.
        control: Takes what lies below ``settings.control_prefix``.
        store: Remembers the sessions.
        journal: Remembers the exchanges.
        now: Seconds since the epoch.
        recorded: Called after each exchange entered the journal.
        background: Runs from start to stop of the server.
    """

    def __init__(
        self,
        mock: Mock,
        settings: Settings,
        *,
        control: AsgiApp,
        store: Store,
        journal: Journal,
        now: Callable[[], float],
        recorded: Callable[[], object] = lambda: None,
        background: Background = nullcontext,
    ) -> None:
        self.exchanges = Exchanges(
            mock, settings, store=store, journal=journal, now=now, recorded=recorded
        )
        self._prefix = settings.control_prefix
        self._below_prefix = f"{settings.control_prefix}/"
        self._max_body = settings.max_body
        self._control = control
        self._background = background

    def use(self, mock: Mock) -> None:
        """Answer from another mock from the next request on; requests under way keep the one they began with."""
        self.exchanges.use(mock)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one ASGI scope."""
        match scope["type"]:
            case "http":
                # The decoded path decides, as it does inside Starlette: no spelling reaches one and not the other.
                path: str = scope["path"]
                if path.startswith(self._below_prefix) or path == self._prefix:
                    await self._control(scope, receive, send)
                else:
                    await self._exchange(scope, receive, send)
            case "lifespan":
                await self._live(receive, send)
            case _:
                await receive()
                await send({"type": "websocket.close"})

    async def _live(self, receive: Receive, send: Send) -> None:
        """Run the background from start to stop (ASGI lifespan)."""
        await receive()
        async with self._background():
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: read, decide, wait, record, deliver."""
        exchanges, request = self.exchanges, read_request(scope)
        known = exchanges.know(request)
        preflight = request.method == "OPTIONS" and exchanges.is_preflight(request)
        begun = perf_counter()
        try:
            if preflight:
                decision = exchanges.permit(request)
            else:
                known.read()
                if body := await read_body(request.headers, receive, limit=self._max_body):
                    known.take_body(body)
                    begun = perf_counter()
                decision = exchanges.decide(known)
        except Disconnected:
            return
        except BodyRefused as refused:
            decision = exchanges.own(refused.response, "refused; the request's body")
        except Exception:
            decision = exchanges.failed(request)
        if decision.delay:
            await _pause(decision.delay)
        reply = exchanges.finish(known, decision, begun, shared=not preflight)
        extra = ((b"x-mock-trace", reply.trace),) if reply.trace else ()
        response = HttpResponse(reply.status, reply.ready.sent, reply.body)
        await send_response(send, response, head=request.method == "HEAD", extra=extra)


async def _pause(seconds: float) -> None:
    """Wait; where the server stops meanwhile the answer goes out early rather than never."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        return
