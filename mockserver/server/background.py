"""The mock within this process, for as long as somebody needs it: on a free port, or asked without a socket."""

import asyncio
import logging
import threading
from collections.abc import Callable, Coroutine, Iterator, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from http.client import IncompleteRead, RemoteDisconnected
from pathlib import Path
from typing import NamedTuple
from urllib.parse import unquote

import uvicorn

from mockserver.fixtures.contract import Contract
from mockserver.messages import HeaderPair
from mockserver.server.log import RequestLog, json_line
from mockserver.server.serve import build_app, listen, url_of, uvicorn_config
from mockserver.server.wire import CUT, AsgiApp, Message, Scope
from mockserver.settings import Settings
from mockserver.state.journal import Journal

_HOST = "127.0.0.1"
_NAME = "localhost"
_STOP_SECONDS = 20.0


class Got(NamedTuple):
    """An answer that came without a socket."""

    status: int
    headers: Sequence[tuple[str, str]]
    body: bytes


class Running:
    """A mock on a thread of its own.

    Attributes:
        url: Where it listens; port 0 where it does not.
    """

    def __init__(self, app: AsgiApp, url: str, loop: asyncio.AbstractEventLoop) -> None:
        self.url = url
        self._app = app
        self._loop = loop

    def send(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        timeout: float | None,
    ) -> Got:
        """Answer a request without a socket, from any thread but its own.

        Raises:
            TimeoutError: It took longer.
            ConnectionRefusedError: The mock has ended.
            ConnectionResetError, RemoteDisconnected, IncompleteRead: A fault, as ``http.client`` meets it.
        """
        pairs = tuple((name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers)  # fmt: skip
        answering = _ask(self._app, method, target, pairs, body)
        try:
            asked = asyncio.run_coroutine_threadsafe(answering, self._loop)
        except RuntimeError:  # the loop is closed
            answering.close()
            raise ConnectionRefusedError("the mock is not there any more") from None
        try:
            return asked.result(timeout)
        except TimeoutError:
            asked.cancel()
            raise


async def _ask(
    app: AsgiApp, method: str, target: str, headers: tuple[HeaderPair, ...], body: bytes
) -> Got:
    """Send one request through ASGI, with the means to end its connection that a socket would have."""
    path, _, query = target.partition("?")
    length = ((b"content-length", b"%d" % len(body)),) if body else ()
    incoming: list[Message] = [{"type": "http.request", "body": body}]
    sent: list[Message] = []
    was_reset: list[bool] = []

    def cut(*, reset: bool) -> None:
        was_reset.append(reset)

    async def receive() -> Message:
        if not incoming:  # who asks for more waits for a client that leaves: this one does not
            await asyncio.Event().wait()
        return incoming.pop()

    async def send(message: Message) -> None:
        sent.append(message)

    scope: Scope = {
        "type": "http", "http_version": "1.1", "scheme": "http", "method": method, "root_path": "",
        "path": unquote(path), "raw_path": path.encode("latin-1"), "query_string": query.encode("latin-1"),
        "headers": (*headers, *length), "extensions": {CUT: cut},
    }  # fmt: skip
    await app(scope, receive, send)
    content = b"".join(message.get("body", b"") for message in sent[1:])
    if was_reset and was_reset[0]:
        raise ConnectionResetError("the connection was reset")
    if was_reset and not sent:
        raise RemoteDisconnected("the connection was closed without an answer")
    pairs = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in sent[0]["headers"]
    ]
    if was_reset:
        raise IncompleteRead(content, int(dict(pairs)["content-length"]) - len(content))
    return Got(sent[0]["status"], pairs, content)


@contextmanager
def running(
    contract: Contract, settings: Settings, *, run: str = "test", listening: bool = True
) -> Iterator[Running]:
    """Serve a contract on a thread, without watching its files and without a log.

    Args:
        contract: What is served.
        settings: How; ``seed`` is ``1`` where they have none, the address loopback with a free port.
        run: Begins the ids of the exchanges.
        listening: On a socket too.
    """
    journal = Journal(run)
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    app, live = build_app(
        contract,
        replace(settings, reload=False),
        settings.seed or "1",
        Path.cwd(),
        journal=journal,
        request_log=RequestLog(journal, json_line, lambda _: None),
    )
    begun: Future[asyncio.AbstractEventLoop] = Future()
    stop = asyncio.Event()
    with ExitStack() as stack:
        work: Callable[[], Coroutine[object, object, object]] = stop.wait
        live.url, end = f"http://{_NAME}:0", stop.set
        if listening:
            sockets = [stack.enter_context(listen(_HOST, 0))]
            server = uvicorn.Server(uvicorn_config(app, settings))
            live.url, end = url_of(_HOST, sockets[0]), partial(_end, server)
            live.stopping = lambda: server.should_exit
            work = partial(server.serve, sockets=sockets)

        async def main() -> None:
            begun.set_result(asyncio.get_running_loop())
            await work()

        thread = threading.Thread(target=lambda: asyncio.run(main()), daemon=True)
        thread.start()
        loop = begun.result()
        try:
            yield Running(app, live.url, loop)
        finally:
            loop.call_soon_threadsafe(end)
            thread.join(timeout=_STOP_SECONDS)


@contextmanager
def serving(contract: Contract, settings: Settings) -> Iterator[str]:
    """Serve a contract, and give its URL."""
    with running(contract, settings, run="check") as found:
        yield found.url


def _end(server: uvicorn.Server) -> None:
    server.should_exit = True
