"""Urlencoded and multipart forms to values and back, by their schema and encoding."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from mockserver.json_values import JsonError, decode_json
from mockserver.schemas import Schema
from mockserver.spec.model import Direction, Encoding, MediaType
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.coercion import Coercion, Raw
from mockserver.validation.deep import decode_percent, encode_percent, flatten, nest, split_pairs
from mockserver.validation.errors import DecodeError, EncodeError
from mockserver.validation.text import scalar_text

if TYPE_CHECKING:
    from python_multipart.multipart import MultipartCallbacks

_MOST_PARTS = 1000
_MOST_PART_HEADERS = 20
_PLAIN = Encoding()
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


class Part(NamedTuple):
    """One part of a multipart body.

    Attributes:
        filename: ``None`` where the part is a field.
    """

    name: str
    filename: str | None
    content_type: str
    data: bytes


def decode_urlencoded(
    raw: bytes, media_type: MediaType, schemas: SchemaRegistry, direction: Direction
) -> object:
    """Return the object of an urlencoded form (OpenAPI 3.1.1 §4.8.14.5)."""
    form = _Form(media_type, schemas, direction)
    pairs: list[tuple[str, Raw]] = []
    for name, encoded in split_pairs(raw):
        encoding = media_type.encoding.get(name, _PLAIN)
        if encoding.explode is False or encoding.style in _DELIMITERS:
            delimiter = _DELIMITERS.get(encoding.style or "", ",")
            texts = decode_percent(encoded) if delimiter != "," else encoded
            pairs.append(
                (
                    name,
                    [
                        decode_percent(text) if delimiter == "," else text
                        for text in texts.split(delimiter)
                    ],
                )
            )
        else:
            pairs.append((name, decode_percent(encoded)))
    return {name: form.value(name, value) for name, value in nest(pairs).items()}


def encode_urlencoded(value: object, media_type: MediaType) -> bytes:
    """Return an object as an urlencoded form.

    Raises:
        EncodeError: It is no object.
    """
    if not isinstance(value, dict):
        raise EncodeError("a form carries an object")
    pairs: list[str] = []
    for name, item in value.items():
        encoding = media_type.encoding.get(name, _PLAIN)
        if isinstance(item, list) and (encoding.explode is False or encoding.style in _DELIMITERS):
            delimiter = _DELIMITERS.get(encoding.style or "", ",")
            joined = delimiter.join(encode_percent(scalar_text(part)) for part in item)
            pairs.append(f"{encode_percent(name)}={joined.replace(' ', '%20').replace('|', '%7C')}")
        elif isinstance(item, list) and not any(isinstance(part, dict | list) for part in item):
            pairs += [
                f"{encode_percent(name)}={encode_percent(scalar_text(part))}" for part in item
            ]
        else:
            pairs += [
                f"{encode_percent(key, safe='[]')}={encode_percent(scalar_text(part))}"
                for key, part in flatten(name, item)
            ]
    return "&".join(pairs).encode("ascii")


def decode_multipart(
    raw: bytes,
    content_type: str,
    media_type: MediaType,
    schemas: SchemaRegistry,
    direction: Direction,
) -> object:
    """Return the object of a multipart form; a file is a string of as many characters as it has bytes.

    Raises:
        DecodeError: It has no boundary, is cut short, or has too many parts.
    """
    form = _Form(media_type, schemas, direction)
    pairs: list[tuple[str, Raw]] = []
    ready: dict[str, list[object]] = {}
    for part in read_parts(raw, content_type):
        told = media_type.encoding.get(part.name, _PLAIN).content_type or part.content_type
        if part.filename is not None:
            ready.setdefault(part.name, []).append(part.data.decode("latin-1"))
        elif "json" in told:
            ready.setdefault(part.name, []).append(_json(part))
        else:
            pairs.append((part.name, part.data.decode("utf-8", "replace")))
    found = {name: form.value(name, value) for name, value in nest(pairs).items()}
    for name, values in ready.items():
        found[name] = values if len(values) > 1 or form.wants_list(name) else values[0]
    return found


def encode_multipart(value: object, boundary: str, media_type: MediaType) -> bytes:
    """Return an object as a multipart form (RFC 7578); objects and lists of objects as JSON parts.

    Raises:
        EncodeError: It is no object.
    """
    if not isinstance(value, dict):
        raise EncodeError("a form carries an object")
    chunks: list[bytes] = []
    for name, item in value.items():
        for each in item if isinstance(item, list) else [item]:
            nested = isinstance(each, dict | list)
            told = media_type.encoding.get(name, _PLAIN).content_type
            kind = "application/json" if nested and not told else told
            head = f'--{boundary}\r\ncontent-disposition: form-data; name="{_quoted(name)}"\r\n'
            head += f"content-type: {kind.split(',')[0].strip()}\r\n" if kind else ""
            text = json.dumps(each) if nested or (kind and "json" in kind) else scalar_text(each)
            chunks.append(
                head.encode("utf-8", "replace")
                + b"\r\n"
                + text.encode("utf-8", "replace")
                + b"\r\n"
            )
    return b"".join(chunks) + f"--{boundary}--\r\n".encode()


def read_parts(raw: bytes, content_type: str) -> Iterator[Part]:
    """Yield the parts of a multipart body (RFC 2046 §5.1).

    Raises:
        DecodeError: It has no boundary, is cut short, or has too many parts.
    """
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser, parse_options_header

    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise DecodeError("the Content-Type has no boundary")
    collected = _Parts()
    try:
        parser = MultipartParser(boundary, collected.callbacks())
        parser.write(raw)
        parser.finalize()
    except (FormParserError, ValueError) as error:
        raise DecodeError("this is not multipart, or it is cut short") from error
    if not collected.complete:
        raise DecodeError("the multipart body is cut short")
    for headers, data in collected.parts:
        disposition, names = parse_options_header(headers.get(b"content-disposition", b""))
        if disposition == b"form-data" and b"name" in names:
            filename = names.get(b"filename")
            yield Part(
                names[b"name"].decode("utf-8", "replace"),
                filename.decode("utf-8", "replace") if filename is not None else None,
                headers.get(b"content-type", b"").decode("latin-1"),
                data,
            )


class _Parts:
    """Collects what the parser reports."""

    def __init__(self) -> None:
        self.parts: list[tuple[dict[bytes, bytes], bytes]] = []
        self.complete = False
        self._field = b""
        self._value = b""
        self._headers: dict[bytes, bytes] = {}
        self._data: list[bytes] = []

    def callbacks(self) -> "MultipartCallbacks":
        """Return the parser's callbacks by name."""
        return {
            "on_part_begin": self._begin,
            "on_part_data": lambda data, start, end: self._data.append(data[start:end]),
            "on_part_end": lambda: self.parts.append((self._headers, b"".join(self._data))),
            "on_header_field": self._on_field,
            "on_header_value": self._on_value,
            "on_header_end": self._on_header_end,
            "on_end": self._on_end,
        }

    def _begin(self) -> None:
        if len(self.parts) >= _MOST_PARTS:
            raise DecodeError(f"the multipart body has more than {_MOST_PARTS} parts")
        self._headers, self._data = {}, []

    def _on_field(self, data: bytes, start: int, end: int) -> None:
        self._field += data[start:end]

    def _on_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _on_header_end(self) -> None:
        if len(self._headers) >= _MOST_PART_HEADERS:
            raise DecodeError(f"a part has more than {_MOST_PART_HEADERS} headers")
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def _on_end(self) -> None:
        self.complete = True


class _Form:
    """What the schema of a form says of its fields."""

    def __init__(
        self, media_type: MediaType, schemas: SchemaRegistry, direction: Direction
    ) -> None:
        location = media_type.schema
        self._schema: Schema = schemas.schema(location, direction) if location else True
        self._coercion = Coercion(schemas, direction)
        self._encoding = media_type.encoding

    def value(self, name: str, raw: Raw) -> object:
        """Return a field's value; JSON text where the schema wants an object and text came."""
        schema = self._coercion.member(self._schema, name)
        if isinstance(raw, str):
            types = self._coercion.types(schema)
            told = self._encoding.get(name, _PLAIN).content_type or ""
            if "json" in told or (types == {"object"} and raw.lstrip().startswith("{")):
                try:
                    return decode_json(raw)
                except JsonError:
                    return raw
        return self._coercion.coerce(raw, schema)

    def wants_list(self, name: str) -> bool:
        """Tell whether a field's schema allows a list and no string."""
        types = self._coercion.types(self._coercion.member(self._schema, name))
        return "array" in types and "string" not in types


def _json(part: Part) -> object:
    try:
        return decode_json(part.data)
    except JsonError as error:
        raise DecodeError(f"the part {part.name[:40]!r} is not JSON: {error}") from error


def _quoted(name: str) -> str:
    """Escape a field's name as browsers do (HTML Living Standard, multipart/form-data encoding)."""
    return name.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
