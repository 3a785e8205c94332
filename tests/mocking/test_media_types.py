"""The media type of an answer: what the client accepts, and of that what can carry the body."""

import pytest

from tests.mocking.building import ask, build, header

DOCUMENT = """
    openapi: 3.1.0
    info: {title: t, version: "1"}
    paths:
      /all:
        get:
          responses:
            "200":
              description: as Swashbuckle writes them
              content:
                text/plain: {schema: {type: object}}
                application/json: {schema: {type: object}}
                text/json: {schema: {type: object}}
      /text:
        get:
          responses:
            "200":
              description: an example alone can be text
              content: {text/plain: {schema: {type: [object, string]}, example: shown}}
      /only:
        get:
          responses: {"200": {description: no, content: {text/plain: {schema: {type: object}}}}}
      /bare:
        get:
          responses: {"200": {description: ok, content: {TYPE: {}}}}
"""


@pytest.mark.parametrize(
    ("accept", "sent"),
    [
        ("*/*", "application/json"),
        ("text/plain, */*;q=0.5", "application/json"),
        ("text/json, text/plain;q=0.9", "text/json"),
        ("text/*", "text/json"),
    ],
)
def test_what_cannot_carry_the_body_is_passed_over(tmp_path, accept, sent):
    decision = ask(build(tmp_path, DOCUMENT), "GET /all", {"Accept": accept})
    assert (decision.response.status, header(decision, "content-type")) == (200, sent)


@pytest.mark.parametrize("path", ["/all", "/only"])
def test_where_nothing_accepted_can_it_is_said(tmp_path, path):
    decision = ask(build(tmp_path, DOCUMENT), f"GET {path}", {"Accept": "text/plain"})
    assert (decision.response.status, decision.reasons.error) == (500, "impossible-answer")


def test_a_fresh_body_that_cannot_be_written_gives_way_to_the_example(tmp_path):
    decision = ask(build(tmp_path, DOCUMENT), "GET /text", {"Prefer": "dynamic=true"})
    assert decision.response.status == 200
    assert decision.response.body == b"shown"


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("text/plain", b""),
        ("image/png", b""),
        ("application/json", b"{}"),
        ("application/problem+json", b"{}"),
        ("'*/*'", b"{}"),
    ],
)
def test_a_media_type_without_a_schema(tmp_path, media_type, body):
    document = DOCUMENT.replace("TYPE", media_type)
    assert ask(build(tmp_path, document), "GET /bare").response.body == body


def test_xml_without_a_schema_has_a_root(tmp_path):
    document = DOCUMENT.replace("TYPE", "application/xml")
    assert ask(build(tmp_path, document), "GET /bare").response.body.endswith(b"<xml />")
