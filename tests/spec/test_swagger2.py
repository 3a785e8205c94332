"""Swagger 2.0, read into the model of OpenAPI 3."""

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from mockserver.errors import SpecError
from mockserver.spec.compile import Api, compile_document
from mockserver.spec.document import load_document
from mockserver.spec.model import Operation, RequestBody
from tests.spec.building import rules


def swagger(folder: Path, rest: str) -> Api:
    """Compile a document given as YAML; ``rest`` follows its first lines."""
    path = folder / "swagger.yaml"
    path.write_text("swagger: '2.0'\ninfo: {title: Pets, version: '1'}\n" + dedent(rest))
    return compile_document(load_document(path))


def with_operation(folder: Path, operation: str, *, rest: str = "", method: str = "post") -> Api:
    """Compile a document of one operation on ``/pets/{id}``, given as flow or block YAML."""
    text = (
        "paths:\n  /pets:\n    "
        + f"{method}:\n"
        + "\n".join(f"      {line}" for line in dedent(operation).strip().splitlines())
        + "\n"
    )
    return swagger(folder, text + dedent(rest))


def only(api: Api) -> Operation:
    return api.operations[0]


def body(api: Api) -> RequestBody:
    found = only(api).request_body
    assert found is not None
    return found


def names(found: RequestBody) -> list[str]:
    return [media.name for media in found.content]


@pytest.mark.parametrize(
    ("lines", "urls", "bases"),
    [
        ("host: a.b", ["https://a.b"], ("",)),
        ("host: a.b\nbasePath: /v1", ["https://a.b/v1"], ("/v1", "")),
        (
            "host: a.b\nbasePath: v1/\nschemes: [http, wss]",
            ["http://a.b/v1/", "wss://a.b/v1/"],
            ("/v1", ""),
        ),
        ("basePath: /v1", ["/v1"], ("/v1", "")),
        ("basePath: /", [], ("",)),
        ("basePath: https://a.b/v2", ["https://a.b/v2"], ("/v2", "")),
        ("host: http://a.b/\nbasePath: /v3", ["http://a.b/v3"], ("/v3", "")),
        ("host: [a]\nbasePath:\nschemes:", [], ("",)),
        ("host: a.b/api\nschemes: https", ["https://a.b/api"], ("/api", "")),
    ],
)
def test_host_base_path_and_schemes_are_the_servers(
    tmp_path: Path, lines: str, urls: list[str], bases: tuple[str, ...]
):
    api = swagger(tmp_path, f"{lines}\npaths: {{/a: {{get: {{responses: {{200: {{}}}}}}}}}}")
    assert list(api.servers) == urls
    assert only(api).base_paths == bases
    assert (api.specification, api.openapi) == ("Swagger", "2.0")


@pytest.mark.parametrize(
    ("place", "told", "style", "explode"),
    [
        ("query", "", "form", False),
        ("query", "collectionFormat: csv", "form", False),
        ("query", "collectionFormat: multi", "form", True),
        ("query", "collectionFormat: ssv", "spaceDelimited", False),
        ("query", "collectionFormat: tsv", "tabDelimited", False),
        ("query", "collectionFormat: pipes", "pipeDelimited", False),
        ("header", "collectionFormat: pipes", "pipeDelimited", False),
        ("header", "", "simple", False),
    ],
)
def test_collection_formats_are_styles(
    tmp_path: Path, place: str, told: str, style: str, explode: bool
):
    api = with_operation(
        tmp_path,
        f"""
        parameters:
        - {{name: q, in: {place}, type: array, items: {{type: string}}, {told}}}
        responses: {{200: {{description: fine}}}}
        """,
    )
    (parameter,) = only(api).parameters
    assert (parameter.style, parameter.explode) == (style, explode)
    assert not rules(api)


@pytest.mark.parametrize(("place", "told"), [("header", "multi"), ("query", "lines")])
def test_an_unknown_collection_format_is_csv(tmp_path: Path, place: str, told: str):
    api = with_operation(
        tmp_path,
        f"""
        parameters: [{{name: q, in: {place}, type: array, collectionFormat: {told}}}]
        responses: {{200: {{description: fine}}}}
        """,
    )
    assert only(api).parameters[0].style in ("simple", "form")
    assert not only(api).parameters[0].explode
    (finding,) = api.findings
    assert finding.rule == "unknown-collection-format"
    assert finding.hint.startswith("known: csv, ssv, tsv, pipes")
    assert ("multi" in finding.hint) == (place == "query")


def test_lists_in_lists_keep_their_delimiters(tmp_path: Path):
    deep = "type: array, collectionFormat: pipes, items: {type: array, items: {type: integer}}"
    api = with_operation(
        tmp_path,
        f"""
        parameters:
        - {{name: q, in: query, type: array, items: {{{deep}}}}}
        - {{name: r, in: query, type: array, items: {{type: array}}}}
        responses: {{200: {{description: fine}}}}
        """,
    )
    assert [parameter.nested for parameter in only(api).parameters] == [("|", ","), (",",)]


def test_items_without_end_are_read_so_deep(tmp_path: Path):
    api = with_operation(
        tmp_path,
        """
        parameters: [{name: q, in: query, type: array, items: {$ref: '#/definitions/List'}}]
        responses: {200: {description: fine}}
        """,
        rest="definitions: {List: {type: array, items: {$ref: '#/definitions/List'}}}",
    )
    assert set(only(api).parameters[0].nested) == {","}


def test_a_parameter_is_its_own_schema(tmp_path: Path):
    api = with_operation(
        tmp_path,
        """
        parameters:
        - {$ref: '#/parameters/size'}
        - {name: e, in: query, type: string, enum: [a, b], x-example: b, allowEmptyValue: true}
        - {name: x, in: query, type: string, required: true, example: c, x-examples: {one: d, a/b: e}}
        responses: {200: {description: fine}}
        """,
        rest="""
        parameters:
          size: {name: size, in: query, type: integer, minimum: 3, exclusiveMinimum: true, required: true}
        """,
    )
    size, e, x = only(api).parameters
    assert size.schema == size.at
    assert size.schema is not None
    assert e.schema is not None
    described = api.schemas.schema(e.schema, "request")
    assert isinstance(described, dict)
    assert described["example"] == "b"
    assert api.schemas.schema(size.schema, "request") == {"type": "integer", "exclusiveMinimum": 3}
    assert not api.schemas.findings
    assert (size.required, e.required, e.allow_empty) == (True, False, True)
    assert [example.value for example in e.examples] == ["b"]
    assert [(example.name, example.value) for example in x.examples] == [("", "c"), ("one", "d")]
    assert not rules(api)


def test_sloppy_parameters_are_read_with_a_warning(tmp_path: Path):
    api = with_operation(
        tmp_path,
        """
        parameters:
        - {name: a, in: query, schema: {type: integer}}
        - {name: b, in: query, type: file}
        - {name: c, in: elsewhere, type: string}
        - {name: d, in: query, type: string, requird: true}
        -
        responses: {200: {description: fine}}
        """,
    )
    a, b, _ = only(api).parameters
    assert a.schema == a.at.child("schema")
    assert b.schema is not None
    assert api.schemas.schema(b.schema, "request") == {"type": "string", "format": "binary"}
    assert set(rules(api)) == {
        "misplaced-schema",
        "misplaced-file",
        "bad-parameter",
        "unknown-key",
    }


def test_a_body_is_consumed_in_the_media_types_of_its_operation(tmp_path: Path):
    api = swagger(
        tmp_path,
        """
        consumes: [application/xml]
        paths:
          /pets:
            parameters:
            - {name: shared, in: body, schema: {type: integer}}
            post:
              parameters: [{$ref: '#/parameters/pet'}]
              responses: {200: {description: fine}}
            put:
              consumes: [application/json, application/json, text/plain]
              parameters: [{name: b, in: body, required: true, schema: {}, x-example: 1}]
              responses: {200: {description: fine}}
            patch:
              consumes: []
              responses: {200: {description: fine}}
            delete:
              consumes: text/plain
              parameters: [{name: b, in: body, schema: {}, x-examples: {text/plain: a, text/html: b}}]
              responses: {200: {description: fine}}
        parameters:
          pet: {name: p, in: body, schema: {$ref: '#/definitions/Pet'}}
        definitions: {Pet: {type: string}}
        """,
    )
    bodies = {operation.method: operation.request_body for operation in api.operations}
    found = {
        method: (names(one), one.required, [e.value for e in one.content[0].examples])
        for method, one in bodies.items()
        if one
    }
    assert found == {
        "POST": (["application/xml"], False, []),
        "PUT": (["application/json", "text/plain"], True, [1]),
        "PATCH": (["application/json"], False, []),
        "DELETE": (["text/plain"], False, ["a"]),
    }
    assert bodies["POST"] is not None
    assert bodies["POST"].content[0].schema is not None
    assert bodies["POST"].content[0].schema.pointer == "/parameters/pet/schema"
    assert not rules(api)


@pytest.mark.parametrize(
    ("parameter", "schema"),
    [
        ("{name: b, in: body}", None),
        ("{name: b, in: body, schema: }", None),
        (
            "{name: b, in: body, type: array, items: {type: string}}",
            {"type": "array", "items": {"type": "string"}},
        ),
    ],
)
def test_a_body_without_schema_is_read_with_a_warning(
    tmp_path: Path, parameter: str, schema: Mapping[str, object] | None
):
    api = with_operation(
        tmp_path, f"parameters: [{parameter}]\nresponses: {{200: {{description: fine}}}}"
    )
    at = body(api).content[0].schema
    assert (at and api.schemas.schema(at, "request")) == schema
    assert rules(api) == ["body-without-schema"]


FIELDS = """
parameters:
- {name: n, in: formData, type: integer, required: true, minimum: 1}
- {name: l, in: formData, type: array, items: {type: string}, collectionFormat: pipes}
- {$ref: 'shared.yaml#/a%20b'}
"""
ANSWERED = "responses: {200: {description: fine}}\n"


def test_a_form_is_one_schema_that_refers_to_its_fields(tmp_path: Path):
    (tmp_path / "shared.yaml").write_text("a b: {name: s, in: formData, schema: {type: boolean}}")
    api = with_operation(tmp_path, FIELDS + ANSWERED)
    form = body(api)
    assert form.required
    assert names(form) == ["application/x-www-form-urlencoded", "multipart/form-data"]
    at = form.content[0].schema
    assert at is not None
    bundle = api.schemas.bundle(at, "request")
    validator = api.schemas.validator(at, "request")
    assert validator.is_valid({"n": 1, "l": ["a"], "s": True})
    (failure,) = validator.violations({"n": 0})
    assert (failure.schema_path[-1], len(bundle)) == ("minimum", 2)
    found = api.schemas.locate(failure.schema_path, "request")
    assert found is not None
    assert api.document.place(found).line == 7
    (failure,) = validator.violations({})
    missing = api.schemas.locate(failure.schema_path, "request")
    assert missing is not None
    assert api.document.place(missing).line == 6
    assert not validator.is_valid({"n": 1, "s": 1})
    encoding = form.content[0].encoding
    assert list(encoding) == ["l"]
    assert (encoding["l"].style, encoding["l"].explode) == ("pipeDelimited", False)
    assert rules(api) == ["misplaced-schema"]


@pytest.mark.parametrize(
    ("consumes", "kind", "expected", "rule"),
    [
        ("[application/json]", "string", ["application/x-www-form-urlencoded", "multipart/form-data"], ""),
        ("[multipart/form-data]", "string", ["multipart/form-data"], ""),
        ("[]", "file", ["multipart/form-data"], ""),
        (
            "[application/x-www-form-urlencoded]",
            "file",
            ["multipart/form-data", "application/x-www-form-urlencoded"],
            "file-without-multipart",
        ),
        ("[multipart/form-data, text, 3]", "file", ["multipart/form-data"], "bad-media-type"),
        ("", "array, items: {type: file}", ["multipart/form-data"], ""),
    ],
)  # fmt: skip
def test_a_form_is_sent_in_a_media_type_of_forms(
    tmp_path: Path, consumes: str, kind: str, expected: list[str], rule: str
):
    text = f"consumes: {consumes}\nparameters: [{{name: f, in: formData, type: {kind}}}]\n"
    api = with_operation(tmp_path, text + ANSWERED)
    assert names(body(api)) == expected
    assert not body(api).required
    assert rules(api) == ([rule] if rule else [])


def test_a_body_goes_before_a_form(tmp_path: Path):
    text = "parameters: [{name: f, in: formData, type: string}, {name: b, in: body, schema: {}}]\n"
    api = with_operation(tmp_path, text + ANSWERED)
    assert names(body(api)) == ["application/json"]
    assert rules(api) == ["body-and-form"]


def test_answers_have_the_media_types_that_their_operation_produces(tmp_path: Path):
    api = swagger(
        tmp_path,
        """
        produces: [application/xml]
        paths:
          /pets:
            get:
              responses:
                200: {$ref: '#/responses/pets'}
                204: {description: nothing}
            post:
              produces: [application/json; charset=utf-8, text/csv]
              responses:
                200: {$ref: '#/responses/pets'}
            put:
              produces: []
              responses:
                200: {$ref: '#/responses/pets'}
                201: {description: bytes, schema: {type: file}}
                202: {description: any, schema: {type: string}}
                203: {description: of examples, examples: {text/html: <p>, text/plain: p}}
                default: {description: null, schema: null, examples: {answer: {}, x-own: 1}}
        responses:
          pets:
            description: pets
            schema: {type: integer}
            examples: {application/json: 1, text/html: 2}
            headers:
              X-List: {type: array, items: {type: integer}, collectionFormat: ssv}
        """,
    )
    found = {
        operation.method: {
            key: [(media.name, [e.value for e in media.examples]) for media in answer.content]
            for key, answer in operation.responses.items()
        }
        for operation in api.operations
    }
    assert found == {
        "GET": {"200": [("application/xml", [])], "204": []},
        "POST": {"200": [("application/json; charset=utf-8", [1]), ("text/csv", [])]},
        "PUT": {
            "200": [("application/json", [1]), ("text/html", [2])],
            "201": [("application/octet-stream", [])],
            "202": [("application/json", [])],
            "203": [("text/html", ["<p>"]), ("text/plain", ["p"])],
            "default": [],
        },
    }
    (header,) = api.operations[0].responses["200"].headers
    assert (header.style, header.schema) == ("spaceDelimited", header.at)
    example = api.operations[1].responses["200"].content[0].examples[0]
    assert example.location.pointer == "/responses/pets/examples/application~1json"
    assert rules(api) == ["bad-example"]


def test_a_file_is_not_sent_as_json(tmp_path: Path):
    text = "produces: [application/json, image/png]\nresponses: {200: {description: f, schema: {type: file}}}"
    (media,) = only(with_operation(tmp_path, text)).responses["200"].content
    assert media.name == "image/png"


def test_security_definitions_are_schemes(tmp_path: Path):
    api = with_operation(
        tmp_path,
        """
        security: [{basic: []}, {key: [], oauth: [read]}]
        responses: {200: {description: fine}}
        """,
        rest="""
        securityDefinitions:
          basic: {type: basic}
          key: {type: apiKey, in: query, name: key}
          oauth: {type: oauth2, flow: accessCode, authorizationUrl: 'https://a', tokenUrl: 'https://a', scopes: {read: r}}
          http: {type: http, scheme: bearer}
          none: {type: none}
        """,
    )
    schemes = {
        name: (one.type, one.scheme, one.parameter) for name, one in api.security_schemes.items()
    }
    assert schemes == {
        "basic": ("http", "basic", ""),
        "key": ("apiKey", "", "key"),
        "oauth": ("oauth2", "", ""),
        "http": ("http", "bearer", ""),
    }
    first, second = only(api).security
    assert [requirement.scheme.name for requirement in first] == ["basic"]
    assert [requirement.scopes for requirement in second] == [(), ("read",)]
    assert rules(api) == ["bad-security-scheme"]


def test_schemas_are_those_of_2_0(tmp_path: Path):
    api = with_operation(
        tmp_path,
        "responses: {200: {description: fine, schema: {$ref: '#/definitions/Pet', description: ignored}}}",
        rest="""
        definitions:
          Pet:
            type: object
            required: [id]
            properties:
              id: {type: integer, readOnly: true, required: true}
              name: {type: string, x-nullable: true}
              tag: {$ref: '#/definitions/Tag', x-nullable: true}
              old: {type: [string, 'null']}
          Tag: {type: string, nullable: true}
        """,
    )
    at = only(api).responses["200"].content[0].schema
    assert at is not None
    assert api.schemas.schema(at, "response") == {"$ref": "#/$defs/Pet"}
    answer, request = (api.schemas.validator(at, way) for way in ("response", "request"))
    assert answer.is_valid({"id": 1, "name": None, "tag": None, "old": None})
    assert not answer.is_valid({})
    assert request.is_valid({})
    assert not answer.is_valid({"id": 1, "tag": 1})
    assert [finding.rule for finding in api.schemas.findings] == ["invalid-keyword"]


def test_null_beside_a_reference_is_located_at_its_extension(tmp_path: Path):
    api = with_operation(
        tmp_path,
        "responses: {200: {description: fine, schema: {$ref: '#/definitions/Pet', x-nullable: true}}}",
        rest="definitions: {Pet: {type: string}}",
    )
    at = only(api).responses["200"].content[0].schema
    assert at is not None
    located = [
        api.schemas.locate(failure.schema_path, "response")
        for failure in api.schemas.validator(at, "response").violations(1)
    ]
    assert any(one and one.pointer.endswith("/schema/x-nullable") for one in located)


PETS = """
definitions:
  Pet:
    type: object
    discriminator: kind
    properties: {kind: {type: string}, other: {type: string}}
  Cat: {allOf: [{$ref: '#/definitions/Pet'}, {type: object}]}
  Dog: {x-ms-discriminator-value: '#dog', allOf: [{$ref: '#/definitions/Pet'}]}
  Cow: {discriminator: kind, properties: {kind: {type: string, enum: [moo]}}}
  Hen: {discriminator: kind, properties: {kind: {type: string, enum: [Hen]}}}
  Fox: {discriminator: kind, properties: {kind: {type: string, example: fox}}}
  Ant: {discriminator: {propertyName: kind}, properties: {kind: {type: string}}}
  Bee: {discriminator: kind, properties: [kind]}
  Elk: {allOf: [{$ref: '#/definitions/Cow'}]}
"""


@pytest.mark.parametrize(
    ("name", "example"),
    [
        ("Pet", "Pet"),
        ("Cat", "Cat"),
        ("Dog", "#dog"),
        ("Cow", None),
        ("Hen", "Hen"),
        ("Fox", "fox"),
        ("Ant", None),
        ("Bee", None),
        ("Elk", None),
    ],
)
def test_the_discriminator_of_a_definition_is_its_name(tmp_path: Path, name: str, example: object):
    api = with_operation(
        tmp_path,
        f"responses: {{200: {{description: fine, schema: {{$ref: '#/definitions/{name}'}}}}}}",
        rest=PETS,
    )
    at = only(api).responses["200"].content[0].schema
    assert at is not None
    api.schemas.bundle(at, "response")
    schema = api.schemas.resolve(f"#/$defs/{name}", "response")
    assert isinstance(schema, dict)
    properties = schema.get("properties", {})
    assert isinstance(properties, dict)
    assert properties.get("kind", {}).get("example") == example


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("paths: {/a: {get: {}}}", ["no-responses"]),
        ("paths: {/a: {get: }}", ["no-responses"]),
        ("paths: {'/a/{b}': {get: {responses: {200: {}}}}}", ["undeclared-path-parameter"]),
        ("paths: {/a: {trace: {responses: {200: {}}}}}", ["unknown-key", "no-operations"]),
        (
            "security: null\nconsumes: null\nproduces: null\npaths: {/a: {get: {parameters: null, tags: null, responses: {200: {schema: {}, headers: null, examples: null}}}}}",
            [],
        ),
        ("components: {}\npaths: {/a: {get: {responses: {200: {content: {}}}}}}", ["unknown-key"] * 2),
    ],
)  # fmt: skip
def test_sloppy_documents_are_read_with_a_warning(tmp_path: Path, text: str, found: list[str]):
    assert rules(swagger(tmp_path, text)) == found


def test_a_document_without_info_is_read_with_a_warning(tmp_path: Path):
    path = tmp_path / "swagger.json"
    path.write_text('{"swagger": "2.0", "paths": {"/a": {"get": {"responses": {"200": {}}}}}}')
    assert rules(compile_document(load_document(path))) == ["no-info"]


def test_a_document_without_paths_is_refused(tmp_path: Path):
    with pytest.raises(SpecError, match="neither paths nor webhooks"):
        swagger(tmp_path, "definitions: {}")
