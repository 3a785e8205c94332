import re
from itertools import permutations

import pytest
from hypothesis import example, given, strategies as st

from mockserver.spec.model import Location, Operation
from mockserver.spec.routes import NoMethod, NoPath, Route, Router
from mockserver.spec.templates import route_hint


def operation(line: str, *base_paths: str) -> Operation:
    method, path = line.split(" ", 1)
    return Operation(
        name=line,
        method=method,
        path=path,
        location=Location("/openapi.yaml"),
        parameters=(),
        request_body=None,
        responses={},
        security=(),
        base_paths=(*base_paths, ""),
    )


def router(*lines: str) -> Router:
    return Router([operation(line) for line in lines])


def found(router: Router, line: str) -> tuple[str, dict[str, str]]:
    method, path = line.split(" ", 1)
    route = router.match(method, path.encode())
    assert isinstance(route, Route), route
    return route.operation.name, dict(route.path_values)


PETS = [
    "GET /pets",
    "POST /pets",
    "GET /pets/",
    "GET /pets/mine",
    "GET /pets/{id}",
    "DELETE /pets/{pet}",
    "GET /pets/{id}.json",
    "GET /pets/{id}/toys/{toy-id}",
    "GET /{kind}/mine/toys/ball",
    "GET /test:{rpc}",
    "GET /{a}:{b}",
    "GET /compare/{base}...{head}",
    "GET /files/{name}.{format}",
    "GET /sp ace/ü/{x}",
    "HEAD /head",
    "GET /head",
]


@pytest.mark.parametrize(
    ("line", "name", "values"),
    [
        ("GET /pets", "GET /pets", {}),
        ("GET /p%65ts", "GET /pets", {}),
        ("POST /pets", "POST /pets", {}),
        ("GET /pets/", "GET /pets/", {}),
        ("GET /pets/mine", "GET /pets/mine", {}),
        ("GET /pets/7", "GET /pets/{id}", {"id": "7"}),
        ("GET /pets/7.json", "GET /pets/{id}.json", {"id": "7"}),
        ("GET /pets/a%2Fb", "GET /pets/{id}", {"id": "a/b"}),
        ("GET /pets/%C3%BC", "GET /pets/{id}", {"id": "ü"}),
        ("GET /pets/ü", "GET /pets/{id}", {"id": "ü"}),
        ("GET /pets/%zz%", "GET /pets/{id}", {"id": "%zz%"}),
        ("GET /pets/%ff", "GET /pets/{id}", {"id": "\ufffd"}),
        ("GET /pets//toys/", "GET /pets/{id}/toys/{toy-id}", {"id": "", "toy-id": ""}),
        ("GET /pets/mine/toys/1", "GET /pets/{id}/toys/{toy-id}", {"id": "mine", "toy-id": "1"}),
        (
            "GET /pets/mine/toys/ball",
            "GET /pets/{id}/toys/{toy-id}",
            {"id": "mine", "toy-id": "ball"},
        ),
        ("GET /cats/mine/toys/ball", "GET /{kind}/mine/toys/ball", {"kind": "cats"}),
        ("GET /test:run", "GET /test:{rpc}", {"rpc": "run"}),
        ("GET /test:", "GET /test:{rpc}", {"rpc": ""}),
        ("GET /a:b:c", "GET /{a}:{b}", {"a": "a:b", "b": "c"}),
        ("GET /compare/v1...v2", "GET /compare/{base}...{head}", {"base": "v1", "head": "v2"}),
        ("GET /pets/7/toys/", "GET /pets/{id}/toys/{toy-id}", {"id": "7", "toy-id": ""}),
        ("GET /files/a.b.pdf", "GET /files/{name}.{format}", {"name": "a.b", "format": "pdf"}),
        ("GET /sp%20ace/%C3%BC/1", "GET /sp ace/ü/{x}", {"x": "1"}),
        ("HEAD /pets", "GET /pets", {}),
        ("HEAD /pets/7", "GET /pets/{id}", {"id": "7"}),
        ("HEAD /head", "HEAD /head", {}),
        ("GET /head", "GET /head", {}),
    ],
)
def test_a_request_means_the_most_specific_operation(line, name, values):
    assert found(router(*PETS), line) == (name, values)


@pytest.mark.parametrize(
    ("line", "allow"),
    [
        ("DELETE /pets", ("GET", "HEAD", "POST")),
        ("PUT /pets/7", ("DELETE", "GET", "HEAD")),
        ("DELETE /pets/mine", ("GET", "HEAD")),
        ("PUT /pets/mine", ("GET", "HEAD")),
        ("get /pets", ("GET", "HEAD", "POST")),
    ],
)
def test_a_method_that_the_path_lacks_lists_those_it_has(line, allow):
    method, path = line.split(" ")
    assert router(*PETS).match(method, path.encode()) == NoMethod(allow)


@pytest.mark.parametrize(
    ("line", "nearest"),
    [
        ("GET /pet", "GET /pets"),
        ("DELETE /Pets", "GET /pets"),
        ("POST /petz", "POST /pets"),
        ("GET /pets/1/toy/2", "GET /pets/{id}/toys/{toy-id}"),
        ("GET /compare/a..b", "GET /compare/{base}...{head}"),
        ("GET ", "GET /pets"),
        ("OPTIONS *", "GET /pets"),
    ],
)
def test_a_path_that_is_not_there_names_the_nearest(line, nearest):
    method, path = line.split(" ")
    described = [line for line in PETS if line != "GET /{a}:{b}"]
    missed = router(*described).match(method, path.encode())
    assert isinstance(missed, NoPath)
    assert missed.nearest is not None
    assert missed.nearest.name == nearest


def test_the_nearest_of_thousands_is_found_too():
    described = [f"GET /area{n % 97}/thing{n}/{{id}}/part{n % 13}" for n in range(3000)]
    missed = router(*described, "GET /users/{id}/invoices").match("GET", b"/users/7/invocies")
    assert isinstance(missed, NoPath)
    assert missed.nearest is not None
    assert missed.nearest.name == "GET /users/{id}/invoices"
    missed = router(*described).match("GET", b"/area5/thing2430/7/prat12")
    assert isinstance(missed, NoPath)
    assert missed.nearest is not None
    assert missed.nearest.name == "GET /area5/thing2430/{id}/part12"


def test_a_document_without_operations_has_no_nearest():
    assert Router([]).match("GET", b"/") == NoPath(None)


def test_a_trailing_slash_makes_another_path():
    assert isinstance(router("GET /pets").match("GET", b"/pets/"), NoPath)


def test_a_query_in_a_documents_path_takes_no_part():
    assert found(router("GET /answers/{id?}?beta=true"), "GET /answers/1") == (
        "GET /answers/{id?}?beta=true",
        {"id?": "1"},
    )
    assert found(router("GET /answers?beta=true"), "GET /answers")[1] == {}


def test_an_escape_in_a_documents_literal_is_decoded_and_stays_one_segment():
    routes = router("GET /a%2Fb")
    assert found(routes, "GET /a%2fb") == ("GET /a%2Fb", {})
    assert isinstance(routes.match("GET", b"/a/b"), NoPath)


def test_of_equal_templates_the_first_is_the_route_and_the_others_are_its_rivals():
    for method in ("GET", "HEAD"):
        route = router("GET /a/{x}", "GET /a/{y}", "GET /a/{z}?b=1").match(method, b"/a/1")
        assert isinstance(route, Route)
        assert (route.operation.path, route.path_values) == ("/a/{x}", {"x": "1"})
        assert [rival.path_values for rival in route.rivals] == [{"y": "1"}, {"z": "1"}]
        assert not any(rival.rivals for rival in route.rivals)


def test_rivals_of_a_constant_path():
    route = router("GET /#A=1", "POST /", "GET /#A=2").match("GET", b"/")
    assert isinstance(route, Route)
    assert [rival.operation.path for rival in route.rivals] == ["/#A=2"]


def test_an_operation_is_no_rival_of_itself():
    routes = Router([operation("GET /a/{x}", "/{y}", "/{z}")])
    route = routes.match("GET", b"/v/a/1")
    assert isinstance(route, Route)
    assert not route.rivals


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        ("/a", ("", ())),
        ("/a?b=1&c", ("?", (("b", "1"), ("c", "")))),
        ("/#Action=Run%20it", ("#", (("Action", "Run it"),))),
        ("/a/{id?}", ("", ())),
        ("/a?", ("?", ())),
        ("/a?b={b}&c=1", ("?", (("c", "1"),))),
    ],
)
def test_what_stands_behind_a_path(path, hint):
    assert route_hint(path) == hint


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/v1/pets/1", {"id": "1"}),
        ("/eu/api/pets/2", {"id": "2"}),
        ("/pets/3", {"id": "3"}),
    ],
)
def test_base_paths_with_variables_and_the_bare_path_all_work(path, values):
    routes = Router([operation("GET /pets/{id}", "/v1", "/{region}/api")])
    assert found(routes, f"GET {path}") == ("GET /pets/{id}", values)


def test_what_the_servers_say_comes_before_a_bare_path():
    routes = Router([operation("GET /v1/pets", "/v1"), operation("GET /pets", "/v1")])
    assert found(routes, "GET /v1/pets")[0] == "GET /pets"


@pytest.mark.parametrize("order", list(permutations(range(3))))
def test_more_text_beside_a_parameter_goes_first(order):
    lines = ["GET /{a}", "GET /{a}.json", "GET /x{a}.json"]
    routes = router(*[lines[index] for index in order])
    assert found(routes, "GET /xy.json") == ("GET /x{a}.json", {"a": "y"})
    assert found(routes, "GET /y.json") == ("GET /{a}.json", {"a": "y"})
    assert found(routes, "GET /y.xml") == ("GET /{a}", {"a": "y.xml"})


@pytest.mark.parametrize(
    ("template", "path"),
    [("/ab{x}ba", "/aba"), ("/a{x}", "/b1"), ("/{x}-{y}", "/xy"), ("/{x}.json", "/x.xml")],
)
def test_text_beside_a_parameter_must_be_there(template, path):
    assert isinstance(router(f"GET {template}").match("GET", path.encode()), NoPath)


def test_neighbouring_parameters_are_read_somehow():
    assert found(router("GET /{a}{b}"), "GET /xy") == ("GET /{a}{b}", {"a": "xy", "b": ""})


def test_a_long_path_with_many_near_misses_is_bounded():
    routes = router(*[f"GET /a{'a' * (n % 90)}/{{x}}/b{n}" for n in range(1000)])
    assert isinstance(routes.match("GET", b"/" + b"a" * 16_000), NoPath)
    assert isinstance(routes.match("GET", b"/a" * 8_000), NoPath)


SEGMENTS = st.sampled_from(["a", "b", "", "{x}", "{y}", "a{x}", "{x}b", "{x}-{y}"])
TEMPLATES = st.lists(
    st.lists(SEGMENTS, min_size=1, max_size=4).map(lambda parts: "/" + "/".join(parts)),
    min_size=1,
    max_size=8,
    unique=True,
)
PATHS = st.lists(st.sampled_from(["a", "b", "", "ab", "a-b", "-", "c"]), min_size=1, max_size=4)


def naive_rank(template: str) -> list[int]:
    return [
        -len(re.sub(r"\{.*?\}", "", part)) if "{" in part else -1000 for part in template.split("/")
    ]


def naive(templates: list[str], path: str) -> int | None:
    """Return the index of the best rank among all templates that fit, by regular expressions."""
    fitting = [
        (naive_rank(template), index)
        for index, template in enumerate(templates)
        if re.fullmatch(
            "".join(
                "[^/]*" if part[0] == "{" else re.escape(part)
                for part in re.findall(r"\{.*?\}|[^{]+", template)
            ),
            path,
        )
    ]
    return min(fitting)[0] if fitting else None  # type: ignore[return-value]


@example(["/a{x}/a/{x}", "/{x}b/a/a"], ["ab", "a", "a"])
@given(TEMPLATES, PATHS)
def test_routes_agree_with_trying_every_template(templates, parts):
    path = "/" + "/".join(parts)
    answer = router(*[f"GET {template}" for template in templates]).match("GET", path.encode())
    best = naive(templates, path)
    if best is None:
        assert isinstance(answer, NoPath)
    else:
        assert isinstance(answer, Route)
        assert naive_rank(answer.operation.path) == best  # type: ignore[comparison-overlap]


@given(st.binary(max_size=60), st.sampled_from(["GET", "POST", "HEAD", "BREW"]))
def test_no_path_raises(path, method):
    answer = router(*PETS).match(method, b"/" + path)
    assert isinstance(answer, Route | NoMethod | NoPath)
