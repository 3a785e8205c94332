"""A value that a schema accepts: static, the same every time and as Prism has it where that is valid, or drawn by chance.

Generation proposes and the judge disposes: what a proposal breaks is mended where it broke (the next example, the next
branch, without an optional property), until the value fits. So no keyword needs a special case to be honoured.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Protocol

from mockserver.generation.chance import Chance
from mockserver.generation.flatten import Choice, Flat, Keywords, flatten, types_of
from mockserver.generation.patterns import NoString, write_match
from mockserver.generation.scalars import (
    Unsatisfiable,
    make_integer,
    make_number,
    make_string,
    size,
)
from mockserver.schemas import Schema, Validator
from mockserver.spec.model import Direction, Location

__all__ = ["Unsatisfiable", "generate"]

Path = tuple[str | int, ...]

_MOST_TRIES = 60
_MOST_VALUES = 100_000
_SOFT_VALUES = 3_000
"""From here on optional properties are left out: wide schemas that refer to each other would grow without end."""
_MOST_RECURSIONS = 2
_MOST_LEVELS = 60
_TYPES = ("object", "array", "string", "integer", "number", "boolean", "null")
_STATIC = b"static"
_HINTS: dict[str, tuple[str, ...]] = {
    "object": (
        "properties",
        "additionalProperties",
        "required",
        "minProperties",
        "patternProperties",
        "propertyNames",
        "dependentRequired",
    ),
    "array": ("items", "prefixItems", "minItems", "contains", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}


class Schemas(Protocol):
    """What generation needs of the schema registry."""

    def schema(self, location: Location, direction: Direction) -> Schema:
        """Return the converted schema at a location."""
        ...

    def resolve(self, reference: str, direction: Direction) -> Schema:
        """Return the converted schema behind a ``$ref`` of a converted schema."""
        ...

    def validator(self, location: Location, direction: Direction) -> Validator:
        """Return the compiled schema at a location."""
        ...


def generate(
    schemas: Schemas,
    location: Location,
    direction: Direction,
    *,
    chance: Chance | None,
    fill_properties: bool = True,
) -> object:
    """Return a value that the schema at a location accepts.

    A ``chance`` draws it, ``None`` gives the same every time. Without ``fill_properties`` objects hold only what they
    must.

    Raises:
        Unsatisfiable: None was found.
    """
    schema = schemas.schema(location, direction)
    validator = schemas.validator(location, direction)

    def resolve(reference: str) -> Schema:
        return schemas.resolve(reference, direction)

    hidden = "readOnly" if direction == "request" else "writeOnly"
    plan = _Plan(fill_properties=fill_properties)
    for attempt in range(_MOST_TRIES):
        drawn = chance.fork(attempt) if chance else Chance(_STATIC, attempt)
        proposal = _Proposal(resolve, hidden, plan, drawn, dynamic=chance is not None)
        value = proposal.value(schema)
        broken = validator.broken_at(value)
        if not broken:
            return value
        if not plan.mend(broken, proposal):
            plan.restart()
    raise Unsatisfiable("no value was found that its schema accepts")


class _Plan:
    """What was learned from proposals that broke: which alternative to take where, and what to leave out."""

    def __init__(self, *, fill_properties: bool) -> None:
        self.fill_properties = fill_properties
        self.examples = True
        self.taken: dict[Path, int] = {}
        self.dropped: set[Path] = set()

    def mend(self, broken: list[Path], proposal: "_Proposal") -> bool:
        """Take the next alternative at or above every place that broke; ``False`` where nothing is left to change."""
        mended = [self._mend_one(path, proposal) for path in dict.fromkeys(broken)]
        return any(mended)

    def _mend_one(self, path: Path, proposal: "_Proposal") -> bool:
        for end in range(len(path), -1, -1):
            here = path[:end]
            taken = self.taken.get(here, 0)
            if taken + 1 < proposal.alternatives.get(here, 1):
                self.taken[here] = taken + 1
                for below in [
                    known for known in self.taken if len(known) > end and known[:end] == here
                ]:
                    del self.taken[below]
                return True
            if here in proposal.optional and here not in self.dropped:
                self.dropped.add(here)
                return True
        return False

    def restart(self) -> None:
        """Begin again with other draws and with less: without examples, then with only what must be there."""
        self.taken.clear()
        self.dropped.clear()
        if self.examples:
            self.examples = False
        else:
            self.fill_properties = False


class _Proposal:
    """One value, made by a plan.

    Attributes:
        alternatives: How many ways there were, by path.
        optional: Paths of properties and items that may be left out.
    """

    def __init__(
        self,
        resolve: Callable[[str], Schema],
        hidden: str,
        plan: _Plan,
        chance: Chance,
        *,
        dynamic: bool,
    ) -> None:
        self.alternatives: dict[Path, int] = {}
        self.optional: set[Path] = set()
        self._resolve = resolve
        self._hidden = hidden
        self._plan = plan
        self._chance = chance
        self._dynamic = dynamic
        self._count = 0

    def value(self, schema: Schema) -> object:
        """Return the proposed value."""
        return self._node(schema, (), {}, examples=self._plan.examples)

    def _node(
        self, schema: Schema, path: Path, seen: Mapping[str, int], *, examples: bool
    ) -> object:
        self._count += 1
        if self._count > _MOST_VALUES:
            raise Unsatisfiable(f"a value of more than {_MOST_VALUES:,} parts would be needed")
        if len(path) > _MOST_LEVELS:
            raise Unsatisfiable(f"a value deeper than {_MOST_LEVELS} levels would be needed")
        flat = flatten(schema, self._resolve)
        inner_seen = dict(seen)
        self._chosen(flat, path, inner_seen)
        for reference in flat.followed:
            inner_seen[reference] = inner_seen.get(reference, 0) + 1
            if inner_seen[reference] > _MOST_RECURSIONS:
                raise Unsatisfiable("the schema needs itself without end")
        ready = list(self._ready(flat.keywords, examples=examples))
        kinds = self._kinds(flat)
        ways = (
            len(ready) + len(kinds)
            if "const" not in flat.keywords and "enum" not in flat.keywords
            else len(ready)
        )
        index = self._way(path, max(ways, 1))
        if index < len(ready):
            return ready[index]
        if flat.impossible:
            raise Unsatisfiable(flat.impossible)
        kind = kinds[min(index - len(ready), len(kinds) - 1)]
        return self._of_kind(kind, flat.keywords, path, inner_seen, examples=examples)

    def _way(self, path: Path, ways: int) -> int:
        """Return which of so many ways the plan takes at a path; ways of one path multiply with those of its choices."""
        before = self.alternatives.get(path, 1)
        self.alternatives[path] = before * ways
        return self._plan.taken.get(path, 0) // before % ways

    def _ready(self, keywords: Keywords, *, examples: bool = True) -> Iterator[object]:
        """Yield the values that a schema itself offers, best first."""
        if examples and not self._dynamic:
            if "example" in keywords:
                yield keywords["example"]
            several = keywords.get("examples")
            if isinstance(several, list):
                yield from several
            if "default" in keywords:
                yield keywords["default"]
        if "const" in keywords:
            yield keywords["const"]
        enum = keywords.get("enum")
        if isinstance(enum, list) and enum:
            start = self._chance.integer(0, len(enum) - 1) if self._dynamic else 0
            yield from enum[start:] + enum[:start]

    def _kinds(self, flat: Flat) -> list[str]:
        """Return the types to try, in order: those named, else those that keywords hint at, else an object."""
        named = types_of(flat.keywords)
        if named is not None:
            return [kind for kind in _TYPES if kind in named] or ["null"]
        hinted = [
            kind for kind, keys in _HINTS.items() if any(key in flat.keywords for key in keys)
        ]
        return hinted or ["object", "string"]

    def _chosen(self, flat: Flat, path: Path, seen: dict[str, int]) -> None:
        """Make every choice of a flat schema, and those that the branches bring."""
        choices, flat.choices = flat.choices, []
        for choice in choices:
            branches = self._usable(choice, flat, seen)
            index = self._way(path, len(branches)) if branches else 0
            if self._dynamic and self._plan.taken.get(path, 0) == 0 and len(branches) > 1:
                index = self._chance.fork(*path, "branch").integer(0, len(branches) - 1)
            branch = branches[index] if branches else False
            merged = flatten(
                {"allOf": [_rest(flat), branch, *_named(choice, branch)]}, self._resolve
            )
            flat.keywords, flat.impossible = merged.keywords, flat.impossible or merged.impossible
            flat.followed += [
                reference for reference in merged.followed if reference not in flat.followed
            ]
            flat.choices += merged.choices
        if flat.choices:
            self._chosen(flat, path, seen)

    def _usable(self, choice: Choice, flat: Flat, seen: Mapping[str, int]) -> list[Schema]:
        """Return the branches that do not contradict the rest or recurse; null only where nothing else is meant."""
        usable = []
        for branch in choice.branches:
            merged = flatten({"allOf": [_rest(flat), branch]}, self._resolve)
            if merged.impossible or any(
                seen.get(key, 0) >= _MOST_RECURSIONS for key in merged.followed
            ):
                continue
            usable.append((types_of(merged.keywords) == frozenset(("null",)), branch))
        told = [branch for is_null, branch in usable if not is_null]
        if not told and len(usable) < len(choice.branches):
            raise Unsatisfiable("the schema needs itself without end, or null")
        return told or [branch for _, branch in usable]

    def _of_kind(
        self, kind: str, keywords: Keywords, path: Path, seen: Mapping[str, int], *, examples: bool
    ) -> object:
        name = next((token for token in reversed(path) if isinstance(token, str)), "")
        chance = self._chance.fork(*path)
        match kind:
            case "object":
                return self._object(keywords, path, seen, examples=examples)
            case "array":
                return self._array(keywords, path, seen, examples=examples)
            case "string":
                return make_string(keywords, name, chance, dynamic=self._dynamic)
            case "integer":
                return make_integer(keywords, name, chance, dynamic=self._dynamic)
            case "number":
                return make_number(keywords, name, chance, dynamic=self._dynamic)
            case "boolean":
                return chance.integer(0, 1) == 1 if self._dynamic else True
            case _:
                return None

    def _object(
        self, keywords: Keywords, path: Path, seen: Mapping[str, int], *, examples: bool
    ) -> object:
        properties = keywords.get("properties")
        described: dict[str, object] = properties if isinstance(properties, dict) else {}
        required = _strings(keywords.get("required"))
        found: dict[str, object] = {}
        for name, schema in described.items():
            if name in required:
                found[name] = self._required(
                    _schema(schema), (*path, name), seen, examples=examples
                )
            elif self._wants(schema, (*path, name)):
                self.optional.add((*path, name))
                try:
                    found[name] = self._node(
                        _schema(schema), (*path, name), seen, examples=examples
                    )
                except Unsatisfiable:
                    continue
        for name in required:
            if name not in found:
                found[name] = self._node(
                    _other(keywords, name), (*path, name), seen, examples=examples
                )
        self._depend(keywords, described, found, path, seen)
        self._fill(keywords, found, path, seen)
        return dict(sorted(found.items())) if self._dynamic else found

    def _required(
        self, schema: Schema, path: Path, seen: Mapping[str, int], *, examples: bool
    ) -> object:
        """Return a value that must be there: null where nothing else ends a recursion and null is allowed."""
        try:
            return self._node(schema, path, seen, examples=examples)
        except Unsatisfiable:
            flat = flatten(schema, self._resolve)
            branches = [branch for choice in flat.choices for branch in choice.branches]
            kinds = [types_of(flatten(branch, self._resolve).keywords) for branch in branches]
            if any(kind and "null" in kind for kind in (types_of(flat.keywords), *kinds)):
                return None
            raise

    def _wants(self, schema: object, path: Path) -> bool:
        """Tell whether an optional property is to be there."""
        if (
            not self._plan.fill_properties
            or path in self._plan.dropped
            or self._count > _SOFT_VALUES
        ):
            return False
        if schema is False:
            return False
        flat = flatten(_schema(schema), self._resolve)
        return flat.keywords.get(self._hidden) is not True

    def _depend(
        self,
        keywords: Keywords,
        described: Mapping[str, object],
        found: dict[str, object],
        path: Path,
        seen: Mapping[str, int],
    ) -> None:
        """Add what present properties ask for (dependentRequired)."""
        dependent = keywords.get("dependentRequired")
        if not isinstance(dependent, dict):
            return
        waiting = list(found)
        while waiting:
            for name in _strings(dependent.get(waiting.pop())):
                if name not in found:
                    schema = _schema(described.get(name, True))
                    found[name] = self._node(schema, (*path, name), seen, examples=True)
                    waiting.append(name)

    def _fill(
        self, keywords: Keywords, found: dict[str, object], path: Path, seen: Mapping[str, int]
    ) -> None:
        """Add properties until there are enough; one where the object is a map, so that its values can be seen."""
        low, high = size(keywords, "minProperties", "maxProperties")
        if low > _MOST_VALUES:
            raise Unsatisfiable(f"minProperties {low} is more than what is generated")
        is_map = (
            isinstance(keywords.get("additionalProperties"), dict)
            or "patternProperties" in keywords
        )
        if (
            is_map
            and not found
            and self._plan.fill_properties
            and high != 0
            and self._count < _SOFT_VALUES
        ):
            self.optional.add((*path, "property1"))
            if (*path, "property1") not in self._plan.dropped:
                low = max(low, 1)
        for number in range(1, low * 3 + 1):
            if len(found) >= low:
                return
            name = self._name(keywords, number)
            if name in found:
                continue
            try:
                found[name] = self._node(_other(keywords, name), (*path, name), seen, examples=True)
            except Unsatisfiable:
                if len(found) < size(keywords, "minProperties", "maxProperties")[0]:
                    raise
                return

    def _name(self, keywords: Keywords, number: int) -> str:
        """Return the name of an additional property."""
        names = keywords.get("propertyNames")
        if isinstance(names, dict):
            flat = flatten(names, self._resolve)
            enum = flat.keywords.get("enum")
            if isinstance(enum, list) and enum:
                return str(enum[(number - 1) % len(enum)])
            return make_string(
                flat.keywords, "name", self._chance.fork("name", number), dynamic=number > 1
            )
        patterns = keywords.get("patternProperties")
        if isinstance(patterns, dict) and patterns:
            try:
                return write_match(next(iter(patterns)), self._chance.fork("name", number))
            except NoString:
                pass
        return f"property{number}"

    def _array(
        self, keywords: Keywords, path: Path, seen: Mapping[str, int], *, examples: bool
    ) -> object:
        low, high = size(keywords, "minItems", "maxItems")
        if low > _MOST_VALUES:
            raise Unsatisfiable(
                f"minItems {low} is more than the {_MOST_VALUES:,} values that are generated"
            )
        prefix = keywords.get("prefixItems")
        leading = [_schema(part) for part in prefix] if isinstance(prefix, list) else []
        contained = _schema(keywords["contains"]) if "contains" in keywords else None
        least = keywords.get("minContains", 1) if contained is not None else 0
        wanted = max(
            low,
            len(leading) if low == 0 and self._count < _SOFT_VALUES else min(len(leading), low),
            least if isinstance(least, int) else 0,
        )
        if not wanted and self._count < _SOFT_VALUES and keywords.get("items") is not False:
            self.optional.add((*path, 0))
            if (*path, 0) not in self._plan.dropped:
                wanted = self._chance.fork(*path, "size").integer(1, 3) if self._dynamic else 1
        wanted = wanted if high is None else min(wanted, high)
        found: list[object] = []
        for index in range(wanted):
            schema = (
                leading[index] if index < len(leading) else _schema(keywords.get("items", True))
            )
            if contained is not None and index >= wanted - (least if isinstance(least, int) else 0):
                schema = {"allOf": [schema, contained]} if isinstance(schema, dict) else contained
            try:
                found.append(
                    self._item(schema, keywords, found, (*path, index), seen, examples=examples)
                )
            except Unsatisfiable:
                if len(found) < max(low, least if isinstance(least, int) else 0):
                    raise
                break
        return found

    def _item(
        self,
        schema: Schema,
        keywords: Keywords,
        found: list[object],
        path: Path,
        seen: Mapping[str, int],
        *,
        examples: bool,
    ) -> object:
        """Return one item; where items must differ, one that is not there yet."""
        value = self._node(schema, path, seen, examples=examples)
        if keywords.get("uniqueItems") is not True or value not in found:
            return value
        flat = flatten(schema, self._resolve)
        for ready in self._ready(flat.keywords):
            if ready not in found:
                return ready
        for attempt in range(20):
            other = _Proposal(
                self._resolve,
                self._hidden,
                self._plan,
                self._chance.fork(*path, attempt),
                dynamic=True,
            )
            value = other._node(schema, path, seen, examples=False)
            if value not in found:
                return value
        raise Unsatisfiable("no more items that differ were found")


def _rest(flat: Flat) -> Schema:
    return dict(flat.keywords)


def _named(choice: Choice, branch: Schema) -> list[Schema]:
    """Return the schema that lets a discriminator's property name the branch taken."""
    if choice.discriminator is None or not isinstance(branch, dict):
        return []
    name, reference = choice.discriminator.get("propertyName"), branch.get("$ref")
    if not isinstance(name, str) or not isinstance(reference, str):
        return []
    key = reference.rpartition("/")[2]
    mapping = choice.discriminator.get("mapping")
    for value, target in mapping.items() if isinstance(mapping, dict) else ():
        if isinstance(target, str) and target.rpartition("/")[2] == key:
            return [{"type": "object", "properties": {name: {"enum": [value]}}, "required": [name]}]
    return [{"type": "object", "properties": {name: {"example": key}}, "required": [name]}]


def _other(keywords: Keywords, name: str) -> Schema:
    """Return the schema of a property that ``properties`` does not have."""
    patterns = keywords.get("patternProperties")
    for pattern, schema in patterns.items() if isinstance(patterns, dict) else ():
        try:
            if re.search(pattern, name):
                return _schema(schema)
        except re.error:
            continue
    other = keywords.get(
        "additionalProperties", keywords.get("unevaluatedProperties", {"type": "string"})
    )
    if other is True:
        return {"type": "string"}
    return _schema(other)


def _schema(value: object) -> Schema:
    return value if isinstance(value, dict | bool) else True


def _strings(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
