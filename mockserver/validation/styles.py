"""Values on the wire and back, by style and explode (OpenAPI 3.1.1 §4.8.12.3, RFC 6570): one function for each location.

What is read here is raw: strings, lists and mappings of strings; types are the schema's business (``coercion``).
"""

from typing import Literal
from urllib.parse import quote

from mockserver.spec.model import Parameter
from mockserver.validation.coercion import Raw
from mockserver.validation.deep import decode_percent, encode_percent, flatten, nest
from mockserver.validation.text import scalar_text

Shape = Literal["scalar", "list", "mapping"]
"""What a schema wants to be read: styles write lists and mappings alike."""

Pairs = list[tuple[str, str]]
"""Decoded names with their values still encoded."""

_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|"}


def read_path(parameter: Parameter, text: str, shape: Shape) -> Raw:
    """Read a decoded path segment: simple, label or matrix."""
    name, explode = parameter.name, parameter.explode
    if parameter.style == "label":
        text = text.removeprefix(".")
        return _read_joined(text, "." if explode else ",", shape, explode=explode)
    if parameter.style == "matrix":
        if explode and shape != "scalar":
            pairs = [part.partition("=")[::2] for part in text.split(";") if part]
            return [value for _, value in pairs] if shape == "list" else dict(pairs)
        text = text.removeprefix(f";{name}").removeprefix("=")
        return _read_joined(text, ",", shape, explode=False)
    return _read_joined(text, ",", shape, explode=explode)


def read_query(
    parameter: Parameter,
    pairs: Pairs,
    shape: Shape,
    members: frozenset[str],
    declared: frozenset[str],
) -> Raw | None:
    """Read a query parameter: form, spaceDelimited, pipeDelimited or deepObject.

    Args:
        parameter: Its style and explode count.
        pairs: Of the whole query.
        shape: What its schema wants.
        members: Properties that its schema names, for exploded mappings.
        declared: Names of every parameter, which an exploded mapping does not take.

    Returns:
        ``None`` where the query does not have it.
    """
    name = parameter.name
    if parameter.style == "deepObject":
        prefix = f"{name}["
        nested = [
            (key, decode_percent(value))
            for key, value in pairs
            if key.startswith(prefix) or key == name
        ]
        return nest(nested).get(name) if nested else None
    if shape == "mapping" and parameter.style == "form" and parameter.explode:
        taken = {
            key: decode_percent(value)
            for key, value in pairs
            if key in members or (not members and key not in declared)
        }
        return dict(taken) or None
    values = [value for key, value in pairs if key == name]
    if not values:
        return None
    if shape == "scalar":
        return (
            decode_percent(values[-1])
            if len(values) == 1
            else [decode_percent(value) for value in values]
        )
    if parameter.explode and (len(values) > 1 or parameter.style == "form"):
        return [decode_percent(value) for value in values]
    return _read_delimited(values[0], parameter.style, shape)


def read_simple(text: str, shape: Shape, *, explode: bool) -> Raw:
    """Read a header's or cookie's value: simple."""
    return _read_joined(text.strip(), ",", shape, explode=explode)


def write_parameter(parameter: Parameter, value: object) -> str:
    """Return a value as it goes on the wire.

    Returns:
        For ``path`` the encoded segment, for ``query`` its pairs with ``&`` between, for ``header`` the field value, for
        ``cookie`` its pairs with ``; `` between. Empty where an empty list or mapping leaves nothing to write.
    """
    match parameter.location:
        case "path":
            return _write_path(parameter, value)
        case "cookie":
            return "; ".join(f"{name}={text}" for name, text in _form_pairs(parameter, value))
        case "header":
            return _join(value, ",", "=" if parameter.explode else ",", encode=False)
        case _:
            return "&".join(
                f"{encode_percent(name, safe='[]')}={text}"
                for name, text in _form_pairs(parameter, value)
            )


def _read_joined(text: str, separator: str, shape: Shape, *, explode: bool) -> Raw:
    if shape == "scalar":
        return text
    parts = [part.strip() for part in text.split(separator)] if text else []
    if shape == "list":
        return list(parts)
    if explode:
        return dict(part.partition("=")[::2] for part in parts)
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _read_delimited(encoded: str, style: str, shape: Shape) -> Raw:
    """Split before decoding where the delimiter may stand encoded in a value (form), after where it stands so itself."""
    delimiter = _DELIMITERS.get(style, ",")
    if delimiter == ",":
        parts = [decode_percent(part) for part in encoded.split(",")] if encoded else []
    else:
        text = decode_percent(encoded)
        parts = text.split(delimiter) if text else []
    if shape == "list":
        return list(parts)
    return dict(zip(parts[::2], parts[1::2], strict=False))


def _write_path(parameter: Parameter, value: object) -> str:
    name, explode = parameter.name, parameter.explode
    if parameter.style == "label":
        return "." + _join(value, "." if explode else ",", "=" if explode else ",")
    if parameter.style == "matrix":
        if explode and isinstance(value, list):
            return "".join(f";{name}={_encoded(item)}" for item in value)
        if explode and isinstance(value, dict):
            return "".join(f";{_encoded(key)}={_encoded(item)}" for key, item in value.items())
        return f";{name}={_join(value, ',', ',')}"
    return _join(value, ",", "=" if explode else ",")


def _join(value: object, separator: str, pair: str, *, encode: bool = True) -> str:
    written = _encoded if encode else scalar_text
    if isinstance(value, list):
        return separator.join(written(item) for item in value)
    if isinstance(value, dict):
        return separator.join(f"{written(key)}{pair}{written(item)}" for key, item in value.items())
    return written(value)


def _form_pairs(parameter: Parameter, value: object) -> list[tuple[str, str]]:
    """Return the pairs of form, spaceDelimited, pipeDelimited and deepObject, values encoded."""
    name, safe = parameter.name, ":/?#[]@!$'()*,;" if parameter.allow_reserved else ""

    def text(item: object) -> str:
        return encode_percent(scalar_text(item), safe=safe)

    if parameter.style == "deepObject":
        return [(key, text(item)) for key, item in flatten(name, value)]
    if isinstance(value, list):
        if parameter.explode:
            return [(name, text(item)) for item in value]
        delimiter = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(parameter.style, ",")
        return [(name, delimiter.join(text(item) for item in value))] if value else []
    if isinstance(value, dict):
        if parameter.explode and parameter.style == "form":
            return [(str(key), text(item)) for key, item in value.items()]
        delimiter = {"spaceDelimited": "%20", "pipeDelimited": "%7C"}.get(parameter.style, ",")
        flat = [part for key, item in value.items() for part in (text(key), text(item))]
        return [(name, delimiter.join(flat))] if flat else []
    return [(name, text(value))]


def _encoded(value: object) -> str:
    return quote(scalar_text(value).encode("utf-8", "replace"), safe="")
