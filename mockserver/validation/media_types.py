"""Bodies to values and back, by media type.

``_FORMATS`` is the one table: a new media type is a row of it and a test.
"""

import json
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple

from mockserver.json_values import JsonError, decode_json
from mockserver.spec.model import Direction, Location, MediaType
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
    to_bytes,
)
from mockserver.validation.negotiation import essence, negotiate, parameter_of, select_content
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
_JSON_LINES = frozenset(
    (
        "application/json-seq",
        "application/jsonl",
        "application/jsonlines",
        "application/ndjson",
        "application/x-jsonlines",
        "application/x-ndjson",
    )
)
FORM = "application/x-www-form-urlencoded"
_EVENTS = "text/event-stream"
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


def is_sequence(name: str) -> bool:
    """Tell whether a media type carries many values one after another, each of which its schema may describe."""
    told = essence(name)
    return told in _JSON_LINES or told == _EVENTS


@lru_cache(maxsize=256)
def _format(name: str) -> _Format:
    told = essence(name)
    return next(format_ for format_ in _FORMATS if format_.fits(told))


def _to_json(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8; lone surrogates are escaped."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise EncodeError("JSON has no infinities and no NaN") from error
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


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
    return _to_json(value)


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
    return value.encode("utf-8", "replace") if isinstance(value, str) else _to_json(value)


def _decode_json_lines(raw: bytes, _body: Body) -> object:
    """Read a value a line; record separators of ``json-seq`` (RFC 7464 §2.2) are skipped."""
    lines = raw.replace(b"\x1e", b"").split(b"\n")
    return [_json(line) for line in lines if line.strip()]


def _encode_json_lines(value: object, body: Body) -> bytes:
    separator = b"\x1e" if essence(body.content_type) == "application/json-seq" else b""
    items = value if isinstance(value, list) else [value]
    return b"".join(separator + _to_json(item) + b"\n" for item in items)


def _decode_events(raw: bytes, body: Body) -> object:
    """Read the data of each event (HTML Living Standard §9.2.6), as JSON where it is JSON; the text, where the schema wants it.

    ``[DONE]``, with which many APIs end their streams, is no event of theirs.
    """
    text = _text(raw, body)
    item = body.media_type.item_schema
    if item is None and (not body.shape.types or "string" in body.shape.types):
        return text
    as_fields = item is not None and _describes_events(body, item)
    found: list[object] = []
    for event in text.replace("\r\n", "\n").replace("\r", "\n").split("\n\n"):
        pairs = [line.partition(":") for line in event.split("\n") if line and line[0] != ":"]
        fields = [(name, value.removeprefix(" ")) for name, _, value in pairs]
        data = "\n".join(value for name, value in fields if name == "data")
        if as_fields and fields:
            named: dict[str, object] = dict(fields)
            if "data" in named:
                named["data"] = data
            if str(named.get("retry", "")).isdecimal():
                named["retry"] = int(str(named["retry"]))
            found.append(named)
        elif any(name == "data" for name, _ in fields) and data != "[DONE]":
            try:
                found.append(decode_json(data))
            except JsonError:
                found.append(data)
    return found


def _describes_events(body: Body, item: Location) -> bool:
    """Tell whether an ``itemSchema`` describes whole events; else it is for their data (OpenAPI 3.2.0 §4.14.4.1)."""
    properties = shapes_of(body.schemas, body.direction).at(item).properties
    return "data" in properties or "event" in properties


def _encode_events(value: object, body: Body) -> bytes:
    """Write values as an event stream, one event each; text that is one already is passed through."""
    item = body.media_type.item_schema
    if isinstance(value, str) and value.startswith(("data:", "event:", "id:", "retry:", ":")):
        return value.encode("utf-8", "replace")
    items = value if isinstance(value, list) else [value]
    as_fields = item is not None and _describes_events(body, item)
    return b"".join(_fields(each) if as_fields else _event(each) for each in items)


def _fields(value: object) -> bytes:
    """Write an event by its fields; what is no text is written as JSON."""
    if not isinstance(value, dict):
        return _event(value)
    lines = []
    for name in ("event", "id", "retry", "data"):
        if name in value:
            member = value[name]
            text = member if isinstance(member, str) else _to_json(member).decode()
            lines += [f"{name}: {line}\n" for line in text.split("\n")]
    return "".join([*lines, "\n"]).encode("utf-8", "replace")


def _event(value: object) -> bytes:
    text = value.encode("utf-8", "replace") if isinstance(value, str) else _to_json(value)
    return b"".join(b"data: " + line + b"\n" for line in text.split(b"\n")) + b"\n"


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
    return to_bytes(value) if isinstance(value, str) else _to_json(value)


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
    _Format(_JSON_LINES.__contains__, _decode_json_lines, _encode_json_lines),
    _Format(_EVENTS.__eq__, _decode_events, _encode_events),
    _Format(lambda name: name.startswith("text/"), _decode_text, _encode_text),
    _Format(lambda _: True, _decode_other, _encode_other),
)
