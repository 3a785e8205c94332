"""The life of a request, top to bottom: match, authenticate, validate, select, render, explain.

No clock, no sleep, no I/O: time and chance come in through the session and the seed; what should happen goes out as a
``Decision``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from mockserver.errors import did_you_mean
from mockserver.fixtures.model import (
    Answer as CaseAnswer,
    Case,
    Fixtures,
    Scenario,
    TemplateContext,
)
from mockserver.fixtures.templates import CannotRender
from mockserver.fixtures.tokens import Keyring
from mockserver.generation.chance import Chance
from mockserver.messages import HeaderPair, HttpRequest, HttpResponse, Violation
from mockserver.mocking.answers import Answer, DocumentAnswers, not_acceptable, problem_answer
from mockserver.mocking.authenticate import Authenticator
from mockserver.mocking.controls import Controls, Wish, read_controls, read_prefix
from mockserver.mocking.decision import Decision, Reasons
from mockserver.mocking.explain import Explainer
from mockserver.mocking.faults import Struck, broken, has_fault, strike
from mockserver.mocking.memory import override_key
from mockserver.mocking.plans import Plan, Plans
from mockserver.mocking.resources import Resources
from mockserver.mocking.rivals import choose_rival
from mockserver.mocking.scenarios import draw_delay
from mockserver.mocking.select import (
    Asked,
    CaseChosen,
    Documented,
    Refused,
    Selection,
    Stored,
    select,
)
from mockserver.spec.compile import Api
from mockserver.spec.model import Operation, Response, find_response
from mockserver.spec.routes import NoMethod, NoPath, Route, Router
from mockserver.state.store import Advance, Session
from mockserver.validation.negotiation import accepts
from mockserver.validation.validate import Judge, RequestJudgement


@dataclass(frozen=True, slots=True)
class MockOptions:
    """How this server answers where neither request nor fixtures say.

    Attributes:
        dynamic: Bodies are generated afresh at each call.
        errors: An answer that breaks the document becomes a problem.
        explain: Answers carry ``X-Mock-*``.
        scenario: Name of the server's default scenario.
        fill_properties: Generated objects hold their optional properties.
        ignore_examples: Examples of the document are not used.
    """

    dynamic: bool = False
    errors: bool = False
    explain: bool = True
    scenario: str | None = None
    fill_properties: bool = True
    ignore_examples: bool = False


class Incoming(NamedTuple):
    """A request without what was meant for the mock, and what that was."""

    request: HttpRequest
    session: str
    controls: Controls


class Judged(NamedTuple):
    """What follows from a request alone, where the document has an operation for it.

    Attributes:
        deciding: The headers that the answer depends on; ``None`` where it depends on more.
    """

    operation: Operation
    judgement: RequestJudgement
    deciding: tuple[HeaderPair, ...] | None


Missed = NoMethod | NoPath


class Mock:
    """A compiled document and its fixtures, ready to answer.

    Holds no memory of requests: what it keeps between calls are results that do not depend on them.
    """

    def __init__(self, api: Api, fixtures: Fixtures, *, seed: bytes, options: MockOptions) -> None:
        self.api = api
        self.fixtures = fixtures
        self.options = options
        self._seed = seed
        self._router = Router(api.operations)
        self._judge = Judge(api)
        self._authenticator = Authenticator(Keyring(api, fixtures), api.security_schemes.values())
        self._answers = DocumentAnswers(
            api,
            self._judge,
            fill_properties=options.fill_properties,
            ignore_examples=options.ignore_examples,
        )
        self._cases = {
            operation: sorted(cases.values(), key=_specificity)
            for operation, cases in fixtures.cases.items()
        }
        self._explain = Explainer(enabled=options.explain)
        self._resources = Resources(api, fixtures, seed)
        self._plans = Plans(fixtures, self._resources.operations)

    def read(self, request: HttpRequest) -> Incoming:
        """Take the base URL's ``/~scenario@session`` off a request, and read what it asks of the mock."""
        session, controls = read_controls(request)
        if request.path.startswith(b"/~") and not isinstance(
            self._router.match(request.method, request.path), Route
        ):
            path, scenario, named_session = read_prefix(request.path)
            request = request._replace(path=path)
            if scenario is not None and controls.chosen_by != "header":
                controls = controls._replace(scenario=scenario, chosen_by="url")
            if named_session is not None and request.header(b"x-mock-session") is None:
                session = named_session
        return Incoming(request, session, controls)

    def judge(self, request: HttpRequest) -> Judged | Missed:
        """Tell what follows from a request alone, whoever sends it and whatever came before."""
        route = self._router.match(request.method, request.path)
        if not isinstance(route, Route):
            return route
        if route.rivals:
            route = choose_rival(route, request, self._judge)
        operation = route.operation
        judgement = self._judge.judge_request(operation, request, route.path_values)
        deciding = None if judgement.violations else self._plans.deciding(operation, request)
        return Judged(operation, judgement, deciding)

    def decide(
        self,
        request: HttpRequest,
        session: Session,
        controls: Controls,
        judged: Judged | Missed | None = None,
        *,
        now: float = 0.0,
    ) -> Decision:
        """Choose and make the answer to one request.

        Args:
            request: Without what was meant for the mock.
            session: As it is now.
            controls: What was meant for the mock.
            judged: What ``judge`` has said of this very request; asked now where it is not given.
            now: Seconds since the epoch, for rate limits.
        """
        judged = judged or self.judge(request)
        key = None
        if (
            isinstance(judged, Judged)
            and judged.deciding is not None
            and not (session.values and override_key(judged.operation.name) in session.values)
        ):
            key = judged.operation.name, controls, session.scenario, judged.deciding
            if (plan := self._plans.find(key)) and (
                repeated := self._repeat(plan, request, judged.judgement, session)
            ):
                return repeated
        scenario, chosen_by = self._scenario(controls, session)
        if isinstance(scenario, str):
            return self._unknown_scenario(scenario, chosen_by)
        if not isinstance(judged, Judged):
            return self._unrouted(judged, request, scenario)
        operation, judgement, _ = judged
        if scenario and scenario.token:
            identity = self._authenticator.bear(operation, self.fixtures.tokens[scenario.token])
        else:
            identity = self._authenticator.identify(operation, request)
        asked = Asked(
            request,
            operation,
            self._cases.get(operation.name, ()),
            session,
            identity,
            judgement.values,
            judgement.violations,
            judgement.unsupported_media_type,
            controls.wish,
            scenario,
            chosen_by,
        )
        selection = select(asked, self._resources.select)
        if has_fault(asked, selection):
            chance = self._chance(operation, session)
            return self._faulty(asked, strike(asked, selection, chance, now))
        decision = self._decision(asked, selection, self._render(asked, selection))
        if key:
            dynamic = self._is_dynamic(controls.wish)
            self._plans.keep(key, asked, selection, decision, dynamic=dynamic)
        return decision

    def _repeat(
        self, plan: Plan, request: HttpRequest, judgement: RequestJudgement, session: Session
    ) -> Decision | None:
        """Return a kept decision, with a body of its own where that is rendered; ``None`` where it cannot be."""
        decision, operation, render, claims = plan
        if render is None:
            return decision
        chance = self._chance(operation, session)
        try:
            body = render(TemplateContext(request, judgement.values, claims, chance))
        except CannotRender:
            return None
        (status, headers, _), reasons, _, advance, _ = decision
        return Decision(HttpResponse(status, headers, body), reasons, 0.0, advance)

    def _scenario(self, controls: Controls, session: Session) -> tuple[Scenario | str | None, str]:
        """Return the scenario in force and what chose it; its bare name where there is no such scenario."""
        if controls.scenario is not None:
            name, chosen_by = controls.scenario, controls.chosen_by
        elif session.scenario is not None:
            name, chosen_by = session.scenario, "session"
        elif self.options.scenario is not None:
            name, chosen_by = self.options.scenario, "default"
        else:
            return None, ""
        return self.fixtures.scenarios.get(name, name), chosen_by

    def _faulty(self, asked: Asked, struck: Struck) -> Decision:
        """Make an answer with which something may go wrong."""
        answer = self._render(asked, struck.selection)
        answer, fault, why = broken(answer, struck, asked.request.method)
        decision = self._decision(asked, struck.selection, answer, why)
        advance = decision.advance
        if struck.changes and advance:
            advance = advance._replace(changes=(*advance.changes, *struck.changes))
        return decision._replace(fault=fault, advance=advance)

    def _render(self, asked: Asked, selection: Selection) -> Answer:
        """Make the body and the headers of what was selected."""
        match selection:
            case CaseChosen(case, _, rule):
                return self._render_case(asked, case, rule)
            case Documented():
                return self._render_documented(asked, selection)
            case Stored():
                return self._render_stored(asked, selection)
            case Refused(slug, status, detail):
                return problem_answer(status, slug, detail, members=_validation(asked.violations))

    def _render_documented(self, asked: Asked, selection: Documented) -> Answer:
        """Make an answer of the document."""
        if selection.response is None:
            return Answer(
                HttpResponse(selection.status), "no answer documented", asked.operation.place
            )
        dynamic = self.options.dynamic if selection.dynamic is None else selection.dynamic
        answer = self._answers.answer(
            asked.operation,
            selection.response,
            selection.status,
            accept=asked.request.header(b"accept"),
            example=selection.example,
            chance=self._chance(asked.operation, asked.session) if dynamic else None,
            lenient=selection.lenient,
        )
        if self.options.errors and answer.violations:
            detail = f"{answer.rule} breaks its schema: {answer.violations[0].message}"
            return problem_answer(
                500, "invalid-answer", detail, members=_validation(answer.violations)
            )
        return answer

    def _render_stored(self, asked: Asked, selection: Stored) -> Answer:
        """Make an answer that holds what the session keeps; the document's own where it has no place for that."""
        response, status, body = selection.response, selection.status, selection.body
        if response is None:
            return Answer(HttpResponse(status), "no answer documented", asked.operation.place)
        accept = asked.request.header(b"accept")
        answer = None
        if body is not None:
            answer = self._answers.holding(asked.operation, response, status, accept, body)
        if answer is None:
            answer = self._answers.answer(asked.operation, response, status, accept=accept)
        base = answer.response.headers
        if selection.without:
            base = tuple(pair for pair in base if pair[0] not in selection.without)
        headers = self._explain.merged(base, None, selection.headers)
        return answer._replace(response=answer.response._replace(headers=headers))

    def _render_case(self, asked: Asked, case: Case, rule: str) -> Answer:
        """Make the answer of a case: its own body and headers over the documented headers."""
        then = case.then
        response = find_response(asked.operation, then.status)
        if (then.generate or then.documented) and response is not None:
            answer = self._documented_for(asked, then, response)
            if answer.error:
                return answer
            base, body = answer.response.headers, answer.response.body
        else:
            base = self._answers.headers(asked.operation, response) if response else ()
            body = then.body or b""
        own = then.headers
        if then.render or then.render_headers:
            token = asked.identity.token
            claims = token.claims if token else {}
            chance = self._chance(asked.operation, asked.session)
            context = TemplateContext(asked.request, asked.values, claims, chance)
            try:
                body = then.render(context) if then.render else body
                own += tuple((name, render(context)) for name, render in then.render_headers)
            except CannotRender as error:
                detail = f"{asked.operation.name}, case {case.name} ({case.place}): {error}"
                return problem_answer(500, "impossible-answer", detail)
        accept = asked.request.header(b"accept")
        own_body = not (then.generate or then.documented)
        if (
            own_body
            and then.media_type
            and then.status < 400
            and not accepts(accept, then.media_type)
        ):
            return not_acceptable(accept, str(then.status), [then.media_type])
        headers = self._explain.merged(base, then.media_type, own)
        return Answer(HttpResponse(then.status, headers, body), rule, case.place)

    def _documented_for(self, asked: Asked, then: CaseAnswer, response: Response) -> Answer:
        """Make the body that a case leaves to the document."""
        chosen = then.media_type.encode("latin-1") if then.media_type else None
        dynamic = then.generate or self._is_dynamic(asked.wish)
        return self._answers.answer(
            asked.operation,
            response,
            then.status,
            accept=chosen or asked.request.header(b"accept"),
            chance=self._chance(asked.operation, asked.session) if dynamic else None,
            lenient=then.generate or then.status >= 400,
        )

    def _is_dynamic(self, wish: Wish) -> bool:
        """Tell whether bodies of the document are drawn: as the request wishes, else as the server does."""
        return self.options.dynamic if wish.dynamic is None else wish.dynamic

    def _challenge(self, asked: Asked) -> bytes:
        """Return the ``WWW-Authenticate`` that every 401 has (RFC 9110 §15.5.2)."""
        told = asked.identity.challenge or self._authenticator.challenge(asked.operation)
        return self._answers.challenge(asked.operation, told)

    def _chance(self, operation: Operation, session: Session) -> Chance:
        """Return the stream of draws of this call: the same seed, session, operation and call number draw the same."""
        name = operation.name
        number = session.calls.get(name, 0)
        return Chance.of_call(self._seed, session.name, name, number=number)

    def _decision(
        self, asked: Asked, selection: Selection, answer: Answer, fault: str = ""
    ) -> Decision:
        """Add challenge and explanation to an answer, and say what the session remembers."""
        operation, scenario = asked.operation, asked.scenario
        case = selection.case if isinstance(selection, CaseChosen) else None
        why = "; ".join(filter(None, (_why(selection, answer, asked), fault)))
        violations = asked.violations + answer.violations
        response = self._explain.explained(
            answer,
            operation=operation.name,
            case=case.name if case else None,
            scenario=scenario.name if scenario else None,
            why=why,
            challenge=self._challenge(asked) if answer.response.status == 401 else b"",
            violations=asked.violations,
            own_violations=answer.violations,
        )
        delays = {
            "scenario": scenario.delay if scenario else None,
            "case": case.then.delay if case else None,
        }
        advance = None if isinstance(selection, Refused) else selection.advance
        if isinstance(selection, Stored) and answer.error:
            advance = None  # what the client is not told of has not happened
        reasons = Reasons(
            operation,
            case.name if case else None,
            scenario.name if scenario else None,
            why,
            violations,
            asked.identity.token.name if asked.identity.token else None,
            answer.error,
        )
        delay = sum(
            draw_delay(delay, self._chance(asked.operation, asked.session), owner)
            for owner, delay in delays.items()
            if delay
        )
        return Decision(response, reasons, delay, advance or Advance(operation.name))

    def _unrouted(
        self, missed: Missed, request: HttpRequest, scenario: Scenario | None
    ) -> Decision:
        """Answer a request that no operation describes."""
        path = request.path.decode("latin-1")[:200]
        if isinstance(missed, NoMethod):
            allow = ", ".join(dict.fromkeys((*missed.allow, "OPTIONS")))
            headers: Sequence[HeaderPair] = ((b"allow", allow.encode("latin-1")),)
            if request.method == "OPTIONS":
                return self._own(
                    HttpResponse(204, tuple(headers)), "options; the path's methods", scenario
                )
            detail = f"{request.method[:20]} is not described for {path}; it has: {allow}"
            return self._problem(405, "method-not-allowed", detail, scenario, headers=headers)
        detail = f"no operation of {self.api.title[:80]!r} has the path {path!r}"
        members: dict[str, object] = {}
        if near := missed.nearest:
            members["nearest"] = f"{near.method} {near.shortest_path}"
            detail += f"; the nearest is {near.method} {near.shortest_path}"
        return self._problem(404, "no-such-operation", detail, scenario, members=members)

    def _unknown_scenario(self, name: str, chosen_by: str) -> Decision:
        """Answer a request for a scenario that the fixtures do not have."""
        names = list(self.fixtures.scenarios)
        hint = did_you_mean(name, names)
        detail = f"the {chosen_by} asks for scenario {name!r}, which the fixtures do not have"
        detail += f"; {hint}" if hint else ""
        return self._problem(400, "unknown-scenario", detail, None, members={"scenarios": names})

    def _problem(
        self,
        status: int,
        slug: str,
        detail: str,
        scenario: Scenario | None,
        *,
        members: dict[str, object] | None = None,
        headers: Sequence[HeaderPair] = (),
    ) -> Decision:
        answer = problem_answer(status, slug, detail, members=members, headers=headers)
        return self._own(answer.response, f"{slug}; {detail}", scenario, error=slug)

    def _own(
        self,
        response: HttpResponse,
        why: str,
        scenario: Scenario | None,
        *,
        error: str | None = None,
    ) -> Decision:
        """Return a decision that no operation takes part in."""
        name = scenario.name if scenario else None
        explained = self._explain.explained(Answer(response, why), scenario=name, why=why)
        return Decision(explained, Reasons(None, None, name, why, error=error))


def _specificity(case: Case) -> int:
    """Order cases most specific first; the sort is stable, so the order written decides between equals."""
    return -case.when.specificity


def _why(selection: Selection, answer: Answer, asked: Asked) -> str:
    """Say why in one line: selector; rule; place."""
    match selection:
        case CaseChosen(case, selector, rule):
            parts = [selector, rule, str(case.place)]
        case Documented(_, _, selector, rule) | Stored(_, _, selector, rule):
            parts = [selector, rule, answer.rule, str(answer.place or "")]
        case Refused(_, _, _, rule, place):
            parts = [rule, answer.rule, str(place or "")]
    if asked.wish.ignored:
        parts.append(f"ignored {asked.wish.ignored}")
    return "; ".join(filter(None, parts))


def _validation(violations: Sequence[Violation]) -> dict[str, object]:
    """Return Prism's list of violations as a member of a problem."""
    return {"validation": [found.as_dict() for found in violations]} if violations else {}
