"""Any sequence of requests to a resource does what it would do to a dictionary."""

from copy import deepcopy
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import settings, strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule

from mockserver.mocking.resources_state import MOST_ITEMS
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
