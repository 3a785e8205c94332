"""Promises beyond reading and writing, where a collection has only some of what they need."""

from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.check.odd_things import TOKENS, Json, Things, check_things, described, reason, secured
from tests.check.running import rules

KEY = "an Idempotency-Key creates once"
VERSIONS = "entity tags are heeded"
UNIQUE = "what is unique is a conflict"
OWNERS = "items of others are hidden"
SCOPES = "scopes hold for every write"
TAKEN = """
cases:
  create:
    taken: {when: {body: {/name: taken}}, request: {body: {name: taken}}, then: {status: 409}}
"""


def conflicts(*methods: str, **responses: Json) -> Json:
    """Return a document whose writes document a conflict."""
    document: Any = deepcopy(described(*methods))
    for operations in document["paths"].values():
        for method, operation in operations.items():
            if method in ("post", "put", "patch"):
                operation["responses"] |= {"409": {"description": "taken"}, **responses}
    return dict(document)


def unique(things: Things, request: Request, answer: Response) -> Response:
    """Refuse a name that an item before has."""
    names = [one["name"] for one in things.kept.values()]
    if request.method == "POST" and names.count(names[-1]) > 1:
        del things.kept[things.last]
        return Response(None, 409)
    return answer


def test_another_header_is_no_key(tmp_path: Path) -> None:
    document: Any = described("GET")
    header = {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}
    document["paths"]["/things"]["post"]["parameters"] = [header]
    assert reason(check_things(tmp_path, document, KEY)) == "the document has no Idempotency-Key"


def test_versions_of_what_cannot_be_read(tmp_path: Path) -> None:
    assert reason(check_things(tmp_path, described("DELETE"), VERSIONS)) == "items cannot be read"


@pytest.mark.parametrize("known", [True, False])
def test_an_item_keeps_what_is_unique_only_where_a_conflict_is_documented(
    tmp_path: Path, *, known: bool
) -> None:
    def refuse(things: Things, request: Request, answer: Response) -> Response:
        if request.method == "PUT":
            return Response(None, 409)
        return unique(things, request, answer)

    document: Any = conflicts("GET", "PUT")
    if not known:
        del document["paths"]["/things/{thingId}"]["put"]["responses"]["409"]
    report = check_things(tmp_path, document, UNIQUE, refuse, TAKEN)
    assert rules(report) == ({"own-value-conflicts"} if known else set())


def test_a_unique_member_that_is_not_always_sent(tmp_path: Path) -> None:
    fixtures = TAKEN.replace("/name: taken", "/size: 5").replace("{name: taken}", "{name: a, size: 5}")  # fmt: skip
    document: Any = conflicts("GET")
    content = document["paths"]["/things"]["post"]["requestBody"]["content"]["application/json"]
    schema = deepcopy(content["schema"])
    del schema["properties"]["size"]
    content["schema"] = schema
    assert rules(check_things(tmp_path, document, UNIQUE, fixtures=fixtures)) == set()


def owner(things: Things, request: Request) -> bool:
    return request.headers.get("authorization") == "Bearer tk_ann"


def test_what_others_may_change_where_nobody_may_read(tmp_path: Path) -> None:
    """Without reading nobody shows that an item is hidden, unless a case of the fixtures does."""
    document = secured(conflicts("DELETE"))
    assert rules(check_things(tmp_path, document, OWNERS, fixtures=TOKENS)) == set()
    hides = TOKENS + "cases:\n  delete:\n    other: {when: {token: ben, path: {thingId: 1}}, then: {status: 404}}\n"  # fmt: skip
    report = check_things(tmp_path, document, OWNERS, fixtures=hides)
    assert rules(report) == {"other-users-item"}
    assert [one.failure.expected[:6] for one in report.failures] == ["DELETE"]


def test_an_item_that_is_hidden_when_read_and_listed_all_the_same(tmp_path: Path) -> None:
    def hide(things: Things, request: Request, answer: Response) -> Response:
        single = request.url.path != "/things"
        return Response(None, 404) if single and not owner(things, request) else answer

    document = secured(described("GET", "LIST", listed="limit"))
    report = check_things(tmp_path, document, OWNERS, hide, TOKENS)
    assert {one.failure.expected for one in report.failures} == {"another user's items are not listed"}  # fmt: skip


def test_an_item_that_is_hidden_in_no_way_is_shared(tmp_path: Path) -> None:
    document = secured(described("GET", "LIST"))
    assert rules(check_things(tmp_path, document, OWNERS, fixtures=TOKENS)) == set()


def test_a_value_of_another_user_is_taken_too_where_nobody_can_read(tmp_path: Path) -> None:
    document = secured(conflicts("DELETE"))
    report = check_things(tmp_path, document, UNIQUE, unique, TOKENS + TAKEN)
    assert rules(report) == set()


def test_a_scope_is_asked_for_where_its_refusal_is_documented(tmp_path: Path) -> None:
    def forbid(things: Things, request: Request, answer: Response) -> Response:
        bens = request.headers.get("authorization") == "Bearer tk_ben"
        if bens and request.method == "POST":
            things.kept.pop(things.last, None)
            return Response(None, 403)
        return answer

    fixtures = TOKENS + "cases:\n  create:\n    no: {when: {token: ben}, then: {status: 403}}\n"
    document: Any = secured(described("GET", "PUT", "DELETE"))
    document["paths"]["/things"]["post"]["responses"]["403"] = {"description": "no"}
    assert rules(check_things(tmp_path, document, SCOPES, forbid, fixtures)) == set()
    put = document["paths"]["/things/{thingId}"]["put"]
    put["responses"]["403"] = {"description": "no"}
    assert rules(check_things(tmp_path, document, SCOPES, forbid, fixtures)) == {"scope"}


def test_a_list_that_another_user_does_not_get_shows_nothing(tmp_path: Path) -> None:
    def close(things: Things, request: Request, answer: Response) -> Response:
        if owner(things, request):
            return answer
        listed = request.url.path == "/things"
        return JSONResponse("nothing") if listed else Response(None, 404)

    document: Any = secured(described("GET", "LIST"))
    schema = document["paths"]["/things"]["get"]["responses"]["200"]["content"]["application/json"]
    schema["schema"] = {}
    assert rules(check_things(tmp_path, document, OWNERS, close, TOKENS)) == set()
