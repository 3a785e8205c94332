"""Schemas of OpenAPI as JSON Schema 2020-12: the same tree with the same pointers, save what is said below.

- ``nullable`` becomes a type, an enum value or an ``anyOf`` branch; beside a keyword that would still refuse null the
  schema moves into the first branch of an ``anyOf``, annotations stay outside.
- A boolean ``exclusiveMinimum`` takes the number of ``minimum``; ``int32`` and ``int64`` become bounds.
- An ``items`` list becomes ``prefixItems``; ``$recursiveRef`` and ``$dynamicRef`` become ``$ref``.
- In Swagger 2.0 ``file`` is a string of bytes, ``x-example`` is ``example``, and a definition's name becomes the
  example of its discriminator.
- ``dependencies`` become ``dependentRequired`` and ``dependentSchemas``, ``additionalItems`` beside a list ``items``.
- ``required`` loses the properties that the direction hides.
- Keywords with values of the wrong kind are left out, and so are those that name or move a schema (``$id``): what is
  referred to is found by its location.

``original_path`` reads these rules backwards.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeGuard

from mockserver.schemas import Schema
from mockserver.spec.dialects import find_dialect
from mockserver.spec.keywords import (
    Conversion,
    Path,
    SchemaNode,
    SchemaRules,
    accepted_pattern,
    as_list,
    kind_of,
    left_out,
    misfit,
    reached,
    read_boolean,
    read_bound,
    read_count,
    read_enum,
    read_examples,
    read_exclusive,
    read_moving_reference,
    read_names_by_name,
    read_number,
    read_pattern,
    read_reference,
    read_required,
    read_text,
    read_type,
)
from mockserver.spec.model import Direction

_INTEGER_BOUNDS = {"int32": (-(2**31), 2**31 - 1), "int64": (-(2**63), 2**63 - 1)}
_OF_PARAMETERS = frozenset(
    ("name", "in", "required", "schema", "allowEmptyValue", "collectionFormat")
)
_LISTS = ("allOf", "anyOf", "oneOf", "prefixItems")
_MAPS = ("properties", "patternProperties", "dependentSchemas", "dependencies")
_REFUSE_NULL = ("$ref", "allOf", "oneOf", "not", "if", "const")
_ANNOTATIONS = frozenset(
    (
        *("title", "description", "default", "example", "examples", "deprecated"),
        *("readOnly", "writeOnly", "externalDocs", "xml"),
    )
)


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
    if conversion.rules.parameters_are_schemas and not path and isinstance(schema.get("in"), str):
        schema = {key: value for key, value in schema.items() if key not in _OF_PARAMETERS}
    if "$schema" in schema:
        conversion = _of_dialect(conversion, schema, path)
    reference = schema.get("$ref")
    if isinstance(reference, str) and not conversion.rules.ref_siblings:
        converted: dict[str, object] = {"$ref": conversion.rewrite_ref(reference)}
    else:
        converted = _keywords(conversion, SchemaNode(schema, path, family))
        _bound_integers(converted)
        if conversion.rules.parameters_are_schemas:
            if schema.get("type") == "file":
                converted["format"] = "binary"
            if "x-example" in schema:
                converted.setdefault("example", schema["x-example"])
        if conversion.rules.discriminator_is_name and conversion.name and not path:
            _name_in_discriminator(conversion, schema, converted)
    if conversion.rules.nullable_key(schema):
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
                if form == "wrapped" or rest[:1] == [len(as_list(at.get("anyOf")))]:
                    return (*found, rules.nullable_key(at) or "nullable")
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
        ("dependentRequired", "dependencies"),
        ("dependentSchemas", "dependencies"),
    ):
        if keyword == made and source in schema:
            return source
    return keyword


def _keywords(conversion: Conversion, node: SchemaNode) -> dict[str, object]:
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
    if conversion.rules.dialects:
        _older_keywords(conversion, node, converted)
    return converted


def _of_dialect(conversion: Conversion, schema: Mapping[str, object], path: Path) -> Conversion:
    """Return the conversion of a schema that names its dialect."""
    if not conversion.rules.dialects:
        return conversion
    dialect = find_dialect(schema["$schema"])
    if dialect is None:
        shown = str(schema["$schema"])[:80]
        message = f"the dialect {shown!r} is not known; the schema is read as JSON Schema 2020-12"
        conversion.report((*path, "$schema"), "unknown-dialect", message)
        return conversion
    return replace(conversion, rules=replace(conversion.rules, ref_siblings=dialect.ref_siblings))


def _older_keywords(conversion: Conversion, node: SchemaNode, converted: dict[str, object]) -> None:
    """Read what two keywords of drafts 3 to 7 say: ``additionalItems`` beside a list, and ``dependencies``."""
    rest = converted.pop("additionalItems", None)
    if (
        "prefixItems" in converted
        and isinstance(node.schema.get("items"), list)
        and rest is not None
    ):
        converted["items"] = _schema(conversion, node, "additionalItems", rest)
    dependencies = node.schema.get("dependencies")
    if not isinstance(dependencies, dict):
        return
    names = {name: one for name, one in dependencies.items() if isinstance(one, list)}
    schemas = {name: one for name, one in dependencies.items() if isinstance(one, dict | bool)}
    if names and "dependentRequired" not in converted:
        key = "dependentRequired"
        converted[key] = read_names_by_name(conversion, node, key, names)
    if schemas and "dependentSchemas" not in converted:
        converted["dependentSchemas"] = {
            name: convert(conversion, schema, (*node.path, "dependencies", name))
            for name, schema in schemas.items()
        }


# Keywords that hold schemas; ``keywords`` reads the others.


def _schema(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    if not isinstance(value, dict | bool):
        return misfit(conversion, node, key, "a schema")
    return convert(conversion, value, (*node.path, key))


def _schema_of_same_value(
    conversion: Conversion, node: SchemaNode, key: str, value: object
) -> object:
    if not isinstance(value, dict | bool):
        return misfit(conversion, node, key, "a schema")
    return convert(conversion, value, (*node.path, key), (node.schema, *node.family))


def _items(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``items``; a list of schemas was one for each position until JSON Schema 2019-09."""
    if isinstance(value, list):
        return _schemas(conversion, node, key, value)
    return _schema(conversion, node, key, value)


def _schemas(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    if not isinstance(value, list) or not value:
        return misfit(conversion, node, key, "a list of schemas, at least one")
    family = () if key in ("items", "prefixItems") else (node.schema, *node.family)
    return [
        convert(conversion, branch, (*node.path, key, index), family)
        for index, branch in enumerate(value)
    ]


def _schema_map(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    if not isinstance(value, dict):
        return misfit(conversion, node, key, "a mapping of schemas")
    return {
        name: convert(conversion, schema, (*node.path, key, name)) for name, schema in value.items()
    }


def _pattern_properties(
    conversion: Conversion, node: SchemaNode, key: str, value: object
) -> object:
    if not isinstance(value, dict):
        return misfit(conversion, node, key, "a mapping of schemas")
    by_pattern: dict[str, Schema] = {}
    for pattern, schema in value.items():
        path = (*node.path, key, pattern)
        if accepted := accepted_pattern(conversion, path, pattern):
            by_pattern[accepted] = convert(conversion, schema, path)
    return by_pattern


_RENAMED = {"$recursiveRef": "$ref", "$dynamicRef": "$ref"}

_KEYWORDS: Mapping[str, Callable[[Conversion, SchemaNode, str, object], object]] = {
    "$ref": read_reference,
    "$recursiveRef": read_moving_reference,
    "$dynamicRef": read_moving_reference,
    "type": read_type,
    "pattern": read_pattern,
    "required": read_required,
    "enum": read_enum,
    "examples": read_examples,
    "items": _items,
    "patternProperties": _pattern_properties,
    "dependentRequired": read_names_by_name,
    **dict.fromkeys(_LISTS, _schemas),
    **dict.fromkeys(("properties", "dependentSchemas"), _schema_map),
    **dict.fromkeys(
        ("additionalProperties", "contains", "propertyNames", "contentSchema"),
        _schema,
    ),
    **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), _schema),
    **dict.fromkeys(("not", "if", "then", "else"), _schema_of_same_value),
    **dict.fromkeys(("minimum", "maximum"), read_bound),
    **dict.fromkeys(("exclusiveMinimum", "exclusiveMaximum"), read_exclusive),
    "multipleOf": read_number,
    **dict.fromkeys(("minLength", "minItems", "minProperties", "minContains"), read_count),
    **dict.fromkeys(("maxLength", "maxItems", "maxProperties", "maxContains"), read_count),
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "deprecated"), read_boolean),
    **dict.fromkeys(("title", "description", "format", "$comment"), read_text),
    **dict.fromkeys(("contentEncoding", "contentMediaType"), read_text),
    **dict.fromkeys(("nullable", "$defs", "definitions", "dependencies"), left_out),
    **dict.fromkeys(("$id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"), left_out),
    **dict.fromkeys(("$schema", "$vocabulary"), left_out),
}


def _is_nullable(schema: Mapping[str, object], rules: SchemaRules, direction: Direction) -> bool:
    return rules.nullable_key(schema) is not None and direction in rules.nullable


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
        types = as_list(converted["type"]) or [converted["type"]]
        converted["type"] = list(dict.fromkeys([*types, "null"]))
    if isinstance(values := converted.get("enum"), list) and None not in values:
        converted["enum"] = [*values, None]
    return converted


def _name_in_discriminator(
    conversion: Conversion, schema: Mapping[str, object], converted: dict[str, object]
) -> None:
    """Give the property of a discriminator the definition's name as example, unless it can or shall be another."""
    for part in reached(conversion, [schema], within=("allOf",)):
        name, declared = part.get("discriminator"), part.get("properties")
        if not isinstance(name, str) or not isinstance(declared, dict):
            continue
        told = schema.get("x-ms-discriminator-value", conversion.name)
        described = reached(conversion, [declared.get(name)], within=())
        if any(
            isinstance(one.get("enum"), list) and told not in as_list(one["enum"])
            for one in described
        ):
            continue
        properties = converted.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        own = properties.get(name, {})
        if isinstance(own, dict) and not {"example", "default"} & own.keys():
            converted["properties"] = {**properties, name: {**own, "example": told}}


def _bound_integers(schema: dict[str, object]) -> None:
    """Give an integer the bounds of its format, unless its own are tighter."""
    bounds = _INTEGER_BOUNDS.get(str(schema.get("format")))
    types = schema.get("type")
    if bounds is None or "integer" not in (as_list(types) or [types]):
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
