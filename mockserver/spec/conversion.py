"""Schemas of OpenAPI as JSON Schema 2020-12: the same tree with the same pointers, save what is said below.

- ``nullable`` becomes a type, an enum value or an ``anyOf`` branch; beside a keyword that would still refuse null the
  schema moves into the first branch of an ``anyOf``, annotations stay outside.
- A boolean ``exclusiveMinimum`` takes the number of ``minimum``; ``int32`` and ``int64`` become bounds.
- An ``items`` list becomes ``prefixItems``; ``$recursiveRef`` and ``$dynamicRef`` become ``$ref``.
- ``required`` loses the properties that the direction hides.
- Keywords with values of the wrong kind are left out, and so are those that name or move a schema (``$id``): what is
  referred to is found by its location.

``original_path`` reads these rules backwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple, TypeGuard

from mockserver.errors import did_you_mean
from mockserver.schemas import Schema
from mockserver.spec.model import Direction
from mockserver.spec.patterns import usable_pattern

Path = tuple[str | int, ...]
Report = Callable[[Path, str, str], None]

_TYPES = ("array", "boolean", "integer", "null", "number", "object", "string")
_TYPES_MEANT = {
    "bool": "boolean",
    "dict": "object",
    "double": "number",
    "file": "string",
    "float": "number",
    "int": "integer",
    "list": "array",
    "long": "integer",
    "map": "object",
}
_INTEGER_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas")
_REFUSE_NULL = ("$ref", "allOf", "oneOf", "not", "if", "const")
_ANNOTATIONS = frozenset(
    (
        *("title", "description", "default", "example", "examples", "deprecated"),
        *("readOnly", "writeOnly", "externalDocs", "xml"),
    )
)
_MOST_STEPS = 16


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """How the schemas of a version differ from JSON Schema 2020-12.

    Attributes:
        ref_siblings: Keywords beside ``$ref`` apply (OpenAPI 3.1.1 §4.8.24); else they are ignored (3.0.4 §4.7.23),
            ``nullable`` excepted: whoever writes it there means it.
        nullable: Directions in which ``nullable`` allows null.
        nullable_is_foreign: The version does not define it: reported.
    """

    ref_siblings: bool
    nullable: frozenset[Direction]
    nullable_is_foreign: bool = False


@dataclass(frozen=True, slots=True)
class Conversion:
    """What all steps of one conversion share; the arguments of ``Version.convert_schema``."""

    rules: SchemaRules
    direction: Direction
    rewrite_ref: Callable[[str], str]
    own_ref: str
    look_up: Callable[[str], object]
    report: Report


class _Node(NamedTuple):
    """A schema on its way.

    Attributes:
        family: The schemas around it that judge the same value.
    """

    schema: Mapping[str, object]
    path: Path
    family: tuple[Mapping[str, object], ...]


def convert(
    conversion: Conversion,
    schema: object,
    path: Path = (),
    family: tuple[Mapping[str, object], ...] = (),
) -> Schema:
    """Return the converted form of a schema, those inside it included."""
    if isinstance(schema, bool):
        return schema
    if not isinstance(schema, dict):
        conversion.report(path, "invalid-schema", f"a schema is a mapping, not {kind_of(schema)}")
        return True
    reference = schema.get("$ref")
    if isinstance(reference, str) and not conversion.rules.ref_siblings:
        converted: dict[str, object] = {"$ref": conversion.rewrite_ref(reference)}
    else:
        converted = _keywords(conversion, _Node(schema, path, family))
        _bound_integers(converted)
    if schema.get("nullable") is True:
        if conversion.rules.nullable_is_foreign:
            message = "nullable has no meaning in this version of OpenAPI; add 'null' to the types"
            conversion.report((*path, "nullable"), "foreign-keyword", message)
        if conversion.direction in conversion.rules.nullable:
            return _with_null(converted, _null_form(schema))
    return converted


def original_path(rules: SchemaRules, direction: Direction, schema: object, path: Path) -> Path:
    """Return the path in a schema of the document for one in its converted form; see ``Version.original_path``."""
    found: list[str | int] = []
    at, inside = schema, "schema"
    rest = list(path)
    while rest:
        token = rest.pop(0)
        if inside == "schema" and isinstance(at, dict):
            if token == "anyOf" and _is_nullable(at, rules, direction):
                form = _null_form(at)
                if form == "wrapped" and rest[:1] == [0]:
                    del rest[0]
                    continue
                if form == "wrapped" or rest[:1] == [len(_as_list(at["anyOf"]))]:
                    return (*found, "nullable")
            token = _original_keyword(at, token)
            inside = "list" if token in _LISTS else "map" if token in _MAPS else "schema"
        else:
            inside = "schema"
        if not _has(at, token):
            break
        at = at[token]
        found.append(token)
    return tuple(found)


def _has(container: object, token: str | int) -> TypeGuard[Mapping[str | int, object]]:
    if isinstance(container, list):
        return isinstance(token, int) and token < len(container)
    return isinstance(container, dict) and token in container


def kind_of(value: object) -> str:
    """Return what JSON calls a value, with its article."""
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case []:
            return "an empty list"
        case list():
            return "a list"
        case _:
            return "a mapping"


def _original_keyword(schema: Mapping[str, object], keyword: str | int) -> str | int:
    """Return the keyword that a converted one was made from."""
    if keyword in schema:
        return keyword
    for made, source in (
        ("prefixItems", "items"),
        ("minimum", "format"),
        ("maximum", "format"),
        ("$ref", "$recursiveRef"),
        ("$ref", "$dynamicRef"),
    ):
        if keyword == made and source in schema:
            return source
    return keyword


def _keywords(conversion: Conversion, node: _Node) -> dict[str, object]:
    converted: dict[str, object] = {}
    for key, value in node.schema.items():
        read = _KEYWORDS.get(key)
        if read is None:
            converted[key] = value
            continue
        made = read(conversion, node, key, value)
        if made is not None:
            converted[_RENAMED.get(key, key)] = made
    if isinstance(converted.get("items"), list):
        converted["prefixItems"] = converted.pop("items")
    return converted


# Each of the following reads one kind of keyword: the converted value, or None to leave the keyword out.


def _left_out(_c: Conversion, _node: _Node, _key: str, _value: object) -> None:
    return None


def _misfit(conversion: Conversion, node: _Node, key: str, expected: str) -> object:
    """Report a keyword whose value is not of the kind that its definition says; ``None`` leaves it out."""
    message = f"{key} is {expected}, not {kind_of(node.schema[key])}; it is not applied"
    conversion.report((*node.path, key), "invalid-keyword", message)
    return None


def _schema(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, dict | bool):
        return _misfit(conversion, node, key, "a schema")
    return convert(conversion, value, (*node.path, key))


def _schema_of_same_value(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, dict | bool):
        return _misfit(conversion, node, key, "a schema")
    return convert(conversion, value, (*node.path, key), (node.schema, *node.family))


def _items(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    """Read ``items``; a list of schemas was one for each position until JSON Schema 2019-09."""
    if isinstance(value, list):
        return _schemas(conversion, node, key, value)
    return _schema(conversion, node, key, value)


def _schemas(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, list) or not value:
        return _misfit(conversion, node, key, "a list of schemas, at least one")
    family = () if key in ("items", "prefixItems") else (node.schema, *node.family)
    return [
        convert(conversion, branch, (*node.path, key, index), family)
        for index, branch in enumerate(value)
    ]


def _schema_map(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, dict):
        return _misfit(conversion, node, key, "a mapping of schemas")
    return {
        name: convert(conversion, schema, (*node.path, key, name)) for name, schema in value.items()
    }


def _pattern_properties(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, dict):
        return _misfit(conversion, node, key, "a mapping of schemas")
    by_pattern: dict[str, Schema] = {}
    for pattern, schema in value.items():
        path = (*node.path, key, pattern)
        if usable := _usable(conversion, path, pattern):
            by_pattern[usable] = convert(conversion, schema, path)
    return by_pattern


def _pattern(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, str):
        return _misfit(conversion, node, key, "a regular expression")
    return _usable(conversion, (*node.path, key), value)


def _usable(conversion: Conversion, path: Path, pattern: str) -> str | None:
    usable = usable_pattern(pattern)
    if usable is None:
        message = (
            f"the pattern {pattern[:60]!r} is no regular expression of ECMA-262; it is not applied"
        )
        conversion.report(path, "invalid-pattern", message)
    return usable


def _type(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if isinstance(value, list):
        # An unquoted null in a YAML list means the type.
        read = [_one_type(conversion, node, "null" if one is None else one) for one in value]
        return list(dict.fromkeys(filter(None, read))) or None
    return _one_type(conversion, node, value)


def _one_type(conversion: Conversion, node: _Node, value: object) -> str | None:
    if value in _TYPES:
        return str(value)
    folded = str(value).casefold()
    meant = folded if folded in _TYPES else _TYPES_MEANT.get(folded)
    if meant:
        message = f"there is no type {value!r}; read as {meant!r}"
    else:
        shown = str(value)[:40]
        message = f"there is no type {shown!r}; any is accepted; {did_you_mean(shown, _TYPES)}"
    conversion.report((*node.path, "type"), "unknown-type", message)
    return meant


def _required(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, list):
        return _misfit(conversion, node, key, "a list of names")
    names = dict.fromkeys(name for name in value if isinstance(name, str))
    return [name for name in names if not _is_hidden(conversion, node, name)] or None


def _is_hidden(conversion: Conversion, node: _Node, name: str) -> bool:
    """Tell whether the direction leaves a property out (OpenAPI 3.0.4 §4.7.24.2): readOnly is sent by servers only."""
    flag = "readOnly" if conversion.direction == "request" else "writeOnly"
    waiting: list[object] = [node.schema, *node.family]
    for schema in _reached(conversion, waiting, within=("allOf",)):
        properties = schema.get("properties")
        if isinstance(properties, dict) and name in properties:
            declared = _reached(conversion, [properties[name]], within=("allOf",))
            if any(part.get(flag) is True for part in declared):
                return True
    return False


def _reached(
    conversion: Conversion, waiting: list[object], *, within: tuple[str, ...]
) -> list[Mapping[str, object]]:
    """Return schemas, and those that apply to the same value through ``$ref`` and the keywords named."""
    found: list[Mapping[str, object]] = []
    while waiting and len(found) < _MOST_STEPS:
        schema = waiting.pop(0)
        if not isinstance(schema, dict):
            continue
        found.append(schema)
        if isinstance(reference := schema.get("$ref"), str):
            waiting.append(conversion.look_up(reference))
        for keyword in within:
            waiting += _as_list(schema.get(keyword))
    return found


def _enum(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, list) or not value:
        return _misfit(conversion, node, key, "a list of values, at least one")
    return value


def _examples(_c: Conversion, _node: _Node, _key: str, value: object) -> object:
    """Read the ``examples`` of a schema: a list; a mapping, as media types have it, is taken for its values."""
    return list(value.values()) if isinstance(value, dict) else _as_list(value) or None


def _number(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    number = _as_number(value)
    if number is None or (key == "multipleOf" and number <= 0):
        return _misfit(conversion, node, key, "a number")
    return number


def _bound(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    """Read ``minimum`` or ``maximum``, which a boolean beside it may have made exclusive."""
    if node.schema.get(f"exclusive{key.capitalize()}") is True:
        return None
    return _number(conversion, node, key, value)


def _exclusive(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    """Read a bound that is exclusive: a number, or in OpenAPI 3.0 a boolean about the one beside it."""
    if isinstance(value, bool):
        beside = key.removeprefix("exclusive").lower()
        return _as_number(node.schema.get(beside)) if value else None
    return _number(conversion, node, key, value)


def _count(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    number = _as_number(value)
    if number is None or number < 0 or number != int(number):
        return _misfit(conversion, node, key, "a whole number, zero or more")
    return int(number)


def _boolean(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    return value if isinstance(value, bool) else _misfit(conversion, node, key, "true or false")


def _text(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    return value if isinstance(value, str) else _misfit(conversion, node, key, "a string")


def _names_by_name(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, dict):
        return _misfit(conversion, node, key, "a mapping of lists of names")
    return {
        name: list(dict.fromkeys(one for one in _as_list(names) if isinstance(one, str)))
        for name, names in value.items()
    }


def _reference(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    if not isinstance(value, str):
        return _misfit(conversion, node, key, "a URI reference")
    return conversion.rewrite_ref(value)


def _moving_reference(conversion: Conversion, node: _Node, key: str, value: object) -> object:
    """Read ``$recursiveRef`` or ``$dynamicRef``, which no other schema here can move, as the ``$ref`` they then are."""
    if "$ref" in node.schema:
        return None
    return conversion.own_ref if value == "#" else _reference(conversion, node, key, value)


_RENAMED = {"$recursiveRef": "$ref", "$dynamicRef": "$ref"}

_KEYWORDS: Mapping[str, Callable[[Conversion, _Node, str, object], object]] = {
    "$ref": _reference,
    "$recursiveRef": _moving_reference,
    "$dynamicRef": _moving_reference,
    "type": _type,
    "pattern": _pattern,
    "required": _required,
    "enum": _enum,
    "examples": _examples,
    "items": _items,
    "patternProperties": _pattern_properties,
    "dependentRequired": _names_by_name,
    **dict.fromkeys(_LISTS, _schemas),
    **dict.fromkeys(("properties", "dependentSchemas"), _schema_map),
    **dict.fromkeys(
        ("additionalProperties", "contains", "propertyNames", "contentSchema"),
        _schema,
    ),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), _schema),
    **dict.fromkeys(("not", "if", "then", "else"), _schema_of_same_value),
    **dict.fromkeys(("minimum", "maximum"), _bound),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), _exclusive),
    "multipleOf": _number,
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minContains"), _count),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties", "maxContains"), _count),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), _boolean),
    **dict.fromkeys(("title", "description", "format", "$comment"), _text),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), _text),
    **dict.fromkeys(("nullable", "$defs", "definitions", "dependencies"), _left_out),
    **dict.fromkeys(("$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"), _left_out),
    **dict.fromkeys(("$schema", "$vocabulary"), _left_out),
}


def _is_nullable(schema: Mapping[str, object], rules: SchemaRules, direction: Direction) -> bool:
    return schema.get("nullable") is True and direction in rules.nullable


def _null_form(schema: Mapping[str, object]) -> str:
    """Say how a schema of the document comes to allow null: ``inline``, ``branch`` or ``wrapped``."""
    if any(keyword in schema for keyword in _REFUSE_NULL):
        return "wrapped"
    if "anyOf" in schema:
        return "wrapped" if "type" in schema or "enum" in schema else "branch"
    return "inline"


def _with_null(converted: dict[str, object], form: str) -> dict[str, object]:
    """Return a converted schema that allows null as well."""
    if form == "wrapped":
        outside = {
            key: value
            for key, value in converted.items()
            if key in _ANNOTATIONS or key.startswith("x-")
        }
        inside = {key: value for key, value in converted.items() if key not in outside}
        return {**outside, "anyOf": [inside, {"type": "null"}]}
    if isinstance(branches := converted.get("anyOf"), list):
        return {**converted, "anyOf": [*branches, {"type": "null"}]}
    if "type" in converted:
        types = _as_list(converted["type"]) or [converted["type"]]
        converted["type"] = list(dict.fromkeys([*types, "null"]))
    if isinstance(values := converted.get("enum"), list) and None not in values:
        converted["enum"] = [*values, None]
    return converted


def _bound_integers(schema: dict[str, object]) -> None:
    """Give an integer the bounds of its format, unless its own are tighter."""
    bounds = _INTEGER_BOUNDS.get(str(schema.get("format")))
    types = schema.get("type")
    if bounds is None or "integer" not in (_as_list(types) or [types]):
        return
    low, high = bounds
    if not any(
        isinstance(own := schema.get(key), int | float) and own >= low
        for key in ("minimum", "exclusiveMinimum")
    ):
        schema["minimum"] = low
    if not any(
        isinstance(own := schema.get(key), int | float) and own <= high
        for key in ("maximum", "exclusiveMaximum")
    ):
        schema["maximum"] = high


def _as_list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _as_number(value: object) -> int | float | None:
    """Return a finite number; a string that spells one means it."""
    if isinstance(value, str):
        try:
            value = float(value) if "." in value or "e" in value.casefold() else int(value)
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return None
    return value
