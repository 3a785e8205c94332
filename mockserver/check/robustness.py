"""Requests at the edge of HTTP: refused or served, but never a crash, a hang or a lost connection."""

from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from functools import partial

from mockserver.check.conduct import good_status
from mockserver.check.credentials import stand_in
from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.requests import bearing, succeeded, with_header
from mockserver.check.runner import Run
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation


def robustness_probes(run: Run) -> Iterator[Probe]:
    """Yield the probes of each operation."""
    for operation in run.api.operations:
        for name, check in _PROBES.items():
            yield Probe("conduct", name, operation, partial(check, run, operation))


def _base(run: Run, operation: Operation) -> HttpRequest:
    try:
        return run.requests.good(operation)[0]
    except Skip:
        return run.requests.draw(operation)


def _survives(run: Run, operation: Operation, request: HttpRequest) -> Exchange:
    """Send something odd: any answer below 500 will do, and some servers end the connection with one."""
    return run.send(operation, request, alien=True, close=True)


def _queries(run: Run, operation: Operation) -> None:
    """Odd queries."""
    for extra in (
        b"a=%00",
        b"%00",
        b"a=" + b"b" * 8000,
        b"&".join(b"p%d=%d" % (number, number) for number in range(1500)),
        b"a[]=1&a[x]=2&a=3",
        b"a=%F0%28%8C%28",
        b"a=%ED%A0%80",
        b"a=1;b=2",
        b"?a=1",
        b"a=%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        b"__proto__[x]=1",
        b"a=${7*7}&b={{7*7}}",
        b"a='%20OR%20'1'='1",
    ):
        request = _base(run, operation)
        query = b"&".join(filter(None, [request.query, extra]))
        _survives(run, operation, request._replace(query=query))


def _paths(run: Run, operation: Operation) -> None:
    """Odd paths near a documented one."""
    base = _base(run, operation).path
    for path in (
        base + b"/" + b"a" * 6000,
        base + b"%00",
        base + b"%ff",
        base + b"/%2e%2e/%2e%2e/etc/passwd",
        base + b"%20",
        base + b"%0d%0aX-Injected:%201",
        base + b"/" + b"/".join([b"a"] * 500),
        base + b"//",
        base + b"/\xc3\xa9",
        b"/" + b"a/" * 20 + b"..",
    ):
        run.send(None, _base(run, operation)._replace(path=path), alien=True, close=True)


def _headers(run: Run, operation: Operation) -> None:
    """Odd headers."""
    good_status(run, operation)
    for name, value in (
        ("x-large", "a" * 12_000),
        ("accept", "a" * 6000),
        ("accept", ",,,;;;q=x"),
        ("accept", "*"),
        ("accept", "text/*;q=2, */*;q=abc, /"),
        ("accept", "application/json;q=0, nonsense"),
        ("accept-language", ";;;,,,=q"),
        ("accept-encoding", "nonsense;q=x, *;q="),
        ("accept-charset", "\u00ff"),
        ("cookie", "a" * 6000),
        ("cookie", 'a="b; c=d; =; ;;'),
        ("cookie", "\u00e9=\u00e9"),
        ("user-agent", ""),
        ("user-agent", "\u00ff\u00fe"),
        ("user-agent", "a" * 5000),
        ("referer", "not a url"),
        ("origin", "not a url"),
        ("origin", ""),
        ("if-modified-since", "yesterday"),
        ("if-none-match", "nonsense"),
        ("range", "bytes=abc"),
        ("range", "bytes=9-1,0-0"),
        ("x-forwarded-for", "not an address, 999.999.999.999"),
        ("x-forwarded-proto", "gopher"),
        ("forwarded", ";;;=,"),
        ("traceparent", "nonsense"),
        ("x-request-id", "a" * 3000),
        ("content-language", ";"),
        ("date", "nonsense"),
        ("max-forwards", "-1"),
        ("content-length", "0") if not _base(run, operation).body else ("x-empty", ""),
    ):
        request = with_header(_base(run, operation), name, value.encode("latin-1", "replace"))
        _survives(run, operation, request)
    many = _base(run, operation)
    extra = tuple((b"x-%d" % number, b"1") for number in range(80))
    _survives(run, operation, many._replace(headers=(*many.headers, *extra)))
    for twice in (b"accept", b"x-twice", b"user-agent", b"cookie", b"origin", b"accept-encoding"):
        request = _base(run, operation)
        _survives(run, operation, request._replace(headers=(*request.headers, (twice, b"a"), (twice, b"b"))))  # fmt: skip


def _types(run: Run, operation: Operation) -> None:
    """Odd media types of a body."""
    if operation.method in ("GET", "HEAD", "DELETE"):
        return
    for value in (
        "nonsense",
        "/",
        "application/",
        "application/json; charset=nonsense",
        "application/json; charset=utf-16",
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "text/plain; charset=\u00e9",
        "a" * 3000,
        ";",
    ):
        request = _base(run, operation)
        body = request.body or b"{}"
        request = with_header(request._replace(body=body), "content-type", value.encode("latin-1"))
        _survives(run, operation, request)
    for coding in ("gzip", "nonsense", "identity", "br"):
        request = _base(run, operation)
        body = request.body or b"{}"
        request = with_header(request._replace(body=body), "content-encoding", coding)
        _survives(run, operation, request)


def _credentials(run: Run, operation: Operation) -> None:
    """Several credentials at once, and such as parsers stumble over: the bad one must not be outvoted."""
    token = run.requests.good_token(operation)
    if token is None or not run.is_guarded(operation):
        raise Skip("the operation needs no credential that is known")
    live = run.wallet.tokens[token.name]
    scheme = run.api.security_schemes[token.scheme]
    if live.value is None or scheme.type == "apiKey":
        raise Skip("there is no credential in Authorization")
    good = bearing(_base(run, operation), scheme, live.value)
    value = good.header(b"authorization") or b""
    bare = bearing(_base(run, operation), scheme, None)
    for first, second in (
        (value + b"x", value),
        (value, value + b"x"),
        (b"Basic YTpi", value),
        (value, b"Basic YTpi"),
        (value, value),
    ):
        headers = (*bare.headers, (b"authorization", first), (b"authorization", second))
        exchange = _survives(run, operation, bare._replace(headers=headers))
        if (
            second == value and first != value
        ):  # the first of two is what most frameworks read, and may be served
            run.expect(
                not succeeded(exchange), exchange, "two-credentials", "a second credential does not save a bad one",
                f"it is served with {exchange.answer.status if exchange.answer else 0}", "RFC 9110 §5.3, §11.6.2",
            )  # fmt: skip
    basic = _basic(live.value)
    refused = [b"Basic " + one for one in basic] if scheme.scheme != "basic" else []
    missing = stand_in(run, operation, "missing")
    for header in [*refused, b"Bearer \x00" if scheme.scheme != "basic" else b"Basic \x80"]:
        if header.isascii() and b"\x00" not in header:
            exchange = _survives(run, operation, with_header(bare, "authorization", header))
            run.expect(
                not succeeded(exchange), exchange, "credential-accepted", "the token in another scheme is refused",
                f"it is served with {exchange.answer.status if exchange.answer else 0}", "RFC 9110 §11.4",
                missing.place if missing else None,
            )  # fmt: skip


def _basic(value: str) -> list[bytes]:
    texts = (f"{value}:", f":{value}", f"token:{value}", f"{value}:{value}", value)
    return [b64encode(text.encode()) for text in texts]


def _token_in_body(run: Run, operation: Operation) -> None:
    """A token in a form is a credential only where the document says so (RFC 6750 §2.2 makes it optional)."""
    token = run.requests.good_token(operation)
    value = run.wallet.tokens[token.name].value if token else None
    if (
        token is None
        or value is None
        or not run.is_guarded(operation)
        or operation.method in ("GET", "HEAD", "DELETE")
    ):
        raise Skip("the operation needs no credential, or takes no body")
    scheme = run.api.security_schemes[token.scheme]
    bare = bearing(_base(run, operation), scheme, None)
    for body, media in (
        (f"access_token={value}", "application/x-www-form-urlencoded"),
        (f"token={value}", "application/x-www-form-urlencoded"),
        (f'{{"access_token": "{value}"}}', "application/json"),
        (f'{{"token": "{value}"}}', "application/json"),
        (value, "text/plain"),
    ):
        request = with_header(bare._replace(body=body.encode()), "content-type", media)
        exchange = _survives(run, operation, request)
        run.expect(
            not succeeded(exchange), exchange, "credential-missing", "a token in the body is no credential here",
            f"it is served with {exchange.answer.status if exchange.answer else 0}", "the document's security",
        )  # fmt: skip


_PROBES: Mapping[str, Callable[[Run, Operation], None]] = {
    "odd queries": _queries,
    "odd paths": _paths,
    "odd headers": _headers,
    "odd media types": _types,
    "several credentials": _credentials,
    "a token in the body": _token_in_body,
}
