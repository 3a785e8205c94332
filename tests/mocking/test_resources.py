"""Collections that keep their items: what requests do to them, and the answers that show it."""

import json

import pytest

from mockserver.mocking.decide import MockOptions
from mockserver.mocking.resources_state import MOST_BYTES, MOST_ITEMS
from mockserver.state.store import MemoryStore
from tests.mocking.building import build, header
from tests.mocking.shelf import DOCUMENT, FIXTURES, Client, shelf

PATCH = "application/json-patch+json"


@pytest.fixture
def client(tmp_path):
    return shelf(tmp_path)


def titles(client, line="GET /books"):
    return [book["title"] for book in client.send(line)[1]["data"]]


def test_what_is_created_is_there(client):
    made = client.decide("POST /books", {"title": "Emma", "secret": "s", "shelf": "Z", "id": 77})
    assert made.response.status == 201
    assert json.loads(made.response.body) == {
        "id": 1,
        "title": "Emma",
        "genre": "novel",
        "shelf": "A1",
    }
    assert header(made, "location") == "/books/1"
    assert made.reasons.why.startswith("resource; /books created; ")
    assert client.send("GET /books/1") == (200, json.loads(made.response.body))
    assert client.decide("HEAD /books/1").response.status == 200
    assert titles(client) == ["Emma"]


def test_a_session_has_its_own_until_it_is_reset(client):
    client.send("POST /books", {"title": "Emma"})
    assert titles(Client(client.mock, client.store, "b")) == []
    client.store.session("a").values.clear()
    assert titles(client) == []


def test_what_is_deleted_is_gone_with_all_below_and_its_number(client):
    for title in ("a", "b"):
        client.send("POST /books", {"title": title})
    client.send("POST /books/2/notes", {"text": "x"})
    assert client.send("DELETE /books/2") == (204, None)
    assert client.send("GET /books/2") == (404, {"error": "gone"})
    assert client.send("GET /books/2/cover") == (404, None)
    assert client.send("GET /books/2/notes")[0] == 404
    problem = client.decide("DELETE /books/2")
    assert header(problem, "x-mock-error") == "no-such-item"
    assert problem.reasons.why.startswith("resource; /books; no-such-item; ")
    assert client.send("POST /books", {"title": "c"})[1]["id"] == 3
    assert all("/2" not in key for key in client.store.session("a").values)


def test_put_replaces_but_what_the_server_sets(client):
    client.send("POST /books", {"title": "a", "pages": 3})
    book = {"id": 1, "title": "b", "genre": "novel", "shelf": "A1"}
    assert client.send("PUT /books/1", {"title": "b", "shelf": "Q"}) == (200, {"book": book})
    assert client.send("GET /books/1") == (200, book)
    assert client.send("PUT /books/1", {"book": {"title": "c"}})[0] == 422
    assert client.send("PUT /books/9", {"title": "b"})[0] == 404


def test_put_creates_where_the_document_says_so(client):
    client.send("POST /books", {"title": "a"})
    line = "PUT /books/1/notes/x"
    assert client.send(line, {"text": "n"}) == (201, {"id": "x", "text": "n", "bookId": 1})
    assert client.send(line, {"text": "m"}) == (200, {"id": "x", "text": "m", "bookId": 1})
    assert client.send("DELETE /books/1/notes/x") == (200, {"deleted": True})
    assert client.send("GET /books/1/notes") == (200, [])


def test_an_envelope_round_the_item_is_taken_off(client):
    client.send("POST /books", {"title": "a"})
    assert client.send("POST /books/1/notes", {"note": {"text": "n"}})[1]["text"] == "n"
    assert client.send("POST /books/1/notes", {"more": [1]})[1]["more"] == [1]
    assert client.send("POST /books/1/notes")[1]["text"] == "hm"
    assert client.send("POST /books/1/notes", {"text": "z", "id": "own"})[1]["id"] == "own"
    taken = client.decide("POST /books/1/notes", {"id": "own"})
    assert (taken.response.status, header(taken, "x-mock-error")) == (409, "item-exists")


@pytest.mark.parametrize(
    ("patch", "headers", "expected"),
    [
        ({"title": "b"}, {}, {"title": "b"}),
        ({"pages": None, "tags": None}, {}, {"pages": None, "tags": "absent"}),
        ({"pages": None}, {"Content_Type": "application/merge-patch+json"}, {"pages": "absent"}),
        ({"id": 5, "shelf": "Q", "genre": None}, {}, {"id": 1, "shelf": "A1", "genre": "novel"}),
        (
            [{"op": "replace", "path": "/title", "value": "c"}],
            {"Content_Type": PATCH},
            {"title": "c"},
        ),
    ],
)
def test_patch_changes(client, patch, headers, expected):
    client.send("POST /books", {"title": "a", "pages": 3, "tags": ["x"], "genre": "war"})
    status, book = client.send("PATCH /books/1", patch, **headers)
    assert status == 200
    assert {name: book.get(name, "absent") for name in expected} == expected
    assert client.send("GET /books/1") == (200, book)


@pytest.mark.parametrize(
    ("patch", "status", "error"),
    [
        ([{"op": "test", "path": "/title", "value": "b"}], 409, "patch-conflict"),
        ([{"op": "remove", "path": "/nothing"}], 422, "bad-patch"),
        ([{"op": "replace", "path": "", "value": 1}], 422, "bad-patch"),
    ],
)
def test_a_json_patch_that_does_not_apply_changes_nothing(client, patch, status, error):
    client.send("POST /books", {"title": "a"})
    answer = client.decide("PATCH /books/1", patch, Content_Type=PATCH)
    assert (answer.response.status, header(answer, "x-mock-error")) == (status, error)
    assert titles(client) == ["a"]
    assert client.send("PATCH /books/2", patch, Content_Type=PATCH)[0] == 404


def test_what_is_no_object_is_left_to_the_document(client):
    client.send("POST /books", {"title": "a"})
    answer = client.decide("PATCH /books/1", [1])
    assert answer.reasons.why.startswith("document; ")


def test_lists_are_filtered_sorted_and_paged(client):
    for title, genre, pages in (
        ("a", "war", 9),
        ("b", "novel", 2),
        ("c", "war", None),
        ("d", "war", 1),
    ):
        client.send(
            "POST /books", {"title": title, "genre": genre, "pages": pages, "tags": [title, "x"]}
        )
    assert titles(client) == ["a", "b"]
    assert titles(client, "GET /books?limit=3&offset=1") == ["b", "c", "d"]
    assert titles(client, "GET /books?genre=war&limit=3") == ["a", "c", "d"]
    assert titles(client, "GET /books?tags=b&tags=d") == ["b", "d"]
    assert titles(client, "GET /books?pages=9") == ["a"]
    assert titles(client, "GET /books?limit=3&sort_by=pages&order=desc") == ["a", "b", "d"]
    page = client.decide("GET /books?limit=1&offset=1&genre=war")
    assert header(page, "x-total-count") == "3"
    assert header(page, "link") == '</books?limit=1&genre=war&offset=2>; rel="next"'
    body = json.loads(page.response.body)
    assert {name: body[name] for name in ("kind", "total", "next", "meta")} == {
        "kind": "list",
        "total": 3,
        "next": "/books?limit=1&genre=war&offset=2",
        "meta": {"has_more": True, "count": 3},
    }
    last = client.decide("GET /books?offset=3")
    assert header(last, "link") is None
    assert json.loads(last.response.body)["next"] is None


def test_every_session_begins_with_the_seed(tmp_path):
    fixtures = """
    resources:
      /books:
        id: /id
        items: [{id: 4, title: a}, {id: 5, title: b, shelf: Q}]
      /books/{id}/notes:
        id: /id
        items: [{id: x, bookId: 4}, {id: y, bookId: 5}, {id: z}]
    """
    client = shelf(tmp_path, fixtures)
    other = Client(client.mock, client.store, "b")
    assert client.send("GET /books/5")[1] == {
        "id": 5,
        "title": "b",
        "genre": "novel",
        "shelf": "Q",
    }
    assert client.send("GET /books/4")[1]["shelf"] == "A1"
    client.send("DELETE /books/4")
    client.send("PATCH /books/5", {"title": "c"})
    assert titles(client) == ["c"]
    assert titles(other) == ["a", "b"]
    assert client.send("POST /books", {"title": "d"})[1]["id"] == 6
    assert [note["id"] for note in other.send("GET /books/4/notes")[1]] == ["x", "z"]
    other.send("DELETE /books/5/notes/z")
    assert [note["id"] for note in other.send("GET /books/5/notes")[1]] == ["y"]


def test_cases_scenarios_and_wishes_go_before(tmp_path):
    fixtures = f"""
    {FIXTURES}
    cases:
      getBook:
        special: {{when: {{path: {{bookId: 7}}}}, then: {{status: 404, body: {{special: true}}}}}}
        used: {{when: never, then: {{status: 404, body: {{used: true}}}}}}
    scenarios:
      s: {{use: {{getBook: used}}}}
      moving: {{states: {{initial: a, a: {{go: {{createBook: b}}}}, b: {{use: {{getBook: used}}}}}}}}
    """
    client = shelf(tmp_path, fixtures)
    assert client.send("GET /books/7") == (404, {"special": True})
    assert client.send("GET /books/8", X_Mock_Scenario="s") == (404, {"used": True})
    assert client.send("GET /books/8", Prefer="code=200")[0] == 200
    assert client.send("POST /books", {"title": 1})[0] == 422
    assert client.send("POST /books", {"title": "a"}, X_Mock_Scenario="moving")[0] == 201
    assert client.send("GET /books/1", X_Mock_Scenario="moving") == (404, {"used": True})
    assert titles(client) == ["a"]


def test_an_answer_that_the_client_does_not_take_changes_nothing(client):
    assert client.send("POST /books", {"title": "a"}, Accept="text/html")[0] == 406
    assert titles(client) == []


def test_of_two_changes_at_once_one_is_decided_again(client):
    client.send("POST /books", {"title": "a"})
    session, store = client.store.session("a"), MemoryStore()
    store.session("a").values.update(session.values)
    late = Client(client.mock, store).decide("POST /books/1/notes", {"text": "late"})
    client.send("DELETE /books/1")
    assert late.advance
    assert not client.store.advance(session, late.advance)


def test_the_session_is_bounded(client):
    for number in range(MOST_ITEMS):
        client.send("POST /books", {"title": str(number)})
    full = client.decide("POST /books", {"title": "c"})
    assert (full.response.status, header(full, "x-mock-error")) == (507, "resource-full")
    large = {"title": "x" * (MOST_BYTES - MOST_ITEMS * 400)}
    assert client.send("PATCH /books/1", large)[0] == 200
    assert client.send("PATCH /books/2", large)[0] == 507
    assert client.send("POST /books/2/notes", {"text": large["title"]})[0] == 507
    assert client.send("PATCH /books/1", {"title": "x"})[0] == 200
    assert client.send("PATCH /books/2", large)[0] == 200


def test_the_same_seed_makes_the_same_identifiers(tmp_path):
    made = []
    for name in "ab":
        folder = tmp_path / name
        folder.mkdir()
        document = DOCUMENT.replace(
            "id: {type: integer, readOnly: true}",
            "id: {type: string, format: uuid, readOnly: true}",
        )
        client = Client(build(folder, document, FIXTURES, MockOptions(explain=False)))
        made.append([client.send("POST /books", {"title": "a"})[1]["id"] for _ in range(2)])
    assert made[0] == made[1]
    assert made[0][0] != made[0][1]
    assert [len(each) for each in made[0]] == [36, 36]


PETS = """
    openapi: 3.0.3
    info: {title: t, version: "1"}
    paths:
      /pet:
        post: &take
          requestBody: {content: {application/json: {}, text/plain: {}}}
          responses: {default: {description: a pet, content: {application/json: {schema: &pet {properties: {id: {enum: [1, 2]}, name: {type: string}}}}}}}
        put: {requestBody: {content: {application/json: {}, text/plain: {}}}, responses: {"200": {description: a pet, content: {application/json: {schema: *pet}}}}}
        delete: {responses: {"204": {description: all gone}}}
      /pet/{id}:
        parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
        get: {responses: {"200": {description: text, content: {text/plain: {schema: {type: string, example: own}}}}}}
        put: {requestBody: {content: {application/json: {}, text/plain: {}}}, responses: {"201": {description: a pet}}}
        post:
          parameters: [{name: name, in: query, schema: {type: string}}, {name: other, in: query, schema: {type: string}}]
          responses: {"200": {description: a pet, content: {application/json: {schema: *pet}}}}
      /bare: {post: {responses: {}}}
"""


@pytest.fixture
def pets(tmp_path):
    return Client(build(tmp_path, PETS, "resources: {/pet: {id: /id}, /bare: {id: /x}}"))


def test_an_item_may_be_replaced_by_its_collection(pets):
    assert pets.send("POST /pet", {"name": "a", "id": 2}) == (200, {"id": 2, "name": "a"})
    assert pets.send("PUT /pet", {"name": "b", "id": 2}) == (200, {"id": 2, "name": "b"})
    assert pets.send("PUT /pet", {"name": "b", "id": 1})[0] == 404
    assert pets.decide("PUT /pet", {"name": "b"}).reasons.why.startswith("document; ")
    assert pets.decide("PUT /pet", [1]).reasons.why.startswith("document; ")
    assert pets.decide("DELETE /pet").reasons.why.startswith("document; ")


def test_a_query_may_change_an_item(pets):
    pets.send("POST /pet", {"name": "a"})
    assert pets.send("POST /pet/1?name=b&other=c") == (200, {"id": 1, "name": "b"})
    assert pets.decide("POST /pet/2?name=b").response.status == 404


def test_an_answer_without_a_place_for_the_item_is_the_documents(pets):
    pets.send("POST /pet", {"name": "a"})
    answer = pets.decide("GET /pet/1")
    assert answer.response.body == b"own"
    assert answer.reasons.why.startswith("resource; /pet read; generated; ")


def test_what_cannot_be_created_is_left_to_the_document(pets):
    for _ in range(2):
        assert pets.decide("POST /pet", {"name": "a"}).reasons.why.startswith(
            "resource; /pet created; "
        )
    assert pets.decide("POST /pet", {"name": "a"}).reasons.why.startswith("document; ")
    assert pets.decide("POST /pet", ["a"]).reasons.why.startswith("document; ")
    assert pets.decide("PUT /pet/1", ["a"]).reasons.why.startswith("document; ")
    # ``default`` is the success here, and cannot say that something is wrong.
    assert header(pets.decide("POST /pet", {"id": 1}), "x-mock-error") == "item-exists"
    assert pets.decide("PUT /pet/9", {"name": "z"}).response.status == 201


def test_an_operation_without_answers_creates_all_the_same(pets):
    answer = pets.decide("POST /bare")
    assert (answer.response.status, answer.response.body) == (201, b"")
    assert pets.store.session("a").values["item /bare/1"] == {"x": 1}


def test_below_is_recognised_whatever_its_parameters_are_called(client):
    client.send("POST /books", {"title": "a"})
    assert client.decide("GET /books/1/cover").reasons.why.startswith("document; ")
    made = client.decide("POST /books/1/notes", {})
    assert made.advance
    assert [change.key for change in made.advance.changes] == [
        "items /books",
        "items /books/1/notes",
        "item /books/1/notes/1",
    ]


def test_an_item_need_not_name_what_it_lies_below(tmp_path):
    document = DOCUMENT.replace(", bookId: {type: integer}", "")
    client = Client(build(tmp_path, document, FIXTURES))
    client.send("POST /books", {"title": "a"})
    assert client.send("POST /books/1/notes", {}) == (201, {"id": "1", "text": "hm"})


def test_an_identifier_may_be_any_text(client):
    client.send("POST /books", {"title": "a"})
    for name in ("a/b", " ", "\x7f", "%2F", "é"):
        assert client.send("POST /books/1/notes", {"id": name})[1]["id"] == name
    assert client.send("GET /books/1/notes/a%2Fb")[0] == 200
    assert client.send("DELETE /books/1/notes/%252F")[0] == 200
    assert len(client.send("GET /books/1/notes")[1]) == 4
    assert (
        client.send("POST /books/1/notes", {"id": "\ud800"})[0] == 201
    )  # no JSON value to a judge


def test_creations_at_once_get_identifiers_of_their_own(client):
    late = Client(client.mock).decide("POST /books", {"title": "late"})
    assert client.send("POST /books", {"title": "first"})[1]["id"] == 1
    assert late.advance
    assert not client.store.advance(client.store.session("a"), late.advance)
    assert client.send("POST /books", {"title": "late"})[1]["id"] == 2
