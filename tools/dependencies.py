"""What the product needs, as it is installed here: a lock file of pins, and a CycloneDX list (SBOM).

python tools/dependencies.py lock > requirements.lock
python tools/dependencies.py sbom > sbom.json
"""

import json
import re
import sys
import tomllib
import uuid
from collections.abc import Iterable
from importlib.metadata import distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
LOCK_HEAD = """\
# What was tested, everything that is behind it included; written by scripts/lock.
# pip install --constraint requirements.lock openapi-mockserver
"""


class Package(NamedTuple):
    """One package.

    Attributes:
        needs: Names of the packages that it asks for itself.
    """

    name: str
    version: str
    license: str
    needs: list[str]

    @property
    def purl(self) -> str:
        """Return its package URL."""
        return f"pkg:pypi/{self.name}@{self.version}"


def product() -> Package:
    """Return the product as ``pyproject.toml`` has it; it need not be installed."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    source = (ROOT / "mockserver" / "__init__.py").read_text("utf-8")
    version = re.search(r'__version__ = "(.+)"', source)
    return Package(
        table["name"],
        version[1] if version else "0",
        table["license"],
        _needs([*table["dependencies"], *table["optional-dependencies"]["redis"]]),
    )


def behind(root: Package) -> list[Package]:
    """Return every package behind another, by name, as it is installed here."""
    found: dict[str, Package] = {}
    waiting = list(root.needs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            there = distribution(name)
            terms = str(there.metadata.json.get("license_expression") or "")
            found[name] = Package(name, there.version, terms, _needs(there.requires or ()))
            waiting += found[name].needs
    return [found[name] for name in sorted(found)]


def _needs(requirements: Iterable[str]) -> list[str]:
    """Return the names of requirements that hold here, those of extras left out."""
    read = [Requirement(text) for text in requirements]
    held = [one for one in read if one.marker is None or one.marker.evaluate({"extra": ""})]
    return sorted({canonicalize_name(one.name) for one in held})


def lock() -> str:
    """Return pins of all but the product."""
    return LOCK_HEAD + "".join(f"{one.name}=={one.version}\n" for one in behind(product()))


def sbom() -> str:
    """Return a bill of materials (CycloneDX 1.6, JSON): the same text for the same versions."""
    root = product()
    packages = behind(root)
    references = {one.name: one.purl for one in packages}
    content = {
        "metadata": {"component": _component(root, "application")},
        "components": [_component(one, "library") for one in packages],
        "dependencies": [
            {"ref": one.purl, "dependsOn": [references[name] for name in one.needs]}
            for one in (root, *packages)
        ],
    }
    serial = uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(content, sort_keys=True))
    head = {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{serial}",
        "version": 1,
    }
    return json.dumps({**head, **content}, indent=2) + "\n"


def _component(package: Package, kind: str) -> dict[str, object]:
    found: dict[str, object] = {"type": kind, "bom-ref": package.purl, "name": package.name}
    found |= {"version": package.version, "purl": package.purl}
    if package.license:
        found["licenses"] = [{"expression": package.license}]
    return found


if __name__ == "__main__":
    sys.stdout.write({"lock": lock, "sbom": sbom}[sys.argv[1]]())
