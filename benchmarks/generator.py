"""Load on one server for some seconds: wrk where it is installed, else a generator of our own.

python -m benchmarks.generator    the generator of our own, as a process; speaks JSON on stdin and stdout

Two ways to load: as fast as the server answers (``run``), and at a rate that it does not set (``run_at``), for latencies.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from itertools import count, repeat
from typing import cast

from benchmarks.servers import ROOT, Ask

CONNECTIONS = 32

_REPORT = """
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format('{"requests": %d, "seconds": %f, "p50": %f, "p99": %f, "failed": %d}',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.timeout))
end
"""


@dataclass(frozen=True)
class Load:
    """What a generator saw.

    Attributes:
        p50, p99: Milliseconds.
        failed: Connections refused or broken; any makes the figures worthless.
    """

    requests: int
    seconds: float
    p50: float
    p99: float
    failed: int


def name() -> str:
    """Return the name of the generator that ``run`` uses here."""
    return "wrk" if shutil.which("wrk") else "the generator of benchmarks/generator.py"


def run(port: int, ask: Ask, seconds: float, core: int | None) -> Load:
    """Ask one server again and again over 32 connections that keep alive."""
    runner = _wrk if shutil.which("wrk") else _own
    return Load(**json.loads(runner(port, ask, seconds, core)))


def run_at(port: int, ask: Ask, rate: int, seconds: float, core: int | None) -> Load:
    """Ask one server so many times a second, spread over the milliseconds; latency counts from when a request was due."""
    return Load(**json.loads(_own(port, ask, seconds, core, rate=rate)))


def _wrk(port: int, ask: Ask, seconds: float, core: int | None) -> str:
    script = [f"wrk.method = {json.dumps(ask.method)}"]
    script += [f"wrk.headers[{json.dumps(k)}] = {json.dumps(v)}" for k, v in ask.headers.items()]
    if ask.body is not None:
        script.append(f"wrk.body = {json.dumps(ask.body.decode())}")
    if "{n}" in ask.path:
        before, _, after = map(json.dumps, ask.path.partition("{n}"))
        count = "n = 0 request = function() n = n + 1 "
        script.append(f"{count} return wrk.format(nil, {before} .. n .. {after}) end")
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write("\n".join(script) + _REPORT)
        file.flush()
        options = [
            "-t1",
            "--timeout",
            "10s",
            f"-c{CONNECTIONS}",
            f"-d{max(1, round(seconds))}s",
            "-s",
            file.name,
        ]
        command = ["wrk", *options, f"http://127.0.0.1:{port}{ask.path.replace('{n}', '0')}"]
        output = _pinned(command, core, "")
    return output[output.index('{"requests"') :]


def _own(port: int, ask: Ask, seconds: float, core: int | None, rate: int = 0) -> str:
    asked = {**asdict(ask), "holds": None, "body": (ask.body or b"").decode()}
    order = json.dumps({"port": port, "ask": asked, "seconds": seconds, "rate": rate})
    return _pinned([sys.executable, "-m", "benchmarks.generator"], core, order)


def _pinned(command: list[str], core: int | None, text: str) -> str:
    result = subprocess.run(
        command,
        input=text,
        stdout=subprocess.PIPE,
        check=True,
        cwd=ROOT,
        encoding="utf-8",
        preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}),
    )
    return result.stdout


class _Clients:
    """All connections, and what they saw.

    Args:
        requests: Endless.
        rate: Requests a second; 0 means that each connection asks again as soon as it is answered.
    """

    def __init__(self, requests: Iterator[bytes], rate: int) -> None:
        self.requests = requests
        self.taken: list[float] = []
        self.lost: list[str] = []
        self.stopping = False
        self._rate = rate
        self._idle: deque[_Connection] = deque()
        self._due: deque[float] = deque()
        self._began = 0.0
        self._issued = 0

    def begin(self) -> None:
        """Begin to ask, all connections made."""
        self._began = time.perf_counter()
        if self._rate:
            self._tick()
        else:
            for connection in self._idle:
                connection.ask(self._began)

    def free(self, connection: "_Connection") -> None:
        """Use a connection that waits for no answer."""
        if not self._rate and self._began:
            connection.ask(time.perf_counter())
        elif self._due:
            connection.ask(self._due.popleft())
        else:
            self._idle.append(connection)

    def _tick(self) -> None:
        """Issue what is due; asyncio's clock knows milliseconds only, so what is due in one goes out together."""
        if self.stopping:
            return
        asyncio.get_running_loop().call_later(0.001, self._tick)
        now = time.perf_counter()
        due = int((now - self._began) * self._rate) - self._issued
        self._issued += due
        for _ in range(due):
            if self._idle:
                self._idle.popleft().ask(now)
            else:
                self._due.append(now)


class _Connection(asyncio.Protocol):
    """Sends a request, and waits for the whole answer."""

    def __init__(self, clients: _Clients) -> None:
        self._clients = clients
        self._buffer = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        self._clients.free(self)

    def ask(self, due: float) -> None:
        self._due = due
        self.transport.write(next(self._clients.requests))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self._clients.taken.append(time.perf_counter() - self._due)
            self._buffer = b""
            self._clients.free(self)

    def connection_lost(self, error: Exception | None) -> None:
        if not self._clients.stopping:
            self._clients.lost.append(str(error))


async def _generate(port: int, ask: Ask, seconds: float, rate: int) -> Load:
    host = f"127.0.0.1:{port}"
    requests = (
        map(ask.request, count(), repeat(host))
        if "{n}" in ask.path
        else repeat(ask.request(0, host))
    )
    clients = _Clients(requests, rate)
    loop = asyncio.get_running_loop()
    transports = []
    for _ in range(CONNECTIONS):
        transport, _ = await loop.create_connection(lambda: _Connection(clients), "127.0.0.1", port)
        transports.append(transport)
    began = time.perf_counter()
    clients.begin()
    await asyncio.sleep(seconds)
    duration = time.perf_counter() - began
    clients.stopping = True
    for transport in transports:
        transport.abort()
    ordered = sorted(clients.taken) or [0.0]
    return Load(
        len(ordered),
        duration,
        ordered[len(ordered) // 2] * 1000,
        ordered[len(ordered) * 99 // 100] * 1000,
        len(clients.lost),
    )


def main() -> None:
    """Read one order from stdin, carry it out, write what was seen."""
    order = json.load(sys.stdin)
    asked = {**order["ask"], "holds": b"", "body": order["ask"]["body"].encode() or None}
    try:
        import uvloop
    except ImportError:
        run_loop = asyncio.run
    else:
        run_loop = uvloop.run
    load = run_loop(_generate(order["port"], Ask(**asked), order["seconds"], order["rate"]))
    json.dump(asdict(load), sys.stdout)


if __name__ == "__main__":
    main()
