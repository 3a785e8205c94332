"""Values on the wire and back, by style and explode (OpenAPI 3.1.1 §4.8.12.3, RFC 6570): one function for each location.

What is read here is raw: strings, lists and mappings of strings; types are the schema's business (``coercion``).
Not every value can be told apart on the wire: a delimiter inside a value reads as a delimiter where it cannot be
escaped (spaces, pipes, the dots of labels) or where all delimiters are (``a%2Cb``, which most clients write for a list).
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from mockserver.spec.model import Parameter
from mockserver.validation.coercion import Raw, Shape
from mockserver.validation.deep import decode_percent, encode_percent, flatten, nest
from mockserver.validation.errors import StyleError
from mockserver.validation.text import scalar_text

Kind = Literal["scalar", "list", "mapping"]
"""What is to be read: the styles write lists and mappings alike."""

Pairs = list[tuple[str, str]]
"""Decoded names with their values still encoded."""

# Swagger 2.0 has one more, and writes all of them in paths and headers too.
_DELIMITERS = {"spaceDelimited": " ", "pipeDelimited": "|", "tabDelimited": "\t"}
_RESERVED = ":/?#[]@!$'()*,;"  # RFC 3986 §2.2 without ``&``, ``=`` and ``+``, which mean something in a query


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a schema wants to be read.

    Attributes:
        members: Properties that an exploded mapping takes from the query.
        excluded: Names that it leaves to others; ``None`` where it takes its members only.
    """

    kind: Kind
    members: frozenset[str] = frozenset()
    excluded: frozenset[str] | None = None

    def takes(self, name: str) -> bool:
        """Tell whether a name of the query belongs to an exploded mapping."""
        return name in self.members or (self.excluded is not None and name not in self.excluded)


def wanted(shape: Shape, declared: frozenset[str] = frozenset()) -> Wanted:
    """Return what a shape wants to be read; a string where it allows one, because a string is what is sent.

    Args:
        shape: Of the schema.
        declared: Names of all parameters of the query.
    """
    members = frozenset(shape.properties)
    kind: Kind = "scalar"
    if shape.types and "string" not in shape.types:
        kind = "list" if "array" in shape.types else "mapping" if "object" in shape.types else kind
    takes_more = shape.takes_more and kind == "mapping"
    return Wanted(kind, members, declared - members if takes_more else None)


def delimiter_of(style: str) -> str:
    """Return what stands between the items of a list that is one value."""
    return _DELIMITERS.get(style, ",")


def split_nested(raw: Raw, delimiters: Sequence[str]) -> Raw:
    """Return a list whose items, which are lists of their own, are split by the delimiter of each level."""
    if not delimiters or not isinstance(raw, list):
        return raw
    return [
        split_nested(list(item.split(delimiters[0])), delimiters[1:])
        if isinstance(item, str)
        else item
        for item in raw
    ]


def join_nested(value: object, delimiters: Sequence[str]) -> object:
    """Return a list with the lists in it written as strings; what ``split_nested`` reads."""
    if not delimiters or not isinstance(value, list):
        return value
    inner = [join_nested(item, delimiters[1:]) for item in value]
    return [
        delimiters[0].join(map(scalar_text, item)) if isinstance(item, list) else item
        for item in inner
    ]


def read_path(parameter: Parameter, text: str, kind: Kind) -> Raw:
    """Read a decoded path segment: simple, label or matrix.

    Raises:
        StyleError: It is not written so.
    """
    explode = parameter.explode
    if parameter.style == "label":
        if not text.startswith("."):
            raise StyleError("a label begins with a dot")
        return _read_joined(text[1:], "." if explode else ",", kind, explode=explode)
    if parameter.style == "matrix":
        return _read_matrix(parameter.name, text, kind, explode=explode)
    return _read_joined(text, delimiter_of(parameter.style), kind, explode=explode)


def read_query(parameter: Parameter, pairs: Pairs, want: Wanted) -> Raw | None:
    """Read a query parameter: form, spaceDelimited, pipeDelimited or deepObject.

    Returns:
        ``None`` where the query does not have it.

    Raises:
        StyleError: It is not written so.
    """
    name, kind = parameter.name, want.kind
    if parameter.style == "deepObject":
        prefix = f"{name}["
        nested = [
            (key, decode_percent(value))
            for key, value in pairs
            if key.startswith(prefix) or key == name
        ]
        return nest(nested).get(name)
    if kind == "mapping" and parameter.explode:
        taken = {key: decode_percent(value) for key, value in pairs if want.takes(key)}
        return dict(taken) or None
    values = [value for key, value in pairs if key == name]
    if not values:
        return None
    delimiter = delimiter_of(parameter.style)
    if kind == "scalar" or len(values) > 1 or (parameter.explode and delimiter == ","):
        texts: list[Raw] = [decode_percent(value) for value in values]
        return texts if kind == "list" or len(texts) > 1 else texts[0]
    return _read_parts(_split(values[0], delimiter), kind, explode=False)


def read_simple(text: str, kind: Kind, *, explode: bool, style: str = "simple") -> Raw:
    """Read the value of a header: simple, or a style that delimits.

    Raises:
        StyleError: It is not written so.
    """
    return _read_joined(text.strip(" \t"), delimiter_of(style), kind, explode=explode)


def read_cookie(parameter: Parameter, cookies: Mapping[str, str], want: Wanted) -> Raw | None:
    """Read a cookie: form. What an exploded mapping looks like is not settled: ``p=R=1,G=2`` and ``R=1; G=2`` are read.

    Returns:
        ``None`` where the cookies do not have it.

    Raises:
        StyleError: It is not written so.
    """
    text = cookies.get(parameter.name)
    exploded = parameter.explode and want.kind == "mapping"
    if text is not None:
        return read_simple(text, want.kind, explode=exploded and "=" in text)
    return (
        {key: cookies[key] for key in want.members & cookies.keys()} or None if exploded else None
    )


def read_cookie_pairs(parameter: Parameter, pairs: Pairs, want: Wanted) -> Raw | None:
    """Read a cookie of the style ``cookie``: like form, with a pair for each part, and nothing is escaped.

    Returns:
        ``None`` where the cookies do not have it.

    Raises:
        StyleError: It is not written so.
    """
    if parameter.explode and want.kind == "mapping":
        taken: dict[str, Raw] = {
            key: value for key, value in reversed(pairs) if key in want.members
        }
        return taken or None
    values: list[Raw] = [value for key, value in pairs if key == parameter.name]
    if not values:
        return None
    if parameter.explode and want.kind == "list":
        return values
    return read_simple(str(values[0]), want.kind, explode=False)


def write_parameter(parameter: Parameter, value: object) -> str:
    """Return a value as it goes on the wire.

    Returns:
        For ``path`` the encoded segment, for ``query`` its pairs with ``&`` between, for ``header`` the field value, for
        ``cookie`` its pairs with ``; `` between. Empty where an empty list or mapping leaves nothing to write.
    """
    if parameter.content is not None and not (
        isinstance(value, str) and "json" not in parameter.content.name
    ):
        value = json.dumps(value, ensure_ascii=False)
    value = join_nested(value, parameter.nested)
    match parameter.location:
        case "path":
            return _write_path(parameter, value)
        case "cookie" if parameter.style == "cookie":
            return _write_cookie(parameter, value)
        case "cookie":
            # One pair: cookies of the same name are no list (RFC 6265 §5.4 lets the first one win).
            pairs = form_pairs(parameter.name, value, "form", explode=False)
            return "; ".join(f"{name}={text.replace('+', '%20')}" for name, text in pairs)
        case "header":
            delimiter = delimiter_of(parameter.style)
            return _join(value, delimiter, "=" if parameter.explode else ",", encode=False)
        case _:
            safe = _RESERVED if parameter.allow_reserved else ""
            pairs = form_pairs(
                parameter.name, value, parameter.style, explode=parameter.explode, safe=safe
            )
            return "&".join(f"{encode_percent(name, safe='[]')}={text}" for name, text in pairs)


def _write_cookie(parameter: Parameter, value: object) -> str:
    name = parameter.name
    if parameter.explode and isinstance(value, dict):
        return "; ".join(f"{key}={scalar_text(item)}" for key, item in value.items())
    if parameter.explode and isinstance(value, list):
        return "; ".join(f"{name}={scalar_text(item)}" for item in value)
    return f"{name}={_join(value, ',', ',', encode=False)}"


def form_pairs(
    name: str, value: object, style: str, *, explode: bool, safe: str = ""
) -> list[tuple[str, str]]:
    """Return the pairs of form, spaceDelimited, pipeDelimited and deepObject: names as they are, values encoded."""

    def text(item: object) -> str:
        return encode_percent(scalar_text(item), safe=safe)

    if style == "deepObject":
        return [(key, text(item)) for key, item in flatten(name, value)]
    if isinstance(value, dict):
        if explode:
            return [(key, text(item)) for key, item in value.items()]
        parts = [part for key, item in value.items() for part in (text(key), text(item))]
    elif isinstance(value, list):
        if explode:
            return [(name, text(item)) for item in value]
        parts = [text(item) for item in value]
    else:
        return [(name, text(value))]
    delimiter = quote(delimiter_of(style), safe=",")
    return [(name, delimiter.join(parts))] if parts else []


def _read_matrix(name: str, text: str, kind: Kind, *, explode: bool) -> Raw:
    if not text.startswith(";"):
        raise StyleError("a matrix parameter begins with a semicolon")
    if explode and kind == "mapping":
        return _read_joined(text[1:], ";", kind, explode=True)
    pairs = [part.partition("=") for part in text[1:].split(";")]
    if any(key != name for key, _, _ in pairs):
        raise StyleError(f"a matrix parameter repeats its name: ;{name}=")
    if explode and kind == "list":
        return [value for _, _, value in pairs]
    return _read_joined(pairs[-1][2], ",", kind, explode=False)


def _read_joined(text: str, separator: str, kind: Kind, *, explode: bool) -> Raw:
    if kind == "scalar":
        return text
    return _read_parts(text.split(separator) if text else [], kind, explode=explode)


def _read_parts(parts: list[str], kind: Kind, *, explode: bool) -> Raw:
    """Return the list that the parts are, or the mapping: ``k=v`` exploded, ``k,v`` by turns else."""
    if kind == "list":
        return [part.strip(" \t") for part in parts]
    if explode:
        if not all("=" in part for part in parts):
            raise StyleError("an exploded mapping has an = in each part")
        return {
            key.strip(" \t"): value for key, _, value in (part.partition("=") for part in parts)
        }
    if len(parts) % 2:
        raise StyleError("a mapping has a value for each name")
    return dict(zip(parts[::2], parts[1::2], strict=True))


def _split(encoded: str, delimiter: str) -> list[str]:
    """Split before decoding where the delimiter stands as it is, else after: most clients encode it as well."""
    if not encoded:
        return []
    if delimiter in encoded:
        return [decode_percent(part) for part in encoded.split(delimiter)]
    return decode_percent(encoded).split(delimiter)


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
    return _join(value, quote(delimiter_of(parameter.style), safe=","), "=" if explode else ",")


def _join(value: object, separator: str, pair: str, *, encode: bool = True) -> str:
    written = _encoded if encode else scalar_text
    if isinstance(value, list):
        return separator.join(written(item) for item in value)
    if isinstance(value, dict):
        return separator.join(f"{written(key)}{pair}{written(item)}" for key, item in value.items())
    return written(value)


def _encoded(value: object) -> str:
    return quote(scalar_text(value).encode("utf-8", "replace"), safe="")
