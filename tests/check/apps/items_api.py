"""The items API, correct or with one named fault: ``python -m tests.check.apps.items_api --fault NAME --port N``."""

from starlette.applications import Starlette

from tests.check.apps import (
    items_answers,
    items_bounds,
    items_lists,
    items_promises,
    items_resources,
)
from tests.check.apps.exchange import broken
from tests.check.apps.items_reference import WRITER, ItemsApi
from tests.check.apps.serving import command

AUTHORIZATION = f"Bearer {WRITER}"
KINDS = {
    "writes": items_resources.FAULTS,
    "lists": items_lists.FAULTS,
    "keys, versions, owners": items_promises.FAULTS,
    "bounds unchecked": items_bounds.BOUNDS,
    "good or odd bodies refused": items_bounds.NARROW,
    "members": items_answers.MEMBERS,
    "headers": items_answers.HEADERS,
    "statuses and problems": items_answers.STATUSES,
    "access": items_answers.ACCESS,
    "conduct": items_answers.CONDUCT,
}
FAULTS = {fault.name: fault for faults in KINDS.values() for fault in faults}


def create(fault: str | None = None) -> Starlette:
    """Return a new app with its first items, correct or with a fault of the table."""
    return (broken(ItemsApi, FAULTS[fault]) if fault else ItemsApi()).app()


if __name__ == "__main__":
    command(create, list(FAULTS))()
