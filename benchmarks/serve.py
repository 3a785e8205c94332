"""Throughput: this server, bare uvicorn with constant bytes, and Prism, in interleaved rounds of one run.

    python -m benchmarks.serve [--rounds 5] [--seconds 4] [--only NAME] [--prism DIR | --no-prism]

Prints, for each server: requests per second, requests per CPU second of the server's processes, the ratio of that to
bare uvicorn in the same round (median, and least to most), and latencies. Ratios survive a busy machine; rates do not.
"""

import argparse
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

from benchmarks import generator, servers
from benchmarks.servers import Ask, Running, Target
from benchmarks.workloads import workloads

BARE = "bare uvicorn"


@dataclass(frozen=True)
class Round:
    """One server in one round."""

    rate: float
    per_cpu: float
    p50: float
    p99: float


def main() -> None:
    """Run the benchmark and print its tables."""
    arguments = _arguments()
    print(f"generator: {generator.name()}, {generator.CONNECTIONS} connections")
    for workload in workloads(arguments.only):
        ask, document = workload.ask, workload.document
        targets = [
            servers.bare(workload.constant, ask.status),
            servers.ours(document),
            servers.ours(document, "--no-fast-lane", name="mockserver, ASGI"),
        ]
        if document is None and not arguments.no_prism:
            peer = servers.prism(arguments.prism, servers.ROOT / "openapi.yaml")
            targets += [peer] if peer else []
        rounds = measure(targets, ask, rounds=arguments.rounds, seconds=arguments.seconds)
        print(f"\n{workload.name}: {ask.method} {ask.path} → {ask.status}\n")
        print(table(rounds), flush=True)


def measure(
    targets: Sequence[Target], ask: Ask, *, rounds: int, seconds: float
) -> dict[str, list[Round]]:
    """Return each server's rounds, in order; every server stays up, only one is loaded at a time."""
    server_core, load_core = servers.cores()
    found: dict[str, list[Round]] = {target.name: [] for target in targets}
    with ExitStack() as stack:
        started = [
            stack.enter_context(servers.running(target, core=server_core)) for target in targets
        ]
        for server in started:
            expected = replace(ask, holds=b"") if server.name == BARE else ask
            if server.first_answer(expected, limit=90) is None:
                raise SystemExit(f"{server.name} gave no answer in 90 s")
            generator.run(server.port, ask, 1, load_core)  # warm
        for number in range(rounds):
            turn = number % len(started)  # each goes first in turn
            for server in [*started[turn:], *started[:turn]]:
                found[server.name].append(one_round(server, ask, seconds, load_core))
    return found


def one_round(server: Running, ask: Ask, seconds: float, core: int | None) -> Round:
    """Load a server once, and hold its last state to the right answer."""
    before = server.used().cpu
    seen = generator.run(server.port, ask, seconds, core)
    cpu = server.used().cpu - before
    status, body = server.ask(ask)
    holds = b"" if server.name == BARE else ask.holds
    if seen.failed or status != ask.status or holds not in body:
        raise SystemExit(f"{server.name}: {seen.failed} failed, then {status} {body[:200]!r}")
    return Round(seen.requests / seen.seconds, seen.requests / cpu, seen.p50, seen.p99)


def table(found: dict[str, list[Round]]) -> str:
    """Return the figures as a Markdown table; the first server is what the ratios divide by."""
    first = next(iter(found.values()))
    lines = [
        "| server | req/s | per CPU second | ÷ bare (least to most) | p50 ms | p99 ms |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for name, rounds in found.items():
        ratios = [mine.per_cpu / bare.per_cpu for mine, bare in zip(rounds, first, strict=True)]
        lines.append(
            f"| {name} | {median(r.rate for r in rounds):,.0f} | {median(r.per_cpu for r in rounds):,.0f} "
            f"| {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f}) "
            f"| {median(r.p50 for r in rounds):.1f} | {median(r.p99 for r in rounds):.1f} |"
        )
    return "\n".join(lines)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4, help="of each measurement")
    parser.add_argument("--only", metavar="NAME", help="workloads whose name holds this")
    parser.add_argument(
        "--prism", type=Path, metavar="DIR", help="where Prism is or shall be installed"
    )
    parser.add_argument("--no-prism", action="store_true")
    return parser.parse_args()


if __name__ == "__main__":
    main()
