"""Faults of the seed API in how HTTP is spoken: methods, paths, lengths, and requests that are odd but legal."""

from dataclasses import replace
from urllib.parse import unquote_to_bytes

from tests.check.apps.exchange import Answer, Call, Change, Fault, Sent
from tests.check.apps.seed_faults import NONE, OK, crash, created, post, refused
from tests.check.apps.seed_holes import crashes
from tests.check.apps.seed_reference import GOOD, PATH, Caller, SeedApi

LOST = (Sent("GET", "/api/no-such-path"), Sent("POST", "/no/such/path", None))


def to(method: str, *headers: tuple[str, str], authorization: str | None = "") -> Sent:
    return Sent(method, PATH, authorization, headers)


def is_text(encoded: str) -> bool:
    try:
        unquote_to_bytes(encoded).decode()
    except UnicodeDecodeError:
        return False
    return True


def head_with_body(api: SeedApi, call: Call) -> Answer:
    answer = SeedApi.wrong_method(api, call)
    return replace(answer, as_get=call.method == "HEAD")


async def overridden(api: SeedApi, call: Call) -> Answer:
    method = call.first("x-http-method-override") or call.method
    return await SeedApi.answer(api, replace(call, method=method))


async def override_unchecked(api: SeedApi, call: Call) -> Answer:
    if call.path == PATH and call.first("x-original-url"):
        return api.created(call)
    return await SeedApi.answer(api, call)


async def by_get(api: SeedApi, call: Call) -> Answer:
    method = "POST" if call.method == "GET" else call.method
    return await SeedApi.answer(api, replace(call, method=method))


async def slash_lost(api: SeedApi, call: Call) -> Answer:
    if call.path == f"{PATH}/":
        return Answer(301, headers=(("Location", PATH),))
    return await SeedApi.answer(api, call)


async def ranges(api: SeedApi, call: Call) -> Answer:
    answer = await SeedApi.post(api, call)
    if answer.status == 201 and call.first("range").startswith("bytes="):
        length = len(answer.body)
        part = answer.with_status(206).with_body(answer.body[:10])
        return part.with_header("Content-Range", f"bytes 0-9/{length}")
    return answer


async def conditional(api: SeedApi, call: Call) -> Answer:
    if call.first("if-modified-since"):
        return Answer(304)
    return await SeedApi.post(api, call)


def trace(api: SeedApi, call: Call) -> Answer:
    if call.method != "TRACE":
        return SeedApi.wrong_method(api, call)
    lines = [f"TRACE {call.path} HTTP/1.1", *(f"{name}: {value}" for name, value in call.headers)]
    return Answer(200, "\r\n".join(lines).encode("latin-1"), (("Content-Type", "message/http"),))


def length(change: int) -> dict[str, Change]:
    return {
        "created": lambda api, call: (
            lambda answer: answer.with_header("Content-Length", str(len(answer.body) + change))
        )(SeedApi.created(api, call))
    }


METHODS = [
    Fault(
        "head-with-body",
        "RFC 9110 §9.3.2: an answer to HEAD has no body.",
        (to("HEAD"),),
        {"wrong_method": head_with_body},
    ),
    Fault(
        "head-crashes",
        "RFC 9110 §15.6.1: HEAD on a resource without GET is 405, 404 or 501, not a crash.",
        (to("HEAD"),),
        crashes(lambda call: call.method == "HEAD"),
    ),
    Fault(
        "options-crashes",
        "RFC 9110 §9.3.7, §15.6.1: OPTIONS is answered or refused, not a crash.",
        (to("OPTIONS", authorization=None),),
        {"options": crash},
    ),
    Fault(
        "preflight-crashes",
        "Fetch standard, CORS-preflight fetch: a preflight is answered or refused, not a crash.",
        (
            to(
                "OPTIONS",
                ("Origin", "https://example.com"),
                ("Access-Control-Request-Method", "POST"),
                authorization=None,
            ),
        ),
        crashes(lambda call: bool(call.first("access-control-request-method"))),
    ),
    Fault(
        "options-creates",
        "RFC 9110 §9.2.1, §9.3.7: OPTIONS is safe; it makes no SetupIntent, and none without a token.",
        (to("OPTIONS", authorization=None),),
        {"options": lambda api, call: api.created(call)},
    ),
    Fault(
        "get-creates",
        "openapi.yaml; RFC 9110 §9.2.1: GET is not documented, and safe.",
        (to("GET"),),
        {"answer": by_get},
    ),
    Fault(
        "wrong-method-without-allow",
        "RFC 9110 §15.5.6: a 405 has Allow.",
        (to("GET"), to("PUT")),
        {"wrong_method": lambda api, call: SeedApi.wrong_method(api, call).without("Allow")},
    ),
    Fault(
        "wrong-method-with-untrue-allow",
        "RFC 9110 §10.2.1, §15.5.6: Allow lists the methods that there are; POST is one and GET is none.",
        (to("GET"),),
        {
            "wrong_method": lambda api, call: SeedApi.wrong_method(api, call).with_header(
                "Allow", "GET, HEAD"
            )
        },
    ),
    Fault(
        "wrong-method-status-200",
        "RFC 9110 §15.5.6: a method that there is not gets 405.",
        (to("GET"), to("DELETE")),
        {
            "wrong_method": lambda api, call: Answer(
                200, b"{}", (("Content-Type", "application/json"),)
            )
        },
    ),
    Fault(
        "wrong-method-crashes",
        "RFC 9110 §15.5.6, §15.6.1: a method that there is not gets 405, not a crash.",
        (to("PATCH"),),
        {"wrong_method": crash},
    ),
    Fault(
        "unknown-method-crashes",
        "RFC 9110 §9.1, §15.6.2: an unknown method gets 501 or 405, not a crash.",
        (to("PROPFIND"),),
        crashes(lambda call: call.method == "PROPFIND"),
    ),
    Fault(
        "trace-echoes-credentials",
        "RFC 9110 §9.3.8: TRACE does not send fields back that hold credentials.",
        (to("TRACE"),),
        {"wrong_method": trace},
    ),
    Fault(
        "method-override-honoured",
        "openapi.yaml: GET is not documented, and a header does not make it a POST.",
        (to("GET", ("X-HTTP-Method-Override", "POST")),),
        {"answer": overridden},
    ),
    Fault(
        "original-url-skips-authentication",
        "openapi.yaml, security: a header that anybody may send is no credential.",
        (to("POST", ("X-Original-URL", "/"), authorization=None),),
        {"answer": override_unchecked},
    ),
]

PATHS = [
    Fault(
        "unknown-path-status-200",
        "RFC 9110 §15.5.5: a path that there is not gets 404.",
        LOST,
        {"unknown_path": lambda api, call: SeedApi.unknown_path(api, call).with_status(200)},
    ),
    Fault(
        "unknown-path-crashes",
        "RFC 9110 §15.5.5, §15.6.1: a path that there is not gets 404, not a crash.",
        LOST,
        {"unknown_path": crash},
    ),
    Fault(
        "unknown-path-created",
        "openapi.yaml, paths: POST anywhere else makes no SetupIntent.",
        (Sent("POST", "/no/such/path"),),
        {
            "unknown_path": lambda api, call: (
                api.respond(call, api.authenticate(call))
                if call.method == "POST"
                else SeedApi.unknown_path(api, call)
            )
        },
    ),
    Fault(
        "trailing-slash-loses-method",
        "RFC 9110 §15.4.2: a 301 lets clients turn POST into GET; 307 or 308 keep it.",
        (Sent("POST", f"{PATH}/"),),
        {"answer": slash_lost},
    ),
    Fault(
        "double-slash-skips-authentication",
        "openapi.yaml, security: no spelling of a path makes a SetupIntent without a token.",
        (Sent("POST", f"/{PATH}", None), Sent("POST", f"{PATH}/", None)),
        {
            "unknown_path": lambda api, call: (
                api.created(call)
                if call.method == "POST" and call.path.strip("/") == PATH[1:]
                else SeedApi.unknown_path(api, call)
            )
        },
    ),
    Fault(
        "path-of-invalid-utf-8-crashes",
        "RFC 9110 §15.6.1: a path of any bytes is answered, not a crash.",
        (Sent("GET", "/api/%ff%fe"),),
        crashes(lambda call: not is_text(call.raw_path)),
    ),
    Fault(
        "nul-in-path-crashes",
        "RFC 9110 §15.6.1: a path with %00 is answered, not a crash.",
        (Sent("GET", "/api/%00"),),
        crashes(lambda call: "\0" in call.path),
    ),
    Fault(
        "long-path-crashes",
        "RFC 9110 §4.1, §15.5.15: a path of 8,000 characters gets 404 or 414, not a crash.",
        (Sent("GET", f"/{'a' * 7999}"),),
        crashes(lambda call: len(call.path) > 4096),
    ),
]

MESSAGES = [
    Fault(
        "content-length-too-long",
        "RFC 9110 §8.6: Content-Length is the number of bytes that are sent.",
        OK,
        length(+7),
    ),
    Fault(
        "content-length-too-short",
        "RFC 9110 §8.6: Content-Length is the number of bytes that are sent.",
        OK,
        length(-7),
    ),
    Fault(
        "content-length-twice",
        "RFC 9110 §8.6; RFC 9112 §6.3: two lengths that differ make a message invalid.",
        OK,
        {
            "created": lambda api, call: (
                lambda answer: answer.with_header(
                    "Content-Length", str(len(answer.body))
                ).plus_header("Content-Length", "10")
            )(SeedApi.created(api, call))
        },
    ),
    Fault(
        "content-length-beside-chunked",
        "RFC 9112 §6.2: Content-Length is not sent beside Transfer-Encoding.",
        OK,
        created(
            lambda answer: answer.with_header("Transfer-Encoding", "chunked").plus_header(
                "Content-Length", "10"
            )
        ),
    ),
    Fault(
        "body-beside-204",
        "RFC 9110 §15.3.5: a 204 has no content; RFC 9112 §6.1: and no Content-Length (§8.6 of RFC 9110).",
        (to("OPTIONS", authorization=None),),
        {
            "options": lambda api, call: (
                SeedApi.options(api, call).with_body(b"{}").with_header("Content-Length", "2")
            )
        },
    ),
    Fault(
        "undocumented-header-of-stack",
        "CHECKING.md, policy; CWE-209: no header has a stack trace.",
        NONE,
        refused(
            lambda answer: answer.with_header(
                "X-Exception", 'Traceback (most recent call last): File "/srv/app/auth.py", line 7'
            ),
            Caller.MISSING,
        ),
    ),
]

ODD_REQUESTS = [
    Fault(
        "unknown-query-crashes",
        "RFC 9110 §15.6.1: a query that nobody asked for is ignored or refused, not a crash.",
        (post(target=f"{PATH}?expand=customer"),),
        crashes(lambda call: bool(call.query)),
    ),
    Fault(
        "query-of-invalid-utf-8-crashes",
        "RFC 9110 §15.6.1: a query of any bytes is ignored or refused, not a crash.",
        (post(target=f"{PATH}?q=%ff"),),
        crashes(lambda call: not is_text(call.query)),
    ),
    Fault(
        "nul-in-query-crashes",
        "RFC 9110 §15.6.1: a query with %00 is ignored or refused, not a crash.",
        (post(target=f"{PATH}?q=%00"),),
        crashes(lambda call: "%00" in call.query),
    ),
    Fault(
        "large-header-crashes",
        "RFC 9110 §5.4, §15.6.1: a large field is ignored or refused (431), not a crash.",
        (post("", ("X-Large", "a" * 12_000)),),
        crashes(lambda call: any(len(value) > 8192 for _, value in call.headers)),
    ),
    Fault(
        "duplicate-header-crashes",
        "RFC 9110 §5.3, §15.6.1: a field that is sent twice is a list, not a crash.",
        (post("", ("X-Request-Id", "a"), ("X-Request-Id", "b")),),
        crashes(lambda call: len({name for name, _ in call.headers}) < len(call.headers)),
    ),
    Fault(
        "duplicate-authorization-crashes",
        "RFC 9110 §5.3, §15.6.1: two credentials are refused, not a crash.",
        (post("", ("Authorization", f"Bearer {GOOD}")),),
        crashes(lambda call: len(call.all("authorization")) > 1),
    ),
    Fault(
        "cookie-without-value-crashes",
        "RFC 6265 §5.4; RFC 9110 §15.6.1: a cookie of any form is ignored, not a crash.",
        (post("", ("Cookie", "a; =b; c")),),
        crashes(lambda call: any("=" not in part for part in call.first("cookie", "=").split(";"))),
    ),
    Fault(
        "missing-user-agent-crashes",
        "RFC 9110 §10.1.5: User-Agent is not required.",
        OK,
        crashes(lambda call: call.path == PATH and not call.first("user-agent")),
    ),
    Fault(
        "accept-of-html-crashes",
        "RFC 9110 §12.5.1, §15.6.1: Accept is heeded (406) or disregarded, not a crash.",
        (post("", ("Accept", "text/html")),),
        crashes(lambda call: call.first("accept").startswith("text/html")),
    ),
    Fault(
        "accept-malformed-crashes",
        "RFC 9110 §15.6.1: a malformed Accept is refused or disregarded, not a crash.",
        (post("", ("Accept", ";;q=x")),),
        crashes(lambda call: "q=x" in call.first("accept")),
    ),
    Fault(
        "body-crashes",
        "openapi.yaml has no requestBody; RFC 9110 §15.6.1: a body is ignored or refused, not a crash.",
        (post("", ("Content-Type", "application/json"), body=b"{}"),),
        crashes(lambda call: bool(call.body)),
    ),
    Fault(
        "malformed-body-crashes",
        "openapi.yaml has no requestBody; RFC 9110 §15.6.1: a body is ignored or refused, not a crash.",
        (post("", ("Content-Type", "application/json"), body=b'{"a":'),),
        crashes(lambda call: bool(call.body) and not call.body.rstrip().endswith((b"}", b"]"))),
    ),
    Fault(
        "content-type-without-body-crashes",
        "RFC 9110 §8.3, §15.6.1: clients send Content-Type without a body; that is no crash.",
        (post("", ("Content-Type", "application/json")),),
        crashes(lambda call: bool(call.first("content-type")) and not call.body),
    ),
    Fault(
        "http-1.0-crashes",
        "RFC 9110 §2.5, §6.2: a request of HTTP/1.0 is answered, not a crash.",
        (post(http_version="1.0"),),
        crashes(lambda call: call.http_version == "1.0"),
    ),
    Fault(
        "range-heeded-by-post",
        "RFC 9110 §14.2: Range is ignored where the method is not GET.",
        (post("", ("Range", "bytes=0-9")),),
        {"post": ranges},
    ),
    Fault(
        "condition-of-time-heeded-by-post",
        "RFC 9110 §13.1.3: If-Modified-Since is ignored where the method is not GET or HEAD.",
        (post("", ("If-Modified-Since", "Sat, 01 Jan 2000 00:00:00 GMT")),),
        {"post": conditional},
    ),
]
