"""Whether a value fits a schema, read quickly: it chooses between examples and branches, the judge has the last word.

Compiling a validator for each branch of each choice would take longer than making the value. What is not read here
(``unevaluatedProperties``, ``unevaluatedItems``, ``format``) counts as fitting; what is read follows JSON Schema 2020-12.
"""

from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from mockserver.schemas import Schema, SchemaProblem, Validator, compile_schema

Fits = Callable[[object, Schema], bool]
Resolve = Callable[[str], Schema]

_MOST_HOPS = 200


class _TooFar(Exception):
    """References lead on and on without a value between them, or the value is too deep."""


def fits(value: object, schema: Schema, resolve: Resolve) -> bool:
    """Tell whether a JSON value fits a schema; ``resolve`` finds what a ``$ref`` names."""
    hops = 0

    def check(inner: object, against: Schema) -> bool:
        nonlocal hops
        if not isinstance(against, dict):
            return against
        hops += 1
        if hops > _MOST_HOPS:
            raise _TooFar
        reference = against.get("$ref")
        sound = not isinstance(reference, str) or check(inner, resolve(reference))
        if sound:
            for key, argument in against.items():
                rule = _RULES.get(key)
                if rule and not rule(check, inner, argument, against):
                    sound = False
                    break
        hops -= 1
        return sound

    try:
        return check(value, schema)
    except _TooFar:
        return True


def alike(one: object, other: object) -> bool:
    """Tell whether two JSON values are equal (JSON Schema 2020-12 Core §4.2.2): 1 is 1.0 and not true."""
    return unique_key(one) == unique_key(other)


def unique_key(value: object) -> object:
    """Return something hashable that equal JSON values share and different ones do not."""
    if isinstance(value, dict):
        return "object", frozenset((name, unique_key(member)) for name, member in value.items())
    if isinstance(value, list):
        return "array", tuple(unique_key(item) for item in value)
    if isinstance(value, bool):
        return "boolean", value
    return value


def matches(pattern: str, text: str) -> bool:
    """Tell whether a text matches, by the engine of the judge; a pattern that does not compile matches all."""
    judge = _pattern_judge(pattern)
    return judge is None or judge.is_valid(text)


@lru_cache(maxsize=1024)
def _pattern_judge(pattern: str) -> Validator | None:
    try:
        return compile_schema({"pattern": pattern})
    except SchemaProblem:
        return None


def is_of_type(value: object, name: object) -> bool:
    """Tell whether a value is of a JSON Schema type; an integral float is an integer (§4.2.1)."""
    match name:
        case "object":
            return isinstance(value, dict)
        case "array":
            return isinstance(value, list)
        case "string":
            return isinstance(value, str)
        case "boolean":
            return isinstance(value, bool)
        case "null":
            return value is None
        case "number":
            return isinstance(value, int | float) and not isinstance(value, bool)
        case "integer":
            whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
            return whole and not isinstance(value, bool)
        case _:
            return True


def decimal_of(value: object) -> Decimal | None:
    """Return a JSON number exactly as it is written, ``None`` for anything else and for what is not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() else None


# The rules. Each gets the checker for what is inside, the value, its keyword's argument and the schema around it.


def _type(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    names = argument if isinstance(argument, list) else [argument]
    return any(is_of_type(value, name) for name in names)


def _enum(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    key = unique_key(value)
    return not isinstance(argument, list) or any(key == unique_key(item) for item in argument)


def _const(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return alike(value, argument)


def _bound(
    holds: Callable[[Decimal, Decimal], bool], measure: Callable[[object], Decimal | None]
) -> Callable[[Fits, object, object, Mapping[str, object]], bool]:
    """Return the rule that compares what is measured of a value with a number."""

    def rule(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
        measured, bound = measure(value), decimal_of(argument)
        return measured is None or bound is None or holds(measured, bound)

    return rule


def _length(value: object) -> Decimal | None:
    return Decimal(len(value)) if isinstance(value, str) else None


def _items_of(value: object) -> Decimal | None:
    return Decimal(len(value)) if isinstance(value, list) else None


def _members_of(value: object) -> Decimal | None:
    return Decimal(len(value)) if isinstance(value, dict) else None


def _is_multiple(measured: Decimal, step: Decimal) -> bool:
    try:
        return not step or measured % step == 0
    except InvalidOperation:  # more digits than decimals keep
        return True


def _pattern(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return not isinstance(value, str) or not isinstance(argument, str) or matches(argument, value)


def _required(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return (
        not isinstance(value, dict)
        or not isinstance(argument, list)
        or all(name in value for name in argument)
    )


def _properties(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    if not isinstance(value, dict) or not isinstance(argument, dict):
        return True
    return all(check(value[name], schema) for name, schema in argument.items() if name in value)


def _pattern_properties(
    check: Fits, value: object, argument: object, __: Mapping[str, object]
) -> bool:
    if not isinstance(value, dict) or not isinstance(argument, dict):
        return True
    return all(
        check(member, schema)
        for pattern, schema in argument.items()
        for name, member in value.items()
        if matches(pattern, name)
    )


def _additional_properties(
    check: Fits, value: object, argument: object, schema: Mapping[str, object]
) -> bool:
    if not isinstance(value, dict) or not isinstance(argument, dict | bool):
        return True
    named, patterns = schema.get("properties"), schema.get("patternProperties")
    return all(
        check(member, argument)
        for name, member in value.items()
        if not (isinstance(named, dict) and name in named)
        and not (isinstance(patterns, dict) and any(matches(one, name) for one in patterns))
    )


def _property_names(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    if not isinstance(value, dict) or not isinstance(argument, dict | bool):
        return True
    return all(check(name, argument) for name in value)


def _dependent_required(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    if not isinstance(value, dict) or not isinstance(argument, dict):
        return True
    return all(needed in value for name in argument if name in value for needed in argument[name])


def _dependent_schemas(
    check: Fits, value: object, argument: object, __: Mapping[str, object]
) -> bool:
    if not isinstance(value, dict) or not isinstance(argument, dict):
        return True
    return all(check(value, schema) for name, schema in argument.items() if name in value)


def _prefix_items(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    if not isinstance(value, list) or not isinstance(argument, list):
        return True
    return all(check(item, schema) for item, schema in zip(value, argument, strict=False))


def _items(check: Fits, value: object, argument: object, schema: Mapping[str, object]) -> bool:
    if not isinstance(value, list) or not isinstance(argument, dict | bool):
        return True
    prefix = schema.get("prefixItems")
    start = len(prefix) if isinstance(prefix, list) else 0
    return all(check(item, argument) for item in value[start:])


def _contains(check: Fits, value: object, argument: object, schema: Mapping[str, object]) -> bool:
    if not isinstance(value, list) or not isinstance(argument, dict | bool):
        return True
    found = sum(check(item, argument) for item in value)
    least, most = schema.get("minContains", 1), schema.get("maxContains", found)
    return (not isinstance(least, int) or found >= least) and (
        not isinstance(most, int) or found <= most
    )


def _unique_items(_: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    if argument is not True or not isinstance(value, list):
        return True
    return len({unique_key(item) for item in value}) == len(value)


def _branches(argument: object) -> Iterator[Schema]:
    for branch in argument if isinstance(argument, list) else ():
        yield branch if isinstance(branch, dict | bool) else True


def _all_of(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return all(check(value, branch) for branch in _branches(argument))


def _any_of(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return any(check(value, branch) for branch in _branches(argument))


def _one_of(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return sum(check(value, branch) for branch in _branches(argument)) == 1


def _not(check: Fits, value: object, argument: object, __: Mapping[str, object]) -> bool:
    return not isinstance(argument, dict | bool) or not check(value, argument)


def _if(check: Fits, value: object, argument: object, schema: Mapping[str, object]) -> bool:
    if not isinstance(argument, dict | bool):
        return True
    then = schema.get("then" if check(value, argument) else "else", True)
    return not isinstance(then, dict | bool) or check(value, then)


_RULES: Mapping[str, Callable[[Fits, object, object, Mapping[str, object]], bool]] = {
    "type": _type,
    "enum": _enum,
    "const": _const,
    "minimum": _bound(Decimal.__ge__, decimal_of),
    "maximum": _bound(Decimal.__le__, decimal_of),
    "exclusiveMinimum": _bound(Decimal.__gt__, decimal_of),
    "exclusiveMaximum": _bound(Decimal.__lt__, decimal_of),
    "multipleOf": _bound(_is_multiple, decimal_of),
    "minLength": _bound(Decimal.__ge__, _length),
    "maxLength": _bound(Decimal.__le__, _length),
    "pattern": _pattern,
    "required": _required,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional_properties,
    "propertyNames": _property_names,
    "minProperties": _bound(Decimal.__ge__, _members_of),
    "maxProperties": _bound(Decimal.__le__, _members_of),
    "dependentRequired": _dependent_required,
    "dependentSchemas": _dependent_schemas,
    "prefixItems": _prefix_items,
    "items": _items,
    "contains": _contains,
    "minItems": _bound(Decimal.__ge__, _items_of),
    "maxItems": _bound(Decimal.__le__, _items_of),
    "uniqueItems": _unique_items,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
    "not": _not,
    "if": _if,
}
"""What is read, by keyword."""
