"""What a request asks of the mock itself: scenario, session and Prism's preferences, apart from what it asks of the API.

Everything here is read from the request alone; whether a name means anything is decided later.
"""

import re
from collections.abc import Iterable
from typing import NamedTuple
from urllib.parse import parse_qsl, unquote_to_bytes

from mockserver.messages import HttpRequest
from mockserver.state.store import DEFAULT_SESSION

NAME_LIMIT = 200
"""Characters of a scenario or session name that are read; the rest is cut, so that no client fills the store."""


class Wish(NamedTuple):
    """What a request wants of the answer (Prism's ``Prefer`` and ``__code``, ``__example``, ``__dynamic``).

    Attributes:
        code: Status wanted.
        example: Name of the example wanted.
        dynamic: ``True`` wants a freshly generated body, ``False`` a static one, ``None`` says nothing.
        force: The wish goes before authentication and validation.
        selector: How it was said: ``Prefer``, ``__code`` and so on; empty where nothing is wished.
        ignored: Parts that have no meaning, such as ``code=abc``: a server ignores them (RFC 7240 §2), but says so.
    """

    code: int | None = None
    example: str | None = None
    dynamic: bool | None = None
    force: bool = False
    selector: str = ""
    ignored: str = ""


NO_WISH = Wish()


class Controls(NamedTuple):
    """What one request asks of the mock.

    Attributes:
        scenario: Its name as asked for, ``None`` where the request names none.
        chosen_by: ``header``, ``url``, ``query`` or ``cookie``; empty where the request names none.
    """

    scenario: str | None = None
    chosen_by: str = ""
    wish: Wish = NO_WISH


NO_CONTROLS = Controls()

_PREFIX = re.compile(rb"/~([^/@]*)(?:@([^/]*))?(?=/|$)")
_HEADERS = frozenset((b"x-mock-scenario", b"x-mock-session", b"cookie", b"prefer"))
# RFC 7240 §2: preference = token [ BWS "=" BWS word ] *( OWS ";" … ). werkzeug's parser reads it too, but its import
# costs more CPU than the whole start of the server has room for.
_PREFERENCE = re.compile(r"""\s*([\w.-]+)\s*(?:=\s*("(?:[^"\\]|\\.)*"|[^\s,;]*))?\s*""")


def read_prefix(path: bytes) -> tuple[bytes, str | None, str | None]:
    """Split ``/~scenario@session`` off a path.

    Returns:
        The path without it (``/`` where nothing is left), the scenario and the session; each ``None`` where not named.
    """
    found = _PREFIX.match(path)
    if not found:
        return path, None, None
    scenario, session = found.groups()
    return path[found.end() :] or b"/", _name(scenario), _name(session or b"")


def read_controls(request: HttpRequest) -> tuple[str, Controls]:
    """Return the session's name and the controls that headers, query and cookies carry, first hit wins.

    The base URL's prefix is not looked at: ``read_prefix`` does, because a described path that begins so wins.
    """
    found: dict[bytes, list[bytes]] = {}
    for name, value in request.headers:
        if name in _HEADERS:
            found.setdefault(name, []).append(value)
    asked_by_query = b"__" in request.query
    if not found and not asked_by_query:
        return DEFAULT_SESSION, NO_CONTROLS
    cookies = _read_cookies(found.get(b"cookie", ()))
    query = _read_query(request.query) if asked_by_query else {}
    session = _name(_first(found, b"x-mock-session")) or cookies.get("mock_session")
    return session or DEFAULT_SESSION, Controls(
        *_read_scenario(found, query, cookies), _read_wish(found.get(b"prefer", ()), query)
    )


def parse_prefer(values: Iterable[bytes]) -> dict[str, str]:
    """Return the preferences of every ``Prefer`` header by lower-case name; the first of a name wins (RFC 7240 §2)."""
    text = ",".join(value.decode("latin-1") for value in values)
    found: dict[str, str] = {}
    position = 0
    while position < len(text):
        if match := _PREFERENCE.match(text, position):
            value = match[2] or ""
            if value.startswith('"'):
                value = re.sub(r"\\(.)", r"\1", value[1:-1])
            found.setdefault(match[1].lower(), value)
            position = match.end()
        position += 1  # the separator, or a character that no preference begins with
    return found


def _name(value: bytes) -> str | None:
    """Decode a name as it may stand in a path, header or cookie; ``None`` where it is empty."""
    return unquote_to_bytes(value).decode("utf-8", "replace").strip()[:NAME_LIMIT] or None


def _first(found: dict[bytes, list[bytes]], name: bytes) -> bytes:
    return found[name][0] if name in found else b""


def _read_cookies(values: Iterable[bytes]) -> dict[str, str]:
    """Return the mock's own cookies."""
    cookies: dict[str, str] = {}
    for value in values:
        if b"mock_" not in value:
            continue
        for pair in value.split(b";"):
            key, _, text = pair.strip().partition(b"=")
            if key in (b"mock_scenario", b"mock_session") and (name := _name(text.strip(b'"'))):
                cookies.setdefault(key.decode(), name)
    return cookies


def _read_query(query: bytes) -> dict[str, str]:
    """Return the query parameters that begin with ``__``, the first of a name."""
    found: dict[str, str] = {}
    for key, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True):
        if key.startswith("__"):
            found.setdefault(key, value)
    return found


def _read_scenario(
    found: dict[bytes, list[bytes]], query: dict[str, str], cookies: dict[str, str]
) -> tuple[str | None, str]:
    """Return the scenario asked for, and by what."""
    if name := _name(_first(found, b"x-mock-scenario")):
        return name, "header"
    if name := query.get("__scenario"):
        return name[:NAME_LIMIT], "query"
    if name := cookies.get("mock_scenario"):
        return name, "cookie"
    return None, ""


def _read_wish(prefer: Iterable[bytes], query: dict[str, str]) -> Wish:
    """Merge ``Prefer`` and the query's forms; the header wins, as it does for the scenario."""
    preferences = parse_prefer(prefer)
    asked: dict[str, tuple[str, str]] = {}
    for name in ("code", "example", "dynamic", "force"):
        if name in preferences:
            asked[name] = (preferences[name], "Prefer")
        elif f"__{name}" in query:
            asked[name] = (query[f"__{name}"], f"__{name}")
    if not asked:
        return NO_WISH
    ignored = []
    code = None
    if "code" in asked:
        text = asked["code"][0]
        if re.fullmatch("[1-5][0-9][0-9]", text):
            code = int(text)
        else:
            ignored.append(f"code={text[:20]!a}")
    return Wish(
        code,
        asked["example"][0] if "example" in asked else None,
        _flag(asked["dynamic"][0]) if "dynamic" in asked else None,
        _flag(asked["force"][0]) if "force" in asked else False,
        " and ".join(dict.fromkeys(how for _, how in asked.values())),
        ", ".join(ignored),
    )


def _flag(text: str) -> bool:
    """Read a switch: its name alone is on, as are ``true``, ``1`` and ``yes``."""
    return text.lower() in ("", "true", "1", "yes")
