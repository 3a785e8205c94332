"""Values around documented bounds: what is sent, and what of the answers is a fault."""

import json
from dataclasses import replace
from pathlib import Path
from urllib.parse import unquote

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from mockserver.check.model import Report
from tests.check.running import OURS, check_app, contract_from, rules

BOUNDS = replace(OURS, only=("bounds of", "bodies that are no JSON"), effort="quick")
HEAD = """
    openapi: 3.1.0
    info: {title: Bounds, version: "1"}
    paths:
      /things:
        post:
          operationId: put
          responses: {"200": {description: done}, "400": {description: no}}
"""


class Heard:
    """Answers every request with one status, and keeps what it was sent."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.bodies: list[bytes] = []
        self.queries: list[str] = []
        self.types: list[str] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        self.bodies.append(await request.body())
        self.queries.append(unquote(scope["query_string"].decode("latin-1")))
        self.types.append(request.headers.get("content-type", ""))
        await Response(status_code=self.status)(scope, receive, send)

    @property
    def values(self) -> list[object]:
        """Return the bodies that are JSON."""
        found = []
        for body in self.bodies:
            try:
                found.append(json.loads(body))
            except (ValueError, RecursionError):
                continue
        return found


def sent(folder: Path, more: str, app: ASGIApp) -> Report:
    return check_app(app, contract_from(folder, HEAD + more), BOUNDS)


def test_lists_around_their_bounds(tmp_path: Path) -> None:
    app = Heard()
    sent(tmp_path, """
          requestBody:
            required: true
            content: {application/json: {schema: {type: array, minItems: 2, maxItems: 4, items: {type: integer, minimum: 1, maximum: 1}}}}
    """, app)  # fmt: skip
    assert {len(one) for one in app.values if isinstance(one, list)} >= {0, 1, 2, 4, 5}
    assert [1, 2, 3, 4, 5] in app.values  # each item another
    assert [0] in app.values  # an item beyond its bound


def test_lists_of_what_cannot_be_told_apart(tmp_path: Path) -> None:
    app = Heard()
    sent(tmp_path, """
          requestBody:
            required: true
            content: {application/json: {schema: {type: array, minItems: 1, maxItems: 2, items: {type: boolean, const: true}}}}
    """, app)  # fmt: skip
    assert [True, True, True] in app.values


def test_members_of_an_object_that_is_not_there(tmp_path: Path) -> None:
    app = Heard()
    sent(tmp_path, """
          requestBody:
            required: true
            content:
              application/json:
                example: {name: a}
                schema:
                  type: object
                  required: [name]
                  properties:
                    name: {type: string, const: a}
                    inner: {type: object, properties: {size: {type: integer, minimum: 5}}}
          x: y
    """, app)  # fmt: skip
    assert {"name": "a", "inner": {}} in app.values
    assert {"name": "a", "inner": {"size": 4}} in app.values
    assert {"name": "a"} in app.values


def test_numbers_of_an_enum_have_no_other_letters(tmp_path: Path) -> None:
    app = Heard()
    report = sent(tmp_path, """
          parameters: [{name: size, in: query, schema: {type: integer, enum: [1, 2]}}]
    """, app)  # fmt: skip
    assert {"size=1", "size=2", "size=12345", "size=abc"} <= set(app.queries)
    assert "size=mockserver-unknown" not in app.queries
    assert rules(report) == {"bad-accepted"}


def test_values_of_which_no_good_one_is_known(tmp_path: Path) -> None:
    app = Heard()
    report = sent(tmp_path, """
          parameters: [{name: odd, in: query, schema: {type: string, allOf: [{const: a}, {const: b}]}}]
    """, app)  # fmt: skip
    assert {"odd=text", "odd=12"} <= set(app.queries)
    assert rules(report) == {"bad-accepted"}


def test_no_type_is_wrong_where_any_may_come(tmp_path: Path) -> None:
    app = Heard()
    report = sent(tmp_path, """
          requestBody: {required: true, content: {application/json: {schema: {type: integer}}, "text/*": {}}}
    """, app)  # fmt: skip
    assert not {"image/png", "application/xml", "text/html"} & set(app.types)
    assert "bad-accepted" in rules(report)
