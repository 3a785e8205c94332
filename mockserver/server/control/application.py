"""The control API below its prefix, as an ASGI application: health for everybody, the rest behind its guard."""

from pathlib import Path
from urllib.parse import unquote

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route, compile_path

from mockserver import fixtures
from mockserver.messages import problem
from mockserver.server.control.endpoints import HEADERS, answer, as_starlette, wrap
from mockserver.server.control.guard import LOOPBACK_HOSTS, Gate, Guard
from mockserver.server.control.live import Live
from mockserver.server.control.table import STREAMS, TABLE, document
from mockserver.server.pages import page_routes
from mockserver.server.wire import AsgiApp, Receive, Scope, Send

SCHEMA = Path(fixtures.__file__).with_name("fixtures.v1.json")


def build_control(live: Live) -> AsgiApp:
    """Return the control API of a running server."""
    settings = live.settings
    prefix = settings.control_prefix
    app = Starlette(
        routes=[
            *_health(live, prefix),
            *(
                Route(prefix + row.path, wrap(row.endpoint, live, writes=row.body is not None), methods=[row.method])
                for row in (*TABLE, *STREAMS)
            ),
            *page_routes(prefix),
        ],
        exception_handlers={404: _not_found, 405: _no_method, 500: _failed},
    )  # fmt: skip
    app.router.redirect_slashes = False
    return segmented(Guard(app, gate_of(live)))


def segmented(app: AsgiApp) -> AsgiApp:
    """Return an application that sees paths whose segments keep what they are: ``%2F`` in a name divides nothing.

    Whatever decides on a path stands behind this, so that all see the same one. Beside ``/`` only ``%`` stays encoded.
    """

    async def call(scope: Scope, receive: Receive, send: Send) -> None:
        raw: bytes = scope.get("raw_path") or b""
        if b"%" in raw:
            segments = (unquote(part) for part in raw.decode("latin-1").split("/"))
            kept = (part.replace("%", "%25").replace("/", "%2F") for part in segments)
            scope = {**scope, "path": "/".join(kept)}
        await app(scope, receive, send)

    return call


def gate_of(live: Live) -> Gate:
    """Return whom the control API answers."""
    settings = live.settings
    prefix = settings.control_prefix
    hosts = {*LOOPBACK_HOSTS, *map(str.lower, settings.allow_host), *_bound_name(settings.host)}
    open_paths = frozenset((f"{prefix}/live", f"{prefix}/ready"))
    shell = (f"{prefix}/ui/",)
    written = [
        (row.method, compile_path(prefix + row.path)[0])
        for row in (*TABLE, *STREAMS)
        if row.body is not None
    ]

    def takes_json(method: str, path: str) -> bool:
        return any(method == one and pattern.match(path) for one, pattern in written)

    return Gate(prefix, frozenset(hosts), live.admin_token, open_paths, shell, takes_json)


def _health(live: Live, prefix: str) -> list[Route]:
    async def alive(_: Request) -> Response:
        return answer({"status": "live"})

    async def ready(_: Request) -> Response:
        state = live.last_reload().state
        degraded = {"degraded": "redis"} if getattr(live.store, "degraded", False) else {}
        return answer({"status": "ready", **({} if state == "ok" else {"reload": state}), **degraded})  # fmt: skip

    async def schema(_: Request) -> Response:
        return Response(SCHEMA.read_bytes(), media_type="application/schema+json", headers=HEADERS)

    async def openapi(_: Request) -> Response:
        names = live.mock().fixtures.scenarios
        found = document(prefix, token=live.admin_token is not None, scenarios=names)
        return answer(found)

    return [
        Route(f"{prefix}/live", alive),
        Route(f"{prefix}/ready", ready),
        Route(f"{prefix}/schemas/fixtures.v1.json", schema),
        Route(f"{prefix}/openapi.json", openapi),
    ]


def _bound_name(host: str) -> tuple[str, ...]:
    """Return the address that the server is bound to as it stands in ``Host``; a wildcard names none."""
    if host in ("0.0.0.0", "::", ""):
        return ()
    return (f"[{host}]" if ":" in host else host.lower(),)


async def _not_found(request: Request, _: Exception) -> Response:
    path = request.scope["path"]
    known = ", ".join(sorted({row.path for row in TABLE}))
    detail = f"the control API has no {path!r}; it has: {known}; /openapi.json describes it"
    return as_starlette(problem(404, "no-such-control", "No such control", detail))


async def _no_method(request: Request, error: Exception) -> Response:
    allow = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
    methods = _methods(request) or allow
    detail = f"{request.method} is not for {request.scope['path']!r}; it has: {methods}"
    headers = ((b"allow", methods.encode("ascii")),)
    return as_starlette(
        problem(405, "method-not-allowed", "Method not allowed", detail, headers=headers)
    )


async def _failed(_: Request, error: Exception) -> Response:
    detail = f"the control API failed: {type(error).__name__}; the log has the traceback"
    return as_starlette(problem(500, "internal-error", "The mock failed", detail))


def _methods(request: Request) -> str:
    """Return the methods of all routes that fit a path: Starlette tells those of the first alone."""
    found: set[str] = set()
    for route in request.app.routes:
        if isinstance(route, Route) and route.path_regex.match(request.scope["path"]):
            found |= route.methods or set()
    return ", ".join(sorted(found))
