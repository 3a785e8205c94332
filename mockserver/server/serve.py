"""``mockserver serve``: settings into a running server, and back out of it without noise.

Nothing here knows a request. uvicorn speaks HTTP; this decides how it is held.
"""

import asyncio
import errno
import gc
import json
import logging
import math
import secrets  # noqa: TID251 - the one place where a seed is drawn; it is printed, so that any run can be repeated
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, TextIO, cast

import uvicorn

from mockserver.errors import Finding, MockServerError, SettingsError
from mockserver.fixtures.contract import Contract, load_contract, locate
from mockserver.mocking.decide import Mock, MockOptions
from mockserver.server.app import Background, MockApp
from mockserver.server.banner import Occasion, banner_event, banner_text
from mockserver.server.control.live import Live
from mockserver.server.ending import Ending, Server, exit_on_signals
from mockserver.server.fast_lane import FastLane
from mockserver.server.log import (
    LINES_FOR_PEOPLE,
    RequestLog,
    TextLines,
    configure_logging,
    json_line,
)
from mockserver.server.memory import Memory
from mockserver.server.protocol import Patrol, Protocol
from mockserver.server.watch import Reloader
from mockserver.server.wire import AsgiApp, Receive, Scope, Send
from mockserver.settings import Settings
from mockserver.state.journal import Journal
from mockserver.state.store import MemoryStore, Store

if TYPE_CHECKING:
    from mockserver.server.journal_file import JournalFile
    from mockserver.server.shared import Shared

BACKLOG = 2048
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(settings: Settings, directory: Path, stream: TextIO) -> None:
    """Serve until a signal ends the process with status 0.

    Args:
        settings: As given; document and fixtures are located in ``directory`` where they do not name them.
        directory: The working directory.
        stream: Where banner, request lines and messages go.

    Raises:
        MockServerError: The server cannot start.
    """
    ending = exit_on_signals()
    allow_connections()
    as_json = settings.log_format == "json"
    configure_logging(logging.StreamHandler(stream), as_json=as_json)
    settings = locate(settings, directory)
    settings = replace(settings, seed=settings.seed or secrets.token_hex(4))
    if settings.workers > 1:
        refuse_lonely_workers(settings)
        refuse_shared_coverage(settings)
    process = compose(settings, directory, stream)
    try:
        with listen(settings.host, settings.port) as listening:
            greet(process, settings, listening, stream)
            if settings.workers > 1:
                from mockserver.server.workers import supervise

                supervised = replace(settings, admin_token=process.live.admin_token)
                supervise(supervised, directory, listening, ending)
            process.run(listening, ending)
    except SystemExit as end:  # of a signal: after uvicorn has stopped, or before it has begun
        if end.code:
            raise
    if told := too_little_served(process, as_json=as_json):
        write_out(stream, f"{told}\n")
        sys.exit(1)


def greet(process: "Process", settings: Settings, listening: socket.socket, stream: TextIO) -> None:
    """Say what is served and where."""
    url = url_of(settings.host, listening)
    occasion = Occasion(process.contract, settings, settings.seed or "", url, process.live.admin_token)  # fmt: skip
    # No garbage worth looking for yet: a full collection here takes as long as loading a small document.
    gc.freeze()
    gc.enable()
    if settings.log_format == "json":
        write_out(stream, json.dumps(banner_event(occasion)) + "\n")
    else:
        write_out(stream, banner_text(occasion, color=settings.color and stream.isatty()))


def too_little_served(process: "Process", *, as_json: bool) -> str:
    """Return what was never served of what ``--min-coverage`` asks for; empty where enough was, or nothing is asked."""
    least = process.settings.min_coverage
    if least is None:
        return ""
    from mockserver.server.control.coverage import coverage
    from mockserver.state.coverage import Coverage

    async def ask() -> Coverage:
        journal = process.journal  # of this process, which needs no store to be there
        mock = process.live.mock()
        return Coverage.read(coverage(mock, await journal.served()))

    found = asyncio.run(ask())
    if found.percent >= least:
        return ""
    return json.dumps({"event": "coverage", "least": least, **found.summary()}) if as_json else found.report(least)  # fmt: skip


def refuse_shared_coverage(settings: Settings) -> None:
    """Refuse to count what several processes have served.

    Raises:
        SettingsError: It is asked for.
    """
    if settings.min_coverage is not None:
        message = f"--min-coverage counts what one process has served, and there are {settings.workers} workers"
        hint = "leave one of them out; GET /__mock/coverage counts what all have served"
        raise SettingsError(Finding("coverage-of-workers", message, hint=hint))


def refuse_lonely_workers(settings: Settings) -> None:
    """Refuse several processes that would each remember something else.

    Raises:
        SettingsError: They share no store.
    """
    if settings.store == "memory":
        message = f"{settings.workers} workers would each have sessions and a journal of their own"
        hint = "give them a Redis to share, such as --store redis://127.0.0.1:6379/0, or leave --workers out"
        raise SettingsError(Finding("workers-need-a-store", message, hint=hint))


class Process(NamedTuple):
    """A process that is ready to answer."""

    contract: Contract
    settings: Settings
    app: MockApp
    live: Live
    journal: Journal
    request_log: RequestLog
    journal_file: "JournalFile | None"

    def run(self, listening: socket.socket, ending: Ending) -> None:
        """Answer what comes in at a socket, until a signal."""
        self.live.url = url_of(self.settings.host, listening)
        server = Server(uvicorn_config(self.app, self.settings), ending)
        self.live.stopping = lambda: server.should_exit
        try:
            server.run(sockets=[listening])
            if not server.started:
                ending.check()
                hint = "the lines above say why"
                raise MockServerError(
                    Finding("not-started", "the server could not start", hint=hint)
                )
        finally:
            self.request_log.flush()
            if self.journal_file:
                self.journal_file.close()


def compose(
    settings: Settings,
    directory: Path,
    stream: TextIO,
    *,
    run: str | None = None,
    replaces: str | None = None,
) -> Process:
    """Load what the settings name, and compose what answers.

    Args:
        settings: Located, with a seed.
        directory: The working directory.
        stream: Where request lines go.
        run: Prefix of the ids; ``None`` makes one.
        replaces: That of a process which is no more.
    """
    began = time.time()  # noqa: TID251 - the outer edge: clocks start here
    contract = load_contract(settings)
    journal = Journal(run or run_name(settings))
    write = partial(write_out, stream)
    lines = _text_lines(contract, color=settings.color and stream.isatty())
    request_log = (
        RequestLog(journal, json_line, write)
        if settings.log_format == "json"
        else RequestLog(journal, lines, write, most=LINES_FOR_PEOPLE)
    )
    journal_file = None
    if settings.journal:
        from mockserver.server.journal_file import JournalFile  # most runs have none

        journal_file = JournalFile(journal, settings.journal)
    app, live = build_app(
        contract, settings, settings.seed or "", directory, journal=journal, request_log=request_log, replaces=replaces,
        also=journal_file.take if journal_file else None, began=began,
    )  # fmt: skip
    return Process(contract, settings, app, live, journal, request_log, journal_file)


class Composed(NamedTuple):
    """An application, and what its control API sees of it."""

    app: MockApp
    live: Live


def build_app(
    contract: Contract,
    settings: Settings,
    seed: str,
    directory: Path,
    *,
    journal: Journal,
    request_log: RequestLog,
    replaces: str | None = None,
    also: Callable[[], object] | None = None,
    began: float = math.inf,
) -> Composed:
    """Compose the application: mock, control API, state, reload and log; ``also`` is told of each exchange, too.

    What was saved since ``began``, when the load of the contract did, is loaded again.
    """
    build = partial(build_mock, settings=settings, seed=seed)
    located, served = settings, contract

    def load() -> Contract:
        nonlocal located  # fixtures that appear stay expected: that they are gone again is no wish
        located = locate(located, directory)
        return load_contract(located)

    def use(contract: Contract) -> None:
        nonlocal served
        served = contract
        while True:
            chosen = build
            app.use(chosen(contract))
            if chosen is build:  # a scenario may have been chosen for everyone meanwhile
                break
        freeze()

    def use_scenario(name: str | None) -> None:
        nonlocal build
        build = partial(build_mock, settings=replace(settings, scenario=name), seed=seed)
        app.use(build(served))

    def recorded() -> None:
        request_log.wake()
        if also:
            also()
        if shared is None:
            live.bell.ring()
        else:
            shared.wake()  # what is news for all processes is so for this one too

    @cache
    def control_app() -> AsgiApp:
        from mockserver.server.control.application import (
            build_control,  # with Starlette: a tenth of the start
        )

        return build_control(live)

    async def control(scope: Scope, receive: Receive, send: Send) -> None:
        await control_app()(scope, receive, send)

    now = time.time  # noqa: TID251 - the outer edge: clocks start here
    shared = open_shared(settings, contract.api.title, journal, now=now, replaces=replaces)
    store: Store = (
        shared.store if shared else MemoryStore(idle=settings.session_idle, now=time.monotonic)  # noqa: TID251
    )
    reloader = Reloader(contract, settings.fixtures, load=load, use=use, now=now, began=began)
    live = Live(
        settings,
        store,
        shared.journal if shared else journal,
        mock=lambda: app.exchanges.served.mock,
        now=now,
        last_reload=lambda: reloader.last,
        reload=reloader.reload,
        findings=lambda: served.findings,
        use_scenario=use_scenario,
        seed=seed,
        started=now(),
        folder=directory,
        admin_token=admin_token(settings),
    )
    beside = [partial(reloading, reloader, enabled=settings.reload)]
    if shared is not None:
        live.keep_scenario, live.tell = shared.keep_scenario, shared.tell
        beside.insert(0, partial(shared.running, live))
    app = MockApp(
        build(contract),
        settings,
        control=control,
        store=store,
        journal=journal,
        now=now,
        recorded=recorded,
        background=partial(running_beside, *beside),
    )
    return Composed(app, live)


def run_name(settings: Settings) -> str:
    """Return the prefix of the ids of this run; with chance in it where other processes begin in the same second."""
    started = f"{int(time.time()):x}"  # noqa: TID251 - the outer edge: clocks start here
    return started if settings.store == "memory" else f"{started}.{secrets.token_hex(3)}"


def open_shared(
    settings: Settings,
    title: str,
    journal: Journal,
    *,
    now: Callable[[], float],
    replaces: str | None = None,
) -> "Shared | None":
    """Return what this process shares with others, ``None`` where its state is its own.

    Raises:
        SettingsError: The store's client is not installed.
    """
    if settings.store == "memory":
        return None
    try:
        from mockserver.server.shared import Shared  # the client takes a third of the start
    except ModuleNotFoundError:
        hint = "pip install 'openapi-mockserver[redis]'"
        raise SettingsError(Finding("no-client", "the client of Redis is not installed", hint=hint)) from None  # fmt: skip
    return Shared(settings, title, journal, now=now, replaces=replaces)


def admin_token(settings: Settings) -> str | None:
    """Return the token that the control API asks for: the one given, or one that is drawn where it is needed."""
    if settings.admin_token or settings.host in LOOPBACK:
        return settings.admin_token
    return secrets.token_urlsafe(18)


def build_mock(contract: Contract, settings: Settings, seed: str) -> Mock:
    """Return what answers for a contract."""
    options = MockOptions(
        dynamic=settings.dynamic,
        errors=settings.errors,
        explain=not settings.quiet_headers,
        scenario=settings.scenario,
        fill_properties=settings.fill_properties,
        ignore_examples=settings.ignore_examples,
    )
    return Mock(contract.api, contract.fixtures, seed=seed.encode(), options=options)


@asynccontextmanager
async def running_beside(*parts: Background) -> AsyncIterator[None]:
    """Run several things while the server runs."""
    async with AsyncExitStack() as stack:
        for part in parts:
            await stack.enter_async_context(part())
        yield


@asynccontextmanager
async def reloading(reloader: Reloader, *, enabled: bool) -> AsyncIterator[None]:
    """Watch the files while the server runs."""
    if not enabled:
        yield
        return
    watching = asyncio.create_task(reloader.run())
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait([watching])


def uvicorn_config(app: MockApp, settings: Settings) -> uvicorn.Config:
    """Return how uvicorn is held; each value against something that was measured or happened."""
    return uvicorn.Config(
        app,
        interface="asgi3",
        http=protocol_of(app, settings),  # on httptools: h11 costs three quarters of the throughput
        ws="none",
        lifespan="on",
        proxy_headers=False,  # by default it believes X-Forwarded-For of every local process
        access_log=False,  # prints queries, halves the throughput; the journal is our log
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=8,  # the default waits for stuck clients for ever
        limit_concurrency=None,  # counts idle connections too
    )


def protocol_of(app: MockApp, settings: Settings) -> type[Protocol]:
    """Return what makes the protocol of a connection."""
    patrol = Patrol(max_body=settings.max_body)
    make: Callable[..., Protocol] = partial(Protocol, patrol=patrol)
    if settings.fast_lane and app.exchanges.shared is None:
        make = partial(
            FastLane,
            patrol=patrol,
            exchanges=app.exchanges,
            memory=Memory(),
            control_prefix=settings.control_prefix,
        )
    return cast("type[Protocol]", make)  # uvicorn only calls it


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket.

    Raises:
        SettingsError: The address is taken, forbidden, or none of this machine's.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        both = family == socket.AF_INET6 and host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server(
            address[:2],
            family=family,
            backlog=BACKLOG,
            dualstack_ipv6=both,
        )
    except OSError as error:
        raise SettingsError(_cannot_listen(host, port, error)) from None


def _cannot_listen(host: str, port: int, error: OSError) -> Finding:
    where = f"{host}:{port}"
    if error.errno == errno.EADDRINUSE:
        message = f"port {port} is taken: another process listens on {where}"
        return Finding("port-taken", message, hint="choose another with --port, or --port 0")
    if error.errno in (errno.EACCES, errno.EPERM):
        message = f"listening on {where} is not allowed"
        return Finding("port-forbidden", message, hint="choose a --port above 1023")
    reason = (error.strerror or str(error)).lower()
    message = f"cannot listen on {where}: {reason}"
    hint = "--host takes an address of this machine, such as 127.0.0.1 or 0.0.0.0"
    return Finding("bad-host", message, hint=hint)


def url_of(host: str, listening: socket.socket) -> str:
    """Return the URL to reach a listening socket by; a wildcard is reached by loopback."""
    port = listening.getsockname()[1]
    name = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{name}:{port}"


def allow_connections(most: int = 65_536) -> None:
    """Raise what the system lets a process open to what it may: 1,024 by default, and each connection is one."""
    if sys.platform != "win32":
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = most if hard == resource.RLIM_INFINITY else min(hard, most)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            with suppress(OSError, ValueError):
                resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def freeze() -> None:
    """Keep what a load made out of later collections (44 ms become 8), without keeping what a reload let go of."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def write_out(stream: TextIO, text: str) -> None:
    """Write to a stream that somebody may have closed meanwhile: that is no reason to stop answering."""
    with suppress(OSError, ValueError):
        stream.write(text)
        stream.flush()


def _text_lines(contract: Contract, *, color: bool) -> Callable[..., str]:
    names = ((operation.path, operation.name) for operation in contract.api.operations)
    return TextLines(names, color=color)
