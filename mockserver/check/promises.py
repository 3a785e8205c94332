"""What a collection promises beyond reading and writing: keys that make a retry safe, versions, owners, scopes, uniqueness.

Each is asked only where document or fixtures say so, or where the server itself shows it elsewhere.
"""

from collections.abc import Callable, Mapping

from mockserver.check.collections import Collection, Made, status_of, value_of
from mockserver.check.listings import Listing
from mockserver.check.model import Exchange, Skip
from mockserver.check.requests import succeeded
from mockserver.fixtures.model import Token
from mockserver.spec.model import Operation

_HIDDEN = (403, 404, 410)
_WRITES = ("PUT", "PATCH", "DELETE")


def _key_header(operation: Operation) -> str | None:
    for one in operation.parameters:
        if one.location == "header" and "idempotency" in one.name.lower():
            return one.name
    return None


def _idempotency(collection: Collection) -> None:
    """The same Idempotency-Key creates once; with another body it is a conflict."""
    run = collection.run
    name = _key_header(collection.create)
    if name is None:
        raise Skip("the document has no Idempotency-Key")
    clause = "draft-ietf-httpapi-idempotency-key-header §2"
    key = f"check-{run.options.seed}-{run.transport.requests}"
    body = run.requests.json_body(collection.create)
    first = collection.make(body, headers={name: key})
    again = collection.post(body, headers={name: key})
    second = collection.read_made(again)
    run.expect(
        second is not None and str(second.id) == str(first.id), again, "idempotency-key",
        f"the same key with the same body answers {first.id} again",
        f"the status is {status_of(again)}" + (f", the id {second.id}" if second else ""), clause, collection.create.place,
    )  # fmt: skip
    changed = run.requests.json_body(collection.create)
    other = collection.post(changed, headers={name: key}, alien=True)
    run.expect(
        status_of(other) in (400, 409, 422), other, "idempotency-key",
        "the same key with another body is refused", f"the status is {status_of(other)}", clause, collection.create.place,
    )  # fmt: skip
    fresh = collection.post(run.requests.json_body(collection.create), headers={name: f"{key}-2"})
    made = collection.read_made(fresh)
    run.expect(
        made is not None and str(made.id) != str(first.id), fresh, "idempotency-key",
        "another key creates another item", f"the status is {status_of(fresh)}", clause, collection.create.place,
    )  # fmt: skip
    for token in _others(collection):
        foreign = collection.post(
            run.requests.json_body(collection.create), headers={name: key}, token=token.name, alien=True
        )  # fmt: skip
        made = collection.read_made(foreign)
        run.expect(
            status_of(foreign) in (401, 403) or (made is not None and str(made.id) != str(first.id)), foreign, "idempotency-key",
            "keys belong to their caller", f"with the token {token.name} the status is {status_of(foreign)}", clause,
        )  # fmt: skip


def _etag(exchange: Exchange) -> str:
    return exchange.answer.header("etag") if exchange.answer else ""


def _versions(collection: Collection) -> None:
    """An entity tag follows the changes of its item, and If-Match is heeded where 412 is documented."""
    run = collection.run
    if "GET" not in collection.items:
        raise Skip("items cannot be read")
    made = collection.make()
    first = collection.of("GET", made.id)
    tag = _etag(first)
    if not tag:
        raise Skip("items have no ETag")
    run.expect(
        _etag(collection.of("GET", made.id)) == tag, first, "etag", "the ETag stays while nothing changes",
        "it is another one", "RFC 9110 §8.8.3",
    )  # fmt: skip
    if "304" in collection.items["GET"].responses:
        fresh = collection.of("GET", made.id, headers={"If-None-Match": tag})
        run.expect(
            status_of(fresh) in (200, 304), fresh, "if-none-match", "304, or 200 where conditions are ignored",
            f"the status is {status_of(fresh)}", "RFC 9110 §13.1.2",
        )  # fmt: skip
    for method in ("PUT", "PATCH"):
        if method in collection.items:
            _version_follows(collection, method)
    for method in _WRITES:
        if method in collection.items and "412" in collection.items[method].responses:
            _if_match(collection, method)


def _body(collection: Collection, method: str, made: Made) -> object:
    if method == "DELETE":
        return None
    unique = collection.unique_members()
    body = collection.run.requests.json_body(collection.items[method])
    return {name: value for name, value in body.items() if name not in unique} | (
        {name: made.sent[name] for name in unique if name in made.sent} if method == "PUT" else {}
    )


def _version_follows(collection: Collection, method: str) -> None:
    made = collection.make()
    before = collection.of("GET", made.id)
    written = collection.of(method, made.id, _body(collection, method, made))
    after = collection.of("GET", made.id)
    if not succeeded(written) or value_of(before) == value_of(after):
        return
    run, clause = collection.run, "RFC 9110 §8.8.3"
    run.expect(_etag(before) != _etag(after), after, "etag", "another version has another ETag", f"it is {_etag(after)} as before", clause)  # fmt: skip
    if _etag(written):
        run.expect(_etag(written) == _etag(after), after, "etag", f"the ETag is {_etag(written)}, as the write said", f"it is {_etag(after)}", clause)  # fmt: skip


def _if_match(collection: Collection, method: str) -> None:
    run, clause = collection.run, "RFC 9110 §13.1.1"
    place = collection.items[method].place
    made = collection.make()
    before = collection.of("GET", made.id)
    stale = '"mockserver-check"'
    refused = collection.of(method, made.id, _body(collection, method, made), headers={"If-Match": stale}, alien=True)  # fmt: skip
    run.expect(
        status_of(refused) in (412, 400), refused, "if-match", f"{method} with the If-Match of another version is answered with 412",
        f"the status is {status_of(refused)}", clause, place,
    )  # fmt: skip
    after = collection.of("GET", made.id)
    run.expect(
        value_of(after) == value_of(before), after, "if-match", "nothing changes where the condition fails",
        "the item is another", clause, place,
    )  # fmt: skip
    for wanted in (_etag(before), "*"):
        made = collection.make() if method == "DELETE" or wanted == "*" else made
        tag = _etag(collection.of("GET", made.id)) if wanted != "*" else "*"
        served = collection.of(method, made.id, _body(collection, method, made), headers={"If-Match": tag})  # fmt: skip
        run.expect(
            succeeded(served) or status_of(served) == 409, served, "if-match", f"{method} with If-Match {tag} is served",
            f"the status is {status_of(served)}", clause, place,
        )  # fmt: skip


def _unique(collection: Collection) -> None:
    """A member that is unique by the fixtures: taken is a conflict, one's own is none."""
    run = collection.run
    names = collection.unique_members()
    if not names:
        raise Skip("no case of the fixtures is a conflict")
    for name in names:
        made = collection.make(run.requests.json_body(collection.create))
        other = collection.make(run.requests.json_body(collection.create))
        if name not in made.sent:
            continue
        taken = {name: made.sent[name]}
        exchange = collection.post(run.requests.json_body(collection.create) | taken, alien=True)
        _conflicts(collection, exchange, name)
        _taken_at_once(collection, name)
        for method in ("PUT", "PATCH"):
            operation = collection.items.get(method)
            if operation is None or "409" not in operation.responses:
                continue
            body = run.requests.json_body(operation) | taken
            own = collection.of(method, made.id, body)
            run.expect(
                succeeded(own), own, "own-value-conflicts", f"an item keeps its own /{name}",
                f"{method} is answered with {status_of(own)}", "the document's 409", operation.place,
            )  # fmt: skip
            _conflicts(collection, collection.of(method, other.id, body, alien=True), name)
        for token in _isolated(collection):
            body = run.requests.json_body(collection.create) | taken
            exchange = collection.post(body, token=token.name)
            run.expect(
                status_of(exchange) != 409, exchange, "conflict-with-others", f"another user's /{name} is no conflict",
                "it is 409", "items of others do not exist for a caller",
            )  # fmt: skip


def _taken_at_once(collection: Collection, name: str) -> None:
    """Of several requests at the same time that take one value, at most one succeeds."""
    run = collection.run
    for _ in range(3):
        value = run.requests.json_body(collection.create).get(name)
        bodies = [run.requests.json_body(collection.create) | {name: value} for _ in range(4)]
        draw = run.requests.draw(collection.create)
        requests = [run.requests.with_body(collection.create, draw, body) for body in bodies]
        answers = run.together([run.requests.signed(collection.create, one) for one in requests])
        made = [one for one in answers if collection.read_made(one)]
        run.expect(
            len(made) <= 1, answers[-1], "conflict", f"one of several requests at once takes /{name}",
            f"{len(made)} were served", "the case of the fixtures that is a conflict", collection.create.place,
        )  # fmt: skip


def _conflicts(collection: Collection, exchange: Exchange, name: str) -> None:
    collection.run.expect(
        status_of(exchange) == 409, exchange, "conflict", f"/{name} that is taken is answered with 409",
        f"the status is {status_of(exchange)}", "the case of the fixtures that is a conflict", collection.create.place,
    )  # fmt: skip


def _others(collection: Collection) -> list[Token]:
    """Return tokens of other users that may create."""
    run = collection.run
    mine = run.requests.good_token(collection.create)
    if mine is None or "sub" not in mine.claims:
        return []
    found = []
    for token in run.tokens_of(collection.create):
        usable = token.outcome == "accept" and not run.wallet.tokens[token.name].reason
        subject = token.claims.get("sub")
        if usable and subject not in (None, mine.claims["sub"]) and token.name not in _refused_at(collection):  # fmt: skip
            found.append(token)
    return found


def _refused_at(collection: Collection) -> set[str]:
    """Return the names of tokens that a case refuses to create."""
    cases = collection.run.fixtures.cases.get(collection.create.name, {}).values()
    return {case.when.token for case in cases if case.then.status in (401, 403) and case.when.token}


def _foreign(collection: Collection, made: Made, token: Token) -> list[tuple[str, Exchange, bool]]:
    """Return what another user is answered about an item: what was asked, the answer, and whether the item is hidden."""
    found = []
    for method in ("GET", "PATCH", "PUT", "DELETE"):
        if method in collection.items:
            body = None if method in ("GET", "DELETE") else _body(collection, method, made)
            exchange = collection.of(method, made.id, body, token=token.name, alien=True)
            found.append((method, exchange, status_of(exchange) in _HIDDEN))
    return found


def _isolated(collection: Collection) -> list[Token]:
    """Return the tokens of other users for whom an item of ours is hidden when read."""
    if "GET" not in collection.items:
        return []
    made = collection.make()
    return [
        token
        for token in _others(collection)
        if status_of(collection.of("GET", made.id, token=token.name, alien=True)) in _HIDDEN
    ]


def _owners(collection: Collection) -> None:
    """An item that is hidden from another user in one way is hidden in every way."""
    run = collection.run
    others = _others(collection)
    if not others:
        raise Skip("no two tokens of the fixtures have different users (claims.sub)")
    for token in others:
        made = collection.make()
        asked = _foreign(collection, made, token)
        listed = _is_listed(collection, made, token)
        hidden = any(is_hidden for _, _, is_hidden in asked) or listed is False or _case_hides(collection, token)  # fmt: skip
        if not hidden:
            continue
        for method, exchange, is_hidden in asked:
            run.expect(
                is_hidden or status_of(exchange) == 401, exchange, "other-users-item",
                f"{method} of another user's item is answered with 404 or 403, as elsewhere",
                f"with the token {token.name} the status is {status_of(exchange)}", "OWASP API1:2023", collection.items[method].place,
            )  # fmt: skip
        if listed:
            exchange = collection.ask(collection.listing, run.requests.draw(collection.listing), token=token.name) if collection.listing else asked[0][1]  # fmt: skip
            run.expect(False, exchange, "other-users-item", "another user's items are not listed", f"{made.id} is, with the token {token.name}", "OWASP API1:2023")  # fmt: skip  # noqa: FBT003


def _is_listed(collection: Collection, made: Made, token: Token) -> bool | None:
    """Tell whether another user's list has an item; ``None`` where there is no list."""
    try:
        listing = Listing(collection)
        page = listing.ask({listing.limit.name: 50} if listing.limit else {}, token=token.name)
        return str(made.id) in {str(listing.id_of(item)) for item in page.items}
    except Skip:
        return None


def _case_hides(collection: Collection, token: Token) -> bool:
    """Tell whether a case hides an item from a token."""
    for operation in collection.items.values():
        for case in collection.run.fixtures.cases.get(operation.name, {}).values():
            if case.when.token == token.name and case.then.status in _HIDDEN:
                return True
    return False


def _scopes(collection: Collection) -> None:
    """A token that may not create may not write in any way, and may read."""
    run = collection.run
    writes = {"POST": collection.create} | {
        method: operation for method, operation in collection.items.items() if method in _WRITES
    }
    refused = {
        case.when.token
        for operation in writes.values()
        for case in run.fixtures.cases.get(operation.name, {}).values()
        if case.then.status == 403 and case.when.token
    }
    if not refused:
        raise Skip("no case of the fixtures forbids a token")
    for name in sorted(refused):
        made = collection.make()
        for method, operation in writes.items():
            if "403" not in operation.responses:
                continue
            body = _body(collection, method, made) if method in collection.items else None
            exchange = (
                collection.post(token=name, alien=True)
                if method == "POST"
                else collection.of(method, made.id, body, token=name, alien=True)
            )
            run.expect(
                status_of(exchange) == 403, exchange, "scope", f"{method} is forbidden to the token {name}, as in the fixtures",
                f"the status is {status_of(exchange)}", "RFC 6750 §3.1, insufficient_scope", operation.place,
            )  # fmt: skip


PROMISE_PROBES: Mapping[str, Callable[[Collection], None]] = {
    "an Idempotency-Key creates once": _idempotency,
    "entity tags are heeded": _versions,
    "what is unique is a conflict": _unique,
    "items of others are hidden": _owners,
    "scopes hold for every write": _scopes,
}
