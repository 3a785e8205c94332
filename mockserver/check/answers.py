"""What every answer must be, whatever was asked: HTTP, JSON and bearer rules, and the document."""

import re
from collections.abc import Iterator, Mapping
from email.utils import parsedate_to_datetime
from typing import cast

from mockserver.check.model import Exchange, Failure, HttpAnswer
from mockserver.fixtures.contract import Contract
from mockserver.json_values import JsonError, decode_json
from mockserver.messages import HttpResponse
from mockserver.schemas import Schema, SchemaProblem, Validator, compile_schema
from mockserver.spec.model import Location, Operation, find_response
from mockserver.validation.media_types import essence, is_json, select_content
from mockserver.validation.validate import Judge

_SINGLE = (
    *("content-type", "content-length", "location", "etag", "date", "last-modified", "retry-after"),
    *("age", "expires", "access-control-allow-origin", "content-range"),
)
_DATES = ("date", "last-modified")
_FIELD_NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_MEDIA_TYPE = re.compile(
    r"[\w!#$&^.+*-]+/[\w!#$&^.+*-]+(\s*;\s*([\w!#$&^.+*'-]+=(\"[^\"]*\"|[\w!#$&^.+*'-]+))?)*",
    re.ASCII,
)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_ETAG = re.compile(r'(W/)?"[\x21\x23-\x7e\x80-\xff]*"')
_CHALLENGE = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+( +[^\s].*)?")
_ERROR = re.compile(r"(?:^|[\s,])error=(\"[^\"]*\"|[^\s,]*)")
_BEARING = ("bearer", "oauth2", "openid")
_TRACES = re.compile(
    r"Traceback \(most recent call last\)|^\s+File \"[^\"]+\", line \d+|\n\s+at [\w.$<>]+\([\w.]+:\d+\)"
    r"|\n\s+at (?:async )?[\w.<> ]*\(?/[^)\n]+:\d+:\d+\)?|SQLSTATE\[|ORA-\d{5}|panic: .*\n|goroutine \d+ \["
    r"|Exception in thread|System\.\w+Exception|psycopg|sqlite3\.|node_modules/|site-packages/",
    re.MULTILINE,
)


class AnswerRules:
    """Judges answers to one contract."""

    def __init__(self, contract: Contract, judge: Judge) -> None:
        self._api = contract.api
        self._policy = contract.fixtures.policy
        self._judge = judge
        self._compiled: dict[tuple[Location, bool], Validator | None] = {}

    def judge(
        self, operation: Operation | None, exchange: Exchange, *, alien: bool
    ) -> Iterator[Failure]:
        """Yield what is wrong with an answer as such.

        ``alien``: the request was no good one, so an undocumented 4xx is free.
        """
        answer = exchange.answer
        if answer is None:
            yield Failure("no-answer", "every request is answered", exchange.error, "RFC 9110 §3.4")
            return
        yield from _framing(answer)
        yield from _fields(exchange)
        yield from _media(exchange)
        yield from _statuses(exchange)
        yield from _trace(answer)
        if operation is not None:
            yield from self._latency(operation, answer)
            yield from self._challenges(operation, exchange)
            if exchange.request.method == operation.method:
                yield from self._documented(operation, exchange, alien=alien)

    def _policy_of(self, operation: Operation) -> Mapping[str, object]:
        policy = self._policy.get(operation.name)
        return policy if isinstance(policy, dict) else {}

    def _latency(self, operation: Operation, answer: HttpAnswer) -> Iterator[Failure]:
        limit = latency_limit(self._policy_of(operation))
        if limit is not None and answer.seconds > limit:
            yield Failure(
                "too-slow", f"an answer within {limit:g} s", f"it took {answer.seconds:.1f} s",
                "policy max_latency of the fixtures", operation.place,
            )  # fmt: skip

    def _challenges(self, operation: Operation, exchange: Exchange) -> Iterator[Failure]:
        answer = cast("HttpAnswer", exchange.answer)
        values = answer.values("www-authenticate")
        if answer.status == 403 and (found := _ERROR.search(", ".join(values))):
            error = found[1].strip('"')
            if error in ("invalid_token", "invalid_request"):
                yield Failure(
                    "challenge-error", "a token that lacks a scope is called insufficient_scope",
                    f"WWW-Authenticate names {error}", "RFC 6750 §3.1",
                )  # fmt: skip
        if answer.status != 401:
            return
        schemes = [one.scheme for alternative in operation.security for one in alternative]
        named = {
            name
            for one in schemes
            if one.type != "apiKey"
            for name in (_BEARING if one.type in ("oauth2", "openIdConnect") else (one.scheme,))
        }
        text = ", ".join(values)
        if (
            named
            and values
            and not any(
                re.search(rf"(^|,\s*){re.escape(name)}(\s|,|$)", text, re.IGNORECASE)
                for name in named
            )
        ):
            yield Failure(
                "challenge-scheme", f"WWW-Authenticate names {' or '.join(sorted(named))}",
                f"it is {text[:80]!r}", "RFC 9110 §11.6.1",
            )  # fmt: skip
        if "bearer" not in named or not (found := _ERROR.search(text)):
            return
        error = found[1].strip('"')
        sent = exchange.request.header(b"authorization")
        if sent is None:
            yield Failure(
                "challenge-error", "a request without credential is challenged without an error code",
                f"WWW-Authenticate is {text[:80]!r}", "RFC 6750 §3",
            )  # fmt: skip
        elif error not in ("invalid_token", "invalid_request"):
            yield Failure(
                "challenge-error", "a refused token is called invalid_token",
                f"WWW-Authenticate is {text[:80]!r}", "RFC 6750 §3.1",
            )  # fmt: skip

    def _documented(
        self, operation: Operation, exchange: Exchange, *, alien: bool
    ) -> Iterator[Failure]:
        answer = cast("HttpAnswer", exchange.answer)
        policy = self._policy_of(operation)
        documented = find_response(operation, answer.status)
        if documented is None:
            refused = policy.get("undocumented_statuses") == "refuse"
            if alien and 400 <= answer.status < 500:
                return
            if answer.status in (500, 501, 505) and alien:
                return  # said by the rule for 5xx
            known = ", ".join(operation.responses)
            yield Failure(
                "undocumented-status", f"a documented status: {known}", f"it is {answer.status}",
                "policy undocumented_statuses" if refused else "the document's responses", operation.place,
            )  # fmt: skip
            return
        response = HttpResponse(answer.status, answer.headers, answer.body)
        for violation in self._judge.judge_response(operation, response):
            where = "/".join(map(str, violation.location))
            yield Failure(
                f"schema-{violation.keyword}", "the answer fits the document",
                f"{where}: {violation.message}", "the document's response", violation.place,
            )  # fmt: skip
        if answer.status in (204, 304) or not answer.body:
            return
        if not documented.content:
            return
        media = select_content(documented.content, answer.header("content-type"))
        if media is None or media.schema is None or not is_json(essence(media.name)):
            return
        try:
            value = decode_json(answer.body)
        except JsonError:
            return
        place = self._api.document.place(media.schema)
        strict = self._validator(media.schema, closed=False)
        if strict is not None:
            for broken in strict.violations(value)[:5]:
                if broken.keyword == "format":
                    yield Failure(
                        "schema-format", "values have their documented format",
                        f"/{'/'.join(map(str, broken.instance_path))}: {broken.message}",
                        "the document's response", place,
                    )  # fmt: skip
        if policy.get("undocumented_fields") == "refuse":
            closed = self._validator(media.schema, closed=True)
            if closed is not None and not closed.is_valid(value):
                plain = self._api.schemas.validator(media.schema, "response")
                if plain.is_valid(value):
                    first = closed.violations(value)[0]
                    yield Failure(
                        "undocumented-field", "only documented fields",
                        f"/{'/'.join(map(str, first.instance_path))}: {first.message}",
                        "policy undocumented_fields", place,
                    )  # fmt: skip

    def _validator(self, location: Location, *, closed: bool) -> Validator | None:
        key = (location, closed)
        if key not in self._compiled:
            bundle = self._api.schemas.bundle(location, "response")
            if closed:
                bundle = cast("dict[str, object]", _closed(bundle, open_too=_combined(bundle)))
            try:
                self._compiled[key] = compile_schema(cast("Schema", bundle), formats=not closed)
            except SchemaProblem:
                self._compiled[key] = None
        return self._compiled[key]


def latency_limit(policy: Mapping[str, object]) -> float | None:
    """Return the seconds that an answer may take by the fixtures' ``max_latency``."""
    return seconds(str(policy["max_latency"])) if "max_latency" in policy else None


def seconds(text: str) -> float:
    """Return a duration such as ``900ms`` in seconds; its form was checked at load."""
    found = re.fullmatch(r"([0-9.]+)(ms|s|m)", text)
    return float(found[1]) * _SECONDS[found[2]] if found else float(text)


def _framing(answer: HttpAnswer) -> Iterator[Failure]:
    for text in answer.problems:
        found, _, section = text.rpartition(" (")
        yield Failure("framing", "the framing is true", found, section.rstrip(")"))
    if answer.status == 204 or answer.status < 200:
        for name in ("content-length", "transfer-encoding"):
            if answer.values(name):
                yield Failure(
                    "framing", f"a {answer.status} has no {name}", "it has one",
                    "RFC 9110 §8.6" if name == "content-length" else "RFC 9112 §6.1",
                )  # fmt: skip
    if answer.status == 205 and answer.body:
        yield Failure("framing", "a 205 has no content", "it has", "RFC 9110 §15.3.6")


def _fields(exchange: Exchange) -> Iterator[Failure]:
    answer = cast("HttpAnswer", exchange.answer)
    names = [name for name, _ in answer.headers]
    for name, value in answer.headers:
        if not _FIELD_NAME.fullmatch(name):
            yield Failure(
                "field-name", "names of headers are tokens", f"{name[:40]!r}", "RFC 9110 §5.1"
            )
        if any((byte < 32 and byte != 9) or byte == 127 for byte in value):
            yield Failure("field-value", "no control characters in headers", f"{name.decode('latin-1')} has one", "RFC 9110 §5.5")  # fmt: skip
    for single in _SINGLE:
        if names.count(single.encode()) > 1:
            yield Failure("repeated-field", f"one {single}", f"it is there {names.count(single.encode())} times", "RFC 9110 §5.3")  # fmt: skip
    for dated in _DATES:
        text = answer.header(dated)
        if text and not _is_date(text):
            yield Failure("date", f"{dated} is an HTTP date", repr(text[:60]), "RFC 9110 §5.6.7")
    etag = answer.values("etag")
    if etag and not _ETAG.fullmatch(etag[0]):
        yield Failure("etag", "an entity tag is quoted", repr(etag[0][:60]), "RFC 9110 §8.8.3")
    retry = answer.header("retry-after")
    if retry and not retry.isdigit() and not _is_date(retry):
        yield Failure(
            "retry-after", "seconds or an HTTP date", repr(retry[:60]), "RFC 9110 §10.2.3"
        )
    allow = answer.header("access-control-allow-origin")
    if answer.header("access-control-allow-credentials").lower() == "true":
        origin = exchange.request.header(b"origin")
        if allow == "*" or (origin and allow == origin.decode("latin-1") and "evil" in allow):
            yield Failure(
                "cors-credentials", "credentials are not allowed to every origin",
                f"Access-Control-Allow-Origin {allow} with Access-Control-Allow-Credentials true",
                "Fetch §3.2.5",
            )  # fmt: skip
    coding = answer.header("content-encoding").lower()
    accepted = (exchange.request.header(b"accept-encoding") or b"identity").decode("latin-1")
    if coding and coding != "identity" and coding not in accepted and "*" not in accepted:
        yield Failure("content-coding", "no content coding that was not asked for", coding, "RFC 9110 §12.5.3")  # fmt: skip
    if re.search(r"(^|[\s,])public\b", answer.header("cache-control")) and exchange.request.header(
        b"authorization"
    ):
        yield Failure("shared-cache", "an answer to a credential is not for shared caches", "Cache-Control: public", "RFC 6750 §5.3")  # fmt: skip


def _media(exchange: Exchange) -> Iterator[Failure]:
    answer = cast("HttpAnswer", exchange.answer)
    written = answer.header("content-type")
    if not answer.body:
        if (
            written
            and is_json(essence(written))
            and exchange.request.method != "HEAD"
            and answer.status not in (204, 304)
        ):
            yield Failure("json", "a JSON text", "the body is empty", "RFC 8259 §2")
        return
    if not written:
        yield Failure(
            "content-type", "content has a Content-Type", "there is none", "RFC 9110 §8.3"
        )
        return
    if not _MEDIA_TYPE.fullmatch(written):
        yield Failure(
            "content-type", "Content-Type is one media type", repr(written[:80]), "RFC 9110 §8.3.1"
        )
        return
    if not is_json(essence(written)):
        return
    charset = re.search(r"charset\s*=\s*\"?([^\";\s]+)", written, re.IGNORECASE)
    if charset and charset[1].lower() not in ("utf-8", "utf8"):
        yield Failure("json-charset", "JSON is UTF-8", written[:80], "RFC 8259 §8.1")
    if answer.body.startswith(b"\xef\xbb\xbf"):
        yield Failure("json-bom", "no byte order mark", "the text begins with one", "RFC 8259 §8.1")
    try:
        value = decode_json(answer.body)
    except JsonError as error:
        section = "§4" if error.name else "§8.1" if "UTF-8" in str(error) else "§2"
        yield Failure("json", "a JSON text", str(error), f"RFC 8259 {section}")
        return
    if essence(written) == "application/problem+json":
        if not isinstance(value, dict):
            yield Failure("problem", "a problem is an object", type(value).__name__, "RFC 9457 §3")
        elif (status := value.get("status", answer.status)) != answer.status:
            yield Failure("problem-status", f"the member status is {answer.status}", f"it is {status}", "RFC 9457 §3.1.2")  # fmt: skip


def _statuses(exchange: Exchange) -> Iterator[Failure]:
    answer, method = cast("HttpAnswer", exchange.answer), exchange.request.method
    status = answer.status
    if status >= 500 and not (
        (status == 501 and method not in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"))
        or (status == 505)
        or answer.header("x-mock-error")
    ):
        yield Failure("server-error", "no server error", f"it is {status}", "RFC 9110 §15.6")
    if not 200 <= status < 600:
        yield Failure("status", "a status from 200 to 599", f"it is {status}", "RFC 9110 §15")
    if status == 401 and not answer.values("www-authenticate"):
        yield Failure("challenge", "a 401 has WWW-Authenticate", "it has none", "RFC 9110 §15.5.2")
    for value in answer.values("www-authenticate"):
        if not _CHALLENGE.fullmatch(value.strip()) or re.search(r"=\s|error=[^\"\w]", value):
            yield Failure("challenge", "WWW-Authenticate is a challenge", repr(value[:80]), "RFC 9110 §11.6.1")  # fmt: skip
    if status == 405:
        if not answer.values("allow"):
            yield Failure("allow", "a 405 has Allow", "it has none", "RFC 9110 §15.5.6")
        elif method in re.split(r"[\s,]+", ",".join(answer.values("allow")).strip()):
            yield Failure("allow", f"Allow does not list the refused {method}", answer.header("allow"), "RFC 9110 §10.2.1")  # fmt: skip
    if status == 407 and not answer.values("proxy-authenticate"):
        yield Failure(
            "challenge", "a 407 has Proxy-Authenticate", "it has none", "RFC 9110 §15.5.8"
        )
    if status == 426 and not answer.values("upgrade"):
        yield Failure("upgrade", "a 426 has Upgrade", "it has none", "RFC 9110 §15.5.22")
    if status in (301, 302, 303, 307, 308) and not answer.values("location"):
        yield Failure("location", "a redirect has Location", "it has none", "RFC 9110 §15.4")


def _trace(answer: HttpAnswer) -> Iterator[Failure]:
    text = answer.body[:100_000].decode("utf-8", "replace")
    text += "".join(f"\n{value.decode('latin-1')}" for _, value in answer.headers)
    text = text.replace("\\n", "\n").replace('\\"', '"')
    if found := _TRACES.search(text):
        yield Failure("stack-trace", "no internals in answers", f"it has {found[0].strip()[:60]!r}", "CWE-209")  # fmt: skip


def _is_date(text: str) -> bool:
    if not re.fullmatch(r"[A-Z][a-z]{2}, \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT", text):
        return False
    try:
        parsedate_to_datetime(text)
    except ValueError:
        return False
    return True


def _combined(bundle: object) -> set[str]:
    """Return the references that stand in a branch of ``allOf``, ``anyOf`` or ``oneOf``: those must stay open."""
    found: set[str] = set()
    if isinstance(bundle, dict):
        for key, value in bundle.items():
            if key in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
                found |= {one["$ref"] for one in value if isinstance(one, dict) and "$ref" in one}
            found |= _combined(value)
    elif isinstance(bundle, list):
        for value in bundle:
            found |= _combined(value)
    return found


def _closed(schema: object, *, open_too: set[str], branch: bool = False) -> object:
    """Return a schema whose objects refuse what no keyword of theirs names."""
    if not isinstance(schema, dict):
        return schema
    found: dict[str, object] = {}
    for key, value in schema.items():
        if key in ("allOf", "anyOf", "oneOf") and isinstance(value, list):
            found[key] = [_closed(one, open_too=open_too, branch=True) for one in value]
        elif key == "$defs" and isinstance(value, dict):
            found[key] = {
                name: _closed(one, open_too=open_too, branch=f"#/$defs/{name}" in open_too)
                for name, one in value.items()
            }
        elif key in ("properties", "patternProperties") and isinstance(value, dict):
            found[key] = {name: _closed(one, open_too=open_too) for name, one in value.items()}
        elif key in ("items", "additionalProperties", "not"):
            found[key] = _closed(value, open_too=open_too)
        else:
            found[key] = value
    speaks = {"properties", "allOf", "anyOf", "oneOf"} & found.keys()
    if (
        not branch
        and speaks
        and not {"additionalProperties", "unevaluatedProperties", "not"} & found.keys()
    ):
        found["unevaluatedProperties"] = False
    return found
