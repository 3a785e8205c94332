"""Scopes into requests, bodies within bounds, answers into ASGI's two messages."""

import asyncio
import json
from collections.abc import Sequence

import pytest

from mockserver.messages import HeaderPair, HttpResponse
from mockserver.server.wire import (
    BodyRefused,
    Disconnected,
    Message,
    Receive,
    read_body,
    read_request,
    send_response,
)

CHUNKED: HeaderPair = (b"transfer-encoding", b"chunked")


def chunk(body: bytes, *, more: bool = False) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


def receiving(*messages: Message) -> Receive:
    queue = list(messages)

    async def receive() -> Message:
        if not queue:
            await asyncio.Event().wait()
        return queue.pop(0)

    return receive


def body_of(
    headers: Sequence[HeaderPair], *messages: Message, limit: int = 10, seconds: float = 5
) -> bytes:
    return asyncio.run(read_body(headers, receiving(*messages), limit=limit, seconds=seconds))


def refusal(headers: Sequence[HeaderPair], *messages: Message, seconds: float = 5) -> HttpResponse:
    with pytest.raises(BodyRefused) as caught:
        body_of(headers, *messages, seconds=seconds)
    return caught.value.response


@pytest.mark.parametrize(
    ("raw", "path"),
    [(b"/a%2Fb", b"/a%2Fb"), (None, b"/a/%C3%BC%20%25"), (b"", b"/a/%C3%BC%20%25")],
)
def test_the_path_is_the_one_on_the_wire_where_the_server_tells(
    raw: bytes | None, path: bytes
) -> None:
    headers = ((b"host", b"h"),)
    request = read_request(
        {
            "method": "GET", "path": "/a/ü %", "raw_path": raw, "query_string": b"q=1", "headers": headers,
        }
    )  # fmt: skip
    assert request == ("GET", path, b"q=1", headers, b"")


@pytest.mark.parametrize(
    ("headers", "messages", "body"),
    [
        pytest.param([], [], b"", id="nothing announced, nothing awaited"),
        pytest.param([(b"content-length", b"0")], [], b"", id="announced as empty"),
        pytest.param([(b"content-length", b"2")], [chunk(b"ab")], b"ab", id="in one piece"),
        pytest.param(
            [(b"host", b"h"), (b"content-length", b"x")], [chunk(b"ab")], b"ab", id="odd length"
        ),
        pytest.param([CHUNKED], [chunk(b"a", more=True), chunk(b"b")], b"ab", id="in chunks"),
        pytest.param([CHUNKED], [{"type": "http.request"}], b"", id="message without members"),
        pytest.param(
            [CHUNKED],
            [{"type": "http.request", "more_body": True}, chunk(b"a")],
            b"a",
            id="empty chunk",
        ),
    ],
)
def test_a_body_is_read_as_its_head_announces_it(
    headers: list[HeaderPair], messages: list[Message], body: bytes
) -> None:
    assert body_of(headers, *messages) == body


@pytest.mark.parametrize(
    ("headers", "messages"),
    [
        pytest.param([(b"content-length", b"11")], [], id="announced"),
        pytest.param([CHUNKED], [chunk(b"x" * 11)], id="one chunk"),
        pytest.param(
            [CHUNKED], [chunk(b"x" * 6, more=True), chunk(b"x" * 5, more=True)], id="in chunks"
        ),
    ],
)
def test_a_body_beyond_the_bound_is_refused_as_soon_as_it_shows(
    headers: list[HeaderPair], messages: list[Message]
) -> None:
    answer = refusal(headers, *messages)
    assert answer.status == 413
    assert (b"x-mock-error", b"body-too-large") in answer.headers


def test_a_body_that_does_not_come_closes_its_connection() -> None:
    answer = refusal([CHUNKED], chunk(b"x", more=True), seconds=0.01)
    assert answer.status == 408
    assert (b"connection", b"close") in answer.headers
    assert "0.01 seconds" in json.loads(answer.body)["detail"]


def test_a_body_that_is_not_there_when_the_server_stops_is_answered() -> None:
    async def stop() -> HttpResponse:
        reading = asyncio.create_task(read_body([CHUNKED], receiving(), limit=10))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(BodyRefused) as caught:
            await reading
        return caught.value.response

    assert asyncio.run(stop()).status == 503


@pytest.mark.parametrize(
    "messages", [[{"type": "http.disconnect"}], [chunk(b"a", more=True), {"type": "http.disconnect"}]]
)  # fmt: skip
def test_a_client_that_goes_away_is_nobody_to_answer(messages: list[Message]) -> None:
    with pytest.raises(Disconnected):
        body_of([CHUNKED], *messages)


def sent(response: HttpResponse, *, head: bool = False) -> list[Message]:
    messages: list[Message] = []

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(send_response(send, response, head=head))
    return messages


def test_an_answer_goes_out_with_its_length() -> None:
    start, body = sent(HttpResponse(200, ((b"a", b"b"),), b"xyz"))
    assert list(start["headers"]) == [(b"a", b"b"), (b"content-length", b"3")]
    assert (start["status"], body["body"]) == (200, b"xyz")


def test_head_has_the_head_of_get() -> None:
    start, body = sent(HttpResponse(200, (), b"xyz"), head=True)
    assert list(start["headers"]) == [(b"content-length", b"3")]
    assert body["body"] == b""


@pytest.mark.parametrize("status", [204, 304])
def test_an_answer_that_has_no_body_has_no_length(status: int) -> None:
    start, body = sent(HttpResponse(status, ((b"a", b"b"),), b"xyz"))
    assert list(start["headers"]) == [(b"a", b"b")]
    assert body.get("body", b"") == b""


def test_a_body_that_is_complete_is_not_waited_for_and_is_bounded_all_the_same() -> None:
    async def receive() -> Message:
        raise AssertionError("there is nothing to wait for")

    def take(limit: int) -> bytes:
        return asyncio.run(read_body([], receive, limit=limit, complete=b"all"))

    assert take(3) == b"all"
    with pytest.raises(BodyRefused) as caught:
        take(2)
    assert caught.value.response.status == 413
