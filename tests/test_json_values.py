"""JSON from strangers: one reading, strict where the standard leaves a choice."""

import json

import pytest
from hypothesis import given, strategies as st

from mockserver.json_values import MAX_DEPTH, JsonError, decode_json, is_deeper

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back(value: object) -> None:
    assert decode_json(json.dumps(value)) == value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        pytest.param(b'\xef\xbb\xbf{"a":1}', {"a": 1}, id="byte order mark"),
        pytest.param('"é"', "é", id="text"),
        pytest.param(b"1" * 4300, int("1" * 4300), id="as many digits as are read"),
        pytest.param("[" * MAX_DEPTH + "]" * MAX_DEPTH, None, id="as deep as is read"),
        pytest.param('{"a[[[[":"' + "[" * 200 + '"}', {"a[[[[": "[" * 200}, id="brackets in strings"),
        pytest.param('["\\"' + "[" * 200 + '"]', ['"' + "[" * 200], id="escaped quotes"),
    ],
)  # fmt: skip
def test_unusual_texts_are_read(text: bytes | str, value: object) -> None:
    found = decode_json(text)
    assert value is None or found == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ('{"a":1,"b":2,"a":3}', "the name 'a' stands twice in one object"),
        (b'"\xff"', "byte 1 is not UTF-8"),
        ("", "this is not JSON: expecting value"),
        ("{'a':1}", "this is not JSON: expecting property name enclosed in double quotes"),
        ("1" * 4301, "an integer has more than 4,300 digits"),
        ("[" * 101 + "]" * 101, "nesting goes deeper than 100 levels"),
        ('{"a":' * 101 + "1" + "}" * 101, "nesting goes deeper than 100 levels"),
        ("[" * 100_000, "nesting goes deeper than 100 levels"),
    ],
)
def test_what_is_not_acceptable_says_why(text: bytes | str, message: str) -> None:
    with pytest.raises(JsonError, match="^" + message):
        decode_json(text)


def test_an_error_tells_line_and_column_where_the_decoder_does() -> None:
    with pytest.raises(JsonError) as caught:
        decode_json('{\n "a": tru}')
    assert (caught.value.line, caught.value.column) == (2, 7)


def _depth(value: object) -> int:
    if isinstance(value, list):
        return 1 + max(map(_depth, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 0


@given(VALUES, st.integers(0, 6))
def test_depth_is_that_of_the_value(value: object, levels: int) -> None:
    assert is_deeper(json.dumps(value).encode(), levels) == (_depth(value) > levels)
