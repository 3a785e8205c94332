"""Strings into the types that a schema wants: styles, forms and XML carry nothing else.

A string that fits no wanted type stays a string, so that judging it names what was sent.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple
from weakref import WeakKeyDictionary, proxy

from mockserver.messages import ABSENT
from mockserver.schemas import Schema
from mockserver.spec.model import Direction, Location
from mockserver.spec.registry import SchemaRegistry

Raw = str | list["Raw"] | dict[str, "Raw"]
"""What a style or form carries: strings, lists and mappings of them."""

_INTEGER = re.compile(r"-?[0-9]{1,300}")
_NUMBER = re.compile(r"-?[0-9]{1,300}(\.[0-9]{1,300})?([eE][-+]?[0-9]{1,3})?")
_COMBINING = ("allOf", "anyOf", "oneOf")
_CONDITIONAL = ("then", "else")
_IMPLIED = {
    "properties": "object",
    "additionalProperties": "object",
    "patternProperties": "object",
    "items": "array",
    "prefixItems": "array",
}


class Shape:
    """One schema, through references and combinations, as a reader of strings sees it.

    Attributes:
        types: The types that it allows, in the order written; empty where it does not say.
        words: The only strings that it allows; ``None`` where it allows others, or does not say.
        xml: Its ``xml`` object; empty without one.
        is_binary: Its strings are bytes: ``format: binary``, or a ``contentMediaType`` without an encoding.
        properties: Names of the described properties, in the order written.
        required: Names of the properties that it, or a branch of it, asks for.
        takes_more: It says that objects may have other properties, or describes none.
    """

    def __init__(self, shapes: "Shapes", parts: Sequence[Schema]) -> None:
        self._shapes = shapes
        self._parts = parts  # held, because a shape is known by the identity of its parts
        self._nodes = tuple(shapes.flatten(parts))
        self._children: dict[str | int, Shape] = {}
        self.types = _union(shapes.types(part) for part in parts) or ()
        self.words = _words(self._nodes)
        self.xml = next((_mapping(node["xml"]) for node in self._nodes if "xml" in node), {})
        self.is_binary = any(_is_binary(node) for node in self._nodes)
        described = (name for node in self._nodes for name in _mapping(node.get("properties")))
        self.properties = tuple(dict.fromkeys(described))
        asked = (name for node in self._nodes for name in _names(node.get("required")))
        self.required = tuple(dict.fromkeys(asked))
        self.takes_more = not self.properties or any(
            node.get("additionalProperties", False) is not False or "patternProperties" in node
            for node in self._nodes
        )

    def property(self, name: str) -> "Shape":
        """Return the shape of a property, described or not."""
        key = name if name in self.properties else ""
        if (known := self._children.get(key)) is None:
            known = self._shapes.of(list(self._property(name)))
            self._children[key] = known
        return known

    def item(self, index: int) -> "Shape":
        """Return the shape of an item of an array."""
        longest = max((len(_schemas(node.get("prefixItems"))) for node in self._nodes), default=0)
        key = min(index, longest)
        if (known := self._children.get(key)) is None:
            known = self._children[key] = self._shapes.of(list(self._item(key)))
        return known

    def read(self, raw: Raw) -> object:
        """Return the value that the schema wants of a raw one."""
        if isinstance(raw, str):
            return self.read_text(raw)
        if isinstance(raw, list):
            if "array" not in self.types and self.types:  # sent more than once, wanted once
                return [self.read_text(item) if isinstance(item, str) else item for item in raw]
            return [self.item(index).read(item) for index, item in enumerate(raw)]
        if "array" in self.types and (items := _indexed(raw)) is not None:
            return [self.item(index).read(item) for index, item in enumerate(items)]
        return {name: self.property(name).read(value) for name, value in raw.items()}

    def read_text(self, text: str) -> object:
        """Return the first value that a text can be, by the order of the types; a lone item where a list is wanted.

        A string that is listed, or empty, goes first: it is how forms unset what is a list or number else.
        """
        if "string" in self.types and text in (("",) if self.words is None else self.words):
            return text
        for kind in self.types:
            if kind == "array":
                return [self.item(0).read_scalar(text)]
            if (value := self._as(kind, text)) is not ABSENT:
                return value
        return text

    def read_scalar(self, text: str) -> object:
        """Return the first value other than a list that a text can be."""
        return next(self.scalars(text), text)

    def scalars(self, text: str) -> Iterator[object]:
        """Yield every value that a text can be, by the order of the types."""
        for kind in self.types:
            if (value := self._as(kind, text)) is not ABSENT:
                yield value

    def _as(self, kind: str, text: str) -> object:
        if kind == "null" and text == "" and "string" not in self.types:
            return None
        if kind == "string" and self.words is not None and text not in self.words:
            return ABSENT
        read = _SCALARS.get(kind)
        return read(text) if read else ABSENT

    def _property(self, name: str) -> Iterator[Schema]:
        for node in self._nodes:
            properties = _mapping(node.get("properties"))
            if name in properties:
                yield _schema(properties[name])
        if name not in self.properties:
            for node in self._nodes:
                if "additionalProperties" in node:
                    yield _schema(node["additionalProperties"])

    def _item(self, index: int) -> Iterator[Schema]:
        for node in self._nodes:
            prefix = _schemas(node.get("prefixItems"))
            if index < len(prefix):
                yield prefix[index]
            elif "items" in node:
                yield _schema(node["items"])


class _Told(NamedTuple):
    """The types of a schema, which is held because it is known by its identity."""

    schema: Schema
    types: tuple[str, ...] | None


class Shapes:
    """The shapes of one document's schemas in one direction, each made at its first use and kept."""

    def __init__(self, schemas: SchemaRegistry, direction: Direction) -> None:
        # Not owned: these are kept for as long as the registry lives, by a table that must not keep it alive.
        self._schemas = proxy(schemas)
        self._direction = direction
        self._kept: dict[tuple[int, ...], Shape] = {}
        self._types: dict[int, _Told] = {}

    def at(self, location: Location | None) -> Shape:
        """Return the shape of the schema at a location; one that allows everything without a location."""
        return self.of([self._schemas.schema(location, self._direction)] if location else [])

    def of(self, parts: Sequence[Schema]) -> Shape:
        """Return the shape of schemas that describe the same value."""
        parts = [part for part in parts if isinstance(part, dict)]
        key = tuple(map(id, parts))
        if (known := self._kept.get(key)) is None:
            known = self._kept[key] = Shape(self, parts)
        return known

    def flatten(self, parts: Sequence[Schema]) -> Iterator[Mapping[str, object]]:
        """Yield schemas and all that they refer to and combine, each once."""
        seen: set[int] = set()
        waiting = list(parts)
        while waiting:
            part = waiting.pop(0)
            if not isinstance(part, dict) or id(part) in seen:
                continue
            seen.add(id(part))
            yield part
            if isinstance(reference := part.get("$ref"), str):
                waiting.append(self._resolve(reference))
            for key in _COMBINING:
                waiting += _schemas(part.get(key))
            waiting += [_schema(part[key]) for key in _CONDITIONAL if key in part]

    def types(self, schema: Schema) -> tuple[str, ...] | None:
        """Return the types that a schema allows, in the order written; ``None`` where it does not say."""
        if not isinstance(schema, dict):
            return None
        if (known := self._types.get(id(schema))) is None:
            self._types[id(schema)] = _Told(schema, None)  # what refers to itself adds nothing
            known = self._types[id(schema)] = _Told(schema, self._find_types(schema))
        return known.types

    def _find_types(self, schema: Mapping[str, object]) -> tuple[str, ...] | None:
        told = [_own_types(schema)]
        if isinstance(reference := schema.get("$ref"), str):
            told.append(self.types(self._resolve(reference)))
        told += [self.types(part) for part in _schemas(schema.get("allOf"))]
        told += [
            _union(self.types(part) for part in _schemas(schema.get(key)))
            for key in ("anyOf", "oneOf")
        ]
        return _intersection(told) or _implied_type(schema)

    def _resolve(self, reference: str) -> Schema:
        found: Schema = self._schemas.resolve(reference, self._direction)
        return found


_KEPT: WeakKeyDictionary[SchemaRegistry, dict[Direction, Shapes]] = WeakKeyDictionary()


def shapes_of(schemas: SchemaRegistry, direction: Direction) -> Shapes:
    """Return the shapes of a registry, the same ones for as long as it lives."""
    by_direction = _KEPT.setdefault(schemas, {})
    if (shapes := by_direction.get(direction)) is None:
        shapes = by_direction[direction] = Shapes(schemas, direction)
    return shapes


def _integer(text: str) -> object:
    if _INTEGER.fullmatch(text):
        return int(text)
    number = _number(text)
    return int(number) if isinstance(number, float) and number.is_integer() else ABSENT


def _number(text: str) -> object:
    if _INTEGER.fullmatch(text):
        return int(text)
    if not _NUMBER.fullmatch(text):
        return ABSENT
    number = float(text)
    return number if math.isfinite(number) else ABSENT


def _boolean(text: str) -> object:
    return text == "true" if text in ("true", "false") else ABSENT


def _null(text: str) -> object:
    return None if text == "null" else ABSENT


_SCALARS: Mapping[str, Callable[[str], object]] = {
    "boolean": _boolean,
    "integer": _integer,
    "null": _null,
    "number": _number,
    "string": str,
}


def _own_types(schema: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return the types of ``type``, else those of the values that a schema lists."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return (kind,)
    if isinstance(kind, list):
        return tuple(name for name in kind if isinstance(name, str))
    values = [schema["const"]] if "const" in schema else schema.get("enum")
    if isinstance(values, list):
        return tuple(dict.fromkeys(_type_of(value) for value in values))
    return None


def _words(nodes: Sequence[Mapping[str, object]]) -> frozenset[str] | None:
    """Return the strings that schemas list, ``None`` where one of them takes strings that it does not list."""
    found: set[str] = set()
    for node in nodes:
        if "string" in (_own_types(node) or ()):
            values = [node["const"]] if "const" in node else node.get("enum")
            if not isinstance(values, list):
                return None
            found.update(value for value in values if isinstance(value, str))
    return frozenset(found) or None


def _implied_type(schema: Mapping[str, object]) -> tuple[str, ...] | None:
    """Return the type of a schema that does not name one but has the keywords of it."""
    return next(((kind,) for key, kind in _IMPLIED.items() if key in schema), None)


def _type_of(value: object) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return "null" if value is None else names.get(type(value), "object")


def _union(told: Iterator[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(kind for types in told for kind in types or ())) or None


def _intersection(told: list[tuple[str, ...] | None]) -> tuple[str, ...] | None:
    """Return the types that all who say any have in common, in the order of the first."""
    common: tuple[str, ...] | None = None
    for types in told:
        if types is None:
            continue
        if common is None:
            common = types
            continue
        narrowed = (
            "integer" if kind == "number" and kind not in types else kind for kind in common
        )
        allowed = {*types, "integer"} if "number" in types else {*types}
        common = tuple(kind for kind in narrowed if kind in allowed)
    return common


def _indexed(raw: Mapping[str, Raw]) -> list[Raw] | None:
    """Return the items of ``a[0]=x&a[1]=y`` in the order of their numbers; ``None`` where a key is no number."""
    if not all(key.isascii() and key.isdigit() and len(key) < 10 for key in raw):
        return None
    return [raw[key] for key in sorted(raw, key=int)]


def _is_binary(schema: Mapping[str, object]) -> bool:
    if schema.get("format") == "binary":
        return True
    kind = schema.get("contentMediaType")
    text = isinstance(kind, str) and kind.startswith(("text/", "application/json"))
    return kind is not None and not text and "contentEncoding" not in schema


def _mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, dict) else {}


def _schema(value: object) -> Schema:
    return value if isinstance(value, dict | bool) else True


def _names(value: object) -> list[str]:
    return [name for name in value if isinstance(name, str)] if isinstance(value, list) else []


def _schemas(value: object) -> list[Schema]:
    return [_schema(part) for part in value] if isinstance(value, list) else []
