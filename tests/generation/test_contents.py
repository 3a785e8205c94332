"""Values for whole bodies: they are what their media types describe."""

import json

import pytest

from mockserver.generation.chance import Chance
from mockserver.generation.contents import generate_content
from mockserver.generation.requests import build_request
from mockserver.spec.model import MediaType
from mockserver.validation.judging import judge_content, judge_example
from mockserver.validation.validate import Judge
from tests.generation.building import api

STREAM = "text/event-stream"
NUMBER = {"type": "integer", "minimum": 1}
DATA = {
    "contentMediaType": "application/json",
    "contentSchema": {"type": "object", "required": ["n"], "properties": {"n": {"const": 7}}},
}
EVENT = {"type": "object", "required": ["data"], "properties": {"data": {"type": "string"}}}


def described(name: str, content: dict[str, object], **schemas: object):
    operation = {
        "requestBody": {"required": True, "content": {name: content}},
        "responses": {"204": {}},
    }
    parts = {"paths": {"/a": {"post": operation}}, "components": {"schemas": schemas}}
    document = api({"openapi": "3.2.0", **parts})
    body = document.operations[0].request_body
    assert body is not None
    return document, body.content[0]


def made(name: str, content: dict[str, object], seed: str = "", **schemas: object):
    document, media_type = described(name, content, **schemas)
    chance = Chance(b"seed", seed) if seed else None
    value = generate_content(document, media_type, "request", chance=chance)
    assert not judge_content(document, media_type, value, "request")
    return value


@pytest.mark.parametrize(
    ("name", "content", "values"),
    [
        ("application/jsonl", {"itemSchema": {"const": 1}}, [1, 1]),
        ("application/jsonl", {"schema": {"type": "array", "items": {"const": 1}}}, [1]),
        ("application/jsonl", {"schema": {"type": "object"}}, [{}, {}]),
        ("application/json", {"schema": {"const": 1}}, 1),
        (STREAM, {"schema": {"type": "string", "const": "a"}}, "a"),
        ("multipart/mixed", {"itemSchema": {"const": 1}}, [1, 1]),
        ("multipart/related", {"schema": {"type": "object"}}, {}),
        (
            "application/jsonl",
            {"itemSchema": {"const": 1}, "schema": {"type": "array", "const": [1]}},
            [1],
        ),
        (
            "application/jsonl",
            {"itemSchema": {"const": 1}, "schema": {"type": "array", "minItems": 2}},
            [1, 1],
        ),
    ],
)
def test_a_sequence_holds_several_values(name, content, values):
    assert made(name, content) == values


def test_drawn_values_of_a_sequence_differ():
    first = made("application/jsonl", {"itemSchema": NUMBER}, "a")
    assert len(set(first)) > 1
    assert first == made("application/jsonl", {"itemSchema": NUMBER}, "a")


@pytest.mark.parametrize(
    "item",
    [
        pytest.param({**EVENT, "properties": {"data": {"type": "string", **DATA}}}, id="beside"),
        pytest.param({**EVENT, "allOf": [{"properties": {"data": DATA}}]}, id="in all of"),
        pytest.param({**EVENT, "oneOf": [{"properties": {"data": DATA}}]}, id="in one of"),
        pytest.param({"$ref": "#/components/schemas/Event"}, id="behind a reference"),
    ],
)
def test_the_data_of_an_event_is_the_json_that_it_is_described_as(item):
    named = {**EVENT, "properties": {"data": {"type": "string", "allOf": [DATA]}}}
    events = made(STREAM, {"itemSchema": item}, Event=named)
    assert [json.loads(event["data"]) for event in events] == [{"n": 7}] * 2


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"type": "string", **DATA, "maxLength": 2}, id="too long"),
        pytest.param({"type": "string", **DATA, "contentSchema": False}, id="impossible"),
        pytest.param({"type": "string", "allOf": [True]}, id="nothing said"),
        pytest.param({"type": "string", "$ref": "#/nowhere"}, id="a reference to nothing"),
        pytest.param({"$ref": "#/components/schemas/Loop", "type": "string"}, id="a circle"),
    ],
)
def test_data_that_cannot_be_so_stays_text(data):
    loop = {"allOf": [{"$ref": "#/components/schemas/Loop"}] * 2}
    item = {**EVENT, "properties": {"data": data}}
    assert all(
        isinstance(event["data"], str) for event in made(STREAM, {"itemSchema": item}, Loop=loop)
    )


def test_an_event_without_text_is_left_alone():
    item = {
        "properties": {"data": {"type": "object"}, "event": {"type": "string"}},
        "required": ["data"],
    }
    assert all(
        isinstance(event["data"], dict)
        for event in made(STREAM, {"itemSchema": {**item, "type": "object"}})
    )


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        ({"itemSchema": NUMBER, "examples": {"a": {"dataValue": [4]}}}, b"4\n"),
        ({"itemSchema": NUMBER, "examples": {"a": {"dataValue": ["x"]}}}, b"1\n1\n"),
        ({"itemSchema": NUMBER, "examples": {"a": {"serializedValue": " 5 \n"}}}, b" 5 \n"),
        ({"itemSchema": NUMBER, "examples": {"a": {"serializedValue": "x"}}}, b"1\n1\n"),
        ({"examples": {"a": {"dataValue": [6]}}}, b"6\n"),
    ],
)
def test_a_request_carries_an_example_that_is_valid(content, wire):
    document, media_type = described("application/jsonl", content)
    assert isinstance(media_type, MediaType)
    request = build_request(document, document.operations[0], chance=None)
    assert request.body == wire
    assert not Judge(document).judge_request(document.operations[0], request, {}).violations


@pytest.mark.parametrize(
    ("content", "query"),
    [
        ({"application/json": {"schema": {"const": 1}}}, b"1"),
        ({"application/json": {"schema": {}, "example": {"a": 2}}}, b"%7B%22a%22%3A2%7D"),
    ],
)
def test_a_request_carries_a_query_string(content, query):
    told = {"in": "querystring", "name": "q", "required": True, "content": content}
    operation = {"parameters": [told], "responses": {"204": {}}}
    document = api({"openapi": "3.2.0", "paths": {"/a": {"get": operation}}})
    assert build_request(document, document.operations[0], chance=None).query == query


@pytest.mark.parametrize(
    ("name", "schema", "example", "keywords"),
    [
        ("application/json", {"type": "integer"}, {"serializedValue": "no"}, ["parse"]),
        ("application/json", {"type": "integer"}, {"serializedValue": "1"}, []),
        ("application/json", {"type": "integer"}, {"dataValue": "1"}, ["type"]),
        ("text/plain", {"type": "integer"}, {"dataValue": "1"}, []),
        ("application/xml", {"type": "object"}, {"dataValue": "<a><b>1</b></a>"}, []),
        ("application/pdf", {"type": "object"}, {"serializedValue": "%PDF"}, []),
    ],
)
def test_an_example_is_judged_as_what_it_says(name, schema, example, keywords):
    document, media_type = described(name, {"schema": schema, "examples": {"a": example}})
    found = judge_example(document, media_type, media_type.examples[0], "request")
    assert [violation.keyword for violation in found] == keywords
