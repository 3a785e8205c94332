"""The lock and the bill of materials hold what the product needs, and the review names it."""

import json
import re
import subprocess
import sys
import tomllib

import pytest
from packaging.requirements import Requirement

from tests.running import ROOT

LOCKED = dict(
    re.findall(r"^([a-z0-9-]+)==(.+)$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = [
    Requirement(text)
    for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["redis"])
]


@pytest.mark.parametrize("needed", NEEDED, ids=str)
def test_what_is_needed_is_locked_within_its_bounds_and_reviewed(needed: Requirement) -> None:
    assert needed.specifier.contains(LOCKED[needed.name])
    bound = next(each.version for each in needed.specifier if each.operator == ">=")
    review = (ROOT / "docs" / "dependencies.md").read_text("utf-8")
    row = rf"^\| {re.escape(needed.name)}\b.* \| ≥ {re.escape(bound)} \| {re.escape(LOCKED[needed.name])} \|"
    assert re.search(row, review, re.MULTILINE), (
        f"{needed.name} is not in docs/dependencies.md as it is"
    )


def test_the_bill_of_materials_has_everything_that_is_installed_for_the_product() -> None:
    command = [sys.executable, str(ROOT / "tools" / "dependencies.py"), "sbom"]
    bill = json.loads(subprocess.run(command, capture_output=True, check=True).stdout)
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    names = {component["name"] for component in bill["components"]}
    assert {needed.name for needed in NEEDED if not needed.marker} <= names
    references = {component["bom-ref"] for component in bill["components"]}
    depended = {inner for row in bill["dependencies"] for inner in row["dependsOn"]}
    assert depended <= references
    assert all(component["purl"].startswith("pkg:pypi/") for component in bill["components"])
