"""What the schemas of a collection name, and when two JSON values mean the same."""

from collections.abc import Mapping
from datetime import datetime

from mockserver.check.bounds import flat_of, json_media
from mockserver.check.collections import Collection
from mockserver.check.runner import Run
from mockserver.generation.flatten import schema_in
from mockserver.schemas import Schema
from mockserver.spec.model import Direction, Operation, find_response
from mockserver.validation.media_types import select_content


def properties(run: Run, schema: Schema, way: Direction = "request") -> Mapping[str, Schema]:
    """Return the properties of a schema with everything that it is made of."""
    flat = flat_of(run, schema, way)
    return {name: schema_in(parts) for name, parts in flat.properties.items()}


def body_properties(run: Run, operation: Operation) -> Mapping[str, Schema]:
    """Return the properties of an operation's JSON body as it is sent; empty without one."""
    media = json_media(operation)
    if media is None or media.schema is None:
        return {}
    return properties(run, run.api.schemas.schema(media.schema, "request"))


def answer_properties(run: Run, operation: Operation, status: int) -> Mapping[str, Schema]:
    """Return the properties of an operation's JSON answer; empty where it has none."""
    documented = find_response(operation, status)
    media = select_content(documented.content, "application/json") if documented else None
    if media is None or media.schema is None:
        return {}
    return properties(run, run.api.schemas.schema(media.schema, "response"), "response")


def alike(sent: object, found: object) -> bool:
    """Tell whether two JSON values mean the same: numbers by value, moments by instant."""
    if isinstance(sent, bool) or isinstance(found, bool):
        return sent is found
    if isinstance(sent, dict) and isinstance(found, dict):
        return all(name in found and alike(value, found[name]) for name, value in sent.items())
    if isinstance(sent, list) and isinstance(found, list):
        return len(sent) == len(found) and all(map(alike, sent, found))
    if isinstance(sent, str) and isinstance(found, str) and sent != found:
        return (first := _instant(sent)) is not None and first == _instant(found)
    return sent == found


def _instant(text: str) -> datetime | None:
    if len(text) < 19 or text[10:11] not in "Tt ":
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None


def is_hidden(run: Run, schema: Schema) -> bool:
    """Tell whether a property of an answer is only ever sent (``writeOnly``)."""
    return bool(flat_of(run, schema, "response").keywords.get("writeOnly"))


def kept_members(run: Run, collection: Collection, sent: Mapping[str, object], reader: Operation, status: int = 200) -> dict[str, object]:  # fmt: skip
    """Return what was sent and must be seen again: members that the answer documents too."""
    seen = answer_properties(run, reader, status)
    asked = body_properties(run, collection.create)
    return {
        name: value
        for name, value in sent.items()
        if name in seen
        and not flat_of(run, asked.get(name, True)).keywords.get("writeOnly")
        and not flat_of(run, seen[name], "response").keywords.get("readOnly")
    }
