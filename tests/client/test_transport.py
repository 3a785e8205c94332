"""``mock.transport()``: httpx without a server and with one, faults included, as a client meets them."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from mockserver.client import MockServer
from mockserver.errors import SettingsError
from mockserver.in_process import in_process
from mockserver.server.background import running
from mockserver.settings import Settings
from tests.client.mocked import books, write_api

API = "https://api.books.example"


@pytest.fixture(scope="module", params=["in process", "over a socket"])
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MockServer]:
    folder = tmp_path_factory.mktemp("books")
    if request.param == "in process":
        with in_process(write_api(folder)) as mock:
            assert mock.url == "http://localhost:0"
            yield mock
    else:
        with running(books(folder), Settings()) as found:
            yield MockServer(found.url)


@pytest.fixture
def mock(server: MockServer, request: pytest.FixtureRequest) -> MockServer:
    return server.session(request.node.originalname)


def client(mock: MockServer) -> httpx2.Client:
    return httpx2.Client(transport=mock.transport(), base_url=API)


def test_any_host_is_answered_in_the_session(mock: MockServer) -> None:
    mock.use("grows")
    with client(mock) as http:
        assert [http.get("/books").json() for _ in range(3)] == [[], [1], [1, 2]]
        assert http.post("/books", json={"title": "Emma"}).status_code == 201
        assert http.post("/books", content=iter([b"{}"])).status_code == 422
        assert http.get("/books?page=2").headers["x-mock-operation"] == "listBooks"
    assert len(mock.calls()) == 6
    assert mock.calls()[0].request.header("host") == "api.books.example"


def test_a_request_may_name_another_session(mock: MockServer) -> None:
    with client(mock) as http:
        http.get("/books", headers={"X-Mock-Session": "elsewhere"})
    assert mock.calls() == []


def test_an_async_client(mock: MockServer) -> None:
    async def ask() -> list[int]:
        async with httpx2.AsyncClient(transport=mock.transport(), base_url=API) as http:
            found = await asyncio.gather(*(http.get("/books") for _ in range(5)))
            return [one.status_code for one in found]

    assert asyncio.run(ask()) == [200] * 5
    mock.assert_called("listBooks", times=5)


@pytest.mark.parametrize(
    ("scenario", "raised"),
    [
        ("reset", httpx2.ReadError),
        ("nothing", httpx2.RemoteProtocolError),
        ("cut", httpx2.RemoteProtocolError),
        ("slow", httpx2.ReadTimeout),
    ],
)
def test_faults_are_what_a_client_meets(
    mock: MockServer, scenario: str, raised: type[Exception]
) -> None:
    with client(mock) as http, mock.scenario(scenario), pytest.raises(raised):
        http.get("/books", timeout=0.2 if scenario == "slow" else 20)


def test_a_drip_arrives(mock: MockServer) -> None:
    with client(mock) as http, mock.scenario("drip"):
        assert http.get("/books").json() == [1]


def test_a_document_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SettingsError, match="no document"), in_process():
        raise AssertionError


def test_fixtures_and_seed_may_be_named(tmp_path: Path) -> None:
    spec = write_api(tmp_path)
    (tmp_path / "other.yaml").write_text("version: 1\nscenarios: {calm: {delay: 0s}}\n")
    with in_process(spec, tmp_path / "other.yaml", seed="2", dynamic=True) as mock:
        mock.use("calm")
        assert client(mock).get("/books").status_code == 200


def test_names_with_slashes(tmp_path: Path) -> None:
    spec = tmp_path / "openapi.yaml"
    spec.write_text(
        'openapi: 3.1.0\ninfo: {title: t, version: "1"}\n'
        'paths: {/a/b: {get: {responses: {"200": {description: ok}, "404": {description: no}}}}}\n'
    )
    with in_process(spec) as everybody:
        mock = everybody.session("tests/test_a.py::test_it[1/2 %2F]")
        mock.force("GET /a/b", status=404)
        with client(mock) as http:
            assert http.get("/a/b").status_code == 404
        mock.assert_called("GET /a/b", times=1)
        mock.delete()
