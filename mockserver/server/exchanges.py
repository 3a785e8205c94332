"""One exchange, however it came in and goes out: decided, completed with what browsers need, recorded.

Both ways of answering, ASGI and the protocol's fast lane, call this, and so cannot differ in what they answer.
"""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple, cast

from mockserver.errors import StoreError, escape
from mockserver.messages import HeaderPair, HttpRequest, HttpResponse, Redactor, problem
from mockserver.mocking.decide import Incoming, Judged, Missed, Mock
from mockserver.mocking.decision import Decision, Reasons
from mockserver.server.cors import Cors, is_preflight
from mockserver.server.log import logger
from mockserver.server.wire import has_no_body
from mockserver.settings import Settings
from mockserver.state.exchange import OVERHEAD, About, Exchange, weight_of
from mockserver.state.journal import Journal
from mockserver.state.store import DEFAULT_SESSION, SharedStore, Store

BODY_KEPT = 64 * 1024
"""Bytes of each body that the journal keeps."""

_READY_LIMIT = 1024
_ORIGIN_LIMIT = 256
_DEGRADED: HeaderPair = (b"x-mock-degraded", b"redis")


class Ready:
    """The headers of an answer as they are sent and shown, made once for all answers that bear them.

    Attributes:
        source: The decision's own; held, because they are known by their identity.
        sent: With those that a browser needs; ``X-Mock-Trace`` and ``Content-Length`` follow.
        shown: The same without secrets.
        head: The same as bytes, for whoever writes them; empty until then.
        weight: Bytes of what is shown.
        bodiless: The answer ends with its head.
    """

    __slots__ = ("bodiless", "head", "sent", "shown", "source", "weight")

    def __init__(
        self,
        source: tuple[HeaderPair, ...],
        sent: tuple[HeaderPair, ...],
        shown: tuple[HeaderPair, ...],
        *,
        bodiless: bool = False,
    ) -> None:
        self.source = source
        self.sent = sent
        self.shown = shown
        self.head = b""
        self.weight = weight_of(shown)
        self.bodiless = bodiless


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


class Known:
    """A request with what follows from it alone, found out once, however often the same bytes come.

    Attributes:
        served: What answers it; a request that comes again after a reload is known anew.
        request: As it came.
        incoming: Without what is meant for the mock; ``None`` until it is read.
        session: Its name.
        judged: What the document says of it; ``None`` until somebody asks.
        origin: Of the page that asks; ``None`` without one.
        ready: The headers of the last answer to it.
        status: Of that answer.
        reasons: For that answer.
        about: What the record of that answer says; ``None`` before the first.
    """

    __slots__ = (
        "about",
        "incoming",
        "judged",
        "origin",
        "ready",
        "reasons",
        "request",
        "served",
        "session",
        "status",
    )

    def __init__(self, served: Served, request: HttpRequest) -> None:
        self.served = served
        self.request = request
        self.incoming: Incoming | None = None
        self.session = DEFAULT_SESSION
        self.judged: Judged | Missed | None = None
        self.origin = request.header(b"origin")
        self.ready: Ready | None = None
        self.status = 0
        self.reasons: Reasons | None = None
        self.about: About | None = None

    def read(self) -> Incoming:
        """Return the request without what is meant for the mock."""
        self.incoming = self.served.mock.read(self.request)
        self.session = self.incoming.session
        return self.incoming

    def told(self, reasons: Reasons, ready: Ready) -> About:
        """Return what the record of an answer says, without secrets, and keep it with what it was made for."""
        request, redactor = self.request, self.served.redactor
        operation, case, scenario, why, violations, token, error = reasons
        query = redactor.query(request.query) if request.query else b""
        shown, kept = redactor.headers(request.headers, token), request.body[:BODY_KEPT]
        self.reasons = reasons
        self.about = About(
            self.session,
            request.method,
            request.path,
            query,
            operation.name if operation else None,
            self.status,
            case,
            scenario,
            token,
            why,
            violations,
            error,
            shown,
            kept,
            ready.shown,
            OVERHEAD + len(request.path) + len(query) + len(kept) + weight_of(shown) + ready.weight,
        )
        return self.about


class Exchanges:
    """Answers requests that are complete, and keeps a record of each.

    Attributes:
        shared: The store, where other processes change it too: then ``decide_shared`` decides, and nothing is asked ``at_once``.

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
        self.shared: SharedStore | None = None if store.local else cast("SharedStore", store)
        self._store = store
        self._journal = journal
        self._now = now
        self._recorded = recorded
        self.use(mock)

    def use(self, mock: Mock) -> None:
        """Answer from another mock from the next request on; requests under way keep the one they began with."""
        self.served = Served(mock)

    def know(self, request: HttpRequest) -> Known:
        """Return a request as what serves now knows it."""
        return Known(self.served, request)

    def at_once(self, known: Known) -> Reply | None:
        """Answer a complete request without waiting; ``None``, and nothing has happened, where that is not possible."""
        begun = perf_counter()
        request = known.request
        if request.method == "OPTIONS" and self.is_preflight(request):
            return None
        try:
            decision = self._decide(known, wait=False)
        except Exception:
            return None
        return self.finish(known, decision, begun) if decision else None

    def decide(self, known: Known) -> Decision:
        """Decide, and let the session remember it; decide again where the session moved meanwhile.

        A decision takes no time that another request could slip into, so with sessions in this process the first one
        counts; the wait for a delay comes after it.
        """
        while (decision := self._decide(known, wait=True)) is None:
            pass
        return decision

    def _decide(self, known: Known, *, wait: bool) -> Decision | None:
        """Decide once; ``None`` where the session moved meanwhile, or the answer would have to ``wait`` and may not."""
        mock = known.served.mock
        request, session_name, controls = known.incoming or known.read()
        if known.judged is None:
            known.judged = mock.judge(request)
        session = self._store.session(session_name)
        decision = mock.decide(request, session, controls, known.judged, now=self._now())
        if (decision.delay or decision.fault) and not wait:
            return None
        advance = decision.advance
        if advance is not None and not self._store.advance(session, advance):
            return None
        return decision

    async def decide_shared(self, known: Known) -> Decision:
        """Do as ``decide`` with sessions that other processes change too.

        While the store is away the session is as it was seen last, and only its call numbers go on, in this process.
        """
        store, mock = self.shared, known.served.mock
        assert store is not None
        request, name, controls = known.incoming or known.read()
        if known.judged is None:
            known.judged = mock.judge(request)
        async with store.turn(name):
            while True:
                try:
                    session = await store.fetch(name)
                except StoreError:
                    session = store.last_known(name)
                decision = mock.decide(request, session, controls, known.judged, now=self._now())
                advance = decision.advance
                if not store.degraded:
                    try:
                        if advance is None or await store.commit(session, advance):
                            return decision
                        continue
                    except StoreError:
                        pass
                if advance is not None:
                    store.count(name, advance.operation)
                return self._degraded(decision)

    def _degraded(self, decision: Decision) -> Decision:
        """Say of an answer that the store did not take part in it."""
        if not self._explain:
            return decision
        response = decision.response
        return decision._replace(response=response._replace(headers=(*response.headers, _DEGRADED)))

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
        reasons = Reasons(None, None, None, why, error=error.decode("ascii") if error else None)
        return Decision(response, reasons)

    def finish(
        self, known: Known, decision: Decision, begun: float, *, shared: bool = True
    ) -> Reply:
        """Record an exchange, and return what is to be sent.

        Args:
            known: The request, complete.
            decision: The answer, all waiting done.
            begun: When the request was complete, by ``perf_counter``.
            shared: Pages of other origins shall see it; a preflight's answer says so itself.
        """
        (status, headers, body), reasons = decision.response, decision.reasons
        ready, about = known.ready, known.about
        if ready is None or ready.source is not headers or known.status != status:
            ready = self._headers(known, status, headers, shared=shared)
            about = None
        if about is None or known.reasons is not reasons:
            about = known.told(reasons, ready)
        unsent = ready.bodiless or known.request.method == "HEAD"
        kept = b"" if unsent else body[:BODY_KEPT]
        trace, duration = self._journal.next_id(), perf_counter() - begun
        self._journal.append(Exchange(trace, self._now() - duration, duration, kept, about))
        self._recorded()
        return Reply(status, ready, body, trace.encode() if self._explain else b"")

    def _headers(
        self, known: Known, status: int, headers: tuple[HeaderPair, ...], *, shared: bool
    ) -> Ready:
        """Return an answer's headers with those that a browser needs, kept by the identity of the decision's own."""
        served, cors = known.served, self._cors if shared else None
        origin = known.origin if cors else None
        key = (id(headers), status, origin)
        ready = served.ready.get(key)
        if ready is None or ready.source is not headers:
            sent = cors.share(headers, known.request.headers) if cors else headers
            shown = served.redactor.headers(sent)
            ready = Ready(headers, sent, shown, bodiless=has_no_body(status))
            if shared and (origin is None or len(origin) <= _ORIGIN_LIMIT):
                if len(served.ready) >= _READY_LIMIT:  # answers whose headers differ each time
                    served.ready.clear()
                served.ready[key] = ready
        known.ready, known.status = ready, status
        return ready


_FAILED = problem(
    500,
    "internal-error",
    "Internal error",
    "the mock failed; its log has the traceback, please report it",
)
