"""The ways in which an implementation of the seed API may be wrong: statuses and bodies.

Media types, JSON and headers are in ``seed_texts``, who is let in is in ``seed_holes``, how HTTP is spoken in ``seed_conduct``.
"""

from collections.abc import Callable
from dataclasses import replace

from tests.check.apps.exchange import Answer, Call, Change, Fault, Sent
from tests.check.apps.seed_reference import (
    EXPIRED,
    GONE,
    INVALID,
    PATH,
    Caller,
    SeedApi,
)

Edit = Callable[[Answer], Answer]
Changes = dict[str, Change]


def post(authorization: str | None = "", *headers: tuple[str, str], **more: object) -> Sent:
    return replace(Sent("POST", PATH, authorization, headers), **more)  # type: ignore[arg-type]


OK = (post(),)
NONE = (post(None),)
BAD = (post(f"Bearer {INVALID}"),)
LATE = (post(f"Bearer {EXPIRED}"),)
AWAY = (post(f"Bearer {GONE}"),)


def created(edit: Edit) -> Changes:
    """Edit the answer to a good call."""
    return {"created": lambda api, call: edit(SeedApi.created(api, call))}


def refused(edit: Edit, *callers: Caller) -> Changes:
    """Edit the 401, to all or to some callers."""

    def unauthorized(api: SeedApi, call: Call, caller: Caller) -> Answer:
        answer = SeedApi.unauthorized(api, call, caller)
        return edit(answer) if not callers or caller in callers else answer

    return {"unauthorized": unauthorized}


def gone(edit: Edit) -> Changes:
    """Edit the 404 of a user who is not there."""
    return {"not_found": lambda api, call: edit(SeedApi.not_found(api, call))}


def failed(edit: Edit) -> Changes:
    """Edit every error of the API's own form."""
    return {"error": lambda api, *given: edit(SeedApi.error(api, *given))}


def inside(**members: object) -> Edit:
    """Set members of the envelope's ``error``."""
    return lambda answer: answer.with_value({"error": {**answer.value["error"], **members}})


def lacking(name: str) -> Edit:
    """Take a member of the envelope's ``error`` away."""

    def edit(answer: Answer) -> Answer:
        error = {key: value for key, value in answer.value["error"].items() if key != name}
        return answer.with_value({"error": error})

    return edit


def typed(media_type: str) -> Edit:
    return lambda answer: answer.with_header("Content-Type", media_type)


def crash(*_: object) -> Answer:
    raise RuntimeError("this implementation has a fault here")


STATUSES = [
    Fault(
        "success-status-200",
        "openapi.yaml: success is 201.",
        OK,
        created(lambda a: a.with_status(200)),
    ),
    Fault(
        "success-status-202",
        "openapi.yaml: 202 is not documented.",
        OK,
        created(lambda a: a.with_status(202)),
    ),
    Fault(
        "success-without-content",
        "openapi.yaml: success is 201 with a body, not 204.",
        OK,
        created(lambda a: Answer(204)),
    ),
    Fault(
        "success-redirects",
        "openapi.yaml: success is 201, not a 303 (RFC 9110 §15.4.4).",
        OK,
        created(lambda a: Answer(303, headers=(("Location", "/api/setup-intents/1"),))),
    ),
    Fault(
        "invalid-token-status-403",
        "openapi.yaml: an invalid token gets 401 (RFC 6750 §3.1).",
        BAD,
        refused(lambda a: a.with_status(403), Caller.INVALID),
    ),
    Fault(
        "missing-token-status-400",
        "openapi.yaml: a missing token gets 401 (RFC 9110 §15.5.2).",
        NONE,
        refused(lambda a: a.with_status(400), Caller.MISSING),
    ),
    Fault(
        "missing-token-status-500",
        "openapi.yaml: a missing token gets 401, not a crash (RFC 9110 §15.6.1).",
        NONE,
        refused(crash, Caller.MISSING),
    ),
    Fault(
        "expired-token-status-419",
        "openapi.yaml: an expired token gets 401 (RFC 6750 §3.1).",
        LATE,
        refused(lambda a: a.with_status(419), Caller.EXPIRED),
    ),
    Fault(
        "error-status-200",
        "openapi.yaml: a refusal is 401, not 200 with an error in it (RFC 9110 §15.5.2).",
        BAD,
        refused(lambda a: a.with_status(200)),
    ),
    Fault(
        "gone-user-status-401",
        "openapi.yaml, DESIGN.md §2: a good token whose user is gone gets 404.",
        AWAY,
        {"not_found": lambda api, call: api.unauthorized(call, Caller.INVALID)},
    ),
    Fault(
        "gone-user-status-410",
        "openapi.yaml: 410 is not documented.",
        AWAY,
        gone(lambda a: a.with_status(410)),
    ),
    Fault(
        "gone-user-status-500",
        "openapi.yaml: a user who is gone is a 404, not a crash (RFC 9110 §15.6.1).",
        AWAY,
        {"not_found": crash},
    ),
    Fault(
        "gone-user-created",
        "fixtures, case not-found: a user who is gone gets no SetupIntent.",
        AWAY,
        {"not_found": lambda api, call: api.created(call)},
    ),
]

BODIES = [
    Fault(
        "client-secret-missing",
        "fixtures, case created: /clientSecret matches a pattern, so it is there.",
        OK,
        created(lambda a: a.with_value({})),
    ),
    Fault(
        "client-secret-null",
        "openapi.yaml, SetupIntent: clientSecret is a string.",
        OK,
        created(lambda a: a.with_value({"clientSecret": None})),
    ),
    Fault(
        "client-secret-number",
        "openapi.yaml, SetupIntent: clientSecret is a string.",
        OK,
        created(lambda a: a.with_value({"clientSecret": 42})),
    ),
    Fault(
        "client-secret-empty",
        "fixtures, policy: the secret has Stripe's form.",
        OK,
        created(lambda a: a.with_value({"clientSecret": ""})),
    ),
    Fault(
        "client-secret-snake-case",
        "openapi.yaml, SetupIntent: the member is clientSecret.",
        OK,
        created(lambda a: a.with_value({"client_secret": a.value["clientSecret"]})),
    ),
    Fault(
        "client-secret-of-payment-intent",
        "fixtures, policy: the secret begins with seti_.",
        OK,
        {"secret": lambda api, call: SeedApi.secret(api, call).replace("seti_", "pi_")},
    ),
    Fault(
        "client-secret-padded",
        "fixtures, policy: the secret has Stripe's form from its first to its last character.",
        OK,
        {"secret": lambda api, call: f" {SeedApi.secret(api, call)}_\n"},
    ),
    Fault(
        "success-wrapped-in-data",
        "openapi.yaml, SetupIntent: clientSecret is a member of the body itself.",
        OK,
        created(lambda a: a.with_value({"data": a.value})),
    ),
    Fault(
        "success-is-array",
        "openapi.yaml, SetupIntent: the body is an object.",
        OK,
        created(lambda a: a.with_value([a.value])),
    ),
    Fault(
        "success-is-string",
        "openapi.yaml, SetupIntent: the body is an object.",
        OK,
        created(lambda a: a.with_value(a.value["clientSecret"])),
    ),
    Fault(
        "success-is-null",
        "openapi.yaml, SetupIntent: the body is an object.",
        OK,
        created(lambda a: a.with_value(None)),
    ),
    Fault(
        "success-is-empty",
        "RFC 8259 §2: an empty body is not a JSON text.",
        OK,
        created(lambda a: a.with_body(b"")),
    ),
    Fault(
        "success-has-undocumented-field",
        "fixtures, policy: fields that the document does not name are refused.",
        OK,
        created(lambda a: a.with_members(livemode=False)),
    ),
    Fault(
        "error-without-envelope",
        "openapi.yaml, Error: error is required.",
        BAD,
        failed(lambda a: a.with_value(a.value["error"])),
    ),
    Fault(
        "error-is-string",
        "openapi.yaml, Error: error is an object.",
        BAD,
        failed(lambda a: a.with_value({"error": a.value["error"]["code"]})),
    ),
    Fault(
        "error-is-list",
        "openapi.yaml, Error: error is required, errors is not it.",
        BAD,
        failed(lambda a: a.with_value({"errors": [a.value["error"]]})),
    ),
    Fault(
        "error-is-null",
        "openapi.yaml, Error: error is an object.",
        BAD,
        failed(lambda a: a.with_value({"error": None})),
    ),
    Fault(
        "error-code-missing", "openapi.yaml, Error: code is required.", BAD, failed(lacking("code"))
    ),
    Fault(
        "error-message-missing",
        "openapi.yaml, Error: message is required.",
        BAD,
        failed(lacking("message")),
    ),
    Fault(
        "error-code-lower-case",
        "openapi.yaml, Error: code is one of 26, in upper case.",
        BAD,
        failed(lambda a: inside(code=a.value["error"]["code"].lower())(a)),
    ),
    Fault(
        "error-code-number",
        "openapi.yaml, Error: code is a string.",
        BAD,
        failed(lambda a: inside(code=a.status)(a)),
    ),
    Fault(
        "error-message-null",
        "openapi.yaml, Error: message is a string.",
        BAD,
        failed(inside(message=None)),
    ),
    Fault(
        "unauthorized-code-forbidden",
        "fixtures, case invalid: /error/code is UNAUTHORIZED.",
        BAD,
        refused(inside(code="FORBIDDEN")),
    ),
    Fault(
        "expired-code-internal-error",
        "fixtures, case expired: /error/code is UNAUTHORIZED.",
        LATE,
        refused(inside(code="INTERNAL_ERROR"), Caller.EXPIRED),
    ),
    Fault(
        "not-found-code-no-stripe-customer",
        "fixtures, case not-found: /error/code is NOT_FOUND.",
        AWAY,
        gone(inside(code="NO_STRIPE_CUSTOMER")),
    ),
    Fault(
        "not-found-without-envelope",
        "openapi.yaml, 404: the envelope of Error holds there too.",
        AWAY,
        gone(lambda a: a.with_value({"detail": "Not Found"})),
    ),
    Fault(
        "expired-without-envelope",
        "openapi.yaml, 401: the envelope of Error holds for every cause.",
        LATE,
        refused(lambda a: a.with_value({"message": "jwt expired"}), Caller.EXPIRED),
    ),
    Fault(
        "missing-token-empty-body",
        "openapi.yaml, 401: a missing token gets the envelope too.",
        NONE,
        refused(lambda a: a.with_body(b""), Caller.MISSING),
    ),
    Fault(
        "doc-url-not-uri",
        "openapi.yaml, Error: docUrl has the format uri (RFC 3986 §2).",
        BAD,
        failed(inside(docUrl="see the page on errors")),
    ),
    Fault(
        "doc-url-relative",
        "openapi.yaml, Error: docUrl has the format uri, which begins with a scheme (RFC 3986 §4.3).",
        BAD,
        failed(inside(docUrl="/api/errors/#unauthorized")),
    ),
    Fault(
        "doc-url-null",
        "openapi.yaml, Error: docUrl is a string or absent.",
        BAD,
        failed(inside(docUrl=None)),
    ),
    Fault(
        "details-is-object",
        "openapi.yaml, Error: details is an array.",
        BAD,
        failed(inside(details={"path": "token"})),
    ),
    Fault(
        "details-holds-strings",
        "openapi.yaml, Error: the items of details are objects.",
        BAD,
        failed(inside(details=["token is invalid"])),
    ),
]
