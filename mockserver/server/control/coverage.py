"""Coverage of the consumer: which documented answers and cases were served, and what of the fixtures nobody used."""

from collections import Counter

from mockserver.mocking.decide import Mock
from mockserver.server.control.views import fixture_names
from mockserver.spec.model import Operation, find_response
from mockserver.state.journal import Served


def coverage(mock: Mock, served: "Counter[Served]", _kept: object = None) -> dict[str, object]:
    """Return coverage as JSON values; ``served`` of ``of`` documented answers."""
    rows, seen, total = [], 0, 0
    for operation in mock.api.operations:
        counts = _by_key(operation, served)
        total += len(operation.responses)
        seen += sum(bool(counts[key]) for key in operation.responses)
        cases = mock.fixtures.cases.get(operation.name, {})
        rows.append(
            {
                "name": operation.name,
                "answers": [{"status": key, "served": counts[key]} for key in operation.responses],
                "cases": [{"name": name, "served": _of_case(operation, name, served)} for name in cases],
            }
        )  # fmt: skip
    return {"operations": rows, "served": seen, "of": total, "unused": _unused(mock, served)}


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
