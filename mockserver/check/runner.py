"""One run: sends requests, judges every answer, collects what probes report, and knows what was seen.

Whatever a probe asks, the answer to it must be sound in itself (``answers.py``); what only the probe can know it
reports with ``expect``.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mockserver.check.answers import AnswerRules
from mockserver.check.live import Wallet
from mockserver.check.model import (
    Exchange,
    Failure,
    HttpAnswer,
    Outcome,
    Probe,
    Row,
    Skip,
    State,
)
from mockserver.check.options import Options
from mockserver.check.requests import Requests, bearing
from mockserver.check.states import States
from mockserver.check.transport import NoAnswer, Transport
from mockserver.errors import Place
from mockserver.fixtures.contract import Contract
from mockserver.fixtures.model import Case, Token
from mockserver.generation.chance import Chance
from mockserver.generation.snippets import curl
from mockserver.messages import HeaderPair, HttpRequest
from mockserver.spec.model import Operation, find_response
from mockserver.validation.validate import Judge

SAFE_METHODS = frozenset(("GET", "HEAD", "OPTIONS"))
AT_ONCE = 16
MOST_SILENT = 5
OUT_OF_TIME = "(--max-time)"
"""How the reason ends for which a test was skipped when time was over."""

_SHOWN = 2000
_READ = 10_000
"""Bytes of a body that secrets are looked for in: more than are shown, so that none is cut before it is hidden."""


@dataclass(slots=True)
class Opened:
    """The probe under way."""

    probe: Probe
    failures: dict[tuple[str, str, str], Failure] = field(default_factory=dict)


class Run:
    """What probes are given."""

    def __init__(
        self, contract: Contract, transport: Transport, wallet: Wallet, options: Options
    ) -> None:
        self.contract = contract
        self.environ = wallet.environ
        self.api = contract.api
        self.fixtures = contract.fixtures
        self.transport = transport
        self.wallet = wallet
        self.options = options
        self.judge = Judge(contract.api)
        self.chance = Chance(options.seed.encode(), "check")
        self.requests = Requests(self)
        self.seen: set[tuple[str, str]] = set()
        self.makers: dict[str, Callable[[], tuple[HttpRequest, str | None]]] = {}
        self.places: dict[str, Callable[[], list[object]]] = {}
        self.forgetting: list[Callable[[], None]] = []
        self.good_statuses: dict[str, int] = {}
        self.welcomed: Counter[int] = Counter()
        self.succeeded: set[str] = set()
        self.nowhere: HttpAnswer | None = None
        self._lost = self._met = 0
        self.states = States(contract.fixtures.provider, wallet.environ, options)
        self._rules = AnswerRules(contract, self.judge)
        self._silent = 0
        self._open: Opened | None = None
        self._pool = ThreadPoolExecutor(
            max_workers=AT_ONCE
        )  # each of its threads keeps its connection
        self._secrets = [
            value
            for live in wallet.tokens.values()
            if (value := live.value) is not None and len(value) >= 8
        ]

        self._good = {
            pair: token
            for token in self.fixtures.tokens.values()
            if token.outcome == "accept" and (pair := self._pair(token))
        }
        self._good_names = frozenset(name for name, _ in self._good)

    def _pair(self, token: Token) -> HeaderPair | None:
        """Return the header that carries a token."""
        value = self.wallet.tokens[token.name].value
        scheme = self.api.security_schemes[token.scheme]
        if value is None or scheme.parameter_in in ("query", "cookie"):
            return None
        signed = bearing(HttpRequest("GET", b"/"), scheme, value)
        return signed.headers[0] if signed.headers else None

    # Sending

    def send(
        self,
        operation: Operation | None,
        request: HttpRequest,
        *,
        token: str | None = None,
        version: str = "1.1",
        close: bool = False,
        bare: bool = False,
        alien: bool = False,
        asked: int = 0,
    ) -> Exchange:
        """Send a request, which may bear a named ``token``, and hold the answer to what every answer must be.

        ``operation`` is whose answer it is, ``None`` where the request reaches none. An ``alien`` request is no good
        one: what the document does not say about answers to such is free. ``asked`` is a
        status that was asked for, and so is no fault by itself.
        """
        if self.options.safe and request.method not in SAFE_METHODS:
            raise Skip(f"--safe does not send {request.method}")
        exchange = self.exchange(request, token=token, version=version, close=close, bare=bare)
        self.judge_exchange(operation, exchange, alien=alien, asked=asked)
        return exchange

    def exchange(
        self,
        request: HttpRequest,
        *,
        token: str | None = None,
        version: str = "1.1",
        close: bool = False,
        bare: bool = False,
    ) -> Exchange:
        """Send a request; judge nothing. May be called from several threads."""
        if self._silent >= MOST_SILENT:
            raise Skip(f"the server does not answer any more: {MOST_SILENT} requests in a row got no answer in time")  # fmt: skip
        try:
            answer = self.transport.send(request, version=version, close=close, bare=bare)
        except NoAnswer as error:
            self._silent += error.is_timeout
            return Exchange(request, None, str(error), token)
        self._silent = 0
        self.note(request.headers, answer.status)
        return Exchange(request, answer, "", token)

    def note(self, headers: Iterable[HeaderPair], status: int) -> None:
        """Count the answer to a request that bore a good credential, whoever sent it."""
        if any(name in self._good_names and (name, value) in self._good for name, value in headers):
            self.welcomed[status] += 1

    def together(self, requests: Iterable[tuple[HttpRequest, str | None]]) -> list[Exchange]:
        """Send requests at the same time."""
        if self.options.safe:
            raise Skip("--safe sends no load")
        sent = list(requests)
        return list(self._pool.map(lambda one: self.exchange(one[0], token=one[1]), sent))

    def judge_exchange(
        self,
        operation: Operation | None,
        exchange: Exchange,
        *,
        alien: bool = False,
        asked: int = 0,
    ) -> None:
        """Hold an answer to what every answer must be."""
        for failure in self._rules.judge(operation, exchange, alien=alien):
            if not (asked >= 500 and failure.rule == "server-error"):
                self.report(failure, exchange)
        self._judge_echo(exchange)
        if not asked:
            self._judge_refusal(operation, exchange)
        answer = exchange.answer
        if answer and operation and exchange.request.method == operation.method:
            if answer.status < 400:
                self.succeeded.add(operation.name)
            if self._is_of_nowhere(answer):
                self._lost += 1
            elif answer.status < 500:
                self._met += 1
            documented = find_response(operation, answer.status)
            if documented is not None:
                self.seen.add((operation.name, documented.key))

    def _is_of_nowhere(self, answer: HttpAnswer) -> bool:
        """Tell whether an answer is the one that a path gets which nobody has."""
        other = self.nowhere
        return (
            answer.status == 404
            and other is not None
            and (answer.status, answer.header("content-type"), answer.body)
            == (other.status, other.header("content-type"), other.body)
        )

    @property
    def lost(self) -> bool:
        """Tell whether no operation is where the target is said to be; what is no HTTP gets other answers."""
        return self._lost > 10 * self._met

    def _judge_refusal(self, operation: Operation | None, exchange: Exchange) -> None:
        """Hold an answer to what its token is good for, in whatever request it came."""
        answer = exchange.answer
        if answer is None or operation is None or answer.status != 401:
            return
        sent = [pair for pair in exchange.request.headers if pair[0] in self._good_names]
        if len(sent) == 1 and (token := self._good.get(sent[0])) and token in self.tokens_of(operation):  # fmt: skip
            told = (f"the token {token.name} is accepted each time", "it is refused with 401")
            self.report(Failure("token-refused", *told, "outcome accept of the token", token.place), exchange)  # fmt: skip

    def _judge_echo(self, exchange: Exchange) -> None:
        if exchange.answer is None:
            return
        answer = exchange.answer
        # A redirect repeats the query that it was asked with, a key in it included.
        headers = [value for name, value in answer.headers if name != b"location"]
        text = b"\n".join([answer.body, *headers])
        for secret in self._secrets:
            if secret.encode() in text:
                told = ("no answer holds a credential", "the answer holds one that was sent")
                self.report(Failure("echoed-credential", *told, "RFC 6750 §5.3"), exchange)
                return

    # Reporting

    def open(self, probe: Probe) -> "Opened":
        """Begin a probe: what is reported from now on is its own."""
        self._open = Opened(probe)
        return self._open

    def expect(
        self,
        holds: bool,  # noqa: FBT001 - what is expected is the point of the call
        exchange: Exchange,
        rule: str,
        expected: str,
        found: str,
        clause: str,
        place: Place | None = None,
    ) -> bool:
        """Report a failure where something does not hold; return whether it holds."""
        if not holds:
            self.report(Failure(rule, expected, found, clause, place), exchange)
        return holds

    def report(self, failure: Failure, exchange: Exchange) -> None:
        """Add a failure to the probe under way, each once by rule and text."""
        if self._open is None:
            return
        key = (failure.rule, failure.expected, failure.found)
        if key in self._open.failures:
            return
        hide = self.wallet.hide
        self._open.failures[key] = replace(
            failure,
            expected=hide(failure.expected),
            found=hide(failure.found),
            request=hide(_request_text(exchange.request))[:_SHOWN],
            answer=hide(_answer_text(exchange))[:_SHOWN],
            curl=curl(exchange.request, self.transport.url, self.wallet.quoted),
        )

    # States

    def set_up(self, case: Case) -> None:
        """Bring the provider into the states that a case asks for.

        Raises:
            Skip: There are no means.
        """
        if not case.given:
            return
        if not self.options.assume_states:
            for forget in self.forgetting:
                forget()
        for state in case.given:
            self.states.set(state, "setup")

    def tear_down(self, case: Case) -> None:
        """Tell the provider that a case is over; as in Pact's verifiers it may not care."""
        for state in reversed(case.given):
            with suppress(Skip):
                self.states.set(state, "teardown")

    # Tokens

    def tokens_of(self, operation: Operation) -> list[Token]:
        """Return the tokens of schemes that alone are enough for an operation."""
        schemes = {
            alternative[0].scheme.name
            for alternative in operation.security
            if len(alternative) == 1
        }
        return [token for token in self.fixtures.tokens.values() if token.scheme in schemes]

    def is_guarded(self, operation: Operation) -> bool:
        """Tell whether an operation needs a credential, and the fixtures list which ones are good."""
        schemes = {one.scheme.name for alternative in operation.security for one in alternative}
        listed = {token.scheme for token in self.fixtures.tokens.values() if token.place}
        return () not in operation.security and bool(schemes) and schemes <= listed

    def bearing(self, request: HttpRequest, token: Token) -> HttpRequest:
        """Return a request with the live credential of a token.

        Raises:
            Skip: It cannot be had.
        """
        live = self.wallet.tokens[token.name]
        if live.reason:
            raise Skip(live.reason)
        return bearing(request, self.api.security_schemes[token.scheme], live.value)


def execute(
    run: Run, probes: Iterable[Probe], clock: Callable[[], float] = time.perf_counter
) -> Iterator[Outcome]:
    """Run probes one after another and yield what each came to."""
    first = clock()
    for probe in probes:
        began = clock()
        opened = run.open(probe)
        reason = ""
        try:
            if began - first > run.options.most_seconds:
                raise Skip(f"the check has taken {run.options.most_seconds:g} s {OUT_OF_TIME}")
            probe.run()
        except Skip as skip:
            reason = str(skip)
        failures = tuple(opened.failures.values())
        state: State = "failed" if failures else "skipped" if reason else "passed"
        name = probe.operation.name if probe.operation else ""
        yield Outcome(
            probe.kind, probe.name, name, state, failures, reason, clock() - began, probe.place
        )


def unarmed_of(run: Run, outcomes: Iterable[Outcome]) -> dict[str, str]:
    """Return the operations that were asked, need a credential, had none and never succeeded, each with the reason."""
    asked = {one.operation for one in outcomes}
    found: dict[str, str] = {}
    for operation in run.api.operations:
        if operation.name in asked - run.succeeded:
            try:
                run.requests.signed(operation, HttpRequest("GET", b"/"))
            except Skip as skip:
                found[operation.name] = str(skip)
    return found


def coverage_of(run: Run, outcomes: Iterable[Outcome]) -> list[Row]:
    """Return a row for each documented status of each operation, and one for each case."""
    exclude = run.fixtures.coverage.get("exclude") or []
    reasons = {
        (str(entry["operation"]), str(entry["status"])): str(entry["reason"])
        for entry in (exclude if isinstance(exclude, list) else [])
    }
    passed = {
        (one.operation, one.name)
        for one in outcomes
        if one.kind == "cases" and one.state == "passed"
    }
    rows = []
    for operation in run.api.operations:
        cases = run.fixtures.cases.get(operation.name, {}).values()
        titles = (operation.name, f"{operation.method} {operation.path}")
        for key, response in operation.responses.items():
            excluded = next(
                (reasons[title, key] for title in titles if (title, key) in reasons), ""
            )
            place = run.api.document.place(response.location)
            covered = (operation.name, key) in run.seen
            rows.append(Row(operation.name, key, covered, excluded, place))
            for case in cases:
                answered = find_response(operation, case.then.status)
                if answered is not None and answered.key == key and not case.when.never:
                    covered = (operation.name, case.name) in passed
                    rows.append(Row(operation.name, key, covered, excluded, case.place, case.name))
    return rows


def _request_text(request: HttpRequest) -> str:
    target = request.path.decode("latin-1") + (
        f"?{request.query.decode('latin-1')}" if request.query else ""
    )
    lines = [f"{request.method} {target}"]
    lines += [
        f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in request.headers
    ]
    if request.body:
        lines += ["", request.body[:_READ].decode("utf-8", "backslashreplace")]
    return "\n".join(lines)


def _answer_text(exchange: Exchange) -> str:
    answer = exchange.answer
    if answer is None:
        return exchange.error
    lines = [f"HTTP/{answer.version} {answer.status}"]
    lines += [
        f"{name.decode('latin-1')}: {value.decode('latin-1')}" for name, value in answer.headers
    ]
    if answer.body:
        lines += ["", answer.body[:_READ].decode("utf-8", "backslashreplace")]
    return "\n".join(lines)
