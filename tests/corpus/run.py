"""Serves real documents with the real command, sends every operation a valid request, and judges the answers.

``scripts/corpus`` runs it over a folder of documents and prints the table; ``test_corpus.py`` runs a sample.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import NamedTuple

from tests.corpus.answers import judge
from tests.corpus.documents import Document, Operation, mapping
from tests.corpus.requests import Request, build
from tests.corpus.schemas import Schemas
from tests.corpus.values import CannotMakeError
from tests.running import Answered, Cost, exchange, serving
from tests.specs import SPECS

READ = ("2.0", "3.0", "3.1", "3.2")
"""Versions that the judge reads."""


class Pass(NamedTuple):
    """One way to ask: with or without optional parts, for a static or a fresh answer."""

    name: str
    full: bool
    dynamic: bool


PASSES = (
    Pass("static", full=False, dynamic=False),
    Pass("dynamic", full=False, dynamic=True),
    Pass("full", full=True, dynamic=False),
)


NOTHING = Cost(0.0, 0.0)


class Failure(NamedTuple):
    asked: str
    operation: str
    reason: str


@dataclass
class Report:
    """What became of one document.

    Attributes:
        skipped: Why it was not judged; empty where it was.
        first: What the server had used when the first answer was there.
        answered: Requests that got an answer of the API, of any quality.
    """

    name: str
    version: str
    operations: int = 0
    asked: int = 0
    answered: int = 0
    skipped: str = ""
    first: Cost = NOTHING
    last: Cost = NOTHING
    failures: list[Failure] = field(default_factory=list)

    @property
    def valid(self) -> int:
        return self.asked - len(self.failures)


def run(
    path: Path, *, name: str = "", limit: int | None = None, passes: Sequence[Pass] = PASSES
) -> Report:
    """Judge one document.

    Args:
        limit: Ask so many operations at most, spread evenly; ``None`` asks all.
    """
    document = Document(path)
    report = Report(name or path.name, document.version)
    if document.version[:3] not in READ:
        report.skipped = "not read yet"
        return report
    operations = list(document.operations())
    report.operations = len(operations)
    try:
        with serving(path, "--seed", "1") as server, closing(server.connect()) as connection:
            exchange(connection, "GET", "/")
            report.first = server.cost()
            for way in passes:
                for operation in spread(operations, limit):
                    _ask(report, document, operation, way, connection)
            report.last = server.cost()
    except (AssertionError, HTTPException, OSError, RecursionError) as error:
        notes = "\n".join(getattr(error, "__notes__", ()))
        report.asked += 1
        report.failures.append(Failure("server", "-", f"{type(error).__name__}: {error}\n{notes}"))
    return report


def spread(operations: Sequence[Operation], limit: int | None) -> Sequence[Operation]:
    """Return at most ``limit`` operations, from the whole length of the document."""
    if limit is None or len(operations) <= limit:
        return operations
    return [operations[index * len(operations) // limit] for index in range(limit)]


def _ask(
    report: Report, document: Document, operation: Operation, way: Pass, connection: HTTPConnection
) -> None:
    """Send one operation one request, and note what is wrong with the answer."""
    schemas = _schemas(document)
    report.asked += 1
    try:
        request = build(document, schemas, operation, full=way.full)
    except CannotMakeError as error:
        reason = f"the judge cannot make a request: {error}"
        report.failures.append(Failure(way.name, str(operation), reason))
        return
    if way.full:  # as curl and most libraries send it
        request = request._replace(headers=[*request.headers, ("Accept", "*/*")])
    answer = send(connection, request, dynamic=way.dynamic)
    if "x-mock-error" not in answer.headers:
        report.answered += 1
    if wrong := judge(document, schemas, operation, answer):
        report.failures.append(Failure(way.name, f"{request.method} {request.target}", wrong))


_KEPT: dict[int, tuple[Document, Schemas]] = {}


def _schemas(document: Document) -> Schemas:
    """Return the judge of a document, made once: it keeps its validators."""
    if id(document) not in _KEPT:
        _KEPT.clear()
        _KEPT[id(document)] = (document, Schemas(document))
    return _KEPT[id(document)][1]


def send(connection: HTTPConnection, request: Request, *, dynamic: bool = False) -> Answered:
    """Send a built request."""
    headers = [*request.headers, *([("Prefer", "dynamic=true")] if dynamic else [])]
    return exchange(connection, request.method, request.target, headers, request.body)


def documents(folder: Path) -> list[Path]:
    """Return the first file of every document in a folder: what names a version at its top."""
    found = []
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".json", ".yaml", ".yml") and path.name != "MANIFEST.json":
            head = path.read_bytes()[:20_000]
            if b"openapi" in head or b"swagger" in head:
                root = mapping(Document(path).root.value)
                if "openapi" in root or "swagger" in root:
                    found.append(path)
    return found


def table(reports: Iterable[Report]) -> str:
    """Return a line for each document, and one for all."""
    lines = [
        f"{'document':<42}{'version':>8}{'operations':>11}{'asked':>7}{'answered':>9}{'valid':>7}"
        f"{'valid %':>9}{'first s':>9}{'first MiB':>10}{'last s':>8}{'last MiB':>9}"
    ]
    total = Report("all", "")
    for report in reports:
        lines.append(_row(report))
        if not report.skipped:
            total.operations += report.operations
            total.asked += report.asked
            total.answered += report.answered
            total.failures += report.failures
    return "\n".join([*lines, _row(total)])


def _row(report: Report) -> str:
    head = f"{report.name[-41:]:<42}{report.version:>8}"
    if report.skipped:
        return f"{head}  {report.skipped}"
    share = 100 * report.valid / report.asked if report.asked else 100.0
    costs = (
        f"{report.first.cpu_seconds:>9.2f}{report.first.peak_mib:>10.0f}"
        f"{report.last.cpu_seconds:>8.2f}{report.last.peak_mib:>9.0f}"
        if report.first.peak_mib
        else ""
    )
    return (
        f"{head}{report.operations:>11}{report.asked:>7}{report.answered:>9}{report.valid:>7}"
        f"{share:>9.2f}{costs}"
    )


def say(text: str) -> None:
    """Print at once: a long run is watched."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main(arguments: Sequence[str] | None = None) -> int:
    """Judge documents and print the table; the exit status is 1 where an answer is invalid."""
    parser = argparse.ArgumentParser(prog="scripts/corpus", description=__doc__)
    parser.add_argument("document", nargs="*", type=Path, help="default: all of --specs")
    parser.add_argument("--specs", type=Path, default=SPECS, help="folder; default: %(default)s")
    parser.add_argument("--limit", type=int, help="operations asked of each document")
    parser.add_argument("--show", type=int, default=20, help="failures shown of each document")
    asked = parser.parse_args(arguments)
    reports = []
    for path in asked.document or documents(asked.specs):
        name = str(path.relative_to(asked.specs)) if path.is_relative_to(asked.specs) else path.name
        report = run(path, name=name, limit=asked.limit)
        reports.append(report)
        for failure in report.failures[: asked.show]:
            say(f"{report.name}: {failure.asked}: {failure.operation}: {failure.reason}")
        if len(report.failures) > asked.show:
            say(f"{report.name}: … {len(report.failures) - asked.show} more")
    say(table(reports))
    return 1 if any(report.failures for report in reports) else 0


if __name__ == "__main__":
    sys.exit(main())
