"""Bodies of many values to lists and back."""

from collections.abc import Mapping

import pytest

from mockserver.validation.errors import DecodeError, EncodeError
from mockserver.validation.media_types import decode_body, encode_body, is_sequence, sent_as
from tests.validation.building import ask, build, found, media_type

MESSAGE = {"type": "object", "properties": {"text": {"type": "string"}}}
EVENT = {
    "type": "object",
    "properties": {
        "id": {"type": "integer"},
        "event": {"type": "string"},
        "data": {"type": "string"},
        "retry": {"type": "integer"},
    },
}
JSON_EVENT = {"properties": {"event": {}, "data": {"type": "object"}}}
STREAM, MIXED = "text/event-stream", "multipart/mixed"


def described(folder, name: str, described: Mapping[str, object]):
    api = build(folder, {"requestBody": {"content": {name: described}}}, version="3.2.0")
    return api, media_type(api)


def decode(folder, name: str, described_: Mapping[str, object], raw: bytes) -> object:
    api, media = described(folder, name, described_)
    return decode_body(raw, sent_as(name), media, api.schemas, "request")


def encode(folder, name: str, described_: Mapping[str, object], value: object) -> bytes:
    api, media = described(folder, name, described_)
    return encode_body(value, media, api.schemas)


@pytest.mark.parametrize(
    ("name", "is_one"),
    [
        ("application/jsonl", True),
        ("application/x-ndjson; charset=utf-8", True),
        ("application/geo+json-seq", True),
        (STREAM, True),
        ("multipart/mixed", True),
        ("multipart/byteranges", True),
        ("multipart/form-data", False),
        ("application/json", False),
    ],
)
def test_media_types_of_many_values(name, is_one):
    assert is_sequence(name) is is_one


@pytest.mark.parametrize(
    ("item", "raw", "values"),
    [
        pytest.param(MESSAGE, b'data: {"text":"a"}\n\n', [{"text": "a"}], id="JSON in data"),
        pytest.param(MESSAGE, b"data: [DONE]\n\ndata: 1", [1], id="the end is no event"),
        pytest.param(MESSAGE, b"data: no\n\n", ["no"], id="what is not JSON is text"),
        pytest.param(MESSAGE, b": hi\n\nid: 1\n\n", [], id="nothing without data"),
        pytest.param({}, b"data:1\r\n\r\ndata: a", [1, "a"], id="anything"),
        pytest.param({"type": "string"}, b"data: 1\n\ndata: [DONE]\n\n", ["1", "[DONE]"]),
        pytest.param(
            EVENT,
            b"\xef\xbb\xbfid: 7\revent: e\rdata: a\rdata:  b\rdata\rretry: 5\rother: x\r\r",
            [{"id": 7, "event": "e", "data": "a\n b\n", "retry": 5}],
            id="the fields of an event",
        ),
        pytest.param(EVENT, b"event: e\n\n", [{"event": "e"}], id="an event without data"),
        pytest.param(
            JSON_EVENT,
            b'event: e\ndata: {"a": 1}\n\ndata: [DONE]\n\n',
            [{"event": "e", "data": {"a": 1}}],
            id="an event whose data is an object",
        ),
    ],
)
def test_event_streams_are_read(tmp_path, item, raw, values):
    assert decode(tmp_path, STREAM, {"itemSchema": item}, raw) == values


@pytest.mark.parametrize(
    ("item", "values", "wire"),
    [
        pytest.param(MESSAGE, [{"text": "a"}], b'data: {"text":"a"}\n\n', id="JSON in data"),
        pytest.param(MESSAGE, {"text": "a"}, b'data: {"text":"a"}\n\n', id="one value"),
        pytest.param(MESSAGE, "id: 1\n\n", b"id: 1\n\n", id="a stream as it stands"),
        pytest.param({}, ["a\r\nb\rc"], b"data: a\ndata: b\ndata: c\n\n", id="lines"),
        pytest.param(
            EVENT,
            [{"data": "a", "id": 7, "event": "x\ny", "more": 1}, "plain"],
            b"event: x y\nid: 7\ndata: a\n\ndata: plain\n\n",
            id="the fields of an event",
        ),
        pytest.param(JSON_EVENT, [{"data": {"a": 1}}], b'data: {"a":1}\n\n', id="data as JSON"),
    ],
)
def test_event_streams_are_written(tmp_path, item, values, wire):
    assert encode(tmp_path, STREAM, {"itemSchema": item}, values) == wire


@pytest.mark.parametrize(
    ("item", "is_event"),
    [
        (EVENT, True),
        (JSON_EVENT, True),
        (MESSAGE, False),
        ({"properties": {"id": {}, "data": {"type": "object"}}}, False),
        ({"properties": {"data": {"type": "string"}, "role": {}}}, False),
    ],
)
def test_a_schema_of_events_is_told_from_one_of_their_data(tmp_path, item, is_event):
    wire = encode(tmp_path, STREAM, {"itemSchema": item}, [{"data": "x"}])
    assert wire == (b"data: x\n\n" if is_event else b'data: {"data":"x"}\n\n')


def test_a_schema_of_the_list_describes_its_items(tmp_path):
    described_ = {"schema": {"type": "array", "items": EVENT}}
    assert decode(tmp_path, STREAM, described_, b"data: a\n\n") == [{"data": "a"}]
    api, _ = described(tmp_path, STREAM, {"schema": {"type": "array", "items": MESSAGE}})
    judged = ask(api, headers={"content-type": STREAM}, body=b'data: {"text":1}\n\n')
    assert found(judged.violations) == [("body", 0, "text", "type")]


def test_a_schema_and_an_item_schema_are_both_held(tmp_path):
    described_ = {"schema": {"type": "array", "maxItems": 1}, "itemSchema": MESSAGE}
    api, _ = described(tmp_path, "application/jsonl", described_)
    judged = ask(api, headers={"content-type": "application/jsonl"}, body=b'{}\n{"text":1}\n')
    assert found(judged.violations) == [("body", "maxItems"), ("body", 1, "text", "type")]


def test_an_item_schema_says_nothing_where_there_is_one_value(tmp_path):
    api, _ = described(tmp_path, "application/json", {"itemSchema": {"type": "string"}})
    judged = ask(api, headers={"content-type": "application/json"}, body=b"[1]")
    assert not judged.violations


def test_a_line_that_is_not_json_is_named(tmp_path):
    with pytest.raises(DecodeError) as caught:
        decode(tmp_path, "application/jsonl", {"itemSchema": {}}, b"1\n\nno\n")
    assert caught.value.path == (1,)


PARTS = (
    b"--mockserver\r\ncontent-type: application/json\r\n\r\n1\r\n"
    b"--mockserver\r\n\r\n2\r\n"
    b"--mockserver\r\ncontent-type: image/png\r\n\r\n\xff\r\n"
    b"--mockserver--\r\n"
)


def test_parts_without_names_are_a_list(tmp_path):
    described_ = {"itemSchema": {"type": ["integer", "string"]}}
    assert decode(tmp_path, MIXED, described_, PARTS) == [1, 2, "\xff"]
    as_bytes = {"itemSchema": {"type": "string", "format": "binary"}}
    assert decode(tmp_path, MIXED, as_bytes, PARTS) == [1, "2", "\xff"]
    with pytest.raises(DecodeError) as caught:
        decode(tmp_path, MIXED, described_, PARTS.replace(b"\r\n1\r\n", b"\r\nno\r\n"))
    assert caught.value.path == (0,)


def test_parts_are_written_as_their_encodings_say(tmp_path):
    described_ = {
        "itemSchema": {},
        "prefixEncoding": [{"contentType": "application/json"}, {"contentType": "image/*"}],
        "itemEncoding": {"contentType": "text/*, text/html"},
    }
    assert encode(tmp_path, MIXED, described_, [1, "\xff", "a", {}]) == (
        b"--mockserver\r\ncontent-type: application/json\r\n\r\n1\r\n"
        b"--mockserver\r\ncontent-type: image/octet-stream\r\n\r\n\xff\r\n"
        b"--mockserver\r\ncontent-type: text/plain\r\n\r\na\r\n"
        b"--mockserver\r\ncontent-type: text/*\r\n\r\n{}\r\n"
        b"--mockserver--\r\n"
    )


def test_parts_without_encodings_are_written_as_their_values_ask(tmp_path):
    wire = encode(tmp_path, MIXED, {"itemSchema": {}}, ["a", [1]])
    assert wire.count(b"text/plain") == wire.count(b"application/json") == 1
    as_bytes = {"itemSchema": {"type": "string", "format": "binary"}}
    assert b"application/octet-stream" in encode(tmp_path, MIXED, as_bytes, ["a"])
    with pytest.raises(EncodeError):
        encode(tmp_path, MIXED, {"itemSchema": {}}, ["--mockserver"])


def test_multipart_of_an_object_is_a_form(tmp_path):
    described_ = {"schema": MESSAGE}
    wire = encode(tmp_path, "multipart/related", described_, {"text": "a"})
    assert decode(tmp_path, "multipart/related", described_, wire) == {"text": "a"}
    # Parts without names are not what the schema describes: bytes, which are not judged.
    assert decode(tmp_path, "multipart/related", described_, PARTS) == PARTS


def test_multipart_without_a_description_is_bytes(tmp_path):
    assert decode(tmp_path, MIXED, {}, b"ab") == "ab"
    assert encode(tmp_path, MIXED, {}, "ab") == b"ab"
