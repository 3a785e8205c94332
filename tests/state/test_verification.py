"""What may be asked of an exchange, and what is said where none fits."""

import pytest

from mockserver.state.exchange import Exchange
from mockserver.state.queries import JournalQuery, select
from mockserver.state.verification import Times, differences, verify_count, verify_order
from tests.exchanges import exchange_of


def exchange(number: int = 1, body: bytes = b"", status: int = 201, query: bytes = b"") -> Exchange:
    return exchange_of(
        id=f"t-{number}", time=float(number), session="anna", method="POST", path=b"/pets", query=query,
        operation="createPet", status=status, token="good", why="first case", duration=0.1,
        request_headers=((b"x-own", b"a"),), request_body=body, response_body=b"\xff",
    )  # fmt: skip


BODY = b'{"name": "Tom", "tags": ["a", {"b/c": 1}], "ok": true}'


def longer_than_two(value: object) -> bool:
    return len(str(value)) > 2


@pytest.mark.parametrize(
    ("pattern", "fits"),
    [
        ({"operation": "createPet", "method": "POST", "path": "/pets", "session": "anna"}, True),
        ({"case": {"absent": True}}, True),
        ({"token": {"absent": True}}, False),
        ({"status": "2XX"}, True),
        ({"status": "4xx"}, False),
        ({"status": 201}, True),
        ({"headers": {"X-Own": {"matches": "^[ab]$"}}}, True),
        ({"headers": {"X-Other": {"matches": ""}}}, False),
        ({"headers": {"X-Other": {"absent": True}}}, True),
        ({"query": {"limit": 5}}, True),
        ({"query": {"limit": "6"}}, False),
        ({"query": {"none": "1"}}, False),
        ({"body": {"/name": "Tom", "/tags/0": "a", "/tags/1/b~1c": 1, "/ok": True}}, True),
        ({"body": {"/ok": 1}}, False),
        ({"body": {"/tags/2": "a"}}, False),
        ({"body": {"/tags/x": "a"}}, False),
        ({"body": {"/name": longer_than_two}}, True),
        ({"body": {"/none": longer_than_two}}, False),
    ],
)
def test_a_pattern(pattern: dict[str, object], fits: bool) -> None:
    one = exchange(body=BODY, query=b"limit=5")
    assert (not list(differences(one, pattern))) is fits


@pytest.mark.parametrize(
    ("body", "wanted", "fits"), [(b"plain", "plain", True), (b"", {"absent": True}, True)]
)
def test_a_body_that_is_no_json_is_a_text(body: bytes, wanted: object, fits: bool) -> None:
    assert (not list(differences(exchange(body=body), {"body": {"": wanted}}))) is fits


def test_the_nearest_are_told() -> None:
    pattern = {"method": "POST", "query": {"limit": 5}, "body": {"/name": longer_than_two, "/at": {"matches": "x"}}}  # fmt: skip
    verdict = verify_count([exchange(body=BODY, query=b"limit=6")], pattern, Times(at_least=2, at_most=3))  # fmt: skip
    assert verdict.message.splitlines() == [
        "expected POST query limit 5 body /name longer_than_two body /at matching x at least twice and at most 3 times, it was asked for never",
        "nearest:",
        "  t-1 POST /pets → 201",
        '    query limit: expected 5, was "6"',
        "    body /at: expected matching x, was absent",
    ]
    assert "no request came at all" in verify_count([], {}, Times()).message
    assert verify_count([], {}, Times(exactly=0)).passed


def test_an_order() -> None:
    rows = [exchange(1), exchange(2, status=404)]
    assert verify_order(rows, [{"status": 201}, {"status": 404}]).passed
    verdict = verify_order(rows, [{"status": 404}, {"status": 201}])
    assert verdict.message == "expected status 201 after status 404, it did not come"
    assert "t-1" in verify_order(rows, [{"status": 500}]).message


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (JournalQuery(status="4XX"), [2]),
        (JournalQuery(status="201"), [1]),
        (JournalQuery(since=2), [2]),
        (JournalQuery(until=1), [1]),
        (JournalQuery(path="/pe", text="FIRST"), [1, 2]),
        (JournalQuery(path="/other"), []),
        (JournalQuery(after="t-1"), [2]),
        (JournalQuery(before="t-2"), [1]),
        (JournalQuery(errors=True), []),
        (JournalQuery(limit=1), [2]),
        (JournalQuery(method="post", session="anna"), [1, 2]),
    ],
    ids=str,
)
def test_a_query(query: JournalQuery, found: list[int]) -> None:
    rows = [exchange(1), exchange(2, status=404)]
    assert [one.time for one in select(rows, query)] == found


@pytest.mark.parametrize("body", [b"[" * 100_000, b"[1]"])
def test_what_is_asked_of_a_body_is_not_there(body: bytes) -> None:
    assert list(differences(exchange(body=body), {"body": {"/\u00b2": 1, "/x": 1}}))
