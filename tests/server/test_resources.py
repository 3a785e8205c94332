"""Resources over real sockets: testers who work at the same time."""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from itertools import chain
from pathlib import Path

from tests.running import ROOT, Server, exchange, serving

FIXTURES = {"version": 1, "resources": {"/books": {"id": "/id"}}}
EACH = 25


def create(server: Server, session: str) -> list[int]:
    """Create books one after another, read each, and return their identifiers."""
    made = []
    headers = {"X-Mock-Session": session, "Content-Type": "application/json"}
    with closing(server.connect()) as connection:
        for number in range(EACH):
            body = json.dumps({"title": f"{session} {number}"}).encode()
            answer = exchange(connection, "POST", "/books", headers, body)
            assert answer.status == 201
            book = json.loads(answer.body)
            made.append(book["id"])
            read = exchange(connection, "GET", answer.headers["location"], headers)
            assert json.loads(read.body) == book
    return made


def test_testers_at_once(tmp_path: Path) -> None:
    fixtures = tmp_path / "fixtures.json"
    fixtures.write_text(json.dumps(FIXTURES))
    document = ROOT / "tests" / "data" / "books.yaml"
    shared, own = ["all"] * 8, [f"tester {number}" for number in range(8)]
    with (
        serving(document, "--fixtures", str(fixtures), "--no-fast-lane") as slow,
        serving(document, "--fixtures", str(fixtures)) as fast,
        ThreadPoolExecutor(8) as pool,
    ):
        for server in (slow, fast):
            together = pool.map(lambda session, to=server: create(to, session), shared)
            assert sorted(chain.from_iterable(together)) == list(range(1, 8 * EACH + 1))
            alone = pool.map(lambda session, to=server: create(to, session), own)
            assert list(alone) == [list(range(1, EACH + 1))] * 8
            listed = server.send("GET", "/books?limit=1", {"X-Mock-Session": "all"})
            assert json.loads(listed.body)["total"] == 8 * EACH
