"""The report as one HTML file without scripts and without anything from elsewhere: it opens offline and mails well."""

from html import escape

from mockserver.check.model import Group, Outcome, Report, Row
from mockserver.check.reports.text import sentence, source, totals

_STYLE = """
:root { color-scheme: light dark; --line: #d8dde3; --soft: #f5f7f9; --dim: #5b6672; --bad: #b3261e; --good: #1a7f37; --warn: #8a5a00 }
@media (prefers-color-scheme: dark) { :root { --line: #343c45; --soft: #1b2026; --dim: #9aa7b4; --bad: #ff8a80; --good: #5ccf7f; --warn: #e0b050 } }
* { box-sizing: border-box }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 68rem; margin: 0 auto; padding: 2rem 1rem }
h1 { font-size: 1.4rem; margin: 0 } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .25rem 0 } .dim { color: var(--dim) } .bad { color: var(--bad) } .good { color: var(--good) } .warn { color: var(--warn) }
.verdict { font-size: 1.1rem; font-weight: 600; margin: .75rem 0 }
code, pre { font: 13px/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace }
pre { background: var(--soft); border: 1px solid var(--line); border-radius: 6px; padding: .6rem .8rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; margin: .5rem 0 }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line); vertical-align: top } th { font-weight: 500; color: var(--dim) }
details { border-bottom: 1px solid var(--line); padding: .5rem 0 } summary { cursor: pointer; font-weight: 600 } summary:focus-visible { outline: 2px solid; outline-offset: 3px }
summary .dim { font-weight: 400 } ul { margin: .25rem 0; padding-left: 1.2rem }
""".strip()
_MOST_TESTS = 20


def write_html(report: Report) -> str:
    """Return the report as a page."""
    groups = report.groups
    word = "fault" if len(groups) == 1 else "faults"
    verdict = f'<p class="verdict bad">{len(groups)} {word}</p>' if groups else '<p class="verdict good">No faults</p>'  # fmt: skip
    parts = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">",
        f"<title>{escape(report.title)}: check</title><style>{_STYLE}</style></head><body><main>",
        f'<h1>{escape(report.title)}</h1><p class="dim">checked at <code>{escape(report.target)}</code></p>',
        verdict,
        f'<p class="dim">{escape(totals(report))}</p>',
        *([f"<h2>Faults</h2>{''.join(map(_group, groups))}"] if groups else []),
        _coverage(report),
        _skipped(report),
        _tests(report),
        "</main></body></html>\n",
    ]
    return "\n".join(filter(None, parts))


def _group(group: Group) -> str:
    failure = group.first
    count = f' <span class="dim">{len(group.found)} times</span>' if len(group.found) > 1 else ""
    parts = [
        f'<details open><summary><span class="bad">{escape(group.rule)}</span> {escape(group.operation or "server")}{count}</summary>',
        f"<p>{escape(sentence(failure))}</p>",
        f'<p class="dim">{escape(source(failure))} · {escape(group.found[0].outcome.id)}</p>',
    ]
    parts += [f"<pre>{escape(failure.curl)}</pre>"] if failure.curl else []
    parts += [f"<pre>{escape(failure.answer)}</pre>"] if failure.answer else []
    if len(group.found) > 1:
        rows = "".join(f"<li>{escape(sentence(one.failure))}</li>" for one in group.found[1:_MOST_TESTS])  # fmt: skip
        parts.append(f"<details><summary>the others</summary><ul>{rows}</ul></details>")
    return "".join([*parts, "</details>"])


def _coverage(report: Report) -> str:
    if not report.coverage:
        return ""
    rows = []
    for operation in dict.fromkeys(row.operation for row in report.coverage):
        own = [row for row in report.coverage if row.operation == operation]
        answers = " ".join(_mark(row, row.status) for row in own if not row.case)
        cases = " ".join(_mark(row, row.case) for row in own if row.case)
        rows.append(f"<tr><td>{escape(operation)}</td><td>{answers}</td><td>{cases}</td></tr>")
    head = "<tr><th>operation</th><th>documented answers</th><th>cases</th></tr>"
    return (
        f'<h2>Coverage {report.percent:.0f} %</h2><div class="wide"><table>{head}{"".join(rows)}</table></div>'
        '<p class="dim">✓ seen and right, – not reached, × excluded by the fixtures</p>'
    )


def _mark(row: Row, text: str) -> str:
    if row.excluded:
        return f'<span class="dim" title="{escape(row.excluded)}">×&nbsp;{escape(text)}</span>'
    style, sign = ("good", "✓") if row.covered else ("warn", "–")
    return f'<span class="{style}">{sign}&nbsp;{escape(text)}</span>'


def _skipped(report: Report) -> str:
    if not report.skipped:
        return ""
    reasons: dict[str, list[Outcome]] = {}
    for outcome in report.skipped:
        reasons.setdefault(outcome.reason, []).append(outcome)
    rows = "".join(
        f'<li>{escape(reason)} <span class="dim">{escape(", ".join(one.id for one in found[:_MOST_TESTS]))}</span></li>'
        for reason, found in reasons.items()
    )
    return f"<h2>Skipped</h2><ul>{rows}</ul>"


def _tests(report: Report) -> str:
    styles = {"passed": "good", "failed": "bad", "skipped": "warn"}
    rows = "".join(
        f'<tr><td>{escape(one.id)}</td><td class="{styles[one.state]}">{one.state}</td><td>{one.seconds * 1000:.0f} ms</td></tr>'
        for one in report.outcomes
    )
    head = "<tr><th>test</th><th>outcome</th><th>time</th></tr>"
    return f'<h2>Tests</h2><details><summary>all {len(report.outcomes)}</summary><div class="wide"><table>{head}{rows}</table></div></details>'
