"""Requests as people paste them: the page's own snippets, and what shells, Node and our judge make of others."""

import subprocess
from pathlib import Path

from hypothesis import given, settings, strategies as st

from mockserver.generation.snippets import curl, fetch, httpie, swift
from mockserver.messages import HttpRequest

PAGE = (Path(__file__).parents[1] / "data" / "create-setup-intent.txt").read_text()
BASE = "https://api.orbitkit.io"


def asked(value: str) -> HttpRequest:
    return HttpRequest("POST", b"/api/setup-intent", b"", [(b"authorization", value.encode())], b"")


def test_curl_is_that_of_the_page():
    assert curl(asked("Bearer $ORBITKIT_API_KEY"), BASE).replace("'", '"') in PAGE


def test_fetch_is_that_of_the_page():
    assert fetch(asked("Bearer KEY"), BASE).replace('Bearer KEY"', 'Bearer " + apiKey') in PAGE


def test_swift_is_that_of_the_page():
    assert swift(asked("Bearer KEY"), BASE).replace("KEY", "\\(apiKey)") in PAGE


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)
FIELD = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=20)


def words(script: str) -> list[str]:
    """Return the arguments that a shell gives to the script's command."""
    shown = f"curl() {{ printf '%s\\0' curl \"$@\"; }}; http() {{ printf '%s\\0' http \"$@\"; }}\n{script}"
    ran = subprocess.run(["sh", "-s"], input=shown.encode(), capture_output=True, check=True)
    return ran.stdout.decode().split("\0")[:-1]


@given(body=TEXT, header=FIELD, query=st.sampled_from(["", "a=1&b='$x`\"!"]))
@settings(max_examples=60, deadline=None)
def test_a_shell_reads_curl_and_httpie_as_they_are_meant(body, header, query):
    request = HttpRequest(
        "PUT", b"/a b", query.encode(), [(b"x-one", header.encode())], body.encode()
    )
    url = f"http://h/a b{'?' + query if query else ''}"
    sent = ["--data-raw", body] if body else []
    expected = ["curl", "-X", "PUT", url, "-H", f"X-One: {header}", *sent]
    assert words(curl(request, "http://h/")) == expected
    sent = ["--raw", body] if body else []
    assert words(httpie(request, "http://h")) == ["http", "PUT", url, f"X-One:{header}", *sent]


def test_bodies_in_fetch_and_swift():
    request = HttpRequest("POST", b"/a", b"x=1", [], b'{"a": "b"}')
    assert 'body: "{\\"a\\": \\"b\\"}",' in fetch(request, "http://h")
    assert "headers" not in fetch(request, "http://h")
    assert 'request.httpBody = Data("{\\"a\\": \\"b\\"}".utf8)' in swift(request, "http://h")
