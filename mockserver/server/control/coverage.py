"""Coverage of the consumer: which documented answers and cases were served, and what of the fixtures nobody used."""

from collections import Counter
from collections.abc import Iterable

from mockserver.mocking.decide import Mock
from mockserver.server.control.views import fixture_names
from mockserver.spec.model import Operation, find_response
from mockserver.state.journal import Exchange, Served


def coverage(mock: Mock, served: "Counter[Served]", kept: Iterable[Exchange]) -> dict[str, object]:
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
    return {"operations": rows, "served": seen, "of": total, "unused": _unused(mock, served, kept)}


def _by_key(operation: Operation, served: "Counter[Served]") -> "Counter[str]":
    found: Counter[str] = Counter()
    for (name, status, _), count in served.items():
        if name == operation.name and (response := find_response(operation, status)):
            found[response.key] += count
    return found


def _of_case(operation: Operation, case: str, served: "Counter[Served]") -> int:
    return sum(count for (name, _, used), count in served.items() if (name, used) == (operation.name, case))  # fmt: skip


def _unused(
    mock: Mock, served: "Counter[Served]", kept: Iterable[Exchange]
) -> dict[str, list[str]]:
    names = fixture_names(mock.fixtures)
    rows = list(kept)
    used: dict[str, set[str | None]] = {
        "cases": {f"{operation}/{case}" for operation, _, case in served if case},
        "tokens": {one.token for one in rows},
        "scenarios": {one.scenario for one in rows},
    }
    return {kind: [name for name in found if name not in used[kind]] for kind, found in names.items()}  # fmt: skip
