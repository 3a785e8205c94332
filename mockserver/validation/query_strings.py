"""A query string that is described as a whole: a form, JSON or text (OpenAPI 3.2.0 §4.12.2, ``in: querystring``)."""

from mockserver.messages import ABSENT, Violation
from mockserver.spec.compile import Api
from mockserver.spec.model import Parameter
from mockserver.validation.deep import decode_percent, encode_percent
from mockserver.validation.errors import DecodeError
from mockserver.validation.judging import judge_content
from mockserver.validation.media_types import FORM, decode_body, encode_body, essence

_CONTROLS = tuple(
    f"__{name}=".encode() for name in ("code", "dynamic", "example", "force", "scenario")
)
"""What the mock itself is told in a query, and the API is not."""


def is_form(parameter: Parameter) -> bool:
    """Tell whether a query string has fields, each of them a value of the query."""
    return parameter.content is not None and essence(parameter.content.name) == FORM


def read_query_string(
    parameter: Parameter, query: bytes, api: Api
) -> tuple[object, list[Violation]]:
    """Return the value of a query string, ``ABSENT`` where there is none, and what it has against the document."""
    at, place = ("query",), api.document.place(parameter.at)
    if b"__" in query:
        query = b"&".join(part for part in query.split(b"&") if not part.startswith(_CONTROLS))
    if not query:
        if not parameter.required:
            return ABSENT, []
        return ABSENT, [Violation(at, "required", "the query string is required and absent", place)]
    found = []
    if parameter.deprecated:
        found.append(
            Violation(at, "deprecated", "the query string is deprecated", place, "warning")
        )
    if (content := parameter.content) is None:
        return decode_percent(query.decode("latin-1")), found
    raw = query if is_form(parameter) else decode_percent(query.decode("latin-1")).encode()
    try:
        value = decode_body(raw, content.name, content, api.schemas, "request")
    except DecodeError as error:
        return ABSENT, [*found, Violation((*at, *error.path), error.keyword, str(error), place)]
    return value, [*found, *judge_content(api, content, value, "request", at=at)]


def write_query_string(parameter: Parameter, value: object, api: Api) -> str:
    """Return a query string as it goes on the wire.

    Raises:
        EncodeError: Its media type cannot carry such a value.
    """
    if parameter.content is None:
        return encode_percent(str(value))
    wire = encode_body(value, parameter.content, api.schemas, "request").decode("utf-8", "replace")
    return wire if is_form(parameter) else encode_percent(wire)
