"""Swagger 2.0 on the wire: collection formats, forms and files, read and written back."""

import json
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import unquote_to_bytes

import pytest

from mockserver.generation.requests import build_request
from mockserver.messages import HttpRequest
from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document
from mockserver.validation.validate import Judge, RequestJudgement
from tests.validation.building import answer, ask, found, only

INTEGERS = {"type": "array", "items": {"type": "integer"}}
GRID = {
    "type": "array",
    "items": {**INTEGERS, "collectionFormat": "pipes"},
}


def build(
    folder: Path, *parameters: Mapping[str, object], path: str = "/a", **operation: object
) -> Api:
    """Return the document that has one operation."""
    described = {
        "parameters": list(parameters),
        "responses": {"200": {"description": "fine"}},
        **operation,
    }
    document = {
        "swagger": "2.0",
        "info": {"title": "t", "version": "1"},
        "paths": {path: {"post": described}},
    }
    file = folder / "swagger.json"
    file.write_text(json.dumps(document, indent=1))
    return compile_document(load_document(file))


def parameter(place: str, told: str, **schema: object) -> dict[str, object]:
    return {"name": "q", "in": place, "collectionFormat": told, **(schema or INTEGERS)}


@pytest.mark.parametrize(
    ("told", "query"),
    [
        ("csv", "q=1,2"),
        ("csv", "q=1&q=2"),
        ("ssv", "q=1%202"),
        ("ssv", "q=1+2"),
        ("tsv", "q=1%092"),
        ("pipes", "q=1|2"),
        ("pipes", "q=1%7C2"),
        ("multi", "q=1&q=2"),
    ],
)
def test_a_list_in_the_query(tmp_path: Path, told: str, query: str):
    judged = ask(build(tmp_path, parameter("query", told)), f"/a?{query}")
    assert judged.values.query == {"q": [1, 2]}
    assert not judged.violations


@pytest.mark.parametrize(
    ("told", "text"), [("csv", "1, 2"), ("ssv", "1 2"), ("tsv", "1\t2"), ("pipes", "1|2")]
)
def test_a_list_in_a_header_and_in_a_path(tmp_path: Path, told: str, text: str):
    judged = ask(build(tmp_path, parameter("header", told)), headers={"q": text})
    assert judged.values.headers["q"] == [1, 2]
    api = build(tmp_path, parameter("path", told), path="/a/{q}")
    judged = ask(api, "/a/x", path_values={"q": text.replace(", ", ",")})
    assert judged.values.path == {"q": [1, 2]}
    assert not judged.violations


@pytest.mark.parametrize(
    ("place", "told", "written"),
    [
        ("query", "csv", "q=1|2,3"),
        ("query", "multi", "q=1|2&q=3"),
        ("query", "ssv", "q=1|2%203"),
    ],
)
def test_lists_in_a_list(tmp_path: Path, place: str, told: str, written: str):
    api = build(tmp_path, parameter(place, told, **GRID))
    assert ask(api, f"/a?{written}").values.query == {"q": [[1, 2], [3]]}


def test_a_violation_names_the_line_of_the_parameter(tmp_path: Path):
    judged = ask(build(tmp_path, parameter("query", "csv")), "/a?q=1,x")
    (violation,) = judged.violations
    assert (violation.location, violation.keyword) == (("query", "q", 1), "type")
    assert violation.place is not None
    assert violation.place.line == 17


def sent(api: Api, request: HttpRequest) -> RequestJudgement:
    path = request.path.decode().removeprefix("/a/")
    return Judge(api).judge_request(only(api), request, {"q": path})


@pytest.mark.parametrize("told", ["csv", "ssv", "tsv", "pipes", "multi"])
@pytest.mark.parametrize("schema", [INTEGERS, GRID], ids=["list", "grid"])
@pytest.mark.parametrize("place", ["query", "header", "path"])
def test_what_is_written_is_read(
    tmp_path: Path, place: str, schema: Mapping[str, object], told: str
):
    example: object = [1, 2] if schema is INTEGERS else [[1, 2], [3, 4]]
    if told == "pipes" and schema is GRID:
        schema = {"type": "array", "items": INTEGERS}  # two levels of one delimiter are one level
    described = {**parameter(place, told, **schema), "required": True, "x-example": example}
    api = build(tmp_path, described, path="/a/{q}" if place == "path" else "/a")
    request = build_request(api, only(api), chance=None)
    request = request._replace(path=unquote_to_bytes(request.path))  # as the router does
    judged = sent(api, request)
    values = {
        "query": judged.values.query,
        "header": judged.values.headers,
        "path": judged.values.path,
    }
    assert values[place]["q"] == example
    assert not judged.violations


FORM = (
    {"name": "n", "in": "formData", "type": "integer", "required": True, "maximum": 9},
    {"name": "l", "in": "formData", "collectionFormat": "pipes", **INTEGERS},
    {"name": "m", "in": "formData", "collectionFormat": "multi", **INTEGERS},
)
FILE = {"name": "f", "in": "formData", "type": "file", "required": True}
URLENCODED = {"content-type": "application/x-www-form-urlencoded"}


def test_a_form_is_read_by_its_fields(tmp_path: Path):
    api = build(tmp_path, *FORM)
    judged = ask(api, headers=URLENCODED, body=b"n=3&l=1|2&m=4&m=5&other=/x")
    assert judged.values.body == {"n": 3, "l": [1, 2], "m": [4, 5], "other": "/x"}
    assert not judged.violations


@pytest.mark.parametrize(
    ("body", "expected", "line"),
    [
        (b"", ("body", "required"), 10),
        (b"l=1", ("body", "required"), 10),
        (b"n=10", ("body", "n", "maximum"), 16),
        (b"n=1&l=1|x", ("body", "l", 1, "type"), 24),
    ],
)
def test_a_wrong_form_is_named_by_its_field(
    tmp_path: Path, body: bytes, expected: tuple[object, ...], line: int
):
    judged = ask(build(tmp_path, *FORM), headers=URLENCODED, body=body)
    assert found(judged.violations) == [expected]
    place = judged.violations[0].place
    assert place is not None
    assert place.line == line


@pytest.mark.parametrize(("body", "value"), [(b"n=", ""), (b"n=3", 3)])
def test_a_field_may_be_allowed_to_be_empty(tmp_path: Path, body: bytes, value: object):
    api = build(tmp_path, {**FORM[0], "allowEmptyValue": True})
    judged = ask(api, headers=URLENCODED, body=body)
    assert judged.values.body == {"n": value}
    assert not judged.violations
    assert ask(api, headers=URLENCODED, body=b"n=x").violations


def test_a_file_is_sent_in_a_part(tmp_path: Path):
    api = build(tmp_path, *FORM, FILE)
    request = build_request(api, only(api), chance=None, everything=True)
    assert b'name="f"; filename="file"' in request.body
    judged = sent(api, request)
    assert not judged.violations
    body = judged.values.body
    assert isinstance(body, dict)
    assert set(body) == {"n", "l", "m", "f"}


def test_a_list_is_one_part_or_many(tmp_path: Path):
    api = build(tmp_path, *FORM, consumes=["multipart/form-data"])
    head = b'--x\r\ncontent-disposition: form-data; name="'
    parts = (b'n"\r\n\r\n1', b'l"\r\n\r\n1|2', b'm"\r\n\r\n3', b'm"\r\n\r\n4')
    body = b"".join(head + part + b"\r\n" for part in parts) + b"--x--\r\n"
    judged = ask(api, headers={"content-type": "multipart/form-data; boundary=x"}, body=body)
    assert judged.values.body == {"n": 1, "l": [1, 2], "m": [3, 4]}
    assert not judged.violations


def test_a_list_is_written_as_one_part_or_many(tmp_path: Path):
    fields = [{**field, "required": True, "minItems": 2} for field in FORM[1:]]
    api = build(tmp_path, *fields, consumes=["multipart/form-data"])
    body = build_request(api, only(api), chance=None).body
    assert body.count(b'name="l"') == 1
    assert body.count(b'name="m"') == 2


def test_headers_of_an_answer_have_collection_formats(tmp_path: Path):
    header = {"collectionFormat": "pipes", **INTEGERS}
    api = build(tmp_path, responses={"200": {"description": "f", "headers": {"X-L": header}}})
    assert not answer(api, headers={"x-l": "1|2"})
    assert found(answer(api, headers={"x-l": "1,2"})) == [("header", "x-l", 0, "type")]
