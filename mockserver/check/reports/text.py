"""The report as plain text: every failure in full, for files and for places that show no colours."""

from mockserver.check.model import Failure, Outcome, Report


def sentence(failure: Failure) -> str:
    """Return what is wrong in one line."""
    return f"expected {failure.expected}; {failure.found}"


def source(failure: Failure) -> str:
    """Return who says so, with the line."""
    return f"{failure.clause} ({failure.place})" if failure.place else failure.clause


def totals(report: Report) -> str:
    """Return the sums of a report in one line."""
    passed = sum(outcome.state == "passed" for outcome in report.outcomes)
    parts = [f"{passed} passed", f"{len(report.failed)} failed"]
    parts += [f"{len(report.skipped)} skipped"] if report.skipped else []
    parts += [f"{len(report.accepted)} known failures"] if report.accepted else []
    covered = sum(row.covered for row in report.counted)
    shard = f"; shard {report.shard}" if report.shard else ""
    return (
        f"{', '.join(parts)}; coverage {report.percent:.0f} % ({covered} of {len(report.counted)})"
        f"; {report.requests} requests in {report.seconds:.1f} s; seed {report.seed}{shard}"
    )


def describe(outcome: Outcome, failure: Failure) -> str:
    """Return one failure with everything that helps to mend it."""
    parts = [
        f"{outcome.id}: {failure.rule}\n{sentence(failure)}\n{source(failure)}",
        failure.curl,
        f"request:\n{failure.request}" if failure.request else "",
        f"answer:\n{failure.answer}" if failure.answer else "",
    ]
    return "\n\n".join(filter(None, parts))


def write_text(report: Report) -> str:
    """Return the whole report as text."""
    parts = [f"{report.title} at {report.target}"]
    parts += [describe(known.outcome, known.failure) for known in report.failures]
    parts += [f"{outcome.id}: skipped: {outcome.reason}" for outcome in report.skipped]
    parts += [f"gone: {identity}" for identity in report.gone]
    return "\n\n".join([*parts, totals(report)]) + "\n"
