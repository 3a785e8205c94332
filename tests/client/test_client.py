"""The Python client against a server over a socket: what it chooses, what it reads, how it fails."""

import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.client import ControlError, MockServer
from mockserver.server.background import running
from mockserver.settings import Settings
from tests.client.mocked import books, send


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with running(books(tmp_path_factory.mktemp("books")), Settings()) as found:
        yield MockServer(f"{found.url}/")


@pytest.fixture
def mock(server: MockServer, request: pytest.FixtureRequest) -> MockServer:
    return server.session(request.node.name)


def listed(url: str) -> bytes:
    return send("GET", f"{url}/books").body


def test_the_url_of_everybody_names_no_session(server: MockServer) -> None:
    assert server.session_name == "default"
    assert "~" not in server.url
    assert listed(server.url) == b"[1]"
    server.reset()
    assert server.calls() == []


def test_a_scenario_holds_for_a_while(mock: MockServer) -> None:
    with mock.scenario("empty") as url:
        assert url.endswith("/~empty@test_a_scenario_holds_for_a_while")
        assert (listed(url), listed(mock.url)) == (b"[]", b"[]")
        with mock.scenario("grows"):
            listed(mock.url)
            assert listed(mock.url) == b"[1]"
        assert listed(mock.url) == b"[]"
    assert listed(mock.url) == b"[1]"


def test_a_scenario_for_everyone(server: MockServer, mock: MockServer) -> None:
    server.use("empty", everyone=True)
    assert (listed(server.url), listed(mock.url)) == (b"[]", b"[]")
    server.use(None, everyone=True)
    assert listed(server.url) == b"[1]"


def test_sessions_do_not_meet(server: MockServer) -> None:
    first, second = server.session("first"), server.session("sécond @1")
    for one in (first, second):
        one.use("grows")
    assert [listed(first.url), listed(first.url), listed(second.url)] == [b"[]", b"[1]", b"[]"]
    assert (len(first.calls()), len(second.calls())) == (2, 1)
    first.reset()
    assert (first.calls(), listed(first.url)) == ([], b"[1]")
    second.delete()
    assert len(second.calls()) == 1
    with pytest.raises(ControlError, match="nobody has used the session"):
        second.delete()


def test_an_answer_is_forced(mock: MockServer) -> None:
    mock.force("listBooks", status=503, times=1)
    assert [send("GET", f"{mock.url}/books").status for _ in range(2)] == [503, 200]
    mock.force("listBooks", case="two", force=True)
    assert listed(mock.url) == b"[1,2]"
    mock.stop_forcing("listBooks")
    assert listed(mock.url) == b"[1]"


def test_calls_are_typed(mock: MockServer) -> None:
    send("POST", f"{mock.url}/books", b'{"title": "Emma"}')
    send("POST", f"{mock.url}/books", b"{}")
    send("GET", f"{mock.url}/books?page=2")
    made, refused = mock.calls("addBook")
    assert (made.method, made.status, made.error, made.violations) == ("POST", 201, None, 0)
    assert made.request.json() == {"title": "Emma"}
    assert made.request.header("Content-Type") == "application/json"
    assert made.request.header("X-Absent") is None
    assert refused.findings[0]["code"] == "required"
    assert mock.calls(status="4XX") == mock.calls(status=422) == [refused]
    assert [one.operation for one in mock.calls(method="get")] == ["listBooks"]
    assert mock.calls(path="/books/1") == mock.calls(case="none") == []
    assert len(mock.calls(path="/bo")) == 3
    assert mock.calls(text="emma") == [made]
    assert mock.calls("listBooks")[0].response.body == b"[1]"
    assert made.lines() == [f"POST /books  201  -  {made.why}"]
    assert mock.calls("listBooks")[0].lines()[0].startswith("GET /books?page=2  200  -  ")
    assert refused.lines()[1:] == ['  body: "title" is a required property']


def test_a_body_that_is_no_text_comes_back_as_it_was(mock: MockServer) -> None:
    send("POST", f"{mock.url}/books", b"\xff\x00")
    assert mock.calls()[0].request.body == b"\xff\x00"


def test_what_was_asked_for(mock: MockServer) -> None:
    mock.assert_called("addBook", never=True)
    send("POST", f"{mock.url}/books", b'{"title": "Emma"}')
    listed(mock.url)
    mock.assert_called()
    mock.assert_called("addBook", times=1)
    mock.assert_called("addBook", at_least=1, at_most=1, match={"body": {"/title": "Emma"}})
    mock.assert_called(match={"status": "2XX"}, times=2)
    mock.assert_called(match={"path": "/books"}, times=2)
    mock.assert_called(match={"path": {"matches": "^/~@.*/books$"}}, times=2)
    mock.assert_called(order=["addBook", {"method": "GET"}])


def test_what_was_not_asked_for_is_told_field_by_field(mock: MockServer) -> None:
    send("POST", f"{mock.url}/books", b'{"title": "Emma"}')
    with pytest.raises(AssertionError) as told:
        mock.assert_called("addBook", match={"body": {"/title": "Persuasion"}})
    assert 'body /title: expected "Persuasion", was "Emma"' in str(told.value)
    with pytest.raises(AssertionError, match='path: expected "/book", was "/books"'):
        mock.assert_called("addBook", match={"path": "/book"})
    with pytest.raises(
        AssertionError, match="expected addBook never, it was asked for once"
    ) as many:
        mock.assert_called("addBook", never=True)
    listed(mock.url)
    assert "\nthese came:\n" in str(many.value)
    assert str(many.value).endswith("POST /books → 201")
    with pytest.raises(
        AssertionError, match="expected addBook exactly twice, it was asked for once"
    ) as few:
        mock.assert_called("addBook", times=2)
    assert 'operation: expected "addBook", was "listBooks"' in str(few.value)
    with pytest.raises(AssertionError, match="after addBook, it did not come"):
        mock.assert_called(order=["addBook", "addBook"])


def test_what_the_journal_has_lost_is_no_success(tmp_path: Path) -> None:
    with running(books(tmp_path), Settings()) as found:
        server = MockServer(found.url)
        first, other = server.session("first"), server.session("other")
        for _ in range(600):  # 32 MiB are kept
            send("POST", f"{first.url}/books", b'{"title": "%b"}' % (b"x" * 60_000))
        first.assert_called("addBook", at_least=500)
        other.assert_called("addBook", never=True)
        with pytest.raises(ControlError, match="the journal is incomplete: up to") as told:
            first.assert_called("addBook", times=550)
        assert (told.value.status, told.value.slug) == (409, "journal-incomplete")
        assert "reset() of the Python client" in str(told.value)
        first.reset()
        first.assert_called("addBook", never=True)


@pytest.mark.parametrize(
    "asked",
    [
        {"order": ["a"], "times": 1},
        {"order": ["a"], "operation": "a"},
        {"order": ["a"], "match": {}},
        {"times": 1, "never": True},
        {"times": 1, "at_most": 1},
        {"never": True, "at_least": 1},
    ],
    ids=str,
)
def test_an_expectation_that_contradicts_itself(mock: MockServer, asked) -> None:
    with pytest.raises(ValueError, match=r"alone|one of"):
        mock.assert_called(**asked)


def test_what_the_server_refuses(mock: MockServer) -> None:
    with pytest.raises(ControlError, match="did you mean 'empty'") as refused:
        mock.use("emtpy")
    assert (refused.value.status, refused.value.slug) == (422, "bad-control")
    with pytest.raises(ControlError, match="did you mean 'listBooks'"), mock.scenario("empty"):
        mock.force("listBook", status=200)


def test_coverage_of_a_session_and_of_all(server: MockServer, mock: MockServer) -> None:
    mock.use("empty")
    listed(mock.url)
    found = mock.coverage()
    assert (found.served, found.of) == (2, 7)
    assert "empty" not in found.unused["scenarios"]
    assert server.coverage().served >= 2
    server.reload()


def test_no_server() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    with pytest.raises(ControlError, match=f"http://127.0.0.1:{port} does not answer"):
        MockServer(f"http://127.0.0.1:{port}").use(None)
    with pytest.raises(ControlError, match="does not answer"), MockServer(f"https://127.0.0.1:{port}").scenario("a"):  # fmt: skip
        raise AssertionError
    with pytest.raises(ValueError, match="is not a URL"):
        MockServer("localhost:4010")


@pytest.mark.parametrize("answer", [b"HTTP/1.1 200 OK\r\n\r\nhello", b"HTTP/1.1 404 No\r\n\r\n"])
def test_another_server(answer: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.recv(10_000)
                connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        server = MockServer(f"http://127.0.0.1:{listening.getsockname()[1]}", token="t-12345678")
        with pytest.raises(ControlError, match="is it a mock server"):
            server.coverage()


def test_a_token_is_sent(tmp_path) -> None:
    with running(books(tmp_path), Settings(admin_token="secret-1")) as found:
        MockServer(found.url, token="secret-1").use("empty")
        with pytest.raises(ControlError, match="the server asks for its token"):
            MockServer(found.url).use("empty")
