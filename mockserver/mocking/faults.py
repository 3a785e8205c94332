"""What goes wrong with an answer: drawn from the seed, counted in the session, decided before anything is sent.

A fault either replaces the answer (``status``, ``rate-limit``), spoils its body (``malformed-body``), or is left to the
server as ``Decision.fault``, because only the connection can do it.
"""

from math import ceil
from typing import NamedTuple

from mockserver.fixtures.model import Breakage, Case, Fault, RateLimit, Unavailable
from mockserver.generation.chance import Chance
from mockserver.messages import HeaderPair
from mockserver.mocking.answers import Answer
from mockserver.mocking.decision import WireFault
from mockserver.mocking.memory import limit_key
from mockserver.mocking.select import Asked, CaseChosen, Documented, Refused, Selection
from mockserver.spec.model import find_response
from mockserver.state.store import Change


class Struck(NamedTuple):
    """What faults make of a selection.

    Attributes:
        selection: What is answered.
        breakage: What happens to that answer.
        owner: Whose fault that is, for people.
        headers: What a rate limit says of itself, on every answer.
        changes: What the session counts.
    """

    selection: Selection
    breakage: Breakage | None = None
    owner: str = ""
    headers: tuple[HeaderPair, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def why(self) -> str:
        """Say what happens to the answer; empty where nothing does."""
        return f"fault {self.breakage.kind} ({self.owner})" if self.breakage else ""


class _Owned(NamedTuple):
    """A fault with whose it is; ``fork`` keeps the draws of case and scenario apart."""

    fault: Fault
    fork: str
    owner: str


def strike(asked: Asked, selection: Selection, chance: Chance, now: float) -> Struck:
    """Apply the faults of the scenario and of the chosen case.

    Rate limits come first, as a gateway stands before its API; of the other faults the case's wins. A request that gets
    another answer instead has not reached the operation: its sequence, states and resources stay as they are.

    Args:
        asked: The question.
        selection: The answer as it would be without faults.
        chance: Of this call.
        now: Seconds since the epoch.
    """
    owned = _faults(asked, selection)
    struck = Struck(selection)
    for each in owned:
        if isinstance(each.fault.what, RateLimit):
            struck = _limited(struck, each.fault.what, each, asked, chance, now)
            if struck.selection is not selection:
                return struck
    for each in owned:
        what = each.fault.what
        if isinstance(what, RateLimit) or not _hits(each, asked, chance):
            continue
        if isinstance(what, Unavailable):
            rule = f"status {what.status} ({each.owner})"
            instead = _instead(asked, what.status, "injected-fault", rule, each.fault)
            return struck._replace(selection=instead)
        return struck._replace(breakage=what, owner=each.owner)
    return struck


def has_fault(asked: Asked, selection: Selection) -> bool:
    """Tell whether anything may go wrong with an answer."""
    return bool(
        (asked.scenario and asked.scenario.fault)
        or (isinstance(selection, CaseChosen) and selection.case.then.fault)
    )


def broken(answer: Answer, struck: Struck, method: str) -> tuple[Answer, WireFault | None, str]:
    """Return an answer as the fault leaves it, what the server has to do to it, and the reason in words.

    What has no body cannot lose it: HEAD, 204, 304 and empty answers go out whole.
    """
    if struck.headers:
        ours = {name for name, _ in struck.headers}
        documented = (pair for pair in answer.response.headers if pair[0] not in ours)
        headers = (*documented, *struck.headers)
        answer = answer._replace(response=answer.response._replace(headers=headers))
    breakage = struck.breakage
    if breakage is None:
        return answer, None, ""
    status, _, body = answer.response
    kind = breakage.kind
    if kind == "connection-reset" or kind == "empty-response":
        return answer, WireFault(kind), struck.why
    if not body or method == "HEAD" or status in (204, 304):
        return answer, None, f"{struck.why}: not done, there is no body"
    if kind == "malformed-body":
        spoilt = answer.response._replace(body=malformed(body))
        return answer._replace(response=spoilt), None, struck.why
    return answer, WireFault(kind, breakage.over, min(breakage.pieces, len(body))), struck.why


def malformed(body: bytes) -> bytes:
    """Return half of a body and an end that is neither JSON nor XML nor UTF-8."""
    return body[: len(body) // 2] + b'\xff\xfe<{"'


def _faults(asked: Asked, selection: Selection) -> list[_Owned]:
    """Return the faults that may act, the case's before the scenario's."""
    found = []
    if isinstance(selection, CaseChosen) and (fault := selection.case.then.fault):
        found.append(_Owned(fault, "case", _owner(selection.case)))
    if asked.scenario and (fault := asked.scenario.fault):
        found.append(_Owned(fault, "scenario", f"scenario {asked.scenario.name}"))
    return found


def _owner(case: Case) -> str:
    return f"case {case.operation} {case.name}"


def _hits(owned: _Owned, asked: Asked, chance: Chance) -> bool:
    """Tell whether this call is one of those that the fault hits."""
    fault = owned.fault
    if fault.percentage is not None:
        return chance.fork("fault", owned.fork).number() * 100 < fault.percentage
    return (asked.session.calls.get(asked.operation.name, 0) + 1) % fault.every == 0


def _instead(asked: Asked, status: int, slug: str, rule: str, fault: Fault) -> Selection:
    """Return the document's answer for a status, else a problem."""
    response = find_response(asked.operation, status)
    if response is None:
        detail = f"the fixtures ask for {rule}, and the document describes no {status}"
        return Refused(slug, status, detail, f"fault; {rule}", fault.place)
    return Documented(response, status, "fault", rule, lenient=True)


def _limited(
    struck: Struck, limit: RateLimit, owned: _Owned, asked: Asked, chance: Chance, now: float
) -> Struck:
    """Count a request, and refuse it where there were too many.

    The window is fixed: it begins with the first request, and the first one after its end begins another. The fields
    are those of draft-ietf-httpapi-ratelimit-headers-09, Retry-After is RFC 9110 §10.2.3.
    """
    key = limit_key(owned.owner, _counted(limit, asked))
    kept = asked.session.values.get(key)
    began, count = (kept[0], kept[1]) if isinstance(kept, list) and len(kept) == 2 else (now, 0)
    if not began <= now < began + limit.window:  # a clock that was set back begins anew, too
        began, count = now, 0
    left = max(1, ceil(began + limit.window - now))
    name = owned.fork
    remaining = max(0, limit.limit - count - 1)
    headers: tuple[HeaderPair, ...] = (
        *struck.headers,
        (b"ratelimit-policy", f'"{name}";q={limit.limit};w={limit.window}'.encode()),
        (b"ratelimit", f'"{name}";r={remaining};t={left}'.encode()),
    )
    if count < limit.limit:
        change = Change(key, kept, [began, count + 1])
        return struck._replace(headers=headers, changes=(*struck.changes, change))
    if not _hits(owned, asked, chance):
        return struck._replace(headers=headers)
    rule = f"rate limit of {limit.limit} in {limit.window} s by {limit.key} ({owned.owner})"
    headers += ((b"retry-after", str(left).encode()),)
    return struck._replace(
        selection=_instead(asked, 429, "rate-limited", rule, owned.fault), headers=headers
    )


def _counted(limit: RateLimit, asked: Asked) -> str:
    """Return the name of what a request is counted with."""
    if limit.key == "operation":
        return asked.operation.name
    token = asked.identity.token if limit.key == "token" else None
    return token.name if token else ""
