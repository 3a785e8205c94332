"""Files that change in every bad way while requests come: none is lost, and the last good document goes on answering."""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.abuse.documents import REFUSED
from tests.running import Server, exchange, serving

SECONDS = 20.0
"""In which a good document must be seen: the promise is two, on a machine that does nothing else."""
DOCUMENT = """\
openapi: 3.1.0
info: {title: Reload, version: "1"}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {"200": {description: ok, content: {application/json: {example: [first]}}}}
"""


def good(number: int) -> str:
    return DOCUMENT.replace("first", f"edit {number}")


def _write(text: str | bytes) -> Callable[[Path], object]:
    return lambda path: path.write_bytes(text if isinstance(text, bytes) else text.encode())


def _in_place(path: Path, make: Callable[[Path], object]) -> None:
    path.unlink()
    make(path)


EDITS: dict[str, Callable[[Path], object]] = {
    "half written": _write(DOCUMENT[: len(DOCUMENT) // 2]),
    "one byte": _write("o"),
    "empty": _write(""),
    "no YAML": _write("paths: ]"),
    "zeros": _write(bytes(5000)),
    "an alias bomb": _write(REFUSED["alias-bomb.yaml"]),
    "100,000 brackets": _write("[" * 100_000),
    "10 MB of nothing": _write(b"#" * 10_000_000),
    "a conflict": _write("<<<<<<< HEAD\n" + DOCUMENT + "=======\n"),
    "deleted": lambda path: path.unlink(),
    "a folder": lambda path: _in_place(path, lambda there: there.mkdir()),
    "a pipe": lambda path: _in_place(path, os.mkfifo),
    "a link to nothing": lambda path: _in_place(path, lambda there: there.symlink_to("gone")),
    "a link to itself": lambda path: _in_place(path, lambda there: there.symlink_to(there.name)),
    "a link to a device": lambda path: _in_place(path, lambda there: there.symlink_to("/dev/zero")),
    "not ours to read": lambda path: path.chmod(0),
    "another document": _write(DOCUMENT.replace("3.1.0", "9.9.9")),
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    with serving(cwd=tmp_path) as running:
        yield running
    assert "Traceback" not in running.log


@contextmanager
def asking(server: Server, clients: int = 4) -> Iterator[list[tuple[int, str]]]:
    """Ask without a pause while the block runs; every request must be answered with 200."""
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
                done.wait(0.002)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    try:
        yield seen
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert failures == []
    assert {status for status, _ in seen} == {200}


def wait_until(condition: Callable[[], bool]) -> bool:
    pause = threading.Event()
    for _ in range(int(SECONDS / 0.02)):
        if condition():
            return True
        pause.wait(0.02)
    return False


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def test_every_bad_edit_keeps_the_last_good_document(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    with asking(server) as seen:
        for number, (name, edit) in enumerate(EDITS.items()):
            before = len(server.lines)
            edit(path)
            if name != "not ours to read" or os.geteuid():  # root reads everything
                said = wait_until(lambda at=before: any(" GET " not in line and ": " in line for line in server.lines[at:]))  # type: ignore[misc]  # fmt: skip
                assert said, f"{name}: nothing was said"
            assert "Traceback" not in "".join(server.lines[before:]), name
            remove(path)
            path.write_text(good(number))
            text = f"edit {number}"
            assert wait_until(lambda wanted=text: bool(seen) and wanted in seen[-1][1]), name  # type: ignore[misc]


def test_a_hundred_edits_in_a_row_end_with_the_last(server: Server, tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    with asking(server) as seen:
        for number in range(100):
            if number % 3:
                path.write_text(good(number))
            else:
                draft = tmp_path / ".draft"
                draft.write_text(good(number))
                draft.replace(path)
        assert wait_until(lambda: bool(seen) and "edit 99" in seen[-1][1])
    assert len(seen) > 20
