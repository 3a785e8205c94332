"""What files and schemas call themselves: ``$self``, ``$id`` and anchors, by which references may mean them.

Sources: OpenAPI 3.2.0 §4.1.2.2 (``$self``), JSON Schema 2020-12 core §8.2 (``$id``, ``$anchor``, ``$dynamicAnchor``).
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin

from mockserver.spec.model import Location

NAMES = ("$self", "$id", "$anchor", "$dynamicAnchor")
_ANCHORS = ("$anchor", "$dynamicAnchor")
# What stands under these is data, and names nothing.
_DATA = frozenset(("const", "default", "enum", "example", "examples", "value", "dataValue"))


class Identifiers:
    """The names that files give to themselves and to their schemas.

    Args:
        values: Of each file, by its absolute path or URL.
    """

    def __init__(self, values: Mapping[str, object]) -> None:
        self._resources: dict[str, Location] = {}
        self._anchors: dict[tuple[str, str, str], Location] = {}
        self._bases: dict[str, dict[str, str]] = {}
        for file, value in values.items():
            uri = file if "://" in file else Path(file).as_uri()
            self._resources[uri] = Location(file)
            if isinstance(value, dict) and isinstance(own := value.get("$self"), str):
                uri = _joined(uri, own)
            self._bases[file] = {"": uri}
            self._resources.setdefault(uri, Location(file))
            for at, base, schema in _schemas(value, Location(file), uri):
                self._name(at, base, schema)

    def find(self, reference: str, base: Location) -> Iterator[Location]:
        """Yield what a reference may mean by the names that were given, the likeliest first; something may stand there or not.

        Args:
            reference: As written under ``$ref`` or ``$dynamicRef``.
            base: A location in the file that holds it.
        """
        address, _, fragment = reference.partition("#")
        fragment = unquote(fragment)
        for uri in self._around(base):
            target = _joined(uri, address) if address else uri
            resource = self._own(base.file, target) or self._resources.get(target)
            if resource is None:
                continue
            if not fragment or fragment.startswith("/"):
                yield Location(resource.file, resource.pointer + fragment)
            elif found := self._anchors.get((resource.file, target, fragment)):
                yield found

    def _own(self, file: str, uri: str) -> Location | None:
        """Return what a file itself calls so: several documents may have one name."""
        bases = self._bases.get(file, {})
        return next((Location(file, at) for at, one in bases.items() if one == uri), None)

    def _around(self, base: Location) -> list[str]:
        """Return the base URIs of a file: of the schemas around a location from the inside, then of the others.

        A schema is converted as a whole: what it holds resolves its references here too.
        """
        bases = self._bases.get(base.file, {})
        holding = [
            one for one in bases if base.pointer == one or base.pointer.startswith(f"{one}/")
        ]
        holding.sort(key=len, reverse=True)
        return [bases[one] for one in dict.fromkeys((*holding, *bases))]

    def _name(self, at: Location, base: str, schema: Mapping[str, object]) -> None:
        own = schema.get("$id")
        if isinstance(own, str) and not own.startswith("#"):
            self._resources.setdefault(base, at)
            self._bases[at.file].setdefault(at.pointer, base)
        elif isinstance(own, str):  # how draft 7 writes an anchor
            self._anchors.setdefault((at.file, base, own[1:]), at)
        for key in _ANCHORS:
            if isinstance(name := schema.get(key), str):
                self._anchors.setdefault((at.file, base, name), at)


def _schemas(
    value: object, at: Location, base: str
) -> Iterator[tuple[Location, str, Mapping[str, object]]]:
    """Yield every mapping that may be a schema, with its base URI: its own where it has one."""
    if isinstance(value, dict):
        own = value.get("$id")
        if isinstance(own, str) and not own.startswith("#"):
            base = urldefrag(_joined(base, own)).url
        yield at, base, value
        for key, inner in value.items():
            # A property may be called "example": below "properties" names are no keywords.
            if key not in _DATA or at.pointer.endswith(("/properties", "/schemas", "/$defs")):
                yield from _schemas(inner, at.child(key), base)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _schemas(inner, at.child(index), base)


def _joined(base: str, address: str) -> str:
    """Resolve a URI reference (RFC 3986 §5); one that is none stays as it is."""
    try:
        return urljoin(base, address)
    except ValueError:
        return address
