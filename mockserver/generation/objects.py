"""Objects: the properties that must be there, those that may be, and as many more as a schema asks for."""

from collections.abc import Iterator

from mockserver.generation.chance import Chance
from mockserver.generation.fitting import matches
from mockserver.generation.flatten import Flat, both, names_in, schema_in
from mockserver.generation.making import Maker, Spot, TooLarge, Unsatisfiable
from mockserver.generation.patterns import NoString, write_match
from mockserver.generation.scalars import make_string, size
from mockserver.generation.words import draw_word
from mockserver.schemas import Schema

_MOST_MEMBERS = 20_000
_MAP_MEMBERS = 2
"""Prism shows a map by two members."""


def make_object(maker: Maker, flat: Flat, spot: Spot) -> dict[str, object]:
    """Return an object for a flat schema: described properties in the document's order, or by name where drawn.

    Raises:
        Unsatisfiable: Something that must be there cannot be.
    """
    low, high = size(flat.keywords, "minProperties", "maxProperties")
    if low > _MOST_MEMBERS:
        raise TooLarge(f"minProperties {low} is more than the {_MOST_MEMBERS:,} that are generated")
    required = flat.required
    optional = list(_optional(maker, flat, spot))
    if high is not None:
        optional = optional[: max(high - len(required), 0)]
    wanted = {*required, *optional}
    order = [name for name in flat.properties if name in wanted]
    order += [name for name in required if name not in flat.properties]
    wide = sum(maker.is_wide(schema_of(flat, name)) for name in order)
    room = spot.room / max(wide, 1)
    found: dict[str, object] = {}
    for name in order:
        if name in required:
            found[name] = _required(maker, flat, name, spot, room)
        else:
            try:
                found[name] = _member(maker, flat, name, spot, room)
            except TooLarge:
                raise
            except Unsatisfiable:
                continue
    _depend(maker, flat, found, spot, room)
    _fill(maker, flat, found, spot, low, high)
    return dict(sorted(found.items())) if maker.dynamic else found


def schema_of(flat: Flat, name: str) -> Schema:
    """Return what a flat schema asks of a property, by its name, its patterns and what closes the object."""
    key = ("property", name)
    if key not in flat.kept:
        flat.kept[key] = _schema_of(flat, name)
    return schema_in(flat.kept[key])


def _schema_of(flat: Flat, name: str) -> Schema:
    patterns = flat.keywords.get("patternProperties")
    parts = [flat.properties[name]] if name in flat.properties else []
    parts += [
        schema
        for pattern, schema in (patterns.items() if isinstance(patterns, dict) else ())
        if matches(pattern, name)
    ]
    parts += [closing.schema for closing in flat.closings if closing.covers(name)]
    if not parts and "unevaluatedProperties" in flat.keywords:
        parts = [flat.keywords["unevaluatedProperties"]]
    asked: Schema = True
    for part in parts:
        asked = both(asked, part)
    return asked


def _optional(maker: Maker, flat: Flat, spot: Spot) -> Iterator[str]:
    """Yield the names of optional properties that are to be there."""
    if spot.bare or not maker.fill_properties:
        return
    names = flat.keywords.get("propertyNames", True)
    for name in flat.properties:
        schema = schema_of(flat, name)
        if name in flat.required or schema is False:
            continue
        if spot.room < 1 and maker.is_wide(schema):
            continue
        if maker.may_drop(spot.below(name, 0)) or maker.is_hidden(maker.flat(schema)):
            continue
        if names is True or maker.fits(name, schema_in(names)):
            yield name


def _member(maker: Maker, flat: Flat, name: str, spot: Spot, room: float) -> object:
    """Return the value of a property: from an example of a part of the object where it fits, else made."""
    schema = schema_of(flat, name)
    if not maker.dynamic and name in flat.hints and maker.fits(flat.hints[name], schema):
        return flat.hints[name]
    if schema is True and name not in flat.properties:
        schema = {"type": "string"}
    return maker.node(schema, spot.below(name, room))


def _required(maker: Maker, flat: Flat, name: str, spot: Spot, room: float) -> object:
    """Return the value of a property that must be there: null where nothing else ends a recursion."""
    try:
        return _member(maker, flat, name, spot, room)
    except TooLarge:
        raise
    except Unsatisfiable as error:
        if maker.fits(None, schema_of(flat, name)):
            return None
        raise (
            error
            if "property" in str(error)
            else Unsatisfiable(f"the required property {name!r} cannot be made: {error}")
        ) from error


def _depend(maker: Maker, flat: Flat, found: dict[str, object], spot: Spot, room: float) -> None:
    """Add what present properties ask for (``dependentRequired``)."""
    dependent = flat.keywords.get("dependentRequired")
    if not isinstance(dependent, dict):
        return
    waiting = list(found)
    while waiting:
        for name in names_in(dependent.get(waiting.pop())):
            if name not in found:
                found[name] = _required(maker, flat, name, spot, room)
                waiting.append(name)


def _fill(
    maker: Maker,
    flat: Flat,
    found: dict[str, object],
    spot: Spot,
    low: int,
    high: int | None,
) -> None:
    """Add members until there are enough; two where the object is a map, so that its values can be seen."""
    wanted = low
    if maker.fill_properties and not spot.bare and spot.room >= 1 and _is_map(flat, found):
        wanted = max(low, len(found) + _MAP_MEMBERS)
        wanted = wanted if high is None else min(wanted, max(high, low))
    room = spot.room / max(wanted, 1)
    for name in _names(maker, flat, spot, wanted):
        if len(found) >= wanted:
            return
        schema = schema_of(flat, name)
        if name in found or schema is False:
            continue
        below = spot.below(name, room)
        if len(found) >= low and (schema is True or maker.may_drop(below)):
            continue
        try:
            found[name] = _member(maker, flat, name, spot, room)
        except TooLarge:
            raise
        except Unsatisfiable:
            if len(found) < low:
                raise
            return


def _is_map(flat: Flat, found: dict[str, object]) -> bool:
    """Tell whether an object's members are described without their names."""
    if "patternProperties" in flat.keywords and not found:
        return True
    schemas = [closing.schema for closing in flat.closings]
    return bool(schemas) and all(isinstance(schema, dict) for schema in schemas)


def _names(maker: Maker, flat: Flat, spot: Spot, wanted: int) -> Iterator[str]:
    """Yield names for further members, more than are wanted, because some may not do."""
    asked = schema_in(flat.keywords.get("propertyNames", True))
    enum = maker.flat(asked).keywords.get("enum")
    for item in enum if isinstance(enum, list) else ():
        if isinstance(item, str):
            yield item
    patterns = flat.keywords.get("patternProperties")
    for name in flat.properties:
        if schema_of(flat, name) is not False and wanted and maker.fits(name, asked):
            yield name
    for number in range(1, wanted * 3 + 2):
        chance = maker.chance(spot.below(f"name {number}", 0))
        for name in _candidates(maker, asked, patterns, chance, number):
            if asked is True or maker.fits(name, asked):
                yield name


def _candidates(
    maker: Maker, asked: Schema, patterns: object, chance: Chance, number: int
) -> Iterator[str]:
    """Yield names that may do: by pattern, plain, and by what names must be."""
    for pattern in patterns if isinstance(patterns, dict) else ():
        try:
            yield write_match(pattern, chance)
        except NoString:
            continue
    yield draw_word(chance) if maker.dynamic else f"property{number}"
    yield f"property{number}"
    if asked is not True:
        yield make_string(maker.flat(asked).keywords, "name", chance, dynamic=True)
