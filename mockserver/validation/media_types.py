"""Media types: which one a message has or gets, and bodies to values and back.

``_FORMATS`` is the one table: a new media type is a row of it and a test.
"""

import json
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import NamedTuple

from mockserver.json_values import JsonError, decode_json
from mockserver.spec.model import Direction, MediaType
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.errors import DecodeError, EncodeError
from mockserver.validation.forms import (
    decode_multipart,
    decode_urlencoded,
    encode_multipart,
    encode_urlencoded,
)
from mockserver.validation.xml_values import decode_xml, encode_xml

__all__ = [
    "DecodeError",
    "EncodeError",
    "decode_body",
    "encode_body",
    "negotiate",
    "select_content",
]


class Body(NamedTuple):
    """What a format needs to know of a body.

    Attributes:
        content_type: As sent or to be sent, parameters included.
    """

    content_type: str
    media_type: MediaType
    schemas: SchemaRegistry
    direction: Direction


class _Format(NamedTuple):
    fits: Callable[[str], bool]
    decode: Callable[[bytes, Body], object]
    encode: Callable[[object, Body], bytes]


def essence(media_type: str) -> str:
    """Return type and subtype in lower case, without parameters (RFC 9110 §8.3.1)."""
    return media_type.partition(";")[0].strip().lower()


def parameter(media_type: str, name: str) -> str | None:
    """Return a parameter of a media type, unquoted; ``None`` where it has none of that name."""
    for part in media_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return None


def fits_range(media_range: str, concrete: str) -> bool:
    """Tell whether an essence fits a range such as ``image/*`` or ``*/*`` (RFC 9110 §12.5.1)."""
    if media_range in (concrete, "*/*", "*"):
        return True
    kind, _, subtype = media_range.partition("/")
    if subtype == "*":
        return concrete.startswith(f"{kind}/")
    return (
        subtype.startswith("*+")
        and concrete.startswith(f"{kind}/")
        and concrete.endswith(subtype[1:])
    )


def select_content(content: Sequence[MediaType], content_type: str) -> MediaType | None:
    """Return the documented media type of a message: exact before range; ``None`` where it is not documented.

    A message without ``Content-Type`` is read as the first (RFC 9110 §8.3 leaves it to the recipient).
    """
    if not content_type.strip():
        return content[0] if content else None
    sent = essence(content_type)
    named = [(essence(media.name), media) for media in content]
    for name, media in named:
        if name == sent:
            return media
    for name, media in sorted(named, key=lambda pair: pair[0].count("*")):
        if "*" in name and fits_range(name, sent):
            return media
    return None


def negotiate(accept: bytes | None, content: tuple[MediaType, ...]) -> MediaType | None:
    """Choose the media type of an answer (RFC 9110 §12.5.1): by quality, then by the document's order.

    Parameters in ``Accept`` are ignored but for ``q``. Without ``Accept``: ``application/json``, then ``*/*``, then the first.

    Returns:
        ``None`` where the client accepts none of them.
    """
    if not content:
        return None
    if not accept or not accept.strip():
        names = [essence(media.name) for media in content]
        return next(
            (content[names.index(name)] for name in ("application/json", "*/*") if name in names),
            content[0],
        )
    if accept == b"*/*":
        return content[0]
    index = _best(accept, tuple(media.name for media in content))
    return None if index is None else content[index]


@lru_cache(maxsize=1024)
def _best(accept: bytes, names: tuple[str, ...]) -> int | None:
    """Return the index of the best media type; kept, because clients send the same header over and over."""
    ranges = _ranges(accept.decode("latin-1"))
    if not ranges:
        return 0
    scored = [(_quality(ranges, essence(name)), -index) for index, name in enumerate(names)]
    quality, negative = max(scored)
    return -negative if quality > (0.0, 0) else None


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Return the readable media ranges with their qualities."""
    found = []
    for part in accept.split(","):
        media_range = essence(part)
        if media_range != "*" and media_range.count("/") != 1:
            continue
        try:
            quality = float(parameter(part, "q") or 1)
        except ValueError:
            quality = 1.0
        found.append((media_range, min(max(quality, 0.0), 1.0)))
    return found


def _quality(ranges: list[tuple[str, float]], name: str) -> tuple[float, int]:
    """Return quality and precision of the most precise range that a documented type fits; a documented range fits back."""
    fitting = [
        (_precision(media_range), quality)
        for media_range, quality in ranges
        if fits_range(media_range, name) or fits_range(name, media_range)
    ]
    if not fitting:
        return 0.0, 0
    precision, quality = max(fitting)
    return quality, precision if quality else 0


def _precision(media_range: str) -> int:
    if media_range in ("*", "*/*"):
        return 1
    return 2 if media_range.endswith("/*") else 3


def decode_body(
    body: bytes,
    content_type: str,
    media_type: MediaType,
    schemas: SchemaRegistry,
    direction: Direction,
) -> object:
    """Return the value of a body.

    Raises:
        DecodeError: It is not what its media type says.
    """
    told = content_type if content_type.strip() else media_type.name
    return _format(essence(told)).decode(body, Body(told, media_type, schemas, direction))


def encode_body(
    value: object, media_type: MediaType, schemas: SchemaRegistry, direction: Direction = "response"
) -> bytes:
    """Return a value as a body of a media type; a range is written as JSON.

    Raises:
        EncodeError: The media type cannot carry such a value.
    """
    name = essence(media_type.name)
    return _format(name).encode(value, Body(media_type.name, media_type, schemas, direction))


def to_json(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8; lone surrogates are escaped."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def _format(name: str) -> _Format:
    return next(format_ for format_ in _FORMATS if format_.fits(name))


def is_json(name: str) -> bool:
    """Tell whether an essence carries JSON, by name or by suffix (RFC 6839 §3.1)."""
    return name.endswith(("/json", "+json")) or name in ("*/*", "application/*", "*", "")


def _is_xml(name: str) -> bool:
    return name.endswith(("/xml", "+xml"))


def _is_json_lines(name: str) -> bool:
    return name in (
        "application/jsonl",
        "application/x-ndjson",
        "application/x-jsonlines",
        "application/json-seq",
    )


def _charset(body: Body) -> str:
    charset = parameter(body.content_type, "charset") or "utf-8"
    try:
        b"".decode(charset)
    except LookupError as error:
        raise DecodeError(f"the charset {charset[:40]!r} is not known") from error
    return charset


def _decode_text(raw: bytes, body: Body) -> str:
    try:
        return raw.decode(_charset(body))
    except UnicodeDecodeError as error:
        raise DecodeError(f"byte {error.start} does not fit the charset") from error


def _decode_json(raw: bytes, body: Body) -> object:
    if parameter(body.content_type, "charset") is not None:
        raw = _decode_text(raw, body).encode("utf-8", "surrogatepass")
    try:
        return decode_json(raw)
    except JsonError as error:
        where = f" at line {error.line} column {error.column}" if error.line else ""
        raise DecodeError(f"{error}{where}") from error


def _encode_json(value: object, _body: Body) -> bytes:
    return to_json(value)


def _encode_text(value: object, body: Body) -> bytes:
    """Write a scalar as text; an object has no form as text (Prism: a 500 as well)."""
    if isinstance(value, dict | list):
        raise EncodeError(f"{body.media_type.name} carries text, and the value is {_kind(value)}")
    return value.encode("utf-8", "replace") if isinstance(value, str) else to_json(value)


def _decode_json_lines(raw: bytes, body: Body) -> object:
    lines = raw.replace(b"\x1e", b"").splitlines()
    return [_decode_json(line, body) for line in lines if line.strip()]


def _encode_json_lines(value: object, _body: Body) -> bytes:
    items = value if isinstance(value, list) else [value]
    return b"".join(to_json(item) + b"\n" for item in items)


def _encode_events(value: object, _body: Body) -> bytes:
    """Write values as an event stream (HTML Living Standard §9.2), one event each; text is passed through."""
    if isinstance(value, str) and value.startswith(("data:", "event:", "id:", ":")):
        return value.encode("utf-8", "replace")
    items = value if isinstance(value, list) else [value]
    texts = (item if isinstance(item, str) else to_json(item).decode() for item in items)
    return "".join(
        "".join(f"data: {line}\n" for line in text.splitlines() or [""]) + "\n" for text in texts
    ).encode()


def _decode_binary(raw: bytes, _body: Body) -> str:
    """Return bytes as a string of as many characters: what ``format: binary`` judges (length, presence)."""
    return raw.decode("latin-1")


def _encode_other(value: object, _body: Body) -> bytes:
    return value.encode("utf-8", "replace") if isinstance(value, str) else to_json(value)


def _decode_urlencoded(raw: bytes, body: Body) -> object:
    return decode_urlencoded(raw, body.media_type, body.schemas, body.direction)


def _encode_urlencoded(value: object, body: Body) -> bytes:
    return encode_urlencoded(value, body.media_type)


def _decode_multipart(raw: bytes, body: Body) -> object:
    return decode_multipart(raw, body.content_type, body.media_type, body.schemas, body.direction)


def _encode_multipart(value: object, body: Body) -> bytes:
    return encode_multipart(
        value, parameter(body.content_type, "boundary") or "mockserver", body.media_type
    )


def _decode_xml(raw: bytes, body: Body) -> object:
    return decode_xml(raw, body.media_type, body.schemas, body.direction)


def _encode_xml(value: object, body: Body) -> bytes:
    return encode_xml(value, body.media_type, body.schemas, body.direction)


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else "an object"


_FORMATS = (
    _Format(is_json, _decode_json, _encode_json),
    _Format("application/x-www-form-urlencoded".__eq__, _decode_urlencoded, _encode_urlencoded),
    _Format(lambda name: name.startswith("multipart/"), _decode_multipart, _encode_multipart),
    _Format(_is_xml, _decode_xml, _encode_xml),
    _Format(_is_json_lines, _decode_json_lines, _encode_json_lines),
    _Format("text/event-stream".__eq__, _decode_text, _encode_events),
    _Format(lambda name: name.startswith("text/"), _decode_text, _encode_text),
    _Format(lambda _: True, _decode_binary, _encode_other),
)
