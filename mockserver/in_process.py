"""A mock within this process and without a server: for tests that hand ``mock.transport()`` to httpx."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mockserver.client import Answer, MockServer, Wire
from mockserver.fixtures.contract import load_contract, locate
from mockserver.server.background import Running, running
from mockserver.settings import Settings


@contextmanager
def in_process(
    spec: Path | str | None = None,
    fixtures: Path | str | None = None,
    *,
    seed: str = "1",
    dynamic: bool = False,
) -> Iterator[MockServer]:
    """Give a mock of a document that nobody but this process reaches.

    Args:
        spec: The document; by default that of the working directory.
        fixtures: Their folder or file; by default ``fixtures`` beside the document, where it is there.
        seed: Of what is drawn.
        dynamic: Bodies are generated at each call.

    Raises:
        MockServerError: Document or fixtures cannot be read.
    """
    given = Settings(
        spec=Path(spec) if spec else None,
        fixtures=Path(fixtures) if fixtures else None,
        seed=seed,
        dynamic=dynamic,
    )
    settings = locate(given, Path.cwd())
    with running(load_contract(settings), settings, listening=False) as found:
        yield MockServer(found.url, wire=wire_of(found))


def wire_of(found: Running) -> Wire:
    """Return the way to a mock within this process, past its socket."""
    return lambda *request: Answer(*found.send(*request))
