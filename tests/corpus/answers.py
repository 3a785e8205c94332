"""Judges an answer to a valid request by the document alone.

Valid is: the lowest documented 2xx (else ``default``, else what is documented), a declared media type, required headers,
and a body that the judge's validator accepts. A problem document of the mock is never valid.
"""

import json
from contextlib import suppress
from xml.etree import ElementTree as ET

from tests.corpus.documents import Document, Node, Operation, mapping
from tests.corpus.schemas import Schemas
from tests.running import Answered


def expected_response(operation: Operation) -> tuple[str, Node] | None:
    """Return the documented answer to a valid request; ``None`` where none is documented."""
    responses = operation.responses
    exact = sorted(key for key in responses if key.isdigit() and key.startswith("2"))
    ranges = [key for key in responses if key.upper() == "2XX"]
    for key in (*exact, *ranges, *(["default"] if "default" in responses else []), *responses):
        return key, responses[key]
    return None


def judge(
    document: Document, schemas: Schemas, operation: Operation, answer: Answered
) -> str | None:
    """Return what is wrong with an answer to a valid request, ``None`` where nothing is."""
    if slug := answer.headers.get("x-mock-error"):
        return f"a problem of the mock: {answer.status} {slug}: {_detail(answer)}"
    expected = expected_response(operation)
    if expected is None:
        return None if answer.status < 400 else f"status {answer.status}, none is documented"
    key, response = expected
    return (
        _status(key, answer)
        or _headers(document, schemas, response, answer)
        or _content(document, schemas, operation, response, answer)
    )


def _status(key: str, answer: Answered) -> str | None:
    fits = (
        answer.status == int(key)
        if key.isdigit()
        else key == "default" or str(answer.status)[0] == key[0]
    )
    return None if fits else f"status {answer.status} instead of {key}: {_detail(answer)}"


def _detail(answer: Answered) -> str:
    said = answer.headers.get("sl-violations", "")
    return f"{said[:300]} {answer.text[:240]}".strip().replace("\n", " ")


def _headers(document: Document, schemas: Schemas, response: Node, answer: Answered) -> str | None:
    for name in mapping(mapping(response.value).get("headers")):
        node = document.child(response, "headers", name)
        if node is None or name.lower() == "content-type":
            continue
        sent = answer.headers.get(name.lower())
        if sent is None:
            if mapping(node.value).get("required") is True:
                return f"the required header {name} is absent"
            continue
        if "schema" in mapping(node.value):
            schema = document.raw_child(node, "schema")
            readings = _readings(sent)
            errors = [schemas.error(schema, value, "response") for value in readings]
            if all(errors):
                return f"header {name}: {errors[0]}"
    return None


def _readings(text: str) -> list[object]:
    """Return what a header's text may stand for: its schema says which."""
    readings: list[object] = [text, text.split(",")]
    with suppress(ValueError):
        readings.append(json.loads(text))
    return readings


def _content(
    document: Document, schemas: Schemas, operation: Operation, response: Node, answer: Answered
) -> str | None:
    content = mapping(mapping(response.value).get("content"))
    if operation.method == "HEAD" or answer.status in (204, 304) or answer.status < 200:
        return "a body where there must be none" if answer.body else None
    if not content:
        return "a body where none is documented" if answer.body else None
    sent = answer.headers.get("content-type", "")
    declared = next((name for name in content if _fits(sent, name)), None)
    if declared is None:
        return f"media type {sent!r} is not among {', '.join(content)}"
    media = document.child(response, "content", declared)
    assert media is not None
    if "itemSchema" in mapping(media.value):
        schema = document.raw_child(media, "itemSchema")
        return _items(schemas, schema, _essence(sent), answer.body)
    if "schema" not in mapping(media.value):
        return None
    schema = document.raw_child(media, "schema")
    return _body(schemas, schema, _essence(sent), answer.body)


def _essence(name: str) -> str:
    return name.split(";")[0].strip().lower()


def _fits(sent: str, declared: str) -> bool:
    """Tell whether a sent type is one that the document declares, ranges included."""
    essence, wanted = _essence(sent), _essence(declared)
    if wanted in ("*/*", "*"):
        return bool(essence)
    if wanted.endswith("/*"):
        return essence.startswith(wanted[:-1])
    return essence == wanted


def _body(schemas: Schemas, schema: Node, essence: str, body: bytes) -> str | None:
    if essence.endswith(("/json", "+json")):
        try:
            value = json.loads(body, parse_constant=_no_constant)
        except ValueError as error:
            return f"the body is not JSON: {error}"
        return schemas.error(schema, value, "response")
    if essence.endswith(("/xml", "+xml")):
        try:
            ET.fromstring(body)
        except ET.ParseError as error:
            return f"the body is not XML: {error}"
        return None
    try:
        text = body.decode()
    except UnicodeDecodeError:
        return "the text is not UTF-8" if essence.startswith("text/") else None
    if schemas.error(schema, text, "response") is None or not essence.startswith("text/"):
        return None
    readings = _readings(text)
    return (
        None
        if any(schemas.error(schema, value, "response") is None for value in readings)
        else (schemas.error(schema, text, "response"))
    )


def _items(schemas: Schemas, schema: Node, essence: str, body: bytes) -> str | None:
    """Judge each value of a sequence (OpenAPI 3.2, Sequential Media Types); there must be some."""
    try:
        found = items(essence, body.decode())
    except ValueError as error:
        return f"the body is no {essence}: {error}"
    if not found:
        return "the sequence is empty"
    for index, readings in enumerate(found):
        errors = [schemas.error(schema, value, "response") for value in readings]
        if all(errors):
            return f"value {index}: {errors[0]}"
    return None


def items(essence: str, text: str) -> list[list[object]]:
    """Return what each value of a sequence may stand for.

    An event is what its fields say, or the JSON of its data: documents mean both.

    Raises:
        ValueError: It is not written so.
    """
    if essence != "text/event-stream":
        lines = text.replace("\x1e", "").splitlines()
        return [[json.loads(line, parse_constant=_no_constant)] for line in lines if line]
    if not text.endswith("\n\n"):
        raise ValueError("the last event has no end")
    found: list[list[object]] = []
    for block in text.removesuffix("\n\n").split("\n\n"):
        event: dict[str, object] = {}
        for line in block.split("\n"):
            name, colon, value = line.partition(": ")
            if line.startswith(":"):
                continue
            if not colon or name not in ("data", "event", "id", "retry"):
                raise ValueError(f"{line!r} is no field")
            if name == "data" and name in event:
                value = f"{event[name]}\n{value}"
            event[name] = int(value) if name == "retry" else value
        if not event:
            continue
        readings: list[object] = [event]
        if "data" in event:
            readings.append(event["data"])
            with suppress(ValueError):
                data = json.loads(str(event["data"]))
                readings += [data, {**event, "data": data}]
        found.append(readings)
    return found


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
