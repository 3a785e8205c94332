"""Who knows whom: the floors hold, and each third-party package is known where it belongs and nowhere else."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.running import ROOT, environment

PRODUCT = ROOT / "mockserver"

KNOWN_ONLY_BY = {
    "httptools": "server/protocol.py",
    "jsonpath": "spec/overlay.py",
    "jsonschema_rs": "schemas.py",
    "yaml": "spec/yaml_events.py",
    "click": "cli.py",
    "starlette": "server/",
    "uvicorn": ("server/", "check/apps.py"),
    "watchfiles": "server/watch.py",
    "python_multipart": "validation/",
    "redis": "state/redis_link.py",
    "rich": "check/reports/terminal.py",
    "pytest": "pytest_plugin.py",
}
SLOW_TO_IMPORT = (
    "schemathesis",
    "hypothesis",
    "pytest",
    "httpx2",
    "watchfiles",
    "redis",
    "rich",
    "werkzeug",
)


def imports_of(path: Path) -> Iterator[str]:
    """Yield the first part of every absolute import of a module, wherever in it the import stands."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


def third_party() -> dict[str, set[str]]:
    """Return, by package, the modules of the product that import it."""
    found: dict[str, set[str]] = {}
    for path in PRODUCT.rglob("*.py"):
        for name in imports_of(path):
            if name not in sys.stdlib_module_names and name != "mockserver":
                found.setdefault(name, set()).add(path.relative_to(PRODUCT).as_posix())
    return found


@pytest.mark.parametrize(("package", "home"), KNOWN_ONLY_BY.items(), ids=list(KNOWN_ONLY_BY))
def test_a_third_party_package_is_known_in_one_place(
    package: str, home: str | tuple[str, ...]
) -> None:
    users = third_party().get(package, set())
    assert users
    assert {user for user in users if not user.startswith(home)} == set()


def test_every_import_of_the_product_is_known_to_belong_somewhere() -> None:
    assert set(third_party()) == set(KNOWN_ONLY_BY)


@pytest.mark.parametrize("arguments", [["--help"], ["health", "--help"], ["config"]], ids=" ".join)
def test_a_command_imports_only_what_it_needs(arguments: list[str]) -> None:
    code = f"""
import sys
from mockserver.cli import run
assert run({arguments!r}) == 0
print(*sys.modules, sep="\\n", file=sys.stderr)
"""
    finished = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in finished.stderr.split()}
    needless = {"starlette", "uvicorn", "yaml", "jsonschema_rs", "asyncio", *SLOW_TO_IMPORT}
    assert loaded & needless == set()
