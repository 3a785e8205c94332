"""What README.md and docs/ show in a terminal is what a terminal shows."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.needs import program
from tests.running import ROOT
from tests.sessions import Replay, read_steps, says

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
WITH_SESSIONS = [path for path in DOCUMENTS if "```console" in path.read_text("utf-8")]


@pytest.mark.parametrize("document", WITH_SESSIONS, ids=lambda path: path.name)
def test_every_session_prints_what_the_document_shows(document: Path, tmp_path: Path) -> None:
    program("curl")
    steps = read_steps(document.read_text("utf-8"))
    assert steps
    with ExitStack() as stack:
        replay = Replay(tmp_path, stack)
        for step in steps:
            printed = replay.run(step)
            assert says(step.output, printed), (
                f"{document.name}:{step.line}: {step.command}\nprints\n{printed}\nnot\n{step.output}"
            )


def test_the_readme_has_sessions() -> None:
    assert ROOT / "README.md" in WITH_SESSIONS


@pytest.mark.parametrize(
    ("claimed", "actual", "verdict"),
    [
        ("201", "201\n", True),
        ("201", "404", False),
        ("seti_…_secret_…", "seti_1_secret_2", True),
        ("seti_…", "seti_", False),
        ("first\n…\nlast", "first\na\n\nb\nlast", True),
        ("first\n…\nlast", "first\nlast", True),
        ("first\n…", "first\na", True),
        ("…\nlast", "a\nb\nlast", True),
        ("first\n…\nlast", "first\nlast\nmore", False),
        ("a.c", "abc", False),
        ("", "", True),
        ("", "something", False),
    ],
)
def test_an_ellipsis_stands_for_text_within_a_line_or_for_lines(
    claimed: str, actual: str, verdict: bool
) -> None:
    assert says(claimed, actual) is verdict


def test_a_block_is_commands_and_their_output() -> None:
    text = """
<!-- not run: needs an engine -->
```console
$ docker compose up
```

```console
$ cat <<'END' > x
$ not a command
END
$ curl \\
  localhost
one
two
```
"""
    steps = read_steps(text)
    assert [(step.command, step.output, step.line) for step in steps] == [
        ("cat <<'END' > x\n$ not a command\nEND", "", 8),
        ("curl \\\n  localhost", "one\ntwo", 11),
    ]
