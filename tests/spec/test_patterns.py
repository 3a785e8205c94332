import pytest

from mockserver.spec.patterns import usable_pattern


@pytest.mark.parametrize(
    ("pattern", "usable"),
    [
        (r"^\d{3}-\d{4}$", r"^\d{3}-\d{4}$"),
        (r"^[\w-\.]+$", r"^[\w\-\.]+$"),
        (r"[a-\d]", r"[a\-\d]"),
        (r"[\d\-\w]", r"[\d\-\w]"),
        (r"[^\w-]", r"[^\w-]"),
        (r"\A[a-z]+\Z", "^[a-z]+$"),
        (r"\p{L}", r"\p{L}"),
        ("/^abc$/i", "(?i)^abc$"),
        ("/^abc$/", "^abc$"),
        ("[", None),
        ("(", None),
        ("a" * 8000, "a" * 8000),
        ("a" * 8001, None),
    ],
)
def test_a_pattern_is_kept_repaired_or_given_up(pattern, usable):
    assert usable_pattern(pattern) == usable
