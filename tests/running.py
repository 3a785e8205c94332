"""The real command as a running server: started on a free port, waited for without sleeping, ended by SIGTERM."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from typing import IO, NamedTuple

ROOT = Path(__file__).parents[1]
START_SECONDS = 60.0
"""How long a start may take on a busy machine before the test gives up; no target of speed."""
_ANNOUNCED = re.compile(r"http://127\.0\.0\.1:(\d+)")


class Answered(NamedTuple):
    """What came back over the socket; header names in lower case, a repeated header joined by commas."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "backslashreplace")


class Cost(NamedTuple):
    """What a process has used since it began; zero where the system does not tell."""

    cpu_seconds: float
    peak_mib: float


class Server:
    """One server under test.

    Attributes:
        url: Without a trailing slash.
        lines: What it has written to stderr so far; grows while it runs.
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.lines: list[str] = []
        self._ports: queue.Queue[int | None] = queue.Queue()
        assert process.stderr is not None
        self._reader = threading.Thread(target=self._read, args=(process.stderr,), daemon=True)
        self._reader.start()
        self.port = self._announced_port()
        self.url = f"http://127.0.0.1:{self.port}"

    def _read(self, stream: IO[str]) -> None:
        """Keep stderr flowing: a full pipe would stop the server."""
        announced = False
        for line in stream:
            self.lines.append(line)
            if not announced and (found := _ANNOUNCED.search(line)):
                announced = True
                self._ports.put(int(found[1]))
        self._ports.put(None)

    def _announced_port(self) -> int:
        try:
            port = self._ports.get(timeout=START_SECONDS)
        except queue.Empty:
            port = None
        if port is None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the server did not start:\n{self.log}")
        return port

    @property
    def log(self) -> str:
        return "".join(self.lines)

    def connect(self, *, timeout: float = 30.0) -> HTTPConnection:
        """Return a connection that keeps alive; the caller closes it."""
        return HTTPConnection("127.0.0.1", self.port, timeout=timeout)

    def send(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        body: bytes | None = None,
    ) -> Answered:
        """Send one request on a connection of its own."""
        with closing(self.connect()) as connection:
            return exchange(connection, method, target, headers, body)

    def cost(self) -> Cost:
        """Return what the server has used so far (Linux; elsewhere zeros)."""
        process = Path("/proc") / str(self.process.pid)
        if not process.exists():
            return Cost(0.0, 0.0)
        fields = (process / "stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])  # utime and stime, proc(5)
        status = (process / "status").read_text()
        peak = re.search(r"VmHWM:\s+(\d+) kB", status)
        return Cost(ticks / os.sysconf("SC_CLK_TCK"), int(peak[1]) / 1024 if peak else 0.0)

    def stop(self) -> int:
        """End the server as Docker does, and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.close()
        return status

    def close(self) -> None:
        """Take the rest of stderr and let go of it."""
        self._reader.join(timeout=5)
        assert self.process.stderr is not None
        self.process.stderr.close()


def exchange(
    connection: HTTPConnection,
    method: str,
    target: str,
    headers: Mapping[str, str] | Sequence[tuple[str, str]] = (),
    body: bytes | None = None,
) -> Answered:
    """Send a request exactly as given: no header is added but Host and Content-Length."""
    pairs = list(headers.items()) if isinstance(headers, Mapping) else list(headers)
    names = {name.lower() for name, _ in pairs}
    connection.putrequest(method, target, skip_accept_encoding=True, skip_host="host" in names)
    for name, value in pairs:
        connection.putheader(name, value)
    if body is not None and not names & {"content-length", "transfer-encoding"}:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    content = response.read()
    found: dict[str, str] = {}
    for name, value in response.getheaders():
        key = name.lower()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return Answered(response.status, found, content)


def command(*arguments: str | Path) -> list[str]:
    """Return the command line that runs the product as users do, in this Python."""
    return [sys.executable, "-m", "mockserver", *map(str, arguments)]


def environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment without colours and without settings of ours."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MOCKSERVER_")}
    return {**kept, "NO_COLOR": "1", "PYTHONPATH": str(ROOT), **(extra or {})}


@contextmanager
def serving(
    *arguments: str | Path, cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> Iterator[Server]:
    """Run ``mockserver serve`` with these arguments on a free port; it must end with 0 on SIGTERM."""
    process = subprocess.Popen(
        command("serve", *arguments, "--port", "0"),
        cwd=cwd,
        env=environment(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="backslashreplace",
    )
    server = Server(process)
    try:
        yield server
    except BaseException as error:
        error.add_note(f"the server wrote:\n{server.log[-4000:]}")
        server.stop()
        raise
    status = server.stop()
    assert status == 0, f"SIGTERM ended the server with {status}:\n{server.log[-4000:]}"
