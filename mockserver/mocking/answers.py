"""What the document itself answers: an example or a generated body, in a media type that the client accepts.

Everything that does not vary is made once, at its first use, and kept as bytes.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from mockserver.errors import Place, did_you_mean
from mockserver.generation.chance import Chance
from mockserver.generation.contents import generate_content
from mockserver.generation.values import Unsatisfiable, generate
from mockserver.messages import HeaderPair, HttpResponse, Violation, problem
from mockserver.spec.compile import Api
from mockserver.spec.model import (
    Example,
    MediaType,
    Operation,
    Parameter,
    Response,
    find_response,
)
from mockserver.validation.media_types import (
    EncodeError,
    encode_body,
    essence,
    is_json,
    negotiate,
    sent_as,
)
from mockserver.validation.parameters import judge_header, write_header
from mockserver.validation.sequences import content_schema
from mockserver.validation.validate import Judge

# A generated value for one of these would break the message itself (RFC 9110 §6, §7.6.1, §8.6), or is set by the server.
_NEVER_GENERATED = frozenset(
    [
        "connection",
        "content-encoding",
        "content-length",
        "content-type",
        "date",
        "keep-alive",
        "proxy-connection",
        "server",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    ]
)

_BY_HTTP = {
    "cache-control": b"no-store",
    "content-language": b"en",
    "etag": b'"1"',
    "expires": b"Mon, 01 Jan 2024 00:00:00 GMT",
    "last-modified": b"Mon, 01 Jan 2024 00:00:00 GMT",
    "location": b"/",
    "retry-after": b"1",
    "vary": b"Accept",
}
"""Headers whose form HTTP gives (RFC 9110, RFC 9111), where the document says no more than that they are there."""

_EMPTY: HeaderPair = (b"content-type", b"text/plain")
"""As Prism sends an answer whose content the document does not describe."""

_PROBLEM = "application/problem+json"
"""Its member ``status`` is that of the answer (RFC 9457 §3.1.2)."""


class Answer(NamedTuple):
    """An answer that only lacks its explanation.

    Attributes:
        rule: Why this body: ``example 'cat'``, ``generated``, ``no body``.
        place: Where the document says so.
        violations: What the answer has against the document: an example asked for by name may break its schema.
        error: Slug, where the answer is a problem of the mock.
    """

    response: HttpResponse
    rule: str
    place: Place | None = None
    violations: tuple[Violation, ...] = ()
    error: str | None = None


class _Ready(NamedTuple):
    """What a body holds.

    Attributes:
        text: The body as it is sent; ``None`` where the media type writes the value.
    """

    value: object
    rule: str
    place: Place
    violations: tuple[Violation, ...] = ()
    text: bytes | None = None


class DocumentAnswers:
    """The answers of one document.

    Args:
        fill_properties: Generated objects hold their optional properties.
        ignore_examples: Bodies are generated even where the document has an example (Prism's ``--ignore-examples``).
    """

    def __init__(
        self, api: Api, judge: Judge, *, fill_properties: bool = True, ignore_examples: bool = False
    ) -> None:
        self._api = api
        self._judge = judge
        self._fill_properties = fill_properties
        self._ignore_examples = ignore_examples
        self._kept: dict[tuple[str, str, int, str, str | None], Answer] = {}
        self._headers: dict[tuple[str, str], tuple[HeaderPair, ...]] = {}
        self._challenges: dict[tuple[str, bytes], bytes] = {}

    def answer(
        self,
        operation: Operation,
        response: Response,
        status: int,
        *,
        accept: bytes | None,
        example: str | None = None,
        chance: Chance | None = None,
        lenient: bool = False,
    ) -> Answer:
        """Return the documented answer.

        The client's ``accept`` chooses the media type; a ``lenient`` answer, an error that is sent anyway, takes the
        first where the client accepts none. With a ``chance`` the body is generated from it, without one the answer is
        the same every time. An ``example`` is asked for by name.
        """
        if example is None or not response.content:
            media_type = negotiate(accept, response.content)
        else:
            named = [media for media in response.content if _named(media, example)]
            media_type = negotiate(accept, tuple(named) or response.content)
        if media_type is None and response.content:
            if not lenient:
                return not_acceptable(
                    accept, response.key, [media.name for media in response.content]
                )
            media_type = response.content[0]
        answer = self._in(media_type, operation, response, status, example, chance)
        if answer.error == "impossible-answer" and example is None:
            return self._otherwise(answer, media_type, operation, response, status, accept, chance)
        return answer

    def holding(
        self,
        operation: Operation,
        response: Response,
        status: int,
        accept: bytes | None,
        make: Callable[[MediaType], object],
    ) -> Answer | None:
        """Return the documented answer with a value of somebody else's in the media type that the client accepts.

        ``None`` where the answer has no body, the client accepts none, or no value fits: the document's own is due then.
        """
        media_type = negotiate(accept, response.content)
        if media_type is None or status in (204, 304):
            return None
        try:
            body = encode_body(make(media_type), media_type, self._api.schemas)
        except (Unsatisfiable, EncodeError):
            return None
        head = (b"content-type", _content_type(media_type))
        headers = (head, *self.headers(operation, response))
        place = self._api.document.place(media_type.schema or media_type.location)
        return Answer(HttpResponse(status, headers, body), "", place)

    def _in(
        self,
        media_type: MediaType | None,
        operation: Operation,
        response: Response,
        status: int,
        example: str | None,
        chance: Chance | None,
    ) -> Answer:
        """Return an answer in a chosen media type, kept where it does not vary."""
        if chance is not None and example is None:
            return self._make(operation, response, status, media_type, None, chance)
        key = (operation.name, response.key, status, media_type.name if media_type else "", example)
        if (kept := self._kept.get(key)) is None:
            kept = self._make(operation, response, status, media_type, example, None)
            if kept.error != "no-such-example":  # names that clients invent would fill the memory
                self._kept[key] = kept
        return kept

    def _otherwise(
        self,
        impossible: Answer,
        media_type: MediaType | None,
        operation: Operation,
        response: Response,
        status: int,
        accept: bytes | None,
        chance: Chance | None,
    ) -> Answer:
        """Return an answer in another media type that the client accepts, else the static one in the same.

        Frameworks document every answer as ``text/plain``, ``application/json`` and ``text/json``, whatever its schema.
        """
        left = tuple(media for media in response.content if media is not media_type)
        while (other := negotiate(accept, left)) is not None:
            answer = self._in(other, operation, response, status, None, chance)
            if answer.error is None:
                return answer
            left = tuple(media for media in left if media is not other)
        static = self._in(media_type, operation, response, status, None, None)
        return impossible if static.error else static

    def _make(
        self,
        operation: Operation,
        response: Response,
        status: int,
        media_type: MediaType | None,
        example: str | None,
        chance: Chance | None,
    ) -> Answer:
        """Make an answer in a chosen media type."""
        place = self._api.document.place(response.location)
        try:
            headers = self.headers(operation, response)
            # RFC 9110 §6.4.1: no content in 1xx, 204 and 304, whatever the document has.
            if status < 200 or status in (204, 304):
                return Answer(HttpResponse(status, headers), "no body", place)
            if media_type is None:
                return Answer(HttpResponse(status, (_EMPTY, *headers)), "no body", place)
            if example is not None and not _named(media_type, example):
                return _no_such_example(operation, response, status, example)
            ready = self._ready(media_type, status, example, chance)
            body = ready.text
            if body is None:
                body = encode_body(ready.value, media_type, self._api.schemas)
        except (Unsatisfiable, EncodeError) as error:
            return _impossible(operation, status, str(error), place)
        head = (b"content-type", _content_type(media_type))
        answer = HttpResponse(status, (head, *headers), body)
        return Answer(answer, ready.rule, ready.place, ready.violations)

    def _ready(
        self, media_type: MediaType, status: int, example: str | None, chance: Chance | None
    ) -> "_Ready":
        """Return what the body holds, and why."""
        if example is not None:
            named = _named(media_type, example)
            assert named is not None  # the caller looked
            broken = tuple(self._judge.judge_example(media_type, named, "response"))
            return self._shown(named, f"example {example!r}", broken)
        examples = () if self._ignore_examples else media_type.examples
        schema = content_schema(media_type)
        # Fresh or not: where there is no schema, nothing but an example says what the body is.
        for ready in examples if chance is None or schema is None else ():
            if not self._judge.judge_example(media_type, ready, "response"):
                rule = f"example {ready.name!r}" if ready.name and chance is None else "example"
                return self._shown(ready, rule)
        place = self._api.document.place(schema or media_type.location)
        if schema is None:
            name = essence(media_type.name)
            is_structured = is_json(name) or name.endswith("xml") or "*" in name
            return _Ready({} if is_structured else "", "no schema", place)
        value = generate_content(
            self._api,
            media_type,
            "response",
            chance=chance,
            fill_properties=self._fill_properties,
        )
        if essence(media_type.name) == _PROBLEM and isinstance(value, dict) and "status" in value:
            told = {**value, "status": status}
            if not self._judge.judge_value(schema, told, "response"):
                value = told
        return _Ready(value, "generated" if chance is None else "generated afresh", place)

    def _shown(
        self, example: Example, rule: str, violations: tuple[Violation, ...] = ()
    ) -> "_Ready":
        """Return an example as a body; one that is written as it is sent is sent so."""
        text = None if example.serialized is None else example.serialized.encode("utf-8", "replace")
        place = self._api.document.place(example.location)
        return _Ready(example.value, rule, place, violations, text)

    def headers(self, operation: Operation, response: Response) -> tuple[HeaderPair, ...]:
        """Return the documented headers of an answer, each with its example or a static value."""
        key = (operation.name, response.key)
        if (kept := self._headers.get(key)) is None:
            pairs = (self._header(header) for header in response.headers)
            kept = self._headers[key] = tuple(pair for pair in pairs if pair)
        return kept

    def challenge(self, operation: Operation, told: bytes) -> bytes:
        """Return a challenge as the documented 401 wants it: with a realm, or as the document has it, where it is picky."""
        key = (operation.name, told)
        if (kept := self._challenges.get(key)) is None:
            kept = self._challenges[key] = self._fitting_challenge(operation, told)
        return kept

    def _fitting_challenge(self, operation: Operation, told: bytes) -> bytes:
        response = find_response(operation, 401)
        headers = response.headers if response else ()
        header = next((one for one in headers if one.name.lower() == "www-authenticate"), None)
        if response is None or header is None:
            return told
        realm = b'%b realm="mock"' % told if b" " not in told else b'%b, realm="mock"' % told
        for candidate in (told, realm):
            if not judge_header(header, candidate, self._api):
                return candidate
        documented = dict(self.headers(operation, response))
        return documented.get(b"www-authenticate", told)

    def _header(self, header: Parameter) -> HeaderPair | None:
        """Return one documented header on the wire, ``None`` where it must not or cannot be sent."""
        name = header.name.lower()
        if name in _NEVER_GENERATED:
            return None
        schema = header.schema or (header.content.schema if header.content else None)
        value: object = "string"
        ready = next(iter(header.examples), None)
        if ready is not None and ready.serialized is not None:
            wire = ready.serialized.encode("latin-1", "replace")
            return (name.encode("latin-1"), wire) if _is_field_value(wire) else None
        if ready is not None and not (
            schema and self._judge.judge_value(schema, ready.value, "response")
        ):
            value = ready.value
        elif name in _BY_HTTP and not judge_header(header, _BY_HTTP[name], self._api):
            return name.encode("latin-1"), _BY_HTTP[name]
        elif schema is not None:
            try:
                value = generate(self._api.schemas, schema, "response", chance=None)
            except Unsatisfiable:
                return None
        wire = write_header(header, value)
        if wire != wire.strip() and ready is None:
            # Whoever reads it strips it (RFC 9110 §5.5), and a pattern such as ^Bearer\s is then broken.
            longer = wire + b"string"
            wire = wire.strip() if judge_header(header, longer.strip(), self._api) else longer
        return (name.encode("latin-1"), wire) if _is_field_value(wire) else None


TITLES = {
    "bad-patch": "The patch cannot be applied",
    "forbidden": "The credential does not grant this",
    "impossible-answer": "The document asks for the impossible",
    "injected-fault": "The fixtures ask for this fault",
    "invalid-answer": "The answer breaks the document",
    "invalid-request": "The request breaks the document",
    "item-exists": "The resource has such an item",
    "method-not-allowed": "The path has no such method",
    "no-such-case": "The fixtures have no such case any more",
    "no-such-answer": "The document has no such answer",
    "no-such-example": "The document has no such example",
    "no-such-item": "The resource has no such item",
    "no-such-operation": "The document has no such path",
    "not-acceptable": "The answer has no acceptable media type",
    "patch-conflict": "The patch expects another value",
    "rate-limited": "Too many requests",
    "resource-full": "The session keeps no more items",
    "interim-status": "Not a final status",
    "sequence-exhausted": "The scenario's sequence is over",
    "unauthorized": "The request bears no accepted credential",
    "unknown-scenario": "The fixtures have no such scenario",
    "unsupported-media-type": "The request's media type is not documented",
}
"""Title of every problem that a decision can be (RFC 9457 §3.1.3), by slug."""


def problem_answer(
    status: int,
    slug: str,
    detail: str,
    *,
    members: Mapping[str, object] | None = None,
    headers: Sequence[HeaderPair] = (),
) -> Answer:
    """Return one of the mock's own problems as an answer."""
    response = problem(status, slug, TITLES[slug], detail, members=members, headers=headers)
    return Answer(response, slug, error=slug)


def _named(media_type: MediaType, name: str) -> Example | None:
    return next((example for example in media_type.examples if example.name == name), None)


def _content_type(media_type: MediaType) -> bytes:
    """Return what is sent as ``Content-Type``; a document may have a key that no header can hold."""
    name = sent_as(media_type.name).encode("latin-1", "replace")
    return name if _is_field_value(name) else b"application/octet-stream"


def _is_field_value(value: bytes) -> bool:
    """Tell whether a value can stand in a header (RFC 9110 §5.5): a line break makes servers drop the connection."""
    return not any((byte < 0x20 and byte != 0x09) or byte == 0x7F for byte in value)


def not_acceptable(accept: bytes | None, status: str, offered: Sequence[str]) -> Answer:
    """Return the problem for an answer in none of the media types that the client accepts (RFC 9110 §15.5.7)."""
    return problem_answer(
        406,
        "not-acceptable",
        f"Accept is {(accept or b'').decode('latin-1')[:200]!r}; {status} offers {', '.join(offered)}",
        members={"offered": list(offered)},
    )


def _no_such_example(operation: Operation, response: Response, status: int, example: str) -> Answer:
    names = [ready.name for media in response.content for ready in media.examples if ready.name]
    hint = did_you_mean(example, names)
    return problem_answer(
        404,
        "no-such-example",
        f"{operation.name} has no example {example!r} for {status}" + (f"; {hint}" if hint else ""),
        members={"examples": names},
    )


def _impossible(operation: Operation, status: int, reason: str, place: Place | None) -> Answer:
    where = f" ({place})" if place else ""
    return problem_answer(
        500,
        "impossible-answer",
        f"{operation.name} {status}{where}: {reason}",
    )
