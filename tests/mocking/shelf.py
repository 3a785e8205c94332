"""A document with everything that a resource can meet, and what a client says to it."""

import json
from pathlib import Path
from typing import Any

from mockserver.mocking.decide import Mock
from mockserver.mocking.decision import Decision
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build
from tests.running import ROOT

DOCUMENT = (ROOT / "tests" / "data" / "books.yaml").read_text("utf-8")
FIXTURES = "resources: {/books: {id: /id}, '/books/{id}/notes': {id: /id}}"


class Client:
    """One tester in one session."""

    def __init__(self, mock: Mock, store: MemoryStore | None = None, session: str = "a") -> None:
        self.mock = mock
        self.store = store or MemoryStore()
        self.session = session

    def decide(self, line: str, body: object = None, **headers: str) -> Decision:
        """Send JSON; header names are given with underscores."""
        sent = {"X-Mock-Session": self.session}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        raw = b"" if body is None else json.dumps(body).encode()
        return ask(self.mock, line, sent, raw, self.store)

    def send(self, line: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Return status and body."""
        response = self.decide(line, body, **headers).response
        return response.status, json.loads(response.body) if response.body else None


def shelf(folder: Path, fixtures: str = FIXTURES) -> Client:
    """Return a client of a mock with resources."""
    return Client(build(folder, DOCUMENT, fixtures))
