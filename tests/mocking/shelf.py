"""A document with everything that a resource can meet, and what a client says to it."""

import json
from pathlib import Path
from typing import Any

from mockserver.mocking.decide import Mock
from mockserver.mocking.decision import Decision
from mockserver.state.store import MemoryStore
from tests.mocking.building import ask, build

DOCUMENT = """
    openapi: 3.1.0
    info: {title: t, version: "1"}
    paths:
      /books:
        get:
          operationId: listBooks
          parameters:
            - {name: limit, in: query, schema: {type: integer, maximum: 3, default: 2}}
            - {name: offset, in: query, schema: {type: integer}}
            - {name: genre, in: query, schema: {type: string}}
            - {name: tags, in: query, schema: {type: array, items: {type: string}}}
            - {name: pages, in: query, schema: {type: integer}}
            - {name: sort_by, in: query, schema: {type: string}}
            - {name: order, in: query, schema: {type: string}}
          responses:
            "200":
              description: books
              headers:
                X-Total-Count: {schema: {type: integer}}
                Link: {schema: {type: string}}
              content:
                application/json:
                  schema:
                    type: object
                    required: [data, total, kind]
                    properties:
                      kind: {const: list}
                      data: {type: array, items: {$ref: "#/components/schemas/Book"}}
                      total: {type: integer}
                      next: {type: [string, "null"]}
                      meta: {type: object, properties: {has_more: {type: boolean}, count: {type: integer}}}
        post:
          operationId: createBook
          requestBody: {required: true, content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}}
          responses:
            "201":
              description: made
              headers: {Location: {required: true, schema: {type: string}}}
              content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}
            "409": {description: there is one, content: {application/json: {example: {error: taken}}}}
      /books/{bookId}:
        parameters: [{name: bookId, in: path, required: true, schema: {type: integer}}]
        get:
          operationId: getBook
          responses:
            "200": {description: a book, content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}}
            "404": {description: none, content: {application/json: {example: {error: gone}}}}
        put:
          operationId: putBook
          requestBody: {content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}}
          responses:
            "200":
              description: in an envelope
              content:
                application/json:
                  schema:
                    {type: object, required: [book], properties: {book: {$ref: "#/components/schemas/Book"}}}
        patch:
          operationId: patchBook
          requestBody:
            content:
              application/json: {}
              application/merge-patch+json: {}
              application/json-patch+json: {}
          responses:
            "200": {description: a book, content: {application/json: {schema: {$ref: "#/components/schemas/Book"}}}}
        delete: {operationId: deleteBook, responses: {"204": {description: gone}}}
      /books/{id}/notes:
        parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
        get:
          operationId: listNotes
          responses:
            "200":
              description: notes
              content: {application/json: {schema: {type: array, items: {$ref: "#/components/schemas/Note"}}}}
        post:
          operationId: createNote
          requestBody: {content: {application/json: {schema: {type: object}}}}
          responses:
            "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
      /books/{id}/notes/{noteId}:
        parameters:
          - {name: id, in: path, required: true, schema: {type: integer}}
          - {name: noteId, in: path, required: true, schema: {type: string}}
        get:
          operationId: getNote
          responses:
            "200": {description: a note, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
            "404": {description: none}
        put:
          operationId: putNote
          requestBody: {content: {application/json: {schema: {type: object}}}}
          responses:
            "200": {description: replaced, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
            "201": {description: made, content: {application/json: {schema: {$ref: "#/components/schemas/Note"}}}}
        delete:
          operationId: deleteNote
          responses:
            "200": {description: gone, content: {application/json: {example: {deleted: true}, schema: {type: object, properties: {deleted: {type: boolean}}}}}}
      /books/{id}/cover:
        get:
          operationId: getCover
          parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
          responses: {"200": {description: a picture}, "404": {description: no such book}}
    components:
      schemas:
        Book:
          type: object
          additionalProperties: false
          required: [id, title, shelf]
          properties:
            id: {type: integer, readOnly: true}
            title: {type: string}
            genre: {type: string, default: novel}
            pages: {type: [integer, "null"]}
            tags: {type: array, items: {type: string}}
            secret: {type: string, writeOnly: true}
            shelf: {type: string, readOnly: true, example: A1}
        Note:
          type: object
          required: [id, text]
          properties: {id: {type: string, format: uuid}, text: {type: string, example: hm}, bookId: {type: integer}}
"""
FIXTURES = "resources: {/books: {id: /id}, '/books/{id}/notes': {id: /id}}"


class Client:
    """One tester in one session."""

    def __init__(self, mock: Mock, store: MemoryStore | None = None, session: str = "a") -> None:
        self.mock = mock
        self.store = store or MemoryStore()
        self.session = session

    def decide(self, line: str, body: object = None, **headers: str) -> Decision:
        """Send JSON; header names are given with underscores."""
        sent = {"X-Mock-Session": self.session}
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update({name.replace("_", "-"): value for name, value in headers.items()})
        raw = b"" if body is None else json.dumps(body).encode()
        return ask(self.mock, line, sent, raw, self.store)

    def send(self, line: str, body: object = None, **headers: str) -> tuple[int, Any]:
        """Return status and body."""
        response = self.decide(line, body, **headers).response
        return response.status, json.loads(response.body) if response.body else None


def shelf(folder: Path, fixtures: str = FIXTURES) -> Client:
    """Return a client of a mock with resources."""
    return Client(build(folder, DOCUMENT, fixtures))
