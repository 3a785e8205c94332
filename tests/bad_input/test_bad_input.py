"""Bad input ends in one paragraph that names file and line, exit 2 and no traceback; sloppy input is served.

The promise of the project: within ten seconds, at most 25 lines.
"""

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.running import command, environment, serving

HEAD = 'openapi: 3.1.0\ninfo: {title: t, version: "1"}\n'
GOOD = (
    HEAD
    + """\
paths:
  /pets:
    get:
      operationId: listPets
      responses: {"200": {description: ok, content: {application/json: {example: ok}}}}
components:
  securitySchemes: {bearer: {type: http, scheme: bearer}}
"""
)
EXIT = "the command ended"


class Ended(NamedTuple):
    status: int
    said: str


def run(folder: Path, *arguments: str) -> Ended:
    """Run the real command in a folder until it ends."""
    finished = subprocess.run(
        command(*arguments),
        cwd=folder,
        env=environment({"MOCKSERVER_PORT": "0"}),
        capture_output=True,
        text=True,
        errors="backslashreplace",
        timeout=10,
        check=False,
    )
    return Ended(finished.returncode, finished.stdout + finished.stderr)


def assert_refused(ended: Ended, said: str) -> None:
    assert ended.status == 2, ended.said
    assert said in ended.said
    assert "Traceback" not in ended.said
    assert len(ended.said.splitlines()) <= 25, ended.said


def referring(reference: str) -> str:
    return GOOD.replace("{example: ok}", f'{{schema: {{$ref: "{reference}"}}}}')


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param("", "openapi.yaml", id="empty"),
        pytest.param("  \n\n# nothing\n", "openapi.yaml", id="only a comment"),
        pytest.param("paths: [a\nb: {", "openapi.yaml:", id="no YAML"),
        pytest.param("{{{{", "openapi.yaml:1", id="only brackets"),
        pytest.param("\tpaths: 1\n", "openapi.yaml:1", id="a tab"),
        pytest.param("just a text\n", "openapi.yaml:1", id="a text"),
        pytest.param("- a\n- b\n", "openapi.yaml:1", id="a list"),
        pytest.param("name: no OpenAPI\nversion: 1\n", "openapi.yaml", id="not OpenAPI"),
        pytest.param(GOOD.replace("3.1.0", "4.0.0"), "openapi.yaml:1", id="an unknown version"),
        pytest.param(
            GOOD.replace("3.1.0", "[3]"), "openapi.yaml:1", id="a version of the wrong type"
        ),
        pytest.param(HEAD + HEAD, "openapi.yaml:3", id="a duplicate key"),
        pytest.param(GOOD + "---\n" + GOOD, "openapi.yaml", id="two documents in one file"),
        pytest.param(GOOD + "x: *nowhere\n", "openapi.yaml:10", id="an alias of nothing"),
        pytest.param(HEAD + "paths: []\n", "openapi.yaml:3", id="paths that are a list"),
        pytest.param(HEAD, "openapi.yaml", id="no paths"),
        pytest.param(referring("../outside.yaml"), "openapi.yaml:7", id="an escaping reference"),
        pytest.param(referring("/etc/passwd"), "openapi.yaml:7", id="an absolute reference"),
        pytest.param("a: " + "[" * 100_000, "openapi.yaml", id="100,000 brackets"),
        pytest.param(
            "a: &a [x, x]\n"
            + "".join(
                f"{n}: &{n} [*{p}, *{p}]\n"
                for p, n in zip(
                    "abcdefghijklmnopqrstuvwxy", "bcdefghijklmnopqrstuvwxyz", strict=True
                )
            ),
            "openapi.yaml",
            id="an alias bomb",
        ),
    ],
)
def test_a_broken_document_is_refused(tmp_path: Path, content: str, said: str) -> None:
    (tmp_path / "openapi.yaml").write_text(content)
    assert_refused(run(tmp_path, "serve", "openapi.yaml"), said)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b'{"openapi": "3.1.0",', "openapi.json:1", id="half of a JSON file"),
        pytest.param(b'{"openapi": "3.1.0", "x": NaN, "paths": {}}', "openapi.json:1", id="NaN"),
        pytest.param(b'{\n"a": 1,\n"a": 2}', "openapi.json:3", id="a duplicate key"),
        pytest.param(b"\xff\xfe{\x00}\x00", "openapi.json", id="UTF-16"),
        pytest.param(b'{"a": "\xff"}', "openapi.json", id="invalid UTF-8"),
        pytest.param(b"[" * 100_000, "openapi.json", id="100,000 brackets"),
        pytest.param(
            b'{"a": ' + b"9" * 5_000 + b"}", "openapi.json", id="a number of 5,000 digits"
        ),
    ],
)
def test_a_broken_json_document_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "openapi.json").write_bytes(content)
    assert_refused(run(tmp_path, "serve", "openapi.json"), said)


def test_a_missing_document_is_named(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "serve", "nowhere.yaml"), "nowhere.yaml")


def test_no_document_in_the_folder_is_said(tmp_path: Path) -> None:
    assert_refused(run(tmp_path, "serve"), "openapi.yaml")


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda path: path.mkdir(), id="a folder"),
        pytest.param(os.mkfifo, id="a pipe"),
        pytest.param(lambda path: path.symlink_to("/dev/zero"), id="an endless device"),
        pytest.param(lambda path: path.symlink_to(path.name), id="a link to itself"),
    ],
)
def test_only_regular_files_are_read(tmp_path: Path, make: Callable[[Path], object]) -> None:
    make(tmp_path / "openapi.yaml")
    assert_refused(run(tmp_path, "serve", "openapi.yaml"), "openapi.yaml")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_document_that_may_not_be_read_is_named(tmp_path: Path) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(GOOD)
    path.chmod(0)
    assert_refused(run(tmp_path, "serve", "openapi.yaml"), "openapi.yaml")


TOKEN = "version: 1\ntokens:\n  valid: {scheme: bearer, value: t, outcome: accept}\n"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(
            TOKEN.replace("outcome:", "outcom:"),
            ("fixtures.yaml:3", "outcome"),
            id="a typo in a key",
        ),
        pytest.param(
            TOKEN.replace("tokens", "tokns"), ("fixtures.yaml:2", "tokens"), id="a typo at the top"
        ),
        pytest.param(
            TOKEN.replace("bearer", "baerer"), ("fixtures.yaml:3", "bearer"), id="an unknown scheme"
        ),
        pytest.param(
            TOKEN.replace("accept", "acept"), ("fixtures.yaml:3", "accept"), id="an unknown outcome"
        ),
        pytest.param(
            "version: 1\ncases:\n  listPest:\n    a: {when: {}, then: {status: 200}}\n",
            ("fixtures.yaml:3", "listPets"),
            id="an unknown operation",
        ),
        pytest.param(
            "version: 1\ncases:\n  listPets:\n    a: {when: {token: none}, then: {status: 200}}\n",
            ("fixtures.yaml:4",),
            id="an unknown token",
        ),
        pytest.param(
            "version: 1\nscenarios:\n  s: {use: {listPets: nowhere}}\n",
            ("fixtures.yaml:3",),
            id="an unknown case",
        ),
        pytest.param("version: 2\n", ("fixtures.yaml:1",), id="an unknown version"),
        pytest.param("version: 1\ntokens: {a: [\n", ("fixtures.yaml:",), id="no YAML"),
    ],
)
def test_a_broken_fixture_is_refused(tmp_path: Path, content: str, said: tuple[str, ...]) -> None:
    (tmp_path / "openapi.yaml").write_text(GOOD)
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "fixtures.yaml").write_text(content)
    ended = run(tmp_path, "serve")
    for words in said:
        assert_refused(ended, words)


def test_the_same_fixture_in_two_files_names_both(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(GOOD)
    (tmp_path / "fixtures").mkdir()
    for name in ("one.yaml", "two.yaml"):
        (tmp_path / "fixtures" / name).write_text(TOKEN)
    ended = run(tmp_path, "serve")
    assert_refused(ended, "one.yaml:3")
    assert_refused(ended, "two.yaml:3")


def test_missing_fixtures_are_named(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(GOOD)
    assert_refused(run(tmp_path, "serve", "--fixtures", "nowhere"), "nowhere")


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(GOOD)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert_refused(run(tmp_path, "serve", "--port", port), port)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serve", "--port", "many"], "port"),
        (["serve", "--port", "70000"], "port"),
        (["serve", "--prot", "1"], "--port"),
        (["serve", "--host", "no such host"], "no such host"),
        (["serve", "--max-body", "lots"], "max-body"),
        (["serve", "--scenario", "nowhere"], "nowhere"),
        (["sevre"], "sevre"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_a_wrong_flag_is_named(tmp_path: Path, arguments: list[str], said: str) -> None:
    (tmp_path / "openapi.yaml").write_text(GOOD)
    assert_refused(run(tmp_path, *arguments), said)


@pytest.mark.parametrize(
    ("content", "line"),
    [
        pytest.param(
            GOOD.replace("{example: ok}", '{schema: {type: string, pattern: "("}}'),
            7,
            id="an invalid pattern",
        ),
        pytest.param(referring("#/components/schemas/Nowhere"), 7, id="a dangling reference"),
        pytest.param(
            GOOD.replace("{example: ok}", "{schema: {type: integer}, example: ok}"),
            7,
            id="an invalid example",
        ),
        pytest.param(GOOD.replace("/pets:", "/pets/{id}:"), 5, id="an undeclared path parameter"),
        pytest.param(
            GOOD.replace("get:", "get:\n      security: [{nowhere: []}]"),
            6,
            id="an undeclared scheme",
        ),
        pytest.param(GOOD.replace('info: {title: t, version: "1"}\n', ""), 1, id="no info"),
    ],
)
def test_a_sloppy_document_is_served_with_a_warning_and_refused_by_strict(
    tmp_path: Path, content: str, line: int
) -> None:
    path = tmp_path / "openapi.yaml"
    path.write_text(content)
    with serving("openapi.yaml", cwd=tmp_path) as server:
        assert server.send("GET", "/nowhere").status == 404
        assert f"openapi.yaml:{line}" in server.log, server.log
    ended = run(tmp_path, "serve", "--strict")
    assert_refused(ended, "openapi.yaml")
