"""The GitHub Action: its steps run in a shell as a runner would run them."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.running import ROOT

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))


def run_step(folder: Path, **environ: str) -> subprocess.CompletedProcess[str]:
    bin_folder = folder / "mockserver" / "bin"
    bin_folder.mkdir(parents=True)
    command = bin_folder / "mockserver"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m mockserver "$@"\n')
    command.chmod(0o755)
    (step,) = [step for step in ACTION["runs"]["steps"] if step["name"] == "Check"]
    names = dict.fromkeys(step["env"], "")
    given = {"RUNNER_TEMP": folder, "GITHUB_OUTPUT": folder / "output", "GITHUB_STEP_SUMMARY": folder / "summary"}  # fmt: skip
    return subprocess.run(
        [str(shutil.which("bash")), "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=ROOT,
        env={**os.environ, **names, **{name: str(path) for name, path in given.items()}, **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.skipif(not shutil.which("bash"), reason="the steps are for bash")
def test_it_checks_and_writes_its_reports(tmp_path: Path) -> None:
    done = run_step(tmp_path, SPEC="openapi.yaml", COVERAGE="100", ARGUMENTS="--effort quick --skip schemathesis")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "no faults" in done.stdout
    outputs = dict(line.split("=", 1) for line in (tmp_path / "output").read_text().splitlines())
    assert outputs.keys() == ACTION["outputs"].keys()
    assert all(Path(path).stat().st_size for path in outputs.values())
    assert "OrbitKit API" in (tmp_path / "summary").read_text()


@pytest.mark.skipif(not shutil.which("bash"), reason="the steps are for bash")
def test_it_ends_as_the_check_does(tmp_path: Path) -> None:
    done = run_step(tmp_path, SPEC="openapi.yaml", FIXTURES="fixtures", URL="http://127.0.0.1:1")
    assert done.returncode == 2
    assert "not reachable" in done.stderr


def test_inputs_reach_the_shell_by_the_environment_alone() -> None:
    assert not any("${{" in step["run"] for step in ACTION["runs"]["steps"])
