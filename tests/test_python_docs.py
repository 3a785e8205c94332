"""The Python that the documents show runs: tests with the plugin, programs against a server."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.check.test_pytest_plugin import pytest_run
from tests.running import ROOT, environment, serving

TEXT = (ROOT / "docs" / "python.md").read_text("utf-8")
BLOCKS = re.findall(
    r"^```python\n(?:# (test_\w+\.py)\n)?(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL
)
TESTS = {name: text for name, text in BLOCKS if name}
PROGRAMS = [text for name, text in BLOCKS if not name]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "openapi.yaml", tmp_path)
    shutil.copytree(ROOT / "fixtures", tmp_path / "fixtures")
    # The documents name httpx, which most people have; here its successor stands for it.
    (tmp_path / "httpx.py").write_text("from httpx2 import *\n")
    return tmp_path


def test_there_is_something_to_run() -> None:
    assert len(TESTS) == len([name for name, _ in BLOCKS if name]) == 4
    assert len(PROGRAMS) == 2


def test_the_tests_pass(folder: Path) -> None:
    for name, text in TESTS.items():
        (folder / name).write_text(text)
    (folder / "conftest.py").write_text("import sys, pathlib; sys.path.insert(0, str(pathlib.Path(__file__).parent))\n")  # fmt: skip
    done = pytest_run(folder, "-W", "error")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 passed" in done.stdout


def test_the_readmes_test_passes(folder: Path) -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (shown,) = re.findall(r"^```python\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    head = 'import sys\nsys.path.insert(0, ".")\nimport httpx\nAUTH = {"Authorization": "Bearer sk_test_valid"}\n'
    (folder / "test_it.py").write_text(head + shown)
    done = pytest_run(folder)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("program", PROGRAMS, ids=["in process", "client"])
def test_the_programs_print_what_their_comments_say(folder: Path, program: str) -> None:
    with serving(cwd=folder) as server:
        (folder / "program.py").write_text(program.replace("http://127.0.0.1:4010", server.url))
        done = subprocess.run(
            [sys.executable, "program.py"], cwd=folder, env=environment(), capture_output=True, text=True, check=False
        )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    claimed = re.findall(r"print\(.*\)  # (.*)", program)
    assert done.stdout.splitlines() == claimed
