"""What a request costs in this process, without sockets: our application on a server's protocol ÷ bare uvicorn there.

    python -m benchmarks.inproc [--rounds 15] [--requests 4000] [--only NAME]

uvicorn's own protocol reads the request from memory and writes the answer to a transport that only remembers it, so
that the figure holds parsing, application and writing, but no system call. Steady within about 3 %, which is enough
to compare two commits; what it cannot say is what a client sees (``benchmarks.serve``).
"""

import argparse
import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Any, cast

import uvicorn
import uvloop
from uvicorn.server import ServerState

from benchmarks.servers import Ask
from benchmarks.workloads import Workload, workloads
from mockserver.fixtures.contract import load_contract, locate
from mockserver.server.app import MockApp
from mockserver.server.log import LINES_FOR_PEOPLE, RequestLog, TextLines
from mockserver.server.serve import build_app, freeze, uvicorn_config
from mockserver.settings import Settings
from mockserver.state.journal import Journal

BARE = "bare uvicorn"
MANY = 5000
"""Different requests of one kind, where they differ: more than the fast lane remembers."""

MakeProtocol = Callable[[asyncio.AbstractEventLoop], asyncio.Protocol]


@dataclass(frozen=True)
class Way:
    """One way to answer a request."""

    name: str
    make: MakeProtocol


class MemoryTransport(asyncio.Transport):
    """A transport that keeps the last bytes written to it."""

    def __init__(self) -> None:
        super().__init__({"sockname": ("127.0.0.1", 4010), "peername": ("127.0.0.1", 50000)})
        self.written: list[bytes] = []

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Keep what is sent."""
        self.written.append(bytes(data))

    def is_closing(self) -> bool:
        """Stay open."""
        return False

    def close(self) -> None:
        """Stay open: there is nothing to close."""

    def pause_reading(self) -> None:
        """Go on: what is read comes from memory."""

    def resume_reading(self) -> None:
        """Go on."""

    def get_write_buffer_size(self) -> int:
        """Return 0: all that was written is taken."""
        return 0


def main() -> None:
    """Run the benchmark and print its table."""
    arguments = _arguments()
    print("| request | way | µs | ÷ bare (least to most) |")
    print("|---|---|---:|---:|")
    for workload in workloads(arguments.only):
        for line in uvloop.run(measure(workload, arguments.rounds, arguments.requests)):
            print(line, flush=True)


async def measure(workload: Workload, rounds: int, requests: int) -> list[str]:
    """Return the rows of one request; the ways take turns, so that a busy machine hurts all alike."""
    data = [workload.ask.request(number) for number in range(MANY)]
    ways = [bare(workload), *ours(workload)]
    connections = [(way, *connected(way)) for way in ways]
    taken: dict[str, list[float]] = {way.name: [] for way in ways}
    for number in range(rounds + 1):
        for way, protocol, transport in connections:
            seconds = await spent(protocol, transport, data, requests)
            if number:  # the first one warms
                taken[way.name].append(seconds / requests * 1e6)
            check(way, transport, workload.ask)
    rows = []
    for name, figures in taken.items():
        ratios = [one / other for one, other in zip(figures, taken[BARE], strict=True)]
        rows.append(
            f"| {workload.name} | {name} | {median(figures):.1f} "
            f"| {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) |"
        )
    return rows


def connected(way: Way) -> tuple[asyncio.Protocol, MemoryTransport]:
    """Return a protocol with a connection made."""
    protocol, transport = way.make(asyncio.get_running_loop()), MemoryTransport()
    protocol.connection_made(transport)
    return protocol, transport


async def spent(
    protocol: asyncio.Protocol, transport: MemoryTransport, data: Sequence[bytes], requests: int
) -> float:
    """Return the CPU seconds of a number of requests, one after the other."""
    began = time.process_time()
    for number in range(requests):
        transport.written.clear()
        protocol.data_received(data[number % MANY])
        while not transport.written:  # noqa: ASYNC110 - one turn of the loop is what uvicorn's task takes
            await asyncio.sleep(0)
    return time.process_time() - began


def check(way: Way, transport: MemoryTransport, ask: Ask) -> None:
    """Hold the last answer to what it must be.

    Raises:
        SystemExit: It is another; the figures mean nothing.
    """
    answer = b"".join(transport.written)
    holds = b"" if way.name == BARE else ask.holds
    if not answer.startswith(b"HTTP/1.1 %d " % ask.status) or holds not in answer:
        raise SystemExit(f"{way.name} answered {answer[:300]!r}")


def bare(workload: Workload) -> Way:
    """Return uvicorn with a raw ASGI app that answers constant bytes."""
    body = workload.constant
    length = b"%d" % len(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", length)]
    start = {"type": "http.response.start", "status": workload.ask.status, "headers": headers}
    content = {"type": "http.response.body", "body": body}

    async def app(_scope: object, _receive: object, send: Callable[[object], Any]) -> None:
        await send(start)
        await send(content)

    config = uvicorn.Config(cast("Any", app), access_log=False, log_level="warning", ws="none")
    return Way(BARE, made_by(config))


def ours(workload: Workload) -> Sequence[Way]:
    """Return our application in its variants."""
    settings = replace(Settings(), reload=False)
    if workload.document is not None:
        settings = replace(settings, spec=workload.document)
    settings = locate(settings, Path.cwd())
    contract = load_contract(settings)

    def app() -> MockApp:  # one for each way: what one has seen shall not be known to another
        journal = Journal("inproc")
        log = RequestLog(journal, TextLines(), lambda _: None, most=LINES_FOR_PEOPLE)
        made = build_app(contract, settings, "inproc", Path.cwd(), journal=journal, request_log=log)
        return made[0]

    plain = uvicorn.Config(cast("Any", app()), access_log=False, log_config=None, ws="none")
    ways = [
        Way("ASGI on uvicorn's own protocol", made_by(plain)),
        *(
            Way(name, made_by(uvicorn_config(app(), replace(settings, fast_lane=fast))))
            for name, fast in (("ASGI", False), ("fast lane", True))
        ),
    ]
    with suppress(RuntimeError):
        freeze()
    return ways


def made_by(config: uvicorn.Config) -> MakeProtocol:
    """Return the maker of a server's protocol."""
    config.load()
    state = ServerState()
    state.default_headers = [(b"date", b"Mon, 23 Nov 2026 12:00:00 GMT")]
    make = cast("Any", config.http_protocol_class)
    return lambda loop: cast(
        "asyncio.Protocol", make(config=config, server_state=state, app_state={}, _loop=loop)
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--requests", type=int, default=4000, help="of each round and way")
    parser.add_argument("--only", metavar="NAME", help="workloads whose name holds this")
    return parser.parse_args()


if __name__ == "__main__":
    main()
