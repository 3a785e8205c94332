"""What the control API shows, as JSON values: the document, the fixtures, sessions and exchanges.

Invariant: no ``live`` credential and no value of the environment is shown; exchanges were redacted when they were kept.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime

from mockserver import __version__
from mockserver.errors import Finding, Place, StoreError
from mockserver.fixtures.model import Case, Delay, Fixtures, Scenario, Token
from mockserver.fixtures.scenario_text import delay_text, fault_text
from mockserver.generation.requests import build_request
from mockserver.generation.snippets import curl, fetch, httpie, swift
from mockserver.generation.values import Unsatisfiable
from mockserver.messages import HttpRequest
from mockserver.mocking.decide import Mock
from mockserver.mocking.memory import read_override
from mockserver.server.control.live import Live
from mockserver.server.watch import Reload
from mockserver.spec.model import Operation, Response
from mockserver.state.exchange import Exchange
from mockserver.state.store import Session
from mockserver.validation.errors import EncodeError

Json = dict[str, object]
BASE_URL = "$BASE_URL"


def place(where: Place | None) -> str | None:
    """Return ``file:line:column``."""
    return str(where) if where else None


async def status(live: Live) -> Json:
    """Return what is served and how it does."""
    mock, journal, settings = live.mock(), live.journal, live.settings
    document, fixtures = mock.api.document, mock.fixtures
    degraded = bool(getattr(live.store, "degraded", False))
    return {
        "version": __version__,
        "document": {
            "title": mock.api.title,
            "version": mock.api.version,
            "openapi": mock.api.openapi,
            "file": str(document.root.file),
            "operations": len(mock.api.operations),
        },
        "fixtures": {
            "files": list(fixtures.files),
            "tokens": len(fixtures.tokens),
            "cases": sum(map(len, fixtures.cases.values())),
            "scenarios": len(fixtures.scenarios),
        },
        "seed": live.seed,
        "url": live.url,
        "started": datetime.fromtimestamp(live.started, UTC).isoformat(),
        "uptime": round(live.now() - live.started, 3),
        "default_scenario": mock.options.scenario,
        "dynamic": mock.options.dynamic,
        "reload": {**reload(live.last_reload()), "watching": settings.reload},
        "journal": {
            "kept": journal.kept,
            "appended": journal.appended,
            "limit": journal.limit,
            **journal.notes(),
        },
        "sessions": await _sessions(live),
        "store": "memory" if live.store.local else "redis",
        "degraded": degraded,
        "warnings": [finding(one) for one in live.findings()],
    }


def reload(one: Reload) -> Json:
    """Return how a load went."""
    at = None if one.at is None else datetime.fromtimestamp(one.at, UTC).isoformat()
    return {"state": one.state, "at": at, "message": one.message}


def finding(one: Finding) -> Json:
    """Return what is sloppy about document or fixtures."""
    return {
        "rule": one.rule,
        "message": one.message,
        "hint": one.hint,
        "severity": one.severity,
        "place": place(one.place),
    }


async def _sessions(live: Live) -> int | None:
    """Return how many sessions there are, ``None`` where nobody can tell now."""
    try:
        return len(await live.store.names())
    except StoreError:
        return None


def operation_summary(mock: Mock, operation: Operation) -> Json:
    """Return one operation with its documented answers."""
    cases = mock.fixtures.cases.get(operation.name, {}).values()
    return {
        "name": operation.name,
        "method": operation.method,
        "path": operation.path,
        "summary": operation.summary,
        "tags": list(operation.tags),
        "deprecated": operation.deprecated,
        "secured": bool(operation.security) and () not in operation.security,
        "place": place(operation.place),
        "answers": [
            _answer(mock, key, one, list(cases)) for key, one in operation.responses.items()
        ],
    }


def _answer(mock: Mock, key: str, response: Response, cases: list[Case]) -> Json:
    return {
        "status": key,
        "description": response.description,
        "media_types": [media.name for media in response.content],
        "examples": [one.name for media in response.content for one in media.examples if one.name],
        "cases": [case.name for case in cases if _is_of(case.then.status, key)],
        "place": place(mock.api.document.place(response.location)),
    }


def _is_of(status: int, key: str) -> bool:
    return str(status) == key or (key[1:].upper() == "XX" and str(status)[0] == key[0])


def operation_detail(mock: Mock, operation: Operation) -> Json:
    """Return one operation with its cases, a request that is valid, and how people send it."""
    cases = mock.fixtures.cases.get(operation.name, {}).values()
    schemes = {one.scheme.name for alternative in operation.security for one in alternative}
    tokens = [token for token in mock.fixtures.tokens.values() if token.scheme in schemes]
    shown: Json = {"request": None, "snippets": {}}
    good = [token for token in tokens if token.outcome == "accept"]
    accepted = {token.scheme: token.value or "" for token in reversed(good)}  # the first of each
    try:
        request = build_request(mock.api, operation, chance=None, tokens=accepted)
    except (Unsatisfiable, EncodeError):
        request = None
    if request is not None:
        shown = {"request": _request(request), "snippets": snippets(request)}
    return {
        **operation_summary(mock, operation),
        "parameters": [
            {"name": one.name, "in": one.location, "required": one.required, "place": place(mock.api.document.place(one.at))}
            for one in operation.parameters
        ],
        "security": [[one.scheme.name for one in alternative] for alternative in operation.security],
        "cases": [_case(case) for case in cases],
        "tokens": [token.name for token in tokens],
        **shown,
    }  # fmt: skip


def _case(case: Case) -> Json:
    return {
        "name": case.name,
        "status": case.then.status,
        "token": case.when.token,
        "conditions": case.when.specificity,
        "never": case.when.never,
        "place": place(case.place),
    }


def _request(request: HttpRequest) -> Json:
    return {
        "method": request.method,
        "path": request.path.decode("latin-1"),
        "query": request.query.decode("latin-1"),
        "headers": pairs(request.headers),
        "body": request.body.decode("utf-8", "replace"),
    }


def snippets(request: HttpRequest) -> dict[str, str]:
    """Return a request as people paste it, for the base URL ``$BASE_URL``."""
    writers = {"curl": curl, "fetch": fetch, "swift": swift, "httpie": httpie}
    return {name: write(request, BASE_URL) for name, write in writers.items()}


def pairs(headers: object) -> list[list[str]]:
    """Return headers as lists of name and value."""
    rows = headers if isinstance(headers, tuple | list) else ()
    return [[name.decode("latin-1"), value.decode("latin-1")] for name, value in rows]


def token(one: Token) -> Json:
    """Return a token as the fixtures have it, without its ``live``."""
    return {
        "name": one.name,
        "scheme": one.scheme,
        "outcome": one.outcome,
        "value": one.value,
        "claims": dict(one.claims),
        "place": place(one.place),
    }


def scenario(one: Scenario) -> Json:
    """Return a scenario."""
    states = one.states
    return {
        "name": one.name,
        "use": dict(one.use),
        "sequence": {
            name: {"cases": list(sequence.cases), "then": sequence.then}
            for name, sequence in one.sequence.items()
        },
        "states": {
            "initial": states.initial,
            "states": {
                name: {"use": dict(use), "go": dict(states.go.get(name, {}))}
                for name, use in states.use.items()
            },
        }
        if states
        else None,
        "token": one.token,
        "delay": _delay(one.delay),
        "fault": fault_text(one.fault) if one.fault else None,
        "force": one.force,
        "place": place(one.place),
    }


def _delay(delay: Delay | None) -> Json | None:
    if delay is None:
        return None
    names = {"fixed": ("median",), "uniform": ("low", "high"), "lognormal": ("median", "sigma", "maximum")}  # fmt: skip
    seconds = {name: getattr(delay, name) for name in names[delay.type]}
    return {"type": delay.type, **seconds, "text": delay_text(delay)}


def session(one: Session, mock: Mock) -> Json:
    """Return what a session remembers."""
    scenarios = mock.fixtures.scenarios
    overrides = {
        operation.name: override._asdict()
        for operation in mock.api.operations
        if one.values and (override := read_override(one, operation.name))
    }
    return {
        "name": one.name,
        "scenario": one.scenario,
        "effective_scenario": one.scenario or mock.options.scenario,
        "calls": dict(one.calls),
        "positions": [
            {"scenario": parts[1], "operation": " ".join(parts[2:]), "position": value, "of": _length(scenarios, parts)}
            for key, value in one.values.items()
            if (parts := key.split(" "))[0] == "position"
        ],
        "states": {key[6:]: value for key, value in one.values.items() if key.startswith("state ")},
        "overrides": overrides,
    }  # fmt: skip


def _length(scenarios: Mapping[str, Scenario], parts: list[str]) -> int | None:
    chosen = scenarios.get(parts[1])
    sequence = chosen.sequence.get(" ".join(parts[2:])) if chosen else None
    return len(sequence.cases) if sequence else None


def exchange_summary(one: Exchange) -> Json:
    """Return one exchange in a line."""
    return {
        "id": one.id,
        "time": round(one.time, 6),
        "session": one.session,
        "method": one.method,
        "path": one.path.decode("latin-1"),
        "query": one.query.decode("latin-1"),
        "operation": one.operation,
        "status": one.status,
        "case": one.case,
        "scenario": one.scenario,
        "token": one.token,
        "why": one.why,
        "error": one.error,
        "violations": len(one.violations),
        "duration": round(one.duration, 6),
    }


def exchange_detail(one: Exchange) -> Json:
    """Return one exchange with everything that is kept, and how people send it again."""
    request = HttpRequest(one.method, one.path, one.query, tuple(one.request_headers), one.request_body)  # fmt: skip
    return {**exchange_record(one), "snippets": snippets(request)}


def exchange_record(one: Exchange) -> Json:
    """Return one exchange with everything that is kept."""
    parts = one.why.split("; ")
    return {
        **exchange_summary(one),
        "violations": [violation.as_dict() for violation in one.violations],
        "explanation": {
            "selector": parts[0],
            "rule": "; ".join(parts[1:-1]) if len(parts) > 2 else (parts[1] if len(parts) > 1 else ""),
            "place": parts[-1] if len(parts) > 2 else "",
        },
        "request": {"headers": pairs(one.request_headers), **body(one.request_body)},
        "response": {"headers": pairs(one.response_headers), **body(one.response_body)},
    }  # fmt: skip


def body(raw: bytes) -> Json:
    """Return a body as text, or in base64 where it is none."""
    try:
        return {"body": raw.decode("utf-8"), "body_base64": None}
    except UnicodeDecodeError:
        return {"body": None, "body_base64": base64.b64encode(raw).decode()}


def fixture_names(fixtures: Fixtures) -> dict[str, list[str]]:
    """Return the names of everything in the fixtures that may be used or not."""
    return {
        "tokens": list(fixtures.tokens),
        "scenarios": list(fixtures.scenarios),
        "cases": [f"{operation}/{name}" for operation, cases in fixtures.cases.items() for name in cases],
    }  # fmt: skip
