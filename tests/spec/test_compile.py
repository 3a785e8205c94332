import json
from pathlib import Path

import pytest

from mockserver.errors import SpecError
from mockserver.spec.compile import compile_document
from mockserver.spec.document import load_document
from tests.spec.building import compiled, rules, with_operation
from tests.specs import spec

ANSWERED = {"responses": {"default": {}}}  # type: ignore[var-annotated]


def test_a_document_is_compiled_to_its_operations(tmp_path: Path):
    api = compiled(
        tmp_path,
        {
            "openapi": "3.0.3",
            "info": {"title": "Pets", "version": "7"},
            "servers": [{"url": "https://a.example/v1"}],
            "paths": {
                "x-rest": {"get": {}},
                "/pets": {
                    "get": {
                        **ANSWERED,
                        "operationId": "listPets",
                        "summary": "All of them",
                        "tags": ["pets", 3],
                        "deprecated": True,
                    },
                    "post": {**ANSWERED, "servers": [{"url": "/own"}]},
                    "x-rest": 1,
                },
                "/toys": {"servers": [{"url": "/toys-api"}], "trace": ANSWERED},
            },
        },
    )
    assert (api.title, api.version, api.openapi) == ("Pets", "7", "3.0.3")
    assert api.servers == ("https://a.example/v1",)
    assert [(one.name, one.method, one.path, one.base_paths) for one in api.operations] == [
        ("listPets", "GET", "/pets", ("/v1", "")),
        ("POST /pets", "POST", "/pets", ("/own", "")),
        ("TRACE /toys", "TRACE", "/toys", ("/toys-api", "")),
    ]
    first = api.by_name["listPets"]
    assert (first.summary, first.tags, first.deprecated) == ("All of them", ("pets",), True)
    assert first.location.pointer == "/paths/~1pets/get"
    assert first.place is not None
    assert first.place.line == 1
    assert api.findings == ()


def test_an_operation_without_an_id_is_named_by_method_and_path(tmp_path: Path):
    api = compiled(tmp_path, with_operation({"operationId": "  "}))
    assert list(api.by_name) == ["GET /pets"]


def test_operations_that_share_an_id_are_named_by_method_and_path(tmp_path: Path):
    same = {**ANSWERED, "operationId": "pets"}
    api = compiled(tmp_path, {"paths": {"/a": {"get": same}, "/b": {"get": same}}})
    assert list(api.by_name) == ["GET /a", "GET /b"]
    assert rules(api) == ["duplicate-operation-id", "duplicate-operation-id"]


def test_names_by_method_and_path_are_numbered_where_they_are_taken(tmp_path: Path):
    same = {**ANSWERED, "operationId": "pets"}
    named = {**ANSWERED, "operationId": "GET /a 2"}
    paths = {"/a": {"get": same}, "a": {"get": same}, "/b": {"get": named}}
    assert list(compiled(tmp_path, {"paths": paths}).by_name) == ["GET /a", "GET /a 3", "GET /a 2"]


def test_equal_templates_are_reported_unless_servers_tell_them_apart(tmp_path: Path):
    elsewhere = {**ANSWERED, "servers": [{"url": "/elsewhere"}]}
    api = compiled(
        tmp_path,
        {
            "paths": {
                "/a/{x}": {"get": ANSWERED, "put": ANSWERED, "parameters": [path_parameter("x")]},
                "/a/{y}": {"get": ANSWERED, "put": elsewhere, "parameters": [path_parameter("y")]},
            }
        },
    )
    assert [finding.message for finding in api.findings] == [
        "GET /a/{y} means the same paths as /a/{x}: it answers only where its parameters fit a request better"
    ]


def path_parameter(name: str) -> dict[str, object]:
    return {"name": name, "in": "path", "required": True, "schema": {}}


def test_a_path_item_may_be_a_reference_to_another_file(tmp_path: Path):
    api = compiled(
        tmp_path,
        {"paths": {"/pets": {"$ref": "pets.json#/list"}}},
        pets={
            "list": {"get": {"responses": {"200": {"$ref": "#/ok"}}}},
            "ok": {"description": "ok"},
        },
    )
    (operation,) = api.operations
    assert operation.location.file.endswith("pets.json")
    assert operation.responses["200"].description == "ok"
    assert operation.responses["200"].location.pointer == "/ok"


SLOPPY = {
    "missing info": ({"info": None, "paths": {"/a": {"get": ANSWERED}}}, []),
    "unknown key": (
        {"paths": {"/a": {"get": {**ANSWERED, "operationID": "a", "x-b": 1}}}},
        ["unknown-key"],
    ),
    "no slash": ({"paths": {"a": {"get": ANSWERED}}}, ["bad-path"]),
    "no answers": ({"paths": {"/a": {"get": {}}}}, ["no-responses"]),
    "empty operation": ({"paths": {"/a": {"get": None}}}, ["no-responses"]),
    "operation of text": ({"paths": {"/a": {"get": "x"}}}, ["not-a-mapping", "no-responses"]),
    "dangling answer": (
        {"paths": {"/a": {"get": {"responses": {"200": {"$ref": "#/x"}, "400": {}}}}}},
        ["dangling-reference"],
    ),
    "dangling body": (
        {"paths": {"/a": {"get": {**ANSWERED, "requestBody": {"$ref": "#/x"}}}}},
        ["dangling-reference"],
    ),
    "unknown list": ({"paths": {"/a": {"get": {**ANSWERED, "tags": "a", "parameters": {}}}}}, []),
}


@pytest.mark.parametrize(("root", "found"), SLOPPY.values(), ids=SLOPPY)
def test_a_sloppy_document_is_served_with_warnings(tmp_path, root, found):
    api = compiled(tmp_path, root)
    assert [operation.path for operation in api.operations] == ["/a"]
    assert rules(api) == found
    assert {finding.severity for finding in api.findings} <= {"warning"}
    assert all(finding.place for finding in api.findings)


def test_the_nearest_key_is_named(tmp_path: Path):
    api = compiled(tmp_path, with_operation({"operationID": "a"}))
    (finding,) = api.findings
    assert finding.hint == "did you mean 'operationId'?"


def test_a_document_of_webhooks_has_no_operations_and_no_warning(tmp_path: Path):
    assert compiled(tmp_path, {"webhooks": {}}).findings == ()


@pytest.mark.parametrize(
    ("root", "found"),
    [
        ({}, ["no-operations"]),
        ({"paths": {"/a": {"$ref": "#/gone"}}}, ["dangling-reference", "no-operations"]),
    ],
    ids=["no paths", "dangling"],
)
def test_a_document_without_operations_is_reported(tmp_path, root, found):
    assert rules(compiled(tmp_path, root)) == found


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("openapi: 3.1.0", "neither paths nor webhooks"),
        ("openapi: 3.1.0\npaths: []", "paths is no mapping"),
        ("openapi: 3.1.0\npaths: {/a: {$ref: ../b.yaml}}", "lies outside the root"),
    ],
)
def test_what_cannot_be_served_at_all_is_refused(tmp_path: Path, text: str, message: str):
    (tmp_path / "api").mkdir()
    (tmp_path / "api" / "openapi.yaml").write_text(text)
    (tmp_path / "b.yaml").write_text("get: {}")
    with pytest.raises(SpecError, match=message):
        compile_document(load_document(tmp_path / "api" / "openapi.yaml"))


def test_a_document_without_info_is_reported(tmp_path: Path):
    (tmp_path / "openapi.yaml").write_text("openapi: 3.1.0\nwebhooks: {}")
    api = compile_document(load_document(tmp_path / "openapi.yaml"))
    assert [finding.rule for finding in api.findings] == ["no-info"]


def test_other_versions_are_refused(tmp_path: Path):
    with pytest.raises(SpecError, match=r"OpenAPI 3.3.0 is not read; 2.0, 3.0, 3.1 and 3.2 are"):
        compiled(tmp_path, {"openapi": "3.3.0"})


DOCUMENTS = [
    "stripe.json",
    "stripe.yaml",
    "github.json",
    "openai.yaml",
    "petstore.yaml",
    "museum.yaml",
    "discord.json",
    "twilio_api_v2010.yaml",
    "adyen-checkout-v71.yaml",
    "figma.yaml",
    "spotify.yml",
    "oai/api-with-examples.yaml",
    "oai/callback-example.yaml",
    "oai/link-example.yaml",
    "oai/uspto.yaml",
    "oai/tictactoe.yaml",
    "oai/webhook-example.yaml",
]


@pytest.mark.parametrize("name", DOCUMENTS)
def test_real_documents_compile_with_every_operation(name):
    manifest = json.loads(spec("MANIFEST.json").read_text())
    expected = {entry["file"]: entry["operations"] for entry in manifest["documents"]}
    api = compile_document(load_document(spec(name)))
    assert len(api.operations) == len(api.by_name) == expected[name]
    assert not rules(api)


def test_a_query_operation_and_operations_with_methods_of_their_own(tmp_path: Path):
    more = {"LINK": ANSWERED, "copyTo": ANSWERED, "a b": ANSWERED, "post": ANSWERED}
    paths = {"/pets": {"query": ANSWERED, "additionalOperations": more, "get": ANSWERED}}
    api = compiled(tmp_path, {"openapi": "3.2.0", "paths": paths})
    assert [(one.name, one.location.pointer) for one in api.operations] == [
        ("QUERY /pets", "/paths/~1pets/query"),
        ("LINK /pets", "/paths/~1pets/additionalOperations/LINK"),
        ("copyTo /pets", "/paths/~1pets/additionalOperations/copyTo"),
        ("POST /pets", "/paths/~1pets/additionalOperations/post"),
        ("GET /pets", "/paths/~1pets/get"),
    ]
    assert rules(api) == ["bad-method", "bad-method"]


def test_before_3_2_they_mean_nothing(tmp_path: Path):
    item = {"query": ANSWERED, "additionalOperations": {"LINK": ANSWERED}, "get": ANSWERED}
    api = compiled(tmp_path, {"paths": {"/pets": item}})
    assert [one.name for one in api.operations] == ["GET /pets"]
    assert rules(api) == ["unknown-key", "unknown-key"]


def test_what_stands_beside_the_reference_of_a_path_item_goes_before_it(tmp_path: Path):
    def parameter(name: str, kind: str) -> dict[str, object]:
        return {"name": name, "in": "query", "schema": {"type": kind}}

    shared = {
        "summary": "shared",
        "parameters": [parameter("a", "string"), parameter("b", "string")],
        "get": {**ANSWERED, "summary": "theirs"},
        "post": ANSWERED,
        "servers": [{"url": "/theirs"}],
    }
    own = {
        "$ref": "#/components/pathItems/shared",
        "parameters": [parameter("b", "integer")],
        "get": {**ANSWERED, "summary": "ours"},
        "put": ANSWERED,
    }
    root = {"paths": {"/pets": own}, "components": {"pathItems": {"shared": shared}}}
    api = compiled(tmp_path, root)
    assert [(one.name, one.summary) for one in api.operations] == [
        ("GET /pets", "ours"),
        ("PUT /pets", ""),
        ("POST /pets", ""),
    ]
    for operation in api.operations:
        assert operation.base_paths == ("/theirs", "")
        assert [one.name for one in operation.parameters] == ["a", "b"]
        schema = operation.parameters[1].schema
        assert schema is not None
        assert api.schemas.schema(schema, "request") == {"type": "integer"}
    assert rules(api) == []


def test_a_path_item_that_refers_to_itself_is_reported(tmp_path: Path):
    paths = {"/pets": {"$ref": "#/paths/~1pets", "get": ANSWERED}}
    api = compiled(tmp_path, {"paths": paths})
    assert [one.name for one in api.operations] == []
    assert rules(api) == ["circular-reference", "no-operations"]
