"""Who may ask the control API: nobody whom a browser brings from elsewhere, nobody from another network without a token.

A page of another site can make a browser send requests to this machine (CSRF), and can point a name of its own at it
(DNS rebinding). Each defence is a function of its own; ``DEFENCES`` is all of them, in the order asked.
"""

import hmac
import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from mockserver.messages import HeaderPair, HttpResponse, problem
from mockserver.server.wire import AsgiApp, Receive, Scope, Send, send_response

LOOPBACK_HOSTS = ("localhost", "127.0.0.1", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?::[0-9]{1,5})?")
SAFE = frozenset(("GET", "HEAD"))
PRIVATE: tuple[HeaderPair, ...] = (
    (b"cache-control", b"no-store"),
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
)
"""On every answer, refusals too: nobody keeps it, guesses its type, embeds it or frames it."""


class Gate(NamedTuple):
    """Whom a control API answers.

    Attributes:
        prefix: Of its paths.
        hosts: Names as they stand in ``Host``, in lower case, without port.
        token: To be sent as bearer; ``None`` where none is needed.
        open_paths: Paths that anybody may ask, whatever else is said.
        shell: Paths without data, as ``str.startswith`` takes them: the files of the page, which asks for the token.
        takes_json: Tells of a method and a path whether something is written there by a JSON body.
    """

    prefix: str
    hosts: frozenset[str]
    token: str | None = None
    open_paths: frozenset[str] = frozenset()
    shell: tuple[str, ...] = ()
    takes_json: Callable[[str, str], bool] = lambda method, path: method not in SAFE


Headers = dict[bytes, list[bytes]]
Defence = Callable[[Gate, Scope, Headers], HttpResponse | None]


def known_host(gate: Gate, scope: Scope, headers: Headers) -> HttpResponse | None:
    """Refuse a ``Host`` that is not on the list, missing or repeated (DNS rebinding)."""
    hosts = headers.get(b"host", [])
    if len(hosts) == 1 and _name(hosts[0]) in gate.hosts:
        return None
    detail = "the control API answers to loopback names; --allow-host adds one"
    return problem(403, "foreign-host", "Host not allowed", detail)


def own_origin(gate: Gate, scope: Scope, headers: Headers) -> HttpResponse | None:
    """Refuse a page of another origin, ``null`` included (Fetch §3.2)."""
    for origin in headers.get(b"origin", []):
        if not _is_own(origin, headers.get(b"host", [b""])[0]):
            return _foreign(f"the origin {origin.decode('latin-1')[:80]!r} is not this server's")
    return None


def own_site(gate: Gate, scope: Scope, headers: Headers) -> HttpResponse | None:
    """Refuse what a browser says to come from another site (Fetch Metadata §2.1); opening the page by a link is fine."""
    for site in headers.get(b"sec-fetch-site", []):
        if site in (b"same-origin", b"none"):
            continue
        opened = scope["method"] in SAFE and _is_page(gate, scope["path"])
        if opened and headers.get(b"sec-fetch-mode") == [b"navigate"] and headers.get(b"sec-fetch-dest") == [b"document"]:  # fmt: skip
            continue
        return _foreign(f"Sec-Fetch-Site is {site.decode('latin-1')[:20]!r}")
    return None


def no_page_as_script(gate: Gate, scope: Scope, headers: Headers) -> HttpResponse | None:
    """Refuse data that is asked for as a script, an image, a frame or a style (XSSI)."""
    destinations = headers.get(b"sec-fetch-dest", [])
    if any(one not in (b"empty", b"document", b"script", b"style", b"image", b"manifest") for one in destinations):  # fmt: skip
        return _foreign("it is not to be embedded")
    is_asset = scope["path"].startswith(f"{gate.prefix}/ui/")
    if not is_asset and any(one in (b"script", b"style", b"image", b"manifest") for one in destinations):  # fmt: skip
        return _foreign("it is data, no part of a page")
    return None


def json_writes(gate: Gate, scope: Scope, headers: Headers) -> HttpResponse | None:
    """Refuse writes whose body is not declared as JSON: forms and plain text need no leave of a browser to be sent."""
    if not gate.takes_json(scope["method"], scope["path"]):
        return (
            None  # DELETE has no body: a browser asks for leave before it sends one, and gets none
        )
    types = headers.get(b"content-type", [])
    if len(types) == 1 and types[0].split(b";")[0].strip().lower() == b"application/json":
        return None
    detail = "writes need Content-Type: application/json"
    return problem(415, "json-only", "Only JSON is taken", detail)


def with_token(gate: Gate, scope: Scope, headers: Headers) -> HttpResponse | None:
    """Refuse a request without the token, where the server is to be reached from other machines."""
    path = scope["path"]
    if gate.token is None or path.startswith(gate.shell) or _is_page(gate, path):
        return None
    sent = headers.get(b"authorization", [])
    scheme, _, value = sent[0].partition(b" ") if len(sent) == 1 else (b"", b"", b"")
    if scheme.lower() == b"bearer" and hmac.compare_digest(value.strip(), gate.token.encode()):
        return None
    detail = "the server asks for its token: send it as Authorization: Bearer …; it was printed at the start, or --admin-token sets it"
    challenge = ((b"www-authenticate", b'Bearer realm="control"'),)
    return problem(401, "token-needed", "A token is needed", detail, headers=challenge)


DEFENCES: tuple[Defence, ...] = (
    known_host,
    own_origin,
    own_site,
    no_page_as_script,
    json_writes,
    with_token,
)


class Guard:
    """Refuses requests before anything else of the control API sees them.

    Args:
        app: What is guarded.
        gate: Whom it answers.
        defences: Asked one after another.
    """

    def __init__(self, app: AsgiApp, gate: Gate, defences: Iterable[Defence] = DEFENCES) -> None:
        self._app = app
        self._gate = gate
        self._defences = tuple(defences)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass on what is allowed."""
        if scope["path"] not in self._gate.open_paths:
            headers: Headers = {}
            for name, value in scope["headers"]:
                headers.setdefault(name, []).append(value)
            for defence in self._defences:
                if refused := defence(self._gate, scope, headers):
                    head = scope["method"] == "HEAD"
                    await send_response(send, refused, head=head, extra=PRIVATE)
                    return
        await self._app(scope, receive, send)


def _name(host: bytes) -> str:
    """Return the name in a ``Host``, empty where it has not the form of one (RFC 9110 §7.2)."""
    found = _HOST.fullmatch(host.decode("latin-1").lower())
    return found[1] if found else ""


def _is_page(gate: Gate, path: str) -> bool:
    """Tell whether a path is the page itself, which is the same for everybody."""
    return path in (gate.prefix, f"{gate.prefix}/")


def _is_own(origin: bytes, host: bytes) -> bool:
    """Tell whether an origin is of the very host that is asked (RFC 6454 §6.2: scheme, host, port, and nothing else)."""
    scheme, separator, name = origin.lower().partition(b"://")
    return scheme in (b"http", b"https") and bool(separator) and name == host.lower()


def _foreign(detail: str) -> HttpResponse:
    return problem(403, "foreign-page", "Not for pages of other sites", detail)
