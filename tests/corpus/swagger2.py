"""A judge's own reading of Swagger 2.0: its operations written as OpenAPI 3.0 has them, schemas left where they are.

Nothing of the product; the product converts no document.
"""

from collections.abc import Callable, Mapping
from urllib.parse import urljoin

METHODS = ("get", "put", "post", "delete", "options", "head", "patch")
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_STYLES = {"ssv": "spaceDelimited", "tsv": "tabDelimited", "pipes": "pipeDelimited"}
_NO_SCHEMA = frozenset(("name", "in", "required", "description", "collectionFormat", "schema"))

Tree = dict[str, object]
Follow = Callable[[object], tuple[Tree, str]]
"""Gives the mapping that a value stands for once its ``$ref``s are followed, and the URI of its file."""


def converted(root: Mapping[str, object], follow: Follow) -> Tree:
    """Return a document as OpenAPI 3.0; what its operations refer to is written out, with absolute references."""
    paths: Tree = {}
    for path, item in _mapping(root.get("paths")).items():
        if path.startswith("x-"):
            continue
        shared, _ = follow(item)
        paths[path] = {
            method: _operation(root, shared, shared[method], follow)
            for method in METHODS
            if isinstance(shared.get(method), dict)
        }
    schemes = {
        name: {"type": "http", "scheme": "basic"} if _mapping(one).get("type") == "basic" else one
        for name, one in _mapping(root.get("securityDefinitions")).items()
    }
    return {**root, "paths": paths, "components": {"securitySchemes": schemes}}


def as_schema(value: object, file: str = "") -> object:
    """Return a schema of 2.0 as 3.0 has it: ``x-nullable``, ``type: file``; references absolute where a file is given."""
    if isinstance(value, list):
        return [as_schema(item, file) for item in value]
    if not isinstance(value, dict):
        return value
    found = {key: as_schema(item, file) for key, item in value.items()}
    if isinstance(reference := found.get("$ref"), str) and file:
        found["$ref"] = urljoin(file, reference)
    if found.get("x-nullable") is True:
        found["nullable"] = True
    if found.get("type") == "file":
        found["type"] = "string"
    return found


def _operation(root: Mapping[str, object], item: Tree, written: object, follow: Follow) -> Tree:
    operation = _mapping(written)
    parameters: dict[tuple[str, str], tuple[Tree, str]] = {}
    for holder in (item, operation):
        for one in _list(holder.get("parameters")):
            said, file = follow(one)
            parameters[str(said.get("in")), str(said.get("name"))] = (said, file)
    consumes = _list(operation.get("consumes", root.get("consumes")))
    produces = _list(operation.get("produces", root.get("produces")))
    result: Tree = {
        **operation,
        "parameters": [
            _parameter(said, file)
            for (place, _), (said, file) in parameters.items()
            if place not in ("body", "formData")
        ],
        "responses": {
            str(status): _response(*follow(one), [str(name) for name in produces])
            for status, one in _mapping(operation.get("responses")).items()
            if not str(status).startswith("x-")
        },
    }
    if body := _body(parameters, [str(name) for name in consumes]):
        result["requestBody"] = body
    return result


def _parameter(said: Tree, file: str) -> Tree:
    schema = {key: value for key, value in said.items() if key not in _NO_SCHEMA}
    result: Tree = {key: said[key] for key in ("name", "in", "required") if key in said}
    if "x-example" in said:
        result["example"] = said["x-example"]
    if said.get("type") == "array":
        told = str(said.get("collectionFormat", "csv"))
        result |= {"style": _STYLES[told]} if told in _STYLES else {}
        result["explode"] = told == "multi"
    return {**result, "schema": as_schema(schema, file)}


def _body(parameters: Mapping[tuple[str, str], tuple[Tree, str]], consumes: list[str]) -> Tree:
    fields: dict[str, Tree] = {}
    for (place, name), (said, file) in parameters.items():
        if place == "body":
            media = {"schema": as_schema(said.get("schema", {}), file)}
            names = consumes or ["application/json"]
            return {"required": said.get("required"), "content": dict.fromkeys(names, media)}
        if place == "formData":
            fields[name] = _parameter(said, file)
    if not fields:
        return {}
    required = [name for name, field in fields.items() if field.get("required") is True]
    form: Tree = {
        "schema": {
            "type": "object",
            "properties": {name: field["schema"] for name, field in fields.items()},
            "required": required,
        },
        "encoding": {
            name: {"style": field.get("style", "form"), "explode": field["explode"]}
            for name, field in fields.items()
            if "explode" in field
        },
    }
    has_file = any(said.get("type") == "file" for said, _ in parameters.values())
    names = [name for name in consumes if name in FORMS] or [FORMS[0 if has_file else 1]]
    return {"required": bool(required), "content": dict.fromkeys(names, form)}


def _response(said: Tree, file: str, produces: list[str]) -> Tree:
    headers = {
        name: {"schema": as_schema(header, file)}
        for name, header in _mapping(said.get("headers")).items()
    }
    result: Tree = {"description": said.get("description"), "headers": headers}
    schema = said.get("schema")
    examples = [name for name in _mapping(said.get("examples")) if "/" in name]
    if schema is not None:
        names = produces or examples or ["application/json"]
        if _mapping(schema).get("type") == "file":  # bytes, whatever else the operation produces
            names = [*names, "application/octet-stream"]
        result["content"] = {name: {"schema": as_schema(schema, file)} for name in names}
    elif examples:
        result["content"] = {name: {} for name in examples}
    return result


def _mapping(value: object) -> Tree:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []
