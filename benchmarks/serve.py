"""Throughput: this server in its variants, bare uvicorn with constant bytes, and other servers, in interleaved rounds.

    python -m benchmarks.serve [--rounds 5] [--seconds 4] [--only NAME] [--rate 5000] [--peers DIR | --no-peers]

Prints, for each server: requests per second, requests per CPU second of the server's processes, the ratio of that to
bare uvicorn in the same round (median, and least to most), latencies at full load, the 99th percentile at a rate
that each bears, and what memory it holds at the end. Ratios survive a busy machine; rates do not.
"""

import argparse
import math
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from benchmarks import generator, servers
from benchmarks.peers import HOME, peers
from benchmarks.servers import Ask, Running, Target
from benchmarks.workloads import Workload, workloads

WARM_SECONDS = 3
"""Java compiles while it runs."""


@dataclass(frozen=True)
class Round:
    """One server in one round.

    Attributes:
        rate, per_cpu: Requests per second, and per CPU second.
        p50, p99: Milliseconds at full load.
        paced: The 99th percentile in milliseconds at the rate of all; not a number for servers that do not bear it.
        resident: MiB after it.
    """

    rate: float
    per_cpu: float
    p50: float
    p99: float
    paced: float
    resident: float


def main() -> None:
    """Run the benchmark and print its tables."""
    arguments = _arguments()
    print(f"generator: {generator.name()}, {generator.CONNECTIONS} connections")
    for workload in workloads(arguments.only):
        targets = variants(workload)
        targets += [] if arguments.no_peers else peers(workload, arguments.peers)
        rounds = measure(targets, workload.ask, arguments)
        ask = workload.ask
        print(f"\n{workload.name}: {ask.method} {ask.path} → {ask.status}\n")
        print(table(rounds, arguments.rate), flush=True)


def variants(workload: Workload) -> list[Target]:
    """Return bare uvicorn, which the ratios divide by, and this project's server both ways."""
    return [
        servers.bare(workload.constant, workload.ask.status),
        servers.ours(workload.document),
        servers.ours(workload.document, "--no-fast-lane", name="mockserver, ASGI"),
    ]


def measure(
    targets: Sequence[Target], ask: Ask, arguments: argparse.Namespace
) -> dict[str, list[Round]]:
    """Return each server's rounds, in order; every server stays up, only one is loaded at a time."""
    server_core, load_core = servers.cores()
    found: dict[str, list[Round]] = {target.name: [] for target in targets}
    with ExitStack() as stack:
        started = [
            stack.enter_context(servers.running(target, core=server_core)) for target in targets
        ]
        for server in started:
            if server.first_answer(ask, limit=90) is None:
                raise SystemExit(f"{server.target.name} gave no answer in 90 s")
            generator.run(server.port, ask, WARM_SECONDS, load_core)
        paced = started[:3]
        for number in range(arguments.rounds):
            turn = number % len(started)  # each goes first in turn
            for server in [*started[turn:], *started[:turn]]:
                rate = arguments.rate if server in paced else 0
                seen = one_round(server, ask, arguments.seconds, rate, load_core)
                found[server.target.name].append(seen)
    return found


def one_round(server: Running, ask: Ask, seconds: float, rate: int, core: int | None) -> Round:
    """Load a server once, and hold its last state to the right answer.

    Raises:
        SystemExit: A connection broke, or the answer is not right any more; the figures mean nothing.
    """
    before = server.used().cpu
    seen = generator.run(server.port, ask, seconds, core)
    used = server.used()
    failed, paced = seen.failed, math.nan
    if rate:
        at_rate = generator.run_at(server.port, ask, rate, seconds, core)
        failed, paced = failed + at_rate.failed, at_rate.p99
    server.check(ask)
    if failed:
        raise SystemExit(f"{server.target.name}: {failed} connections failed")
    per_cpu = seen.requests / (used.cpu - before)
    rate_seen = seen.requests / seen.seconds
    return Round(rate_seen, per_cpu, seen.p50, seen.p99, paced, used.resident)


def table(found: dict[str, list[Round]], rate: int) -> str:
    """Return the figures as a Markdown table; the first server is what the ratios divide by."""
    first = next(iter(found.values()))
    lines = [
        f"| server | req/s | per CPU second | ÷ bare (least to most) | p50 ms | p99 ms | p99 ms at {rate:,}/s | ÷ bare | MiB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, rounds in found.items():
        pairs = list(zip(rounds, first, strict=True))
        paced = [mine.paced / bare.paced for mine, bare in pairs]
        cells = [
            f"{median(r.rate for r in rounds):,.0f}",
            f"{median(r.per_cpu for r in rounds):,.0f}",
            spread([mine.per_cpu / bare.per_cpu for mine, bare in pairs]),
            f"{median(r.p50 for r in rounds):.1f}",
            f"{median(r.p99 for r in rounds):.1f}",
            *(
                ["-", "-"]
                if math.isnan(paced[0])
                else [f"{median(r.paced for r in rounds):.2f}", spread(paced)]
            ),
            f"{max(r.resident for r in rounds):.0f}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: Sequence[float]) -> str:
    """Return the median, and least to most."""
    return f"{median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--only", metavar="NAME", help="workloads whose name holds this")
    parser.add_argument("--rate", type=int, default=5000, help="requests a second; 0 leaves it out")
    parser.add_argument(
        "--peers", type=Path, metavar="DIR", default=HOME, help="where they are or shall be"
    )
    parser.add_argument("--no-peers", action="store_true", help="bare uvicorn and ours only")
    return parser.parse_args()


if __name__ == "__main__":
    main()
