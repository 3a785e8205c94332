"""One exchange, however it came in and goes out: decided, completed with what browsers need, recorded.

Both ways of answering, ASGI and the protocol's fast lane, call this, and so cannot differ in what they answer.
"""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

from mockserver.messages import HeaderPair, HttpRequest, HttpResponse, Redactor, problem
from mockserver.mocking.decide import Incoming, Mock
from mockserver.mocking.decision import Decision
from mockserver.server.cors import Cors, is_preflight
from mockserver.server.log import escape, logger
from mockserver.server.wire import has_no_body
from mockserver.settings import Settings
from mockserver.state.journal import Exchange, Journal
from mockserver.state.store import Store

BODY_KEPT = 64 * 1024
"""Bytes of each body that the journal keeps."""

_READY_LIMIT = 1024
_ORIGIN_LIMIT = 256


class Ready:
    """The headers of an answer as they are sent and shown, made once for all answers that bear them.

    Attributes:
        source: The decision's own; held, because they are known by their identity.
        sent: With those that a browser needs; ``X-Mock-Trace`` and ``Content-Length`` follow.
        shown: The same without secrets.
        head: The same as bytes, for whoever writes them; empty until then.
    """

    __slots__ = ("head", "sent", "shown", "source")

    def __init__(
        self,
        source: tuple[HeaderPair, ...],
        sent: tuple[HeaderPair, ...],
        shown: tuple[HeaderPair, ...],
    ) -> None:
        self.source = source
        self.sent = sent
        self.shown = shown
        self.head = b""


class Reply(NamedTuple):
    """What goes out.

    Attributes:
        trace: Value of ``X-Mock-Trace``; empty where it is not sent.
    """

    status: int
    ready: Ready
    body: bytes
    trace: bytes


class Served:
    """What answers now; a reload replaces it as one reference."""

    __slots__ = ("mock", "ready", "redactor")

    def __init__(self, mock: Mock) -> None:
        schemes = mock.api.security_schemes.values()
        self.mock = mock
        self.redactor = Redactor(
            headers=[scheme.parameter for scheme in schemes if scheme.parameter_in == "header"],
            query=[scheme.parameter for scheme in schemes if scheme.parameter_in == "query"],
        )
        self.ready: dict[tuple[int, int, bytes | None], Ready] = {}


class Exchanges:
    """Answers requests that are complete, and keeps a record of each.

    Args:
        mock: Answers until ``use`` replaces it.
        settings: What answers carry.
        store: Remembers the sessions.
        journal: Remembers the exchanges.
        now: Seconds since the epoch.
        recorded: Called after each exchange entered the journal.
    """

    def __init__(
        self,
        mock: Mock,
        settings: Settings,
        *,
        store: Store,
        journal: Journal,
        now: Callable[[], float],
        recorded: Callable[[], object],
    ) -> None:
        self._explain = not settings.quiet_headers
        exposed = (b"x-mock-trace",) if self._explain else ()
        self._cors = Cors(settings.cors_origin, exposed=exposed) if settings.cors else None
        self._store = store
        self._journal = journal
        self._now = now
        self._recorded = recorded
        self.use(mock)

    def use(self, mock: Mock) -> None:
        """Answer from another mock from the next request on; requests under way keep the one they began with."""
        self.served = Served(mock)

    def at_once(self, request: HttpRequest) -> Reply | None:
        """Answer a complete request without waiting; ``None``, and nothing has happened, where that is not possible."""
        begun = perf_counter()
        served = self.served
        if request.method == "OPTIONS" and self.is_preflight(request):
            return None
        try:
            incoming = served.mock.read(request)
            session = self._store.session(incoming.session)
            decision = served.mock.decide(incoming.request, session, incoming.controls)
            if decision.delay:
                return None
            if decision.advance is not None and not self._store.advance(session, decision.advance):
                return None
        except Exception:
            return None
        return self.finish(served, request, session.name, decision, begun)

    def decide(self, mock: Mock, incoming: Incoming) -> Decision:
        """Decide, and let the session remember it; decide again where the session moved meanwhile.

        A decision takes no time that another request could slip into, so with sessions in this process the first one
        counts; the wait for a delay comes after it.
        """
        while True:
            session = self._store.session(incoming.session)
            decision = mock.decide(incoming.request, session, incoming.controls)
            if decision.advance is None or self._store.advance(session, decision.advance):
                return decision

    def is_preflight(self, request: HttpRequest) -> bool:
        """Tell whether a browser asks for permission, and is told."""
        return self._cors is not None and is_preflight(request)

    def permit(self, request: HttpRequest) -> Decision:
        """Answer a preflight in the browser's words, even where the document describes OPTIONS."""
        assert self._cors is not None
        return self.own(self._cors.permit(request), "preflight; CORS")

    def failed(self, request: HttpRequest) -> Decision:
        """Answer where the mock itself broke; called while the exception is handled."""
        target = escape(request.path.decode("latin-1"))
        logger.exception("the mock failed at %s %s", request.method, target)
        return self.own(_FAILED, "internal-error; the log has the traceback")

    def own(self, response: HttpResponse, why: str) -> Decision:
        """Return a decision that neither document nor fixtures take part in."""
        if self._explain:
            response = response._replace(
                headers=(*response.headers, (b"x-mock-why", why.encode("ascii")))
            )
        error = dict(response.headers).get(b"x-mock-error")
        return Decision(
            response, None, None, None, why, error=error.decode("ascii") if error else None
        )

    def finish(
        self,
        served: Served,
        request: HttpRequest,
        session: str,
        decision: Decision,
        begun: float,
        *,
        shared: bool = True,
    ) -> Reply:
        """Record an exchange, and return what is to be sent.

        Args:
            served: What decided.
            request: As it came, complete.
            session: Its name.
            decision: The answer, all waiting done.
            begun: When the request was complete, by ``perf_counter``.
            shared: Pages of other origins shall see it; a preflight's answer says so itself.
        """
        status, headers, body = decision.response
        if status < 200:
            status, headers, body = _INTERIM
        ready = self._headers(served, status, headers, request, shared=shared)
        journal, redactor = self._journal, served.redactor
        trace, duration = journal.next_id(), perf_counter() - begun
        token = decision.token
        unsent = request.method == "HEAD" or has_no_body(status)
        journal.append(
            Exchange(
                trace,
                self._now() - duration,
                session,
                request.method,
                request.path,
                redactor.query(request.query),
                decision.operation.name if decision.operation else None,
                status,
                decision.case,
                decision.scenario,
                token,
                decision.why,
                decision.violations,
                decision.error,
                duration,
                redactor.headers(request.headers, token),
                request.body[:BODY_KEPT],
                ready.shown,
                b"" if unsent else body[:BODY_KEPT],
            )
        )
        self._recorded()
        return Reply(status, ready, body, trace.encode() if self._explain else b"")

    def _headers(
        self,
        served: Served,
        status: int,
        headers: tuple[HeaderPair, ...],
        request: HttpRequest,
        *,
        shared: bool,
    ) -> Ready:
        """Return an answer's headers with those that a browser needs, kept by the identity of the decision's own."""
        cors = self._cors if shared else None
        origin = request.header(b"origin") if cors else None
        key = (id(headers), status, origin)
        ready = served.ready.get(key)
        if ready is not None and ready.source is headers:
            return ready
        sent = cors.share(headers, request.headers) if cors else headers
        ready = Ready(headers, sent, served.redactor.headers(sent))
        if shared and (origin is None or len(origin) <= _ORIGIN_LIMIT):
            if len(served.ready) >= _READY_LIMIT:  # answers whose headers differ each time
                served.ready.clear()
            served.ready[key] = ready
        return ready


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
