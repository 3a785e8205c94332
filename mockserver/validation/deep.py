"""Names with brackets into nested values and back: ``a[b][c]=1``, ``a[]=1``, ``a[0]=1`` (deepObject, and forms as Stripe has them)."""

import re
from collections.abc import Iterable, Iterator
from urllib.parse import quote_plus, unquote_to_bytes

from mockserver.validation.coercion import Raw

_NAME = re.compile(r"([^\[\]]*)((?:\[[^\[\]]*\])*)")
_BRACKET = re.compile(r"\[([^\[\]]*)\]")
_MOST_LEVELS = 20
_MOST_PAIRS = 10_000


def split_pairs(query: bytes) -> list[tuple[str, str]]:
    """Return the decoded names of a query or urlencoded form with their values still encoded, in order."""
    pairs = []
    for part in query.split(b"&", _MOST_PAIRS)[:_MOST_PAIRS]:
        if part:
            name, _, value = part.partition(b"=")
            pairs.append((decode_percent(name.decode("latin-1")), value.decode("latin-1")))
    return pairs


def decode_percent(text: str) -> str:
    """Decode ``+`` and percent escapes; what is not UTF-8 becomes replacement characters, a broken escape stays."""
    if "%" not in text and "+" not in text:
        return text.encode("latin-1", "replace").decode("utf-8", "replace")
    return unquote_to_bytes(text.replace("+", " ").encode("latin-1", "replace")).decode(
        "utf-8", "replace"
    )


def nest(pairs: Iterable[tuple[str, Raw]]) -> dict[str, Raw]:
    """Return nested values of pairs; a name that stands several times becomes a list."""
    root: dict[str, Raw] = {}
    for name, value in pairs:
        _put(root, _path(name), value)
    return {name: _lists(value) for name, value in root.items()}


def flatten(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Yield the bracketed names of a nested value with its scalars; lists are written with ``[]`` of scalars, else with indexes."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from flatten(f"{name}[{key}]", inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            nested = isinstance(inner, dict | list)
            yield from flatten(f"{name}[{index}]" if nested else f"{name}[]", inner)
    else:
        yield name, value


def encode_percent(text: str, *, safe: str = "") -> str:
    """Encode a name or value for a query or form."""
    return quote_plus(text.encode("utf-8", "replace"), safe=safe)


def _path(name: str) -> list[str]:
    """Split ``a[b][]`` into ``a``, ``b`` and an empty token; a name that is not so built is one token."""
    found = _NAME.fullmatch(name)
    if found is None or not found[1]:
        return [name]
    tokens = _BRACKET.findall(found[2])
    return [name] if len(tokens) > _MOST_LEVELS else [found[1], *tokens]


class _Many(list[Raw]):
    """Values of one name, in order: a list where there are several or the name says so."""

    def __init__(self, *, is_list: bool) -> None:
        super().__init__()
        self.is_list = is_list


def _put(root: dict[str, Raw], path: list[str], value: Raw) -> None:
    """Put a value at a path; where a scalar stands in the way of a mapping, the later one wins."""
    here: dict[str, Raw] = root
    *parents, last = path
    for index, token in enumerate(parents):
        if index == len(parents) - 1 and last == "":
            many = here.get(token)
            if not isinstance(many, _Many):
                many = here[token] = _Many(is_list=True)
            many.append(value)
            return
        inner = here.get(token)
        if not isinstance(inner, dict):
            inner = here[token] = {}
        here = inner
    many = here.get(last)
    if not isinstance(many, _Many):
        many = here[last] = _Many(is_list=False)
    many.append(value)


def _lists(value: Raw) -> Raw:
    """Turn collected values into scalars and lists, and mappings with keys 0, 1, 2 … into lists."""
    if isinstance(value, _Many):
        return list(value) if value.is_list or len(value) > 1 else value[0]
    if isinstance(value, dict):
        inner = {key: _lists(item) for key, item in value.items()}
        if inner and list(inner) == [str(index) for index in range(len(inner))]:
            return list(inner.values())
        return inner
    return value
