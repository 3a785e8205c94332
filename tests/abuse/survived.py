"""``scripts/abuse``: runs the categories one after the other and prints how many cases of each were survived."""

import os
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

from tests.running import ROOT

CATEGORIES = {
    "documents": ["test_documents.py"],
    "raw requests": ["test_raw_requests.py", "test_more_requests.py"],
    "limits of time": ["test_limits_of_time.py"],
    "sustained load": ["test_load.py"],
    "drains": ["test_drains.py"],
    "reloads": ["test_reloads.py"],
    "browsers": ["../server/control/test_guard.py"],
    "fuzzing": ["test_fuzz_documents.py", "test_fuzz_requests.py"],
}
FOLDER = ROOT / "tests" / "abuse"


def run(files: list[Path]) -> tuple[int, int]:
    """Return how many cases were survived, and how many there were."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-s", "-p", "no:cacheprovider", f"--junitxml={report}", *map(str, files)]  # fmt: skip
        subprocess.run(command, cwd=ROOT, check=False, env=os.environ)
        (suite,) = ElementTree.parse(report).getroot()
    total, lost = int(suite.get("tests", "0")), 0
    for kind in ("failures", "errors"):
        lost += int(suite.get(kind, "0"))
    return max(total - lost, 0), total


def main(names: list[str]) -> int:
    unknown = [name for name in names if name not in CATEGORIES]
    if unknown:
        sys.exit(f"no category {', '.join(unknown)}; there are: {', '.join(CATEGORIES)}")
    rows = []
    for name in names or CATEGORIES:
        files = [path for file in CATEGORIES[name] if (path := FOLDER / file).exists()]
        if files:
            sys.stdout.write(f"· {name}\n")
            sys.stdout.flush()
            rows.append((name, *run(files)))
    for name, survived, total in rows:
        sys.stdout.write(f"{name:<16} {survived}/{total}\n")
    return int(any(survived != total for _, survived, total in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
