"""The ASGI application: mock traffic at every path, in front of the control API below its prefix.

It reads requests, asks ``mocking`` for the decision, and delivers it; it decides nothing about answers itself.
Starlette's shell would cost about 7 µs a request, so mock traffic never enters it.
"""

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from time import perf_counter
from typing import NamedTuple

from mockserver.messages import HttpRequest, HttpResponse, Redactor, problem
from mockserver.mocking.decide import Incoming, Mock
from mockserver.mocking.decision import Decision
from mockserver.mocking.explain import EXPLAINING
from mockserver.server.cors import Cors, is_preflight
from mockserver.server.log import escape, logger
from mockserver.server.wire import (
    AsgiApp,
    BodyRefused,
    Disconnected,
    Receive,
    Scope,
    Send,
    has_no_body,
    read_body,
    read_request,
    send_response,
)
from mockserver.settings import Settings
from mockserver.state.journal import Exchange, Journal
from mockserver.state.store import DEFAULT_SESSION, Store

BODY_KEPT = 64 * 1024
"""Bytes of each body that the journal keeps."""

Background = Callable[[], AbstractAsyncContextManager[object]]
"""What runs beside the requests, from start to stop."""


class Served(NamedTuple):
    """What answers now; a reload replaces it as one reference."""

    mock: Mock
    redactor: Redactor


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
        self._prefix = settings.control_prefix
        self._below_prefix = f"{settings.control_prefix}/"
        self._max_body = settings.max_body
        self._explain = not settings.quiet_headers
        exposed = EXPLAINING if self._explain else ()
        self._cors = Cors(settings.cors_origin, exposed=exposed) if settings.cors else None
        self._control = control
        self._store = store
        self._journal = journal
        self._now = now
        self._recorded = recorded
        self._background = background
        self.use(mock)

    def use(self, mock: Mock) -> None:
        """Answer from another mock from the next request on; requests under way keep the one they began with."""
        self._served = Served(mock, redactor_for(mock))

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
        served, request, session = self._served, read_request(scope), DEFAULT_SESSION
        preflight = self._cors is not None and is_preflight(request)
        begun = perf_counter()
        try:
            if preflight:
                decision = self._permit(request)
            else:
                incoming = served.mock.read(request)
                session = incoming.session
                if body := await read_body(request.headers, receive, limit=self._max_body):
                    request = request._replace(body=body)
                    incoming = incoming._replace(request=incoming.request._replace(body=body))
                    begun = perf_counter()
                decision = self._decide(served.mock, incoming)
        except Disconnected:
            return
        except BodyRefused as refused:
            decision = self._own(refused.response, "refused; the request's body")
        except Exception:
            target = escape(request.path.decode("latin-1"))
            logger.exception("the mock failed at %s %s", request.method, target)
            decision = self._own(_FAILED, "internal-error; the log has the traceback")
        if decision.delay:
            await _pause(decision.delay)
        response = self._complete(decision.response, request, shared=not preflight)
        head = request.method == "HEAD"
        trace, duration = self._journal.next_id(), perf_counter() - begun
        self._journal.append(
            Exchange(
                trace,
                self._now() - duration,
                session,
                request.method,
                request.path,
                served.redactor.query(request.query),
                decision.operation.name if decision.operation else None,
                response.status,
                decision.case,
                decision.scenario,
                decision.token,
                decision.why,
                decision.violations,
                decision.error,
                duration,
                served.redactor.headers(request.headers, decision.token),
                request.body[:BODY_KEPT],
                served.redactor.headers(response.headers),
                b"" if head or has_no_body(response.status) else response.body[:BODY_KEPT],
            )
        )
        self._recorded()
        extra = ((b"x-mock-trace", trace.encode()),) if self._explain else ()
        await send_response(send, response, head=head, extra=extra)

    def _decide(self, mock: Mock, incoming: Incoming) -> Decision:
        """Decide, and let the session remember it; decide again where the session moved meanwhile.

        A decision takes no time that another request could slip into, so with sessions in this process the first one
        counts; the wait for a delay comes after it.
        """
        while True:
            session = self._store.session(incoming.session)
            decision = mock.decide(incoming.request, session, incoming.controls)
            if decision.advance is None or self._store.advance(session, decision.advance):
                return decision

    def _permit(self, request: HttpRequest) -> Decision:
        """Answer a preflight in the browser's words, even where the document describes OPTIONS."""
        assert self._cors is not None
        return self._own(self._cors.permit(request), "preflight; CORS")

    def _own(self, response: HttpResponse, why: str) -> Decision:
        """Return a decision that neither document nor fixtures take part in."""
        if self._explain:
            response = response._replace(
                headers=(*response.headers, (b"x-mock-why", why.encode("ascii")))
            )
        error = dict(response.headers).get(b"x-mock-error")
        return Decision(
            response, None, None, None, why, error=error.decode("ascii") if error else None
        )

    def _complete(
        self, response: HttpResponse, request: HttpRequest, *, shared: bool
    ) -> HttpResponse:
        """Return an answer that can be sent, with the headers that a browser needs."""
        if response.status < 200:
            response = _INTERIM
        if shared and self._cors is not None:
            headers = self._cors.share(response.headers, request.headers)
            return HttpResponse(response.status, headers, response.body)
        return response


async def _pause(seconds: float) -> None:
    """Wait; where the server stops meanwhile the answer goes out early rather than never."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        return


def redactor_for(mock: Mock) -> Redactor:
    """Return what takes the credentials of a document's security schemes out of exchanges."""
    schemes = mock.api.security_schemes.values()
    return Redactor(
        headers=[scheme.parameter for scheme in schemes if scheme.parameter_in == "header"],
        query=[scheme.parameter for scheme in schemes if scheme.parameter_in == "query"],
    )


_FAILED = problem(
    500,
    "internal-error",
    "Internal error",
    "the mock failed; its log has the traceback, please report it",
)
_INTERIM = problem(
    500,
    "interim-status",
    "Not a final status",
    "the chosen status is below 200, which cannot end an exchange (RFC 9110 §15.2)",
)
