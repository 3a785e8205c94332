"""A small collection, correct as it stands, whose document and answers are changed for one test at a time."""

import json
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import replace
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from mockserver.check.model import Report
from tests.check.running import OURS, check_app, contract_from

Json = dict[str, object]
Change = Callable[["Things", Request, Response], Response]

THING: Json = {
    "type": "object",
    "required": ["name"],
    "properties": {
        "id": {"type": "integer", "readOnly": True},
        "name": {"type": "string", "minLength": 1, "maxLength": 30},
        "size": {"type": "integer", "minimum": 0, "maximum": 90, "default": 7},
    },
}
TOKENS = """
tokens:
  ann: {scheme: key, value: tk_ann, outcome: accept, claims: {sub: ann}}
  ben: {scheme: key, value: tk_ben, outcome: accept, claims: {sub: ben}}
"""


def described(*methods: str, schema: Mapping[str, object] = THING, listed: str = "") -> Json:
    """Return the document of a collection that can be created and has these methods; ``listed`` are query parameters."""
    content: Json = {"application/json": {"schema": schema}}
    body: Json = {"required": True, "content": content}
    good: Json = {
        "200": {"description": "done", "content": content},
        "default": {"description": "no"},
    }
    made: Json = {
        "201": {"description": "made", "content": content},
        "default": {"description": "no"},
    }
    collection: Json = {"post": {"operationId": "create", "requestBody": body, "responses": made}}
    item: Json = {
        "parameters": [
            {"name": "thingId", "in": "path", "required": True, "schema": {"type": "integer"}}
        ]
    }
    for method in methods:
        if method == "LIST":
            parameters = [
                {"name": name, "in": "query", "schema": json.loads(text or '{"type": "integer"}')}
                for name, _, text in (line.partition("=") for line in listed.split("\n") if line)
            ]
            page: Json = {"application/json": {"schema": {"type": "array", "items": schema}}}
            collection["get"] = {
                "operationId": "list",
                "parameters": parameters,
                "responses": {
                    "200": {"description": "things", "content": page},
                    "default": {"description": "no"},
                },
            }
        else:
            item[method.lower()] = {
                "operationId": method.lower(),
                "responses": good
                if method != "DELETE"
                else {"204": {"description": "gone"}, "default": {"description": "no"}},
                **({"requestBody": body} if method in ("PUT", "PATCH") else {}),
            }
    if len(item) == 1:
        item["options"] = {"operationId": "options", "responses": good}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Things", "version": "1"},
        "paths": {"/things": collection, "/things/{thingId}": item},
    }


class Things:
    """The app; ``change`` may replace any answer, and sees what is kept."""

    def __init__(self, change: Change | None = None) -> None:
        self.change = change
        self.kept: dict[int, Json] = {}
        self.last = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        text = await request.body()
        request.scope["text"] = text
        answer = self._answer(request, text)
        if self.change is not None:
            answer = self.change(self, request, answer)
        await answer(scope, receive, send)

    def _answer(self, request: Request, text: bytes) -> Response:
        parts = request.url.path.strip("/").split("/")
        body = _object(text)
        if parts == ["things"]:
            if request.method == "GET":
                return self._listed(request)
            return self._written(self.last + 1, body) if request.method == "POST" else Response(None, 405)  # fmt: skip
        number = int(parts[1]) if len(parts) == 2 and parts[1].isdigit() else 0
        if parts[0] != "things" or number not in self.kept:
            return Response(None, 404)
        match request.method:
            case "GET":
                return JSONResponse(self.kept[number])
            case "PUT":
                return self._written(number, body)
            case "PATCH" if body is not None:
                self.kept[number].update(body, id=number)
                return JSONResponse(self.kept[number])
            case "DELETE":
                del self.kept[number]
                return Response(None, 204)
            case _:
                return Response(None, 405)

    def _written(self, number: int, body: Json | None) -> Response:
        if body is None:
            return Response(None, 400)
        status = 200 if number in self.kept else 201
        self.last = max(self.last, number)
        self.kept[number] = {"size": 7, **body, "id": number}
        return JSONResponse(self.kept[number], status)

    def _listed(self, request: Request) -> Response:
        query = request.query_params
        begin = int(query.get("offset", "0"))
        found = list(self.kept.values())[begin:][: int(query.get("limit", "1000"))]
        return JSONResponse(found)


def _object(text: bytes) -> Json | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def check_things(
    folder: Path,
    document: Mapping[str, object],
    probe: str,
    change: Change | None = None,
    fixtures: str = "",
    effort: str = "default",
) -> Report:
    """Hold a collection to one probe."""
    contract = contract_from(folder, json.dumps(document), fixtures)
    return check_app(Things(change), contract, replace(OURS, only=(probe,), effort=effort))


def reason(report: Report) -> str:
    """Return why the one probe was skipped, empty where it was not."""
    (outcome,) = report.outcomes
    return outcome.reason


def secured(document: Mapping[str, object]) -> Json:
    """Return a document whose operations want a token."""
    found = deepcopy(dict(document))
    schemes = {"securitySchemes": {"key": {"type": "http", "scheme": "bearer"}}}
    return {**found, "security": [{"key": []}], "components": schemes}
