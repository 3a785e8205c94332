"""One file of a document, read: its value, where everything in it stands, and what it refers to."""

import gc
import os
import stat
from pathlib import Path

from mockserver.errors import Finding, Place, SpecError
from mockserver.json_values import JsonError, decode_json
from mockserver.spec.identifiers import NAMES
from mockserver.spec.json_text import JsonPlaces, find_references
from mockserver.spec.limits import Limits
from mockserver.spec.yaml_events import Lines, YamlProblem, read_yaml

DEFAULT_LIMITS = Limits()


class Source:
    """One file, read.

    Attributes:
        path: Absolute, links resolved.
        value: JSON value; mappings keep their order and have string keys.
        references: Every string under a ``$ref`` key, those in example data among them.
        is_named: Something in it may have a name of its own (``$self``, ``$id``, an anchor).
    """

    def __init__(
        self,
        path: str,
        value: object,
        references: set[str],
        places: Lines | JsonPlaces,
        *,
        is_named: bool = False,
    ) -> None:
        self.is_named = is_named
        self.path = path
        self._shown = shown_path(path)
        self.value = value
        self.references = references
        self._places = places
        self._brought: dict[str, tuple[Source, str]] = {}
        self._positions: dict[
            int, dict[str, int]
        ] = {}  # by identity: the value keeps each container alive

    def place(self, pointer: str) -> Place:
        """Return where the key or item that introduces a node stands; of its nearest ancestor where it is absent."""
        if self._brought and (brought := self._place_in_overlay(pointer)):
            return brought
        shown, tokens = self._shown, pointer_tokens(pointer)
        if isinstance(self._places, JsonPlaces):
            return Place(shown, *self._places.find(tokens))
        position, container = (1, 1), self.value
        for token in tokens:
            entry = entry_of(container, token)
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


def load_source(path: Path, limits: Limits = DEFAULT_LIMITS) -> Source:
    """Read one YAML or JSON file; JSON where the name ends so or the text begins so.

    Raises:
        SpecError: The file cannot be read, or is not what we read; one finding with its place.
    """
    file = os.path.realpath(path)
    place = Place(shown_path(str(path)))  # as it was named: a link is looked for under its own name
    return read_source(file, _read_text(file, place, limits), limits)


def read_source(file: str, text: str, limits: Limits) -> Source:
    """Return what a text holds; JSON where the name ends so or the text begins so.

    Raises:
        SpecError: It is not what we read.
    """
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
    if is_remote(file):
        return file
    relative = os.path.relpath(file)
    return file if relative.startswith("..") else relative


def child_pointer(pointer: str, token: str | int) -> str:
    """Return the JSON Pointer of an entry below a node (RFC 6901 §3)."""
    return f"{pointer}/{str(token).replace('~', '~0').replace('/', '~1')}"


def pointer_tokens(pointer: str) -> list[str]:
    """Return the unescaped tokens of a JSON Pointer (RFC 6901 §4)."""
    return [token.replace("~1", "/").replace("~0", "~") for token in pointer.split("/")[1:]]


def entry_of(container: object, token: str) -> tuple[object] | None:
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
        hint = limits.hint("depth") if error.too_deep else ""
        raise SpecError(Finding("not-json", str(error), place, hint)) from error
    references = find_references(text)
    return Source(file, value, references, places, is_named=_has_names(text))


def _from_yaml(file: str, text: str, limits: Limits) -> Source:
    try:
        value, lines, references = read_yaml(text, limits)
    except YamlProblem as error:
        place = Place(shown_path(file), error.line, error.column)
        raise SpecError(Finding(error.rule, str(error), place, error.hint)) from error
    return Source(file, value, references, lines, is_named=_has_names(text))


def _has_names(text: str) -> bool:
    return any(name in text for name in NAMES)


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
            raise SpecError(Finding("too-large", message, place, limits.hint("bytes")))
        raw = Path(file).read_bytes()
    except FileNotFoundError as error:
        raise SpecError(no_file(file)) from error
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


def no_file(file: str) -> Finding:
    """Return the finding for a file that is not there."""
    return Finding("no-such-file", f"there is no file {shown_path(file)}", Place(shown_path(file)))


def is_remote(file: str) -> bool:
    """Tell whether a file of a document is a URL."""
    return file.startswith(("http://", "https://"))
