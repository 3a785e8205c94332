"""Every schema of a document by its location: converted once, bundled by what it reaches, compiled at first use.

Nothing is dereferenced: a converted schema refers to others as ``#/$defs/KEY``, and each key leads back to a location,
so recursion is no special case and every violation can name file and line.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mockserver.errors import Finding, SpecError
from mockserver.schemas import Schema, SchemaProblem, Validator, compile_schema
from mockserver.spec.cost import Looks
from mockserver.spec.document import Document
from mockserver.spec.model import Direction, Location
from mockserver.spec.versions import Version

_PREFIX = "#/$defs/"
_DANGLING = "dangling-reference"
_WEIGHT_LIMIT = 2500
"""Schemas in all compiled bundles together: a bundle of Stripe's 400 takes about four megabytes."""


_NONE_MADE: Mapping[Location, object] = {}


class _Kept(NamedTuple):
    validator: Validator
    weight: int


class SchemaRegistry:
    """The schemas of one document.

    Attributes:
        findings: What was wrong with schemas used so far; grows as schemas are used.

    Args:
        made: Schemas that the document does not have in one place, by location (``Reading.made``).
        formats: ``format`` is an assertion on what the other side sends; of our own answers it never is.
    """

    def __init__(
        self,
        document: Document,
        version: Version,
        *,
        made: Mapping[Location, object] = _NONE_MADE,
        formats: bool = True,
        weight_limit: int = _WEIGHT_LIMIT,
    ) -> None:
        self._made = made
        self._formats = formats
        self._weight_limit = weight_limit
        self.findings: list[Finding] = []
        self._document = document
        self._version = version
        self._versions: Mapping[str, Version] = {}  # by file, where there are several
        self._keys: dict[Location, str] = {}
        self._locations: dict[str, Location] = {}
        self._converted: dict[tuple[str, Direction], Schema] = {}
        self._canonicals: dict[tuple[str, Direction], str] = {}
        self._reaches: dict[tuple[str, Direction], set[str]] = {}
        self._compiled: OrderedDict[tuple[str, Direction], _Kept] = OrderedDict()
        self._weight = 0

    @classmethod
    def joined(cls, document: Document, registries: Sequence["SchemaRegistry"]) -> "SchemaRegistry":
        """Return the registry of documents that were joined; each file is read in the version of its document."""
        first = registries[0]
        made = {at: schema for each in registries for at, schema in each._made.items()}
        joined = cls(document, first._version, made=made, formats=first._formats)
        joined._versions = {
            file: each._version
            for each in reversed(registries)
            for file in each._document.references()
        }
        return joined

    def _version_at(self, location: Location) -> Version:
        return self._versions.get(location.file, self._version)

    def schema(self, location: Location, direction: Direction) -> Schema:
        """Return the converted schema at a location; its ``$ref``s read ``#/$defs/KEY``."""
        return self._convert(self._key(location), direction)

    def resolve(self, reference: str, direction: Direction) -> Schema:
        """Return the converted schema behind a ``$ref`` of a converted schema."""
        return self._convert(reference.removeprefix(_PREFIX), direction)

    def bundle(self, location: Location, direction: Direction) -> dict[str, object]:
        """Return a schema of its own that holds everything which the one at a location reaches."""
        key = self._key(location)
        return _bundle(key, self._closure(key, direction))

    def validator(self, location: Location, direction: Direction) -> Validator:
        """Return the compiled schema at a location.

        A schema that does not compile is left out and reported in ``findings``: it must not take an operation down.
        """
        key = self._canonical(self._key(location), direction)
        kept = self._compiled.get((key, direction))
        if kept is None:
            formats = self._formats and direction == "request"
            kept = self._compile(key, direction, formats=formats)
            self._compiled[key, direction] = kept
            self._weight += kept.weight
            while self._weight > self._weight_limit and len(self._compiled) > 1:
                _, gone = self._compiled.popitem(last=False)
                self._weight -= gone.weight
        else:
            self._compiled.move_to_end((key, direction))
        return kept.validator

    def locate(self, schema_path: tuple[str | int, ...], direction: Direction) -> Location | None:
        """Return where in the document a violation's schema path stands; ``None`` for a path outside every schema."""
        if len(schema_path) < 2 or schema_path[0] != "$defs":
            return None
        location = self._locations.get(str(schema_path[1]))
        if location is None:
            return None
        schema = self._value(location)
        version = self._version_at(location)
        return location.child(*version.original_path(schema, direction, schema_path[2:]))

    def _key(self, location: Location) -> str:
        """Return the key of a location, made from its pointer: a person recognises it, and a component keeps its name."""
        if (key := self._keys.get(location)) is None:
            schemas_at = self._version_at(location).schemas_at
            parts = location.pointer.removeprefix(schemas_at).split("/")
            base = re.sub(r"[^A-Za-z0-9_.-]", "_", ".".join(parts)).strip(".") or "root"
            key, number = base, 1
            while key in self._locations or key == _DANGLING:
                number += 1
                key = f"{base}.{number}"
            self._keys[location] = key
            self._locations[key] = location
        return key

    def _canonical(self, key: str, direction: Direction) -> str:
        """Follow schemas that are nothing but a reference, so that all who refer to one schema share its validator."""
        asked = key, direction
        if (found := self._canonicals.get(asked)) is not None:
            return found
        seen = {key}
        while isinstance(schema := self._convert(key, direction), dict) and set(schema) == {"$ref"}:
            key = str(schema["$ref"]).removeprefix(_PREFIX)
            if key in seen:
                break
            seen.add(key)
        self._canonicals[asked] = key
        return key

    def _convert(self, key: str, direction: Direction) -> Schema:
        """Return the converted schema of a key, and remember what it refers to."""
        if (converted := self._converted.get((key, direction))) is not None:
            return converted
        if key == _DANGLING:
            return True
        location = self._locations[key]
        reaches: set[str] = set()

        def rewrite(reference: str) -> str:
            target = self._target(reference, location)
            reaches.add(target)
            return _PREFIX + target

        def look_up(reference: str) -> object:
            try:
                return self._document.value(self._document.resolve(reference, location))
            except SpecError:
                return None

        def report(path: tuple[str | int, ...], rule: str, message: str) -> None:
            self._warn(Finding(rule, message, self._document.place(location.child(*path))))

        version = self._version_at(location)
        converted = version.convert_schema(
            self._value(location),
            direction,
            rewrite,
            own_ref=_PREFIX + key,
            name=_own_name(location, version),
            look_up=look_up,
            report=report,
        )
        self._converted[key, direction] = converted
        self._reaches[key, direction] = reaches
        return converted

    def _value(self, location: Location) -> object:
        """Return a schema as the document has it."""
        made = self._made.get(location)
        return self._document.value(location) if made is None else made

    def _target(self, reference: str, base: Location) -> str:
        try:
            return self._key(self._document.resolve(reference, base))
        except SpecError as error:
            self._warn(*error.findings)
            return _DANGLING

    def _warn(self, *findings: Finding) -> None:
        for finding in findings:
            warning = Finding(finding.rule, finding.message, finding.place, finding.hint, "warning")
            if warning not in self.findings:
                self.findings.append(warning)

    def _closure(self, key: str, direction: Direction) -> dict[str, object]:
        """Return every schema that one reaches, itself included, by key."""
        found: dict[str, object] = {}
        waiting = [key]
        while waiting:
            here = waiting.pop()
            if here not in found:
                found[here] = self._convert(here, direction)
                waiting += self._reaches.get((here, direction), ())
        return found

    def _compile(self, key: str, direction: Direction, *, formats: bool) -> _Kept:
        closure = self._bearable(self._closure(key, direction), direction)
        try:
            compiled = compile_schema(_bundle(key, closure), formats=formats)
        except SchemaProblem:
            sound = {one: self._sound(one, closure, direction) for one in closure}
            compiled = compile_schema(_bundle(key, sound), formats=formats)
        return _Kept(compiled, len(closure))

    def _bearable(self, closure: dict[str, object], direction: Direction) -> dict[str, object]:
        """Let schemas that would keep a judge busy for ever allow all, with a warning: here and for who makes values."""
        looks = Looks(lambda reference: self.resolve(reference, direction))
        for key in closure:
            if not looks.are_bearable(_PREFIX + key):
                message = (
                    "judging a value by this schema would take too long, and it is not applied"
                )
                hint = "combine fewer references with allOf, anyOf or oneOf"
                place = self._document.place(self._locations[key])
                self._warn(Finding("unusable-schema", message, place, hint))
                closure[key] = self._converted[key, direction] = True
        return closure

    def _sound(self, key: str, closure: Mapping[str, object], direction: Direction) -> object:
        """Return a converted schema, or one that allows all, with a warning, where it does not compile.

        The conversion leaves out what is known not to compile, so this is for the unforeseen.
        """
        alone = {**dict.fromkeys(closure, True), key: closure[key]}
        try:
            compile_schema(_bundle(key, alone))
        except SchemaProblem as problem:
            location = self.locate(problem.path, direction) or self._locations[key]
            message = f"this schema cannot be compiled and is not applied: {str(problem)[:200]}"
            place = self._document.place(location)
            self._warn(Finding("unusable-schema", message, place))
            return True
        return closure[key]


def _own_name(location: Location, version: Version) -> str:
    """Return the name under which a document defines the schema at a location; empty where it is no definition."""
    name = location.pointer.removeprefix(version.schemas_at)
    if name == location.pointer or "/" in name:
        return ""
    return name.replace("~1", "/").replace("~0", "~")


def _bundle(key: str, closure: Mapping[str, object]) -> dict[str, object]:
    return {"$ref": _PREFIX + key, "$defs": closure}
