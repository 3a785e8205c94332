"""Request lines in batches, in two forms, without secrets and without control characters."""

import asyncio
import json
import logging
from collections.abc import Iterator
from io import StringIO

import pytest
from hypothesis import given, strategies as st

from mockserver.errors import Finding, Place, escape
from mockserver.messages import Violation
from mockserver.server.log import (
    SLICE,
    RequestLog,
    TextLines,
    clock_time,
    configure_logging,
    json_line,
    log_findings,
    logger,
)
from mockserver.state.exchange import Exchange
from mockserver.state.journal import Journal
from tests.exchanges import changed, exchange_of

EXCHANGE = exchange_of(
    method="POST", path=b"/api/setup-intent", query=b"limit=3", operation="createSetupIntent", status=201,
    case="created", scenario="slow", token="valid", why="matching case", duration=0.00042,
)  # fmt: skip
TOO_OLD = Violation(("body", "user", "age"), "maximum", "must be <= 150", Place("openapi.yaml", 12))


@pytest.fixture
def written() -> Iterator[StringIO]:
    """Hand out what is logged; put logging back as it was."""
    root, uvicorn = logging.getLogger(), logging.getLogger("uvicorn")
    before = (root.handlers[:], root.level, logger.level, uvicorn.level)
    stream = StringIO()
    yield stream
    root.handlers[:] = before[0]
    for log, level in zip((root, logger, uvicorn), before[1:], strict=True):
        log.setLevel(level)


def test_a_line_says_who_what_and_why() -> None:
    lines = TextLines([("/api/setup-intent", "createSetupIntent"), ("/api/users/{id}", "x")])
    assert lines(EXCHANGE) == (
        f"{clock_time(0)}  POST     /api/setup-intent?limit=3  createSetupIntent  201  created     "
        "  token valid; matching case  0.4 ms"
    )


def test_a_token_that_is_the_reason_is_named_once() -> None:
    line = TextLines()(changed(EXCHANGE, why="case; token valid; a.yaml:3"))
    assert line.count("token valid") == 1


def test_what_is_not_known_is_a_dash() -> None:
    line = TextLines()(changed(EXCHANGE, operation=None, case=None, token=None, query=b""))
    assert "/api/setup-intent  -  201  -             matching case" in line


def test_a_name_of_the_document_cannot_move_the_cursor() -> None:
    assert "a\\r\\x1b[2J" in TextLines()(changed(EXCHANGE, operation="a\r\x1b[2J"))


@pytest.mark.parametrize(
    ("status", "code"), [(201, 32), (304, 36), (404, 33), (500, 31), (999, None)]
)
def test_colours_follow_the_status(status: int, code: int | None) -> None:
    line = TextLines(color=True)(changed(EXCHANGE, status=status))
    assert (f"\x1b[{code}m{status}\x1b[0m" if code else f"  {status}  ") in line
    assert "\x1b" not in TextLines()(changed(EXCHANGE, status=status))


@pytest.mark.parametrize(("count", "shown", "more"), [(1, 1, None), (5, 5, None), (7, 5, 2)])
def test_violations_stand_below_their_line(count: int, shown: int, more: int | None) -> None:
    text = TextLines()(changed(EXCHANGE, violations=(TOO_OLD,) * count))
    assert text.count("\n          body.user.age: must be <= 150 (openapi.yaml:12)") == shown
    assert text.endswith(f"… and {more} more") is (more is not None)


def test_a_violation_without_a_place_names_none() -> None:
    text = TextLines()(changed(EXCHANGE, violations=(Violation(("query",), "x", "m"),)))
    assert text.endswith("          query: m")


def test_a_long_target_is_cut() -> None:
    line = TextLines()(changed(EXCHANGE, path=b"/" + b"x" * 500))
    assert "x" * 119 not in line
    assert "x…" in line


@given(st.binary(min_size=1), st.text())
def test_nothing_that_a_client_sends_moves_the_cursor(path: bytes, why: str) -> None:
    exchange = changed(EXCHANGE, path=path, query=path, why=why)
    assert TextLines()(exchange).isprintable()
    assert json_line(exchange).isprintable()


@given(st.text())
def test_escaping_leaves_printable_text_alone(text: str) -> None:
    assert escape(text).isprintable()
    assert escape(escape(text)) == escape(text)


def test_json_lines_hold_the_entry_without_headers_and_bodies() -> None:
    entry = json.loads(json_line(changed(EXCHANGE, violations=(TOO_OLD,))))
    assert entry == {
        "time": "1970-01-01T00:00:00.000+00:00", "event": "exchange", "id": "r-1", "session": "default",
        "method": "POST", "path": "/api/setup-intent", "query": "limit=3", "operation": "createSetupIntent",
        "status": 201, "case": "created", "scenario": "slow", "token": "valid", "why": "matching case", "error": None,
        "violations": [TOO_OLD.as_dict()], "ms": 0.42,
    }  # fmt: skip


def identity(exchange: Exchange) -> str:
    return exchange.id


def test_lines_are_written_in_one_batch_after_the_requests() -> None:
    async def scenario() -> list[str]:
        written: list[str] = []
        done = asyncio.Event()

        def write(text: str) -> None:
            written.append(text)
            done.set()

        journal = Journal("r")
        log = RequestLog(journal, identity, write)
        for number in range(3):
            journal.append(changed(EXCHANGE, id=f"r-{number}"))
            log.wake()
        assert written == []
        await asyncio.wait_for(done.wait(), 5)
        log.flush()
        return written

    assert asyncio.run(scenario()) == ["r-0\nr-1\nr-2\n"]


def test_a_flush_writes_what_is_due_and_nothing_twice() -> None:
    async def scenario() -> list[str]:
        written: list[str] = []
        journal = Journal("r")
        journal.append(changed(EXCHANGE, id="before"))
        log = RequestLog(journal, identity, written.append)
        journal.append(EXCHANGE)
        log.wake()
        log.flush()
        log.flush()
        return written

    assert asyncio.run(scenario()) == ["r-1\n"]


def test_exchanges_that_the_journal_no_longer_has_are_counted(
    caplog: pytest.LogCaptureFixture,
) -> None:
    written: list[str] = []
    journal = Journal("r", limit=2)
    log = RequestLog(journal, identity, written.append)
    for number in range(5):
        journal.append(changed(EXCHANGE, id=f"r-{number}"))
    log.flush()
    assert written == ["r-3\nr-4\n"]
    assert caplog.messages == ["3 exchanges came too fast to be shown"]


def test_messages_for_people_name_their_level_and_findings(written: StringIO) -> None:
    configure_logging(logging.StreamHandler(written), as_json=False)
    finding = Finding("rule", "bad thing", Place("a.yaml", 3), "do better")
    logger.info("good news")
    log_findings(logging.WARNING, "reloaded", [finding])
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("some.library").info("chatter")
    assert written.getvalue() == (
        "good news\nwarning: reloaded\n  a.yaml:3: bad thing; do better\n"
    )


def test_messages_as_json_are_one_line_each(written: StringIO) -> None:
    configure_logging(logging.StreamHandler(written), as_json=True)
    log_findings(logging.ERROR, "reload failed", [Finding("rule", "bad\nthing")])
    try:
        raise KeyError("gone")
    except KeyError:
        logger.exception("failed at %s", "/x")
    first, second = map(json.loads, written.getvalue().splitlines())
    assert (first["level"], first["message"], first["findings"]) == (
        "error",
        "reload failed",
        ["bad\\nthing"],
    )
    assert second["message"] == "failed at /x"
    assert "KeyError: 'gone'" in second["traceback"]
    assert "findings" not in second


def test_people_get_the_latest_lines_of_a_batch_and_the_number_of_the_others() -> None:
    written: list[str] = []
    journal = Journal("r")
    log = RequestLog(journal, identity, written.append, most=2)
    for number in range(5):
        journal.append(changed(EXCHANGE, id=f"r-{number}"))
        if number in (1, 4):
            log.flush()
    assert "".join(written) == ("r-0\nr-1\n          … 1 more, too fast to be shown\nr-3\nr-4\n")


def test_lines_for_people_are_written_in_slices_so_that_no_request_waits_for_all_of_them() -> None:
    async def scenario() -> list[str]:
        written: list[str] = []
        done = asyncio.Event()

        def write(text: str) -> None:
            written.append(text)
            if len(written) == 1:
                append(SLICE)  # while the first batch is being written
            if "".join(written).count("\n") == 2 * SLICE + 5:
                done.set()

        def append(count: int) -> None:
            for _ in range(count):
                journal.append(EXCHANGE)
                log.wake()

        journal = Journal("r")
        log = RequestLog(journal, identity, write, most=100)
        append(SLICE + 5)
        await asyncio.wait_for(done.wait(), 5)
        append(1)
        log.flush()
        return written

    slices = [text.count("\n") for text in asyncio.run(scenario())]
    assert slices == [SLICE, 5, SLICE, 1]


def test_a_flush_also_writes_what_waits_for_its_turn() -> None:
    async def scenario() -> list[str]:
        written: list[str] = []
        first = asyncio.Event()

        def write(text: str) -> None:
            written.append(text)
            first.set()

        journal = Journal("r")
        log = RequestLog(journal, identity, write, most=100)
        for _ in range(SLICE + 5):
            journal.append(EXCHANGE)
        log.wake()
        await asyncio.wait_for(first.wait(), 5)
        log.flush()
        return written

    assert [text.count("\n") for text in asyncio.run(scenario())] == [SLICE, 5]
