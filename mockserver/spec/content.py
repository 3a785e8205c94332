"""The ``content`` of a message as the document describes it: media types, their examples, how form fields are written."""

from collections.abc import Iterator

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
        examples=read_examples(reading, node),
        encoding=dict(_encodings(reading, node)) if "encoding" in node.value else {},
        item_schema=node.at.child("itemSchema") if "itemSchema" in node.value else None,
        prefix_encoding=tuple(
            _encoding(reading, one) for one in reading.items(node, "prefixEncoding")
        ),
        item_encoding=(
            _encoding(reading, reading.child(node, "itemEncoding"))
            if "itemEncoding" in node.value
            else None
        ),
    )


def _named_examples(reading: Reading, examples: Node) -> Iterator[Example]:
    for name, node in reading.members(examples):
        reading.check_keys(node, "example")
        serialized = node.value.get("serializedValue")
        text = serialized if isinstance(serialized, str) else None
        key = next((one for one in ("dataValue", "value") if one in node.value), None)
        if key is not None:
            yield Example(name, node.value[key], node.at.child(key), text)
        elif text is not None:
            yield Example(name, text, node.at.child("serializedValue"), text)
        elif "externalValue" in node.value:
            message = f"the example {name[:60]!r} lies elsewhere (externalValue) and is not read"
            reading.warn("external-example", message, node.at)
        else:
            message = f"the example {name[:60]!r} has no value"
            reading.warn("empty-example", message, node.at, "put the example under 'value'")


def _encodings(reading: Reading, media_type: Node) -> Iterator[tuple[str, Encoding]]:
    for name, node in reading.members(reading.child(media_type, "encoding")):
        yield name, _encoding(reading, node)


def _encoding(reading: Reading, node: Node) -> Encoding:
    reading.check_keys(node, "encoding")
    return Encoding(
        content_type=node.text("contentType") or None,
        style=node.text("style") or None,
        explode=node.flag("explode"),
        allow_reserved=node.flag("allowReserved") is True,
    )
