"""One value against one schema of the document, with the places of what it breaks."""

from mockserver.messages import Violation
from mockserver.spec.compile import Api
from mockserver.spec.model import Direction, Location

_LONGEST = 300


def judge_value(
    api: Api,
    location: Location,
    value: object,
    direction: Direction,
    *,
    at: tuple[str | int, ...] = ("body",),
) -> list[Violation]:
    """Return what a value has against the schema at a location; ``at`` begins the violations' locations."""
    validator = api.schemas.validator(location, direction)
    if validator.is_valid(value):
        return []
    found = []
    for violation in validator.violations(value):
        where = api.schemas.locate(violation.schema_path, direction)
        place = api.document.place(where) if where else None
        path = (*at, *violation.instance_path)
        # Messages name properties, which may be as long as the body.
        message = violation.message[:_LONGEST]
        found.append(Violation(path, violation.keyword, message, place))
    return found
