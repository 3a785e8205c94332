"""Schemathesis against our own server: a second, independent reading of the document and of our answers to it.

All checks; those that follow an item from its making to its end where the fixtures name resources.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from tests.running import ROOT, environment, serving
from tests.specs import spec

DATA = ROOT / "tests" / "data"
SECONDS = 240
EXAMPLES = 12
"""Generated cases for each operation and phase: breadth enough for a daily run, bounded in time."""

CONFIG = """\
seed = 1
max-redirects = 0
continue-on-failure = true
[cache]
enabled = false
[generation]
database = "none"
max-examples = {examples}
[checks]
use_after_free.enabled = {stateful}
ensure_resource_availability.enabled = {stateful}
positive_data_acceptance.expected-statuses = {accepted}
[phases.examples]
fill-missing = true
[phases.coverage]
enabled = true
[phases.fuzzing]
enabled = true
[phases.stateful]
enabled = true
[warnings]
fail-on = ["missing_auth"]
{left_out}
"""


LEFT_OUT = {
    # In urlencoded bodies a string looks like a list of one item, and lists of objects have no form of their own: what
    # Schemathesis takes for valid and for invalid there cannot be told apart.
    "petstore.yaml": """
[[operations]]
include-name = ["POST /pet", "PUT /pet"]
checks.negative_data_rejection.enabled = false
checks.positive_data_acceptance.enabled = false
""",
    # The document has security and no 401.
    "museum.yaml": "[checks.status_code_conformance]\nenabled = false\n",
}
"""Checks left out by document, each with its reason."""


def run(
    document: Path,
    url: str,
    folder: Path,
    credentials: Mapping[str, object],
    *,
    stateful: bool = False,
) -> str:
    """Run Schemathesis and return what it printed; it must end with 0 and have tested something.

    With ``stateful`` items have a life: checks follow it, and a valid request may name one that is not there, or is.
    """
    config = folder / "schemathesis.toml"
    text = CONFIG.format(
        examples=EXAMPLES,
        left_out=LEFT_OUT.get(document.name, ""),
        stateful=str(stateful).lower(),
        accepted=json.dumps(["2xx", "404", "409"] if stateful else ["2xx"]),
    )
    for scheme, values in credentials.items():
        assert isinstance(values, Mapping)
        lines = "\n".join(f"{key} = {json.dumps(value)}" for key, value in values.items())
        text += f"[auth.openapi.{scheme}]\n{lines}\n"
    config.write_text(text)
    report = folder / "report.ndjson"
    finished = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config)),
            *("run", str(document), "--url", url, "--report-ndjson-path", str(report)),
        ],
        cwd=folder,
        env=environment({"PYTHONWARNINGS": "ignore", "SCHEMATHESIS_HOOKS": ""}),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert finished.returncode == 0, f"{finished.stdout[-12000:]}\n{finished.stderr[-3000:]}"
    assert report.stat().st_size > 10_000, "a run that tests nothing proves nothing"
    return finished.stdout


TOKENS = {
    "petstore.yaml": {
        "key": {"scheme": "api_key", "value": "k", "outcome": "accept"},
        "user": {"scheme": "petstore_auth", "value": "t", "outcome": "accept"},
    },
    "museum.yaml": {
        "user": {"scheme": "MuseumPlaceholderAuth", "value": "u:p", "outcome": "accept"},
    },
}
"""Without token fixtures any well-formed credential is accepted, and a check that sends a bad one would say so."""


RESOURCES = {
    "petstore.yaml": {
        "/pet": {"id": "/id", "lists": ["/pet/findByStatus", "/pet/findByTags"]},
        "/store/order": {"id": "/id"},
        "/user": {"id": "/username"},
    },
    "museum.yaml": {"/special-events": {"id": "/eventId"}},
    "books.yaml": {"/books": {"id": "/id"}, "/books/{id}/notes": {"id": "/id"}},
}
"""The collections that keep their items."""


def well_documented(document: Path, folder: Path) -> Path:
    """Write a document with an answer for every error that a resource may give, and a schema for all that is sent."""
    contents = yaml.safe_load(document.read_text())
    for item in contents["paths"].values():
        for method in item.keys() - {"parameters"}:
            for status in ("404", "409", "415", "422"):
                item[method]["responses"].setdefault(status, {"description": "an error"})
    # Whatever is sent as a JSON Patch would be valid: there is no schema for it.
    del contents["paths"]["/books/{bookId}"]["patch"]["requestBody"]["content"][
        "application/json-patch+json"
    ]
    written = folder / document.name
    written.write_text(yaml.safe_dump(contents, sort_keys=False))
    return written


@pytest.mark.parametrize(
    ("name", "credentials"),
    [
        ("petstore.yaml", {"api_key": {"api_key": "k"}, "petstore_auth": {"bearer": "t"}}),
        ("museum.yaml", {"MuseumPlaceholderAuth": {"username": "u", "password": "p"}}),
        ("books.yaml", {}),
    ],
)
def test_nor_where_items_are_kept(
    name: str, credentials: Mapping[str, object], tmp_path: Path
) -> None:
    document = well_documented(DATA / name, tmp_path) if name == "books.yaml" else spec(name)
    fixtures = tmp_path / "fixtures.json"
    contents = {"version": 1, "tokens": TOKENS.get(name, {}), "resources": RESOURCES[name]}
    fixtures.write_text(json.dumps(contents))
    with serving(document, "--seed", "1", "--fixtures", str(fixtures)) as server:
        printed = run(document, server.url, tmp_path, credentials, stateful=True)
    assert "Stateful" in printed


@pytest.mark.parametrize(
    ("name", "credentials"),
    [
        ("openapi.yaml", {"bearerAuth": {"bearer": "sk_test_valid"}}),
        ("petstore.yaml", {"api_key": {"api_key": "k"}, "petstore_auth": {"bearer": "t"}}),
        ("museum.yaml", {"MuseumPlaceholderAuth": {"username": "u", "password": "p"}}),
    ],
)
def test_a_foreign_reader_finds_no_fault(
    name: str, credentials: Mapping[str, object], tmp_path: Path
) -> None:
    document = ROOT / name if name == "openapi.yaml" else spec(name)
    fixtures = tmp_path / "fixtures"
    fixtures.mkdir()
    (fixtures / "tokens.json").write_text(
        json.dumps({"version": 1, "tokens": TOKENS.get(name, {})})
    )
    arguments = ["--fixtures", str(fixtures)] if name in TOKENS else []
    with serving(document, "--seed", "1", *arguments) as server:
        printed = run(document, server.url, tmp_path, credentials)
    assert "Stateful" in printed or "stateful" in printed
