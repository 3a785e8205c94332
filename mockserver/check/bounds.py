"""Documented bounds and types: just inside is accepted, just outside refused. The schema's own validator is the judge of which is which."""

import json
from collections.abc import Iterator, Mapping
from functools import partial
from typing import NamedTuple

from mockserver.check.conduct import good_status
from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.requests import succeeded, with_header
from mockserver.check.runner import Run
from mockserver.generation.flatten import Flat, flatten, schema_in, types_of
from mockserver.generation.values import Unsatisfiable, generate
from mockserver.json_values import JsonError, decode_json
from mockserver.schemas import Schema, Validator
from mockserver.spec.model import Direction, Location, MediaType, Operation, Parameter
from mockserver.validation.media_types import essence, is_json

REFUSALS = (400, 404, 405, 409, 413, 414, 415, 422)
_LEVELS = 4
# A whole query string (OpenAPI 3.2) is no single value.
_PARTS = {"path": "path", "query": "query", "header": "headers", "cookie": "cookies"}
_FORMATS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "date": (("2024-02-29", "1999-12-31"), ("not-a-date", "2026-02-30", "2026-13-01", "29.02.2024", "2024-02-29T00:00:00Z")),
    "date-time": (("2024-02-29T23:59:59Z", "2024-02-29T23:59:59.123+02:00"), ("not-a-date", "2026-02-30T00:00:00Z", "2024-02-29")),
    "uuid": (("f81d4fae-7dec-11d0-a765-00a0c91e6bf6",), ("not-a-uuid", "f81d4fae-7dec-11d0-a765")),
    "email": (("a@b.example",), ("no-at-sign",)),
}  # fmt: skip


class Variant(NamedTuple):
    """A value changed in one place; ``fair`` ones must be accepted where the schema accepts them."""

    label: str
    value: object
    fair: bool = True


def bound_probes(run: Run) -> Iterator[Probe]:
    """Yield a probe for each parameter and each body."""
    for operation in run.api.operations:
        for parameter in operation.parameters:
            if parameter.schema is not None and parameter.location in _PARTS:
                name = f"bounds of {parameter.location} {parameter.name}"
                yield Probe(
                    "validation",
                    name,
                    operation,
                    partial(_parameter, run, operation, parameter, parameter.schema),
                    run.api.document.place(parameter.at),
                )
        media = json_media(operation)
        if media is not None and media.schema is not None:
            yield Probe(
                "validation",
                "bounds of the body",
                operation,
                partial(_body, run, operation, media.schema),
            )
        if media is not None:
            yield Probe(
                "validation",
                "bodies that are no JSON, and of another type",
                operation,
                partial(_texts, run, operation, media),
            )


def json_media(operation: Operation) -> MediaType | None:
    """Return the JSON media type of an operation's body."""
    content = operation.request_body.content if operation.request_body else ()
    return next((one for one in content if is_json(essence(one.name))), None)


def flat_of(run: Run, schema: Schema, direction: Direction = "request") -> Flat:
    """Return the flat form of a converted schema."""
    return flatten(schema, lambda reference: run.api.schemas.resolve(reference, direction))


def _parameter(run: Run, operation: Operation, parameter: Parameter, schema: Location) -> None:
    good_status(run, operation)
    validator = run.api.schemas.validator(schema, "request")
    flat = flat_of(run, run.api.schemas.schema(schema, "request"))
    types = types_of(flat.keywords) or []
    if {"array", "object"} & set(types):
        raise Skip("the parameter is no single value")
    part = _PARTS[parameter.location]
    name = parameter.name.lower() if part == "headers" else parameter.name
    values = [
        one
        for one in _scalars(flat, _example(run, schema))
        if isinstance(one.value, str | int | float) and not isinstance(one.value, bool)
    ]
    if "string" not in types and {"integer", "number"} & set(types):
        values = [one for one in values if not isinstance(one.value, str)]
        values += [
            Variant("no number", text, fair=False) for text in ("abc", "1x", "NaN", "null", "1,5")
        ]
        if "number" not in types:
            values += [Variant("no integer", text, fair=False) for text in ("1.5", "1e400")]
    elif "boolean" in types and "string" not in types:
        values += [Variant("no boolean", text, fair=False) for text in ("maybe", "2")]
    else:
        values = [one for one in values if isinstance(one.value, str)]
    for variant in values:
        value = variant.value
        if part in ("path", "headers") and (value == "" or not _plain(value)):
            continue
        request, token = run.requests.good(operation)
        request = run.requests.set(operation, request, {(part, name): value})
        inside = validator.is_valid(value)
        alien = not inside or not variant.fair
        exchange = run.send(operation, request, token=token, alien=alien)
        what = f"{parameter.location} {parameter.name} = {value!r:.60} ({variant.label})"
        if inside and part == "path":
            continue  # such an id is no one's
        _judge(run, exchange, what, inside=inside, fair=variant.fair, place=schema)


def _example(run: Run, location: Location) -> object:
    """Return a value that a schema accepts, ``None`` where none is found."""
    try:
        return generate(run.api.schemas, location, "request", chance=None)
    except Unsatisfiable:
        return None


def _plain(value: object) -> bool:
    text = str(value)
    return (
        text == text.strip()
        and text.isascii()
        and text.isprintable()
        and not {"/", "?", "#", "%"} & set(text)
    )


def _judge(
    run: Run, exchange: Exchange, what: str, *, inside: bool, fair: bool, place: Location
) -> None:
    answer = exchange.answer
    if answer is None or answer.status in (401, 403, 429) or answer.status >= 500:
        return
    at = run.api.document.place(place)
    if inside:
        if fair:
            run.expect(
                answer.status not in (400, 404, 413, 415, 422), exchange, "good-refused",
                f"{what} is accepted", f"it is refused with {answer.status}", "the document's schema", at,
            )  # fmt: skip
    else:
        run.expect(
            answer.status in REFUSALS, exchange, "bad-accepted",
            f"{what} is refused with 400 or 422", f"the status is {answer.status}", "the document's schema", at,
        )  # fmt: skip


def _body(run: Run, operation: Operation, location: Location) -> None:
    good_status(run, operation)
    validator = run.api.schemas.validator(location, "request")
    schema = run.api.schemas.schema(location, "request")
    drawn = decode_json(run.requests.good(operation)[0].body)
    for path, variant in _changes(run, schema, drawn, (), _LEVELS):
        request, token = run.requests.good(operation)
        value = _changed(path, variant.value, decode_json(request.body))
        request = run.requests.with_body(operation, request, value)
        inside = validator.is_valid(value)
        alien = not inside or not variant.fair
        exchange = run.send(operation, request, token=token, alien=alien)
        shown = json.dumps(_shown(variant.value), ensure_ascii=False)[:60]
        _judge(
            run,
            exchange,
            f"a body with {_pointer(path)} = {shown} ({variant.label})",
            inside=inside,
            fair=variant.fair,
            place=location,
        )


class _Absent:
    """Stands for a member that is left out."""


ABSENT = _Absent()


def _shown(value: object) -> object:
    return "nothing" if value is ABSENT else value


def _pointer(path: tuple[str, ...]) -> str:
    return "/" + "/".join(path) if path else "the root"


def _changed(path: tuple[str, ...], new: object, base: object) -> object:
    """Return a value with another member at a path; an object on the way that is not there is made."""
    if not path:
        return new
    first, *rest = path
    found = dict(base) if isinstance(base, dict) else {}
    if not rest and new is ABSENT:
        found.pop(first, None)
    else:
        found[first] = _changed(tuple(rest), new, found.get(first))
    return found


def _changes(
    run: Run, schema: Schema, base: object, path: tuple[str, ...], levels: int
) -> Iterator[tuple[tuple[str, ...], Variant]]:
    flat = flat_of(run, schema)
    for variant in _scalars(flat, base):
        yield path, variant
    types = types_of(flat.keywords) or []
    if levels and ("object" in types or flat.properties):
        for name in flat.properties:
            if flat_of(run, schema_in(flat.properties[name])).keywords.get("readOnly"):
                continue  # to refuse or to ignore it, both are right
            inner = base.get(name) if isinstance(base, dict) else None
            yield (*path, name), Variant("left out", ABSENT)
            yield from _changes(
                run, schema_in(flat.properties[name]), inner, (*path, name), levels - 1
            )
        yield (*path, "mockserverUnknown"), Variant("a member that nobody described", 1, fair=False)
    items = flat.keywords.get("items")
    if levels and isinstance(items, dict):
        inner = base[0] if isinstance(base, list) and base else None
        for inner_path, variant in _changes(run, items, inner, (), levels - 1):
            if not inner_path and variant.value is not ABSENT:
                yield path, Variant(f"an item {variant.label}", [variant.value], variant.fair)


def _scalars(flat: Flat, base: object) -> Iterator[Variant]:
    """Yield values around the bounds of flat keywords, and of every other type."""
    keywords = flat.keywords
    types = types_of(flat.keywords) or []
    others: tuple[object, ...] = (None, True, 12345, 1.5, "text", [], {}, "12", [1])
    if types:
        yield from (Variant("another type", value, fair=False) for value in others)
    if "string" in types:
        yield from _strings(keywords, base)
    if {"integer", "number"} & set(types):
        yield from _numbers(keywords, "integer" if "number" not in types else "number")
    if "array" in types:
        yield from _arrays(keywords, base)
    if "null" in types:
        yield Variant("null", None)
    if "boolean" in types:
        yield from (Variant("boolean", value) for value in (True, False))
    enum = keywords.get("enum")
    if isinstance(enum, list):
        yield from (Variant("of the enum", value) for value in enum)
        texts = [value for value in enum if isinstance(value, str)]
        if texts:
            yield from (
                Variant("not of the enum", value, fair=False)
                for value in (
                    "mockserver-unknown",
                    texts[0].swapcase(),
                    texts[0] + "x",
                    texts[0][:-1],
                    "",
                )
            )


def _integer(value: object) -> int | None:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _strings(keywords: Mapping[str, object], base: object) -> Iterator[Variant]:
    low, high = _integer(keywords.get("minLength")), _integer(keywords.get("maxLength"))
    pattern, form = keywords.get("pattern"), keywords.get("format")
    if "enum" in keywords:
        return
    odd = ("\x00", "\u202e\ufeff\u0301", "a" * 20_000, "\U0001f680" * 9, "'\"<!--%s${x}{{x}}\\")
    yield from (Variant("an odd text", value, fair=False) for value in odd)
    if pattern is None and form is None:
        if low:
            yield Variant("one character too short", "a" * (low - 1))
            yield Variant("as short as may be", "a" * low)
        if high is not None and high < 100_000:
            yield Variant("as long as may be", "a" * high)
            yield Variant("one character too long", "a" * (high + 1))
            yield Variant("as long as may be, in letters of another script", "ж" * high)
            yield Variant("too long by half", "a" * (high * 2 + 1))
    if isinstance(pattern, str) and isinstance(base, str) and base:
        around = (
            base + "x",
            "x" + base,
            base[:-1],
            base[1:],
            base.swapcase(),
            base + base,
            base + "\n",
            base + "-",
            base + " ",
            " " + base,
            "",
            "!" + base[1:],
            base[:-1] + "!",
            base[:-1] + "é",
            base[:-1] + "٣",
            base + "0" * 30,
            base.replace("-", ""),
            base.replace("-", "_"),
        )
        yield from (Variant("around the pattern", value) for value in dict.fromkeys(around))
    if isinstance(form, str) and form in _FORMATS:
        good, bad = _FORMATS[form]
        yield from (Variant(f"a {form}", value) for value in good)
        yield from (Variant(f"no {form}", value, fair=False) for value in bad)


def _numbers(keywords: Mapping[str, object], kind: str) -> Iterator[Variant]:
    step = 1 if kind == "integer" else 0.01
    for name, sign in (
        ("minimum", -1),
        ("maximum", 1),
        ("exclusiveMinimum", -1),
        ("exclusiveMaximum", 1),
    ):
        bound = keywords.get(name)
        if not isinstance(bound, int | float) or isinstance(bound, bool) or abs(bound) > 2**53:
            continue
        limit = int(bound) if kind == "integer" or float(bound).is_integer() else bound
        yield Variant(f"at {name}", limit)
        yield Variant(f"inside {name}", limit - sign * step)
        yield Variant(f"beyond {name}", limit + sign * step)
        yield Variant(f"far beyond {name}", limit + sign * 1_000_000)
    huge = (2**31, 2**53 + 1, 2**63, -(2**63) - 1, 10**30, -(10**30))
    yield from (Variant("a huge number", value, fair=False) for value in huge)
    divisor = keywords.get("multipleOf")
    if isinstance(divisor, int | float):
        yield Variant("no multiple", divisor * 1.5)


def _arrays(keywords: Mapping[str, object], base: object) -> Iterator[Variant]:
    low, high = _integer(keywords.get("minItems")), _integer(keywords.get("maxItems"))
    item = base[0] if isinstance(base, list) and base else "a"
    many = [_other(item, number) for number in range((high or 3) + 1)]
    yield Variant("empty", [])
    if low:
        yield Variant("one item too few", many[: low - 1])
        yield Variant("as few as may be", many[:low])
    if high is not None and high < 1000:
        yield Variant("as many as may be", many[:high])
        yield Variant("one item too many", many)
    if keywords.get("uniqueItems"):
        yield Variant("the same item twice", [item, item])


def _other(item: object, number: int) -> object:
    """Return a value like another, but different by number."""
    if isinstance(item, str):
        return (
            f"{item[:-1]}{'abcdefghijklmnopqrstuvwxyz0123456789'[number % 36]}"
            if item
            else str(number)
        )
    if isinstance(item, int | float) and not isinstance(item, bool):
        return item + number
    return item


def _texts(run: Run, operation: Operation, media: MediaType) -> None:
    """Bodies that cannot be read, and media types that are not the documented one."""
    good_status(run, operation)
    raw = run.requests.good(operation)[0].body
    broken = [
        b"{",
        b"",
        b"nonsense",
        raw[:-1],
        raw + b"}",
        raw + b"x",
        b"[" * 5000,
        raw[:-1] + b",}",
        b"{'a': 1}",
        b'{"a": NaN}',
        raw.replace(b'": "', b'": "\xff\xfe', 1),
        b"\x00",
        b'"',
        b"[]",
        b"null",
        b"1",
        b'"text"',
        b"{}",
    ]
    validator = run.api.schemas.validator(media.schema, "request") if media.schema else None
    for body in dict.fromkeys(broken):
        if _is_good(body, validator):
            continue
        if not body and not (operation.request_body and operation.request_body.required):
            continue
        request, token = run.requests.good(operation)
        exchange = run.send(operation, request._replace(body=body), token=token, alien=True)
        _judge(
            run, exchange, f"the body {body[:30]!r}", inside=False, fair=False, place=media.location
        )
    names = {
        essence(one.name)
        for one in (operation.request_body.content if operation.request_body else ())
    }
    if any("*" in name for name in names):
        return
    for name in (
        "application/json",
        "text/plain",
        "application/xml",
        "application/x-www-form-urlencoded",
        "text/html",
        "application/octet-stream",
        "multipart/form-data; boundary=x",
        "application/jsonx",
        "image/png",
    ):
        if essence(name) not in names:
            request, token = run.requests.good(operation)
            exchange = run.send(
                operation, with_header(request, "content-type", name), token=token, alien=True
            )
            _judge(
                run,
                exchange,
                f"Content-Type {name}",
                inside=False,
                fair=False,
                place=media.location,
            )
    for name in (
        f"{media.name}; charset=utf-8",
        media.name.upper(),
        f"{media.name};charset=UTF-8",
        f'{media.name}; charset="utf-8"',
    ):
        request, token = run.requests.good(operation)
        exchange = run.send(operation, with_header(request, "content-type", name), token=token)
        run.expect(
            succeeded(exchange) or exchange.answer is None, exchange, "good-refused",
            f"Content-Type {name} is accepted", f"the status is {exchange.answer.status if exchange.answer else 0}", "RFC 9110 §8.3.1",
        )  # fmt: skip


def _is_good(body: bytes, validator: Validator | None) -> bool:
    try:
        value = decode_json(body)
    except JsonError:
        return False
    return validator is None or validator.is_valid(value)
