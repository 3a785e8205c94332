"""Terminal sessions in Markdown, replayed: every ``console`` block is commands with the output that they must have.

In a block a line that begins with ``$`` is a command, which a backslash or an open here-document continues; what follows is its
output, stdout and stderr together. ``…`` stands for any text within a line, alone on a line for any lines. A command that serves
stays up until the next one that serves, or the end of the file; its output is its banner. Port 4010 is replaced by a free one.
A block is left out by a comment on the line before it: ``<!-- not run: reason -->``.
"""

import os
import re
import shutil
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from tests.running import ROOT, Server, environment, serving

_BLOCK = re.compile(
    r"^(<!-- not run: [^\n]+ -->\n)?```console\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
_SERVES = re.compile(
    r"(?:scripts/serve|mockserver serve|mockserver(?= \S+\.yaml))(?P<arguments>.*)"
)
_HERE_DOCUMENT = re.compile(r"<<-?\s*'?(\w+)'?")
_SANDBOX = ("openapi.yaml", "fixtures", "docs")


@dataclass(frozen=True)
class Step:
    """A command of a document, with the output that the document claims."""

    command: str
    output: str
    line: int


def read_steps(text: str) -> list[Step]:
    """Return the commands of every block that is run, in order."""
    return [
        step
        for block in _BLOCK.finditer(text)
        if block[1] is None
        for step in _steps(block[2].splitlines(), text.count("\n", 0, block.start(2)) + 1)
    ]


def _steps(lines: list[str], first: int) -> list[Step]:
    steps: list[Step] = []
    position = 0
    while position < len(lines):
        begin = position
        assert lines[begin].startswith("$ "), f"line {first + begin} is the output of no command"
        command = [lines[begin][2:]]
        end = here[1] if (here := _HERE_DOCUMENT.search(command[0])) else None
        position += 1
        while command[-1].endswith("\\") or (end is not None and command[-1] != end):
            command.append(lines[position])
            position += 1
        output: list[str] = []
        while position < len(lines) and not lines[position].startswith("$ "):
            output.append(lines[position])
            position += 1
        steps.append(Step("\n".join(command), "\n".join(output), first + begin))
    return steps


def says(claimed: str, actual: str) -> bool:
    """Tell whether an output is what the document claims; blanks at the ends of lines do not count."""
    lines = [line.rstrip() for line in actual.strip().splitlines()]
    # How many lines of the output the claims so far can have taken: one regular expression over all lines would
    # take for ever to find that they differ.
    taken = {0}
    for claim in claimed.strip().splitlines():
        if claim == "…":
            taken = set(range(min(taken), len(lines) + 1)) if taken else set()
        else:
            pattern = re.compile(re.escape(claim.rstrip()).replace("…", ".+"))
            taken = {at + 1 for at in taken if at < len(lines) and pattern.fullmatch(lines[at])}
    return len(lines) in taken


class Replay:
    """Runs the steps of one document in a folder of its own, with the product on ``PATH``."""

    def __init__(self, folder: Path, stack: ExitStack) -> None:
        self._folder = folder
        self._stack = stack.enter_context(ExitStack())
        self._server: Server | None = None
        for name in _SANDBOX:
            source = ROOT / name
            copy = shutil.copytree if source.is_dir() else shutil.copy
            copy(source, folder / name)
        programs = folder / ".bin"
        programs.mkdir()
        product = programs / "mockserver"
        product.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mockserver "$@"\n')
        product.chmod(0o755)
        self._path = f"{programs}{os.pathsep}{os.environ['PATH']}"

    def run(self, step: Step) -> str:
        """Carry a step out and return what it printed."""
        if found := _SERVES.fullmatch(step.command):
            return self._serve(found["arguments"].split())
        command = step.command
        if self._server:
            command = command.replace(":4010", f":{self._server.port}")
        finished = subprocess.run(
            ["sh", "-c", command],
            cwd=self._folder,
            env=environment({"PATH": self._path}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return self._as_documented(finished.stdout)

    def _serve(self, arguments: list[str]) -> str:
        self._stack.close()
        self._server = self._stack.enter_context(serving(*arguments, cwd=self._folder))
        # The port stands in the middle of the banner: ask until the thread that reads stderr has the end too.
        for _ in range(1000):
            self._server.send("GET", "/__mock/live")
            if "Ctrl-C" in self._server.log:
                break
        return self._as_documented(self._server.log)

    def _as_documented(self, output: str) -> str:
        return output.replace(f":{self._server.port}", ":4010") if self._server else output
