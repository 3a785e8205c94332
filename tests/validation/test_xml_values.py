"""XML bodies by the xml objects of their schema."""

from collections.abc import Mapping
from xml.etree.ElementTree import fromstring

import pytest
from hypothesis import given, settings, strategies as st

from mockserver.validation.media_types import DecodeError, decode_body, encode_body
from tests.validation.building import built, media_type

INTEGER = {"type": "integer"}
STRING = {"type": "string"}


def obj(**properties: object) -> dict[str, object]:
    return {"type": "object", "properties": properties}


def array(items: object, **xml: object) -> dict[str, object]:
    return {"type": "array", "items": items, **({"xml": xml} if xml else {})}


COMPONENTS = {
    "schemas": {"Tag": obj(id=INTEGER), "Named": {**obj(id=INTEGER), "xml": {"name": "tag"}}}
}


def body(schema: object) -> dict[str, object]:
    return {
        "requestBody": {
            "content": {"application/xml": {} if schema is None else {"schema": schema}}
        }
    }


def node(schema: Mapping[str, object], kind: str, **xml: object) -> dict[str, object]:
    return {**schema, "xml": {"nodeType": kind, **xml}}


BOTH = [
    pytest.param(
        obj(id=node(INTEGER, "attribute", name="key"), n=STRING),
        '<xml key="5"><n>x</n></xml>',
        {"id": 5, "n": "x"},
        id="node type attribute",
    ),
    pytest.param(
        obj(id={**INTEGER, "xml": {"attribute": True}}, v=node(INTEGER, "text")),
        '<xml id="5">7</xml>',
        {"id": 5, "v": 7},
        id="node type text",
    ),
    pytest.param(
        obj(v=node(STRING, "text")), "<xml>7</xml>", {"v": "7"}, id="node type text alone"
    ),
    pytest.param(
        obj(a=STRING, v=node(STRING, "text")),
        "<xml><a>1</a>after</xml>",
        {"a": "1", "v": "after"},
        id="text behind an element",
    ),
    pytest.param(
        obj(v=node(STRING, "cdata")),
        "<xml><![CDATA[<b>&]]]]><![CDATA[></b>]]></xml>",
        {"v": "<b>&]]></b>"},
        id="node type cdata",
    ),
    pytest.param(
        obj(v=obj(w=node(STRING, "cdata"))),
        "<xml><v><![CDATA[a]]></v></xml>",
        {"v": {"w": "a"}},
        id="node type cdata below",
    ),
    pytest.param(
        obj(a=node(array(STRING), "element", name="all")),
        "<xml><all><a>1</a></all></xml>",
        {"a": ["1"]},
        id="node type element of a list",
    ),
    pytest.param(
        obj(a=node(array(STRING), "none")),
        "<xml><a>1</a><a>2</a></xml>",
        {"a": ["1", "2"]},
        id="node type none of a list",
    ),
    pytest.param(
        obj(a=node(obj(b=INTEGER, c=STRING), "none"), d=STRING),
        "<xml><b>1</b><d>x</d></xml>",
        {"a": {"b": 1}, "d": "x"},
        id="node type none of an object",
    ),
    pytest.param(
        obj(a=INTEGER, b=STRING), "<xml><a>1</a><b>x</b></xml>", {"a": 1, "b": "x"}, id="properties"
    ),
    pytest.param(
        {**obj(a={**INTEGER, "xml": {"name": "A"}}), "xml": {"name": "Root"}},
        "<Root><A>1</A></Root>",
        {"a": 1},
        id="names",
    ),
    pytest.param(
        obj(id={**INTEGER, "xml": {"attribute": True}}, n=STRING),
        '<xml id="5"><n>x</n></xml>',
        {"id": 5, "n": "x"},
        id="attribute",
    ),
    pytest.param(
        obj(id={**INTEGER, "xml": {"attribute": True, "name": "key"}}),
        '<xml key="5" />',
        {"id": 5},
        id="named attribute",
    ),
    pytest.param(obj(a=array(INTEGER)), "<xml><a>1</a><a>2</a></xml>", {"a": [1, 2]}, id="list"),
    pytest.param(obj(a=array(INTEGER)), "<xml><a>1</a></xml>", {"a": [1]}, id="list of one"),
    pytest.param(
        obj(a=array({**INTEGER, "xml": {"name": "item"}})),
        "<xml><item>1</item></xml>",
        {"a": [1]},
        id="list with named items",
    ),
    pytest.param(
        obj(a=array(INTEGER, wrapped=True)),
        "<xml><a><a>1</a><a>2</a></a></xml>",
        {"a": [1, 2]},
        id="wrapped list",
    ),
    pytest.param(
        obj(a=array(INTEGER, wrapped=True)), "<xml><a /></xml>", {"a": []}, id="empty wrapped list"
    ),
    pytest.param(
        obj(a=array({**INTEGER, "xml": {"name": "n"}}, wrapped=True, name="ns")),
        "<xml><ns><n>1</n></ns></xml>",
        {"a": [1]},
        id="wrapped list with names",
    ),
    pytest.param(
        obj(tags=array({"$ref": "#/components/schemas/Named"}, wrapped=True)),
        "<xml><tags><tag><id>1</id></tag></tags></xml>",
        {"tags": [{"id": 1}]},
        id="items by reference, as in petstore",
    ),
    pytest.param(
        obj(tag={"$ref": "#/components/schemas/Tag"}),
        "<xml><tag><id>1</id></tag></xml>",
        {"tag": {"id": 1}},
        id="nested",
    ),
    pytest.param(
        {"allOf": [{"$ref": "#/components/schemas/Named"}, obj(b=STRING)]},
        "<tag><id>1</id><b>x</b></tag>",
        {"id": 1, "b": "x"},
        id="allOf",
    ),
    pytest.param(
        {
            **obj(a={**STRING, "xml": {"namespace": "urn:a", "prefix": "p"}}),
            "xml": {"namespace": "urn:root"},
        },
        '<xml xmlns="urn:root"><p:a xmlns:p="urn:a">x</p:a></xml>',
        {"a": "x"},
        id="namespaces",
    ),
    pytest.param(
        array(INTEGER, name="all"), "<all><item>1</item></all>", [1], id="a list at the root"
    ),
    pytest.param({**INTEGER, "xml": {"name": "n"}}, "<n>5</n>", 5, id="a scalar at the root"),
    pytest.param(obj(a=STRING), "<xml><a>&lt;&amp;é</a></xml>", {"a": "<&é"}, id="escapes"),
    pytest.param(obj(a={"type": ["integer", "null"]}), "<xml><a /></xml>", {"a": None}, id="null"),
]


@pytest.mark.parametrize(("schema", "text", "value"), BOTH)
def test_xml_is_read(schema, text, value):
    with built(body(schema), components=COMPONENTS) as api:
        assert (
            decode_body(text.encode(), "application/xml", media_type(api), api.schemas, "request")
            == value
        )


@pytest.mark.parametrize(("schema", "text", "value"), BOTH)
def test_xml_is_written(schema, text, value):
    with built(body(schema), components=COMPONENTS) as api:
        assert encode_body(value, media_type(api), api.schemas).decode() == text


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        pytest.param(None, "<a>x</a>", "x", id="no schema, text"),
        pytest.param(
            None,
            '<r k="1"><a>x</a><b/><b>y</b></r>',
            {"a": "x", "b": ["", "y"]},
            id="no schema, children",
        ),
        pytest.param(None, '<r k="1"/>', {}, id="no schema, attributes"),
        pytest.param(
            obj(a=INTEGER),
            '<r xmlns="urn:x"><a>1</a></r>',
            {"a": 1},
            id="a namespace that is not documented",
        ),
        pytest.param(
            obj(a=INTEGER),
            "<r><a>1</a><a>2</a></r>",
            {"a": [1, 2]},
            id="twice where once is wanted",
        ),
        pytest.param(
            obj(a=INTEGER), "<r><z>1</z></r>", {"z": "1"}, id="a child that is not documented"
        ),
        pytest.param(obj(a=array(INTEGER, wrapped=True), b=STRING), "<r/>", {}, id="nothing there"),
        pytest.param(
            obj(a=INTEGER), "<r> true </r>", " true ", id="text where an object is wanted"
        ),
        pytest.param(
            obj(id={**INTEGER, "xml": {"attribute": True}}), "<r/>", {}, id="no attribute"
        ),
        pytest.param(
            obj(a={**STRING, "xml": {"name": 5, "wrapped": "x"}}),
            "<r><a>x</a></r>",
            {"a": "x"},
            id="a sloppy xml object",
        ),
        pytest.param(
            obj(a=STRING),
            '<?xml version="1.0" encoding="ISO-8859-1"?><r><a>é</a></r>',
            {"a": "Ã©"},
            id="another encoding",
        ),
    ],
)
def test_xml_is_read_generously(schema, text, value):
    with built(body(schema)) as api:
        assert (
            decode_body(text.encode(), "text/xml", media_type(api), api.schemas, "request") == value
        )


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        pytest.param(b"", "not XML at line 1", id="nothing"),
        pytest.param(b"<a>\n<b></a>", "line 2, column 6", id="not well-formed"),
        pytest.param(b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>', "DOCTYPE", id="an entity bomb"),
        pytest.param(
            b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "DOCTYPE", id="an external entity"
        ),
        pytest.param(b"<a>" * 101 + b"</a>" * 101, "deeper", id="nested too deep"),
        pytest.param(
            b'<?xml version="1.0" encoding="nonsense"?><a/>',
            "encoding",
            id="an encoding that is none",
        ),
        pytest.param(b"\x00", "not XML", id="a null byte"),
    ],
)
def test_what_is_no_xml_is_told(raw, said):
    with built(body(None)) as api, pytest.raises(DecodeError, match=said):
        decode_body(raw, "application/xml", media_type(api), api.schemas, "request")


def test_a_string_is_passed_through():
    with built(body(obj(a=INTEGER))) as api:
        assert encode_body("<ready/>", media_type(api), api.schemas) == b"<ready/>"


def test_a_string_that_is_no_xml_is_wrapped():
    with built(body(STRING)) as api:
        assert encode_body("a<b", media_type(api), api.schemas).endswith(b"<xml>a&lt;b</xml>")


def test_null_is_no_attribute():
    with built(body(obj(id={**INTEGER, "xml": {"attribute": True}}))) as api:
        assert encode_body({"id": None}, media_type(api), api.schemas).endswith(b"<xml />")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters()),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(), max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(deadline=None)
@given(
    st.dictionaries(st.text(st.characters(), max_size=5), JSON),
    st.text(st.characters(), max_size=5),
)
def test_whatever_is_written_is_well_formed(value, name):
    with built(body({"xml": {"name": name or "a", "prefix": name, "namespace": "urn:a"}})) as api:
        fromstring(encode_body(value, media_type(api), api.schemas))


@pytest.mark.parametrize(
    ("schema", "value", "wire"),
    [
        pytest.param(
            obj(a=node(STRING, "none"), b=STRING), {"a": "x", "b": "y"}, b"<xml><b>y</b></xml>"
        ),
        pytest.param(obj(a=node(STRING, "text")), {"a": None}, b"<xml />"),
        pytest.param(array(node(STRING, "text")), ["a", "b"], b"<xml>ab</xml>"),
        pytest.param(
            obj(a=STRING, b=node(STRING, "text"), c=node(STRING, "cdata")),
            {"a": "1", "b": "2", "c": "3"},
            b"<xml><a>1</a>2<![CDATA[3]]></xml>",
        ),
        pytest.param(node(STRING, "cdata"), "a", b"<xml><![CDATA[a]]></xml>"),
    ],
    ids=["no node", "no text", "texts", "texts behind an element", "the root"],
)
def test_nodes_are_written_as_their_types_say(schema, value, wire):
    with built(body(schema)) as api:
        assert encode_body(value, media_type(api), api.schemas, "request") == wire


def test_text_that_is_not_there_is_absent():
    schema = obj(a=node(INTEGER, "text"), b=node(STRING, "none"))
    with built(body(schema)) as api:
        raw = b"<xml> <b>x</b></xml>"
        assert decode_body(raw, "application/xml", media_type(api), api.schemas, "request") == {
            "b": "x"
        }
