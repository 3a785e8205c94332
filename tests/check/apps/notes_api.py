"""A collection in another style than the items: API keys, numbers as ids, cursors, page numbers, sorting, ``has_more``.

Correct in every way; ``STYLES`` are the ways in which it lists.
"""

import json
from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

STYLES = {
    "cursor": "- {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}\n"
    "        - {name: cursor, in: query, schema: {type: string}}",
    "page": "- {name: per_page, in: query, schema: {type: integer, minimum: 1, maximum: 100, default: 50}}\n"
    "        - {name: page, in: query, schema: {type: integer, minimum: 1, default: 1}}",
    "starting_after": "- {name: limit, in: query, schema: {type: integer, minimum: 1, maximum: 100}}\n"
    "        - {name: starting_after, in: query, schema: {type: integer}}",
}
KEY_PLACES = {"query": "api_key", "header": "X-Api-Key", "cookie": "key"}
DOCUMENT = """
openapi: 3.0.3
info: {{title: Notes, version: "1"}}
security: [{{key: []}}, {{one: [], two: []}}]
paths:
  /notes:
    get:
      operationId: listNotes
      parameters:
        {paging}
        - {{name: sort, in: query, schema: {{type: string, enum: [title, -title, stars, "stars:desc"]}}}}
        - {{name: done, in: query, schema: {{type: boolean}}}}
        - {{name: stars, in: query, schema: {{type: integer}}}}
      responses: &answers
        "200": {{description: notes, headers: {{X-Total-Count: {{schema: {{type: integer}}}}}}, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Page"}}}}}}}}
        "400": {{description: no}}
        "401": {{description: who}}
    post:
      operationId: createNote
      requestBody: &note
        required: true
        content: {{application/json: {{schema: {{$ref: "#/components/schemas/Note"}}}}}}
      responses:
        "201": {{description: made, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Note"}}}}}}}}
        "400": {{description: no}}
        "401": {{description: who}}
        "415": {{description: no}}
  /notes/{{noteId}}:
    parameters: [{{name: noteId, in: path, required: true, schema: {{type: integer, minimum: 1}}}}]
    get: &one
      operationId: readNote
      responses:
        "200": {{description: note, headers: {{ETag: {{schema: {{type: string}}}}}}, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Note"}}}}}}}}
        "304": {{description: the same}}
        "401": {{description: who}}
        "404": {{description: none}}
    put:
      operationId: writeNote
      requestBody: *note
      responses:
        "200": {{description: note, content: {{application/json: {{schema: {{$ref: "#/components/schemas/Note"}}}}}}}}
        "400": {{description: no}}
        "401": {{description: who}}
        "404": {{description: none}}
        "415": {{description: no}}
    delete:
      operationId: dropNote
      responses: {{"204": {{description: gone}}, "401": {{description: who}}, "404": {{description: none}}}}
components:
  securitySchemes:
    key: {{type: apiKey, in: {place}, name: {name}}}
    one: {{type: apiKey, in: header, name: X-One}}
    two: {{type: apiKey, in: header, name: X-Two}}
  schemas:
    Note:
      type: object
      required: [title]
      properties:
        id: {{type: integer, readOnly: true}}
        title: {{type: string, minLength: 1, maxLength: 80}}
        stars: {{type: integer, minimum: 0, maximum: 5, default: 0}}
        done: {{type: boolean, default: false}}
        due: {{type: string, format: date-time}}
    Page:
      type: object
      required: [data]
      properties:
        data: {{type: array, items: {{$ref: "#/components/schemas/Note"}}}}
        has_more: {{type: boolean}}
        next: {{type: string, nullable: true}}
"""
FIXTURES = """
tokens:
  mine: {scheme: key, value: mine-12345, outcome: accept, claims: {sub: ann}}
  old: {scheme: key, value: old-123456, outcome: expired}
  none: {scheme: key, outcome: missing}
  first: {scheme: one, value: first, outcome: accept}
  second: {scheme: two, value: second, outcome: accept}
"""


def document(style: str, place: str) -> str:
    """Return the document for a way of listing and a place of the key."""
    return DOCUMENT.format(paging=STYLES[style], place=place, name=KEY_PLACES[place])


class Notes:
    """The notes of one app."""

    def __init__(self, style: str, place: str) -> None:
        self.style, self.place = style, place
        self.notes: dict[int, dict[str, object]] = {}
        self.last = 0

    def app(self) -> Starlette:
        """Return the application."""
        return Starlette(
            routes=[
                Route("/notes", self.collection, methods=["GET", "POST"]),
                Route("/notes/{id:int}", self.item, methods=["GET", "PUT", "DELETE"]),
            ]
        )

    def _refused(self, request: Request) -> Response | None:
        name = KEY_PLACES[self.place]
        found = {"query": request.query_params, "header": request.headers, "cookie": request.cookies}[self.place]  # fmt: skip
        if found.get(name) == "mine-12345":
            return None
        if (request.headers.get("x-one"), request.headers.get("x-two")) == ("first", "second"):
            return None
        return Response(status_code=401, headers={"WWW-Authenticate": "ApiKey"})

    async def collection(self, request: Request) -> Response:
        """List or create."""
        if refused := self._refused(request):
            return refused
        if request.method != "POST":
            return self._list(request.query_params)
        return await self._write(request, None)

    async def item(self, request: Request) -> Response:
        """Read, replace or delete."""
        if refused := self._refused(request):
            return refused
        number = int(request.path_params["id"])
        if number not in self.notes:
            return Response(status_code=404)
        if request.method == "DELETE":
            del self.notes[number]
            return Response(status_code=204)
        if request.method == "PUT":
            return await self._write(request, number)
        tag = f'"{hash(json.dumps(self.notes[number]))}"'
        if request.headers.get("if-none-match") == tag:
            return Response(status_code=304, headers={"ETag": tag})
        return JSONResponse(self.notes[number], headers={"ETag": tag})

    async def _write(self, request: Request, number: int | None) -> Response:
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != "application/json":
            return Response(status_code=415)
        try:
            body = json.loads(await request.body(), parse_constant=_no)
        except (ValueError, RecursionError):
            return Response(status_code=400)
        if not _is_note(body):
            return Response(status_code=400)
        if number is None:
            self.last += 1
            number = self.last
        named = {name: body[name] for name in ("title", "due") if name in body}
        self.notes[number] = {"id": number, "stars": body.get("stars", 0), "done": body.get("done", False), **named}  # fmt: skip
        status = 200 if request.method == "PUT" else 201
        return JSONResponse(self.notes[number], status)

    def _list(self, query: Mapping[str, str]) -> Response:
        found = list(self.notes.values())
        try:
            limit = int(query.get("limit", query.get("per_page", "50")))
            page, after = int(query.get("page", "1")), int(query.get("starting_after", query.get("cursor") or "0"))  # fmt: skip
            stars = int(query["stars"]) if "stars" in query else None
        except ValueError:
            return Response(status_code=400)
        done, sort = query.get("done"), query.get("sort")
        if not 1 <= limit <= 100 or page < 1 or done not in (None, "true", "false"):
            return Response(status_code=400)
        if sort not in (None, "title", "-title", "stars", "stars:desc"):
            return Response(status_code=400)
        found = [one for one in found if done is None or one["done"] == (done == "true")]
        found = [one for one in found if stars is None or one["stars"] == stars]
        if sort:
            name = sort.strip("-").partition(":")[0]
            found.sort(key=lambda one: str(one[name]).casefold(), reverse="-" in sort or "desc" in sort)  # fmt: skip
        count = len(found)
        if self.style != "page":
            rest = [one for one in found if int(str(one["id"])) > after] if after else found
        else:
            rest = found[(page - 1) * limit :]
        shown = rest[:limit]
        more = len(rest) > len(shown)
        around: dict[str, object] = {"has_more": more} if self.style != "page" else {}
        if self.style == "cursor":
            around["next"] = str(shown[-1]["id"]) if more else None
        return JSONResponse({"data": shown, **around}, headers={"X-Total-Count": str(count)})


def _no(_: str) -> None:
    raise ValueError


def _is_note(body: object) -> bool:
    """Judge a body by hand, as such apps do."""
    if not isinstance(body, dict):
        return False
    title, stars, done = body.get("title"), body.get("stars", 0), body.get("done", False)
    due = body.get("due", "2024-02-29T23:59:59Z")
    return (
        isinstance(title, str)
        and 1 <= len(title) <= 80
        and isinstance(stars, int | float)
        and not isinstance(stars, bool)
        and stars == int(stars)
        and 0 <= stars <= 5
        and isinstance(done, bool)
        and isinstance(due, str)
        and due[10:11] == "T"
        and due[-1:] in "Z0"
        and due[:10] != "2026-02-30"
    )
