"""The judge is judged: it accepts a right answer, and refuses each kind of wrong one."""

import json
from pathlib import Path

import pytest

from tests.corpus.answers import judge
from tests.corpus.documents import Document
from tests.corpus.requests import build
from tests.corpus.schemas import Schemas
from tests.running import Answered

SCHEMA = {
    "type": "object",
    "required": ["id", "secret"],
    "properties": {
        "id": {"type": "integer", "minimum": 0, "exclusiveMinimum": True},
        "secret": {"type": "string", "writeOnly": True},
        "note": {"type": "string", "nullable": True},
        "child": {"$ref": "#/components/schemas/Thing"},
    },
}
DOCUMENT = {
    "openapi": "3.0.3",
    "info": {"title": "t", "version": "1"},
    "paths": {
        "/things/{id}": {
            "get": {
                "parameters": [
                    {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}},
                    {
                        "name": "filter",
                        "in": "query",
                        "required": True,
                        "style": "deepObject",
                        "schema": {
                            "type": "object",
                            "required": ["a"],
                            "properties": {
                                "a": {"type": "string", "pattern": "^x+$", "maxLength": 3}
                            },
                        },
                    },
                ],
                "responses": {
                    "404": {"description": "no"},
                    "200": {
                        "description": "yes",
                        "headers": {"X-Count": {"required": True, "schema": {"type": "integer"}}},
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}
                        },
                    },
                },
            }
        }
    },
    "components": {"schemas": {"Thing": SCHEMA}},
}
HEADERS = {"content-type": "application/json", "x-count": "3"}


@pytest.fixture
def document(tmp_path: Path) -> Document:
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(DOCUMENT))
    return Document(path)


def verdict(document: Document, answer: Answered) -> str | None:
    operation = next(document.operations())
    return judge(document, Schemas(document), operation, answer)


@pytest.mark.parametrize("body", [{"id": 1}, {"id": 1, "note": None, "child": {"id": 2}}])
def test_a_right_answer_passes(document: Document, body: object) -> None:
    assert verdict(document, Answered(200, HEADERS, json.dumps(body).encode())) is None


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (Answered(404, HEADERS, b""), "status 404"),
        (Answered(200, {"content-type": "application/json"}, b'{"id": 1}'), "X-Count"),
        (Answered(200, {**HEADERS, "x-count": "many"}, b'{"id": 1}'), "X-Count"),
        (Answered(200, {**HEADERS, "content-type": "text/plain"}, b'{"id": 1}'), "media type"),
        (Answered(200, {**HEADERS, "x-mock-error": "invalid-request"}, b"{}"), "problem"),
        (Answered(200, HEADERS, b"{"), "not JSON"),
        (Answered(200, HEADERS, b'{"id": NaN}'), "not JSON"),
        (Answered(200, HEADERS, b"{}"), "'id' is a required property"),
        (Answered(200, HEADERS, b'{"id": null}'), "None is not of type"),
        (Answered(200, HEADERS, b'{"id": 0}'), "less than or equal to the minimum"),
        (Answered(200, HEADERS, b'{"id": 1, "secret": "s"}'), "writeOnly"),
        (Answered(200, HEADERS, b'{"id": 1, "child": {"id": "2"}}'), "at /child/id"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_a_wrong_answer_is_named(document: Document, answer: Answered, reason: str) -> None:
    assert reason in str(verdict(document, answer))


def test_requests_are_built_from_the_document(document: Document) -> None:
    request = build(document, Schemas(document), next(document.operations()))
    assert request.method == "GET"
    assert request.target.startswith("/things/1?filter%5Ba%5D=x")


STREAM = "text/event-stream"
LINE = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}
EVENT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string"}}}


@pytest.mark.parametrize(
    ("name", "item", "body", "wrong"),
    [
        ("application/jsonl", LINE, '{"n":1}\n{"n":2}\n', None),
        ("application/jsonl", LINE, '{"n":1}\n{"n":"x"}\n', "value 1: at /n"),
        ("application/jsonl", LINE, "", "the sequence is empty"),
        ("application/jsonl", LINE, "no\n", "the body is no application/jsonl"),
        ("application/json-seq", LINE, '\x1e{"n":1}\n', None),
        (STREAM, LINE, 'data: {"n":1}\n\ndata: {"n":\ndata: 2}\n\n', None),
        (STREAM, LINE, 'data: {"n":"x"}\n\n', "value 0"),
        (STREAM, LINE, 'data: {"n":1}\n', "the last event has no end"),
        (STREAM, LINE, "day: 1\n\n", "'day: 1' is no field"),
        (STREAM, EVENT, "id: 7\nretry: 5\n\n", None),
        (STREAM, LINE, ": hello\n\n", "the sequence is empty"),
    ],
)
def test_values_of_a_sequence_are_judged_one_by_one(tmp_path, name, item, body, wrong):
    answers = {"200": {"content": {name: {"itemSchema": item}}}}
    path = tmp_path / "openapi.json"
    paths = {"/a": {"additionalOperations": {"LINK": {"responses": answers}}}}
    path.write_text(json.dumps({"openapi": "3.2.0", "info": {}, "paths": paths}))
    document = Document(path)
    (operation,) = document.operations()
    assert operation.method == "LINK"
    answer = Answered(200, {"content-type": name}, body.encode())
    found = judge(document, Schemas(document), operation, answer)
    assert found is None if wrong is None else wrong in (found or "")


@pytest.mark.parametrize(
    ("content", "target", "body"),
    [
        ({"application/x-www-form-urlencoded": {"schema": LINE}}, "/a?n=", b"\x1e"),
        ({"application/json": {"schema": LINE}}, "/a?%7B%22n%22", b"\x1e"),
    ],
)
def test_whole_query_strings_and_sequences_are_written(tmp_path, content, target, body):
    told = {"in": "querystring", "name": "q", "required": True, "content": content}
    sent = {"required": True, "content": {"application/json-seq": {"itemSchema": LINE}}}
    operation = {"parameters": [told], "requestBody": sent, "responses": {"200": {}}}
    path = tmp_path / "openapi.json"
    path.write_text(
        json.dumps({"openapi": "3.2.0", "info": {}, "paths": {"/a": {"query": operation}}})
    )
    document = Document(path)
    request = build(document, Schemas(document), next(document.operations()))
    assert request.target.startswith(target)
    assert request.body is not None
    assert request.body.count(body) == 2
