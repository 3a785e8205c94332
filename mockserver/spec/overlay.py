"""Overlays (OpenAPI Overlay Specification 1.0.0): changes to a document that somebody else keeps, made at load.

An action's ``target`` is a JSONPath (RFC 9535); ``update`` is merged into what it selects, or appended where that is a
list, and ``remove`` takes it away. What an overlay brings has its place in the overlay's file.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy

import jsonpath

from mockserver.errors import Finding, SpecError
from mockserver.spec.source import Source, child_pointer

Parts = tuple[str | int, ...]


def apply_overlays(source: Source, overlays: Sequence[Source]) -> list[Finding]:
    """Change a document's value by overlays, one after another; return warnings for actions that select nothing.

    Raises:
        SpecError: A file is no overlay, or a target is no JSONPath.
    """
    found: list[Finding] = []
    for overlay in overlays:
        for number, action in enumerate(_actions(overlay)):
            found += _Action(source, overlay, f"/actions/{number}", action).apply()
    return found


def _actions(overlay: Source) -> list[dict[str, object]]:
    """Return an overlay's actions."""
    root = overlay.value
    version = root.get("overlay") if isinstance(root, dict) else None
    if not isinstance(root, dict) or version is None:
        message = "this is no overlay: it has no key 'overlay'"
        raise _refusal(overlay, "", message, "write overlay: 1.0.0 at its top")
    if not str(version).startswith("1."):
        raise _refusal(overlay, "/overlay", f"overlay {version} is not read; 1.0 is")
    actions = root.get("actions")
    if not isinstance(actions, list) or not actions:
        raise _refusal(overlay, "/actions", "actions is a list of at least one action")
    for number, action in enumerate(actions):
        if not isinstance(action, dict) or not isinstance(action.get("target"), str):
            at = f"/actions/{number}"
            raise _refusal(overlay, at, "an action is a mapping with a target, which is a JSONPath")
    return actions


def _refusal(overlay: Source, pointer: str, message: str, hint: str = "") -> SpecError:
    return SpecError(Finding("bad-overlay", message, overlay.place(pointer), hint))


class _Action:
    """One action of an overlay on a document."""

    def __init__(self, source: Source, overlay: Source, at: str, action: dict[str, object]) -> None:
        self._source = source
        self._overlay = overlay
        self._at = at
        self._action = action

    def apply(self) -> Iterator[Finding]:
        """Change the document; yield a warning where nothing is selected or cannot be changed."""
        target = str(self._action["target"])
        try:
            selected = [
                (match.parts, match.obj)
                for match in jsonpath.finditer(target, self._source.value)  # type: ignore[arg-type]
            ]
        except jsonpath.JSONPathError as error:
            reason = str(error).partition("\n")[0]
            message = f"the target {target[:100]!r} is no JSONPath: {reason}"
            raise _refusal(self._overlay, f"{self._at}/target", message) from error
        if not selected:
            yield self._warning("overlay-selects-nothing", f"{target[:100]!r} selects nothing")
        if self._action.get("remove") is True:
            # From the back: earlier items of a list keep their places meanwhile.
            for parts, _ in reversed(selected):
                yield from self._remove(parts)
        elif "update" in self._action:
            for parts, value in selected:
                yield from self._update(parts, value)

    def _remove(self, parts: Parts) -> Iterator[Finding]:
        if not parts:
            yield self._warning("overlay-removes-all", "the whole document cannot be removed")
            return
        parent = self._value(parts[:-1])
        self._source.keep_positions(parent)
        if isinstance(parent, dict):
            del parent[parts[-1]]
        else:
            assert isinstance(parent, list)  # nothing else has parts
            del parent[int(parts[-1])]
            # The items behind it have moved: what can be said of their places is who moved them.
            self._source.set_place(_pointer(parts[:-1]), self._overlay, self._at)

    def _update(self, parts: Parts, value: object) -> Iterator[Finding]:
        update, at = self._action["update"], f"{self._at}/update"
        self._source.references |= set(_references(update))
        if isinstance(value, dict) and isinstance(update, dict):
            self._merge(value, update, parts, at)
        elif isinstance(value, list):
            value.append(deepcopy(update))
            self._source.set_place(_pointer((*parts, len(value) - 1)), self._overlay, at)
        else:
            yield self._warning(
                "overlay-does-not-fit", "an update changes mappings by a mapping, and lists"
            )

    def _merge(
        self, value: dict[str, object], update: dict[str, object], parts: Parts, at: str
    ) -> None:
        """Merge a mapping into another: mappings again, lists at their end, anything else in place of what was there."""
        self._source.keep_positions(value)
        for key, new in update.items():
            old = value.get(key)
            inner, place = (*parts, key), child_pointer(at, key)
            if isinstance(old, dict) and isinstance(new, dict):
                self._merge(old, new, inner, place)
            elif isinstance(old, list) and isinstance(new, list):
                for index, item in enumerate(new):
                    old.append(deepcopy(item))
                    each = _pointer((*inner, len(old) - 1))
                    self._source.set_place(each, self._overlay, child_pointer(place, index))
            else:
                value[key] = deepcopy(new)
                self._source.set_place(_pointer(inner), self._overlay, place)

    def _value(self, parts: Parts) -> object:
        value: object = self._source.value
        for part in parts:
            value = value[part]  # type: ignore[index]  # the library has just been there
        return value

    def _warning(self, rule: str, message: str) -> Finding:
        place = self._overlay.place(f"{self._at}/target")
        return Finding(rule, f"overlay: {message}", place, severity="warning")


def _pointer(parts: Parts) -> str:
    pointer = ""
    for part in parts:
        pointer = child_pointer(pointer, part)
    return pointer


def _references(value: object) -> Iterator[str]:
    """Yield every string under a ``$ref`` key."""
    if isinstance(value, dict):
        if isinstance(reference := value.get("$ref"), str):
            yield reference
        for member in value.values():
            yield from _references(member)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
