"""Several documents as one API: each mounted below the base paths of its servers, on one port.

Locations name their file, so places, references and schemas of all documents live side by side; what must not meet are
the paths.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from mockserver.errors import Finding, SpecError
from mockserver.spec.compile import Api
from mockserver.spec.document import Document
from mockserver.spec.model import Operation
from mockserver.spec.registry import SchemaRegistry
from mockserver.spec.templates import route_hint, route_shape


def join_apis(apis: Sequence[Api]) -> Api:
    """Return the APIs of several documents as one; of one document, its own.

    Where two documents use an operationId, the later operation is named by method and path, and a warning says so.

    Raises:
        SpecError: Two documents describe the same request (``clashing-documents``); both places are named.
    """
    first, *others = apis
    if not others:
        return first
    mounted = [tuple(map(_mounted, api.operations)) for api in apis]
    _refuse_clashes(mounted)
    findings = [finding for api in apis for finding in api.findings]
    operations = tuple(_named_once([each for some in mounted for each in some], findings))
    document = Document.joined([api.document for api in apis])
    return Api(
        title=" + ".join(api.title for api in apis),
        version="",
        openapi=", ".join(dict.fromkeys(api.openapi for api in apis)),
        operations=operations,
        by_name={operation.name: operation for operation in operations},
        security_schemes={
            name: scheme for api in apis for name, scheme in api.security_schemes.items()
        },
        servers=tuple(url for api in apis for url in api.servers),
        document=document,
        schemas=SchemaRegistry.joined(document, [api.schemas for api in apis]),
        findings=tuple(dict.fromkeys(findings)),
        specification=first.specification,
        parts=tuple(apis),
    )


def _mounted(operation: Operation) -> Operation:
    """Return an operation that answers below its servers' base paths only, where they have any."""
    bases = tuple(filter(None, operation.base_paths))
    return replace(operation, base_paths=bases or ("",))


def _refuse_clashes(documents: Sequence[Sequence[Operation]]) -> None:
    """Refuse operations of two documents that the same request would mean."""
    known: dict[object, tuple[int, Operation]] = {}
    for number, operations in enumerate(documents):
        for operation in operations:
            for base in operation.base_paths:
                path = base + operation.path
                key = (operation.method, route_shape(path), route_hint(path))
                other, earlier = known.setdefault(key, (number, operation))
                if other != number:
                    message = f"{operation.method} {path} is described here and at {earlier.place}"
                    hint = "give the documents servers with different base paths"
                    raise SpecError(Finding("clashing-documents", message, operation.place, hint))


def _named_once(operations: Sequence[Operation], findings: list[Finding]) -> Iterator[Operation]:
    taken: set[str] = set()
    for operation in operations:
        if operation.name in taken:
            name = f"{operation.method} {operation.base_paths[0]}{operation.path}"
            message = f"another document has the operationId {operation.name[:60]!r}; this one is called {name!r}"
            findings.append(
                Finding("duplicate-operation-id", message, operation.place, severity="warning")
            )
            operation = replace(operation, name=name)
        taken.add(operation.name)
        yield operation
