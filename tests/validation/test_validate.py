"""Requests, answers and values against the document."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from mockserver.messages import ABSENT, HttpRequest
from mockserver.validation.validate import Judge
from tests.validation.building import answer, ask, build, built, found, only

USER = {
    "type": "object",
    "required": ["user"],
    "properties": {
        "user": {
            "type": "object",
            "required": ["name"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "ages": {"type": "array", "items": {"type": "integer"}},
            },
        },
        "pet": {
            "anyOf": [
                {"type": "object", "required": ["x"], "properties": {"x": {"type": "integer"}}}
            ]
        },
    },
}


def taking(schema=USER, *, required=False, name="application/json"):
    return {"requestBody": {"required": required, "content": {name: {"schema": schema}}}}


def answering(content=None, **more):
    return {"responses": {"200": {"description": "ok", "content": content or {}, **more}}}


JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param({"user": {"name": "ada", "ages": [1]}}, [], id="valid"),
        pytest.param({}, [("body", "required")], id="missed at the root"),
        pytest.param({"user": {}}, [("body", "user", "required")], id="missed at its parent"),
        pytest.param(
            {"user": {"name": 1}}, [("body", "user", "name", "type")], id="a nested value"
        ),
        pytest.param(
            {"user": {"name": "a", "ages": [1, "x"]}},
            [("body", "user", "ages", 1, "type")],
            id="an item",
        ),
        pytest.param(
            {"user": {"name": "a", "z": 1}},
            [("body", "user", "additionalProperties")],
            id="one too many",
        ),
        pytest.param(
            {"user": {"name": "a"}, "pet": {"x": "y"}},
            [("body", "pet", "anyOf"), ("body", "pet", "x", "type")],
            id="parent and branch",
        ),
        pytest.param([], [("body", "type")], id="another type"),
    ],
)
def test_a_body_is_judged_where_it_breaks(tmp_path, body, expected):
    judgement = ask(build(tmp_path, taking()), headers=JSON, body=json.dumps(body).encode())
    assert found(judgement.violations) == expected
    assert judgement.values.body == body
    assert all(violation.place and violation.place.line > 1 for violation in judgement.violations)


@pytest.mark.parametrize(
    ("operation", "headers", "body", "expected", "unsupported"),
    [
        pytest.param(
            taking(required=True),
            {},
            b"",
            [("body", "required")],
            False,
            id="a required body is absent",
        ),
        pytest.param(taking(), {}, b"", [], False, id="an optional body is absent"),
        pytest.param(
            taking(), {"Content-Type": "text/csv"}, b"", [], False, id="a media type without a body"
        ),
        pytest.param(
            {}, {"Content-Type": "text/csv"}, b"x", [], False, id="a body where none is described"
        ),
        pytest.param(
            {"requestBody": {"content": {}}}, {}, b"x", [], False, id="a body without media types"
        ),
        pytest.param(
            taking(),
            {"Content-Type": "text/csv"},
            b"x",
            [("body", "content-type")],
            True,
            id="another media type",
        ),
        pytest.param(taking(), JSON, b"{", [("body", "parse")], False, id="not its media type"),
        pytest.param(
            taking(), {}, b"{}", [("body", "required")], False, id="no media type is the first one"
        ),
        pytest.param(
            {"requestBody": {"content": {"text/plain": {}}}}, {}, b"x", [], False, id="no schema"
        ),
    ],
)
def test_a_body_that_is_absent_or_not_readable(
    tmp_path, operation, headers, body, expected, unsupported
):
    judgement = ask(build(tmp_path, operation), headers=headers, body=body)
    assert found(judgement.violations) == expected
    assert judgement.unsupported_media_type is unsupported
    if not body or "parse" in str(expected):
        assert judgement.values.body is ABSENT


@pytest.mark.parametrize(("required", "expected"), [([], []), (["a"], [("body", "required")])])
def test_a_form_without_fields_is_no_bytes(tmp_path, required, expected):
    form = "application/x-www-form-urlencoded"
    schema = {"type": "object", "properties": {"a": {"type": "string"}}, "required": required}
    taken = build(tmp_path, taking(schema, required=True, name=form))
    judgement = ask(taken, headers={"Content-Type": form})
    assert found(judgement.violations) == expected
    assert judgement.values.body == {}


def test_bytes_that_a_schema_describes_as_something_else_are_not_judged(tmp_path):
    binary = "application/octet-stream"
    taken = build(tmp_path, taking({"type": "array"}, name=binary))
    judgement = ask(taken, headers={"Content-Type": binary}, body=b"\xff\x00")
    assert not judgement.violations
    assert judgement.values.body == "\xff\x00"


def test_parameters_are_judged_before_the_body(tmp_path):
    operation = {
        **taking(),
        "parameters": [{"name": "p", "in": "query", "required": True, "schema": {}}],
    }
    judgement = ask(build(tmp_path, operation), headers=JSON, body=b"{}")
    assert found(judgement.violations) == [("query", "required"), ("body", "required")]


def test_read_only_properties_are_not_required_of_requests(tmp_path):
    schema = {
        "type": "object",
        "required": ["id"],
        "properties": {"id": {"type": "integer", "readOnly": True}},
    }
    content = {"application/json": {"schema": schema}}
    api = build(tmp_path, {**taking(schema), **answering(content)})
    assert ask(api, headers=JSON, body=b"{}").violations == ()
    assert found(answer(api, headers=JSON, body=b"{}")) == [("body", "required")]


ANSWER = answering(
    {"application/json": {"schema": {"type": "object", "required": ["a"]}}, "text/plain": {}},
    headers={
        "X-N": {"required": True, "schema": {"type": "integer"}},
        "X-Map": {"schema": {"type": "object"}},
        "X-Ids": {"schema": {"type": "array", "items": {"type": "integer"}}},
        "X-Doc": {"content": {"application/json": {"schema": {"type": "object"}}}},
        "X-Any": {},
    },
)
N = {"X-N": "1"}


@pytest.mark.parametrize(
    ("status", "headers", "body", "expected"),
    [
        pytest.param(200, {**N, **JSON}, b'{"a":1}', [], id="valid"),
        pytest.param(404, {}, b"", [("status", "status")], id="a status that is not documented"),
        pytest.param(
            200, {**N, **JSON}, b"{}", [("body", "required")], id="a body that breaks its schema"
        ),
        pytest.param(200, {**N, **JSON}, b"<", [("body", "parse")], id="a body that is not JSON"),
        pytest.param(
            200,
            {**N, "Content-Type": "text/csv"},
            b"a",
            [("body", "content-type")],
            id="another media type",
        ),
        pytest.param(200, N, b"{}", [("body", "content-type")], id="no media type"),
        pytest.param(200, N, b"", [("body", "required")], id="no body"),
        pytest.param(200, {**N, "Content-Type": "text/plain"}, b"", [], id="an empty text"),
        pytest.param(
            200, JSON, b'{"a":1}', [("header", "required")], id="a required header is absent"
        ),
        pytest.param(
            200,
            {"X-N": "x", **JSON},
            b'{"a":1}',
            [("header", "x-n", "type")],
            id="a header of another type",
        ),
        pytest.param(
            200,
            {**N, "X-Map": "a", **JSON},
            b'{"a":1}',
            [("header", "x-map", "style")],
            id="a header in another style",
        ),
        pytest.param(
            200, {**N, "X-Ids": "1, 2", **JSON}, b'{"a":1}', [], id="a header with a list"
        ),
        pytest.param(
            200,
            {**N, "X-Doc": "[]", **JSON},
            b'{"a":1}',
            [("header", "x-doc", "type")],
            id="a header with a document",
        ),
        pytest.param(
            200, {**N, "X-Any": "x", **JSON}, b'{"a":1}', [], id="a header without a schema"
        ),
    ],
)
def test_an_answer_is_judged(tmp_path, status, headers, body, expected):
    assert found(answer(build(tmp_path, ANSWER), status, headers, body)) == expected


@pytest.mark.parametrize(
    ("status", "method"), [(200, "HEAD"), (204, "POST"), (304, "POST"), (204, None)]
)
def test_answers_without_a_body_by_nature(tmp_path, status, method):
    responses = {"default": {"description": "any", "content": {"application/json": {}}}}
    assert answer(build(tmp_path, {"responses": responses}), status, method=method) == []


def test_an_answer_without_documented_content_may_have_any(tmp_path):
    assert (
        answer(build(tmp_path, answering()), headers={"Content-Type": "text/csv"}, body=b"x") == []
    )


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        pytest.param(
            {"type": "object", "required": ["a"]}, [("body", 1, "required")], id="of one value"
        ),
        pytest.param({"type": "array", "maxItems": 1}, [("body", "maxItems")], id="of all values"),
    ],
)
@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("application/jsonl", b'{"a":1}\n{}\n'),
        ("text/event-stream", b'data: {"a":1}\n\ndata: {}\n\n'),
    ],
)
def test_the_schema_of_a_sequence_describes_one_value_or_all(
    tmp_path, schema, expected, name, body
):
    api = build(tmp_path, answering({name: {"schema": schema}}))
    assert found(answer(api, headers={"Content-Type": name}, body=body)) == expected


def test_a_value_is_judged_at_a_location(tmp_path):
    api = build(tmp_path, taking())
    body = only(api).request_body
    assert body is not None
    assert body.content[0].schema is not None
    judge = Judge(api)
    assert judge.judge_value(body.content[0].schema, {"user": {"name": "a"}}, "request") == []
    assert found(judge.judge_value(body.content[0].schema, {}, "request", at=("fixture",))) == [
        ("fixture", "required")
    ]


def test_messages_are_short_however_long_the_names(tmp_path):
    body = json.dumps({"user": {"name": "a", "z" * 10_000: 1}}).encode()
    (violation,) = ask(build(tmp_path, taking()), headers=JSON, body=body).violations
    assert len(violation.message) <= 300


HOSTILE = st.text(st.characters()) | st.binary().map(lambda raw: raw.decode("latin-1"))
KINDS = [
    {"type": "integer"},
    {"type": "array", "items": {"type": "integer"}},
    {"type": "object", "properties": {"a": {"type": "integer"}}},
]


@pytest.mark.parametrize("version", ["3.0.3", "3.1.0"])
def test_no_request_raises(version):
    styles = [
        ("query", "form"),
        ("query", "pipeDelimited"),
        ("query", "deepObject"),
        ("header", "simple"),
        ("cookie", "form"),
        ("path", "label"),
        ("path", "matrix"),
        ("path", "simple"),
    ]
    parameters = [
        {
            "name": f"p{index}",
            "in": place,
            "style": style,
            "explode": explode,
            "schema": schema,
            "required": True,
        }
        for index, (place, style, schema, explode) in enumerate(
            (place, style, schema, explode)
            for place, style in styles
            for schema in KINDS
            for explode in (True, False)
        )
    ]
    path = "/a/" + "/".join(f"{{{one['name']}}}" for one in parameters if one["in"] == "path")
    with built({"parameters": parameters, **taking()}, path=path, version=version) as api:
        judge = Judge(api)

        @settings(max_examples=60, deadline=None)
        @given(st.data())
        def judged(data):
            text = data.draw(HOSTILE)
            named = [(str(one["name"]), text) for one in parameters]
            query = "&".join(
                f"{name}{data.draw(st.sampled_from(['', '[]', '[a]', '[', '%']))}={value}"
                for name, value in named
            )
            wire = text.encode("utf-8", "surrogatepass")
            headers = [(name.encode(), wire) for name, _ in named]
            headers += [(b"cookie", b"; ".join(name.encode() + b"=" + wire for name, _ in named))]
            request = HttpRequest(
                "POST", b"/a", query.encode("utf-8", "surrogatepass"), headers, wire
            )
            judgement = judge.judge_request(only(api), request, dict(named))
            json.dumps([violation.as_dict() for violation in judgement.violations])
            dict(judgement.values.headers)
            dict(judgement.values.cookies)

        judged()
