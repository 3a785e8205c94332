"""Which answer: the first rule that hits, from what the request asks for down to the document's default.

Pure choices over compiled values. What a choice looks like on the wire is made elsewhere.
"""

from collections.abc import Callable, Sequence as Series
from dataclasses import dataclass, replace
from typing import NamedTuple

from mockserver.errors import Place
from mockserver.fixtures.match import matches
from mockserver.fixtures.model import Case, Scenario, Sequence, States
from mockserver.messages import HeaderPair, HttpRequest, RequestValues, Violation
from mockserver.mocking.authenticate import Identity
from mockserver.mocking.controls import Wish
from mockserver.mocking.memory import Override, override_key, position_key, read_override, state_key
from mockserver.spec.model import MediaType, Operation, Response, find_response, success_response
from mockserver.state.store import Advance, Change, Session


class Asked(NamedTuple):
    """Everything that an answer may depend on.

    Attributes:
        cases: Of the operation, most specific first.
        chosen_by: What named the scenario: ``header``, ``url``, ``query``, ``cookie``, ``session`` or ``default``.
        violations: Of the request; warnings among them do not make it invalid.
        unsupported: The body's media type is not documented.
    """

    request: HttpRequest
    operation: Operation
    cases: Series[Case]
    session: Session
    identity: Identity
    values: RequestValues
    violations: tuple[Violation, ...]
    unsupported: bool
    wish: Wish
    scenario: Scenario | None
    chosen_by: str


@dataclass(frozen=True, slots=True)
class CaseChosen:
    """A case of the fixtures answers.

    Attributes:
        selector: Which step of the order hit, such as ``scenario (header)``.
        rule: What within it, such as ``token valid``.
        advance: What the session remembers of it; ``None`` where only the call counts.
    """

    case: Case
    selector: str
    rule: str
    advance: Advance | None = None


@dataclass(frozen=True, slots=True)
class Documented:
    """An answer of the document.

    Attributes:
        response: ``None`` where the operation documents no answer at all.
        dynamic: ``None`` leaves it to the server's setting.
        lenient: An error, which is sent even in a media type that the client does not accept.
        advance: As of ``CaseChosen``.
    """

    response: Response | None
    status: int
    selector: str
    rule: str
    example: str | None = None
    dynamic: bool | None = None
    lenient: bool = False
    advance: Advance | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """Neither fixtures nor document have an answer: the mock's own problem."""

    slug: str
    status: int
    detail: str
    rule: str
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Stored:
    """A resource answers: what the session keeps, in the document's answer for it.

    Attributes:
        body: Makes the value for a media type; raises ``Unsatisfiable`` where none fits. ``None`` leaves it to the document.
        headers: What is known of the documented headers.
        without: Names of documented headers that have nothing to say.
        advance: As of ``CaseChosen``.
    """

    response: Response | None
    status: int
    selector: str
    rule: str
    body: Callable[[MediaType], object] | None = None
    headers: tuple[HeaderPair, ...] = ()
    without: frozenset[bytes] = frozenset()
    advance: Advance | None = None


Selection = CaseChosen | Documented | Stored | Refused


def select(asked: Asked, stored: Callable[[Asked], Selection | None] = lambda _: None) -> Selection:
    """Choose the answer; ``stored`` answers from what is kept."""
    selection = _first_hit(asked, stored)
    if isinstance(selection, Documented | Stored) and selection.status < 200:
        detail = (
            f"{asked.operation.name} is answered with {selection.status}, an interim status,"
            " which cannot end an exchange (RFC 9110 §15.2); document a final one"
        )
        rule = f"{selection.rule}, {selection.status}"
        return Refused("interim-status", 500, detail, rule, asked.operation.place)
    return selection


def _first_hit(asked: Asked, stored: Callable[[Asked], Selection | None]) -> Selection:
    """Choose the answer, first hit wins (the order is the README's table)."""
    override = read_override(asked.session, asked.operation.name) if asked.session.values else None
    if override and override.force:
        return _wished(asked) or _overridden(asked, override)
    if asked.wish.force or (asked.scenario and asked.scenario.force and _names(asked)):
        return _wished(asked) or _moving(_by_scenario(asked) or _default(asked), asked)
    if asked.identity.status:
        return _refusal(asked)
    if asked.unsupported or any(found.severity == "error" for found in asked.violations):
        return _invalid(asked)
    if override:
        return _wished(asked) or _overridden(asked, override)
    return _wished(asked) or _moving(
        _by_scenario(asked) or _matching(asked) or stored(asked) or _default(asked), asked
    )


def _overridden(asked: Asked, override: Override) -> Selection:
    """Follow what somebody forced on this operation of the session, and count it."""
    operation, selector = asked.operation, "override"
    key = override_key(operation.name)
    change = Change(key, asked.session.values[key], override.following())
    advance = Advance(operation.name, (change,))
    left = "" if override.times is None else f", {override.times - 1} left"
    if override.case is not None:
        if case := next((case for case in asked.cases if case.name == override.case), None):
            return CaseChosen(case, selector, f"case {case.name}{left}", advance)
        detail = f"{operation.name} has no case {override.case!r} any more"
        return Refused("no-such-case", 404, detail, selector, operation.place)
    status = override.status or 200
    response = find_response(operation, status)
    rule = f"status {status}{left}"
    lenient = status >= 400
    return Documented(
        response, status, selector, rule, override.example, lenient=lenient, advance=advance
    )


def _wished(asked: Asked) -> Selection | None:
    """Follow ``Prefer`` and its query forms: a case of the status, else the document."""
    wish, operation = asked.wish, asked.operation
    if wish.code is None and wish.example is None and not wish.dynamic:
        return None
    if wish.code is None:
        return _documented_success(asked, wish.selector, "what was asked for")
    rule = f"code={wish.code}"
    if wish.example is None and not wish.dynamic:
        of_status = [case for case in asked.cases if case.then.status == wish.code]
        fitting = (case for case in of_status if _holds(case, asked))
        if case := next(fitting, None) or next(iter(of_status), None):
            return CaseChosen(case, wish.selector, rule)
    response = find_response(operation, wish.code)
    if response is None:
        known = ", ".join(operation.responses) or "none"
        detail = (
            f"{operation.name} documents no {wish.code} (it has: {known}), and no case answers it"
        )
        return Refused("no-such-answer", 404, detail, rule, operation.place)
    return Documented(
        response,
        wish.code,
        wish.selector,
        rule,
        wish.example,
        wish.dynamic,
        lenient=wish.code >= 400,
    )


def _names(asked: Asked) -> bool:
    """Tell whether the scenario says anything of this operation."""
    scenario, name = asked.scenario, asked.operation.name
    if scenario is None:
        return False
    stated = scenario.states.use.values() if scenario.states else ()
    return name in scenario.use or name in scenario.sequence or any(name in use for use in stated)


def _by_scenario(asked: Asked) -> Selection | None:
    """Follow the scenario: the case that it uses for this operation, or the next of its sequence."""
    scenario, name = asked.scenario, asked.operation.name
    if scenario is None:
        return None
    selector = f"scenario ({asked.chosen_by})"
    if case_name := scenario.use.get(name):
        return CaseChosen(_case(asked, case_name), selector, f"{scenario.name} uses {case_name}")
    if sequence := scenario.sequence.get(name):
        return _next_in(sequence, scenario, asked, selector)
    if scenario.states:
        state = _state(scenario.states, scenario, asked)
        if case_name := scenario.states.use[state].get(name):
            rule = f"{scenario.name} in state {state} uses {case_name}"
            return CaseChosen(_case(asked, case_name), selector, rule)
    return None


def _state(states: States, scenario: Scenario, asked: Asked) -> str:
    """Return the state that the session is in; the initial one where a reload took its state away."""
    state = asked.session.values.get(state_key(scenario.name))
    return state if isinstance(state, str) and state in states.use else states.initial


def _moving(selection: Selection, asked: Asked) -> Selection:
    """Return a selection that moves the scenario's state, where its request leads out of it."""
    scenario = asked.scenario
    if scenario is None or scenario.states is None or isinstance(selection, Refused):
        return selection
    state = _state(scenario.states, scenario, asked)
    following = scenario.states.go[state].get(asked.operation.name)
    if following is None or following == state:
        return selection
    key = state_key(scenario.name)
    move = Change(key, asked.session.values.get(key), following)
    advance = selection.advance or Advance(asked.operation.name)
    return replace(selection, advance=advance._replace(changes=(*advance.changes, move)))


def _next_in(sequence: Sequence, scenario: Scenario, asked: Asked, selector: str) -> Selection:
    """Return the case at the session's position, and the position that follows it."""
    key = position_key(scenario.name, asked.operation.name)
    kept, length = asked.session.values.get(key), len(sequence.cases)
    position = kept if isinstance(kept, int) else 0
    if position >= length and sequence.then == "fail":
        detail = (
            f"the sequence of scenario {scenario.name!r} has {length} cases, and all were answered"
        )
        return Refused("sequence-exhausted", 500, detail, f"{scenario.name} fails", scenario.place)
    index = position % length if sequence.then == "cycle" else min(position, length - 1)
    following = (index + 1) % length if sequence.then == "cycle" else min(position + 1, length)
    case_name = sequence.cases[index]
    rule = f"{scenario.name} step {index + 1} of {length}"
    advance = Advance(asked.operation.name, (Change(key, kept, following),))
    return CaseChosen(_case(asked, case_name), selector, rule, advance)


def _matching(asked: Asked) -> CaseChosen | None:
    """Return the most specific case whose ``when`` holds."""
    for case in asked.cases:
        if _holds(case, asked):
            return CaseChosen(case, "case", _conditions(case))
    return None


def _default(asked: Asked) -> Documented:
    """Return the document's answer to a valid request."""
    return _documented_success(asked, "document", "answer to a valid request")


def _documented_success(asked: Asked, selector: str, rule: str) -> Documented:
    found = success_response(asked.operation)
    status, response = found or (200, None)
    example = asked.wish.example
    return Documented(response, status, selector, rule, example, asked.wish.dynamic)


def _refusal(asked: Asked) -> Selection:
    """Answer a refused credential: a case that names it, else the document's own error, else a problem."""
    identity = asked.identity
    token = identity.token.name if identity.token else None
    if token is not None:
        scenario = _by_scenario(asked)
        if isinstance(scenario, CaseChosen) and scenario.case.when.token == token:
            return scenario
        named = (case for case in asked.cases if case.when.token == token)
        if case := next((case for case in named if _holds(case, asked)), None):
            return CaseChosen(case, "credential", identity.reason)
    response = find_response(asked.operation, identity.status)
    if response is None:
        slug = "forbidden" if identity.status == 403 else "unauthorized"
        return Refused(slug, identity.status, identity.reason, "credential", asked.operation.place)
    return _documented_error(asked, response, identity.status, "credential", identity.reason)


def _invalid(asked: Asked) -> Selection:
    """Answer an invalid request: a case that expects it, else the document's 415 or 422, 400, default, else a problem."""
    if case := next(filter(_expects_invalid(asked), asked.cases), None):
        return CaseChosen(case, "case", _conditions(case))
    wanted = (415, 422, 400) if asked.unsupported else (422, 400)
    for status in wanted:
        for key in (str(status), f"{status // 100}XX"):
            if response := asked.operation.responses.get(key):
                return _documented_error(asked, response, status, "invalid request", _first(asked))
    if response := asked.operation.responses.get("default"):
        return _documented_error(asked, response, wanted[0], "invalid request", _first(asked))
    slug = "unsupported-media-type" if asked.unsupported else "invalid-request"
    return Refused(slug, wanted[0], _first(asked), "invalid request", asked.operation.place)


def _documented_error(
    asked: Asked, response: Response, status: int, selector: str, rule: str
) -> Documented:
    """Return a documented error; the wished example is used where the wish is for this very status (as in Prism)."""
    wish = asked.wish
    example = wish.example if wish.code in (None, status) else None
    names = {ready.name for media in response.content for ready in media.examples}
    known = example if example in names else None
    return Documented(response, status, selector, rule, known, wish.dynamic, lenient=True)


def _expects_invalid(asked: Asked) -> Callable[[Case], bool]:
    """Return the test for a case that answers a bad request on purpose: a 4xx that asks for more than a token."""

    def expects(case: Case) -> bool:
        conditions = case.when.specificity - (case.when.token is not None)
        return 400 <= case.then.status < 500 and conditions > 0 and _holds(case, asked)

    return expects


def _holds(case: Case, asked: Asked) -> bool:
    token = asked.identity.token
    return matches(case.when, token.name if token else None, asked.values)


def _case(asked: Asked, name: str) -> Case:
    """Return a case that is known to exist: the fixtures were checked at load."""
    return next(case for case in asked.cases if case.name == name)


def _conditions(case: Case) -> str:
    """Say what a case asked for, in a few words."""
    when = case.when
    said = [f"token {when.token}"] if when.token is not None else []
    parts = (
        ("path", when.path),
        ("query", when.query),
        ("header", when.headers),
        ("cookie", when.cookies),
        ("body", when.body),
    )
    said += [f"{part} {name}" for part, conditions in parts for name, _ in conditions]
    return ", ".join(said) or "always"


def _first(asked: Asked) -> str:
    """Return the first violation's message, and how many more there are."""
    errors = [found for found in asked.violations if found.severity == "error"]
    if not errors:
        return "the request's media type is not documented"
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    where = ".".join(map(str, errors[0].location))
    return f"{where}: {errors[0].message}{more}"
