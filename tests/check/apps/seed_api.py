"""The seed API, correct or with one named fault: ``python -m tests.check.apps.seed_api --fault NAME --port N``."""

from starlette.applications import Starlette

from tests.check.apps import seed_conduct, seed_faults, seed_holes, seed_texts
from tests.check.apps.exchange import broken
from tests.check.apps.seed_reference import SeedApi
from tests.check.apps.serving import command

FAULTS = {
    fault.name: fault
    for fault in (*seed_faults.FAULTS, *seed_texts.FAULTS, *seed_holes.FAULTS, *seed_conduct.FAULTS)
}


def create(fault: str | None = None) -> Starlette:
    """Return a new app, correct or with a fault of the table."""
    return (broken(SeedApi, FAULTS[fault]) if fault else SeedApi()).app()


if __name__ == "__main__":
    command(create, list(FAULTS))()
