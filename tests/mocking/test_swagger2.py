"""Answers of a Swagger 2.0 document, and what a media type without a schema is answered with."""

import json
from pathlib import Path

import pytest

from mockserver.mocking.decide import MockOptions
from tests.mocking.building import ask, build, header

SWAGGER = """
swagger: "2.0"
info: {title: Pets, version: "1"}
basePath: /v1
securityDefinitions: {key: {type: apiKey, in: header, name: X-Key}, basic: {type: basic}}
security: [{key: []}, {basic: []}]
produces: [application/json]
paths:
  /pets/{id}:
    parameters: [{name: id, in: path, required: true, type: integer}]
    get:
      responses:
        200: {description: a pet, schema: {$ref: '#/definitions/Cat'}, headers: {X-Ids: {type: array, minItems: 2, items: {type: integer}, collectionFormat: pipes}}}
        400: {$ref: '#/responses/bad'}
    post:
      security: []
      parameters: [{name: pet, in: body, required: true, schema: {$ref: '#/definitions/Cat'}}]
      responses: {201: {description: made}, 400: {$ref: '#/responses/bad'}}
    put:
      security: []
      produces: [image/png]
      responses: {200: {description: a picture, schema: {type: file}}}
responses:
  bad: {description: bad, schema: {type: object}, examples: {application/json: {error: bad}}}
definitions:
  Pet: {type: object, discriminator: kind, required: [kind], properties: {kind: {type: string}}}
  Cat: {allOf: [{$ref: '#/definitions/Pet'}, {type: object, properties: {lives: {type: integer, x-example: 9}}}]}
"""
KEY = {"X-Key": "k"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("line", "headers", "body", "status", "answer"),
    [
        ("GET /v1/pets/1", KEY, b"", 200, {"kind": "Cat", "lives": 9}),
        ("GET /pets/1", {"Authorization": "Basic dXNlcjpw"}, b"", 200, {"kind": "Cat", "lives": 9}),
        ("GET /v1/pets/x", KEY, b"", 400, {"error": "bad"}),
        ("POST /v1/pets/1", JSON, b'{"kind": "Cat"}', 201, None),
        ("POST /v1/pets/1", JSON, b"{}", 400, {"error": "bad"}),
        ("POST /v1/pets/1", JSON, b"", 400, {"error": "bad"}),
    ],
)
def test_a_swagger_document_is_served(
    tmp_path: Path, line: str, headers: dict[str, str], body: bytes, status: int, answer: object
) -> None:
    decision = ask(build(tmp_path, SWAGGER), line, headers, body)
    assert decision.response.status == status
    assert (json.loads(decision.response.body) if decision.response.body else None) == answer


def test_credentials_headers_and_files_of_a_swagger_document(tmp_path: Path) -> None:
    mock = build(tmp_path, SWAGGER)
    assert ask(mock, "GET /v1/pets/1").response.status == 401
    assert header(ask(mock, "GET /v1/pets/1", KEY), "x-ids") == "0|0"
    picture = ask(mock, "PUT /v1/pets/1")
    assert (picture.response.status, header(picture, "content-type")) == (200, "image/png")
    assert picture.response.body


BARE = """
openapi: 3.0.3
info: {title: Bare, version: "1"}
paths:
  /text: {get: {responses: {"200": {description: any, content: {text/plain: {}}}}}}
  /any: {get: {responses: {"200": {description: any, content: {application/json: {}}}}}}
  /shown: {get: {responses: {"200": {description: any, content: {text/plain: {example: hello}}}}}}
"""


@pytest.mark.parametrize(
    ("path", "options", "body"),
    [
        ("/text", MockOptions(), b""),
        ("/any", MockOptions(), b"{}"),
        ("/shown", MockOptions(), b"hello"),
        ("/shown", MockOptions(dynamic=True), b"hello"),
        ("/shown", MockOptions(ignore_examples=True), b""),
    ],
)
def test_without_a_schema_an_answer_is_its_example_or_empty(
    tmp_path: Path, path: str, options: MockOptions, body: bytes
) -> None:
    decision = ask(build(tmp_path, BARE, options=options), f"GET {path}")
    assert (decision.response.status, decision.response.body) == (200, body)
