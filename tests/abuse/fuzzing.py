"""What the fuzz tests share: mutations of values and texts, and the promise that whatever is loaded answers.

A small budget by default; ``scripts/fuzz SECONDS`` goes on with other seeds for as long as it is told.
"""

import json
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from time import process_time
from typing import NamedTuple

from hypothesis import HealthCheck, settings, strategies as st

from mockserver.errors import MockServerError
from mockserver.fixtures.contract import Contract, lint_contract, load_contract
from mockserver.fixtures.initial import initial_text
from mockserver.generation.chance import Chance
from mockserver.generation.requests import build_request
from mockserver.generation.values import Unsatisfiable
from mockserver.messages import HeaderPair
from mockserver.server.banner import Occasion, banner_event, banner_text
from mockserver.settings import Settings
from mockserver.validation.errors import EncodeError
from tests.server.asgi import Running, answer, asked

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "25"))
SECONDS = 8.0 if sys.gettrace() is None else 40.0
"""Of this process for one document with all that is asked of it; most take hundredths, and ten times that while coverage is traced."""
MOST_OPERATIONS = 12

budget = settings(
    max_examples=EXAMPLES,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.function_scoped_fixture],
)  # fmt: skip

ODD: Sequence[object] = (
    *(None, True, False, 0, -1, 1, 1.5, 99, 200, 10**30, -(10**30), 1e308, 1e400, -0.0),
    *("", " ", "x", "é\u2028", "\0", "a\r\nb: c", "a" * 5000, "((", "(a+)+$", "[", "{", "{}", "{{", "}}", "%zz", "null"),
    *("{{ fake.name() }}", "{{ request.body }}", "{{ 'a' * 10 }}", "{{ seq(1) }}", "\U0001f600", "2020-13-45", "12:30:00"),
    *("3.0.3", "3.1.0", "2.0", "default", "2XX", "200", "101", "999", "*/*", "application/json", "text/plain; charset=\"", "multipart/form-data"),
    *("application/x-www-form-urlencoded", "application/xml", "text/event-stream", "application/jsonl", "application/octet-stream"),
    *("string", "integer", "number", "boolean", "array", "object", "null", "file"),
    *("http://[", "http://127.0.0.1:9/x", "../../etc/passwd", "/etc/passwd", "file:///etc/passwd", "/{a}/{a}", "/", "//", "/__mock/live"),
    *("query", "header", "path", "cookie", "querystring", "body", "formData", "form", "simple", "matrix", "label", "deepObject", "pipeDelimited"),
    *("date-time", "uuid", "binary", "byte", "ipv6", "regex", "email", "hostname", "int32", "http", "apiKey", "oauth2", "bearer", "basic", "digest"),
    *([], {}, [[]], [None], {"": ""}, ["a", "a"], [1, "a", None, {}], {"type": "object"}, {"type": ["string", "null"]}, {"$ref": "#"}),
    *({"$ref": "#/paths"}, {"$ref": 5}, {"$ref": ""}, {"$ref": "x.yaml"}, {"$ref": "#/components/schemas/A/properties/%zz"}, {"$dynamicRef": "#a"}),
    *({"allOf": []}, {"oneOf": [True, False]}, {"not": {}}, {"enum": []}, {"const": None}, {"minItems": 10**9}, {"pattern": "("}),
    *({"type": "array"}, {"type": "array", "items": False, "minItems": 3}, {"type": "integer", "multipleOf": 0}, {"type": "string", "minLength": 10**9}),
    *({"minimum": 5, "maximum": 1}, {"maxLength": -1}, {"required": "a"}, {"properties": []}, {"additionalProperties": {"$ref": "#"}}),
    *({"example": {"$ref": "#/x"}}, {"examples": [1]}, {"examples": {"a": {}}}, {"examples": {"a": {"externalValue": "http://x"}}}),
    *({"discriminator": "kind"}, {"discriminator": {"propertyName": "kind", "mapping": {"a": 5}}}, {"xml": {"name": "a b", "wrapped": True}}),
)  # fmt: skip
"""Values where others stand; infinities become what a JSON writer makes of them."""


class Mutation(NamedTuple):
    """One change; numbers are taken modulo what there is, so that every mutation fits every value."""

    kind: int
    where: int
    what: int


mutations = st.lists(
    st.builds(Mutation, st.integers(0, 9), st.integers(0, 2**20), st.integers(0, 2**20)),
    min_size=1,
    max_size=8,
)


def mutated(value: object, changes: Sequence[Mutation]) -> object:
    """Return a copy of a JSON value with all changes."""
    value = json.loads(json.dumps(value))
    for change in changes:
        entries = list(_entries(value))
        if not entries:
            return value
        container, key = entries[change.where % len(entries)]
        other_container, other_key = entries[change.what % len(entries)]
        odd = ODD[change.what % len(ODD)]
        old, other = _get(container, key), _get(other_container, other_key)
        match change.kind:
            case 0 | 1 | 2:
                _set(container, key, odd)
            case 3:
                del container[key]  # type: ignore[arg-type]
            case 4:
                _set(container, key, json.loads(json.dumps(other)))
            case 5 if isinstance(container, dict):
                container[odd if isinstance(odd, str) else str(other_key)] = container.pop(str(key))
            case 6:
                _set(container, key, {"$ref": _pointer(value, change.what)})
            case 7:
                word = ("allOf", "anyOf", "not", "items", "properties", "schema")[change.what % 6]
                _set(container, key, {word: [old] if word.endswith("Of") else old})
            case 8:
                _set(container, key, [old, old])
            case _ if isinstance(container, dict):
                _set(container, str(other_key), odd)
            case _:
                _set(container, key, odd)
    return value


def _entries(value: object) -> Iterator[tuple[dict[str, object] | list[object], str | int]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield value, key
            yield from _entries(inner)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield value, index
            yield from _entries(inner)


def _get(container: dict[str, object] | list[object], key: str | int) -> object:
    return container[key]  # type: ignore[index]


def _set(container: dict[str, object] | list[object], key: str | int, value: object) -> None:
    container[key] = json.loads(json.dumps(value))  # type: ignore[index]


def _pointer(value: object, number: int) -> str:
    """Return a reference to some node of the value: circles and references to what does not fit come of it."""
    pointer = "#"
    while isinstance(value, dict | list) and value and number:
        keys = list(value) if isinstance(value, dict) else list(range(len(value)))
        key = keys[number % len(keys)]
        number //= len(keys) + 1
        value = value[key]
        pointer += "/" + str(key).replace("~", "~0").replace("/", "~1")
    return pointer


# Texts: cut, doubled, replaced, with bytes that mean something to readers of YAML, JSON and HTTP.
_SPLINTERS = (
    *(b"", b"\0", b"\xff", b"\xc3", b"\t", b"\n", b"\r", b" ", b":", b"- ", b"? ", b"&a ", b"*a", b"<<: *a", b"!!binary ", b"!x ", b"|"),
    *(b"[", b"]", b"{", b"}", b'"', b"'", b"#", b"%", b"@", b"`", b"---\n", b"...\n", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"\xed\xa0\x80", b"\\u0000", b"\\ud800"),
    *(b"$ref", b"1e999", b"-", b"0x", b"0o7", b".inf", b"~", b"=", b"9" * 5000, b"[" * 200, b"{a: " * 200),
)  # fmt: skip


def mutated_bytes(text: bytes, changes: Sequence[Mutation]) -> bytes:
    """Return a text with all changes."""
    for kind, where, what in changes:
        at = where % (len(text) + 1)
        length = what % 40
        splinter = _SPLINTERS[what % len(_SPLINTERS)]
        match kind:
            case 0 | 1 | 2:
                text = text[:at] + splinter + text[at:]
            case 3 | 4:
                text = text[:at] + text[at + length :]
            case 5:
                text = text[:at] + splinter + text[at + length :]
            case 6:
                text = text[:at]
            case 7:
                text = text[:at] + text[at : at + length] * 2 + text[at + length :]
            case _:
                flipped = bytes(byte ^ (1 << what % 8) for byte in text[at : at + 1])
                text = text[:at] + flipped + text[at + 1 :]
    return text


class Question(NamedTuple):
    """What is asked of every operation."""

    headers: list[HeaderPair]
    query: str
    body: bytes


_HEADERS: Sequence[HeaderPair] = (
    *((b"prefer", value) for value in (b"code=200", b"code=404", b"code=101", b"dynamic=true", b"example=a, code=\"2", b"\xff;;,=")),
    *((b"accept", value) for value in (b"*/*", b"application/xml", b"text/plain;q=0", b";;;,q=\xff/*", b"application/json;q=1e9")),
    *((b"content-type", value) for value in (b"application/json", b"application/xml", b"text/plain", b"application/x-www-form-urlencoded")),
    *((b"content-type", value) for value in (b"multipart/form-data; boundary=b", b"multipart/form-data", b"application/json; charset=\xff", b"a", b"")),
    *((b"content-type", value) for value in (b"application/json-patch+json", b"application/merge-patch+json", b"application/jsonl")),
    *((b"authorization", value) for value in (b"Bearer x", b"Basic eA==", b"Basic \xff", b"Bearer", b"Digest a=b", b"")),
    *((b"cookie", value) for value in (b"a=b; a=c", b"=;;=\xff", b"mock_session=a; mock_scenario=%zz")),
    *((b"x-mock-session", value) for value in (b"a", b"\xff", b"")),
    *((b"if-match", b'"x"'), (b"if-none-match", b"*"), (b"x-mock-scenario", b"\xff"), (b"origin", b"null"), (b"range", b"bytes=0-"))
)  # fmt: skip
_QUERIES = ("", "a=1", "a=1&a=2&b[]=c&d[e]=f", "__code=404", "__dynamic=true&__example=a", "%zz=%ff&&&==&a", "limit=-1&page=9e9&sort=-x,%00", "filter[a][b][c]=1&a|b c")  # fmt: skip
_BODIES = (
    b"", b"{}", b"[]", b"null", b'"x"', b"1e999", b'{"a": [{"b": null}], "id": 1, "name": "x"}', b"[" * 99 + b"]" * 99, b"[" * 200, b"\xff\xfe", b"{",
    b"a=1&b=2&a=%zz", b"<a><b>1</b></a>", b"<a", b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n',
    b"--b\r\n", b'[{"op": "replace", "path": "/a", "value": 1}]', b'{"a":1}\n{"a":2}\n', b"data: {}\n\n",
)  # fmt: skip

questions = st.lists(
    st.builds(
        Question,
        st.lists(st.sampled_from(_HEADERS), max_size=4),
        st.sampled_from(_QUERIES),
        st.sampled_from(_BODIES),
    ),
    min_size=1,
    max_size=3,
)


def hold_to_promise(given: Settings, asking: Sequence[Question], scratch: Path) -> bool:
    """Load what settings name, and ask everything of it: a clear refusal, or answers that nobody has to explain.

    Returns:
        Whether it was served.
    """
    begun, served = process_time(), False
    try:
        contract = load_contract(given)
    except MockServerError as error:
        _hold_to_words(error)
    else:
        _hold_to_answers(contract, given, asking)
        if given.fixtures is None:
            _hold_initial_text(contract, given, scratch)
        served = True
    assert process_time() - begun < SECONDS
    return served


def _hold_to_words(error: MockServerError) -> None:
    assert error.findings
    for finding in error.findings:
        assert finding.message
        assert "Traceback" not in finding.message


def _hold_to_answers(contract: Contract, given: Settings, asking: Sequence[Question]) -> None:
    lint_contract(contract)
    occasion = Occasion(contract, given, "seed", "http://127.0.0.1:1")
    assert banner_text(occasion, color=False)
    json.dumps(banner_event(occasion))
    running = Running(contract, given)
    for operation in contract.api.operations[:MOST_OPERATIONS]:
        for fresh in (False, True):
            with suppress(Unsatisfiable, EncodeError):
                chance = Chance(b"fuzz", operation.name) if fresh else None
                method, path, query, headers, body = build_request(
                    contract.api, operation, chance=chance
                )
                target = path.decode("latin-1") + ("?" if query else "") + query.decode("latin-1")
                _ask(running, method, target, [*headers], body)
        plain = operation.path.replace("{", "").replace("}", "")
        for question in asking:
            target = f"{plain}?{question.query}"
            _ask(running, operation.method, target, question.headers, question.body)


def _ask(
    running: Running, method: str, target: str, headers: Sequence[HeaderPair], body: bytes
) -> None:
    path, _, query = target.partition("?")
    request = asked(method, "", headers, body)
    request.scope["path"] = path
    request.scope["raw_path"] = path.encode("utf-8", "surrogatepass")
    request.scope["query_string"] = query.encode("utf-8", "surrogatepass")
    answer(running.app, request)
    told = request.headers.get(b"x-mock-error", b"")
    assert 200 <= request.status <= 599
    assert told != b"internal-error", f"{method} {target} {headers} {body!r}"
    for name, value in request.messages[0]["headers"]:
        assert isinstance(name, bytes)
        assert not any(char in name + value for char in b"\r\n\0"), (name, value)


def _hold_initial_text(contract: Contract, given: Settings, scratch: Path) -> None:
    """What ``init`` writes for a document that was loaded is loaded."""
    path = scratch / "initial.yaml"
    path.write_text(initial_text(contract.api), "utf-8")
    load_contract(replace(given, fixtures=path))
