"""What is particular about checking our own mock: every documented answer can be asked for, and credentials be made up."""

from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.requests import with_header
from mockserver.check.runner import Run
from mockserver.fixtures.contract import Contract
from mockserver.fixtures.model import Token
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation, Response
from mockserver.validation.media_types import essence

_PLACEHOLDERS = {"basic": "user:password"}
_DEFAULT = 500
"""The status that stands for a ``default`` answer: the most likely not to be documented by itself."""


def with_credentials(contract: Contract) -> Contract:
    """Return a contract with a token for each scheme that has none: the mock accepts any that is well-formed."""
    listed = {token.scheme for token in contract.fixtures.tokens.values()}
    made_up = {
        name: Token(name, scheme.name, "accept", _PLACEHOLDERS.get(scheme.scheme, "token"))
        for scheme in contract.api.security_schemes.values()
        if scheme.name not in listed
        for name in (f"any {scheme.name}",)
    }
    if not made_up:
        return contract
    fixtures = replace(contract.fixtures, tokens={**contract.fixtures.tokens, **made_up})
    return contract._replace(fixtures=fixtures)


def preference_probes(run: Run) -> Iterator[Probe]:
    """Yield a probe for each documented answer that no case stands for."""
    for operation in run.api.operations:
        cases = run.fixtures.cases.get(operation.name, {}).values()
        stubbed = {case.then.status for case in cases if not case.when.never}
        for key, response in operation.responses.items():
            status = _status(operation, key)
            if status is None or status in stubbed or status < 200:
                continue
            place = run.api.document.place(response.location)
            check = partial(_prefer, run, operation, response, status)
            yield Probe("cases", f"Prefer: code={status}", operation, check, place)


def _status(operation: Operation, key: str) -> int | None:
    """Return a status that is answered by the response of a key."""
    if key == "default":
        return _DEFAULT if str(_DEFAULT) not in operation.responses else None
    if key[1:].upper() == "XX":
        return next(
            status
            for status in range(int(key[0]) * 100, int(key[0]) * 100 + 100)
            if str(status) not in operation.responses
        )
    return int(key)


def _prefer(run: Run, operation: Operation, response: Response, status: int) -> None:
    request, token = _request(run, operation)
    request = with_header(request, "prefer", f"code={status}, force")
    exchange = run.send(operation, _accepting(request, response), token=token, asked=status)
    _is_answered(run, exchange, status)


def _request(run: Run, operation: Operation) -> tuple[HttpRequest, str | None]:
    try:
        return run.requests.good(operation)
    except Skip:
        return HttpRequest(operation.method, operation.shortest_path.encode()), None


def _accepting(request: HttpRequest, response: Response) -> HttpRequest:
    """Return a request for whatever the answer is documented in."""
    names = [essence(media.name) for media in response.content]
    return with_header(request, "accept", ", ".join([*names, "*/*;q=0.1"])) if names else request


def _is_answered(run: Run, exchange: Exchange, status: int) -> None:
    if exchange.answer is not None:
        run.expect(
            exchange.answer.status == status, exchange, "prefer", f"the documented {status} can be asked for",
            f"it is {exchange.answer.status}", "RFC 7240 §2, Prefer: code",
        )  # fmt: skip
