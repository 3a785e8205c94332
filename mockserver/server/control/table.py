"""Every endpoint of the control API, once: what routes requests and what its own OpenAPI document is made of."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from mockserver import __version__
from mockserver.server.control import endpoints as api
from mockserver.server.control.endpoints import Endpoint

Schema = dict[str, object]


class Row(NamedTuple):
    """One endpoint.

    Attributes:
        path: Below the prefix, with its parameters in braces.
        name: Its ``operationId``.
        answers: Status to the schema of its JSON body; ``None`` has no body, a text is another media type.
        query: Parameters by name.
        body: Schema of what is sent; ``None`` where nothing is.
        example: A body that is taken on the bundled document.
        problems: Statuses of problems beside those of the guard.
    """

    method: str
    path: str
    name: str
    endpoint: Endpoint
    answers: Mapping[int, Schema | str | None]
    query: Mapping[str, Schema] = {}
    body: Schema | None = None
    example: object = None
    problems: tuple[int, ...] = ()

    @property
    def summary(self) -> str:
        """Return the first line of what the endpoint says of itself."""
        return (self.endpoint.__doc__ or "").partition("\n")[0].rstrip(".")


TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1, "maxLength": 200}
MAYBE: Schema = {"type": ["string", "null"]}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "number"}
FLAG: Schema = {"type": "boolean"}
ANY: Schema = {}


def listed(item: Schema) -> Schema:
    """Return the schema of a list."""
    return {"type": "array", "items": item}


def shaped(**members: Schema) -> Schema:
    """Return the schema of an object that has these members."""
    return {"type": "object", "required": list(members), "properties": members}


def ref(name: str) -> Schema:
    """Return a reference to a schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


_MAP: Schema = {"type": "object", "additionalProperties": True}
_COUNTS: Schema = {"type": "object", "additionalProperties": COUNT}
_NAMES: Schema = listed(TEXT)
_PAIRS: Schema = listed({"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2})
_BODY: Mapping[str, Schema] = {"body": MAYBE, "body_base64": MAYBE}
_OVERRIDE: Mapping[str, Schema] = {
    "case": MAYBE,
    "status": {"type": ["integer", "null"], "minimum": 200, "maximum": 599},
    "example": MAYBE,
    "times": {"type": ["integer", "null"], "minimum": 1},
    "force": FLAG,
}
_SUMMARY: Mapping[str, Schema] = {
    "id": TEXT,
    "time": NUMBER,
    "session": TEXT,
    "method": TEXT,
    "path": TEXT,
    "query": TEXT,
    "operation": MAYBE,
    "status": {"type": "integer", "minimum": 100, "maximum": 599},
    "case": MAYBE,
    "scenario": MAYBE,
    "token": MAYBE,
    "why": TEXT,
    "error": MAYBE,
    "violations": COUNT,
    "duration": NUMBER,
}
_OPERATION: Mapping[str, Schema] = {
    "name": TEXT,
    "method": TEXT,
    "path": TEXT,
    "summary": TEXT,
    "tags": _NAMES,
    "deprecated": FLAG,
    "secured": FLAG,
    "place": MAYBE,
    "answers": listed(
        shaped(status=TEXT, description=TEXT, media_types=_NAMES, examples=_NAMES, cases=_NAMES, place=MAYBE)
    ),
}  # fmt: skip
SCHEMAS: Mapping[str, Schema] = {
    "Status": shaped(
        version=TEXT,
        document=shaped(title=TEXT, version=TEXT, openapi=TEXT, file=TEXT, operations=COUNT),
        fixtures=shaped(files=_NAMES, tokens=COUNT, cases=COUNT, scenarios=COUNT),
        seed=TEXT,
        url=TEXT,
        started={"type": "string", "format": "date-time"},
        uptime=NUMBER,
        default_scenario=MAYBE,
        dynamic=FLAG,
        reload=shaped(state={"enum": ["ok", "failed"]}, at=MAYBE, message=TEXT, watching=FLAG),
        journal=shaped(kept=COUNT, appended=COUNT, limit=COUNT),
        sessions={"type": ["integer", "null"], "minimum": 0},
        store={"enum": ["memory", "redis"]},
        degraded=FLAG,
        warnings=listed(shaped(rule=TEXT, message=TEXT, hint=TEXT, severity=TEXT, place=MAYBE)),
    ),
    "Operation": shaped(**_OPERATION),
    "OperationDetail": shaped(
        **_OPERATION,
        parameters=listed(shaped(name=TEXT, required=FLAG, place=MAYBE)),
        security=listed(_NAMES),
        cases=listed(shaped(name=TEXT, status=COUNT, token=MAYBE, conditions=COUNT, never=FLAG, place=MAYBE)),
        tokens=_NAMES,
        request={"type": ["object", "null"]},
        snippets=_MAP,
    ),
    "Token": shaped(name=TEXT, scheme=TEXT, outcome=TEXT, value=MAYBE, claims=_MAP, place=MAYBE),
    "Scenario": shaped(
        name=TEXT, use=_MAP, sequence=_MAP, states={"type": ["object", "null"]}, token=MAYBE,
        delay={"type": ["object", "null"]}, fault=MAYBE, force=FLAG, place=MAYBE,
    ),
    "Session": shaped(
        name=TEXT,
        scenario=MAYBE,
        effective_scenario=MAYBE,
        calls=_COUNTS,
        positions=listed(shaped(scenario=TEXT, operation=TEXT, position=COUNT)),
        states=_MAP,
        overrides={"type": "object", "additionalProperties": ref("Override")},
    ),
    "Override": {"type": "object", "properties": dict(_OVERRIDE), "additionalProperties": False},
    "Exchange": shaped(**_SUMMARY),
    "ExchangeDetail": shaped(
        **{**_SUMMARY, "violations": listed(_MAP)},
        explanation=shaped(selector=TEXT, rule=TEXT, place=TEXT),
        request=shaped(headers=_PAIRS, **_BODY),
        response=shaped(headers=_PAIRS, **_BODY),
        snippets=_MAP,
    ),
    "Verdict": shaped(
        passed=FLAG, count=COUNT, expected=TEXT, message=TEXT,
        nearest=listed(shaped(id=TEXT, distance=COUNT, differences=listed(shaped(field=TEXT, expected=TEXT, actual=TEXT)))),
    ),
    "Pattern": {
        "type": "object",
        "additionalProperties": False,
        "properties": {
            **dict.fromkeys(("operation", "method", "path", "case", "scenario", "token", "session"), ANY),
            "status": ANY,
            **dict.fromkeys(("query", "headers", "body"), _MAP),
        },
    },
    "Problem": {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {"type": TEXT, "title": TEXT, "status": COUNT, "detail": TEXT},
    },
}  # fmt: skip
_FILTERS: Mapping[str, Schema] = {
    "session": TEXT,
    "operation": TEXT,
    "case": TEXT,
    "status": {"type": "string", "pattern": "^[1-5]([0-9]{2}|[Xx]{2})$"},
    "method": TEXT,
    "path": TEXT,
    "since": NUMBER,
    "until": NUMBER,
    "text": TEXT,
    "errors": FLAG,
    "after": TEXT,
    "before": TEXT,
    "limit": {"type": "integer", "minimum": 1, "maximum": 99999, "default": 100},
}
_SCENARIO_CHOICE: Schema = {
    "type": "object",
    "required": ["scenario"],
    "additionalProperties": False,
    "properties": {"scenario": {"$ref": "#/components/schemas/ScenarioOrNone"}},
}
_NOTHING: Schema = {"type": "object"}
_VERIFY: Schema = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "request": ref("Pattern"),
        "times": {
            "type": "object",
            "additionalProperties": False,
            "properties": dict.fromkeys(("exactly", "at_least", "at_most"), COUNT),
        },
        "session": TEXT,
        "since": NUMBER,
    },
}

TABLE: tuple[Row, ...] = (
    Row("GET", "/status", "status", api.status, {200: ref("Status")}),
    Row("GET", "/operations", "listOperations", api.operations, {200: shaped(operations=listed(ref("Operation")))}),
    Row("GET", "/operations/{operation}", "readOperation", api.operation, {200: ref("OperationDetail")}, problems=(404,)),
    Row("GET", "/tokens", "listTokens", api.tokens, {200: shaped(tokens=listed(ref("Token")))}),
    Row("GET", "/scenarios", "listScenarios", api.scenarios, {200: shaped(default=MAYBE, scenarios=listed(ref("Scenario")))}),
    Row("PUT", "/default-scenario", "chooseDefaultScenario", api.default_scenario, {200: shaped(scenario=MAYBE)}, body=_SCENARIO_CHOICE, example={"scenario": None}, problems=(400, 413, 415, 422)),
    Row("GET", "/sessions", "listSessions", api.sessions, {200: shaped(sessions=listed(shaped(name=TEXT, scenario=MAYBE, calls=COUNT)))}),
    Row("GET", "/sessions/{session}", "readSession", api.session, {200: ref("Session")}, problems=(404, 422)),
    Row("PATCH", "/sessions/{session}", "changeSession", api.change_session, {200: ref("Session")}, body=_SCENARIO_CHOICE, example={"scenario": None}, problems=(400, 413, 415, 422)),
    Row("DELETE", "/sessions/{session}", "deleteSession", api.delete_session, {204: None}, problems=(404, 422)),
    Row("POST", "/sessions/{session}/reset", "resetSession", api.reset_session, {200: ref("Session")}, body=_NOTHING, example={}, problems=(400, 413, 415, 422)),
    Row("PUT", "/sessions/{session}/overrides/{operation}", "forceAnswer", api.override, {200: ref("Session")}, body=ref("Override"), example={"status": 404, "times": 1}, problems=(400, 404, 413, 415, 422)),
    Row("DELETE", "/sessions/{session}/overrides/{operation}", "stopForcing", api.no_override, {200: ref("Session")}, problems=(404, 422)),
    Row("GET", "/journal", "askJournal", api.journal, {200: shaped(entries=listed(ref("Exchange")), next=MAYBE, kept=COUNT, appended=COUNT)}, query=_FILTERS, problems=(422,)),
    Row("DELETE", "/journal", "clearJournal", api.clear_journal, {204: None}, query={"session": TEXT}, problems=(422,)),
    Row("GET", "/journal.har", "exportJournal", api.journal_har, {200: _MAP}, query=_FILTERS, problems=(422,)),
    Row("GET", "/journal/{id}", "readExchange", api.exchange, {200: ref("ExchangeDetail")}, problems=(404,)),
    Row("GET", "/coverage", "consumerCoverage", api.consumer_coverage, {200: shaped(operations=listed(_MAP), served=COUNT, of=COUNT, unused=_MAP)}, query={"session": TEXT}, problems=(422,)),
    Row("POST", "/verify", "verify", api.verify, {200: ref("Verdict")}, body=_VERIFY, example={"request": {"method": "POST"}, "times": {"at_most": 100}}, problems=(400, 409, 413, 415, 422, 503)),
    Row("POST", "/reload", "reload", api.reload, {200: shaped(state={"enum": ["ok", "failed"]}, at=MAYBE, message=TEXT)}, body=_NOTHING, example={}, problems=(400, 413, 415)),
    Row("GET", "/checks", "listChecks", api.checks, {200: shaped(checks=listed(_MAP))}),
    Row("GET", "/checks/{file}", "readCheck", api.check_report, {200: _MAP}, problems=(404,)),
    Row("GET", "/metrics", "metrics", api.prometheus, {200: "text/plain"}),
)  # fmt: skip
STREAMS: tuple[Row, ...] = (
    Row("GET", "/events", "followEvents", api.follow, {200: "text/event-stream"}, query={"session": TEXT, "last": COUNT}, problems=(422,)),
    Row("POST", "/checks", "checkItself", api.run_self_check, {200: _MAP}, body=_NOTHING, example={}, problems=(400, 409, 413, 415)),
    Row("GET", "/use/{scenario}", "useScenario", api.use, {303: None}, query={"next": TEXT, "session": TEXT}, problems=(422,)),
    Row("GET", "/use/", "useNoScenario", api.use, {303: None}, query={"next": TEXT, "session": TEXT}, problems=(422,)),
)  # fmt: skip
"""Endpoints for browsers: a stream without end, and cookies."""

_OPTIONAL_BODY = ("resetSession", "reload", "verify", "checkItself")
_PROBLEMS = {
    400: "The body is no JSON object",
    401: "A token is needed",
    403: "Not for this Host, or for pages of other sites",
    404: "There is no such thing",
    409: "It cannot be done or said now",
    413: "The body is too large",
    415: "Only JSON is taken",
    422: "A value cannot be used",
    503: "The store is not reachable",
}


def document(prefix: str, *, token: bool, scenarios: Iterable[str] = ()) -> dict[str, object]:
    """Return the control API's own OpenAPI document.

    Args:
        prefix: Of its paths.
        token: A token is needed, as off loopback.
        scenarios: Names of those that the fixtures have.
    """
    names = list(scenarios)
    paths: dict[str, dict[str, object]] = {}
    for row in (*TABLE, *STREAMS):
        if 303 in row.answers:
            continue  # a link for browsers, as the page is
        paths.setdefault(row.path, {})[row.method.lower()] = _operation(row)
    components: dict[str, object] = {
        "schemas": {
            **SCHEMAS,
            "ScenarioName": {"type": "string", "enum": names} if names else {"not": {}},
            "ScenarioOrNone": {"enum": [*names, None]},
        }
    }
    found: dict[str, object] = {
        "openapi": "3.1.1",
        "info": {
            "title": "mockserver control API",
            "version": __version__,
            "description": "What a running mock server does, and how to change it.",
        },
        "servers": [{"url": prefix}],
        "paths": paths,
        "components": components,
    }
    if token:
        components["securitySchemes"] = {"admin": {"type": "http", "scheme": "bearer"}}
        found["security"] = [{"admin": []}]
    return found


def _operation(row: Row) -> dict[str, object]:
    parameters: list[dict[str, object]] = [
        {
            "name": part[1:-1],
            "in": "path",
            "required": True,
            "schema": ref("ScenarioName") if part == "{scenario}" else NAME,
        }
        for part in row.path.split("/")
        if part.startswith("{")
    ]
    parameters += [
        {"name": name, "in": "query", "schema": schema} for name, schema in row.query.items()
    ]
    responses: dict[str, object] = {
        str(status): _answer(status, body) for status, body in row.answers.items()
    }
    for status in sorted({*row.problems, 401, 403, 503}):
        content = {"application/problem+json": {"schema": ref("Problem")}}
        responses[str(status)] = {"description": _PROBLEMS[status], "content": content}
    found: dict[str, object] = {
        "operationId": row.name,
        "summary": row.summary,
        "responses": responses,
    }
    if parameters:
        found["parameters"] = parameters
    if row.body is not None:
        media: dict[str, object] = {"schema": row.body}
        if row.example is not None:
            media["example"] = row.example
        found["requestBody"] = {
            "content": {"application/json": media},
            "required": row.name not in _OPTIONAL_BODY,
        }
    return found  # fmt: skip


def _answer(status: int, body: Schema | str | None) -> dict[str, object]:
    description = {200: "What was asked for", 204: "Done", 303: "Sent on"}[status]
    if body is None:
        return {"description": description}
    media = {"schema": TEXT} if isinstance(body, str) else {"schema": body}
    name = body if isinstance(body, str) else "application/json"
    return {"description": description, "content": {name: media}}
