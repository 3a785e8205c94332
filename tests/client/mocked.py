"""A small API whose tests would collide in one session, and requests to it that use the standard library alone."""

from http.client import HTTPConnection
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from mockserver.fixtures.contract import Contract, load_contract
from mockserver.settings import Settings

DOCUMENT = """
openapi: 3.1.0
info: {title: Books, version: "1"}
paths:
  /books:
    get:
      operationId: listBooks
      responses: {"200": {description: books, content: {application/json: {example: [1]}}}, "503": {description: closed}}
    post:
      operationId: addBook
      requestBody: {content: {application/json: {schema: {type: object, required: [title], properties: {title: {type: string}}}}}}
      responses: {"201": {description: made}, "422": {description: no book}}
"""
FIXTURES = """
version: 1
cases:
  listBooks:
    none: {when: never, then: {status: 200, body: []}}
    one: {when: never, then: {status: 200, body: [1]}}
    two: {when: never, then: {status: 200, body: [1, 2]}}
scenarios:
  empty: {use: {listBooks: none}}
  grows: {sequence: {listBooks: [none, one, two]}}
  slow: {delay: 1s}
  reset: {fault: connection-reset}
  nothing: {fault: empty-response}
  cut: {fault: truncated-body}
  drip: {fault: {type: drip, over: 2ms, pieces: 2}}
"""


class Got(NamedTuple):
    """An answer."""

    status: int
    body: bytes


def write_api(folder: Path) -> Path:
    """Write document and fixtures, and return the document."""
    (folder / "openapi.yaml").write_text(DOCUMENT)
    (folder / "fixtures").mkdir()
    (folder / "fixtures" / "all.yaml").write_text(FIXTURES)
    return folder / "openapi.yaml"


def books(folder: Path) -> Contract:
    """Return the API, compiled."""
    spec = write_api(folder)
    return load_contract(Settings(spec=spec, fixtures=folder / "fixtures"))


def send(method: str, url: str, body: bytes = b"") -> Got:
    """Send one request over a socket."""
    parts = urlsplit(url)
    connection = HTTPConnection(parts.netloc, timeout=20)
    try:
        connection.request(
            method,
            f"{parts.path}?{parts.query}",
            body or None,
            {"Content-Type": "application/json"},
        )
        found = connection.getresponse()
        return Got(found.status, found.read())
    finally:
        connection.close()
