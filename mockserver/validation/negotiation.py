"""Media types by name: which one a message has, and which one a client gets (RFC 9110 §8.3, §12.5.1)."""

import re
from collections.abc import Sequence
from functools import lru_cache

from mockserver.spec.model import MediaType

_QUALITY = re.compile(r"0(\.[0-9]*)?|1(\.0*)?")  # RFC 9110 §12.4.2
_RANGE = re.compile(r"\*|[!#$%&'*+.^_`|~0-9a-z-]+/[!#$%&'*+.^_`|~0-9a-z-]+")


def essence(media_type: str) -> str:
    """Return type and subtype in lower case, without parameters (RFC 9110 §8.3.1)."""
    return media_type.partition(";")[0].strip().lower()


def parameter_of(media_type: str, name: str) -> str | None:
    """Return a parameter of a media type, unquoted; ``None`` where it has none of that name."""
    for part in media_type.split(";")[1:]:
        key, _, value = part.partition("=")
        if key.strip().lower() == name:
            return value.strip().strip('"')
    return None


def fits_range(media_range: str, concrete: str) -> bool:
    """Tell whether an essence fits a range such as ``image/*``, ``*/*`` or ``application/*+json``."""
    if media_range in (concrete, "*/*", "*"):
        return True
    kind, _, subtype = media_range.partition("/")
    if not concrete.startswith(f"{kind}/"):
        return False
    return subtype == "*" or (subtype.startswith("*+") and concrete.endswith(subtype[1:]))


def select_content(content: Sequence[MediaType], content_type: str) -> MediaType | None:
    """Return the documented media type of a message: as written, else by essence, else by range.

    A message without ``Content-Type`` is read as the first (RFC 9110 §8.3 leaves it to the recipient).

    Returns:
        ``None`` where it is not documented.
    """
    if not content_type.strip():
        return content[0] if content else None
    for media in content:
        if media.name == content_type:
            return media
    sent = essence(content_type)
    names = [(essence(media.name), media) for media in content]
    for name, media in names:
        if name == sent:
            return media
    ranges = [(name, media) for name, media in names if "*" in name and fits_range(name, sent)]
    return max(ranges, key=lambda pair: _precision(pair[0]))[1] if ranges else None


def negotiate(accept: bytes | None, content: tuple[MediaType, ...]) -> MediaType | None:
    """Choose the media type of an answer: by quality, then precision, then the document's order.

    Parameters in ``Accept`` are ignored but for ``q``, and so is what cannot be read. Where nothing is left:
    ``application/json``, then ``*/*``, then the first (Prism's order).

    Returns:
        ``None`` where the client accepts none of them.
    """
    if not content:
        return None
    if accept == b"*/*":
        return content[0]
    index = _best((accept or b"")[:_LONGEST], tuple(media.name for media in content))
    return None if index is None else content[index]


def accepts(accept: bytes | None, media_type: str) -> bool:
    """Tell whether a client accepts a media type; without ``Accept`` it accepts all (RFC 9110 §12.5.1)."""
    return not accept or accept == b"*/*" or _best(accept[:_LONGEST], (media_type,)) is not None


_LONGEST = 4096


@lru_cache(maxsize=1024)
def _best(accept: bytes, names: tuple[str, ...]) -> int | None:
    """Return the index of the best media type; kept, because clients send the same header over and over.

    Not ``werkzeug``'s: it costs 127 ms to import, and neither ``application/*+json`` nor parameters match there.
    """
    essences = [essence(name) for name in names]
    ranges = _ranges(accept.decode("latin-1"))
    if not ranges:
        usual = (name for name in ("application/json", "*/*") if name in essences)
        return essences.index(next(usual, essences[0]))
    scored = [(*_score(ranges, name), -index) for index, name in enumerate(essences)]
    quality, _, negative = max(scored)
    return -negative if quality else None


def _ranges(accept: str) -> list[tuple[str, float]]:
    """Return the readable media ranges with their qualities."""
    found = []
    for part in accept.split(","):
        media_range, quality = essence(part), parameter_of(part, "q") or "1"
        if _RANGE.fullmatch(media_range):
            found.append((media_range, float(quality) if _QUALITY.fullmatch(quality) else 1.0))
    return found


def _score(ranges: list[tuple[str, float]], name: str) -> tuple[float, int]:
    """Return quality and precision of the most precise range that a documented type fits, or that fits a documented range."""
    fitting = [
        (_precision(media_range), quality)
        for media_range, quality in ranges
        if fits_range(media_range, name) or fits_range(name, media_range)
    ]
    precision, quality = max(fitting, default=(0, 0.0))
    return quality, precision


def _precision(media_range: str) -> int:
    if media_range in ("*", "*/*"):
        return 1
    return 2 if "*" in media_range else 3
