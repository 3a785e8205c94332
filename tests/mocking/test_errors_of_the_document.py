"""Generated errors keep what HTTP itself says of them, beside the document: the member ``status``, and the challenge."""

import json
from pathlib import Path

import pytest

from tests.mocking.building import ask, build, header

DOCUMENT = """
    openapi: 3.1.0
    info: {title: t, version: "1"}
    paths:
      /plain: {get: {security: [{key: []}], responses: {"401": {description: refused}}}}
      /picky:
        get:
          security: [{key: []}]
          responses:
            "401":
              description: refused
              headers:
                WWW-Authenticate: {schema: {type: string, pattern: %s}, example: Bearer scope="all"}
      /spaced:
        get:
          responses:
            "403":
              description: forbidden
              headers:
                WWW-Authenticate: {schema: {type: string, pattern: "^Bearer "}}
                X-Short: {schema: {type: string, const: "a "}}
      /problems:
        get:
          responses:
            "404": {$ref: "#/components/responses/Problem"}
            "409":
              description: conflict
              content: {application/problem+json: {schema: {type: object, required: [status], properties: {status: {const: 400}}}}}
    components:
      securitySchemes: {key: {type: http, scheme: bearer}}
      responses:
        Problem:
          description: a problem
          content:
            application/problem+json:
              schema: {type: object, required: [status], properties: {status: {type: integer, minimum: 400}}}
"""


@pytest.mark.parametrize(
    ("path", "pattern", "challenge"),
    [
        ("/plain", "'^Bearer'", "Bearer"),
        ("/picky", "'^Bearer'", "Bearer"),
        ("/picky", "'^Bearer '", 'Bearer realm="mock"'),
        ("/picky", "scope", 'Bearer scope="all"'),
    ],
)
def test_a_challenge_fits_what_the_document_says_of_it(
    tmp_path: Path, path: str, pattern: str, challenge: str
) -> None:
    mock = build(tmp_path, DOCUMENT % pattern)
    assert header(ask(mock, f"GET {path}"), "www-authenticate") == challenge


def test_a_challenge_with_an_error_gets_its_realm_beside_it(tmp_path: Path) -> None:
    tokens = """
        tokens: {old: {scheme: key, value: old, outcome: expired}}
    """
    mock = build(tmp_path, DOCUMENT % "realm=", tokens)
    decision = ask(mock, "GET /picky", {"Authorization": "Bearer old"})
    assert header(decision, "www-authenticate") == 'Bearer error="invalid_token", realm="mock"'


@pytest.mark.parametrize(("status", "told"), [(404, 404), (409, 400)])
@pytest.mark.parametrize("dynamic", ["", ", dynamic=true"])
def test_a_problem_says_the_status_that_it_has(
    tmp_path: Path, status: int, told: int, dynamic: str
) -> None:
    mock = build(tmp_path, DOCUMENT % "x")
    decision = ask(mock, "GET /problems", {"Prefer": f"code={status}{dynamic}"})
    assert (decision.response.status, json.loads(decision.response.body)) == (
        status,
        {"status": told},
    )


def test_generated_headers_fit_when_their_outer_spaces_are_gone(tmp_path: Path) -> None:
    decision = ask(build(tmp_path, DOCUMENT % "x"), "GET /spaced", {"Prefer": "code=403"})
    assert header(decision, "www-authenticate") == "Bearer string"
    assert header(decision, "x-short") == "a"


def test_a_media_type_that_no_header_can_hold(tmp_path: Path) -> None:
    odd = DOCUMENT.replace("application/problem+json: {schema: {type: object, required: [status], properties: {status: {const: 400}}}}", '"text/\\0": {schema: {const: a}}')  # fmt: skip
    decision = ask(build(tmp_path, odd % "x"), "GET /problems", {"Prefer": "code=409"})
    assert header(decision, "content-type") == "application/octet-stream"
