"""Documents for tests, written as Python values."""

import json
from collections.abc import Mapping
from pathlib import Path

from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document

Tree = Mapping[str, object]


def compiled(folder: Path, root: Tree, **files: Tree) -> Api:
    """Compile a document; other files lie beside it, by their names without ``.json``."""
    for name, value in files.items():
        (folder / f"{name}.json").write_text(json.dumps(value))
    path = folder / "openapi.json"
    path.write_text(json.dumps({"openapi": "3.1.0", "info": {}, "paths": {}, **root}))
    return compile_document(load_document(path))


def with_operation(operation: Tree, path: str = "/pets", **root: object) -> Tree:
    """Return a document of one GET operation that documents its answer."""
    answered = {"responses": {"200": {"description": "fine"}}, **operation}
    return {"paths": {path: {"get": answered}}, **root}


def rules(api: Api) -> list[str]:
    """Return the rule of every finding."""
    return [finding.rule for finding in api.findings]
