"""Overlays change a document at load, and what they bring is found in their files."""

import json
from typing import Any

import pytest

from mockserver.errors import SpecError
from mockserver.spec.compile import compile_document
from mockserver.spec.document import Document, load_document
from mockserver.spec.model import Location

YAML = """\
openapi: 3.1.0
info: {title: base, version: "1"}
paths:
  /pets:
    get:
      tags: [a]
      parameters:
        - {in: query, name: first, schema: {type: string}}
        - {in: query, name: second, schema: {type: string}}
      responses: {"200": {description: ok}}
    delete:
      x-internal: true
      responses: {"204": {description: gone}}
  /internal:
    get:
      x-internal: true
      responses: {"200": {description: ok}}
"""


def overlaid(folder, *actions: str, base=YAML, name="openapi.yaml") -> Document:
    """Return the document changed by one overlay for each text of actions."""
    (folder / name).write_text(base)
    paths = []
    for number, text in enumerate(actions):
        path = folder / f"overlay{number}.yaml"
        path.write_text(f"overlay: 1.0.0\ninfo: {{title: o, version: '1'}}\nactions:\n{text}")
        paths.append(path)
    return load_document(folder / name, overlays=paths)


def value(document: Document, pointer: str) -> Any:
    return document.value(Location(document.root.file, pointer))


def line(document: Document, pointer: str) -> str:
    place = document.place(Location(document.root.file, pointer))
    return f"{place.file.rpartition('/')[2]}:{place.line}"


@pytest.fixture(params=["openapi.yaml", "openapi.json"])
def base(request):
    """Return the same document in both languages."""
    if request.param.endswith("yaml"):
        return {"base": YAML, "name": request.param}
    import yaml

    return {"base": json.dumps(yaml.safe_load(YAML), indent=1), "name": request.param}


def test_an_update_is_merged(tmp_path, base):
    action = """\
  - target: $.paths['/pets'].get
    update:
      summary: new
      tags: [b]
      responses: {"200": {description: changed}, "404": {description: no}}
"""
    document = overlaid(tmp_path, action, **base)
    get = value(document, "/paths/~1pets/get")
    assert get["summary"] == "new"
    assert get["tags"] == ["a", "b"]
    assert get["responses"] == {"200": {"description": "changed"}, "404": {"description": "no"}}
    assert line(document, "/paths/~1pets/get/responses/404/description") == "overlay0.yaml:8"
    assert line(document, "/paths/~1pets/get/tags/1") == "overlay0.yaml:7"
    assert line(document, "/paths/~1pets/get/tags/0").startswith(base["name"])
    assert document.files == tuple(
        str((tmp_path / name).resolve()) for name in (base["name"], "overlay0.yaml")
    )


def test_a_list_grows(tmp_path, base):
    action = """\
  - target: $.paths['/pets'].get.parameters
    update: {in: query, name: third, schema: {type: integer}}
"""
    document = overlaid(tmp_path, action, **base)
    names = [each["name"] for each in value(document, "/paths/~1pets/get/parameters")]
    assert names == ["first", "second", "third"]
    assert line(document, "/paths/~1pets/get/parameters/2/schema") == "overlay0.yaml:5"


def test_what_is_selected_is_removed(tmp_path, base):
    actions = """\
  - {target: "$.paths.*[?@['x-internal']]", remove: true}
  - {target: "$.paths['/pets'].get.parameters[?@.name]", remove: true}
  - {target: "$.paths['/internal']", remove: true}
"""
    document = overlaid(tmp_path, actions, **base)
    api = compile_document(document)
    assert [operation.name for operation in api.operations] == ["GET /pets"]
    assert value(document, "/paths/~1pets/get/parameters") == []
    assert line(document, "/paths/~1pets/get/responses").startswith(base["name"])
    if base["name"].endswith("yaml"):
        assert line(document, "/paths/~1pets/get/responses") == "openapi.yaml:10"


def test_one_overlay_after_another_and_every_match(tmp_path):
    first = "  - {target: '$.paths.*.*', update: {x-seen: [1]}}\n"
    second = "  - {target: '$.paths.*.*', update: {x-seen: [2]}}\n"
    document = overlaid(tmp_path, first, second)
    assert value(document, "/paths/~1pets/get/x-seen") == [1, 2]
    assert value(document, "/paths/~1internal/get/x-seen") == [1, 2]
    assert line(document, "/paths/~1pets/get/x-seen/1") == "overlay1.yaml:4"


def test_references_that_an_overlay_brings_are_followed(tmp_path):
    (tmp_path / "pet.yaml").write_text("type: object\nproperties: {name: {type: string}}\n")
    action = """\
  - target: $.paths['/pets'].get.responses['200']
    update: {content: {application/json: {schema: {$ref: pet.yaml}}}}
"""
    document = overlaid(tmp_path, action)
    assert str((tmp_path / "pet.yaml").resolve()) in document.files
    assert not compile_document(document).findings


@pytest.mark.parametrize(
    ("action", "said"),
    [
        ("  - {target: $.nowhere, update: {}}", "selects nothing"),
        ("  - {target: $.info.title, update: {a: 1}}", "mappings by a mapping"),
        ("  - {target: $, remove: true}", "the whole document"),
    ],
)
def test_what_changes_nothing_is_a_warning(tmp_path, action, said):
    (found,) = overlaid(tmp_path, action).findings
    assert found.severity == "warning"
    assert found.place is not None
    assert found.place.line == 4
    assert said in found.message


def test_an_action_that_does_nothing_is_harmless(tmp_path):
    assert not overlaid(tmp_path, "  - {target: $.info}").findings


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("openapi: 3.1.0\n", "1:1: this is no overlay"),
        ("[]\n", "1:1: this is no overlay"),
        ("overlay: 2.0.0\n", "1:1: overlay 2.0.0 is not read"),
        ("overlay: 1.0.0\n", "actions is a list"),
        ("overlay: 1.0.0\nactions: []\n", "2:1: actions is a list"),
        ("overlay: 1.0.0\nactions: [5]\n", "an action is a mapping"),
        ("overlay: 1.0.0\nactions: [{target: 5}]\n", "an action is a mapping"),
        ("overlay: 1.0.0\nactions:\n  - target: $.[\n", "3:5: the target '$.[' is no JSONPath"),
    ],
)
def test_what_is_no_overlay_is_refused_with_its_place(tmp_path, text, said):
    (tmp_path / "openapi.yaml").write_text(YAML)
    (tmp_path / "overlay.yaml").write_text(text)
    with pytest.raises(SpecError) as caught:
        load_document(tmp_path / "openapi.yaml", overlays=[tmp_path / "overlay.yaml"])
    assert said in str(caught.value)
