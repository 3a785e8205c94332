"""The command line: exit statuses, findings as sentences, and what stays quick."""

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import NamedTuple

import click
import pytest

from mockserver import __version__
from mockserver.cli import _as_github, _as_json, _as_text, cli, run
from mockserver.errors import Finding, Place, StoreError
from mockserver.settings import OPTIONS
from tests.running import command, environment

DOCUMENT = """\
openapi: 3.0.3
info: {title: Pets, version: 1.0.0}
paths:
  /pets:
    get:
      operationId: listPets
      responses:
        '200': {description: OK, content: {application/json: {schema: {type: array, items: {type: string}}}}}
"""


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def mockserver(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Callable[..., Ran]:
    """Run a command line in an empty folder and in this process."""
    monkeypatch.chdir(tmp_path)

    def run_here(*arguments: str) -> Ran:
        status = run(arguments)
        out, err = capfd.readouterr()
        return Ran(status, out, err)

    return run_here


def test_help_names_every_command(mockserver: Callable[..., Ran]) -> None:
    ran = mockserver("--help")
    assert ran.status == 0
    assert [name for name in cli.commands if f"\n  {name}  " not in ran.out] == []


def test_version(mockserver: Callable[..., Ran]) -> None:
    assert mockserver("--version") == (0, f"mockserver {__version__}\n", "")


def test_serve_takes_every_setting_as_a_flag() -> None:
    helped = cli.commands["serve"].get_help(click.Context(cli.commands["serve"]))
    assert [option.key for option in OPTIONS[1:] if f"--{option.key}" not in helped] == []


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["srve"], "no command 'srve'; did you mean 'serve'?"),
        (["zzz"], "no command 'zzz'; there is no file of that name either"),
        (["lint", "--frmat", "x"], "No such option '--frmat'."),
        (["config", "--port", "x"], "--port is 'x', which is not a port, 0 to 65535"),
        (["config", "--dynamic=maybe"], "does not take a value"),
        (["lint"], "no document: "),
        (["lint", "none.yaml"], "none.yaml"),
        (["init"], "no document: "),
        (["health", "ftp://x"], "'ftp://x' is not a URL"),
        (["health", "http://[::1"], "'http://[::1' is not a URL"),
        (["health", "http://a:99999"], "'http://a:99999' is not a URL"),
        (["config", "--cors-origin", "foo"], "--cors-origin is 'foo', which is not an origin"),
        (["lint", "https://a.example/b"], "download it first, as in: curl -fO https://a.example/b"),
        (
            ["lint", "--also", "http://a.example"],
            "--also is 'http://a.example', which is not a file",
        ),
    ],
    ids=str,
)
def test_what_cannot_run_is_one_sentence_and_status_2(
    mockserver: Callable[..., Ran], arguments: list[str], sentence: str
) -> None:
    ran = mockserver(*arguments)
    assert ran.status == 2
    assert sentence in ran.out + ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["serve"], "no document: "),
        (["-p", "0"], "no document: "),
        (["serve", "none.yaml"], "none.yaml"),
        (["none.yaml"], "none.yaml"),
        (["./a-file"], "a-file"),
        (["https://a.example/b"], "SPEC is 'https://a.example/b', which is not a file"),
    ],
    ids=str,
)
def test_serve_is_what_a_document_or_a_flag_means(
    tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "a-file").touch()
    process = subprocess.run(
        command(*arguments), cwd=tmp_path, env=environment(), capture_output=True, encoding="utf-8", check=False
    )  # fmt: skip
    assert process.returncode == 2
    assert process.stderr.startswith("error: ")
    assert sentence in process.stderr
    assert process.stderr.count("\n") == 1


@pytest.mark.parametrize("subject", ["--help", "health"])
def test_what_a_command_does_not_need_is_not_imported(tmp_path: Path, subject: str) -> None:
    code = "import sys; from mockserver.cli import run; run(sys.argv[1:]); print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code, subject], cwd=tmp_path, env=environment({"MOCKSERVER_PORT": "1"}),
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    loaded = set(process.stdout.split())
    assert "mockserver.cli" in loaded
    heavy = {"asyncio", "yaml", "jsonschema_rs", "starlette", "uvicorn", "watchfiles", "rich"}
    assert loaded & heavy == set()


def config(ran: Ran) -> dict[str, list[str]]:
    return {line.split()[0]: line.split()[1:] for line in ran.out.splitlines()}


def test_config_says_where_each_value_comes_from(
    mockserver: Callable[..., Ran], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mockserver.toml").write_text("seed = 7\n")
    monkeypatch.setenv("MOCKSERVER_PORT", "5")
    ran = mockserver("config", "-d", "--cors-origin", "http://a", "--cors-origin", "http://b")
    rows = config(ran)
    assert ran.status == 0
    assert list(rows) == [option.key for option in OPTIONS]
    assert rows["seed"] == ["7", "mockserver.toml:1"]
    assert rows["port"] == ["5", "MOCKSERVER_PORT"]
    assert rows["dynamic"] == ["true", "--dynamic"]
    assert rows["cors-origin"] == ["http://a,", "http://b", "--cors-origin"]


def test_another_settings_file_can_be_named(mockserver: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "other.toml").write_text("port = 9\n")
    assert config(mockserver("config", "--config", "other.toml"))["port"][0] == "9"


@pytest.mark.parametrize(
    ("argument", "name", "value"),
    [
        ("--dynamic=true", "dynamic", "true"),
        ("--cors=false", "cors", "false"),
        ("--no-cors=true", "cors", "false"),
        ("--no-cors=false", "cors", "true"),
        ("--ignoreExamples", "ignore-examples", "true"),
        ("--no-ignoreExamples", "ignore-examples", "false"),
        ("--json-schema-faker-fillProperties=false", "fill-properties", "false"),
        ("--port=7", "port", "7"),
    ],
)
def test_switches_are_read_as_prism_reads_them(
    mockserver: Callable[..., Ran], argument: str, name: str, value: str
) -> None:
    assert config(mockserver("config", argument))[name][0] == value


class Answering(BaseHTTPRequestHandler):
    status, body = 200, b""

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.send_header("X-Path", self.path)
        self.end_headers()
        self.wfile.write(self.body)

    def log_message(self, *_: object) -> None: ...


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Hold a server that answers everything alike; hand out its URL."""
    answer = type("Answer", (Answering,), {"status": status, "body": body})
    with HTTPServer(("127.0.0.1", 0), answer) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("status", "body", "healthy", "said"),
    [
        (200, b'{"status": "ready"}', True, "ready"),
        (200, b'{"status": "ready", "reload": "failed"}', True, "ready, reload failed"),
        (404, b"{}", False, "answers 404"),
        (200, b"hello", False, "something else"),
        (200, b"[]", False, "something else"),
    ],
)
def test_health_asks_for_readiness(
    mockserver: Callable[..., Ran], status: int, body: bytes, *, healthy: bool, said: str
) -> None:
    with answering(status, body) as url:
        ran = mockserver("health", url)
    assert ran.status == (0 if healthy else 1)
    assert f"{url}: " in (ran.out if healthy else ran.err)
    assert said in ran.out + ran.err


@pytest.mark.parametrize(
    ("host", "shown"),
    [("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1"), ("127.0.0.1", "127.0.0.1:1")],
)
def test_health_asks_the_server_that_the_settings_name(
    mockserver: Callable[..., Ran], monkeypatch: pytest.MonkeyPatch, host: str, shown: str
) -> None:
    monkeypatch.setenv("MOCKSERVER_PORT", "1")
    monkeypatch.setenv("MOCKSERVER_HOST", host)
    ran = mockserver("health")
    assert ran.status == 1
    assert f"{shown}: not reachable" in ran.err


def test_health_speaks_tls_where_the_url_does(mockserver: Callable[..., Ran]) -> None:
    with answering(200, b"") as url:
        ran = mockserver("health", url.replace("http:", "https:"))
    assert ran.status == 1
    assert "not reachable" in ran.err


# lint


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    return tmp_path


def test_nothing_to_say_is_said(mockserver: Callable[..., Ran], folder: Path) -> None:
    assert mockserver("lint") == (0, "no findings\n", "")
    assert mockserver("lint", "--format", "github") == (0, "no findings\n", "")
    assert json.loads(mockserver("lint", "--format", "json", "openapi.yaml").out) == []


def test_what_serve_warns_of_is_a_finding(mockserver: Callable[..., Ran], folder: Path) -> None:
    (folder / "openapi.yaml").write_text(DOCUMENT + "sloppy: 1\n")
    ran = mockserver("lint")
    assert ran.status == 1
    assert re.match(r"warning: openapi\.yaml:9(:1)?: .*sloppy.* \[[a-z-]+\]\n1 finding\n", ran.out)


def test_a_typo_in_a_fixture_is_a_finding(mockserver: Callable[..., Ran], folder: Path) -> None:
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "a.yaml").write_text("version: 1\ncasse: {}\n")
    ran = mockserver("lint")
    assert ran.status == 1
    assert re.search(r"error: fixtures/a\.yaml:2(:1)?: .*did you mean 'cases'\?", ran.out)


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_a_document_that_cannot_be_read_ends_with_2_in_every_format(
    mockserver: Callable[..., Ran], folder: Path, form: str
) -> None:
    (folder / "openapi.yaml").write_text("{")
    ran = mockserver("lint", "--format", form)
    assert ran.status == 2
    assert "openapi.yaml" in ran.out


def test_findings_as_json_have_their_place_in_parts(
    mockserver: Callable[..., Ran], folder: Path
) -> None:
    (folder / "openapi.yaml").write_text(DOCUMENT + "sloppy: 1\n")
    (row,) = json.loads(mockserver("lint", "--format", "json").out)
    assert (row["file"], row["line"], row["severity"]) == ("openapi.yaml", 9, "warning")
    assert set(row) == {"rule", "severity", "message", "hint", "file", "line", "column"}


FINDINGS = [
    Finding("a-rule", "50% bad\nthing", Place("a:b,c.yaml", 3, 4), "do, better"),
    Finding("b-rule", "worse", Place("d.yaml"), severity="warning"),
    Finding("c-rule", "nowhere"),
]


@pytest.mark.parametrize(
    ("write", "written"),
    [
        (
            _as_github,
            "::error title=a-rule,file=a%3Ab%2Cc.yaml,line=3,col=4::50%25 bad%0Athing; do, better\n"
            "::warning title=b-rule,file=d.yaml::worse\n"
            "::error title=c-rule::nowhere",
        ),
        (
            _as_text,
            "error: a:b,c.yaml:3:4: 50% bad\\nthing; do, better [a-rule]\n"
            "warning: d.yaml: worse [b-rule]\nerror: nowhere [c-rule]\n3 findings",
        ),
    ],
)
def test_findings_are_written_as_each_reader_wants_them(
    write: Callable[[Sequence[Finding]], str], written: str
) -> None:
    assert write(FINDINGS) == written


def test_findings_without_a_place_are_rows_too() -> None:
    rows = json.loads(_as_json(FINDINGS))
    assert [(row["file"], row["line"], row["column"]) for row in rows] == [
        ("a:b,c.yaml", 3, 4),
        ("d.yaml", None, None),
        (None, None, None),
    ]


# init


def test_init_writes_fixtures_that_lint_has_nothing_to_say_about(
    mockserver: Callable[..., Ran], folder: Path
) -> None:
    ran = mockserver("init")
    assert ran.status == 0
    assert (folder / "fixtures" / "openapi.yaml").exists()
    assert "fixtures/openapi.yaml written" in ran.out
    assert mockserver("lint").status == 0


def test_init_writes_where_it_is_told(mockserver: Callable[..., Ran], folder: Path) -> None:
    (folder / "empty").mkdir()
    assert mockserver("init", "--fixtures", "empty").status == 0
    assert (folder / "empty" / "openapi.yaml").exists()


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_init_overwrites_nothing(mockserver: Callable[..., Ran], folder: Path, kind: str) -> None:
    path = folder / "fixtures"
    if kind == "folder":
        path.mkdir()
        (path / "mine.yaml").write_text("version: 1\n")
    else:
        path.write_text("mine")
    ran = mockserver("init", "--fixtures", "fixtures")
    assert ran.status == 2
    assert "nothing is overwritten" in ran.err
    assert [found.name for found in folder.rglob("*") if found.is_file()] in (
        ["openapi.yaml", "mine.yaml"],
        ["openapi.yaml", "fixtures"],
        ["fixtures", "openapi.yaml"],
        ["mine.yaml", "openapi.yaml"],
    )


def test_init_writes_a_file_where_it_is_told_a_file(
    mockserver: Callable[..., Ran], folder: Path
) -> None:
    ran = mockserver("init", "--fixtures", "new/my.yaml")
    assert ran.status == 0
    assert (folder / "new" / "my.yaml").is_file()
    assert "openapi.yaml --fixtures new/my.yaml" in ran.out
    assert mockserver("lint", "--fixtures", "new/my.yaml").status == 0


@pytest.mark.parametrize("place", ["/proc/none", "a-file/below", "a-file/below.yaml", "x" * 300])
def test_init_says_where_it_cannot_write(
    mockserver: Callable[..., Ran], folder: Path, place: str
) -> None:
    (folder / "a-file").touch()
    ran = mockserver("init", "--fixtures", place)
    assert ran.status == 2
    assert ran.err.startswith("error: ")
    assert "choose another place with --fixtures" in ran.err
    assert ran.err.count("\n") == 1


# Variables


@pytest.mark.parametrize(
    ("log_format", "said"),
    [
        ("text", "warning: MOCKSERVER_PORTT is set in the environment, and no setting has that name; did you mean 'MOCKSERVER_PORT'?\n"),
        ("json", '{"event": "message", "level": "warning", "message": "MOCKSERVER_PORTT is'),
    ],
)  # fmt: skip
def test_a_variable_that_is_no_setting_is_warned_of(
    tmp_path: Path, log_format: str, said: str
) -> None:
    variables = {"MOCKSERVER_PORTT": "1", "MOCKSERVER_LOG_FORMAT": log_format}
    process = subprocess.run(
        command("config"), cwd=tmp_path, env=environment(variables), capture_output=True, encoding="utf-8", check=False
    )  # fmt: skip
    assert process.returncode == 0
    assert process.stderr.startswith(said)


# The outer edge


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, ""),
        (ZeroDivisionError("oops"), 2, "ZeroDivisionError: oops\nthis is a bug in mockserver"),
        (StoreError([Finding("a", "first"), Finding("b", "second")]), 2, "error: first\nerror: second\n"),
    ],
)  # fmt: skip
def test_whatever_happens_ends_with_a_status(
    mockserver: Callable[..., Ran], raised: BaseException, status: int, said: str
) -> None:
    @cli.command("break")
    def fail() -> None:
        raise raised

    try:
        ran = mockserver("break")
    finally:
        del cli.commands["break"]
    assert ran.status == status
    assert said in ran.err


SCENARIOS = """\
version: 1
cases: {listPets: {some: {then: {status: 200}}}}
scenarios:
  zoo: {states: {initial: open, open: {use: {listPets: some}, go: {listPets: shut}}, shut: {}}}
"""


def test_scenarios_are_listed_and_drawn(mockserver: Callable[..., Ran], tmp_path: Path) -> None:
    (tmp_path / "openapi.yaml").write_text(DOCUMENT)
    assert mockserver("scenarios") == (0, "the fixtures have no scenarios\n", "")
    assert mockserver("scenarios", "--graph") == (0, "%% no scenario has states\n", "")
    (tmp_path / "fixtures").mkdir()
    (tmp_path / "fixtures" / "all.yaml").write_text(SCENARIOS)
    ran = mockserver("scenarios")
    assert ran.status == 0
    assert re.search(r"^zoo +states open, shut +fixtures/all.yaml:4:3$", ran.out, re.MULTILINE)
    assert (
        mockserver("scenarios", "--graph").out
        == """\
stateDiagram-v2
  state "zoo" as m0 {
    [*] --> m0s0
    state "open" as m0s0
    m0s0 : listPets answers some
    m0s0 --> m0s1 : listPets
    state "shut" as m0s1
  }
"""
    )
