from pathlib import Path

import pytest

from mockserver.spec.model import Parameter
from tests.spec.building import compiled, rules, with_operation


def parameters(api) -> dict[tuple[str, str], Parameter]:
    return {(one.location, one.name): one for one in api.operations[0].parameters}


def test_parameters_are_read_with_the_defaults_of_their_location(tmp_path: Path):
    api = compiled(
        tmp_path,
        with_operation(
            {
                "parameters": [
                    {"name": "id", "in": "path", "schema": {}},
                    {
                        "name": "q",
                        "in": "query",
                        "required": True,
                        "deprecated": True,
                        "schema": {},
                    },
                    {"name": "f", "in": "query", "style": "deepObject", "explode": True},
                    {"name": "X-A", "in": "header", "schema": {}, "example": "a"},
                    {"name": "c", "in": "cookie", "explode": False, "allowReserved": True},
                    {
                        "name": "j",
                        "in": "query",
                        "allowEmptyValue": True,
                        "content": {"application/json": {"schema": {}}},
                    },
                ]
            },
            path="/pets/{id}",
        ),
    )
    found = parameters(api)
    shapes = {
        name: (one.style, one.explode, one.required, one.schema is not None)
        for (_, name), one in found.items()
    }
    assert shapes == {
        "id": ("simple", False, True, True),
        "q": ("form", True, True, True),
        "f": ("deepObject", True, False, False),
        "X-A": ("simple", False, False, True),
        "c": ("form", False, False, False),
        "j": ("form", True, False, False),
    }
    assert found["query", "q"].deprecated
    assert found["cookie", "c"].allow_reserved
    assert found["query", "j"].allow_empty
    assert found["query", "j"].content is not None
    assert found["header", "X-A"].examples[0].value == "a"
    schema = found["query", "q"].schema
    assert schema is not None
    assert schema.pointer == "/paths/~1pets~1{id}/get/parameters/1/schema"
    assert api.findings == ()


def test_an_operation_overrides_its_path_item(tmp_path: Path):
    shared = [
        {"name": "limit", "in": "query", "description": "item"},
        {"name": "X-Trace", "in": "header"},
        {"$ref": "#/components/parameters/page"},
    ]
    own = [{"name": "limit", "in": "query", "required": True}, {"name": "x-trace", "in": "header"}]
    root = {
        "paths": {
            "/pets": {"parameters": shared, "get": {"parameters": own, "responses": {"200": {}}}}
        },
        "components": {"parameters": {"page": {"name": "page", "in": "query"}}},
    }
    api = compiled(tmp_path, root)
    found = parameters(api)
    assert set(found) == {("query", "limit"), ("header", "x-trace"), ("query", "page")}
    assert found["query", "limit"].required
    assert found["query", "page"].at.pointer == "/components/parameters/page"


@pytest.mark.parametrize("name", ["Accept", "content-type", "AUTHORIZATION"])
def test_headers_that_are_described_elsewhere_are_no_parameters(tmp_path, name):
    api = compiled(tmp_path, with_operation({"parameters": [{"name": name, "in": "header"}]}))
    assert parameters(api) == {}
    assert api.findings == ()


@pytest.mark.parametrize(
    ("parameter", "found"),
    [
        ({"in": "query"}, ["bad-parameter"]),
        ({"name": "a", "in": "body"}, ["bad-parameter"]),
        ({"name": 3, "in": ["query"]}, ["bad-parameter"]),
        ({"name": "a b", "in": "header"}, ["bad-header"]),
        ({"name": "gone", "in": "path"}, ["unknown-path-parameter"]),
        ({"$ref": "#/gone"}, ["dangling-reference"]),
        ("x", ["not-a-mapping", "bad-parameter"]),
    ],
    ids=str,
)
def test_what_is_no_parameter_is_left_out(tmp_path, parameter, found):
    api = compiled(tmp_path, with_operation({"parameters": [parameter]}))
    assert parameters(api) == {}
    assert rules(api) == found


def test_an_unknown_style_is_read_as_the_default(tmp_path: Path):
    api = compiled(
        tmp_path,
        with_operation({"parameters": [{"name": "a", "in": "query", "style": "matrix"}]}),
    )
    assert parameters(api)["query", "a"].style == "form"
    assert rules(api) == ["unknown-style"]


def test_a_path_parameter_that_is_not_declared_is_a_string(tmp_path: Path):
    api = compiled(tmp_path, with_operation({}, path="/pets/{id}.{format}"))
    assert [(one.name, one.required, one.schema) for one in parameters(api).values()] == [
        ("id", True, None),
        ("format", True, None),
    ]
    assert rules(api) == ["undeclared-path-parameter", "undeclared-path-parameter"]


def test_response_headers_are_parameters_of_style_simple(tmp_path: Path):
    headers = {
        "x-rate": {"schema": {"type": "integer"}, "required": True, "example": 3},
        "Content-Type": {"schema": {}},
        "bad name": {},
        "Link": {"$ref": "#/components/headers/Link"},
        "Gone": {"$ref": "#/gone"},
    }
    api = compiled(
        tmp_path,
        with_operation(
            {"responses": {"200": {"headers": headers}, "201": {"description": "no headers"}}},
            components={"headers": {"Link": {"schema": {}}}},
        ),
    )
    found = api.operations[0].responses["200"].headers
    assert [(one.name, one.location, one.style, one.required) for one in found] == [
        ("x-rate", "header", "simple", True),
        ("Link", "header", "simple", False),
    ]
    assert rules(api) == ["bad-header", "dangling-reference"]


@pytest.mark.parametrize("value", ["a\r\nb: c", "a\0", "ł"])
def test_an_example_that_would_break_a_head_is_not_used(tmp_path, value):
    header = {"examples": {"bad": {"value": value}, "good": {"value": "ü"}, "list": {"value": [1]}}}
    api = compiled(tmp_path, with_operation({"responses": {"200": {"headers": {"X-A": header}}}}))
    (found,) = api.operations[0].responses["200"].headers
    assert [example.name for example in found.examples] == ["good", "list"]
    assert rules(api) == ["bad-header-example"]
