"""Scalars as text, the way styles and forms write them."""

import json


def scalar_text(value: object) -> str:
    """Return ``true``, ``1.5``, ``null`` or the string itself; lists and objects as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
