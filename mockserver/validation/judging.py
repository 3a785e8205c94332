"""One value against what the document says of it, with the places of what it breaks."""

from mockserver.messages import Violation
from mockserver.spec.compile import Api
from mockserver.spec.model import Direction, Example, Location, MediaType
from mockserver.validation.coercion import shapes_of
from mockserver.validation.errors import DecodeError
from mockserver.validation.media_types import decode_body, essence, is_json, is_sequence

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


def judge_content(
    api: Api,
    media_type: MediaType,
    value: object,
    direction: Direction,
    *,
    content_type: str = "",
    at: tuple[str | int, ...] = ("body",),
) -> list[Violation]:
    """Return what the value of a body has against its media type: as a whole, and each of many values.

    Args:
        api: The document.
        media_type: The documented one.
        value: Decoded.
        direction: Which side sent it.
        content_type: As sent; where it is blank, the documented one counts.
        at: Begins the violations' locations.
    """
    many = isinstance(value, list) and is_sequence(content_type or media_type.name)
    schema, item_schema = media_type.schema, media_type.item_schema if many else None
    found: list[Violation] = []
    if schema is not None:
        # Before 3.2 there was nothing but ``schema``: documents describe one of the values with it.
        if many and "array" not in shapes_of(api.schemas, direction).at(schema).types:
            item_schema = item_schema or schema
        else:
            found = judge_value(api, schema, value, direction, at=at)
    if isinstance(value, list) and item_schema is not None:
        for index, item in enumerate(value):
            found += judge_value(api, item_schema, item, direction, at=(*at, index))
    return found


def judge_example(
    api: Api, media_type: MediaType, example: Example, direction: Direction
) -> list[Violation]:
    """Return what the example of a body has against its media type.

    It is judged as what its text says where it is serialised, or where its text as such does not fit.
    """
    text, value = example.serialized, example.value
    if text is None:
        found = judge_content(api, media_type, value, direction)
        if not found or not isinstance(value, str) or is_json(essence(media_type.name)):
            return found
        text = value
    try:
        raw = text.encode("utf-8", "surrogatepass")
        value = decode_body(raw, media_type.name, media_type, api.schemas, direction)
    except DecodeError as error:
        place = api.document.place(example.location)
        return [Violation(("body", *error.path), error.keyword, str(error), place)]
    if isinstance(value, bytes):
        return []
    return judge_content(api, media_type, value, direction)
