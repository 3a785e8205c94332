"""Several servers with one Redis between them: what they share, and what they do while it is away."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.redis_server import running_redis
from tests.running import Server, serving

DOCUMENT = """\
openapi: 3.1.0
info: {title: Turns, version: 1.0.0}
paths:
  /turn:
    get:
      operationId: takeTurn
      responses: {'200': {description: OK, content: {application/json: {schema: {type: integer}}}}}
"""
FIXTURES = """\
version: 1
cases:
  takeTurn:
    first: {then: {status: 200, body: 1}}
    second: {then: {status: 200, body: 2}}
    third: {then: {status: 200, body: 3}}
scenarios:
  turns:
    sequence: {takeTurn: {cases: [first, second, third], then: cycle}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "turns.yaml").write_text(FIXTURES)
    return tmp_path


def until(holds: Callable[[], bool]) -> None:
    """Ask again and again, each time over the network, until something holds."""
    for _ in range(5000):
        if holds():
            return
    raise AssertionError("it never did")


def turn(server: Server, session: str) -> tuple[object, str | None]:
    answer = server.send("GET", "/turn", {"X-Mock-Scenario": "turns", "X-Mock-Session": session})
    assert answer.status == 200
    return json.loads(answer.body), answer.headers.get("x-mock-degraded")


def degraded(server: Server) -> bool:
    answer = server.send("GET", "/__mock/ready")
    assert answer.status == 200
    return bool(json.loads(answer.body).get("degraded") == "redis")


def test_places_are_shared_and_stay_while_redis_is_away(folder: Path, tmp_path: Path) -> None:
    with (
        running_redis(tmp_path) as redis,
        serving("--store", redis.url, cwd=folder) as one,
        serving("--store", redis.url, cwd=folder) as two,
    ):
        assert [turn(one, "a"), turn(two, "a"), turn(one, "b")] == [(1, None), (2, None), (1, None)]
        redis.kill()
        assert turn(one, "b") == (2, "redis")
        assert turn(one, "b") == (2, "redis")
        assert turn(two, "a") == (3, "redis")
        assert turn(two, "new") == (1, "redis")
        assert degraded(one)
        answer = one.send("DELETE", "/__mock/sessions/a")
        assert (answer.status, answer.headers["x-mock-error"]) == (503, "store-unavailable")
        redis.start()
        until(lambda: not degraded(one) and not degraded(two))
        assert turn(one, "b") == (2, None)
        assert turn(one, "a") == (3, None)
    assert one.log.count("is away") == one.log.count("is back") == 1
