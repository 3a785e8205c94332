"""From a loaded document to the compiled one: its operations, ready to be matched, judged and answered.

Documents are other people's: what is sloppy is read generously and reported; only what cannot be served at all raises.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from mockserver.errors import Finding, SpecError
from mockserver.spec.document import Document
from mockserver.spec.model import Operation, SecurityScheme
from mockserver.spec.parameters import read_parameters
from mockserver.spec.reading import Node, Reading
from mockserver.spec.references import bad_references
from mockserver.spec.registry import SchemaRegistry
from mockserver.spec.responses import read_responses
from mockserver.spec.security import read_security, read_security_schemes
from mockserver.spec.servers import base_paths, server_urls
from mockserver.spec.templates import route_hint, route_shape
from mockserver.spec.versions import detect_version


@dataclass(frozen=True, slots=True)
class Api:
    """A compiled document.

    Attributes:
        version: Of the API, as the document names it; may be empty.
        openapi: Version of OpenAPI or Swagger, as the document names it.
        operations: In the document's order.
        by_name: The same by their names, which are unique.
        servers: Their URLs with the default of each variable, in the document's order.
        schemas: Converted and compiled at first use; ``schemas.findings`` grows with it.
        findings: What is sloppy about the document; all warnings.
        specification: What it follows, in the version of ``openapi``.
    """

    title: str
    version: str
    openapi: str
    operations: tuple[Operation, ...]
    by_name: Mapping[str, Operation]
    security_schemes: Mapping[str, SecurityScheme]
    servers: tuple[str, ...]
    document: Document
    schemas: SchemaRegistry
    findings: tuple[Finding, ...]
    specification: str = "OpenAPI"


def compile_document(document: Document, *, formats: bool = True) -> Api:
    """Compile a document; with ``formats``, they are assertions on requests.

    Raises:
        SpecError: It is not an OpenAPI document, or of a version that is not read.
    """
    version = detect_version(document)
    reading = Reading(document, version)
    root = reading.root()
    reading.check_keys(root, "document")
    _refuse_without_paths(reading, root)
    refused, dangling = bad_references(document)
    if refused:
        raise SpecError(refused)
    if "info" not in root.value:
        reading.warn("no-info", "the document has no info: title and version are unknown", root.at)
    info = reading.child(root, "info")
    reading.check_keys(info, "info")
    schemes = read_security_schemes(reading, root)
    operations = tuple(_named_once(reading, list(_operations(reading, root, schemes))))
    _warn_of_equal_templates(reading, operations)
    reading.findings.update(dict.fromkeys(dangling))
    if not operations and "webhooks" not in root.value:
        reading.warn("no-operations", "the document describes no operation", root.at)
    return Api(
        title=info.text("title", "untitled"),
        version=info.text("version"),
        openapi=str(root.value[version.key]),
        operations=operations,
        by_name={operation.name: operation for operation in operations},
        security_schemes=schemes,
        servers=server_urls(version.objects.servers(root.value)),
        document=document,
        schemas=SchemaRegistry(document, version, made=reading.made, formats=formats),
        findings=(*document.findings, *reading.findings),
        specification=version.specification,
    )


def _refuse_without_paths(reading: Reading, root: Node) -> None:
    """Refuse what cannot be served at all: no mapping of paths, and no webhooks."""
    place = reading.document.place
    if not isinstance(root.value.get("paths", {}), dict | None):
        message = "paths is no mapping of paths to operations"
        raise SpecError(Finding("not-openapi", message, place(root.at.child("paths"))))
    if "paths" not in root.value and "webhooks" not in root.value:
        message = "the document has neither paths nor webhooks: there is nothing to serve"
        hint = "add paths with at least one operation"
        raise SpecError(Finding("not-openapi", message, place(root.at), hint))


def _operations(
    reading: Reading, root: Node, schemes: Mapping[str, SecurityScheme]
) -> Iterator[Operation]:
    for written, item in reading.members(reading.child(root, "paths"), extensible=True):
        path = written if written.startswith("/") else f"/{written}"
        if path != written:
            message = (
                f"the path {written[:80]!r} does not begin with a slash; it is served with one"
            )
            reading.warn("bad-path", message, item.at)
        reading.check_keys(item, "path item")
        for method in item.value:
            if method in reading.version.methods:
                node = reading.child(item, method)
                yield _operation(reading, path, method.upper(), node, root, item, schemes)
        for method, node in reading.members(reading.child(item, reading.version.more_methods)):
            yield _operation(reading, path, method, node, root, item, schemes)


def _operation(
    reading: Reading,
    path: str,
    method: str,
    node: Node,
    root: Node,
    item: Node,
    schemes: Mapping[str, SecurityScheme],
) -> Operation:
    reading.check_keys(node, "operation")
    name = node.text("operationId").strip()
    objects = reading.version.objects
    servers = next(filter(None, (objects.servers(one.value) for one in (node, item, root))), ())
    return Operation(
        name=name or f"{method} {path}",
        method=method,
        path=path,
        location=node.at,
        parameters=read_parameters(reading, path, item, node),
        request_body=objects.read_request_body(reading, item, node),
        responses=read_responses(reading, node),
        security=read_security(reading, root, node, schemes),
        base_paths=base_paths(servers),
        place=reading.document.place(node.at),
        summary=node.text("summary"),
        tags=tuple(tag for tag in node.list("tags") if isinstance(tag, str)),
        deprecated=node.flag("deprecated") is True,
    )


def _named_once(reading: Reading, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield the operations; those that share an operationId are named by method and path."""
    counts: dict[str, int] = {}
    for operation in operations:
        counts[operation.name] = counts.get(operation.name, 0) + 1
    for operation in operations:
        if counts[operation.name] == 1:
            yield operation
            continue
        name = f"{operation.method} {operation.path}"
        message = (
            f"the operationId {operation.name[:60]!r} stands twice; this one is called {name!r}"
        )
        at = operation.location.child("operationId")
        reading.warn("duplicate-operation-id", message, at)
        yield replace(operation, name=name)


def _warn_of_equal_templates(reading: Reading, operations: Sequence[Operation]) -> None:
    """Warn of operations whose paths are those of another: only their parameters can tell a request's meaning."""
    reached: dict[tuple[object, ...], Operation] = {}
    for operation in operations:
        # Servers of their own may still tell two equal paths apart, and so may what stands behind the path.
        path = operation.path
        key = (operation.method, route_shape(path), route_hint(path), operation.base_paths)
        earlier = reached.setdefault(key, operation)
        if earlier is not operation:
            message = (
                f"{operation.method} {path} means the same paths as {earlier.path}:"
                " it answers only where its parameters fit a request better"
            )
            reading.warn("equal-templates", message, operation.location)
