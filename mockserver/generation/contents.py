"""Values for whole bodies: one of their schema, or several of what describes each, where the media type carries many."""

from collections.abc import Iterator

from mockserver.errors import SpecError
from mockserver.generation.chance import Chance
from mockserver.generation.values import Unsatisfiable, generate
from mockserver.spec.compile import Api
from mockserver.spec.model import Direction, Location, MediaType
from mockserver.validation.coercion import shapes_of
from mockserver.validation.negotiation import essence
from mockserver.validation.sequences import EVENTS, is_event, is_sequence, item_shape
from mockserver.validation.text import json_bytes

_MANY = 2
"""Values of a sequence: enough to see that there are several."""
_MOST_STEPS = 100


def generate_content(
    api: Api,
    media_type: MediaType,
    direction: Direction,
    *,
    chance: Chance | None,
    fill_properties: bool = True,
) -> object:
    """Return a value for a body whose media type has a schema, of the whole or of each item.

    Raises:
        Unsatisfiable: None was found.
    """
    each = _each(api, media_type, direction)
    if each is None:
        assert media_type.schema is not None  # the caller looked
        return generate(
            api.schemas,
            media_type.schema,
            direction,
            chance=chance,
            fill_properties=fill_properties,
        )
    made = [
        generate(
            api.schemas,
            each,
            direction,
            chance=chance.fork("item", index) if chance else None,
            fill_properties=fill_properties,
        )
        for index in range(_MANY)
    ]
    if essence(media_type.name) == EVENTS and is_event(
        item_shape(media_type, api.schemas, direction)
    ):
        made = [_with_data(api, each, event, direction, chance) for event in made]
    whole = media_type.schema
    if whole is None or whole == each or api.schemas.validator(whole, direction).is_valid(made):
        return made
    return generate(api.schemas, whole, direction, chance=chance, fill_properties=fill_properties)


def _each(api: Api, media_type: MediaType, direction: Direction) -> Location | None:
    """Return the schema of each value of a sequence; ``None`` where a schema describes the whole, a text for example."""
    if not is_sequence(media_type.name):
        return None
    if media_type.item_schema is not None:
        return media_type.item_schema
    types = shapes_of(api.schemas, direction).at(media_type.schema).types
    is_named = essence(media_type.name).startswith(
        "multipart/"
    )  # an object is a form of other parts
    return media_type.schema if types == ("object",) and not is_named else None


def _with_data(
    api: Api, location: Location, event: object, direction: Direction, chance: Chance | None
) -> object:
    """Return an event whose data is the JSON that its ``contentSchema`` describes, where there is one that fits."""
    if not isinstance(event, dict) or not isinstance(event.get("data"), str):
        return event
    validator = api.schemas.validator(location, direction)
    for schema in _content_schemas(api, location, event, direction):
        try:
            value = generate(api.schemas, schema, direction, chance=chance)
        except Unsatisfiable:
            continue
        told = {**event, "data": json_bytes(value).decode()}
        if validator.is_valid(told):
            return told
    return event


def _content_schemas(
    api: Api, location: Location, event: dict[str, object], direction: Direction
) -> Iterator[Location]:
    """Yield the schemas of the JSON in the data of an event: through references and the branches that accept the event."""
    waiting = [location]
    for _ in range(_MOST_STEPS):
        if not waiting:
            return
        here = waiting.pop(0)
        try:
            schema = api.document.value(here)
            if isinstance(schema, dict) and isinstance(reference := schema.get("$ref"), str):
                waiting.append(api.document.resolve(reference, here))
        except SpecError:
            continue
        if not isinstance(schema, dict):
            continue
        if "contentSchema" in schema and "json" in str(schema.get("contentMediaType")):
            yield here.child("contentSchema")
        if isinstance(properties := schema.get("properties"), dict) and "data" in properties:
            waiting.append(here.child("properties", "data"))
        for key in ("allOf", "anyOf", "oneOf"):
            branches = schema.get(key)
            for index in range(len(branches) if isinstance(branches, list) else 0):
                branch = here.child(key, index)
                if key == "allOf" or api.schemas.validator(branch, direction).is_valid(event):
                    waiting.append(branch)
