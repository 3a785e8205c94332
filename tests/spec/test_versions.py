import json

import pytest

from mockserver.errors import SpecError
from mockserver.spec.document import load_document
from mockserver.spec.versions import detect_version, sloppy_version


@pytest.mark.parametrize(
    ("root", "name"),
    [
        ({"openapi": "3.0.0"}, "3.0"),
        ({"openapi": "3.0.3-rc1"}, "3.0"),
        ({"openapi": "v3.0.3"}, "3.0"),
        ({"openapi": "3.1.5"}, "3.1"),
        ({"openapi": "3.2.0"}, "3.2"),
        ({"openapi": "3.1.1"}, "3.1"),
        ({"openapi": 3.1}, "3.1"),
        ({"openapi": "3.2.0-rc1"}, "3.2"),
        ({"swagger": "2.0"}, "2.0"),
        ({"swagger": 2.0}, "2.0"),
    ],
)
def test_a_document_says_its_version(tmp_path, root, name):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(root))
    assert detect_version(load_document(file)).name == name


@pytest.mark.parametrize(
    ("root", "rule", "message"),
    [
        (
            {"openapi": "3.3.0"},
            "unsupported-version",
            "OpenAPI 3.3.0 is not read; 2.0, 3.0, 3.1 and 3.2 are",
        ),
        ({"openapi": "4.0"}, "unsupported-version", "OpenAPI 4.0 is not read"),
        ({"openapi": 3}, "unsupported-version", "OpenAPI 3 is not read"),
        ({"openapi": "2.0"}, "unsupported-version", "OpenAPI 2.0 is not read"),
        ({"swagger": "3.0"}, "unsupported-version", "Swagger 3.0 is not read"),
        ({"openapi": None}, "unsupported-version", "OpenAPI None is not read"),
        ({"openapi": ["3.1"]}, "unsupported-version", "is not read"),
        ({}, "not-openapi", "this is no OpenAPI document: it has no key 'openapi'"),
        ([], "not-openapi", "this is no OpenAPI document: no mapping"),
    ],
)
def test_other_documents_are_refused_with_what_is_read(tmp_path, root, rule, message):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(root, indent=1))
    with pytest.raises(SpecError) as caught:
        detect_version(load_document(file))
    (finding,) = caught.value.findings
    assert finding.rule == rule
    assert message in finding.message
    assert finding.place is not None
    assert finding.place.line == (1 if rule == "not-openapi" else 2)


@pytest.mark.parametrize(
    ("root", "message"),
    [
        ({"openapi": "3.0.0"}, None),
        ({"openapi": "3.1.5"}, None),
        ({"swagger": "2.0"}, None),
        ({"swagger": 2.0}, None),
        ({"openapi": 3.1}, "the version '3.1' is read as 3.1.0"),
        ({"openapi": "3.1"}, "the version '3.1' is read as 3.1.0"),
        ({"openapi": "3.2.0-rc1"}, "the version '3.2.0-rc1' is read as 3.2.0"),
        ({"swagger": "v2.0"}, "the version 'v2.0' is read as 2.0"),
    ],
)
def test_a_version_that_is_written_sloppily_is_read_with_a_warning(tmp_path, root, message):
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(root))
    document = load_document(file)
    found = sloppy_version(document, detect_version(document))
    assert [finding.message for finding in found] == ([message] if message else [])
    assert all(finding.severity == "warning" for finding in found)


def test_a_later_version_is_refused_with_what_may_be_written_instead(tmp_path):
    file = tmp_path / "openapi.json"
    file.write_text('{"openapi": "3.3.0"}')
    with pytest.raises(SpecError) as caught:
        detect_version(load_document(file))
    assert "openapi: 3.2.0" in caught.value.findings[0].hint
