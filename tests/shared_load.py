"""Many sessions at once on workers with one Redis, which may be killed meanwhile; every answer is held to what may be.

    python -m tests.shared_load [SESSIONS [REQUESTS]] [--kill]

A session takes turns in a sequence and moves a state. Without an outage each answer is the next one. With one, an answer that says
``X-Mock-Degraded`` may be any that the session has had, and Redis may or may not have heard of it before it went.
"""

import asyncio
import json
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.redis_server import RedisServer, running_redis
from tests.running import serving

WORKERS = 2
_LENGTH = 200
_DOWN_SECONDS = 1.5

DOCUMENT = """\
openapi: 3.1.0
info: {title: Load, version: 1.0.0}
paths:
  /turn:
    get:
      operationId: takeTurn
      responses: {'200': {description: OK, content: {application/json: {schema: {type: integer}}}}}
  /lamp:
    post:
      operationId: press
      responses: {'200': {description: OK, content: {application/json: {schema: {type: integer}}}}}
"""


def fixtures() -> str:
    """Return a sequence that is longer than any session, and a lamp."""
    cases = [
        f"    turn-{n}: {{when: never, then: {{status: 200, body: {n}}}}}" for n in range(_LENGTH)
    ]
    names = ", ".join(f"turn-{n}" for n in range(_LENGTH))
    return "\n".join(
        [
            "version: 1",
            "cases:",
            "  takeTurn:",
            *cases,
            "  press:",
            "    was-dark: {when: never, then: {status: 200, body: 0}}",
            "    was-lit: {when: never, then: {status: 200, body: 1}}",
            "scenarios:",
            "  load:",
            f"    sequence: {{takeTurn: {{cases: [{names}], then: fail}}}}",
            "    states:",
            "      initial: dark",
            "      dark: {use: {press: was-dark}, go: {press: lit}}",
            "      lit: {use: {press: was-lit}, go: {press: dark}}",
        ]
    )


class Answer:
    """What came back."""

    def __init__(self, head: bytes, body: bytes) -> None:
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1])
        self.headers = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
        self.body = body

    @property
    def degraded(self) -> bool:
        return "x-mock-degraded" in self.headers


class Connection:
    """A connection that keeps alive, and is made again where it ended."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(
        self, method: str, path: str, session: str | None = None, body: bytes = b""
    ) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", "Host: localhost", f"Content-Length: {len(body)}"]
        lines += ["Content-Type: application/json"] if body else []
        lines += [f"X-Mock-Session: {session}", "X-Mock-Scenario: load"] if session else []
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                "127.0.0.1", self._port, limit=2**26
            )
        self._writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        head = await self._reader.readuntil(b"\r\n\r\n")
        answer = Answer(head, b"")
        answer.body = await self._reader.readexactly(int(answer.headers["content-length"]))
        return answer

    async def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            with suppress(OSError):
                await self._writer.wait_closed()


@dataclass
class Outcome:
    """What a run showed.

    Attributes:
        traces: Of every answer.
        wrong: What should not have been.
        degraded: How many answers were made without Redis.
        slowest: Seconds of the slowest answer.
        refused: How often verification was refused.
        recovered: Seconds from Redis' return until verification judges again.
    """

    traces: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    degraded: int = 0
    slowest: float = 0.0
    refused: int = 0
    recovered: float = 0.0
    seconds: float = 0.0


async def be_session(number: int, requests: int, port: int, outcome: Outcome) -> None:
    """Take turns and press the lamp, and hold each answer to what the session has done before."""
    connection = Connection(port)
    turns, lamp = {0}, {0}  # where it may stand
    for step in range(requests):
        pressing = (step + number) % 3 == 0
        begun = time.perf_counter()
        answer = await connection.ask(*(("POST", "/lamp") if pressing else ("GET", "/turn")), f"s{number}")  # fmt: skip
        outcome.slowest = max(outcome.slowest, time.perf_counter() - begun)
        outcome.traces.append(answer.headers["x-mock-trace"])
        places = lamp if pressing else turns
        place = int(answer.body) if answer.status == 200 else -1
        if answer.degraded:
            outcome.degraded += 1
            if not 0 <= place <= max(places | {1} if pressing else places):
                outcome.wrong.append(f"s{number} step {step}: {place} without Redis, {places}")
            places |= {_after(one, pressing) for one in places}
            await asyncio.sleep(0.2)  # so that the load goes on when Redis is back
            continue
        if place not in places:
            outcome.wrong.append(f"s{number} step {step}: {place}, expected {places}")
        places.clear()
        places.add(_after(place, pressing))
    await connection.close()


def _after(place: int, pressing: bool) -> int:
    return 1 - place if pressing else place + 1


async def be_outage(redis: RedisServer, requests: int, port: int, outcome: Outcome) -> None:
    """Kill Redis when a third is answered, and bring it back; ask for a verdict all the time."""
    connection = Connection(port)
    while len(outcome.traces) < requests // 3:
        await connection.ask("GET", "/__mock/live")
    await asyncio.to_thread(redis.kill)
    end = time.perf_counter() + _DOWN_SECONDS
    while time.perf_counter() < end:
        answer = await connection.ask("POST", "/__mock/verify", body=_expected(0))
        if answer.status != 503:
            outcome.wrong.append(f"verification answered {answer.status} during the outage")
        outcome.refused += 1
        await asyncio.sleep(0.05)
    await asyncio.to_thread(redis.start)
    back = time.perf_counter()
    while True:
        before = len(outcome.traces)
        answer = await connection.ask("POST", "/__mock/verify", body=_expected(0))
        if answer.status == 200:
            break
        outcome.refused += 1
        await asyncio.sleep(0.02)
    outcome.recovered = time.perf_counter() - back
    if json.loads(answer.body)["count"] < before:
        outcome.wrong.append(f"a verdict without what was answered before: {answer.body!r}")
    await connection.close()


def _expected(times: int) -> bytes:
    return json.dumps({"request": {}, "times": {"at_least": times}}).encode()


async def settle(port: int, outcome: Outcome) -> None:
    """Hold the journal to the answers: each once, and nothing else."""
    connection = Connection(port)
    verdict = await connection.ask("POST", "/__mock/verify", body=_expected(len(outcome.traces)))
    if verdict.status != 200 or not json.loads(verdict.body)["passed"]:
        outcome.wrong.append(f"verification: {verdict.body[:500]!r}")
    answer = await connection.ask("GET", "/__mock/journal?limit=99999")
    kept = Counter(entry["id"] for entry in json.loads(answer.body)["entries"])
    if kept != Counter(outcome.traces):
        missing = len(set(outcome.traces) - set(kept))
        outcome.wrong.append(f"the journal has {kept.total()} of {len(outcome.traces)}, {missing} missing")  # fmt: skip
    await connection.close()


def run(folder: Path, sessions: int, requests: int, *, kill: bool) -> Outcome:
    """Run it all, and return what it showed."""
    outcome = Outcome()
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "load.yaml").write_text(fixtures())

    async def everything(port: int, redis: RedisServer) -> None:
        begun = time.perf_counter()
        async with asyncio.TaskGroup() as group:
            for number in range(sessions):
                group.create_task(be_session(number, requests, port, outcome))
            if kill:
                group.create_task(be_outage(redis, sessions * requests, port, outcome))
        outcome.seconds = time.perf_counter() - begun
        await settle(port, outcome)

    options = ("--fixtures", folder / "load.yaml", "--workers", str(WORKERS), "--no-reload")
    with (
        running_redis(folder) as redis,
        serving(folder / "openapi.yaml", "--store", redis.url, *options) as server,
    ):
        asyncio.run(everything(server.port, redis))
        if "Traceback" in server.log:
            outcome.wrong.append(
                f"the log has a traceback:\n{server.log.partition('Traceback')[2][:3000]}"
            )
    return outcome


def main(arguments: list[str]) -> None:
    numbers = [int(word) for word in arguments if word.isdigit()] or [200]
    sessions, requests = (*numbers, 50)[:2]
    with tempfile.TemporaryDirectory() as folder:
        outcome = run(Path(folder), sessions, requests, kill="--kill" in arguments)
    print(f"{sessions} sessions × {requests} requests, {WORKERS} workers: {len(outcome.traces)} answers in {outcome.seconds:.1f} s, the slowest {outcome.slowest:.2f} s")  # noqa: T201  # fmt: skip
    print(f"{outcome.degraded} without Redis; verification refused {outcome.refused} times, and again {outcome.recovered:.2f} s after its return")  # noqa: T201  # fmt: skip
    print("\n".join(outcome.wrong[:20]) or "nothing wrong")  # noqa: T201
    sys.exit(bool(outcome.wrong))


if __name__ == "__main__":
    main(sys.argv[1:])
