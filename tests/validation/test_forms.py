"""Forms: fields and parts by schema and encoding."""

import pytest
from hypothesis import given, settings, strategies as st

from mockserver.validation.media_types import DecodeError, EncodeError, decode_body, encode_body
from tests.validation.building import ask, build, built, found, media_type

URLENCODED = "application/x-www-form-urlencoded"
MULTIPART = "multipart/form-data; boundary=b"
INTEGER = {"type": "integer"}
STRING = {"type": "string"}
INTEGERS = {"type": "array", "items": INTEGER}
COLOR = {"type": "object", "properties": {"R": INTEGER, "G": INTEGER}}
SCHEMA = {
    "type": "object",
    "properties": {
        "n": INTEGER,
        "s": STRING,
        "yes": {"type": "boolean"},
        "ids": INTEGERS,
        "tags[]": {"type": "array", "items": STRING},
        "color": COLOR,
        "colors": {"type": "array", "items": COLOR},
        "expand": {"anyOf": [STRING, INTEGERS]},
        "file": {"type": "string", "format": "binary"},
        "files": {"type": "array", "items": {"type": "string", "format": "binary"}},
        "shot": {"type": "string", "contentMediaType": "image/png"},
    },
}


def form(name, encoding=None, schema=None):
    content = {"schema": SCHEMA if schema is None else schema, "encoding": encoding or {}}
    return {"requestBody": {"content": {name.partition(";")[0]: content}}}


def decode(folder, raw, content_type=URLENCODED, encoding=None, schema=None):
    api = build(folder, form(content_type, encoding, schema))
    return decode_body(raw, content_type, media_type(api), api.schemas, "request")


def encode(folder, value, content_type=URLENCODED, encoding=None):
    api = build(folder, form(content_type, encoding))
    return encode_body(value, media_type(api), api.schemas, "request")


@pytest.mark.parametrize(
    ("raw", "encoding", "value"),
    [
        pytest.param(b"n=5&s=5&yes=true", {}, {"n": 5, "s": "5", "yes": True}, id="scalars"),
        pytest.param(b"s=a+b%20%C3%A9%zz", {}, {"s": "a b é%zz"}, id="escapes"),
        pytest.param(b"ids=1", {}, {"ids": [1]}, id="a list of one"),
        pytest.param(b"ids=1&ids=2", {}, {"ids": [1, 2]}, id="repeated"),
        pytest.param(b"ids[]=1", {}, {"ids": [1]}, id="brackets"),
        pytest.param(b"ids[1]=2&ids[0]=1", {}, {"ids": [1, 2]}, id="indexes"),
        pytest.param(b"ids=%5B1,2%5D", {}, {"ids": [1, 2]}, id="a list as JSON"),
        pytest.param(
            b"expand[]=1&expand[]=2",
            {},
            {"expand": [1, 2]},
            id="a list or a string, as Stripe has it",
        ),
        pytest.param(b"expand=", {}, {"expand": ""}, id="a list or a string: the string"),
        pytest.param(
            b"tags[]=a&tags%5B%5D=b", {}, {"tags[]": ["a", "b"]}, id="brackets in the name"
        ),
        pytest.param(b"color[R]=1&color[G]=2", {}, {"color": {"R": 1, "G": 2}}, id="a mapping"),
        pytest.param(b'color={"R":1}', {}, {"color": {"R": 1}}, id="a mapping as JSON"),
        pytest.param(b"color={R", {}, {"color": "{R"}, id="a mapping as broken JSON"),
        pytest.param(
            b"colors[0][R]=1&colors[1][R]=2",
            {},
            {"colors": [{"R": 1}, {"R": 2}]},
            id="a list of mappings",
        ),
        pytest.param(
            b"color[R]=1",
            {"color": {"style": "deepObject", "explode": True}},
            {"color": {"R": 1}},
            id="deepObject",
        ),
        pytest.param(
            b"color=R,1,G,2",
            {"color": {"explode": False}},
            {"color": {"R": 1, "G": 2}},
            id="a mapping in one",
        ),
        pytest.param(
            b"R=1&G=2&x=3",
            {"color": {"style": "form"}},
            {"x": "3", "color": {"R": 1, "G": 2}},
            id="an exploded mapping",
        ),
        pytest.param(b"ids=1,2", {"ids": {"explode": False}}, {"ids": [1, 2]}, id="commas"),
        pytest.param(
            b"ids=1%2C2", {"ids": {"explode": False}}, {"ids": [1, 2]}, id="escaped commas"
        ),
        pytest.param(
            b"ids=1%202", {"ids": {"style": "spaceDelimited"}}, {"ids": [1, 2]}, id="blanks"
        ),
        pytest.param(b"ids=1|2", {"ids": {"style": "pipeDelimited"}}, {"ids": [1, 2]}, id="pipes"),
        pytest.param(
            b"s=5", {"s": {"contentType": "application/json"}}, {"s": 5}, id="JSON by encoding"
        ),
        pytest.param(
            b"s=a/b", {"s": {"allowReserved": True}}, {"s": "a/b"}, id="reserved characters allowed"
        ),
        pytest.param(b"s=a/b", {}, {"s": "a/b"}, id="reserved characters without an encoding"),
        pytest.param(
            b"n=1", {"s": {"style": "form"}}, {"n": 1}, id="a style for what is not there"
        ),
        pytest.param(
            b"s[a=1&[b]=2&s[a]x=3",
            {},
            {"s[a": "1", "[b]": "2", "s[a]x": "3"},
            id="brackets that are none",
        ),
        pytest.param(b"s=1&s[a]=2", {}, {"s": {"a": "2"}}, id="a mapping in place of a scalar"),
        pytest.param(b"s[a]=2&s=1", {}, {"s": "1"}, id="a scalar in place of a mapping"),
        pytest.param(b"", {}, {}, id="nothing"),
    ],
)
def test_urlencoded_fields(tmp_path, raw, encoding, value):
    assert decode(tmp_path, raw, encoding=encoding) == value


def test_names_with_too_many_brackets_are_names(tmp_path):
    name = "s" + "[a]" * 21
    assert decode(tmp_path, f"{name}=1".encode()) == {name: "1"}


@pytest.mark.parametrize(
    ("schema", "raw", "value"),
    [
        pytest.param(
            {"prefixItems": [INTEGER, STRING]}, b"p=1&p=2&p=3", [1, "2", "3"], id="prefixItems"
        ),
        pytest.param(
            {"prefixItems": [INTEGER], "items": {"type": "boolean"}},
            b"p=1&p=true&p=false",
            [1, True, False],
            id="prefixItems and items",
        ),
        pytest.param(
            {"anyOf": [{"type": "array", "items": COLOR}, {"type": "string", "enum": [""]}]},
            b"p=",
            "",
            id="a list, or nothing to unset it",
        ),
        pytest.param(
            {"anyOf": [{"type": "array", "items": STRING}, {"const": "all"}]},
            b"p=a",
            ["a"],
            id="a list of one, or a word",
        ),
        pytest.param({"anyOf": [INTEGERS, STRING]}, b"p=", "", id="a list, or any string"),
        pytest.param(
            {"anyOf": [{"type": "string", "enum": ["least"]}, INTEGER]},
            b"p=5",
            5,
            id="a word, or a number",
        ),
        pytest.param(
            {"anyOf": [{"type": "string", "enum": ["least"]}, INTEGER]},
            b"p=most",
            "most",
            id="neither the word nor a number",
        ),
        pytest.param({"anyOf": [True, INTEGER]}, b"p=1", 1, id="a boolean among schemas"),
        pytest.param({"if": {}, "then": COLOR}, b"p[R]=1", {"R": 1}, id="then"),
        pytest.param(
            {"patternProperties": {"^x": INTEGER}}, b"p[x1]=1", {"x1": "1"}, id="patternProperties"
        ),
        pytest.param(
            {"allOf": [{"type": "number"}, {"type": ["integer", "string"]}]},
            b"p=1.5",
            "1.5",
            id="number and integer",
        ),
        pytest.param({"contentMediaType": "text/csv"}, b"p=1", "1", id="text by contentMediaType"),
        pytest.param({"enum": [None, {"a": 1}]}, b"p=null", None, id="an enum of null and objects"),
        pytest.param({"type": [1, "integer"]}, b"p=1", 1, id="a sloppy list of types"),
    ],
)
def test_what_schemas_say_of_strings(tmp_path, schema, raw, value):
    assert decode(tmp_path, raw, schema={"type": "object", "properties": {"p": schema}}) == {
        "p": value
    }


def test_a_form_without_a_schema_has_strings(tmp_path):
    assert decode(tmp_path, b"a=1&b[0]=2", schema={}) == {"a": "1", "b": {"0": "2"}}


@pytest.mark.parametrize(
    ("raw", "encoding", "location"),
    [
        pytest.param(
            b"s=a/b",
            {"s": {"style": "form"}},
            ("body", "s", "allowReserved"),
            id="a reserved character",
        ),
        pytest.param(
            b"ids=1,2&ids=;",
            {"ids": {"explode": False}},
            ("body", "ids", "allowReserved"),
            id="beside commas",
        ),
        pytest.param(
            b"color=R",
            {"color": {"explode": False}},
            ("body", "color", "style"),
            id="a name without value",
        ),
        pytest.param(b"n=many", {}, ("body", "n", "type"), id="a value of another type"),
        pytest.param(b"ids=1&ids=b", {}, ("body", "ids", 1, "type"), id="an item of another type"),
        pytest.param(b"&" * 10_000, {}, ("body", "parse"), id="too many fields"),
    ],
)
def test_what_a_form_breaks_is_located(tmp_path, raw, encoding, location):
    judgement = ask(
        build(tmp_path, form(URLENCODED, encoding)), headers={"Content-Type": URLENCODED}, body=raw
    )
    assert found(judgement.violations) == [location]


@pytest.mark.parametrize(
    ("value", "encoding", "raw"),
    [
        pytest.param({"n": 1, "s": "a b&"}, {}, b"n=1&s=a+b%26", id="scalars"),
        pytest.param({"ids": [1, 2]}, {}, b"ids=1&ids=2", id="a list"),
        pytest.param({"color": {"R": 1}}, {}, b"color[R]=1", id="a mapping"),
        pytest.param(
            {"colors": [{"R": 1}, {"R": [2]}]},
            {},
            b"colors[0][R]=1&colors[1][R][]=2",
            id="a list of mappings",
        ),
        pytest.param({"ids": [1, 2]}, {"ids": {"explode": False}}, b"ids=1,2", id="commas"),
        pytest.param(
            {"ids": [1, 2]}, {"ids": {"style": "pipeDelimited"}}, b"ids=1%7C2", id="pipes"
        ),
        pytest.param(
            {"color": {"R": 1}}, {"color": {"style": "deepObject"}}, b"color[R]=1", id="deepObject"
        ),
        pytest.param(
            {"s": {"a": 1}},
            {"s": {"contentType": "application/json"}},
            b"s=%7B%22a%22%3A+1%7D",
            id="JSON",
        ),
        pytest.param({"s": "\ud800"}, {}, b"s=%3F", id="a lone surrogate"),
    ],
)
def test_urlencoded_is_written(tmp_path, value, encoding, raw):
    assert encode(tmp_path, value, encoding=encoding) == raw


def part(content: bytes, name="p", more="", content_type=None) -> bytes:
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n'
    head += f"Content-Type: {content_type}\r\n" if content_type else ""
    return head.encode() + b"\r\n" + content + b"\r\n"


END = b"--b--\r\n"


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        pytest.param(
            part(b"5", "n") + part("é".encode(), "s") + END, {"n": 5, "s": "é"}, id="fields"
        ),
        pytest.param(part(b"1", "ids") + part(b"2", "ids") + END, {"ids": [1, 2]}, id="repeated"),
        pytest.param(part(b"1", "ids") + END, {"ids": [1]}, id="a list of one"),
        pytest.param(
            part(b"[1,2]", "ids", content_type="application/json") + END,
            {"ids": [1, 2]},
            id="a list as JSON",
        ),
        pytest.param(
            part(b'{"R":1}', "color", content_type="application/json; charset=utf-8") + END,
            {"color": {"R": 1}},
            id="JSON",
        ),
        pytest.param(
            part(b'{"R":1}', "color") + END, {"color": {"R": 1}}, id="JSON that does not say so"
        ),
        pytest.param(part(b"1", "color[R]") + END, {"color": {"R": 1}}, id="brackets"),
        pytest.param(
            part(b'{"R":1}', "colors", content_type="application/json") + END,
            {"colors": [{"R": 1}]},
            id="one mapping for a list",
        ),
        pytest.param(
            part(b"\x89\xff", "file", '; filename="a.png"', "image/png") + END,
            {"file": "\x89\xff"},
            id="a file",
        ),
        pytest.param(
            part(b"\xff", "file") + END, {"file": "\xff"}, id="bytes without a file's name"
        ),
        pytest.param(part(b"\xff", "shot") + END, {"shot": "\xff"}, id="bytes by contentMediaType"),
        pytest.param(
            part(b"\xff", "files", '; filename="a"') + END,
            {"files": ["\xff"]},
            id="a list of one file",
        ),
        pytest.param(
            part(b"1", "files", '; filename="a"') + part(b"2", "files", '; filename="b"') + END,
            {"files": ["1", "2"]},
            id="files",
        ),
        pytest.param(
            part(b"{", "file", '; filename="a.json"', "application/json") + END,
            {"file": "{"},
            id="a JSON file as a file",
        ),
        pytest.param(
            part(b"x", "s", content_type="text/plain") + END, {"s": "x"}, id="text that says so"
        ),
        pytest.param(
            part(b"\xff", "other", content_type="application/pdf") + END,
            {"other": "\xff"},
            id="bytes that say so",
        ),
        pytest.param(
            b"--b\r\nContent-Disposition: attachment\r\n\r\nx\r\n" + END,
            {},
            id="a part without a name",
        ),
        pytest.param(b"--b\r\n\r\nx\r\n" + END, {}, id="a part without headers"),
        pytest.param(part(b"", "n") + b"--b--", {"n": ""}, id="an empty field"),
    ],
)
def test_multipart_parts(tmp_path, raw, value):
    assert decode(tmp_path, raw, MULTIPART) == value


def test_the_encoding_says_what_a_part_is(tmp_path):
    encoding = {"s": {"contentType": "application/json"}}
    assert decode(tmp_path, part(b"5", "s") + END, MULTIPART, encoding) == {"s": 5}


@pytest.mark.parametrize(
    ("raw", "content_type", "said"),
    [
        pytest.param(b"", "multipart/form-data", "boundary", id="no boundary"),
        pytest.param(b"", MULTIPART, "cut short", id="nothing"),
        pytest.param(part(b"x"), MULTIPART, "cut short", id="no end"),
        pytest.param(b"rubbish", MULTIPART, "not multipart", id="no multipart"),
        pytest.param(part(b"1") * 1001 + END, MULTIPART, "1000 parts", id="too many parts"),
        pytest.param(
            b"--b\r\n" + b"A: b\r\n" * 30 + b"\r\n\r\n" + END,
            MULTIPART,
            "not multipart",
            id="too many headers",
        ),
        pytest.param(
            b"--b\r\n" + b"A: " + b"b" * 100_000 + b"\r\n\r\n\r\n" + END,
            MULTIPART,
            "not multipart",
            id="too long headers",
        ),
        pytest.param(
            part(b"{", "color", content_type="application/json") + END,
            MULTIPART,
            "not JSON",
            id="no JSON",
        ),
    ],
)
def test_what_is_no_multipart_is_told(tmp_path, raw, content_type, said):
    with pytest.raises(DecodeError, match=said):
        decode(tmp_path, raw, content_type)


VALUES = st.fixed_dictionaries(
    {},
    optional={
        "n": st.integers(),
        "s": st.text(st.characters(codec="utf-8")),
        "yes": st.booleans(),
        "ids": st.lists(st.integers(), min_size=1),
        "color": st.fixed_dictionaries({"R": st.integers()}),
        "file": st.binary().map(lambda raw: raw.decode("latin-1")),
    },
)


@settings(deadline=None, max_examples=60)
@given(VALUES)
def test_what_is_written_reads_back_equal(value):
    for name in (URLENCODED, "multipart/form-data; boundary=mockserver"):
        with built(form(name)) as api:
            raw = encode_body(value, media_type(api), api.schemas, "request")
            assert decode_body(raw, name, media_type(api), api.schemas, "request") == value


def test_parts_are_written_as_browsers_do(tmp_path):
    value = {'a"\r\n': "x", "shot": "\x89", "files": ["€"], "s": "t"}
    encoding = {"s": {"contentType": "text/csv, text/*"}, "shot": {"contentType": "image/*"}}
    raw = encode(tmp_path, value, "multipart/form-data", encoding)
    assert b'name="a%22%0D%0A"\r\n\r\nx' in raw
    assert b'name="shot"; filename="file"\r\ncontent-type: image/octet-stream\r\n\r\n\x89' in raw
    assert b"content-type: application/octet-stream\r\n\r\n" + "€".encode() in raw
    assert b"content-type: text/csv\r\n\r\nt" in raw


def test_a_value_that_holds_the_boundary_is_refused(tmp_path):
    with pytest.raises(EncodeError, match="boundary"):
        encode(tmp_path, {"s": "--mockserver"}, "multipart/form-data")
