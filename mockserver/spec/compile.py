"""From a loaded document to the compiled one: operations with their parameters, bodies, answers and security.

Documents are other people's: what is sloppy is read generously and reported; only what cannot be served at all raises.
Version differences are asked of ``versions``.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from mockserver.errors import Finding, SpecError, did_you_mean, nearest
from mockserver.spec.document import Document
from mockserver.spec.model import (
    Encoding,
    Example,
    Location,
    MediaType,
    Operation,
    Parameter,
    ParameterLocation,
    RequestBody,
    Requirement,
    Response,
    SecurityScheme,
)
from mockserver.spec.registry import SchemaRegistry
from mockserver.spec.servers import base_paths
from mockserver.spec.templates import parameter_names
from mockserver.spec.versions import detect_version

_STYLES: dict[str, str] = {"path": "simple", "header": "simple", "query": "form", "cookie": "form"}
# OpenAPI 3.1.1 §4.8.12.1: header parameters of these names are described elsewhere and ignored.
_NOT_PARAMETERS = frozenset(("accept", "content-type", "authorization"))

_SECURITY_TYPES = frozenset(("apiKey", "http", "mutualTLS", "oauth2", "openIdConnect"))
_STATUS = re.compile(r"[1-5]([0-9][0-9]|XX)|default")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2, token

Node = Mapping[str, object]
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True)
class Api:
    """A compiled document.

    Attributes:
        openapi: Version as the document names it.
        operations: In the document's order.
        by_name: The same by their names, which are unique.
        findings: What is sloppy about the document; all warnings.
    """

    title: str
    version: str
    openapi: str
    operations: tuple[Operation, ...]
    by_name: Mapping[str, Operation]
    security_schemes: Mapping[str, SecurityScheme]
    document: Document
    schemas: SchemaRegistry
    findings: tuple[Finding, ...]


def compile_document(document: Document) -> Api:
    """Compile a document.

    Raises:
        SpecError: It is not an OpenAPI document, or of a version that is not read.
    """
    return _Compiler(document).compile()


class _Compiler:
    """Collects findings while it reads the parts of one document."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._version = detect_version(document)
        self._schemas = SchemaRegistry(document, self._version)
        self._findings: list[Finding] = []
        self._read: dict[tuple[object, Location], object] = {}
        self._schemes: dict[str, SecurityScheme] = {}

    def compile(self) -> Api:
        root = self._document.root
        whole = self._mapping(root)
        info = self._child(root, whole, "info")[1]
        self._check_keys(root, whole, "document")
        self._schemes = dict(self._security_schemes())
        operations = tuple(self._unique(list(self._operations(root, whole))))
        if not operations and "webhooks" not in whole:
            self._warn("no-operations", "the document describes no operation", root)
        return Api(
            title=_text(info.get("title"), "untitled"),
            version=_text(info.get("version")),
            openapi=self._version.name,
            operations=operations,
            by_name={operation.name: operation for operation in operations},
            security_schemes=self._schemes,
            document=self._document,
            schemas=self._schemas,
            findings=tuple(self._findings),
        )

    # Paths and operations

    def _operations(self, root: Location, whole: Node) -> Iterator[Operation]:
        at, paths = self._child(root, whole, "paths")
        for path, item in paths.items():
            if path.startswith("x-"):
                continue
            item_at = self._followed(at.child(path))
            if item_at is None or not isinstance(item, dict):
                self._warn(
                    "bad-path-item",
                    f"{path!r} describes nothing that can be served",
                    at.child(path),
                )
                continue
            if not path.startswith("/"):
                self._warn(
                    "bad-path",
                    f"the path {path!r} does not begin with a slash; it is served with one",
                    at.child(path),
                )
                path = "/" + path
            yield from self._path_item(path, item_at, root, whole)

    def _path_item(
        self, path: str, at: Location, root: Location, whole: Node
    ) -> Iterator[Operation]:
        item = self._mapping(at)
        self._check_keys(at, item, "path item")
        for method in item:
            if method in self._version.methods:
                yield self._operation(path, method, at, item, root, whole)

    def _operation(
        self, path: str, method: str, item_at: Location, item: Node, root: Location, whole: Node
    ) -> Operation:
        at = item_at.child(method)
        node = self._mapping(at)
        self._check_keys(at, node, "operation")
        parameters = self._parameters(path, at, node, item_at, item)
        name = node.get("operationId")
        servers = next(
            (
                (holder_at.child("servers"), holder["servers"])
                for holder_at, holder in ((at, node), (item_at, item), (root, whole))
                if holder.get("servers")
            ),
            None,
        )
        return Operation(
            name=name if isinstance(name, str) and name.strip() else f"{method.upper()} {path}",
            method=method.upper(),
            path=path,
            location=at,
            parameters=parameters,
            request_body=self._request_body(at, node),
            responses=self._responses(at, node),
            security=self._security(at, node, root, whole),
            base_paths=base_paths(servers[1]) if servers else ("",),
            place=self._document.place(at),
            summary=_text(node.get("summary")),
            tags=tuple(tag for tag in _list(node.get("tags")) if isinstance(tag, str)),
            deprecated=node.get("deprecated") is True,
        )

    def _unique(self, operations: list[Operation]) -> Iterator[Operation]:
        """Yield the operations; those that share an operationId are named by method and path."""
        counts: dict[str, int] = {}
        for operation in operations:
            counts[operation.name] = counts.get(operation.name, 0) + 1
        for operation in operations:
            if counts[operation.name] == 1:
                yield operation
                continue
            name = f"{operation.method} {operation.path}"
            message = f"the operationId {operation.name!r} stands more than once; this one is called {name!r}"
            self._warn("duplicate-operation-id", message, operation.location)
            yield replace(operation, name=name)

    # Parameters

    def _parameters(
        self, path: str, at: Location, node: Node, item_at: Location, item: Node
    ) -> tuple[Parameter, ...]:
        """Return the operation's parameters, which override those of the path item; undeclared path ones are strings."""
        found: dict[tuple[str, str], Parameter] = {}
        for holder_at, holder in ((item_at, item), (at, node)):
            for index, _ in enumerate(_list(holder.get("parameters"))):
                parameter = self._component(holder_at.child("parameters", index), self._parameter)
                if parameter is not None:
                    found[parameter.location, _folded(parameter)] = parameter
        variables = parameter_names(path)
        for name in variables:
            if ("path", name) not in found:
                self._warn(
                    "undeclared-path-parameter",
                    f"{{{name}}} of {path!r} is not declared; it is read as a string",
                    at,
                )
                found["path", name] = Parameter(name, "path", at, required=True)
        for parameter in list(found.values()):
            if parameter.location == "path" and parameter.name not in variables:
                self._warn(
                    "unknown-path-parameter", f"{path!r} has no {{{parameter.name}}}", parameter.at
                )
                del found["path", parameter.name]
        return tuple(found.values())

    def _parameter(self, at: Location) -> Parameter | None:
        node = self._mapping(at)
        name, place = node.get("name"), node.get("in")
        if not isinstance(name, str) or place not in _STYLES:
            known = ", ".join(_STYLES)
            self._warn(
                "bad-parameter", f"a parameter needs a name and one of these for 'in': {known}", at
            )
            return None
        if place == "header" and name.lower() in _NOT_PARAMETERS:
            return None
        self._check_keys(at, node, "parameter")
        return self._described(name, _location(place), at, node)

    def _described(
        self, name: str, place: ParameterLocation, at: Location, node: Node
    ) -> Parameter:
        """Return a parameter or header from the members that both have."""
        style = _text(node.get("style"), _STYLES[place])
        explode = node.get("explode")
        content = next(iter(self._content(at, node)), None)
        has_schema = "schema" in node and content is None
        return Parameter(
            name=name,
            location=place,
            at=at,
            required=place == "path" or node.get("required") is True,
            deprecated=node.get("deprecated") is True,
            style=style,
            explode=explode if isinstance(explode, bool) else style in ("form", "deepObject"),
            allow_reserved=node.get("allowReserved") is True,
            allow_empty=node.get("allowEmptyValue") is True,
            schema=at.child("schema") if has_schema else None,
            content=content,
            examples=self._examples(at, node),
        )

    # Bodies and answers

    def _request_body(self, at: Location, node: Node) -> RequestBody | None:
        if "requestBody" not in node:
            return None
        return self._component(at.child("requestBody"), self._read_request_body)

    def _read_request_body(self, at: Location) -> RequestBody:
        node = self._mapping(at)
        self._check_keys(at, node, "request body")
        return RequestBody(node.get("required") is True, self._content(at, node), at)

    def _responses(self, at: Location, node: Node) -> Mapping[str, Response]:
        responses_at, responses = self._child(at, node, "responses")
        if not responses:
            self._warn(
                "no-responses",
                "the operation documents no answer; it answers 200 without a body",
                at,
            )
        found: dict[str, Response] = {}
        for written in responses:
            if written.startswith("x-"):
                continue
            key = written if written == "default" else written.upper()
            if not _STATUS.fullmatch(key):
                self._warn(
                    "bad-status",
                    f"{written!r} is no status: 100 to 599, 1XX to 5XX or default",
                    responses_at.child(written),
                )
                continue
            response = self._component(responses_at.child(written), self._response)
            if response is not None:
                found[key] = response if response.key == key else replace(response, key=key)
        return found

    def _response(self, at: Location) -> Response:
        node = self._mapping(at)
        self._check_keys(at, node, "response")
        headers_at, headers = self._child(at, node, "headers")
        found = (self._header(name, headers_at.child(name)) for name in headers)
        return Response(
            key="",
            location=at,
            description=_text(node.get("description")),
            content=self._content(at, node),
            headers=tuple(header for header in found if header),
            links=tuple(self._child(at, node, "links")[1]),
        )

    def _header(self, name: str, at: Location) -> Parameter | None:
        if not _FIELD_NAME.fullmatch(name):
            self._warn("bad-header", f"{name!r} cannot be the name of a header", at)
            return None
        followed = self._followed(at)
        if followed is None:
            return None
        return self._described(name, "header", followed, self._mapping(followed))

    def _content(self, at: Location, node: Node) -> tuple[MediaType, ...]:
        content_at, content = self._child(at, node, "content")
        found = []
        for name in content:
            media_at = self._followed(content_at.child(name))
            if media_at is not None:
                found.append(self._media_type(name, media_at))
        return tuple(found)

    def _media_type(self, name: str, at: Location) -> MediaType:
        node = self._mapping(at)
        self._check_keys(at, node, "media type")
        encoding_at, encoding = self._child(at, node, "encoding")
        return MediaType(
            name=name,
            location=at,
            schema=at.child("schema") if "schema" in node else None,
            examples=self._examples(at, node),
            encoding={key: _encoding(self._mapping(encoding_at.child(key))) for key in encoding},
        )

    def _examples(self, at: Location, node: Node) -> tuple[Example, ...]:
        """Return ``example`` and the entries of ``examples`` that carry a value; data in them is left alone."""
        found = []
        if "example" in node:
            found.append(Example("", node["example"], at.child("example")))
        named = node.get("examples")
        for name in named if isinstance(named, dict) else ():
            example_at = self._followed(at.child("examples", name))
            example = self._mapping(example_at) if example_at else {}
            if example_at and "value" in example:
                found.append(Example(name, example["value"], example_at.child("value")))
            elif "externalValue" in example and example_at:
                self._warn(
                    "external-example",
                    f"the example {name!r} lies elsewhere (externalValue) and is not read",
                    example_at,
                )
        return tuple(found)

    # Security

    def _security_schemes(self) -> Iterator[tuple[str, SecurityScheme]]:
        root = self._document.root
        components_at, components = self._child(root, self._mapping(root), "components")
        at, schemes = self._child(components_at, components, "securitySchemes")
        for name in schemes:
            scheme_at = self._followed(at.child(name))
            if scheme_at is None:
                continue
            node = self._mapping(scheme_at)
            kind = _text(node.get("type"))
            if kind not in _SECURITY_TYPES:
                hint = did_you_mean(kind, _SECURITY_TYPES)
                self._warn(
                    "bad-security-scheme",
                    f"the security scheme {name!r} has the unknown type {kind!r}",
                    scheme_at,
                    hint,
                )
                continue
            yield (
                name,
                SecurityScheme(
                    name=name,
                    type=kind,
                    location=scheme_at,
                    scheme=_text(node.get("scheme")).lower(),
                    parameter=_text(node.get("name")),
                    parameter_in=_text(node.get("in")),
                ),
            )

    def _security(
        self, at: Location, node: Node, root: Location, whole: Node
    ) -> tuple[tuple[Requirement, ...], ...]:
        holder_at, holder = (at, node) if "security" in node else (root, whole)
        alternatives = []
        for index, alternative in enumerate(_list(holder.get("security"))):
            if not isinstance(alternative, dict):
                continue
            needs = []
            for name, scopes in alternative.items():
                if name in self._schemes:
                    wanted = tuple(scope for scope in _list(scopes) if isinstance(scope, str))
                    needs.append(Requirement(self._schemes[name], wanted))
                else:
                    place = holder_at.child("security", index, name)
                    hint = did_you_mean(name, self._schemes)
                    self._warn(
                        "unknown-security-scheme",
                        f"there is no security scheme {name!r}; it is not asked for",
                        place,
                        hint,
                    )
            alternatives.append(tuple(needs))
        return tuple(alternatives)

    # Reading nodes

    def _component(self, at: Location, read: Callable[[Location], Kind]) -> Kind | None:
        """Read what a location refers to, once for all who refer to it; ``None`` where the reference dangles."""
        followed = self._followed(at)
        if followed is None:
            return None
        key = (read, followed)
        if key not in self._read:
            self._read[key] = read(followed)
        return self._read[key]  # type: ignore[return-value]

    def _followed(self, at: Location) -> Location | None:
        """Follow references; ``None``, with a warning, where they lead nowhere."""
        try:
            return self._document.follow(at)
        except SpecError as error:
            for finding in error.findings:
                self._add(
                    Finding(finding.rule, finding.message, finding.place, finding.hint, "warning")
                )
            return None

    def _mapping(self, at: Location) -> Node:
        """Return the mapping at a location; an empty one, with a warning, where something else stands."""
        value = self._document.value(at)
        if isinstance(value, dict):
            return value
        if value is not None:
            self._warn("not-a-mapping", "a mapping is expected here", at)
        return {}

    def _child(self, at: Location, node: Node, key: str) -> tuple[Location, Node]:
        """Return a member that is a mapping, empty where it is absent or something else."""
        child = at.child(key)
        if key not in node:
            return child, {}
        followed = self._followed(child) or child
        return followed, self._mapping(followed)

    def _check_keys(self, at: Location, node: Node, kind: str) -> None:
        """Warn of keys that mean nothing; the nearest that does is named."""
        known = self._version.keys[kind]
        for key in node.keys() - known:
            if not key.startswith("x-"):
                near = nearest(key, known)
                hint = f"did you mean {near!r}?" if near else ""
                self._warn("unknown-key", f"{key[:60]!r} means nothing here", at.child(key), hint)

    def _warn(self, rule: str, message: str, at: Location, hint: str = "") -> None:
        self._add(Finding(rule, message, self._document.place(at), hint, "warning"))

    def _add(self, finding: Finding) -> None:
        if finding not in self._findings:
            self._findings.append(finding)


def _encoding(node: Node) -> Encoding:
    explode = node.get("explode")
    return Encoding(
        content_type=_text(node.get("contentType")) or None,
        style=_text(node.get("style")) or None,
        explode=explode if isinstance(explode, bool) else None,
        allow_reserved=node.get("allowReserved") is True,
    )


def _location(place: object) -> ParameterLocation:
    """Narrow the value of ``in``, which the caller has looked up."""
    match place:
        case "path" | "header" | "cookie":
            return place
        case _:
            return "query"


def _folded(parameter: Parameter) -> str:
    """Return the name by which parameters are the same: header names compare without case."""
    return parameter.name.lower() if parameter.location == "header" else parameter.name


def _text(value: object, otherwise: str = "") -> str:
    return value if isinstance(value, str) else otherwise


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
