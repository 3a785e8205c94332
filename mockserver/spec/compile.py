"""From a loaded document to the compiled one: its operations, ready to be matched, judged and answered.

Documents are other people's: what is sloppy is read generously and reported; only what cannot be served at all raises.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

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
from mockserver.spec.versions import detect_version, sloppy_version, with_dialect

_METHOD = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §9.1, token


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
        parts: The APIs of the documents that it was joined from; none where it is of one document.
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
    parts: tuple["Api", ...] = ()


def compile_document(document: Document, *, formats: bool = True) -> Api:
    """Compile a document; with ``formats``, they are assertions on requests.

    Raises:
        SpecError: It is not an OpenAPI document, or of a version that is not read.
    """
    version, unknown = with_dialect(document, detect_version(document))
    reading = Reading(document, version)
    sloppy = [*sloppy_version(document, version), *unknown]
    reading.findings.update(dict.fromkeys(sloppy))
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
        holders = (item, *_own(reading, root, written))
        done: set[str] = set()
        for holder in reversed(holders):
            reading.check_keys(holder, "path item")
            for method, node in _methods(reading, holder):
                if method not in done:
                    done.add(method)
                    yield _operation(reading, path, method, (root, *holders), node, schemes)


def _own(reading: Reading, root: Node, path: str) -> Iterator[Node]:
    """Yield what a path item says beside its ``$ref``: it goes before what is referred to (OpenAPI 3.1.1 §4.8.9)."""
    paths = reading.child(root, "paths")
    written = paths.value[path]
    if isinstance(written, dict) and len(written) > 1 and "$ref" in written:
        yield Node(paths.at.child(path), written)


def _methods(reading: Reading, item: Node) -> Iterator[tuple[str, Node]]:
    """Yield the operations of a path item by the method as it is sent."""
    fixed, more = reading.version.methods, reading.version.more_methods
    for key in item.value:
        if key in fixed:
            yield key.upper(), reading.child(item, key)
        elif key == more:
            others = reading.child(item, key)
            for method, node in reading.members(others):
                if not _METHOD.fullmatch(method):
                    message = f"{method[:40]!r} cannot be a method; it is left out"
                    reading.warn("bad-method", message, others.at.child(method))
                    continue
                if method.lower() in fixed:
                    # Methods have case (RFC 9110 §9.1), but nobody means another one by ``post``.
                    message = f"{method!r} has a key of its own in a path item: {method.lower()!r}"
                    reading.warn("bad-method", message, others.at.child(method))
                    method = method.upper()
                yield method, node


def _operation(
    reading: Reading,
    path: str,
    method: str,
    holders: Sequence[Node],
    node: Node,
    schemes: Mapping[str, SecurityScheme],
) -> Operation:
    """Read an operation; ``holders`` are the document and its path item, what goes before stands last."""
    root, *items = holders
    reading.check_keys(node, "operation")
    name = node.text("operationId").strip()
    objects = reading.version.objects
    servers = next(
        filter(None, (objects.servers(one.value) for one in (node, *reversed(holders)))), ()
    )
    return Operation(
        name=name or f"{method} {path}",
        method=method,
        path=path,
        location=node.at,
        parameters=read_parameters(reading, path, items, node),
        request_body=objects.read_request_body(reading, items[-1], node),
        responses=read_responses(reading, node),
        security=read_security(reading, root, node, schemes),
        base_paths=base_paths(servers),
        place=reading.document.place(node.at),
        summary=node.text("summary"),
        tags=tuple(tag for tag in node.list("tags") if isinstance(tag, str)),
        deprecated=node.flag("deprecated") is True,
    )


def _named_once(reading: Reading, operations: Sequence[Operation]) -> Iterator[Operation]:
    """Yield the operations; those that share a name are named by method and path, and numbered where they share those."""
    counts = Counter(operation.name for operation in operations)
    taken = {name for name, times in counts.items() if times == 1}
    for operation in operations:
        if counts[operation.name] == 1:
            yield operation
            continue
        plain = f"{operation.method} {operation.path}"
        names = (plain if number == 1 else f"{plain} {number}" for number in count(1))
        name = next(name for name in names if name not in taken)
        taken.add(name)
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
