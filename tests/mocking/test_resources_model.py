"""Any sequence of requests to a resource does what it would do to a dictionary."""

from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from hypothesis import given, settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mockserver.mocking.resources_state import MOST_ITEMS
from mockserver.validation.validate import Judge
from tests.mocking.shelf import Client, shelf

TITLES = st.text(max_size=5)
CHANGES = st.fixed_dictionaries(
    {},
    optional={
        "title": TITLES,
        "genre": st.sampled_from(["novel", "war"]),
        "pages": st.none() | st.integers(0, 9),
        "tags": st.lists(st.sampled_from("xyz"), max_size=2),
    },
)
SEEDS = "resources: {/books: {id: /id, items: [{id: 5, title: five, genre: war, shelf: B}]}}"


class Shelf(RuleBasedStateMachine):
    """Two sessions beside two dictionaries; numbers are those of items that were made at some time, and a few more."""

    numbers: Bundle[int] = Bundle("numbers")

    @initialize(seeded=st.booleans())
    def open(self, seeded: bool) -> None:
        with TemporaryDirectory() as folder:
            first = shelf(Path(folder), SEEDS) if seeded else shelf(Path(folder))
        begun = {5: {"id": 5, "title": "five", "genre": "war", "shelf": "B"}} if seeded else {}
        self.clients = first, Client(first.mock, first.store, "b")
        self.models: tuple[dict[int, dict[str, Any]], ...] = begun, deepcopy(begun)
        self.highest = [max(begun, default=0)] * 2

    @rule(target=numbers, at=st.integers(0, 1), title=TITLES, more=CHANGES)
    def create(self, at: int, title: str, more: dict[str, Any]) -> int:
        sent = {**more, "title": title}
        status, book = self.clients[at].send("POST /books", sent)
        self.highest[at] += 1
        number = self.highest[at]
        assert status == 201
        self.models[at][number] = {"id": number, "genre": "novel", "shelf": "A1", **sent}
        assert book == self.models[at][number]
        return number

    @rule(at=st.integers(0, 1), number=numbers | st.integers(0, 9), title=TITLES, more=CHANGES)
    def replace(self, at: int, number: int, title: str, more: dict[str, Any]) -> None:
        sent = {**more, "title": title}
        status, answer = self.clients[at].send(f"PUT /books/{number}", sent)
        assert status == (200 if number in self.models[at] else 404)
        if number in self.models[at]:
            shelf = self.models[at][number]["shelf"]
            self.models[at][number] = {"id": number, "genre": "novel", "shelf": shelf, **sent}
            assert answer == {"book": self.models[at][number]}

    @rule(at=st.integers(0, 1), number=numbers | st.integers(0, 9), changes=CHANGES)
    def change(self, at: int, number: int, changes: dict[str, Any]) -> None:
        status, answer = self.clients[at].send(f"PATCH /books/{number}", changes)
        assert status == (200 if number in self.models[at] else 404)
        if number in self.models[at]:
            self.models[at][number].update(changes)
            assert answer == self.models[at][number]

    @rule(at=st.integers(0, 1), number=numbers | st.integers(0, 9))
    def delete(self, at: int, number: int) -> None:
        status, _ = self.clients[at].send(f"DELETE /books/{number}")
        assert status == (204 if self.models[at].pop(number, None) else 404)

    @rule(at=st.integers(0, 1), genre=st.sampled_from(["novel", "war"]), start=st.integers(0, 4))
    def filter(self, at: int, genre: str, start: int) -> None:
        fitting = [book for book in self.models[at].values() if book["genre"] == genre]
        _, answer = self.clients[at].send(f"GET /books?genre={genre}&offset={start}&limit=3")
        assert answer["data"] == fitting[start : start + 3]
        assert answer["total"] == len(fitting)

    @invariant()
    def everything_is_listed_in_order(self) -> None:
        for client, model in zip(self.clients, self.models, strict=True):
            listed: list[object] = []
            target: str | None = "/books?limit=3"
            while target and len(listed) <= MOST_ITEMS:
                _, answer = client.send(f"GET {target}")
                listed += answer["data"]
                target = answer["next"]
            assert listed == list(model.values())

    @rule(at=st.integers(0, 1), number=numbers | st.integers(0, 9))
    def read(self, at: int, number: int) -> None:
        status, book = self.clients[at].send(f"GET /books/{number}")
        assert status == (200 if number in self.models[at] else 404)
        assert status == 404 or book == self.models[at][number]


TestShelf = Shelf.TestCase
TestShelf.settings = settings(max_examples=60, stateful_step_count=20, deadline=None)


NAMES = st.sampled_from(
    ["id", "title", "genre", "pages", "tags", "secret", "shelf", "text", "bookId"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=3), inner),
    max_leaves=6,
)
STEPS = st.fixed_dictionaries(
    {
        "op": st.sampled_from(["add", "remove", "replace", "copy", "move", "test"]),
        "path": st.sampled_from(["", "/title", "/tags/0", "/tags/-", "/id", "/x"]),
        "from": st.sampled_from(["/title", "/tags", ""]),
        "value": JSON,
    }
)
BODIES = (
    st.builds(lambda body: {"title": "t", **body}, CHANGES | st.dictionaries(NAMES, JSON)) | JSON
)
ACTS = st.one_of(
    st.tuples(
        st.sampled_from(
            [
                "GET /books?limit={}&offset={}",
                "GET /books?sort_by={}&order={}",
                "GET /books?tags={}&genre={}",
                "GET /books/1/notes",
                *("GET /books/{}", "DELETE /books/{}", "DELETE /books/1/notes/{}"),
            ]
        ),
        st.none(),
        st.just("json"),
    ),
    st.tuples(
        st.sampled_from(
            [
                *("POST /books", "PUT /books/{}", "PATCH /books/{}"),
                *("POST /books/1/notes", "PUT /books/1/notes/{}"),
            ]
        ),
        BODIES,
        st.sampled_from(["json", "merge-patch+json"]),
    ),
    st.tuples(st.just("PATCH /books/{}"), st.lists(STEPS, max_size=3), st.just("json-patch+json")),
)
OURS = {"no-such-operation", "no-such-item", "item-exists", "bad-patch", "patch-conflict"}


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(ACTS, st.sampled_from([1, 2, "x"]) | st.text(max_size=4)), max_size=12))
def test_whatever_is_sent_every_answer_fits_the_document(
    exchanges: list[tuple[tuple[str, object, str], object]],
) -> None:
    with TemporaryDirectory() as folder:
        client = shelf(Path(folder))
    judge = Judge(client.mock.api)
    client.send("POST /books", {"title": "first"})
    for (line, body, kind), told in exchanges:
        asked = line.replace("{}", quote(str(told), safe=""))
        decision = client.decide(asked, body, Content_Type=f"application/{kind}")
        if decision.reasons.operation is None or decision.reasons.error:
            assert decision.reasons.error in OURS | {"invalid-request", "unsupported-media-type"}
        else:
            assert judge.judge_response(decision.reasons.operation, decision.response) == []
