"""What a request asks of the mock: header, base URL, query and cookie, first hit wins."""

import pytest
from hypothesis import given, strategies as st

from mockserver.messages import HttpRequest
from mockserver.mocking.controls import (
    NAME_LIMIT,
    NO_CONTROLS,
    NO_WISH,
    Controls,
    Wish,
    parse_prefer,
    read_controls,
    read_prefix,
)


def request(*headers: tuple[str, str], query: str = "") -> HttpRequest:
    pairs = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    return HttpRequest("GET", b"/", query.encode(), pairs)


@pytest.mark.parametrize(
    ("path", "rest", "scenario", "session"),
    [
        (b"/pets", b"/pets", None, None),
        (b"/~slow/pets", b"/pets", "slow", None),
        (b"/~slow@alice/pets/1", b"/pets/1", "slow", "alice"),
        (b"/~@alice/pets", b"/pets", None, "alice"),
        (b"/~slow", b"/", "slow", None),
        (b"/~slow/", b"/", "slow", None),
        (b"/~slow@/pets", b"/pets", "slow", None),
        (b"/~session%20expires/pets", b"/pets", "session expires", None),
        (b"/~/pets", b"/pets", None, None),
        (b"/a/~slow/pets", b"/a/~slow/pets", None, None),
    ],
)
def test_the_base_url_names_scenario_and_session(
    path: bytes, rest: bytes, scenario: str | None, session: str | None
) -> None:
    assert read_prefix(path) == (rest, scenario, session)


def test_a_plain_request_asks_for_nothing() -> None:
    assert read_controls(request(("accept", "*/*"), query="a=1")) == ("default", NO_CONTROLS)


@pytest.mark.parametrize(
    ("asked", "session", "controls"),
    [
        (request(("x-mock-scenario", "slow")), "default", Controls("slow", "header")),
        (request(query="__scenario=slow"), "default", Controls("slow", "query")),
        (request(("cookie", "a=b; mock_scenario=slow")), "default", Controls("slow", "cookie")),
        (request(("cookie", 'mock_session="bob"; mock_scenario=')), "bob", Controls()),
        (request(("cookie", "a=b")), "default", Controls()),
        (request(("x-mock-session", "alice"), ("cookie", "mock_session=bob")), "alice", Controls()),
        (
            request(
                ("cookie", "mock_scenario=cookie"),
                ("x-mock-scenario", "header"),
                query="__scenario=query",
            ),
            "default",
            Controls("header", "header"),
        ),
        (
            request(
                ("cookie", "mock_scenario=cookie"), query="__scenario=query&__scenario=other&b=2"
            ),
            "default",
            Controls("query", "query"),
        ),
        (request(("x-mock-scenario", "  ")), "default", Controls()),
    ],
)
def test_header_beats_query_beats_cookie(
    asked: HttpRequest, session: str, controls: Controls
) -> None:
    assert read_controls(asked) == (session, controls)


def test_a_name_is_cut_so_that_no_client_fills_the_store() -> None:
    session, controls = read_controls(
        request(("x-mock-session", "s" * 999), query="__scenario=" + "c" * 999)
    )
    assert session == "s" * NAME_LIMIT
    assert controls.scenario == "c" * NAME_LIMIT


@pytest.mark.parametrize(
    ("value", "preferences"),
    [
        ("code=404", {"code": "404"}),
        ("code=404, example=cat", {"code": "404", "example": "cat"}),
        ("code=404; example=cat", {"code": "404", "example": "cat"}),
        ('Code = "404" , , dynamic', {"code": "404", "dynamic": ""}),
        (r'example="a \"quoted\" cat, fat"', {"example": 'a "quoted" cat, fat'}),
        ("code=200, code=404", {"code": "200"}),
        ("respond-async, wait=10", {"respond-async": "", "wait": "10"}),
        ("", {}),
        ("=;=", {}),
    ],
)
def test_prefer_is_read_as_people_write_it(value: str, preferences: dict[str, str]) -> None:
    assert parse_prefer([value.encode()]) == preferences


@given(st.binary(max_size=60))
def test_no_prefer_header_is_too_strange_to_read(value: bytes) -> None:
    parse_prefer([value])


@pytest.mark.parametrize(
    ("asked", "wish"),
    [
        (request(("prefer", "wait=10")), NO_WISH),
        (request(("prefer", "code=404")), Wish(404, selector="Prefer")),
        (
            request(("prefer", "code=404"), ("prefer", "dynamic=true")),
            Wish(404, None, True, selector="Prefer"),
        ),
        (
            request(query="__code=404&__example=cat"),
            Wish(404, "cat", selector="__code and __example"),
        ),
        (request(("prefer", "code=401"), query="__code=404"), Wish(401, selector="Prefer")),
        (
            request(("prefer", "code=401"), query="__example=cat"),
            Wish(401, "cat", selector="Prefer and __example"),
        ),
        (request(query="__dynamic=false"), Wish(dynamic=False, selector="__dynamic")),
        (request(("prefer", "force, code=500")), Wish(500, force=True, selector="Prefer")),
        (request(("prefer", "code=teapot")), Wish(selector="Prefer", ignored="code='teapot'")),
        (request(query="__code=99"), Wish(selector="__code", ignored="code='99'")),
    ],
)
def test_a_wish_is_read_from_prefer_and_from_the_query(asked: HttpRequest, wish: Wish) -> None:
    assert read_controls(asked)[1].wish == wish
