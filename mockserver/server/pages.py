"""The page and its files, as they lie in ``ui/``: who may load what, and how long a browser may keep it.

It knows nothing of what the page shows; that is asked of the control API like anybody else asks it.
"""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

UI = Path(__file__).with_name("ui")
MEDIA_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
# Recorded traffic is hostile text. With Trusted Types and no policy the browser refuses to read any of it as markup,
# whatever the page's code does; nothing is loaded from elsewhere and nothing may frame the page.
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)
HEADERS = {
    "cache-control": "no-cache",
    "content-security-policy": POLICY,
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is sent.

    Attributes:
        etag: Quoted; changes with the bytes.
    """

    body: bytes
    media_type: str
    etag: str


def read_assets() -> dict[str, Asset]:
    """Return the files of the page by name."""
    return {
        file.name: Asset(body, MEDIA_TYPES[file.suffix], f'"{sha256(body).hexdigest()[:16]}"')
        for file in UI.iterdir()
        if file.suffix in MEDIA_TYPES
        for body in (file.read_bytes(),)
    }


def page_routes(prefix: str) -> list[Route]:
    """Return the routes of the page: ``{prefix}/``, its files below ``{prefix}/ui/``, and a redirect from ``{prefix}``."""
    assets = read_assets()

    def send(request: Request, asset: Asset) -> Response:
        headers = {**HEADERS, "etag": asset.etag}
        known = request.headers.get("if-none-match", "")
        if asset.etag in (tag.strip().removeprefix("W/") for tag in known.split(",")):
            return Response(status_code=304, headers=headers)
        return Response(asset.body, headers={**headers, "content-type": asset.media_type})

    async def page(request: Request) -> Response:
        return send(request, assets["index.html"])

    def route(name: str, asset: Asset) -> Route:
        async def file(request: Request) -> Response:
            return send(request, asset)

        return Route(f"{prefix}/ui/{name}", file)

    async def slash(_: Request) -> Response:
        # The files are named relative to the page, which needs the slash.
        return RedirectResponse(f"{prefix}/", 308, headers=HEADERS)

    return [
        Route(prefix, slash),
        Route(f"{prefix}/", page),
        *(route(name, asset) for name, asset in sorted(assets.items()) if name != "index.html"),
    ]
