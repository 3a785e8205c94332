"""An OpenAPI file with every file behind its references: values as they stand, and where they stand.

Nothing is dereferenced. Files are read at load, by ``source``, and never again; no reference leaves the root, and none
reaches the network where that is not allowed.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from mockserver.errors import Finding, Place, SpecError
from mockserver.spec.identifiers import Identifiers
from mockserver.spec.limits import Limits
from mockserver.spec.model import Location
from mockserver.spec.source import (
    DEFAULT_LIMITS,
    Source,
    entry_of,
    is_remote,
    load_source,
    no_file,
    pointer_tokens,
    read_source,
    shown_path,
)


class Document:
    """A document, loaded.

    Attributes:
        root: The whole of the file that was asked for.
        findings: What could be better about its overlays.
    """

    def __init__(
        self,
        root: Location,
        sources: Mapping[str, Source],
        unread: Mapping[str, Finding],
        folder: Path,
        *,
        network: bool = False,
        overlays: Sequence[Source] = (),
        findings: Sequence[Finding] = (),
    ) -> None:
        self.root = root
        self.findings = tuple(findings)
        self._overlays = tuple(overlays)
        self._network = network
        self._sources = sources
        self._unread = unread
        self._folder = folder

    @classmethod
    def joined(cls, documents: Sequence["Document"]) -> "Document":
        """Return several documents as one, whose root is that of the first."""
        first = documents[0]
        return cls(
            first.root,
            {file: source for each in documents for file, source in each._sources.items()},
            {file: finding for each in documents for file, finding in each._unread.items()},
            first._folder,
            network=first._network,
            overlays=[overlay for each in documents for overlay in each._overlays],
            findings=[finding for each in documents for finding in each.findings],
        )

    @property
    def files(self) -> tuple[str, ...]:
        """Return the absolute path of every file read, the root first; what came from the network is none."""
        read = (*self._sources, *(overlay.path for overlay in self._overlays))
        return tuple(file for file in read if not is_remote(file))

    @property
    def overlaid(self) -> bool:
        """Whether overlays have changed what stands in the files."""
        return bool(self._overlays)

    def values(self) -> dict[str, object]:
        """Return the value of every file that was read, by its absolute path, with the overlays' changes."""
        return {file: source.value for file, source in self._sources.items() if not is_remote(file)}

    def references(self) -> dict[str, set[str]]:
        """Return every string under a ``$ref`` key by file, those in example data among them."""
        return {file: source.references for file, source in self._sources.items()}

    def value(self, location: Location) -> object:
        """Return the value at a location.

        Raises:
            SpecError: Nothing stands there (``dangling-reference``), or its file could not be read.
        """
        source = self._sources.get(location.file)
        if source is None:
            raise SpecError(self._unread.get(location.file) or no_file(location.file))
        value = source.value
        for token in pointer_tokens(location.pointer):
            entry = entry_of(value, token)
            if entry is None:
                near = source.place(location.pointer)
                raise SpecError(
                    Finding("dangling-reference", f"nothing stands at {location.pointer}", near)
                )
            (value,) = entry
        return value

    def resolve(self, reference: str, base: Location) -> Location:
        """Return where a URI reference points, without following what stands there.

        Args:
            reference: As written under ``$ref``.
            base: A location in the file that holds it; its place is named in the error.

        Raises:
            SpecError: ``network-reference``, ``escaping-reference`` or ``dangling-reference``.
        """
        for named in self._identifiers.find(reference, base) if self._identifiers else ():
            if self._stands(named):
                return named
        address, _, fragment = reference.partition("#")
        pointer = unquote(fragment)
        if not address:
            target = Location(base.file, pointer)
        else:
            path = _target(address, base.file, network=self._network)
            if path is None:
                hint = (
                    "download the file and refer to it by a relative path, or pass --allow-network"
                )
                message = f"$ref {reference!r} leads to the network, which is not asked"
                raise SpecError(Finding("network-reference", message, self.place(base), hint))
            target = Location(path, pointer)
        if target.file not in self._sources:
            finding = self._unread.get(target.file) or no_file(target.file)
            message = f"$ref {reference!r}: {finding.message}"
            raise SpecError(Finding(finding.rule, message, self.place(base), finding.hint))
        if pointer and not pointer.startswith("/"):
            message = (
                f"$ref {reference!r} names an anchor that no schema has;"
                " a JSON Pointer is #/components/…"
            )
            raise SpecError(Finding("dangling-reference", message, self.place(base)))
        try:
            self.value(target)
        except SpecError as error:
            message = f"$ref {reference!r} points at nothing"
            raise SpecError(Finding("dangling-reference", message, self.place(base))) from error
        return target

    @cached_property
    def _identifiers(self) -> Identifiers | None:
        """The names that files and schemas give to themselves, ``None`` where none has any."""
        if not any(source.is_named for source in self._sources.values()):
            return None
        return Identifiers({file: source.value for file, source in self._sources.items()})

    def _stands(self, location: Location) -> bool:
        try:
            self.value(location)
        except SpecError:
            return False
        return True

    def follow(self, location: Location) -> Location:
        """Return where a chain of ``$ref``s from a location ends; the location itself where none begins there.

        Raises:
            SpecError: As ``resolve``, or the chain is a circle (``circular-reference``).
        """
        seen = {location}
        here = location
        while isinstance(value := self.value(here), dict) and isinstance(
            reference := value.get("$ref"), str
        ):
            here = self.resolve(reference, here)
            if here in seen:
                message = f"$ref {reference!r} leads back to itself"
                raise SpecError(Finding("circular-reference", message, self.place(location)))
            seen.add(here)
        return here

    def place(self, location: Location) -> Place:
        """Return the file and line of the key that introduces a node; of its nearest ancestor where it is absent."""
        source = self._sources.get(location.file)
        return source.place(location.pointer) if source else Place(shown_path(location.file))


def load_document(
    path: Path,
    *,
    root: Path | None = None,
    overlays: Sequence[Path] = (),
    network: bool = False,
    limits: Limits = DEFAULT_LIMITS,
) -> Document:
    """Read a document, change it by overlays, and read every file that its references name.

    References lead to the network only where ``network`` allows it, and must not leave ``root``: by default the current folder where the document lies under it, else the
    document's own.

    Raises:
        SpecError: The document itself cannot be read. A file behind a reference that cannot is reported when the
            reference is resolved: it may stand in example data.
    """
    first = load_source(path, limits)
    folder = Path(os.path.realpath(root)) if root else _default_root(first.path)
    if not Path(first.path).is_relative_to(folder):
        message = f"the document lies outside the root {shown_path(str(folder))}"
        raise SpecError(
            Finding(
                "escaping-reference",
                message,
                Place(shown_path(first.path)),
                "widen it with --root DIR",
            )
        )
    applied = [load_source(overlay, limits) for overlay in overlays]
    findings: list[Finding] = []
    if applied:
        from mockserver.spec.overlay import apply_overlays  # brings a library that few need

        findings = apply_overlays(first, applied)
    sources = {first.path: first}
    unread: dict[str, Finding] = {}
    waiting = list(_files_referenced(first, network=network))
    while waiting:
        file = waiting.pop()
        if file in sources or file in unread:
            continue
        try:
            sources[file] = source = _load_referenced(file, folder, limits, len(sources))
        except SpecError as error:
            unread[file] = error.findings[0]
        else:
            waiting += _files_referenced(source, network=network)
    return Document(
        Location(first.path),
        sources,
        unread,
        folder,
        network=network,
        overlays=applied,
        findings=findings,
    )


def _default_root(file: str) -> Path:
    here, own = Path.cwd().resolve(), Path(file).parent
    return here if own.is_relative_to(here) else own


def _target(address: str, base: str, *, network: bool) -> str | None:
    """Return the file or URL that a reference names; ``None`` where it leads where it may not."""
    try:
        there = urljoin(base, address) if is_remote(base) else address
        if is_remote(there) and urlsplit(there).netloc:
            return there if network else None
        return None if is_remote(base) else _local_path(address, base)
    except ValueError:
        return None


def _local_path(address: str, base: str) -> str | None:
    """Return the absolute path that a reference names, links resolved; ``None`` where it leads to the network."""
    parts = urlsplit(address)
    if parts.netloc or parts.scheme not in ("", "file"):
        return None
    path = unquote(parts.path).replace("\0", "\\0")  # no file has NUL in its name
    return os.path.realpath(Path(base).parent / path)


def _files_referenced(source: Source, *, network: bool) -> Iterator[str]:
    for reference in source.references:
        address = reference.partition("#")[0]
        if address and (file := _target(address, source.path, network=network)):
            yield file


def _load_referenced(file: str, folder: Path, limits: Limits, loaded: int) -> Source:
    remote = is_remote(file)
    if not remote and not Path(file).is_relative_to(folder):
        message = f"{shown_path(file)} lies outside the root {shown_path(str(folder))}"
        raise SpecError(Finding("escaping-reference", message, hint="widen it with --root DIR"))
    if loaded >= limits.files:
        message = f"the document has more than {limits.files} files"
        raise SpecError(Finding("too-large", message, hint=limits.hint("files")))
    if remote:
        from mockserver.spec.network import fetch  # brings what few need

        return read_source(file, fetch(file, limits), limits)
    return load_source(Path(file), limits)
