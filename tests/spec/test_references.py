"""References that lead nowhere, found at load, and references in example data, left alone."""

from pathlib import Path

import pytest

from mockserver.spec.document import load_document
from mockserver.spec.references import bad_references

BAD = "{$ref: '#/gone'}"


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        (f"a: {BAD}", [1]),
        (f"a: 1\nb: [{BAD},\n  {BAD}]", [2, 3]),
        (f"example: {BAD}\nexamples: [{BAD}]\ndefault: {BAD}\nenum: [{BAD}]\nvalue: {BAD}", []),
        (f"properties:\n  example: {BAD}\n  a: 1", [2]),
        (f"examples:\n  cat: {BAD}\n  dog: {{value: {BAD}}}", [2]),
        ("a: {$ref: '#/b'}\nb: 1", []),
    ],
)
def test_dangling_references_are_found_where_they_stand(
    tmp_path: Path, text: str, lines: list[int]
) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(text)
    refused, dangling = bad_references(load_document(path))
    assert refused == []
    assert [finding.place.line for finding in dangling if finding.place] == lines
    assert {finding.severity for finding in dangling} <= {"warning"}


def test_references_out_of_the_folder_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(
        "a: {$ref: ../b.yaml}\nexample: {$ref: ../c.yaml}\nd: {$ref: 'https://e.example/f'}"
    )
    refused, dangling = bad_references(load_document(path))
    assert [finding.rule for finding in refused] == ["escaping-reference"]
    assert [finding.rule for finding in dangling] == ["network-reference"]
