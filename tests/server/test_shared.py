"""Several servers with one Redis between them: what they share, and what they do while it is away."""

import itertools
import json
import os
import re
import signal
import subprocess
import threading
from collections.abc import Callable
from contextlib import ExitStack, closing, suppress
from functools import partial
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from tests.redis_server import RedisServer, running_redis
from tests.running import Server, command, environment, serving

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


_prefixes = itertools.count()


@pytest.fixture
def prefix(redis_server: RedisServer) -> str:
    return f"{redis_server.url}?prefix=servers-{next(_prefixes)}"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "turns.yaml").write_text(FIXTURES)
    return tmp_path


def until(holds: Callable[[], bool]) -> None:
    """Ask again and again, for half a minute, until something holds."""
    pause = threading.Event()
    for _ in range(1500):
        if holds():
            return
        pause.wait(0.02)
    raise AssertionError("it never did")


def turn(server: Server, session: str) -> tuple[object, str | None]:
    answer = server.send("GET", "/turn", {"X-Mock-Scenario": "turns", "X-Mock-Session": session})
    assert answer.status == 200
    return json.loads(answer.body), answer.headers.get("x-mock-degraded")


def degraded(server: Server) -> bool:
    answer = server.send("GET", "/__mock/ready")
    assert answer.status == 200
    return bool(json.loads(answer.body).get("degraded") == "redis")


def verify(server: Server, body: object) -> tuple[int, dict[str, object]]:
    answer = server.send(
        "POST",
        "/__mock/verify",
        {"Content-Type": "application/json"},
        json.dumps(body).encode(),
    )
    return answer.status, json.loads(answer.body)


def read(server: Server, path: str) -> dict[str, Any]:
    answer = server.send("GET", f"/__mock/{path}")
    assert answer.status == 200
    found = json.loads(answer.body)
    assert isinstance(found, dict)
    return found


def exactly(times: int) -> object:
    return {"request": {"operation": "takeTurn"}, "times": {"exactly": times}}


def test_what_one_answers_the_other_knows_at_once(folder: Path, prefix: str) -> None:
    with (
        serving("--store", prefix, cwd=folder) as one,
        serving("--store", prefix, cwd=folder) as two,
    ):
        trace = one.send("GET", "/turn", {"Authorization": "Bearer x"}).headers["x-mock-trace"]
        for count in range(1, 20):
            assert verify(two, exactly(count))[1]["passed"], count
            (one if count % 3 else two).send("GET", "/turn", {"X-Mock-Session": "s"})
        (first, *rest) = read(two, "journal")["entries"]
        assert (first["id"], len(rest)) == (trace, 19)
        shown = read(two, f"journal/{trace}")
        assert [pair for pair in shown["request"]["headers"] if pair[0] == "authorization"] == [
            ["authorization", "<redacted>"]
        ]
        assert two.send("GET", "/__mock/journal/none").status == 404
        coverage = read(one, "coverage")["operations"][0]
        assert coverage["answers"] == [{"status": "200", "served": 20}]
        assert read(one, "coverage?session=s")["operations"][0]["answers"][0]["served"] == 19
        assert "mockserver_degraded 0" in one.send("GET", "/__mock/metrics").text
        assert one.send("DELETE", "/__mock/journal?session=s").status == 204
        assert [entry["id"] for entry in read(two, "journal")["entries"]] == [trace]
        assert two.send("DELETE", "/__mock/journal").status == 204
        assert verify(one, exactly(0))[1]["passed"]
        status = read(one, "status")
        assert (status["store"], status["journal"]["kept"]) == ("redis", 0)
        assert status["journal"]["dropped"] == 0


def test_the_choice_for_everyone_and_a_reload_reach_all(folder: Path, prefix: str) -> None:
    with (
        serving("--store", prefix, "--no-reload", cwd=folder) as one,
        serving("--store", prefix, "--no-reload", cwd=folder) as two,
    ):
        chosen = json.dumps({"scenario": "turns"}).encode()
        answer = one.send(
            "PUT", "/__mock/default-scenario", {"Content-Type": "application/json"}, chosen
        )
        assert answer.status == 200
        until(lambda: read(two, "status")["default_scenario"] == "turns")
        assert [two.send("GET", "/turn").text, one.send("GET", "/turn").text] == ["1", "2"]
        with serving("--store", prefix, cwd=folder) as late:
            assert late.send("GET", "/turn").text == "3"
        fixtures = folder / "fixtures" / "turns.yaml"
        fixtures.write_text(fixtures.read_text().replace("body: 1", "body: 10"))
        two.send("POST", "/__mock/reload", {"Content-Type": "application/json"}, b"{}")
        until(lambda: one.send("GET", "/turn").text == "10")


def test_events_of_one_show_the_exchanges_of_all(folder: Path, prefix: str) -> None:
    with (
        serving("--store", prefix, cwd=folder) as one,
        serving("--store", prefix, cwd=folder) as two,
        closing(one.connect()) as connection,
    ):
        connection.request("GET", "/__mock/events")
        stream = connection.getresponse()
        assert stream.readline() == b"retry: 1000\n"
        trace = two.send("GET", "/turn").headers["x-mock-trace"]
        while not (line := stream.readline()).startswith(b"data: "):
            pass
        assert json.loads(line[6:])["id"] == trace
        two.send("POST", "/__mock/sessions/a/reset", {"Content-Type": "application/json"}, b"{}")
        while stream.readline() != b"event: status\n":
            pass


def test_events_go_on_after_redis_lost_its_data(folder: Path, tmp_path: Path) -> None:
    with (
        running_redis(tmp_path) as redis,
        serving("--store", redis.url, cwd=folder) as one,
        serving("--store", redis.url, cwd=folder) as two,
        closing(one.connect()) as connection,
    ):
        connection.request("GET", "/__mock/events")
        stream = connection.getresponse()

        def heard() -> str:
            while not (line := stream.readline()).startswith(b'data: {"id"'):
                assert line != b": still here\n"  # nothing has come in a quarter of a minute
            return str(json.loads(line[6:])["id"])

        for server in (one, two, two):
            assert server.send("GET", "/turn").headers["x-mock-trace"] == heard()
        assert verify(one, exactly(3))[1]["passed"]
        redis.ask(b"FLUSHALL")
        for _ in range(2):
            assert two.send("GET", "/turn").headers["x-mock-trace"] == heard()
        status, said = verify(two, exactly(2))
        assert (status, said["title"]) == (409, "The journal is incomplete")
        assert two.send("DELETE", "/__mock/journal").status == 204
        assert verify(one, exactly(0))[1]["passed"]


def pids(server: Server) -> list[int]:
    """Return the processes that a server has started."""
    task = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    found = [int(word) for word in task.read_text().split()]
    return [pid for pid in found if b"spawn_main" in _command_line(pid)]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:  # it has just ended
        return b""


def test_workers_share_one_socket_and_one_state(folder: Path, prefix: str) -> None:
    with serving("--store", prefix, "--workers", "2", cwd=folder) as server:
        traces: set[str] = set()

        def both_answer() -> bool:
            traces.add(server.send("GET", "/nothing").headers["x-mock-trace"])
            return len({trace.rpartition("-")[0] for trace in traces}) == 2

        until(both_answer)
        for count in range(1, 41):
            session = {"X-Mock-Scenario": "turns", "X-Mock-Session": "w"}
            answer = server.send("GET", "/turn", session)
            assert answer.text == str((count - 1) % 3 + 1)
            traces.add(answer.headers["x-mock-trace"])
        assert verify(server, exactly(40))[1]["passed"]
        assert {entry["id"] for entry in read(server, "journal?limit=9999")["entries"]} == traces
        assert read(server, "status")["url"] == server.url
        first = pids(server)
        assert len(first) == 2
        os.kill(first[0], signal.SIGKILL)
        until(lambda: len(pids(server)) == 2 and first[0] not in pids(server))
        until(lambda: verify(server, exactly(40))[0] == 200)
        fixtures = folder / "fixtures" / "turns.yaml"
        fixtures.write_text(fixtures.read_text().replace("body: 1", "body: 10"))
        until(lambda: "reloaded" in server.log)
    assert "worker 0 ended with -9 and is started again" in server.log
    assert server.log.count("Ctrl-C stops") == 1
    assert server.log.count("reloaded") == 1


def test_workers_end_when_the_one_that_started_them_is_no_more(folder: Path, prefix: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving("--store", prefix, "--workers", "2", cwd=folder))
        assert turn(server, "p") == (1, None)
        workers = pids(server)
        server.process.kill()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))
        with pytest.raises(AssertionError, match="-9"):
            stack.close()


def test_workers_that_have_answered_are_started_again_however_often_they_are_killed(
    folder: Path, prefix: str
) -> None:
    with serving("--store", prefix, "--workers", "2", cwd=folder) as server:
        heard: set[str] = set()

        def answer_of(number: int) -> bool:
            with suppress(OSError, HTTPException):  # of one that was killed meanwhile
                trace = server.send("GET", "/nothing").headers["x-mock-trace"]
                heard.add(trace.rpartition("-")[0].rpartition(".")[2])
            return {str(number), str(number + 1)} <= heard

        for number in range(1, 9, 2):  # six deaths; five would be borne
            until(partial(answer_of, number))
            if number < 7:
                for pid in pids(server):
                    os.kill(pid, signal.SIGKILL)
    assert server.log.count("ended with -9 and is started again") == 6


def test_workers_that_cannot_live_end_the_server(folder: Path, prefix: str) -> None:
    with ExitStack() as stack:
        server = stack.enter_context(serving("--store", prefix, "--workers", "2", cwd=folder))
        assert turn(server, "p") == (1, None)
        while server.process.poll() is None:
            for pid in pids(server):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
        with pytest.raises(AssertionError, match="ended the server with 2"):
            stack.close()
    assert "workers end as soon as they start, the last with -9" in server.log


def test_workers_without_a_store_are_refused_with_what_to_do(folder: Path) -> None:
    finished = subprocess.run(
        command("serve", "--workers", "2"),
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert finished.returncode == 2
    assert finished.stderr == (
        "error: 2 workers would each have sessions and a journal of their own;"
        " give them a Redis to share, such as --store redis://127.0.0.1:6379/0, or leave --workers out\n"
    )


def test_nothing_is_verified_without_redis_and_everything_is_written_after(
    folder: Path, tmp_path: Path
) -> None:
    with (
        running_redis(tmp_path) as redis,
        serving("--store", redis.url, cwd=folder) as one,
        serving("--store", redis.url, cwd=folder) as two,
    ):
        turn(one, "a")
        assert verify(two, exactly(1))[1]["passed"]
        redis.kill()
        turn(one, "a"), turn(two, "a")
        for server in (one, two):
            status, said = verify(server, exactly(1))
            assert (status, said["title"]) == (503, "The store is not reachable")
            assert server.send("GET", "/__mock/journal").status == 503
            shown = read(server, "status")
            assert (shown["degraded"], shown["journal"]["waiting"], shown["sessions"]) == (
                True,
                1,
                None,
            )
            assert "mockserver_journal_waiting 1" in server.send("GET", "/__mock/metrics").text
        redis.start()
        # Whoever answers must not leave out what the other has still to write.
        until(lambda: verify(one, exactly(3))[0] == 200)
        assert verify(one, exactly(3))[1]["passed"]
        assert verify(two, exactly(3))[1]["passed"]


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


@pytest.mark.parametrize("bad", ["redis://127.0.0.1:1/0?foo=bar", "redis://127.0.0.1:99999"])
def test_a_store_that_is_not_understood_ends_the_start(folder: Path, bad: str) -> None:
    done = subprocess.run(
        [*command("serve", "--store", bad, "-p", "0")],
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "is not understood" in done.stderr
    assert "Traceback" not in done.stderr


def test_every_worker_says_what_it_has_lost(folder: Path) -> None:
    with serving("--store", "redis://127.0.0.1:1", "--workers", "2", cwd=folder) as server:
        for _ in range(40):
            assert server.send("GET", "/turn").headers["x-mock-degraded"] == "redis"
    lost = re.findall(r"(\d+) exchanges are lost", server.log)
    assert sum(map(int, lost)) == 40
