"""Strings and numbers within the bounds of their keywords: static ones as Prism has them where they fit, else drawn."""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil, floor

from mockserver.generation.chance import Chance
from mockserver.generation.patterns import NoString, write_match
from mockserver.generation.words import FORMATS, draw_text

MOST_CHARACTERS = 1_000_000


class Unsatisfiable(ValueError):
    """No value was found for a schema; one sentence without a final full stop."""


def make_string(keywords: Mapping[str, object], name: str, chance: Chance, *, dynamic: bool) -> str:
    """Return a string for flat keywords.

    Raises:
        Unsatisfiable: Its bounds exclude each other, or ask for more than a million characters.
    """
    low, high = size(keywords, "minLength", "maxLength")
    if low > MOST_CHARACTERS:
        raise Unsatisfiable(
            f"minLength {low} is more than the {MOST_CHARACTERS:,} characters that are generated"
        )
    pattern = keywords.get("pattern")
    if isinstance(pattern, str):
        try:
            return write_match(pattern, chance, low, high)
        except NoString as error:
            raise Unsatisfiable(str(error)) from error
    known = FORMATS.get(str(keywords.get("format")))
    if known:
        text = known[1](chance) if dynamic else known[0]
    else:
        text = draw_text(name, chance) if dynamic else "string"
    if high is not None and len(text) > high and known and not dynamic:
        text = known[1](chance)
    while len(text) < low:
        text += text or "string"
        text = text[: max(low, 1)] if len(text) > low else text
    return text if high is None else text[:high]


def make_integer(
    keywords: Mapping[str, object], name: str, chance: Chance, *, dynamic: bool
) -> int:
    """Return an integer for flat keywords.

    Raises:
        Unsatisfiable: Its bounds exclude each other.
    """
    step = _number(keywords.get("multipleOf"))
    if step is not None and step != step.to_integral_value():
        step = Decimal(step.as_integer_ratio()[0])
    unit = int(step) if step else 1
    low, high = _bounds(keywords)
    first = ceil(low / unit) if low is not None else None
    last = floor(high / unit) if high is not None else None
    if low is not None and _excluded(keywords, "exclusiveMinimum", (first or 0) * unit):
        first = (first or 0) + 1
    if high is not None and _excluded(keywords, "exclusiveMaximum", (last or 0) * unit):
        last = (last or 0) - 1
    if first is not None and last is not None and first > last:
        raise Unsatisfiable("the bounds of a number exclude each other")
    if not dynamic:
        return _nearest_zero(first, last) * unit
    start, span = _range(first, last, _span(name))
    return chance.integer(start, start + span) * unit


def make_number(
    keywords: Mapping[str, object], name: str, chance: Chance, *, dynamic: bool
) -> int | float:
    """Return a number for flat keywords.

    Raises:
        Unsatisfiable: Its bounds exclude each other.
    """
    step = _number(keywords.get("multipleOf"))
    if step:
        scaled = {
            key: number / step
            for key in _BOUNDS
            if (number := _number(keywords.get(key))) is not None
        }
        return _plain(Decimal(make_integer(scaled, name, chance, dynamic=dynamic)) * step)
    low, high = _bounds(keywords)
    if not dynamic and _fits(keywords, Decimal(0)):
        return 0
    if low is None and high is None:
        return chance.integer(0, 10_000) / 100
    below = low if low is not None else (high or Decimal(0)) - 100
    above = high if high is not None else below + 100
    if below > above:
        raise Unsatisfiable("the bounds of a number exclude each other")
    if not dynamic and _fits(keywords, below):
        return _plain(below)
    share = Decimal(chance.integer(1, 99)) / 100 if dynamic else Decimal("0.5")
    drawn = below + (above - below) * share
    rounded = round(drawn, 2)
    return _plain(rounded if _fits(keywords, rounded) else drawn)


_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))


def size(keywords: Mapping[str, object], least: str, most: str) -> tuple[int, int | None]:
    """Return the bounds of a length or number of members.

    Raises:
        Unsatisfiable: They exclude each other.
    """
    low, high = _number(keywords.get(least)), _number(keywords.get(most))
    if low is not None and high is not None and low > high:
        raise Unsatisfiable(f"{least} {low} is more than {most} {high}")
    return int(low or 0), int(high) if high is not None else None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    return Decimal(str(value))


def _bounds(keywords: Mapping[str, object]) -> tuple[Decimal | None, Decimal | None]:
    lows = [
        number
        for key in ("minimum", "exclusiveMinimum")
        if (number := _number(keywords.get(key))) is not None
    ]
    highs = [
        number
        for key in ("maximum", "exclusiveMaximum")
        if (number := _number(keywords.get(key))) is not None
    ]
    return max(lows, default=None), min(highs, default=None)


def _excluded(keywords: Mapping[str, object], key: str, value: int) -> bool:
    return _number(keywords.get(key)) == value


def _fits(keywords: Mapping[str, object], value: Decimal) -> bool:
    low, high = _bounds(keywords)
    inside = (low is None or value >= low) and (high is None or value <= high)
    return inside and all(
        _number(keywords.get(key)) != value for key in ("exclusiveMinimum", "exclusiveMaximum")
    )


def _nearest_zero(first: int | None, last: int | None) -> int:
    if first is not None and first > 0:
        return first
    return last if last is not None and last < 0 else 0


def _range(first: int | None, last: int | None, span: int) -> tuple[int, int]:
    """Return start and width of a range to draw from."""
    if first is not None:
        return first, span if last is None else min(span, last - first)
    if last is not None:
        return (0, min(span, last)) if last >= 0 else (last - span, span)
    return 1, span


def _span(name: str) -> int:
    lowered = name.lower()
    if lowered.endswith(("_at", "timestamp", "created", "updated", "expires")):
        return 1_700_000_000
    if any(
        word in lowered
        for word in ("count", "quantity", "qty", "page", "age", "size", "limit", "stock")
    ):
        return 50
    return 10_000


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() and abs(value) < 2**63 else float(value)
