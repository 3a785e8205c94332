"""Reports of checks: files below ``.mockserver/checks`` of the working directory, and one more where somebody asks for it.

Invariant: a name leads to a file of that folder and nowhere else.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import mockserver
from mockserver.server.control.live import Live
from mockserver.settings import Settings

FOLDER = Path(".mockserver") / "checks"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,120}\.json")
_MOST_BYTES = 32 * 2**20
_MOST = 200
_HERE = str(
    Path(mockserver.__file__).parents[1]
)  # where it runs from, also where it is not installed
_SECONDS = 300
_STEP = 0.5


def list_reports(folder: Path) -> list[dict[str, object]]:
    """Return what each report says in sum, the newest first; what is no report is left out."""
    found = [path for path in (folder / FOLDER).glob("*.json") if _is_report(path)]
    found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    rows = []
    for path in found[:_MOST]:
        report = read_report(folder, path.name)
        if report is not None:
            moment = datetime.fromtimestamp(path.stat().st_mtime, UTC).isoformat()
            named = ("title", "target", "seed", "seconds", "requests", "counts")
            coverage = report.get("coverage")
            percent = coverage.get("percent") if isinstance(coverage, dict) else None
            row = {name: report.get(name) for name in named}
            rows.append({"file": path.name, "time": moment, "coverage": percent, **row})
    return rows


def _is_report(path: Path) -> bool:
    return _NAME.fullmatch(path.name) is not None and not path.is_symlink() and path.is_file()


def read_report(folder: Path, name: str) -> dict[str, object] | None:
    """Return a report, ``None`` where there is none of that name."""
    path = folder / FOLDER / name
    if not _is_report(path):
        return None
    if path.stat().st_size > _MOST_BYTES:
        return None
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) and "tests" in found else None


def check_itself(live: Live) -> dict[str, object] | str:
    """Run ``check --self`` on what is served; return the row of its report, or why there is none."""
    moment = datetime.fromtimestamp(live.now(), UTC).strftime("%Y%m%dT%H%M%SZ")
    path = live.folder / FOLDER / f"self-{moment}.json"
    command = [sys.executable, "-m", "mockserver", "check", "--self", "--effort", "quick"]
    command += [*_sources(live.settings), "--report", f"json={path}"]
    told = _run(command, live)
    rows = [row for row in list_reports(live.folder) if row["file"] == path.name]
    return rows[0] if rows else told


def _run(command: list[str], live: Live) -> str:
    """Run a command to its end, to that of its time or to that of the server; return what it said."""
    environ = {**os.environ, "PYTHONPATH": _HERE}
    with subprocess.Popen(command, cwd=live.folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:  # fmt: skip
        for _ in range(int(_SECONDS / _STEP)):
            try:
                _, said = process.communicate(timeout=_STEP)
            except subprocess.TimeoutExpired:
                if live.stopping():
                    break
            else:
                return said.strip()[-400:] or f"it ended with {process.returncode}"
        process.kill()
    return "the server ends" if live.stopping() else f"it took more than {_SECONDS} s"


def _sources(settings: Settings) -> Iterator[str]:
    """Yield the options that lead to the same documents and fixtures."""
    named = [("spec", settings.spec), ("fixtures", settings.fixtures), ("root", settings.root)]
    named += [("also", path) for path in settings.also]
    named += [("overlay", path) for path in settings.overlay]
    for name, path in named:
        if path is not None:
            yield from (f"--{name}", str(path))
    if settings.allow_network:
        yield "--allow-network"
    for name, number in settings.limit:
        yield from ("--limit", f"{name}={number}")
