"""Strings into the types that a schema wants: what styles and forms cannot say on the wire.

A string that fits no wanted type stays a string, so that judging it names what was sent.
"""

import re
from collections.abc import Iterator, Mapping

from mockserver.schemas import Schema
from mockserver.spec.model import Direction
from mockserver.spec.registry import SchemaRegistry

Raw = str | list["Raw"] | dict[str, "Raw"]
"""What a style or form carries: strings, lists and mappings of them."""

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,300})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]{0,300})(\.[0-9]+)?([eE][-+]?[0-9]{1,3})?")
_ALL = frozenset(("array", "boolean", "integer", "null", "number", "object", "string"))
_MOST_HOPS = 32


class Coercion:
    """Coercion by the schemas of one document and one direction."""

    def __init__(self, schemas: SchemaRegistry, direction: Direction) -> None:
        self._schemas = schemas
        self._direction = direction

    def coerce(self, raw: Raw, schema: Schema) -> object:
        """Return the value that a schema wants of a raw one."""
        if isinstance(raw, dict):
            return {
                name: self.coerce(value, self.member(schema, name)) for name, value in raw.items()
            }
        if isinstance(raw, list):
            return [self.coerce(value, self.item(schema, index)) for index, value in enumerate(raw)]
        return self._scalar(raw, schema)

    def types(self, schema: Schema) -> frozenset[str]:
        """Return the types that a schema allows, all of them where it does not say."""
        return self._types(schema, _MOST_HOPS)

    def member(self, schema: Schema, name: str) -> Schema:
        """Return what a schema says of a property, through references and combinations."""
        return _any_of(list(self._members(schema, name, _MOST_HOPS)))

    def item(self, schema: Schema, index: int) -> Schema:
        """Return what a schema says of an item, through references and combinations."""
        found = []
        for part in self.parts(schema, _MOST_HOPS):
            prefix = part.get("prefixItems")
            if isinstance(prefix, list) and index < len(prefix):
                found.append(_schema(prefix[index]))
            elif "items" in part:
                found.append(_schema(part["items"]))
        return _any_of(found)

    def _scalar(self, text: str, schema: Schema) -> object:
        types = self.types(schema)
        if types == _ALL:
            return text
        if "integer" in types and _INTEGER.fullmatch(text):
            return int(text)
        if "number" in types and _NUMBER.fullmatch(text):
            return int(text) if _INTEGER.fullmatch(text) else float(text)
        if "boolean" in types and text in ("true", "false"):
            return text == "true"
        if "null" in types and text == "null":
            return None
        if "string" not in types:
            if "array" in types:
                return [self._scalar(text, self.item(schema, 0))]
            if "null" in types and text == "":
                return None
        return text

    def _types(self, schema: Schema, hops: int) -> frozenset[str]:
        if not isinstance(schema, dict) or not hops:
            return _ALL
        allowed = _own_types(schema)
        reference = schema.get("$ref")
        if isinstance(reference, str):
            allowed &= self._types(self._schemas.resolve(reference, self._direction), hops - 1)
        for part in _schemas(schema.get("allOf")):
            allowed &= self._types(part, hops - 1)
        for key in ("anyOf", "oneOf"):
            if branches := _schemas(schema.get(key)):
                allowed &= frozenset().union(*(self._types(part, hops - 1) for part in branches))
        return allowed

    def parts(self, schema: Schema, hops: int = _MOST_HOPS) -> Iterator[dict[str, object]]:
        """Yield a schema and every one that it combines or refers to."""
        if not isinstance(schema, dict) or not hops:
            return
        yield schema
        reference = schema.get("$ref")
        if isinstance(reference, str):
            yield from self.parts(self._schemas.resolve(reference, self._direction), hops - 1)
        for key in ("allOf", "anyOf", "oneOf"):
            for part in _schemas(schema.get(key)):
                yield from self.parts(part, hops - 1)

    def _members(self, schema: Schema, name: str, hops: int) -> Iterator[Schema]:
        for part in self.parts(schema, hops):
            properties = part.get("properties")
            if isinstance(properties, Mapping) and name in properties:
                yield _schema(properties[name])
            elif "additionalProperties" in part:
                yield _schema(part["additionalProperties"])


def _own_types(schema: dict[str, object]) -> frozenset[str]:
    """Return the types that a schema's own keywords allow."""
    kind = schema.get("type")
    if isinstance(kind, str):
        return frozenset((kind, "integer") if kind == "number" else (kind,))
    if isinstance(kind, list):
        named = frozenset(name for name in kind if isinstance(name, str))
        return named | {"integer"} if "number" in named else named
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if isinstance(values, list):
        return frozenset(_type_of(value) for value in values)
    if "properties" in schema:
        return frozenset(("object",))
    if "items" in schema:
        return frozenset(("array",))
    return _ALL


def _type_of(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    names = {int: "integer", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")


def _schema(value: object) -> Schema:
    return value if isinstance(value, dict | bool) else True


def _schemas(value: object) -> list[Schema]:
    return [_schema(part) for part in value] if isinstance(value, list) else []


def _any_of(schemas: list[Schema]) -> Schema:
    told = [schema for schema in schemas if isinstance(schema, dict)]
    if len(told) == 1:
        return told[0]
    return {"anyOf": told} if told else True
