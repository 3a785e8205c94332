"""The objects of Swagger 2.0, read into the same model as those of OpenAPI 3: servers, parameters, bodies, answers.

A parameter has the keywords of its schema itself, so its own location is that of its schema; what is sent in a form is
described by many parameters, of which ``Reading.made`` gets one schema that refers to each.
"""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import quote

from mockserver.spec.model import (
    Encoding,
    Example,
    Location,
    MediaType,
    Parameter,
    ParameterLocation,
    RequestBody,
    Response,
)
from mockserver.spec.objects import Objects
from mockserver.spec.parameters import read_headers
from mockserver.spec.reading import Node, Reading

_JSON = "application/json"
_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_STYLES = {
    "csv": None,
    "ssv": "spaceDelimited",
    "tsv": "tabDelimited",
    "pipes": "pipeDelimited",
}
"""Styles of the collection formats; that of ``csv`` is the default of the parameter's place."""
_DELIMITERS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}
_MOST_NESTED = 8
_BODY_PLACES = frozenset(("body", "formData"))
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")  # RFC 3986 §3.1


def _servers(holder: Mapping[str, object]) -> list[object]:
    """Return the servers that ``host``, ``basePath`` and ``schemes`` stand for; an empty list where they are absent."""
    host, base = holder.get("host"), holder.get("basePath")
    host = host.strip().rstrip("/") if isinstance(host, str) else ""
    base = base.strip() if isinstance(base, str) else ""
    if _SCHEME.match(base):  # a whole URL, which is no path and said what it means
        return [{"url": base}]
    if not host and not base.strip("/"):
        return []
    path = f"/{base.lstrip('/')}" if base else ""
    if not host:
        return [{"url": path}]
    if _SCHEME.match(host):
        return [{"url": host + path}]
    schemes = [scheme for scheme in _list(holder.get("schemes")) if isinstance(scheme, str)]
    return [{"url": f"{scheme}://{host}{path}"} for scheme in schemes or ["https"]]


def _security_schemes(reading: Reading, root: Node) -> Iterator[tuple[str, Node]]:
    """Yield what stands under ``securityDefinitions``; ``basic`` is a scheme of HTTP."""
    for name, node in reading.members(reading.child(root, "securityDefinitions")):
        if node.text("type") == "basic":
            yield name, Node(node.at, {**node.value, "type": "http", "scheme": "basic"})
        else:
            yield name, node


def _describe(reading: Reading, node: Node, name: str, location: ParameterLocation) -> Parameter:
    """Return a parameter or response header; its own keywords are its schema."""
    if node.text("type") == "file":
        message = f"only a form field can be a file; the {location} parameter {name[:60]!r} is read as a string"
        reading.warn("misplaced-file", message, node.at.child("type"))
    style, explode = _style(reading, node, location)
    return Parameter(
        name=name,
        location=location,
        at=node.at,
        required=location == "path" or node.flag("required") is True,
        deprecated=node.flag("deprecated") is True,
        style=style or ("form" if location in ("query", "cookie") else "simple"),
        explode=explode,
        allow_empty=node.flag("allowEmptyValue") is True,
        nested=tuple(_nested(reading, node)),
        schema=_schema(reading, node),
        examples=tuple(_examples(node)),
    )


def _read_request_body(reading: Reading, item: Node, operation: Node) -> RequestBody | None:
    """Return what an operation takes from its parameters in ``body`` and ``formData``."""
    found: dict[tuple[str, str], Node] = {}
    for holder in (item, operation):
        for node in reading.items(holder, "parameters"):
            if (place := node.text("in")) in _BODY_PLACES:
                found[place, node.text("name") if place == "formData" else ""] = node
    fields = {name: node for (place, name), node in found.items() if place == "formData" and name}
    body = found.get(("body", ""))
    if body is None:
        return _form(reading, operation, fields) if fields else None
    if fields:
        message = "an operation takes a body or a form; the fields of the form are left out"
        reading.warn("body-and-form", message, operation.at.child("parameters"))
    reading.check_keys(body, "parameter")
    schema = _body_schema(reading, body)
    names = _media_types(reading, operation, "consumes")
    content = tuple(
        MediaType(name, body.at, schema, tuple(_examples(body, name))) for name in names or [_JSON]
    )
    return RequestBody(body.flag("required") is True, content, body.at)


def _read_response(reading: Reading, node: Node, key: str, operation: Node) -> Response:
    """Return an answer; operations that refer to one and produce the same share it."""
    produced = _media_types(reading, operation, "produces")
    return reading.once(_response, node, "\n".join((key, *produced)))


def _response(reading: Reading, node: Node, told: str) -> Response:
    key, *produced = told.split("\n")
    reading.check_keys(node, "response")
    return Response(
        key=key,
        location=node.at,
        description=node.text("description"),
        content=tuple(_content(reading, node, produced)),
        headers=tuple(read_headers(reading, node)),
    )


def _content(reading: Reading, node: Node, produced: list[str]) -> Iterator[MediaType]:
    """Yield what an answer can be: without a schema and examples it has no body (Swagger 2.0, Response Object)."""
    has_schema = node.value.get("schema") is not None
    examples = node.value.get("examples")
    examples = examples if isinstance(examples, dict) else {}
    by_type = {name: value for name, value in examples.items() if "/" in name}
    at = node.at.child("examples")
    for name in examples.keys() - by_type.keys():
        if not name.startswith("x-"):
            message = f"{name[:60]!r} is no media type; the example is left out"
            reading.warn("bad-example", message, at.child(name), "write it under a media type")
    if not has_schema:
        for name, value in by_type.items():
            yield MediaType(name, node.at, None, (Example("", value, at.child(name)),))
        return
    schema = node.at.child("schema")
    names = produced or list(by_type) or [_JSON]
    if reading.child(node, "schema").text("type") == "file":
        # Bytes are no JSON value: a document that produces JSON everywhere did not mean its files.
        names = [name for name in names if "json" not in name] or ["application/octet-stream"]
    for name in names:
        fitting = (one for one in by_type if _essence(one) == _essence(name))
        ready = tuple(Example("", by_type[one], at.child(one)) for one in fitting)
        yield MediaType(name, node.at, schema, ready)


def _body_schema(reading: Reading, body: Node) -> Location | None:
    if body.value.get("schema") is not None:
        return body.at.child("schema")
    if "type" in body.value:
        message = "the schema of a body stands under 'schema'; the keywords of the parameter are taken for it"
        reading.warn("body-without-schema", message, body.at)
        return body.at
    message = "a parameter in body needs a schema; anything is accepted"
    reading.warn("body-without-schema", message, body.at)
    return None


def _form(reading: Reading, operation: Node, fields: Mapping[str, Node]) -> RequestBody:
    """Return the body that parameters in ``formData`` are together."""
    at = operation.at.child("parameters")
    properties: dict[str, object] = {}
    encoding: dict[str, Encoding] = {}
    for name, node in fields.items():
        reading.check_keys(node, "parameter")
        schema = _schema(reading, node)
        described = {"$ref": _reference(schema, at)}
        empty = {"type": "string", "enum": [""]}
        may_be_empty = node.flag("allowEmptyValue") is True
        properties[name] = {"anyOf": [described, empty]} if may_be_empty else described
        if node.text("type") == "array":
            style, explode = _style(reading, node, "formData")
            encoding[name] = Encoding(style=style or "form", explode=explode, allow_reserved=True)
    required = [name for name, node in fields.items() if node.flag("required") is True]
    made: dict[str, object] = {"type": "object", "properties": properties}
    reading.made[at] = {**made, "required": required} if required else made
    content = tuple(
        MediaType(name, at, at, encoding=encoding)
        for name in _form_types(reading, operation, fields)
    )
    return RequestBody(bool(required), content, at)


def _form_types(reading: Reading, operation: Node, fields: Mapping[str, Node]) -> list[str]:
    """Return the media types of a form: those consumed that are one, else what its fields need."""
    consumed = _media_types(reading, operation, "consumes")
    names = [name for name in consumed if _essence(name) in (_MULTIPART, _URLENCODED)]
    has_file = any("file" in (node.text("type"), _item_type(node)) for node in fields.values())
    if has_file and not any(_essence(name) == _MULTIPART for name in names):
        if names:
            message = f"a file is sent as {_MULTIPART}, which the operation does not consume"
            reading.warn("file-without-multipart", message, operation.at)
        return [_MULTIPART, *names]
    return names or [_URLENCODED, _MULTIPART]


def _item_type(node: Node) -> object:
    items = node.value.get("items")
    return items.get("type") if isinstance(items, dict) else None


def _reference(schema: Location, at: Location) -> str:
    """Return the reference that leads from one location to another."""
    file = "" if schema.file == at.file else quote(schema.file)
    return f"{file}#{quote(schema.pointer)}"


def _schema(reading: Reading, node: Node) -> Location:
    """Return where the schema of a parameter outside the body is: where the parameter is."""
    if isinstance(node.value.get("schema"), dict):
        message = "only a parameter in body has a schema; this one is read nevertheless"
        reading.warn("misplaced-schema", message, node.at.child("schema"), "write type beside name")
        return node.at.child("schema")
    return node.at


def _style(reading: Reading, node: Node, place: str) -> tuple[str | None, bool]:
    """Return style and explode of a collection format; no style where the place has its own for it."""
    told = node.text("collectionFormat", "csv")
    is_pairs = place in ("query", "formData")
    if told == "multi" and is_pairs:
        return "form", True
    if told not in _STYLES:
        message = f"{told[:40]!r} is no collection format of a {place} parameter; read as 'csv'"
        known = ", ".join((*_STYLES, "multi") if is_pairs else _STYLES)
        at = node.at.child("collectionFormat")
        reading.warn("unknown-collection-format", message, at, f"known: {known}")
        told = "csv"
    return _STYLES[told], is_pairs and node.text("type") != "array"


def _nested(reading: Reading, node: Node) -> Iterator[str]:
    """Yield the delimiters of lists within a list (Swagger 2.0, Items Object), outermost first."""
    items = reading.child(node, "items") if isinstance(node.value.get("items"), dict) else None
    for _ in range(_MOST_NESTED):
        if items is None or items.text("type") != "array":
            return
        yield _DELIMITERS.get(items.text("collectionFormat"), ",")
        inner = items.value.get("items")
        items = reading.child(items, "items") if isinstance(inner, dict) else None


def _examples(node: Node, media_type: str = "") -> Iterator[Example]:
    """Yield the examples of a parameter: extensions, of which the plural holds them by media type or name."""
    for key in ("x-example", "example"):
        if key in node.value:
            yield Example("", node.value[key], node.at.child(key))
    named = node.value.get("x-examples")
    if isinstance(named, dict):
        for name, value in named.items():
            at = node.at.child("x-examples", name)
            if "/" not in name:
                yield Example(name, value, at)
            elif _essence(name) == _essence(media_type):
                yield Example("", value, at)


def _media_types(reading: Reading, operation: Node, key: str) -> list[str]:
    """Return what an operation consumes or produces, its own before the document's; empty where nobody says."""
    for holder in (operation, reading.root()):
        told = holder.value.get(key)
        if told is not None:
            names = [told] if isinstance(told, str) else _list(told)
            found = [name for name in names if isinstance(name, str) and "/" in name]
            if len(found) < len(names):
                message = f"{key} is a list of media types; what is none is left out"
                reading.warn("bad-media-type", message, holder.at.child(key))
            return list(dict.fromkeys(found))
    return []


def _essence(name: str) -> str:
    return name.partition(";")[0].strip().lower()


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


SWAGGER_2 = Objects(
    servers=_servers,
    security_schemes=_security_schemes,
    describe=_describe,
    read_request_body=_read_request_body,
    read_response=_read_response,
    body_places=_BODY_PLACES,
)
