"""The keywords of a schema one by one, for ``conversion``: each reader returns the 2020-12 value of one kind of keyword.

``None`` leaves the keyword out. Keywords that hold schemas are read in ``conversion``.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import isfinite
from typing import NamedTuple

from mockserver.errors import did_you_mean
from mockserver.spec.model import Direction
from mockserver.spec.patterns import LONGEST_PATTERN, usable_pattern

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
_MOST_STEPS = 16


@dataclass(frozen=True, slots=True)
class SchemaRules:
    """How the schemas of a version differ from JSON Schema 2020-12.

    Attributes:
        ref_siblings: Keywords beside ``$ref`` apply (OpenAPI 3.1.1 §4.8.24); else they are ignored (3.0.4 §4.7.23),
            ``nullable`` excepted: whoever writes it there means it.
        nullable: Directions in which ``nullable`` allows null.
        nullable_is_foreign: The version does not define it: reported.
        nullable_keys: What ``nullable`` is called.
        parameters_are_schemas: Parameters outside the body have keywords of a schema themselves, and ``type: file`` is
            bytes (Swagger 2.0, Parameter Object). What such a parameter cannot have, ``x-example`` gives it.
        discriminator_is_name: ``discriminator`` names the property that holds the name of a definition (Swagger 2.0,
            Composition and Inheritance).
        dialects: Schemas may be of another dialect of JSON Schema (``$schema``), and of the older ones: ``dependencies``
            and ``additionalItems`` mean something.
    """

    ref_siblings: bool
    nullable: frozenset[Direction]
    nullable_is_foreign: bool = False
    nullable_keys: tuple[str, ...] = ("nullable",)
    parameters_are_schemas: bool = False
    discriminator_is_name: bool = False
    dialects: bool = False

    def nullable_key(self, schema: Mapping[str, object]) -> str | None:
        """Return the keyword by which a schema allows null, ``None`` where it does not."""
        return next((key for key in self.nullable_keys if schema.get(key) is True), None)


@dataclass(frozen=True, slots=True)
class Conversion:
    """What all steps of one conversion share; the arguments of ``Version.convert_schema``."""

    rules: SchemaRules
    direction: Direction
    rewrite_ref: Callable[[str], str]
    own_ref: str
    look_up: Callable[[str], object]
    report: Report
    name: str = ""


class SchemaNode(NamedTuple):
    """A schema on its way.

    Attributes:
        family: The schemas around it that judge the same value.
    """

    schema: Mapping[str, object]
    path: Path
    family: tuple[Mapping[str, object], ...]


def left_out(_c: Conversion, _node: SchemaNode, _key: str, _value: object) -> None:
    """Leave a keyword out whatever it says."""
    return


def misfit(conversion: Conversion, node: SchemaNode, key: str, expected: str) -> object:
    """Report a keyword whose value is not of the kind that its definition says; ``None`` leaves it out."""
    message = f"{key} is {expected}, not {kind_of(node.schema[key])}; it is not applied"
    conversion.report((*node.path, key), "invalid-keyword", message)
    return None


def read_pattern(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``pattern``."""
    if not isinstance(value, str):
        return misfit(conversion, node, key, "a regular expression")
    return accepted_pattern(conversion, (*node.path, key), value)


def accepted_pattern(conversion: Conversion, path: Path, pattern: str) -> str | None:
    """Return a pattern that compiles for one of the document; ``None``, reported, where there is none."""
    usable = usable_pattern(pattern)
    if len(pattern) > LONGEST_PATTERN:
        message = f"a pattern of {len(pattern):,} characters is not applied: {LONGEST_PATTERN:,} are the most"
        conversion.report(path, "invalid-pattern", message)
    elif usable is None:
        message = (
            f"the pattern {pattern[:60]!r} is no regular expression of ECMA-262; it is not applied"
        )
        conversion.report(path, "invalid-pattern", message)
    return usable


def read_type(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``type``; the names of other languages are understood."""
    if isinstance(value, list):
        # An unquoted null in a YAML list means the type.
        read = [_one_type(conversion, node, "null" if one is None else one) for one in value]
        return list(dict.fromkeys(filter(None, read))) or None
    return _one_type(conversion, node, value)


def _one_type(conversion: Conversion, node: SchemaNode, value: object) -> str | None:
    if value in _TYPES:
        return str(value)
    if value == "file" and conversion.rules.parameters_are_schemas:
        return "string"
    folded = str(value).casefold()
    meant = folded if folded in _TYPES else _TYPES_MEANT.get(folded)
    if meant:
        message = f"there is no type {value!r}; read as {meant!r}"
    else:
        shown = str(value)[:40]
        message = f"there is no type {shown!r}; any is accepted; {did_you_mean(shown, _TYPES)}"
    conversion.report((*node.path, "type"), "unknown-type", message)
    return meant


def read_required(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``required``, without what the direction hides."""
    if not isinstance(value, list):
        return misfit(conversion, node, key, "a list of names")
    names = dict.fromkeys(name for name in value if isinstance(name, str))
    return [name for name in names if not _is_hidden(conversion, node, name)] or None


def _is_hidden(conversion: Conversion, node: SchemaNode, name: str) -> bool:
    """Tell whether the direction leaves a property out (OpenAPI 3.0.4 §4.7.24.2): readOnly is sent by servers only."""
    flag = "readOnly" if conversion.direction == "request" else "writeOnly"
    waiting: list[object] = [node.schema, *node.family]
    for schema in reached(conversion, waiting, within=("allOf",)):
        properties = schema.get("properties")
        if isinstance(properties, dict) and name in properties:
            declared = reached(conversion, [properties[name]], within=("allOf",))
            if any(part.get(flag) is True for part in declared):
                return True
    return False


def reached(
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
            waiting += as_list(schema.get(keyword))
    return found


def read_enum(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``enum``; an empty one would refuse everything."""
    if not isinstance(value, list) or not value:
        return misfit(conversion, node, key, "a list of values, at least one")
    return value


def read_examples(_c: Conversion, _node: SchemaNode, _key: str, value: object) -> object:
    """Read the ``examples`` of a schema: a list; a mapping, as media types have it, is taken for its values."""
    return list(value.values()) if isinstance(value, dict) else as_list(value) or None


def read_number(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read a number; ``multipleOf`` is above zero."""
    number = _as_number(value)
    if number is None or (key == "multipleOf" and number <= 0):
        return misfit(conversion, node, key, "a number")
    return number


def read_bound(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``minimum`` or ``maximum``, which a boolean beside it may have made exclusive."""
    if node.schema.get(f"exclusive{key.capitalize()}") is True:
        return None
    return read_number(conversion, node, key, value)


def read_exclusive(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read a bound that is exclusive: a number, or in OpenAPI 3.0 a boolean about the one beside it."""
    if isinstance(value, bool):
        beside = key.removeprefix("exclusive").lower()
        return _as_number(node.schema.get(beside)) if value else None
    return read_number(conversion, node, key, value)


def read_count(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read a length or another count."""
    number = _as_number(value)
    if number is None or number < 0 or number != int(number):
        return misfit(conversion, node, key, "a whole number, zero or more")
    return int(number)


def read_boolean(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read a boolean."""
    if isinstance(value, str) and value.casefold() in ("true", "false"):
        return value.casefold() == "true"
    return value if isinstance(value, bool) else misfit(conversion, node, key, "true or false")


def read_text(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read a string."""
    return value if isinstance(value, str) else misfit(conversion, node, key, "a string")


def read_names_by_name(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``dependentRequired``."""
    if not isinstance(value, dict):
        return misfit(conversion, node, key, "a mapping of lists of names")
    return {
        name: list(dict.fromkeys(one for one in as_list(names) if isinstance(one, str)))
        for name, names in value.items()
    }


def read_reference(conversion: Conversion, node: SchemaNode, key: str, value: object) -> object:
    """Read ``$ref``."""
    if not isinstance(value, str):
        return misfit(conversion, node, key, "a URI reference")
    return conversion.rewrite_ref(value)


def read_moving_reference(
    conversion: Conversion, node: SchemaNode, key: str, value: object
) -> object:
    """Read ``$recursiveRef`` or ``$dynamicRef``, which no other schema here can move, as the ``$ref`` they then are."""
    if "$ref" in node.schema:
        return None
    return conversion.own_ref if value == "#" else read_reference(conversion, node, key, value)


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


def as_list(value: object) -> list[object]:
    """Return a value that is a list, an empty one for anything else."""
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
