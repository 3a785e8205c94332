"""XML bodies to values and back, by the ``xml`` objects of their schema (OpenAPI 3.1.1 §4.8.26).

Names are compared without their namespaces, and the name of the root is not judged: clients differ in both.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, XMLParser, tostring

from mockserver.validation.coercion import Shape
from mockserver.validation.errors import DecodeError
from mockserver.validation.text import scalar_text

_MOST_LEVELS = 100
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_NOT_NAME = re.compile(r"[^A-Za-z0-9_.\xc0-\xd6\xd8-\xf6\xf8-\xff-]")  # of XML 1.0 §2.3
_NO_START = re.compile(r"^(?![A-Za-z_\xc0-\xd6\xd8-\xf6\xf8-\xff])")


_CDATA = re.compile(rb"\x01(.*?)\x02", re.DOTALL)
"""Marks around text to be written as it is: characters that XML does not have, so no value can hold them."""


class _Form(NamedTuple):
    """How the value of one schema is written.

    Attributes:
        name: Of element or attribute; ``None`` where the schema leaves it to the property.
        node: ``element``, ``attribute``, ``text``, ``cdata`` or ``none`` (OpenAPI 3.2.0 §4.26.2).
        wrapped: The items of a list have an element of their own around them.
    """

    name: str | None
    node: str
    wrapped: bool
    namespace: str | None
    prefix: str | None


def decode_xml(raw: bytes, shape: Shape) -> object:
    """Return the value of an XML body as its schema wants it.

    Raises:
        DecodeError: It is not well-formed, declares a document type, or nests too deep.
    """
    parser = XMLParser(target=_Builder())
    try:
        parser.feed(raw)
        root = parser.close()
    except DecodeError:
        raise
    except ParseError as error:
        line, column = error.position
        raise DecodeError(f"this is not XML at line {line}, column {column + 1}") from error
    except (LookupError, ValueError) as error:
        raise DecodeError("the encoding of the XML is not read; UTF-8 is") from error
    return _value(root, shape)


def encode_xml(value: object, shape: Shape) -> bytes:
    """Return a value as XML; a string that is XML itself is passed through: examples are often written so.

    The root is called ``xml`` where the schema names none (as in Prism). What XML cannot hold is replaced.
    """
    if isinstance(value, str) and value.lstrip().startswith("<"):
        return value.encode("utf-8", "replace")
    form = _form(shape)
    root = _named(Element(_tag(form, "xml")), form)
    _fill(root, value, shape)
    written: bytes = tostring(root, encoding="utf-8", xml_declaration=False)
    return _CDATA.sub(_as_cdata, written) if b"\x01" in written else written


def _as_cdata(marked: re.Match[bytes]) -> bytes:
    """Return text as a CDATA section; the end of one within it begins another (XML 1.0 §2.7)."""
    text = marked[1].replace(b"&lt;", b"<").replace(b"&gt;", b">").replace(b"&amp;", b"&")
    return b"<![CDATA[" + text.replace(b"]]>", b"]]]]><![CDATA[>") + b"]]>"


class _Builder(TreeBuilder):
    """Builds elements; refuses document types (entity bombs, external entities) and deep nesting."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> NoReturn:
        raise DecodeError("the XML has a document type (DOCTYPE), which is refused")

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise DecodeError(f"nesting goes deeper than {_MOST_LEVELS} levels")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._level -= 1
        return super().end(tag)


def _form(shape: Shape) -> _Form:
    def text(key: str) -> str | None:
        value = shape.xml.get(key)
        return value if isinstance(value, str) and value else None

    node = text("nodeType")
    return _Form(
        text("name"),
        node or ("attribute" if shape.xml.get("attribute") is True else "element"),
        node == "element" or (node is None and shape.xml.get("wrapped") is True),
        text("namespace"),
        text("prefix"),
    )


def _is_list(shape: Shape) -> bool:
    return "array" in shape.types and "object" not in shape.types


_TEXT = ("text", "cdata")


# Reading


def _value(element: Element, shape: Shape) -> object:
    """Return the value of an element: a list of its children, an object, or its text."""
    if _is_list(shape):
        return [_value(child, shape.item(index)) for index, child in enumerate(element)]
    is_object = "object" in shape.types and "string" not in shape.types
    if is_object and any(_form(shape.property(name)).node in _TEXT for name in shape.properties):
        return _object(element, shape)
    is_text = not (len(element) or element.attrib) and bool((element.text or "").strip())
    if not is_text and (is_object or len(element) or element.attrib):
        return _object(element, shape)
    return shape.read_text(element.text or "")


def _object(element: Element, shape: Shape) -> dict[str, object]:
    """Return the object of an element: described properties first, then whatever else is there."""
    children: dict[str, list[Element]] = {}
    for child in element:
        children.setdefault(_local(child.tag), []).append(child)
    attributes = {_local(name): value for name, value in element.attrib.items()}
    found: dict[str, object] = {}
    for name in shape.properties:
        inner = shape.property(name)
        form = _form(inner)
        written = form.name or name
        if form.node == "attribute":
            if written in attributes:
                found[name] = inner.read_text(attributes[written])
        elif form.node in _TEXT:
            text = "".join([element.text or "", *(child.tail or "" for child in element)])
            if text.strip() or "string" in inner.types:
                found[name] = inner.read_text(text)
        elif form.node == "none" and not _is_list(inner):
            if "object" in inner.types:  # its members stand here
                within = _object(element, inner)
                found[name] = {key: within[key] for key in inner.properties if key in within}
                for key in inner.properties:
                    children.pop(_form(inner.property(key)).name or key, None)
        elif _is_list(inner):
            items = _items(children, inner, form, written)
            if items is not None:
                found[name] = [_value(item, inner.item(index)) for index, item in enumerate(items)]
        elif written in children:
            found[name] = _one_or_list(children.pop(written), inner)
    for written, elements in children.items():
        found.setdefault(written, _one_or_list(elements, shape.property(written)))
    return found


def _one_or_list(elements: list[Element], shape: Shape) -> object:
    values = [_value(element, shape) for element in elements]
    return values if len(values) > 1 else values[0]


def _items(
    children: dict[str, list[Element]], shape: Shape, form: _Form, written: str
) -> list[Element] | None:
    """Take the elements of a list's items; ``None`` where the list is not there."""
    if not form.wrapped:
        return children.pop(_form(shape.item(0)).name or written, None)
    wrappers = children.pop(written, None)
    return None if wrappers is None else [item for wrapper in wrappers for item in wrapper]


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


# Writing


def _fill(element: Element, value: object, shape: Shape) -> None:
    """Write a value into its element."""
    if isinstance(value, dict):
        for name, item in value.items():
            _member(element, name, item, shape.property(name))
    elif isinstance(value, list):
        for item, inner, form in _forms(value, shape):
            _node(element, item, inner, form, "item")
    elif value is not None:
        _add_text(element, value, _form(shape))


def _member(element: Element, name: str, value: object, shape: Shape) -> None:
    """Write a property into the element of its object."""
    form = _form(shape)
    if isinstance(value, list) and form.node in ("element", "none"):
        holder = _named(SubElement(element, _tag(form, name)), form) if form.wrapped else element
        for item, inner, own in _forms(value, shape):
            # Without a wrapper the items have the property's name, unless they have their own; inside one as well.
            _node(holder, item, inner, own, name if form.wrapped else form.name or name)
    else:
        _node(element, value, shape, form, name)


def _node(element: Element, value: object, shape: Shape, form: _Form, name: str) -> None:
    """Write a value into an element, as the node that its schema wants."""
    match form.node:
        case "attribute":
            if value is not None:
                element.set(_tag(form._replace(namespace=None), name), _clean(value))
        case "text" | "cdata":
            if value is not None:
                _add_text(element, value, form)
        case "none":
            if isinstance(value, dict | list):  # a scalar has nothing but its node
                _fill(element, value, shape)
        case _:
            _fill(_named(SubElement(element, _tag(form, name)), form), value, shape)


def _add_text(element: Element, value: object, form: _Form) -> None:
    text = _clean(value)
    if form.node == "cdata":
        text = f"\x01{text}\x02"
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text


def _forms(items: list[object], shape: Shape) -> Iterator[tuple[object, Shape, _Form]]:
    for index, item in enumerate(items):
        inner = shape.item(index)
        yield item, inner, _form(inner)


def _tag(form: _Form, otherwise: str) -> str:
    """Return an element's name, with its prefix where that has a namespace."""
    name = _name(form.name or otherwise)
    return f"{_name(form.prefix)}:{name}" if form.prefix and form.namespace else name


def _named(element: Element, form: _Form) -> Element:
    """Declare the namespace of an element on it."""
    if form.namespace:
        key = f"xmlns:{_name(form.prefix)}" if form.prefix else "xmlns"
        element.set(key, _clean(form.namespace))
    return element


def _name(text: str) -> str:
    """Return a name that XML allows: what it does not becomes an underscore."""
    return _NO_START.sub("_", _NOT_NAME.sub("_", text))


def _clean(value: object) -> str:
    return _NOT_XML.sub("\ufffd", scalar_text(value))
