"""Growth: time and memory of the server as operations, requests, sessions and bodies become many.

    python -m benchmarks.scale [--only operations|requests|sessions|body] [--rounds 3]

Each size is measured in a process of its own, without sockets as in ``inproc`` (which says why), because memory that one
size has taken would count for the next. ``requests`` loads a real server over sockets instead: its memory is what a user sees.
"""

import argparse
import asyncio
import json
import math
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPConnection
from itertools import cycle, islice
from pathlib import Path
from statistics import median

import uvloop

from benchmarks import generator, servers
from benchmarks.inproc import MemoryTransport, made_by
from benchmarks.servers import Ask
from mockserver.fixtures.contract import load_contract, locate
from mockserver.server.log import LINES_FOR_PEOPLE, RequestLog, TextLines
from mockserver.server.serve import build_app, freeze, uvicorn_config
from mockserver.settings import Settings
from mockserver.spec.routes import Router
from mockserver.state.journal import Journal

PIECE = 64 * 1024
"""Bytes that a socket gives at once."""
GENERATED = 10_000
REQUESTS = 20_000

_TOKEN = {"Authorization": "Bearer sk_test_valid"}
_SEED = Ask("POST", "/api/setup-intent", 201, b'"clientSecret"', _TOKEN)


@dataclass(frozen=True)
class Series:
    """What grows.

    Attributes:
        measure: Takes a size, and returns figures by their name.
    """

    sizes: Sequence[int]
    measure: Callable[[int], dict[str, float]]


def main() -> None:
    """Run the benchmark and print its tables; as a child, print the figures of one size as JSON."""
    arguments = _arguments()
    if arguments.size is not None:
        print(json.dumps(SERIES[arguments.only].measure(arguments.size)))
        return
    for name in [arguments.only] if arguments.only else [*SERIES, "requests"]:
        rows = requests() if name == "requests" else grown(name, arguments.rounds)
        print("\n".join(table(name, rows)), flush=True)


def grown(name: str, rounds: int) -> Iterator[tuple[int, dict[str, float]]]:
    """Yield each size with the medians of its figures, every round in a process of its own."""
    for size in SERIES[name].sizes:
        command = [sys.executable, "-m", "benchmarks.scale", "--only", name, "--size", str(size)]
        found: list[dict[str, float]] = []
        for _ in range(rounds):
            said = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=servers.ROOT)
            found.append(json.loads(said.stdout))
        yield size, {key: median(one[key] for one in found) for key in found[0]}


def table(name: str, rows: Iterator[tuple[int, dict[str, float]]]) -> Iterator[str]:
    """Yield the lines of a Markdown table, its heading with the first row."""
    for number, (size, figures) in enumerate(rows):
        if not number:
            yield f"\n| {name} | {' | '.join(figures)} |\n|---:|{'---:|' * len(figures)}"
        cells = (
            "-" if math.isnan(figure) else f"{figure:,.{2 if figure < 100 else 0}f}"
            for figure in figures.values()
        )
        yield f"| {size:,} | {' | '.join(cells)} |"


def operations(size: int) -> dict[str, float]:
    """Measure start, routing, a new request and memory with a document of so many operations."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(document(size)))
        before, began = resident(), time.process_time()
        connection = Connection(replace(Settings(), spec=path))
        loaded = time.process_time() - began
    router = Router(connection.contract.api.operations)
    asked = [f"/area{number % 97}/things{number}" for number in range(size // 2)]
    literal = [path.encode() for path in islice(cycle(asked), GENERATED)]
    varied = [path + b"/%d" % number for number, path in enumerate(literal)]
    figures = {"load CPU s": loaded, "MiB more": resident() - before}
    figures["route µs, literal"] = routing(router, literal)
    figures["route µs, parameter"] = routing(router, varied)
    figures["route µs, unknown"] = routing(router, [b"/no" + path for path in literal[:500]])
    first = [
        Ask("GET", f"/area{number % 97}/things{number}/1", 200).request()
        for number in range(size // 2)
    ]
    connection.expect(first[0], b"200 ")
    figures["first request of each µs"] = connection.spent(first)
    asks = [Ask("GET", path.decode(), 200).request() for path in varied]
    figures["new request µs"] = connection.spent(asks)
    figures["MiB after"] = resident() - before
    return figures


def routing(router: Router, paths: Sequence[bytes]) -> float:
    """Return the CPU microseconds of finding the operation of a path."""
    began = time.process_time()
    for path in paths:
        router.match("GET", path)
    return (time.process_time() - began) / len(paths) * 1e6


def document(size: int) -> dict[str, object]:
    """Return a document with so many operations, half of them below a path parameter."""
    number = {"name": "id", "in": "path", "required": True, "schema": {"type": "integer"}}
    paths: dict[str, object] = {}
    for index in range(size // 2):
        schema = {
            "type": "object",
            "required": ["id"],
            "properties": {"id": {"type": "integer"}, f"name{index}": {"type": "string"}},
        }
        content = {"application/json": {"schema": schema, "example": {"id": index}}}
        answer = {"200": {"description": "found", "content": content}}
        path = f"/area{index % 97}/things{index}"
        paths[path] = {"get": {"operationId": f"list{index}", "responses": answer}}
        one = {"operationId": f"get{index}", "parameters": [number], "responses": answer}
        paths[path + "/{id}"] = {"get": one}
    return {"openapi": "3.1.0", "info": {"title": "Many", "version": "1"}, "paths": paths}


def sessions(size: int) -> dict[str, float]:
    """Measure a request and memory where so many testers ask in turn."""
    connection = Connection(Settings())
    before = resident()
    asks = [
        replace(_SEED, headers={**_TOKEN, "X-Mock-Session": f"tester-{number}"}).request()
        for number in range(size)
    ]
    connection.expect(asks[0], b"201 ")
    connection.spent(asks)  # makes the sessions
    taken = connection.spent(list(islice(cycle(asks), REQUESTS)))
    return {"request µs": taken, "MiB more": resident() - before}


def body(size: int) -> dict[str, float]:
    """Measure a request with a JSON body of about so many bytes, which is read, validated and journalled."""
    members = {"id": {"type": "integer"}, "name": {"type": "string", "maxLength": 40}}
    item = {"type": "object", "required": ["id", "name"], "properties": members}
    content = {"application/json": {"schema": {"type": "array", "items": item}}}
    operation = {
        "requestBody": {"required": True, "content": content},
        "responses": {"204": {"description": "taken"}},
    }
    paths = {"/things": {"post": operation}}
    described = {"openapi": "3.1.0", "info": {"title": "Large", "version": "1"}, "paths": paths}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "openapi.json"
        path.write_text(json.dumps(described))
        connection = Connection(replace(Settings(), spec=path, max_body=2**26))
    things = json.dumps([{"id": number, "name": "a thing"} for number in range(size // 32 or 1)])
    headers = {"Content-Type": "application/json"}
    asks = [  # the query keeps them new, as bodies are
        Ask("POST", f"/things?n={number}", 204, b"", headers, things.encode()).request()
        for number in range(max(3, min(500, 10_000_000 // size)))
    ]
    connection.expect(asks[0], b"204 ")
    before = resident()
    taken = connection.spent(asks)
    return {
        "request µs": taken,
        "µs per kB": taken / (len(things) / 1000),
        "MiB more": resident() - before,
        "peak MiB": peak(),
    }


def requests() -> Iterator[tuple[int, dict[str, float]]]:
    """Load one server on its own document, and read its memory on the way to a million requests."""
    server_core, load_core = servers.cores()
    with servers.running(servers.ours(), core=server_core) as server:
        server.first_answer(_SEED, limit=30)
        done = 1
        yield done, {"requests per CPU second": math.nan, "MiB": server.used().resident}
        for size in (1000, 10_000, 100_000, 300_000, 1_000_000):
            begun, asked = server.used().cpu, done
            while done < size:
                done += _some(server, size - done, load_core)
            used = server.used()
            per_cpu = (done - asked) / (used.cpu - begun or math.nan)
            yield done, {"requests per CPU second": per_cpu, "MiB": used.resident}


def _some(server: servers.Running, most: int, core: int | None) -> int:
    """Ask a server about so many times, and return how often: the generator counts in seconds, and may overshoot."""
    if most > 20_000:
        return generator.run(server.port, _SEED, max(1, min(5, most / 80_000)), core).requests
    connection = HTTPConnection("127.0.0.1", server.port)
    for _ in range(most):
        connection.request(_SEED.method, _SEED.path, headers=_SEED.headers)
        connection.getresponse().read()
    connection.close()
    return most


class Connection:
    """The server on a document in this process, and one connection to it without a socket."""

    def __init__(self, settings: Settings) -> None:
        settings = locate(replace(settings, reload=False), servers.ROOT)
        self.contract = load_contract(settings)
        journal = Journal("scale")
        log = RequestLog(journal, TextLines(), lambda _: None, most=LINES_FOR_PEOPLE)
        app, _ = build_app(
            self.contract, settings, "scale", servers.ROOT, journal=journal, request_log=log
        )
        with suppress(RuntimeError):
            freeze()
        self.loop = uvloop.new_event_loop()
        asyncio.set_event_loop(self.loop)
        self.transport = MemoryTransport()
        self.loop.run_until_complete(self._connect(made_by(uvicorn_config(app, settings))))

    async def _connect(self, make: Callable[[asyncio.AbstractEventLoop], asyncio.Protocol]) -> None:
        self.protocol = make(self.loop)
        self.protocol.connection_made(self.transport)

    def spent(self, requests: Sequence[bytes]) -> float:
        """Send requests and take their answers; return the CPU microseconds of one."""
        began = time.process_time()
        self.loop.run_until_complete(self._exchange(requests))
        return (time.process_time() - began) / len(requests) * 1e6

    def expect(self, request: bytes, status: bytes) -> None:
        """Hold the answer to a request to its status.

        Raises:
            SystemExit: It is another; the figures would mean nothing.
        """
        self.spent([request])
        answer = b"".join(self.transport.written)
        if not answer.startswith(b"HTTP/1.1 " + status):
            raise SystemExit(f"{request[:200]!r} was answered {answer[:300]!r}")

    async def _exchange(self, requests: Sequence[bytes]) -> None:
        transport, receive = self.transport, self.protocol.data_received
        for number, request in enumerate(requests):
            if number % 1000 == 0:
                await asyncio.sleep(0)  # a socket would let the log write, too
            transport.written.clear()
            for begin in range(0, len(request), PIECE):
                receive(request[begin : begin + PIECE])
            while not transport.written:  # noqa: ASYNC110 - a turn of the loop is what a task takes
                await asyncio.sleep(0)


def resident() -> float:
    """Return what this process holds now, in MiB."""
    return _status("VmRSS")


def peak() -> float:
    """Return the most that this process ever held, in MiB."""
    return _status("VmHWM")


def _status(name: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name))


SERIES = {
    "operations": Series((10, 100, 1000, 10_000), operations),
    "sessions": Series((1, 10, 100, 1000, 10_000), sessions),
    "body": Series((1000, 10_000, 100_000, 1_000_000, 10_000_000), body),
}


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--only", choices=[*SERIES, "requests"])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--size", type=int, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
