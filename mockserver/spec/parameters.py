"""Parameters and headers as the document describes them."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mockserver.spec.content import read_content, read_examples
from mockserver.spec.model import Example, MediaType, Parameter, ParameterLocation
from mockserver.spec.reading import Node, Reading
from mockserver.spec.templates import parameter_names

STYLES: Mapping[ParameterLocation, tuple[str, ...]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}
"""The styles of each location, its default first (OpenAPI 3.1.1 §4.8.12.3)."""

STYLES_3_2: Mapping[ParameterLocation, tuple[str, ...]] = {
    **STYLES,
    "cookie": ("form", "cookie"),
    "querystring": ("form",),
}
"""OpenAPI 3.2.0 §4.12.3; a ``querystring`` has a media type instead of a style."""

# Other parts of the document describe them (OpenAPI 3.1.1 §4.8.12.1).
_DESCRIBED_ELSEWHERE = frozenset(("accept", "content-type", "authorization"))
_FORM = "application/x-www-form-urlencoded"
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # RFC 9110 §5.6.2, token
_FIELD_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")  # RFC 9110 §5.5


def read_parameters(
    reading: Reading, path: str, items: Iterable[Node], operation: Node
) -> tuple[Parameter, ...]:
    """Return an operation's parameters, which override those of its path item, and the later items the earlier.

    A name in the template that is not declared is a string; what is declared and not in the template is left out.
    """
    found: dict[tuple[str, str], Parameter] = {}
    for holder in (*items, operation):
        for node in reading.items(holder, "parameters"):
            if node.text("in") in reading.version.objects.body_places:
                continue
            if parameter := reading.once(_parameter, node, ""):
                found[_identity(parameter)] = parameter
    names = parameter_names(path)
    for name in names:
        if ("path", name) not in found:
            message = f"{{{name}}} of {path!r} is not declared; it is read as a string"
            reading.warn("undeclared-path-parameter", message, operation.at)
            found["path", name] = Parameter(name, "path", operation.at, required=True)
    for parameter in list(found.values()):
        if parameter.location == "path" and parameter.name not in names:
            message = f"{path!r} has no {{{parameter.name}}}"
            reading.warn("unknown-path-parameter", message, parameter.at)
            del found["path", parameter.name]
    kinds = [parameter.location for parameter in found.values()]
    if "querystring" in kinds and (kinds.count("querystring") > 1 or "query" in kinds):
        message = "the query string is described as a whole and beside that; each is applied to it"
        reading.warn("querystring-beside-query", message, operation.at)
    return tuple(found.values())


def read_headers(reading: Reading, response: Node) -> Iterator[Parameter]:
    """Yield the headers of a response; ``Content-Type`` is its media type's (OpenAPI 3.1.1 §4.8.17.1)."""
    if "headers" not in response.value:
        return
    for name, node in reading.members(reading.child(response, "headers")):
        if not _FIELD_NAME.fullmatch(name):
            reading.warn("bad-header", f"{name[:60]!r} cannot be the name of a header", node.at)
        elif name.lower() != "content-type":
            yield reading.once(_header, node, name)


def _parameter(reading: Reading, node: Node, _name: str) -> Parameter | None:
    styles = reading.version.styles
    name = node.text("name")
    location = next((one for one in styles if one == node.text("in")), None)
    if location == "querystring":
        name = name or "querystring"  # nothing is sent by this name
    if not name or location is None:
        known = ", ".join(styles)
        message = f"a parameter needs a name and, as 'in', one of {known}; it is left out"
        reading.warn("bad-parameter", message, node.at)
        return None
    if location == "header":
        if name.lower() in _DESCRIBED_ELSEWHERE:
            return None
        if not _FIELD_NAME.fullmatch(name):
            reading.warn("bad-header", f"{name[:60]!r} cannot be the name of a header", node.at)
            return None
    reading.check_keys(node, "parameter")
    return reading.version.objects.describe(reading, node, name, location)


def _header(reading: Reading, node: Node, name: str) -> Parameter:
    """Read a response header; values that would break the answer's head are no examples of it."""
    reading.check_keys(node, "header")
    header = reading.version.objects.describe(reading, node, name, "header")
    sendable = tuple(example for example in header.examples if _is_sendable(example))
    for example in header.examples:
        if example not in sendable:
            message = f"the example of {name!r} has characters that no header can carry"
            reading.warn("bad-header-example", message, example.location)
    return header if sendable == header.examples else replace(header, examples=sendable)


def _is_sendable(example: Example) -> bool:
    return not isinstance(example.value, str) or bool(_FIELD_VALUE.fullmatch(example.value))


def describe(reading: Reading, node: Node, name: str, location: ParameterLocation) -> Parameter:
    """Return a parameter or header from the members that both have."""
    content = next(iter(read_content(reading, node)), None)
    if location == "querystring" and content is None and "schema" in node.value:
        message = "a query string has content instead of a schema; it is read as a form"
        reading.warn("bad-parameter", message, node.at.child("schema"))
        content = MediaType(_FORM, node.at, node.at.child("schema"))
    style = _style(reading, node, location)
    explode = node.flag("explode")
    return Parameter(
        name=name,
        location=location,
        at=node.at,
        required=location == "path" or node.flag("required") is True,
        deprecated=node.flag("deprecated") is True,
        style=style,
        explode=style in ("form", "cookie") if explode is None else explode,
        allow_reserved=node.flag("allowReserved") is True,
        allow_empty=node.flag("allowEmptyValue") is True,
        schema=node.at.child("schema") if "schema" in node.value and not content else None,
        content=content,
        examples=read_examples(reading, node),
    )


def _style(reading: Reading, node: Node, location: ParameterLocation) -> str:
    styles = reading.version.styles[location]
    style = node.text("style", styles[0])
    if style not in styles:
        message = f"{style[:40]!r} is no style of a {location} parameter; read as {styles[0]!r}"
        hint = f"known: {', '.join(styles)}"
        reading.warn("unknown-style", message, node.at.child("style"), hint)
        return styles[0]
    return style


def _identity(parameter: Parameter) -> tuple[str, str]:
    """Return what makes two parameters the same; names of headers compare without case."""
    name = parameter.name
    return parameter.location, name.lower() if parameter.location == "header" else name
