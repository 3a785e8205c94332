"""Servers side by side: how each is started, checked, measured and ended. Needs Linux (``/proc``)."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).parents[1]
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ask:
    """The request that everybody must answer.

    Attributes:
        path: With the query; ``{n}`` in it is another number each time.
        status: What the answer must be.
        holds: What its body must contain.
    """

    method: str
    path: str
    status: int
    holds: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None

    def request(self, number: int = 0, host: str = "127.0.0.1:4010") -> bytes:
        """Return the request as a client sends it."""
        body = self.body or b""
        path = self.path.replace("{n}", str(number))
        lines = [f"{self.method} {path} HTTP/1.1", f"Host: {host}"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        lines += [f"Content-Length: {len(body)}"] if body else []
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


@dataclass(frozen=True)
class Target:
    """A server as a command line; ``{port}`` in it stands for the port.

    Attributes:
        constant: It answers bytes of the workload's own, whatever the document says.
    """

    name: str
    command: Sequence[str]
    constant: bool = False


@dataclass(frozen=True)
class Used:
    """What a server has used since it began: CPU seconds of all its processes, resident MiB of the largest.

    Attributes:
        resident: Now.
        peak: Ever.
    """

    cpu: float
    resident: float
    peak: float


class Running:
    """A started server."""

    def __init__(self, target: Target, core: int | None) -> None:
        self.target = target
        self.port = free_port()
        self.log = tempfile.TemporaryFile()  # noqa: SIM115 - closed by stop()
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            [part.replace("{port}", str(self.port)) for part in target.command],
            cwd=ROOT,
            env=environment(),
            stdout=self.log,
            stderr=self.log,
            start_new_session=True,
            preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
        )

    def ask(self, ask: Ask) -> tuple[int, bytes]:
        """Send the request on a connection of its own, and return status and body."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(ask.method, ask.path.replace("{n}", "0"), ask.body, ask.headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def first_answer(self, ask: Ask, *, limit: float) -> float | None:
        """Return seconds from start to the right answer, ``None`` where it did not come in time.

        Raises:
            SystemExit: The server ended, or answered something else: figures would mean nothing.
        """
        while time.perf_counter() - self.began < limit:
            try:
                status, body = self.ask(ask)
            except (OSError, HTTPException):
                if self.process.poll() is not None:
                    name = self.target.name
                    raise SystemExit(f"{name} ended:\n{self.said()}") from None
                time.sleep(0.002)
                continue
            taken = time.perf_counter() - self.began
            self._hold(ask, status, body)
            return taken
        return None

    def check(self, ask: Ask) -> None:
        """Ask once, and hold the answer to what it must be.

        Raises:
            SystemExit: It is another.
        """
        self._hold(ask, *self.ask(ask))

    def _hold(self, ask: Ask, status: int, body: bytes) -> None:
        holds = b"" if self.target.constant else ask.holds
        if status != ask.status or holds not in body:
            raise SystemExit(
                f"{self.target.name} answered {status} {body[:300]!r}, not {ask.status} with {holds!r}"
            )

    def used(self) -> Used:
        """Read what all processes of the server have used (proc(5): utime, stime, VmRSS, VmHWM)."""
        ticks, resident, peak = 0, 0.0, 0.0
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) != self.process.pid:  # its session
                    continue
                ticks += int(fields[11]) + int(fields[12])
                status = (entry / "status").read_text()
            except (OSError, IndexError):
                continue  # it ended meanwhile
            held = dict(line.split(":", 1) for line in status.splitlines())
            resident = max(resident, _mebibytes(held.get("VmRSS")))
            peak = max(peak, _mebibytes(held.get("VmHWM")))
        return Used(ticks / _TICK, resident, peak)

    def said(self) -> str:
        """Return the end of what the server wrote."""
        self.log.seek(0)
        return self.log.read().decode(errors="replace")[-2000:]

    def stop(self) -> None:
        """End the server and all its processes."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(self.process.pid, number)
                self.process.wait(timeout=5)
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        self.log.close()


def _mebibytes(text: str | None) -> float:
    """Return what a line of ``/proc/PID/status`` says; a process that has just ended says nothing."""
    return int(text.split()[0]) / 1024 if text else 0.0


@contextmanager
def running(target: Target, *, core: int | None = None) -> Iterator[Running]:
    """Start a server, pinned to a core where one is given, and end it."""
    server = Running(target, core)
    try:
        yield server
    finally:
        server.stop()


def environment() -> dict[str, str]:
    """Return the environment of a server: Python's bytecode is kept, as that of an installed package is."""
    kept = {
        "PYTHONPYCACHEPREFIX": str(Path(tempfile.gettempdir()) / "mockserver-benchmark-bytecode")
    }
    others = os.environ.items()
    return {name: value for name, value in others if name != "PYTHONDONTWRITEBYTECODE"} | kept


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ours(document: Path | None = None, *options: str, name: str = "mockserver") -> Target:
    """Return this project's server on a document, or on its own, with options."""
    spec = [str(document)] if document else []
    command = [
        sys.executable,
        "-m",
        "mockserver",
        "serve",
        *spec,
        "--port",
        "{port}",
        "--no-reload",
        *options,
    ]
    return Target(name, command)


def bare(body: bytes, status: int) -> Target:
    """Return uvicorn with a raw ASGI app that answers constant bytes: the limit of what is above it."""
    code = f"""
import uvicorn
START = {{"type": "http.response.start", "status": {status}, "headers": [
    (b"content-type", b"application/json"), (b"content-length", b"{len(body)}")]}}
BODY = {{"type": "http.response.body", "body": {body!r}}}
async def app(scope, receive, send):
    await send(START)
    await send(BODY)
uvicorn.run(app, port={{port}}, access_log=False, log_level="warning", lifespan="off", ws="none")
"""
    return Target("bare uvicorn", [sys.executable, "-c", code], constant=True)


def cores() -> tuple[int | None, int | None]:
    """Return one core for servers and one for the load; ``None`` twice where there is only one."""
    found = sorted(os.sched_getaffinity(0))
    return (found[0], found[-1]) if len(found) > 1 else (None, None)
