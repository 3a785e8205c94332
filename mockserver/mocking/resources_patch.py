"""Changes to a JSON value that a client sends: JSON Merge Patch (RFC 7396) and JSON Patch (RFC 6902)."""

from collections.abc import Callable
from copy import deepcopy

from mockserver.generation.fitting import alike
from mockserver.json_values import MAX_DEPTH, is_deeper
from mockserver.spec.source import pointer_tokens
from mockserver.validation.text import json_bytes

_MOST_STEPS = 1000
_MOST_COPIED = 1024 * 1024

Nullable = Callable[[tuple[str, ...]], bool]


class CannotPatch(ValueError):
    """A JSON Patch that does not apply; one sentence without a final full stop."""


class TestFailed(CannotPatch):
    """Its ``test`` does not hold: somebody else was first."""

    __test__ = False  # no class of tests


def merge(value: object, patch: object, nullable: Nullable, path: tuple[str, ...] = ()) -> object:
    """Return a value changed by a merge patch (RFC 7396 §2); neither is changed.

    A null removes a member, but stays where ``nullable`` says that the member may be null: plain JSON has no other way
    to say so.
    """
    if not isinstance(patch, dict):
        return deepcopy(patch)
    merged = dict(value) if isinstance(value, dict) else {}
    for name, member in patch.items():
        here = (*path, name)
        if member is None and not nullable(here):
            merged.pop(name, None)
        else:
            merged[name] = merge(merged.get(name), member, nullable, here)
    return merged


def apply(value: object, patch: object) -> object:
    """Return a value changed by a JSON Patch; neither is changed.

    Raises:
        TestFailed: A ``test`` does not hold.
        CannotPatch: It is none, or names what is not there.
    """
    if not isinstance(patch, list):
        raise CannotPatch("a JSON Patch is a list of operations")
    if len(patch) > _MOST_STEPS:
        raise CannotPatch(f"more than {_MOST_STEPS:,} operations are not applied")
    try:
        changed = _applied(value, patch)
        if not is_deeper(json_bytes(changed), MAX_DEPTH):
            return changed
    except RecursionError:
        pass
    raise CannotPatch(f"the value would be deeper than {MAX_DEPTH} levels")


def _applied(value: object, patch: list[object]) -> object:
    whole, copied = [deepcopy(value)], 0
    for number, step in enumerate(patch):
        try:
            copied += _apply(whole, step)
        except KeyError as error:
            raise CannotPatch(f"operation {number} lacks {error}") from error
        except CannotPatch as error:
            raise type(error)(f"operation {number}: {error}") from error
        if copied > _MOST_COPIED:  # copies of copies double with each operation
            raise CannotPatch(f"operation {number} copies too much")
    return whole[0]


def _apply(whole: list[object], step: object) -> int:
    """Apply one operation to what stands in a list of one: so the root has a parent as everything else.

    Returns the bytes that it copied.
    """
    if not isinstance(step, dict):
        raise CannotPatch("it is no object")
    name, path = step["op"], _tokens(step["path"])
    match name:
        case "add":
            _add(whole, path, deepcopy(step["value"]))
        case "remove":
            _remove(whole, path)
        case "replace":
            _replace(whole, path, deepcopy(step["value"]))
        case "move":
            start = _tokens(step["from"])
            if path[: len(start)] == start and path != start:
                raise CannotPatch("a value cannot move into itself")
            _add(whole, path, _remove(whole, start))
        case "copy":
            source = deepcopy(_find(whole, _tokens(step["from"])))
            _add(whole, path, source)
            return len(json_bytes(source))
        case "test":
            if not alike(_find(whole, path), step["value"]):
                raise TestFailed(f"the value at {step['path']!r} is another")
        case _:
            raise CannotPatch(f"{str(name)[:40]!r} is no operation of RFC 6902")
    return 0


def _tokens(pointer: object) -> list[str]:
    """Return the tokens from the list of one on."""
    if not isinstance(pointer, str) or pointer[:1] not in ("", "/"):
        raise CannotPatch("a path is a JSON Pointer")
    tokens = pointer_tokens(pointer)
    if len(tokens) > MAX_DEPTH:
        raise CannotPatch(f"a path has at most {MAX_DEPTH} parts")
    return ["0", *tokens]


def _find(whole: object, tokens: list[str]) -> object:
    for token in tokens:
        if isinstance(whole, dict) and token in whole:
            whole = whole[token]
        elif isinstance(whole, list):
            whole = whole[_index(token, len(whole) - 1)]
        else:
            raise CannotPatch(f"there is no {token[:40]!r}")
    return whole


def _index(token: str, last: int) -> int:
    """Return an index of a list (RFC 6901 §4)."""
    sound = token.isascii() and token.isdigit() and (token == "0" or token[0] != "0")
    if not sound or len(token) > 9 or int(token) > last:
        raise CannotPatch(f"there is no index {token[:40]!r}")
    return int(token)


def _add(whole: list[object], tokens: list[str], value: object) -> None:
    parent, last = _find(whole, tokens[:-1]), tokens[-1]
    if parent is whole:
        whole[0] = value
    elif isinstance(parent, dict):
        parent[last] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if last == "-" else _index(last, len(parent)), value)
    else:
        raise CannotPatch(f"there is no {last[:40]!r}")


def _remove(whole: list[object], tokens: list[str]) -> object:
    removed = _find(whole, tokens)
    parent, last = _find(whole, tokens[:-1]), tokens[-1]
    if parent is whole:
        whole[0] = None
    elif isinstance(parent, dict):
        del parent[last]
    else:
        assert isinstance(parent, list)  # what was found stands in an object or a list
        del parent[_index(last, len(parent) - 1)]
    return removed


def _replace(whole: list[object], tokens: list[str], value: object) -> None:
    _find(whole, tokens)
    parent, last = _find(whole, tokens[:-1]), tokens[-1]
    if isinstance(parent, dict):
        parent[last] = value
    else:
        assert isinstance(parent, list)  # what was found stands in an object or a list
        parent[_index(last, len(parent) - 1)] = value
