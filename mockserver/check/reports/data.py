"""The report as JSON: everything that the model holds, for programs and for the page's screen of checks."""

import json

from mockserver.check.model import Failure, Outcome, Report
from mockserver.errors import Place


def write_json(report: Report) -> str:
    """Return the report as JSON text."""
    return json.dumps(as_dict(report), indent=2, ensure_ascii=False) + "\n"


def as_dict(report: Report) -> dict[str, object]:
    """Return the report as values that JSON has."""
    states = [outcome.state for outcome in report.outcomes]
    return {
        "version": 1,
        "title": report.title,
        "target": report.target,
        "seed": report.seed,
        "shard": report.shard or None,
        "seconds": round(report.seconds, 3),
        "requests": report.requests,
        "counts": {state: states.count(state) for state in ("passed", "failed", "skipped")},
        "coverage": {
            "percent": round(report.percent, 2),
            "rows": [
                {
                    "operation": row.operation,
                    "status": row.status,
                    "case": row.case or None,
                    "covered": row.covered,
                    "excluded": row.excluded or None,
                    "place": _place(row.place),
                }
                for row in report.coverage
            ],
        },
        "tests": [_test(outcome) for outcome in report.outcomes],
        "accepted": [known.identity for known in report.accepted],
        "gone": list(report.gone),
    }


def _test(outcome: Outcome) -> dict[str, object]:
    return {
        "id": outcome.id,
        "kind": outcome.kind,
        "operation": outcome.operation or None,
        "name": outcome.name,
        "state": outcome.state,
        "reason": outcome.reason or None,
        "seconds": round(outcome.seconds, 4),
        "place": _place(outcome.place),
        "failures": [_failure(one) for one in outcome.failures],
    }


def _failure(failure: Failure) -> dict[str, object]:
    return {
        "rule": failure.rule,
        "expected": failure.expected,
        "found": failure.found,
        "clause": failure.clause,
        "place": _place(failure.place),
        "request": failure.request or None,
        "answer": failure.answer or None,
        "curl": failure.curl or None,
    }


def _place(place: Place | None) -> dict[str, object] | None:
    if place is None:
        return None
    return {"file": place.file, "line": place.line or None, "column": place.column or None}
