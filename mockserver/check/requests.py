"""Good requests for an operation, and what is changed about them."""

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, cast
from urllib.parse import quote

from mockserver.check.model import Exchange, Skip
from mockserver.fixtures.model import Case, Token
from mockserver.generation.requests import build_request
from mockserver.generation.values import Unsatisfiable
from mockserver.json_values import JsonError, decode_json
from mockserver.messages import HeaderPair, HttpRequest
from mockserver.spec.model import Operation, Parameter, SecurityScheme
from mockserver.spec.templates import parameter_names
from mockserver.validation.media_types import encode_body, essence, is_json
from mockserver.validation.parameters import write_parameter

if TYPE_CHECKING:
    from mockserver.check.runner import Run

PARTS = ("path", "query", "headers", "cookies", "body")
_PLACES = {"query": "query", "header": "headers", "cookie": "cookies", "path": "path"}


class Requests:
    """Builds requests that should succeed."""

    def __init__(self, run: "Run") -> None:
        self._run = run
        self._calls = 0
        self._good: dict[str, Token | None] = {}

    def draw(self, operation: Operation, *, everything: bool = False) -> HttpRequest:
        """Return a valid request without credential, another one at each call.

        Raises:
            Skip: None can be made.
        """
        self._calls += 1
        chance = self._run.chance.fork(operation.name, self._calls)
        try:
            drawn = build_request(self._run.api, operation, chance=chance, everything=everything)
        except (Unsatisfiable, ValueError) as error:
            raise Skip(f"no request can be made: {error}") from None
        place = self._run.places.get(operation.name)
        return self._placed(operation, drawn, place) if place else drawn

    def _placed(
        self, operation: Operation, drawn: HttpRequest, place: Callable[[], list[object]]
    ) -> HttpRequest:
        """Return a request below items that are there, as far as they can be created."""
        try:
            ids = place()
        except Skip:
            return drawn
        names = parameter_names(operation.shortest_path)
        return self.set(
            operation, drawn, {("path", name): one for name, one in zip(names, ids, strict=False)}
        )

    def of_case(self, case: Case) -> HttpRequest:
        """Return the request of a case, without credential: ``request``, else the literals of ``when``."""
        operation = self._run.api.by_name[case.operation]
        values = {(part, name): value for (part, name), value in case.when.literals.items()}
        body: object = None
        has_body = False
        for part, written in (case.request or {}).items():
            if part == "body":
                body, has_body = written, True
            else:
                for name, value in cast("Mapping[str, object]", written).items():
                    values[part, name.lower() if part == "headers" else name] = value
        request = self._with_values(operation, values, leave_body=has_body)
        if has_body:
            return self.with_body(operation, request, body)
        changes = {name: value for (part, name), value in values.items() if part == "body"}
        return self._with_pointers(operation, request, changes) if changes else request

    def _with_values(
        self, operation: Operation, values: dict[tuple[str, str], object], *, leave_body: bool
    ) -> HttpRequest:
        base = self.draw(operation) if not leave_body else self._without_body(operation)
        return self.set(operation, base, values)

    def _without_body(self, operation: Operation) -> HttpRequest:
        try:
            return self.draw(operation)
        except Skip:
            return HttpRequest(operation.method, operation.shortest_path.encode())

    def set(
        self, operation: Operation, request: HttpRequest, values: dict[tuple[str, str], object]
    ) -> HttpRequest:
        """Return a request whose path, query, headers and cookies hold these values, by part and name."""
        declared = {
            (_PLACES.get(one.location, "query"), _folded(one)): one for one in operation.parameters
        }
        path, query = request.path, [part for part in request.query.split(b"&") if part]
        headers = list(request.headers)
        for (part, name), value in values.items():
            parameter = declared.get((part, name))
            wire = self._written(parameter, name, value, part)
            if part == "path":
                path = self._path(operation, path, name, wire)
            elif part == "query":
                query = [
                    one for one in query if one.partition(b"=")[0] != quote(name, safe="").encode()
                ]
                query.append(wire.encode())
            elif part == "headers":
                key = name.lower().encode()
                headers = [one for one in headers if one[0] != key]
                headers.append((key, wire.encode("latin-1", "replace")))
            elif part == "cookies":
                headers.append((b"cookie", wire.encode("latin-1", "replace")))
        return request._replace(path=path, query=b"&".join(query), headers=tuple(headers))

    def _written(self, parameter: Parameter | None, name: str, value: object, part: str) -> str:
        if parameter is not None:
            return write_parameter(parameter, value)
        text = value if isinstance(value, str) else json.dumps(value)
        if part in ("query", "cookies"):
            return f"{quote(name, safe='')}={quote(text, safe='')}"
        return quote(text, safe="") if part == "path" else text

    def _path(self, operation: Operation, path: bytes, name: str, wire: str) -> bytes:
        template, found = operation.shortest_path.split("/"), path.decode().split("/")
        filled = [
            old.replace("{" + name + "}", wire) if "{" + name + "}" in old else new
            for old, new in zip(template, found, strict=False)
        ]
        return "/".join(filled).encode()

    def json_body(self, operation: Operation, *, everything: bool = True) -> dict[str, object]:
        """Return a JSON object that an operation takes, another one at each call.

        Raises:
            Skip: It takes none.
        """
        request = self.draw(operation, everything=everything)
        try:
            body = decode_json(request.body)
        except JsonError:
            body = None
        if not isinstance(body, dict):
            raise Skip("the body is no JSON object")
        return body

    def with_body(self, operation: Operation, request: HttpRequest, value: object) -> HttpRequest:
        """Return a request with a value as its body, in the first media type of the document."""
        described = operation.request_body
        if described and described.content:
            media = next(
                (one for one in described.content if is_json(essence(one.name))),
                described.content[0],
            )
            raw = encode_body(value, media, self._run.api.schemas, "request")
            name = media.name if "*" not in media.name else "application/json"
        else:
            raw, name = json.dumps(value, ensure_ascii=False).encode(), "application/json"
        headers = [one for one in request.headers if one[0] != b"content-type"]
        headers.append((b"content-type", name.encode("latin-1")))
        return request._replace(headers=tuple(headers), body=raw)

    def _with_pointers(
        self, operation: Operation, request: HttpRequest, changes: dict[str, object]
    ) -> HttpRequest:
        try:
            body = json.loads(request.body)
        except ValueError:
            raise Skip("the body is no JSON that could be changed") from None
        for pointer, value in changes.items():
            body = _put(body, pointer.split("/")[1:], value)
        return self.with_body(operation, request, body)

    # What succeeds

    def good_token(self, operation: Operation) -> Token | None:
        """Return the token that is most likely to succeed: of a case with a 2xx, else the first that is accepted."""
        if operation.name not in self._good:
            self._good[operation.name] = self._find_token(operation)
        return self._good[operation.name]

    def _find_token(self, operation: Operation) -> Token | None:
        usable = [
            token
            for token in self._run.tokens_of(operation)
            if token.outcome == "accept" and not self._run.wallet.tokens[token.name].reason
        ]
        own = [
            case.when.token
            for case in self._run.fixtures.cases.get(operation.name, {}).values()
            if 200 <= case.then.status < 300
        ]
        every = [
            case.when.token
            for cases in self._run.fixtures.cases.values()
            for case in cases.values()
            if 200 <= case.then.status < 300
        ]
        for name in (*own, *every):
            if token := next((one for one in usable if one.name == name), None):
                return token
        return next(iter(usable), None)

    def signed(self, operation: Operation, request: HttpRequest) -> tuple[HttpRequest, str | None]:
        """Return a request with the good token, where the operation wants one, and its name.

        Raises:
            Skip: A credential is needed, and none can be had.
        """
        token = self.good_token(operation)
        if token is not None:
            return self._run.bearing(request, token), token.name
        for alternative in operation.security:
            named = [self._any_token(one.scheme) for one in alternative]
            if len(alternative) > 1 and all(named):
                for one in named:
                    request = self._run.bearing(request, one) if one else request
                return request, None
        if operation.security and () not in operation.security:
            reasons = [
                self._run.wallet.tokens[one.name].reason for one in self._run.tokens_of(operation)
            ]
            raise Skip(next(filter(None, reasons), "no token of the fixtures is accepted here"))
        return request, None

    def _any_token(self, scheme: SecurityScheme) -> Token | None:
        tokens = self._run.fixtures.tokens.values()
        usable = (one for one in tokens if one.scheme == scheme.name and one.outcome == "accept")
        return next((one for one in usable if not self._run.wallet.tokens[one.name].reason), None)

    def good(self, operation: Operation) -> tuple[HttpRequest, str | None]:
        """Return a request that should succeed, with its credential and the name of the token."""
        for case in self._run.fixtures.cases.get(operation.name, {}).values():
            fits = 200 <= case.then.status < 300 and case.when.token
            if fits and not case.given:
                return self.signed(operation, self.of_case(case))
        maker = self._run.makers.get(operation.name)
        if maker is not None:
            return maker()
        return self.signed(operation, self.draw(operation))


def bearing(request: HttpRequest, scheme: SecurityScheme, value: str | None) -> HttpRequest:
    """Return a request with a credential in place of any for the scheme; ``None`` leaves it without."""
    headers: list[HeaderPair] = list(request.headers)
    query = [part for part in request.query.split(b"&") if part]
    if scheme.type == "apiKey" and scheme.parameter_in == "query":
        name = quote(scheme.parameter, safe="")
        query = [part for part in query if part.partition(b"=")[0] != name.encode()]
        if value is not None:
            query.append(f"{name}={quote(value, safe='')}".encode())
        return request._replace(query=b"&".join(query))
    if scheme.type == "apiKey" and scheme.parameter_in == "cookie":
        prefix = f"{scheme.parameter}=".encode("latin-1", "replace")
        headers = [one for one in headers if one[0] != b"cookie" or not one[1].startswith(prefix)]
        if value is not None:
            headers.append((b"cookie", f"{scheme.parameter}={value}".encode("latin-1", "replace")))
        return request._replace(headers=tuple(headers))
    key = scheme.parameter.lower().encode() if scheme.type == "apiKey" else b"authorization"
    headers = [one for one in headers if one[0] != key]
    if value is not None:
        headers.append((key, written(scheme, value).encode("utf-8")))
    return request._replace(headers=tuple(headers))


def written(scheme: SecurityScheme, value: str) -> str:
    """Return a credential as its header has it."""
    if scheme.type == "apiKey":
        return value
    if scheme.scheme == "basic":
        return f"Basic {b64encode(value.encode()).decode()}"
    if scheme.type in ("oauth2", "openIdConnect") or scheme.scheme == "bearer":
        return f"Bearer {value}"
    return f"{scheme.scheme.capitalize()} {value}"


def with_header(request: HttpRequest, name: str, value: str | bytes | None) -> HttpRequest:
    """Return a request with one header in place of any of that name; ``None`` leaves it out, cookies join others."""
    key = name.lower().encode()
    kept = [one for one in request.headers if one[0] != key]
    if value is not None:
        written = value if isinstance(value, bytes) else value.encode("utf-8")
        jar = request.header(b"cookie") if key == b"cookie" else None
        kept.append((key, jar + b"; " + written if jar else written))
    return request._replace(headers=tuple(kept))


def succeeded(exchange: Exchange) -> bool:
    """Tell whether an answer is a 2xx."""
    return exchange.answer is not None and 200 <= exchange.answer.status < 300


def _folded(parameter: Parameter) -> str:
    return parameter.name.lower() if parameter.location == "header" else parameter.name


def _put(value: object, tokens: list[str], new: object) -> object:
    if not tokens:
        return new
    token = tokens[0].replace("~1", "/").replace("~0", "~")
    if isinstance(value, list):
        index = int(token)
        return [_put(one, tokens[1:], new) if at == index else one for at, one in enumerate(value)]
    inner = dict(value) if isinstance(value, dict) else {}
    inner[token] = _put(inner.get(token), tokens[1:], new)
    return inner
