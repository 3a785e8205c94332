"""The report for people at a terminal: what was covered, then what is wrong, grouped by reason, then the sum."""

from io import StringIO

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from mockserver.check.model import Group, Report, Row
from mockserver.check.reports.text import source, totals

_MOST_OPERATIONS = 40
_MOST_OF_A_REASON = 4
_MOST_LINES = 12
_LONGEST = 400


def write_terminal(report: Report, *, width: int = 100, color: bool = False) -> str:
    """Return the report for a terminal of some width."""
    stream = StringIO()
    console = Console(
        file=stream,
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        highlight=False,
        markup=False,
        emoji=False,
    )
    console.print(Text.assemble((report.title, "bold"), " at ", (report.target, "cyan")))
    console.print()
    _print_grid(console, report)
    groups = report.groups
    for group in groups:
        _print_group(console, group)
    _print_skipped(console, report)
    for identity in report.gone:
        console.print(Text(f"gone: the baseline has {identity}, which did not come up again", "yellow"))  # fmt: skip
    faults = f"{len(groups)} fault{'s' * (len(groups) != 1)}" if groups else "no faults"
    console.print(Text(f"{faults}: {totals(report)}", "bold red" if groups else "bold green"))
    return "".join(f"{line.rstrip()}\n" for line in stream.getvalue().splitlines())


def _print_grid(console: Console, report: Report) -> None:
    """Print operations × statuses: which were seen, and how many of their cases passed."""
    rows: dict[str, dict[str, list[Row]]] = {}
    for row in report.coverage:
        rows.setdefault(row.operation, {}).setdefault(row.status, []).append(row)
    statuses = sorted({row.status for row in report.coverage}, key=lambda key: (key == "default", key))  # fmt: skip
    failed = [group.operation for group in report.groups]
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("operation", overflow="ellipsis", no_wrap=True)
    for status in statuses:
        table.add_column(status, justify="center", no_wrap=True)
    table.add_column("faults", justify="right")
    shown = sorted(rows, key=lambda name: name not in failed)[:_MOST_OPERATIONS]
    for name in (name for name in rows if name in shown):
        cells = [_cell(rows[name].get(status, [])) for status in statuses]
        count = failed.count(name)
        table.add_row(name, *cells, Text(str(count) if count else "", "red"))
    console.print(table)
    if len(rows) > len(shown):
        console.print(Text(f"… and {len(rows) - len(shown)} operations more", "dim"))
    console.print()


def _cell(rows: list[Row]) -> Text:
    if not rows:
        return Text("")
    if all(row.excluded for row in rows):
        return Text("×", "dim")
    missing = [row for row in rows if not row.covered]
    if not missing:
        return Text("✓", "green")
    cases = [row for row in missing if row.case]
    if len(missing) > len(cases):
        return Text("–", "yellow")
    return Text(f"✓ {len(rows) - 1 - len(cases)}/{len(rows) - 1}", "yellow")


def _print_group(console: Console, group: Group) -> None:
    failure = group.first
    count = len(group.found)
    title = Text.assemble(("✗ ", "red"), (group.operation or "server", "bold"), " ", (group.rule, "bold red"))  # fmt: skip
    if count > 1:
        title.append(f"  {count} times", "dim")
    console.print(title)
    console.print(Padding(Text.assemble(("expected ", "dim"), failure.expected), (0, 0, 0, 2)))
    console.print(Padding(Text.assemble(("found    ", "dim"), failure.found), (0, 0, 0, 2)))
    console.print(Padding(Text.assemble(("clause   ", "dim"), source(failure)), (0, 0, 0, 2)))
    console.print(Padding(Text.assemble(("test     ", "dim"), group.found[0].outcome.id), (0, 0, 0, 2)))  # fmt: skip
    for text, style in ((failure.curl, "cyan"), (failure.answer, "yellow")):
        if text:
            console.print(Padding(Text(_head(text), style), (0, 0, 0, 4)), soft_wrap=style == "cyan")  # fmt: skip
    for known in group.found[1:_MOST_OF_A_REASON]:
        one = known.failure
        console.print(Padding(Text(f"also: {one.expected}; {one.found}", "dim"), (0, 0, 0, 2)))
    if count > _MOST_OF_A_REASON:
        more = f"… and {count - _MOST_OF_A_REASON} more; --report text=FILE has all"
        console.print(Padding(Text(more, "dim"), (0, 0, 0, 2)))
    console.print()


def _head(text: str) -> str:
    lines = [line if len(line) <= _LONGEST else f"{line[:_LONGEST]}…" for line in text.splitlines()]
    return "\n".join(lines[:_MOST_LINES] + (["…"] if len(lines) > _MOST_LINES else []))


def _print_skipped(console: Console, report: Report) -> None:
    """Print what was skipped, by reason; where nothing of the kind applies to an operation that is no news."""
    reasons: dict[str, list[str]] = {}
    for outcome in report.skipped:
        if outcome.kind in ("cases", "schemathesis"):
            reasons.setdefault(outcome.reason, []).append(outcome.id)
    for reason, names in reasons.items():
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        console.print(Text.assemble(("○ skipped: ", "yellow"), reason, (f"  {', '.join(names[:3])}{more}", "dim")))  # fmt: skip
    if reasons:
        console.print()
