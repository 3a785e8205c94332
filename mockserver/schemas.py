"""JSON Schema 2020-12, compiled: the one module that knows jsonschema-rs.

Schemas come in bundled, with every ``$ref`` inside them: recursive schemas spread over separate resources make the
compiler expand one into the other until memory ends (measured on Stripe's document: more than 4 GB, bundled 12 ms).
"""

from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import jsonschema_rs

Schema = dict[str, object] | bool

BACKTRACK_LIMIT = 20_000
"""Steps of a pattern's search: a hostile value costs 0.4 ms instead of 69 ms."""

MOST_VIOLATIONS = 50


class SchemaViolation(NamedTuple):
    """One thing that a value has against a schema.

    Attributes:
        instance_path: Where in the value; for a missing property the object that lacks it.
        schema_path: Which keyword of the schema, as it stands (through ``$defs``, not through ``$ref``).
        keyword: Its name.
        message: One sentence without a final full stop and without the value.
    """

    instance_path: tuple[str | int, ...]
    schema_path: tuple[str | int, ...]
    keyword: str
    message: str


class SchemaProblem(ValueError):
    """A schema that does not compile.

    Attributes:
        path: To the offending node of the schema; empty where the compiler cannot tell.
    """

    def __init__(self, message: str, path: tuple[str | int, ...]) -> None:
        super().__init__(message)
        self.path = path


class Validator:
    """A compiled schema. Judging has no side effects and never raises, whatever the value."""

    __slots__ = ("_compiled", "_schema")

    def __init__(self, compiled: jsonschema_rs.Validator, schema: Schema) -> None:
        self._compiled = compiled
        self._schema = schema

    def is_valid(self, instance: object) -> bool:
        """Tell whether a value fits."""
        try:
            return self._compiled.is_valid(instance)
        except ValueError:  # bytes, keys that are no strings, lone surrogates: not JSON values
            return False

    def violations(self, instance: object) -> list[SchemaViolation]:
        """Return what a value has against the schema: outer before inner, at most fifty."""
        found: list[SchemaViolation] = []
        try:
            for error in self._compiled.iter_errors(instance):
                for violation in _flatten(error):
                    found.append(
                        violation._replace(
                            instance_path=_named(violation.instance_path, instance),
                            schema_path=_named(violation.schema_path, self._schema),
                        )
                    )
                    if len(found) >= MOST_VIOLATIONS:
                        return found
        except ValueError as error:
            found.append(
                SchemaViolation((), (), "parse", f"not a JSON value ({type(error).__name__})")
            )
        return found

    def broken_at(self, instance: object) -> list[tuple[str | int, ...]]:
        """Return where in a value something is wrong, branches of ``anyOf`` and ``oneOf`` not looked into; at most fifty."""
        try:
            errors = islice(self._compiled.iter_errors(instance), MOST_VIOLATIONS)
            return [_named(tuple(error.instance_path), instance) for error in errors]
        except ValueError:
            return [()]


def compile_schema(schema: Schema, *, formats: bool = False) -> Validator:
    """Compile a schema that holds everything it refers to.

    Args:
        schema: JSON Schema 2020-12; unknown keywords are annotations.
        formats: ``format`` is an assertion.

    Raises:
        SchemaProblem: The schema is malformed, refers to what it does not hold, or has a pattern that does not compile.
    """
    try:
        compiled = jsonschema_rs.Draft202012Validator(
            schema,
            validate_formats=formats,
            mask="value",
            offline=True,
            pattern_options=jsonschema_rs.FancyRegexOptions(backtrack_limit=BACKTRACK_LIMIT),
        )
    except jsonschema_rs.ValidationError as error:
        raise SchemaProblem(error.message, tuple(error.instance_path)) from error
    except ValueError as error:
        raise SchemaProblem(str(error), ()) from error
    return Validator(compiled, schema)


def _named(path: tuple[str | int, ...], value: object) -> tuple[str | int, ...]:
    """Return a path as it leads through a value.

    The library takes the key "200" of a mapping for a number, and leaves out keys that are empty.
    """
    found: list[str | int] = []
    for token in path:
        while isinstance(value, dict) and str(token) not in value and "" in value:
            found.append("")
            value = value[""]
        key = str(token) if isinstance(value, dict) else token
        found.append(key)
        if isinstance(value, dict):
            value = value.get(str(key))
        elif isinstance(value, list) and isinstance(token, int) and token < len(value):
            value = value[token]
        else:
            value = None
    return tuple(found)


def _flatten(error: jsonschema_rs.ValidationError) -> Iterator[SchemaViolation]:
    """Yield an error, then those of the branches that failed under it."""
    kind = error.kind
    yield SchemaViolation(
        tuple(error.instance_path), tuple(error.schema_path), kind.name, error.message
    )
    if isinstance(
        kind,
        jsonschema_rs.ValidationErrorKind.AnyOf | jsonschema_rs.ValidationErrorKind.OneOfNotValid,
    ):
        for branch in kind.context:
            for inner in branch:
                yield from _flatten(inner)
