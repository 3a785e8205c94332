"""Requests that the document accepts: the judge has nothing against them, and they carry what was asked for."""

import pytest

from mockserver.generation.chance import Chance
from mockserver.generation.requests import build_request
from mockserver.spec.model import Operation
from mockserver.spec.routes import Route, Router
from mockserver.validation.credentials import Credential, read_credential
from mockserver.validation.validate import Judge
from tests.generation.building import api

OBJECT = {"type": "object", "required": ["a"], "properties": {"a": {"type": "integer"}}}


def built(operation, *, path="/things/{id}", tokens=None, seed="", everything=False, **more):
    parameters = [
        {"in": "path", "name": "id", "required": True, "schema": {"type": "integer"}},
        *operation.pop("parameters", []),
    ]
    answers = {"responses": {"200": {"description": "ok"}}}
    described = {"parameters": parameters, "post": {**answers, **operation}}
    document = api({"paths": {path: described}, **more})
    only = document.operations[0]
    chance = Chance(b"seed", seed) if seed else None
    request = build_request(
        document, only, chance=chance, tokens=tokens, everything=everything, base_path="/v1"
    )
    return document, only, request


def violations(document, only: Operation, request, base="/v1"):
    found = Router(document.operations).match(request.method, request.path[len(base) :])
    assert isinstance(found, Route)
    return Judge(document).judge_request(only, request, found.path_values).violations


PARAMETERS = [
    {"in": "query", "name": "q", "required": True, "schema": {"type": "array", "items": {}}},
    {"in": "query", "name": "deep", "style": "deepObject", "schema": OBJECT},
    {"in": "header", "name": "X-One", "required": True, "schema": {"type": "string"}},
    {"in": "cookie", "name": "c", "required": True, "schema": {"type": "string"}},
    {"in": "query", "name": "told", "required": True, "example": "shown", "schema": {}},
    {"in": "query", "name": "bare", "required": True},
    {
        "in": "query",
        "name": "json",
        "required": True,
        "content": {"application/json": {"schema": OBJECT}},
    },
]


@pytest.mark.parametrize("seed", ["", "a"])
@pytest.mark.parametrize("everything", [False, True])
def test_parameters_are_as_the_document_wants_them(seed, everything):
    operation = {"parameters": PARAMETERS}
    document, only, request = built(operation, seed=seed, everything=everything)
    assert request.path.startswith(b"/v1/things/")
    assert (b"deep%5Ba%5D=" in request.query or b"deep[a]=" in request.query) == everything
    if not seed:
        assert b"told=shown" in request.query
    assert not violations(document, only, request)


def test_an_empty_value_has_no_place_in_a_path():
    schema = {"type": "string", "maxLength": 0}
    _, _, request = built(
        {"parameters": [{"in": "path", "name": "x", "required": True, "schema": schema}]},
        path="/things/{id}/{x}",
    )
    assert request.path == b"/v1/things/0/-"


@pytest.mark.parametrize("seed", ["", "a"])
@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        ({"application/json": {"schema": OBJECT}}, "application/json"),
        ({"application/*": {"schema": OBJECT}}, "application/json"),
        ({"*/*": {"schema": OBJECT}}, "application/json"),
        ({"image/*": {"schema": {"type": "string"}}}, "image/octet-stream"),
        ({"text/plain": {}}, "text/plain"),
        ({"application/json": {}}, "application/json"),
        ({"application/json": {"example": 3}}, "application/json"),
        ({"application/json": {"schema": OBJECT, "example": {"a": 7}}}, "application/json"),
        ({"application/json": {"schema": OBJECT, "example": {"a": "x"}}}, "application/json"),
        (
            {
                "text/plain": {},
                "multipart/form-data": {"schema": OBJECT},
            },
            "multipart/form-data; boundary=mockserver",
        ),
        (
            {"application/x-www-form-urlencoded": {"schema": OBJECT}},
            "application/x-www-form-urlencoded",
        ),
    ],
)
def test_bodies_are_of_the_media_type_that_is_easiest_to_read(content, content_type, seed):
    document, only, request = built(
        {"requestBody": {"required": True, "content": content}}, seed=seed
    )
    assert request.header(b"content-type").decode() == content_type
    assert not violations(document, only, request)


SCHEMES = {
    "bearer": {"type": "http", "scheme": "bearer"},
    "basic": {"type": "http", "scheme": "basic"},
    "oauth": {"type": "oauth2", "flows": {}},
    "header": {"type": "apiKey", "in": "header", "name": "X-Key"},
    "query": {"type": "apiKey", "in": "query", "name": "key"},
    "cookie": {"type": "apiKey", "in": "cookie", "name": "key"},
    "mtls": {"type": "mutualTLS"},
}


@pytest.mark.parametrize("name", SCHEMES)
@pytest.mark.parametrize("tokens", [{}, {"bearer": "tok", "basic": "ada:pw", "query": "k&y"}])
def test_credentials_are_where_their_scheme_wants_them(name, tokens):
    components = {"securitySchemes": SCHEMES}
    document, only, request = built(
        {"security": [{name: []}]}, tokens=tokens, components=components
    )
    ((requirement,),) = only.security
    assert isinstance(read_credential(requirement.scheme, request), Credential)
    _, _, bare = built({"security": [{name: []}]}, components=components)
    assert not bare.header(b"authorization")
    assert not bare.query
    assert document
