"""The report as SARIF 2.1.0: each failure at its line of the document or the fixtures, as code scanning shows it."""

import json
from hashlib import blake2b

from mockserver import __version__
from mockserver.check.model import Group, Report
from mockserver.check.reports.text import sentence

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write_sarif(report: Report) -> str:
    """Return the report as SARIF; failures of one reason are one result."""
    rules = {group.rule: group for group in report.groups}
    names = list(rules)
    driver = {
        "name": "mockserver check",
        "version": __version__,
        "rules": [
            {
                "id": name,
                "shortDescription": {"text": name.replace("-", " ")},
                "fullDescription": {"text": f"{rules[name].first.expected} ({rules[name].clause})"},
            }
            for name in names
        ],
    }
    run = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"mockserver-check/{report.title}"},
        "columnKind": "unicodeCodePoints",
        "results": [_result(group, names.index(group.rule)) for group in report.groups],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _result(group: Group, index: int) -> dict[str, object]:
    failure = group.first
    more = f" (and {len(group.found) - 1} more)" if len(group.found) > 1 else ""
    text = f"{group.operation or 'server'}: {sentence(failure)}{more}"
    if failure.curl:
        text += f"\n\n{failure.curl}"
    found: dict[str, object] = {
        "ruleId": group.rule,
        "ruleIndex": index,
        "level": "error",
        "message": {"text": text},
        "partialFingerprints": {"mockserver/v1": _fingerprint(group)},
    }
    place = failure.place or group.found[0].outcome.place
    if place is not None:
        region = {"startLine": place.line, "startColumn": max(1, place.column)}
        location: dict[str, object] = {"artifactLocation": {"uri": place.file}}
        if place.line:
            location["region"] = region
        found["locations"] = [{"physicalLocation": location}]
    return found


def _fingerprint(group: Group) -> str:
    text = f"{group.rule} {group.operation} {group.clause}"
    return blake2b(text.encode(), digest_size=16).hexdigest()
