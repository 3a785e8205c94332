"""Bodies to values and back, by media type.

``_FORMATS`` is the one table: a new media type is a row of it and a test.
"""

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from mockserver.json_values import JsonError, decode_json
from mockserver.spec.model import Direction, MediaType
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.coercion import Shape, shapes_of
from mockserver.validation.errors import DecodeError, EncodeError
from mockserver.validation.forms import (
    BOUNDARY,
    decode_multipart,
    decode_urlencoded,
    encode_multipart,
    encode_urlencoded,
    form_of,
)
from mockserver.validation.negotiation import essence, negotiate, parameter_of, select_content
from mockserver.validation.sequences import (
    EVENTS,
    decode_events,
    decode_items,
    decode_json_lines,
    encode_events,
    encode_items,
    encode_json_lines,
    is_items,
    is_json_lines,
    is_sequence,
    item_shape,
)
from mockserver.validation.text import json_bytes, to_bytes
from mockserver.validation.xml_values import decode_xml, encode_xml

__all__ = [
    "FORM",
    "DecodeError",
    "EncodeError",
    "decode_body",
    "encode_body",
    "essence",
    "is_json",
    "is_sequence",
    "negotiate",
    "select_content",
    "sent_as",
]


_CONCRETE = {
    "*": "application/json",
    "*/*": "application/json",
    "application/*": "application/json",
    "image/*": "image/png",
    "multipart/*": "multipart/form-data",
    "text/*": "text/plain",
}
FORM = "application/x-www-form-urlencoded"
# What clients send; others would let a request choose among Python's codecs, some of which are slow or not text.
_CHARSETS = {
    "ascii": "utf-8",
    "iso-8859-1": "latin-1",
    "latin1": "latin-1",
    "us-ascii": "utf-8",
    "utf-16": "utf-16",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "windows-1252": "cp1252",
}


class Body(NamedTuple):
    """What a format needs to know of a body.

    Attributes:
        content_type: As sent or to be sent, parameters included.
    """

    content_type: str
    media_type: MediaType
    schemas: SchemaRegistry
    direction: Direction

    @property
    def shape(self) -> Shape:
        """Return what the schema wants of strings."""
        return shapes_of(self.schemas, self.direction).at(self.media_type.schema)

    @property
    def item_shape(self) -> Shape:
        """Return what the values of a sequence look like."""
        return item_shape(self.media_type, self.schemas, self.direction)


class _Format(NamedTuple):
    """One row of the table: which essences it is for, and both ways."""

    fits: Callable[[str], bool]
    decode: Callable[[bytes, Body], object]
    encode: Callable[[object, Body], bytes]


def decode_body(
    body: bytes,
    content_type: str,
    media_type: MediaType,
    schemas: SchemaRegistry,
    direction: Direction,
) -> object:
    """Return the value of a body.

    Bytes are a string of as many characters; they stay bytes where the schema describes something that no media type of
    ours writes, and cannot be judged then. Media types of many values (JSON lines, event streams) are a list.

    Args:
        body: Complete.
        content_type: As sent; where it is blank, the documented one counts.
        media_type: The documented one.
        schemas: Of the document.
        direction: Which side sent it.

    Raises:
        DecodeError: It is not what its media type says.
    """
    told = content_type
    if not told.strip():
        told = "application/octet-stream" if "*" in media_type.name else media_type.name
    return _format(told).decode(body, Body(told, media_type, schemas, direction))


def encode_body(
    value: object, media_type: MediaType, schemas: SchemaRegistry, direction: Direction = "response"
) -> bytes:
    """Return a value as a body of a media type, to be sent with the ``Content-Type`` of ``sent_as``.

    Raises:
        EncodeError: The media type cannot carry such a value.
    """
    told = sent_as(media_type.name)
    return _format(told).encode(value, Body(told, media_type, schemas, direction))


def sent_as(name: str) -> str:
    """Return the ``Content-Type`` for a key of ``content``: a range becomes a type that fits it, multipart gets its boundary."""
    name = _concrete(name)
    if essence(name).startswith("multipart/") and parameter_of(name, "boundary") is None:
        return f"{name}; boundary={BOUNDARY}"
    return name


def _concrete(name: str) -> str:
    told = essence(name)
    if "*" not in told:
        return name
    return _CONCRETE.get(told, told.replace("*+", "x+").replace("*", "octet-stream"))


def is_json(name: str) -> bool:
    """Tell whether a media type carries one JSON value, by name or by suffix (RFC 6839 §3.1); ranges are sent as JSON."""
    return essence(_concrete(name)).endswith(("/json", "+json"))


@lru_cache(maxsize=256)
def _format(name: str) -> _Format:
    told = essence(name)
    return next(format_ for format_ in _FORMATS if format_.fits(told))


def _decode_json(raw: bytes, body: Body) -> object:
    if "charset" in body.content_type.lower():
        raw = _text(raw, body).encode()
    return _json(raw)


def _json(raw: bytes) -> object:
    try:
        return decode_json(raw)
    except JsonError as error:
        where = f" at line {error.line}, column {error.column}" if error.line else ""
        raise DecodeError(f"{error}{where}") from error


def _encode_json(value: object, _body: Body) -> bytes:
    return json_bytes(value)


def _text(raw: bytes, body: Body) -> str:
    charset = (parameter_of(body.content_type, "charset") or "utf-8").lower()
    if charset not in _CHARSETS:
        raise DecodeError(f"the charset {charset[:40]!r} is not read; UTF-8 is")
    try:
        return raw.decode(_CHARSETS[charset])
    except UnicodeDecodeError as error:
        raise DecodeError(f"byte {error.start} does not fit the charset {charset}") from error


def _decode_text(raw: bytes, body: Body) -> object:
    return body.shape.read_text(_text(raw, body))


def _encode_text(value: object, body: Body) -> bytes:
    """Write a scalar as text; an object has no form as text (Prism answers 500 as well)."""
    if isinstance(value, dict | list):
        kind = "a list" if isinstance(value, list) else "an object"
        raise EncodeError(f"{body.media_type.name} carries text, and the value is {kind}")
    return value.encode("utf-8", "replace") if isinstance(value, str) else json_bytes(value)


def _decode_json_lines(raw: bytes, _body: Body) -> object:
    return decode_json_lines(raw)


def _encode_json_lines(value: object, body: Body) -> bytes:
    return encode_json_lines(value, essence(body.content_type))


def _decode_events(raw: bytes, body: Body) -> object:
    """Read the events of a stream; its text, where a schema wants that of the whole."""
    text = _text(raw, body)
    types = body.shape.types
    if body.media_type.item_schema is None and (not types or "string" in types):
        return text
    return decode_events(text, body.item_shape)


def _encode_events(value: object, body: Body) -> bytes:
    return encode_events(value, body.item_shape)


def _decode_items(raw: bytes, body: Body) -> object:
    """Read parts without names where a list is described, a form where an object is; else bytes are bytes."""
    types = body.shape.types
    if body.media_type.item_schema is not None or "array" in types:
        return decode_items(raw, body.content_type, body.item_shape)
    if "object" in types:
        form = form_of(body.media_type, body.schemas, body.direction)
        return decode_multipart(raw, body.content_type, form) or raw
    return _decode_other(raw, body)


def _encode_items(value: object, body: Body) -> bytes:
    boundary = parameter_of(body.content_type, "boundary") or BOUNDARY
    if isinstance(value, dict):
        form = form_of(body.media_type, body.schemas, body.direction)
        return encode_multipart(value, form, boundary)
    if isinstance(value, list):
        return encode_items(value, body.media_type, body.item_shape, boundary)
    return _encode_other(value, body)


def _decode_other(raw: bytes, body: Body) -> object:
    """Return bytes as a string of one character each; where the schema allows no string JSON, else bytes as they are."""
    types = body.shape.types
    if types and "string" not in types:
        try:
            return decode_json(raw)
        except JsonError:
            return raw
    return raw.decode("latin-1")


def _encode_other(value: object, _body: Body) -> bytes:
    return to_bytes(value) if isinstance(value, str) else json_bytes(value)


def _is_no_form(body: Body) -> bool:
    """Tell whether a form's schema is for the bytes as a whole: documents describe uploads so."""
    types = body.shape.types
    return bool(types) and "object" not in types


def _decode_urlencoded(raw: bytes, body: Body) -> object:
    if _is_no_form(body):
        return _decode_other(raw, body)
    return decode_urlencoded(raw, form_of(body.media_type, body.schemas, body.direction))


def _encode_urlencoded(value: object, body: Body) -> bytes:
    if _is_no_form(body):
        return _encode_other(value, body)
    return encode_urlencoded(value, form_of(body.media_type, body.schemas, body.direction))


def _decode_multipart(raw: bytes, body: Body) -> object:
    if _is_no_form(body):
        return _decode_other(raw, body)
    form = form_of(body.media_type, body.schemas, body.direction)
    return decode_multipart(raw, body.content_type, form)


def _encode_multipart(value: object, body: Body) -> bytes:
    if _is_no_form(body):
        return _encode_other(value, body)
    boundary = parameter_of(body.content_type, "boundary") or BOUNDARY
    form = form_of(body.media_type, body.schemas, body.direction)
    return encode_multipart(value, form, boundary)


def _decode_xml(raw: bytes, body: Body) -> object:
    return decode_xml(raw, body.shape)


def _encode_xml(value: object, body: Body) -> bytes:
    return encode_xml(value, body.shape)


_FORMATS = (
    _Format(is_json, _decode_json, _encode_json),
    _Format(FORM.__eq__, _decode_urlencoded, _encode_urlencoded),
    _Format("multipart/form-data".__eq__, _decode_multipart, _encode_multipart),
    _Format(lambda name: name.endswith(("/xml", "+xml")), _decode_xml, _encode_xml),
    _Format(is_items, _decode_items, _encode_items),
    _Format(is_json_lines, _decode_json_lines, _encode_json_lines),
    _Format(EVENTS.__eq__, _decode_events, _encode_events),
    _Format(lambda name: name.startswith("text/"), _decode_text, _encode_text),
    _Format(lambda _: True, _decode_other, _encode_other),
)
