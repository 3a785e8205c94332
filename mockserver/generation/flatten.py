"""Schemas as one flat set of keywords: references followed, ``allOf`` merged, choices set aside.

What cannot be merged (two patterns, ``not``) is left to the judge: generation tries again where a value does not fit.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import lcm

from mockserver.schemas import Schema

Keywords = dict[str, object]
_MOST_HOPS = 64
_BOUNDS: dict[str, Callable[[float, float], float]] = {
    **dict.fromkeys(
        ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"),
        max,
    ),
    **dict.fromkeys(
        ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"),
        min,
    ),
}
_MAPS = frozenset(("properties", "patternProperties", "dependentSchemas"))
_SCHEMAS = frozenset(
    ("items", "contains", "propertyNames", "additionalProperties", "unevaluatedProperties")
)
_CHOICES = ("oneOf", "anyOf")


@dataclass(slots=True)
class Choice:
    """Branches of which one is taken; ``discriminator`` is OpenAPI's object beside them."""

    branches: list[Schema]
    discriminator: Mapping[str, object] | None = None


@dataclass(slots=True)
class Flat:
    """A schema without references and combinations.

    Attributes:
        keywords: Merged; ``properties`` and ``items`` hold schemas that are not flat.
        choices: Each must be made.
        followed: References that were followed, outermost first: where one comes back, the schema is recursive.
        impossible: Why no value fits, where that is plain already.
    """

    keywords: Keywords = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    followed: list[str] = field(default_factory=list)
    impossible: str = ""


def flatten(schema: Schema, resolve: Callable[[str], Schema]) -> Flat:
    """Return a schema's flat form."""
    flat = Flat()
    _add(flat, schema, resolve, _MOST_HOPS)
    return flat


def types_of(keywords: Keywords) -> frozenset[str] | None:
    """Return the types that flat keywords name, ``None`` where they name none."""
    kind = keywords.get("type")
    if isinstance(kind, str):
        return frozenset((kind,))
    if isinstance(kind, list | frozenset):
        return frozenset(str(name) for name in kind)
    return None


def _add(flat: Flat, schema: Schema, resolve: Callable[[str], Schema], hops: int) -> None:
    """Merge a schema into a flat one."""
    if schema is False:
        flat.impossible = "the schema is false"
    if not isinstance(schema, dict) or not hops:
        return
    own = {key: value for key, value in schema.items() if key not in ("$ref", "allOf", *_CHOICES)}
    for key, value in own.items():
        _merge(flat, key, value)
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in flat.followed:
        flat.followed.append(reference)
        _add(flat, resolve(reference), resolve, hops - 1)
    for part in _list(schema.get("allOf")):
        _add(flat, _schema(part), resolve, hops - 1)
    discriminator = schema.get("discriminator")
    for key in _CHOICES:
        if branches := _list(schema.get(key)):
            told = discriminator if isinstance(discriminator, dict) else None
            flat.choices.append(Choice([_schema(branch) for branch in branches], told))


def _merge(flat: Flat, key: str, value: object) -> None:
    """Merge one keyword: what was there first stays where both cannot hold as one."""
    keywords = flat.keywords
    if key not in keywords:
        keywords[key] = dict(value) if key in _MAPS and isinstance(value, dict) else value
        return
    present = keywords[key]
    if key == "type":
        _merge_types(flat, value)
    elif isinstance(present, int | float) and isinstance(value, int | float) and key in _BOUNDS:
        keywords[key] = _BOUNDS[key](present, value)
    elif key == "required":
        keywords[key] = list(dict.fromkeys([*_list(present), *_list(value)]))
    elif key == "enum":
        kept = [item for item in _list(present) if item in _list(value)]
        keywords[key] = kept
        flat.impossible = flat.impossible or ("" if kept else "its enums have no value in common")
    elif key in _MAPS and isinstance(present, dict) and isinstance(value, dict):
        for name, inner in value.items():
            present[name] = _both(present[name], inner) if name in present else inner
    elif key in _SCHEMAS:
        keywords[key] = _both(present, value)
    elif key == "multipleOf" and isinstance(present, int) and isinstance(value, int):
        keywords[key] = lcm(present, value)


def _merge_types(flat: Flat, value: object) -> None:
    mine, theirs = types_of(flat.keywords), types_of({"type": value})
    if mine is None or theirs is None:
        return
    common = _integers(mine) & _integers(theirs)
    if "number" in common:
        common -= {"integer"}
    if not common:
        flat.impossible = "its types exclude each other"
    flat.keywords["type"] = [
        name
        for name in ("object", "array", "string", "integer", "number", "boolean", "null")
        if name in common
    ]


def _integers(types: frozenset[str]) -> frozenset[str]:
    return types | {"integer"} if "number" in types else types


def _both(one: object, other: object) -> Schema:
    """Return a schema that asks for two."""
    if one is False or other is False:
        return False
    parts = [part for part in (one, other) if isinstance(part, dict)]
    return {"allOf": parts} if len(parts) > 1 else (parts[0] if parts else True)


def _schema(value: object) -> Schema:
    return value if isinstance(value, dict | bool) else True


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
