import pytest

from tests.spec.building import compiled, rules, with_operation

SCHEMES = {
    "bearer": {"type": "http", "scheme": "Bearer"},
    "key": {"type": "apiKey", "name": "X-Key", "in": "header"},
    "oauth": {"type": "oauth2", "flows": {}},
}


def test_schemes_are_read(tmp_path):
    api = compiled(tmp_path, with_operation({}, components={"securitySchemes": SCHEMES}))
    assert [
        (one.name, one.type, one.scheme, one.parameter, one.parameter_in)
        for one in api.security_schemes.values()
    ] == [
        ("bearer", "http", "bearer", "", ""),
        ("key", "apiKey", "", "X-Key", "header"),
        ("oauth", "oauth2", "", "", ""),
    ]
    assert api.findings == ()


@pytest.mark.parametrize(
    "scheme",
    [
        {"type": "htp", "scheme": "bearer"},
        {"type": "http"},
        {"type": "apiKey", "in": "header"},
        {"type": "apiKey", "name": "k", "in": "body"},
        {},
    ],
    ids=str,
)
def test_a_scheme_that_nobody_could_satisfy_is_reported(tmp_path, scheme):
    api = compiled(tmp_path, with_operation({}, components={"securitySchemes": {"a": scheme}}))
    assert api.security_schemes == {}
    assert rules(api) == ["bad-security-scheme"]


@pytest.mark.parametrize(
    ("root", "own", "asked", "found"),
    [
        (None, None, [], []),
        ([{"bearer": []}], None, [["bearer"]], []),
        ([{"bearer": []}], [], [], []),
        ([{"bearer": []}], [{"key": []}, {}], [["key"], []], []),
        (None, [{"bearer": [], "key": []}], [["bearer", "key"]], []),
        (None, [{"bearer": []}, {"kye": []}], [["bearer"]], ["unknown-security-scheme"]),
        (None, [{"bearer": [], "kye": []}], [["bearer"]], ["unknown-security-scheme"]),
        (None, [{"kye": []}], [], ["unknown-security-scheme"]),
        (None, ["bearer"], [], []),
        (None, {"bearer": []}, [], []),
    ],
)
def test_what_an_operation_asks_for(tmp_path, root, own, asked, found):
    operation = {} if own is None else {"security": own}
    document = with_operation(operation, components={"securitySchemes": SCHEMES})
    api = compiled(tmp_path, document if root is None else {**document, "security": root})
    (compiled_operation,) = api.operations
    assert [[one.scheme.name for one in needs] for needs in compiled_operation.security] == asked
    assert rules(api) == found


def test_scopes_are_kept(tmp_path):
    api = compiled(
        tmp_path,
        with_operation(
            {"security": [{"oauth": ["read", 3]}]}, components={"securitySchemes": SCHEMES}
        ),
    )
    assert api.operations[0].security[0][0].scopes == ("read",)


def test_a_requirement_may_name_its_scheme_by_a_uri(tmp_path):
    other = {"components": {"securitySchemes": {"theirs": {"type": "http", "scheme": "basic"}}}}
    at = "#/components/securitySchemes"
    alternatives = [{f"{at}/bearer": ["a"]}, {f"other.json{at}/theirs": []}, {f"{at}/nobody": []}]
    api = compiled(
        tmp_path,
        with_operation(
            {"security": [*alternatives, {"#/info/title": []}]},
            openapi="3.2.0",
            info={"title": "t"},
            components={
                "securitySchemes": SCHEMES,
                "schemas": {"Loads": {"$ref": "other.json#/components"}},
            },
        ),
        other=other,
    )
    assert [
        [(one.scheme.name, one.scheme.scheme, one.scopes) for one in alternative]
        for alternative in api.operations[0].security
    ] == [[("bearer", "bearer", ("a",))], [("theirs", "basic", ())]]
    assert rules(api) == ["unknown-security-scheme"] * 2


def test_what_3_2_says_of_schemes_is_understood(tmp_path):
    flow = {"deviceAuthorizationUrl": "https://a.example/d", "tokenUrl": "https://a.example/t"}
    scheme = {
        "type": "oauth2",
        "flows": {"deviceAuthorization": {**flow, "scopes": {}}},
        "oauth2MetadataUrl": "https://a.example/.well-known/oauth-authorization-server",
        "deprecated": True,
    }
    root = with_operation({}, openapi="3.2.0", components={"securitySchemes": {"a": scheme}})
    api = compiled(tmp_path, root)
    assert api.security_schemes["a"].type == "oauth2"
    assert api.findings == ()
