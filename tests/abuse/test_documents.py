"""Hostile and broken documents: a message or a server, within seconds, never a traceback.

All against the real command with ``scripts/abuse``; by default the first table, the other one in this process.
"""

import subprocess
import sys
from pathlib import Path

import pytest

from mockserver.errors import SpecError
from mockserver.fixtures.contract import load_contract
from mockserver.settings import Settings
from tests.abuse import more_documents as more
from tests.abuse.documents import REFUSED, SERVED
from tests.abuse.fuzzing import Question, hold_to_promise
from tests.abuse.thorough import THOROUGH
from tests.running import environment, serving

SECONDS = 10.0
MOST_LINES = 25
MOST_MIB = 400


ALL_REFUSED, ALL_SERVED = {**REFUSED, **more.REFUSED}, {**SERVED, **more.SERVED}
ASKED = [
    Question([], "", b""),
    Question([(b"prefer", b"dynamic=true")], "", b""),
    Question([(b"content-type", b"application/json")], "a=1&b[c]=d", b'{"a": [1]}'),
]


def test_the_tables_are_as_long_as_they_are_meant_to_be() -> None:
    assert len(ALL_REFUSED) + len(ALL_SERVED) >= 240
    assert len(ALL_REFUSED) == len(REFUSED) + len(more.REFUSED)
    assert len(ALL_SERVED) == len(SERVED) + len(more.SERVED)
    assert not ALL_REFUSED.keys() & ALL_SERVED.keys()


@pytest.mark.parametrize("name", more.REFUSED)
def test_it_is_refused_by_whoever_loads_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(more.REFUSED[name])
    with pytest.raises(SpecError, match=name):
        load_contract(Settings(spec=tmp_path / name))


@pytest.mark.parametrize("name", more.SERVED)
def test_it_is_loaded_and_every_answer_is_made(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(more.SERVED[name])
    assert hold_to_promise(Settings(spec=tmp_path / name), ASKED, tmp_path)


@pytest.mark.parametrize("name", ALL_REFUSED if THOROUGH else REFUSED)
def test_it_is_refused_in_a_few_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(ALL_REFUSED[name])
    finished = subprocess.run(
        [sys.executable, "-m", "mockserver", "serve", name, "--port", "0"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 2, finished.stderr
    assert name in finished.stderr
    assert "Traceback" not in finished.stderr
    assert len(finished.stderr.splitlines()) <= MOST_LINES
    assert len(finished.stderr) < 4000
    assert finished.stderr.replace("\n", "").isprintable()
    assert not finished.stdout


@pytest.mark.parametrize("name", ALL_SERVED if THOROUGH else SERVED)
def test_it_is_served_and_every_answer_comes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(ALL_SERVED[name])
    with serving(path) as server:
        for target in ("/a", "/a?__dynamic=true", "/a1/x/b", "/nowhere"):
            answered = server.send("GET", target)
            assert answered.status < 500 or answered.headers.get("x-mock-error"), answered
        cost = server.cost()
    assert "Traceback" not in server.log
    assert server.log.replace("\n", "").isprintable()
    assert cost.cpu_seconds < SECONDS
    assert cost.peak_mib < MOST_MIB


@pytest.mark.parametrize("reference", ["pipe.yaml", "pipe.yaml#/a", "folder", "link.yaml#/a"])
def test_files_that_are_no_files_hang_nobody(tmp_path: Path, reference: str) -> None:
    import os

    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link.yaml").symlink_to(tmp_path / "pipe.yaml")
    path = tmp_path / "openapi.yaml"
    path.write_text(
        "openapi: 3.1.0\npaths: {/a: {get: {responses: {'200': {description: ok, content:"
        f" {{application/json: {{schema: {{$ref: '{reference}'}}}}}}}}}}}}}}}}\n"
    )
    with serving(path) as server:
        assert server.send("GET", "/a").status == 200
