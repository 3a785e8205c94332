"""Documents and fixtures that were valid once: refused in words, or served without a single failure of ours."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies as st

from mockserver.settings import Settings
from tests.abuse.fuzzing import (
    Mutation,
    Question,
    budget,
    hold_to_promise,
    mutated,
    mutated_bytes,
    mutations,
    questions,
)
from tests.mocking import (
    test_cases as cases,
    test_decide as decisions,
    test_openapi_3_2 as openapi_3_2,
    test_plans as plans,
    test_rivals as rivals,
    test_states as states,
    test_swagger2 as swagger2,
)
from tests.running import ROOT

_HEAD: Mapping[str, object] = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}}


class Valid:
    """One pair of a document and fixtures that fit it."""

    def __init__(self, name: str, document: object, fixtures: object) -> None:
        self.name = name
        self.document = document
        self.fixtures = fixtures

    def __repr__(self) -> str:
        return self.name


def _valid() -> list[Valid]:
    """Return the documents and fixtures of the golden cases and of some tests."""
    found = []
    for path in sorted((ROOT / "tests" / "golden" / "cases").glob("*.yaml")):
        contents = _read(path.read_text("utf-8"))
        document, fixtures = contents.get("document"), contents.get("fixtures")
        if isinstance(document, dict):
            head = (
                {}
                if "swagger" in document
                else {**_HEAD, "openapi": "3.0.3" if path.stem.endswith("3.0") else "3.1.0"}
            )
            document = {**head, **document}
        else:
            document = _read((path.parent / str(contents["document_file"])).read_text("utf-8"))
        found.append(Valid(path.stem, document, fixtures))
    own: dict[str, object] = {}
    for path in (ROOT / "fixtures").glob("*.yaml"):
        own |= _read(path.read_text("utf-8"))
    found.append(Valid("our own", _read((ROOT / "openapi.yaml").read_text("utf-8")), own))
    found.append(Valid("decisions", _read(decisions.DOCUMENT), _read(decisions.FIXTURES)))
    found.append(Valid("states", _read(states.DOCUMENT), _read(states.FIXTURES)))
    found.append(Valid("cases", _read(cases.DOCUMENT), _read(cases.FIXTURES)))
    found.append(Valid("plans", _read(plans.DOCUMENT), _read(plans.FIXTURES)))
    found.append(Valid("swagger", _read(swagger2.SWAGGER), None))
    found.append(Valid("3.2", _read(openapi_3_2.DOCUMENT), None))
    found.append(Valid("rivals", _read(rivals.DOCUMENT), None))
    return found


def _read(text: str) -> dict[str, object]:
    """Return a YAML value as JSON has it: dates and keys as texts."""
    value = json.loads(json.dumps(yaml.safe_load(text), default=str))
    assert isinstance(value, dict)
    return value


VALID = _valid()
WITH_FIXTURES = [valid for valid in VALID if valid.fixtures]


def write(folder: Path, name: str, value: object) -> Path:
    path = folder / name
    path.write_text(json.dumps(value, default=str, ensure_ascii=False), "utf-8", "backslashreplace")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("fuzz")


@budget
@given(valid=st.sampled_from(VALID), changes=mutations, asking=questions)
def test_a_document_with_other_values(
    folder: Path, valid: Valid, changes: Sequence[Mutation], asking: Sequence[Question]
) -> None:
    path = write(folder, "openapi.json", mutated(valid.document, changes))
    hold_to_promise(Settings(spec=path), asking, folder)


@budget
@given(valid=st.sampled_from(VALID), changes=mutations, asking=questions)
def test_a_document_with_other_bytes(
    folder: Path, valid: Valid, changes: Sequence[Mutation], asking: Sequence[Question]
) -> None:
    path = folder / "openapi.yaml"
    text = yaml.safe_dump(valid.document, allow_unicode=True).encode()
    path.write_bytes(mutated_bytes(text, changes))
    hold_to_promise(Settings(spec=path), asking, folder)


@budget
@given(valid=st.sampled_from(WITH_FIXTURES), changes=mutations, asking=questions)
def test_fixtures_with_other_values(
    folder: Path, valid: Valid, changes: Sequence[Mutation], asking: Sequence[Question]
) -> None:
    path = write(folder, "openapi.json", valid.document)
    fixtures = mutated(_with_version(valid.fixtures), changes)
    given_settings = Settings(spec=path, fixtures=write(folder, "fixtures.json", fixtures))
    hold_to_promise(given_settings, asking, folder)


@budget
@given(valid=st.sampled_from(WITH_FIXTURES), changes=mutations, asking=questions)
def test_fixtures_with_other_bytes(
    folder: Path, valid: Valid, changes: Sequence[Mutation], asking: Sequence[Question]
) -> None:
    path = write(folder, "openapi.json", valid.document)
    fixtures = folder / "fixtures.yaml"
    text = yaml.safe_dump(_with_version(valid.fixtures), allow_unicode=True).encode()
    fixtures.write_bytes(mutated_bytes(text, changes))
    hold_to_promise(Settings(spec=path, fixtures=fixtures), asking, folder)


def _with_version(fixtures: object) -> object:
    assert isinstance(fixtures, dict)
    return {"version": 1, **fixtures}
