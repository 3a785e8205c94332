"""Bodies to values and back."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from mockserver.messages import HttpRequest
from mockserver.validation.media_types import (
    DecodeError,
    EncodeError,
    decode_body,
    encode_body,
    is_json,
    sent_as,
)
from mockserver.validation.validate import Judge
from tests.validation.building import build, built, media_type, only

JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def body_of(name: str, schema: object = None) -> dict[str, object]:
    return {"requestBody": {"content": {name: {} if schema is None else {"schema": schema}}}}


def decode(
    folder, raw: bytes, content_type: str, *, name: str | None = None, schema: object = None
) -> object:
    api = build(folder, body_of(name or content_type, schema))
    return decode_body(raw, content_type, media_type(api), api.schemas, "request")


def encode(folder, value: object, name: str, schema: object = None) -> bytes:
    api = build(folder, body_of(name, schema))
    return encode_body(value, media_type(api), api.schemas)


@pytest.mark.parametrize(
    ("content_type", "raw", "schema", "value"),
    [
        pytest.param(
            "application/json", b'\xef\xbb\xbf{"a": 1}', None, {"a": 1}, id="JSON with a mark"
        ),
        pytest.param("application/problem+json", b"[]", None, [], id="+json"),
        pytest.param(
            "application/json; charset=utf-16",
            '"é"'.encode("utf-16"),
            None,
            "é",
            id="JSON in UTF-16",
        ),
        pytest.param("text/plain", b"5", {"type": "integer"}, 5, id="text of a type"),
        pytest.param("text/plain; charset=latin1", b"\xe9", None, "é", id="text in latin-1"),
        pytest.param("text/csv", b"a,b", None, "a,b", id="text"),
        pytest.param("application/octet-stream", b"\x00\xff", None, "\x00\xff", id="bytes"),
        pytest.param(
            "image/png", b"\x89P", {"type": "string", "format": "binary"}, "\x89P", id="an image"
        ),
        pytest.param(
            "application/vnd.own",
            b'{"a": 1}',
            {"type": "object"},
            {"a": 1},
            id="JSON by another name",
        ),
        pytest.param(
            "application/vnd.own", b"{", {"type": "object"}, b"{", id="neither JSON nor a string"
        ),
        pytest.param(
            "application/x-ndjson", b'1\r\n\n{"a":2}\n', None, [1, {"a": 2}], id="JSON lines"
        ),
        pytest.param(
            "application/json-seq", b'\x1e1\n\x1e"a"\n', None, [1, "a"], id="JSON sequence"
        ),
        pytest.param("text/event-stream", b"data: 1\n\n", None, "data: 1\n\n", id="events as text"),
        pytest.param(
            "text/event-stream",
            b': hi\n\nevent: x\ndata: {"a":\ndata: 1}\n\r\ndata:word\r\n\r\ndata: [DONE]\n\n',
            {"type": "object"},
            [{"a": 1}, "word"],
            id="the data of events",
        ),
    ],
)
def test_bodies_are_decoded_by_media_type(tmp_path, content_type, raw, schema, value):
    assert decode(tmp_path, raw, content_type, schema=schema) == value


@pytest.mark.parametrize(
    ("content_type", "raw", "said"),
    [
        pytest.param("application/json", b"", "not JSON", id="nothing"),
        pytest.param("application/json", b"{", "line 1, column 2", id="cut short"),
        pytest.param("application/json", b"\xff", "UTF-8", id="not UTF-8"),
        pytest.param("application/json", b"NaN", "NaN", id="NaN"),
        pytest.param("application/json", b'{"a":1,"a":2}', "twice", id="a name twice"),
        pytest.param("application/json", b"[" * 100_000, "deeper", id="nested too deep"),
        pytest.param("application/json", b"9" * 5000, "digits", id="an integer of 5,000 digits"),
        pytest.param("application/jsonl", b"1\n{", "not JSON", id="a line that is no JSON"),
        pytest.param("text/plain", b"\xff", "charset", id="text that is not UTF-8"),
        pytest.param(
            "text/plain; charset=unicode_escape", b"\\u", "charset", id="a codec of Python"
        ),
        pytest.param("text/plain; charset=a\0b", b"a", "charset", id="a charset that is none"),
        pytest.param(
            "application/json; charset=ebcdic",
            b"1",
            "charset",
            id="JSON in a charset that is not read",
        ),
    ],
)
def test_what_is_not_its_media_type_is_told(tmp_path, content_type, raw, said):
    with pytest.raises(DecodeError, match=said):
        decode(tmp_path, raw, content_type)


def test_without_a_content_type_the_documented_one_counts(tmp_path):
    assert decode(tmp_path, b"[1]", "", name="application/json") == [1]
    assert decode(tmp_path, b"[1]", " ", name="*/*") == "[1]"


@pytest.mark.parametrize(
    ("name", "value", "raw"),
    [
        pytest.param(
            "application/json", {"ä": [1, None]}, '{"ä":[1,null]}'.encode(), id="compact JSON"
        ),
        pytest.param("application/json", "\ud800", b'"\\ud800"', id="a lone surrogate"),
        pytest.param("*/*", {"a": 1}, b'{"a":1}', id="any type is JSON"),
        pytest.param("application/*", "a", b'"a"', id="any application is JSON"),
        pytest.param("text/plain", "a", b"a", id="text"),
        pytest.param("text/plain", 5, b"5", id="a number as text"),
        pytest.param("text/*", True, b"true", id="a boolean as text"),
        pytest.param("text/html", "\ud800", b"?", id="a lone surrogate in text"),
        pytest.param("image/jpeg", "\xff\xd8", b"\xff\xd8", id="bytes"),
        pytest.param("image/*", "€", "€".encode(), id="text where bytes were meant"),
        pytest.param(
            "application/octet-stream", {"a": 1}, b'{"a":1}', id="an object where bytes were meant"
        ),
        pytest.param("application/jsonl", [{"a": 1}, 2], b'{"a":1}\n2\n', id="JSON lines"),
        pytest.param("application/x-ndjson", {"a": 1}, b'{"a":1}\n', id="one JSON line"),
        pytest.param("application/json-seq", [1], b"\x1e1\n", id="JSON sequence"),
        pytest.param(
            "text/event-stream",
            [{"a": 1}, "b\nc"],
            b'data: {"a":1}\n\ndata: b\ndata: c\n\n',
            id="events",
        ),
        pytest.param(
            "text/event-stream", "event: x\n\n", b"event: x\n\n", id="a ready event stream"
        ),
    ],
)
def test_values_are_encoded_by_media_type(tmp_path, name, value, raw):
    assert encode(tmp_path, value, name) == raw


@pytest.mark.parametrize(
    "name", ["multipart/form-data; boundary=b", "application/x-www-form-urlencoded"]
)
def test_a_form_that_its_schema_describes_as_a_whole_is_its_bytes(tmp_path, name):
    schema = {"type": "string", "format": "binary"}
    assert decode(tmp_path, b"--b--", name, schema=schema) == "--b--"
    assert encode(tmp_path, "--b--", name, schema=schema) == b"--b--"


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        pytest.param("text/plain", {"a": 1}, "an object", id="an object as text"),
        pytest.param("text/html", [], "a list", id="a list as text"),
        pytest.param("application/json", float("inf"), "NaN", id="infinity"),
        pytest.param("application/x-www-form-urlencoded", [1], "object", id="a list as a form"),
        pytest.param("multipart/form-data", "a", "object", id="a string as parts"),
    ],
)
def test_what_a_media_type_cannot_carry_is_told(tmp_path, name, value, said):
    with pytest.raises(EncodeError, match=said):
        encode(tmp_path, value, name)


@pytest.mark.parametrize(
    "name", ["application/json", "application/x+json", "application/jsonl", "application/json-seq"]
)
@settings(deadline=None, max_examples=30)
@given(value=JSON_VALUES)
def test_json_reads_back_equal(name, value):
    with built(body_of(name)) as api:
        written = encode_body([value], media_type(api), api.schemas)
        assert decode_body(written, name, media_type(api), api.schemas, "request") == [value]


@given(st.binary())
def test_bytes_read_back_equal(raw):
    with built(body_of("application/octet-stream")) as api:
        media = media_type(api)
        value = decode_body(raw, media.name, media, api.schemas, "request")
        assert encode_body(value, media, api.schemas) == raw


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("*/*", "application/json"),
        ("application/*", "application/json"),
        ("image/*", "image/png"),
        ("video/*", "video/octet-stream"),
        ("application/*+json", "application/x+json"),
        ("text/plain; charset=utf-8", "text/plain; charset=utf-8"),
        ("multipart/form-data", "multipart/form-data; boundary=mockserver"),
        ("multipart/*", "multipart/form-data; boundary=mockserver"),
        ("multipart/form-data; boundary=x", "multipart/form-data; boundary=x"),
    ],
)
def test_what_a_documented_media_type_is_sent_as(name, sent):
    assert sent_as(name) == sent


def test_ranges_of_any_type_are_json():
    assert is_json("*/*")
    assert is_json("application/vnd.api+json; v=1")
    assert not is_json("image/*")


CONTENT_TYPES = [
    "application/json; charset=utf-8",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/xml",
    "application/jsonl",
    "text/event-stream",
    "text/plain",
    "application/octet-stream",
    "multipart/mixed",
]
RECURSIVE = {
    "type": "object",
    "properties": {
        "a": {"$ref": "#/components/schemas/R"},
        "b": {"type": "array", "items": {"$ref": "#/components/schemas/R"}},
        "n": {"type": ["integer", "null"]},
    },
    "required": ["n"],
}
FRAGMENTS = st.lists(
    st.sampled_from(
        [
            b"--b",
            b"\r\n",
            b"--",
            b'Content-Disposition: form-data; name="a"',
            b"a[b][]=1",
            b"&",
            b"a",
            b"<a>",
            b"</a>",
            b"<!DOCTYPE a>",
            b"{",
            b"}",
            b'"n":',
            b"1",
            b"%",
            b"%u",
            b"data:",
            b"\xff",
            b"[",
        ]
    )
    | st.binary(max_size=4),
    max_size=20,
).map(b"".join)


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_no_body_raises(content_type):
    operation = {
        "requestBody": {"content": {"*/*": {"schema": {"$ref": "#/components/schemas/R"}}}}
    }
    with built(operation, components={"schemas": {"R": RECURSIVE}}) as api:
        judge = Judge(api)

        @settings(max_examples=60, deadline=None)
        @given(FRAGMENTS)
        def judged(raw):
            request = HttpRequest(
                "POST", b"/a", headers=[(b"content-type", content_type.encode())], body=raw
            )
            judgement = judge.judge_request(only(api), request, {})
            json.dumps([violation.as_dict() for violation in judgement.violations])

        judged()
