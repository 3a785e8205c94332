"""Path templates: one segment at a time, written in a document, read from a request."""

import re
from typing import NamedTuple
from urllib.parse import unquote

_EXPRESSION = re.compile(r"\{([^{}/]*)\}")


class Segment(NamedTuple):
    """One segment of a template, such as ``pets``, ``{id}`` or ``{sid}.json``.

    Attributes:
        texts: The decoded text before, between and after the parameters: one more than there are names.
        names: Of the parameters; empty for a literal.
        bare: It is one parameter and nothing else.
    """

    texts: tuple[str, ...]
    names: tuple[str, ...]
    bare: bool

    @property
    def literal(self) -> str | None:
        """The text of a segment without parameters, ``None`` for others."""
        return None if self.names else self.texts[0]

    def capture(self, segment: str) -> tuple[str, ...] | None:
        """Return the value of each parameter, ``None`` where the text beside them is not there.

        Where several splits fit, earlier parameters take as much as they can (as greedy expressions do):
        ``{name}.{format}`` reads ``a.b.pdf`` as ``a.b`` and ``pdf``.
        """
        first, *between, last = self.texts
        if len(segment) < len(first) + len(last):
            return None
        if not (segment.startswith(first) and segment.endswith(last)):
            return None
        rest = segment[len(first) : len(segment) - len(last)]
        values: list[str] = []
        # From the right and always the rightmost: linear, and finds a split whenever there is one.
        for text in reversed(between):
            at = rest.rfind(text)
            if at < 0:
                return None
            values.append(rest[at + len(text) :])
            rest = rest[:at]
        return (rest, *reversed(values))


def parse_template(path: str) -> tuple[Segment, ...]:
    """Return the segments of a template, the empty one before its first slash included.

    A query or fragment, which some documents write behind a path, takes no part in routing.
    """
    return tuple(_parse_segment(text) for text in route_path(path).split("/"))


def parameter_names(path: str) -> tuple[str, ...]:
    """Return the names that a template has in braces, in order."""
    return tuple(_EXPRESSION.findall(route_path(path)))


def route_shape(path: str) -> tuple[tuple[str, ...], ...]:
    """Return what two templates share that mean the same paths, whatever their parameters are called."""
    return tuple(segment.texts for segment in parse_template(path))


def route_path(path: str) -> str:
    """Return a path of a document without its query or fragment; ``?`` in a parameter's name stays."""
    return re.sub(r"[?#](?![^{}]*\}).*$", "", path, count=1, flags=re.DOTALL)


def route_hint(path: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    """Return what a document writes behind a path: the sign (``?``, ``#`` or nothing) and the pairs that follow it.

    ``/x?beta=true`` means requests with that query; ``/#Action=Run`` merely tells people which ``/`` is meant. A value in
    braces is a parameter's.
    """
    behind = path[len(route_path(path)) :]
    pairs = (pair.partition("=") for pair in behind[1:].split("&") if pair)
    return behind[:1], tuple(
        (unquote(name), unquote(value)) for name, _, value in pairs if "{" not in value
    )


def _parse_segment(text: str) -> Segment:
    parts = _EXPRESSION.split(text)
    texts = tuple(unquote(part) for part in parts[::2])
    names = tuple(parts[1::2])
    return Segment(texts, names, bare=texts == ("", ""))
