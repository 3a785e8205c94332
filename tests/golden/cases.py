"""Golden files: document, fixtures, requests and expected answers in one YAML file.

    document: {…}                    # openapi and info are added where absent; or document_file: relative to the file
    fixtures: {…}                    # or fixtures_file; neither: none
    flags: [--errors]                # of `serve`
    versions: ["3.0.3", "3.1.0"]     # the cases hold for each
    cases:
      a sentence about behaviour:
        request: GET /pets?limit=1
        headers: {Accept: application/json}
        body: {name: cat}            # JSON; or text: as it is; or form: {a: b} (urlencoded)
        answer:                      # or answers: […], when the same request is sent again and again
          status: 200
          headers: {content-type: application/json, allow: null, www-authenticate: /^Bearer/}
          body: {name: cat}          # the whole JSON value
          includes: {/name: cat}     # or some of it, by JSON Pointer
          matches: ^<xml>            # or its text
          empty: true                # or that there is none
          violations: [[body, name]] # locations, in any order

``null`` for a header is its absence; a string between slashes is a regular expression that is searched for.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import yaml

from tests.corpus.documents import listed, mapping
from tests.running import Answered

FOLDER = Path(__file__).parent / "cases"


class Exchange(NamedTuple):
    """What a case sends."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes | None


@dataclass(frozen=True)
class Setup:
    """What a server must be started with for the cases of one file."""

    file: Path
    version: str
    contents: Mapping[str, object]

    @property
    def name(self) -> str:
        return f"{self.file.stem}-{self.version}" if self.version else self.file.stem

    @property
    def flags(self) -> list[str]:
        return [str(flag) for flag in listed(self.contents.get("flags"))]

    def write(self, folder: Path) -> list[str]:
        """Write document and fixtures, and return the arguments of ``serve``."""
        arguments = [str(self._part("document", folder / "openapi.yaml"))]
        if "fixtures" in self.contents or "fixtures_file" in self.contents:
            arguments += ["--fixtures", str(self._part("fixtures", folder / "fixtures.yaml"))]
        return [*arguments, *self.flags]

    def _part(self, key: str, target: Path) -> Path:
        if file := self.contents.get(f"{key}_file"):
            return (self.file.parent / str(file)).resolve()
        value = mapping(self.contents.get(key))
        if key == "document":
            own = {"openapi": "3.1.0", "info": {"title": self.file.stem, "version": "1"}}
            value = {**own, **value, **({"openapi": self.version} if self.version else {})}
        else:
            value = {"version": 1, **value}
        target.write_text(yaml.safe_dump(value, sort_keys=False))
        return target


@dataclass(frozen=True)
class Case:
    setup: Setup
    name: str
    said: Mapping[str, object]

    @property
    def exchange(self) -> Exchange:
        method, _, target = str(self.said["request"]).partition(" ")
        headers = [(name, str(value)) for name, value in mapping(self.said.get("headers")).items()]
        body: bytes | None = None
        content_type = ""
        if "body" in self.said:
            content_type, body = "application/json", json.dumps(self.said["body"]).encode()
        elif "form" in self.said:
            content_type = "application/x-www-form-urlencoded"
            body = urlencode(mapping(self.said["form"]), doseq=True).encode()
        elif "text" in self.said:
            body = str(self.said["text"]).encode()
        if content_type and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", content_type))
        return Exchange(method, target, headers, body)

    @property
    def answers(self) -> list[Mapping[str, object]]:
        several = listed(self.said.get("answers")) or [self.said["answer"]]
        return [mapping(answer) for answer in several]


def setups() -> Iterator[Setup]:
    """Yield each golden file, once for each version that it names."""
    for file in sorted(FOLDER.glob("*.yaml")):
        contents = mapping(yaml.safe_load(file.read_text()))
        for version in listed(contents.get("versions")) or [""]:
            yield Setup(file, str(version), contents)


def cases() -> Iterator[Case]:
    for setup in setups():
        for name, said in mapping(setup.contents["cases"]).items():
            yield Case(setup, name, mapping(said))


def differences(expected: Mapping[str, object], answer: Answered) -> list[str]:
    """Return what an answer has against its expectation, each difference a line."""
    actual = observed(expected, answer)
    found = []
    for key, wanted in expected.items():
        if key == "headers":
            got = mapping(actual["headers"])
            found += [
                f"header {name}: {got[name]!r} instead of {value!r}"
                for name, value in mapping(wanted).items()
                if not fits(value, got[name])
            ]
        elif key == "includes":
            got = mapping(actual["includes"])
            found += [
                f"body at {pointer}: {got[pointer]!r} instead of {value!r}"
                for pointer, value in mapping(wanted).items()
                if not fits(value, got[pointer])
            ]
        elif key == "matches":
            if not re.search(str(wanted), answer.text, re.DOTALL):
                found.append(f"body {answer.text[:300]!r} does not match {wanted!r}")
        elif key == "violations":
            told = [[str(token) for token in listed(location)] for location in listed(wanted)]
            if sorted(told) != sorted(map(listed, listed(actual[key]))):
                found.append(f"violations at {actual[key]} instead of {wanted}")
        elif not same(wanted, actual[key]):
            found.append(f"{key}: {actual[key]!r} instead of {wanted!r}")
    if found:
        found.append(f"(answer: {answer.status} {answer.headers} {answer.text[:500]})")
    return found


def observed(expected: Mapping[str, object], answer: Answered) -> dict[str, object]:
    """Return the answer in the keys of an expectation: what it says now."""
    actual: dict[str, object] = {}
    for key, wanted in expected.items():
        match key:
            case "status":
                actual[key] = answer.status
            case "headers":
                headers = {name: answer.headers.get(name.lower()) for name in mapping(wanted)}
                actual[key] = headers
            case "body":
                actual[key] = _json(answer)
            case "includes":
                actual[key] = {pointer: _at(_json(answer), pointer) for pointer in mapping(wanted)}
            case "matches":
                actual[key] = re.escape(answer.text)
            case "empty":
                actual[key] = not answer.body
            case "violations":
                actual[key] = locations(answer)
            case _:
                raise ValueError(f"an answer has no {key!r}")
    return actual


def locations(answer: Answered) -> list[object]:
    """Return where the violations are: by the header without the side that it begins with, else by ``validation``."""
    if header := answer.headers.get("sl-violations"):
        found = listed(json.loads(header))
        return [listed(mapping(violation).get("location"))[1:] for violation in found]
    found = listed(mapping(_json(answer)).get("validation"))
    return [mapping(violation).get("location") for violation in found]


def fits(wanted: object, value: object) -> bool:
    """Tell whether a value is the wanted one; a string between slashes is a regular expression."""
    if isinstance(wanted, str) and len(wanted) > 1 and wanted[0] == wanted[-1] == "/":
        return isinstance(value, str) and re.search(wanted[1:-1], value) is not None
    return same(wanted, value)


def same(wanted: object, value: object) -> bool:
    """Compare as JSON does: ``true`` is not ``1``."""
    return json.dumps(wanted, sort_keys=True) == json.dumps(value, sort_keys=True)


def _json(answer: Answered) -> object:
    try:
        return json.loads(answer.body)
    except ValueError:
        return f"not JSON: {answer.text[:300]}"


def _at(value: object, pointer: str) -> object:
    for token in pointer.split("/")[1:]:
        token = token.replace("~1", "/").replace("~0", "~")
        if isinstance(value, list) and token.isdigit() and int(token) < len(value):
            value = value[int(token)]
        else:
            value = mapping(value).get(token, "(nothing there)")
    return value


def updated(text: str, name: str, answers: list[dict[str, object]]) -> str:
    """Return a golden file's text with a case's answers replaced, everything else as it was."""
    root = yaml.compose(text)
    assert root is not None
    case = _value(_value(root, "cases"), name)
    key = "answers" if any(k.value == "answers" for k, _ in case.value) else "answer"
    node = _value(case, key)
    column = next(k.start_mark.column for k, _ in case.value if k.value == key)
    new: object = answers if key == "answers" else answers[0]
    dumped = yaml.safe_dump(new, sort_keys=False, width=110, allow_unicode=True)
    block = "".join(f"\n{' ' * (column + 2)}{line}" for line in dumped.splitlines())
    colon = text.rindex(":", 0, node.start_mark.index)
    end = node.start_mark.index + len(text[node.start_mark.index : node.end_mark.index].rstrip())
    return text[: colon + 1] + block + text[end:]


def _value(node: yaml.Node, name: str) -> yaml.Node:
    pairs: list[tuple[yaml.Node, yaml.Node]] = node.value
    return next(value for key, value in pairs if key.value == name)
