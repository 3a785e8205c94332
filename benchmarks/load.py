"""Start: seconds, CPU seconds and memory from nothing to the first right answer, for each document.

    python -m benchmarks.load [DOCUMENT]... [--rounds 5] [--peers [DIR]] [--operations 100]

A document is a path; without one only the project's own is measured. Beside it: bare uvicorn, a process that does nothing but
parse the same bytes, and with ``--peers`` openapi-backend and Prism. Documents by a name that is not among ``ASKS`` are asked
for an unknown path, and 404 is right. ``--operations`` asks for so many GET operations more, and says what memory it holds then.
"""

import argparse
import math
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from urllib.parse import quote

from benchmarks import servers
from benchmarks.peers import HOME, openapi_backend, prism
from benchmarks.servers import Ask, Target
from mockserver.fixtures.contract import load_contract, locate
from mockserver.settings import Settings

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


_PARSER = "PyYAML with libyaml", "json"
PARSE = """
import pathlib, sys
data = pathlib.Path(sys.argv[1]).read_bytes()
if sys.argv[1].endswith("json"):
    import json
    json.loads(data)
else:
    import yaml
    yaml.load(data, Loader=yaml.CSafeLoader)
"""


def main() -> None:
    """Run the benchmark and print its tables, bare uvicorn in each: ratios are to those of the same rounds."""
    arguments = _arguments()
    for document in arguments.document or [servers.ROOT / "openapi.yaml"]:
        path = document.resolve()
        ask = ASKS.get(path.name, UNKNOWN)
        targets = [servers.bare(b"x", ask.status), servers.ours(path)]
        if arguments.peers:
            found = openapi_backend(arguments.peers, path), prism(arguments.peers, path)
            targets += filter(None, found)
        print(f"\n{path.name}, {path.stat().st_size / 1e6:.2f} MB\n")
        print(
            "| server | first answer s | ÷ bare | CPU s | ÷ bare | MiB |\n|---|---:|---:|---:|---:|---:|"
        )
        for target in targets:
            started(
                target, ask, arguments.limit
            )  # the first one writes bytecode, and reads the disk
        starts = [
            [started(target, ask, arguments.limit) for target in targets]
            for _ in range(arguments.rounds)
        ]
        for target, *starts_of in zip(targets, *starts, strict=True):
            print(row(target.name, starts_of, [one[0] for one in starts]))
        parsed = median(parsing(path) for _ in range(arguments.rounds))
        print(
            f"| {_PARSER[path.suffix == '.json']}, nothing else | - | - | {parsed:.2f} | - | - |",
            flush=True,
        )
        if arguments.operations:
            print(after(path, ask, arguments.operations), flush=True)


@dataclass(frozen=True)
class Start:
    """One start; ``seconds`` is infinite where no answer came in time."""

    seconds: float
    cpu: float
    resident: float


def started(target: Target, ask: Ask, limit: float) -> Start:
    """Start a server, and ask until it answers."""
    with servers.running(target) as server:
        seconds = server.first_answer(ask, limit=limit)
        used = server.used()
    return Start(math.inf if seconds is None else seconds, used.cpu, used.resident)


def row(name: str, starts: Sequence[Start], bare: Sequence[Start]) -> str:
    """Return the medians as a table row."""
    pairs = list(zip(starts, bare, strict=True))
    cells = [
        f"{median(one.seconds for one in starts):.2f}",
        f"{median(one.seconds / other.seconds for one, other in pairs):.2f}",
        f"{median(one.cpu for one in starts):.2f}",
        f"{median(one.cpu / other.cpu for one, other in pairs):.2f}",
        f"{median(one.resident for one in starts):.0f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def parsing(document: Path) -> float:
    """Return the CPU seconds of a Python process that parses a document and ends."""
    before = os.times()
    subprocess.run([sys.executable, "-c", PARSE, str(document)], check=True)
    used = os.times()
    return used.children_user + used.children_system - before.children_user - before.children_system


def after(document: Path, ask: Ask, most: int) -> str:
    """Ask for the first GET operations of a document, each once, and return what memory the server holds then."""
    contract = load_contract(locate(replace(Settings(), spec=document), Path.cwd()))
    paths = [one.path for one in contract.api.operations if one.method == "GET"][:most]
    answers: Counter[int] = Counter()
    with servers.running(servers.ours(document)) as server:
        server.first_answer(ask, limit=60)
        for path in paths:
            filled = quote(re.sub(r"{[^}]*}", "x1", path))
            answers[server.ask(replace(ask, method="GET", path=filled, body=None))[0]] += 1
        held = server.used().resident
    said = ", ".join(f"{count} × {status}" for status, count in answers.most_common())
    return f"\nAfter its first {len(paths)} GET operations ({said}): {held:.0f} MiB"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("document", type=Path, nargs="*")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--limit", type=float, default=90, help="seconds to wait for an answer")
    parser.add_argument("--operations", type=int, default=0, help="how many more to ask for")
    parser.add_argument(
        "--peers",
        type=Path,
        metavar="DIR",
        nargs="?",
        const=HOME,
        help="where they are or shall be",
    )
    return parser.parse_args()


if __name__ == "__main__":
    main()
