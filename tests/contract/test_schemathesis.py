"""Schemathesis against our own server: a second, independent reading of the document and of our answers to it.

All checks but ``use_after_free`` and ``ensure_resource_availability``, which wait for stateful resources.
"""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.running import ROOT, environment, serving
from tests.specs import spec

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
use_after_free.enabled = false
ensure_resource_availability.enabled = false
positive_data_acceptance.expected-statuses = ["2xx"]
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


def run(document: Path, url: str, folder: Path, credentials: Mapping[str, object]) -> str:
    """Run Schemathesis and return what it printed; it must end with 0 and have tested something."""
    config = folder / "schemathesis.toml"
    text = CONFIG.format(examples=EXAMPLES, left_out=LEFT_OUT.get(document.name, ""))
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
