"""What people install: the wheel holds the product, declares what it needs, and runs where nothing else is."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

import mockserver
from tests.needs import missing, program
from tests.running import ROOT, Server
from tests.test_architecture import third_party

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
# Used by uvicorn, which does not ask for them itself.
FOR_UVICORN = {"httptools", "uvloop"}
# Run as a process of its own, never imported.
RUN = {"schemathesis"}
# Whoever loads the plugin has it.
THERE = {"pytest"}
NOBODY = 10001
"""The user of the container image."""


def canonical(name: str) -> str:
    """Return a distribution's name as all its spellings compare (packaging specifications, Name normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def test_every_import_is_declared_and_nothing_else() -> None:
    lines = [*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["redis"]]
    declared = {canonical(re.split(r"[<>=!~;\[ ]", line)[0]) for line in lines}
    owners = packages_distributions()
    imported = {canonical(owners[name][0]) for name in third_party()}
    assert declared == imported - THERE | FOR_UVICORN | RUN


def pip(*arguments: str | Path, python: Path | str = sys.executable) -> None:
    """Run pip, which needs a registry that can be reached."""
    command = [str(python), "-m", "pip", "--disable-pip-version-check", *map(str, arguments)]
    finished = subprocess.run(command, capture_output=True, text=True, check=False)
    if finished.returncode:
        missing(f"pip failed:\n{finished.stderr}")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    pip("wheel", "--no-deps", "--wheel-dir", folder, ROOT)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_product_and_its_data_and_nothing_else(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if ".dist-info/" not in name]
    sources = [
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "mockserver").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    ]
    assert sorted(names) == sorted(sources)
    assert {"mockserver/py.typed", "mockserver/fixtures/fixtures.v1.json"} <= set(names)


def test_the_wheel_says_which_version_it_is(wheel: Path) -> None:
    assert wheel.name.startswith(f"openapi_mockserver-{mockserver.__version__}-py3-none-any")


@pytest.fixture(scope="module")
def installed(wheel: Path) -> Iterator[Path]:
    """Return the command of an environment that holds the wheel and what it asks for, as in the container image."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)  # for other users, whom pytest's own folders keep out
        venv.create(folder / "venv", with_pip=True)
        pip("install", wheel, python=folder / "venv" / "bin" / "python")
        shutil.copy(ROOT / "openapi.yaml", folder)
        shutil.copytree(ROOT / "fixtures", folder / "fixtures")
        yield folder / "venv" / "bin" / "mockserver"


@contextmanager
def started(*command: str | Path, cwd: Path, env: dict[str, str]) -> Iterator[Server]:
    """Run a command that serves, and end it; it must end with 0."""
    process = subprocess.Popen(
        [*map(str, command)],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    server = Server(process)
    try:
        yield server
    finally:
        status = server.stop()
    assert status == 0, server.log


def holds_good(server: Server) -> bool:
    answer = server.send("POST", "/api/setup-intent", {"Authorization": "Bearer sk_test_valid"})
    return answer.status == 201 and "seti_" in answer.text


def test_the_wheel_serves_and_says_that_it_is_healthy(installed: Path) -> None:
    folder = installed.parents[2]
    with started(installed, "serve", "--port", "0", cwd=folder, env={}) as server:
        assert holds_good(server)
        asked = subprocess.run(
            [str(installed), "health"],
            env={"MOCKSERVER_PORT": str(server.port)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert (asked.returncode, asked.stderr) == (0, "")
        assert "ready" in asked.stdout


def test_the_images_user_can_serve_what_it_may_only_read(installed: Path) -> None:
    folder, setpriv = installed.parents[2], program("setpriv")
    if os.geteuid() != 0:
        pytest.skip("only root can be somebody else")
    user = [setpriv, f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"]
    probe = subprocess.run([*user, str(installed), "--version"], capture_output=True, check=False)
    if probe.returncode:
        missing(f"other users do not reach {sys.executable}")
    with started(*user, installed, "serve", "--port", "0", cwd=folder, env={}) as server:
        assert holds_good(server)


def test_one_command_serves_from_a_fresh_copy(tmp_path: Path) -> None:
    for name in ("openapi.yaml", "pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("mockserver", "fixtures", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    env = {
        name: value
        for name, value in os.environ.items()
        if name.startswith("PIP_") or name in ("HOME", "SSL_CERT_FILE")
    }
    env["PYTHON"] = sys.executable
    script = tmp_path / "scripts" / "serve"
    with started(script, "--port", "0", cwd=tmp_path, env=env) as server:
        assert holds_good(server)
        assert "Installing" in server.log
    with started(script, "--port", "0", cwd=tmp_path, env=env) as server:
        assert holds_good(server)
        assert "Installing" not in server.log
