"""Arrays: the items that lead, those that must be contained, and as many more as a schema asks for."""

from mockserver.generation.fitting import unique_key
from mockserver.generation.flatten import Flat, both, schema_in
from mockserver.generation.making import Maker, Spot, TooLarge, Unsatisfiable
from mockserver.generation.scalars import size
from mockserver.schemas import Schema

_MOST_ITEMS = 20_000
_MOST_DRAWN = 3
_TRIES_TO_DIFFER = 60


def make_array(maker: Maker, flat: Flat, spot: Spot) -> list[object]:
    """Return an array for a flat schema: one item or what leads and must be there; one to three where drawn.

    Raises:
        Unsatisfiable: Something that must be there cannot be.
    """
    low, high = size(flat.keywords, "minItems", "maxItems")
    if low > _MOST_ITEMS:
        raise TooLarge(f"minItems {low} is more than the {_MOST_ITEMS:,} that are generated")
    leading = flat.keywords.get("prefixItems")
    prefix = [schema_in(part) for part in leading] if isinstance(leading, list) else []
    rest = schema_in(flat.keywords.get("items", flat.keywords.get("unevaluatedItems", True)))
    contained = _contained(flat)
    needed = max(low, contained)
    wanted = max(needed, _wished(maker, flat, spot, len(prefix)))
    if rest is False:
        wanted = min(wanted, len(prefix))
    wanted = wanted if high is None else min(wanted, high)
    found: list[object] = []
    keys: set[object] = set()
    unique = flat.keywords.get("uniqueItems") is True
    for index in range(wanted):
        schema = prefix[index] if index < len(prefix) else rest
        if index >= wanted - contained:
            schema = _with_contained(flat, schema, index < len(prefix))
        below = spot.below(index, spot.room / wanted)
        if index >= needed and maker.may_drop(below):
            break
        try:
            found.append(_item(maker, schema, below, keys if unique else None))
        except TooLarge:
            raise
        except Unsatisfiable:
            if index < needed:
                raise
            break
    return found


def _wished(maker: Maker, flat: Flat, spot: Spot, leading: int) -> int:
    """Return how many items there are to be where none must."""
    if spot.room < 1 or not maker.fill_properties:
        return 0
    if leading:
        return leading
    if flat.keywords.get("items", False) in (False, True):
        return 0
    return maker.chance(spot).integer(1, _MOST_DRAWN) if maker.dynamic else 1


def _contained(flat: Flat) -> int:
    """Return how many items must fit ``contains``."""
    if "contains" not in flat.keywords:
        return 0
    least = flat.keywords.get("minContains", 1)
    return least if isinstance(least, int) else 1


def _with_contained(flat: Flat, schema: Schema, leading: bool) -> Schema:  # noqa: FBT001
    key = ("contained", id(schema) if leading else "rest")
    if key not in flat.kept:
        flat.kept[key] = both(schema, flat.keywords["contains"])
    return schema_in(flat.kept[key])


def _item(maker: Maker, schema: Schema, spot: Spot, keys: set[object] | None) -> object:
    """Return one item; where items must differ, one whose key is not there yet."""
    value = maker.node(schema, spot)
    if keys is None:
        return value
    for salt in range(1, _TRIES_TO_DIFFER):
        if unique_key(value) not in keys:
            keys.add(unique_key(value))
            return value
        value = maker.node(schema, spot._replace(salt=spot.salt * _TRIES_TO_DIFFER + salt))
    raise Unsatisfiable("no more items that differ were found")
