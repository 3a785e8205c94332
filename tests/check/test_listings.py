"""Lists in other forms: bare, without parameters, with odd pages; what is found in them and what is no fault."""

from functools import partial
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.check.odd_things import THING, Things, check_things, described, reason
from tests.check.running import rules

LISTED = "what is created is listed"
LIMIT = "a limit is heeded"
PAGES = "pages are the whole list"
TOTALS = "totals are true"
FILTERS = "filters take effect"
SORTING = "sorting takes effect"
TEXT = '{"type": "string"}'


def open_list(*methods: str, listed: str = "", schema: Any = THING) -> Any:
    """Return a document whose list may have any form."""
    document: Any = described("LIST", *methods, listed=listed, schema=schema)
    answers = document["paths"]["/things"]["get"]["responses"]
    answers["200"]["content"]["application/json"]["schema"] = {}
    return document


def wrapped(**around: Any) -> Any:
    """Return a change that puts members around each list."""

    def change(things: Things, request: Request, answer: Response) -> Response:
        if request.method != "GET" or request.url.path != "/things":
            return answer
        members = {name: one(things) if callable(one) else one for name, one in around.items()}
        kept = list(things.kept.values())
        shown = kept[int(request.query_params.get("after", "0")) :]
        shown = shown[: int(request.query_params.get("limit", "1000"))]
        return JSONResponse({"data": shown, **members})

    return change


@pytest.mark.parametrize(
    ("probe", "told"),
    [
        (LIMIT, "the list has no limit"),
        (PAGES, "the list has no pages"),
        (FILTERS, "no parameter filters by a member"),
        (SORTING, "the list has no sort parameter"),
    ],
)
def test_what_a_list_lacks_is_said(tmp_path: Path, probe: str, told: str) -> None:
    assert reason(check_things(tmp_path, described("GET", "LIST"), probe)) == told


def test_a_collection_without_a_list(tmp_path: Path) -> None:
    assert reason(check_things(tmp_path, described("GET"), LISTED)) == "/things is not listed"


def test_items_that_can_only_be_listed(tmp_path: Path) -> None:
    assert rules(check_things(tmp_path, described("LIST"), LISTED)) == set()


@pytest.mark.parametrize("shown", [["a"], {"one": [], "two": []}, "text", {"data": [1]}])
def test_an_answer_that_is_no_list_of_objects(tmp_path: Path, shown: object) -> None:
    def change(_: Things, request: Request, answer: Response) -> Response:
        return JSONResponse(shown) if request.method == "GET" else answer

    report = check_things(tmp_path, open_list(), LISTED, change)
    assert reason(report) == "the answer is no list of objects"


def test_of_several_lists_the_one_that_is_named_so(tmp_path: Path) -> None:
    report = check_things(tmp_path, open_list(), LISTED, wrapped(errors=[], warnings=[]))
    assert rules(report) == set()
    assert reason(report) == ""


def test_a_list_that_is_refused(tmp_path: Path) -> None:
    def refuse(_: Things, request: Request, answer: Response) -> Response:
        return Response(None, 400) if request.method == "GET" else answer

    assert rules(check_things(tmp_path, described("LIST"), LISTED, refuse)) == {"list"}


def test_a_parameter_may_have_a_content_in_place_of_a_schema(tmp_path: Path) -> None:
    document = open_list()
    content = {"application/json": {"schema": {"type": "integer"}}}
    parameter = {"name": "limit", "in": "query", "content": content}
    document["paths"]["/things"]["get"]["parameters"] = [parameter]
    assert rules(check_things(tmp_path, document, LIMIT)) == set()


def ignores_limit(things: Things, request: Request, answer: Response) -> Response:
    listed = request.method == "GET" and request.url.path == "/things"
    return JSONResponse(list(things.kept.values())) if listed else answer


def test_a_limit_that_is_not_heeded(tmp_path: Path) -> None:
    listed = 'limit={"type": "integer", "minimum": 1}'
    document = described("LIST", listed=listed)
    assert rules(check_things(tmp_path, document, LIMIT)) == set()
    assert rules(check_things(tmp_path, document, LIMIT, ignores_limit)) == {"limit"}


def test_pages_of_a_size_that_nobody_chooses(tmp_path: Path) -> None:
    assert rules(check_things(tmp_path, described("LIST", listed="offset"), PAGES)) == set()


def test_no_page_is_asked_for_beyond_the_documented_ones(tmp_path: Path) -> None:
    asked: list[str] = []

    def keep(_: Things, request: Request, answer: Response) -> Response:
        asked.append(request.query_params.get("offset", ""))
        return answer

    document = described("LIST", listed='offset={"type": "integer", "maximum": 5}')
    assert rules(check_things(tmp_path, document, PAGES, keep)) == set()
    assert max(map(int, filter(None, asked))) == 5


def test_a_page_that_comes_again_ends_the_walk(tmp_path: Path) -> None:
    document = described("LIST", listed="page")
    found = rules(check_things(tmp_path, document, PAGES, ignores_limit))
    assert found == {"pages-repeat"}


@pytest.mark.parametrize(("cursor", "ends"), [("after", True), ("cursor", False)])
def test_a_list_that_says_nothing_of_what_follows(tmp_path: Path, cursor: str, *, ends: bool) -> None:  # fmt: skip
    """A cursor that is an id begins behind the last one; any other must be told."""
    document = open_list(listed=f"limit\n{cursor}={TEXT}")
    report = check_things(tmp_path, document, PAGES, wrapped())
    assert ("pages-lose" in rules(report)) != ends


def test_more_pages_than_are_asked_for(tmp_path: Path) -> None:
    def endless(things: Things, request: Request, answer: Response) -> Response:
        if request.method != "GET":
            return answer
        things.last += 1
        return JSONResponse([{"id": things.last, "name": "new"}])

    report = check_things(tmp_path, described("LIST", listed="offset"), PAGES, endless)
    assert reason(report).startswith("the list has more than")


def test_a_total_and_more_that_are_not_true(tmp_path: Path) -> None:
    document = open_list(listed="")
    true = wrapped(total=lambda things: len(things.kept), has_more=False)
    assert rules(check_things(tmp_path, document, TOTALS, true)) == set()
    false = wrapped(meta={"total": 3}, has_more=True)
    assert rules(check_things(tmp_path, document, TOTALS, false)) == {"total", "has-more"}


def of_size(things: Things, request: Request, answer: Response) -> Response:
    """List what has a size and a name, the latter in any letters."""
    if request.method != "GET" or request.url.path != "/things":
        return answer
    size, name, tag = (request.query_params.get(one) for one in ("size", "name", "tag"))
    return JSONResponse(
        [
            one
            for one in things.kept.values()
            if (size is None or str(one["size"]) == size)
            and (name is None or name.casefold() in str(one["name"]).casefold())
            and (tag is None or tag in list(one.get("tags", [])))  # type: ignore[call-overload]
        ]
    )


TAGGED: Any = {
    **THING,
    "required": ["name", "tags"],
    "properties": {
        **THING["properties"],  # type: ignore[dict-item]
        "tags": {
            "type": "array",
            "minItems": 1,
            "items": {"type": "string", "minLength": 5, "maxLength": 5},
        },
    },
}


def test_filters(tmp_path: Path) -> None:
    whole = '{"type": "string", "minLength": 5}'
    listed = f'size\nname={TEXT}\ntag={whole}\nodd={{"type": "array"}}\nother={TEXT}'
    document = described("LIST", listed=listed, schema=TAGGED)
    for one in document["paths"]["/things"]["get"]["parameters"]:  # type: ignore[index]
        one["required"] = False
    assert rules(check_things(tmp_path, document, FILTERS, of_size)) == set()
    assert "filter" in rules(check_things(tmp_path, document, FILTERS))


def test_a_filter_that_takes_no_value_that_there_is(tmp_path: Path) -> None:
    listed = 'name={"type": "string", "maxLength": 0}'
    report = check_things(tmp_path, described("LIST", listed=listed), FILTERS)
    assert reason(report) == "no parameter filters by a member"


@pytest.mark.parametrize("order", ["size", "-size", "size:desc", "size_asc", "+size"])
def test_sorting(tmp_path: Path, order: str) -> None:
    down = "-" in order or "desc" in order

    def sort(things: Things, request: Request, answer: Response, *, down: bool = down) -> Response:
        if request.method != "GET" or request.url.path != "/things":
            return answer
        kept = list(things.kept.values())
        if request.query_params.get("sort") == order:
            kept.sort(key=lambda one: int(str(one["size"])), reverse=down)
        return JSONResponse(kept)

    listed = f'sort={{"enum": ["{order}", "colour"]}}'
    document = described("LIST", listed=listed)
    assert rules(check_things(tmp_path, document, SORTING, sort)) == set()
    wrong = check_things(tmp_path, document, SORTING, partial(sort, down=not down))
    assert rules(wrong) == {"sort"}


def test_values_that_cannot_be_compared_are_not_sorted(tmp_path: Path) -> None:
    def mix(things: Things, request: Request, answer: Response) -> Response:
        if request.method != "GET":
            return answer
        return JSONResponse([{"id": 1, "size": 2}, {"id": 2, "size": "a"}, {"id": 3, "size": 1}])

    document = open_list(listed='sort={"enum": ["size"]}')
    assert rules(check_things(tmp_path, document, SORTING, mix)) == set()
