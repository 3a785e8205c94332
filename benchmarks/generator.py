"""Load on one server for some seconds: wrk where it is installed, else a generator of our own.

python -m benchmarks.generator    the generator of our own, as a process; speaks JSON on stdin and stdout
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
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


def _own(port: int, ask: Ask, seconds: float, core: int | None) -> str:
    asked = {**asdict(ask), "holds": None, "body": (ask.body or b"").decode()}
    order = json.dumps({"port": port, "ask": asked, "seconds": seconds})
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


class _Connection(asyncio.Protocol):
    """Sends the request, waits for the whole answer, sends it again."""

    def __init__(self, requests: Iterator[bytes], taken: list[float], lost: list[str]) -> None:
        self.requests = requests
        self.taken = taken
        self.lost = lost
        self.buffer = b""
        self.stopping = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's is one by its methods only
        self._send()

    def data_received(self, data: bytes) -> None:
        self.buffer += data
        head, found, body = self.buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]
        if len(body) >= int(length or 0):
            self.taken.append(time.perf_counter() - self.sent)
            self.buffer = b""
            self._send()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.stopping:
            self.lost.append(str(error))

    def _send(self) -> None:
        self.sent = time.perf_counter()
        self.transport.write(next(self.requests))


async def _generate(port: int, ask: Ask, seconds: float) -> Load:
    host = f"127.0.0.1:{port}"
    requests = (
        map(ask.request, count(), repeat(host))
        if "{n}" in ask.path
        else repeat(ask.request(0, host))
    )
    taken: list[float] = []
    lost: list[str] = []
    loop = asyncio.get_running_loop()
    began = time.perf_counter()
    connections: list[_Connection] = []
    for _ in range(CONNECTIONS):
        _, made = await loop.create_connection(
            lambda: _Connection(requests, taken, lost), "127.0.0.1", port
        )
        connections.append(made)
    await asyncio.sleep(seconds)
    duration = time.perf_counter() - began
    for connection in connections:
        connection.stopping = True
        connection.transport.abort()
    ordered = sorted(taken) or [0.0]
    return Load(
        len(taken),
        duration,
        ordered[len(ordered) // 2] * 1000,
        ordered[len(ordered) * 99 // 100] * 1000,
        len(lost),
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
    load = run_loop(_generate(order["port"], Ask(**asked), order["seconds"]))
    json.dump(asdict(load), sys.stdout)


if __name__ == "__main__":
    main()
