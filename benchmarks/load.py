"""Start: seconds, CPU seconds and peak memory from nothing to the first right answer, for each document.

    python -m benchmarks.load [DOCUMENT]... [--rounds 3] [--prism DIR] [--limit 90]

A document is a path; without one only the project's own is measured. Prism is measured beside us where ``--prism`` says where it
is or shall be installed. Documents by a name that is not among ``ASKS`` are asked for an unknown path, and 404 is right.
"""

import argparse
from pathlib import Path
from statistics import median

from benchmarks import servers
from benchmarks.servers import Ask, Target

_BEARER = {"Authorization": "Bearer sk_test_valid"}
ASKS = {
    "openapi.yaml": Ask("POST", "/api/setup-intent", 201, b"clientSecret", _BEARER),
    "petstore.yaml": Ask("GET", "/pet/1", 200, b"photoUrls", {"api_key": "x", **_BEARER}),
    "museum.yaml": Ask("GET", "/museum-hours", 200, b"date", {"Authorization": "Basic YTpi"}),
    "stripe.json": Ask("GET", "/v1/balance", 200, b"available", _BEARER),
    "stripe.yaml": Ask("GET", "/v1/balance", 200, b"available", _BEARER),
    "github.json": Ask("GET", "/rate_limit", 200, b"resources", _BEARER),
    "openai.yaml": Ask("GET", "/models", 200, b"data", _BEARER),
}
UNKNOWN = Ask("GET", "/no-such-path-here", 404)


def main() -> None:
    """Run the benchmark and print its table."""
    arguments = _arguments()
    own = servers.ROOT / "openapi.yaml"
    print("| document | server | first answer s | CPU s | peak MiB |\n|---|---|---:|---:|---:|")
    baseline = servers.bare(b"{}", 200)
    print(row("(none)", baseline, Ask("GET", "/", 200), arguments), flush=True)
    for document in arguments.document or [own]:
        path = document.resolve()
        ask = ASKS.get(path.name, UNKNOWN)
        peer = servers.prism(arguments.prism, path) if arguments.prism else None
        # Our own document brings its fixtures along; without them any well-formed credential is accepted.
        for target in filter(None, (servers.ours(path), peer)):
            print(row(path.name, target, ask, arguments), flush=True)


def row(document: str, target: Target, ask: Ask, arguments: argparse.Namespace) -> str:
    """Start a server some times and return the medians as a table row."""
    taken, cpu, peak = [], [], []
    for _ in range(arguments.rounds):
        with servers.running(target) as server:
            seconds = server.first_answer(ask, limit=arguments.limit)
            if seconds is None:
                return f"| {document} | {target.name} | none in {arguments.limit:.0f} | - | - |"
            used = server.used()
        taken.append(seconds)
        cpu.append(used.cpu)
        peak.append(used.peak)
    return f"| {document} | {target.name} | {median(taken):.2f} | {median(cpu):.2f} | {median(peak):.0f} |"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("document", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--limit", type=float, default=90, help="seconds to wait for an answer")
    parser.add_argument(
        "--prism", type=Path, metavar="DIR", help="where Prism is or shall be installed"
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
