"""A second reading of OpenAPI documents, for judging ours: plain values, ``$ref`` by hand, nothing of the product."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote, urljoin, urlparse

import yaml

from tests.corpus.swagger2 import as_schema, converted

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")


class Node(NamedTuple):
    """A value and where it stands.

    Attributes:
        file: ``file:`` URI.
        pointer: JSON Pointer, escaped.
    """

    file: str
    pointer: str
    value: object

    @property
    def uri(self) -> str:
        return f"{self.file}#{self.pointer.replace('%', '%25')}"


@dataclass(frozen=True)
class Parameter:
    name: str
    place: str
    node: Node
    required: bool

    @property
    def style(self) -> str:
        default = "form" if self.place in ("query", "cookie") else "simple"
        return str(mapping(self.node.value).get("style", default))

    @property
    def explode(self) -> bool:
        return bool(mapping(self.node.value).get("explode", self.style == "form"))


@dataclass(frozen=True)
class Operation:
    """One method on one path, references of its own level followed."""

    method: str
    path: str
    node: Node
    parameters: tuple[Parameter, ...]
    body: Node | None
    responses: dict[str, Node]

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class _Loader(yaml.CSafeLoader):
    """YAML 1.2 scalars as far as real documents need them: dates are strings, only true and false are booleans."""


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, pattern) for tag, pattern in resolvers if not tag.endswith((":timestamp", ":bool"))
    ]
    for first, resolvers in yaml.CSafeLoader.yaml_implicit_resolvers.items()
}
for _first in "tTfF":
    _Loader.yaml_implicit_resolvers.setdefault(_first, []).append(
        ("tag:yaml.org,2002:bool", re.compile("^(?:true|True|TRUE|false|False|FALSE)$"))
    )


class Document:
    """An OpenAPI document and the files behind its references; Swagger 2.0 is read as OpenAPI 3.0.

    Args:
        path: Its first file.
    """

    def __init__(self, path: Path) -> None:
        self._files: dict[str, object] = {}
        self._is_swagger = False
        self.path = path
        self.root = self.node(path.resolve().as_uri(), "")
        self._is_swagger = "swagger" in mapping(self.root.value)
        if self._is_swagger:
            self._read_swagger()

    @property
    def version(self) -> str:
        root = mapping(self.root.value)
        return str(root.get("openapi") or root.get("swagger"))

    def contents(self, file: str) -> object:
        """Return a whole file by its URI."""
        if file not in self._files:
            text = Path(unquote(urlparse(file).path)).read_bytes()
            self._files[file] = (
                json.loads(text) if file.endswith(".json") else yaml.load(text, _Loader)
            )
            if self._is_swagger:
                self._files[file] = as_schema(self._files[file])
        return self._files[file]

    def _read_swagger(self) -> None:
        """Put the document as OpenAPI 3.0 in the place of its first file."""
        file = self.root.file
        root = mapping(as_schema(self.root.value))
        self._files[file] = root

        def follow(value: object) -> tuple[dict[str, object], str]:
            found = self.follow(Node(file, "", value))
            return mapping(found.value), found.file

        self._files[file] = converted(root, follow)
        self.root = self.node(file, "")

    def node(self, file: str, pointer: str) -> Node:
        """Return the value at a JSON Pointer."""
        value = self.contents(file)
        for token in pointer.split("/")[1:]:
            token = token.replace("~1", "/").replace("~0", "~")
            if isinstance(value, list):
                value = value[int(token)]
            else:
                found = mapping(value)
                value = found[token] if token in found else _integer_key(value, token)
        return Node(file, pointer, value)

    def follow(self, node: Node) -> Node:
        """Return what a node stands for once its ``$ref``s are followed."""
        for _ in range(50):
            reference = mapping(node.value).get("$ref")
            if not isinstance(reference, str):
                return node
            target, _, fragment = urljoin(node.file, reference).partition("#")
            node = self.node(target, unquote(fragment))
        raise ValueError(f"{node.uri}: $ref without end")

    def child(self, node: Node, *tokens: str | int) -> Node | None:
        """Return the value below, references followed; ``None`` where there is none."""
        for token in tokens:
            node = self.follow(node)
            if isinstance(node.value, list):
                value: object = node.value[int(token)]
            elif isinstance(node.value, dict) and token in node.value:
                value = node.value[token]
            else:
                return None
            escaped = str(token).replace("~", "~0").replace("/", "~1")
            node = Node(node.file, f"{node.pointer}/{escaped}", value)
        return self.follow(node)

    def raw_child(self, node: Node, *tokens: str | int) -> Node:
        """Return the value below exactly as it stands: for schemas, whose ``$ref`` may have siblings."""
        escaped = (str(token).replace("~", "~0").replace("/", "~1") for token in tokens)
        return self.node(node.file, "/".join([node.pointer, *escaped]))

    def operations(self) -> Iterator[Operation]:
        """Yield every operation under ``paths``."""
        paths = self.child(self.root, "paths")
        for path in mapping(paths.value if paths else None):
            if path.startswith("x-"):
                continue
            item = self.child(self.root, "paths", path)
            assert item is not None
            for method in METHODS:
                node = self.child(item, method)
                if node is not None and isinstance(node.value, dict):
                    yield self._operation(method.upper(), path, item, node)
            for method in mapping(mapping(item.value).get("additionalOperations")):
                node = self.child(item, "additionalOperations", method)
                if node is not None and isinstance(node.value, dict):
                    yield self._operation(method, path, item, node)

    def _operation(self, method: str, path: str, item: Node, node: Node) -> Operation:
        parameters: dict[tuple[str, str], Parameter] = {}
        for holder in (item, node):
            for index in range(len(listed(mapping(holder.value).get("parameters")))):
                found = self.child(holder, "parameters", index)
                assert found is not None
                said = mapping(found.value)
                name, place = str(said.get("name")), str(said.get("in"))
                required = bool(said.get("required")) or place == "path"
                parameters[name, place] = Parameter(name, place, found, required)
        responses = self.child(node, "responses")
        keys = responses.value if responses and isinstance(responses.value, dict) else {}
        answers = {
            str(key): found
            for key in keys
            if responses and (found := self.child(responses, key)) and not str(key).startswith("x-")
        }
        body = self.child(node, "requestBody")
        return Operation(method, path, node, tuple(parameters.values()), body, answers)

    def security(self, operation: Operation) -> list[dict[str, object]]:
        """Return the alternatives that apply to an operation."""
        own = mapping(operation.node.value).get("security")
        said = own if own is not None else mapping(self.root.value).get("security")
        return [mapping(alternative) for alternative in listed(said)]

    def scheme(self, name: str) -> dict[str, object]:
        """Return a security scheme, empty where it is not described."""
        node = self.child(self.root, "components", "securitySchemes", name)
        return mapping(node.value if node else None)


def mapping(value: object) -> dict[str, object]:
    """Return an object as it is, anything else as an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[object]:
    """Return an array as it is, anything else as an empty one."""
    return value if isinstance(value, list) else []


def _integer_key(value: object, token: str) -> object:
    """Find ``200`` where YAML read an integer key."""
    if isinstance(value, dict):
        return value[int(token)]
    raise KeyError(token)
