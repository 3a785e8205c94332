"""The plugin: the tests of a check as items of somebody's pytest run, and an application checked in process."""

import os
import re
import subprocess
import sys
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from mockserver.check.apps import check_app
from mockserver.check.options import Options
from tests.check.apps import seed_api
from tests.check.apps.serving import running
from tests.running import ROOT

SEED = [f"--mockserver-spec={ROOT / 'openapi.yaml'}", f"--mockserver-fixtures={ROOT / 'fixtures'}"]


def pytest_run(folder: Path, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    (folder / "pytest.ini").write_text("[pytest]\n")
    # An installed plugin is there by its entry point, and pytest refuses to take it twice.
    installed = entry_points(group="pytest11", value="mockserver.pytest_plugin")
    plugin = [] if installed else ["-p", "mockserver.pytest_plugin"]
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *plugin]
    return subprocess.run(
        [*command, f"--rootdir={folder}", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environ},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


LIVE = {"ORBITKIT_TOKEN_VALID": "sk_test_valid", "ORBITKIT_TOKEN_UNKNOWN_USER": "sk_test_unknown_user"}  # fmt: skip


def test_the_tests_of_a_check_are_items(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    with running(seed_api.create("error-code-missing")) as port:
        url = f"http://127.0.0.1:{port}"
        options = [f"--mockserver-check={url}", *SEED, "-k", "own or createSetupIntent"]
        done = pytest_run(tmp_path, *options, **LIVE)
    assert done.returncode == 1, done.stdout
    assert re.search(r"\d+ failed, \d+ passed, \d+ skipped", done.stdout)
    assert "cases/createSetupIntent/missing" in done.stdout
    assert "curl -X POST" in done.stdout
    assert "ORBITKIT_JWT_KEY is not set" not in done.stdout
    assert "Traceback" not in done.stdout


def test_a_server_that_is_not_there(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, "--mockserver-check=http://127.0.0.1:1", *SEED, "-k", "missing")
    assert done.returncode == 1
    assert "127.0.0.1:1 is not reachable" in done.stdout


def test_a_document_that_is_not_there(tmp_path: Path) -> None:
    done = pytest_run(tmp_path, "--mockserver-check=http://127.0.0.1:1")
    assert done.returncode == 4
    assert "--mockserver-check: " in done.stderr


def test_without_the_option_nothing_is_collected(tmp_path: Path) -> None:
    assert pytest_run(tmp_path).returncode == 5


def test_the_plugin_imports_nothing_but_pytest() -> None:
    program = "import pytest, sys; before = set(sys.modules); import mockserver.pytest_plugin; print(sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "['mockserver', 'mockserver.pytest_plugin']"


OURS = Options(only=("cases", "conduct"), assume_states=True)


def test_an_asgi_application_in_process() -> None:
    spec, fixtures = ROOT / "openapi.yaml", ROOT / "fixtures"
    assert check_app(seed_api.create(), spec, fixtures, options=OURS).failed == []
    report = check_app(seed_api.create("client-secret-missing"), spec, fixtures, options=OURS)
    assert report.failed


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_wsgi_application_in_process(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(
        'openapi: 3.1.0\ninfo: {title: t, version: "1"}\npaths:\n'
        '  /a: {get: {responses: {"200": {description: ok, content: {application/json: {schema: {type: integer}}}}}}}\n'
    )

    def app(environ, start_response):
        found = environ["PATH_INFO"] == "/a"
        allowed = environ["REQUEST_METHOD"] in ("GET", "HEAD")
        status = "404 Not Found" if not found else "200 OK" if allowed else "405 Method Not Allowed"
        headers = [("Content-Type", "application/json")]
        start_response(status, headers + [("Allow", "GET, HEAD")] * (not allowed))
        return [b"1"]

    report = check_app(app, tmp_path / "openapi.yaml", options=Options(only=("the same again",)))
    assert [known.failure for known in report.failures] == []
    assert report.requests > 10


def test_what_is_not_chosen_is_not_asked(tmp_path: Path) -> None:
    with running(seed_api.create()) as port:
        done = pytest_run(tmp_path, f"--mockserver-check=http://127.0.0.1:{port}", *SEED, "-k", "nothing_is_called_so", **LIVE)  # fmt: skip
    assert done.returncode == 5, done.stdout
    assert re.search(r"\d+ deselected", done.stdout)
