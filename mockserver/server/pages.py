"""The web page: its files as they are, with the headers that keep everything else out of it."""

from collections.abc import Awaitable, Callable
from hashlib import blake2b
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

UI = Path(__file__).with_name("ui")
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": _POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


def page_routes(prefix: str) -> list[Route]:
    """Return the routes of the page and of its files, which are small and kept."""
    files = {path.name: path for path in sorted(UI.glob("*")) if path.suffix in _TYPES}

    def serving(path: Path) -> Callable[[Request], Awaitable[Response]]:
        content = path.read_bytes().replace(b"/__mock/", f"{prefix}/".encode())

        async def serve(request: Request) -> Response:
            tag = f'"{blake2b(content, digest_size=8).hexdigest()}"'
            headers = {**_HEADERS, "content-type": _TYPES[path.suffix], "etag": tag}
            if request.headers.get("if-none-match") == tag:
                return Response(status_code=304, headers=headers)
            return Response(content, headers=headers)

        return serve

    routes = [Route(f"{prefix}/ui/{name}", serving(path)) for name, path in files.items()]
    if "index.html" in files:
        page = serving(files["index.html"])
        routes += [Route(f"{prefix}/", page), Route(prefix, page)]
    return routes
