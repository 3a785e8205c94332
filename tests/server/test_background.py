"""The mock on a thread of this process: asked without a socket, and gone when it is not needed any more."""

import threading
from pathlib import Path

import pytest

from mockserver.server.background import running, serving
from mockserver.settings import Settings
from tests.client.mocked import books, send


def test_it_ends_with_its_block(tmp_path: Path) -> None:
    before = threading.active_count()
    with serving(books(tmp_path), Settings()) as url:
        assert send("GET", f"{url}/books").status == 200
        assert threading.active_count() > before
    assert threading.active_count() == before


def test_a_stream_without_a_socket_lasts_as_long_as_somebody_waits(tmp_path: Path) -> None:
    with running(books(tmp_path), Settings(), listening=False) as found:
        with pytest.raises(TimeoutError):
            found.send("GET", "/__mock/events", [("Host", "localhost")], b"", 0.05)
        assert found.send("GET", "/books?a=1", [], b"", None).status == 200
    with pytest.raises(ConnectionRefusedError, match="not there any more"):
        found.send("GET", "/books", [], b"", None)
