"""The plugin's fixtures in somebody's pytest run: sessions that do not meet, reports that tell, coverage that is asked for."""

import re
from pathlib import Path

import pytest

from mockserver.client import MockServer
from mockserver.server.background import running
from mockserver.settings import Settings
from tests.check.test_pytest_plugin import pytest_run
from tests.client.mocked import books, write_api
from tests.running import ROOT

COLLIDING = """
from http.client import HTTPConnection
from urllib.parse import urlsplit
import pytest

def ask(url, method="GET", body=None):
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc)
    connection.request(method, parts.path + "/books", body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found

@pytest.mark.parametrize("number", range(48))
@pytest.mark.mockserver(scenario="grows")
def test_it_grows(mock, number):
    assert [ask(mock.url)[1] for _ in range(3)] == [b"[]", b"[1]", b"[1,2]"]
    mock.assert_called("listBooks", times=3)
"""


def write(folder: Path, tests: str, *, api: bool = True) -> None:
    if api:
        write_api(folder)
    (folder / "test_books.py").write_text(tests)


def test_eight_processes_share_one_server_without_meeting(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING, api=False)
    (tmp_path / "api").mkdir()
    with running(books(tmp_path / "api"), Settings()) as found:
        done = pytest_run(
            tmp_path, "-n", "8", f"--mockserver-url={found.url}", "--mockserver-min-coverage=50"
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "48 passed" in done.stdout
        mock = MockServer(found.url)
        assert "never used: scenario grows" not in mock.coverage().report(100)
        assert mock.ask("GET", "/sessions")["sessions"] == [
            {"name": "default", "scenario": None, "calls": 0}
        ]


def test_the_same_tests_in_one_session_meet(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING)
    (tmp_path / "conftest.py").write_text(ONE_SESSION)
    assert "47 failed, 1 passed" in pytest_run(tmp_path, "--tb=no").stdout


ONE_SESSION = """
import pytest

@pytest.fixture
def mock(mock_server):
    mock_server.use("grows")
    return mock_server
"""


def test_a_server_in_each_process_adds_up(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING)
    done = pytest_run(tmp_path, "-n", "2", "--mockserver-min-coverage=57.2")
    assert done.returncode == 1, done.stdout
    assert "48 passed" in done.stdout
    assert "served 57.1 % of 7 answers and cases, 57.2 % are asked for" in done.stdout
    assert "never served: addBook 422\n  never used: scenario empty" in done.stdout
    assert pytest_run(tmp_path, "-n", "2", "--mockserver-min-coverage=57").returncode == 0


FAILING = """
from test_books import ask

def test_it_fails(mock):
    ask(mock.url, "POST", b"{}")
    for _ in range(102):
        ask(mock.url)
    ask(mock.url, "POST", b"{}")
    mock.assert_called("listBooks", match={"status": 503})

def test_it_fails_without_a_request(mock):
    assert mock.calls()

def test_it_fails_without_the_mock():
    assert False

def test_it_passes(mock):
    ask(mock.url)
"""


@pytest.mark.parametrize("processes", [(), ("-n", "1")], ids=["here", "elsewhere"])
def test_a_failing_test_shows_what_the_mock_was_asked(
    tmp_path: Path, processes: tuple[str, ...]
) -> None:
    write(tmp_path, COLLIDING)
    (tmp_path / "test_more.py").write_text(FAILING)
    done = pytest_run(tmp_path, "test_more.py", *processes)
    assert done.returncode == 1
    failed, empty, other = re.split(r"^_+ test_\w+ _+$", done.stdout, flags=re.MULTILINE)[1:]
    assert re.search(r"^POST /books  422  -  \S.*openapi\.yaml", failed, re.MULTILINE)
    assert re.search(r'^  body: "title" is a required property', failed, re.MULTILINE)
    assert "- mockserver journal -" in failed
    assert "\n… 4 earlier ones\nGET /books  200  -  " in failed
    assert "expected listBooks status 503 at least once, it was asked for never" in failed
    assert "no request came" in empty
    assert "mockserver journal" not in other


MARKED = """
import pytest

@pytest.mark.mockserver(scenario="emtpy")
def test_mistyped(mock):
    pass

@pytest.mark.mockserver(scenery="empty")
def test_mistaken(mock):
    pass

@pytest.mark.mockserver("empty")
def test_without_its_name(mock):
    assert mock.transport()

def test_server(mock_server, mock):
    assert mock.url.startswith(mock_server.url)
    assert mock_server.session_name == "default"
"""


def test_a_marker_that_means_nothing_fails_its_test(tmp_path: Path) -> None:
    write(tmp_path, MARKED)
    done = pytest_run(tmp_path, "--strict-markers")
    assert "2 passed, 2 errors" in done.stdout
    assert "@pytest.mark.mockserver: there is no scenario 'emtpy'; did you mean 'empty'?" in done.stdout  # fmt: skip
    assert "unexpected keyword argument 'scenery'" in done.stdout
    listed = pytest_run(tmp_path, "--markers")
    assert "@pytest.mark.mockserver(scenario): " in listed.stdout


@pytest.mark.parametrize("by", ["ini", "command line"])
def test_document_and_fixtures_may_be_named(tmp_path: Path, by: str) -> None:
    (tmp_path / "api").mkdir()
    write_api(tmp_path / "api")
    (tmp_path / "api" / "fixtures" / "all.yaml").rename(tmp_path / "mine.yaml")
    write(tmp_path, COLLIDING, api=False)
    names = {"mockserver-spec": "api/openapi.yaml", "mockserver-fixtures": "mine.yaml"}
    options = [f"--{name}={value}" for name, value in names.items()]
    if by == "ini":
        lines = [f"{name.replace('-', '_')} = {value}" for name, value in names.items()]
        options = ["-c", "other.ini"]
        (tmp_path / "other.ini").write_text("\n".join(["[pytest]", *lines]))
    done = pytest_run(tmp_path, *options, "-k", "7")
    assert done.returncode == 0, done.stdout


def test_no_document(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING, api=False)
    done = pytest_run(tmp_path, "-k", "17")
    assert done.returncode == 1
    assert "no document: " in done.stdout
    assert "Traceback" not in done.stdout


def test_no_server(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING)
    done = pytest_run(tmp_path, "-k", "17", "--mockserver-url=http://127.0.0.1:1")
    assert "--mockserver-url: http://127.0.0.1:1 does not answer: " in done.stdout


def test_a_server_may_ask_for_a_token(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING, api=False)
    (tmp_path / "api").mkdir()
    with running(books(tmp_path / "api"), Settings(admin_token="secret-1")) as found:
        url = f"--mockserver-url={found.url}"
        refused = pytest_run(tmp_path, "-k", "17", url)
        assert "--mockserver-url: the server asks for its token" in refused.stdout
        assert pytest_run(tmp_path, "-k", "17", url, "--mockserver-token=secret-1").returncode == 0


def test_coverage_that_nothing_adds_to(tmp_path: Path) -> None:
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n")
    for processes in ([], ["-n", "1"]):
        done = pytest_run(tmp_path, "--mockserver-min-coverage=1", *processes)
        assert done.returncode == 1
        assert "no test used the mock" in done.stdout


def test_a_server_that_is_gone_is_said_in_the_report(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING)
    (tmp_path / "conftest.py").write_text(GONE)
    done = pytest_run(tmp_path, "-k", "17")
    assert "http://127.0.0.1:1 does not answer: " in done.stdout.partition("mockserver journal")[2]


GONE = """
import pytest
from mockserver.client import MockServer
from mockserver.client.wire import HttpWire

@pytest.fixture(autouse=True)
def end(mock):
    mock._wire, before, mock._root = HttpWire("http://127.0.0.1:1"), mock._wire, "http://127.0.0.1:1"
    yield
    mock._wire = before
"""


def test_every_option_is_documented(tmp_path: Path) -> None:
    options = set(re.findall(r"^ +(--mockserver-[a-z-]+)", pytest_run(tmp_path, "--help").stdout, re.MULTILINE))  # fmt: skip
    documented = (ROOT / "docs" / "python.md").read_text("utf-8")
    assert len(options) == 6
    assert {option for option in options if f"`{option} " not in documented} == set()


FORGETFUL = """
from test_books import ask

def test_it_forgets_its_session(mock):
    ask(mock.url)
    mock.delete()
"""


def test_a_session_that_is_gone_is_no_error(tmp_path: Path) -> None:
    write(tmp_path, COLLIDING)
    (tmp_path / "test_forgetful.py").write_text(FORGETFUL)
    done = pytest_run(tmp_path, "test_forgetful.py")
    assert "1 passed" in done.stdout
    assert "error" not in done.stdout
