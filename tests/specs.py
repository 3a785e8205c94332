"""Real OpenAPI documents to test against, kept outside the project."""

import os
from pathlib import Path

import pytest

SPECS = Path(os.environ.get("MOCKSERVER_SPECS") or Path(__file__).parents[2] / "shared" / "specs")


def spec(name: str) -> Path:
    """Return the path of a real document; skip where they are absent, fail under CI."""
    path = SPECS / name
    if not path.exists():
        reason = f"{path} is absent: set MOCKSERVER_SPECS to a folder of real documents"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
