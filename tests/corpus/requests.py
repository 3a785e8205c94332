"""Writes a valid request for an operation as OpenAPI says it looks on the wire: a second opinion on ours."""

import base64
import json
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import quote, urlencode

from tests.corpus.documents import Document, Node, Operation, Parameter, listed, mapping
from tests.corpus.schemas import Schemas
from tests.corpus.values import CannotMakeError, Maker

BOUNDARY = "corpus-boundary-7f3a"
_PREFERRED_BODIES = (
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
)


class Request(NamedTuple):
    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes | None


def build(
    document: Document, schemas: Schemas, operation: Operation, *, full: bool = False
) -> Request:
    """Return a valid request.

    Args:
        full: With the optional parameters and properties that a value can be made for.

    Raises:
        CannotMakeError: A required value cannot be made.
    """
    maker = Maker(document, schemas, full=full)
    path, query, headers, cookies = operation.path, [], [], []
    for parameter in operation.parameters:
        if not (parameter.required or (full and parameter.place != "cookie")):
            continue
        if parameter.place == "header" and parameter.name.lower() in _IGNORED_HEADERS:
            continue  # OpenAPI 3.1, Parameter Object: these definitions SHALL be ignored
        try:
            value = _value(maker, parameter)
            written = _write(parameter, value)
        except CannotMakeError:
            if parameter.required:
                raise
            continue
        match parameter.place:
            case "path":
                path = path.replace(f"{{{parameter.name}}}", written)
            case "query" | "querystring" if written:
                query.append(written)
            case "header":
                headers.append((parameter.name, written))
            case "cookie":
                cookies.append(f"{parameter.name}={written}")
            case _:
                pass  # an empty query
    for place, name, value in _credentials(document, operation):
        match place:
            case "header":
                headers = [pair for pair in headers if pair[0].lower() != name.lower()]
                headers.append((name, value))
            case "query":
                query.append(f"{quote(name)}={quote(value)}")
            case _:
                cookies.append(f"{name}={value}")
    if cookies:
        headers.append(("Cookie", "; ".join(cookies)))
    content_type, body = _body(maker, operation, full=full)
    if content_type:
        headers.append(("Content-Type", content_type))
    path = path.partition("#")[0]  # clients do not send a fragment (RFC 9112 §3.2.1)
    separator = "&" if "?" in path else "?"
    target = path + (separator + "&".join(query) if query else "")
    return Request(operation.method, target, headers, body)


_IGNORED_HEADERS = ("accept", "content-type", "authorization")


def _value(maker: Maker, parameter: Parameter) -> object:
    """Return a value for a parameter: its example where it holds, else a made one."""
    document, said = maker.document, mapping(parameter.node.value)
    schema = _schema_below(document, parameter.node)
    ready: list[object] = [said["example"]] if "example" in said else []
    for name in mapping(said.get("examples")):
        example = document.child(parameter.node, "examples", name)
        ready += _data(example)
    for value in ready:
        if schema is None or maker.schemas.error(schema, value, "request") is None:
            return value
    if schema is None:
        return "text"
    made = maker.make(schema)
    if made == [] and parameter.required and "items" in mapping(schema.value):
        return [maker.make(document.raw_child(schema, "items"))]  # none leaves nothing on the wire
    return made


def _data(example: Node | None) -> list[object]:
    """Return the data of an example, alone in a list; nothing where it has none."""
    said = mapping(example.value if example else None)
    return [said[key] for key in ("dataValue", "value") if key in said][:1]


def _schema_below(document: Document, node: Node) -> Node | None:
    said = mapping(node.value)
    if "schema" in said:
        return document.raw_child(node, "schema")
    for media_type in mapping(said.get("content")):
        media = document.child(node, "content", media_type)
        if media and "schema" in mapping(media.value):
            return document.raw_child(media, "schema")
    return None


def _write(parameter: Parameter, value: object) -> str:
    """Serialise a parameter's value (OpenAPI 3.1, Style Values and Style Examples)."""
    said = mapping(parameter.node.value)
    if parameter.place == "querystring":
        names = list(mapping(said.get("content")))
        if names and "urlencoded" not in names[0]:
            return _escape(value if isinstance(value, str) else json.dumps(value))
        return "&".join(_form(parameter.node, mapping(value)))
    if "content" in said:
        text = json.dumps(value) if not isinstance(value, str) else value
        return (
            f"{quote(parameter.name)}={quote(text, safe='')}"
            if parameter.place == "query"
            else text
        )
    escape = (lambda text: text) if parameter.place == "header" else _escape
    name, style, explode = parameter.name, parameter.style, parameter.explode
    if parameter.place == "query":
        return "&".join(
            f"{_escape(key)}={text}" for key, text in _query(name, value, style, explode=explode)
        )
    prefix, separator = {"label": (".", "."), "matrix": (";", ";")}.get(style, ("", ","))
    if isinstance(value, list):
        texts = [escape(_text(item)) for item in value]
        if style == "matrix":
            name = _escape(name)
            return (
                "".join(f";{name}={text}" for text in texts)
                if explode
                else f";{name}={','.join(texts)}"
            )
        if not texts and parameter.place == "path":
            raise CannotMakeError(f"{name}: an empty array has no form in a path")
        return prefix + (separator if explode else ",").join(texts)
    if isinstance(value, dict):
        pairs = [(escape(key), escape(_text(item))) for key, item in value.items()]
        if explode:
            return prefix + separator.join(f"{key}={item}" for key, item in pairs)
        joined = ",".join(f"{key},{item}" for key, item in pairs)
        return f";{_escape(name)}={joined}" if style == "matrix" else prefix + joined
    text = escape(_text(value))
    if parameter.place == "path" and not text:
        raise CannotMakeError(f"{name}: an empty value has no form in a path")
    return f";{_escape(name)}={text}" if style == "matrix" else prefix + text


def _query(name: str, value: object, style: str, *, explode: bool) -> Iterator[tuple[str, str]]:
    """Yield names and escaped values."""
    if style == "deepObject" and isinstance(value, dict | list):
        yield from _deep(name, value)
    elif isinstance(value, list):
        texts = [_escape(_text(item)) for item in value]
        if explode:
            yield from ((name, text) for text in texts)
        elif texts:
            joint = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}.get(
                style, ","
            )
            yield name, joint.join(texts)
    elif isinstance(value, dict):
        if explode:
            yield from ((key, _escape(_text(item))) for key, item in value.items())
        elif value:
            flat = [_escape(_text(part)) for pair in value.items() for part in pair]
            yield name, ",".join(flat)
    else:
        yield name, _escape(_text(value))


def _deep(name: str, value: object) -> Iterator[tuple[str, str]]:
    """Yield ``a[b][c]=d`` as Stripe's clients write it: arrays by index."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _deep(f"{name}[{key}]", item)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _deep(f"{name}[{index}]", item)
    else:
        yield name, _escape(_text(value))


def _text(value: object) -> str:
    match value:
        case bool() | None:
            return json.dumps(value) if value is not None else ""
        case dict() | list():
            raise CannotMakeError("a nested value has no form in this style")
        case _:
            return str(value)


def _escape(text: str) -> str:
    return quote(text, safe="")


def _credentials(document: Document, operation: Operation) -> Iterator[tuple[str, str, str]]:
    """Yield well-formed credentials for the first alternative."""
    alternatives = document.security(operation)
    for name in alternatives[0] if alternatives else ():
        scheme = document.scheme(name)
        kind, how = scheme.get("type"), str(scheme.get("scheme", "")).lower()
        if kind == "apiKey":
            yield str(scheme.get("in")), str(scheme.get("name")), "key123"
        elif how == "basic":
            yield "header", "Authorization", "Basic " + base64.b64encode(b"user:secret").decode()
        else:
            yield (
                "header",
                "Authorization",
                f"{'Bearer' if how in ('', 'bearer') else how} token123",
            )


def _body(maker: Maker, operation: Operation, *, full: bool) -> tuple[str, bytes | None]:
    """Return a content type and a body; ``("", None)`` where none is needed."""
    if operation.body is None:
        return "", None
    said = mapping(operation.body.value)
    names = list(mapping(said.get("content")))
    if not names or not (said.get("required") or full):
        return "", None
    for name in sorted(names, key=_rank):
        media = maker.document.child(operation.body, "content", name)
        assert media is not None
        try:
            return _encode(maker, name, media)
        except CannotMakeError as error:
            reason = error
    if said.get("required"):
        raise reason
    return "", None


def _rank(name: str) -> int:
    essence = name.split(";")[0].strip().lower()
    if essence.endswith("+json"):
        return 1
    return 2 * _PREFERRED_BODIES.index(essence) if essence in _PREFERRED_BODIES else 9


def _encode(maker: Maker, name: str, media: Node) -> tuple[str, bytes]:
    document, essence = maker.document, name.split(";")[0].strip().lower()
    schema = _schema_below(document, media)
    if "itemSchema" in mapping(media.value):
        return name, _sequence(maker, media, essence)
    if essence.endswith("json"):
        return name, json.dumps(_example_or_made(maker, media, schema)).encode()
    if essence == "application/x-www-form-urlencoded":
        value = mapping(_example_or_made(maker, media, schema))
        return essence, "&".join(_form(media, value)).encode()
    if essence == "multipart/form-data":
        value = mapping(maker.make(schema) if schema else {})
        return f"{essence}; boundary={BOUNDARY}", _multipart(media, value)
    if essence.startswith("text/"):
        text = _example_or_made(maker, media, schema)
        return name.replace("*", "plain"), str(text).encode()
    if "xml" in essence:
        raise CannotMakeError("XML bodies are not written here")
    concrete = "application/octet-stream" if essence == "*/*" else essence.replace("*", "png")
    return concrete, b"\x89PNG\r\n\x1a\n binary \x00\xff"


def _sequence(maker: Maker, media: Node, essence: str) -> bytes:
    """Return two values one after another."""
    schema = maker.document.raw_child(media, "itemSchema")
    before, after = {
        "application/json-seq": ("\x1e", "\n"),
        "text/event-stream": ("data: ", "\n\n"),
    }.get(essence, ("", "\n"))
    if essence.startswith("multipart/"):
        raise CannotMakeError("parts without names are not written here")
    value = maker.make(schema)
    if before == "data: " and isinstance(value, dict) and "data" in value:
        lines = [f"{key}: {item}" for key, item in value.items()]
        return ("\n".join(lines) + "\n\n").encode() * 2
    return f"{before}{json.dumps(value)}{after}".encode() * 2


def _example_or_made(maker: Maker, media: Node, schema: Node | None) -> object:
    said = mapping(media.value)
    ready: list[object] = [said["example"]] if "example" in said else []
    for name in mapping(said.get("examples")):
        example = maker.document.child(media, "examples", name)
        ready += _data(example)
    for value in ready if not maker.full else ():
        if schema is None or maker.schemas.error(schema, value, "request") is None:
            return value
    return maker.make(schema) if schema else (ready or [{}])[0]


def _form(media: Node, value: dict[str, object]) -> Iterator[str]:
    """Yield the pairs of a urlencoded form (OpenAPI 3.1, Encoding Object)."""
    encodings = mapping(mapping(media.value).get("encoding"))
    for name, item in value.items():
        encoding = mapping(encodings.get(name))
        style = str(encoding.get("style", "form"))
        nested = isinstance(item, dict) or any(isinstance(i, dict | list) for i in listed(item))
        if nested and style == "form" and "style" not in encoding:
            if isinstance(item, dict):  # the default content type of an object is JSON
                yield urlencode({name: json.dumps(item)})
                continue
            style = "deepObject"
        pairs = _query(name, item, style, explode=bool(encoding.get("explode", True)))
        yield from (f"{_escape(key)}={text}" for key, text in pairs)


def _multipart(media: Node, value: dict[str, object]) -> bytes:
    encodings = mapping(mapping(media.value).get("encoding"))
    lines: list[bytes] = []
    for name, item in value.items():
        for single in item if isinstance(item, list) else [item]:
            kind = str(mapping(encodings.get(name)).get("contentType", "")).split(",")[0].strip()
            disposition = f'form-data; name="{name}"'
            if isinstance(single, dict):
                kind, content = kind or "application/json", json.dumps(single).encode()
            else:
                content = _text(single).encode() if not isinstance(single, list) else b"[]"
            if kind and not kind.startswith(("text/", "application/json")):
                disposition += '; filename="file.bin"'
            lines += [f"--{BOUNDARY}".encode(), f"Content-Disposition: {disposition}".encode()]
            lines += [f"Content-Type: {kind.replace('*', 'png')}".encode()] if kind else []
            lines += [b"", content]
    return b"\r\n".join([*lines, f"--{BOUNDARY}--".encode(), b""])
