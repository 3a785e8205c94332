"""Answers that depend on operation, credential and wishes alone: decided once, then kept until the next reload.

Invariant: whatever else of a request, a session or a draw could change an answer keeps it out of here.
"""

from collections.abc import Callable, Container, Mapping
from typing import NamedTuple

from mockserver.fixtures.model import Fixtures, TemplateContext
from mockserver.messages import HeaderPair, HttpRequest
from mockserver.mocking.controls import Controls
from mockserver.mocking.decision import Decision
from mockserver.mocking.select import Asked, CaseChosen, Documented, Selection
from mockserver.spec.model import Operation, SecurityScheme

_LIMIT = 4096
_LONGEST = 2048
"""Characters of a key: clients that guess tokens or invent wishes shall not fill the memory."""

Key = tuple[str, Controls, str | None, tuple[HeaderPair, ...]]
"""Operation, what the request asks of the mock, the session's scenario, and the headers that the answer depends on."""


class Plan(NamedTuple):
    """A decision to be repeated.

    Attributes:
        render: Makes the body anew each time; ``None`` where it is always the same.
        claims: Of the token, for ``render``.
    """

    decision: Decision
    operation: Operation
    render: Callable[[TemplateContext], bytes] | None
    claims: Mapping[str, object]


class Plans:
    """The decisions of one document and its fixtures that repeat; ``varying`` names the operations that never do."""

    def __init__(self, fixtures: Fixtures, varying: Container[str] = ()) -> None:
        self._fixtures = fixtures
        self._varying = varying
        self._deciding: dict[str, frozenset[bytes] | None] = {}
        self._kept: dict[Key, Plan] = {}
        self.find = self._kept.get

    def deciding(self, operation: Operation, request: HttpRequest) -> tuple[HeaderPair, ...] | None:
        """Return the headers that the answer to a valid request depends on; ``None`` where it depends on more."""
        name = operation.name
        try:
            names = self._deciding[name]
        except KeyError:
            names = self._deciding[name] = self._deciding_headers(operation)
        if names is None:
            return None
        return tuple([pair for pair in request.headers if pair[0] in names])

    def keep(
        self, key: Key, asked: Asked, selection: Selection, decision: Decision, *, dynamic: bool
    ) -> None:
        """Keep a decision, if it repeats; bodies of the document do not where they are ``dynamic``."""
        _, controls, _, pairs = key
        size = sum(len(value) for _, value in pairs) + len(controls.wish.example or "")
        if size > _LONGEST or not _repeats(asked, selection, decision, dynamic=dynamic):
            return
        if len(self._kept) >= _LIMIT:
            self._kept.clear()
        render = selection.case.then.render if isinstance(selection, CaseChosen) else None
        token = asked.identity.token
        self._kept[key] = Plan(decision, asked.operation, render, token.claims if token else {})

    def _deciding_headers(self, operation: Operation) -> frozenset[bytes] | None:
        """Return the names of the headers that decide; ``None`` where path, query, other headers or body may."""
        if operation.name in self._varying:
            return None
        cases = self._fixtures.cases.get(operation.name, {}).values()
        if any(case.when.specificity > (case.when.token is not None) for case in cases):
            return None
        schemes = {need.scheme for alternative in operation.security for need in alternative}
        if any(_is_in_query(scheme) for scheme in schemes):
            return None
        return frozenset([b"accept", *map(_header, schemes)])


def _is_in_query(scheme: SecurityScheme) -> bool:
    return scheme.type == "apiKey" and scheme.parameter_in == "query"


def _header(scheme: SecurityScheme) -> bytes:
    """Return the name of the header in which a credential for a scheme stands."""
    if scheme.type != "apiKey":
        return b"authorization"
    if scheme.parameter_in == "cookie":
        return b"cookie"
    return scheme.parameter.lower().encode("latin-1", "replace")


def _repeats(asked: Asked, selection: Selection, decision: Decision, *, dynamic: bool) -> bool:
    """Tell whether the same question gets the same decision, whatever came before it."""
    scenario = asked.scenario
    if decision.delay or (
        scenario
        and (
            scenario.delay
            or scenario.fault
            or scenario.states
            or asked.operation.name in scenario.sequence
        )
    ):
        return False
    match selection:
        case CaseChosen(case):
            then = case.then
            drawn = then.generate or then.render_headers or then.delay or then.fault
            failed = then.render and decision.reasons.error
            return not (drawn or failed or (then.documented and dynamic))
        case Documented():
            return not dynamic
        case _:
            return True
