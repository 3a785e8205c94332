"""Places in JSON documents, found only where somebody asks.

A place is found by skipping over values with the C decoder itself, one level of the pointer at a time.
"""

import json
import re
from bisect import bisect_right
from collections.abc import Iterator

_SPACE = re.compile(r"[ \t\n\r]*")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_REFERENCE = re.compile(r'"\$ref"\s*:\s*("(?:[^"\\]|\\.)*")')
_NOT_A_NUMBER = re.compile(r"[\[:,]\s*(NaN|-?Infinity)\b")
_SKIP = json.JSONDecoder().raw_decode


def find_references(text: str) -> set[str]:
    """Return every string that stands under a ``$ref`` name, those within example data among them."""
    return {str(json.loads(literal)) for literal in set(_REFERENCE.findall(text))}


class JsonPlaces:
    """Where the entries of a JSON text stand; the text must be valid."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._line_starts: list[int] | None = None
        self._entries: dict[int, dict[str, tuple[int, int]]] = {}

    def find(self, tokens: list[str]) -> tuple[int, int]:
        """Return line and column (1-based) of the deepest existing node on a path of unescaped pointer tokens.

        The place of a member is that of its name, as a person would look for it.
        """
        value = self._skip_space(0)
        place = value
        for token in tokens:
            entry = self._entries_at(value).get(token)
            if entry is None:
                break
            place, value = entry
        return self._line_and_column(place)

    def find_cause(self, name: str | None) -> tuple[int, int]:
        """Return the place of the second member of a name, or without a name of the first number that JSON lacks.

        ``(0, 0)`` where nothing of the kind is found. The text need not be valid.
        """
        if name is None:
            places = [found.start(1) for found in _NOT_A_NUMBER.finditer(self._text)]
            return self._line_and_column(places[0]) if places else (0, 0)
        pattern = re.compile(re.escape(json.dumps(name)) + r"\s*:")
        places = [found.start() for found in pattern.finditer(self._text)]
        return self._line_and_column(places[1]) if len(places) > 1 else (0, 0)

    def _entries_at(self, start: int) -> dict[str, tuple[int, int]]:
        """Return, for each entry of the container at an offset, the offsets of its name and of its value."""
        if (kept := self._entries.get(start)) is None:
            opening = self._text[start]
            walk = {"{": self._members, "[": self._items}.get(opening)
            kept = self._entries[start] = dict(walk(start + 1)) if walk else {}
        return kept

    def _members(self, position: int) -> Iterator[tuple[str, tuple[int, int]]]:
        position = self._skip_space(position)
        while found := _STRING.match(self._text, position):
            value = self._skip_space(self._skip_space(found.end()) + 1)  # the colon
            yield json.loads(found[0]), (position, value)
            position = self._next_entry(value)

    def _items(self, position: int) -> Iterator[tuple[str, tuple[int, int]]]:
        position = self._skip_space(position)
        index = 0
        while self._text[position] != "]":
            yield str(index), (position, position)
            position = self._next_entry(position)
            index += 1
            if self._text[position - 1] == "]":
                return

    def _next_entry(self, value: int) -> int:
        """Return where the entry after a value begins; behind the closing bracket where it was the last."""
        _, end = _SKIP(self._text, value)
        separator = self._skip_space(end)
        if self._text[separator] == ",":
            return self._skip_space(separator + 1)
        return separator + 1

    def _skip_space(self, position: int) -> int:
        found = _SPACE.match(self._text, position)
        return found.end() if found else position

    def _line_and_column(self, offset: int) -> tuple[int, int]:
        if self._line_starts is None:
            self._line_starts = [0, *(match.end() for match in re.finditer("\n", self._text))]
        line = bisect_right(self._line_starts, offset)
        return line, offset - self._line_starts[line - 1] + 1
