"""Each fault of the two apps is caught by the test that is named for it.

``caught.json`` names, for each fault, the test that finds it and the rule that it breaks. ``NOT_SEEN`` are those that no
check finds, each with the reason.
"""

import json
from dataclasses import replace

import pytest

from tests.check.running import APPS, MODULES, OURS, checked, rules

CAUGHT = json.loads((APPS.parent / "caught.json").read_text("utf-8"))
NOT_SEEN = {
    "challenge-without-error": "RFC 6750 §3 says SHOULD",
    "list-is-stale": "only items that were there before are listed as they were, and those are not written",
    "updated-at-stays": "what a member named updatedAt means, no schema says",
}
ROWS = [(kind, fault, *caught) for kind, table in CAUGHT.items() for fault, caught in table.items()]


@pytest.mark.parametrize(
    ("kind", "fault", "test", "rule"), ROWS, ids=["-".join(row[:2]) for row in ROWS]
)
def test_a_fault_is_caught(kind: str, fault: str, test: str, rule: str) -> None:
    name = test.partition("/")[2] or test  # a kind alone where only all of it shows the fault
    report = checked(kind, fault, replace(OURS, only=(name,), timeout=2))
    assert rule in rules(report)


@pytest.mark.parametrize("kind", list(MODULES))
def test_no_fault_is_left_out(kind: str) -> None:
    assert CAUGHT[kind].keys() | NOT_SEEN.keys() >= MODULES[kind].FAULTS.keys()
