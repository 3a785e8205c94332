"""Faults of the seed API in who is let in, and in what one call does to the next."""

import re
from base64 import b64decode, b64encode

from tests.check.apps.exchange import WINDOW_SECONDS, Answer, Call, Change, Fault, pause
from tests.check.apps.seed_faults import AWAY, BAD, LATE, NONE, OK, crash, post
from tests.check.apps.seed_reference import BEARER, EXPIRED, GOOD, INVALID, Caller, SeedApi


def token_of(call: Call) -> str:
    found = BEARER.fullmatch(call.first("authorization"))
    return found[1] if found else ""


def admits(test: Change) -> dict[str, Change]:
    """Let those in too whom a test of the call lets in."""

    def authenticate(api: SeedApi, call: Call) -> Caller:
        caller = SeedApi.authenticate(api, call)
        known = caller in (Caller.USER, Caller.GONE)
        return Caller.USER if not known and test(call) else caller

    return {"authenticate": authenticate}


def shuts_out(test: Change) -> dict[str, Change]:
    """Refuse those too whom a test of the call refuses."""
    return {
        "authenticate": lambda api, call: (
            Caller.INVALID if test(call) else SeedApi.authenticate(api, call)
        )
    }


def admits_caller(caller: Caller) -> dict[str, Change]:
    return admits_after(lambda found: found is caller)


def admits_after(test: Change) -> dict[str, Change]:
    def authenticate(api: SeedApi, call: Call) -> Caller:
        found = SeedApi.authenticate(api, call)
        return Caller.USER if test(found) else found

    return {"authenticate": authenticate}


def crashes(test: Change) -> dict[str, Change]:
    async def answer(api: SeedApi, call: Call) -> Answer:
        return crash() if test(call) else await SeedApi.answer(api, call)

    return {"answer": answer}


def basic_password(call: Call) -> bool:
    scheme, _, value = call.first("authorization").partition(" ")
    if scheme.lower() != "basic":
        return False
    try:
        return GOOD in b64decode(value, validate=True).decode().split(":")
    except ValueError:
        return False


def after_scheme(call: Call) -> str:
    return call.first("authorization").partition(" ")[2]


_BASIC = f"Basic {b64encode(f'{GOOD}:'.encode()).decode()}"

CREDENTIALS = [
    Fault(
        "expired-token-accepted",
        "fixtures, token expired; RFC 6750 §3.1: an expired token is invalid_token.",
        LATE,
        admits_caller(Caller.EXPIRED),
    ),
    Fault(
        "any-token-accepted",
        "fixtures, token invalid; RFC 6750 §3.1: an unknown token is invalid_token.",
        BAD,
        admits_caller(Caller.INVALID),
    ),
    Fault(
        "missing-token-accepted",
        "openapi.yaml, security: bearerAuth is required.",
        NONE,
        admits_caller(Caller.MISSING),
    ),
    Fault(
        "token-with-suffix-accepted",
        "RFC 6750 §2.1: the token is the whole b64token, not its beginning.",
        (post(f"Bearer {GOOD}x"),),
        admits(lambda call: token_of(call).startswith(GOOD)),
    ),
    Fault(
        "token-with-prefix-accepted",
        "RFC 6750 §2.1: the token is the whole b64token, not its end.",
        (post(f"Bearer x{GOOD}"),),
        admits(lambda call: token_of(call).endswith(GOOD)),
    ),
    Fault(
        "token-cut-off-accepted",
        "RFC 6750 §2.1: a part of a token is not the token.",
        (post(f"Bearer {GOOD[:-1]}"),),
        admits(lambda call: len(token_of(call)) > 3 and GOOD.startswith(token_of(call))),
    ),
    Fault(
        "token-in-any-case-accepted",
        "RFC 6750 §2.1: a token has case; only the scheme has none (RFC 9110 §11.1).",
        (post(f"Bearer {GOOD.upper()}"),),
        admits(lambda call: token_of(call).lower() == GOOD),
    ),
    Fault(
        "token-by-form-only-accepted",
        "RFC 6750 §3.1: a token of the right form that nobody issued is invalid_token.",
        (post("Bearer sk_test_9f8e7d6c5b4a"),),
        admits(
            lambda call: (
                token_of(call) not in (EXPIRED, INVALID) and token_of(call).startswith("sk_test_")
            )
        ),
    ),
    Fault(
        "empty-token-accepted",
        "RFC 6750 §2.1: b64token has at least one character.",
        (post("Bearer "), post("Bearer")),
        admits(lambda call: call.first("authorization").lower().strip() == "bearer"),
    ),
    Fault(
        "token-trimmed",
        "RFC 6750 §2.1: a no-break space is no part of a b64token, and no white space of HTTP either (RFC 9110 §5.6.3).",
        (post(f"Bearer {GOOD}\xa0"),),
        admits(lambda call: after_scheme(call).strip() == GOOD),
    ),
    Fault(
        "token-in-quotes-accepted",
        "RFC 6750 §2.1: a b64token has no quotation marks.",
        (post(f'Bearer "{GOOD}"'),),
        admits(lambda call: after_scheme(call).strip("\"'") == GOOD),
    ),
    Fault(
        "token-before-comma-accepted",
        "RFC 9110 §11.6.2: Authorization is one credential, not a list.",
        (post(f"Bearer {GOOD}, Bearer {INVALID}"), post(f"Bearer {GOOD},x")),
        admits(lambda call: after_scheme(call).split(",")[0] == GOOD),
    ),
    Fault(
        "second-word-after-token-ignored",
        "RFC 6750 §2.1: nothing follows the b64token.",
        (post(f"Bearer {GOOD} {INVALID}"),),
        admits(lambda call: call.first("authorization").split()[1:2] == [GOOD]),
    ),
    Fault(
        "second-authorization-header-wins",
        "RFC 9110 §5.3: Authorization is sent once; two are no credential.",
        (post(f"Bearer {INVALID}", ("Authorization", f"Bearer {GOOD}")),),
        admits(lambda call: f"Bearer {GOOD}" in call.all("authorization")[1:]),
    ),
    Fault(
        "basic-with-token-accepted",
        "openapi.yaml, bearerAuth: the scheme is bearer, not Basic (RFC 7617).",
        (post(_BASIC),),
        admits(basic_password),
    ),
    Fault(
        "any-scheme-accepted",
        "openapi.yaml, bearerAuth: the scheme is bearer (RFC 9110 §11.4).",
        (post(f"Token {GOOD}"), post(f"Basic {GOOD}")),
        admits(lambda call: after_scheme(call) == GOOD),
    ),
    Fault(
        "scheme-by-prefix-accepted",
        "RFC 9110 §11.4: the scheme is a whole token; Bearerx is another one.",
        (post(f"Bearerx {GOOD}"),),
        admits(
            lambda call: (
                bool(re.match(r"(?i)bearer\S* ", call.first("authorization")))
                and after_scheme(call) == GOOD
            )
        ),
    ),
    Fault(
        "token-without-scheme-accepted",
        "RFC 6750 §2.1: credentials begin with Bearer.",
        (post(GOOD),),
        admits(lambda call: call.first("authorization") == GOOD),
    ),
    Fault(
        "scheme-glued-to-token-accepted",
        "RFC 6750 §2.1: at least one space follows Bearer.",
        (post(f"Bearer{GOOD}"),),
        admits(lambda call: call.first("authorization").lower() == f"bearer{GOOD}"),
    ),
    Fault(
        "token-in-query-accepted",
        "openapi.yaml, bearerAuth; RFC 6750 §2.3: a token is not taken from the URL.",
        (post(None, target=f"/api/setup-intent?access_token={GOOD}"),),
        admits(lambda call: ("access_token", GOOD) in call.parameters),
    ),
    Fault(
        "token-in-cookie-accepted",
        "openapi.yaml, bearerAuth: a token is not taken from a cookie.",
        tuple(post(None, ("Cookie", f"{name}={GOOD}")) for name in ("token", "access_token")),
        admits(lambda call: GOOD in call.first("cookie")),
    ),
    Fault(
        "token-in-body-accepted",
        "openapi.yaml, bearerAuth; RFC 6750 §2.2: a token is not taken from a form.",
        (
            post(
                None,
                ("Content-Type", "application/x-www-form-urlencoded"),
                body=f"access_token={GOOD}".encode(),
            ),
        ),
        admits(lambda call: f"access_token={GOOD}".encode() in call.body),
    ),
    Fault(
        "token-in-api-key-header-accepted",
        "openapi.yaml, bearerAuth: a token is not taken from X-API-Key.",
        (post(None, ("X-API-Key", GOOD)),),
        admits(lambda call: call.first("x-api-key") == GOOD),
    ),
    Fault(
        "proxy-authorization-accepted",
        "RFC 9110 §11.7.2: Proxy-Authorization is for the proxy.",
        (post(None, ("Proxy-Authorization", f"Bearer {GOOD}")),),
        admits(lambda call: call.first("proxy-authorization") == f"Bearer {GOOD}"),
    ),
    Fault(
        "local-address-trusted",
        "openapi.yaml, security: a header that anybody may send is no credential.",
        (post(None, ("X-Forwarded-For", "127.0.0.1")),),
        admits(lambda call: call.first("x-forwarded-for") == "127.0.0.1"),
    ),
    Fault(
        "long-token-accepted",
        "RFC 6750 §3.1: a token that is too long to look up is invalid_token.",
        (post(f"Bearer {'a' * 5000}"),),
        admits(lambda call: len(token_of(call)) > 4096),
    ),
    Fault(
        "token-with-quote-accepted",
        "CWE-89: a token is data, not a part of a query.",
        (post("Bearer ' OR '1'='1"),),
        admits(lambda call: "' OR '1'='1" in call.first("authorization")),
    ),
    Fault(
        "scheme-in-lower-case-refused",
        "RFC 9110 §11.1: the scheme has no case.",
        (post(f"bearer {GOOD}"),),
        shuts_out(lambda call: not call.first("authorization", "Bearer").startswith("Bearer")),
    ),
    Fault(
        "scheme-in-upper-case-refused",
        "RFC 9110 §11.1: the scheme has no case.",
        (post(f"BEARER {GOOD}"),),
        shuts_out(lambda call: call.first("authorization").startswith("BEARER")),
    ),
    Fault(
        "two-spaces-after-scheme-refused",
        "RFC 9110 §11.4: one or more spaces follow the scheme.",
        (post(f"Bearer  {GOOD}"),),
        shuts_out(lambda call: "  " in call.first("authorization")),
    ),
    Fault(
        "long-token-crashes",
        "RFC 9110 §15.6.1: a token of 5,000 characters is refused, not a crash.",
        (post(f"Bearer {'a' * 5000}"),),
        crashes(lambda call: len(token_of(call)) > 4096),
    ),
    Fault(
        "non-ascii-token-crashes",
        "RFC 9110 §15.6.1: bytes above 0x7F (obs-text, §5.5) are refused, not a crash.",
        (post("Bearer t\xf6ken"),),
        crashes(lambda call: not call.first("authorization").isascii()),
    ),
    Fault(
        "scheme-alone-crashes",
        "RFC 9110 §15.6.1: a scheme without a token is refused, not a crash.",
        (post("Bearer"),),
        crashes(lambda call: len(call.first("authorization", "- -").split(" ")) < 2),
    ),
    Fault(
        "basic-crashes",
        "RFC 9110 §15.6.1: another scheme is refused, not a crash.",
        (post("Basic !"),),
        crashes(lambda call: call.first("authorization").startswith("Basic")),
    ),
]


def remembering(api: SeedApi, call: Call) -> Caller:
    caller = SeedApi.authenticate(api, call)
    if caller is Caller.MISSING and "login" in api.memory:
        return Caller.USER
    if caller is Caller.USER:
        api.memory["login"] = True
    return caller


def pardoning(api: SeedApi, call: Call) -> Caller:
    caller = SeedApi.authenticate(api, call)
    seen = api.memory.setdefault("refused", set())
    if caller in (Caller.EXPIRED, Caller.INVALID):
        if token_of(call) in seen:
            return Caller.USER
        seen.add(token_of(call))
    return caller


def tiring(api: SeedApi, call: Call) -> Caller:
    caller = SeedApi.authenticate(api, call)
    if caller is Caller.USER:
        api.memory["uses"] = api.memory.get("uses", 0) + 1
        return caller if api.memory["uses"] <= 3 else Caller.EXPIRED
    return caller


def registering(api: SeedApi, call: Call) -> Caller:
    caller = SeedApi.authenticate(api, call)
    if caller is Caller.GONE:
        api.memory["gone"] = api.memory.get("gone", 0) + 1
        return caller if api.memory["gone"] == 1 else Caller.USER
    return caller


async def once_for_each_user(api: SeedApi, call: Call) -> Answer:
    answer = await SeedApi.post(api, call)
    if answer.status == 201:
        api.memory["intents"] = api.memory.get("intents", 0) + 1
        if api.memory["intents"] > 1:
            return api.error(409, "SUBSCRIPTION_EXISTS", "There is a SetupIntent already")
    return answer


def every(number: int, change: Change) -> dict[str, Change]:
    """Change each n-th of the good answers."""

    def created(api: SeedApi, call: Call) -> Answer:
        api.memory["created"] = api.memory.get("created", 0) + 1
        answer = SeedApi.created(api, call)
        return change(answer) if api.memory["created"] % number == 0 else answer

    return {"created": created}


def slow(number: int) -> dict[str, Change]:
    async def answer(api: SeedApi, call: Call) -> Answer:
        if call.number % number == 0:
            await pause()
        return await SeedApi.post(api, call)

    return {"post": answer}


async def shared_caller(api: SeedApi, call: Call) -> Answer:
    api.memory["caller"] = api.authenticate(call)
    await pause(WINDOW_SECONDS)
    return api.respond(call, api.memory["caller"])


async def shared_call(api: SeedApi, call: Call) -> Answer:
    api.memory["call"] = call
    await pause(WINDOW_SECONDS)
    return api.respond(api.memory["call"], api.authenticate(call))


async def one_at_a_time(api: SeedApi, call: Call) -> Answer:
    await pause(WINDOW_SECONDS)
    return crash() if api.in_flight > 1 else await SeedApi.post(api, call)


REPETITION = [
    Fault(
        "login-remembered",
        "RFC 9110 §3.3: each request is understood by itself; a good call does not open the next.",
        OK + NONE,
        {"authenticate": remembering},
    ),
    Fault(
        "refused-token-accepted-at-second-call",
        "fixtures, tokens expired and invalid: they are refused each time.",
        LATE * 2 + BAD * 2,
        {"authenticate": pardoning},
    ),
    Fault(
        "good-token-refused-at-fourth-call",
        "fixtures, token valid: it is accepted each time.",
        OK * 4,
        {"authenticate": tiring},
    ),
    Fault(
        "gone-user-created-at-second-call",
        "fixtures, case not-found: the user stays gone.",
        AWAY * 2,
        {"authenticate": registering},
    ),
    Fault(
        "second-call-conflicts",
        "openapi.yaml: 409 is not documented; each call makes a SetupIntent.",
        OK * 2,
        {"post": once_for_each_user},
    ),
    Fault(
        "every-second-call-crashes",
        "RFC 9110 §15.6.1: a good request gets 201 each time.",
        OK * 2,
        every(2, crash),
    ),
    Fault(
        "every-fifth-call-crashes",
        "RFC 9110 §15.6.1: a good request gets 201 each time.",
        OK * 5,
        every(5, crash),
    ),
    Fault(
        "every-fifth-call-has-wrong-type",
        "openapi.yaml, SetupIntent: clientSecret is a string each time.",
        OK * 5,
        every(5, lambda answer: answer.with_value({"clientSecret": None})),
    ),
    Fault(
        "every-eleventh-call-unavailable",
        "openapi.yaml: 503 is not documented.",
        OK * 11,
        every(11, lambda answer: answer.with_status(503)),
    ),
    Fault(
        "slow",
        "fixtures, policy: max_latency is 5 s.",
        OK,
        slow(1),
    ),
    Fault(
        "slow-at-every-seventh-call",
        "fixtures, policy: max_latency is 5 s, each time.",
        OK * 7,
        slow(7),
    ),
    Fault(
        "caller-shared-between-requests",
        "RFC 9110 §3.3: requests at the same time are not mixed up.",
        (*OK, *BAD, *AWAY) * 4,
        {"post": shared_caller},
        together=True,
    ),
    Fault(
        "secret-shared-between-requests",
        "fixtures, policy: /clientSecret is unique, for requests at the same time too.",
        OK * 8,
        {"post": shared_call},
        together=True,
    ),
    Fault(
        "requests-at-the-same-time-crash",
        "RFC 9110 §15.6.1: a good request gets 201, whatever else is under way.",
        OK * 8,
        {"post": one_at_a_time},
        together=True,
    ),
]
