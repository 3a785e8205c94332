"""What is written in a style reads back equal, by our own writer and by Schemathesis's."""

import json
from itertools import product
from urllib.parse import quote, unquote, urlencode

import pytest
from hypothesis import given, settings, strategies as st
from schemathesis.specs.openapi.serialization import serialize_openapi3_parameters

from mockserver.messages import HttpRequest
from mockserver.validation.parameters import ParameterReader, write_parameter
from tests.validation.building import built, only, parameter

ITEM = {"type": "string"}
SCHEMAS = {
    "integer": {"type": "integer"},
    "string": {"type": "string"},
    "array": {"type": "array", "items": {"type": "integer"}},
    "strings": {"type": "array", "items": ITEM},
    "object": {"type": "object", "properties": {"R": {"type": "integer"}, "G": ITEM}},
}
STYLES = [
    *product(["path"], ["simple", "label", "matrix"], [False, True]),
    *product(["query"], ["form", "spaceDelimited", "pipeDelimited"], [False, True]),
    ("query", "deepObject", True),
    *product(["header"], ["simple"], [False, True]),
    *product(["cookie"], ["form"], [False, True]),
]
"""Every location, style and explode of OpenAPI 3.0 and 3.1."""

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\ufffd"), max_size=8)
# Delimiters that cannot be told from data: in headers nothing is escaped, in path segments the escapes are gone when
# they are split, and spaces, pipes and lone commas read as delimiters however they are written.
PLAIN = st.text(
    st.characters(codec="ascii", exclude_characters=' ,|.;=\t\r\n\0\x0b\x0c%"+'),
    min_size=1,
    max_size=8,
)
PRINTABLE = PLAIN.filter(str.isprintable)


def values(kind: str, location: str) -> st.SearchStrategy[object]:
    text = TEXT if location == "query" else PRINTABLE
    return {
        "integer": st.integers(-(10**20), 10**20),
        "string": text.filter(bool) if location != "header" else PRINTABLE,
        "array": st.lists(st.integers(), min_size=1),
        "strings": st.lists(PRINTABLE, min_size=1),
        "object": st.fixed_dictionaries({"R": st.integers(), "G": PRINTABLE}),
    }[kind]


def sent(location: str, wire: str) -> HttpRequest:
    match location:
        case "query":
            return HttpRequest("GET", b"/a", wire.encode())
        case "header":
            return HttpRequest("GET", b"/a", headers=[(b"p", wire.encode("latin-1"))])
        case "cookie":
            return HttpRequest("GET", b"/a", headers=[(b"cookie", wire.encode("ascii"))])
        case _:
            return HttpRequest("GET", b"/a")


@pytest.mark.parametrize(
    ("location", "style", "explode", "kind"),
    [
        (*style, kind)
        for style, kind in product(STYLES, SCHEMAS)
        if style[1] != "deepObject" or kind not in ("integer", "string")
    ],
)
def test_what_is_written_reads_back_equal(location, style, explode, kind):
    told = {
        "name": "p",
        "in": location,
        "style": style,
        "explode": explode,
        "schema": SCHEMAS[kind],
    }
    told |= {"required": True} if location == "path" else {}
    with built({"parameters": [told]}, path="/a/{p}" if location == "path" else "/a") as api:
        reader = ParameterReader(only(api), api)

        @settings(max_examples=15, deadline=None)
        @given(values(kind, location))
        def reads_back(value):
            wire = write_parameter(parameter(api), value)
            path_values = {"p": unquoted(wire)} if location == "path" else {}
            read, violations = reader.read(path_values, sent(location, wire))
            by_location = {
                "path": read.path,
                "query": read.query,
                "header": read.headers,
                "cookie": read.cookies,
            }
            assert by_location[location]["p"] == value
            assert not violations

        reads_back()


def unquoted(wire: str) -> str:
    return unquote(wire)


@settings(max_examples=50, deadline=None)
@given(st.lists(TEXT.filter(bool), min_size=2))
def test_commas_in_items_survive_where_commas_separate(items):
    told = {"name": "p", "in": "query", "explode": False, "schema": SCHEMAS["strings"]}
    with built({"parameters": [told]}) as api:
        stripped = [item.strip(" \t") for item in items]
        wire = write_parameter(parameter(api), stripped)
        read, _ = ParameterReader(only(api), api).read({}, sent("query", wire))
        assert read.query["p"] == stripped


@pytest.mark.parametrize(
    ("location", "style", "explode", "kind"),
    [
        (*style, kind)
        for style, kind in product(STYLES, ["integer", "array", "object"])
        if kind == "object" or style[1] != "deepObject"
        if kind != "object" or not style[1].endswith("Delimited")  # Schemathesis writes none
    ],
)
def test_what_schemathesis_writes_is_read(location, style, explode, kind):
    value = {"integer": 7, "array": [3, 4], "object": {"R": 1, "G": "x"}}[kind]
    told = {
        "name": "p",
        "in": location,
        "style": style,
        "explode": explode,
        "schema": SCHEMAS[kind],
    }
    told |= {"required": True} if location == "path" else {}
    serialize = serialize_openapi3_parameters([told])
    written = serialize({"p": value}) if serialize else {"p": value}
    with built({"parameters": [told]}, path="/a/{p}" if location == "path" else "/a") as api:
        path_values = {}
        match location:
            case "path":
                path_values, request = {"p": str(written["p"])}, sent("path", "")
            case "query":
                request = sent("query", urlencode(written, doseq=True))
            case "header":
                request = sent("header", str(written["p"]))
            case _:
                pairs = (f"{name}={quote(str(item), safe=',')}" for name, item in written.items())
                request = sent("cookie", "; ".join(pairs))
        read, violations = ParameterReader(only(api), api).read(path_values, request)
        by_location = {
            "path": read.path,
            "query": read.query,
            "header": read.headers,
            "cookie": read.cookies,
        }
        assert not violations, json.dumps(written)
        assert by_location[location]["p"] == value


@pytest.mark.parametrize(
    ("told", "value", "wire"),
    [
        pytest.param(
            {"in": "query", "allowReserved": True},
            "a/b?c&d",
            "p=a/b?c%26d",
            id="reserved characters",
        ),
        pytest.param({"in": "query"}, "a/b", "p=a%2Fb", id="reserved characters are escaped"),
        pytest.param({"in": "query"}, None, "p=null", id="null"),
        pytest.param({"in": "query"}, True, "p=true", id="boolean"),
        pytest.param({"in": "query"}, [], "", id="empty list"),
        pytest.param({"in": "query", "explode": False}, {}, "", id="empty mapping"),
        pytest.param({"in": "query", "name": "ids[]"}, [1], "ids[]=1", id="bracketed name"),
        pytest.param({"in": "query"}, "\ud800", "p=%3F", id="lone surrogate"),
        pytest.param({"in": "path", "style": "label"}, [1, 2], ".1,2", id="label"),
        pytest.param({"in": "path"}, "\ud800", "%3F", id="lone surrogate in a path"),
    ],
)
def test_how_values_are_written(told, value, wire):
    told = {"name": "p", "schema": {}, **told}
    with built({"parameters": [told]}, path="/a/{p}" if told["in"] == "path" else "/a") as api:
        assert write_parameter(parameter(api), value) == wire
