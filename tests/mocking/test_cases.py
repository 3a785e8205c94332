"""What cases put on the wire: templates, headers, and the document's own body."""

import json
from pathlib import Path

import pytest

from mockserver.fixtures.templates import LARGEST_RENDERED
from mockserver.mocking.decide import Mock, MockOptions
from tests.mocking.building import ask, build, header

DOCUMENT = """
openapi: 3.1.0
info: {title: Notes, version: "1"}
paths:
  /notes/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: string}}]
    get:
      operationId: getNote
      responses:
        "200":
          description: a note
          headers: {Location: {schema: {type: string}, example: /nowhere}}
          content:
            application/json: {schema: {type: integer}, example: 1}
            text/plain: {schema: {type: string}, example: one}
    put:
      operationId: putNote
      requestBody: {content: {application/json: {}}}
      responses:
        "200": {description: an echo, content: {application/json: {}}}
        "404": {description: gone, content: {text/plain: {example: gone}}}
"""
FIXTURES = """
cases:
  getNote:
    own: {then: {status: 200, headers: {Location: "/notes/{{ $request.path.id }}", X-Own: "1"}}}
    text: {when: never, then: {status: 200, headers: {Content-Type: text/plain}}}
  putNote:
    echo: {then: {status: 200, body: ["{{ $request.body }}", "{{ $request.body }}"]}}
    gone: {when: never, then: {status: 404}}
scenarios:
  text: {use: {getNote: text}}
  gone: {use: {putNote: gone}}
"""


@pytest.fixture
def mock(tmp_path: Path) -> Mock:
    return build(tmp_path, DOCUMENT, FIXTURES)


def test_a_case_without_a_body_leaves_it_to_the_document_and_the_client(mock: Mock) -> None:
    assert ask(mock, "GET /notes/1").response.body == b"1"
    decision = ask(mock, "GET /notes/1", {"Accept": "text/plain"})
    assert (decision.reasons.case, decision.response.body) == ("own", b"one")
    refused = ask(mock, "GET /notes/1", {"Accept": "image/png"})
    assert (refused.response.status, refused.reasons.error) == (406, "not-acceptable")


def test_a_case_may_choose_the_media_type(mock: Mock) -> None:
    decision = ask(mock, "GET /~text/notes/1", {"Accept": "application/json"})
    assert decision.response.body == b"one"
    assert header(decision, "content-type") == "text/plain"


def test_an_error_is_sent_whatever_the_client_accepts(mock: Mock) -> None:
    headers = {"Accept": "application/json", "Content-Type": "application/json"}
    decision = ask(mock, "PUT /~gone/notes/1", headers, b"1")
    assert (decision.response.status, decision.response.body) == (404, b"gone")


def test_bodies_of_the_document_vary_where_the_server_or_the_request_says_so(
    tmp_path: Path,
) -> None:
    dynamic = build(tmp_path, DOCUMENT, FIXTURES, MockOptions(dynamic=True))
    drawn = ask(dynamic, "GET /notes/1")
    assert drawn.reasons.case == "own"
    assert drawn.response.body != b"1"


def test_headers_are_rendered_over_those_of_the_document(mock: Mock) -> None:
    decision = ask(mock, "GET /notes/a%0D%0Ab")
    assert header(decision, "location") == "/notes/a%0D%0Ab"
    assert header(decision, "x-own") == "1"
    names = [name for name, _ in decision.response.headers]
    assert names.count(b"location") == 1


def test_a_rendered_body_echoes_the_request(mock: Mock) -> None:
    decision = ask(mock, "PUT /notes/1", {"Content-Type": "application/json"}, b'{"a":1}')
    assert json.loads(decision.response.body) == [{"a": 1}, {"a": 1}]


def test_a_body_that_grows_too_large_is_a_problem(mock: Mock) -> None:
    body = json.dumps("x" * (LARGEST_RENDERED // 2)).encode()
    decision = ask(mock, "PUT /notes/1", {"Content-Type": "application/json"}, body)
    assert (decision.response.status, decision.reasons.error) == (500, "impossible-answer")
    assert header(decision, "x-mock-error") == "impossible-answer"
    assert b"renders to more than" in decision.response.body
