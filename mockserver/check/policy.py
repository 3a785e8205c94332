"""What the fixtures ask for beyond the document: values that differ each time, and patterns; ``answers`` has the rest."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial

from mockserver.check.collections import value_of
from mockserver.check.conduct import good_status
from mockserver.check.model import Exchange, Probe
from mockserver.check.requests import succeeded
from mockserver.check.runner import Run
from mockserver.fixtures.match import at_pointer
from mockserver.messages import ABSENT
from mockserver.schemas import compile_schema
from mockserver.spec.model import Operation
from mockserver.spec.patterns import usable_pattern

_REPEATS = {"quick": 5, "default": 16, "deep": 60}


def policy_probes(run: Run) -> Iterator[Probe]:
    """Yield a probe for each rule of each operation that has a policy."""
    for name, policy in run.fixtures.policy.items():
        operation = run.api.by_name.get(name)
        if operation is None or not isinstance(policy, dict):
            continue
        for key, check in _RULES.items():
            if key in policy:
                yield Probe("policy", key, operation, partial(check, run, operation, policy[key]))


def _answers(run: Run, operation: Operation) -> Iterator[Exchange]:
    """Yield good answers, one after another, then some to requests at the same time."""
    good_status(run, operation)
    for _ in range(_REPEATS[run.options.effort]):
        request, token = run.requests.good(operation)
        yield run.send(operation, request, token=token)
    if not run.options.safe:
        for _ in range(3):
            yield from run.together([run.requests.good(operation) for _ in range(8)])


def _unique(run: Run, operation: Operation, pointers: object) -> None:
    """Values that no two answers may share."""
    seen: dict[tuple[str, str], Exchange] = {}
    for exchange in _answers(run, operation):
        value = value_of(exchange)
        for pointer in pointers if isinstance(pointers, list) else ():
            found = at_pointer(value, str(pointer))
            if not succeeded(exchange) or found is ABSENT:
                continue
            key = (str(pointer), repr(found))
            run.expect(
                key not in seen, exchange, "not-unique", f"{pointer} is another one each time",
                f"{repr(found)[:60]} came before", "policy unique of the fixtures", operation.place,
            )  # fmt: skip
            seen[key] = exchange


def _pattern(run: Run, operation: Operation, patterns: object) -> None:
    """Values of a form that the schema does not ask for; an absent one has none."""
    rules = patterns if isinstance(patterns, dict) else {}
    judges = {
        pointer: compile_schema({"type": "string", "pattern": usable_pattern(str(text)) or ""})
        for pointer, text in rules.items()
    }
    for exchange in _answers(run, operation):
        for pointer, judge in judges.items() if succeeded(exchange) else ():
            found = at_pointer(value_of(exchange), pointer)
            shown = "absent" if found is ABSENT else repr(found)[:60]
            run.expect(
                found is not ABSENT and judge.is_valid(found), exchange, "pattern",
                f"{pointer} matches {rules[pointer]}", f"it is {shown}", "policy pattern of the fixtures", operation.place,
            )  # fmt: skip


_RULES: Mapping[str, Callable[[Run, Operation, object], None]] = {
    "unique": _unique,
    "pattern": _pattern,
}
