"""Real clients: the seed page's own snippets, with the base URL and the key as their only change."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator

import httpx2
import pytest

from tests.running import ROOT, Server, environment, serving

PAGE = (ROOT / "tests" / "data" / "create-setup-intent.txt").read_text()
BASE_URL = "https://api.orbitkit.io"
SECRET = re.compile(r"seti_[0-9A-Za-z]{24}_secret_[0-9A-Za-z]{31}")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


def program(name: str) -> str:
    """Return the path of a program; skip where it is absent, fail under CI."""
    path = shutil.which(name)
    if path is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is absent")
        pytest.skip(f"{name} is absent")
    return path


def run(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a client and return what it printed; it must succeed."""
    finished = subprocess.run(
        command, capture_output=True, text=True, timeout=30, check=False, env=environment(env)
    )
    assert finished.returncode == 0, finished.stderr
    return finished.stdout


def snippet(first: str, last: str) -> str:
    """Return a sample client of the page, from the text that it begins with to the text that it ends with."""
    _, begin, rest = PAGE.partition(first)
    middle, end, _ = rest.partition(last)
    assert begin, first
    assert end, last
    return begin + middle + end


CURL = snippet("curl -X POST", '$ORBITKIT_API_KEY"')
FETCH = snippet("const response = await fetch(", "console.log(data);")


def test_curl_with_the_pages_snippet(server: Server) -> None:
    program("curl")
    command = CURL.replace(BASE_URL, server.url).replace("curl ", "curl -sS ", 1)
    printed = run("sh", "-c", command, env={"ORBITKIT_API_KEY": "sk_test_valid"})
    assert SECRET.search(printed)


@pytest.mark.parametrize(
    ("key", "printed"),
    [
        ("sk_test_valid", SECRET.pattern),
        ("sk_test_expired", "UNAUTHORIZED"),
        ("sk_test_unknown_user", "NOT_FOUND"),
    ],
)
def test_fetch_with_the_pages_snippet(server: Server, key: str, printed: str) -> None:
    node = program("node")
    script = f'const apiKey = "{key}";\n{FETCH.replace(BASE_URL, server.url)}'
    assert re.search(printed, run(node, "--input-type=module", "--eval", script))


def test_a_base_url_with_a_scenario_is_enough_for_fetch(server: Server) -> None:
    node = program("node")
    script = (
        f'const apiKey = "sk_test_valid";\n{FETCH.replace(BASE_URL, f"{server.url}/~not-found")}'
    )
    assert "NOT_FOUND" in run(node, "--input-type=module", "--eval", script)


def test_curl_sends_head_and_options(server: Server) -> None:
    curl = program("curl")
    url = f"{server.url}/api/setup-intent"
    assert run(curl, "-sS", "-I", url).startswith("HTTP/1.1 405")
    assert run(curl, "-sS", "-i", "-X", "OPTIONS", url).startswith("HTTP/1.1 204")
    assert "HTTP/1.1 405" in run(curl, "-sS", "-i", "--http1.0", url)


def test_an_httpx_client(server: Server) -> None:
    headers = {"Authorization": "Bearer sk_test_valid"}
    with httpx2.Client(base_url=server.url, headers=headers) as client:
        secrets = {client.post("/api/setup-intent").json()["clientSecret"] for _ in range(5)}
        refused = client.post("/api/setup-intent", headers={"Authorization": ""})
    assert len(secrets) == 5
    assert all(SECRET.fullmatch(secret) for secret in secrets)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer")
