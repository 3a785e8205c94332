"""The fast lane and ASGI: the same status, headers and bytes for every golden case."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from http.client import HTTPConnection

import pytest

from tests.golden.cases import Setup, cases, setups
from tests.running import Answered, exchange, serving

_OF_THIS_ANSWER = ("date", "x-mock-trace")  # of one moment, of one run


def comparable(answer: Answered) -> Answered:
    headers = {
        name: value if name not in _OF_THIS_ANSWER else "…"
        for name, value in answer.headers.items()
    }
    return answer._replace(headers=headers)


@pytest.fixture(scope="module", params=list(setups()), ids=lambda setup: setup.name)
def setup(request: pytest.FixtureRequest) -> Setup:
    found: Setup = request.param
    return found


@pytest.fixture(scope="module")
def connections(
    setup: Setup, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Sequence[HTTPConnection]]:
    """Return a connection to a server with the fast lane, and to one without."""
    arguments = setup.write(tmp_path_factory.mktemp(setup.name))
    with ExitStack() as stack:
        servers = [
            stack.enter_context(serving(*arguments, "--seed", "both", lane))
            for lane in ("--fast-lane", "--no-fast-lane")
        ]
        yield [stack.enter_context(closing(server.connect())) for server in servers]


def test_both_ways_answer_alike(setup: Setup, connections: Sequence[HTTPConnection]) -> None:
    asked = [case for case in cases() if (case.setup.name == setup.name)]
    assert asked
    for case in asked:
        # Three times: the first is decided, the second repeated, and sequences move on.
        for _ in range(3):
            fast, slow = (
                comparable(exchange(connection, *case.exchange)) for connection in connections
            )
            assert fast == slow, case.name
            assert list(fast.headers) == list(slow.headers), case.name
