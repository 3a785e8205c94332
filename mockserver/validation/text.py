"""Scalars as text, the way styles and forms write them, and values as bytes."""

import json

from mockserver.validation.errors import EncodeError


def scalar_text(value: object) -> str:
    """Return ``true``, ``1.5``, ``null`` or the string itself; lists and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def json_bytes(value: object) -> bytes:
    """Return a value as compact JSON in UTF-8; lone surrogates are escaped.

    Raises:
        EncodeError: JSON has no such number.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    except ValueError as error:
        raise EncodeError("JSON has no infinities and no NaN") from error
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(value, separators=(",", ":")).encode()


def to_bytes(text: str) -> bytes:
    """Return the bytes that a string of one character a byte stands for; UTF-8 where it is text instead."""
    try:
        return text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace")
