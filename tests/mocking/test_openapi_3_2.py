"""What OpenAPI 3.2 brought, from end to end."""

import json
from pathlib import Path

import pytest

from mockserver.generation.chance import Chance
from mockserver.generation.requests import build_request
from mockserver.validation.validate import Judge
from tests.mocking.building import ask, build, header

DOCUMENT = """
    openapi: 3.2.0
    $self: https://example.com/openapi
    info: {title: t, version: "1"}
    tags: [{name: a, summary: s, kind: nav, parent: b}, {name: b}]
    servers: [{url: /, name: main}]
    paths:
      /search:
        query:
          operationId: search
          requestBody: {content: {application/json: {schema: {type: object, required: [q]}}}}
          responses: {"200": {summary: fine, content: {application/json: {example: [1]}}}}
        additionalOperations:
          COPY:
            operationId: copy
            responses: {"204": {description: copied}}
      /form:
        get:
          operationId: form
          parameters:
            - in: querystring
              name: all
              required: true
              content:
                application/x-www-form-urlencoded:
                  schema: {type: object, required: [n], properties: {n: {type: integer}}}
          responses: {"200": {description: ok}}
      /json:
        get:
          operationId: json
          parameters:
            - in: querystring
              name: all
              content: {application/json: {schema: {type: object, properties: {n: {type: integer}}}}}
          responses: {"200": {description: ok}}
      /bare:
        get:
          operationId: bare
          parameters: [{in: querystring, name: all, content: {text/plain: {schema: {type: string}}}}]
          responses: {"200": {description: ok}}
      /lines:
        post:
          operationId: lines
          requestBody:
            required: true
            content: {application/jsonl: {itemSchema: {$ref: "#/components/schemas/Line"}}}
          responses:
            "200":
              description: lines
              content: {application/jsonl: {itemSchema: {$ref: "https://example.com/openapi#/components/schemas/Line"}}}
      /events:
        get:
          operationId: events
          responses:
            "200":
              description: whole events
              content:
                text/event-stream:
                  itemSchema:
                    type: object
                    required: [event, data]
                    properties:
                      event: {const: tick}
                      id: {type: string}
                      retry: {type: integer}
                      data: {type: object, required: [n], properties: {n: {type: integer}}}
        post:
          operationId: takeEvents
          requestBody:
            content:
              text/event-stream:
                itemSchema:
                  type: object
                  required: [data]
                  properties: {data: {type: string}, retry: {type: integer}, id: {type: string}}
          responses: {"204": {description: ok}}
      /messages:
        get:
          operationId: messages
          responses:
            "200":
              description: the data of events
              content: {text/event-stream: {itemSchema: {$ref: "#/components/schemas/Line"}}}
      /examples:
        get:
          operationId: examples
          responses:
            "200":
              description: ok
              content:
                application/json:
                  schema: {type: object}
                  examples:
                    wire: {dataValue: {a: 1}, serializedValue: '{"a":   1}'}
                    text: {serializedValue: '{"b":  2}'}
                    broken: {serializedValue: '{'}
                    data: {dataValue: {c: 3}}
      /cookie:
        get:
          operationId: cookie
          parameters: [{in: cookie, name: c, style: cookie, required: true, schema: {type: integer}}]
          responses: {"200": {description: ok}}
    components:
      schemas:
        Line: {type: object, required: [n], properties: {n: {type: integer}}, additionalProperties: false}
"""
LINES = {"Content-Type": "application/jsonl"}
EVENTS = {"Content-Type": "text/event-stream"}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def mock(tmp_path):
    found = build(tmp_path, DOCUMENT)
    assert [finding.rule for finding in found.api.findings] == []
    return found


@pytest.mark.parametrize(
    ("line", "headers", "body", "status"),
    [
        ("QUERY /search", JSON, b'{"q": 1}', 200),
        ("QUERY /search", JSON, b"{}", 422),
        ("COPY /search", {}, b"", 204),
        ("copy /search", {}, b"", 405),
        ("GET /form?n=1", {}, b"", 200),
        ("GET /form?n=x", {}, b"", 422),
        ("GET /form", {}, b"", 422),
        ("GET /json?%7B%22n%22%3A1%7D", {}, b"", 200),
        ("GET /json?%7B%22n%22%3A%22x%22%7D", {}, b"", 422),
        ("GET /json?%7B", {}, b"", 422),
        ("GET /json", {}, b"", 200),
        ("GET /bare?x", {}, b"", 200),
        ("POST /lines", LINES, b'{"n":1}\n{"n":2}\n', 200),
        ("POST /lines", LINES, b'{"n":1}\n{"n":"x"}\n', 422),
        ("POST /events", EVENTS, b": hi\nid: 7\nretry: 5\ndata: a\ndata: b\n\n", 204),
        ("POST /events", EVENTS, b"retry: 5\n\n", 422),
        ("GET /cookie", {"Cookie": "c=5"}, b"", 200),
    ],
)
def test_requests(mock, line, headers, body, status):
    assert ask(mock, line, headers, body).response.status == status


def test_values_of_a_sequence_are_judged_one_by_one(mock):
    decision = ask(mock, "POST /lines", LINES, b'{"n":1}\n{"n":"x"}\n')
    assert [found.location for found in decision.reasons.violations] == [("body", 1, "n")]


@pytest.mark.parametrize("prefer", [{}, {"Prefer": "dynamic=true"}])
def test_a_sequence_is_answered_with_a_few_values(mock, prefer):
    decision = ask(mock, "POST /lines", {**LINES, **prefer}, b'{"n":1}')
    values = [json.loads(line) for line in decision.response.body.splitlines()]
    assert len(values) == 2
    assert all(isinstance(value["n"], int) for value in values)
    operation = decision.reasons.operation
    assert operation is not None
    assert not Judge(mock.api).judge_response(operation, decision.response)


def test_events_by_their_fields(mock):
    decision = ask(mock, "GET /events")
    assert header(decision, "content-type") == "text/event-stream"
    event = b'event: tick\nid: string\nretry: 0\ndata: {"n":0}\n\n'
    assert decision.response.body == event * 2


def test_events_by_their_data(mock):
    decision = ask(mock, "GET /messages")
    assert decision.response.body == b'data: {"n":0}\n\n' * 2
    operation = decision.reasons.operation
    assert operation is not None
    assert not Judge(mock.api).judge_response(operation, decision.response)


@pytest.mark.parametrize(
    ("wish", "body"),
    [
        ({}, b'{"a":   1}'),
        ({"Prefer": "example=text"}, b'{"b":  2}'),
        ({"Prefer": "example=broken"}, b"{"),
        ({"Prefer": "example=data"}, b'{"c":3}'),
    ],
)
def test_examples_as_they_are_on_the_wire(mock, wish, body):
    assert ask(mock, "GET /examples", wish).response.body == body


@pytest.mark.parametrize("seed", [None, b"seed"])
@pytest.mark.parametrize("name", ["form", "json", "bare", "lines", "takeEvents", "search"])
def test_requests_are_built(mock, name, seed):
    operation = mock.api.by_name[name]
    chance = Chance(seed) if seed else None
    request = build_request(mock.api, operation, chance=chance, everything=True)
    assert not Judge(mock.api).judge_request(operation, request, {}).violations


def test_what_describes_items_of_no_sequence_is_passed_over(tmp_path: Path) -> None:
    content = {"itemSchema": {"const": 1}}
    body = {"content": {"application/json": content}}
    document = {"openapi": "3.2.0", "paths": {"/a": {"post": {"operationId": "a", "requestBody": body, "responses": {"200": {"description": "ok", **body}}}}}}  # fmt: skip
    mock = build(tmp_path, json.dumps(document))
    assert ask(mock, "POST /a", JSON, b"{}").response.body == b"{}"
    request = build_request(mock.api, mock.api.operations[0], chance=None)
    assert (request.header(b"content-type"), request.body) == (b"application/json", b"{}")
