"""What a request gets: the answer, the reasons, and what is to be remembered of it."""

from typing import Literal, NamedTuple

from mockserver.messages import HttpResponse, Violation
from mockserver.spec.model import Operation
from mockserver.state.store import Advance

WireKind = Literal["connection-reset", "empty-response", "truncated-body", "drip"]


class WireFault(NamedTuple):
    """What the server does to an answer on its way.

    Attributes:
        over: ``drip``: seconds from the first piece to the last.
        pieces: ``drip``: number of pieces.
    """

    kind: WireKind
    over: float = 0.0
    pieces: int = 1


class Decision(NamedTuple):
    """The answer to one request, and the reasons.

    Attributes:
        response: Complete but for ``Content-Length``, ``Date``, CORS and ``X-Mock-Trace``.
        why: Selector, rule and ``file:line``, separated by ``; ``.
        violations: Of the request, then of the answer.
        token: Name of the token fixture that the request bears.
        error: Slug, where the answer is the mock's own problem.
        delay: Seconds to wait before the answer goes out.
        fault: What the server does to the answer on its way.
        advance: What the session remembers; ``None`` where no operation matched.
    """

    response: HttpResponse
    operation: Operation | None
    case: str | None
    scenario: str | None
    why: str
    violations: tuple[Violation, ...] = ()
    token: str | None = None
    error: str | None = None
    delay: float = 0.0
    advance: Advance | None = None
    fault: WireFault | None = None

    def with_response(self, response: HttpResponse) -> "Decision":
        """Return the same decision with another answer; a quarter of the time of ``_replace``."""
        return tuple.__new__(Decision, (response, *self[1:]))
