"""An OpenAPI file with every file behind its references: values as they stand, and where they stand.

The only reader of documents, and through ``load_source`` of fixtures. Nothing is dereferenced. Files are read here, at
load, and never again; no reference reaches the network or leaves the root.
"""

import gc
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote, urljoin, urlsplit

from mockserver.errors import Finding, Place, SpecError
from mockserver.json_values import JsonError, decode_json
from mockserver.spec.json_text import JsonPlaces, find_references
from mockserver.spec.limits import Limits
from mockserver.spec.model import Location
from mockserver.spec.yaml_events import Lines, YamlProblem, read_yaml

DEFAULT_LIMITS = Limits()


class Source:
    """One file, read.

    Attributes:
        path: Absolute, links resolved.
        value: JSON value; mappings keep their order and have string keys.
        references: Every string under a ``$ref`` key, those in example data among them.
        may_have_ids: ``$id`` stands somewhere in its text.
    """

    def __init__(
        self,
        path: str,
        value: object,
        references: set[str],
        places: Lines | JsonPlaces,
        *,
        may_have_ids: bool = False,
    ) -> None:
        self.may_have_ids = may_have_ids
        self.path = path
        self._shown = shown_path(path)
        self.value = value
        self.references = references
        self._places = places
        self._brought: dict[str, tuple[Source, str]] = {}
        self._positions: dict[
            int, dict[str, int]
        ] = {}  # by identity: the value keeps each container alive

    @cached_property
    def names(self) -> Mapping[str, str]:
        """The pointers of schemas by the names that they give themselves: ``#anchor``, and ``$id`` as it is written."""
        found: dict[str, str] = {}
        waiting: list[tuple[str, object]] = [("", self.value)]
        while waiting:
            pointer, value = waiting.pop()
            if isinstance(value, dict):
                for key, prefix in (("$anchor", "#"), ("$dynamicAnchor", "#"), ("$id", "")):
                    if isinstance(name := value.get(key), str):
                        found.setdefault(prefix + name, pointer)
                waiting += [(child_pointer(pointer, key), inner) for key, inner in value.items()]
            elif isinstance(value, list):
                waiting += [
                    (child_pointer(pointer, index), each) for index, each in enumerate(value)
                ]
        return found

    def place(self, pointer: str) -> Place:
        """Return where the key or item that introduces a node stands; of its nearest ancestor where it is absent."""
        if self._brought and (brought := self._place_in_overlay(pointer)):
            return brought
        shown, tokens = self._shown, pointer_tokens(pointer)
        if isinstance(self._places, JsonPlaces):
            return Place(shown, *self._places.find(tokens))
        position, container = (1, 1), self.value
        for token in tokens:
            entry = _entry(container, token)
            if entry is None:
                break
            line, column = self._places.find(container, self._position(container, token))
            position = (line, column) if line else position
            (container,) = entry
        return Place(shown, *position)

    def set_place(self, pointer: str, overlay: "Source", at: str) -> None:
        """Say that a node and all below it come from a node of an overlay."""
        self._brought[pointer] = overlay, at

    def keep_positions(self, container: object) -> None:
        """Remember where the entries of a container stand, before some of them are taken away."""
        if isinstance(container, dict) and container:
            self._position(container, next(iter(container)))

    def _place_in_overlay(self, pointer: str) -> Place | None:
        """Return the place of a node that an overlay brought, ``None`` for others."""
        here = pointer
        while here:
            if found := self._brought.get(here):
                overlay, at = found
                return overlay.place(at + pointer[len(here) :])
            here = here.rpartition("/")[0]
        return None

    def _position(self, container: object, token: str) -> int:
        """Return how many entries of a container come before one of them."""
        if not isinstance(container, dict):
            return int(token)
        kept = self._positions.get(id(container))
        if kept is None or token not in kept:
            kept = {key: index for index, key in enumerate(container)}
            self._positions[id(container)] = kept
        return kept[token]


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
        self._identified = [file for file, source in sources.items() if source.may_have_ids]
        value = sources[root.file].value if root.file in sources else None
        # OpenAPI 3.2.0 §4.1: what other documents call this one, and it may call itself.
        self._own_name = value.get("$self") if isinstance(value, dict) else None
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
        return tuple(file for file in read if not _is_remote(file))

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
            raise SpecError(self._unread.get(location.file) or _no_file(location.file))
        value = source.value
        for token in pointer_tokens(location.pointer):
            entry = _entry(value, token)
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
        address, _, fragment = reference.partition("#")
        pointer = unquote(fragment)
        if (named := self._named(address, pointer)) is not None:
            return named
        if not address or (address == self._own_name and base.file == self.root.file):
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
            finding = self._unread.get(target.file) or _no_file(target.file)
            message = f"$ref {reference!r}: {finding.message}"
            raise SpecError(Finding(finding.rule, message, self.place(base), finding.hint))
        if pointer and not pointer.startswith("/"):
            at = self._sources[target.file].names.get(f"#{pointer}")
            if at is None:
                message = f"$ref {reference!r} names an anchor that is not there"
                raise SpecError(Finding("dangling-reference", message, self.place(base)))
            return Location(target.file, at)
        try:
            self.value(target)
        except SpecError as error:
            message = f"$ref {reference!r} points at nothing"
            raise SpecError(Finding("dangling-reference", message, self.place(base))) from error
        return target

    def _named(self, address: str, pointer: str) -> Location | None:
        """Return where a reference leads by the ``$id`` of a schema (JSON Schema 2020-12 Core §8.2.1)."""
        for file in self._identified if address else ():
            source = self._sources[file]
            if (start := source.names.get(address)) is None:
                continue
            if pointer and not pointer.startswith("/"):
                at = source.names.get(f"#{pointer}")
                return None if at is None else Location(file, at)
            return Location(file, start + pointer)
        return None

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


def load_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Read one YAML or JSON file; JSON where the name ends so or the text begins so.

    Raises:
        SpecError: The file cannot be read, or is not what we read; one finding with its place.
    """
    file = os.path.realpath(path)
    place = Place(shown_path(str(path)))  # as it was named: a link is looked for under its own name
    return _read(file, _read_text(file, place, limits), limits)


def _read(file: str, text: str, limits: Limits) -> Source:
    collecting = gc.isenabled()
    gc.disable()  # building makes many containers and no garbage: collecting meanwhile takes two thirds of the time
    try:
        if file.endswith(".json") or text.lstrip()[:1] in ("{", "["):
            try:
                return _from_json(file, text, limits)
            except SpecError:
                if file.endswith(".json"):
                    raise  # else flow-style YAML may begin with a bracket as well
        return _from_yaml(file, text, limits)
    finally:
        if collecting:
            gc.enable()


def shown_path(file: str) -> str:
    """Return a path as people see it: relative to the current folder where it lies under it."""
    if _is_remote(file):
        return file
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative


def child_pointer(pointer: str, token: str | int) -> str:
    """Return the JSON Pointer of an entry below a node (RFC 6901 §3)."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def pointer_tokens(pointer: str) -> list[str]:
    """Return the unescaped tokens of a JSON Pointer (RFC 6901 §4)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def _entry(container: object, token: str) -> tuple[object] | None:
    """Return the value of an entry of a container, alone in a tuple; ``None`` where there is none."""
    if isinstance(container, dict):
        if token in container:
            return (container[token],)
    elif isinstance(container, list) and token.isascii() and token.isdigit():
        index = int(token)
        if index < len(container):
            return (container[index],)
    return None


def _from_json(file: str, text: str, limits: Limits) -> Source:
    places = JsonPlaces(text)
    try:
        value = decode_json(text, max_depth=limits.depth)
    except JsonError as error:
        line, column = (error.line, error.column) if error.line else places.find_cause(error.name)
        place = Place(shown_path(file), line, column)
        raise SpecError(Finding("not-json", str(error), place)) from error
    references = find_references(text)
    return Source(file, value, references, places, may_have_ids="$id" in text)


def _from_yaml(file: str, text: str, limits: Limits) -> Source:
    try:
        value, lines, references = read_yaml(text, limits)
    except YamlProblem as error:
        place = Place(shown_path(file), error.line, error.column)
        raise SpecError(Finding(error.rule, str(error), place, error.hint)) from error
    return Source(file, value, references, lines, may_have_ids="$id" in text)


def _read_text(file: str, place: Place, limits: Limits) -> str:
    """Return the text of a regular file of bounded size in UTF-8."""
    try:
        status = Path(file).stat()
        if not stat.S_ISREG(status.st_mode):
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "not a regular file"
            raise SpecError(
                Finding("not-a-file", f"this is {kind}; a YAML or JSON file is expected", place)
            )
        if status.st_size > limits.file_bytes:
            message = f"the file has {status.st_size:,} bytes; {limits.file_bytes:,} are read"
            raise SpecError(Finding("too-large", message, place))
        raw = Path(file).read_bytes()
    except FileNotFoundError as error:
        raise SpecError(_no_file(file)) from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise SpecError(
            Finding("unreadable-file", f"the file cannot be read: {reason}", place)
        ) from error
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise SpecError(
            Finding("not-utf-8", "the file is UTF-16; UTF-8 is expected", place, "save it as UTF-8")
        )
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        message = f"byte {error.start} (0x{raw[error.start]:02x}) is not UTF-8"
        raise SpecError(
            Finding("not-utf-8", message, Place(place.file, line), "save it as UTF-8")
        ) from error


def _no_file(file: str) -> Finding:
    return Finding("no-such-file", f"there is no file {shown_path(file)}", Place(shown_path(file)))


def _default_root(file: str) -> Path:
    here, own = Path.cwd().resolve(), Path(file).parent
    return here if own.is_relative_to(here) else own


def _is_remote(file: str) -> bool:
    """Tell whether a file of a document is a URL."""
    return file.startswith(("http://", "https://"))


def _target(address: str, base: str, *, network: bool) -> str | None:
    """Return the file or URL that a reference names; ``None`` where it leads where it may not."""
    try:
        there = urljoin(base, address) if _is_remote(base) else address
        if _is_remote(there) and urlsplit(there).netloc:
            return there if network else None
        return None if _is_remote(base) else _local_path(address, base)
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
    remote = _is_remote(file)
    if not remote and not Path(file).is_relative_to(folder):
        message = f"{shown_path(file)} lies outside the root {shown_path(str(folder))}"
        raise SpecError(Finding("escaping-reference", message, hint="widen it with --root DIR"))
    if loaded >= limits.files:
        raise SpecError(Finding("too-large", f"the document has more than {limits.files} files"))
    if remote:
        from mockserver.spec.network import fetch  # brings what few need

        return _read(file, fetch(file, limits), limits)
    return load_source(Path(file), limits)
