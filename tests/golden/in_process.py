"""The composed application without a socket: ASGI messages in, ASGI messages out."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import fields, replace
from pathlib import Path
from urllib.parse import unquote

from mockserver.fixtures.contract import load_contract, locate
from mockserver.server.app import MockApp
from mockserver.server.log import RequestLog, json_line
from mockserver.server.serve import build_app
from mockserver.server.wire import Message, Scope
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from tests.running import Answered


class Application:
    """Sends requests to an application as uvicorn would."""

    def __init__(self, app: MockApp, runner: asyncio.Runner) -> None:
        self._app = app
        self._runner = runner

    def send(
        self, method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes | None
    ) -> Answered:
        sent: list[Message] = []
        pending: list[Message] = [{"type": "http.request", "body": body or b""}]

        async def receive() -> Message:
            return pending.pop() if pending else {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)

        self._runner.run(self._app(_scope(method, target, headers, body), receive, send))
        found: dict[str, str] = {}
        for name, value in sent[0]["headers"]:
            key, text = name.decode("latin-1"), value.decode("latin-1")
            found[key] = f"{found[key]}, {text}" if key in found else text
        content = b"".join(message.get("body", b"") for message in sent[1:])
        return Answered(sent[0]["status"], found, content)


def _scope(
    method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes | None
) -> Scope:
    path, _, query = target.partition("?")
    pairs = [("host", "127.0.0.1:4010"), *headers]
    if body is not None:
        pairs.append(("content-length", str(len(body))))
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": unquote(path),
        "raw_path": path.encode("latin-1"),
        "query_string": query.encode("latin-1"),
        # a server strips the blanks round a value (RFC 9110 §5.5)
        "headers": [
            (name.lower().encode("latin-1"), value.strip(" \t").encode("latin-1"))
            for name, value in pairs
        ],
    }


@contextmanager
def application(arguments: Sequence[str]) -> Iterator[Application]:
    """Compose the application that ``serve`` with these arguments would run."""
    settings = locate(replace(_settings(arguments), reload=False), Path.cwd())
    contract = load_contract(settings)
    journal = Journal("golden")
    app, _ = build_app(
        contract,
        settings,
        settings.seed or "golden",
        Path.cwd(),
        journal=journal,
        request_log=RequestLog(journal, json_line, _ignore),
    )
    with asyncio.Runner() as runner:
        yield Application(app, runner)


def _ignore(_: str) -> None:
    """Take request lines nowhere."""


def _settings(arguments: Sequence[str]) -> Settings:
    """Read the flags that golden files use."""
    kinds = {field.name: field.type for field in fields(Settings)}
    found: dict[str, object] = {}
    rest = list(arguments)
    while rest:
        argument = rest.pop(0)
        name = argument.removeprefix("--").replace("-", "_")
        if not argument.startswith("--"):
            found["spec"] = Path(argument)
        elif name.removeprefix("no_") in kinds and name not in kinds:
            found[name.removeprefix("no_")] = False
        elif kinds[name] is bool:
            found[name] = True
        else:
            value = rest.pop(0)
            found[name] = Path(value) if name == "fixtures" else value
    return Settings(**found)  # type: ignore[arg-type]  # the table above made each value by its field's type
