"""The values outside the body: read by style, typed by schema, judged; and written back."""

from collections.abc import Iterator, Mapping

from mockserver.errors import Place
from mockserver.json_values import JsonError, decode_json
from mockserver.messages import HttpRequest, RequestValues, Violation
from mockserver.schemas import Schema
from mockserver.spec.compile import Api
from mockserver.spec.model import MediaType, Operation, Parameter
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.coercion import Coercion, Raw
from mockserver.validation.deep import decode_percent, split_pairs
from mockserver.validation.judging import judge_value
from mockserver.validation.styles import (
    Pairs,
    Shape,
    read_path,
    read_query,
    read_simple,
    write_parameter,
)

__all__ = ["ParameterReader", "read_header", "write_header", "write_parameter"]

_NOTHING: Mapping[str, object] = {}


class SentHeaders(Mapping[str, object]):
    """Headers by lower-case name: declared ones decoded, others as strings; read only where somebody asks."""

    __slots__ = ("_decoded", "_request")

    def __init__(self, request: HttpRequest, decoded: Mapping[str, object] = _NOTHING) -> None:
        self._request = request
        self._decoded = decoded

    def __getitem__(self, name: str) -> object:
        if name in self._decoded:
            return self._decoded[name]
        value = self._request.header(name.encode("latin-1", "replace"))
        if value is None:
            raise KeyError(name)
        return value.decode("latin-1")

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.decode("latin-1") for key, _ in self._request.headers))

    def __len__(self) -> int:
        return len(list(iter(self)))


class SentCookies(Mapping[str, object]):
    """Cookies by name: declared ones decoded, others as strings; read only where somebody asks."""

    __slots__ = ("_decoded", "_request")

    def __init__(self, request: HttpRequest, decoded: Mapping[str, object] = _NOTHING) -> None:
        self._request = request
        self._decoded = decoded

    def __getitem__(self, name: str) -> object:
        return self._decoded[name] if name in self._decoded else read_cookies(self._request)[name]

    def __iter__(self) -> Iterator[str]:
        return iter(read_cookies(self._request))

    def __len__(self) -> int:
        return len(read_cookies(self._request))


class ParameterReader:
    """Reads and judges the parameters of one operation."""

    def __init__(self, operation: Operation, api: Api) -> None:
        self._parameters = [_Reader(parameter, api) for parameter in operation.parameters]
        self._declared = frozenset(
            parameter.name for parameter in operation.parameters if parameter.location == "query"
        )

    def read(
        self, path_values: Mapping[str, str], request: HttpRequest
    ) -> tuple[RequestValues, list[Violation]]:
        """Return the decoded values, undeclared ones as strings, and what they have against the document."""
        pairs = split_pairs(request.query) if request.query else []
        query: dict[str, object] = {name: decode_percent(value) for name, value in reversed(pairs)}
        if not self._parameters:
            return RequestValues(path_values, query, SentHeaders(request), SentCookies(request)), []
        violations: list[Violation] = []
        path: dict[str, object] = dict(path_values)
        headers: dict[str, object] = {}
        cookies: dict[str, object] = {}
        by_location = {"path": path, "query": query, "header": headers, "cookie": cookies}
        sent = _Sent(path_values, pairs, self._declared, request)
        for reader in self._parameters:
            value = reader.read(sent, violations)
            if value is not _MISSING:
                by_location[reader.location][reader.key] = value
        values = RequestValues(
            path, query, SentHeaders(request, headers), SentCookies(request, cookies)
        )
        return values, violations


class _Sent:
    """What a request sent outside its body, still raw."""

    __slots__ = ("_cookies", "declared", "pairs", "path_values", "request")

    def __init__(
        self,
        path_values: Mapping[str, str],
        pairs: Pairs,
        declared: frozenset[str],
        request: HttpRequest,
    ) -> None:
        self.path_values = path_values
        self.pairs = pairs
        self.declared = declared
        self.request = request
        self._cookies: Mapping[str, str] | None = None

    @property
    def cookies(self) -> Mapping[str, str]:
        if self._cookies is None:
            self._cookies = read_cookies(self.request)
        return self._cookies


class _Missing:
    """The type of ``_MISSING``."""


_MISSING = _Missing()


class _Reader:
    """Reads one parameter; what its schema says is looked up once."""

    def __init__(self, parameter: Parameter, api: Api) -> None:
        self.key = parameter.name.lower() if parameter.location == "header" else parameter.name
        self.location: str = parameter.location
        self._parameter = parameter
        self._api = api
        self._coercion = Coercion(api.schemas, "request")
        self._prepared: tuple[Schema, Shape, frozenset[str]] | None = None

    def read(self, sent: _Sent, violations: list[Violation]) -> object:
        """Return the value, or ``_MISSING``; add what it has against the document."""
        parameter = self._parameter
        schema, shape, members = self._prepared or self._prepare()
        raw = self._raw(sent, shape, members)
        if raw is None:
            if parameter.required:
                message = f"the {self.location} parameter {parameter.name!r} is required, and was not sent"
                violations.append(Violation((self.location,), "required", message, self._place()))
            return _MISSING
        if parameter.deprecated:
            message = f"the {self.location} parameter {parameter.name!r} is deprecated"
            at = (self.location, self.key)
            violations.append(Violation(at, "deprecated", message, self._place(), "warning"))
        if parameter.content is not None:
            return self._read_content(parameter.content, raw, violations)
        value = self._coercion.coerce(raw, schema)
        if parameter.schema is None:
            return value
        validator = self._api.schemas.validator(parameter.schema, "request")
        if not validator.is_valid(value):
            if isinstance(raw, str) and validator.is_valid(raw):
                return raw  # a number and a string are both allowed, and the number does not fit
            violations += judge_value(
                self._api, parameter.schema, value, "request", at=(self.location, self.key)
            )
        return value

    def _prepare(self) -> tuple[Schema, Shape, frozenset[str]]:
        location = self._parameter.schema
        schema: Schema = self._api.schemas.schema(location, "request") if location else True
        types = self._coercion.types(schema)
        shape: Shape = "scalar"
        if location and "string" not in types:
            shape = "list" if "array" in types else "mapping" if "object" in types else "scalar"
        members = frozenset(
            str(name)
            for part in self._coercion.parts(schema)
            if isinstance(properties := part.get("properties"), Mapping)
            for name in properties
        )
        self._prepared = (schema, shape, members)
        return self._prepared

    def _raw(self, sent: _Sent, shape: Shape, members: frozenset[str]) -> Raw | None:
        """Return what was sent, split by style; ``None`` where nothing was."""
        parameter = self._parameter
        match parameter.location:
            case "path":
                text = sent.path_values.get(parameter.name)
                return read_path(parameter, text, shape) if text else None
            case "header":
                values = sent.request.header_values(self.key.encode("latin-1", "replace"))
                text = ", ".join(value.decode("latin-1") for value in values)
                return read_simple(text, shape, explode=parameter.explode) if values else None
            case "cookie":
                cookie = sent.cookies.get(parameter.name)
                return None if cookie is None else read_simple(cookie, shape, explode=False)
            case _:
                return read_query(parameter, sent.pairs, shape, members, sent.declared)

    def _read_content(self, content: MediaType, raw: Raw, violations: list[Violation]) -> object:
        """Decode a parameter that is a document of its own; media types other than JSON stay text."""
        if "json" not in content.name or not isinstance(raw, str):
            return raw
        at = (self.location, self.key)
        try:
            value = decode_json(raw)
        except JsonError as error:
            violations.append(Violation(at, "parse", str(error), self._place()))
            return raw
        if content.schema is not None:
            violations += judge_value(self._api, content.schema, value, "request", at=at)
        return value

    def _place(self) -> Place:
        return self._api.document.place(self._parameter.at)


def read_cookies(request: HttpRequest) -> dict[str, str]:
    """Return the cookies of a request, the first of a name (RFC 6265 §5.4)."""
    found: dict[str, str] = {}
    for header in request.header_values(b"cookie"):
        for pair in header.split(b";"):
            name, equals, value = pair.strip().partition(b"=")
            if equals:
                text = decode_percent(value.strip(b'"').decode("latin-1"))
                found.setdefault(name.decode("latin-1"), text)
    return found


def read_header(header: Parameter, wire: bytes, schemas: SchemaRegistry) -> object:
    """Return the value of a response header as its schema wants it."""
    schema: Schema = schemas.schema(header.schema, "response") if header.schema else True
    coercion = Coercion(schemas, "response")
    types = coercion.types(schema)
    shape: Shape = "scalar"
    if header.schema and "string" not in types:
        shape = "list" if "array" in types else "mapping" if "object" in types else "scalar"
    return coercion.coerce(
        read_simple(wire.decode("latin-1"), shape, explode=header.explode), schema
    )


def write_header(header: Parameter, value: object) -> bytes:
    """Return the value of a header on the wire; what latin-1 lacks becomes ``?``."""
    return write_parameter(header, value).encode("latin-1", "replace")
