"""Saving a file changes the next answers within two seconds; a broken save changes nothing but the log."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from time import perf_counter

import pytest

from tests.running import Server, exchange, serving

SECONDS = 2.0
DOCUMENT = """\
openapi: 3.1.0
info: {title: Reload, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        "200":
          description: ok
          content:
            application/json:
              schema: {$ref: "parts/pets.yaml#/Pets"}
              example: [first]
  /generated:
    get:
      responses:
        "200":
          description: ok
          content: {application/json: {schema: {$ref: "parts/pets.yaml#/Name"}}}
"""
PARTS = """\
Pets: {type: array, items: {type: string}}
Name: {type: string, const: rex}
"""
FIXTURES = """\
version: 1
cases: {}
"""
CASE = """\
version: 1
cases:
  listPets:
    fixed: {when: {}, then: {status: 200, body: [from a case]}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "parts").mkdir()
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    (tmp_path / "parts" / "pets.yaml").write_text(PARTS)
    (tmp_path / "fixtures" / "fixtures.yaml").write_text(FIXTURES)
    return tmp_path


@pytest.fixture
def server(folder: Path) -> Iterator[Server]:
    with serving(cwd=folder) as running:
        yield running


def wait_for(condition: Callable[[], bool], *, seconds: float = SECONDS) -> float | None:
    """Ask again and again; return the seconds until it held, ``None`` where it did not in time."""
    begun = perf_counter()
    pause = threading.Event()
    while (passed := perf_counter() - begun) < seconds:
        if condition():
            return passed
        pause.wait(0.02)  # leaves the processor to the server between two questions
    return None


def answers(server: Server, path: str, text: str) -> Callable[[], bool]:
    return lambda: text in server.send("GET", path).text


def test_editing_the_document_changes_the_answers(server: Server, folder: Path) -> None:
    assert "first" in server.send("GET", "/pets").text
    (folder / "openapi.yaml").write_text(DOCUMENT.replace("first", "second"))
    assert wait_for(answers(server, "/pets", "second")) is not None, server.log


def test_editing_a_file_behind_a_reference_changes_the_answers(
    server: Server, folder: Path
) -> None:
    assert "rex" in server.send("GET", "/generated").text
    (folder / "parts" / "pets.yaml").write_text(PARTS.replace("rex", "tom"))
    assert wait_for(answers(server, "/generated", "tom")) is not None, server.log


def test_editing_a_fixture_changes_the_answers(server: Server, folder: Path) -> None:
    (folder / "fixtures" / "fixtures.yaml").write_text(CASE)
    assert wait_for(answers(server, "/pets", "from a case")) is not None, server.log


def test_a_new_file_of_fixtures_changes_the_answers(server: Server, folder: Path) -> None:
    (folder / "fixtures" / "more.yaml").write_text(CASE)
    assert wait_for(answers(server, "/pets", "from a case")) is not None, server.log


def test_a_file_replaced_as_editors_do_changes_the_answers(server: Server, folder: Path) -> None:
    draft = folder / ".openapi.yaml.swp"
    draft.write_text(DOCUMENT.replace("first", "second"))
    draft.replace(folder / "openapi.yaml")
    assert wait_for(answers(server, "/pets", "second")) is not None, server.log


@pytest.mark.parametrize(
    ("file", "broken", "said"),
    [
        ("openapi.yaml", DOCUMENT.replace("paths:", "paths: ]"), "openapi.yaml:3"),
        ("openapi.yaml", "", "openapi.yaml"),
        ("fixtures/fixtures.yaml", CASE.replace("listPets", "listPest"), "fixtures.yaml:3"),
    ],
    ids=["no YAML", "empty", "a fixture's typo"],
)
def test_a_broken_save_keeps_the_last_good_one_and_says_where(
    server: Server, folder: Path, file: str, broken: str, said: str
) -> None:
    good = (folder / file).read_text()
    (folder / file).write_text(broken)
    assert wait_for(lambda: said in server.log) is not None, server.log
    assert "first" in server.send("GET", "/pets").text
    (folder / file).write_text(good)
    (folder / "openapi.yaml").write_text(DOCUMENT.replace("first", "second"))
    assert wait_for(answers(server, "/pets", "second")) is not None, server.log


def test_a_deleted_document_keeps_the_last_good_one(server: Server, folder: Path) -> None:
    before = len(server.lines)
    (folder / "openapi.yaml").unlink()
    assert wait_for(lambda: "openapi.yaml" in "".join(server.lines[before:])) is not None
    assert "first" in server.send("GET", "/pets").text


def test_no_request_is_lost_during_edits(server: Server, folder: Path) -> None:
    seen: list[tuple[int, str]] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def ask() -> None:
        with closing(server.connect()) as connection:
            while not done.is_set():
                try:
                    answer = exchange(connection, "GET", "/pets")
                except Exception as error:  # whatever it is, it is a lost request
                    failures.append(error)
                    return
                seen.append((answer.status, answer.text))

    clients = [threading.Thread(target=ask) for _ in range(2)]
    for client in clients:
        client.start()
    try:
        for number in range(10):
            (folder / "openapi.yaml").write_text(DOCUMENT.replace("first", f"edit {number}"))
            assert wait_for(lambda n=number: any(f"edit {n}" in text for _, text in seen[-2:]))  # type: ignore[misc]
    finally:
        done.set()
        for client in clients:
            client.join()
    assert not failures
    assert {status for status, _ in seen} == {200}
    assert len(seen) > 20
