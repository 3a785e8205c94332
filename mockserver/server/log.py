"""What is written while the server runs: one line for each exchange, in batches off its path, and messages.

Invariants: a line holds no credential (the journal's entries are redacted) and no control character of a client or a
document.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from datetime import UTC, datetime

from mockserver.errors import Finding, escape
from mockserver.messages import Violation
from mockserver.state.exchange import Exchange
from mockserver.state.journal import Journal

logger = logging.getLogger("mockserver")
OWN_LOSS = {"own_loss": True}
"""``extra`` of a message about what this process alone has lost."""
INFO, WARNING, ERROR = logging.INFO, logging.WARNING, logging.ERROR

BATCH_SECONDS = 0.05
LINES_FOR_PEOPLE = 100
"""Lines of one batch at most: 2,000 a second are more than anybody reads, and a load test shall not wait for them."""
SLICE = 10
"""Lines written without a pause: a batch at once would hold up the requests behind it for milliseconds."""
SLICE_SECONDS = 0.004
_PATH_LIMIT = 120
_VIOLATIONS_LIMIT = 5

_PLAIN = "{}"
_DIM, _BOLD, _GREEN, _CYAN, _YELLOW, _RED = (
    f"\x1b[{code}m{{}}\x1b[0m" for code in (2, 1, 32, 36, 33, 31)
)
_STATUS_STYLES = {2: _GREEN, 3: _CYAN, 4: _YELLOW, 5: _RED}


class RequestLog:
    """Writes the exchanges of a journal that are not yet written, a moment after somebody says there are some.

    Args:
        journal: Read, never changed.
        line: Makes the text of one exchange, without a final newline.
        write: Takes whole lines; called at most every ``BATCH_SECONDS``.
        most: Lines of one batch, the latest; others are counted. ``None`` writes all: two thirds of a request's time.
    """

    def __init__(
        self,
        journal: Journal,
        line: Callable[[Exchange], str],
        write: Callable[[str], object],
        *,
        most: int | None = None,
    ) -> None:
        self._journal = journal
        self._line = line
        self._write = write
        self._most = most
        self._seen = journal.appended
        self._waiting: list[Exchange] = []  # collected, and not yet written
        self._due: asyncio.TimerHandle | None = None

    def wake(self) -> None:
        """Say that exchanges were appended; free where the next batch is due already."""
        if self._due is None:
            self._due = asyncio.get_running_loop().call_later(BATCH_SECONDS, self._take_turn)

    def flush(self) -> None:
        """Write what is not yet written."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        self._write_lines(self._waiting)
        self._waiting = []
        self._write_lines(self._collect())

    def _take_turn(self) -> None:
        """Write a slice of what is due, and come back for the next."""
        self._due = None
        due = self._waiting or self._collect()
        count = len(due) if self._most is None else SLICE
        self._write_lines(due[:count])
        self._waiting = due[count:]
        if self._waiting:
            later = asyncio.get_running_loop().call_later
            self._due = later(SLICE_SECONDS, self._take_turn)
        elif self._journal.appended > self._seen:
            self.wake()

    def _collect(self) -> list[Exchange]:
        """Return the exchanges to be shown of those that are new, and say how many are not."""
        exchanges = self._journal.since(self._seen)
        lost = self._journal.appended - self._seen - len(exchanges)
        self._seen = self._journal.appended
        if self._most is not None and (more := len(exchanges) - self._most) > 0:
            self._write(f"          … {more} more, too fast to be shown\n")
            exchanges = exchanges[more:]
        if lost:
            logger.warning("%d exchanges came too fast to be shown", lost)
        return exchanges

    def _write_lines(self, exchanges: list[Exchange]) -> None:
        if exchanges:
            self._write("\n".join([*map(self._line, exchanges), ""]))


class TextLines:
    """Makes lines for people, in columns that fit the document.

    Args:
        names: (path, operation) of the operations, for the widths of the columns.
        color: With ANSI colours.
    """

    def __init__(self, names: Iterable[tuple[str, str]] = (), *, color: bool = False) -> None:
        pairs = list(names)
        self._path = min(max((len(path) for path, _ in pairs), default=0), 40)
        self._operation = min(max((len(name) for _, name in pairs), default=0), 30)
        self._color = color

    def __call__(self, exchange: Exchange) -> str:
        """Return the line of an exchange, and one more for each of its first violations."""
        status = self._style(
            _STATUS_STYLES.get(exchange.status // 100, _PLAIN), str(exchange.status)
        )
        token = f"token {exchange.token}; " if exchange.token else ""
        token = "" if token[:-2] in exchange.why else token  # the reason may be the token itself
        columns = (
            self._style(_DIM, clock_time(exchange.time)),
            self._style(_BOLD, f"{exchange.method:<7}"),
            f"{_target(exchange):<{self._path}}",
            f"{escape(exchange.operation or '-'):<{self._operation}}",
            status,
            f"{exchange.case or '-':<12}",
            self._style(_DIM, escape(f"{token}{exchange.why}")),
            self._style(_DIM, f"{exchange.duration * 1000:.1f} ms"),
        )
        lines = ["  ".join(columns)]
        lines += [self._violation(found) for found in exchange.violations[:_VIOLATIONS_LIMIT]]
        if more := len(exchange.violations) - _VIOLATIONS_LIMIT:
            lines += [f"          … and {more} more"] * (more > 0)
        return "\n".join(lines)

    def _violation(self, found: Violation) -> str:
        where = ".".join(map(str, found.location))
        place = f" ({found.place})" if found.place else ""
        return self._style(_YELLOW, escape(f"          {where}: {found.message}{place}"))

    def _style(self, style: str, text: str) -> str:
        return style.format(text) if self._color else text


def _target(exchange: Exchange) -> str:
    """Return path and query as one would type them, cut where they are long."""
    target = exchange.path.decode("latin-1")
    if exchange.query:
        target += "?" + exchange.query.decode("latin-1")
    target = escape(target)
    return target if len(target) <= _PATH_LIMIT else target[: _PATH_LIMIT - 1] + "…"


def json_line(exchange: Exchange) -> str:
    """Return an exchange as one line of JSON: the journal's entry without headers and bodies."""
    return json.dumps(
        {
            "time": datetime.fromtimestamp(exchange.time, UTC).isoformat(timespec="milliseconds"),
            "event": "exchange",
            "id": exchange.id,
            "session": exchange.session,
            "method": exchange.method,
            "path": exchange.path.decode("latin-1"),
            "query": exchange.query.decode("latin-1"),
            "operation": exchange.operation,
            "status": exchange.status,
            "case": exchange.case,
            "scenario": exchange.scenario,
            "token": exchange.token,
            "why": exchange.why,
            "error": exchange.error,
            "violations": [found.as_dict() for found in exchange.violations],
            "ms": round(exchange.duration * 1000, 3),
        }
    )


def clock_time(seconds: float) -> str:
    """Return the local time of day of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, UTC).astimezone().strftime("%H:%M:%S")


def log_findings(level: int, headline: str, findings: Iterable[Finding]) -> None:
    """Log a headline with each finding on a line below it; in the JSON form they are members of the event."""
    listed = list(findings)
    text = "\n".join([headline, *(f"  {finding}" for finding in listed)])
    extra = {"headline": headline, "findings": [str(finding) for finding in listed]}
    logger.log(level, text, extra=extra)


class TextMessages(logging.Formatter):
    """Messages for people: the text alone, with its level where that is not ``INFO``."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the message, and the traceback where there is one."""
        text = super().format(record)
        return text if record.levelno <= logging.INFO else f"{record.levelname.lower()}: {text}"


class JsonMessages(logging.Formatter):
    """Messages as one line of JSON each."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the event as JSON; ``traceback`` and ``findings`` where there are any."""
        event: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "event": "message",
            "level": record.levelname.lower(),
            "message": getattr(record, "headline", record.getMessage()),
        }
        if findings := getattr(record, "findings", None):
            event["findings"] = findings
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return json.dumps(event)


def configure_logging(handler: logging.Handler, *, as_json: bool) -> None:
    """Send our messages, and what libraries have to say that matters, to one handler."""
    handler.setFormatter(JsonMessages() if as_json else TextMessages())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logger.setLevel(logging.INFO)
    # Bad requests are the client's business; uvicorn says of each that it was bad.
    logging.getLogger("uvicorn").setLevel(logging.ERROR)
