"""Lists: what query parameters mean, and what envelopes and headers say of a page."""

import json

import pytest
import yaml

from mockserver.mocking.resources_lists import fold
from tests.mocking.building import build, header
from tests.mocking.shelf import Client

ITEM = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "rank": {"type": "number"},
        "created_at": {"type": "string"},
        "owner": {
            "type": "object",
            "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
        },
        "labels": {"type": "array", "items": {"type": "object"}},
        "size": {"type": "string"},
    },
}
ITEMS = [
    {"id": "a", "rank": 2, "created_at": "x", "owner": {"name": "Ann", "age": 3}, "size": "s"},
    {
        "id": "b",
        "rank": 10,
        "owner": {"name": "Bob"},
        "labels": [{"name": "red"}, {"name": "blue"}],
    },
    {"id": "c", "created_at": "y", "size": "l"},
    {"id": "d", "rank": 10.5, "created_at": "x"},
    {"id": "e"},
]
ARRAY = {"type": "array", "items": ITEM}
WHOLE = {"type": "integer"}
TEXT = {"type": "string"}


def lists(folder, parameters, schema, *, headers=None, **resource) -> Client:
    """Return a client of a collection with query parameters (name to schema) and the schema of its list."""
    query = [{"name": name, "in": "query", "schema": told} for name, told in parameters.items()]
    answer = {"description": "ok", "content": {"application/json": {"schema": schema}}}
    if headers:
        answer["headers"] = {name: {"schema": told} for name, told in headers.items()}
    listing = {"parameters": query, "responses": {"200": answer}}
    one = {
        "parameters": [{"name": "id", "in": "path", "required": True, "schema": TEXT}],
        "responses": {
            "200": {"description": "ok", "content": {"application/json": {"schema": ITEM}}}
        },
    }
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/things": {"get": listing},
            "/things/{id}": {"get": one},
            "/find": {"get": listing},
        },
    }
    fixtures = {"resources": {"/things": {"id": "/id", "items": ITEMS, **resource}}}
    return Client(build(folder, yaml.safe_dump(document), yaml.safe_dump(fixtures)))


def names(client: Client, query: str) -> str:
    status, body = client.send(f"GET /things?{query}")
    assert status == 200
    return "".join(item["id"] for item in body)


LIMIT = {**WHOLE, "default": 2, "maximum": 4}


@pytest.mark.parametrize(
    ("parameters", "query", "expected"),
    [
        ({}, "", "abcde"),
        ({}, "limit=2&rank=2", "abcde"),
        ({"limit": LIMIT}, "", "ab"),
        ({"limit": LIMIT}, "limit=3", "abc"),
        ({"limit": LIMIT}, "limit=0", ""),
        ({"limit": {"default": "3"}}, "", "abc"),
        ({"limit": {"default": True, "maximum": 4}}, "", "abcd"),
        ({"pageSize": LIMIT, "skip": WHOLE}, "pageSize=2&skip=1", "bc"),
        ({"per_page": LIMIT, "page": WHOLE}, "page=2", "cd"),
        ({"per_page": LIMIT, "page": {**WHOLE, "minimum": 0}}, "page=2", "e"),
        ({"per_page": LIMIT, "page": {**WHOLE, "default": 0}}, "page=9", ""),
        ({"page": WHOLE}, "page=3", "abcde"),
        ({"limit": LIMIT, "offset": TEXT}, "offset=x", "ab"),
        ({"limit": LIMIT, "starting_after": TEXT}, "starting_after=b", "cd"),
        ({"limit": LIMIT, "starting_after": TEXT}, "starting_after=zzz", ""),
        ({"limit": LIMIT, "starting_after": TEXT}, "starting_after=", "ab"),
        ({"limit": LIMIT, "ending_before": TEXT}, "ending_before=d", "bc"),
        ({"ending_before": TEXT}, "ending_before=d", "abc"),
        ({"ending_before": TEXT}, "ending_before=zzz", ""),
        ({"rank": {"type": "number"}}, "rank=10", "b"),
        ({"rank": TEXT}, "rank=10", "b"),
        ({"createdAt": TEXT}, "createdAt=x", "ad"),
        ({"owner": TEXT}, "owner=Bob", "b"),
        ({"owner": {"type": "object"}}, "name=Bob", "b"),
        ({"owner": {"type": "object"}}, "age=3&name=Ann", "a"),
        ({"owner": {"type": "object"}}, "age=4&name=Ann", ""),
        ({"labels": TEXT}, "labels=blue", "b"),
        ({"filter[size]": TEXT}, "filter[size]=l", "c"),
        ({"created_at": {"type": "array", "items": TEXT}}, "created_at=x&created_at=y", "acd"),
        ({"size": TEXT}, "size=l", "c"),
        ({"sort": TEXT}, "sort=rank", "ceabd"),
        ({"sort": TEXT}, "sort=-rank", "dbace"),
        ({"sort": TEXT}, "sort=rank:desc", "dbace"),
        ({"sort": TEXT}, "sort=%2Bcreated_at,-rank", "bedac"),
        ({"sort": TEXT}, "sort=owner.name", "cdeab"),
        ({"sort": TEXT}, "sort=asc", "abcde"),
        ({"sort": {"type": "array", "items": TEXT}}, "sort=created_at&sort=rank", "ebadc"),
        ({"order_by": TEXT, "direction": TEXT}, "order_by=id&direction=DESC", "edcba"),
    ],
)
def test_query_parameters_by_their_names(tmp_path, parameters, query, expected):
    assert names(lists(tmp_path, parameters, ARRAY), query) == expected


def test_query_parameters_as_the_fixtures_say(tmp_path):
    client = lists(
        tmp_path,
        {"n": LIMIT, "p": WHOLE, "who": TEXT, "size": WHOLE},
        ARRAY,
        paging={"limit": "n", "page": "p"},
        filters={"who": "/owner/name"},
        lists=["/find"],
    )
    assert names(client, "n=2&p=2") == "cd"
    assert names(client, "who=Ann") == "a"
    assert [item["id"] for item in client.send("GET /find?n=1")[1]] == ["a"]


PAGED = {"limit": LIMIT, "offset": WHOLE}
NUMBERED = {"limit": LIMIT, "page": WHOLE}
CURSOR = {"limit": LIMIT, "cursor": TEXT}


@pytest.mark.parametrize(
    ("parameters", "members", "query", "expected"),
    [
        (PAGED, {"totalCount": WHOLE, "count": WHOLE}, "", {"totalCount": 5, "count": 2}),
        (PAGED, {"count": WHOLE}, "", {"count": 5}),
        (PAGED, {"limit": WHOLE, "offset": WHOLE}, "offset=1", {"limit": 2, "offset": 1}),
        (NUMBERED, {"page": WHOLE, "total_pages": WHOLE}, "page=2", {"page": 2, "total_pages": 3}),
        (NUMBERED, {"next_page": WHOLE}, "page=2", {"next_page": 3}),
        (NUMBERED, {"next_page": WHOLE}, "page=3", {}),
        (
            NUMBERED,
            {"next": TEXT, "previous": TEXT},
            "page=2",
            {"next": "/things?page=3", "previous": "/things?page=1"},
        ),
        (
            PAGED,
            {"next": TEXT, "previous": {"type": ["string", "null"]}},
            "",
            {"next": "/things?offset=2", "previous": None},
        ),
        (
            PAGED,
            {"next": TEXT, "previous": TEXT},
            "offset=3",
            {"next": "", "previous": "/things?offset=1"},
        ),
        (
            CURSOR,
            {"next_cursor": {"type": ["string", "null"]}, "next": TEXT},
            "cursor=a",
            {"next_cursor": "c", "next": "/things?cursor=c"},
        ),
        (CURSOR, {"next_cursor": {"type": ["string", "null"]}}, "cursor=c", {"next_cursor": None}),
        (CURSOR, {"previous": {"type": ["string", "null"]}}, "cursor=c", {"previous": None}),
        ({"limit": LIMIT}, {"next": TEXT}, "", {}),
        (
            PAGED,
            {"has_more": {"type": "boolean"}, "hasPrevious": {"type": "boolean"}},
            "offset=2",
            {"has_more": True, "hasPrevious": True},
        ),
        (
            {},
            {"totalPages": WHOLE, "limit": WHOLE, "page": WHOLE},
            "",
            {"totalPages": 1, "page": 1},
        ),
        (PAGED, {"total": TEXT}, "", {}),
        (
            PAGED,
            {
                "meta": {
                    "type": "object",
                    "properties": {"page": {"type": "object", "properties": {"total": WHOLE}}},
                }
            },
            "",
            {"meta": {"page": {"total": 5}}},
        ),
        (PAGED, {"other": {"type": "object", "properties": {"a": TEXT}}}, "", {}),
    ],
)
def test_what_an_envelope_says(tmp_path, parameters, members, query, expected):
    schema = {"type": "object", "required": ["things"], "properties": {"things": ARRAY, **members}}
    status, body = lists(tmp_path, parameters, schema).send(f"GET /things?{query}")
    assert status == 200
    del body["things"]
    assert body == expected


def test_a_list_may_lie_deeper(tmp_path):
    inner = {"type": "object", "properties": {"things": ARRAY, "total": WHOLE}}
    schema = {
        "type": "object",
        "properties": {"data": inner, "tags": {"type": "array", "items": TEXT}},
    }
    _, body = lists(tmp_path, {"limit": {"default": 1}}, schema).send("GET /things")
    assert body == {"data": {"things": [ITEMS[0]], "total": 5}}


def test_headers_say_so_too(tmp_path):
    headers = {"X-Total": WHOLE, "Link": TEXT, "X-Total-Pages": WHOLE}
    client = lists(tmp_path, PAGED, ARRAY, headers=headers)
    answer = client.decide("GET /things?offset=1")
    assert header(answer, "x-total") == "5"
    assert header(answer, "link") == '</things?offset=3>; rel="next"'
    assert header(client.decide("GET /things?offset=3"), "link") is None


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "array", "items": TEXT, "example": ["own"]},
        {"type": "object", "properties": {"a": ARRAY, "b": ARRAY}, "example": ["own"]},
        {"type": "string", "example": ["own"]},
        {**ARRAY, "maxItems": 2, "example": ["own"]},
    ],
)
def test_what_has_no_place_for_the_items_is_the_documents(tmp_path, schema):
    answer = lists(tmp_path, {}, schema).decide("GET /things")
    assert answer.response.status == 200
    assert json.loads(answer.response.body) != ITEMS
    assert "generated" in answer.reasons.why


def test_without_a_schema_items_are_as_they_are(tmp_path):
    document = {
        "openapi": "3.1.0",
        "info": {"title": "t", "version": "1"},
        "paths": {
            "/things": {
                "get": {
                    "responses": {"200": {"description": "ok", "content": {"application/json": {}}}}
                }
            },
            "/things/{id}": {
                "get": {
                    "responses": {"200": {"description": "ok", "content": {"application/json": {}}}}
                }
            },
        },
    }
    fixtures = {"resources": {"/things": {"id": "/id", "items": ITEMS}}}
    client = Client(build(tmp_path, yaml.safe_dump(document), yaml.safe_dump(fixtures)))
    assert client.send("GET /things") == (200, ITEMS)
    assert client.send("GET /things/b") == (200, ITEMS[1])


def test_names_are_compared_without_case_and_punctuation():
    assert fold("Per-Page_") == fold("perPage") == "perpage"
