"""The page's files: what may be loaded and kept, and that nothing else is served."""

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from mockserver.server.pages import UI, page_routes

CLIENT = TestClient(Starlette(routes=[*page_routes("/__mock")]), follow_redirects=False)
FILES = sorted(file.name for file in UI.iterdir() if file.name != "index.html")


@pytest.mark.parametrize("path", ["/", *(f"/ui/{name}" for name in FILES)])
def test_every_file_is_served_with_a_policy_and_a_tag(path: str) -> None:
    answer = CLIENT.get(f"/__mock{path}")
    assert answer.status_code == 200
    headers = answer.headers
    assert headers["cache-control"] == "no-cache"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'none'", "trusted-types 'none'", "frame-ancestors 'none'"} <= {*policy}
    assert "unsafe" not in headers["content-security-policy"]


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("", "text/html; charset=utf-8"),
        ("ui/app.css", "text/css; charset=utf-8"),
        ("ui/app.js", "text/javascript; charset=utf-8"),
        ("ui/icon.svg", "image/svg+xml"),
    ],
)
def test_a_file_says_what_it_is(name: str, media_type: str) -> None:
    assert CLIENT.get(f"/__mock/{name}").headers["content-type"] == media_type


@pytest.mark.parametrize("sent", ["{tag}", "W/{tag}", '"other", {tag}'])
def test_what_a_browser_has_is_not_sent_again(sent: str) -> None:
    tag = CLIENT.get("/__mock/ui/app.js").headers["etag"]
    answer = CLIENT.get("/__mock/ui/app.js", headers={"if-none-match": sent.format(tag=tag)})
    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == tag


def test_another_tag_gets_the_file() -> None:
    answer = CLIENT.get("/__mock/ui/app.js", headers={"if-none-match": '"other"'})
    assert answer.status_code == 200


def test_the_prefix_alone_leads_to_the_page() -> None:
    answer = CLIENT.get("/__mock")
    assert (answer.status_code, answer.headers["location"]) == (308, "/__mock/")


@pytest.mark.parametrize("path", ["ui/../pages.py", "ui/nothing.js", "ui/%2e%2e/pages.py", "ui/"])
def test_nothing_else_is_served(path: str) -> None:
    assert CLIENT.get(f"/__mock/{path}").status_code == 404
