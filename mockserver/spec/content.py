"""The ``content`` of a message as the document describes it: media types, their examples, how form fields are written."""

from collections.abc import Iterator
from dataclasses import replace

from mockserver.json_values import JsonError, decode_json
from mockserver.spec.model import Encoding, Example, MediaType
from mockserver.spec.reading import Node, Reading


def read_content(reading: Reading, node: Node) -> tuple[MediaType, ...]:
    """Return the media types of a ``content`` map, in the document's order."""
    if "content" not in node.value:
        return ()
    content = reading.child(node, "content")
    return tuple(_media_type(reading, entry, name) for name, entry in reading.members(content))


def read_examples(reading: Reading, node: Node) -> tuple[Example, ...]:
    """Return ``example`` and the entries of ``examples`` that carry a value. References inside a value are data."""
    found = []
    if "example" in node.value:
        found.append(Example("", node.value["example"], node.at.child("example")))
    if "examples" in node.value:
        found += _named_examples(reading, reading.child(node, "examples"))
    return tuple(found)


def _media_type(reading: Reading, node: Node, name: str) -> MediaType:
    reading.check_keys(node, "media type")
    return MediaType(
        name=name,
        location=node.at,
        schema=node.at.child("schema") if "schema" in node.value else None,
        item_schema=node.at.child("itemSchema") if "itemSchema" in node.value else None,
        examples=tuple(_decoded(example, name) for example in read_examples(reading, node)),
        encoding=dict(_encodings(reading, node)) if "encoding" in node.value else {},
    )


_VALUES = ("value", "dataValue", "serializedValue")


def _decoded(example: Example, media_type: str) -> Example:
    """Return an example that has its value where the document has only its text, which is JSON."""
    if (
        example.serialized is None
        or example.value != example.serialized
        or "json" not in media_type
    ):
        return example
    try:
        return replace(example, value=decode_json(example.serialized))
    except JsonError:
        return example


def _named_examples(reading: Reading, examples: Node) -> Iterator[Example]:
    for name, node in reading.members(examples):
        reading.check_keys(node, "example")
        key = next((key for key in _VALUES if key in node.value), None)
        wire = node.text("serializedValue") if "serializedValue" in node.value else None
        if key is not None:
            yield Example(name, node.value[key], node.at.child(key), wire)
        elif "externalValue" in node.value:
            message = f"the example {name[:60]!r} lies elsewhere (externalValue) and is not read"
            reading.warn("external-example", message, node.at)
        else:
            message = f"the example {name[:60]!r} has no value"
            reading.warn("empty-example", message, node.at, "put the example under 'value'")


def _encodings(reading: Reading, media_type: Node) -> Iterator[tuple[str, Encoding]]:
    for name, node in reading.members(reading.child(media_type, "encoding")):
        reading.check_keys(node, "encoding")
        encoding = Encoding(
            content_type=node.text("contentType") or None,
            style=node.text("style") or None,
            explode=node.flag("explode"),
            allow_reserved=node.flag("allowReserved") is True,
        )
        yield name, encoding
