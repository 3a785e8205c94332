"""Which credential a request carries for a security scheme, and how a refused client is asked for one.

Whether a credential is any good is the fixtures' business.
"""

import re
from base64 import b64decode
from collections.abc import Sequence
from typing import NamedTuple
from urllib.parse import unquote_plus

from mockserver.messages import HttpRequest
from mockserver.spec.model import SecurityScheme
from mockserver.validation.deep import decode_percent

# RFC 9110 §11.4: credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
_CREDENTIALS = re.compile(rb"([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?: +(.*))?", re.DOTALL)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2
_BEARER_TOKEN = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1, b64token
_BEARER_TYPES = frozenset(("oauth2", "openIdConnect"))


class Credential(NamedTuple):
    """A credential as fixtures name it: without ``Bearer``; for basic ``user:password``; for digest its parameters."""

    value: str


class Malformed(NamedTuple):
    """Something stands where the credential should, and it is none; the reason never quotes it."""

    reason: str


def read_credential(scheme: SecurityScheme, request: HttpRequest) -> Credential | Malformed | None:
    """Return what a request carries for a scheme; ``None`` where it carries nothing for it.

    An ``Authorization`` of another scheme is nothing for this one: with alternatives, another may want it.
    """
    match scheme.type:
        case "apiKey":
            key = _api_key(scheme, request)
            return Credential(key) if key else None
        case "mutualTLS":
            # The handshake is over, and was not ours: whoever got here is believed.
            return Credential("")
        case _:
            wanted = "bearer" if scheme.type in _BEARER_TYPES else scheme.scheme
            return _authorization(wanted, request)


def is_bearer(scheme: SecurityScheme) -> bool:
    """Tell whether a scheme's credential is a bearer token (RFC 6750)."""
    return scheme.type in _BEARER_TYPES or scheme.scheme == "bearer"


def challenge(schemes: Sequence[SecurityScheme], error: str | None) -> bytes:
    """Return the ``WWW-Authenticate`` of a 401: a challenge for each scheme (RFC 9110 §11.6.1).

    Args:
        schemes: That would be accepted, in the document's order.
        error: ``invalid_token`` where a token came and was refused; ``None`` where none came (RFC 6750 §3).
    """
    keyless = [scheme for scheme in schemes if scheme.type != "apiKey"]
    challenges = dict.fromkeys(_challenge(scheme, error) for scheme in keyless or schemes)
    return ",".join(challenges).encode("latin-1", "replace")


def _authorization(wanted: str, request: HttpRequest) -> Credential | Malformed | None:
    header = request.header(b"authorization")
    found = _CREDENTIALS.fullmatch(header.strip()) if header else None
    if found is None or found[1].decode("ascii").lower() != wanted:
        return None
    value = (found[2] or b"").strip().decode("latin-1")
    if not value:  # no token was sent, so none is invalid (RFC 6750 §3)
        return None
    if wanted == "bearer" and not _BEARER_TOKEN.fullmatch(value):
        return Malformed("the bearer token has characters that no token has")
    if wanted == "basic":
        return _basic(value)
    return Credential(value)


def _basic(value: str) -> Credential | Malformed:
    """Decode ``user:password`` (RFC 7617 §2)."""
    try:
        decoded = b64decode(value, validate=True).decode("utf-8")
    except ValueError:  # of base64, of UTF-8, of characters that neither has
        return Malformed("the basic credential is not base64")
    if ":" not in decoded:
        return Malformed("the basic credential has no colon")
    return Credential(decoded)


def _api_key(scheme: SecurityScheme, request: HttpRequest) -> str | None:
    name = scheme.parameter
    match scheme.parameter_in:
        case "query":
            pairs = (pair.partition(b"=") for pair in request.query.split(b"&"))
            found = (
                unquote_plus(value.decode("latin-1"))
                for key, _, value in pairs
                if unquote_plus(key.decode("latin-1")) == name
            )
            return next(found, None)
        case "cookie":
            cookies = (
                pair.strip().partition(b"=")
                for header in request.header_values(b"cookie")
                for pair in header.split(b";")
            )
            values = (value for key, _, value in cookies if key.decode("latin-1") == name)
            first = next((value.strip(b'"').decode("latin-1") for value in values), None)
            return decode_percent(first, plus=False) if first else None  # as of other cookies
        case _:
            value = request.header(name.lower().encode("latin-1", "replace"))
            return value.strip().decode("latin-1") if value else None


_PRISM = {"oauth2": "OAuth2", "openIdConnect": "OpenID"}


def _challenge(scheme: SecurityScheme, error: str | None) -> str:
    """Return one challenge, as Prism has it, because clients that move from it compare; RFC 6750 where it says no."""
    if scheme.type == "apiKey":
        return f'ApiKey realm="{_quoted(scheme.parameter)}"'
    if scheme.type in _PRISM and error is None:
        return _PRISM[scheme.type]
    if is_bearer(scheme):
        return f'Bearer error="{error}"' if error else "Bearer"
    if scheme.scheme == "basic":
        return 'Basic realm="*"'
    if scheme.scheme == "digest":
        return 'Digest realm="*", nonce="abc123"'  # RFC 7616 §3.3: a nonce must be there; this one is Prism's
    return "".join(_TOKEN.findall(scheme.scheme.capitalize())) or "Mutual"


def _quoted(text: str) -> str:
    return re.sub(r'[\\"\x00-\x1f]', "", text)
