"""The journal as a file: each exchange a line of JSON, appended in batches from a thread of its own.

Invariants: a line holds no credential (the journal's entries are redacted); a disk that is slow or full holds up no answer.
"""

import asyncio
import json
from contextlib import suppress
from io import FileIO
from pathlib import Path

from mockserver.errors import Finding, SettingsError
from mockserver.server.control.views import exchange_record
from mockserver.server.log import BATCH_SECONDS, OWN_LOSS, logger
from mockserver.state.exchange import Exchange
from mockserver.state.journal import Journal

_SLICE = 5
"""Lines written at once: between them the thread lets go of the interpreter, which requests wait for."""

_MOST_WAITING = 32 * 2**20
"""Bytes that may wait for a slow disk, about; what comes beyond is counted, not written."""


class JournalFile:
    """Appends the exchanges of a journal to a file, each once.

    Args:
        journal: Its newest exchange is taken; that somebody clears it matters not.
        path: Made where it is not there.

    Raises:
        SettingsError: The file cannot be written.
    """

    def __init__(self, journal: Journal, path: Path) -> None:
        self._journal = journal
        self._path = path
        self._waiting: list[Exchange] = []
        self._bytes = 0
        self._lost = 0
        self._busy = False  # a batch is due or being written
        try:
            self._file = FileIO(path, "a")
        except OSError as error:
            message = f"the journal cannot be written to {path}: {_reason(error)}"
            hint = "--journal takes a file, in a folder that is there"
            raise SettingsError(Finding("unwritable-journal", message, hint=hint)) from None

    def take(self) -> None:
        """Take the exchange that was just appended, and see that it is written soon."""
        if self._file.closed:
            return
        exchange = self._journal.newest
        self._bytes += exchange.weight
        if self._bytes > _MOST_WAITING:
            self._lost += 1
        else:
            self._waiting.append(exchange)
        if not self._busy:
            self._wait()

    def close(self) -> None:
        """Write what is not yet written, when the server has ended."""
        self._write(self._collect())
        self._file.close()

    def _wait(self) -> None:
        self._busy = True
        asyncio.get_running_loop().call_later(BATCH_SECONDS, self._hand_over)

    def _hand_over(self) -> None:
        loop = asyncio.get_running_loop()
        loop.run_in_executor(None, self._write, self._collect()).add_done_callback(self._go_on)

    def _go_on(self, _: object) -> None:
        self._busy = False
        if self._waiting:
            self._wait()

    def _collect(self) -> list[Exchange]:
        exchanges, self._waiting, self._bytes = self._waiting, [], 0
        if self._lost:
            logger.warning(
                "%d exchanges came faster than %s could be written",
                self._lost,
                self._path,
                extra=OWN_LOSS,
            )
            self._lost = 0
        return exchanges

    def _write(self, exchanges: list[Exchange]) -> None:
        """Append lines; where the file cannot take them, say so once and write no more."""
        for begin in range(0, len(exchanges), _SLICE):
            if self._file.closed:
                return
            rest = memoryview(b"".join(map(line_of, exchanges[begin : begin + _SLICE])))
            try:
                while rest:
                    rest = rest[self._file.write(rest) :]
            except OSError as error:
                told = (
                    "the journal is not written to %s any more: %s; requests are answered as before"
                )
                logger.error(told, self._path, _reason(error), extra=OWN_LOSS)
                with suppress(OSError):
                    self._file.close()


def line_of(exchange: Exchange) -> bytes:
    """Return an exchange as ``GET /journal/{id}`` shows it, without its snippets, on one line."""
    text = json.dumps(exchange_record(exchange), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
