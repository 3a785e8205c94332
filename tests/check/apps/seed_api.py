"""The seed API, correct or with one named fault: ``python -m tests.check.apps.seed_api --fault NAME --port N``."""

from starlette.applications import Starlette

from tests.check.apps import seed_conduct, seed_faults, seed_holes, seed_texts
from tests.check.apps.exchange import broken
from tests.check.apps.seed_reference import SeedApi
from tests.check.apps.serving import command

KINDS = {
    "statuses": seed_faults.STATUSES,
    "bodies": seed_faults.BODIES,
    "media types": seed_texts.MEDIA_TYPES,
    "JSON": seed_texts.JSON_TEXTS,
    "headers": seed_texts.HEADERS,
    "secrets and leaks": seed_texts.SECRETS,
    "credentials": seed_holes.CREDENTIALS,
    "repetition and time": seed_holes.REPETITION,
    "methods": seed_conduct.METHODS,
    "paths": seed_conduct.PATHS,
    "messages": seed_conduct.MESSAGES,
    "odd requests": seed_conduct.ODD_REQUESTS,
}
FAULTS = {fault.name: fault for faults in KINDS.values() for fault in faults}


def create(fault: str | None = None) -> Starlette:
    """Return a new app, correct or with a fault of the table."""
    return (broken(SeedApi, FAULTS[fault]) if fault else SeedApi()).app()


if __name__ == "__main__":
    command(create, list(FAULTS))()
