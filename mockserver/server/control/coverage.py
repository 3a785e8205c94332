"""Coverage of the consumer: which documented answers and cases were served, and what of the fixtures nobody used."""

from collections import Counter
from collections.abc import Mapping

from mockserver.mocking.decide import Mock
from mockserver.server.control.views import fixture_names
from mockserver.spec.model import Operation, find_response
from mockserver.state.exchange import Served

Json = dict[str, object]


def coverage(mock: Mock, served: "Counter[Served]") -> Json:
    """Return coverage as JSON values; ``served`` of ``of`` documented answers, less those that the fixtures exclude."""
    reasons = _exclusions(mock)
    rows: list[Json] = []
    seen = total = 0
    for operation in mock.api.operations:
        counts = _by_key(operation, served)
        counted = [key for key in operation.responses if not _reason(operation, key, reasons)]
        total += len(counted)
        seen += sum(bool(counts[key]) for key in counted)
        answers = [
            {"status": key, "served": counts[key], **_excluded(operation, key, reasons)}
            for key in operation.responses
        ]
        cases: list[Json] = []
        for case in mock.fixtures.cases.get(operation.name, {}).values():
            response = find_response(operation, case.then.status)
            excluded = _excluded(operation, response.key, reasons) if response else {}
            cases.append({"name": case.name, "served": _of_case(operation, case.name, served), **excluded})  # fmt: skip
        rows.append({"name": operation.name, "answers": answers, "cases": cases})
    return {"operations": rows, "served": seen, "of": total, "unused": _unused(mock, served)}


def _exclusions(mock: Mock) -> Mapping[tuple[str, str], str]:
    """Return why answers cannot be reached, by operation as the fixtures write it and status as documented."""
    found = mock.fixtures.coverage.get("exclude")
    rows = found if isinstance(found, list) else []
    return {(str(row["operation"]), str(row["status"])): str(row["reason"]) for row in rows}


def _reason(operation: Operation, key: str, reasons: Mapping[tuple[str, str], str]) -> str:
    titles = (operation.name, f"{operation.method} {operation.path}")
    return next((reasons[title, key] for title in titles if (title, key) in reasons), "")


def _excluded(operation: Operation, key: str, reasons: Mapping[tuple[str, str], str]) -> Json:
    reason = _reason(operation, key, reasons)
    return {"excluded": reason} if reason else {}


def _by_key(operation: Operation, served: "Counter[Served]") -> "Counter[str]":
    found: Counter[str] = Counter()
    for one, count in served.items():
        if one.operation == operation.name and (response := find_response(operation, one.status)):
            found[response.key] += count
    return found


def _of_case(operation: Operation, case: str, served: "Counter[Served]") -> int:
    return sum(count for one, count in served.items() if (one.operation, one.case) == (operation.name, case))  # fmt: skip


def _unused(mock: Mock, served: "Counter[Served]") -> dict[str, list[str]]:
    names = fixture_names(mock.fixtures)
    used: dict[str, set[str | None]] = {
        "cases": {f"{one.operation}/{one.case}" for one in served if one.case},
        "tokens": {one.token for one in served},
        "scenarios": {one.scenario for one in served},
    }
    return {kind: [name for name in found if name not in used[kind]] for kind, found in names.items()}  # fmt: skip
