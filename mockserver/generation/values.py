"""A value that a schema accepts: static, the same every time and as Prism has it where that is valid, or drawn by chance.

Values are made from the inside out, each choice checked where it is made; the judge has the last word, and where it
finds something broken, other values are tried, with less in them.
"""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol
from weakref import WeakKeyDictionary

from mockserver.generation.arrays import make_array
from mockserver.generation.chance import Chance
from mockserver.generation.faker import draw_named
from mockserver.generation.fitting import fits
from mockserver.generation.flatten import (
    Choice,
    Flat,
    flatten,
    merge,
    schema_in,
    types_of,
)
from mockserver.generation.making import Path, Spot, TooLarge, Unsatisfiable
from mockserver.generation.objects import make_object, schema_of
from mockserver.generation.scalars import make_integer, make_number, make_string
from mockserver.schemas import Schema, Validator
from mockserver.spec.model import Direction, Location

__all__ = ["Unsatisfiable", "generate"]

_MOST_TRIES = 10
_MOST_WAYS = 32
_MOST_VALUES = 50_000
_MOST_LEVELS = 40
_MOST_RECURSIONS = 2
_ROOM = 500.0
_MOST_KEPT = 50_000
_ANNOTATIONS = frozenset(
    (
        "title",
        "description",
        "deprecated",
        "readOnly",
        "writeOnly",
        "externalDocs",
        "xml",
        "$comment",
    )
)
_STATIC = Chance(b"static")
_HINTS: dict[str, tuple[str, ...]] = {
    "object": (
        *("properties", "required", "minProperties", "maxProperties"),
        *("patternProperties", "propertyNames", "dependentRequired"),
    ),
    "array": ("items", "prefixItems", "minItems", "maxItems", "contains", "uniqueItems"),
    "string": ("pattern", "minLength", "maxLength", "format", "contentEncoding"),
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
    validator = schemas.validator(location, direction)  # first: it finds what cannot be judged
    schema = schemas.schema(location, direction)
    maker = _Maker(schemas, direction, chance, fill_properties=fill_properties)
    reason = ""
    for attempt in range(_MOST_TRIES):
        try:
            value = maker.attempt(schema, attempt)
        except (TooLarge, RecursionError) as error:
            raise Unsatisfiable(str(error)) from error
        except Unsatisfiable as error:
            reason = str(error)
            continue
        broken = validator.broken_at(value)
        if not broken:
            return value
        reason = f"every value tried broke it, the last at {_pointer(broken[0])}"
        maker.leave_out(broken)
    raise Unsatisfiable(f"no value was found that its schema accepts: {reason}")


_Kept = dict[tuple[int, Direction], tuple[Schema, Flat]]
_KEPT: WeakKeyDictionary[Schemas, _Kept] = WeakKeyDictionary()
"""Flat forms by registry: pure results that the next call needs again. Schemas are known by identity, so each is kept."""


class _Maker:
    """Makes the value of one call; see ``Maker``."""

    def __init__(
        self,
        schemas: Schemas,
        direction: Direction,
        chance: Chance | None,
        *,
        fill_properties: bool,
    ) -> None:
        self.fill_properties = fill_properties
        self.dynamic = chance is not None
        self._chance = chance or _STATIC
        self._schemas = schemas
        self._direction: Direction = direction
        self._kept = _KEPT.setdefault(schemas, {})
        self._examples = True
        self._count = 0
        self._optional: set[Path] = set()
        self._dropped: set[Path] = set()

    def attempt(self, schema: Schema, number: int) -> object:
        """Return a value to be judged: first as it should be, then without examples, then with the least in it."""
        self._examples = number < 2
        self.fill_properties = self.fill_properties and number < 4
        self._optional.clear()
        return self.node(schema, Spot(room=_ROOM, salt=number // 2))

    def leave_out(self, broken: list[Path]) -> None:
        """Make the next attempt without the optional parts that broke."""
        for path in broken:
            for end in range(len(path), 0, -1):
                if path[:end] in self._optional - self._dropped:
                    self._dropped.add(path[:end])
                    break

    def node(self, schema: Schema, spot: Spot) -> object:
        """Return a value for a schema; see ``Maker``."""
        self._count += 1
        if self._count > _MOST_VALUES:
            raise TooLarge(f"a value of more than {_MOST_VALUES:,} parts would be needed")
        if len(spot.path) > _MOST_LEVELS:
            raise TooLarge(f"a value deeper than {_MOST_LEVELS} levels would be needed")
        flat = self.flat(schema)
        if (ready := self._shown(flat, schema, spot)) is not _NOTHING:
            return ready
        if flat.impossible:
            raise Unsatisfiable(flat.impossible)
        if _is_over(flat, spot):
            return self._end(flat, schema)
        return self._made(flat, schema, spot)

    def flat(self, schema: Schema) -> Flat:
        """Return a schema's flat form; see ``Maker``."""
        key = (id(schema), self._direction)
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) > _MOST_KEPT:
                self._kept.clear()
            kept = self._kept[key] = (schema, flatten(schema, self._resolve))
        return kept[1]

    def fits(self, value: object, schema: Schema) -> bool:
        """Tell whether a value fits a schema; see ``Maker``."""
        return fits(value, schema, self._resolve)

    def is_wide(self, schema: Schema) -> bool:
        """Tell whether a schema's value takes room; see ``Maker``."""
        flat = self.flat(schema)
        if "wide" not in flat.kept:
            flat.kept["wide"] = False  # for a branch that leads back here
            flat.kept["wide"] = "enum" not in flat.keywords and (
                any(kind in ("object", "array") for kind in _kinds(flat, is_root=False))
                or any(self.is_wide(branch) for one in flat.choices for branch in one.branches)
            )
        return flat.kept["wide"] is True

    def chance(self, spot: Spot) -> Chance:
        """Return the chance of a spot; see ``Maker``."""
        return self._chance.fork(*spot.path, spot.salt)

    def may_drop(self, spot: Spot) -> bool:
        """Note what may be left out; see ``Maker``."""
        self._optional.add(spot.path)
        return spot.path in self._dropped

    def is_hidden(self, flat: Flat) -> bool:
        """Tell whether the other side alone sends it; see ``Maker``."""
        hidden = "readOnly" if self._direction == "request" else "writeOnly"
        return flat.keywords.get(hidden) is True

    def _resolve(self, reference: str) -> Schema:
        return self._schemas.resolve(reference, self._direction)

    def _shown(self, flat: Flat, schema: Schema, spot: Spot) -> object:
        """Return the first example or default that fits; ``_NOTHING`` without one and where values are drawn."""
        if self._examples and not self.dynamic:
            for value in (flat.examples + flat.defaults)[spot.salt :]:
                if self.fits(value, schema):
                    return value
        return _NOTHING

    def _end(self, flat: Flat, schema: Schema) -> object:
        """Return what ends a recursion, as Prism does: an empty object or array where that fits."""
        for kind, empty in (("object", {}), ("array", [])):
            if kind in _kinds(flat, is_root=False) and self.fits(empty, schema):
                return empty
        raise Unsatisfiable("the schema needs itself without end")

    def _made(self, flat: Flat, schema: Schema, spot: Spot) -> object:
        """Return a value made by the first way that gives one that holds."""
        reason = "no branch of a choice can be taken"
        doubted: list[tuple[Flat, object]] = []
        for salt, bare in _VARIATIONS:
            varied = spot._replace(salt=spot.salt * len(_VARIATIONS) + salt, bare=bare)
            before = len(doubted)
            for way in islice(self._ways(flat, spot), _MOST_WAYS):
                try:
                    value = self._of_way(way, schema, varied)
                except TooLarge:
                    raise
                except Unsatisfiable as error:
                    reason = str(error)
                    continue
                if self._holds(value, way, schema):
                    return value
                doubted.append((way, value))
            if len(doubted) == before:
                break
        for way, value in doubted:
            if (mended := self._told_apart(value, way, schema)) is not _NOTHING:
                return mended
        raise Unsatisfiable("its keywords exclude each other" if doubted else reason)

    def _holds(self, value: object, way: Flat, schema: Schema) -> bool:
        """Tell whether a made value keeps what the way of making it does not promise."""
        if any(self.fits(value, refused) for refused in way.refused):
            return False
        return not way.unsure or self.fits(value, schema)

    def _told_apart(self, value: object, way: Flat, schema: Schema) -> object:
        """Return an object with members that what must not hold refuses; ``_NOTHING`` where there are none."""
        if not isinstance(value, dict):
            return _NOTHING
        mended = dict(value)
        for refused in way.refused:
            for name, inner in self.flat(refused).properties.items():
                if not self.fits(mended, refused):
                    break
                for member in _SIMPLE:
                    if self.fits(member, schema_of(way, name)) and not self.fits(
                        member, schema_in(inner)
                    ):
                        mended[name] = member
                        break
        return mended if self.fits(mended, schema) else _NOTHING

    def _ways(self, flat: Flat, spot: Spot, at: int = 0) -> Iterator[Flat]:
        """Yield flat schemas whose choices, from one on, are made: those that the branches bring come last."""
        if at == len(flat.choices):
            yield flat
            return
        usable = self._usable(flat, at)
        ready = [way for way in usable if not _is_over(way, spot)]
        told = [way for way in ready if not _is_null(way)]
        if not told and len(ready) < len(usable):
            raise Unsatisfiable("the schema needs itself without end")
        ways = told or ready
        start = spot.salt
        if self.dynamic and len(ways) > 1:
            start += self.chance(spot).fork("branch", at).integer(0, len(ways) - 1)
        for index in range(len(ways)):
            yield from self._ways(ways[(start + index) % len(ways)], spot, at + 1)

    def _usable(self, flat: Flat, at: int) -> list[Flat]:
        """Return a flat schema with each branch of a choice that does not contradict it."""
        key = ("choice", at)
        if key not in flat.kept:
            choice = flat.choices[at]
            merged = [
                (branch, merge(flat, self._named(choice, branch), self._resolve))
                for branch in choice.branches
            ]
            sound = [(branch, way) for branch, way in merged if not self._is_hopeless(way)]
            if choice.alone:
                for branch, way in sound:
                    way.refused += [other for other, _ in sound if other is not branch]
            flat.kept[key] = [way for _, way in sound]
        kept = flat.kept[key]
        assert isinstance(kept, list)
        return kept

    def _is_hopeless(self, way: Flat) -> bool:
        """Tell whether plainly no value fits, itself or in a property that must be there."""
        if way.impossible:
            return True
        asked = [schema_of(way, name) for name in way.required]
        return any(
            schema is False or ("allOf" in schema and bool(self.flat(schema).impossible))
            for schema in asked
            if schema is not True
        )

    def _named(self, choice: Choice, branch: Schema) -> Schema:
        """Return a branch whose discriminator property names it, where its own schema allows that."""
        told = choice.discriminator or {}
        name = told.get("propertyName")
        reference = branch.get("$ref") if isinstance(branch, dict) else None
        if not isinstance(name, str) or not isinstance(reference, str):
            return branch
        key = reference.rpartition("/")[2]
        mapping = told.get("mapping")
        values = [
            value
            for value, target in (mapping.items() if isinstance(mapping, dict) else ())
            if isinstance(target, str) and target.rpartition("/")[2] == key
        ]
        own = schema_of(self.flat(branch), name)
        fitting = [value for value in values or [key] if self.fits(value, own)]
        if not fitting:
            return branch
        return {
            "allOf": [branch],
            "properties": {name: {"enum": fitting}},
            "required": [name],
        }

    def _of_way(self, way: Flat, schema: Schema, spot: Spot) -> object:
        """Return a value for a flat schema without choices."""
        if (ready := self._shown(way, schema, spot)) is not _NOTHING:
            return ready
        spot = _entered(way, spot)
        enum = way.keywords.get("enum")
        if isinstance(enum, list) and enum:
            start = spot.salt + (self._drawn(spot, len(enum)) if self.dynamic else 0)
            for index in range(len(enum)):
                item: object = enum[(start + index) % len(enum)]
                if self.fits(item, schema):
                    return item
            raise Unsatisfiable("no value of its enum fits its other keywords")
        if self.dynamic:
            named = draw_named(way.keywords, self.chance(spot))
            if named is not None and self.fits(named, schema):
                return named
        reason = Unsatisfiable("it has no type")
        if self._direction == "response" and not self.dynamic and _is_anything(way):
            return None
        for kind in _kinds(way, is_root=not spot.path):
            try:
                return self._of_kind(kind, way, spot)
            except TooLarge:
                raise
            except Unsatisfiable as error:
                reason = error
        raise reason

    def _drawn(self, spot: Spot, count: int) -> int:
        return self.chance(spot).integer(0, count - 1)

    def _of_kind(self, kind: str, way: Flat, spot: Spot) -> object:
        drawn = self.dynamic or spot.salt > 0
        match kind:
            case "object":
                return make_object(self, way, spot)
            case "array":
                return make_array(self, way, spot)
            case "string":
                name = spot.name if drawn else spot.member
                return make_string(way.keywords, name, self.chance(spot), dynamic=drawn)
            case "integer":
                return make_integer(way.keywords, spot.name, self.chance(spot), dynamic=drawn)
            case "number":
                return make_number(way.keywords, spot.name, self.chance(spot), dynamic=drawn)
            case "boolean":
                return not drawn or self.chance(spot).integer(0, 1) == 1
            case _:
                return None


_NOTHING = object()
_SIMPLE: tuple[object, ...] = ("string", 0, False, [], {}, None)
_VARIATIONS = ((0, False), (0, True), (1, False), (2, True), (3, False))
"""Ways to make a value that does not hold once more: by salt, and whether without optional properties."""


def _is_over(flat: Flat, spot: Spot) -> bool:
    """Tell whether a schema came back as often as it may."""
    return any(spot.seen.get(reference, 0) >= _MOST_RECURSIONS for reference in flat.followed)


def _entered(flat: Flat, spot: Spot) -> Spot:
    """Return the spot for what is below, where a schema's references count."""
    if not flat.followed:
        return spot
    counted = {reference: spot.seen.get(reference, 0) + 1 for reference in flat.followed}
    return spot._replace(seen={**spot.seen, **counted})


def _is_null(flat: Flat) -> bool:
    """Tell whether only null fits."""
    return types_of(flat.keywords) == ["null"] or flat.keywords.get("enum") == [None]


def _is_anything(flat: Flat) -> bool:
    """Tell whether a schema says nothing of its value: Prism shows null there."""
    return not (flat.closings or flat.refused or flat.keywords.keys() - _ANNOTATIONS)


def _kinds(flat: Flat, *, is_root: bool) -> list[str]:
    """Return the types to try, in order: those named, else those that keywords hint at, else what is expected there."""
    named = types_of(flat.keywords)
    if named is not None:
        return [kind for kind in named if kind != "null"] or named
    hinted = [kind for kind, keys in _HINTS.items() if any(key in flat.keywords for key in keys)]
    if not hinted and flat.closings:
        hinted = ["object"]
    return hinted or (["object", "string"] if is_root else ["string"])


def _pointer(path: Path) -> str:
    """Return a path as a JSON Pointer (RFC 6901), the root as a word."""
    tokens = (str(token).replace("~", "~0").replace("/", "~1") for token in path)
    return "/" + "/".join(tokens) if path else "the root"
