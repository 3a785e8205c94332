"""Names with brackets into nested values and back: ``a[b][c]=1``, ``a[]=1``, ``a[0]=1`` (deepObject, and forms as Stripe has them)."""

import re
from collections.abc import Container, Iterable, Iterator
from urllib.parse import quote_plus, unquote_to_bytes

from mockserver.validation.coercion import Raw

_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_MOST_LEVELS = 20


def split_pairs(query: bytes) -> list[tuple[str, str]]:
    """Return the decoded names of a query or urlencoded form with their values still encoded, in order."""
    pairs = (part.partition(b"=") for part in query.split(b"&") if part)
    return [
        (decode_percent(name.decode("latin-1")), value.decode("latin-1"))
        for name, _, value in pairs
    ]


def decode_percent(text: str, *, plus: bool = True) -> str:
    """Decode percent escapes; what is not UTF-8 becomes replacement characters, a broken escape stays.

    Args:
        text: As on the wire, one character a byte.
        plus: ``+`` is a blank, as in queries and forms, not in cookies.
    """
    if text.isascii() and "%" not in text and not (plus and "+" in text):
        return text
    if plus:
        text = text.replace("+", " ")
    return unquote_to_bytes(text.encode("latin-1", "replace")).decode("utf-8", "replace")


def encode_percent(text: str, *, safe: str = "") -> str:
    """Encode a name or value for a query or form."""
    return quote_plus(text.encode("utf-8", "replace"), safe=safe)


def nest(pairs: Iterable[tuple[str, Raw]], literal: Container[str] = ()) -> dict[str, Raw]:
    """Return nested values of pairs; a name that stands several times becomes a list.

    Indexes become keys, because only a schema can tell lists from mappings with numbers for keys. Where a scalar
    stands in the way of a mapping, the later one wins.

    Args:
        pairs: Decoded names and values.
        literal: Names whose brackets mean nothing: the document has them so.
    """
    root: dict[str, Raw] = {}
    for name, value in pairs:
        _put(root, [name] if name in literal else _path(name), value)
    return {name: _collected(value) for name, value in root.items()}


def flatten(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the bracketed names of a nested value with its scalars; lists of scalars with ``[]``, others with indexes."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flatten(f"{name}[{key}]", inner)
    elif isinstance(value, list):
        plain = not any(isinstance(inner, dict | list) for inner in value)
        for index, inner in enumerate(value):
            yield from flatten(f"{name}[]" if plain else f"{name}[{index}]", inner)
    else:
        yield name, value


def _path(name: str) -> list[str]:
    """Split ``a[b][]`` into ``a``, ``b`` and an empty token; a name that is not so built is one token."""
    found = _NAME.fullmatch(name)
    tokens = _BRACKET.findall(found[2]) if found else []
    return [found[1], *tokens] if found and len(tokens) <= _MOST_LEVELS else [name]


class _Many(list[Raw]):
    """Values of one name, in order: a list where there are several or the name says so."""

    def __init__(self, *, is_list: bool) -> None:
        super().__init__()
        self.is_list = is_list


def _put(root: dict[str, Raw], path: list[str], value: Raw) -> None:
    is_list = len(path) > 1 and path[-1] == ""
    *parents, last = path[:-1] if is_list else path
    here = root
    for token in parents:
        key = token or str(len(here))  # ``a[][b]=1``: each one an item of its own
        inner = here.get(key)
        if not isinstance(inner, dict):
            inner = here[key] = {}
        here = inner
    many = here.get(last)
    if not isinstance(many, _Many):
        many = here[last] = _Many(is_list=is_list)
    many.append(value)


def _collected(value: Raw) -> Raw:
    if isinstance(value, dict):
        return {key: _collected(inner) for key, inner in value.items()}
    assert isinstance(value, _Many)  # nothing else is put at the ends of paths
    return list(value) if value.is_list or len(value) > 1 else value[0]
