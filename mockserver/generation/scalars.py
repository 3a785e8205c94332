"""Strings and numbers within the bounds of their keywords: static ones as Prism has them where they fit, else drawn."""

from collections.abc import Mapping
from decimal import Decimal
from math import ceil, floor

from mockserver.generation.chance import Chance
from mockserver.generation.fitting import decimal_of, matches
from mockserver.generation.formats import FORMATS
from mockserver.generation.making import TooLarge, Unsatisfiable
from mockserver.generation.patterns import NoString, write_match
from mockserver.generation.words import draw_text

MOST_CHARACTERS = 1_000_000


def make_string(keywords: Mapping[str, object], name: str, chance: Chance, *, dynamic: bool) -> str:
    """Return a string for flat keywords and a property of that name.

    Raises:
        Unsatisfiable: Its bounds exclude each other, or ask for more than a million characters.
    """
    low, high = size(keywords, "minLength", "maxLength")
    if low > MOST_CHARACTERS:
        raise TooLarge(
            f"minLength {low} is more than the {MOST_CHARACTERS:,} characters that are generated"
        )
    static, draw = FORMATS.get(str(keywords.get("format")), (_plain_text, None))
    pattern = keywords.get("pattern")
    if isinstance(pattern, str):
        shown = static(name)
        if (
            draw
            and not dynamic
            and low <= len(shown) <= (high or len(shown))
            and matches(pattern, shown)
        ):
            return shown
        try:
            return write_match(pattern, chance, low, high)
        except NoString as error:
            raise Unsatisfiable(str(error)) from error
    text = static(name)
    if dynamic or (high is not None and len(text) > high and draw):
        text = str(draw(chance)) if draw else draw_text(name, chance)
    if len(text) < low:
        text = (text or "string") * (low // len(text or "string") + 1)
        text = text[:low]
    return text if high is None else text[:high]


def _plain_text(_: str) -> str:
    return "string"


def make_integer(
    keywords: Mapping[str, object], name: str, chance: Chance, *, dynamic: bool
) -> int:
    """Return an integer for flat keywords: where it is static the one at its lower bound, else at its upper, else 0.

    Raises:
        Unsatisfiable: Its bounds exclude each other.
    """
    step = decimal_of(keywords.get("multipleOf"))
    unit = (
        step.as_integer_ratio()[0] if step else 1
    )  # the integers among the multiples of a/b are those of a
    unit = abs(unit)
    low, high = _bounds(keywords)
    first = ceil(low / unit) if low is not None else None
    last = floor(high / unit) if high is not None else None
    if first is not None and not _fits(keywords, Decimal(first * unit)):
        first += 1
    if last is not None and not _fits(keywords, Decimal(last * unit)):
        last -= 1
    if first is not None and last is not None and first > last:
        raise Unsatisfiable("the bounds of a number exclude each other")
    if not dynamic:
        return _static(first, last) * unit
    start, span = _range(first, last, _span(name))
    return chance.integer(start, start + span) * unit


def _static(first: int | None, last: int | None) -> int:
    """Return the integer at the lower bound, else at the upper; 0 where a bound is only that of an int32 or int64."""
    narrow = [bound for bound in (first, last) if bound is not None and abs(bound) < _WIDE]
    if narrow:
        return narrow[0]
    if first is not None and first > 0:
        return first
    return last if last is not None and last < 0 else 0


_WIDE = 2**31 - 1


def make_number(
    keywords: Mapping[str, object], name: str, chance: Chance, *, dynamic: bool
) -> int | float:
    """Return a number for flat keywords; see ``make_integer``.

    Raises:
        Unsatisfiable: Its bounds exclude each other.
    """
    step = decimal_of(keywords.get("multipleOf"))
    if step:
        scaled = {
            key: number / step
            for key in _BOUNDS
            if (number := decimal_of(keywords.get(key))) is not None
        }
        for _ in range(_TRIES):
            drawn = Decimal(make_integer(scaled, name, chance, dynamic=dynamic)) * step
            if (float(drawn) / float(step)).is_integer():  # as judges with binary floats see it
                break
        return _plain(drawn)
    low, high = _bounds(keywords)
    if low is None and high is None:
        return chance.integer(0, 10_000) / 100 if dynamic else 0
    if not dynamic:
        for shown in (low, low and low + 1, high and high - 1, high):
            if shown is not None and _fits(keywords, shown):
                return _plain(shown)
    below = low if low is not None else (high or Decimal(0)) - 100
    above = high if high is not None else below + 100
    if below > above:
        raise Unsatisfiable("the bounds of a number exclude each other")
    share = Decimal(chance.integer(1, 99)) / 100 if dynamic else Decimal("0.5")
    drawn = below + (above - below) * share
    rounded = round(drawn, 2) if abs(drawn) < _WIDE else drawn
    return _plain(rounded if _fits(keywords, rounded) else drawn)


_TRIES = 20
_BOUNDS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"))


def size(keywords: Mapping[str, object], least: str, most: str) -> tuple[int, int | None]:
    """Return the bounds of a length or number of members.

    Raises:
        Unsatisfiable: They exclude each other.
    """
    low, high = decimal_of(keywords.get(least)), decimal_of(keywords.get(most))
    if low is not None and high is not None and low > high:
        raise Unsatisfiable(f"{least} {low} is more than {most} {high}")
    return int(low or 0), int(high) if high is not None else None


def _bounds(keywords: Mapping[str, object]) -> tuple[Decimal | None, Decimal | None]:
    lows = [
        number
        for key in ("minimum", "exclusiveMinimum")
        if (number := decimal_of(keywords.get(key))) is not None
    ]
    highs = [
        number
        for key in ("maximum", "exclusiveMaximum")
        if (number := decimal_of(keywords.get(key))) is not None
    ]
    return max(lows, default=None), min(highs, default=None)


def _fits(keywords: Mapping[str, object], value: Decimal) -> bool:
    low, high = _bounds(keywords)
    inside = (low is None or value >= low) and (high is None or value <= high)
    return inside and all(
        decimal_of(keywords.get(key)) != value for key in ("exclusiveMinimum", "exclusiveMaximum")
    )


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
