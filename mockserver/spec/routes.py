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

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from heapq import heappop, heappush, nlargest
from itertools import zip_longest
from operator import add
from typing import NamedTuple
from urllib.parse import unquote

from mockserver.spec.model import Operation
from mockserver.spec.templates import Segment, parse_template, route_path


class Route(NamedTuple):
    """The operation that a request means.

    Attributes:
        path_values: The text of each path parameter, percent-decoded, by name as the template has it.
        rivals: Later operations with the same method and an equal template: only the rest of the request can tell.
    """

    operation: Operation
    path_values: Mapping[str, str]
    rivals: "tuple[Route, ...]" = ()


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
        unread: Number of captured values that come before those of ``names``: variables of a server.
        names: Of the path parameters, in order.
        rivals: Later ones with an equal template.
    """

    operation: Operation
    unread: int
    names: tuple[str, ...]
    rivals: "tuple[_Leaf, ...]" = ()

    def route(self, captured: Sequence[str]) -> Route:
        """Return the operation with the values captured on the way to it."""
        values = captured[self.unread :] if self.unread else captured
        path_values = dict(zip(self.names, values, strict=False))  # of one length
        if not self.rivals:
            return Route(self.operation, path_values)
        rivals = tuple(rival.route(captured) for rival in self.rivals)
        return Route(self.operation, path_values, rivals)

    def joined(self, leaf: "_Leaf") -> "_Leaf":
        """Return this leaf with one more rival, unless it is there already by way of another server."""
        if any(known.operation is leaf.operation for known in (self, *self.rivals)):
            return self
        return self._replace(rivals=(*self.rivals, leaf))


class _Node:
    """What can follow a prefix of segments.

    Attributes:
        patterns: Segments with parameters, best first.
        bare: What follows a bare parameter, where that is the only pattern.
    """

    __slots__ = ("bare", "leaves", "literals", "patterns")

    def __init__(self) -> None:
        self.literals: dict[str, _Node] = {}
        self.patterns: list[tuple[Segment, _Node]] = []
        self.bare: _Node | None = None
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
        self.bare = node if segment.bare and len(self.patterns) == 1 else None
        return node


class Router:
    """The templates of a document, compiled. Matching takes the same time for one operation and for a thousand.

    Of two operations with the same method and equal templates (``/a/{x}``, ``/a/{y}``) the first one is the route, and the
    others are its rivals.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self._operations = tuple(operations)
        self._root = _Node()
        self._constant: dict[bytes, dict[str, Route]] = {}
        # What the servers say comes before the bare paths that are our courtesy.
        for operation in self._operations:
            for base in filter(None, operation.base_paths):
                self._add(operation, base)
        for operation in self._operations:
            if "" in operation.base_paths:
                self._add(operation, "")

    def match(self, method: str, path: bytes) -> Route | NoMethod | NoPath:
        """Return the operation for a method (as sent) and a path as on the wire, without its query."""
        constant = self._constant.get(path)
        if constant is not None:
            route = constant.get(method)
            if route is not None:
                return route
        segments = path.decode("utf-8", "replace").split("/")
        if b"%" in path:
            segments = [unquote(segment) for segment in segments]
        return self._straight(method, segments) or self._searched(method, path, segments)

    def _straight(self, method: str, segments: Sequence[str]) -> Route | None:
        """Return the route that the best choice at every segment leads to, if it leads anywhere: nearly always."""
        node = self._root
        captured = []
        for segment in segments:
            following = node.literals.get(segment)
            if following is None:
                following = node.bare
                if following is None:
                    return None
                captured.append(segment)
            node = following
        leaf = node.leaves.get(method)
        return leaf.route(captured) if leaf else None

    def _searched(
        self, method: str, path: bytes, segments: Sequence[str]
    ) -> Route | NoMethod | NoPath:
        """Return the best of everything that fits, or what is missing."""
        allow: set[str] = set()
        for leaves, captured in _walk(self._root, segments):
            if leaf := leaves.get(method):
                return leaf.route(captured)
            allow.update(leaves)
            if leaves and not captured:
                break  # a concrete path is matched before templated ones (OpenAPI 3.1.1 §4.8.8): its methods decide
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
        names = tuple(name for segment in own for name in segment.names)
        leaf = _Leaf(operation, unread, names)
        known = node.leaves.get(operation.method)
        if known is not None and known.operation.method == operation.method:
            leaf = known.joined(leaf)
        node.leaves[operation.method] = leaf
        stands_in = node.leaves.get("HEAD")
        if operation.method == "GET" and (stands_in is None or stands_in.operation.method == "GET"):
            node.leaves["HEAD"] = leaf
        path = base + route_path(operation.path)
        if not (names or unread or "%" in path):
            self._constant[path.encode("utf-8", "surrogatepass")] = {
                method: constant.route(()) for method, constant in node.leaves.items()
            }

    def _nearest(self, method: str, path: bytes) -> Operation | None:
        """Return the operation with the most similar path, the same method before others.

        The length and the number of close comparisons are bounded: anybody can send a path of 16 KB.
        """
        asked = unquote(path[:150].decode("utf-8", "replace"))
        matcher = SequenceMatcher(autojunk=False)
        matcher.set_seq2(asked)

        def likeness(template: str) -> float:
            matcher.set_seq1(_filled(template, asked)[:150])
            return matcher.ratio()

        best = max(self._templates.shortlist(asked), key=likeness, default="")
        same_path = self._templates.operations.get(best, ())
        same_method = (operation for operation in same_path if operation.method == method)
        return next(same_method, next(iter(same_path), None))

    @cached_property
    def _templates(self) -> "_Templates":
        return _Templates(self._operations)


class _Templates:
    """The path templates of a document by the pairs of neighbouring characters in them, to find similar ones.

    Attributes:
        operations: Those of each template, in the document's order.
    """

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations: dict[str, list[Operation]] = {}
        for operation in operations:
            self.operations.setdefault(operation.path, []).append(operation)
        self._texts = tuple(self.operations)
        self._having: dict[str, list[int]] = {}
        for index, template in enumerate(self._texts):
            for pair in _pairs(template):
                self._having.setdefault(pair, []).append(index)

    def shortlist(self, asked: str) -> list[str]:
        """Return some templates of which one is the most similar, at a cost that does not grow with the document.

        The rarest pairs tell most and come first; beyond the budget the common ones are not looked at.
        """
        pairs = _pairs(asked)
        shared = Counter[int]()
        budget = _MOST_PAIRS
        for having in sorted((self._having.get(pair, ()) for pair in pairs), key=len):
            shared.update(having[:budget])
            budget -= len(having)
            if budget <= 0:
                break
        shared.update(
            range(min(_SHORT, len(self._texts)))
        )  # where nothing is alike, anything is nearest
        closest = nlargest(_MOST_COMPARED, shared, key=lambda index: (shared[index], -index))

        def likeness(index: int) -> tuple[float, int]:
            return _overlap(pairs, _pairs(self._texts[index])), -index

        return [self._texts[index] for index in nlargest(_SHORT, closest, key=likeness)]


_MOST_PAIRS = 5000
_MOST_COMPARED = 100
_SHORT = 20


def _walk(
    root: _Node, segments: Sequence[str]
) -> Iterator[tuple[dict[str, _Leaf], tuple[str, ...]]]:
    """Yield the leaves that fit with the values captured on the way, best first.

    Every node is visited at most once, so the cost is bounded by the document and not by the path.
    """
    count, order = len(segments), 0
    # By rank, so that of two patterns with as much text the later segments decide; then in the document's order.
    pending: list[tuple[tuple[int, ...], int, _Node, tuple[str, ...]]] = [((), 0, root, ())]
    while pending:
        rank, _, node, values = heappop(pending)
        if len(rank) == count:
            if node.leaves:
                yield node.leaves, values
            continue
        segment = segments[len(rank)]
        literal = node.literals.get(segment)
        if literal is not None:
            order += 1
            heappush(pending, ((*rank, _LITERAL), order, literal, values))
        for pattern, behind in node.patterns:
            captured = (segment,) if pattern.bare else pattern.capture(segment)
            if captured is not None:
                order += 1
                text = -sum(map(len, pattern.texts))
                heappush(pending, ((*rank, text), order, behind, (*values, *captured)))


_LITERAL = -(2**31)
"""Rank of a literal segment: before any with parameters, however much text those have."""


def _pairs(path: str) -> frozenset[str]:
    return frozenset(map(add, path, path[1:]))


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """Return the share of pairs in common, 0 to 1 (Dice's coefficient)."""
    return 2 * len(one & other) / (len(one) + len(other) or 1)


def _filled(template: str, asked: str) -> str:
    """Put the segments asked for where a template has bare parameters: those fit anything."""
    pairs = zip_longest(template.split("/"), asked.split("/")[: template.count("/") + 1])
    return "/".join(
        value if value and own[:1] == "{" and own[-1:] == "}" else own for own, value in pairs
    )
