"""Hostile and broken documents against the real command: a message or a server, within seconds, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.abuse.documents import REFUSED, SERVED
from tests.running import environment, serving

SECONDS = 10.0
MOST_LINES = 25
MOST_MIB = 400


def test_the_tables_are_as_long_as_they_are_meant_to_be() -> None:
    assert len(REFUSED) + len(SERVED) >= 80
    assert not REFUSED.keys() & SERVED.keys()


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_in_a_few_words(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(REFUSED[name])
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
    assert not finished.stdout


@pytest.mark.parametrize("name", SERVED)
def test_it_is_served_and_every_answer_comes(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(SERVED[name])
    with serving(path) as server:
        for target in ("/a", "/a1/x/b", "/nowhere"):
            answered = server.send("GET", target)
            assert answered.status < 500 or answered.headers.get("x-mock-error"), answered
        cost = server.cost()
    assert "Traceback" not in server.log
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
