"""A server whose page is under test, as a process of its own that can be ended and started again on its port."""

import re
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

from tests.running import ROOT, Answered, environment, exchange

_ANNOUNCED = re.compile(r"http://127\.0\.0\.1:\d+")
GOOD = {"Authorization": "Bearer sk_test_valid"}


class PageServer:
    """One server, on one port for its whole life.

    Attributes:
        url: Without a trailing slash.
    """

    def __init__(self, document: Path, cwd: Path, *arguments: str) -> None:
        self._document = document
        self._arguments = arguments
        self._cwd = cwd
        self.port = 0
        self.start()

    def start(self) -> None:
        """Start, on the same port as before."""
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "mockserver",
                "serve",
                self._document,
                "-p",
                str(self.port),
                *self._arguments,
            ],
            cwd=self._cwd,
            env=environment(),
            stderr=subprocess.PIPE,
            text=True,
        )
        assert self._process.stderr is not None
        lines: list[str] = []
        while not (found := _ANNOUNCED.search("".join(lines))):
            lines.append(self._process.stderr.readline())
            assert lines[-1], "".join(lines)
        self.url = found[0]
        self.port = int(self.url.rpartition(":")[2])
        self._drain = threading.Thread(target=self._process.stderr.read, daemon=True)
        self._drain.start()

    def stop(self) -> None:
        """End it as Docker does."""
        self._process.terminate()
        self._process.wait(timeout=15)
        self._drain.join(timeout=5)
        assert self._process.stderr is not None
        self._process.stderr.close()

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] = GOOD,
        body: bytes | None = None,
    ) -> Answered:
        """Send one request as an app does."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return exchange(connection, method, target, headers, body)
        finally:
            connection.close()

    def send_many(self, method: str, targets: list[str], every: float = 0.0) -> None:
        """Send requests one after the other on one connection, so many seconds apart."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        pause = threading.Event()
        try:
            for target in targets:
                exchange(connection, method, target, GOOD)
                pause.wait(every)
        finally:
            connection.close()


@contextmanager
def page_server(document: Path, cwd: Path = ROOT, *arguments: str) -> Iterator[PageServer]:
    """Serve a document with its page."""
    server = PageServer(document, cwd, *arguments)
    try:
        yield server
    finally:
        server.stop()
