"""What the fixtures ask for beyond the document, also where only reading is allowed."""

from dataclasses import replace
from itertools import count
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from tests.check.odd_things import Things, check_things, described
from tests.check.running import OURS, check_app, contract_from, rules
from tests.check.test_conduct import DOCUMENT, app_of

ALWAYS_ANOTHER = """
    policy:
      one: {unique: [/id]}
"""
GET = DOCUMENT.replace("METHOD", "get").replace("{description: done}", "{description: done, content: {application/json: {}}}")  # fmt: skip
SAFE = replace(OURS, only=("policy",), effort="quick", safe=True)


def test_values_that_differ_each_time_where_no_load_is_allowed(tmp_path: Path) -> None:
    numbers = count()
    asked: list[str] = []

    def fresh(request: Request) -> Response:
        asked.append(request.method)
        return JSONResponse({"id": next(numbers)})

    contract = contract_from(tmp_path, GET, ALWAYS_ANOTHER)
    report = check_app(app_of(fresh), contract, SAFE)
    assert [(one.state, one.name) for one in report.outcomes] == [("passed", "unique")]
    assert len(asked) < 10  # not at the same time too
    same = check_app(app_of(lambda _: JSONResponse({"id": 1})), contract, SAFE)
    assert rules(same) == {"not-unique"}


def test_a_link_that_cannot_be_read_finds_nothing(tmp_path: Path) -> None:
    document = described("GET")
    made = document["paths"]["/things"]["post"]["responses"]["201"]  # type: ignore[index]
    made["links"] = {"read": {"$ref": "#/components/links/none"}, "text": {"operationId": "get"}}
    assert rules(check_things(tmp_path, document, "what is created can be read")) == set()


def test_what_is_made_of_text_has_sent_no_members(tmp_path: Path) -> None:
    def make(things: Things, request: Request, answer: Response) -> Response:
        if request.method != "POST":
            return answer
        things.last += 1
        things.kept[things.last] = {"id": things.last, "name": "a"}
        return JSONResponse(things.kept[things.last], 201)

    document = described("GET", "DELETE")
    body = {"content": {"text/plain": {"schema": {"type": "string"}}}}
    document["paths"]["/things"]["post"]["requestBody"] = body  # type: ignore[index]
    assert rules(check_things(tmp_path, document, "DELETE deletes its item", make)) == set()
