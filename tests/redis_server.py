"""A real ``redis-server`` that writes through to its disk, on a free port of loopback; killed and started as tests like."""

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.needs import program

_START_SECONDS = 20.0


class RedisServer:
    """One Redis.

    Attributes:
        url: Of its first database.
    """

    def __init__(self, folder: Path) -> None:
        self._program = program("redis-server")
        self._folder = folder
        with socket.create_server(("127.0.0.1", 0)) as listening:
            self.port: int = listening.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        words = ["--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)]
        words += ["--appendonly", "yes", "--appendfsync", "always", "--save", ""]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen([self._program, *words], stdout=log, stderr=log)
        deadline = _START_SECONDS / 0.05
        while not self.answers():
            deadline -= 1
            assert deadline > 0, (self._folder / "redis.log").read_text()
            with suppress(subprocess.TimeoutExpired):  # a pause, cut short where it ends
                self._process.wait(0.05)
            assert self._process.poll() is None, (self._folder / "redis.log").read_text()

    def answers(self) -> bool:
        """Tell whether it takes commands."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1) as connection:
                connection.sendall(b"PING\r\n")
                return connection.recv(100).startswith(b"+PONG")
        except OSError:
            return False

    def ask(self, command: bytes) -> bytes:
        """Send it a command of one word, and return what it says."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=5) as connection:
            connection.sendall(command + b"\r\n")
            return connection.recv(100)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def kill(self) -> None:
        """End it as a power failure does."""
        if self._process is not None:
            self._process.send_signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait()
            self._process = None


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    """Run a Redis that keeps its data in a folder."""
    server = RedisServer(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()
