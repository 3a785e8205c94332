"""Strings for patterns: the judge's engine matches them."""

import pytest

from mockserver.generation.chance import Chance
from mockserver.generation.patterns import NoString, write_match
from mockserver.schemas import compile_schema

PATTERNS = {
    "anchors": r"^abc$",
    "a class": r"^[a-f0-9]{8}$",
    "a class without": r"^[^a-z]{3}$",
    "a class without all that prints": r"^[^ -~]$",
    "not a letter": r"^[^a]$",
    "shorthands": r"^\d\w\s\D\W\S$",
    "shorthands in classes": r"^[\d][\w.][\s][\D][\W][\S]$",
    "any": r"^.{4}$",
    "repeats": r"^a+b*c?d{2,3}$",
    "lazy repeats": r"^a+?b{2,}?$",
    "possessive repeats": r"^a++b$",
    "branches": r"^(foo|bar|)baz$",
    "groups again": r"^(a|b)-\1$",
    "named groups": r"^(?<first>a|b)-x$",
    "no group": r"^(?:ab){2}$",
    "properties": r"^\p{Lu}\p{Ll}+[\p{N}_]$",
    "code points": r"^\u0041\u{0042}$",
    "slashes": r"^\/a\/[\w\/]+$",
    "a UUID": r"^[0-9a-f]{8}-[0-9a-f]{4}-[1-5][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$",
    "dates": r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$",
    "unanchored": r"setup",
    "empty": r"",
}


@pytest.mark.parametrize("pattern", PATTERNS.values(), ids=PATTERNS)
def test_what_is_written_matches(pattern):
    judge = compile_schema({"pattern": pattern.replace(r"\u{0042}", "B")})
    for seed in range(30):
        text = write_match(pattern, Chance(b"seed", seed))
        assert text == write_match(pattern, Chance(b"seed", seed))
        assert judge.is_valid(text), text


@pytest.mark.parametrize(
    ("pattern", "low", "high"),
    [
        (r"^[a-z]+$", 30, 40),
        (r"^[a-z]*$", 0, 0),
        (r"^[a-z]+$", 0, 1),
        (r"^a", 12, 12),
        (r"a$", 12, 12),
        (r"^(ab)*c{0,9}$", 7, 9),
        (r"^[a-z]{1,5}", 3, 3),
    ],
)
def test_lengths_are_kept(pattern, low, high):
    for seed in range(10):
        assert low <= len(write_match(pattern, Chance(b"seed", seed), low, high)) <= high


def test_what_no_length_fits_is_given_as_it_is():
    assert write_match("^abc$", Chance(b"seed"), 9, 9) == "abc"


def test_what_python_alone_reads():
    assert write_match("^(?>ab)c$", Chance(b"seed")) == "abc"


@pytest.mark.parametrize("pattern", ["((", "a{2,1}"])
def test_what_cannot_be_read_is_said(pattern):
    with pytest.raises(NoString, match="cannot be read"):
        write_match(pattern, Chance(b"seed"))
