"""The cases of the fixtures as tests: what is stubbed is asserted."""

from collections.abc import Iterator
from functools import partial

from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.runner import Run
from mockserver.fixtures.match import at_pointer
from mockserver.fixtures.model import Case
from mockserver.json_values import JsonError, decode_json
from mockserver.messages import ABSENT, HttpRequest
from mockserver.spec.model import Operation
from mockserver.validation.media_types import essence

NEVER = "the case answers only where a scenario asks for it"


def case_probes(run: Run) -> Iterator[Probe]:
    """Yield a probe for each case, in the fixtures' order."""
    for name, cases in run.fixtures.cases.items():
        operation = run.api.by_name[name]
        for case in cases.values():
            yield Probe(
                "cases", case.name, operation, partial(_check, run, operation, case), case.place
            )


def _check(run: Run, operation: Operation, case: Case) -> None:
    if case.when.never:
        raise Skip(NEVER)
    run.set_up(case)
    request, token = case_request(run, operation, case)
    exchange = run.send(operation, request, token=token)
    assert_case(run, case, exchange)
    run.tear_down(case)


def case_request(run: Run, operation: Operation, case: Case) -> tuple[HttpRequest, str | None]:
    """Return the request of a case with its credential, and the name of the token."""
    request = run.requests.of_case(case)
    if case.when.token is None:
        return run.requests.signed(operation, request)
    token = run.fixtures.tokens[case.when.token]
    return run.bearing(request, token), token.name


def assert_case(run: Run, case: Case, exchange: Exchange) -> bool:
    """Hold an answer to what a case says: status, media type, headers and ``match``; return whether it does."""
    answer = exchange.answer
    if answer is None:
        return False
    clause = f"case {case.name} of {case.operation}"
    then = case.then
    holds = run.expect(
        answer.status == then.status, exchange, "case-status",
        f"status {then.status}", f"it is {answer.status}", clause, case.place,
    )  # fmt: skip
    if not holds:
        return False
    if then.media_type is not None:
        sent = essence(answer.header("content-type"))
        holds &= run.expect(
            sent == essence(then.media_type), exchange, "case-media-type",
            f"Content-Type {then.media_type}", f"it is {sent or 'absent'}", clause, case.place,
        )  # fmt: skip
    for name in dict.fromkeys(
        [*(one for one, _ in then.headers), *(one for one, _ in then.render_headers)]
    ):
        shown = name.decode("latin-1")
        holds &= run.expect(
            bool(answer.values(shown.lower())), exchange, "case-header",
            f"the header {shown}", "it is absent", clause, case.place,
        )  # fmt: skip
    return holds and _matches(run, case, exchange, clause)


def _matches(run: Run, case: Case, exchange: Exchange, clause: str) -> bool:
    if not case.match or exchange.answer is None:
        return True
    try:
        body = decode_json(exchange.answer.body)
    except JsonError:
        body = ABSENT
    holds = True
    for pointer, fits in case.match:
        value = at_pointer(body, pointer)
        shown = "absent" if value is ABSENT else f"{value!r}"[:80]
        holds &= run.expect(
            fits(value), exchange, "case-match",
            f"{pointer} is what the case matches", f"it is {shown}", clause, case.place,
        )  # fmt: skip
    return holds
