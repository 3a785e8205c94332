"""Schemas as one flat set of keywords: references followed, ``allOf`` merged, choices set aside.

A choice is what a value can satisfy in several ways: ``anyOf``, ``oneOf``, ``if``, ``dependentSchemas``. What must not
hold (``not``, the branches of a ``oneOf`` that were not taken) is kept beside the keywords, for the maker to check.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from math import lcm

from mockserver.generation.fitting import Resolve, alike, is_of_type, matches
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
_MAPS = frozenset(("properties", "patternProperties"))
_SCHEMAS = frozenset(("items", "contains", "propertyNames", "unevaluatedProperties"))
_SET_ASIDE = frozenset(
    (
        *("$ref", "allOf", "anyOf", "oneOf", "not", "if", "then", "else"),
        *("dependentSchemas", "additionalProperties", "const", "example", "examples", "default"),
    )
)
_UNSURE = frozenset(("unevaluatedItems", "dependentRequired", "propertyNames", "contains"))


@dataclass(frozen=True, slots=True)
class Choice:
    """Branches of which one is taken.

    Attributes:
        alone: The others must not hold then (``oneOf``).
        discriminator: OpenAPI's object beside them.
    """

    branches: tuple[Schema, ...]
    alone: bool = False
    discriminator: Mapping[str, object] | None = None


@dataclass(frozen=True, slots=True)
class Closing:
    """``additionalProperties`` of one schema: it holds for names that the same schema does not describe."""

    names: frozenset[str]
    patterns: tuple[str, ...]
    schema: Schema

    def covers(self, name: str) -> bool:
        """Tell whether it holds for a property of that name."""
        return name not in self.names and not any(
            matches(pattern, name) for pattern in self.patterns
        )


@dataclass(slots=True)
class Flat:
    """A schema without references and combinations.

    Attributes:
        keywords: Merged; ``properties`` and ``items`` hold schemas that are not flat. ``const`` is an ``enum`` of one.
        choices: Each must be made.
        refused: Schemas that must not hold.
        closings: One for each ``additionalProperties``.
        examples: Whole values that the schema shows, then ``defaults``; best first, and they need not fit.
        hints: Values of properties, from the examples of what ``allOf`` combines: none of these is a whole example.
        followed: References that were followed, outermost first: where one comes back, the schema is recursive.
        impossible: Why no value fits, where that is plain already.
        unsure: Some keyword is not promised by the way values are made: they must be checked.
        kept: What was computed from this schema, by who computed it.
    """

    keywords: Keywords = field(default_factory=dict)
    choices: list[Choice] = field(default_factory=list)
    refused: list[Schema] = field(default_factory=list)
    closings: list[Closing] = field(default_factory=list)
    examples: list[object] = field(default_factory=list)
    defaults: list[object] = field(default_factory=list)
    hints: dict[str, object] = field(default_factory=dict)
    followed: list[str] = field(default_factory=list)
    impossible: str = ""
    unsure: bool = False
    kept: dict[object, object] = field(default_factory=dict)

    def copy(self) -> "Flat":
        """Return one to merge more into."""
        keywords = {
            key: dict(value) if key in _MAPS and isinstance(value, dict) else value
            for key, value in self.keywords.items()
        }
        return Flat(
            keywords,
            [*self.choices],
            [*self.refused],
            [*self.closings],
            [*self.examples],
            [*self.defaults],
            dict(self.hints),
            [*self.followed],
            self.impossible,
            self.unsure,
        )

    @property
    def properties(self) -> Mapping[str, object]:
        """The schemas of described properties, in the document's order."""
        named = self.keywords.get("properties")
        return named if isinstance(named, dict) else {}

    @property
    def required(self) -> list[str]:
        """The names of required properties."""
        return names_in(self.keywords.get("required"))


def flatten(schema: Schema, resolve: Resolve) -> Flat:
    """Return a schema's flat form."""
    return merge(Flat(), schema, resolve)


def merge(flat: Flat, schema: Schema, resolve: Resolve) -> Flat:
    """Return the flat form of what a flat schema and another ask for together."""
    merged = flat.copy()
    _add(merged, schema, resolve, _MOST_HOPS)
    if not merged.impossible:
        merged.impossible = _contradiction(merged.keywords)
    return merged


def types_of(keywords: Mapping[str, object]) -> list[str] | None:
    """Return the types that flat keywords name, in the document's order, ``None`` where they name none."""
    kind = keywords.get("type")
    if isinstance(kind, str):
        return [kind]
    return [str(name) for name in kind] if isinstance(kind, list) else None


def both(one: object, other: object) -> Schema:
    """Return a schema that asks for two."""
    if one is False or other is False:
        return False
    parts = [part for part in (one, other) if isinstance(part, dict)]
    return {"allOf": parts} if len(parts) > 1 else (parts[0] if parts else True)


def schema_in(value: object) -> Schema:
    """Return what should be a schema; what is none allows all."""
    return value if isinstance(value, dict | bool) else True


def names_in(value: object) -> list[str]:
    """Return the strings of what should be a list of names."""
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []


def _add(flat: Flat, schema: Schema, resolve: Resolve, hops: int, *, is_part: bool = False) -> None:
    """Merge a schema into a flat one; a part is one of several that ``allOf`` combines."""
    if schema is False:
        flat.impossible = "the schema is false"
    if not isinstance(schema, dict) or not hops:
        return
    _take_examples(flat, schema, is_part=is_part)
    for key, value in schema.items():
        if key not in _SET_ASIDE:
            _merge(flat, key, value)
    if "const" in schema:
        _merge(flat, "enum", [schema["const"]])
    reference = schema.get("$ref")
    if isinstance(reference, str) and reference not in flat.followed:
        flat.followed.append(reference)
        _add(flat, resolve(reference), resolve, hops - 1, is_part=is_part)
    parts = [schema_in(part) for part in _list(schema.get("allOf"))]
    several = is_part or len(parts) > 1 or bool(flat.properties)
    for part in parts:
        _add(flat, part, resolve, hops - 1, is_part=several)
    if "additionalProperties" in schema:
        flat.closings.append(_closing(schema))
    _set_aside(flat, schema)


def _take_examples(flat: Flat, schema: Mapping[str, object], *, is_part: bool) -> None:
    """Keep what a schema shows; the objects that a part shows are kept by member."""
    shown = [schema["example"]] if "example" in schema else []
    shown += _list(schema.get("examples"))
    defaults = [schema["default"]] if "default" in schema else []
    for values, kept in ((shown, flat.examples), (defaults, flat.defaults)):
        for value in values:
            if is_part and isinstance(value, dict):
                for name, member in value.items():
                    flat.hints.setdefault(name, member)
            else:
                kept.append(value)


def _closing(schema: Mapping[str, object]) -> Closing:
    named, patterns = schema.get("properties"), schema.get("patternProperties")
    return Closing(
        frozenset(named if isinstance(named, dict) else ()),
        tuple(patterns if isinstance(patterns, dict) else ()),
        schema_in(schema["additionalProperties"]),
    )


def _set_aside(flat: Flat, schema: Mapping[str, object]) -> None:
    """Keep what cannot be merged: choices, and what must not hold."""
    told = schema.get("discriminator")
    discriminator = told if isinstance(told, dict) else None
    for key in ("oneOf", "anyOf"):
        if branches := tuple(schema_in(branch) for branch in _list(schema.get(key))):
            flat.choices.append(Choice(branches, key == "oneOf", discriminator))
    if "if" in schema and ("then" in schema or "else" in schema):
        condition = schema_in(schema["if"])
        then = both(condition, schema.get("then", True))
        otherwise = both({"not": condition}, schema.get("else", True))
        flat.choices.append(Choice((then, otherwise)))
    if "not" in schema:
        _refuse(flat, schema_in(schema["not"]))
    dependent = schema.get("dependentSchemas")
    for name, asked in dependent.items() if isinstance(dependent, dict) else ():
        present = both({"required": [name]}, asked)
        flat.choices.append(Choice((present, {"properties": {name: False}})))


def _refuse(flat: Flat, schema: Schema) -> None:
    """Keep a schema that must not hold; where it only asks for properties, one of them is to be absent."""
    if isinstance(schema, dict) and set(schema) <= {"required", "type"} and schema.get("required"):
        absent: list[Schema] = [
            {"properties": {name: False}} for name in names_in(schema["required"])
        ]
        flat.choices.append(Choice(tuple(absent)))
    elif isinstance(schema, dict) and set(schema) == {"anyOf"}:
        for branch in _list(schema["anyOf"]):
            _refuse(flat, schema_in(branch))
    flat.refused.append(schema)


def _merge(flat: Flat, key: str, value: object) -> None:
    """Merge one keyword: what was there first stays where both cannot hold as one."""
    keywords = flat.keywords
    flat.unsure = flat.unsure or key in _UNSURE
    if key not in keywords:
        keywords[key] = dict(value) if key in _MAPS and isinstance(value, dict) else value
        return
    present = keywords[key]
    if key == "type":
        _merge_types(flat, value)
    elif isinstance(present, int | float) and isinstance(value, int | float) and key in _BOUNDS:
        keywords[key] = _BOUNDS[key](present, value)
    elif key == "required":
        keywords[key] = list(dict.fromkeys([*names_in(present), *names_in(value)]))
    elif key == "enum":
        keywords[key] = [
            item for item in _list(present) if any(alike(item, other) for other in _list(value))
        ]
    elif key == "dependentRequired" and isinstance(present, dict) and isinstance(value, dict):
        names = dict.fromkeys([*present, *value])
        keywords[key] = {
            name: [*names_in(present.get(name)), *names_in(value.get(name))] for name in names
        }
    elif key in _MAPS and isinstance(present, dict) and isinstance(value, dict):
        for name, inner in value.items():
            present[name] = both(present[name], inner) if name in present else inner
    elif key in _SCHEMAS:
        keywords[key] = both(present, value)
    elif key == "prefixItems":
        mine, theirs = _list(present), _list(value)
        longer, shorter = (mine, theirs) if len(mine) > len(theirs) else (theirs, mine)
        keywords[key] = [
            both(item, shorter[index]) if index < len(shorter) else item
            for index, item in enumerate(longer)
        ]
    elif key == "multipleOf" and isinstance(present, int) and isinstance(value, int):
        keywords[key] = lcm(present, value)
    elif key == "uniqueItems":
        keywords[key] = present is True or value is True
    elif key in ("pattern", "multipleOf") and present != value:
        flat.unsure = True


def _merge_types(flat: Flat, value: object) -> None:
    mine, theirs = types_of(flat.keywords) or [], types_of({"type": value}) or []
    common = [
        name
        for name in dict.fromkeys([*mine, *theirs])
        if (name in mine or (name == "integer" and "number" in mine))
        and (name in theirs or (name == "integer" and "number" in theirs))
    ]
    flat.keywords["type"] = common
    if not common:
        flat.impossible = "its types exclude each other"


def _contradiction(keywords: Keywords) -> str:
    """Return why no value fits flat keywords, where that is plain; else the empty string."""
    enum, types = keywords.get("enum"), types_of(keywords)
    if isinstance(enum, list):
        if not enum:
            return "its enums have no value in common"
        if types is not None and not any(is_of_type(item, name) for item in enum for name in types):
            return "no value of its enum has its type"
    return ""


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
