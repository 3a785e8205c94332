"""Reading documents: values as YAML 1.2 and JSON have them, places, references, and clear words for what is broken."""

import gc
import json
import os
import re
from pathlib import Path

import pytest
import yaml
from hypothesis import given, strategies as st

from mockserver.errors import SpecError
from mockserver.spec.document import load_document
from mockserver.spec.limits import Limits
from mockserver.spec.model import Location
from mockserver.spec.source import load_source, pointer_tokens, shown_path
from tests.specs import spec


def write(folder: Path, text: str | bytes, name: str = "a.yaml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def value_of(folder: Path, text: str, name: str = "a.yaml") -> object:
    return load_source(write(folder, text, name)).value


def error_of(path: Path, limits: Limits | None = None) -> str:
    with pytest.raises(SpecError) as caught:
        load_document(path, limits=limits or Limits())
    return str(caught.value).removeprefix(f"{shown_path(str(path.parent))}/")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("012", 12), ("0o17", 15), ("0x1F", 31), ("-7", -7), ("+7", 7), ("1e3", 1000.0), (".5", 0.5), ("1.", 1.0),
        ("1e999", "1e999"), (".x", ".x"), ("0o8", "0o8"), ("0xg", "0xg"),
        ("on", "on"), ("yes", "yes"), ("True", True), ("FALSE", False), ("~", None), ("null", None), ("", None),
        ("2024-01-01", "2024-01-01"), ("1:20", "1:20"), ("'12'", "12"), ("!!str 12", "12"),
        ("!!null ''", None), ("!!bool true", True), ("!!int '7'", 7), ("!!float '7'", 7.0), ("!!binary aGk=", "aGk="),
        ("|\n    two\n    lines", "two\nlines"), ("[1, two]", [1, "two"]), ("{b: 1}", {"b": 1}),
    ],
)  # fmt: skip
def test_scalars_are_those_of_yaml_1_2(tmp_path: Path, text: str, value: object) -> None:
    assert value_of(tmp_path, f"a: {text}") == {"a": value}
    assert type(value_of(tmp_path, f"a: {text}")["a"]) is type(value)  # type: ignore[index]


def test_keys_are_strings_and_keep_their_order(tmp_path: Path) -> None:
    assert list(value_of(tmp_path, "200: a\ntrue: b\n~: c\na: d")) == ["200", "true", "~", "a"]  # type: ignore[call-overload]


def test_anchors_and_merge_keys(tmp_path: Path) -> None:
    text = "base: &base {a: 1, b: 1}\nmore: &more {b: 2, c: 2}\nall: {<<: [*base, *more], a: 3}\nsame: *base\none: {<<: *base}\n'<<': 1"
    value = value_of(tmp_path, text.replace("'<<': 1", "quoted: {'<<': 1}"))
    assert value == {
        "base": {"a": 1, "b": 1},
        "more": {"b": 2, "c": 2},
        "all": {"a": 3, "b": 1, "c": 2},
        "same": {"a": 1, "b": 1},
        "one": {"a": 1, "b": 1},
        "quoted": {"<<": 1},
    }


def test_a_byte_order_mark_is_skipped(tmp_path: Path) -> None:
    assert load_source(write(tmp_path, b"\xef\xbb\xbfa: 1")).value == {"a": 1}


def test_json_is_read_by_its_beginning_and_flow_yaml_still_as_yaml(tmp_path: Path) -> None:
    assert value_of(tmp_path, '{"a": 1}') == {"a": 1}
    assert value_of(tmp_path, "{a: 1}") == {"a": 1}


def test_collection_of_garbage_is_as_it_was(tmp_path: Path) -> None:
    value_of(tmp_path, "a: 1")
    assert gc.isenabled()
    gc.disable()
    try:
        value_of(tmp_path, "a: 1")
        assert not gc.isenabled()
    finally:
        gc.enable()


BROKEN = {
    "empty": ("", "a.yaml:1:1: the file holds no document"),
    "comments": ("# nothing\n", "a.yaml:1:1: the file holds no document"),
    "unclosed": ("a: [1, 2", "a.yaml:2:1: this is not YAML: while parsing a flow sequence"),
    "tab": ("a:\n\tb: 1", "a.yaml:2:1: this is not YAML"),
    "colon": ("a: b: c", "a.yaml:1:5: this is not YAML: mapping values are not allowed"),
    "control character": ("a: x\0y", "a.yaml:1: a control character that YAML does not allow"),
    "duplicate key": ("a: 1\nb: 2\na: 3", "a.yaml:3:1: the key 'a' stands twice; the first is in line 1; remove one"),
    "two documents": ("a: 1\n---\nb: 1", "a.yaml:2:1: a second document begins here (---)"),
    "unknown anchor": ("a: *b", "a.yaml:1:4: the alias *b has no anchor before it"),
    "key": ("[1]: 2", "a.yaml:1:1: a key is a list or a mapping"),
    "not a number": ("a: .nan", "a.yaml:1:4: .nan has no JSON form"),
    "tag": ("a: !!python/object x", "a.yaml:1:4: the tag 'tag:yaml.org,2002:python/object' is not known"),
    "tag that does not fit": ("a: !!int x", "a.yaml:1:4: the tag 'tag:yaml.org,2002:int' is not known, or does not fit 'x'"),
    "huge number": ("a: " + "1" * 5000, "a.yaml:1:4: an integer of more than 4,300 digits"),
    "merge": ("a: {<<: 1}", "a.yaml:1:5: << merges mappings, and this is none"),
    "deep": ("a: " + "[" * 100_000, "a.yaml:1:103: nesting goes deeper than 100 levels"),
    "UTF-16": ("a: 1".encode("utf-16"), "a.yaml: the file is UTF-16; UTF-8 is expected; save it as UTF-8"),
    "bytes": (b"a: 1\nb: \xff", "a.yaml:2: byte 8 (0xff) is not UTF-8"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "message"), BROKEN.values(), ids=BROKEN)
def test_broken_yaml_says_what_and_where(tmp_path: Path, text: str | bytes, message: str) -> None:
    assert error_of(write(tmp_path, text)).startswith(message)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"a": 1,\n "a": 2}', "a.json:2:2: the name 'a' stands twice in one object"),
        ('{"a" 1}', "a.json:1:6: this is not JSON"),
        ('{"a": NaN}', "a.json:1:7: NaN is not JSON"),
        ("[" * 200 + "]" * 200, "a.json: nesting goes deeper than 100 levels"),
        ("", "a.json:1:1: this is not JSON: expecting value"),
    ],
)
def test_broken_json_says_what_and_where(tmp_path: Path, text: str, message: str) -> None:
    assert error_of(write(tmp_path, text, "a.json")).startswith(message)


def test_a_name_that_stands_twice_in_different_spelling_is_still_named(tmp_path: Path) -> None:
    assert "stands twice" in error_of(write(tmp_path, '{"a": 1, "\\u0061": 2}', "a.json"))


@pytest.mark.parametrize(
    "bomb",
    [
        "a0: &a0 [x, x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40)),
        "a0: &a0 {x: 1, y: 2}\n"
        + "".join(f"a{i}: &a{i} {{<<: *a{i - 1}, k{i}: *a{i - 1}}}\n" for i in range(1, 60)),
    ],
    ids=["aliases", "merge keys"],
)
def test_aliases_cannot_make_a_document_larger_than_the_budget(tmp_path: Path, bomb: str) -> None:
    message = error_of(write(tmp_path, bomb), Limits(nodes=10_000))
    assert "with its aliases expanded the document has more than 10,000 values" in message


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    assert error_of(tmp_path / "none.yaml") == f"none.yaml: there is no file {tmp_path}/none.yaml"
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    assert error_of(folder).startswith("folder.yaml: this is a folder")
    os.mkfifo(tmp_path / "fifo.yaml")
    assert error_of(tmp_path / "fifo.yaml").startswith("fifo.yaml: this is not a regular file")
    assert "this is not a regular file" in error_of(Path("/dev/zero"))
    large = write(tmp_path, "a: 12345678901234567890")
    assert "the file has 23 bytes; 10 are read" in error_of(large, Limits(file_bytes=10))
    assert "the file cannot be read" in error_of(tmp_path / ("x" * 300))


def test_places_are_those_of_the_keys(tmp_path: Path) -> None:
    text = "a:\n  b:\n    - 1\n    - c: 2\n  m: {<<: {z: 1}}\n"
    lines = {
        "": 1,
        "/a": 1,
        "/a/b": 2,
        "/a/b/0": 3,
        "/a/b/1": 4,
        "/a/b/1/c": 4,
        "/a/b/9": 2,
        "/a/nope/x": 1,
        "/a/m/z": 5,
        "/a/b/1/c/d": 4,
    }
    in_yaml = load_source(write(tmp_path, text))
    assert {pointer: in_yaml.place(pointer).line for pointer in lines} == lines


def test_places_in_json_have_columns(tmp_path: Path) -> None:
    text = '{\n  "a" : {"b": [1, {"c": {}} , [ ] ],\n "d":[]}, "e\\"": 5}'
    places = {
        "": (1, 1),
        "/a": (2, 3),
        "/a/b": (2, 10),
        "/a/b/0": (2, 16),
        "/a/b/1/c": (2, 20),
        "/a/b/2": (2, 31),
        "/a/b/7": (2, 10),
        "/a/d": (3, 2),
        '/e"': (3, 11),
        '/e"/x': (3, 11),
    }
    source = load_source(write(tmp_path, text, "a.json"))
    found = {pointer: source.place(pointer) for pointer in places}
    assert {pointer: (place.line, place.column) for pointer, place in found.items()} == places


KEYS = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x24F, exclude_characters="\x7f\x85\xa0\xad"),
    min_size=1,
    max_size=6,
)
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**6), 10**6) | KEYS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)


class Dumper(yaml.SafeDumper):
    """Quotes what YAML 1.2 reads as a number and PyYAML does not (``0E0``)."""


Dumper.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+[eE][-+]?[0-9]+$"), list("-+0123456789")
)


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
def test_yaml_and_json_of_one_value_read_alike(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    folder = tmp_path_factory.mktemp("one")
    in_yaml = yaml.dump(value, Dumper=Dumper, allow_unicode=True, sort_keys=False)
    assert value_of(folder, in_yaml) == value
    assert value_of(folder, json.dumps(value, indent=1), "a.json") == value


@given(st.dictionaries(KEYS, TREES, min_size=1, max_size=4))
def test_every_key_of_json_is_found_where_it_stands(
    tmp_path_factory: pytest.TempPathFactory, value: dict[str, object]
) -> None:
    text = json.dumps(value, indent=1)
    source = load_source(write(tmp_path_factory.mktemp("places"), text, "a.json"))
    lines = text.split("\n")

    def check(node: object, at: Location) -> None:
        for key, inner in node.items() if isinstance(node, dict) else ():
            place = source.place(at.child(key).pointer)
            assert lines[place.line - 1][place.column - 1 :].startswith(json.dumps(key))
            check(inner, at.child(key))

    check(value, Location(""))


def test_references_lead_through_files_within_the_root(tmp_path: Path) -> None:
    write(
        tmp_path, "schemas: {Pet: {type: object}}\nback: {$ref: ../main.yaml#/a}", "parts/pets.yaml"
    )
    main = write(
        tmp_path,
        "a: {$ref: parts/pets.yaml#/schemas/Pet}\nb: {$ref: '#/c%20d'}\n'c d': {$ref: '#/e~1f'}\ne/f: {x: 1}\ng: {$ref: 'parts/pets.yaml'}\nh: {$ref: parts/pets.yaml#/back}",
        "main.yaml",
    )
    document = load_document(main)
    root = document.root
    assert document.value(document.follow(root.child("a"))) == {"type": "object"}
    assert document.value(document.follow(root.child("b"))) == {"x": 1}
    assert document.value(document.follow(root.child("h"))) == {"type": "object"}
    assert document.follow(root.child("g")).file.endswith("pets.yaml")
    assert [Path(file).name for file in document.files] == ["main.yaml", "pets.yaml"]
    assert document.place(Location(str(tmp_path / "never.yaml"))).line == 0


@pytest.mark.parametrize(
    ("reference", "rule", "message"),
    [
        ("#/nope", "dangling-reference", "points at nothing"),
        ("#anchor", "dangling-reference", "names an anchor"),
        ("https://example.com/named#anchor", "network-reference", "leads to the network"),
        ("none.yaml#/a", "no-such-file", "there is no file"),
        ("../outside.yaml", "escaping-reference", "lies outside the root"),
        ("broken.yaml", "not-yaml", "this is not YAML"),
        ("https://example.com/a.yaml", "network-reference", "leads to the network"),
        ("//example.com/a.yaml", "network-reference", "leads to the network"),
        ("http://[bad/a.yaml", "network-reference", "leads to the network"),
        ("a\x00b.yaml", "no-such-file", "there is no file"),
    ],
)
def test_references_that_lead_nowhere_are_errors_only_when_followed(
    tmp_path: Path, reference: str, rule: str, message: str
) -> None:
    write(tmp_path, "a: [", "root/broken.yaml")
    write(tmp_path, "a: 1", "outside.yaml")
    document = load_document(
        write(tmp_path, json.dumps({"a": {"$ref": reference}}), "root/main.json")
    )
    with pytest.raises(SpecError, match=message) as caught:
        document.follow(document.root.child("a"))
    (finding,) = caught.value.findings
    assert finding.rule == rule
    assert finding.place
    assert finding.place.file.endswith("main.json")


def test_a_circle_of_references_is_an_error(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, "a: {$ref: '#/b'}\nb: {$ref: '#/a'}"))
    with pytest.raises(SpecError, match="leads back to itself"):
        document.follow(document.root.child("a"))


def test_a_value_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    document = load_document(write(tmp_path, "a: [1]"))
    with pytest.raises(SpecError, match="nothing stands at /a/1"):
        document.value(document.root.child("a", 1))
    with pytest.raises(SpecError, match="there is no file"):
        document.value(Location("/nowhere"))


def test_the_root_can_be_widened_and_must_hold_the_document(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path, "x: 1", "shared.yaml")
    main = write(tmp_path, "a: {$ref: ../shared.yaml#/x}", "api/main.yaml")
    document = load_document(main, root=tmp_path)
    assert document.value(document.follow(document.root.child("a"))) == 1
    with pytest.raises(SpecError, match="widen it with --root DIR"):
        load_document(main, root=tmp_path / "api" / "deeper")
    monkeypatch.chdir(tmp_path)
    assert load_document(Path("api/main.yaml")).files[1].endswith("shared.yaml")


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside = write(tmp_path, "secret: 1", "outside.yaml")
    main = write(tmp_path, "a: {$ref: link.yaml#/secret}", "root/main.yaml")
    (tmp_path / "root" / "link.yaml").symlink_to(outside)
    document = load_document(main)
    with pytest.raises(SpecError, match="lies outside the root"):
        document.follow(document.root.child("a"))


def test_the_number_of_files_is_bounded(tmp_path: Path) -> None:
    for number in range(5):
        write(tmp_path, f"a: {{$ref: p{number + 1}.yaml}}", f"p{number}.yaml")
    document = load_document(tmp_path / "p0.yaml", limits=Limits(files=3))
    assert len(document.files) == 3


def test_pointers_are_unescaped() -> None:
    assert pointer_tokens("/a~1b/c~0d/") == ["a/b", "c~d", ""]
    assert pointer_tokens("") == []


def test_both_forms_of_one_large_document_agree() -> None:
    in_yaml, in_json = load_source(spec("stripe.yaml")), load_source(spec("stripe.json"))
    assert in_yaml.value == in_json.value
    pointer = "/components/schemas/charge/properties/amount"
    for source in (in_yaml, in_json):
        line = Path(source.path).read_text().split("\n")[source.place(pointer).line - 1]
        assert "amount" in line


NAMED = """
a: {$ref: '#here'}
b: {$anchor: here, type: string}
c: {$dynamicRef: '#moving'}
d: [{$dynamicAnchor: moving}]
e: {$ref: 'https://example.com/named'}
f: {$ref: 'https://example.com/named#/properties/x'}
g: {$ref: 'https://example.com/named#inner'}
h: {$id: 'https://example.com/named', properties: {x: {$anchor: inner}}}
i: {$ref: 'https://example.com/named#nowhere'}
"""


@pytest.mark.parametrize(
    ("reference", "pointer"),
    [
        ("#here", "/b"),
        ("#moving", "/d/0"),
        ("https://example.com/named", "/h"),
        ("https://example.com/named#/properties/x", "/h/properties/x"),
        ("https://example.com/named#inner", "/h/properties/x"),
    ],
)
@pytest.mark.parametrize("name", ["a.yaml", "a.json"])
def test_schemas_are_found_by_the_names_that_they_give_themselves(
    tmp_path: Path, reference: str, pointer: str, name: str
) -> None:
    text = NAMED if name.endswith("yaml") else json.dumps(yaml.safe_load(NAMED))
    document = load_document(write(tmp_path, text, name))
    assert document.resolve(reference, document.root) == document.root._replace(pointer=pointer)
    other = write(tmp_path, json.dumps({"a": {"$ref": f"{name}#here"}}), "other.json")
    assert load_document(
        other
    ).files  # and from elsewhere, where an anchor of another file is not looked for
