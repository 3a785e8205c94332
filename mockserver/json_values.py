"""JSON from strangers: one reading, strict where RFC 8259 leaves a choice, and one exception.

Refused: NaN and infinities, duplicate names, invalid UTF-8, numbers that Python will not read, nesting beyond
``MAX_DEPTH`` (native validators behind us crash on deeper values).
"""

import json
from collections import Counter
from typing import NoReturn

MAX_DEPTH = 100
"""Levels of arrays and objects within each other."""

_BRACKETS_AND_QUOTES = bytes.maketrans(b"{}", b"[]")
_ALL_BUT_STRUCTURE = bytes(byte for byte in range(256) if byte not in b'{}[]"')


class JsonError(ValueError):
    """The text is not JSON as we read it; the message says why, without quoting values.

    Attributes:
        line: 1-based; 0 where it is not known.
        column: 1-based; 0 where it is not known.
        name: The name that stands twice in one object, if that is the reason.
        too_deep: Nesting is the reason.
    """

    def __init__(
        self,
        message: str,
        line: int = 0,
        column: int = 0,
        name: str | None = None,
        *,
        too_deep: bool = False,
    ) -> None:
        super().__init__(message)
        self.too_deep = too_deep
        self.line = line
        self.column = column
        self.name = name


def decode_json(body: bytes | str, *, max_depth: int = MAX_DEPTH) -> object:
    """Return the value of a JSON text (UTF-8; a byte order mark is skipped, RFC 8259 §8.1).

    Raises:
        JsonError: The text is not acceptable; one sentence without a final full stop.
    """
    raw = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body
    raw = raw.removeprefix(b"\xef\xbb\xbf")
    if raw.count(b"[") + raw.count(b"{") > max_depth and is_deeper(raw, max_depth):
        raise JsonError(f"nesting goes deeper than {max_depth} levels", too_deep=True)
    try:
        return _DECODER.decode(raw.decode("utf-8"))
    except JsonError:
        raise
    except UnicodeDecodeError as error:
        raise JsonError(f"byte {error.start} is not UTF-8") from error
    except json.JSONDecodeError as error:
        message = f"{error.msg[:1].lower()}{error.msg[1:]}"
        raise JsonError(f"this is not JSON: {message}", error.lineno, error.colno) from error
    except RecursionError as error:  # brackets that never close
        message = f"nesting goes deeper than {max_depth} levels"
        raise JsonError(message, too_deep=True) from error
    except ValueError as error:
        raise JsonError("an integer has more than 4,300 digits") from error


def is_deeper(raw: bytes, levels: int) -> bool:
    """Tell whether the brackets of a JSON text nest deeper; where they do not balance, the decoder will complain.

    Works on the text as a whole (strip all but structure, then innermost pairs once per level), because a
    character-by-character scan of a four-megabyte document takes longer than decoding it.
    """
    raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    structure = raw.translate(_BRACKETS_AND_QUOTES, _ALL_BUT_STRUCTURE).replace(b'""', b"")
    brackets = b"".join(structure.split(b'"')[::2])
    for _ in range(levels):
        stripped = brackets.replace(b"[]", b"")
        if len(stripped) == len(brackets):
            return False
        brackets = stripped
    return b"[]" in brackets


def _refuse_constant(name: str) -> NoReturn:
    raise JsonError(f"{name} is not JSON")


def _refuse_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        name = next(name for name, count in times.items() if count > 1)
        raise JsonError(f"the name {name[:60]!r} stands twice in one object", name=name)
    return found


_DECODER = json.JSONDecoder(parse_constant=_refuse_constant, object_pairs_hook=_refuse_duplicates)
