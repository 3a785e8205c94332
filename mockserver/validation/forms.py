"""Urlencoded and multipart forms to values and back, by their schema and encoding (OpenAPI 3.1.1 §4.8.14, §4.8.15).

Fields are read generously: by the style that the document gives them, else with brackets, repeated, or as JSON text,
because clients write nested values in all of these ways.
"""

import json
import re
from typing import NamedTuple

from mockserver.json_values import JsonError, decode_json
from mockserver.spec.model import Direction, Encoding, MediaType, Parameter
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.coercion import Raw, Shape, shapes_of
from mockserver.validation.deep import decode_percent, encode_percent, flatten, nest, split_pairs
from mockserver.validation.errors import DecodeError, EncodeError, StyleError
from mockserver.validation.multipart import Part, read_parts, write_part
from mockserver.validation.styles import Pairs, delimiter_of, form_pairs, read_query, wanted
from mockserver.validation.text import scalar_text, to_bytes

BOUNDARY = "mockserver"
"""Between the parts that we write: always the same, so that the same value gives the same bytes."""

_MOST_FIELDS = 10_000
_MOST_LEVELS = 8
_PLAIN = Encoding()
# RFC 3986 §2.2 without what every writer of forms leaves as it is (``!'()*``), and ``+``, which is a blank.
_RESERVED = re.compile(r"[/?#\[\]@$&;=,]")


class Form(NamedTuple):
    """What the document says of a form."""

    media_type: MediaType
    shape: Shape

    def encoding(self, name: str) -> Encoding:
        """Return how a property is written."""
        return self.media_type.encoding.get(name, _PLAIN)


def form_of(media_type: MediaType, schemas: SchemaRegistry, direction: Direction) -> Form:
    """Return what the document says of a form."""
    return Form(media_type, shapes_of(schemas, direction).at(media_type.schema))


def decode_urlencoded(raw: bytes, form: Form) -> object:
    """Return the object of an urlencoded form.

    Raises:
        DecodeError: It has too many fields, or one that is not written as its encoding says.
    """
    if raw.count(b"&") >= _MOST_FIELDS:
        raise DecodeError(f"the form has more than {_MOST_FIELDS:,} fields")
    pairs = split_pairs(raw)
    found = _styled(pairs, form)
    styled = found.keys() | _members_taken(form, found)
    rest = [
        (name, decode_percent(text)) for name, text in pairs if _base(name, styled) not in styled
    ]
    nested = nest(rest, form.shape.properties)
    values = {name: _value(form, name, value) for name, value in nested.items()}
    return _with_empty({**values, **found}, form.shape, _MOST_LEVELS)


def encode_urlencoded(value: object, form: Form) -> bytes:
    """Return an object as an urlencoded form; nested values with brackets where no style is given.

    Raises:
        EncodeError: It is no object.
    """
    if not isinstance(value, dict):
        raise EncodeError("a form carries an object")
    pairs: list[tuple[str, str]] = []
    for name, item in value.items():
        encoding = form.encoding(name)
        if encoding.style or encoding.explode is not None:
            style, explode = _style(encoding)
            pairs += form_pairs(name, item, style, explode=explode)
        elif _is_json(encoding.content_type):
            pairs.append((name, encode_percent(json.dumps(item, ensure_ascii=False))))
        elif _is_list_of_scalars(item):
            pairs += form_pairs(name, item, "form", explode=True)
        else:
            pairs += [(key, encode_percent(scalar_text(part))) for key, part in flatten(name, item)]
    return "&".join(f"{encode_percent(name, safe='[]')}={text}" for name, text in pairs).encode()


def decode_multipart(raw: bytes, content_type: str, form: Form) -> object:
    """Return the object of a multipart form; a file is a string of as many characters as it has bytes.

    Raises:
        DecodeError: It has no boundary, is cut short, has too many parts, or one that is not written as its media type says.
    """
    fields: list[tuple[str, Raw]] = []
    ready: dict[str, list[object]] = {}
    for part in read_parts(raw, content_type):
        told = form.encoding(part.name).content_type or part.content_type
        if _is_binary(part, form, told):
            ready.setdefault(part.name, []).append(part.data.decode("latin-1"))
        elif _is_json(told):
            ready.setdefault(part.name, []).append(_json(part))
        else:
            fields.append((part.name, part.data.decode("utf-8", "replace")))
    nested = nest(fields, form.shape.properties)
    found = {name: _value(form, name, value) for name, value in nested.items()}
    return found | {name: _one_or_list(form, name, values) for name, values in ready.items()}


def encode_multipart(value: object, form: Form, boundary: str = BOUNDARY) -> bytes:
    """Return an object as a multipart form; objects and lists of lists as JSON parts, lists as repeated parts.

    Raises:
        EncodeError: It is no object, or holds the boundary.
    """
    if not isinstance(value, dict):
        raise EncodeError("a form carries an object")
    parts = [
        _part(name, each, form)
        for name, item in value.items()
        for each in _each_part(item, form.encoding(name))
    ]
    if any(f"--{boundary}".encode() in part.data for part in parts):
        raise EncodeError("the value holds the boundary of the multipart body")
    return b"".join(write_part(part, boundary) for part in parts) + f"--{boundary}--\r\n".encode()


def _with_empty(value: object, shape: Shape, levels: int) -> object:
    """Add required lists and mappings that are absent: an empty one leaves nothing to write in a form."""
    if not isinstance(value, dict) or not levels:
        return value
    for name in shape.required:
        types = set(shape.property(name).types)
        if name not in value and types and types <= {"array", "object"}:
            value[name] = [] if "array" in types else {}
    return {
        name: _with_empty(item, shape.property(name), levels - 1) for name, item in value.items()
    }


def _styled(pairs: Pairs, form: Form) -> dict[str, object]:
    """Return the properties for which the document has a style, and check what they may be written with."""
    found: dict[str, object] = {}
    for name, encoding in form.media_type.encoding.items():
        style, explode = _style(encoding)
        if not encoding.allow_reserved:
            _refuse_reserved(name, pairs, delimited=not explode)
        if encoding.style is None and encoding.explode is None:
            continue
        shape = form.shape.property(name)
        # A property with a style is written as a query parameter of its name would be (OpenAPI 3.1.1 §4.8.15.1).
        parameter = Parameter(name, "query", form.media_type.location, style=style, explode=explode)
        try:
            raw = read_query(parameter, pairs, wanted(shape, frozenset(form.shape.properties)))
        except StyleError as error:
            raise DecodeError(str(error), (name,), "style") from error
        if raw is not None:
            found[name] = shape.read(raw)
    return found


def _members_taken(form: Form, found: dict[str, object]) -> frozenset[str]:
    """Return the names of fields that are members of exploded mappings."""
    taken: set[str] = set()
    for name, value in found.items():
        style, explode = _style(form.encoding(name))
        if isinstance(value, dict) and explode and style != "deepObject":
            taken.update(value)
    return frozenset(taken)


def _style(encoding: Encoding) -> tuple[str, bool]:
    style = encoding.style or "form"
    explode = encoding.explode if encoding.explode is not None else style in ("form", "deepObject")
    return style, explode


def _refuse_reserved(name: str, pairs: Pairs, *, delimited: bool) -> None:
    """Refuse reserved characters that are not escaped, in a property whose encoding does not allow them (as Prism does)."""
    for key, text in pairs:
        if key == name and _RESERVED.search(text.replace(",", "") if delimited else text):
            message = "a reserved character is not escaped, and allowReserved is not set"
            raise DecodeError(message, (name,), "allowReserved")


def _base(name: str, styled: frozenset[str] | set[str]) -> str:
    return name if name in styled else name.partition("[")[0]


def _value(form: Form, name: str, raw: Raw) -> object:
    """Return a field's value; JSON text is read where the schema wants what text cannot be."""
    shape = form.shape.property(name)
    if isinstance(raw, str):
        wants_json = raw[:1] in ("{", "[") and {"array", "object"}.issuperset(shape.types or "?")
        if wants_json or _is_json(form.encoding(name).content_type):
            try:
                return decode_json(raw)
            except JsonError:
                return shape.read(raw)
        encoding = form.encoding(name)
        if encoding.style and encoding.explode is False and "array" in shape.types:
            return shape.read(list(raw.split(delimiter_of(encoding.style))))
    return shape.read(raw)


def _one_or_list(form: Form, name: str, values: list[object]) -> object:
    """Return the values of the parts of one name: a list where the schema wants one or several came."""
    if len(values) > 1:
        return values
    types = form.shape.property(name).types
    wants_list = "array" in types and "string" not in types and not isinstance(values[0], list)
    return values if wants_list else values[0]


def _each_part(item: object, encoding: Encoding) -> list[object]:
    """Return what is sent as a part each: the items of a list, unless it has a style that makes it one value."""
    if not isinstance(item, list):
        return [item]
    if encoding.style and encoding.explode is False and _is_list_of_scalars(item):
        return [delimiter_of(encoding.style).join(map(scalar_text, item))]
    return item


def _part(name: str, value: object, form: Form) -> Part:
    shape = form.shape.property(name)
    binary = shape.is_binary or shape.item(0).is_binary
    kind = (form.encoding(name).content_type or "").split(",")[0].strip()
    if isinstance(value, dict | list) or _is_json(kind):
        text = json.dumps(value, ensure_ascii=False)
        return Part(name, None, kind or "application/json", text.encode("utf-8", "replace"))
    if binary or (kind and not kind.startswith("text/")):
        data = to_bytes(scalar_text(value))
        return Part(
            name, "file", kind.replace("*", "octet-stream") or "application/octet-stream", data
        )
    return Part(
        name, None, kind.replace("*", "plain"), scalar_text(value).encode("utf-8", "replace")
    )


def _is_binary(part: Part, form: Form, told: str) -> bool:
    """Tell whether a part is bytes: sent as a file, or described so; JSON files are read where an object is wanted."""
    shape = form.shape.property(part.name)
    if _is_json(told):
        return shape.is_binary
    if part.filename is not None or shape.is_binary or shape.item(0).is_binary:
        return True
    return bool(told) and not told.startswith(("text/", "application/x-www-form-urlencoded"))


def _is_json(content_type: str | None) -> bool:
    return "json" in (content_type or "").lower()


def _is_list_of_scalars(value: object) -> bool:
    return isinstance(value, list) and not any(isinstance(item, dict | list) for item in value)


def _json(part: Part) -> object:
    try:
        return decode_json(part.data)
    except JsonError as error:
        raise DecodeError(f"the part is not JSON: {error}", (part.name,)) from error
