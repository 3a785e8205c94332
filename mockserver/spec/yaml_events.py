"""YAML 1.2 values from libyaml's events, with the line of every key, within a budget.

Differs from PyYAML's loaders on purpose: only ``true`` and ``false`` are booleans, nothing is a date, ``012`` is twelve
(YAML 1.2 core schema, §10.3.2), every key is a string, a key that stands twice is refused, and an alias cannot make a
document larger than the budget. The builder reads events, because composing nodes first takes four times as long and
the C parser crashes on deep nesting only when it composes.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Callable, Collection, Iterator
from itertools import chain
from operator import attrgetter
from typing import NoReturn

import yaml

from mockserver.spec.limits import Limits

_Parser: type = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

# The stubs allow for hand-made events without marks; those of the parser carry them, and nodes an anchor.
_line: Callable[[yaml.Event], int] = attrgetter("start_mark.line")
_column: Callable[[yaml.Event], int] = attrgetter("start_mark.column")
_position: Callable[[yaml.Event], tuple[int, int]] = attrgetter(
    "start_mark.line", "start_mark.column"
)
_anchor: Callable[[yaml.Event], str | None] = attrgetter("anchor")

_NULL = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLEANS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
_MOST_DIGITS = 4300  # Python's own limit for reading an integer


class YamlProblem(ValueError):
    """The text is not YAML as we read it.

    Attributes:
        line: 1-based.
        column: 1-based.
    """

    def __init__(self, rule: str, message: str, line: int, column: int, hint: str = "") -> None:
        super().__init__(message)
        self.rule = rule
        self.line = line
        self.column = column
        self.hint = hint


class Lines:
    """Where the keys and items of containers stand: compact, and sorted only when somebody asks."""

    def __init__(self) -> None:
        self._identities = array("Q")
        self._starts = array("I")
        self._positions = array("I")  # line, column, line, column, …
        self._sorted: list[tuple[int, int]] | None = None

    def add(self, container: object, positions: Collection[tuple[int, int]]) -> None:
        """Remember the 0-based line and column of each entry of a container, in its order."""
        self._identities.append(id(container))
        self._starts.append(len(self._positions))
        self._positions.extend(chain.from_iterable(positions))

    def find(self, container: object, index: int) -> tuple[int, int]:
        """Return 1-based line and column of an entry; zeros where the container was not read from the text (merge keys)."""
        if self._sorted is None:
            self._sorted = sorted(zip(self._identities, self._starts, strict=True))
        found = bisect_left(self._sorted, (id(container), 0))
        if found == len(self._sorted) or self._sorted[found][0] != id(container):
            return 0, 0
        entry = self._sorted[found][1] + 2 * index
        return self._positions[entry] + 1, self._positions[entry + 1] + 1


def read_yaml(text: str, limits: Limits) -> tuple[object, Lines, set[str]]:
    """Return the value of the one document in a text, the lines of its keys, and the ``$ref`` strings in it.

    Raises:
        YamlProblem: The text is not acceptable.
    """
    loader = _Parser(text)
    try:
        return _Builder(loader.get_event, limits).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        raise YamlProblem("not-yaml", _reason(error), line, column) from error
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise YamlProblem(
            "not-yaml", "a control character that YAML does not allow", line, 0
        ) from error
    finally:
        loader.dispose()


def _reason(error: yaml.MarkedYAMLError) -> str:
    said = [part for part in (error.context, error.problem) if part]
    return "this is not YAML: " + ", ".join(said)


class _Builder:
    """Builds one value from events. Recursion is bounded by the depth limit, which is checked before each level."""

    def __init__(self, get_event: Callable[[], yaml.Event], limits: Limits) -> None:
        self._next = get_event
        self._limits = limits
        self._anchors: dict[str, tuple[object, int]] = {}
        self._nodes = 0
        self.lines = Lines()
        self.references: set[str] = set()

    def document(self) -> tuple[object, Lines, set[str]]:
        self._next()  # stream start
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            raise YamlProblem("empty-file", "the file holds no document", 1, 1)
        value, _ = self._node(self._next(), 0)
        self._next()  # document end
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            self._fail(
                "several-documents",
                "a second document begins here (---)",
                after,
                "keep one document in a file",
            )
        return value, self.lines, self.references

    def _node(self, event: yaml.Event, depth: int) -> tuple[object, int]:
        """Build the node that an event begins; return it and its size in nodes, aliases expanded."""
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event)
        value: object
        if isinstance(event, yaml.ScalarEvent):
            value, size = _scalar(event, self._fail), 1
        else:
            if depth >= self._limits.depth:
                message = f"nesting goes deeper than {self._limits.depth} levels"
                self._fail("too-deep", message, event, self._limits.hint("depth"))
            if isinstance(event, yaml.MappingStartEvent):
                value, size = self._mapping(event, depth + 1)
            else:
                value, size = self._sequence(event, depth + 1)
        if (anchor := _anchor(event)) is not None:
            self._anchors[anchor] = (value, size)
        return value, size

    def _alias(self, event: yaml.AliasEvent) -> tuple[object, int]:
        if event.anchor not in self._anchors:
            self._fail(
                "unknown-anchor", f"the alias *{event.anchor} has no anchor before it", event
            )
        value, size = self._anchors[event.anchor]
        self._count(size, event)
        return value, size

    def _count(self, size: int, event: yaml.Event) -> None:
        self._nodes += size
        if self._nodes > self._limits.nodes:
            self._fail(
                "too-large",
                f"with its aliases expanded the document has more than {self._limits.nodes:,} values",
                event,
                self._limits.hint("values"),
            )

    def _sequence(self, start: yaml.Event, depth: int) -> tuple[list[object], int]:
        values: list[object] = []
        positions: list[tuple[int, int]] = []
        size = 1
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            positions.append(_position(event))
            value, inner = self._node(event, depth)
            values.append(value)
            size += inner
        self._count(len(values), start)
        self.lines.add(values, positions)
        return values, size

    def _mapping(self, start: yaml.Event, depth: int) -> tuple[dict[str, object], int]:
        found: dict[str, object] = {}
        positions: dict[str, tuple[int, int]] = {}
        merged: list[tuple[dict[str, object], yaml.Event]] = []
        size = 1
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            if not isinstance(event, yaml.ScalarEvent):
                self._fail(
                    "key-not-scalar", "a key is a list or a mapping; it must be a string", event
                )
            key = event.value
            value_event = self._next()
            if key == "<<" and event.implicit[0]:
                value, inner = self._node(value_event, depth)
                merged += [(source, event) for source in self._merge_sources(value, event)]
                size += inner
                continue
            if key in found:
                self._fail(
                    "duplicate-key",
                    f"the key {key[:60]!r} stands twice; the first is in line {positions[key][0] + 1}",
                    event,
                    "remove one of them",
                )
            positions[key] = _position(event)
            found[key], inner = self._node(value_event, depth)
            size += inner
            if key == "$ref" and isinstance(found[key], str):
                self.references.add(str(found[key]))
        self._count(len(found), start)
        for source, event in merged:
            self._count(len(source), event)
            for key, value in source.items():
                if (
                    key not in found
                ):  # YAML merge keys: what stands here, and the earlier of several, wins
                    found[key] = value
                    positions[key] = _position(event)
        self.lines.add(found, positions.values())
        return found, size

    def _merge_sources(self, value: object, event: yaml.Event) -> Iterator[dict[str, object]]:
        for source in value if isinstance(value, list) else [value]:
            if not isinstance(source, dict):
                self._fail("merge-not-mapping", "<< merges mappings, and this is none", event)
            yield source

    def _fail(self, rule: str, message: str, event: yaml.Event, hint: str = "") -> NoReturn:
        raise YamlProblem(rule, message, _line(event) + 1, _column(event) + 1, hint)


_Fail = Callable[[str, str, yaml.Event], NoReturn]


def _scalar(event: yaml.ScalarEvent, fail: _Fail) -> object:
    """Return the value of a scalar by the core schema (YAML 1.2.2 §10.3.2)."""
    text: str = event.value
    if event.tag is not None and event.tag != "!":
        return _tagged(event.tag, text, event, fail)
    if not event.implicit[0]:  # quoted or a block
        return text
    if text in _NULL:
        return None
    if text in _BOOLEANS:
        return _BOOLEANS[text]
    if text[0] in _NUMBER_STARTS:
        return _number(text, event, fail)
    return text


def _number(text: str, event: yaml.ScalarEvent, fail: _Fail) -> object:
    """Return a plain scalar that begins like a number, as one where it is one."""
    if _INTEGER.fullmatch(text):
        if len(text) > _MOST_DIGITS:
            fail("huge-number", "an integer of more than 4,300 digits", event)
        return int(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        # 1e999 is too large for a double; JSON cannot carry infinity, so it stays text
        return number if number - number == 0 else text
    if text.startswith("0o") and re.fullmatch("0o[0-7]+", text):
        return int(text, 0)
    if text.startswith("0x") and re.fullmatch("0x[0-9a-fA-F]+", text):
        return int(text, 0)
    if text.lower() in (".inf", "-.inf", "+.inf", ".nan"):
        fail("not-json", f"{text} has no JSON form", event)
    return text


def _tagged(tag: str, text: str, event: yaml.ScalarEvent, fail: _Fail) -> object:
    """Return a scalar with an explicit tag; tags of programs (``!!python/…``) are refused."""
    name = tag.removeprefix("tag:yaml.org,2002:")
    if name in ("str", "binary", "timestamp"):
        return text
    if name == "null":
        return None
    if name == "bool" and text in _BOOLEANS:
        return _BOOLEANS[text]
    if name == "int" and _INTEGER.fullmatch(text) and len(text) <= _MOST_DIGITS:
        return int(text)
    if name == "float" and _FLOAT.fullmatch(text):
        return float(text)
    return fail(
        "unknown-tag", f"the tag {tag[:60]!r} is not known, or does not fit {text[:40]!r}", event
    )
