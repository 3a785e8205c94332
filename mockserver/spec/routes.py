"""Which operation a request means: method and path against every template of the document.

Rules of this file, each with a test of its name:

- A literal segment beats one with a parameter, and a parameter with text beside it beats a bare one, segment by
  segment from the left; where that leads nowhere the next best is tried.
- A path that lacks the method is passed over for a less specific one that has it.
- HEAD is answered where GET is described (RFC 9110 §9.3.2).
- A trailing slash makes another path. An empty segment is an empty value.
- Segments are split before they are decoded: ``%2F`` stays inside its value (RFC 3986 §2.2).
- No path raises: escapes that are none stay as they are, bytes that are not UTF-8 become U+FFFD.
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from mockserver.spec.model import Operation
from mockserver.spec.templates import Segment, parse_template


class Route(NamedTuple):
    """The operation that a request means.

    Attributes:
        path_values: The text of each path parameter, percent-decoded, by name as the template has it.
    """

    operation: Operation
    path_values: Mapping[str, str]


class NoMethod(NamedTuple):
    """The document has the path, but not this method of it.

    Attributes:
        allow: Its methods, sorted, at least one.
    """

    allow: tuple[str, ...]


class NoPath(NamedTuple):
    """The document does not have the path.

    Attributes:
        nearest: The operation with the most similar path; ``None`` only where there is no operation.
    """

    nearest: Operation | None


class _Leaf(NamedTuple):
    """An operation at the end of its template.

    Attributes:
        names: One for each captured value in order; ``None`` for a variable of a server, which nobody reads.
    """

    operation: Operation
    names: tuple[str | None, ...]


class _Node:
    """What can follow a prefix of segments."""

    __slots__ = ("leaves", "literals", "patterns")

    def __init__(self) -> None:
        self.literals: dict[bytes, _Node] = {}
        self.patterns: list[tuple[Segment, _Node]] = []
        self.leaves: dict[str, _Leaf] = {}

    def follow(self, segment: Segment) -> "_Node":
        """Return the node behind a segment of a template, made where there is none."""
        if segment.literal is not None:
            return self.literals.setdefault(segment.literal, _Node())
        for known, node in self.patterns:
            if known.texts == segment.texts:
                return node
        node = _Node()
        self.patterns.append((segment, node))
        self.patterns.sort(key=lambda entry: -sum(map(len, entry[0].texts)))
        return node


class Router:
    """The templates of a document, compiled. Matching takes the same time for one operation and for a thousand.

    Of two operations with the same method and equal templates (``/a/{x}``, ``/a/{y}``) the first one wins.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = tuple(operations)
        self._root = _Node()
        self._constant: dict[bytes, dict[str, Route]] = {}
        for operation in self._operations:
            for base in sorted(operation.base_paths, key=len, reverse=True):
                self._add(operation, base)

    def match(self, method: str, path: bytes) -> Route | NoMethod | NoPath:
        """Return the operation for a method (in upper case) and a path as on the wire, without its query."""
        constant = self._constant.get(path)
        if constant is not None:
            route = constant.get(method)
            if route is not None:
                return route
        segments = path.split(b"/")
        if b"%" in path:
            segments = [unquote_to_bytes(segment) for segment in segments]
        allow: set[str] = set()
        for leaves, values in _walk(self._root, segments):
            leaf = leaves.get(method)
            if leaf is not None:
                return Route(leaf.operation, _named(leaf.names, values))
            allow.update(leaves)
        if allow:
            return NoMethod(tuple(sorted(allow)))
        return NoPath(self._nearest(method, path))

    def _add(self, operation: Operation, base: str) -> None:
        """Put an operation at the end of its template, and at HEAD where GET is all there is."""
        servers, own = parse_template(base), parse_template(operation.path)
        node = self._root
        # Both begin with the empty segment before their first slash; a base path keeps it for the two.
        for segment in (*servers, *own[1:]):
            node = node.follow(segment)
        unread = sum(len(segment.names) for segment in servers)
        names = [name for segment in own for name in segment.names]
        leaf = _Leaf(operation, (*[None] * unread, *names))
        described = node.leaves.get(operation.method)
        if described is None or (operation.method == "HEAD" != described.operation.method):
            node.leaves[operation.method] = leaf
        if operation.method == "GET":
            node.leaves.setdefault("HEAD", leaf)
        if not leaf.names:
            self._constant[_joined((*servers, *own[1:]))] = {
                method: Route(leaf.operation, {}) for method, leaf in node.leaves.items()
            }

    def _nearest(self, method: str, path: bytes) -> Operation | None:
        """Return the operation with the most similar path, the same method before others.

        Both lengths and the number of close comparisons are bounded: anybody can send a path of 16 KB.
        """
        asked = unquote_to_bytes(path[:300]).decode("utf-8", "replace").split("/")[:30]
        words = set(asked)
        shortlist = sorted(
            self._operations,
            key=lambda operation: len(words.intersection(operation.path.split("/"))),
            reverse=True,
        )[:60]
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2("/".join(asked))

        def likeness(operation: Operation) -> tuple[float, bool]:
            matcher.set_seq1(_filled(operation.path, asked))
            return matcher.ratio(), operation.method == method

        return max(shortlist, key=likeness, default=None)


def _walk(
    root: _Node, segments: Sequence[bytes]
) -> Iterator[tuple[dict[str, _Leaf], tuple[bytes, ...]]]:
    """Yield the leaves that fit with the values captured on the way, best first.

    Every node is visited at most once, so the cost is bounded by the document and not by the path.
    """
    count = len(segments)
    pending: list[tuple[_Node, int, tuple[bytes, ...]]] = [(root, 0, ())]
    while pending:
        node, depth, values = pending.pop()
        if depth == count:
            if node.leaves:
                yield node.leaves, values
            continue
        segment = segments[depth]
        depth += 1
        for pattern, behind in reversed(node.patterns):
            if pattern.bare:
                pending.append((behind, depth, (*values, segment)))
            elif (captured := pattern.capture(segment)) is not None:
                pending.append((behind, depth, (*values, *captured)))
        literal = node.literals.get(segment)
        if literal is not None:
            pending.append((literal, depth, values))


def _named(names: Sequence[str | None], values: Sequence[bytes]) -> dict[str, str]:
    return {
        name: value.decode("utf-8", "replace")
        for name, value in zip(names, values, strict=True)
        if name is not None
    }


def _joined(segments: Sequence[Segment]) -> bytes:
    return b"/".join(segment.literal or b"" for segment in segments)


def _filled(template: str, asked: Sequence[str]) -> str:
    """Put the segments asked for where a template has parameters: those fit anything."""
    own = template[:300].split("/")
    fitted = [*asked, *own[len(asked) :]]
    return "/".join(
        value if "{" in segment else segment for segment, value in zip(own, fitted, strict=False)
    )
