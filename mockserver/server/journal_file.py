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
from mockserver.server.log import BATCH_SECONDS, logger
from mockserver.state.journal import Exchange, Journal

_SLICE = 20
"""Lines written at once: between them the thread lets go of the interpreter, which requests wait for."""


class JournalFile:
    """Appends the exchanges of a journal to a file, a moment after somebody says there are some.

    Args:
        journal: Read, never changed; what it has let go of before it was written is counted and lost.
        path: Made where it is not there.

    Raises:
        SettingsError: The file cannot be written.
    """

    def __init__(self, journal: Journal, path: Path) -> None:
        self._journal = journal
        self._path = path
        self._seen = journal.appended
        self._busy = False  # a batch is due or being written
        try:
            self._file = FileIO(path, "a")
        except OSError as error:
            message = f"the journal cannot be written to {path}: {_reason(error)}"
            hint = "--journal takes a file, in a folder that is there"
            raise SettingsError(Finding("unwritable-journal", message, hint=hint)) from None

    def wake(self) -> None:
        """Say that exchanges were appended; free where the next batch is due already."""
        if not self._busy and not self._file.closed:
            self._busy = True
            asyncio.get_running_loop().call_later(BATCH_SECONDS, self._hand_over)

    def close(self) -> None:
        """Write what is not yet written, when the server has ended."""
        self._write(self._collect())
        self._file.close()

    def _hand_over(self) -> None:
        loop = asyncio.get_running_loop()
        writing = loop.run_in_executor(None, self._write, self._collect())
        writing.add_done_callback(self._go_on)

    def _go_on(self, _: object) -> None:
        self._busy = False
        if self._journal.appended > self._seen:
            self.wake()

    def _collect(self) -> list[Exchange]:
        exchanges = self._journal.since(self._seen)
        lost = self._journal.appended - self._seen - len(exchanges)
        self._seen = self._journal.appended
        if lost:
            logger.warning("%d exchanges came faster than %s could be written", lost, self._path)
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
                logger.error(told, self._path, _reason(error))
                with suppress(OSError):
                    self._file.close()


def line_of(exchange: Exchange) -> bytes:
    """Return an exchange as ``GET /journal/{id}`` shows it, without its snippets, on one line."""
    text = json.dumps(exchange_record(exchange), ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
