"""Judges values by the schemas of a document with the ``jsonschema`` package: slow, well known, and not what we ship.

OpenAPI 3.0 is taught to it keyword by keyword (nullable, boolean exclusive limits, ``$ref`` without siblings); in both
versions ``required`` leaves out what the other direction alone may send.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from jsonschema import (  # type: ignore[import-untyped]  # a test's tool; its stubs are one package more
    Draft202012Validator,
    ValidationError,
    _legacy_keywords,
)
from jsonschema.protocols import Validator  # type: ignore[import-untyped]
from jsonschema.validators import create, extend  # type: ignore[import-untyped]
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from tests.corpus.documents import Document, Node, mapping

Direction = Literal["request", "response"]
Errors = Iterator[ValidationError]

# jsonschema hands keywords its own validator classes, which it does not type; `Any` stays in this file.


def _nullable_type(validator: Any, types: object, instance: object, schema: Any) -> Errors:
    """OpenAPI 3.0.3, Schema Object: ``nullable`` adds null to the type beside it."""
    if instance is None and schema.get("nullable") is True:
        return
    names = types if isinstance(types, list) else [types]
    if not any(validator.is_type(instance, name) for name in names if name != "file"):
        yield ValidationError(f"{instance!r} is not of type {types!r}")


def _enum(validator: Any, values: list[object], instance: object, schema: Any) -> Errors:
    """A null in a nullable enum passes: documents rarely repeat it, and 3.0.3's wording leaves both readings open."""
    if instance is None and schema.get("nullable") is True:
        return
    yield from Draft202012Validator.VALIDATORS["enum"](validator, values, instance, schema)


def _pattern(validator: Any, pattern: str, instance: object, _: Any) -> Errors:
    """A pattern that Python cannot read says nothing; the document's author meant ECMA 262."""
    if not isinstance(instance, str):
        return
    try:
        found = re.search(pattern.replace(r"\Z", "$").replace("[[", r"[\["), instance)
    except (re.error, TypeError):
        return
    if not found:
        yield ValidationError(f"{instance!r} does not match {pattern!r}")


def _required(skipped: str) -> Any:
    def required(validator: Any, names: object, instance: Any, schema: Any) -> Errors:
        if not validator.is_type(instance, "object") or not isinstance(names, list):
            return  # `required: true` on a property is a common slip and no keyword of a schema
        properties = mapping(schema.get("properties"))
        for name in names:
            one_way = mapping(properties.get(name)).get(skipped) is True
            if name not in instance and not one_way:
                yield ValidationError(f"{name!r} is a required property")

    return required


def _sent_write_only(validator: Any, value: object, instance: object, schema: Any) -> Errors:
    """OpenAPI 3.0.3: a writeOnly property SHOULD NOT be sent as part of the response; ours must not."""
    if value is True:
        yield ValidationError("a writeOnly property was sent")


_SHARED_KEYWORDS = (
    *("$ref", "allOf", "anyOf", "oneOf", "not", "multipleOf", "maxLength", "minLength"),
    *("items", "maxItems", "minItems", "uniqueItems"),
    *("properties", "additionalProperties", "maxProperties", "minProperties"),
)


def _validator_classes() -> dict[tuple[str, Direction], type[Validator]]:
    classes: dict[tuple[str, Direction], type[Validator]] = {}
    directions: tuple[tuple[Direction, str], ...] = (
        ("request", "readOnly"),
        ("response", "writeOnly"),
    )
    kept = {name: Draft202012Validator.VALIDATORS[name] for name in _SHARED_KEYWORDS}
    for direction, one_way in directions:
        classes["3.0", direction] = create(
            meta_schema={},
            validators={
                **kept,
                "type": _nullable_type,
                "enum": _enum,
                "pattern": _pattern,
                "minimum": _legacy_keywords.minimum_draft3_draft4,
                "maximum": _legacy_keywords.maximum_draft3_draft4,
                "required": _required(one_way),
                **({"writeOnly": _sent_write_only} if direction == "response" else {}),
            },
            type_checker=Draft202012Validator.TYPE_CHECKER,
            id_of=lambda _: "",
            applicable_validators=_legacy_keywords.ignore_ref_siblings,
        )
        classes["3.1", direction] = extend(
            Draft202012Validator, {"pattern": _pattern, "required": _required(one_way)}
        )
        classes["3.2", direction] = classes["3.1", direction]
    return classes


_CLASSES = _validator_classes()


class Schemas:
    """The schemas of one document as a foreign validator reads them."""

    def __init__(self, document: Document) -> None:
        self._document = document
        # The document reads Swagger 2.0 as OpenAPI 3.0.
        self._version = "3.0" if document.version[:3] == "2.0" else document.version[:3]
        self._registry: Registry[Any] = Registry(retrieve=self._retrieve)  # type: ignore[call-arg]
        self._validators: dict[tuple[str, Direction], Validator] = {}

    def _retrieve(self, uri: str) -> Resource[Any]:
        return DRAFT202012.create_resource(self._document.contents(uri))

    def error(self, schema: Node, value: object, direction: Direction) -> str | None:
        """Return the most telling thing that a value has against a schema, ``None`` where it is valid."""
        validator = self._validator(schema, direction)
        try:
            errors = list(validator.iter_errors(value))
        except Unresolvable as error:
            return f"the schema refers to nothing: {str(error)[:200]}"
        except RecursionError:
            return "the judge went too deep"
        if not errors:
            return None
        first = errors[0]
        while first.context:
            first = max(first.context, key=lambda found: len(found.absolute_path))
        where = "/".join(map(str, first.absolute_path))
        return f"at /{where}: {first.message[:200]}"

    def _validator(self, schema: Node, direction: Direction) -> Validator:
        key = (schema.uri, direction)
        if key not in self._validators:
            make = _CLASSES[self._version, direction]
            self._validators[key] = make({"$ref": schema.uri}, registry=self._registry)
        return self._validators[key]

    def facets(self, schema: Node) -> Sequence[Mapping[str, object]]:
        """Return the schema objects that all must hold: the one at hand, behind ``$ref`` and within ``allOf``."""
        return [mapping(node.value) for node in self.parts(schema)]

    def parts(self, schema: Node, depth: int = 0) -> list[Node]:
        """Return the nodes of ``facets``."""
        said = mapping(schema.value)
        found: list[Node] = []
        if isinstance(said.get("$ref"), str) and depth < 20:
            target = self._document.follow(
                Node(schema.file, schema.pointer, {"$ref": said["$ref"]})
            )
            found += self.parts(target, depth + 1)
            if self._version == "3.0":
                return found
        found.insert(0, schema)
        branches = said.get("allOf")
        for index in range(len(branches) if isinstance(branches, list) and depth < 20 else 0):
            found += self.parts(self._document.raw_child(schema, "allOf", index), depth + 1)
        return found
