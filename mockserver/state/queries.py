"""Questions about the journal: which exchanges, and how many of each kind."""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from mockserver.state.exchange import Exchange

_STATUS = re.compile(r"[1-5](?:[0-9]{2}|XX)", re.IGNORECASE)


class JournalQuery(NamedTuple):
    """Which exchanges are meant: all conditions hold; ``None`` asks nothing.

    Attributes:
        status: ``404`` or ``4XX``.
        path: A beginning of the path as sent.
        since, until: Seconds since the epoch.
        text: Anywhere in the request line, headers, bodies or the explanation, in any case.
        errors: Only those that break the document, or that the mock itself refused.
        after, before: Ids of exchanges, neither included.
        limit: Most exchanges, the newest.
    """

    session: str | None = None
    operation: str | None = None
    case: str | None = None
    status: str | None = None
    method: str | None = None
    path: str | None = None
    since: float | None = None
    until: float | None = None
    text: str | None = None
    errors: bool = False
    after: str | None = None
    before: str | None = None
    limit: int = 100


def is_status(text: str) -> bool:
    """Tell whether a text is a status or a range of statuses."""
    return _STATUS.fullmatch(text) is not None


def select(exchanges: Iterable[Exchange], query: JournalQuery) -> list[Exchange]:
    """Return the exchanges that a query means, oldest first."""
    found = [one for one in _between(exchanges, query) if matches(one, query)]
    return found[-query.limit :] if query.limit else found


def _between(exchanges: Iterable[Exchange], query: JournalQuery) -> Iterator[Exchange]:
    rows = list(exchanges)
    ids = {one.id: index for index, one in enumerate(rows)}
    begin = ids.get(query.after, -1) + 1 if query.after else 0
    end = ids.get(query.before, len(rows)) if query.before else len(rows)
    yield from rows[begin:end]


def matches(one: Exchange, query: JournalQuery) -> bool:
    """Tell whether an exchange is meant."""
    pairs = (
        (query.session, one.session),
        (query.operation, one.operation),
        (query.case, one.case),
        (query.method and query.method.upper(), one.method),
    )
    if any(wanted is not None and wanted != found for wanted, found in pairs):
        return False
    if query.status is not None and not _has_status(one.status, query.status):
        return False
    if query.path is not None and not one.path.decode("latin-1").startswith(query.path):
        return False
    if query.since is not None and one.time < query.since:
        return False
    if query.until is not None and one.time > query.until:
        return False
    if query.errors and not (one.violations or one.error):
        return False
    return query.text is None or query.text.casefold() in _text(one)


def _has_status(status: int, wanted: str) -> bool:
    if wanted[1:].upper() == "XX":
        return str(status)[0] == wanted[0]
    return str(status) == wanted


def _text(one: Exchange) -> str:
    heads = [*one.request_headers, *one.response_headers]
    parts = [one.method.encode(), one.path, one.query, one.request_body, one.response_body]
    parts += [name + b": " + value for name, value in heads]
    known = [one.why, one.operation or "", one.case or "", one.scenario or "", one.token or ""]
    known += [violation.message for violation in one.violations]
    return (b"\n".join(parts).decode("utf-8", "replace") + "\n".join(known)).casefold()
