"""Merge patches by the appendix of RFC 7396, JSON patches by that of RFC 6902."""

from copy import deepcopy

import pytest
from hypothesis import given, strategies as st

from mockserver.mocking.resources_patch import CannotPatch, TestFailed, apply, merge

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3)
    ),
    max_leaves=8,
)


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_a_merge_patch_does_what_the_rfc_says(value, patch, expected):
    before = deepcopy((value, patch))
    assert merge(value, patch, lambda _: False) == expected
    assert (value, patch) == before


def test_null_stays_where_it_may():
    patch = {"a": None, "b": {"c": None}}
    assert merge({"a": 1, "b": {"c": 1}}, patch, lambda path: path == ("b", "c")) == {
        "b": {"c": None}
    }


@given(JSON, JSON)
def test_merging_twice_is_merging_once(value, patch):
    once = merge(value, patch, lambda _: False)
    assert merge(once, patch, lambda _: False) == once


@pytest.mark.parametrize(
    ("value", "patch", "expected"),
    [
        ({"foo": "bar"}, [{"op": "add", "path": "/baz", "value": "q"}], {"baz": "q", "foo": "bar"}),
        (
            {"foo": ["a", "c"]},
            [{"op": "add", "path": "/foo/1", "value": "b"}],
            {"foo": ["a", "b", "c"]},
        ),
        ({"foo": ["a"]}, [{"op": "add", "path": "/foo/-", "value": ["b"]}], {"foo": ["a", ["b"]]}),
        ({"baz": 1, "foo": 2}, [{"op": "remove", "path": "/baz"}], {"foo": 2}),
        ({"foo": [1, 2, 3]}, [{"op": "remove", "path": "/foo/1"}], {"foo": [1, 3]}),
        ({"baz": 1}, [{"op": "replace", "path": "/baz", "value": 2}], {"baz": 2}),
        ({"baz": [1]}, [{"op": "replace", "path": "/baz/0", "value": 2}], {"baz": [2]}),
        (
            {"a": {"b": 1}, "c": {}},
            [{"op": "move", "from": "/a/b", "path": "/c/d"}],
            {"a": {}, "c": {"d": 1}},
        ),
        ({"a": [1, 2]}, [{"op": "move", "from": "/a/0", "path": "/a/1"}], {"a": [2, 1]}),
        ({"a": [1]}, [{"op": "copy", "from": "/a", "path": "/b"}], {"a": [1], "b": [1]}),
        ({"a": 1}, [{"op": "test", "path": "/a", "value": 1.0}], {"a": 1}),
        ({"/": 9, "~1": 10}, [{"op": "test", "path": "/~01", "value": 10}], {"/": 9, "~1": 10}),
        ({"a": 1}, [{"op": "replace", "path": "", "value": {"b": 2}}], {"b": 2}),
        ({"a": 1}, [{"op": "add", "path": "", "value": [1]}], [1]),
        ({"a": 1}, [{"op": "remove", "path": ""}], None),
        ({"a": 1}, [], {"a": 1}),
    ],
)
def test_a_json_patch_does_what_the_rfc_says(value, patch, expected):
    before = deepcopy((value, patch))
    assert apply(value, patch) == expected
    assert (value, patch) == before


@pytest.mark.parametrize(
    ("patch", "message"),
    [
        ({}, "a JSON Patch is a list of operations"),
        ([1], "operation 0: it is no object"),
        ([{"path": "/a"}], "operation 0 lacks 'op'"),
        ([{"op": "add", "path": "/a"}], "operation 0 lacks 'value'"),
        ([{"op": "jump", "path": "/a"}], "operation 0: 'jump' is no operation of RFC 6902"),
        ([{"op": "remove", "path": "a"}], "operation 0: a path is a JSON Pointer"),
        ([{"op": "remove", "path": 1}], "operation 0: a path is a JSON Pointer"),
        ([{"op": "remove", "path": "/a" * 101}], "operation 0: a path has at most 100 parts"),
        ([{"op": "remove", "path": "/b"}], "operation 0: there is no 'b'"),
        ([{"op": "remove", "path": "/l/7"}], "operation 0: there is no index '7'"),
        ([{"op": "remove", "path": "/l/00"}], "operation 0: there is no index '00'"),
        ([{"op": "add", "path": "/l/x", "value": 1}], "operation 0: there is no index 'x'"),
        ([{"op": "add", "path": "/a/x", "value": 1}], "operation 0: there is no 'x'"),
        (
            [{"op": "move", "from": "/l", "path": "/l/0"}],
            "operation 0: a value cannot move into itself",
        ),
        (
            [{"op": "test", "path": "", "value": 1}] * 1001,
            "more than 1,000 operations are not applied",
        ),
        ([{"op": "copy", "from": "", "path": "/l/-"}] * 30, "operation 16 copies too much"),
    ],
)
def test_a_json_patch_that_cannot_be_applied(patch, message):
    with pytest.raises(CannotPatch) as raised:
        apply({"a": 1, "l": [1]}, patch)
    assert str(raised.value) == message
    assert not isinstance(raised.value, TestFailed)


def test_a_test_that_fails_is_told_apart():
    with pytest.raises(TestFailed, match="operation 0: the value at '/a' is another"):
        apply({"a": True}, [{"op": "test", "path": "/a", "value": 1}])


@pytest.mark.parametrize("copies", [1, 12])
def test_a_value_gets_no_deeper_than_is_read(copies):
    deep: list[object] = []
    for _ in range(90):
        deep = [deep]
    steps = [{"op": "add", "path": "/a", "value": deep}]
    steps += [{"op": "copy", "from": "/a", "path": "/a" + "/0" * 90 + "/-"}] * copies
    with pytest.raises(CannotPatch, match="the value would be deeper than 100 levels"):
        apply({}, steps)


@given(JSON, JSON)
def test_what_is_added_is_there_and_removed_is_gone(value, member):
    steps = [
        {"op": "add", "path": "/new", "value": member},
        {"op": "test", "path": "/new", "value": member},
    ]
    assert apply({"old": value}, steps) == {"old": value, "new": member}
    assert apply({"old": value}, [*steps, {"op": "remove", "path": "/new"}]) == {"old": value}
