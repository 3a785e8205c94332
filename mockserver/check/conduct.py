"""HTTP conduct: what is legal to send must not change the answer, what is wrong must be refused soundly, every time."""

import json
from collections.abc import Callable, Iterator
from functools import partial
from itertools import cycle, islice

from mockserver.check.credentials import expect_refused
from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.requests import succeeded, with_header
from mockserver.check.runner import Run
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation, success_response
from mockserver.validation.media_types import is_json

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
_EVIL = "https://evil.example"


def conduct_probes(run: Run) -> Iterator[Probe]:
    """Yield the probes of conduct: of each operation, of each path, and of the server."""
    for operation in run.api.operations:
        for name, check in _OF_OPERATIONS.items():
            yield Probe("conduct", name, operation, partial(check, run, operation))
    paths: dict[str, Operation] = {}
    for operation in run.api.operations:
        paths.setdefault(operation.shortest_path, operation)
    for operation in paths.values():
        for name, check in _OF_PATHS.items():
            yield Probe("conduct", name, operation, partial(check, run, operation))
    yield Probe("conduct", "unknown paths", None, partial(_unknown_paths, run))


def good_status(run: Run, operation: Operation) -> int:
    """Return the status of a good request.

    Raises:
        Skip: There is none.
    """
    if operation.method == "DELETE" and "{" in operation.path and operation.name not in run.makers:
        raise Skip("what a DELETE takes away cannot be made again")
    if operation.name not in run.good_statuses:
        request, token = run.requests.good(operation)
        exchange = run.send(operation, request, token=token)
        run.good_statuses[operation.name] = (
            exchange.answer.status if exchange.answer and succeeded(exchange) else 0
        )
    if not run.good_statuses[operation.name]:
        raise Skip("no good request is known for the operation")
    return run.good_statuses[operation.name]


def _unchanged(
    run: Run,
    operation: Operation,
    request: HttpRequest,
    what: str,
    clause: str,
    *,
    also: tuple[int, ...] = (),
    version: str = "1.1",
    close: bool = False,
) -> Exchange:
    """Send what must be answered as the good request is."""
    status = good_status(run, operation)
    alien = bool(also)
    exchange = run.send(operation, request, version=version, close=close, alien=alien)
    if exchange.answer is not None:
        run.expect(
            exchange.answer.status in (status, *also), exchange, "tolerance",
            f"{what} is answered with {status}", f"the status is {exchange.answer.status}", clause,
        )  # fmt: skip
    return exchange


def _good(run: Run, operation: Operation) -> HttpRequest:
    return run.requests.good(operation)[0]


def _headers(run: Run, operation: Operation) -> None:
    """Legal headers."""
    good_status(run, operation)
    declared = {one.name.lower() for one in operation.parameters if one.location == "header"}
    answered = success_response(operation)
    speaks_json = not answered or not answered[1].content or any(is_json(one.name) for one in answered[1].content)  # fmt: skip
    other = () if speaks_json else (406,)
    rows: list[tuple[str, str, str, tuple[int, ...]]] = [
        ("accept", "*/*", "RFC 9110 §12.5.1", ()),
        ("accept", "application/json", "RFC 9110 §12.5.1", other),
        ("accept", "application/*", "RFC 9110 §12.5.1", other),
        ("accept", "text/html, application/json;q=0.9, */*;q=0.8", "RFC 9110 §12.5.1", ()),
        ("accept", "APPLICATION/JSON", "RFC 9110 §8.3.1", other),
        ("accept", "text/html", "RFC 9110 §12.5.1", (406,)),
        ("accept", "text/html,application/xhtml+xml,*/*;q=0.8", "RFC 9110 §12.5.1", ()),
        ("accept-encoding", "gzip, deflate, br", "RFC 9110 §12.5.3", ()),
        ("accept-language", "de-CH, de;q=0.9, xx;q=0.1", "RFC 9110 §12.5.4", ()),
        ("accept-charset", "utf-8", "RFC 9110 §12.5.2", ()),
        ("origin", _EVIL, "Fetch §3.2", (403,)),
        ("origin", "null", "Fetch §3.2", (403,)),
        ("user-agent", "check", "RFC 9110 §10.1.5", ()),
        ("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15", "RFC 9110 §10.1.5", ()),
        ("referer", "https://app.example/x", "RFC 9110 §10.1.3", ()),
        ("cookie", "theme=dark; other=1", "RFC 6265 §5.4", ()),
        ("cookie", "=;;;a", "RFC 6265 §5.4", ()),
        ("x-unknown", "1", "RFC 9110 §5.1", ()),
        ("x-long", "a" * 3000, "RFC 9110 §5.4", (431,)),
        ("x-odd", "gr\u00fc\u00dfe", "RFC 9110 §5.5", (400,)),
        ("x-http-method-override", "DELETE", "RFC 9110 §9", ()),
        ("x-http-method", "GET", "RFC 9110 §9", ()),
        ("x-method-override", "PUT", "RFC 9110 §9", ()),
        ("x-forwarded-for", "203.0.113.7", "RFC 7239 §5.2", ()),
        ("x-forwarded-proto", "https", "RFC 7239 §5.4", ()),
        ("x-request-id", "check-1", "RFC 9110 §5.1", ()),
        ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "W3C Trace Context §3.2", ()),
        ("cache-control", "no-cache", "RFC 9111 §5.2.1", ()),
        ("pragma", "no-cache", "RFC 9111 §5.4", ()),
        ("dnt", "1", "RFC 9110 §5.1", ()),
        ("range", "bytes=0-3", "RFC 9110 §14.2", (206, 416) if operation.method == "GET" else ()),
        ("priority", "u=1", "RFC 9218 §4", ()),
        ("upgrade", "h2c", "RFC 9110 §7.8", ()),
        ("te", "trailers", "RFC 9110 §10.1.4", ()),
        ("max-forwards", "5", "RFC 9110 §7.6.2", ()),
        ("from", "a@b.example", "RFC 9110 §10.1.2", ()),
        ("prefer", "return=minimal", "RFC 7240 §2", (204,)),
        ("sec-fetch-mode", "cors", "Fetch Metadata §2", ()),
        ("if-modified-since", "Thu, 01 Jan 1970 00:00:00 GMT", "RFC 9110 §13.1.3", (304,) if operation.method == "GET" else ()),
    ]  # fmt: skip
    for name, value, clause, also in rows:
        if name not in declared:
            request = with_header(_good(run, operation), name, value)
            _unchanged(run, operation, request, f"{name.title()}: {value[:40]}", clause, also=also)
    request = with_header(_good(run, operation), "accept", None)
    _unchanged(run, operation, request, "a request without Accept", "RFC 9110 §12.5.1")


def _queries(run: Run, operation: Operation) -> None:
    """Parameters that nobody described."""
    for extra in (
        b"utm_source=check",
        b"_=1700000000",
        b"a=1&a=2",
        b"x",
        b"%E2%9C%93=%F0%9F%9A%80",
    ):
        request = _good(run, operation)
        request = request._replace(query=b"&".join(filter(None, [request.query, extra])))
        _unchanged(
            run,
            operation,
            request,
            f"the query {extra.decode()}",
            "RFC 3986 §3.4",
            also=(400, 422) if operation.request_body or operation.parameters else (),
        )
    for extra in (b"%", b"%zz", b"=&&==", b"a=%ff"):
        request = _good(run, operation)
        request = request._replace(query=b"&".join(filter(None, [request.query, extra])))
        run.send(operation, request, alien=True)


def _versions(run: Run, operation: Operation) -> None:
    """HTTP/1.0, a connection of its own, one that is kept."""
    good_status(run, operation)
    exchange = _unchanged(
        run,
        operation,
        _good(run, operation),
        "HTTP/1.0",
        "RFC 9110 §2.5",
        version="1.0",
        also=(426, 505),
    )
    if exchange.answer is not None:
        run.expect(
            not exchange.answer.values("transfer-encoding"), exchange, "framing",
            "no Transfer-Encoding to HTTP/1.0", "there is one", "RFC 9112 §6.1",
        )  # fmt: skip
    _unchanged(
        run,
        operation,
        _good(run, operation),
        "a connection of its own",
        "RFC 9112 §9.6",
        close=True,
    )
    _unchanged(
        run,
        operation,
        with_header(_good(run, operation), "connection", "keep-alive"),
        "a kept connection",
        "RFC 9112 §9.3",
    )
    if operation.method not in ("GET", "HEAD"):
        request = _good(run, operation)
        data = (
            b"%x\r\n%s\r\n0\r\n\r\n" % (len(request.body), request.body)
            if request.body
            else b"0\r\n\r\n"
        )
        chunked = with_header(request._replace(body=data), "transfer-encoding", "chunked")
        _unchanged(
            run, operation, chunked, "a chunked request", "RFC 9112 §7.1", also=(411,), close=True
        )
        if request.body:
            _unchanged(
                run,
                operation,
                with_header(_good(run, operation), "expect", "100-continue"),
                "Expect: 100-continue",
                "RFC 9110 §10.1.1",
                also=(417,),
            )


def _bodies(run: Run, operation: Operation) -> None:
    """A body, or only its type, where the document has none."""
    if operation.request_body is not None:
        return
    good_status(run, operation)
    for media in (
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "application/x-www-form-urlencoded",
    ):
        request = with_header(_good(run, operation), "content-type", media)
        _unchanged(run, operation, request, f"Content-Type {media} without a body", "RFC 9110 §8.3")
    if operation.method in ("GET", "HEAD", "DELETE", "OPTIONS"):
        return
    for body, media in (
        (b"{}", "application/json"),
        (b'{"a": 1}', "application/json"),
        (b"null", "application/json"),
        (b"[]", "application/json"),
        (b"a=1", "application/x-www-form-urlencoded"),
        (b"x", "text/plain"),
        (b"", "application/json"),
    ):
        request = with_header(_good(run, operation)._replace(body=body), "content-type", media)
        _unchanged(
            run,
            operation,
            request,
            f"the body {body.decode()!r}, where none is described",
            "RFC 9110 §6.4",
            also=() if body in (b"{}", b"") else (400, 413, 415, 422),
        )
    for body in (
        b"{",
        b"\xff\xfe",
        b'{"a":' * 2000,
        b"a" * 200_000,
        b'{"__proto__": {"admin": true}}',
    ):
        request = with_header(
            _good(run, operation)._replace(body=body), "content-type", "application/json"
        )
        run.send(operation, request, alien=True, close=len(body) > 10_000)


def _repeats(run: Run, operation: Operation) -> None:
    """The same again: no answer changes by itself."""
    status = good_status(run, operation)
    count = {"quick": 8, "default": 16, "deep": 60}[run.options.effort]
    for _ in range(count):
        request, token = run.requests.good(operation)
        exchange = run.send(operation, request, token=token)
        if exchange.answer is not None:
            run.expect(
                exchange.answer.status == status, exchange, "unstable",
                f"the same request is answered with {status} each time", f"the status is {exchange.answer.status}", "RFC 9110 §9.2",
            )  # fmt: skip


def _at_once(run: Run, operation: Operation) -> None:
    """Good and refused requests at the same time: each gets its own answer."""
    status = good_status(run, operation)
    tokens = [
        one
        for one in run.tokens_of(operation)
        if one.outcome != "accept" and not run.wallet.tokens[one.name].reason
    ]
    refused = [(run.bearing(_good(run, operation), one), one.name) for one in tokens]
    for _ in range(1 if run.options.effort == "quick" else 3):
        batch = [run.requests.good(operation) for _ in range(8)]
        mixed = [*batch[:4], *islice(cycle(refused), 8 if refused else 0), *batch[4:]]
        for exchange in run.together(mixed):
            token = run.fixtures.tokens.get(exchange.token or "")
            run.judge_exchange(operation, exchange)
            if exchange.answer is None:
                continue
            if token is not None and token.outcome != "accept":
                expect_refused(run, operation, exchange, token)
            else:
                run.expect(
                    exchange.answer.status == status, exchange, "at-once",
                    f"requests at the same time are answered with {status}", f"the status is {exchange.answer.status}", "RFC 9110 §3.3",
                )  # fmt: skip


def _path_request(run: Run, operation: Operation) -> HttpRequest:
    try:
        return run.requests.good(operation)[0]
    except Skip:
        return run.requests.draw(operation)


def _methods(run: Run, operation: Operation) -> None:
    """Methods that the path does not have."""
    mine = {
        one.method for one in run.api.operations if one.shortest_path == operation.shortest_path
    }
    base = _path_request(run, operation)
    for method in (*METHODS, "TRACE", "PROPFIND", "BREW", operation.method.lower()):
        if method in mine:
            continue
        request = base._replace(
            method=method,
            body=b"",
            headers=tuple(one for one in base.headers if one[0] != b"content-type"),
        )
        for form in (request, with_header(request, "authorization", None)):
            exchange = run.send(operation, form, alien=True, close=True)
            answer = exchange.answer
            if answer is None:
                continue
            if method in ("OPTIONS", "HEAD"):
                run.expect(
                    answer.status != 401 or method == "HEAD" or form is request, exchange, "options",
                    "OPTIONS needs no credential", "it is refused with 401", "Fetch §3.2.2",
                )  # fmt: skip
                run.expect(
                    answer.status != 201, exchange, "unsafe", f"{method} is safe and creates nothing",
                    "the status is 201", "RFC 9110 §9.2.1",
                )  # fmt: skip
                continue
            run.expect(
                400 <= answer.status < 600 and answer.status not in (402, 409, 412, 415, 422, 429), exchange, "method",
                f"{method} is refused with 405", f"the status is {answer.status}", "RFC 9110 §15.5.6", operation.place,
            )  # fmt: skip
            if answer.status == 405:
                told = {one.strip() for value in answer.values("allow") for one in value.split(",")}
                lacking = mine - told
                run.expect(
                    not lacking or not told, exchange, "allow", f"Allow lists {', '.join(sorted(mine))}",
                    f"it is {answer.header('allow')!r}", "RFC 9110 §10.2.1", operation.place,
                )  # fmt: skip
                known = mine | {"HEAD", "OPTIONS", "TRACE"}
                run.expect(
                    told <= known, exchange, "allow", "Allow lists no method that the document lacks",
                    f"it is {answer.header('allow')!r}", "RFC 9110 §10.2.1", operation.place,
                )  # fmt: skip
    for method in ("GET", "POST"):
        if method not in mine:
            override = next(iter(sorted(mine)))
            for name in ("x-http-method-override", "x-http-method", "x-method-override"):
                request = with_header(base._replace(method=method), name, override)
                exchange = run.send(operation, request, alien=True)
                run.expect(
                    not succeeded(exchange), exchange, "method-override",
                    f"{method} stays {method}", "it is served as the method of an override header", "RFC 9110 §9.1",
                )  # fmt: skip


def _head(run: Run, operation: Operation) -> None:
    """HEAD is GET without content, or refused."""
    base = _path_request(run, operation)._replace(method="HEAD", body=b"")
    exchange = run.send(operation, base, alien=True, close=True)
    answer = exchange.answer
    if answer is None:
        return
    documented = next(
        (
            one
            for one in run.api.operations
            if one.shortest_path == operation.shortest_path and one.method == "GET"
        ),
        None,
    )
    if documented is None:
        run.expect(
            not succeeded(exchange) or answer.status in (200, 204),
            exchange,
            "head",
            "HEAD is refused where GET is",
            f"the status is {answer.status}",
            "RFC 9110 §9.3.2",
        )
        return
    get = run.send(documented, run.requests.good(documented)[0])
    head = run.send(
        documented, run.requests.good(documented)[0]._replace(method="HEAD"), alien=True, close=True
    )
    if get.answer is None or head.answer is None or not succeeded(get):
        return
    run.expect(
        head.answer.status in (get.answer.status, 404, 405, 501), head, "head",
        f"HEAD is answered as GET, with {get.answer.status}", f"the status is {head.answer.status}", "RFC 9110 §9.3.2",
    )  # fmt: skip
    again = run.send(documented, run.requests.good(documented)[0])
    if again.answer is None or again.answer.body != get.answer.body:
        return  # what changes by itself has no length that could be compared
    if head.answer.status == get.answer.status:
        length = head.answer.header("content-length")
        run.expect(
            not length or length == str(len(get.answer.body)) or not get.answer.values("content-length"), head, "head",
            f"Content-Length of HEAD is that of GET, {len(get.answer.body)}", f"it is {length}", "RFC 9110 §8.6",
        )  # fmt: skip


def _preflight(run: Run, operation: Operation) -> None:
    """A CORS preflight bears no credential, and is told no lies."""
    if any(
        one.method == "OPTIONS" and one.shortest_path == operation.shortest_path
        for one in run.api.operations
    ):
        return
    base = _path_request(run, operation)
    headers = (
        (b"origin", _EVIL.encode()),
        (b"access-control-request-method", operation.method.encode()),
        (b"access-control-request-headers", b"authorization,content-type"),
    )
    exchange = run.send(
        operation, HttpRequest("OPTIONS", base.path, b"", headers), alien=True, close=True
    )
    answer = exchange.answer
    if answer is None:
        return
    run.expect(
        answer.status != 401, exchange, "preflight", "a preflight needs no credential",
        "it is refused with 401", "Fetch §3.2.2",
    )  # fmt: skip
    origin = answer.header("access-control-allow-origin")
    methods = answer.header("access-control-allow-methods")
    if (
        succeeded(exchange)
        and origin in ("*", _EVIL)
        and operation.method not in ("GET", "HEAD", "POST")
    ):
        run.expect(
            operation.method in methods or methods == "*", exchange, "preflight",
            f"Access-Control-Allow-Methods has {operation.method}", f"it is {methods!r}", "Fetch §3.2.3",
        )  # fmt: skip


def _slash(run: Run, operation: Operation) -> None:
    """A trailing slash is another path: no redirect that loses the method."""
    base = _path_request(run, operation)
    for path in (base.path + b"/", b"/" + base.path):
        exchange = run.send(None, base._replace(path=path), alien=True, close=True)
        answer = exchange.answer
        if answer is not None and operation.method not in ("GET", "HEAD"):
            run.expect(
                answer.status not in (301, 302, 303), exchange, "slash",
                "no redirect that loses the method", f"the status is {answer.status}", "RFC 9110 §15.4.2",
            )  # fmt: skip
        if answer is not None and 300 <= answer.status < 400:
            run.expect(
                _EVIL not in answer.header("location") and not answer.header("location").startswith("//"),
                exchange, "slash", "a redirect stays on the server", answer.header("location")[:80], "CWE-601",
            )  # fmt: skip


def _unknown_paths(run: Run) -> None:
    """Paths that the document does not have."""
    first = run.api.operations[0] if run.api.operations else None
    if first is None:
        raise Skip("the document has no operation")
    base = _path_request(run, first)
    known = "/".join(part for part in first.path.split("/") if "{" not in part)
    names = (
        "/",
        "/mockserver-check-no-such-path",
        f"{known}/no/such/path/x",
        f"{known}x",
        "/.env",
        "/%00",
        "/%ff%fe",
        "/" + "a" * 2000,
        "/..%2f..%2fetc/passwd",
        "/admin",
        "/debug",
    )
    documented = {one.shortest_path for one in run.api.operations}
    for path in names:
        if path in documented:
            continue
        for request in (
            HttpRequest(
                "GET",
                path.encode(),
                b"",
                base.headers and tuple(one for one in base.headers if one[0] != b"content-type"),
            ),
            HttpRequest("GET", path.encode()),
            HttpRequest("POST", path.encode(), b"", base.headers, json.dumps({}).encode()),
        ):
            exchange = run.send(None, request, alien=True, close=True)
            answer = exchange.answer
            if answer is not None and path.startswith(
                ("/mockserver-check", f"{known}x", f"{known}/no")
            ):
                run.expect(
                    answer.status in (400, 401, 403, 404, 405, 410, 414), exchange, "unknown-path",
                    "an unknown path is answered with 404", f"the status is {answer.status}", "RFC 9110 §15.5.5",
                )  # fmt: skip


_OF_OPERATIONS: dict[str, Callable[[Run, Operation], None]] = {
    "legal headers change nothing": _headers,
    "unknown query parameters change nothing": _queries,
    "versions and connections change nothing": _versions,
    "a body that nobody described": _bodies,
    "the same again": _repeats,
    "many at once": _at_once,
}
_OF_PATHS: dict[str, Callable[[Run, Operation], None]] = {
    "methods that the path does not have": _methods,
    "HEAD": _head,
    "CORS preflight": _preflight,
    "trailing slash": _slash,
}
