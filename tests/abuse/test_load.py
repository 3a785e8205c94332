"""Load that goes on: nothing is lost, the next request is answered within a second, and memory stays level.

A moment for each kind by default; ``scripts/abuse`` gives each its time, and a minute to all of them at once.
"""

import asyncio
import re
import resource
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from time import perf_counter

import pytest

from tests.abuse.load_shapes import ROWS, Row, run_row
from tests.abuse.raw import talk
from tests.abuse.test_raw_requests import LAST
from tests.abuse.thorough import THOROUGH
from tests.running import Server, serving

SECONDS = 5.0 if THOROUGH else 0.4
SOAK_SECONDS = 60.0 if THOROUGH else 4.0
MOST_GROWTH = 1.15
"""Of the memory after the first quarter."""
SLACK_MIB = 8.0

DOCUMENT = f"""\
openapi: 3.1.0
info: {{title: Load, version: "1"}}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {{"200": {{description: OK, content: {{application/json: {{example: [cat]}}}}}}}}
    post:
      operationId: addPet
      requestBody: {{content: {{application/json: {{schema: {{type: string}}}}}}}}
      responses: {{"201": {{description: made, content: {{application/json: {{example: made}}}}}}}}
  /slow:
    get:
      operationId: slow
      responses: {{"200": {{description: OK, content: {{application/json: {{example: slow}}}}}}}}
  /made:
    get:
      operationId: made
      responses: {{"200": {{description: OK, content: {{application/json: {{schema: {{type: array, items: {{type: string, format: uuid}}}}}}}}}}}}
  /large:
    get:
      operationId: large
      responses: {{"200": {{description: OK, content: {{text/plain: {{example: "{"x" * 1_000_000}"}}}}}}}}
"""
FIXTURES = "version: 1\ncases: {slow: {slow: {then: {status: 200, delay: 20ms}}}}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder: Path = tmp_path_factory.mktemp("load")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures.yaml").write_text(FIXTURES)
    documents = folder / "openapi.yaml", "--fixtures", folder / "fixtures.yaml"
    with serving(*documents, "--max-body", "2000") as running:
        yield running
        said = [line for line in running.lines if "Traceback" in line or "internal-error" in line]
        assert said == [], "".join(running.lines)[running.log.find("Traceback") - 500 :][:5000]


def resident_mib(server: Server) -> float:
    """Return what the server holds in memory now (Linux; elsewhere zero)."""
    status = Path("/proc") / str(server.process.pid) / "status"
    found = re.search(r"VmRSS:\s+(\d+) kB", status.read_text()) if status.exists() else None
    return int(found[1]) / 1024 if found else 0.0


def hold_to_probe(server: Server) -> None:
    began = perf_counter()
    assert talk(server.port, [LAST], answers=1).statuses == [200]
    assert perf_counter() - began < 1.0


@pytest.mark.parametrize("row", ROWS, ids=[row.name for row in ROWS])
def test_nothing_is_lost(server: Server, row: Row) -> None:
    tally = asyncio.run(run_row(row, server.port, SECONDS))
    assert tally.lost == []
    assert set(tally.statuses) <= set(row.statuses)
    assert bool(tally.statuses) == bool(row.statuses)
    hold_to_probe(server)


def test_memory_stays_level_under_everything_at_once(server: Server) -> None:
    measured: list[float] = []

    async def everything() -> list[str]:
        async def measure() -> None:
            for _ in range(20):
                await asyncio.sleep(SOAK_SECONDS / 20)
                measured.append(resident_mib(server))

        watching = asyncio.create_task(measure())
        few = [row._replace(clients=2) for row in ROWS]
        tallies = await asyncio.gather(*[run_row(row, server.port, SOAK_SECONDS) for row in few])
        await watching
        timed = sorted(seconds for tally in tallies for seconds in tally.taken)
        count = sum(tally.statuses.total() for tally in tallies)
        p50, p99 = (timed[int(len(timed) * share)] * 1000 for share in (0.5, 0.99))
        memory = f"memory {measured[0]:.0f} to {measured[-1]:.0f} MiB"
        sys.stdout.write(f"soak: {count} answers, p50 {p50:.0f} ms, p99 {p99:.0f} ms, {memory}\n")
        return [
            f"{row.name}: {why}"
            for row, tally in zip(few, tallies, strict=True)
            for why in (*tally.lost, *(f"{s}" for s in tally.statuses if s not in row.statuses))
        ]

    assert asyncio.run(everything()) == []
    hold_to_probe(server)
    if THOROUGH:
        assert max(measured[5:]) <= measured[5] * MOST_GROWTH + SLACK_MIB, measured


def test_more_connections_than_the_system_allows_at_first(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (128, hard))
    with ExitStack() as stack:
        try:
            server = stack.enter_context(serving(tmp_path / "openapi.yaml"))
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        for _ in range(300):
            stack.enter_context(socket.create_connection(("127.0.0.1", server.port)))
        hold_to_probe(server)
