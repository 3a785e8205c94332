"""The paths under which a document's servers mount its operations."""

import re
from collections.abc import Iterator
from itertools import islice, product
from urllib.parse import urlsplit

_VARIABLE = re.compile(r"\{([^{}]*)\}")
_MOST_PATHS = 64
"""Base paths of one server: variables with many values multiply."""


def base_paths(servers: object) -> tuple[str, ...]:
    """Return the base paths of a ``servers`` list without trailing slash, each once; the bare path is always last.

    A variable with an ``enum`` stands for each of its values, one without for its default and for any segment.
    """
    found: dict[str, None] = {}
    for server in servers if isinstance(servers, list) else []:
        if isinstance(server, dict) and isinstance(url := server.get("url"), str):
            variables = server.get("variables")
            for filled in islice(
                _filled(url, variables if isinstance(variables, dict) else {}), _MOST_PATHS
            ):
                path = _path(filled)
                if path:
                    found[path] = None
    found[""] = None
    return tuple(found)


def _filled(url: str, variables: dict[str, object]) -> Iterator[str]:
    """Yield a server's URL with its variables replaced; one without a value stays for the router to match."""
    names = list(dict.fromkeys(_VARIABLE.findall(url)))
    for values in product(*(_values(name, variables.get(name)) for name in names)):
        chosen = dict(zip(names, values, strict=True))
        yield _VARIABLE.sub(lambda match, chosen=chosen: chosen[match[1]], url)  # type: ignore[misc]


def _values(name: str, variable: object) -> list[str]:
    node = variable if isinstance(variable, dict) else {}
    choices = node.get("enum")
    if isinstance(choices, list) and choices:
        return [str(choice) for choice in choices]
    default = node.get("default")
    placeholder = "{" + name + "}"
    return [str(default), placeholder] if isinstance(default, str) else [placeholder]


def _path(url: str) -> str:
    """Return the path of a server's URL, which may be relative to the document's own address."""
    try:
        path = urlsplit(re.sub(r"\{[^{}]*\}(?=[^/]*//)", "x", url)).path
    except ValueError:  # a bracket or port that makes no sense
        path = re.sub(r"^[^/]*//[^/]*", "", url)
    path = path.rstrip("/")
    if not path or set(path) <= {"."}:
        return ""
    return path if path.startswith("/") else "/" + path.removeprefix("./")
