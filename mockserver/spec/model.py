"""What a document says, as frozen values: one shape for every OpenAPI version.

Schemas are not here: they stay where their document has them, and a ``Location`` points at each.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mockserver.errors import Place

Direction = Literal["request", "response"]
"""Which side sends a value: ``readOnly`` and ``writeOnly`` mean different things on each."""

ParameterLocation = Literal["path", "query", "header", "cookie", "querystring"]


class Location(NamedTuple):
    """A node of a document, before any ``$ref`` there is followed.

    Attributes:
        file: Absolute path of its file: the identity of the file.
        pointer: JSON Pointer (RFC 6901); empty for the whole file.
    """

    file: str
    pointer: str = ""

    def child(self, *tokens: str | int) -> "Location":
        """Return the node below, by unescaped reference tokens."""
        pointer = self.pointer
        for token in tokens:
            text = str(token)
            if "~" in text or "/" in text:
                text = text.replace("~", "~0").replace("/", "~1")
            pointer = f"{pointer}/{text}"
        return Location(self.file, pointer)


@dataclass(frozen=True, slots=True)
class Example:
    """A ready value for a message.

    Attributes:
        name: Its key under ``examples``; empty for the one of ``example``.
        value: JSON value, or for a text media type its text.
        location: Where the value stands.
        serialized: The value as it is sent, to be sent as it stands; ``None`` where the value is written by its media
            type or style.
    """

    name: str
    value: object
    location: Location
    serialized: str | None = None


@dataclass(frozen=True, slots=True)
class Encoding:
    """How one property of a form is written (OpenAPI 3.1, Encoding Object)."""

    content_type: str | None = None
    style: str | None = None
    explode: bool | None = None
    allow_reserved: bool = False


@dataclass(frozen=True, slots=True)
class MediaType:
    """One entry of a ``content`` map.

    Attributes:
        name: As the document has it, such as ``application/json; charset=utf-8`` or ``image/*``.
        schema: ``None`` where anything goes.
        item_schema: Of each value, where the media type carries many one after another; ``None`` where ``schema`` says all.
        prefix_encoding: How the first parts without names are written, by position.
        item_encoding: How the parts after them are.
    """

    name: str
    location: Location
    schema: Location | None = None
    examples: tuple[Example, ...] = ()
    encoding: Mapping[str, Encoding] = field(default_factory=dict)
    item_schema: Location | None = None
    prefix_encoding: tuple[Encoding, ...] = ()
    item_encoding: Encoding | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """A value outside the body; also a response header, whose ``location`` is ``header`` and style ``simple``.

    Attributes:
        name: As the document has it; header names compare without case.
        style: Never empty: the default of its location where the document has none.
        nested: Delimiters of the lists within a list, outermost first (Swagger 2.0 only).
        content: Instead of ``schema``, where the value is a serialised document of its own.
    """

    name: str
    location: ParameterLocation
    at: Location
    required: bool = False
    deprecated: bool = False
    style: str = "simple"
    explode: bool = False
    allow_reserved: bool = False
    allow_empty: bool = False
    nested: tuple[str, ...] = ()
    schema: Location | None = None
    content: MediaType | None = None
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True, slots=True)
class RequestBody:
    """What may be sent; ``content`` keeps the document's order and may be empty."""

    required: bool
    content: tuple[MediaType, ...]
    location: Location


@dataclass(frozen=True, slots=True)
class Response:
    """One documented answer.

    Attributes:
        key: ``201``, ``4XX`` (upper case) or ``default``.
        content: In the document's order; empty where the answer has no body.
        links: Names of the document's links.
    """

    key: str
    location: Location
    description: str = ""
    content: tuple[MediaType, ...] = ()
    headers: tuple[Parameter, ...] = ()
    links: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SecurityScheme:
    """How a credential is sent (OpenAPI 3.1, Security Scheme Object).

    Attributes:
        name: Its key in the document.
        type: ``http``, ``apiKey``, ``oauth2``, ``openIdConnect`` or ``mutualTLS``.
        scheme: For ``http`` the authentication scheme in lower case (``bearer``, ``basic``, ``digest``, …).
        parameter: For ``apiKey`` the name of the header, query parameter or cookie.
        parameter_in: For ``apiKey``: ``header``, ``query`` or ``cookie``.
    """

    name: str
    type: str
    location: Location
    scheme: str = ""
    parameter: str = ""
    parameter_in: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One scheme that must be satisfied, with the scopes that it must grant."""

    scheme: SecurityScheme
    scopes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """A method on a path template.

    Attributes:
        name: ``operationId``; where the document has none, or has it twice, ``POST /api/setup-intent``.
        method: As it is sent: in upper case, unless the document has one of its own.
        path: The template as the document has it, without the base paths of the servers.
        responses: By key (``201``, ``4XX``, ``default``), in the document's order.
        security: Alternatives (OR) of requirements (AND). Empty: no credential is asked for; an empty
            alternative: none is needed.
        base_paths: Paths of the servers that apply, without trailing slash, templated where a variable is;
            the empty one is among them (the bare path works too), but where several documents share a port.
    """

    name: str
    method: str
    path: str
    location: Location
    parameters: tuple[Parameter, ...]
    request_body: RequestBody | None
    responses: Mapping[str, Response]
    security: tuple[tuple[Requirement, ...], ...]
    base_paths: tuple[str, ...] = ("",)
    place: Place | None = None
    summary: str = ""
    tags: tuple[str, ...] = ()
    deprecated: bool = False

    @property
    def shortest_path(self) -> str:
        """The template as it can be asked for with the least in front of it."""
        return self.path if "" in self.base_paths else self.base_paths[0] + self.path


def find_response(operation: Operation, status: int) -> Response | None:
    """Look a status up: exact code, then range, then ``default`` (OpenAPI 3.1, Responses Object)."""
    keys = (str(status), f"{status // 100}XX", "default")
    return next((operation.responses[key] for key in keys if key in operation.responses), None)


def success_response(operation: Operation) -> tuple[int, Response] | None:
    """Choose the answer to a valid request: lowest 2xx, ``2XX`` (as 200), ``default`` (as 200), else the first.

    The order is Prism's; a range stands for its first code. ``None`` where no answer is documented.
    """
    codes = sorted(int(key) for key in operation.responses if key.isdigit() and key[0] == "2")
    if codes:
        return codes[0], operation.responses[str(codes[0])]
    for key in ("2XX", "default"):
        if key in operation.responses:
            return 200, operation.responses[key]
    for key, response in operation.responses.items():
        return int(key.replace("XX", "00")), response
    return None
