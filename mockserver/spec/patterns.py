"""Regular expressions of documents, which are written for JavaScript, Python, PCRE and by hand.

JSON Schema says ECMA-262 (2020-12 Validation §6.3.3); the engine behind ``schemas`` is stricter about escapes.
"""

import re
from collections.abc import Callable
from functools import lru_cache

from mockserver.schemas import SchemaProblem, compile_schema

_CLASS_BESIDE_HYPHEN = re.compile(r"(\\[wdsWDS])-(?=[^\]])|(?<=[^\\\[^])-(?=\\[wdsWDS])")
_CHARACTER_CLASS = re.compile(r"\[(?:\\.|[^\]\\])*\]", re.DOTALL)
_DELIMITED = re.compile(r"/(\^.*\$)/([a-z]*)", re.DOTALL)


LONGEST_PATTERN = 8000
"""Characters: twice what the longest for mail addresses have. Alternatives in their ten thousands cost half a minute
a value, because every one is looked at for every character."""


@lru_cache(maxsize=4096)
def usable_pattern(pattern: str) -> str | None:
    """Return a pattern that compiles and means the same: itself where it can be, ``None`` where there is none."""
    if len(pattern) > LONGEST_PATTERN:
        return None
    return next(filter(_compiles, _spellings(pattern)), None)


def _spellings(pattern: str) -> list[str]:
    """Return a pattern and then, one built on the other, its repaired forms."""
    if delimited := _DELIMITED.fullmatch(
        pattern
    ):  # as pasted from JavaScript: it can match nothing as it stands
        flags = "(?i)" if "i" in delimited[2] else ""
        return _spellings(flags + delimited[1])
    spellings = [pattern]
    for repair in _REPAIRS:
        spellings.append(repair(spellings[-1]))
    return spellings


def _python_escapes(pattern: str) -> str:
    """Spell Python's anchors and named groups as ECMA-262 does."""
    for python, ecma in (("\\Z", "$"), ("\\z", "$"), ("\\A", "^"), ("(?P<", "(?<")):
        pattern = pattern.replace(python, ecma)
    return pattern


def _plain_hyphens(pattern: str) -> str:
    r"""Escape the hyphen beside ``\w`` in a class: ECMA-262 without the ``u`` flag takes it literally (Annex B.1.2)."""
    return _CHARACTER_CLASS.sub(
        lambda found: _CLASS_BESIDE_HYPHEN.sub(
            lambda hyphen: hyphen[0].replace("-", "\\-"), found[0]
        ),
        pattern,
    )


_REPAIRS: tuple[Callable[[str], str], ...] = (_python_escapes, _plain_hyphens)


def _compiles(pattern: str) -> bool:
    try:
        compile_schema({"pattern": pattern})
    except SchemaProblem:
        return False
    return True
