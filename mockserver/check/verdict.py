"""What a report comes to: the exit status, and what is to be said beside the report. A green one was really tested."""

from mockserver.check.cases import NEVER
from mockserver.check.model import Report
from mockserver.check.runner import OUT_OF_TIME

FINE, FINDINGS, NOT_RUN = 0, 1, 2

_ACCEPTS = "--allow-skipped accepts that"


def verdict(
    report: Report,
    *,
    require_coverage: float | None = None,
    allow_skipped: bool = False,
    own_credentials: bool = False,
) -> tuple[int, list[str]]:
    """Return the exit status of a report, and what to say about it beside the report.

    Args:
        report: Of a whole run, or of a shard.
        require_coverage: Percent that must be reached.
        allow_skipped: What had no means to run is no fault.
        own_credentials: The values of the fixtures were sent, not live ones.
    """
    if trouble := _trouble(report, own_credentials=own_credentials):
        return NOT_RUN, [f"error: {trouble}"]
    remarks = []
    if not allow_skipped:
        remarks = [f"{told}; {_ACCEPTS}" for told in _untested(report)]
    if require_coverage is not None and report.percent < require_coverage:
        lacking = [row for row in report.counted if not row.covered]
        shown = ", ".join(f"{row.operation} {row.case or row.status}" for row in lacking[:5])
        more = f" and {len(lacking) - 5} more" if len(lacking) > 5 else ""
        remarks.append(f"coverage is {report.percent:.1f} %, {require_coverage:g} % is required; not reached: {shown}{more}")  # fmt: skip
    return FINDINGS if remarks or report.failed else FINE, remarks


def _trouble(report: Report, *, own_credentials: bool) -> str:
    """Say what kept the whole run from meaning anything; empty where nothing did."""
    for word, near in report.unnamed.items():
        hint = f"did you mean {near!r}?" if near else "a report names them all"
        return f"no test is called {word!r}: {hint}"
    if all(outcome.state == "skipped" for outcome in report.outcomes):
        reasons = [outcome.reason for outcome in report.outcomes]
        return f"nothing was tested: {reasons[0] if reasons else 'the document has nothing of that kind'}"
    if everything_refused(report):
        hint = "does it know the values of the fixtures?" if own_credentials else "are the live tokens set?"  # fmt: skip
        return f"every request was refused with 401: {hint}"
    if report.lost:
        told = f" The document's servers say {' or '.join(report.base_paths)}" if report.base_paths else ""  # fmt: skip
        return f"every request was answered with 404: does the API stand at {report.target}, or below another path?{told}"  # fmt: skip
    return ""


def _untested(report: Report) -> list[str]:
    """Say what could not be tested, so that no green can be read as if it had been."""
    told = []
    cases = [one for one in report.skipped if one.kind == "cases" and one.reason != NEVER]
    late = [one for one in report.skipped if one.reason.endswith(OUT_OF_TIME)]
    cases = [one for one in cases if one not in late]
    if cases:
        told.append(f"{_number(len(cases), 'case')} skipped: {cases[0].reason}")
    if report.unarmed:
        first, reason = next(iter(report.unarmed.items()))
        more = f" and {len(report.unarmed) - 1} more" if len(report.unarmed) > 1 else ""
        told.append(f"{first}{more} could not be asked with a credential: {reason}")
    if late:
        told.append(f"{_number(len(late), 'test')} left out: {late[0].reason}")
    return told


def _number(count: int, what: str) -> str:
    return f"1 {what} was" if count == 1 else f"{count} {what}s were"


def everything_refused(report: Report) -> bool:
    """Tell whether good credentials were refused wherever they were sent; what is no good request is refused in other ways."""
    welcomed = report.welcomed
    refused = welcomed.get(401, 0)
    return 2 * refused > sum(welcomed.values()) and not any(
        200 <= status < 300 for status in welcomed
    )
