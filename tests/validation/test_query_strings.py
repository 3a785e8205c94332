"""Query strings that are described as a whole, and cookies of a style of their own."""

import pytest

from mockserver.messages import HttpRequest
from mockserver.spec.model import Parameter
from mockserver.validation.parameters import ParameterReader, write_parameter
from mockserver.validation.query_strings import write_query_string
from tests.spec.building import rules
from tests.validation.building import ask, build, found, only, parameter

OBJECT = {"type": "object", "properties": {"a": {"type": "integer"}}}
FORM = {"application/x-www-form-urlencoded": {"schema": OBJECT}}


def whole(folder, content: dict[str, object] | None = None, **more: object):
    described = {"in": "querystring", "name": "q", **({"content": content} if content else {})}
    return build(folder, {"parameters": [{**described, **more}]}, version="3.2.0")


@pytest.mark.parametrize(
    ("content", "query", "values"),
    [
        (FORM, "a=1&b=x", {"a": 1, "b": "x"}),
        ({"application/json": {"schema": OBJECT}}, "%7B%22a%22:1%7D", {"q": {"a": 1}}),
        ({"text/plain": {"schema": {"type": "integer"}}}, "7", {"q": 7}),
        (None, "%C3%A9+1", {"q": "é 1"}),
    ],
)
def test_a_query_string_is_a_value(tmp_path, content, query, values):
    judged = ask(whole(tmp_path, content), f"/a?{query}")
    assert not judged.violations
    assert {name: judged.values.query[name] for name in values} == values


@pytest.mark.parametrize(
    ("content", "query", "more", "violations"),
    [
        (FORM, "a=x", {}, [("query", "a", "type")]),
        (FORM, "", {"required": True}, [("query", "required")]),
        (FORM, "", {}, []),
        (FORM, "__example=x", {"required": True}, [("query", "required")]),
        (FORM, "a=1", {"deprecated": True}, [("query", "deprecated")]),
        ({"application/json": {}}, "no", {}, [("query", "parse")]),
    ],
)
def test_what_a_query_string_breaks_is_named(tmp_path, content, query, more, violations):
    judged = ask(whole(tmp_path, content, **more), f"/a?{query}")
    assert found(judged.violations) == violations


def test_a_schema_without_a_media_type_is_that_of_a_form(tmp_path):
    api = build(
        tmp_path, {"parameters": [{"in": "querystring", "schema": OBJECT}]}, version="3.2.0"
    )
    assert rules(api) == ["bad-parameter"]
    assert found(ask(api, "/a?a=x").violations) == [("query", "a", "type")]


def test_a_query_string_beside_other_parameters_is_reported(tmp_path):
    parameters = [
        {"in": "querystring", "name": "q", "content": FORM},
        {"in": "query", "name": "b", "schema": {"type": "integer"}},
    ]
    api = build(tmp_path, {"parameters": parameters}, version="3.2.0")
    assert rules(api) == ["querystring-beside-query"]
    judged = ask(api, "/a?a=x&b=y")
    assert found(judged.violations) == [("query", "b", "type"), ("query", "a", "type")]


def test_before_3_2_there_is_no_such_place(tmp_path):
    api = build(tmp_path, {"parameters": [{"in": "querystring", "name": "q", "content": FORM}]})
    assert rules(api) == ["bad-parameter"]
    assert not only(api).parameters


@pytest.mark.parametrize(
    ("content", "value", "wire"),
    [
        (FORM, {"a": 1, "b": "x y"}, "a=1&b=x+y"),
        ({"application/json": {}}, {"a": 1}, "%7B%22a%22%3A1%7D"),
        (None, "é", "%C3%A9"),
    ],
)
def test_a_query_string_is_written(tmp_path, content, value, wire):
    api = whole(tmp_path, content)
    assert write_query_string(parameter(api), value, api) == wire


@pytest.mark.parametrize(
    ("kind", "explode", "value", "wire"),
    [
        ("string", True, "a%20b", "p=a%20b"),
        ("array", True, ["a", "b"], "p=a; p=b"),
        ("array", False, ["a", "b"], "p=a,b"),
        ("object", True, {"R": "1", "G": "2"}, "R=1; G=2"),
        ("object", False, {"R": "1", "G": "2"}, "p=R,1,G,2"),
    ],
)
def test_cookies_of_the_style_cookie_are_not_escaped(tmp_path, kind, explode, value, wire):
    schema = {"type": kind, "items": {}, "properties": {"R": {}, "G": {}}}
    told = {"in": "cookie", "name": "p", "style": "cookie", "explode": explode, "schema": schema}
    api = build(tmp_path, {"parameters": [told]}, version="3.2.0")
    assert write_parameter(parameter(api), value) == wire
    request = HttpRequest("POST", b"/a", headers=[(b"cookie", wire.encode())])
    values, violations = ParameterReader(only(api), api).read({}, request)
    assert (values.cookies["p"], violations) == (value, [])


def test_absent_cookies_are_absent(tmp_path):
    for schema in (OBJECT, {"type": "string"}):
        told = {"in": "cookie", "name": "p", "style": "cookie", "schema": schema}
        api = build(tmp_path, {"parameters": [told]}, version="3.2.0")
        assert isinstance(parameter(api), Parameter)
        assert not ask(api, headers={"cookie": "other=1"}).violations
