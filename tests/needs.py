"""What a test needs of the machine: without it the test is skipped, and under CI it fails, because nothing is skipped there."""

import os
import shutil
from typing import NoReturn

import pytest


def missing(reason: str) -> NoReturn:
    """Skip the test with a reason; fail it under CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


def program(name: str) -> str:
    """Return the path of a program that must be on ``PATH``."""
    path = shutil.which(name)
    return path if path is not None else missing(f"{name} is absent")
