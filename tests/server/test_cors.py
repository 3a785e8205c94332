"""What pages of which origin may see; credentials never with ``*``."""

import pytest
from hypothesis import given, strategies as st

from mockserver.messages import HeaderPair, HttpRequest
from mockserver.server.cors import Cors, is_preflight

CORS = Cors(["https://app.example:8443"], exposed=[b"x-mock-trace"])
TRUSTED = [
    b"http://localhost", b"http://localhost:5173", b"https://LOCALHOST:1", b"http://127.0.0.1:80", b"http://127.9.9.9",
    b"http://[::1]:3000", b"https://app.example:8443", b"HTTPS://APP.example:8443",
]  # fmt: skip
FOREIGN = [
    b"https://evil.example", b"null", b"", b"http://localhost.evil.example", b"http://evil.example/http://localhost",
    b"http://localhost:80@evil.example", b"https://app.example", b"http://app.example:8443", b"file://", b"*",
    b"http://127.0.0.1.evil.example", b"ftp://localhost", b"http://localhost\r\nx: y",
]  # fmt: skip


def shared(origin: bytes | None, *headers: HeaderPair) -> dict[bytes, bytes]:
    asked = [(b"host", b"h")] + ([(b"origin", origin)] if origin is not None else [])
    return dict(CORS.share(headers, asked))


def preflight(origin: bytes | None, *headers: HeaderPair) -> dict[bytes, bytes]:
    pairs = [*headers] + ([(b"origin", origin)] if origin is not None else [])
    answer = CORS.permit(HttpRequest("OPTIONS", b"/", headers=pairs))
    assert (answer.status, answer.body) == (204, b"")
    return dict(answer.headers)


@pytest.mark.parametrize("origin", TRUSTED)
def test_trusted_origins_are_reflected_with_credentials(origin: bytes) -> None:
    for headers in (shared(origin), preflight(origin)):
        assert headers[b"access-control-allow-origin"] == origin
        assert headers[b"access-control-allow-credentials"] == b"true"
        assert headers[b"vary"].startswith(b"Origin")


@pytest.mark.parametrize("origin", FOREIGN)
def test_other_origins_get_a_star_without_credentials(origin: bytes) -> None:
    for headers in (shared(origin), preflight(origin)):
        assert headers[b"access-control-allow-origin"] == b"*"
        assert b"access-control-allow-credentials" not in headers
        assert headers[b"vary"].startswith(b"Origin")


@given(st.binary() | st.sampled_from(TRUSTED + FOREIGN))
def test_credentials_never_stand_beside_a_star(origin: bytes) -> None:
    for headers in (shared(origin), preflight(origin)):
        starred = headers[b"access-control-allow-origin"] == b"*"
        assert starred != (b"access-control-allow-credentials" in headers)
        assert starred or headers[b"access-control-allow-origin"] == origin


def test_without_an_origin_caches_learn_that_answers_differ() -> None:
    assert CORS.share(((b"a", b"b"),), ()) == ((b"a", b"b"), (b"vary", b"Origin"))
    assert preflight(None)[b"access-control-allow-origin"] == b"*"


def test_pages_may_read_every_header_that_is_sent() -> None:
    headers = ((b"content-type", b"a/b"), (b"x-mock-why", b"w"), (b"sl-violations", b"[]"), (b"etag", b"e"))  # fmt: skip
    expected = b"x-mock-why, sl-violations, etag, x-mock-trace"
    assert shared(b"https://evil.example", *headers)[b"access-control-expose-headers"] == expected
    assert shared(b"http://localhost", *headers)[b"access-control-expose-headers"] == expected


def test_nothing_is_exposed_where_there_is_nothing_to_expose() -> None:
    headers = Cors().share(((b"content-type", b"a/b"),), [(b"origin", b"null")])
    assert b"access-control-expose-headers" not in dict(headers)


def test_headers_that_the_document_describes_give_way() -> None:
    own = ((b"access-control-allow-origin", b"*"), (b"access-control-allow-credentials", b"true"))
    pairs = CORS.share((*own, (b"a", b"b")), [(b"origin", b"https://evil.example")])
    assert [value for name, value in pairs if name == b"access-control-allow-origin"] == [b"*"]
    assert b"access-control-allow-credentials" not in dict(pairs)
    assert (b"a", b"b") in pairs


def test_the_memory_of_header_lists_is_bounded() -> None:
    cors = Cors()
    for number in range(3000):
        cors.share(((b"x", b"%d" % number),), [(b"origin", b"null")])
    assert len(cors._exposing) <= 1024


def test_a_preflight_permits_what_it_asks_for() -> None:
    headers = preflight(
        b"http://localhost",
        (b"access-control-request-method", b"PATCH"),
        (b"access-control-request-headers", b"authorization,x-mock-scenario, prefer"),
    )
    assert headers[b"access-control-allow-methods"] == b"PATCH"
    assert headers[b"access-control-allow-headers"] == b"authorization,x-mock-scenario, prefer"
    assert headers[b"access-control-max-age"] == b"7200"


@pytest.mark.parametrize("asked", [b"", b"a b", b"x\r\ny: z", b"a,,b", b"\xff"])
def test_a_preflight_does_not_reflect_what_is_malformed(asked: bytes) -> None:
    headers = preflight(
        b"http://localhost",
        (b"access-control-request-method", b"GET"),
        (b"access-control-request-headers", asked),
    )
    assert b"access-control-allow-headers" not in headers


@pytest.mark.parametrize(
    ("origin", "asked", "allowed"),
    [
        (b"http://localhost", b"true", True),
        (b"http://localhost", b"1", False),
        (b"https://app.example:8443", b"true", False),
        (b"https://evil.example", b"true", False),
        (None, b"true", False),
    ],
)
def test_only_pages_of_this_machine_may_reach_into_the_private_network(
    origin: bytes | None, asked: bytes, allowed: bool
) -> None:
    headers = preflight(origin, (b"access-control-request-private-network", asked))
    assert (b"access-control-allow-private-network" in headers) is allowed


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("OPTIONS", [(b"access-control-request-method", b"GET")], True),
        ("OPTIONS", [], False),
        ("GET", [(b"access-control-request-method", b"GET")], False),
    ],
)
def test_a_preflight_is_an_options_that_names_a_method(
    method: str, headers: list[HeaderPair], expected: bool
) -> None:
    assert is_preflight(HttpRequest(method, b"/", headers=headers)) is expected
