"""Compiles small documents, for the tests of judging."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from mockserver.messages import HttpRequest, HttpResponse, Violation
from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document
from mockserver.spec.model import MediaType, Operation, Parameter
from mockserver.validation.validate import Judge, RequestJudgement


def build(
    folder: Path,
    operation: Mapping[str, object],
    *,
    path: str = "/a",
    method: str = "post",
    components: Mapping[str, object] | None = None,
    version: str = "3.1.0",
) -> Api:
    """Return the document that has one operation."""
    document = {
        "openapi": version,
        "info": {"title": "t", "version": "1"},
        "paths": {path: {method: {"responses": {"200": {"description": "ok"}}, **operation}}},
        "components": components or {},
    }
    file = folder / "openapi.json"
    file.write_text(json.dumps(document, indent=1))
    return compile_document(load_document(file))


@contextmanager
def built(operation: Mapping[str, object], **options: object) -> Iterator[Api]:
    """Build in a folder that goes away: hypothesis wants no fixtures of a function's scope."""
    with TemporaryDirectory() as folder:
        yield build(Path(folder), operation, **options)  # type: ignore[arg-type]


def only(api: Api) -> Operation:
    """Return the document's operation."""
    return api.operations[0]


def parameter(api: Api) -> Parameter:
    """Return the first parameter of the document's operation."""
    return only(api).parameters[0]


def media_type(api: Api) -> MediaType:
    """Return the first media type of the request body of the document's operation."""
    body = only(api).request_body
    assert body is not None
    return body.content[0]


def ask(
    api: Api,
    target: str = "/a",
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    path_values: Mapping[str, str] | None = None,
) -> RequestJudgement:
    """Judge a request to the document's operation."""
    path, _, query = target.partition("?")
    pairs = [
        (name.lower().encode(), value.encode("utf-8")) for name, value in (headers or {}).items()
    ]
    request = HttpRequest(only(api).method, path.encode(), query.encode(), pairs, body)
    return Judge(api).judge_request(only(api), request, path_values or {})


def answer(
    api: Api,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    body: bytes = b"",
    method: str | None = None,
) -> list[Violation]:
    """Judge an answer of the document's operation."""
    pairs = tuple(
        (name.lower().encode(), value.encode()) for name, value in (headers or {}).items()
    )
    return Judge(api).judge_response(only(api), HttpResponse(status, pairs, body), method=method)


def found(violations: list[Violation] | tuple[Violation, ...]) -> list[tuple[object, ...]]:
    """Return location and keyword of each violation."""
    return [(*violation.location, violation.keyword) for violation in violations]
