"""The report for GitHub Actions: annotations at lines of document and fixtures, and a summary of the step in Markdown."""

from mockserver.check.model import Group, Report
from mockserver.check.reports.text import sentence, source, totals

_MOST = 10
"""Annotations of one kind that GitHub shows for a step; what is beyond stands in the summary."""


def write_annotations(report: Report) -> str:
    """Return workflow commands, to be printed (docs.github.com, Workflow commands)."""
    groups = report.groups
    lines = [_annotation(group) for group in groups[:_MOST]]
    if len(groups) > _MOST:
        lines.append(f"::error title=mockserver check::{len(groups) - _MOST} more reasons; the step's summary has them")  # fmt: skip
    return "\n".join([*lines, ""]) if lines else ""


def _annotation(group: Group) -> str:
    failure = group.first
    place = failure.place or group.found[0].outcome.place
    properties = {"title": f"{group.operation or 'server'}: {group.rule}"}
    if place is not None:
        properties["file"] = place.file
        properties |= {"line": str(place.line)} if place.line else {}
    listed = ",".join(f"{name}={_escaped(text, ':,')}" for name, text in properties.items())
    text = f"{sentence(failure)} — {failure.clause}\n{failure.curl}".strip()
    return f"::error {listed}::{_escaped(text)}"


def _escaped(text: str, more: str = "") -> str:
    text = text.replace("%", "%25")
    for char in "\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def write_summary(report: Report) -> str:
    """Return Markdown for ``$GITHUB_STEP_SUMMARY``."""
    verdict = "❌" if report.failed else "✅"
    lines = [f"## {verdict} {_cell(report.title)}", "", totals(report), ""]
    lines += ["| operation | " + " | ".join(["answers", "missing"]) + " |", "| --- | --- | --- |"]
    for operation in dict.fromkeys(row.operation for row in report.coverage):
        rows = [row for row in report.counted if row.operation == operation and not row.case]
        seen = " ".join(row.status for row in rows if row.covered)
        missing = " ".join(row.status for row in rows if not row.covered)
        lines.append(f"| {_cell(operation)} | {seen} | {missing} |")
    for group in report.groups:
        failure = group.first
        lines += ["", f"### {_cell(group.operation or 'server')}: {group.rule}", ""]
        lines.append(f"{_cell(sentence(failure))} — {_cell(source(failure))}")
        lines += [f"({len(group.found)} times)"] if len(group.found) > 1 else []
        if failure.curl:
            lines += ["", "```sh", _fenced(failure.curl), "```"]
        if failure.answer:
            lines += ["", "```http", _fenced(failure.answer), "```"]
    return "\n".join([*lines, ""])


def _cell(text: str) -> str:
    for char in "\\`*_[]<>|":
        text = text.replace(char, f"\\{char}")
    return " ".join(text.split())


def _fenced(text: str) -> str:
    return text.replace("```", "` ` `")
