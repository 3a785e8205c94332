"""The mock within this process, on a free port, for as long as somebody needs it."""

import asyncio
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from mockserver.fixtures.contract import Contract
from mockserver.server.log import RequestLog, json_line
from mockserver.server.serve import build_app, listen, url_of, uvicorn_config
from mockserver.settings import Settings
from mockserver.state.journal import Journal

_HOST = "127.0.0.1"
_STOP_SECONDS = 20.0


@contextmanager
def serving(contract: Contract, settings: Settings) -> Iterator[str]:
    """Serve a contract, without watching its files and without a log, and give its URL."""
    journal = Journal("check")
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
    app, live = build_app(
        contract,
        replace(settings, reload=False),
        settings.seed or "1",
        Path.cwd(),
        journal=journal,
        request_log=RequestLog(journal, json_line, lambda _: None),
    )
    with listen(_HOST, 0) as listening:
        server = uvicorn.Server(uvicorn_config(app, settings))
        live.url = url_of(_HOST, listening)
        live.stopping = lambda: server.should_exit
        thread = threading.Thread(
            target=lambda: asyncio.run(server.serve(sockets=[listening])), daemon=True
        )
        thread.start()
        try:
            yield live.url
        finally:
            server.should_exit = True
            thread.join(timeout=_STOP_SECONDS)
