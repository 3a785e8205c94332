"""An ASGI application asked in process: the scopes that uvicorn makes, the messages that come back."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from mockserver.fixtures.contract import Contract, load_contract
from mockserver.messages import HeaderPair
from mockserver.server.app import MockApp
from mockserver.server.control.application import build_control
from mockserver.server.control.live import Live
from mockserver.server.serve import build_mock
from mockserver.server.wire import AsgiApp, Message, Scope
from mockserver.settings import Settings
from mockserver.state.exchange import Exchange
from mockserver.state.journal import Journal
from mockserver.state.store import MemoryStore, Store

HOST: HeaderPair = (b"host", b"localhost")


@dataclass
class Asked:
    """One request on its way; ``messages`` grows as the application answers."""

    scope: Scope
    incoming: list[Message]
    messages: list[Message] = field(default_factory=list)

    async def receive(self) -> Message:
        if not self.incoming:
            await asyncio.Event().wait()
        return self.incoming.pop(0)

    async def send(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def status(self) -> int:
        status = self.messages[0]["status"]
        assert isinstance(status, int)
        return status

    @property
    def headers(self) -> dict[bytes, bytes]:
        return dict(self.messages[0]["headers"])

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])


def asked(
    method: str,
    target: str,
    headers: Sequence[HeaderPair] = (),
    body: bytes = b"",
    incoming: list[Message] | None = None,
) -> Asked:
    """Return a request that is ready to be answered."""
    path, _, query = target.partition("?")
    length = ((b"content-length", b"%d" % len(body)),) if body else ()
    scope = {
        "type": "http", "method": method, "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "headers": [HOST, *headers, *length], "root_path": "", "http_version": "1.1", "scheme": "http",
    }  # fmt: skip
    return Asked(scope, [{"type": "http.request", "body": body}] if incoming is None else incoming)


def answer(app: AsgiApp, request: Asked) -> Asked:
    """Let the application answer."""

    async def run() -> None:
        await app(request.scope, request.receive, request.send)

    asyncio.run(run())
    return request


def contract_of(folder: Path, document: str, fixtures: str | None = None) -> Contract:
    """Write a document and its fixtures, and load them."""
    return load_contract(settings_of(folder, document, fixtures))


def settings_of(folder: Path, document: str, fixtures: str | None = None) -> Settings:
    """Write a document and its fixtures, and return settings that name them."""
    (folder / "openapi.yaml").write_text(document)
    if fixtures is None:
        return Settings(spec=folder / "openapi.yaml")
    (folder / "fixtures").mkdir(exist_ok=True)
    (folder / "fixtures" / "all.yaml").write_text(fixtures)
    return Settings(spec=folder / "openapi.yaml", fixtures=folder / "fixtures")


class Running:
    """An application with everything around it in this process."""

    def __init__(
        self,
        contract: Contract,
        settings: Settings | None = None,
        store: Store | None = None,
        *,
        kept: int = 10_000,
    ) -> None:
        self.settings = settings or Settings()
        self.journal = Journal("t", limit=kept)
        self.woken = 0
        self.store = store or MemoryStore()
        self.live = Live(
            self.settings,
            self.store,
            self.journal,
            mock=lambda: self.app.exchanges.served.mock,
            now=lambda: 1000.0,
            url="http://localhost",
            use_scenario=self.use_scenario,
        )
        self.contract = contract
        self.app = MockApp(
            build_mock(contract, self.settings, "seed"),
            self.settings,
            control=build_control(self.live),
            store=self.store,
            journal=self.journal,
            now=lambda: 1000.0,
            recorded=self.wake,
        )

    def use_scenario(self, name: str | None) -> None:
        self.app.use(build_mock(self.contract, replace(self.settings, scenario=name), "seed"))

    def wake(self) -> None:
        self.woken += 1

    def ask(
        self, method: str, target: str, headers: Sequence[HeaderPair] = (), body: bytes = b""
    ) -> Asked:
        """Send one request and return its answer."""
        return answer(self.app, asked(method, target, headers, body))

    @property
    def last(self) -> Exchange:
        """Return the newest entry of the journal."""
        return self.journal.since(0)[-1]
