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


class Reasons(NamedTuple):
    """Why an answer is what it is; decisions that repeat share theirs.

    Attributes:
        case, scenario: Names; ``None`` where none took part.
        why: Selector, rule and ``file:line``, separated by ``; ``.
        violations: Of the request, then of the answer.
        token: Name of the token fixture that the request bears.
        error: Slug, where the answer is the mock's own problem.
    """

    operation: Operation | None
    case: str | None
    scenario: str | None
    why: str
    violations: tuple[Violation, ...] = ()
    token: str | None = None
    error: str | None = None


class Decision(NamedTuple):
    """The answer to one request, and the reasons.

    Attributes:
        response: Complete but for ``Content-Length``, ``Date``, CORS and ``X-Mock-Trace``.
        delay: Seconds to wait before the answer goes out.
        advance: What the session remembers; ``None`` where no operation matched.
        fault: What the server does to the answer on its way.
    """

    response: HttpResponse
    reasons: Reasons
    delay: float = 0.0
    advance: Advance | None = None
    fault: WireFault | None = None
