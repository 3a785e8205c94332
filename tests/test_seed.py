"""Holds ``openapi.yaml`` to the page that it was written from, whose text is read here, not repeated."""

import json
import re
from pathlib import Path
from typing import NamedTuple

import pytest

from mockserver.schemas import compile_schema
from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document
from mockserver.spec.model import Operation
from mockserver.spec.routes import Route, Router

ROOT = Path(__file__).parents[1]
PAGE = (Path(__file__).parent / "data" / "create-setup-intent.txt").read_text()
STATUSES = ("201", "401", "404")
STRIPE_SECRET = re.compile(r"seti_[0-9A-Za-z]{24}_secret_[0-9A-Za-z]{31}")


class Row(NamedTuple):
    """One line of a table of the page: the marker ``required`` is glued to the name, the codes to each other."""

    name: str
    required: bool
    type: str
    said: str


def page_tables() -> dict[str, tuple[str, list[Row]]]:
    """Return, by status, the description of an answer and the rows of its table."""
    tables: dict[str, tuple[str, list[Row]]] = {}
    described = PAGE[PAGE.index("\nResponses\n") : PAGE.index("\nLanguage\n")]
    for line in described.splitlines():
        if heading := re.fullmatch(r"(\d{3}) (.+)", line):
            tables[heading[1]] = (heading[2], [])
        elif tables and line != "Name Type Description":
            row = re.fullmatch(
                r"([a-zA-Z]+?)(required)? (\w+(?:\[\])?(?: \(\w+\))?)(?: (.*))?", line
            )
            assert row, line
            rows = tables[next(reversed(tables))][1]
            rows.append(Row(row[1], bool(row[2]), row[3], row[4] or ""))
    return tables


def page_examples() -> dict[str, object]:
    """Return the example of each answer, by status."""
    blocks = re.findall(r"^(\d{3})\n(\{\n.*?^\})", PAGE, re.MULTILINE | re.DOTALL)
    return {status: json.loads(text) for status, text in blocks}


@pytest.fixture(scope="module")
def api() -> Api:
    return compile_document(load_document(ROOT / "openapi.yaml"))


@pytest.fixture(scope="module")
def operation(api: Api) -> Operation:
    return api.by_name["createSetupIntent"]


def schema_of(api: Api, operation: Operation, status: str) -> dict[str, object]:
    """Return the schema of an answer, its reference followed."""
    location = operation.responses[status].content[0].schema
    assert location
    schema = api.document.value(api.document.follow(location))
    assert isinstance(schema, dict)
    return schema


def flatten(schema: object) -> list[tuple[str, bool, dict[str, object]]]:
    """Return the properties of a schema and of the objects in it: name, required or not, schema."""
    assert isinstance(schema, dict)
    found = []
    for name, inner in schema.get("properties", {}).items():
        found.append((name, name in schema.get("required", ()), inner))
        found += flatten(inner)
    return found


def test_the_page_is_read_as_a_person_reads_it() -> None:
    tables = page_tables()
    assert [len(rows) for _, rows in tables.values()] == [1, 5, 5]
    assert tables["404"][1][3] == Row(
        "docUrl",
        False,
        "string (uri)",
        "Link to relevant API documentation for this error Example: https://orbitkit.io/api/errors/#unauthorized",
    )
    assert list(page_examples()) == list(STATUSES)


def test_the_document_has_the_page_s_operation_and_no_other(api: Api, operation: Operation) -> None:
    title, _, request_line, description = PAGE.splitlines()[:4]
    assert api.operations == (operation,)
    assert f"{operation.method} {operation.path}" == request_line
    assert operation.summary == title
    assert api.document.value(operation.location.child("description")) == description
    assert operation.parameters == ()
    assert operation.request_body is None


def test_every_client_of_the_page_reaches_the_operation(api: Api, operation: Operation) -> None:
    servers = api.document.value(api.document.root.child("servers"))
    assert isinstance(servers, list)
    addresses = re.findall(r'https://api\.[^"\s]+', PAGE)
    assert set(addresses) == {servers[0]["url"] + operation.path}
    assert len(addresses) == 4
    route = Router(api.operations).match("POST", b"/api/setup-intent")
    assert isinstance(route, Route)
    assert route.operation is operation


def test_the_clients_send_a_bearer_token(api: Api, operation: Operation) -> None:
    assert len(re.findall(r"Authorization\W+Bearer |Bearer \\\(apiKey\)", PAGE)) == 3
    scheme = operation.security[0][0].scheme
    assert (scheme.type, scheme.scheme) == ("http", "bearer")
    assert [[need.scheme.name for need in either] for either in operation.security] == [
        ["bearerAuth"]
    ]


def test_the_answers_are_those_of_the_page(operation: Operation) -> None:
    described = {key: response.description for key, response in operation.responses.items()}
    assert described == {status: text for status, (text, _) in page_tables().items()}
    for response in operation.responses.values():
        assert [media.name for media in response.content] == ["application/json"]


@pytest.mark.parametrize("status", STATUSES)
def test_the_fields_are_those_of_the_page(api: Api, operation: Operation, status: str) -> None:
    _, rows = page_tables()[status]
    fields = flatten(schema_of(api, operation, status))
    assert [(name, required) for name, required, _ in fields] == [row[:2] for row in rows]
    for row, (_, _, schema) in zip(rows, fields, strict=True):
        assert page_type(schema) == row.type
        assert page_description(schema) == row.said


def page_type(schema: dict[str, object]) -> str:
    """Write a schema's type as the page does."""
    if schema["type"] == "array":
        assert isinstance(schema["items"], dict)
        return f"{schema['items']['type']}[]"
    return f"{schema['type']} ({schema['format']})" if "format" in schema else str(schema["type"])


def page_description(schema: dict[str, object]) -> str:
    """Write what a schema says of a field as the page does: text, codes, example."""
    parts = [str(schema.get("description", "")), "".join(map(str, schema.get("enum", [])))]  # type: ignore[call-overload]
    examples = schema.get("examples")
    if isinstance(examples, list) and schema.get("format") == "uri":
        parts.append(f"Example: {examples[0]}")
    return " ".join(filter(None, parts))


def test_there_are_26_codes_and_no_two_are_alike(api: Api, operation: Operation) -> None:
    fields = {name: schema for name, _, schema in flatten(schema_of(api, operation, "401"))}
    codes = fields["code"]["enum"]
    assert isinstance(codes, list)
    assert len(codes) == len(set(codes)) == 26


def test_both_errors_share_one_envelope(api: Api, operation: Operation) -> None:
    assert schema_of(api, operation, "401") is schema_of(api, operation, "404")


@pytest.mark.parametrize("status", ["401", "404"])
def test_the_examples_of_errors_are_those_of_the_page(operation: Operation, status: str) -> None:
    examples = operation.responses[status].content[0].examples
    assert {json.dumps(example.value) for example in examples} == {
        json.dumps(page_examples()[status])
    }


def test_the_client_secret_has_the_form_that_stripe_s_clients_check(operation: Operation) -> None:
    (example,) = operation.responses["201"].content[0].examples
    assert isinstance(example.value, dict)
    assert example.value.keys() == {"clientSecret"}
    assert page_examples()["201"] == {"clientSecret": "string"}  # which they refuse
    assert STRIPE_SECRET.fullmatch(example.value["clientSecret"])


def test_every_example_fits_its_schema(api: Api, operation: Operation) -> None:
    for response in operation.responses.values():
        (media_type,) = response.content
        assert media_type.schema
        bundle = api.schemas.bundle(media_type.schema, "response")
        validator = compile_schema(bundle, formats=True)
        assert [validator.violations(example.value) for example in media_type.examples] == [
            [] for _ in media_type.examples
        ]


def test_a_401_carries_a_challenge(operation: Operation) -> None:
    (header,) = operation.responses["401"].headers
    assert (header.name, header.required) == ("WWW-Authenticate", True)
    assert header.examples[0].value == 'Bearer error="invalid_token"'


def test_the_document_is_free_of_findings(api: Api) -> None:
    assert api.findings == ()
    assert api.schemas.findings == []
