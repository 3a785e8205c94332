"""How findings, places and the nearest name read."""

import pytest

from mockserver.errors import Finding, Place, SpecError, did_you_mean, nearest


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (Place("a.yaml"), "a.yaml"),
        (Place("a.yaml", 3), "a.yaml:3"),
        (Place("a.yaml", 3, 7), "a.yaml:3:7"),
    ],
)
def test_a_place_reads_as_editors_parse_it(place: Place, text: str) -> None:
    assert str(place) == text


def test_a_finding_reads_as_place_message_and_hint() -> None:
    assert (
        str(Finding("r", "no such key", Place("a.yaml", 3), "remove it"))
        == "a.yaml:3: no such key; remove it"
    )
    assert str(Finding("r", "nothing to serve")) == "nothing to serve"


def test_an_error_carries_every_finding() -> None:
    findings = [Finding("one", "first"), Finding("two", "second")]
    assert str(SpecError(findings)) == "first\nsecond"
    assert SpecError(findings[0]).findings == (findings[0],)


@pytest.mark.parametrize(
    ("name", "known", "close"),
    [
        ("expird", ["expired", "valid"], "expired"),
        ("CreateSetupintent", ["createSetupIntent"], "createSetupIntent"),
        ("zzz", ["expired"], None),
        ("x", [], None),
    ],
)
def test_the_nearest_name_ignores_case_and_gives_up_when_far(
    name: str, known: list[str], close: str | None
) -> None:
    assert nearest(name, known) == close


def test_the_hint_names_the_nearest_else_what_there_is() -> None:
    assert did_you_mean("expird", ["expired"]) == "did you mean 'expired'?"
    assert did_you_mean("zzz", []) == ""
    assert did_you_mean("qqq", [f"name{i}" for i in range(10)]).startswith("known: name0, name1")
    assert did_you_mean("qqq", [f"name{i}" for i in range(10)]).endswith("…")
