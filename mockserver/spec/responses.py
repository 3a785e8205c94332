"""Request bodies and answers as the document describes them."""

import re
from collections.abc import Mapping

from mockserver.spec.content import read_content
from mockserver.spec.model import RequestBody, Response
from mockserver.spec.parameters import read_headers
from mockserver.spec.reading import Node, Reading

# Ranges are from 1XX to 5XX (OpenAPI 3.1.1 §4.8.16.1), and uvicorn drops an answer with a status from 600.
_STATUS = re.compile(r"[1-5](?:[0-9][0-9]|XX)|DEFAULT")


def read_request_body(reading: Reading, _item: Node, operation: Node) -> RequestBody | None:
    """Return what an operation takes, ``None`` where the document says nothing of it."""
    if "requestBody" not in operation.value:
        return None
    return reading.once(_request_body, reading.child(operation, "requestBody"), "")


def read_responses(reading: Reading, operation: Node) -> Mapping[str, Response]:
    """Return an operation's answers by status (``201``, ``4XX``, ``default``), in the document's order."""
    responses = reading.child(operation, "responses")
    found: dict[str, Response] = {}
    for written, node in reading.members(responses, extensible=True):
        status = written.upper()
        if _STATUS.fullmatch(status):
            key = "default" if status == "DEFAULT" else status
            found[key] = reading.version.objects.read_response(reading, node, key, operation)
        else:
            message = f"{written[:20]!r} is no status: 100 to 599, 1XX to 5XX or default"
            reading.warn("bad-status", message, responses.at.child(written))
    if not found:
        reading.warn("no-responses", "the operation documents no answer", operation.at)
    return found


def read_response(reading: Reading, node: Node, key: str, _operation: Node) -> Response:
    """Return an answer; operations that refer to one share it."""
    return reading.once(_response, node, key)


def _request_body(reading: Reading, node: Node, _name: str) -> RequestBody:
    reading.check_keys(node, "request body")
    required = node.flag("required") is True
    return RequestBody(required, read_content(reading, node), node.at)


def _response(reading: Reading, node: Node, key: str) -> Response:
    reading.check_keys(node, "response")
    return Response(
        key=key,
        location=node.at,
        description=node.text("description"),
        content=read_content(reading, node),
        headers=tuple(read_headers(reading, node)),
        links=tuple(reading.child(node, "links").value) if "links" in node.value else (),
    )
