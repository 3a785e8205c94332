"""Walking a document that may be sloppy: mappings with their locations, references followed, findings collected."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple, TypeVar, cast

from mockserver.errors import Finding, SpecError, nearest
from mockserver.spec.document import Document
from mockserver.spec.keywords import kind_of
from mockserver.spec.model import Location

if TYPE_CHECKING:  # its rows name functions that read
    from mockserver.spec.versions import Version

Kind = TypeVar("Kind")


class Node(NamedTuple):
    """A mapping of the document, references to it followed."""

    at: Location
    value: Mapping[str, object]

    def text(self, key: str, otherwise: str = "") -> str:
        """Return a member that is a string, ``otherwise`` where it is absent or something else."""
        value = self.value.get(key)
        return value if isinstance(value, str) else otherwise

    def flag(self, key: str) -> bool | None:
        """Return a member that is a boolean, ``None`` where it is absent or something else."""
        value = self.value.get(key)
        return value if isinstance(value, bool) else None

    def list(self, key: str) -> list[object]:
        """Return a member that is a list, an empty one where it is absent or something else."""
        value = self.value.get(key)
        return value if isinstance(value, list) else []


class Reading:
    """One reading of a document.

    Attributes:
        findings: Warnings so far, each once, in the order met.
        made: Schemas that the document does not have in one place, as it would write them, by the location that stands
            for them: what they are made of is behind their references.
    """

    def __init__(self, document: Document, version: "Version") -> None:
        self.document = document
        self.version = version
        self.findings: dict[Finding, None] = {}
        self.made: dict[Location, Mapping[str, object]] = {}
        self._read: dict[object, object] = {}
        self._targets: dict[tuple[str, str], Node] = {}

    def root(self) -> Node:
        """Return the whole document."""
        return self._mapping(self.document.root, self.document.value(self.document.root))

    def child(self, node: Node, key: str) -> Node:
        """Return a member, references followed; an empty one where it is absent or cannot be read."""
        at = node.at.child(key)
        if key not in node.value:
            return Node(at, {})
        return self._followed(at, node.value[key]) or Node(at, {})

    def members(self, node: Node, *, extensible: bool = False) -> Iterator[tuple[str, Node]]:
        """Yield name and node of each member that can be read, references followed.

        Args:
            node: A map of objects by name.
            extensible: A name with ``x-`` is an extension: in Paths and Responses, not where names are free.
        """
        for name, value in node.value.items():
            if extensible and name.startswith("x-"):
                continue
            member = self._followed(node.at.child(name), value)
            if member is not None:
                yield name, member

    def items(self, node: Node, key: str) -> Iterator[Node]:
        """Yield each item of a member that is a list, references followed, save those that cannot be read."""
        for index, value in enumerate(node.list(key)):
            item = self._followed(node.at.child(key, index), value)
            if item is not None:
                yield item

    def once(self, read: Callable[["Reading", Node, str], Kind], node: Node, name: str) -> Kind:
        """Read what may be referred to from many places, once for all who give it the same name."""
        key = (read, node.at, name)
        if key not in self._read:
            self._read[key] = read(self, node, name)
        return cast("Kind", self._read[key])

    def check_keys(self, node: Node, kind: str) -> None:
        """Warn of keys that mean nothing in a kind of object; the nearest that does is named."""
        known = self.version.keys[kind]
        if node.value.keys() <= known:
            return
        for key in node.value:
            if key not in known and not key.startswith("x-"):
                near = nearest(key, known)
                hint = f"did you mean {near!r}?" if near else ""
                message = f"{key[:60]!r} means nothing here ({kind})"
                self.warn("unknown-key", message, node.at.child(key), hint)

    def warn(self, rule: str, message: str, at: Location, hint: str = "") -> None:
        """Note something sloppy that does not stop the document from being served."""
        self.findings[Finding(rule, message, self.document.place(at), hint, "warning")] = None

    def _followed(self, at: Location, value: object) -> Node | None:
        """Return a mapping, references to it followed; ``None``, with a warning, where none is found."""
        reference = value.get("$ref") if isinstance(value, dict) else None
        if not isinstance(reference, str):
            return self._mapping(at, value)
        known = self._targets.get((at.file, reference))
        if known is None:
            try:
                target = self.document.follow(at)
                known = self._mapping(target, self.document.value(target))
            except SpecError as error:
                for found in error.findings:
                    warning = Finding(found.rule, found.message, found.place, found.hint, "warning")
                    self.findings[warning] = None
                return None
            self._targets[at.file, reference] = known
        return known

    def _mapping(self, at: Location, value: object) -> Node:
        if isinstance(value, dict):
            return Node(at, value)
        if value is not None:
            self.warn("not-a-mapping", f"a mapping is expected here, not {kind_of(value)}", at)
        return Node(at, {})
