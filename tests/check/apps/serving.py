"""An app on a real socket: as a command, and within a test."""

import asyncio
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
import uvicorn
from starlette.applications import Starlette
from starlette.types import ASGIApp


def config(app: ASGIApp, **options: object) -> uvicorn.Config:
    return uvicorn.Config(app, log_level="critical", access_log=False, ws="none", **options)  # type: ignore[arg-type]


@contextmanager
def running(app: ASGIApp) -> Iterator[int]:
    """Run an app on a free port of this machine, and give the port."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(config(app))
    thread = threading.Thread(
        target=lambda: asyncio.run(server.serve(sockets=[listener])), daemon=True
    )
    thread.start()
    try:
        yield listener.getsockname()[1]  # the socket listens already; requests wait for the server
    finally:
        server.should_exit = True
        thread.join(timeout=20)
        listener.close()


def command(create: Callable[[str | None], Starlette], names: Sequence[str]) -> click.Command:
    """Return a command that runs an app by uvicorn."""

    @click.command()
    @click.option("--fault", type=click.Choice(names), help="How the app is broken; else correct.")
    @click.option("--port", default=0, show_default="a free one")
    @click.option("--list", "listing", is_flag=True, help="Only print the names of the faults.")
    def main(fault: str | None, port: int, listing: bool) -> None:
        if listing:
            click.echo("\n".join(names))
            return
        listener = socket.create_server(("127.0.0.1", port))
        click.echo(f"http://127.0.0.1:{listener.getsockname()[1]}", err=True)
        uvicorn.Server(config(create(fault))).run(sockets=[listener])

    return main
