"""Collections within items of another: their probes ask below what is there, and find what stands where it should not."""

from collections.abc import Callable
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mockserver.check.model import Report
from tests.check.running import OURS, check_app, contract_from, rules

DOCUMENT = """
    openapi: 3.1.0
    info: {title: Boards, version: "1"}
    paths:
      /boards:
        post:
          operationId: createBoard
          requestBody: {$ref: "#/components/requestBodies/Named"}
          responses:
            "201": {$ref: "#/components/responses/Named"}
            "400": {$ref: "#/components/responses/Problem"}
      /boards/{board}:
        parameters: [{name: board, in: path, required: true, schema: {type: string}}]
        get:
          operationId: getBoard
          responses:
            "200": {$ref: "#/components/responses/Named"}
            "404": {$ref: "#/components/responses/Problem"}
        delete:
          operationId: deleteBoard
          responses: {"204": {description: gone}, "404": {$ref: "#/components/responses/Problem"}}
      /boards/{boardId}/cards:
        parameters: [{name: boardId, in: path, required: true, schema: {type: string}}]
        get:
          operationId: listCards
          responses:
            "200": {description: cards, content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Named"}}}}}
            "404": {$ref: "#/components/responses/Problem"}
        post:
          operationId: createCard
          requestBody: {$ref: "#/components/requestBodies/Named"}
          responses:
            "201": {$ref: "#/components/responses/Named"}
            "400": {$ref: "#/components/responses/Problem"}
            "404": {$ref: "#/components/responses/Problem"}
      /boards/{boardId}/cards/{cardId}:
        parameters:
          - {name: boardId, in: path, required: true, schema: {type: string}}
          - {name: cardId, in: path, required: true, schema: {type: string}}
        get:
          operationId: getCard
          responses:
            "200": {$ref: "#/components/responses/Named"}
            "404": {$ref: "#/components/responses/Problem"}
        delete:
          operationId: deleteCard
          responses: {"204": {description: gone}, "404": {$ref: "#/components/responses/Problem"}}
      /boards/{boardId}/close:
        parameters: [{name: boardId, in: path, required: true, schema: {type: string}}]
        post:
          operationId: closeBoard
          responses:
            "200": {$ref: "#/components/responses/Named"}
            "404": {$ref: "#/components/responses/Problem"}
      /boards/{boardId}/summary:
        parameters: [{name: boardId, in: path, required: true, schema: {type: string}}]
        get:
          operationId: summarise
          responses:
            "200": {description: in short, content: {application/json: {schema: {type: object, required: [cards], properties: {cards: {type: integer}}}}}}
            "404": {$ref: "#/components/responses/Problem"}
    components:
      schemas:
        Named: {type: object, required: [id, name], properties: {id: {type: string}, name: {type: string}}}
      requestBodies:
        Named:
          required: true
          content: {application/json: {schema: {type: object, required: [name], properties: {name: {type: string, minLength: 1, maxLength: 40}}}}}
      responses:
        Named: {description: it, content: {application/json: {schema: {$ref: "#/components/schemas/Named"}}}}
        Problem: {description: a problem, content: {application/problem+json: {schema: {type: object}}}}
"""
Thing = dict[str, str]


class Boards:
    """Cards on boards, correct unless a subclass says otherwise."""

    def __init__(self) -> None:
        self.boards: dict[str, Thing] = {}
        self.cards: dict[tuple[str, str], Thing] = {}
        self.numbers = count(1)

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/boards", self.create_board, methods=["POST"]),
                Route("/boards/{board}", self.board, methods=["GET", "DELETE"]),
                Route("/boards/{board}/cards", self.on_board, methods=["GET", "POST"]),
                Route("/boards/{board}/cards/{card}", self.card, methods=["GET", "DELETE"]),
                Route("/boards/{board}/close", self.close, methods=["POST"]),
                Route("/boards/{board}/summary", self.summary),
            ]
        )

    def holds(self, board: str) -> bool:
        return board in self.boards

    def find(self, board: str, card: str) -> tuple[str, str] | None:
        key = board, card
        return key if key in self.cards and board in self.boards else None

    async def create_board(self, request: Request) -> Response:
        return await self.named(request, lambda made: self.boards.__setitem__(made["id"], made))

    async def named(self, request: Request, keep: Callable[[Thing], object]) -> Response:
        try:
            body = await request.json()
        except (ValueError, RecursionError):
            return problem(400)
        if request.headers.get("content-type", "").partition(";")[0].lower() != "application/json":
            return problem(415)
        name = body.get("name") if isinstance(body, dict) else None
        if not isinstance(name, str) or not 1 <= len(name) <= 40:
            return problem(400)
        made = {"id": f"{next(self.numbers):04x}", "name": name}
        keep(made)
        return JSONResponse(made, 201)

    async def board(self, request: Request) -> Response:
        board = request.path_params["board"]
        if board not in self.boards:
            return problem(404)
        if request.method == "DELETE":
            del self.boards[board]
            return Response(status_code=204)
        return JSONResponse(self.boards[board])

    async def on_board(self, request: Request) -> Response:
        board = request.path_params["board"]
        if not self.holds(board):
            return problem(404)
        if request.method == "POST":
            return await self.named(
                request, lambda made: self.cards.__setitem__((board, made["id"]), made)
            )
        return JSONResponse([one for (on, _), one in self.cards.items() if on == board])

    async def card(self, request: Request) -> Response:
        key = self.find(request.path_params["board"], request.path_params["card"])
        if key is None:
            return problem(404)
        if request.method == "DELETE":
            return self.drop(key)
        return JSONResponse(self.cards[key])

    def drop(self, key: tuple[str, str]) -> Response:
        del self.cards[key]
        return Response(status_code=204)

    async def close(self, request: Request) -> Response:
        return await self.board_as(request, self.boards.get)

    async def summary(self, request: Request) -> Response:
        return await self.board_as(request, lambda board: {"cards": len(self.cards)} if board in self.boards else None)  # fmt: skip

    async def board_as(self, request: Request, show: Callable[[str], object]) -> Response:
        shown = show(request.path_params["board"])
        return JSONResponse(shown) if shown else problem(404)


def problem(status: int) -> Response:
    return JSONResponse(
        {"title": "no", "status": status}, status, media_type="application/problem+json"
    )


class Anywhere(Boards):
    """A card is found below every board."""

    def find(self, board: str, card: str) -> tuple[str, str] | None:
        return next((key for key in self.cards if key[1] == card), None)


class BelowNothing(Boards):
    """Cards are put on boards that are not there."""

    def holds(self, board: str) -> bool:
        return True


class Kept(Boards):
    """Cards outlive their board."""

    def find(self, board: str, card: str) -> tuple[str, str] | None:
        return (board, card) if (board, card) in self.cards else None


class NotDeleted(Boards):
    """A card that is deleted stays."""

    def drop(self, key: tuple[str, str]) -> Response:
        return Response(status_code=204)


class ClosedWrongly(Boards):
    """Closing a board that is there fails."""

    async def close(self, request: Request) -> Response:
        shown = await super().close(request)
        return JSONResponse({"id": 1}) if shown.status_code == 200 else shown


class SummedWrongly(Boards):
    """A summary has a text for a number."""

    async def summary(self, request: Request) -> Response:
        shown = await super().summary(request)
        return JSONResponse({"cards": "many"}) if shown.status_code == 200 else shown


def check_boards(folder: Path, boards: Boards, *only: str) -> Report:
    contract = contract_from(folder, DOCUMENT)
    return check_app(boards.app(), contract, replace(OURS, only=only))


@pytest.mark.parametrize("only", ["", "schemathesis"])
def test_a_correct_one_passes(tmp_path: Path, only: str) -> None:
    report = check_boards(tmp_path, Boards(), *filter(None, [only]))
    assert [(known.identity, known.failure.found) for known in report.failures] == []
    if not only:
        tested = {(one.operation, one.name): one.state for one in report.outcomes}
        assert tested["createCard", "what is created can be read"] == "passed"
        assert tested["createCard", "DELETE deletes its item"] == "passed"
        assert tested["createCard", "an item is below its own parent"] == "passed"
        assert tested["createCard", "nothing is below what was deleted"] == "passed"


def test_the_place_is_left_as_it_was(tmp_path: Path) -> None:
    boards = Boards()
    assert check_boards(tmp_path, boards, "what is created can be read").requests > 10
    assert (boards.boards, boards.cards) == ({}, {})


@pytest.mark.parametrize(
    ("broken", "rule"),
    [
        (Anywhere, "other-parent"),
        (BelowNothing, "below-nothing"),
        (Kept, "below-nothing"),
        (NotDeleted, "delete-not-kept"),
        (ClosedWrongly, "schema-type"),
        (SummedWrongly, "schema-type"),
    ],
)
def test_what_is_broken_is_found(tmp_path: Path, broken: type[Boards], rule: str) -> None:
    assert rule in rules(check_boards(tmp_path, broken()))
