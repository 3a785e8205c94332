"""An application checked in process: on a port of its own, because what a client meets is what stands on the wire."""

import asyncio
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from inspect import iscoroutinefunction
from pathlib import Path
from typing import Any

import uvicorn

from mockserver.check.live import Wallet
from mockserver.check.model import Report
from mockserver.check.options import Options
from mockserver.check.plan import check
from mockserver.check.runner import Run
from mockserver.check.transport import Transport
from mockserver.fixtures.contract import load_contract, locate
from mockserver.settings import Settings

_DEFAULTS = Options(assume_states=True)
_STOP_SECONDS = 20


def check_app(
    app: Callable[..., Any],
    spec: Path | str = "openapi.yaml",
    fixtures: Path | str | None = None,
    *,
    options: Options = _DEFAULTS,
    live: bool = False,
    environ: Mapping[str, str] | None = None,
) -> Report:
    """Hold an ASGI or WSGI application to a document and its fixtures.

    Args:
        app: Run by uvicorn on a free port of this machine, with its lifespan.
        spec: The document.
        fixtures: Their folder or file; by default ``fixtures`` beside the document, where it is there.
        options: How the run is held; by default provider states are taken to hold.
        live: Tokens send their ``live``, else their ``value``.
        environ: For ``live``; the process's own where ``None``.

    Raises:
        MockServerError: Document or fixtures cannot be read.
        Unreachable: The application does not answer.
    """
    given = Settings(spec=Path(spec), fixtures=Path(fixtures) if fixtures else None)
    contract = load_contract(locate(given, Path.cwd()))
    wallet = Wallet(
        contract.fixtures,
        os.environ if environ is None else environ,
        live=live,
        now=time.time,  # noqa: TID251 - the outer edge
    )
    with serving_app(app) as url:
        options = replace(options, state_url=options.state_url.replace("{url}", url))
        return check(Run(contract, Transport(url, timeout=options.timeout), wallet, options))


@contextmanager
def serving_app(app: Callable[..., Any]) -> Iterator[str]:
    """Run an application in a thread, and give its base URL."""
    listening = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        app,
        interface="asgi3" if _is_asgi(app) else "wsgi",
        lifespan="auto" if _is_asgi(app) else "off",
        ws="none",
        log_level="warning",
        access_log=False,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
    )
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"  # it listens already: requests wait for the server
    finally:
        server.should_exit = True
        thread.join(_STOP_SECONDS)
        listening.close()


def _is_asgi(app: Callable[..., Any]) -> bool:
    """Tell ASGI from WSGI: the first is a coroutine function, or an object whose call is one."""
    return iscoroutinefunction(app) or iscoroutinefunction(getattr(app, "__call__", None))  # noqa: B004
