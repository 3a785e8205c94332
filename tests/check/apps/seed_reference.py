"""A correct implementation of openapi.yaml: POST /api/setup-intent, and honest HTTP for everything else."""

import hashlib
import re
from enum import Enum

from tests.check.apps.exchange import Answer, Call, Service, json_answer

PATH = "/api/setup-intent"
GOOD = "sk_test_valid"
GONE = "sk_test_unknown_user"
EXPIRED = "sk_test_expired"
INVALID = "sk_test_invalid"
DOCS = "https://orbitkit.io/api/errors/#"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
REALM = 'Bearer realm="orbitkit"'
# RFC 9110 §11.4: credentials = auth-scheme 1*SP token68; RFC 6750 §2.1: b64token. The scheme has no case (RFC 9110 §11.1).
BEARER = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([A-Za-z0-9\-._~+/]+=*)")
SAFE_TO_STORE = ("Cache-Control", "no-store")


class Caller(Enum):
    """Whom a credential belongs to."""

    USER = "a user"
    GONE = "a user who is not there any more"
    EXPIRED = "nobody: expired"
    INVALID = "nobody: unknown or malformed"
    MISSING = "nobody: no credential"


class SeedApi(Service):
    """The reference; each method is one clause of the document, so that a fault can replace it."""

    async def answer(self, call: Call) -> Answer:
        """Answer any request."""
        if call.path != PATH:
            return self.unknown_path(call)
        if call.method == "OPTIONS":
            return self.options(call)
        if call.method != "POST":
            return self.wrong_method(call)
        return await self.post(call)

    async def post(self, call: Call) -> Answer:
        return self.respond(call, self.authenticate(call))

    def authenticate(self, call: Call) -> Caller:
        """Read the one Authorization header; it may be sent once only (RFC 9110 §5.3)."""
        values = call.all("authorization")
        if not values:
            return Caller.MISSING
        if len(values) > 1 or not (found := BEARER.fullmatch(values[0])):
            return Caller.INVALID
        return self.look_up(found[1])

    def look_up(self, token: str) -> Caller:
        known = {GOOD: Caller.USER, GONE: Caller.GONE, EXPIRED: Caller.EXPIRED}
        return known.get(token, Caller.INVALID)

    def respond(self, call: Call, caller: Caller) -> Answer:
        match caller:
            case Caller.USER:
                return self.created(call)
            case Caller.GONE:
                return self.not_found(call)
            case _:
                return self.unauthorized(call, caller)

    def created(self, call: Call) -> Answer:
        return json_answer(201, {"clientSecret": self.secret(call)}, SAFE_TO_STORE)

    def secret(self, call: Call) -> str:
        """Return a secret in Stripe's form, another one for each call, the same ones for each new app."""
        number = int.from_bytes(hashlib.blake2b(str(call.number).encode()).digest())
        letters = []
        for _ in range(55):
            number, rest = divmod(number, 62)
            letters.append(BASE62[rest])
        return f"seti_{''.join(letters[:24])}_secret_{''.join(letters[24:])}"

    def not_found(self, call: Call) -> Answer:
        return self.error(404, "NOT_FOUND", "Resource not found", SAFE_TO_STORE)

    def unauthorized(self, call: Call, caller: Caller) -> Answer:
        return self.error(
            401,
            "UNAUTHORIZED",
            "Invalid or expired token",
            ("WWW-Authenticate", self.challenge(caller)),
            SAFE_TO_STORE,
        )

    def challenge(self, caller: Caller) -> str:
        """Name an error only where a credential was sent (RFC 6750 §3.1)."""
        return REALM if caller is Caller.MISSING else f'{REALM}, error="invalid_token"'

    def error(self, status: int, code: str, message: str, *headers: tuple[str, str]) -> Answer:
        anchor = code.lower().replace("_", "-")
        error = {"code": code, "message": message, "docUrl": DOCS + anchor}
        return json_answer(status, {"error": error}, *headers)

    def unknown_path(self, call: Call) -> Answer:
        return self.error(404, "NOT_FOUND", "Resource not found")

    def options(self, call: Call) -> Answer:
        return Answer(204, headers=(("Allow", "OPTIONS, POST"),))

    def wrong_method(self, call: Call) -> Answer:
        """Refuse a method with those that there are (RFC 9110 §15.5.6)."""
        problem = {"title": "Method Not Allowed", "status": 405}
        allow = ("Allow", "OPTIONS, POST")
        return json_answer(405, problem, allow, media_type="application/problem+json")
