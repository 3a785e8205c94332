"""What is sent as each token: the ``live`` of the fixtures, from text, the environment, a command or a signed JWT.

Secrets stay here: whatever is shown passes through ``Wallet.hide``.
"""

import hashlib
import hmac
import json
import re
import shlex
import subprocess
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from mockserver.check.hiding import Hider
from mockserver.fixtures.model import Fixtures, Token
from mockserver.generation.snippets import quoted

_VARIABLE = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_RELATIVE = re.compile(r"([+-])(\d+)(s|m|h|d)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_HASHES = {"HS256": hashlib.sha256, "HS384": hashlib.sha384, "HS512": hashlib.sha512}
_COMMAND_SECONDS = 30


class NoMeans(Exception):
    """A credential cannot be had; the message says what is missing."""


@dataclass(frozen=True, slots=True)
class Live:
    """What is sent as one token.

    Attributes:
        value: ``None`` for ``missing``, and where it cannot be had.
        reason: Why it cannot be had; empty where it can.
    """

    value: str | None
    reason: str = ""


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Return a text with its ``${env:NAME}`` replaced.

    Raises:
        NoMeans: A variable is not set, or empty.
    """

    def look_up(found: re.Match[str]) -> str:
        if value := environ.get(found[1]):
            return value
        raise NoMeans(f"{found[1]} is not set")

    return _VARIABLE.sub(look_up, text)


class Wallet:
    """The credentials of one run.

    Args:
        live: Whether ``live`` is sent, else the fixtures' ``value``.
        now: Seconds since 1970, for the claims of a JWT.
    """

    def __init__(
        self,
        fixtures: Fixtures,
        environ: Mapping[str, str],
        *,
        live: bool,
        now: Callable[[], float],
    ) -> None:
        self._now = now
        self.environ = environ
        self._secrets: dict[str, str] = {}
        self.tokens: dict[str, Live] = {
            name: self._resolve(token, live=live) for name, token in fixtures.tokens.items()
        }
        self._hider = Hider(self._secrets)

    def hide(self, text: str) -> str:
        """Return a text with every live secret as the variable that holds it."""
        return self._hider.hide(text)

    def quoted(self, text: str) -> str:
        """Return a text as one word of a shell, which puts the secrets in."""
        return self._hider.word(text) or quoted(text)

    def _resolve(self, token: Token, *, live: bool) -> Live:
        if token.outcome == "missing":
            return Live(None)
        if not live or token.live is None:
            return Live(token.value)
        try:
            value = self._read(token)
        except NoMeans as error:
            return Live(None, f"the live credential of {token.name} cannot be had: {error}")
        if isinstance(token.live, str) and not _VARIABLE.search(token.live):
            return Live(value)
        found = _VARIABLE.fullmatch(token.live) if isinstance(token.live, str) else None
        self._secrets[found[1] if found else re.sub(r"\W", "_", token.name).upper()] = value
        return Live(value)

    def _read(self, token: Token) -> str:
        match token.live:
            case str(text):
                return expand(text, self.environ)
            case {"command": command}:
                return _output(command)
            case {"jwt": dict(jwt)}:
                return self._jwt(jwt)
            case _:
                raise NoMeans("it has no form that is known")

    def _jwt(self, jwt: Mapping[str, object]) -> str:
        alg = str(jwt["alg"])
        if alg not in _HASHES:
            raise NoMeans(f"{alg} cannot be signed here; use a command that prints the token")
        claims = jwt.get("claims")
        body = {
            name: self._moment(value) if name in ("exp", "nbf", "iat") else value
            for name, value in (claims if isinstance(claims, dict) else {}).items()
        }
        key = expand(str(jwt["key"]), self.environ).encode()
        head = {"alg": alg, "typ": "JWT"}
        signed = b".".join(_base64(json.dumps(part).encode()) for part in (head, body))
        signature = hmac.new(key, signed, _HASHES[alg]).digest()
        return (signed + b"." + _base64(signature)).decode()

    def _moment(self, value: object) -> object:
        found = _RELATIVE.fullmatch(str(value))
        if not found:
            return value
        seconds = int(found[2]) * _SECONDS[found[3]]
        return int(self._now()) + (seconds if found[1] == "+" else -seconds)


def _base64(raw: bytes) -> bytes:
    return urlsafe_b64encode(raw).rstrip(b"=")


def _output(command: object) -> str:
    words = shlex.split(command) if isinstance(command, str) else [str(word) for word in command]  # type: ignore[attr-defined]
    try:
        done = subprocess.run(
            words, capture_output=True, text=True, timeout=_COMMAND_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoMeans(f"the command failed ({type(error).__name__})") from None
    if not (value := done.stdout.strip()):
        raise NoMeans("the command printed nothing")
    return value
