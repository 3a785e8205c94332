"""Faults of the seed API in media types, JSON texts, headers, and secrets."""

from collections.abc import Callable
from dataclasses import replace

from tests.check.apps.exchange import Answer, Call, Fault
from tests.check.apps.seed_faults import (
    AWAY,
    BAD,
    LATE,
    NONE,
    OK,
    Edit,
    created,
    failed,
    gone,
    inside,
    refused,
    typed,
)
from tests.check.apps.seed_reference import REALM, Caller, SeedApi


def raw(edit: Callable[[bytes], bytes]) -> Edit:
    return lambda answer: answer.with_body(edit(answer.body))


def utf_16(answer: Answer) -> Answer:
    return typed("application/json; charset=utf-16")(
        answer.with_body(answer.body.decode().encode("utf-16"))
    )


def constant(api: SeedApi, call: Call) -> str:
    return "seti_1OrbitKitExample00000001_secret_NotASecretOnlyAnExample00000001"


_TRACE = "Traceback (most recent call last):\n  File \"/srv/app/billing.py\", line 41, in create\nKeyError: 'customer'"

MEDIA_TYPES = [
    Fault(
        "success-media-type-text",
        "openapi.yaml, 201: the media type is application/json.",
        OK,
        created(typed("text/plain")),
    ),
    Fault(
        "unauthorized-media-type-html",
        "openapi.yaml, 401: the media type is application/json.",
        BAD,
        refused(
            lambda a: typed("text/html; charset=utf-8")(a.with_body(b"<h1>401 Unauthorized</h1>"))
        ),
    ),
    Fault(
        "error-media-type-problem",
        "openapi.yaml, 401 and 404: the media type is application/json.",
        AWAY,
        failed(typed("application/problem+json")),
    ),
    Fault(
        "success-media-type-missing",
        "RFC 9110 §8.3: a sender generates Content-Type where it knows the type.",
        OK,
        created(lambda a: a.without("Content-Type")),
    ),
    Fault(
        "media-type-malformed",
        "RFC 9110 §8.3.1: a media type is type/subtype.",
        OK,
        created(typed("json")),
    ),
    Fault(
        "media-type-twice",
        "RFC 9110 §5.3, §8.3: Content-Type is no list and is sent once.",
        OK,
        created(lambda a: a.plus_header("Content-Type", "text/html")),
    ),
    Fault(
        "charset-utf-16",
        "RFC 8259 §8.1: JSON between systems is UTF-8.",
        OK,
        created(utf_16),
    ),
    Fault(
        "content-encoding-untrue",
        "RFC 9110 §8.4: Content-Encoding names a coding that was applied.",
        OK,
        created(lambda a: a.with_header("Content-Encoding", "gzip")),
    ),
]

JSON_TEXTS = [
    Fault(
        "json-cut-off",
        "RFC 8259 §2: a JSON text is whole.",
        OK,
        created(raw(lambda body: body[:-1])),
    ),
    Fault(
        "json-trailing-comma",
        "RFC 8259 §4: no comma follows the last member.",
        OK,
        created(raw(lambda body: body[:-1] + b",}")),
    ),
    Fault(
        "json-single-quotes",
        "RFC 8259 §7: strings have quotation marks.",
        OK,
        created(raw(lambda body: body.replace(b'"', b"'"))),
    ),
    Fault(
        "json-two-texts",
        "RFC 8259 §2: a body is one JSON text.",
        OK,
        created(raw(lambda body: body + b"\n" + body)),
    ),
    Fault(
        "json-byte-order-mark",
        "RFC 8259 §8.1: a byte order mark is not added.",
        OK,
        created(raw(lambda body: b"\xef\xbb\xbf" + body)),
    ),
    Fault(
        "json-nan",
        "RFC 8259 §6: NaN is not permitted.",
        BAD,
        failed(raw(lambda body: body[:-2] + b',"details":[{"retryAfter":NaN}]}}')),
    ),
    Fault(
        "json-duplicate-names",
        "RFC 8259 §4: the names within an object are unique.",
        OK,
        created(raw(lambda body: b'{"clientSecret":"",' + body[1:])),
    ),
    Fault(
        "json-invalid-utf-8",
        "RFC 8259 §8.1: JSON between systems is UTF-8.",
        BAD,
        failed(raw(lambda body: body.replace(b" or ", b" \xe4\xff "))),
    ),
    Fault(
        "json-control-character",
        "RFC 8259 §7: control characters in strings are escaped.",
        BAD,
        failed(raw(lambda body: body.replace(b" or ", b"\n"))),
    ),
]

HEADERS = [
    Fault(
        "challenge-missing",
        "RFC 9110 §11.6.1, §15.5.2: a 401 has WWW-Authenticate.",
        BAD,
        refused(lambda a: a.without("WWW-Authenticate")),
    ),
    Fault(
        "challenge-missing-when-expired",
        "RFC 9110 §15.5.2: every 401 has WWW-Authenticate.",
        LATE,
        refused(lambda a: a.without("WWW-Authenticate"), Caller.EXPIRED),
    ),
    Fault(
        "challenge-of-basic",
        "RFC 6750 §3: the scheme of the challenge is Bearer.",
        BAD,
        {"challenge": lambda api, caller: 'Basic realm="orbitkit"'},
    ),
    Fault(
        "challenge-without-error",
        "openapi.yaml, 401; RFC 6750 §3.1: the challenge names an error where a token was sent.",
        BAD,
        {"challenge": lambda api, caller: REALM},
    ),
    Fault(
        "challenge-names-insufficient-scope",
        "RFC 6750 §3.1: an expired or invalid token is invalid_token.",
        LATE,
        {"challenge": lambda api, caller: f'{REALM}, error="insufficient_scope"'},
    ),
    Fault(
        "challenge-names-error-without-token",
        "RFC 6750 §3.1: without credentials the challenge has no error code.",
        NONE,
        {"challenge": lambda api, caller: f'{REALM}, error="invalid_token"'},
    ),
    Fault(
        "challenge-malformed",
        "RFC 9110 §11.2: a value with a space in it is a quoted string.",
        BAD,
        {"challenge": lambda api, caller: "Bearer error=invalid token, the token is expired"},
    ),
    Fault(
        "success-cacheable",
        "RFC 9111 §5.2.2.9: a secret is not offered to shared caches.",
        OK,
        created(lambda a: a.with_header("Cache-Control", "public, max-age=86400")),
    ),
]

SECRETS = [
    Fault(
        "secret-constant", "fixtures, policy: /clientSecret is unique.", OK, {"secret": constant}
    ),
    Fault(
        "secret-replayed-every-fifth-call",
        "fixtures, policy: /clientSecret is unique.",
        OK * 5,
        {
            "secret": lambda api, call: SeedApi.secret(
                api, replace(call, number=call.number - (call.number % 5 == 0))
            )
        },
    ),
    Fault(
        "secret-alternates",
        "fixtures, policy: /clientSecret is unique.",
        OK * 3,
        {"secret": lambda api, call: SeedApi.secret(api, replace(call, number=call.number % 2))},
    ),
    Fault(
        "secret-differs-in-length-only",
        "fixtures, policy: the secret has 31 letters after _secret_, and none of them is _.",
        OK * 2,
        {"secret": lambda api, call: f"{constant(api, call)}{'_' * call.number}"},
    ),
    Fault(
        "credential-echoed-in-message",
        "CHECKING.md, policy; RFC 9700 §4.2: an error does not repeat the credential.",
        BAD,
        {
            "unauthorized": lambda api, call, caller: inside(
                message=f"Invalid token: {call.first('authorization')}"
            )(SeedApi.unauthorized(api, call, caller))
        },
    ),
    Fault(
        "credential-echoed-in-header",
        "CHECKING.md, policy: no header repeats the credential.",
        OK,
        {
            "created": lambda api, call: SeedApi.created(api, call).with_header(
                "X-Debug-Authorization", call.first("authorization")
            )
        },
    ),
    Fault(
        "credential-set-as-cookie",
        "CHECKING.md, policy: no cookie repeats the credential.",
        OK,
        {
            "created": lambda api, call: SeedApi.created(api, call).with_header(
                "Set-Cookie", f"session={call.first('authorization').split(' ')[-1]}; Path=/"
            )
        },
    ),
    Fault(
        "stack-trace-in-details",
        "CHECKING.md, policy; CWE-209: an error has no stack trace.",
        AWAY,
        gone(inside(details=[{"stack": _TRACE}])),
    ),
    Fault(
        "stack-trace-in-message",
        "CHECKING.md, policy; CWE-209: an error has no stack trace.",
        BAD,
        refused(inside(message=_TRACE), Caller.INVALID),
    ),
    Fault(
        "error-has-undocumented-field",
        "fixtures, policy: fields that the document does not name are refused in errors too.",
        AWAY,
        gone(lambda a: a.with_members(internalUserId=8841)),
    ),
]
