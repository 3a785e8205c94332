"""Operations with equal templates are told apart by the rest of the request."""

import pytest

from tests.mocking.building import ask, build

DOCUMENT = """
    openapi: 3.1.0
    info: {title: t, version: "1"}
    paths:
      /messages: {post: {operationId: plain, responses: {"200": {description: ok}}}}
      /messages?beta=true: {post: {operationId: beta, responses: {"200": {description: ok}}}}
      /messages?beta=true&deep=1: {post: {operationId: deep, responses: {"200": {description: ok}}}}
      /users/{id}:
        get:
          operationId: byId
          parameters: [{in: path, name: id, required: true, schema: {type: integer}}]
          responses: {"200": {description: ok}}
      /users/{email}:
        get:
          operationId: byEmail
          parameters: [{in: path, name: email, required: true, schema: {type: string, pattern: "@"}}]
          responses: {"200": {description: ok}}
      /users/{name}:
        get:
          operationId: byName
          parameters: [{in: path, name: name, required: true, schema: {type: string}}]
          responses: {"200": {description: ok}}
      /#X-Target=One:
        post:
          operationId: one
          parameters: [{in: header, name: X-Target, required: true, schema: {enum: [One]}}]
          responses: {"200": {description: ok}}
      /#X-Target=Two:
        post:
          operationId: two
          parameters: [{in: header, name: X-Target, required: true, schema: {enum: [Two]}}]
          responses: {"200": {description: ok}}
      /#Action=Run:
        post:
          operationId: run
          responses: {"200": {description: ok}}
      /shapes/{x}:
        post:
          operationId: circle
          requestBody: {content: {application/json: {schema: {required: [radius]}}}}
          responses: {"200": {description: ok}}
      /shapes/{y}:
        post:
          operationId: square
          requestBody: {content: {application/json: {schema: {required: [side]}}}}
          responses: {"200": {description: ok}}
"""


def meant(folder, line, headers=None, body=b""):
    operation = ask(build(folder, DOCUMENT), line, headers, body).reasons.operation
    return operation.name if operation else None


@pytest.mark.parametrize(
    ("line", "operation"),
    [
        ("POST /messages", "plain"),
        ("POST /messages?other=1", "plain"),
        ("POST /messages?beta=false", "plain"),
        ("POST /messages?a=b&beta=true", "beta"),
        ("POST /messages?deep=1&beta=true", "deep"),
        ("GET /users/7", "byId"),
        ("GET /users/ada@example.com", "byEmail"),
        ("GET /users/ada", "byName"),
        ("POST /?Action=Run", "run"),
    ],
)
def test_a_request_means_the_operation_that_it_fits_best(tmp_path, line, operation):
    assert meant(tmp_path, line) == operation


@pytest.mark.parametrize(("target", "operation"), [("One", "one"), ("Two", "two"), ("", "run")])
def test_headers_tell(tmp_path, target, operation):
    headers = {"X-Target": target} if target else {}
    assert meant(tmp_path, "POST /", headers) == operation


@pytest.mark.parametrize(
    ("body", "operation"),
    [(b'{"radius": 1}', "circle"), (b'{"side": 1}', "square"), (b"{}", "circle"), (b"", "circle")],
)
def test_bodies_tell_where_parameters_do_not(tmp_path, body, operation):
    headers = {"Content-Type": "application/json"}
    assert meant(tmp_path, "POST /shapes/1", headers, body) == operation
