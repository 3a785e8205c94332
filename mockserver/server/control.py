"""The control API below its prefix: health, and the schemas that editors complete by. Nothing here writes yet.

Invariant: all of it but ``live`` and ``ready`` answers only to a ``Host`` that is known, so that a page which points a
name of its own at this machine (DNS rebinding) gets nothing.
"""

from collections.abc import Callable, Iterable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from mockserver import fixtures
from mockserver.messages import HttpResponse, problem
from mockserver.server.wire import AsgiApp, Receive, Scope, Send, send_response
from mockserver.settings import Settings

SCHEMA = Path(fixtures.__file__).with_name("fixtures.v1.json")
LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


class HostGuard:
    """Refuses requests whose ``Host`` is not on a list, before anything else sees them.

    Args:
        app: What is guarded.
        allowed: Names as they stand in ``Host``, in lower case, without port.
        open_paths: Decoded paths that need no guard.
    """

    def __init__(self, app: AsgiApp, *, allowed: Iterable[str], open_paths: Iterable[str]) -> None:
        self._app = app
        self._allowed = frozenset(name.encode("ascii") for name in allowed)
        self._open = frozenset(open_paths)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        if scope["path"] in self._open or (len(hosts) == 1 and self._knows(hosts[0])):
            await self._app(scope, receive, send)
        else:
            await send_response(send, _FOREIGN_HOST, head=scope["method"] == "HEAD")

    def _knows(self, host: bytes) -> bool:
        name = host.lower()
        if not name.endswith(b"]"):  # an IPv6 address without a port ends so
            name = name.rpartition(b":")[0] or name
        return name in self._allowed


_FOREIGN_HOST = problem(
    403,
    "foreign-host",
    "Host not allowed",
    "the control API answers to loopback names; --allow-host adds one",
)


def build_control(settings: Settings, reload_state: Callable[[], str]) -> AsgiApp:
    """Return the control API as an ASGI application.

    Args:
        settings: Prefix and hosts.
        reload_state: Says ``ok`` or ``failed`` of the last reload.
    """

    async def live(_: Request) -> Response:
        return JSONResponse({"status": "live"}, headers=_HEADERS)

    async def ready(_: Request) -> Response:
        state = reload_state()
        detail = {} if state == "ok" else {"reload": state}
        return JSONResponse({"status": "ready", **detail}, headers=_HEADERS)

    async def schema(_: Request) -> Response:
        return Response(SCHEMA.read_bytes(), media_type="application/schema+json", headers=_HEADERS)

    prefix = settings.control_prefix
    app = Starlette(
        routes=[
            Route(f"{prefix}/live", live),
            Route(f"{prefix}/ready", ready),
            Route(f"{prefix}/schemas/fixtures.v1.json", schema),
        ],
        exception_handlers={404: _not_found, 405: _no_method},
    )
    app.router.redirect_slashes = False
    hosts = {*LOOPBACK_HOSTS, *settings.allow_host, *_bound_name(settings.host)}
    return HostGuard(app, allowed=hosts, open_paths=(f"{prefix}/live", f"{prefix}/ready"))


def _bound_name(host: str) -> tuple[str, ...]:
    """Return the address that the server is bound to as it stands in ``Host``; a wildcard names none."""
    if host in ("0.0.0.0", "::", ""):
        return ()
    return (f"[{host}]" if ":" in host else host.lower(),)


async def _not_found(request: Request, _: Exception) -> Response:
    detail = f"the control API has no {request.scope['path']!r}"
    return _as_starlette(problem(404, "no-such-control", "No such control", detail))


async def _no_method(request: Request, error: Exception) -> Response:
    allow = (error.headers or {}).get("Allow", "") if isinstance(error, HTTPException) else ""
    detail = f"{request.method} is not for {request.scope['path']!r}; it has: {allow}"
    headers = ((b"allow", allow.encode("ascii")),)
    return _as_starlette(
        problem(405, "method-not-allowed", "Method not allowed", detail, headers=headers)
    )


def _as_starlette(answer: HttpResponse) -> Response:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in answer.headers}
    return Response(answer.body, answer.status, headers=headers)
