"""What the control API answers at each path, over the running server; who may ask is the guard's business."""

import asyncio
import json
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple
from urllib.parse import quote, unquote, urlsplit

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from mockserver.errors import StoreError, did_you_mean, nearest
from mockserver.json_values import decode_json
from mockserver.messages import HttpResponse, problem
from mockserver.mocking.memory import Override, override_key
from mockserver.schemas import SchemaProblem
from mockserver.server.control import views
from mockserver.server.control.checks import check_itself, list_reports, read_report
from mockserver.server.control.coverage import coverage
from mockserver.server.control.events import events
from mockserver.server.control.export import har, metrics
from mockserver.server.control.guard import PRIVATE
from mockserver.server.control.live import Live
from mockserver.server.wire import BodyRefused, Disconnected, read_body
from mockserver.spec.model import Operation
from mockserver.state.losses import Losses
from mockserver.state.queries import JournalQuery, is_status, select
from mockserver.state.store import DEFAULT_SESSION, Session
from mockserver.state.verification import (
    FIELDS,
    MAPS,
    Miss,
    Times,
    Verdict,
    searcher,
    verify_count,
    verify_order,
)

HEADERS = {name.decode(): value.decode() for name, value in PRIVATE}
MOST_BODY = 64 * 1024
NAME_LIMIT = 200
Json = dict[str, object]


class Refusal(Exception):
    """A request that the control API answers with a problem."""

    def __init__(self, status: int, slug: str, title: str, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.response = problem(status, slug, title, detail, members=members)


class Asked(NamedTuple):
    """One request to the control API.

    Attributes:
        names: What stands in the path, decoded.
        query: The first value of each name.
        body: Of a write, a JSON object.
    """

    request: Request
    live: Live
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: Mapping[str, object]


Endpoint = Callable[[Asked], Awaitable[Response]]


def answer(value: object, status: int = 200, headers: Mapping[str, str] = HEADERS) -> Response:
    """Return a JSON answer; what of a text cannot be written in UTF-8 is replaced."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    raw = text.encode("utf-8", "replace")
    return Response(raw, status, headers=headers, media_type="application/json")


async def read_object(request: Request) -> Mapping[str, object]:
    """Return the JSON object of a write.

    Raises:
        Refusal: It is none, or too large.
        BodyRefused: It does not come in time.
        Disconnected: The client went away.
    """
    try:
        raw = await read_body(request.scope["headers"], request.receive, limit=MOST_BODY)
    except BodyRefused as refused:
        if refused.response.status != 413:
            raise
        raise Refusal(413, "control-body-too-large", "The body is too large", f"at most {MOST_BODY} bytes") from None  # fmt: skip
    if not raw.strip():
        return {}
    try:
        value = decode_json(raw)
        # Kept and shown again: neither half a character nor an infinity could be written.
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except ValueError as error:
        raise Refusal(400, "bad-control", "Not what is taken here", f"the body is a JSON object; {error}") from None  # fmt: skip
    if not isinstance(value, dict):
        raise Refusal(400, "bad-control", "Not what is taken here", "the body is a JSON object")
    return value


def bad(detail: str, **members: object) -> Refusal:
    """Return the refusal of a value that cannot be used."""
    return Refusal(422, "bad-control", "Not what is taken here", detail, **members)


def only(body: Mapping[str, object], names: tuple[str, ...]) -> None:
    """Refuse members that have no meaning."""
    for name in body:
        if name not in names:
            raise bad(f"there is no member {name!r}; {did_you_mean(name, names)}")


# The document and the fixtures


async def status(asked: Asked) -> Response:
    """Say what is served and how it does."""
    return answer(await views.status(asked.live))


async def operations(asked: Asked) -> Response:
    """List the operations with their documented answers."""
    mock = asked.live.mock()
    return answer({"operations": [views.operation_summary(mock, one) for one in mock.api.operations]})  # fmt: skip


async def operation(asked: Asked) -> Response:
    """Show one operation: cases, a valid request, snippets."""
    return answer(views.operation_detail(asked.live.mock(), _operation(asked)))


def _operation(asked: Asked) -> Operation:
    known = asked.live.mock().api.by_name
    name = asked.names["operation"]
    if name not in known:
        raise Refusal(404, "no-such-operation", "The document has no such operation", f"there is no operation {name!r}; {did_you_mean(name, known)}", nearest=nearest(name, known))  # fmt: skip
    return known[name]


async def tokens(asked: Asked) -> Response:
    """List the tokens of the fixtures."""
    found = asked.live.mock().fixtures.tokens.values()
    return answer({"tokens": [views.token(one) for one in found]})


async def scenarios(asked: Asked) -> Response:
    """List the scenarios of the fixtures."""
    mock = asked.live.mock()
    found = mock.fixtures.scenarios.values()
    return answer({"default": mock.options.scenario, "scenarios": [views.scenario(one) for one in found]})  # fmt: skip


def _scenario(asked: Asked, value: object) -> str | None:
    known = asked.live.mock().fixtures.scenarios
    if value is not None and not (isinstance(value, str) and value in known):
        name = str(value)[:NAME_LIMIT]
        raise bad(f"there is no scenario {name!r}; {did_you_mean(name, known)}", nearest=nearest(name, known))  # fmt: skip
    return value if isinstance(value, str) else None


async def default_scenario(asked: Asked) -> Response:
    """Choose the scenario for everyone who has not chosen one."""
    only(asked.body, ("scenario",))
    if "scenario" not in asked.body:
        raise bad("the member scenario is missing: a name, or null")
    chosen = _scenario(asked, asked.body["scenario"])
    await asked.live.keep_scenario(chosen)
    asked.live.use_scenario(chosen)
    asked.live.changed()
    return answer({"scenario": chosen})


# Sessions


async def sessions(asked: Asked) -> Response:
    """List the sessions."""
    found = await asked.live.store.listed()
    rows = [{"name": one.name, "scenario": one.scenario, "calls": sum(one.calls.values())} for one in found]  # fmt: skip
    return answer({"sessions": rows})


async def _session(asked: Asked, *, make: bool = False) -> Session:
    name, store = asked.names["session"], asked.live.store
    if len(name) > NAME_LIMIT:
        raise bad(f"a session's name has at most {NAME_LIMIT} characters")
    if not make and name != DEFAULT_SESSION and name not in (known := await store.names()):
        raise Refusal(404, "no-such-session", "There is no such session", f"nobody has used the session {name!r}; {did_you_mean(name, known)}")  # fmt: skip
    return await store.fetch(name)


async def _show(asked: Asked) -> Response:
    found = await asked.live.store.fetch(asked.names["session"])
    return answer(views.session(found, asked.live.mock()))


async def session(asked: Asked) -> Response:
    """Show what a session remembers."""
    await _session(asked)
    return await _show(asked)


async def change_session(asked: Asked) -> Response:
    """Choose the scenario of a session."""
    only(asked.body, ("scenario",))
    if "scenario" not in asked.body:
        raise bad("the member scenario is missing: a name, or null")
    chosen = _scenario(asked, asked.body["scenario"])
    await _session(asked, make=True)
    await asked.live.store.set_scenario(asked.names["session"], chosen)
    asked.live.changed()
    return await _show(asked)


async def reset_session(asked: Asked) -> Response:
    """Make a session forget everything."""
    await _session(asked, make=True)
    await asked.live.store.reset(asked.names["session"])
    asked.live.changed()
    return await _show(asked)


async def delete_session(asked: Asked) -> Response:
    """Forget a session."""
    await _session(asked)
    await asked.live.store.delete(asked.names["session"])
    asked.live.changed()
    return Response(status_code=204, headers=HEADERS)


async def override(asked: Asked) -> Response:
    """Force an answer on an operation of a session."""
    chosen = _override(asked, _operation(asked))
    await _session(asked, make=True)
    key = override_key(asked.names["operation"])
    await asked.live.store.put(asked.names["session"], {key: chosen.as_value()})
    asked.live.changed()
    return await _show(asked)


def _override(asked: Asked, target: Operation) -> Override:
    body = asked.body
    only(body, Override._fields)
    case, code, times = body.get("case"), body.get("status"), body.get("times")
    known = asked.live.mock().fixtures.cases.get(target.name, {})
    if (case is None) == (code is None):
        raise bad("one of case and status is needed")
    if case is not None and not (isinstance(case, str) and case in known):
        raise bad(f"{target.name} has no case {case!r}; {did_you_mean(str(case), known)}")
    if code is not None and (not isinstance(code, int) or isinstance(code, bool) or not 200 <= code <= 599):  # fmt: skip
        raise bad("status is an integer from 200 to 599")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise bad("times is an integer from 1, or null: until reset")
    example = body.get("example")
    if example is not None and not isinstance(example, str):
        raise bad("example is the name of an example")
    force = body.get("force", False)
    if not isinstance(force, bool):
        raise bad("force is true or false")
    return Override(case if isinstance(case, str) else None, code, example, times, force)


async def no_override(asked: Asked) -> Response:
    """Stop forcing an answer."""
    _operation(asked)
    await _session(asked)
    await asked.live.store.put(asked.names["session"], {override_key(asked.names["operation"]): None})  # fmt: skip
    asked.live.changed()
    return await _show(asked)


# The journal

_QUERY = ("session", "operation", "case", "status", "method", "path", "since", "until", "text", "errors", "after", "before", "limit")  # fmt: skip


def read_query(query: Mapping[str, str], *, limit: int = 100) -> JournalQuery:
    """Return a question to the journal as a query has it.

    Raises:
        Refusal: A parameter is unknown or has no meaning.
    """
    only(query, _QUERY)
    given: dict[str, object] = {**query}
    if "status" in query and not is_status(query["status"]):
        raise bad("status is a status such as 404, or a range such as 4XX")
    for name in ("since", "until"):
        if name in query:
            if not re.fullmatch(
                r"-?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,2})?", query[name]
            ):
                raise bad(f"{name} is a number of seconds since 1970")
            given[name] = float(query[name])
    if "errors" in query:
        if query["errors"] not in ("", "true", "false", "1", "0"):
            raise bad("errors is true or false")
        given["errors"] = query["errors"] in ("", "true", "1")
    given["limit"] = limit
    if "limit" in query:
        if not re.fullmatch("[1-9][0-9]{0,4}", query["limit"]):
            raise bad("limit is a number from 1 to 99999")
        given["limit"] = int(query["limit"])
    return JournalQuery(**given)  # type: ignore[arg-type]


async def journal(asked: Asked) -> Response:
    """Ask the journal, newest last."""
    wanted = read_query(asked.query)
    kept = asked.live.journal
    found = select(await kept.entries(), wanted._replace(limit=wanted.limit + 1))
    more = len(found) > wanted.limit
    shown = found[-wanted.limit :]
    return answer(
        {
            "entries": [views.exchange_summary(one) for one in shown],
            "next": shown[0].id if more else None,
            "kept": kept.kept,
            "appended": kept.appended,
        }
    )


async def exchange(asked: Asked) -> Response:
    """Show one exchange: why it was answered so, both messages."""
    identity = asked.names["id"]
    found = await asked.live.journal.entry(identity)
    if found is None:
        raise Refusal(404, "no-such-exchange", "The journal has no such exchange", f"there is no exchange {identity[:80]!r}, or it is not kept any more")  # fmt: skip
    return answer(views.exchange_detail(found))


async def clear_journal(asked: Asked) -> Response:
    """Forget the exchanges, all or those of a session."""
    only(asked.query, ("session",))
    await asked.live.journal.clear(asked.query.get("session"))
    asked.live.changed()
    return Response(status_code=204, headers=HEADERS)


async def journal_har(asked: Asked) -> Response:
    """Export exchanges as HAR 1.2."""
    found = select(await asked.live.journal.entries(), read_query(asked.query, limit=99_999))
    named = {**HEADERS, "content-disposition": 'attachment; filename="mockserver.har"'}
    return answer(har(found, asked.live.url), headers=named)


async def consumer_coverage(asked: Asked) -> Response:
    """Say which documented answers and cases were served, and which fixtures nobody used."""
    only(asked.query, ("session",))
    chosen = asked.query.get("session")
    served = await asked.live.journal.served(chosen)
    return answer(coverage(asked.live.mock(), served))


async def verify(asked: Asked) -> Response:
    """Hold the exchanges to an expectation."""
    body = asked.body
    only(body, ("request", "times", "order", "session", "since"))
    chosen, since = body.get("session", None), body.get("since", 0)
    if "session" in body and not isinstance(chosen, str):
        raise bad("session is a name")
    if not isinstance(since, int | float) or isinstance(since, bool):
        raise bad("since is a number of seconds since 1970")
    session_name = chosen if isinstance(chosen, str) else None
    query = JournalQuery(session=session_name, since=since, limit=0)
    found = select(await asked.live.journal.entries(), query)
    # After the entries: nothing goes unseen between the two.
    lost = await asked.live.journal.losses()
    if "order" in body:
        raws = body["order"]
        if not isinstance(raws, list) or not raws or "request" in body or "times" in body:
            raise bad("order is a list of requests, and stands alone")
        patterns = [_pattern(one) for one in raws]
        verdict = verify_order(found, patterns)
        if not verdict.passed:  # an order that is there is there, whatever else there was
            _complete(asked, _missing(lost, session_name, patterns, since))
        return answer(_verdict(verdict))
    pattern, times = _pattern(body.get("request", {})), _times(body.get("times", {}))
    verdict = verify_count(found, pattern, times)
    missing = _missing(lost, session_name, [pattern], since)
    if not times.sure(verdict.count, missing):
        _complete(asked, missing)
    return answer(_verdict(verdict))


def _missing(
    lost: Losses, session: str | None, patterns: list[Mapping[str, object]], since: float
) -> int:
    """Return how many exchanges that one of the patterns may mean are no longer kept, at most."""
    found = 0
    for pattern in patterns:
        named, operation = pattern.get("session"), pattern.get("operation")
        whose = session if session is not None or not isinstance(named, str) else named
        operations = [operation] if isinstance(operation, str) else None
        found = max(found, lost.count(session=whose, operations=operations, since=since))
    return found


def _complete(asked: Asked, missing: int) -> None:
    """Refuse to say what the exchanges that are no longer kept could make false."""
    if not missing:
        return
    kept = asked.live.journal
    detail = (
        f"the journal is incomplete: up to {missing} exchanges that are meant are no longer kept: the journal holds the latest {kept.limit},"
        f" {kept.max_bytes // 2**20} MiB at most, and Redis, where there is one, what it has not lost."
        " Verify sooner, name session and operation, ask `since` a later time, or make room before a test:"
        f" DELETE {asked.live.settings.control_prefix}/journal?session=NAME (reset() of the Python client does), without a session for all"
    )
    raise Refusal(409, "journal-incomplete", "The journal is incomplete", detail, missing=missing, limit=kept.limit)  # fmt: skip


def _pattern(value: object) -> Mapping[str, object]:
    if not isinstance(value, dict):
        raise bad("a request is an object")
    only(value, (*FIELDS, *MAPS))
    for name in MAPS:
        if name in value and not isinstance(value[name], dict):
            raise bad(f"{name} is an object of values by name")
    fields = [value[name] for name in FIELDS if name in value]
    for wanted in (*fields, *(one for name in MAPS for one in (value.get(name) or {}).values())):
        if isinstance(wanted, dict) and "matches" in wanted:
            _checked_pattern(wanted["matches"])
    return value


def _checked_pattern(text: object) -> None:
    try:
        searcher(str(text))
    except SchemaProblem:
        raise bad(f"the pattern {str(text)[:80]!r} cannot be read") from None


def _times(value: object) -> Times:
    if not isinstance(value, dict):
        raise bad("times is an object with exactly, at_least or at_most")
    only(value, Times._fields)
    for name, number in value.items():
        whole = isinstance(number, int | float) and not isinstance(number, bool)
        if not whole or number < 0 or number != int(number):
            raise bad(f"times.{name} is an integer from 0")
    return Times(**{name: int(number) for name, number in value.items()})


def _verdict(verdict: Verdict) -> Json:
    return {
        "passed": verdict.passed,
        "count": verdict.count,
        "expected": verdict.expected,
        "message": verdict.message,
        "nearest": [_miss(one) for one in verdict.nearest],
    }


def _miss(miss: Miss) -> Json:
    found = [one._asdict() for one in miss.differences]
    return {"id": miss.exchange.id, "distance": len(found), "differences": found}


# The server


async def reload(asked: Asked) -> Response:
    """Load document and fixtures again."""
    asked.live.tell("reload")
    await asyncio.to_thread(asked.live.reload)
    asked.live.changed()
    return answer(views.reload(asked.live.last_reload()))


async def follow(asked: Asked) -> Response:
    """Stream what happens as server-sent events."""
    only(asked.query, ("session", "last"))
    if asked.request.scope["http_version"] == "1.0":
        raise Refusal(505, "old-http", "A newer HTTP is needed", "a stream has no length, which HTTP/1.0 cannot say")  # fmt: skip
    last = asked.request.headers.get("last-event-id") or asked.query.get("last") or ""
    if last and not re.fullmatch("[0-9]{1,15}", last):
        raise bad("Last-Event-ID is a number that this stream has sent")
    headers = {**HEADERS, "x-accel-buffering": "no"}
    if asked.request.method == "HEAD":  # whoever waits for the end of nothing waits for ever
        return Response(media_type="text/event-stream", headers=headers)
    stream = events(asked.live, asked.query.get("session"), int(last) if last else None)
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


async def use(asked: Asked) -> Response:
    """Set the cookies of a browser, and send it on."""
    only(asked.query, ("next", "session"))
    raw = asked.names.get("scenario", "")
    chosen = _scenario(asked, raw) if raw else None
    target = asked.query.get("next") or f"{asked.live.settings.control_prefix}/"
    if not _may_go(asked, target):
        raise bad("next leads to this server, to loopback or to a listed origin only")
    answered = Response(status_code=303, headers={**HEADERS, "location": target})
    _cookie(answered, "mock_scenario", chosen)
    if "session" in asked.query:
        _cookie(answered, "mock_session", asked.query["session"][:NAME_LIMIT] or None)
    return answered


def _cookie(answered: Response, name: str, value: str | None) -> None:
    if value is None:
        answered.delete_cookie(name, path="/", samesite="lax")
    else:
        answered.set_cookie(name, quote(value, safe=""), path="/", samesite="lax")


def _may_go(asked: Asked, target: str) -> bool:
    if any(ord(char) < 33 or char == "\\" for char in target):
        return False
    try:
        parts = urlsplit(target)
    except ValueError:  # brackets that hold no address
        return False
    if not parts.scheme and not parts.netloc:
        return target.startswith("/") and not target.startswith("//")
    origin = f"{parts.scheme}://{parts.netloc}"
    return (
        parts.scheme in ("http", "https")
        and (
            parts.hostname in ("localhost", "127.0.0.1", "::1")
            or origin in asked.live.settings.cors_origin
        )
        and "@" not in parts.netloc
    )


async def prometheus(asked: Asked) -> Response:
    """Return counts for Prometheus; of what is kept elsewhere, while it is away, none."""
    try:
        served = await asked.live.journal.served()
    except StoreError:
        served = Counter()
    text = metrics(asked.live.mock(), served, asked.live)
    return Response(text, media_type="text/plain; version=0.0.4", headers=HEADERS)


# Checks


async def checks(asked: Asked) -> Response:
    """List the JSON reports of checks below the working directory, the newest first."""
    rows = await asyncio.to_thread(list_reports, asked.live.folder)
    return answer({"checks": rows})


async def check_report(asked: Asked) -> Response:
    """Show one report."""
    found = await asyncio.to_thread(read_report, asked.live.folder, asked.names["file"])
    if found is None:
        raise Refusal(404, "no-such-report", "There is no such report", "GET /checks lists them; mockserver check --report json=.mockserver/checks/NAME.json writes one")  # fmt: skip
    return answer(found)


async def run_self_check(asked: Asked) -> Response:
    """Check the mock itself, and keep the report."""
    live = asked.live
    if live.checking:  # each takes all of a processor
        raise Refusal(409, "check-running", "A check is under way", "ask again when it has ended")
    live.checking = True
    try:
        found = await asyncio.to_thread(check_itself, live)
    finally:
        live.checking = False
    if isinstance(found, str):
        raise Refusal(409, "check-failed", "The check could not run", found)
    live.changed()
    return answer(found)


def wrap(
    endpoint: Endpoint, live: Live, *, writes: bool
) -> Callable[[Request], Awaitable[Response]]:
    """Return an endpoint as Starlette calls it: what it refuses is a problem, and so is a store that is gone."""

    async def call(request: Request) -> Response:
        try:
            body = await read_object(request) if writes else {}
            names = {name: unquote(str(value)) for name, value in request.path_params.items()}
            query = dict(reversed(request.query_params.multi_items()))
            return await endpoint(Asked(request, live, names, query, body))
        except Refusal as refusal:
            return as_starlette(refusal.response)
        except BodyRefused as refused:
            return as_starlette(refused.response)
        except Disconnected:
            return Response(status_code=400)  # nobody reads it
        except StoreError as error:
            return as_starlette(problem(503, "store-unavailable", "The store is not reachable", str(error)))  # fmt: skip

    return call


def as_starlette(response: HttpResponse) -> Response:
    """Return one of the mock's problems as an answer of the control API."""
    found = {name.decode("latin-1"): value.decode("latin-1") for name, value in response.headers}
    return Response(response.body, response.status, headers={**HEADERS, **found})
