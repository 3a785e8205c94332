"""References of a whole document that lead nowhere, found at load: before a request needs them."""

from collections.abc import Iterator

from mockserver.errors import Finding, SpecError
from mockserver.spec.document import Document
from mockserver.spec.model import Location

_REFUSED = frozenset(("escaping-reference",))
# What stands under these is data: a $ref in it is nobody's reference.
_DATA = frozenset(("const", "default", "enum", "example", "examples", "value"))


def bad_references(document: Document) -> tuple[list[Finding], list[Finding]]:
    """Return what is wrong with the references of a document: those that are refused, and those that dangle (warnings).

    Each reference is resolved once however often it stands; the document is walked only where one is bad.
    """
    refused: list[Finding] = []
    dangling: list[Finding] = []
    for file, references in document.references().items():
        bad = {
            reference for reference in references if _problem(document, reference, Location(file))
        }
        for at, reference in (
            _standing(document.value(Location(file)), Location(file), bad) if bad else ()
        ):
            finding = _problem(document, reference, at)
            if finding and finding.rule in _REFUSED:
                refused.append(finding)
            elif finding:
                dangling.append(
                    Finding(finding.rule, finding.message, finding.place, finding.hint, "warning")
                )
    return refused, dangling


def _problem(document: Document, reference: str, at: Location) -> Finding | None:
    try:
        document.resolve(reference, at)
    except SpecError as error:
        return error.findings[0]
    return None


def _standing(value: object, at: Location, bad: set[str]) -> Iterator[tuple[Location, str]]:
    """Yield where bad references stand, example data left alone."""
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str) and reference in bad:
            yield at, reference
        for key, inner in value.items():
            # A property may be called "example": below "properties" names are no keywords.
            if key not in _DATA or at.pointer.endswith(("/properties", "/schemas", "/definitions")):
                yield from _standing(inner, at.child(key), bad)
            elif key == "examples" and isinstance(inner, dict):
                yield from _example_objects(inner, at.child(key), bad)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _standing(inner, at.child(index), bad)


def _example_objects(
    named: dict[str, object], at: Location, bad: set[str]
) -> Iterator[tuple[Location, str]]:
    """Yield bad references to whole Example Objects, which are references and no data."""
    for name, inner in named.items():
        if (
            isinstance(inner, dict)
            and isinstance(reference := inner.get("$ref"), str)
            and reference in bad
        ):
            yield at.child(name), reference
