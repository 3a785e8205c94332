"""Live secrets in what is shown: the variable stands for each, and for what was made from one.

A checker sends half a secret, its capitals, or its signature below other claims, and shows a server that takes them. So
parts and spellings of a secret are hidden like the whole: from half of its characters on.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from typing import NamedTuple
from urllib.parse import quote, quote_plus

_LEAST = 8
"""Characters that tell a part of a secret from a word."""
_MOST = 20_000
"""Characters of a text that are looked at; the rest is never shown."""
_DOUBLED = re.compile(r'([\\"`$])')


class _Piece(NamedTuple):
    """A part of a text.

    Attributes:
        reference: It stands for a secret, as a shell reads it inside double quotes; else it is what it is.
    """

    text: str
    reference: bool = False


class _Like(NamedTuple):
    """What is hidden where it stands in part or in another spelling.

    Attributes:
        name: ``$NAME`` is shown.
        text: The secret, or a part of it.
        least: Characters in a row.
        runs: All such rows, forwards and backwards, as ``_plain`` writes them.
    """

    name: str
    text: str
    least: int
    runs: frozenset[str]


class Hider:
    """Hides secrets.

    Args:
        secrets: By name of the variable that holds it, without ``$``.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._whole = {form: name for name, value in secrets.items() for form in _forms(value)}
        # One may be part of another.
        self._forms = sorted(filter(None, self._whole), key=len, reverse=True)
        self._likes = [like for name, value in secrets.items() for like in _likes(name, value)]

    def hide(self, text: str) -> str:
        """Return a text, its beginning if it is very long, with variables for secrets."""
        return "".join(piece.text for piece in self._pieces(text[:_MOST]))

    def word(self, text: str) -> str | None:
        """Return a text as one word of a shell, which puts the secrets in; ``None`` where none is in it."""
        pieces = self._pieces(text)
        if not any(piece.reference for piece in pieces):
            return None
        parts = (
            piece.text if piece.reference else _DOUBLED.sub(r"\\\1", piece.text) for piece in pieces
        )
        return f'"{"".join(parts)}"'

    def _pieces(self, text: str) -> list[_Piece]:
        pieces = [_Piece(text)]
        for form in self._forms:
            whole = _Piece(f"${{{self._whole[form]}}}", reference=True)
            pieces = [part for piece in pieces for part in _split(piece, form, whole)]
        for like in self._likes:
            pieces = [part for piece in pieces for part in _split_like(piece, like)]
        return list(_shortened(pieces))


def _forms(value: str) -> tuple[str, ...]:
    """Return a secret as it is, in Basic, in a URL, in a form and in JSON."""
    return (
        value,
        b64encode(value.encode()).decode(),
        quote(value, safe=""),
        quote(value),
        quote_plus(value),
        json.dumps(value)[1:-1],
    )


def _likes(name: str, value: str) -> Iterator[_Like]:
    parts = value.split(".")
    texts = [value, b64encode(value.encode()).decode().rstrip("=")]
    if len(parts) == 3 and value.startswith("eyJ"):  # a JWT: its head is everybody's (RFC 7519 §3)
        texts += parts[1:]
    for text in texts:
        least = max(_LEAST, len(text) // 2)
        plain = _plain(text)
        rows = [plain, plain[::-1]]
        runs = {row[at : at + least] for row in rows for at in range(len(row) - least + 1)}
        if runs:
            yield _Like(name, text, least, frozenset(runs))


def _plain(text: str) -> str:
    """Return a text without what spellings differ in, as long as it was."""
    plain = text.lower().replace("-", "_")
    return plain if len(plain) == len(text) else text


def _split(piece: _Piece, form: str, whole: _Piece) -> Iterator[_Piece]:
    if piece.reference or form not in piece.text:
        yield piece
        return
    for index, part in enumerate(piece.text.split(form)):
        if index:
            yield whole
        if part:
            yield _Piece(part)


def _split_like(piece: _Piece, like: _Like) -> Iterator[_Piece]:
    """Yield a piece with what is like a secret taken out."""
    text, plain = piece.text, _plain(piece.text)
    shown = at = 0
    while not piece.reference and at + like.least <= len(plain):
        end = at + like.least
        if plain[at:end] not in like.runs:
            at += 1
            continue
        while end < len(plain) and plain[end + 1 - like.least : end + 1] in like.runs:
            end += 1
        if at > shown:
            yield _Piece(text[shown:at])
        yield _Piece(_written(text[at:end], like), reference=True)
        shown = at = end
    if shown < len(text):
        yield _Piece(text[shown:]) if shown else piece


def _written(part: str, like: _Like) -> str:
    """Return what a shell (bash, zsh) makes a part or spelling of a secret from, as far as it can."""
    at = like.text.find(part)
    if at >= 0 and part != like.text:
        return f"${{{like.name}:{at}:{len(part)}}}"
    if part == like.text.upper():
        return f"${{{like.name}^^}}"
    if part == like.text.lower():
        return f"${{{like.name},,}}"
    return f"[made from ${like.name}]"


def _shortened(pieces: list[_Piece]) -> Iterator[_Piece]:
    """Yield the pieces, without braces where a reference ends by itself."""
    for piece, following in zip(pieces, (*pieces[1:], _Piece("")), strict=False):
        whole = re.fullmatch(r"\$\{(\w+)\}", piece.text) if piece.reference else None
        if whole and not re.match(r"[A-Za-z0-9_]", following.text):
            yield _Piece(f"${whole[1]}", reference=True)
        else:
            yield piece
