"""``mockserver serve`` as people run it: a process, its signals, its terminal, its files."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.running import Server, command, environment, serving

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {'200': {description: OK, content: {application/json: {example: [cat]}}}}
"""
FIXTURES = """\
version: 1
cases:
  listPets: {one: {then: {status: 200, body: [one]}}}
scenarios:
  slow: {delay: 1s}
  stuck: {delay: 50s}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "all.yaml").write_text(FIXTURES)
    return tmp_path


def test_without_arguments_the_folder_is_served(folder: Path) -> None:
    with serving(cwd=folder) as server:
        answered = server.send("GET", "/pets")
        assert (answered.status, json.loads(answered.body)) == (200, ["one"])
    assert "openapi.yaml" in server.log
    assert re.search(r"GET +/pets +listPets +200 +one ", server.log)
    assert "\x1b" not in server.log


def test_every_line_is_json_where_that_is_wished(folder: Path) -> None:
    with serving("--log-format", "json", "--seed", "7", cwd=folder) as server:
        server.send("GET", "/pets?api_key=s3cret")
        (folder / "openapi.yaml").write_text("{")
        until(lambda: "reload failed" in server.log)
    events = [json.loads(line) for line in server.lines]
    assert [event["event"] for event in events] == ["start", "exchange", "message"]
    assert (events[0]["seed"], events[1]["query"]) == ("7", "api_key=<redacted>")
    assert "s3cret" not in server.log


def until(condition: Callable[[], object]) -> None:
    """Wait for something that another process does, 10 seconds at most."""
    moment = threading.Event()
    for _ in range(1000):
        if condition():
            return
        moment.wait(0.01)
    raise AssertionError("it did not happen")


@pytest.mark.parametrize(
    ("number", "scenario"),
    [(signal.SIGINT, "slow"), (signal.SIGTERM, "slow"), (signal.SIGTERM, "stuck")],
)
def test_a_signal_lets_requests_end_and_ends_with_0(
    folder: Path, number: int, scenario: str
) -> None:
    with serving("--no-reload", cwd=folder) as server:
        with closing(server.connect()) as connection:
            connection.request("GET", f"/~{scenario}/pets")
            server.send(
                "GET", "/pets"
            )  # once this is answered, what was sent before it has been read
            server.process.send_signal(number)
            assert connection.getresponse().read() == b'["one"]'
        assert server.process.wait(10) == 0
    assert "Traceback" not in server.log


def ended(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), cwd=cwd, env=environment(), capture_output=True, encoding="utf-8", timeout=60, check=False
    )  # fmt: skip


def test_a_taken_port_ends_with_2_and_one_sentence(folder: Path) -> None:
    with serving(cwd=folder) as server:
        process = ended("serve", "-p", str(server.port), cwd=folder)
    assert process.returncode == 2
    assert process.stderr.count("\n") == 1
    assert f"port {server.port} is taken" in process.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "openapi.yaml"),
        ("{", "openapi.yaml:2"),
        ("- a list\n", "openapi.yaml"),
        ("openapi: 9.9.9\ninfo: {}\npaths: {}\n", "openapi.yaml:1"),
        (DOCUMENT + "x: {$ref: gone.yaml}\npaths2: 1\n", ""),
        ("paths: {}\n", "openapi.yaml"),
    ],
    ids=["empty", "half", "list", "version", "sloppy", "no version"],
)
def test_a_document_that_cannot_be_served_is_a_paragraph(
    folder: Path, text: str, said: str
) -> None:
    (folder / "openapi.yaml").write_text(text)
    process = ended("serve", "--strict", "-p", "0", cwd=folder)
    assert process.returncode == 2
    assert said in process.stderr
    assert "Traceback" not in process.stderr
    assert process.stderr.count("\n") <= 25


def test_a_fixture_typo_is_a_sentence_with_its_place(folder: Path) -> None:
    (folder / "fixtures" / "all.yaml").write_text(FIXTURES.replace("scenarios", "scenarois"))
    process = ended("serve", cwd=folder)
    assert process.returncode == 2
    assert "fixtures/all.yaml:4" in process.stderr
    assert "scenarios" in process.stderr
    assert "Traceback" not in process.stderr


def test_a_save_changes_the_next_answers_and_a_broken_one_does_not(folder: Path) -> None:
    document = folder / "openapi.yaml"
    with serving(cwd=folder) as server:
        (folder / "fixtures" / "all.yaml").write_text(FIXTURES.replace("[one]", "[two]"))
        until(lambda: json.loads(server.send("GET", "/pets").body) == ["two"])
        document.write_text(DOCUMENT[:60])  # still YAML, but nothing is left to serve
        until(lambda: "reload failed" in server.log)
        assert json.loads(server.send("GET", "/pets").body) == ["two"]
        until(lambda: "failed" in server.send("GET", "/__mock/ready").text)
        document.write_text(DOCUMENT.replace("[cat]", "[dog]"))
        (folder / "fixtures" / "all.yaml").write_text("version: 1\n")
        until(lambda: json.loads(server.send("GET", "/pets").body) == ["dog"])
        until(lambda: json.loads(server.send("GET", "/__mock/ready").body) == {"status": "ready"})


def test_health_finds_the_server(folder: Path) -> None:
    with serving(cwd=folder) as server:
        process = ended("health", server.url, cwd=folder)
    assert (process.returncode, process.stdout) == (0, f"{server.url}: ready\n")


@pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminals there")
def test_a_terminal_gets_colours(folder: Path) -> None:
    import pty

    ours, theirs = pty.openpty()
    environ = {name: value for name, value in environment().items() if name != "NO_COLOR"}
    process = subprocess.Popen(
        command("serve", "-p", "0"), cwd=folder, env=environ, stderr=theirs, stdin=subprocess.DEVNULL
    )  # fmt: skip
    os.close(theirs)
    written = b""
    while b"Ctrl-C" not in written:
        written += os.read(ours, 4096)
    process.send_signal(signal.SIGINT)
    assert process.wait(15) == 0
    os.close(ours)
    assert b"\x1b[36m  http://127.0.0.1:" in written


def test_the_journal_is_a_file_too(folder: Path) -> None:
    path = folder / "journal.jsonl"
    with serving("--journal", path, cwd=folder) as server:
        for number in range(30):
            server.send(
                "GET", f"/pets?api_key=s3cret&n={number}", {"Authorization": "Bearer s3cret"}
            )
    lines = path.read_text().splitlines()
    asked = [json.loads(line)["query"].rpartition("&")[2] for line in lines]
    assert asked == [f"n={number}" for number in range(30)]
    assert "s3cret" not in path.read_text()
    assert json.loads(lines[0])["response"]["body"] == '["one"]'


def test_a_full_disk_ends_the_file_and_not_the_server(folder: Path) -> None:
    with serving("--journal", "/dev/full", cwd=folder) as server:
        for _ in range(3):
            server.send("GET", "/pets")
        until(lambda: "the journal is not written to /dev/full any more" in server.log)
        assert server.send("GET", "/pets").status == 200
    assert server.log.count("/dev/full") == 1


def test_a_journal_that_cannot_be_written_stops_the_start(folder: Path) -> None:
    done = subprocess.run(
        command("serve", "--journal", folder / "none" / "journal.jsonl", "--port", "0"),
        cwd=folder, env=environment(), capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert re.fullmatch(r"error: the journal cannot be written to .*: no such file or directory; .*\n", done.stderr)  # fmt: skip


def served(folder: Path, *arguments: str, requests: int) -> tuple[int, list[str]]:
    """Serve some requests, and return exit status and what was written."""
    process = subprocess.Popen(
        command("serve", *arguments, "--port", "0"),
        cwd=folder, env=environment(), stderr=subprocess.PIPE, encoding="utf-8",
    )  # fmt: skip
    server = Server(process)
    for _ in range(requests):
        server.send("GET", "/pets")
    return server.stop(), server.lines


@pytest.mark.parametrize(("requests", "status"), [(1, 0), (0, 1)])
def test_too_little_served_ends_with_1(folder: Path, requests: int, status: int) -> None:
    found, lines = served(folder, "--min-coverage", "100", requests=requests)
    assert found == status, lines
    told = "".join(lines).partition("served 0.0 % of 2 answers and cases, 100 % are asked for\n")[2]
    missing = ["listPets 200", "case listPets/one"] if status else []
    unused = [f"  never used: scenario {name}" for name in ("slow", "stuck")] if status else []
    assert told.splitlines() == [*(f"  never served: {name}" for name in missing), *unused]


SWALLOWED = """
import os, signal, sys, weakref
from pathlib import Path
from mockserver.server.serve import serve
from mockserver.settings import Settings

class Thing: pass

class Stream:
    def write(self, text):
        sys.stderr.write(text)
        if text.startswith("mockserver ") or "Control" in text:
            thing = Thing()
            # What is raised in here goes nowhere, as where a module is imported.
            end = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGTERM))
            del thing
    def flush(self): pass
    def isatty(self): return False

serve(Settings(port=0, reload=False), Path.cwd(), Stream())
"""


def test_a_signal_is_heard_even_where_the_interpreter_forgets_it(folder: Path) -> None:
    program = [sys.executable, "-c", SWALLOWED]
    done = subprocess.run(program, cwd=folder, env=environment(), capture_output=True, text=True, timeout=20, check=False)  # fmt: skip
    assert "Exception ignored" in done.stderr
    assert done.returncode == 0, done.stderr


def test_so_it_does_where_the_signal_comes_before_the_first_request_could(folder: Path) -> None:
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with suppress(BlockingIOError):
        while True:
            os.write(writing, bytes(4096))
    os.set_blocking(writing, True)
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        port = listener.getsockname()[1]
    process = subprocess.Popen(
        command("serve", "--min-coverage", "100", "--port", str(port)),
        cwd=folder, env=environment(), stderr=writing,
    )  # fmt: skip
    os.close(writing)
    with os.fdopen(reading, "rb") as told:
        until(lambda: answers(port))  # it listens, and nobody reads what it greets with
        process.send_signal(signal.SIGTERM)
        text = told.read()
    assert process.wait(10) == 1
    assert b"served 0.0 % of 2 answers and cases" in text


def answers(port: int) -> bool:
    with suppress(ConnectionRefusedError), closing(socket.create_connection(("127.0.0.1", port))):
        return True
    return False


def test_what_the_fixtures_exclude_need_not_be_served(folder: Path) -> None:
    excluded = (
        "version: 1\ncoverage: {exclude: [{operation: listPets, status: 200, reason: none}]}\n"
    )
    (folder / "fixtures" / "coverage.yaml").write_text(excluded)
    assert served(folder, "--min-coverage", "100", requests=0)[0] == 0


def test_what_was_not_served_is_an_event_where_lines_are_json(folder: Path) -> None:
    status, lines = served(folder, "--min-coverage", "50", "--log-format", "json", requests=0)
    assert status == 1
    assert json.loads(lines[-1]) == {
        "event": "coverage", "least": 50.0, "percent": 0.0, "answers": ["listPets 200"],
        "cases": ["listPets/one"], "tokens": [], "scenarios": ["slow", "stuck"],
    }  # fmt: skip
