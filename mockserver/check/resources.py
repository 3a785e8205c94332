"""Collections: what is created can be read, what is changed is changed and nothing else, what is deleted is gone."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from urllib.parse import unquote, urlsplit

from mockserver.check.bounds import ABSENT as LEFT_OUT, flat_of, json_media
from mockserver.check.collections import Collection, Made, status_of, value_of
from mockserver.check.listings import LISTING_PROBES
from mockserver.check.model import Exchange, Probe, Skip
from mockserver.check.nesting import NESTING_PROBES
from mockserver.check.promises import PROMISE_PROBES
from mockserver.check.requests import succeeded
from mockserver.check.runner import Run
from mockserver.check.shapes import (
    alike,
    answer_properties,
    body_properties,
    is_hidden,
    kept_members,
)
from mockserver.generation.flatten import types_of
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation

GONE = (404, 410)


def resource_probes(collections: Iterable[Collection]) -> Iterator[Probe]:
    """Yield the probes of each collection."""
    for collection in collections:
        nesting = NESTING_PROBES if collection.parent else {}
        for table in (_PROBES, LISTING_PROBES, PROMISE_PROBES, nesting):
            for name, check in table.items():
                yield Probe("resources", name, collection.create, partial(check, collection))


def read(collection: Collection, identity: object) -> Exchange:
    """Read one item."""
    return collection.of("GET", identity)


def read_value(collection: Collection, identity: object) -> Mapping[str, object]:
    """Return one item as it is read.

    Raises:
        Skip: It cannot be read, which another probe says.
    """
    exchange = collection.of("GET", identity)
    value = value_of(exchange)
    if not succeeded(exchange) or not isinstance(value, dict):
        raise Skip("the item cannot be read")
    return value


def same_members(run: Run, exchange: Exchange, sent: Mapping[str, object], rule: str, clause: str) -> bool:  # fmt: skip
    """Hold an item in an answer to the members that were sent."""
    found = value_of(exchange)
    if not isinstance(found, dict):
        return True
    holds = True
    for name, value in sent.items():
        shown = json.dumps(found[name], ensure_ascii=False)[:60] if name in found else "absent"
        holds &= run.expect(
            name in found and alike(value, found[name]), exchange, rule,
            f"/{name} is {json.dumps(value, ensure_ascii=False)[:60]}, as it was sent", f"it is {shown}", clause,
        )  # fmt: skip
    return holds


def _created(collection: Collection) -> None:
    """What is created is answered and read as it was sent."""
    run = collection.run
    for odd in (False, True):
        made = collection.make(_odd_body(collection) if odd else None)
        status = status_of(made.exchange)
        sent = kept_members(run, collection, made.sent, collection.create, status)
        same_members(run, made.exchange, sent, "created-differs", "RFC 9110 §9.3.3")
        _keeps_secrets(collection, made.exchange, collection.create)
        if "GET" not in collection.items:
            return
        exchange = read(collection, made.id)
        _keeps_secrets(collection, exchange, collection.items["GET"])
        found = run.expect(
            succeeded(exchange) or status_of(exchange) in (401, 403, 429), exchange, "not-kept",
            "what was created can be read", f"the status is {status_of(exchange)}", "RFC 9110 §9.3.3",
        )  # fmt: skip
        if found:
            sent = kept_members(run, collection, made.sent, collection.items["GET"])
            same_members(run, exchange, sent, "not-kept", "RFC 9110 §9.3.3")
            _identified(collection, made, exchange)


def _keeps_secrets(collection: Collection, exchange: Exchange, operation: Operation) -> None:
    """Hold an answer to not show what is only ever sent."""
    run, shown = collection.run, value_of(exchange)
    for name, schema in answer_properties(run, operation, status_of(exchange)).items():
        if is_hidden(run, schema):
            run.expect(
                not isinstance(shown, dict) or shown.get(name) is None, exchange, "write-only-shown",
                f"/{name} is writeOnly and not shown", "it is", "OpenAPI 3.1 §4.8.24, writeOnly",
            )  # fmt: skip


def _identified(collection: Collection, made: Made, exchange: Exchange) -> None:
    body = value_of(exchange)
    if isinstance(body, dict) and made.body:
        for name, value in made.body.items():
            if value == made.id and name in body:
                collection.run.expect(
                    body[name] == value, exchange, "other-item", f"/{name} is {value!r}, the one that was asked for",
                    f"it is {body[name]!r}"[:80], "RFC 9110 §9.3.1",
                )  # fmt: skip


def _odd_body(collection: Collection) -> object:
    """Return a body whose free texts are of other scripts and have blanks around them, where the schema allows it."""
    run = collection.run
    body = _drawn_body(collection)
    media = json_media(collection.create)
    assert media is not None
    assert media.schema is not None
    validator = run.api.schemas.validator(media.schema, "request")
    odd: dict[str, object] = dict(body)
    for name, schema in body_properties(run, collection.create).items():
        flat = flat_of(run, schema).keywords
        plain = "pattern" not in flat and "format" not in flat and "enum" not in flat
        if name in body and plain and isinstance(body[name], str):
            changed = {**odd, name: " Żółć 北京 🚀 "}
            odd = changed if validator.is_valid(changed) else odd
    return odd


def _drawn_body(collection: Collection) -> dict[str, object]:
    return collection.run.requests.json_body(collection.create)


def _minimal_body(collection: Collection) -> tuple[dict[str, object], dict[str, object]]:
    """Return a body without what has a default, and those defaults."""
    run, body = collection.run, _drawn_body(collection)
    media = json_media(collection.create)
    assert media is not None
    assert media.schema is not None
    validator = run.api.schemas.validator(media.schema, "request")
    defaults: dict[str, object] = {}
    for name, schema in body_properties(run, collection.create).items():
        flat = flat_of(run, schema)
        if flat.defaults and not flat.keywords.get("writeOnly"):
            smaller = {key: value for key, value in body.items() if key != name}
            if validator.is_valid(smaller):
                body, defaults[name] = smaller, flat.defaults[0]
    if not defaults:
        raise Skip("no member has a default")
    return body, defaults


def _defaults(collection: Collection) -> None:
    """What is left out is its documented default."""
    body, defaults = _minimal_body(collection)
    made = collection.make(body)
    _has_defaults(collection, made.exchange, defaults)
    if "PUT" in collection.items and _takes(collection, "PUT", body):
        full = collection.make(_drawn_body(collection))
        same = {**body, **_unique_of(collection, full)}
        exchange = collection.of("PUT", full.id, same)
        if succeeded(exchange) and "GET" in collection.items:
            _has_defaults(collection, read(collection, full.id), defaults)


def _unique_of(collection: Collection, made: Made) -> dict[str, object]:
    """Return the members of an item that a case of the fixtures shows to be unique: they stay its own."""
    return {name: made.sent[name] for name in collection.unique_members() if name in made.sent}


def _has_defaults(collection: Collection, exchange: Exchange, defaults: Mapping[str, object]) -> None:  # fmt: skip
    found = value_of(exchange)
    if not succeeded(exchange) or not isinstance(found, dict):
        return
    for name, value in defaults.items():
        if name in found:
            shown = json.dumps(found[name], ensure_ascii=False)[:60]
            collection.run.expect(
                alike(value, found[name]), exchange, "default",
                f"/{name} is its default {json.dumps(value)} where it was left out", f"it is {shown}", "the document's default",
            )  # fmt: skip


def _location(collection: Collection) -> None:
    """Location names what was created."""
    run, made = collection.run, collection.make()
    answer = made.exchange.answer
    location = answer.header("location") if answer else ""
    if not location or (answer and answer.status != 201):
        raise Skip("the answer has no Location")
    parts = urlsplit(location)
    clause = "RFC 9110 §15.3.2"
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    shown = f"it is {location[:80]}"
    run.expect(last == str(made.id), made.exchange, "location", f"Location names {made.id}, which was created", shown, clause)  # fmt: skip
    if "GET" not in collection.items or parts.netloc not in ("", run.transport.authority):
        return
    path = parts.path
    if not path.startswith("/"):
        asked = made.exchange.request.path.decode("latin-1")
        path = asked.rpartition("/")[0] + "/" + path  # RFC 3986 §5.2.3
    base = run.transport.base_path
    path = path.removeprefix(base) if base else path
    exchange = collection.ask(collection.items["GET"], HttpRequest("GET", path.encode()), alien=True)  # fmt: skip
    run.expect(
        succeeded(exchange), exchange, "location", "what Location names can be read",
        f"the status is {status_of(exchange)}", clause,
    )  # fmt: skip


def _takes(collection: Collection, method: str, body: object) -> bool:
    """Tell whether the body of a method on items allows a value."""
    operation = collection.items.get(method)
    media = json_media(operation) if operation else None
    if media is None or media.schema is None:
        return False
    return collection.run.api.schemas.validator(media.schema, "request").is_valid(body)


def _replaced(collection: Collection) -> None:
    """PUT replaces, each time with the same result, and nothing but its item."""
    run = collection.run
    made, other = collection.make(), collection.make()
    operation = collection.items.get("PUT")
    if operation is None or "GET" not in collection.items:
        raise Skip("items have no PUT, or cannot be read")
    before = read_value(collection, other.id)
    body = run.requests.json_body(operation) | _unique_of(collection, made)
    for number in range(2):
        exchange = collection.of("PUT", made.id, body)
        again = " again" if number else ""
        holds = run.expect(
            succeeded(exchange) or status_of(exchange) in (403, 409, 412, 428), exchange, "put",
            f"the item is replaced{again}", f"the status is {status_of(exchange)}", "RFC 9110 §9.3.4",
        )  # fmt: skip
        if not holds or not succeeded(exchange):
            return
        sent = kept_members(run, collection, body, collection.items["GET"])
        same_members(run, exchange, sent if value_of(exchange) else {}, "put", "RFC 9110 §9.3.4")
        same_members(run, read(collection, made.id), sent, "put-not-kept", "RFC 9110 §9.3.4")
    _untouched(collection, other.id, before, "a PUT to another item")


def _untouched(collection: Collection, identity: object, before: Mapping[str, object], what: str) -> None:  # fmt: skip
    exchange = read(collection, identity)
    after = value_of(exchange)
    collection.run.expect(
        succeeded(exchange) and after == before, exchange, "side-effect",
        f"the item is as it was before {what}", _difference(before, after), "RFC 9110 §9.2",
    )  # fmt: skip


def _difference(before: object, after: object) -> str:
    if not isinstance(before, dict) or not isinstance(after, dict):
        return "it cannot be read any more"
    names = sorted(
        name for name in before.keys() | after.keys() if before.get(name) != after.get(name)
    )
    return "it differs in " + ", ".join(f"/{name}" for name in names[:5])


def _patched(collection: Collection) -> None:
    """PATCH changes what it names and leaves the rest."""
    run = collection.run
    operation = collection.items.get("PATCH")
    media = json_media(operation) if operation else None
    if operation is None or media is None or media.schema is None or "GET" not in collection.items:
        raise Skip("items have no PATCH with a JSON object, or cannot be read")
    if "json-patch" in media.name:
        raise Skip("a list of operations is no partial item")
    validator = run.api.schemas.validator(media.schema, "request")
    made, other = collection.make(_drawn_body(collection)), collection.make()
    untouched = read_value(collection, other.id)
    unique = collection.unique_members()
    drawn: dict[str, object] = {}
    for _ in range(3):
        drawn |= run.requests.json_body(operation)
    names = [
        name
        for name, schema in body_properties(run, operation).items()
        if name not in unique and not flat_of(run, schema).keywords.get("readOnly")
    ]  # what is readOnly another probe sends
    seen = answer_properties(run, collection.items["GET"], 200)
    for name in names:
        values: list[object] = [drawn[name]] if name in drawn else []
        for value in [*values, 0, "", [], False, None]:
            hidden = name not in seen or is_hidden(run, seen[name])
            if not hidden and validator.is_valid({name: value}):
                _patch_one(collection, made, name, value)
    if validator.is_valid({}):
        before = read_value(collection, made.id)
        exchange = collection.of("PATCH", made.id, {})
        if succeeded(exchange):
            _rest_stays(collection, made, before, ())
    _untouched(collection, other.id, untouched, "a PATCH to another item")


def _together(collection: Collection) -> None:
    """Two changes at the same time, to two members: both are kept."""
    run = collection.run
    operation = collection.items.get("PATCH")
    if operation is None or "GET" not in collection.items or run.options.effort == "quick":
        raise Skip("items have no PATCH, cannot be read, or --effort is quick")
    made = collection.make(_drawn_body(collection))
    unique, seen = collection.unique_members(), answer_properties(run, collection.items["GET"], 200)
    drawn = run.requests.json_body(operation)
    names = [name for name in drawn if name in seen and name not in unique and not is_hidden(run, seen[name])]  # fmt: skip
    if len(names) < 2:
        raise Skip("a PATCH names no two members that can be read")
    for _ in range(5):
        drawn = drawn | run.requests.json_body(operation)
        changes = [{name: drawn[name]} for name in names[:2]]
        requests = [run.requests.signed(operation, collection.request(operation, made.id, change)) for change in changes]  # fmt: skip
        answers = run.together(requests)
        if not all(succeeded(one) for one in answers):
            return  # one may be told to try again
        exchange = read(collection, made.id)
        same_members(run, exchange, changes[0] | changes[1], "lost-update", "RFC 9110 §9.2")


def _patch_one(collection: Collection, made: Made, name: str, value: object) -> None:
    run = collection.run
    before = read_value(collection, made.id)
    exchange = collection.of("PATCH", made.id, {name: value})
    holds = run.expect(
        succeeded(exchange) or status_of(exchange) in (403, 409, 412, 428), exchange, "patch",
        f"/{name} is changed", f"the status is {status_of(exchange)}", "RFC 5789 §2",
    )  # fmt: skip
    if not holds or not succeeded(exchange):
        return
    after = read(collection, made.id)
    found = value_of(after)
    if not isinstance(found, dict):
        return
    if value is None:
        fits = found.get(name) is None or name in _defaults_of(collection)
        run.expect(fits, after, "patch", f"/{name} is removed or null", f"it is {found.get(name)!r}"[:80], "RFC 7396 §2")  # fmt: skip
    else:
        same_members(run, after, {name: value}, "patch", "RFC 5789 §2")
        if isinstance(answered := value_of(exchange), dict) and name in answered:
            same_members(run, exchange, {name: value}, "patch", "RFC 5789 §2")
    _rest_stays(collection, made, before, (name,))


def _defaults_of(collection: Collection) -> set[str]:
    run = collection.run
    found = body_properties(run, collection.create).items()
    return {name for name, schema in found if any(one is not None for one in flat_of(run, schema).defaults)}  # fmt: skip


def _rest_stays(collection: Collection, made: Made, before: Mapping[str, object], changed: tuple[str, ...]) -> None:  # fmt: skip
    """Hold an item to what it was but for some members, and for those that only the server writes."""
    run = collection.run
    exchange = read(collection, made.id)
    after = value_of(exchange)
    if not isinstance(after, dict):
        return
    asked = body_properties(run, collection.create)
    written = {name for name, value in before.items() if value == made.id} | {
        name for name in asked if not flat_of(run, asked[name]).keywords.get("readOnly")
    }
    for name in sorted(written & before.keys() - set(changed)):
        run.expect(
            alike(before[name], after.get(name, LEFT_OUT)), exchange, "patch-overreaches",
            f"/{name} stays {json.dumps(before[name], ensure_ascii=False)[:60]}", f"it is {after.get(name)!r}"[:80], "RFC 5789 §2",
        )  # fmt: skip


def _deleted(collection: Collection) -> None:
    """What is deleted is gone, for every method, and nothing else is."""
    run = collection.run
    operation = collection.items.get("DELETE")
    if operation is None:
        raise Skip("items have no DELETE")
    made, other = collection.make(), collection.make()
    exchange = collection.of("DELETE", made.id)
    holds = run.expect(
        succeeded(exchange) or status_of(exchange) in (403, 409, 412, 428), exchange, "delete",
        "the item is deleted", f"the status is {status_of(exchange)}", "RFC 9110 §9.3.5",
    )  # fmt: skip
    if not holds or not succeeded(exchange):
        return
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        gone = collection.items.get(method)
        if gone is None or (method != "GET" and "404" not in gone.responses and "410" not in gone.responses):  # fmt: skip
            continue
        again = collection.of(method, made.id, alien=True)
        fine = (*GONE, 409) if method == "PUT" else GONE
        if method == "PUT" and status_of(again) == 201:
            break
        run.expect(
            status_of(again) in fine or again.answer is None, again, "delete-not-kept",
            f"{method} of what was deleted is answered with 404", f"the status is {status_of(again)}", "RFC 9110 §15.5.5", gone.place,
        )  # fmt: skip
    if "GET" in collection.items:
        exchange = read(collection, other.id)
        run.expect(
            succeeded(exchange), exchange, "side-effect", "other items stay where one is deleted",
            f"the status is {status_of(exchange)}", "RFC 9110 §9.3.5",
        )  # fmt: skip


def _safe_reads(collection: Collection) -> None:
    """Reading changes nothing, in whatever way one asks."""
    run, made = collection.run, collection.make()
    if "GET" not in collection.items:
        raise Skip("items cannot be read")
    before = read_value(collection, made.id)
    request = collection.request(collection.items["GET"], made.id)
    for query in (b"_method=DELETE", b"method=delete", b"action=delete", b"delete=true", b"delete=1", b"delete"):  # fmt: skip
        query = b"&".join(filter(None, [request.query, query]))
        collection.ask(collection.items["GET"], request._replace(query=query), alien=True)
    for name in ("x-http-method-override", "x-http-method", "x-method-override"):
        headers = (*request.headers, (name.encode(), b"DELETE"))
        collection.ask(collection.items["GET"], request._replace(headers=headers), alien=True)
    if collection.listing is not None:
        collection.ask(collection.listing, run.requests.draw(collection.listing))
    for _ in range(5):
        exchange = read(collection, made.id)
        run.expect(
            value_of(exchange) == before, exchange, "read-changes", "an item is read as before",
            _difference(before, value_of(exchange)), "RFC 9110 §9.2.1",
        )  # fmt: skip


def _read_only(collection: Collection) -> None:
    """Members that are readOnly are ignored or refused."""
    run = collection.run
    made = collection.make(_drawn_body(collection))
    reader = collection.items.get("GET", collection.create)
    shown = answer_properties(run, reader, 200) or answer_properties(run, collection.create, 201)
    wanted: dict[str, object] = {}
    for name, value in made.body.items():
        keywords = flat_of(run, shown[name], "response").keywords if name in shown else {}
        other = _another(value, keywords)
        if keywords.get("readOnly") and other is not None:
            wanted[name] = other
    if not wanted:
        raise Skip("no member is readOnly")
    for method in ("POST", "PUT", "PATCH"):
        for name, value in wanted.items():
            _write_read_only(collection, method, name, value)


def _write_read_only(collection: Collection, method: str, name: str, value: object) -> None:
    run = collection.run
    operation = collection.create if method == "POST" else collection.items.get(method)
    if operation is None or json_media(operation) is None:
        return
    made: Made | None = None
    if method == "POST":
        exchange = collection.post(_drawn_body(collection) | {name: value}, alien=True)
        made = collection.read_made(exchange)
    else:
        made = collection.make()
        body = run.requests.json_body(operation) | _unique_of(collection, made)
        exchange = collection.of(method, made.id, {**body, name: value}, alien=True)
    if not succeeded(exchange) or made is None:
        return
    seen = [exchange]
    if "GET" in collection.items:
        seen.append(read(collection, made.id))
    for one in seen:
        found = value_of(one)
        taken = isinstance(found, dict) and alike(value, found.get(name))
        run.expect(
            not taken, one, "read-only-written", f"/{name} is readOnly: ignored or refused", f"{method} has set it to {value!r}"[:80],
            "OpenAPI 3.1 §4.8.24, readOnly",
        )  # fmt: skip


def _another(value: object, keywords: Mapping[str, object]) -> object:
    """Return another value of the same form, ``None`` where none is known."""
    if "enum" in keywords or "const" in keywords:
        return None
    if isinstance(value, str) and keywords.get("format") == "date-time":
        return "2001-02-03T04:05:06Z"
    if isinstance(value, str) and value and value[-1].isalnum():
        digits = "0123456789" if value[-1].isdigit() else "abcdef"
        flipped = [
            digits[-1 - digits.find(char)] if char in digits else char for char in value[-4:]
        ]
        return value[:-4] + "".join(flipped)
    if isinstance(value, int) and not isinstance(value, bool) and "integer" in (types_of(keywords) or ()):  # fmt: skip
        return value + 918273
    return None


_PROBES: Mapping[str, Callable[[Collection], None]] = {
    "what is created can be read": _created,
    "what is left out is its default": _defaults,
    "Location names what was created": _location,
    "PUT replaces its item": _replaced,
    "PATCH leaves the rest": _patched,
    "two changes at the same time": _together,
    "DELETE deletes its item": _deleted,
    "reading changes nothing": _safe_reads,
    "readOnly members are not written": _read_only,
}
