"""What a request gets: the answer, the reasons, and what is to be remembered of it."""

from typing import NamedTuple

from mockserver.messages import HttpResponse, Violation
from mockserver.spec.model import Operation
from mockserver.state.store import Advance


class Decision(NamedTuple):
    """The answer to one request, and the reasons.

    Attributes:
        response: Complete but for ``Content-Length``, ``Date``, CORS and ``X-Mock-Trace``.
        why: Selector, rule and ``file:line``, separated by ``; ``.
        violations: Of the request, then of the answer.
        token: Name of the token fixture that the request bears.
        error: Slug, where the answer is the mock's own problem.
        delay: Seconds to wait before the answer goes out.
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

    def with_response(self, response: HttpResponse) -> "Decision":
        """Return the same decision with another answer; a quarter of the time of ``_replace``."""
        return tuple.__new__(Decision, (response, *self[1:]))
