"""Several processes that answer at one socket, and the one that starts them, starts them again, and ends them."""

import logging
import multiprocessing
import os
import secrets  # noqa: TID251 - ids of runs that begin in the same second
import signal
import socket
import sys
import threading
import time
from collections import deque
from functools import partial
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import NamedTuple, TextIO, cast

from mockserver.errors import Finding, MockServerError
from mockserver.server.ending import Ending, exit_on_signals
from mockserver.server.log import configure_logging, logger
from mockserver.server.serve import allow_connections, compose, run_name
from mockserver.settings import Settings

MOST_DEATHS = 5
DEATHS_SECONDS = 60.0
"""Of so long as many deaths of workers that never answered are borne as ``MOST_DEATHS`` says, or all of them twice."""
_STOP_SECONDS = 15.0
"""Above what a drain may take."""
_AT_ONCE = 4096
"""Bytes that go into a pipe in one piece (PIPE_BUF of Linux): lines of several processes do not mix."""


class Task(NamedTuple):
    """What one process is told.

    Attributes:
        number: The first, 0, says what all would say.
        run: Prefix of its ids.
        replaces: That of the process whose place it takes.
    """

    settings: Settings
    directory: Path
    number: int
    run: str
    replaces: str | None = None


class Worker(NamedTuple):
    """One process, as the one that started it sees it.

    Attributes:
        begun: Bears a word once it answers; ends with it.
    """

    task: Task
    process: BaseProcess
    begun: Connection

    def has_begun(self) -> bool:
        """Tell of one that has ended whether it had ever answered."""
        with self.begun:
            try:
                return self.begun.recv_bytes() != b""
            except EOFError:
                return False


def supervise(
    settings: Settings, directory: Path, listening: socket.socket, ending: Ending
) -> None:
    """Keep as many processes as the settings say, until a signal; ends with status 0 then.

    Raises:
        MockServerError: They die before they answer, again and again.
    """
    spawn = multiprocessing.get_context("spawn")
    base = f"{run_name(settings)}{secrets.token_hex(1)}"
    born = 0
    running: list[Worker] = []
    # All of them may be killed together while they start, twice: then whoever kills them is to be asked, not we.
    deaths: deque[float] = deque(maxlen=max(MOST_DEATHS, 2 * settings.workers))

    def start(number: int, replaces: str | None = None) -> Worker:
        nonlocal born
        born += 1
        task = Task(settings, directory, number, f"{base}.{born}", replaces)
        # A pipe, not an event: a process that is killed while it holds the lock of one would stop us too.
        begun, word = spawn.Pipe(duplex=False)
        process = spawn.Process(target=work, args=(task, listening, word), daemon=True)
        # Until it has its own answer to them: Ctrl-C reaches the whole group, and we pass on what it means.
        handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
        process.start()
        signal.signal(signal.SIGINT, handler)
        word.close()  # so that it ends with the process
        return Worker(task, process, begun)

    try:
        running += [start(number) for number in range(settings.workers)]
        while True:
            ending.check()
            wait([one.process.sentinel for one in running])
            for index, one in enumerate(running):
                task, process, _ = one
                if process.exitcode is None:
                    continue
                if not one.has_begun():
                    _count(deaths, process.exitcode)
                logger.warning("worker %d ended with %s and is started again", task.number, process.exitcode)  # fmt: skip
                running[index] = start(task.number, task.run)
    finally:
        _end([one.process for one in running])


def _count(deaths: "deque[float]", status: int) -> None:
    """Count a process that ended before it answered; one that had answered could live, whoever killed it."""
    now = time.monotonic()  # noqa: TID251 - the outer edge: clocks start here
    if len(deaths) == deaths.maxlen and now - deaths[0] < DEATHS_SECONDS:
        message = f"workers end as soon as they start, the last with {status}"
        raise MockServerError(Finding("workers-die", message, hint="the lines above say why"))
    deaths.append(now)


def _end(processes: list[BaseProcess]) -> None:
    """Let all processes drain, and wait for them; a second signal waits no longer."""
    for process in processes:
        process.terminate()
    try:
        for process in processes:
            process.join(_STOP_SECONDS)
    finally:
        # From here on it ends by itself; one more signal would only show a traceback of the interpreter's last steps.
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.SIG_IGN)
        for process in processes:
            process.kill()


def work(task: Task, listening: socket.socket, word: Connection) -> None:
    """Be one of the processes; say a ``word`` as soon as it answers."""
    ending = exit_on_signals()
    allow_connections()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    stream = cast("TextIO", Lines(sys.stderr))
    handler = logging.StreamHandler(stream)
    if task.number:
        handler.addFilter(_concerns_this_one)
    configure_logging(handler, as_json=task.settings.log_format == "json")
    options = {"run": task.run, "replaces": task.replaces}
    process = compose(task.settings, task.directory, stream, **options)
    process.app.begun = partial(word.send_bytes, b"begun")
    process.run(listening, ending)


def _concerns_this_one(record: logging.LogRecord) -> bool:
    """Tell whether something is told that the first process does not tell for all: a crash, or a loss of its own."""
    return record.exc_info is not None or getattr(record, "own_loss", False)


def _end_with_parent() -> None:
    """Drain when the process that started this one is no more."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


class Lines:
    """A stream whose lines stay whole where several processes write to it, as long as they are not very long."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write lines, so many at a time as go in one piece."""
        part: list[str] = []
        size = 0
        for line in text.splitlines(keepends=True):
            length = len(line.encode("utf-8", "replace"))
            if part and size + length > _AT_ONCE:
                self._send(part)
                part = []
                size = 0
            part.append(line)
            size += length
        self._send(part)

    def _send(self, lines: list[str]) -> None:
        self._stream.write("".join(lines))
        self._stream.flush()

    def flush(self) -> None:
        """Do nothing: nothing waits."""

    def isatty(self) -> bool:
        """Tell whether it is a terminal."""
        return self._stream.isatty()
