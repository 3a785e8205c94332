"""One report in the forms that people and programs read; ``WRITERS`` is the table of those that are files."""

from collections.abc import Callable, Mapping

from mockserver.check.model import Report
from mockserver.check.reports.data import write_json
from mockserver.check.reports.github import write_annotations, write_summary
from mockserver.check.reports.html import write_html
from mockserver.check.reports.junit import write_junit
from mockserver.check.reports.sarif import write_sarif
from mockserver.check.reports.text import write_text

WRITERS: Mapping[str, Callable[[Report], str]] = {
    "text": write_text,
    "json": write_json,
    "junit": write_junit,
    "html": write_html,
    "sarif": write_sarif,
    "github": write_annotations,
    "summary": write_summary,
}
"""By the name that ``--report`` takes."""
