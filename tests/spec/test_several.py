"""Several documents on one port: each below its base paths, each in its version, and no two for one request."""

import json
from pathlib import Path

import pytest

from mockserver.errors import SpecError
from mockserver.generation.requests import build_request
from mockserver.messages import HttpRequest
from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document
from mockserver.spec.routes import NoPath, Route, Router
from mockserver.spec.several import join_apis
from mockserver.validation.validate import Judge


def written(folder: Path, name: str, root: dict[str, object]) -> Api:
    path = folder / f"{name}.json"
    path.write_text(json.dumps({"info": {"title": name, "version": "1"}, **root}))
    return compile_document(load_document(path))


def pets(folder: Path, name: str = "pets", base: str = "/v1", operation: str = "list") -> Api:
    """Return an OpenAPI 3.0 document whose query parameter may be null."""
    parameter = {"in": "query", "name": "n", "schema": {"$ref": "#/components/schemas/N"}}
    return written(
        folder,
        name,
        {
            "openapi": "3.0.3",
            "servers": [{"url": f"https://example.com{base}"}],
            "paths": {
                "/pets": {
                    "get": {
                        "operationId": operation,
                        "parameters": [parameter],
                        "responses": {"200": {"description": "ok"}},
                    }
                }
            },
            "components": {
                "schemas": {"N": {"type": "integer", "minimum": 1, "exclusiveMinimum": True}}
            },
        },
    )


def users(folder: Path, base: str = "/v2", path: str = "/users") -> Api:
    """Return a Swagger 2.0 document."""
    schema = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}
    return written(
        folder,
        "users",
        {
            "swagger": "2.0",
            "basePath": base,
            "paths": {
                path: {
                    "post": {
                        "operationId": "list",
                        "parameters": [
                            {"in": "body", "name": "b", "schema": {"$ref": "#/definitions/N"}}
                        ],
                        "responses": {"200": {"description": "ok"}},
                    },
                    "get": {"responses": {"200": {"description": "ok"}}},
                }
            },
            "definitions": {"N": schema},
        },
    )


def test_each_answers_below_its_base_path(tmp_path):
    api = join_apis([pets(tmp_path), users(tmp_path)])
    router = Router(api.operations)
    for method, path in (("GET", b"/v1/pets"), ("POST", b"/v2/users"), ("GET", b"/v2/users")):
        assert isinstance(router.match(method, path), Route)
    assert isinstance(router.match("GET", b"/pets"), NoPath)
    assert [operation.shortest_path for operation in api.operations] == [
        "/v1/pets",
        "/v2/users",
        "/v2/users",
    ]
    assert build_request(api, api.operations[0], chance=None).path == b"/v1/pets"
    assert api.title == "pets + users"
    assert api.openapi == "3.0.3, 2.0"
    assert [Path(file).name for file in api.document.files] == ["pets.json", "users.json"]


def test_each_is_judged_in_its_own_version(tmp_path):
    api = join_apis([pets(tmp_path), users(tmp_path)])
    judge = Judge(api)

    def found(operation, query=b"", body=b""):
        headers = [(b"content-type", b"application/json")] if body else []
        request = HttpRequest("GET", b"/", query, headers, body)
        violations = judge.judge_request(operation, request, {}).violations
        places = [Path(each.place.file).name for each in violations if each.place]
        return [each.keyword for each in violations], places

    of_pets, of_users, _ = api.operations
    assert found(of_pets, b"n=2") == ([], [])
    assert found(of_pets, b"n=1") == (["exclusiveMinimum"], ["pets.json"])
    assert found(of_users, body=b'{"a": 1}') == ([], [])
    assert found(of_users, body=b'{"a": "x"}') == (["type"], ["users.json"])


def test_an_operation_id_that_two_documents_use_names_the_first(tmp_path):
    api = join_apis([pets(tmp_path), users(tmp_path)])
    assert list(api.by_name) == ["list", "POST /v2/users", "GET /users"]
    assert [(found.rule, found.severity) for found in api.findings] == [
        ("duplicate-operation-id", "warning")
    ]


def test_two_documents_for_one_request_are_refused_by_both_places(tmp_path):
    one, other = pets(tmp_path), users(tmp_path, base="/v1", path="/pets")
    with pytest.raises(
        SpecError, match=r"GET /v1/pets is described here and at .*pets.json"
    ) as caught:
        join_apis([one, other])
    assert "users.json" in str(caught.value.findings[0].place)
    assert "base paths" in caught.value.findings[0].hint


def test_without_base_paths_they_share_the_top(tmp_path):
    api = join_apis([pets(tmp_path, base=""), users(tmp_path, base="/")])
    router = Router(api.operations)
    assert isinstance(router.match("GET", b"/pets"), Route)
    assert isinstance(router.match("GET", b"/users"), Route)


def test_one_document_is_itself(tmp_path):
    api = pets(tmp_path)
    assert join_apis([api]) is api
