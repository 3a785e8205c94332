"""Strings that a regular expression matches, from Python's own parse of it.

Known generators draw from the global ``random``; here every draw is the caller's chance, so the same call gives the same
string. Look-arounds are not planned for: the caller checks, and asks again.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from re import _constants as ops, _parser
from typing import Any

from mockserver.generation.chance import Chance

_MOST_REPEATS = 6
_PRINTABLE = "".join(map(chr, range(0x20, 0x7F)))
_WORD = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
_CATEGORIES = {
    ops.CATEGORY_DIGIT: "0123456789",
    ops.CATEGORY_WORD: _WORD,
    ops.CATEGORY_SPACE: " ",
}
_NEGATED = {
    ops.CATEGORY_NOT_DIGIT: "0123456789",
    ops.CATEGORY_NOT_WORD: _WORD,
    ops.CATEGORY_NOT_SPACE: " \t\n\r\f\v",
}
_PROPERTY = re.compile(r"\\[pP]\{(\^?)([A-Za-z_=]+)\}")
_CLASSES = {
    "L": "A-Za-z",
    "Lu": "A-Z",
    "Ll": "a-z",
    "N": "0-9",
    "Nd": "0-9",
    "P": "!-/",
    "S": "$+<=>",
    "Z": " ",
    "Zs": " ",
}


class NoString(ValueError):
    """The pattern cannot be read, or nothing was found for it."""


def write_match(pattern: str, chance: Chance, low: int = 0, high: int | None = None) -> str:
    """Return a string that matches a pattern, of ``low`` to ``high`` characters if that can be had.

    Raises:
        NoString: The pattern is not one that Python reads, even after ECMA 262 spellings are translated.
    """
    try:
        parsed = _parser.parse(_translated(pattern))
    except (re.error, OverflowError, RecursionError) as error:
        raise NoString(f"the pattern {pattern[:60]!r} cannot be read") from error
    shortest, _ = parsed.getwidth()
    found = ""
    for generosity in range(8):
        writer = _Writer(chance.fork("pattern", generosity), max(low - shortest, 0), generosity)
        found = writer.all(parsed)
        padded = _padded(pattern, found, low)
        if low <= len(padded) and (high is None or len(padded) <= high):
            return padded
        if high is not None and len(found) > high and _is_open(pattern):
            found = found[:high]
    return found


def _translated(pattern: str) -> str:
    """Return a pattern of ECMA 262 as Python reads it."""
    pattern = _PROPERTY.sub(
        lambda match: (
            _CLASSES.get(match[2], "A-Za-z")
            if _in_class(pattern, match.start())
            else f"[{_CLASSES.get(match[2], 'A-Za-z')}]"
        ),
        pattern,
    )
    pattern = re.sub(r"\(\?<([A-Za-z_]\w*)>", r"(?P<\1>", pattern)
    pattern = re.sub(r"\\u\{?([0-9a-fA-F]{4})\}?", r"\\u\1", pattern)
    return pattern.replace(r"\/", "/").replace(r"\Z", "$").replace(r"\z", "$").replace(r"\A", "^")


def _in_class(pattern: str, position: int) -> bool:
    before = re.sub(r"\\.", "", pattern[:position])
    return before.rfind("[") > before.rfind("]")


def _is_open(pattern: str) -> bool:
    return not pattern.endswith("$")


def _padded(pattern: str, text: str, low: int) -> str:
    """Lengthen a text where the pattern is not anchored and lets it."""
    if len(text) >= low:
        return text
    if _is_open(pattern):
        return text + "a" * (low - len(text))
    if not pattern.startswith("^"):
        return "a" * (low - len(text)) + text
    return text


class _Writer:
    """Writes one string; ``extra`` characters are wanted beyond the shortest."""

    def __init__(self, chance: Chance, extra: int, generosity: int) -> None:
        self._chance = chance
        self._extra = extra
        self._generosity = generosity
        self._groups: dict[int, str] = {}

    def all(self, parsed: Iterable[tuple[object, object]]) -> str:
        return "".join(self._one(op, argument) for op, argument in parsed)

    def _one(self, op: object, argument: object) -> str:
        write = _WRITERS.get(op)
        return write(self, argument) if write else ""

    def literal(self, code: int) -> str:
        return chr(code)

    def not_literal(self, code: int) -> str:
        return self._pick([char for char in _PRINTABLE if ord(char) != code])

    def any(self, _: object) -> str:
        return self._pick(_WORD[:-1])

    def members(self, items: Sequence[tuple[object, object]]) -> str:
        """Write a character of a class."""
        allowed: list[str] = []
        negated = items[0][0] is ops.NEGATE
        for op, argument in items:
            if op is ops.LITERAL:
                allowed.append(chr(_code(argument)))
            elif op is ops.RANGE and isinstance(argument, tuple):
                first, last = argument
                allowed += map(chr, range(first, min(last, first + 200) + 1))
            elif op is ops.CATEGORY:
                if argument in _CATEGORIES:
                    allowed += _CATEGORIES[argument]
                else:
                    refused = _NEGATED.get(argument, "")
                    allowed += [char for char in _PRINTABLE if char not in refused]
        if negated:
            refused_set = set(allowed)
            allowed = [char for char in _PRINTABLE if char not in refused_set] or ["\u00e9"]
        plain = [char for char in allowed if char.isalnum()]
        return self._pick(plain or allowed)

    def repeat(self, argument: tuple[int, int, _parser.SubPattern]) -> str:
        low, high, inner = argument
        most = low + (
            0
            if self._generosity == 7
            else self._chance.integer(0, _MOST_REPEATS if self._generosity else 3)
        )
        count = min(max(most, low), high)
        if self._extra > 0 and high > low:
            width = max(inner.getwidth()[0], 1)
            wanted = min(low + -(-self._extra // width), high)
            self._extra -= (wanted - low) * width
            count = wanted
        return "".join(self.all(inner) for _ in range(min(count, 10_000)))

    def branch(self, argument: tuple[object, Sequence[Iterable[tuple[object, object]]]]) -> str:
        return self.all(argument[1][self._chance.integer(0, len(argument[1]) - 1)])

    def group(self, argument: tuple[int | None, int, int, Iterable[tuple[object, object]]]) -> str:
        text = self.all(argument[3])
        if argument[0] is not None:
            self._groups[argument[0]] = text
        return text

    def group_again(self, number: int) -> str:
        return self._groups.get(number, "")

    def atomic(self, inner: Iterable[tuple[object, object]]) -> str:
        return self.all(inner)

    def category(self, category: object) -> str:
        return self.members([(ops.CATEGORY, category)])

    def _pick(self, characters: Sequence[str]) -> str:
        return self._chance.choice(characters)


def _code(argument: object) -> int:
    return argument if isinstance(argument, int) else 0x61


# Each writer knows the form of its own part's argument, which Python's parser does not type.
_WRITERS: dict[object, Callable[[_Writer, Any], str]] = {
    ops.LITERAL: _Writer.literal,
    ops.NOT_LITERAL: _Writer.not_literal,
    ops.ANY: _Writer.any,
    ops.IN: _Writer.members,
    ops.CATEGORY: _Writer.category,
    ops.MAX_REPEAT: _Writer.repeat,
    ops.MIN_REPEAT: _Writer.repeat,
    ops.POSSESSIVE_REPEAT: _Writer.repeat,
    ops.BRANCH: _Writer.branch,
    ops.SUBPATTERN: _Writer.group,
    ops.GROUPREF: _Writer.group_again,
    ops.ATOMIC_GROUP: _Writer.atomic,
}
"""What each part of a parsed pattern writes; anchors and look-arounds write nothing."""
