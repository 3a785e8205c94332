"""Bodies of many values: JSON lines, event streams and multipart without names, to lists and back (OpenAPI 3.2.0 §4.14.3).

What one value looks like is the item's shape. An event stream carries JSON in the data of its events, or, where the
shape has the fields of an event, the events themselves.
"""

from collections.abc import Iterator, Sequence

from mockserver.json_values import JsonError, decode_json
from mockserver.spec.model import Direction, Encoding, Location, MediaType
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.coercion import Shape, shapes_of
from mockserver.validation.errors import DecodeError, EncodeError
from mockserver.validation.multipart import read_raw_parts, write_raw_part
from mockserver.validation.negotiation import essence
from mockserver.validation.text import json_bytes, scalar_text, to_bytes

JSON_LINES = frozenset(
    (
        "application/json-seq",
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/x-jsonlines",
        "application/x-ndjson",
    )
)
EVENTS = "text/event-stream"
_FIELDS = ("event", "id", "retry", "data")
"""Of an event, as they are written (HTML Living Standard §9.2.6)."""

_PLAIN = Encoding()


def is_json_lines(name: str) -> bool:
    """Tell whether an essence is for JSON values one after another (RFC 7464, RFC 8091)."""
    return name in JSON_LINES or name.endswith("+json-seq")


def is_items(name: str) -> bool:
    """Tell whether an essence is for parts that have no names (RFC 2046 §5.1.3)."""
    return name.startswith("multipart/") and name != "multipart/form-data"


def is_sequence(name: str) -> bool:
    """Tell whether a media type carries many values one after another, each of which its schema may describe."""
    told = essence(name)
    return is_json_lines(told) or told == EVENTS or is_items(told)


def content_schema(media_type: MediaType) -> Location | None:
    """Return what says how a body, or each value of a sequence, looks; items of what is no sequence have no meaning."""
    items = media_type.item_schema if is_sequence(media_type.name) else None
    return items or media_type.schema


def item_shape(media_type: MediaType, schemas: SchemaRegistry, direction: Direction) -> Shape:
    """Return what the values of a sequence look like: the item schema, the items of the schema, else the schema."""
    shapes = shapes_of(schemas, direction)
    if media_type.item_schema is not None:
        return shapes.at(media_type.item_schema)
    whole = shapes.at(media_type.schema)
    return whole.item(0) if "array" in whole.types else whole


def decode_json_lines(raw: bytes) -> list[object]:
    """Read a value a line; record separators of ``json-seq`` (RFC 7464 §2.2) are skipped.

    Raises:
        DecodeError: A line is not JSON; its path is the number of the value.
    """
    found: list[object] = []
    for line in raw.replace(b"\x1e", b"").split(b"\n"):
        if line.strip():
            try:
                found.append(decode_json(line))
            except JsonError as error:
                raise DecodeError(str(error), (len(found),)) from error
    return found


def encode_json_lines(value: object, name: str) -> bytes:
    """Write a value a line, in ``json-seq`` behind a record separator."""
    separator = b"\x1e" if name.endswith("json-seq") else b""
    items = value if isinstance(value, list) else [value]
    return b"".join(separator + json_bytes(item) + b"\n" for item in items)


def is_event(shape: Shape) -> bool:
    """Tell whether a shape is that of events; else it is that of the JSON in their data, as most documents have it."""
    names = set(shape.properties)
    if "data" not in names or not names.issubset(_FIELDS):
        return False
    types = shape.property("data").types
    return not types or "string" in types or "event" in names


def decode_events(text: str, shape: Shape) -> list[object]:
    """Read the events of a stream, or the data of each: as JSON where it is JSON and no text is wanted.

    ``[DONE]``, with which many APIs end their streams, is no event of theirs.
    """
    found: list[object] = []
    as_events = is_event(shape)
    for fields in _events(text):
        data = fields.get("data")
        wanted = shape.property("data") if as_events else shape
        if data == "[DONE]" and "string" not in wanted.types:
            continue
        if as_events:
            event: dict[str, object] = {
                name: shape.property(name).read_text(value) for name, value in fields.items()
            }
            if data is not None:
                event["data"] = _data(data, wanted)
            found.append(event)
        elif data is not None:
            found.append(_data(data, wanted))
    return found


def encode_events(value: object, shape: Shape) -> bytes:
    """Write values as an event stream, one event each; text that is one already is passed through."""
    if isinstance(value, str) and value.startswith(("data:", "event:", "id:", "retry:", ":")):
        return value.encode("utf-8", "replace")
    items = value if isinstance(value, list) else [value]
    as_events = is_event(shape)
    return b"".join(
        _event(item if as_events and isinstance(item, dict) else {"data": item}) for item in items
    )


def decode_items(raw: bytes, content_type: str, shape: Shape) -> list[object]:
    """Read the parts of a multipart body by their media types; bytes are a string of as many characters.

    Raises:
        DecodeError: It is not multipart, or a part is not what its media type says.
    """
    found: list[object] = []
    for headers, data in read_raw_parts(raw, content_type):
        told = essence(headers.get(b"content-type", b"").decode("latin-1"))
        if told.endswith(("/json", "+json")):
            try:
                found.append(decode_json(data))
            except JsonError as error:
                raise DecodeError(f"the part is not JSON: {error}", (len(found),)) from error
        elif told in ("", "text/plain") and not shape.is_binary:
            found.append(shape.read_text(data.decode("utf-8", "replace")))
        else:
            found.append(data.decode("latin-1"))
    return found


def encode_items(
    values: Sequence[object], media_type: MediaType, shape: Shape, boundary: str
) -> bytes:
    """Write the parts of a multipart body, each in the media type that its encoding names or its value asks for.

    Raises:
        EncodeError: A value holds the boundary.
    """
    parts = []
    for index, value in enumerate(values):
        named = _encoding(media_type, index).content_type or ""
        kind = named.split(",")[0].strip()
        if isinstance(value, dict | list) or essence(kind).endswith(("/json", "+json")):
            kind, data = kind or "application/json", json_bytes(value)
        elif shape.is_binary or (kind and not kind.startswith("text/")):
            kind = kind.replace("*", "octet-stream") or "application/octet-stream"
            data = to_bytes(scalar_text(value))
        else:
            kind = kind.replace("*", "plain") or "text/plain"
            data = scalar_text(value).encode("utf-8", "replace")
        if f"--{boundary}".encode() in data:
            raise EncodeError("the value holds the boundary of the multipart body")
        parts.append(write_raw_part(f"content-type: {kind}", data, boundary))
    return b"".join(parts) + f"--{boundary}--\r\n".encode()


def _encoding(media_type: MediaType, index: int) -> Encoding:
    """Return how the part at a position is written: the first ones each in a way of their own."""
    if index < len(media_type.prefix_encoding):
        return media_type.prefix_encoding[index]
    return media_type.item_encoding or _PLAIN


def _events(text: str) -> Iterator[dict[str, str]]:
    """Yield the fields of each event; comments and what else a line may be are left out."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    for block in lines.split("\n\n"):
        fields: dict[str, str] = {}
        for line in block.split("\n"):
            name, _, value = line.partition(":")
            if name in _FIELDS:
                value = value.removeprefix(" ")
                more = name == "data" and name in fields
                fields[name] = f"{fields[name]}\n{value}" if more else value
        if fields:
            yield fields


def _data(text: str, wanted: Shape) -> object:
    if "string" in wanted.types:
        return text
    try:
        return decode_json(text)
    except JsonError:
        return text


def _event(event: dict[str, object]) -> bytes:
    """Write an event: a field a line, save the data, which may have several."""
    lines = []
    for name in _FIELDS:
        if name not in event:
            continue
        value = event[name]
        if name == "data":
            text = value if isinstance(value, str) else json_bytes(value).decode()
            parts = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
            lines += [f"data: {part}" for part in parts]
        else:
            lines.append(f"{name}: {' '.join(scalar_text(value).splitlines())}")
    return "".join(f"{line}\n" for line in [*lines, ""]).encode("utf-8", "replace")
