"""Where a document's servers stand: their URLs, and the paths under which they mount its operations."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product
from posixpath import normpath

_VARIABLE = re.compile(r"\{([^{}]*)\}")
# What precedes the path of a URL: scheme and authority (RFC 3986 §3).
_ORIGIN = re.compile(r"(?:[^/?#]*:)?//[^/?#]*")
_MOST_URLS = 64
"""Spellings of one server: variables with many values multiply."""


def servers(holder: Mapping[str, object]) -> list[object]:
    """Return the ``servers`` list of a document, path item or operation; an empty one without."""
    found = holder.get("servers")
    return found if isinstance(found, list) else []


def base_paths(servers: object) -> tuple[str, ...]:
    """Return the base paths of a ``servers`` list without trailing slash, each once; the bare path is always last.

    A variable with an ``enum`` stands for each of its values; one without for its default, and in a path for any
    segment. A relative URL is relative to where the document is served, which is taken for the top.
    """
    found = {
        _path(spelled): None
        for url, variables in _servers(servers)
        for spelled in islice(_spellings(url, variables), _MOST_URLS)
    }
    found.pop("", None)
    return (*found, "")


def server_urls(servers: object) -> tuple[str, ...]:
    """Return the URLs of a ``servers`` list, variables replaced by their defaults where they have one."""
    return tuple(next(_spellings(url, variables)) for url, variables in _servers(servers))


def _servers(servers: object) -> Iterator[tuple[str, Mapping[str, object]]]:
    """Yield URL and variables of each server that can be read."""
    for server in servers if isinstance(servers, list) else ():
        if isinstance(server, dict) and isinstance(url := server.get("url"), str):
            variables = server.get("variables")
            yield url, variables if isinstance(variables, dict) else {}


def _spellings(url: str, variables: Mapping[str, object]) -> Iterator[str]:
    """Yield a URL with each choice of its variables; one that may be anything also stays as it is."""
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    for values in product(*(_values(variables, name) for name in names)):
        chosen = dict(zip(names, values, strict=True))
        spelled = url
        for name, value in chosen.items():
            spelled = spelled.replace(f"{{{name}}}", value)
        yield spelled


def _values(variables: Mapping[str, object], name: str) -> list[str]:
    """Return what a variable may stand for, its default first; at least one."""
    variable = variables.get(name)
    variable = variable if isinstance(variable, dict) else {}
    default = [str(variable["default"])] if "default" in variable else []
    choices = variable.get("enum")
    if isinstance(choices, list) and choices:
        return list(dict.fromkeys([*default, *map(str, choices)]))
    return [*default, f"{{{name}}}"]


def _path(url: str) -> str:
    """Return the path of a server's URL; the empty one where it begins with a variable, which may hold a whole URL."""
    if url.startswith("{") and "//" not in url:
        return ""
    path = re.sub(r"[?#].*", "", _ORIGIN.sub("", url, count=1), flags=re.DOTALL)
    return normpath(f"/{path.lstrip('/')}").rstrip("/")
