"""Builds a mock from texts, for the tests of deciding."""

from pathlib import Path
from textwrap import dedent

from mockserver.fixtures.load import load_fixtures
from mockserver.messages import HttpRequest
from mockserver.mocking.decide import Mock, MockOptions
from mockserver.mocking.decision import Decision
from mockserver.spec.compile import compile_document
from mockserver.spec.document import load_document
from mockserver.state.store import MemoryStore

SEED = b"a seed for tests"


def build(
    folder: Path, document: str, fixtures: str = "", options: MockOptions | None = None
) -> Mock:
    """Return the mock of a document and fixtures given as YAML."""
    path = folder / "openapi.yaml"
    path.write_text(dedent(document))
    api = compile_document(load_document(path))
    folder = folder / "fixtures"
    folder.mkdir(exist_ok=True)
    if fixtures:
        (folder / "fixtures.yaml").write_text("version: 1\n" + dedent(fixtures))
    return Mock(api, load_fixtures(folder, api), seed=SEED, options=options or MockOptions())


def ask(
    mock: Mock,
    line: str,
    headers: dict[str, str] | None = None,
    body: bytes = b"",
    store: MemoryStore | None = None,
    *,
    now: float = 0.0,
) -> Decision:
    """Send ``GET /path?query`` to a mock as the server does, and return its decision."""
    method, _, target = line.partition(" ")
    path, _, query = target.partition("?")
    pairs = [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()]
    store = store or MemoryStore()
    incoming = mock.read(HttpRequest(method, path.encode(), query.encode(), pairs, body))
    session = store.session(incoming.session)
    decision = mock.decide(incoming.request, session, incoming.controls, now=now)
    if decision.advance:
        assert store.advance(session, decision.advance)
    return decision


def header(decision: Decision, name: str) -> str | None:
    """Return a header of the answer."""
    return next(
        (value.decode() for key, value in decision.response.headers if key == name.encode()), None
    )
