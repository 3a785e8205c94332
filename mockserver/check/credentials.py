"""Who may call: every token on every operation, twice, and what is made from a good token and must not pass."""

from collections.abc import Callable, Iterator
from functools import partial

from mockserver.check.cases import assert_case, case_request
from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.requests import bearing, succeeded, with_header, written
from mockserver.check.runner import Run
from mockserver.check.transport import NoAnswer
from mockserver.fixtures.model import Case, Token
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation, find_response

ROUNDS = 2
_REFUSED = {"invalid": 401, "expired": 401, "missing": 401, "forbidden": 403}
_FOREIGN = "RFC 9110 §11.4"


def credential_probes(run: Run) -> Iterator[Probe]:
    """Yield the matrix of tokens and operations, then the variants of a good token."""
    for number in range(ROUNDS):
        for operation in run.api.operations:
            for token in run.tokens_of(operation):
                name = f"token {token.name}" + (", again" if number else "")
                yield Probe(
                    "credentials",
                    name,
                    operation,
                    partial(_matrix, run, operation, token),
                    token.place,
                )
    for operation in run.api.operations:
        if not run.is_guarded(operation) or not run.tokens_of(operation):
            continue
        for name, check in _VARIANTS.items():
            yield Probe("credentials", name, operation, partial(check, run, operation))


def case_of(run: Run, operation: Operation, token: str) -> Case | None:
    """Return the case that says what a token gets on an operation, whatever else is asked."""
    for case in run.fixtures.cases.get(operation.name, {}).values():
        if case.when.token == token and not case.when.never and case.when.specificity == 1:
            return case
    return None


def _matrix(run: Run, operation: Operation, token: Token) -> None:
    case = case_of(run, operation, token.name)
    if case is not None:
        run.set_up(case)
        request, name = case_request(run, operation, case)
        assert_case(run, case, run.send(operation, request, token=name))
        run.tear_down(case)
        return
    request = run.bearing(_unsigned(run, operation), token)
    exchange = run.send(operation, request, token=token.name, alien=token.outcome == "accept")
    if token.outcome == "accept":
        status = exchange.answer.status if exchange.answer else 0
        forbidden = status == 403 and find_response(operation, 403) is None
        run.expect(
            status != 401 and not forbidden, exchange, "token-refused", f"the token {token.name} is accepted",
            f"it is refused with {status}", "outcome accept of the token", token.place,
        )  # fmt: skip
        return
    expect_refused(run, operation, exchange, token)


def _unsigned(run: Run, operation: Operation) -> HttpRequest:
    try:
        return run.requests.good(operation)[0]
    except Skip:
        return run.requests.draw(operation)


def expect_refused(
    run: Run,
    operation: Operation,
    exchange: Exchange,
    token: Token | None,
    *,
    lenient: bool = False,
) -> None:
    """Hold an answer to a refusal, as the token that stands for it has it.

    A ``lenient`` one may be 400 too (RFC 6750 §3.1, ``invalid_request``), or that the head is too large.
    """
    answer = exchange.answer
    if answer is None:
        return
    outcome = token.outcome if token else "invalid"
    status = _REFUSED[outcome]
    case = case_of(run, operation, token.name) if token else None
    if case is not None:
        status = case.then.status
    if lenient and answer.status in (400, 413, 414, 431, status):
        return
    clause = f"outcome {outcome} of the tokens" if token else "a scheme with tokens refuses others"
    holds = run.expect(
        answer.status == status, exchange, "credential-accepted",
        f"the credential is refused with {status}", f"the status is {answer.status}", clause,
        token.place if token else None,
    )  # fmt: skip
    if holds and case is not None:
        assert_case(run, case, exchange)


def stand_in(run: Run, operation: Operation, outcome: str) -> Token | None:
    """Return the token that an outcome is answered as."""
    return next((one for one in run.tokens_of(operation) if one.outcome == outcome), None)


class _Good:
    """A good request of an operation, its scheme and its credential."""

    def __init__(self, run: Run, operation: Operation) -> None:
        token = run.requests.good_token(operation)
        value = run.wallet.tokens[token.name].value if token else None
        if token is None or value is None:
            raise Skip("no token of the fixtures is accepted here, or none can be had")
        self.scheme = run.api.security_schemes[token.scheme]
        self.value = value
        self.token = token
        self.run, self.operation = run, operation

    def request(self) -> HttpRequest:
        """Return a fresh good request."""
        return self.run.requests.good(self.operation)[0]

    def bare(self) -> HttpRequest:
        """Return it without the credential."""
        return bearing(self.request(), self.scheme, None)


def _wrong_values(run: Run, operation: Operation) -> None:
    """Other values than the good one, each well-formed."""
    good = _Good(run, operation)
    invalid = stand_in(run, operation, "invalid")
    listed = {live.value for live in run.wallet.tokens.values()}
    value = good.value
    middle = len(value) // 2
    values = [
        *(
            f"{value}x",
            f"{value}1",
            f"x{value}",
            value[:-1],
            value[1:],
            value[:middle],
            value[middle:],
        ),
        *(value.swapcase(), value.upper(), value.lower(), value.title(), value[::-1], value * 2),
        *(
            f"{value}.",
            f"{value}=",
            f"{value}-_",
            f"{value}~",
            f"{value}/x",
            f"{value[:-1]}0",
            f"{value[:-1]}a",
        ),
        *(
            value.replace("_", "-"),
            value.replace("-", "_"),
            value.replace("_", ""),
            value.partition("_")[0],
        ),
        *(
            value.rpartition("_")[0] + "_",
            "sk_test_",
            "sk_live_" + value[8:],
            "test",
            "admin",
            "null",
        ),
        *(
            "undefined",
            "none",
            "true",
            "0",
            "1",
            "token",
            "guest",
            "anonymous",
            "Bearer",
            "valid",
            good.token.name,
        ),
    ]
    for one in dict.fromkeys(values):
        if one in listed or not one:
            continue
        request = bearing(good.request(), good.scheme, one)
        exchange = run.send(operation, request, alien=True)
        expect_refused(run, operation, exchange, invalid)


def _malformed(run: Run, operation: Operation) -> None:
    """Headers that are no credential of the scheme."""
    good = _Good(run, operation)
    if good.scheme.type == "apiKey" or good.scheme.scheme == "basic":
        raise Skip("the credential has no other form")
    value, name = good.value, written(good.scheme, "").strip()
    forms = [
        *(
            "",
            name,
            f"{name} ",
            value,
            f"Basic {value}",
            f"Token {value}",
            f"Digest {value}",
            f"ApiKey {value}",
        ),
        *(
            f"JWT {value}",
            f"{name}{value}",
            f"{name}:{value}",
            f"{name}: {value}",
            f"{name}={value}",
        ),
        *(
            f"{name}x {value}",
            f"X{name} {value}",
            f'{name} "{value}"',
            f"{name} '{value}'",
            f"{name} <{value}>",
        ),
        *(
            f"{name} {name} {value}",
            f"{name} {value} x",
            f"{name} x {value}",
            f"{name} {value},",
            f"{name} {value};",
        ),
        *(
            f"{name} {value}, {name} x",
            f"{name} x, {name} {value}",
            f"{name} token={value}",
            f"{name} *",
        ),
        *(
            f"{name} %",
            f"{name} ' OR '1'='1",
            f"{name} {value}é",
            f"{name} é",
            f"{name} ünïcödé-tökén",
            f"{name} {value}%00",
        ),
        *(
            f"{name} {value}" + "a" * 5000,
            f"{name} " + "a" * 5000,
            f"{name} {value[:2]}\t{value[2:]}",
        ),
        *(
            f"{name},{value}",
            f"{name}\u00a0{value}",
            f"{name} {{}}",
            f"{name} []",
            f"{name} {value}\\",
        ),
    ]
    missing, invalid = stand_in(run, operation, "missing"), stand_in(run, operation, "invalid")
    for form in dict.fromkeys(forms):
        request = with_header(good.request(), "authorization", form)
        exchange = run.send(operation, request, alien=True)
        plain = form.isascii() and len(form) < 1000
        alike = (
            missing if not form.startswith(f"{name} ") or not form[len(name) :].strip() else invalid
        )
        expect_refused(run, operation, exchange, alike if plain else None, lenient=True)


def _elsewhere(run: Run, operation: Operation) -> None:
    """The good value where no scheme of the document looks for it."""
    good = _Good(run, operation)
    value, missing = good.value, stand_in(run, operation, "missing")
    requests: list[HttpRequest] = []
    places = {
        (one.scheme.parameter_in, one.scheme.parameter.lower())
        for alternative in operation.security
        for one in alternative
    }
    for name in ("access_token", "token", "api_key", "key", "auth", "authorization", "bearer"):
        if ("query", name) in places:
            continue
        bare = good.bare()
        query = b"&".join(filter(None, [bare.query, f"{name}={value}".encode()]))
        requests.append(bare._replace(query=query))
    jars = ("access_token", "token", "session", "auth", "authorization", "Authorization", "jwt")
    requests += [
        with_header(good.bare(), "cookie", f"{name}={value}")
        for name in jars
        if ("cookie", name.lower()) not in places
    ]
    headers = (
        "x-api-key",
        "x-auth-token",
        "x-access-token",
        "x-authorization",
        "proxy-authorization",
        "token",
        "api-key",
        "x-token",
        "authentication",
    )
    requests += [
        with_header(good.bare(), name, text)
        for name in headers
        if ("header", name) not in places
        for text in (value, f"Bearer {value}")
    ]
    for request in requests:
        exchange = run.send(operation, request, alien=True)
        expect_refused(run, operation, exchange, missing, lenient=True)
    if operation.request_body is None and operation.method not in ("GET", "HEAD", "DELETE"):
        for body, media in (
            (f'{{"access_token": "{value}", "token": "{value}"}}', "application/json"),
        ):
            request = with_header(good.bare()._replace(body=body.encode()), "content-type", media)
            exchange = run.send(operation, request, alien=True)
            _not_served(run, exchange)


def _doors(run: Run, operation: Operation) -> None:
    """No credential, but something that a door may open to."""
    good = _Good(run, operation)
    missing = stand_in(run, operation, "missing")
    headers = [
        *(
            ("x-forwarded-for", "127.0.0.1"),
            ("x-real-ip", "127.0.0.1"),
            ("forwarded", "for=127.0.0.1"),
        ),
        *(("x-forwarded-host", "localhost"), ("x-original-url", "/"), ("x-rewrite-url", "/")),
        *(
            ("x-http-method-override", "GET"),
            ("x-http-method-override", "OPTIONS"),
            ("x-method-override", "OPTIONS"),
        ),
        *(
            ("x-debug", "true"),
            ("x-internal", "true"),
            ("x-admin", "true"),
            ("x-test", "true"),
            ("x-user", "admin"),
        ),
        *(
            ("x-user-id", "1"),
            ("x-forwarded-user", "admin"),
            ("x-remote-user", "admin"),
            ("remote-user", "admin"),
        ),
        *(("x-authenticated", "true"), ("x-authenticated-user", "admin"), ("x-bypass-auth", "1")),
        *(
            ("user-agent", "ELB-HealthChecker/2.0"),
            ("user-agent", "curl/8.0"),
            ("user-agent", "kube-probe/1.30"),
        ),
        *(
            ("origin", "http://localhost"),
            ("origin", "null"),
            ("referer", "http://localhost/"),
            ("cookie", "session=1; admin=true"),
        ),
        *(
            ("accept", "text/html"),
            ("upgrade", "websocket"),
            ("x-requested-with", "XMLHttpRequest"),
            ("content-type", "text/plain"),
        ),
        *(
            ("x-user-name", "admin"),
            ("prefer", "code=200"),
            ("expect", "x"),
            ("via", "1.1 internal"),
            ("x-environment", "test"),
        ),
    ]
    for name, value in headers:
        exchange = run.send(operation, with_header(good.bare(), name, value), alien=True)
        _not_served(run, exchange)
        if name not in ("accept", "expect", "content-type", "upgrade") and "override" not in name:
            expect_refused(run, operation, exchange, missing, lenient=True)
    for query in (b"debug=1", b"debug=true", b"admin=true", b"test=1", b"user=1", b"__code=200"):
        bare = good.bare()
        request = bare._replace(query=b"&".join(filter(None, [bare.query, query])))
        _not_served(run, run.send(operation, request, alien=True))
    host = good.bare()
    _not_served(run, run.send(operation, host, version="1.0", alien=True))
    path = good.bare().path
    for spelled in (
        path + b"/",
        b"/" + path,
        path.upper(),
        path + b";x=1",
        path + b"/.",
        b"/." + path,
        path + b"%2f",
        path + b".json",
        b"/x/.." + path,
        path.swapcase(),
    ):
        if spelled != path:
            _not_served(run, run.send(None, good.bare()._replace(path=spelled), alien=True))


def _not_served(run: Run, exchange: Exchange) -> None:
    run.expect(
        not succeeded(exchange), exchange, "credential-missing",
        "a request without credential is not served",
        f"it is served with {exchange.answer.status if exchange.answer else 0}", "RFC 9110 §15.5.2",
    )  # fmt: skip


def _other_methods(run: Run, operation: Operation) -> None:
    """No credential on another method of the same path, and the method in other letters."""
    good = _Good(run, operation)
    documented = {
        one.method for one in run.api.operations if one.shortest_path == operation.shortest_path
    }
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"):
        if method not in documented:
            _not_served(run, run.send(operation, good.bare()._replace(method=method), alien=True))
    for method in (operation.method.lower(), operation.method.title()):
        _not_served(
            run, run.send(None, good.bare()._replace(method=method), alien=True, close=True)
        )


def _must_pass(run: Run, operation: Operation) -> None:
    """Other spellings of the good credential, all of them legal."""
    good = _Good(run, operation)
    if good.scheme.type == "apiKey":
        raise Skip("an api key has one spelling")
    first = run.send(operation, good.request())
    if not succeeded(first) or first.answer is None:
        raise Skip("no good request is known for the operation")
    name, _, value = written(good.scheme, good.value).partition(" ")
    for form in (
        f"{name.lower()} {value}",
        f"{name.upper()} {value}",
        f"{name}  {value}",
        f"{name.swapcase()} {value}",
        f" {name} {value} ",
        f"{name}   {value}",
    ):
        exchange = run.send(operation, with_header(good.request(), "authorization", form))
        _same(
            run,
            exchange,
            first.answer.status,
            f"the credential spelled {form.replace(value, '…')!r}",
        )
    for spelled in (b"authorization", b"AUTHORIZATION"):
        request = good.request()
        data = run.transport.write(request, close=True).replace(
            b"Authorization:", spelled + b":", 1
        )
        try:
            exchange = Exchange(request, run.transport.raw(data, request.method, close=True))
        except NoAnswer as error:
            exchange = Exchange(request, None, str(error))
        run.judge_exchange(operation, exchange)
        _same(run, exchange, first.answer.status, f"the header named {spelled.decode()}")


def _same(run: Run, exchange: Exchange, status: int, what: str) -> None:
    if exchange.answer is not None:
        run.expect(
            exchange.answer.status == status, exchange, "credential-spelling",
            f"{what} is accepted as {status}", f"the status is {exchange.answer.status}", _FOREIGN,
        )  # fmt: skip


def _refused_spellings(run: Run, operation: Operation) -> None:
    """Tokens that are refused, in every spelling and circumstance."""
    good = _Good(run, operation)
    if good.scheme.type == "apiKey" or good.scheme.scheme == "basic":
        raise Skip("the credential has one spelling")
    for token in run.tokens_of(operation):
        live = run.wallet.tokens[token.name]
        if token.outcome == "accept" or live.value is None:
            continue
        scheme, value = written(good.scheme, live.value).split(" ", 1)
        for form in (
            f"{scheme.lower()} {value}",
            f"{scheme.upper()} {value}",
            f"{scheme}  {value}",
            f"{scheme} {value} ",
        ):
            exchange = run.send(
                operation, with_header(good.request(), "authorization", form), alien=True
            )
            expect_refused(run, operation, exchange, token)
        for name, header in (
            ("accept", "text/html"),
            ("accept", "*/*"),
            ("origin", "https://app.example"),
            ("user-agent", "Mozilla/5.0"),
            ("x-forwarded-for", "127.0.0.1"),
            ("cookie", "a=b"),
            ("cookie", f"access_token={good.value}"),
            ("cookie", f"token={good.value}; session={good.value}"),
            ("x-api-key", good.value),
            ("x-auth-token", good.value),
        ):
            request = with_header(bearing(good.request(), good.scheme, live.value), name, header)
            expect_refused(run, operation, run.send(operation, request, alien=True), token)
        for name in ("access_token", "token"):
            request = bearing(good.request(), good.scheme, live.value)
            request = request._replace(
                query=b"&".join(filter(None, [request.query, f"{name}={good.value}".encode()]))
            )
            expect_refused(
                run, operation, run.send(operation, request, alien=True), token, lenient=True
            )
        request = bearing(good.request(), good.scheme, live.value)
        for close in (True, False):
            expect_refused(
                run, operation, run.send(operation, request, alien=True, close=close), token
            )
        expect_refused(
            run, operation, run.send(operation, request, alien=True, version="1.0"), token
        )


def _replay(run: Run, operation: Operation) -> None:
    """Before and after: what one request was allowed says nothing about the next."""
    good = _Good(run, operation)
    missing, invalid = stand_in(run, operation, "missing"), stand_in(run, operation, "invalid")
    refused = [
        one
        for one in run.tokens_of(operation)
        if one.outcome in ("invalid", "expired") and not run.wallet.tokens[one.name].reason
    ]
    first = run.send(operation, good.request())
    for _ in range(3):
        run.send(operation, good.request())
        expect_refused(run, operation, run.send(operation, good.bare(), alien=True), missing)
        for token in refused:
            run.send(operation, good.request())
            request = bearing(good.request(), good.scheme, run.wallet.tokens[token.name].value)
            expect_refused(
                run, operation, run.send(operation, request, token=token.name, alien=True), token
            )
    for number in range(12):
        request = bearing(good.request(), good.scheme, f"{good.value}{number}")
        expect_refused(run, operation, run.send(operation, request, alien=True), invalid)
    if first.answer is not None and succeeded(first):
        cookies = first.answer.values("set-cookie")
        if cookies:
            sent = "; ".join(cookie.partition(";")[0] for cookie in cookies)
            exchange = run.send(operation, with_header(good.bare(), "cookie", sent), alien=True)
            expect_refused(run, operation, exchange, missing)
        last = run.send(operation, good.request())
        if last.answer is not None:
            _same(run, last, first.answer.status, "the good credential after refused ones")


_VARIANTS: dict[str, Callable[[Run, Operation], None]] = {
    "values made from a good one are refused": _wrong_values,
    "headers that are no credential are refused": _malformed,
    "a good value elsewhere is refused": _elsewhere,
    "no door without credential": _doors,
    "no other method without credential": _other_methods,
    "legal spellings pass": _must_pass,
    "refused tokens are refused in every spelling": _refused_spellings,
    "one request says nothing about the next": _replay,
}
