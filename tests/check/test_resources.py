"""Collections that lack a method or answer oddly: what is found, and what is no fault."""

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.check.odd_things import THING, Things, check_things, described, reason
from tests.check.running import rules

CREATED = "what is created can be read"
DEFAULTS = "what is left out is its default"
LOCATION = "Location names what was created"
PUT = "PUT replaces its item"
PATCH = "PATCH leaves the rest"
TOGETHER = "two changes at the same time"
DELETE = "DELETE deletes its item"
READS = "reading changes nothing"
READ_ONLY = "readOnly members are not written"


def only_located(things: Things, request: Request, answer: Response) -> Response:
    """Answer a creation without a body."""
    if request.method == "POST" and answer.status_code == 201:
        return Response(status_code=201, headers={"Location": f"/things/{things.last}"})
    return answer


def nameless(things: Things, request: Request, answer: Response) -> Response:
    """Answer a creation with another name than was sent."""
    if request.method == "POST" and answer.status_code == 201:
        return JSONResponse({**things.kept[things.last], "name": "another"}, 201)
    return answer


@pytest.mark.parametrize("probe", [CREATED, DEFAULTS])
def test_an_id_may_come_in_location_alone(tmp_path: Path, probe: str) -> None:
    document: Any = described("GET")
    document["paths"]["/things"]["post"]["responses"]["201"] = {"description": "made"}
    report = check_things(tmp_path, document, probe, only_located)
    assert rules(report) == set()
    assert reason(report) == ""


def test_what_cannot_be_read_is_held_to_the_answer_that_made_it(tmp_path: Path) -> None:
    assert not check_things(tmp_path, described(), CREATED).failures
    assert rules(check_things(tmp_path, described(), CREATED, nameless)) == {"created-differs"}


def test_a_default_of_a_member_that_must_be_there_is_never_taken(tmp_path: Path) -> None:
    schema = {**THING, "required": ["name", "size"]}
    report = check_things(tmp_path, described("GET", schema=schema), DEFAULTS)
    assert reason(report) == "no member has a default"


def without_default(things: Things, request: Request, answer: Response) -> Response:
    """Replace by a body whose default is another."""
    if request.method == "PUT" and answer.status_code == 200:
        things.kept[things.last]["size"] = 8
    return answer


def test_a_default_holds_for_put_where_its_body_is_json(tmp_path: Path) -> None:
    document = described("GET", "PUT")
    assert rules(check_things(tmp_path, document, DEFAULTS, without_default)) == {"default"}
    text = {"required": True, "content": {"text/plain": {"schema": {"type": "string"}}}}
    item: Any = deepcopy(document)
    item["paths"]["/things/{thingId}"]["put"]["requestBody"] = text
    assert not check_things(tmp_path, item, DEFAULTS, without_default).failures


@pytest.mark.parametrize(
    ("methods", "location", "found"),
    [
        pytest.param(["GET"], "/things/{}", set(), id="right"),
        pytest.param(["GET"], "/things/{}0", {"location"}, id="of another"),
        pytest.param(["GET"], "http://elsewhere.example/things/{}", set(), id="on another server"),
        pytest.param([], "/nowhere/{}", set(), id="nothing can be read"),
        pytest.param(["GET"], "/nowhere/{}", {"location"}, id="nothing is there"),
    ],
)
def test_a_location(tmp_path: Path, methods: list[str], location: str, found: set[str]) -> None:
    def locate(things: Things, request: Request, answer: Response) -> Response:
        if request.method == "POST":
            answer.headers["Location"] = location.format(things.last)
        return answer

    assert rules(check_things(tmp_path, described(*methods), LOCATION, locate)) == found


@pytest.mark.parametrize(
    ("probe", "methods", "told"),
    [
        (PUT, ["GET"], "items have no PUT, or cannot be read"),
        (PATCH, ["GET"], "items have no PATCH with a JSON object, or cannot be read"),
        (DELETE, ["GET"], "items have no DELETE"),
        (READS, ["DELETE"], "items cannot be read"),
        (TOGETHER, ["GET"], "items have no PATCH, cannot be read, or --effort is quick"),
    ],
)
def test_what_a_collection_lacks_is_said(
    tmp_path: Path, probe: str, methods: list[str], told: str
) -> None:
    assert reason(check_things(tmp_path, described(*methods), probe)) == told


def test_a_put_may_be_refused_by_the_state_of_its_item(tmp_path: Path) -> None:
    def refuse(status: int) -> Any:
        return lambda _, request, answer: (
            Response(None, status) if request.method == "PUT" else answer
        )

    assert rules(check_things(tmp_path, described("GET", "PUT"), PUT, refuse(409))) == set()
    assert "put" in rules(check_things(tmp_path, described("GET", "PUT"), PUT, refuse(400)))


def test_a_put_that_takes_another_item_with_it(tmp_path: Path) -> None:
    def sweep(things: Things, request: Request, answer: Response) -> Response:
        if request.method == "PUT":
            number = int(request.url.path.rpartition("/")[2])
            things.kept = {number: things.kept[number]}
        return answer

    report = check_things(tmp_path, described("GET", "PUT"), PUT, sweep)
    assert [one.failure.found for one in report.failures if one.failure.rule == "side-effect"] == [
        "it cannot be read any more"
    ]


def test_a_list_of_operations_is_no_partial_item(tmp_path: Path) -> None:
    document: Any = described("GET", "PATCH")
    schema = {"type": "array", "items": {"type": "object"}}
    content = {"application/json-patch+json": {"schema": schema}}
    document["paths"]["/things/{thingId}"]["patch"]["requestBody"]["content"] = content
    assert reason(check_things(tmp_path, document, PATCH)) == "a list of operations is no partial item"  # fmt: skip


PARTIAL = {**THING, "required": []}


def partial(**more: object) -> Any:
    """Return a document whose PATCH takes some members, or others than the item has."""
    document: Any = described("GET", "PATCH")
    operation = document["paths"]["/things/{thingId}"]["patch"]
    operation["requestBody"] = {
        "required": True,
        "content": {"application/json": {"schema": {**PARTIAL, **more}}},
    }
    return document


def test_a_patch_of_nothing_may_be_refused(tmp_path: Path) -> None:
    def refuse(_: Things, request: Request, answer: Response) -> Response:
        empty = request.method == "PATCH" and request.scope["text"] == b"{}"
        return Response(None, 400) if empty else answer

    assert rules(check_things(tmp_path, partial(), PATCH, refuse)) == set()


def test_a_patch_of_nothing_that_changes_something(tmp_path: Path) -> None:
    def change(things: Things, request: Request, answer: Response) -> Response:
        if request.method == "PATCH" and request.scope["text"] == b"{}":
            things.kept[int(request.url.path.rpartition("/")[2])]["name"] = "changed"
        return answer

    assert "patch-overreaches" in rules(check_things(tmp_path, partial(), PATCH, change))


def test_a_patch_may_be_answered_by_nothing(tmp_path: Path) -> None:
    def silent(_: Things, request: Request, answer: Response) -> Response:
        good = request.method == "PATCH" and answer.status_code == 200
        return Response(None, 204) if good else answer

    document = partial()
    document["paths"]["/things/{thingId}"]["patch"]["responses"] = {"204": {"description": "done"}}
    assert rules(check_things(tmp_path, document, PATCH, silent)) == set()


def test_an_item_that_cannot_be_read_after_a_patch(tmp_path: Path) -> None:
    """That it is read once more tells nothing of its members: another probe says that it cannot be read."""
    patched: list[int] = []

    def lose(_: Things, request: Request, answer: Response) -> Response:
        if request.method == "PATCH":
            patched.append(0)
        return Response(None, 404) if len(patched) and request.method == "GET" else answer

    found = rules(check_things(tmp_path, partial(), PATCH, lose))
    assert "patch-overreaches" not in found


def test_an_item_that_is_gone_after_its_second_reading(tmp_path: Path) -> None:
    read: list[int] = []

    def lose(_: Things, request: Request, answer: Response) -> Response:
        if request.method == "PATCH":
            read.clear()
        if request.method == "GET":
            read.append(0)
        return Response(None, 404) if len(read) == 2 and request.method == "GET" else answer

    found = rules(check_things(tmp_path, partial(), PATCH, lose))
    assert "patch-overreaches" not in found


def test_two_changes_need_two_members(tmp_path: Path) -> None:
    one = partial(properties={"name": {"type": "string", "minLength": 1}})
    assert reason(check_things(tmp_path, one, TOGETHER)) == "a PATCH names no two members that can be read"  # fmt: skip


def test_of_two_changes_one_may_be_told_to_try_again(tmp_path: Path) -> None:
    asked: list[int] = []

    def busy(_: Things, request: Request, answer: Response) -> Response:
        if request.method == "PATCH":
            asked.append(0)
            return Response(None, 409) if len(asked) % 2 else answer
        return answer

    assert not check_things(tmp_path, partial(required=["name", "size"]), TOGETHER, busy).failures
    assert len(asked) == 2


def test_a_delete_where_nothing_can_be_read(tmp_path: Path) -> None:
    assert not check_things(tmp_path, described("DELETE"), DELETE).failures


def test_a_delete_that_takes_another_item_with_it(tmp_path: Path) -> None:
    def sweep(things: Things, request: Request, answer: Response) -> Response:
        if request.method == "DELETE":
            things.kept.clear()
        return answer

    assert rules(check_things(tmp_path, described("GET", "DELETE"), DELETE, sweep)) == {"side-effect"}  # fmt: skip


def test_reading_where_nothing_is_listed(tmp_path: Path) -> None:
    def count(things: Things, request: Request, answer: Response) -> Response:
        if request.method == "GET" and answer.status_code == 200:
            number = int(request.url.path.rpartition("/")[2])
            things.kept[number]["size"] = int(json.dumps(things.kept[number]["size"])) + 1
        return answer

    assert not check_things(tmp_path, described("GET"), READS).failures
    assert rules(check_things(tmp_path, described("GET"), READS, count)) == {"read-changes"}


def test_a_read_only_member_of_what_cannot_be_read(tmp_path: Path) -> None:
    def take(_: Things, request: Request, answer: Response) -> Response:
        sent = json.loads(request.scope["text"] or b"{}")
        taken = request.method == "POST" and "id" in sent
        return JSONResponse({"size": 7, **sent}, 201) if taken else answer

    assert not check_things(tmp_path, described(), READ_ONLY).failures
    assert rules(check_things(tmp_path, described(), READ_ONLY, take)) == {"read-only-written"}
