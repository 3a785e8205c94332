"""XML bodies to values and back, by the ``xml`` objects of their schema (OpenAPI 3.1.1 §4.8.26)."""

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple, NoReturn
from xml.etree.ElementTree import Element, ParseError, SubElement, TreeBuilder, XMLParser, tostring

from mockserver.schemas import Schema
from mockserver.spec.model import Direction, MediaType
from mockserver.spec.registry import SchemaRegistry
from mockserver.validation.coercion import Coercion
from mockserver.validation.errors import DecodeError, EncodeError
from mockserver.validation.text import scalar_text

_MOST_LEVELS = 100
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # XML 1.0 §2.2
_NOT_NAME = re.compile(r"[^\w.-]|^(?![A-Za-z_])")


class _Form(NamedTuple):
    """How one schema is written."""

    name: str | None
    attribute: bool
    wrapped: bool
    namespace: str | None
    prefix: str | None


def decode_xml(
    raw: bytes, media_type: MediaType, schemas: SchemaRegistry, direction: Direction
) -> object:
    """Return the value of an XML body.

    Raises:
        DecodeError: It is not well-formed, declares a document type, or nests too deep.
    """
    parser = XMLParser(target=_Builder())
    try:
        parser.feed(raw)
        root = parser.close()
    except ParseError as error:
        raise DecodeError(f"this is not XML: {error}") from error
    except (LookupError, ValueError) as error:
        raise DecodeError(str(error)) from error
    schema: Schema = schemas.schema(media_type.schema, direction) if media_type.schema else True
    return _Reader(schemas, direction).value(root, schema)


def encode_xml(
    value: object, media_type: MediaType, schemas: SchemaRegistry, direction: Direction
) -> bytes:
    """Return a value as XML; a string is passed through, because examples are often written so.

    Raises:
        EncodeError: It cannot be written as XML.
    """
    if isinstance(value, str):
        return value.encode("utf-8", "replace")
    schema: Schema = schemas.schema(media_type.schema, direction) if media_type.schema else True
    writer = _Writer(schemas, direction)
    root = writer.root(value, schema)
    try:
        text: str = tostring(root, encoding="unicode")
    except (TypeError, ValueError) as error:
        raise EncodeError("the value cannot be written as XML") from error
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{text}'.encode()


class _Builder(TreeBuilder):
    """Builds elements; refuses document types (entity bombs, external entities) and deep nesting."""

    def __init__(self) -> None:
        super().__init__()
        self._level = 0

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> NoReturn:
        raise DecodeError("a document type (DOCTYPE) is refused")

    def start(self, tag: str, attrs: dict[str, str], /) -> Element:
        self._level += 1
        if self._level > _MOST_LEVELS:
            raise DecodeError(f"nesting goes deeper than {_MOST_LEVELS} levels")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self._level -= 1
        return super().end(tag)


class _Schemas:
    """Looks into schemas through references and combinations."""

    def __init__(self, schemas: SchemaRegistry, direction: Direction) -> None:
        self._coercion = Coercion(schemas, direction)
        self._schemas = schemas
        self._direction = direction

    def parts(self, schema: Schema) -> Iterator[dict[str, object]]:
        yield from self._coercion.parts(schema)

    def form(self, schema: Schema) -> _Form:
        """Return how a schema is written: the first ``xml`` object that its parts have."""
        node: Mapping[str, object] = {}
        for part in self.parts(schema):
            found = part.get("xml")
            if isinstance(found, Mapping):
                node = found
                break
        return _Form(
            _optional_text(node.get("name")),
            node.get("attribute") is True,
            node.get("wrapped") is True,
            _optional_text(node.get("namespace")),
            _optional_text(node.get("prefix")),
        )

    def properties(self, schema: Schema) -> dict[str, Schema]:
        found: dict[str, Schema] = {}
        for part in self.parts(schema):
            node = part.get("properties")
            if isinstance(node, Mapping):
                for name, inner in node.items():
                    found.setdefault(str(name), inner if isinstance(inner, dict | bool) else True)
        return found


class _Reader(_Schemas):
    def value(self, element: Element, schema: Schema) -> object:
        """Return the value of an element as its schema wants it."""
        types = self._coercion.types(schema)
        if "array" in types and "object" not in types:
            return [self.value(child, self._coercion.item(schema, 0)) for child in element]
        properties = self.properties(schema)
        if properties or len(element) or ("object" in types and "string" not in types):
            return self._object(element, schema, properties)
        return self._coercion.coerce(element.text or "", schema)

    def _object(self, element: Element, schema: Schema, properties: dict[str, Schema]) -> object:
        found: dict[str, object] = {}
        children: dict[str, list[Element]] = {}
        for child in element:
            children.setdefault(_local(child.tag), []).append(child)
        attributes = {_local(name): value for name, value in element.attrib.items()}
        for name, inner in properties.items():
            form = self.form(inner)
            written = form.name or name
            types = self._coercion.types(inner)
            if form.attribute:
                if written in attributes:
                    found[name] = self._coercion.coerce(attributes[written], inner)
            elif "array" in types and "object" not in types:
                items = self._items(children, inner, form, written)
                if items is not None:
                    found[name] = items
            elif written in children:
                found[name] = self.value(children.pop(written)[0], inner)
        for written, elements in children.items():
            if written not in found and not any(
                written == (self.form(s).name or n) for n, s in properties.items()
            ):
                inner = self._coercion.member(schema, written)
                values = [self.value(child, inner) for child in elements]
                found[written] = values if len(values) > 1 else values[0]
        return found

    def _items(
        self, children: dict[str, list[Element]], schema: Schema, form: _Form, written: str
    ) -> list[object] | None:
        item = self._coercion.item(schema, 0)
        if form.wrapped:
            wrapper = children.pop(written, None)
            elements = list(wrapper[0]) if wrapper else None
        else:
            elements = children.pop(self.form(item).name or written, None)
        return None if elements is None else [self.value(child, item) for child in elements]


class _Writer(_Schemas):
    def root(self, value: object, schema: Schema) -> Element:
        """Return the root element; it is called ``xml`` where the schema names none (as in Prism)."""
        element = Element(_tag(self.form(schema), "xml"))
        self._fill(element, value, schema)
        return element

    def _fill(self, element: Element, value: object, schema: Schema) -> None:
        if isinstance(value, dict):
            for name, item in value.items():
                self._member(element, str(name), item, self._coercion.member(schema, str(name)))
        elif isinstance(value, list):
            inner = self._coercion.item(schema, 0)
            for item in value:
                self._fill(SubElement(element, _tag(self.form(inner), "item")), item, inner)
        elif value is not None:
            element.text = _NOT_XML.sub("\ufffd", scalar_text(value))

    def _member(self, element: Element, name: str, value: object, schema: Schema) -> None:
        form = self.form(schema)
        if form.attribute:
            element.set(_tag(form, name), _NOT_XML.sub("\ufffd", scalar_text(value)))
        elif isinstance(value, list):
            inner = self._coercion.item(schema, 0)
            holder = SubElement(element, _tag(form, name)) if form.wrapped else element
            for item in value:
                self._fill(
                    SubElement(holder, _tag(self.form(inner), form.name or name)), item, inner
                )
        else:
            self._fill(SubElement(element, _tag(form, name)), value, schema)


def _tag(form: _Form, otherwise: str) -> str:
    """Return an element's name, in its namespace where the schema has one."""
    name = _NOT_NAME.sub("_", form.name or otherwise)
    return f"{{{form.namespace}}}{name}" if form.namespace else name


def _local(tag: str) -> str:
    return tag.rpartition("}")[2].rpartition(":")[2]


def _optional_text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None
