"""What three real clients see of every fault: the table of docs/faults.md is what they print here."""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from mockserver.fixtures.schema import BREAKAGES
from tests.needs import program
from tests.running import ROOT, Server, environment, serving

DOCUMENT = """\
openapi: 3.1.0
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    get:
      operationId: listPets
      responses: {'200': {description: OK, content: {application/json: {example: [cat, dog]}}}}
"""
WRITTEN = {
    **{f"`{kind}`": kind for kind in BREAKAGES if kind != "drip"},
    "`drip`": "{type: drip, over: 200ms}",
    "`status: 503`": "{status: 503}",
    "`rate-limit`": "{rate-limit: {limit: 1, window: 5m}}",
}
FETCH = """
try {
  const answer = await fetch(process.argv[1]);
  let seen = `status ${answer.status}`;
  try { await answer.json(); seen += ', JSON'; } catch (error) {
    seen += `, then ${error.name}`;
    if (error.cause) seen += `, cause ${error.cause.code}`;
  }
  console.log(seen);
} catch (error) { console.log(`${error.name}: ${error.message}, cause ${error.cause.code}`); }
"""
HTTPX = """
import sys, httpx2
try:
    with httpx2.stream("GET", sys.argv[1]) as answer:
        seen = f"status {answer.status_code}"
        try:
            answer.read()
            answer.json()
            seen += ", JSON"
        except (httpx2.HTTPError, ValueError) as error:
            seen += f", then {type(error).__name__}"
    print(seen)
except httpx2.HTTPError as error:
    print(f"{type(error).__name__}")
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("clients")
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures").mkdir()
    lines = [f"  f{number}: {{fault: {fault}}}" for number, fault in enumerate(WRITTEN.values())]
    text = "version: 1\nscenarios:\n" + "\n".join(lines)
    (folder / "fixtures" / "all.yaml").write_text(text)
    with serving(folder / "openapi.yaml") as running:
        yield running


def printed(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=False, env=environment()
    )


def curl(url: str) -> str:
    """Return what curl makes of it: the status and the exit code; the words differ between versions."""
    seen = printed(program("curl"), "-s", "-o", "/dev/null", "-w", "%{http_code}", url)
    status = "" if seen.stdout == "000" else f"status {seen.stdout}, "
    return f"{status}exit {seen.returncode}"


def fetch(url: str) -> str:
    return printed(program("node"), "--input-type=module", "--eval", FETCH, url).stdout.strip()


def httpx(url: str) -> str:
    return printed(sys.executable, "-c", HTTPX, url).stdout.strip()


CLIENTS: dict[str, Callable[[str], str]] = {"curl": curl, "Node fetch": fetch, "httpx2": httpx}


def row(server: Server, number: int, name: str) -> str:
    cells = []
    for client, ask in CLIENTS.items():
        url = f"{server.url}/~f{number}@{client.replace(' ', '-')}/pets"
        if "rate-limit" in name:
            assert ask(url).startswith("status 200")  # the second request is the one too many
        cells.append(ask(url))
    return "| " + " | ".join([name, *cells]) + " |"


@pytest.mark.parametrize(("number", "name"), list(enumerate(WRITTEN)), ids=WRITTEN)
def test_clients_see_what_the_table_says(server: Server, number: int, name: str) -> None:
    assert row(server, number, name) in (ROOT / "docs" / "faults.md").read_text().splitlines()


def test_every_fault_is_in_the_table() -> None:
    text = Path(ROOT, "docs", "faults.md").read_text("utf-8")
    named = set(
        re.findall(r"^\| (`[^`]+`) \|", text.partition("## What clients see")[2], re.MULTILINE)
    )
    assert named >= set(WRITTEN)
    schema = json.loads((ROOT / "mockserver" / "fixtures" / "fixtures.v1.json").read_text())
    kinds = schema["$defs"]["fault"]["properties"]
    assert {f"`{kind}`" for kind in kinds["type"]["enum"]} <= named
    for key in kinds:
        assert f"`{key}`" in text
