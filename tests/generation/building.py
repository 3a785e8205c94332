"""Schemas to generate from, in a document of their own."""

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mockserver.generation.chance import Chance
from mockserver.generation.values import generate
from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document
from mockserver.spec.model import Direction, Location


def build(schema: object, **others: Any) -> Api:
    """Return a document that has a schema named ``root``, and others by their names."""
    return api({"components": {"schemas": {"root": schema, **others}}})


def api(more: Mapping[str, object]) -> Api:
    """Return a document of these parts."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "openapi.json"
        head = {"openapi": "3.1.0", "info": {"title": "t", "version": "1"}, "paths": {}}
        file.write_text(json.dumps({**head, **more}))
        return compile_document(load_document(file))


def root(document: Api) -> Location:
    """Return the location of ``root``."""
    return document.document.root.child("components", "schemas", "root")


def made(
    schema: object,
    *,
    seed: str = "",
    direction: Direction = "response",
    fill_properties: bool = True,
    **others: Any,
) -> Any:
    """Return a value of a schema, static without a seed."""
    document = build(schema, **others)
    chance = Chance(b"seed", seed) if seed else None
    return generate(
        document.schemas,
        root(document),
        direction,
        chance=chance,
        fill_properties=fill_properties,
    )
