"""The report as JUnit XML (the Jenkins dialect, which GitLab and others read): a suite for each kind, a case for each test."""

import re
from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from mockserver.check.model import KINDS, Outcome, Report
from mockserver.check.reports.text import describe, sentence, source

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def write_junit(report: Report) -> str:
    """Return the report as JUnit XML."""
    counts = _counts(report.outcomes)
    root = Element("testsuites", {"name": "mockserver check", **counts, "time": f"{report.seconds:.3f}"})  # fmt: skip
    for kind in KINDS:
        outcomes = [outcome for outcome in report.outcomes if outcome.kind == kind]
        if outcomes:
            seconds = sum(outcome.seconds for outcome in outcomes)
            attributes = {"name": kind, **_counts(outcomes), "time": f"{seconds:.3f}"}
            suite = SubElement(root, "testsuite", attributes)
            for outcome in outcomes:
                suite.append(_case(outcome))
    indent(root)
    text = tostring(root, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n"


def _counts(outcomes: Sequence[Outcome]) -> dict[str, str]:
    states = [outcome.state for outcome in outcomes]
    return {
        "tests": str(len(states)),
        "failures": str(states.count("failed")),
        "errors": "0",
        "skipped": str(states.count("skipped")),
    }


def _case(outcome: Outcome) -> Element:
    attributes = {
        "classname": f"{outcome.kind}.{outcome.operation or 'server'}",
        "name": clean(outcome.name),
        "time": f"{outcome.seconds:.3f}",
    }
    if outcome.place and outcome.place.line:
        attributes |= {"file": outcome.place.file, "line": str(outcome.place.line)}
    case = Element("testcase", attributes)
    if outcome.state == "skipped":
        SubElement(case, "skipped", {"message": clean(outcome.reason)})
    if outcome.failures:
        first = outcome.failures[0]
        message = clean(f"{sentence(first)} — {source(first)}")
        failed = SubElement(case, "failure", {"type": first.rule, "message": message})
        failed.text = clean("\n\n".join(describe(outcome, one) for one in outcome.failures))
    return case


def clean(text: str) -> str:
    """Return a text without the characters that XML 1.0 cannot hold (§2.2)."""
    return _NOT_XML.sub("\ufffd", text)
