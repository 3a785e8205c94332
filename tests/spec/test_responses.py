from pathlib import Path

import pytest

from mockserver.spec.model import Encoding
from tests.spec.building import compiled, rules, with_operation


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("200", "200"),
        ("4xx", "4XX"),
        ("5XX", "5XX"),
        ("default", "default"),
        ("Default", "default"),
    ],
)
def test_a_status_is_normalised(tmp_path, written, key):
    api = compiled(tmp_path, with_operation({"responses": {written: {"description": "d"}}}))
    (response,) = api.operations[0].responses.values()
    assert (response.key, response.description) == (key, "d")
    assert list(api.operations[0].responses) == [key]
    assert api.findings == ()


@pytest.mark.parametrize("written", ["600", "99", "20", "6XX", "ok", "2X0", "-1"])
def test_what_is_no_status_is_left_out(tmp_path, written):
    api = compiled(tmp_path, with_operation({"responses": {written: {}, "200": {}, "x-a": 1}}))
    assert list(api.operations[0].responses) == ["200"]
    assert rules(api) == ["bad-status"]


def test_a_shared_answer_keeps_the_key_of_each_use(tmp_path: Path):
    shared = {"$ref": "#/components/responses/oops"}
    api = compiled(
        tmp_path,
        with_operation(
            {"responses": {"400": shared, "500": shared}},
            components={
                "responses": {
                    "oops": {
                        "description": "oops",
                        "links": {"again": {}},
                        "content": {"text/plain": {}},
                    }
                }
            },
        ),
    )
    responses = api.operations[0].responses
    assert [response.key for response in responses.values()] == ["400", "500"]
    assert {response.location.pointer for response in responses.values()} == {
        "/components/responses/oops"
    }
    assert responses["400"].links == ("again",)
    assert [one.name for one in responses["400"].content] == ["text/plain"]


def test_a_request_body_is_read_once_for_all(tmp_path: Path):
    body = {"$ref": "#/components/requestBodies/pet"}
    answers = {"responses": {"200": {}}}  # type: ignore[var-annotated]
    api = compiled(
        tmp_path,
        {
            "paths": {
                "/a": {"post": {"requestBody": body, **answers}},
                "/b": {"put": {"requestBody": body, **answers}},
            },
            "components": {
                "requestBodies": {
                    "pet": {"required": True, "content": {"application/json": {"schema": True}}}
                }
            },
        },
    )
    first, second = (operation.request_body for operation in api.operations)
    assert first is second
    assert first is not None
    assert first.required
    assert first.content[0].schema is not None
    assert first.content[0].schema.pointer.endswith("/content/application~1json/schema")


def test_a_form_says_how_its_properties_are_written(tmp_path: Path):
    encoding = {
        "a": {"contentType": "image/png", "headers": {}},
        "b": {"style": "deepObject", "explode": True, "allowReserved": True},
    }
    api = compiled(
        tmp_path,
        with_operation(
            {"requestBody": {"content": {"multipart/form-data": {"encoding": encoding}}}}
        ),
    )
    body = api.operations[0].request_body
    assert body is not None
    assert not body.required
    assert body.content[0].encoding == {
        "a": Encoding(content_type="image/png"),
        "b": Encoding(style="deepObject", explode=True, allow_reserved=True),
    }


def test_examples_keep_their_names_and_leave_references_in_data_alone(tmp_path: Path):
    media_type = {
        "example": {"$ref": "#/data"},
        "examples": {
            "one": {"value": {"$ref": "https://elsewhere.example/"}, "summary": "s"},
            "shared": {"$ref": "#/components/examples/shared"},
            "null": {"value": None},
            "far": {"externalValue": "https://elsewhere.example/"},
            "empty": {"summary": "s"},
            "gone": {"$ref": "#/gone"},
        },
    }
    api = compiled(
        tmp_path,
        with_operation(
            {"responses": {"200": {"content": {"application/json": media_type}}}},
            components={"examples": {"shared": {"value": 3}}},
        ),
    )
    (content,) = api.operations[0].responses["200"].content
    assert [(one.name, one.value) for one in content.examples] == [
        ("", {"$ref": "#/data"}),
        ("one", {"$ref": "https://elsewhere.example/"}),
        ("shared", 3),
        ("null", None),
    ]
    assert content.examples[2].location.pointer == "/components/examples/shared/value"
    assert rules(api) == ["external-example", "empty-example", "dangling-reference"]
