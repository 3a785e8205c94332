"""Judges messages against the document: what each part has against it, and the decoded values.

Everything compiled is kept by operation; a message that fits costs no more than decoding and one look.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from mockserver.messages import ABSENT, HttpRequest, HttpResponse, RequestValues, Violation
from mockserver.spec.compile import Api
from mockserver.spec.model import (
    Direction,
    Example,
    Location,
    MediaType,
    Operation,
    Response,
    find_response,
)
from mockserver.validation.judging import judge_content, judge_example, judge_value
from mockserver.validation.media_types import (
    FORM,
    DecodeError,
    decode_body,
    essence,
    select_content,
)
from mockserver.validation.parameters import ParameterReader, judge_header


class RequestJudgement(NamedTuple):
    """What a request holds, and what it has against the document.

    Attributes:
        unsupported_media_type: The body's media type is not documented.
    """

    values: RequestValues
    violations: tuple[Violation, ...]
    unsupported_media_type: bool = False


class Judge:
    """Judges the messages of one document."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._readers: dict[str, ParameterReader] = {}

    def judge_parameters(
        self, operation: Operation, request: HttpRequest, path_values: Mapping[str, str]
    ) -> list[Violation]:
        """Return what a request has against an operation's parameters; its body is not looked at."""
        return self._reader(operation).read(path_values, request)[1]

    def _reader(self, operation: Operation) -> ParameterReader:
        if (reader := self._readers.get(operation.name)) is None:
            reader = self._readers[operation.name] = ParameterReader(operation, self._api)
        return reader

    def judge_request(
        self, operation: Operation, request: HttpRequest, path_values: Mapping[str, str]
    ) -> RequestJudgement:
        """Return the decoded values of a request and its violations: parameters first, then the body."""
        values, violations = self._reader(operation).read(path_values, request)
        if operation.request_body is None:
            return RequestJudgement(values, tuple(violations))
        body, unsupported = self._request_body(operation, request, violations)
        if body is not ABSENT:
            values = RequestValues(*values[:4], body)  # half the time of _replace
        return RequestJudgement(values, tuple(violations), unsupported)

    def judge_response(
        self, operation: Operation, response: HttpResponse, *, method: str | None = None
    ) -> list[Violation]:
        """Return what an answer has against the document.

        An answer to the method ``HEAD`` has no body; ``None`` stands for the operation's own method.
        """
        documented = find_response(operation, response.status)
        if documented is None:
            known = ", ".join(operation.responses) or "none"
            message = f"the status {response.status} is not documented; documented: {known}"
            return [Violation(("status",), "status", message, operation.place)]
        violations = self._response_headers(documented, response)
        no_body = method == "HEAD" or response.status in (204, 304) or response.status < 200
        if documented.content and not no_body:
            violations += self._response_body(documented, response)
        return violations

    def judge_value(
        self,
        location: Location,
        value: object,
        direction: Direction,
        *,
        at: tuple[str | int, ...] = ("body",),
    ) -> list[Violation]:
        """Return what a value has against the schema at a location; ``at`` begins the violations' locations."""
        return judge_value(self._api, location, value, direction, at=at)

    def judge_example(
        self, media_type: MediaType, example: Example, direction: Direction
    ) -> list[Violation]:
        """Return what the example of a body has against its media type."""
        return judge_example(self._api, media_type, example, direction)

    def _request_body(
        self, operation: Operation, request: HttpRequest, violations: list[Violation]
    ) -> tuple[object, bool]:
        """Decode and judge the body; return its value and whether its media type is undocumented."""
        described = operation.request_body
        if described is None or not described.content:
            return ABSENT, False
        content_type = (request.header(b"content-type") or b"").decode("latin-1")
        if not request.body and essence(content_type) != FORM:  # a form without fields is no bytes
            if described.required:
                place = self._api.document.place(described.location)
                message = "a body is required, and none was sent"
                violations.append(Violation(("body",), "required", message, place))
            return ABSENT, False
        media_type = select_content(described.content, content_type)
        if media_type is None:
            violations.append(
                self._undocumented(content_type, described.content, described.location)
            )
            return ABSENT, True
        value, found = self._decoded(media_type, request.body, content_type, "request")
        violations += found
        return value, False

    def _decoded(
        self, media_type: MediaType, body: bytes, content_type: str, direction: Direction
    ) -> tuple[object, list[Violation]]:
        """Decode a body and judge it; ``ABSENT`` where it cannot be read."""
        try:
            value = decode_body(body, content_type, media_type, self._api.schemas, direction)
        except DecodeError as error:
            place = self._api.document.place(media_type.location)
            return ABSENT, [Violation(("body", *error.path), error.keyword, str(error), place)]
        if isinstance(value, bytes):
            return value.decode("latin-1"), []
        api, told = self._api, content_type
        return value, judge_content(api, media_type, value, direction, content_type=told)

    def _response_headers(self, documented: Response, response: HttpResponse) -> list[Violation]:
        sent = dict(reversed(response.headers))
        found: list[Violation] = []
        for header in documented.headers:
            wire = sent.get(header.name.lower().encode("latin-1", "replace"))
            if wire is not None:
                found += judge_header(header, wire, self._api)
            elif header.required:
                place = self._api.document.place(header.at)
                message = f"the header {header.name} is required, and the answer has none"
                found.append(Violation(("header",), "required", message, place))
        return found

    def _response_body(self, documented: Response, response: HttpResponse) -> list[Violation]:
        sent = next((value for name, value in response.headers if name == b"content-type"), b"")
        content_type = sent.decode("latin-1")
        if not content_type.strip():
            missing, keyword = (
                ("Content-Type", "content-type") if response.body else ("body", "required")
            )
            offered = ", ".join(media.name for media in documented.content)
            message = f"the answer has no {missing}; documented: {offered}"
            place = self._api.document.place(documented.location)
            return [Violation(("body",), keyword, message, place)]
        media_type = select_content(documented.content, content_type)
        if media_type is None:
            return [self._undocumented(content_type, documented.content, documented.location)]
        return self._decoded(media_type, response.body, content_type, "response")[1]

    def _undocumented(
        self, content_type: str, content: Sequence[MediaType], location: Location
    ) -> Violation:
        offered = ", ".join(media.name for media in content)
        message = f"the media type {content_type[:100]!r} is not documented; documented: {offered}"
        return Violation(("body",), "content-type", message, self._api.document.place(location))
