"""Who sends a request: the tokens of the fixtures held against the security that the document asks for."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from mockserver.fixtures.model import Token
from mockserver.fixtures.tokens import Keyring
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation, Requirement, SecurityScheme
from mockserver.validation.credentials import Malformed, challenge, is_bearer, read_credential


class Identity(NamedTuple):
    """What authentication found.

    Attributes:
        token: The fixture that the request bears, or that stands for what it lacks; ``None`` where no fixture does.
        status: 0 where the request may go on, else 401 or 403.
        challenge: ``WWW-Authenticate`` of a 401.
        reason: In a few words, never the credential.
        sent: A credential came, good or bad.
        bearer: It was a bearer token.
    """

    token: Token | None = None
    status: int = 0
    challenge: bytes = b""
    reason: str = ""
    sent: bool = False
    bearer: bool = False


ANYBODY = Identity()
_IN_AUTHORIZATION = frozenset(("http", "oauth2", "openIdConnect"))
_STATUS = {"accept": 0, "forbidden": 403, "invalid": 401, "expired": 401, "missing": 401}


class Authenticator:
    """Tells who sends a request, and keeps what it found for whole ``Authorization`` values."""

    _LIMIT = 4096

    def __init__(self, keyring: Keyring, schemes: Iterable[SecurityScheme] = ()) -> None:
        self._keyring = keyring
        self._schemes = list(schemes)
        self._kept: dict[tuple[str, bytes | None], Identity] = {}

    def identify(self, operation: Operation, request: HttpRequest) -> Identity:
        """Return the identity by the first alternative that is satisfied, else the refusal that came closest."""
        if not operation.security:
            return ANYBODY
        key = (operation.name, request.header(b"authorization"))
        if (kept := self._kept.get(key)) is not None:
            return kept
        identity = self._identify(operation, request)
        if _reads_authorization_only(operation):
            if len(self._kept) >= self._LIMIT:  # clients that guess tokens
                self._kept.clear()
            self._kept[key] = identity
        return identity

    def bear(self, operation: Operation, token: Token) -> Identity:
        """Return the identity of a request that is treated as bearing a token, whatever it carries."""
        schemes = [scheme for scheme in _schemes(operation) if scheme.name == token.scheme]
        reason = f"token {token.name} ({token.outcome}) by the scenario"
        if not schemes:
            return Identity(token, reason=reason)
        status = _STATUS[token.outcome]
        sent = token.outcome != "missing"
        error = "invalid_token" if sent and is_bearer(schemes[0]) else None
        told = challenge(schemes, error) if status == 401 else b""
        return Identity(token, status, told, reason, sent=sent)

    def challenge(self, operation: Operation) -> bytes:
        """Return the challenge of a 401 that no credential has brought about: somebody asked for it."""
        return challenge(_schemes(operation) or self._schemes, None)

    def _identify(self, operation: Operation, request: HttpRequest) -> Identity:
        refusals: list[Identity] = []
        for alternative in operation.security:
            identity = self._satisfy(alternative, request)
            if not identity.status:
                return identity
            refusals.append(identity)
        closest = max(refusals, key=_closeness)
        if closest.status != 401:
            return closest
        return closest._replace(
            challenge=challenge(
                self._lacking(operation, request), "invalid_token" if closest.bearer else None
            )
        )

    def _lacking(self, operation: Operation, request: HttpRequest) -> list[SecurityScheme]:
        """Return the schemes that a request does not satisfy, each once, in the document's order."""
        return [scheme for scheme in _schemes(operation) if self._check(scheme, request).status]

    def _satisfy(self, alternative: Sequence[Requirement], request: HttpRequest) -> Identity:
        """Hold a request against requirements that must all be met (an empty one is met by anybody)."""
        accepted = ANYBODY
        for requirement in alternative:
            identity = self._check(requirement.scheme, request)
            if identity.status:
                return identity
            accepted = accepted if accepted.token else identity
        return accepted

    def _check(self, scheme: SecurityScheme, request: HttpRequest) -> Identity:
        """Hold a request against one scheme."""
        identity = self._hold(scheme, request)
        return identity._replace(bearer=identity.sent and is_bearer(scheme))

    def _hold(self, scheme: SecurityScheme, request: HttpRequest) -> Identity:
        credential = read_credential(scheme, request)
        if credential is None:
            missing = self._keyring.stand_in(scheme.name, "missing")
            return Identity(missing, 401, reason=f"no credential for {scheme.name}")
        if isinstance(credential, Malformed):
            invalid = self._keyring.stand_in(scheme.name, "invalid")
            return Identity(invalid, 401, reason=f"{scheme.name}: {credential.reason}", sent=True)
        token = self._keyring.look_up(scheme.name, credential.value)
        if token is not None:
            reason = f"token {token.name} ({token.outcome})"
            return Identity(token, _STATUS[token.outcome], reason=reason, sent=True)
        if not self._keyring.lists(scheme.name):
            return Identity(reason=f"any credential for {scheme.name}", sent=True)
        invalid = self._keyring.stand_in(scheme.name, "invalid")
        return Identity(
            invalid, 401, reason=f"{scheme.name}: not among the token fixtures", sent=True
        )


def _closeness(identity: Identity) -> tuple[bool, bool]:
    """Order refusals: a credential that came beats one that did not, a 403 beats a 401."""
    return identity.sent, identity.status == 403


def _schemes(operation: Operation) -> list[SecurityScheme]:
    """Return the schemes of an operation, each once, in the document's order."""
    found = {
        need.scheme.name: need.scheme for alternative in operation.security for need in alternative
    }
    return list(found.values())


def _reads_authorization_only(operation: Operation) -> bool:
    return all(scheme.type in _IN_AUTHORIZATION for scheme in _schemes(operation))
