"""The ASGI application: mock traffic at every path, in front of the control API below its prefix.

It reads requests, asks ``mocking`` for the decision, and delivers it; it decides nothing about answers itself.
Starlette's shell would cost about 7 µs a request, so mock traffic never enters it.
"""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from time import perf_counter

from mockserver.messages import HttpRequest, HttpResponse
from mockserver.mocking.decide import Mock
from mockserver.server.exchanges import Exchanges, Known, Served
from mockserver.server.faults import feasible, pause, send_faulty
from mockserver.server.memory import LONGEST, Memory
from mockserver.server.wire import (
    BODY,
    CUT,
    REPLY,
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

_NONE: dict[str, object] = {}

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

    Attributes:
        begun: Called when everything is there that answers need.
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
        self._memory = Memory()
        self._control = control
        self._background = background
        self.begun: Callable[[], object] = lambda: None

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
            self.begun()
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def _exchange(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request: read, decide, wait, record, deliver."""
        exchanges, request = self.exchanges, read_request(scope)
        served = exchanges.served
        preflight = request.method == "OPTIONS" and exchanges.is_preflight(request)
        begun = perf_counter()
        extensions = scope.get("extensions", _NONE)
        at_once, complete = extensions.get(REPLY), extensions.get(BODY)
        try:
            if preflight:
                known = Known(served, request)
                decision = exchanges.permit(request)
            else:
                if complete is None or len(complete) > self._max_body:
                    complete = await read_body(
                        request.headers, receive, limit=self._max_body, complete=complete
                    )
                body = complete
                if body:
                    request = request._replace(body=body)
                    begun = perf_counter()
                known = self._known(served, request)
                decision = (
                    exchanges.decide(known)
                    if exchanges.shared is None
                    else await exchanges.decide_shared(known)
                )
        except Disconnected:
            return
        except BodyRefused as refused:
            known = Known(served, request)
            known.read()
            decision = exchanges.own(refused.response, "refused; the request's body")
            at_once = None  # its head may end the connection
        except Exception:
            known = Known(served, request)
            decision = exchanges.failed(request)
        if decision.fault:
            decision = feasible(decision, scope)
        if decision.delay:
            await pause(decision.delay)
        reply = exchanges.finish(known, decision, begun, shared=not preflight)
        if decision.fault is None and at_once is not None and at_once(reply):
            return
        extra = ((b"x-mock-trace", reply.trace),) if reply.trace else ()
        response = HttpResponse(reply.status, reply.ready.sent, reply.body)
        if decision.fault:
            cut = scope.get("extensions", _NONE).get(CUT)
            await send_faulty(send, cut, response, decision.fault, extra=extra)
        else:
            await send_response(send, response, head=request.method == "HEAD", extra=extra)

    def _known(self, served: Served, request: HttpRequest) -> Known:
        """Return a request with what follows from it, which is kept for the next one like it."""
        if len(request.body) > LONGEST or served is not self.exchanges.served:
            return Known(served, request)
        return self._memory.known(served, request)
