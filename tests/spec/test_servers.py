import pytest

from mockserver.spec.servers import base_paths, server_urls


@pytest.mark.parametrize(
    ("url", "variables", "paths"),
    [
        ("https://a.example", None, ("",)),
        ("https://a.example/v1/", None, ("/v1", "")),
        ("/v1", None, ("/v1", "")),
        ("v1", None, ("/v1", "")),
        (".", None, ("",)),
        ("../v1?x=1#y", None, ("/v1", "")),
        ("//a.example/v1", None, ("/v1", "")),
        ("http://[::1/v1", None, ("/v1", "")),
        ("", None, ("",)),
        ("{scheme}://{host}:{port}/v1", {}, ("/v1", "")),
        ("https://a.example/{region}/api", None, ("/{region}/api", "")),
        ("/{base}", {"base": {"default": "v1/api"}}, ("/v1/api", "/{base}", "")),
        ("/{v}", {"v": {"default": 2, "enum": [1, 2]}}, ("/2", "/1", "")),
        ("/{v}", {"v": "broken"}, ("/{v}", "")),
        ("{origin}", {"origin": {"default": "https://uploads.example/up"}}, ("/up", "")),
        ("{origin}/v1", None, ("",)),
    ],
)
def test_a_server_mounts_operations_under_its_path_and_the_bare_one_works_too(
    url, variables, paths
):
    server = {"url": url} if variables is None else {"url": url, "variables": variables}
    assert base_paths([server]) == paths


def test_every_server_counts_once():
    servers = [
        {"url": "https://a/v1"},
        {"url": "https://b/v1"},
        {"url": "/v2"},
        {},
        "x",
        {"url": 3},
    ]
    assert base_paths(servers) == ("/v1", "/v2", "")
    assert base_paths("/v1") == ("",)


def test_variables_with_many_values_are_bounded():
    url = "/".join(f"{{{name}}}" for name in "abcdefgh")
    variables = {name: {"enum": list(range(50))} for name in "abcdefgh"}
    assert len(base_paths([{"url": "/" + url, "variables": variables}])) == 65


def test_urls_have_the_defaults_of_their_variables():
    servers = [{"url": "https://{h}/v{n}", "variables": {"n": {"default": "1"}}}, {"url": "/v2"}]
    assert server_urls(servers) == ("https://{h}/v1", "/v2")
    assert server_urls(None) == ()
