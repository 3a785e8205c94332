"""Options of this test suite."""

from collections.abc import Iterator

import pytest

from tests.redis_server import RedisServer, running_redis


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden",
        action="store_true",
        help="rewrite the expected answers of failing golden cases; review the diff like code",
    )


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Give the one Redis that stays up; each test takes a prefix of its own."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server
