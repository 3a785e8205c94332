"""Real documents: every operation asked answers a valid request validly, by a judge that is not ours.

A sample of each document, in bounded time; ``scripts/corpus`` asks every operation of every document.
"""

from contextlib import closing

import pytest

from tests.corpus.documents import Document
from tests.corpus.requests import build
from tests.corpus.run import PASSES, run, say, send, spread, table
from tests.corpus.schemas import Schemas
from tests.running import serving
from tests.specs import spec

LIMIT = 120
"""Operations of each document that are asked here."""


@pytest.mark.parametrize(
    "name",
    [
        "petstore.yaml",
        "museum.yaml",
        "stripe.json",
        "github.json",
        "openai.yaml",
        "docker-engine.yaml",
        "netlify.yml",
        "oas32-features.yaml",
        "oas32-sse.yaml",
        "cafe.yaml",
        "oai/3.2-tags-example.yaml",
        "oai/tictactoe.yaml",
    ],
)
def test_every_operation_answers_a_valid_request_validly(name: str) -> None:
    report = run(spec(name), limit=LIMIT)
    say(table([report]))
    assert report.operations
    failures = [found for found in report.failures if not _is_known(name, str(found))]
    assert not failures, "\n".join(map(str, failures))


def _is_known(name: str, failure: str) -> bool:
    # The document writes OpenAPI 3.0's `exclusiveMinimum: true` in 3.1, where it has no meaning: the mock drops it, and
    # the judge's library takes true for the number one.
    if name == "openai.yaml":
        return "/hyperparameters/" in failure
    # Its only answers are 101, which HTTP cannot end an exchange with, and errors.
    if name == "docker-engine.yaml":
        return "POST /session" in failure and "interim-status" in failure
    # A schema that is nothing but itself has no answer; a list within an object has no form in a query.
    if name == "oas32-features.yaml":
        return ("GET /path-one" in failure and "too deep" in failure) or (
            "GET /explodable-parameters" in failure and "cannot make a request" in failure
        )
    # The judge's own requests hold empty lists within deepObject queries and unions, which leave nothing on the wire.
    paths = ("GET /v1/invoices/upcoming", "POST /v1/setup_intents/text/confirm")
    return (
        name == "stripe.json"
        and "asked='full'" in failure
        and any(path in failure for path in paths)
    )


def test_fresh_answers_of_a_dynamic_server_are_valid() -> None:
    path = spec("petstore.yaml")
    document = Document(path)
    schemas = Schemas(document)
    operation = next(o for o in document.operations() if str(o) == "GET /pet/{petId}")
    request = build(document, schemas, operation)
    with serving(path, "--dynamic") as server, closing(server.connect()) as connection:
        answers = [send(connection, request) for _ in range(3)]
    assert [answer.status for answer in answers] == [200] * 3
    assert len({answer.body for answer in answers}) == 3


def test_yaml_and_json_of_one_document_answer_alike() -> None:
    documents = [Document(spec("stripe.json")), Document(spec("stripe.yaml"))]
    answers = []
    for document in documents:
        schemas = Schemas(document)
        with serving(document.path) as server, closing(server.connect()) as connection:
            answers.append(
                {
                    str(operation): send(connection, build(document, schemas, operation))
                    for operation in spread(list(document.operations()), 40)
                }
            )
    seen = [
        {name: (answer.status, answer.body) for name, answer in by_name.items()}
        for by_name in answers
    ]
    assert seen[0] == seen[1]


def test_the_passes_cover_static_and_dynamic_answers() -> None:
    assert {way.dynamic for way in PASSES} == {True, False}
