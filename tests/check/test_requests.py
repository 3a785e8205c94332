"""Good requests: what they hold, and when none can be made."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from mockserver.check.model import Skip
from mockserver.check.requests import written
from mockserver.check.runner import Run
from mockserver.spec.model import Location, SecurityScheme
from tests.check.running import contract_from, run_at

DOCUMENT = """
    openapi: 3.1.0
    info: {title: Words, version: "1"}
    paths:
      /impossible:
        post:
          operationId: impossible
          requestBody: &nothing {required: true, content: {application/json: {schema: false}}}
          responses: &answers {"200": {description: done}, "400": {description: no}}
      /known/{word}:
        post:
          operationId: known
          parameters: [{name: word, in: path, required: true, schema: {type: string, const: a}}]
          requestBody: *nothing
          responses: *answers
      /text:
        post:
          operationId: text
          requestBody: {required: true, content: {text/plain: {schema: {type: string, const: plain words}}}}
          responses: *answers
      /list:
        post:
          operationId: list
          requestBody:
            required: true
            content: {application/json: {schema: {type: array, minItems: 2, maxItems: 2, items: {type: object, required: [word], properties: {word: {type: string, const: old}}}}}}
          responses: *answers
      /bare:
        get:
          operationId: bare
          responses: *answers
      /locked:
        get:
          operationId: locked
          security: [{key: []}]
          responses: *answers
    components:
      securitySchemes:
        key: {type: http, scheme: bearer}
"""
FIXTURES = """
    tokens:
      old: {scheme: key, value: old, outcome: expired}
    cases:
      known:
        with-its-body:
          request: {path: {word: b}, body: {any: thing}}
          then: {status: 200}
      text:
        member-of-a-text:
          when: {body: {/word: new}}
          then: {status: 200}
      list:
        second-word:
          when: {body: {/1/word: new}}
          then: {status: 200}
"""


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    with run_at("http://127.0.0.1:9", contract_from(tmp_path, DOCUMENT, FIXTURES)) as found:
        yield found


def test_no_request_can_be_made(run: Run) -> None:
    with pytest.raises(Skip, match="no request can be made"):
        run.requests.draw(run.api.by_name["impossible"])


def test_a_case_that_brings_its_body_needs_none_that_is_drawn(run: Run) -> None:
    request = run.requests.of_case(run.fixtures.cases["known"]["with-its-body"])
    assert (request.method, request.path) == ("POST", b"/known/b")
    assert json.loads(request.body) == {"any": "thing"}


def test_a_member_of_a_body_that_is_no_json_cannot_be_changed(run: Run) -> None:
    with pytest.raises(Skip, match="no JSON that could be changed"):
        run.requests.of_case(run.fixtures.cases["text"]["member-of-a-text"])


def test_a_member_within_a_list_is_changed(run: Run) -> None:
    request = run.requests.of_case(run.fixtures.cases["list"]["second-word"])
    assert json.loads(request.body) == [{"word": "old"}, {"word": "new"}]


@pytest.mark.parametrize("name", ["text", "list", "bare"])
def test_what_takes_no_object_has_no_object_as_its_body(run: Run, name: str) -> None:
    with pytest.raises(Skip, match="the body is no JSON object"):
        run.requests.json_body(run.api.by_name[name])


def test_values_that_no_parameter_describes_are_written_as_text(run: Run) -> None:
    bare = run.api.by_name["bare"]
    values: dict[tuple[str, str], object] = {
        ("query", "a b"): [1],
        ("cookies", "c"): "x;y",
        ("headers", "X-Odd"): True,
    }
    request = run.requests.set(bare, run.requests.draw(bare), values)
    assert request.query == b"a%20b=%5B1%5D"
    assert (b"cookie", b"c=x%3By") in request.headers
    assert (b"x-odd", b"true") in request.headers


def test_a_body_that_nobody_described_is_json(run: Run) -> None:
    bare = run.api.by_name["bare"]
    request = run.requests.with_body(bare, run.requests.draw(bare), {"ü": 1})
    assert request.header(b"content-type") == b"application/json"
    assert request.body == '{"ü": 1}'.encode()


def test_nothing_is_good_where_every_token_is_refused(run: Run) -> None:
    with pytest.raises(Skip, match="no token of the fixtures is accepted here"):
        run.requests.good(run.api.by_name["locked"])


def test_a_credential_of_a_rare_scheme_bears_its_name() -> None:
    scheme = SecurityScheme("key", "http", Location("openapi.yaml"), scheme="hoba")
    assert written(scheme, "value") == "Hoba value"
