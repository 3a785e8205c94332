"""Dialects of JSON Schema by their URIs, as ``jsonSchemaDialect`` and ``$schema`` name them (OpenAPI 3.1.1 §4.8.24.4).

What the older ones write in other ways is converted wherever it stands; only what one keyword means in two ways is told
apart here.
"""

import re
from typing import NamedTuple


class Dialect(NamedTuple):
    """What differs between dialects.

    Attributes:
        ref_siblings: Keywords beside ``$ref`` apply; until draft 7 they were ignored.
    """

    ref_siblings: bool


_NOW, _UNTIL_DRAFT_7 = Dialect(ref_siblings=True), Dialect(ref_siblings=False)
_KNOWN = {
    r"json-schema\.org/schema": _NOW,
    r"json-schema\.org/draft/(2020-12|2019-09|next)/(hyper-)?schema": _NOW,
    r"spec\.openapis\.org/oas/3\.\d(\.\d)?/(dialect/[\w.-]+|schema-base/[\w.-]+)": _NOW,
    r"json-schema\.org/draft-0[3-7]/(hyper-)?schema": _UNTIL_DRAFT_7,
}


def find_dialect(uri: object) -> Dialect | None:
    """Return a dialect by its URI, ``None`` where it is not known; the scheme and an empty fragment do not matter."""
    written = re.sub(r"^https?://", "", str(uri)).removesuffix("#")
    return next((one for known, one in _KNOWN.items() if re.fullmatch(known, written)), None)
