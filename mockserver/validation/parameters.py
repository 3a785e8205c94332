"""The values outside the body: read by style, typed by schema, judged; and written back."""

from collections.abc import Iterator, Mapping

from mockserver.errors import Place
from mockserver.json_values import JsonError, decode_json
from mockserver.messages import ABSENT, HttpRequest, RequestValues, Violation
from mockserver.spec.compile import Api
from mockserver.spec.model import Direction, MediaType, Operation, Parameter
from mockserver.validation.coercion import Raw, Shape, shapes_of
from mockserver.validation.deep import decode_percent, split_pairs
from mockserver.validation.errors import StyleError
from mockserver.validation.judging import judge_value
from mockserver.validation.query_strings import is_form, read_query_string
from mockserver.validation.styles import (
    Pairs,
    Wanted,
    read_cookie,
    read_cookie_pairs,
    read_path,
    read_query,
    read_simple,
    split_nested,
    wanted,
    write_parameter,
)

__all__ = ["ParameterReader", "judge_header", "write_header", "write_parameter"]

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
        declared = frozenset(
            parameter.name for parameter in operation.parameters if parameter.location == "query"
        )
        self._api = api
        self._parameters = [
            _Reader(parameter, api, declared)
            for parameter in operation.parameters
            if parameter.location != "querystring"
        ]
        self._query_strings = [
            parameter for parameter in operation.parameters if parameter.location == "querystring"
        ]

    def read(
        self, path_values: Mapping[str, str], request: HttpRequest
    ) -> tuple[RequestValues, list[Violation]]:
        """Return the decoded values, undeclared ones as strings, and what they have against the document."""
        violations: list[Violation] = []
        if not (self._parameters or self._query_strings or request.query):
            headers_and_cookies = SentHeaders(request), SentCookies(request)
            return RequestValues(path_values, _NOTHING, *headers_and_cookies), violations
        pairs = split_pairs(request.query)
        # The first of a name, as with headers and cookies.
        query: dict[str, object] = {name: decode_percent(value) for name, value in reversed(pairs)}
        path: dict[str, object] = dict(path_values)
        headers: dict[str, object] = {}
        cookies: dict[str, object] = {}
        by_location = {"path": path, "query": query, "header": headers, "cookie": cookies}
        sent = _Sent(path_values, pairs, request)
        for reader in self._parameters:
            value = reader.read(sent, violations)
            if value is not ABSENT:
                by_location[reader.location][reader.key] = value
        for parameter in self._query_strings:
            value, found = read_query_string(parameter, request.query, self._api)
            violations += found
            if isinstance(value, dict) and is_form(parameter):
                query.update(value)
            elif value is not ABSENT:
                query[parameter.name] = value
        values = RequestValues(
            path, query, SentHeaders(request, headers), SentCookies(request, cookies)
        )
        return values, violations


class _Sent:
    """What a request sent outside its body, still raw."""

    __slots__ = ("_cookies", "pairs", "path_values", "request")

    def __init__(self, path_values: Mapping[str, str], pairs: Pairs, request: HttpRequest) -> None:
        self.path_values = path_values
        self.pairs = pairs
        self.request = request
        self._cookies: Mapping[str, str] | None = None

    @property
    def cookies(self) -> Mapping[str, str]:
        if self._cookies is None:
            self._cookies = read_cookies(self.request)
        return self._cookies


class _Reader:
    """Reads one parameter; what its schema says is looked up at its first use and kept."""

    def __init__(self, parameter: Parameter, api: Api, declared: frozenset[str]) -> None:
        self.key = parameter.name.lower() if parameter.location == "header" else parameter.name
        self.location: str = parameter.location
        self._parameter = parameter
        self._api = api
        self._declared = declared
        self._prepared: tuple[Shape, Wanted] | None = None

    def read(self, sent: _Sent, violations: list[Violation]) -> object:
        """Return the value, ``ABSENT`` where there is none; add what it has against the document."""
        parameter, at = self._parameter, (self.location, self.key)
        if self._prepared is None:
            shape = shapes_of(self._api.schemas, "request").at(parameter.schema)
            self._prepared = shape, wanted(shape, self._declared)
        shape, want = self._prepared
        try:
            raw = self._raw(sent, want)
        except StyleError as error:
            violations.append(Violation(at, "style", str(error), self._place()))
            return ABSENT
        if raw is None:
            if parameter.required and not self._may_be_nothing(want):
                message = f"the {self.location} parameter {parameter.name!r} is required and absent"
                violations.append(Violation((self.location,), "required", message, self._place()))
            return ABSENT
        if parameter.deprecated:
            message = f"the {self.location} parameter {parameter.name!r} is deprecated"
            violations.append(Violation(at, "deprecated", message, self._place(), "warning"))
        if raw == "" and self.location == "query":
            if (
                parameter.allow_empty
            ):  # stands for a parameter that is not used (OpenAPI 3.1.1 §4.8.12.2)
                return raw
            if self._refuses_empty():
                message = f"the query parameter {parameter.name!r} is empty"
                violations.append(Violation(at, "allowEmptyValue", message, self._place()))
                return raw
        value, found = _typed(parameter, shape, raw, self._api, "request", at)
        violations += found
        return value

    def _may_be_nothing(self, want: Wanted) -> bool:
        """Tell whether an object leaves nothing on the wire: one of its own members for each, and none must be there."""
        parameter = self._parameter
        if self.location != "query" or want.kind != "mapping" or parameter.schema is None:
            return False
        exploded = parameter.explode or parameter.style == "deepObject"
        return exploded and self._api.schemas.validator(parameter.schema, "request").is_valid({})

    def _raw(self, sent: _Sent, want: Wanted) -> Raw | None:
        """Return what was sent, split by style; ``None`` where nothing was."""
        parameter = self._parameter
        match parameter.location:
            case "path":
                text = sent.path_values.get(parameter.name)
                return read_path(parameter, text, want.kind) if text else None
            case "header":
                values = sent.request.header_values(self.key.encode("latin-1", "replace"))
                # RFC 9110 §5.3: several lines are one list.
                text = ", ".join(value.decode("latin-1") for value in values)
                if not values:
                    return None
                style, explode = parameter.style, parameter.explode
                return read_simple(text, want.kind, explode=explode, style=style)
            case "cookie" if parameter.style == "cookie":
                return read_cookie_pairs(parameter, cookie_pairs(sent.request), want)
            case "cookie":
                return read_cookie(parameter, sent.cookies, want)
            case _:
                return read_query(parameter, sent.pairs, want)

    def _refuses_empty(self) -> bool:
        """Tell whether the document writes ``allowEmptyValue: false`` out: Prism takes it for one character at least."""
        node = self._api.document.value(self._parameter.at)
        return isinstance(node, dict) and node.get("allowEmptyValue") is False

    def _place(self) -> Place:
        return self._api.document.place(self._parameter.at)


def _typed(
    parameter: Parameter,
    shape: Shape,
    raw: Raw,
    api: Api,
    direction: Direction,
    at: tuple[str | int, ...],
) -> tuple[object, list[Violation]]:
    """Return the value that the schema wants, and what it has against it."""
    if parameter.content is not None:
        return _content(parameter.content, raw, api, direction, at)
    value = shape.read(split_nested(raw, parameter.nested))
    if parameter.schema is None:
        return value, []
    validator = api.schemas.validator(parameter.schema, direction)
    if validator.is_valid(value):
        return value, []
    if isinstance(raw, str):  # where several types are allowed, another may fit
        for other in (*shape.scalars(raw), raw):
            if validator.is_valid(other):
                return other, []
    found = judge_value(api, parameter.schema, value, direction, at=at)
    if all(violation.keyword == "format" for violation in found) and any(
        raw == example.value for example in parameter.examples
    ):
        return value, []  # what the document itself shows is no client's fault
    return value, found


def _content(
    content: MediaType, raw: Raw, api: Api, direction: Direction, at: tuple[str | int, ...]
) -> tuple[object, list[Violation]]:
    """Decode a value that is a document of its own; media types other than JSON stay text."""
    if "json" not in content.name or not isinstance(raw, str):
        return raw, []
    try:
        value = decode_json(raw)
    except JsonError as error:
        return raw, [Violation(at, "parse", str(error), api.document.place(content.location))]
    if content.schema is None:
        return value, []
    return value, judge_value(api, content.schema, value, direction, at=at)


def read_cookies(request: HttpRequest) -> dict[str, str]:
    """Return the cookies of a request, the first of a name (RFC 6265 §5.4)."""
    found: dict[str, str] = {}
    for name, value in cookie_pairs(request):
        found.setdefault(name, decode_percent(value.strip('"'), plus=False))
    return found


def cookie_pairs(request: HttpRequest) -> Pairs:
    """Return the cookies of a request as they were sent, in order."""
    pairs = (
        pair.strip().partition(b"=")
        for header in request.header_values(b"cookie")
        for pair in header.split(b";")
    )
    return [
        (name.decode("latin-1"), value.decode("latin-1")) for name, equals, value in pairs if equals
    ]


def judge_header(header: Parameter, wire: bytes, api: Api) -> list[Violation]:
    """Return what the value of a response header has against the document."""
    at = ("header", header.name.lower())
    shape = shapes_of(api.schemas, "response").at(header.schema)
    try:
        text, kind = wire.decode("latin-1"), wanted(shape).kind
        raw = read_simple(text, kind, explode=header.explode, style=header.style)
    except StyleError as error:
        return [Violation(at, "style", str(error), api.document.place(header.at))]
    return _typed(header, shape, raw, api, "response", at)[1]


def write_header(header: Parameter, value: object) -> bytes:
    """Return the value of a header on the wire; what latin-1 lacks becomes ``?``."""
    return write_parameter(header, value).encode("latin-1", "replace")
