"""Parameters as they come: read by style, typed by schema, judged."""

import gc
import weakref

import pytest

from mockserver.messages import HttpRequest
from mockserver.validation.coercion import shapes_of
from mockserver.validation.parameters import write_header, write_parameter
from mockserver.validation.validate import Judge
from tests.validation.building import ask, build, found, parameter

INTEGER = {"type": "integer"}
STRING = {"type": "string"}
INTEGERS = {"type": "array", "items": INTEGER}
STRINGS = {"type": "array", "items": STRING}
COLOR = {"type": "object", "properties": {"R": INTEGER, "G": INTEGER}}
FREE = {"type": "object", "additionalProperties": INTEGER}
NESTED = {
    "type": "object",
    "properties": {
        "b": {"type": "object", "properties": {"c": INTEGER}},
        "ids": INTEGERS,
        "items": {"type": "array", "items": {"type": "object", "properties": {"x": INTEGER}}},
    },
}


def described(schema, style=None, explode=None, name="p", **more):
    """Return a parameter object without its location."""
    told = {"name": name, "schema": schema, **more}
    told |= {"style": style} if style else {}
    return told | ({} if explode is None else {"explode": explode})


@pytest.mark.parametrize(
    ("told", "text", "value"),
    [
        pytest.param(described(INTEGER), "5", 5, id="simple scalar"),
        pytest.param(described(INTEGERS), "3,4", [3, 4], id="simple list"),
        pytest.param(described(INTEGERS, explode=True), "3,4", [3, 4], id="simple list exploded"),
        pytest.param(described(COLOR), "R,1,G,2", {"R": 1, "G": 2}, id="simple mapping"),
        pytest.param(
            described(COLOR, explode=True),
            "R=1,G=2",
            {"R": 1, "G": 2},
            id="simple mapping exploded",
        ),
        pytest.param(described(INTEGER, "label"), ".5", 5, id="label scalar"),
        pytest.param(described(INTEGERS, "label"), ".3,4", [3, 4], id="label list"),
        pytest.param(described(INTEGERS, "label"), ".", [], id="label empty list"),
        pytest.param(described(INTEGERS, "label", True), ".3.4", [3, 4], id="label list exploded"),
        pytest.param(described(COLOR, "label"), ".R,1,G,2", {"R": 1, "G": 2}, id="label mapping"),
        pytest.param(
            described(COLOR, "label", True),
            ".R=1.G=2",
            {"R": 1, "G": 2},
            id="label mapping exploded",
        ),
        pytest.param(described(INTEGER, "matrix"), ";p=5", 5, id="matrix scalar"),
        pytest.param(described(STRING, "matrix"), ";p", "", id="matrix empty scalar"),
        pytest.param(described(INTEGERS, "matrix"), ";p=3,4", [3, 4], id="matrix list"),
        pytest.param(
            described(INTEGERS, "matrix", True), ";p=3;p=4", [3, 4], id="matrix list exploded"
        ),
        pytest.param(
            described(COLOR, "matrix"), ";p=R,1,G,2", {"R": 1, "G": 2}, id="matrix mapping"
        ),
        pytest.param(
            described(COLOR, "matrix", True),
            ";R=1;G=2",
            {"R": 1, "G": 2},
            id="matrix mapping exploded",
        ),
    ],
)
def test_path_parameters_are_read_by_style(tmp_path, told, text, value):
    api = build(tmp_path, {"parameters": [{"in": "path", "required": True, **told}]}, path="/a/{p}")
    judgement = ask(api, path_values={"p": text})
    assert judgement.values.path["p"] == value
    assert judgement.violations == ()


@pytest.mark.parametrize(
    ("told", "text"),
    [
        pytest.param(described(INTEGER, "label"), "5", id="label without its dot"),
        pytest.param(described(INTEGER, "matrix"), "5", id="matrix without its semicolon"),
        pytest.param(described(INTEGER, "matrix"), ";q=5", id="matrix of another name"),
        pytest.param(described(COLOR, "matrix", True), ";R", id="matrix mapping without values"),
        pytest.param(described(COLOR), "R,1,G", id="mapping with a name too many"),
        pytest.param(described(COLOR, explode=True), "R,1", id="exploded mapping without ="),
    ],
)
def test_a_path_value_that_is_not_in_its_style_is_a_violation(tmp_path, told, text):
    api = build(tmp_path, {"parameters": [{"in": "path", "required": True, **told}]}, path="/a/{p}")
    judgement = ask(api, path_values={"p": text})
    assert found(judgement.violations) == [("path", "p", "style")]
    assert judgement.values.path["p"] == text


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (described(COLOR), []),
        (described(COLOR, "deepObject"), []),
        (described(COLOR, explode=False), [("query", "required")]),
        (described({**COLOR, "required": ["R"]}), [("query", "required")]),
        (described(INTEGER), [("query", "required")]),
    ],
)
def test_an_exploded_object_may_leave_nothing_on_the_wire(tmp_path, told, expected):
    api = build(tmp_path, {"parameters": [{"in": "query", "required": True, **told}]})
    assert found(ask(api).violations) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [("p=2008-01-02", []), ("p=2008-01-03", [("query", "p", "format")])],
)
def test_what_the_document_shows_may_break_its_format(tmp_path, query, expected):
    schema = {"type": "string", "format": "date-time"}
    told = {"in": "query", **described(schema, example="2008-01-02")}
    assert found(ask(build(tmp_path, {"parameters": [told]}), f"/a?{query}").violations) == expected


def test_an_empty_path_segment_is_missed_at_the_path(tmp_path):
    api = build(tmp_path, {}, path="/a/{p}/b")
    assert found(ask(api, path_values={"p": ""}).violations) == [("path", "required")]


@pytest.mark.parametrize(
    ("told", "query", "value"),
    [
        pytest.param(described(INTEGER), "p=5", 5, id="form scalar"),
        pytest.param(described(STRING), "p=a+b%20c", "a b c", id="plus is a blank"),
        pytest.param(described(STRING), "p", "", id="name without ="),
        pytest.param(described(STRING), "p=%zz%", "%zz%", id="escapes that are none stay"),
        pytest.param(described(STRING), "p=%ff", "\ufffd", id="bytes that are not UTF-8"),
        pytest.param(described(STRING), "p=é", "é", id="UTF-8 without escapes"),
        pytest.param(described(STRING), "%70=x", "x", id="escaped name"),
        pytest.param(described(INTEGERS), "p=3&p=4", [3, 4], id="form list"),
        pytest.param(described(INTEGERS), "p=3", [3], id="form list of one"),
        pytest.param(described(STRINGS), "p=", [""], id="form list of one empty string"),
        pytest.param(described(STRINGS), "p=a,b", ["a,b"], id="a comma in an exploded item"),
        pytest.param(described(INTEGERS, explode=False), "p=3,4", [3, 4], id="form list in one"),
        pytest.param(described(INTEGERS, explode=False), "p=", [], id="form list in one, empty"),
        pytest.param(
            described(STRINGS, explode=False),
            "p=a%2Cb,c",
            ["a,b", "c"],
            id="escaped comma beside commas",
        ),
        pytest.param(
            described(STRINGS, explode=False),
            "p=a%2Cb",
            ["a", "b"],
            id="all commas escaped, as clients do",
        ),
        pytest.param(
            described(INTEGERS, explode=False), "p=3&p=4", [3, 4], id="repeated all the same"
        ),
        pytest.param(
            described(INTEGERS, "spaceDelimited", False), "p=3%204", [3, 4], id="spaceDelimited %20"
        ),
        pytest.param(
            described(INTEGERS, "spaceDelimited", False), "p=3+4", [3, 4], id="spaceDelimited +"
        ),
        pytest.param(
            described(INTEGERS, "spaceDelimited", True),
            "p=3&p=4",
            [3, 4],
            id="spaceDelimited exploded",
        ),
        pytest.param(
            described(INTEGERS, "pipeDelimited", False), "p=3|4", [3, 4], id="pipeDelimited"
        ),
        pytest.param(
            described(INTEGERS, "pipeDelimited", False),
            "p=3%7C4",
            [3, 4],
            id="pipeDelimited escaped",
        ),
        pytest.param(
            described(INTEGERS, "pipeDelimited", True),
            "p=3%7c4",
            [3, 4],
            id="pipeDelimited exploded in one",
        ),
        pytest.param(
            described(COLOR, "pipeDelimited", False),
            "p=R|1|G|2",
            {"R": 1, "G": 2},
            id="pipeDelimited mapping",
        ),
        pytest.param(described(COLOR), "R=1&x=3&G=2", {"R": 1, "G": 2}, id="form mapping exploded"),
        pytest.param(described(FREE), "R=1&G=2", {"R": 1, "G": 2}, id="form mapping of any names"),
        pytest.param(
            described(COLOR, explode=False), "p=R,1,G,2", {"R": 1, "G": 2}, id="form mapping in one"
        ),
        pytest.param(
            described(NESTED, "deepObject", True),
            "p[b][c]=1&p[ids][]=2&p[ids][]=3",
            {"b": {"c": 1}, "ids": [2, 3]},
            id="deepObject nested",
        ),
        pytest.param(
            described(NESTED, "deepObject", True),
            "p%5Bids%5D%5B1%5D=3&p[ids][0]=2",
            {"ids": [2, 3]},
            id="deepObject with indexes",
        ),
        pytest.param(
            described(NESTED, "deepObject", True),
            "p[ids]=2",
            {"ids": [2]},
            id="deepObject list of one",
        ),
        pytest.param(
            described(NESTED, "deepObject", True),
            "p[items][0][x]=1&p[items][1][x]=2",
            {"items": [{"x": 1}, {"x": 2}]},
            id="deepObject list of mappings",
        ),
        pytest.param(
            described(NESTED, "deepObject", True),
            "p[items][][x]=1&p[items][][x]=2",
            {"items": [{"x": 1}, {"x": 2}]},
            id="deepObject list of mappings without indexes",
        ),
        pytest.param(
            described(STRINGS, "deepObject", True), "p[]=a&p[]=b", ["a", "b"], id="deepObject list"
        ),
        pytest.param(
            described(STRINGS, "deepObject", True), "p[]=a", ["a"], id="deepObject list of one item"
        ),
        pytest.param(
            described(
                {"anyOf": [{"type": "object", "properties": {"gte": INTEGER}}, INTEGER]},
                "deepObject",
                True,
            ),
            "p=5",
            5,
            id="deepObject or a scalar, as Stripe has it",
        ),
        pytest.param(
            described({"type": "object", "additionalProperties": STRING}, "deepObject", True),
            "p[0]=a&p[1]=b",
            {"0": "a", "1": "b"},
            id="deepObject with numbers for names",
        ),
        pytest.param(
            described(STRINGS, name="ids[]"), "ids[]=a&ids%5B%5D=b", ["a", "b"], id="bracketed name"
        ),
    ],
)
def test_query_parameters_are_read_by_style(tmp_path, told, query, value):
    api = build(tmp_path, {"parameters": [{"in": "query", **told}]})
    judgement = ask(api, f"/a?{query}")
    assert judgement.values.query[told["name"]] == value
    assert judgement.violations == ()


@pytest.mark.parametrize("mapping", [COLOR, FREE])
def test_an_exploded_mapping_leaves_other_parameters_alone(tmp_path, mapping):
    told = [described(mapping, **{"in": "query"}), described(INTEGER, name="q", **{"in": "query"})]
    judgement = ask(build(tmp_path, {"parameters": told}), "/a?R=1&q=2")
    assert judgement.values.query["p"] == {"R": 1}
    assert judgement.values.query["q"] == 2


@pytest.mark.parametrize(
    ("schema", "text", "value"),
    [
        pytest.param(INTEGER, "-7", -7, id="integer"),
        pytest.param(INTEGER, "007", 7, id="leading zeros"),
        pytest.param(INTEGER, "1.0", 1, id="integer with a fraction of zero"),
        pytest.param(INTEGER, "1e3", 1000, id="integer with an exponent"),
        pytest.param({"type": "number"}, "1.5", 1.5, id="number"),
        pytest.param({"type": "number"}, "3", 3, id="number without fraction"),
        pytest.param({"type": "boolean"}, "true", True, id="true"),
        pytest.param({"type": "boolean"}, "false", False, id="false"),
        pytest.param({"type": ["integer", "null"]}, "null", None, id="null"),
        pytest.param(
            {"type": ["integer", "null"]}, "", None, id="nothing is null where no string is"
        ),
        pytest.param({"type": ["string", "null"]}, "null", "null", id="a string before null"),
        pytest.param({"type": ["string", "integer"]}, "5", "5", id="a string before an integer"),
        pytest.param({"type": ["integer", "string"]}, "5", 5, id="an integer before a string"),
        pytest.param(
            {"anyOf": [{"type": "integer", "maximum": 3}, STRING]},
            "5",
            "5",
            id="the branch that fits",
        ),
        pytest.param({"oneOf": [{"type": "boolean"}, INTEGER]}, "5", 5, id="oneOf"),
        pytest.param({"allOf": [{"type": "number"}, INTEGER]}, "5", 5, id="allOf"),
        pytest.param({"$ref": "#/components/schemas/N"}, "5", 5, id="a reference"),
        pytest.param({"$ref": "#/components/schemas/Loop"}, "5", "5", id="a circle"),
        pytest.param({"enum": [1, 2]}, "2", 2, id="the types of an enum"),
        pytest.param({"const": True}, "true", True, id="the type of a const"),
        pytest.param({}, "5", "5", id="no type"),
        pytest.param(True, "5", "5", id="a boolean schema"),
    ],
)
def test_strings_become_what_the_schema_wants(tmp_path, schema, text, value):
    components = {
        "schemas": {"N": INTEGER, "Loop": {"anyOf": [{"$ref": "#/components/schemas/Loop"}, {}]}}
    }
    told = described(schema, **{"in": "query"})
    judgement = ask(build(tmp_path, {"parameters": [told]}, components=components), f"/a?p={text}")
    assert judgement.values.query["p"] == value
    assert type(judgement.values.query["p"]) is type(value)
    assert judgement.violations == ()


def test_a_nullable_parameter_of_3_0_takes_null(tmp_path):
    told = described({"type": "integer", "nullable": True}, **{"in": "query"})
    api = build(tmp_path, {"parameters": [told]}, version="3.0.3")
    assert ask(api, "/a?p=null").values.query["p"] is None


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        pytest.param(INTEGER, "many", id="a word"),
        pytest.param(INTEGER, "", id="nothing"),
        pytest.param(INTEGER, "1.5", id="a fraction"),
        pytest.param(INTEGER, "1_0", id="Python's underscores"),
        pytest.param(INTEGER, "٣", id="digits of another script"),
        pytest.param(INTEGER, "9" * 5000, id="more digits than Python reads"),
        pytest.param({"type": "number"}, "1e999", id="more than a float holds"),
        pytest.param({"type": "number"}, "NaN", id="NaN"),
        pytest.param({"type": "boolean"}, "True", id="Python's True"),
        pytest.param(INTEGER, "1&p=2", id="two where one is wanted"),
        pytest.param({"type": "object"}, "x", id="a scalar for a deep object"),
    ],
)
def test_what_fits_no_type_is_judged_as_it_was_sent(tmp_path, schema, text):
    style = {"style": "deepObject"} if schema == {"type": "object"} else {}
    api = build(tmp_path, {"parameters": [described(schema, **{"in": "query"}, **style)]})
    assert found(ask(api, f"/a?p={text}").violations) == [("query", "p", "type")]


def test_a_huge_integer_is_judged_without_raising(tmp_path):
    api = build(
        tmp_path, {"parameters": [described({"type": "integer", "maximum": 5}, **{"in": "query"})]}
    )
    assert found(ask(api, f"/a?p={'9' * 300}").violations) == [("query", "p", "maximum")]


def test_headers_compare_without_case_and_several_lines_are_one_list(tmp_path):
    api = build(tmp_path, {"parameters": [described(INTEGERS, name="X-Ids", **{"in": "header"})]})
    assert ask(api, headers={"x-ids": " 1, 2"}).values.headers["x-ids"] == [1, 2]
    request = HttpRequest("POST", b"/a", headers=[(b"x-ids", b"1"), (b"x-ids", b"2, z")])
    judgement = Judge(api).judge_request(api.operations[0], request, {})
    assert judgement.values.headers["x-ids"] == [1, 2, "z"]
    assert found(judgement.violations) == [("header", "x-ids", 2, "type")]


def test_cookies_are_read_as_form_values_without_plus(tmp_path):
    told = [described(STRING, name="theme"), described(INTEGERS, name="ids", explode=False)]
    api = build(tmp_path, {"parameters": [{**one, "in": "cookie"} for one in told]})
    judgement = ask(api, headers={"Cookie": 'theme="a+b%20c"; ids=1,2; other=x; broken'})
    assert judgement.values.cookies == {"theme": "a+b c", "ids": [1, 2], "other": "x"}
    assert len(judgement.values.cookies) == 3
    assert judgement.violations == ()


@pytest.mark.parametrize("cookie", ["p=R=1,G=2", "R=1; x=3; G=2", "p=R,1,G,2"])
def test_an_exploded_mapping_in_cookies_is_read_in_every_form(tmp_path, cookie):
    api = build(tmp_path, {"parameters": [described(COLOR, **{"in": "cookie"})]})
    assert ask(api, headers={"Cookie": cookie}).values.cookies["p"] == {"R": 1, "G": 2}


def test_the_first_cookie_of_a_name_counts(tmp_path):
    judgement = ask(build(tmp_path, {}), headers={"Cookie": "a=1; a=2"})
    assert judgement.values.cookies["a"] == "1"


@pytest.mark.parametrize("location", ["query", "header", "cookie"])
def test_a_required_parameter_is_missed_at_its_parent(tmp_path, location):
    told = described(STRING, **{"in": location, "required": True})
    judgement = ask(build(tmp_path, {"parameters": [told]}))
    assert found(judgement.violations) == [(location, "required")]
    assert judgement.violations[0].place is not None


def test_a_deprecated_parameter_is_a_warning(tmp_path):
    api = build(
        tmp_path, {"parameters": [described(STRING, **{"in": "query", "deprecated": True})]}
    )
    assert ask(api).violations == ()
    (violation,) = ask(api, "/a?p=1").violations
    assert (violation.location, violation.keyword, violation.severity) == (
        ("query", "p"),
        "deprecated",
        "warning",
    )


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        pytest.param({}, [], id="the schema decides"),
        pytest.param({"allowEmptyValue": False}, [("query", "p", "allowEmptyValue")], id="refused"),
        pytest.param(
            {"schema": {**STRING, "minLength": 1}}, [("query", "p", "minLength")], id="by schema"
        ),
        pytest.param(
            {"schema": INTEGER, "allowEmptyValue": True}, [], id="allowed against the schema"
        ),
    ],
)
def test_an_empty_query_value(tmp_path, more, expected):
    api = build(tmp_path, {"parameters": [{**described(STRING), "in": "query", **more}]})
    judgement = ask(api, "/a?p=")
    assert found(judgement.violations) == expected
    assert judgement.values.query["p"] == ""


def test_a_parameter_may_be_a_document_of_its_own(tmp_path):
    content = {"application/json": {"schema": {"type": "object", "required": ["a"]}}}
    api = build(tmp_path, {"parameters": [{"name": "p", "in": "query", "content": content}]})
    judgement = ask(api, "/a?p=%7B%22a%22:1%7D")
    assert judgement.values.query["p"] == {"a": 1}
    assert found(ask(api, "/a?p={}").violations) == [("query", "p", "required")]
    assert found(ask(api, "/a?p={").violations) == [("query", "p", "parse")]
    assert write_parameter(parameter(api), {"a": "b"}) == "p=%7B%22a%22%3A+%22b%22%7D"


@pytest.mark.parametrize(
    ("content", "value"),
    [
        pytest.param({"application/json": {}}, {"a": 1}, id="JSON without a schema"),
        pytest.param({"text/plain": {"schema": STRING}}, '{"a":1}', id="no JSON"),
    ],
)
def test_content_parameters_without_json_schema(tmp_path, content, value):
    api = build(tmp_path, {"parameters": [{"name": "p", "in": "query", "content": content}]})
    judgement = ask(api, '/a?p={"a":1}')
    assert judgement.values.query["p"] == value
    assert judgement.violations == ()


def test_what_is_not_declared_is_a_string(tmp_path):
    judgement = ask(build(tmp_path, {}), "/a?x=1&x=2&y", {"X-A": "1"})
    assert judgement.values.query == {"x": "1", "y": ""}
    assert judgement.values.headers == {"x-a": "1"}
    assert judgement.values.headers.get("x-b") is None
    assert len(judgement.values.headers) == 1


def test_parameters_without_a_schema_are_strings(tmp_path):
    judgement = ask(build(tmp_path, {"parameters": [{"name": "p", "in": "query"}]}), "/a?p=1")
    assert judgement.values.query["p"] == "1"


def test_headers_are_written_in_latin_1(tmp_path):
    api = build(tmp_path, {"parameters": [described(STRINGS, name="X-A", **{"in": "header"})]})
    assert write_header(parameter(api), ["é", "€"]) == b"\xe9,?"


def test_no_message_repeats_what_was_sent(tmp_path):
    secret = "sk-live-12345678"
    told = [
        described(INTEGER, name=location, **{"in": location})
        for location in ("query", "header", "cookie")
    ]
    api = build(tmp_path, {"parameters": told})
    judgement = ask(api, f"/a?query={secret}", {"header": secret, "cookie": f"cookie={secret}"})
    assert len(judgement.violations) == 3
    assert not any(secret in violation.message for violation in judgement.violations)


def test_schemas_that_refer_to_one_another_in_many_ways_are_read_in_linear_time(tmp_path):
    def both(name):
        return {"anyOf": [{"$ref": f"#/components/schemas/{name}"}] * 2}

    schemas = {f"S{index}": both(f"S{index + 1}") for index in range(40)} | {"S40": INTEGER}
    told = described({"$ref": "#/components/schemas/S0"}, **{"in": "query", "name": "p"})
    api = build(tmp_path, {"parameters": [told]}, components={"schemas": schemas})
    shape = shapes_of(api.schemas, "request").at(parameter(api).schema)
    assert shape.read("5") == 5


def test_shapes_live_as_long_as_their_registry(tmp_path):
    api = build(tmp_path, {"parameters": [described(INTEGER, **{"in": "query"})]})
    assert ask(api, "/a?p=5").violations == ()
    gone = weakref.ref(api.schemas)
    del api
    gc.collect()
    assert gone() is None
