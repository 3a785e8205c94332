"""A request as people paste it: curl, fetch, Swift and HTTPie, in the style of API reference pages."""

import json
import shlex
from collections.abc import Callable, Iterator

from mockserver.messages import HttpRequest


def curl(request: HttpRequest, base_url: str, quote: Callable[[str], str] | None = None) -> str:
    """Return a curl command that a POSIX shell takes as it is; ``quote`` writes its words in another way."""
    quote = quote or quoted
    parts = [f"curl -X {request.method} {quote(_url(request, base_url))}"]
    parts += [f"-H {quote(f'{name}: {value}')}" for name, value in _headers(request)]
    if request.body:
        parts.append(f"--data-raw {quote(_text(request))}")
    return " \\\n  ".join(parts)


def httpie(request: HttpRequest, base_url: str) -> str:
    """Return an HTTPie command."""
    parts = [f"http {request.method} {quoted(_url(request, base_url))}"]
    parts += [quoted(f"{name}:{value}") for name, value in _headers(request)]
    if request.body:
        parts.append(f"--raw {quoted(_text(request))}")
    return " \\\n  ".join(parts)


def fetch(request: HttpRequest, base_url: str) -> str:
    """Return JavaScript for ``fetch``."""
    lines = [f"const response = await fetch({json.dumps(_url(request, base_url))}, {{"]
    lines.append(f'  method: "{request.method}",')
    if headers := list(_headers(request)):
        lines.append("  headers: {")
        lines += [f"    {json.dumps(name)}: {json.dumps(value)}," for name, value in headers]
        lines.append("  },")
    if request.body:
        lines.append(f"  body: {json.dumps(_text(request))},")
    lines += ["});", "", "const data = await response.json();", "console.log(data);"]
    return "\n".join(lines)


def swift(request: HttpRequest, base_url: str) -> str:
    """Return Swift for ``URLSession``."""
    lines = [
        f"var request = URLRequest(url: URL(string: {json.dumps(_url(request, base_url))})!)",
        f'request.httpMethod = "{request.method}"',
    ]
    lines += [
        f"request.setValue({json.dumps(value)}, forHTTPHeaderField: {json.dumps(name)})"
        for name, value in _headers(request)
    ]
    if request.body:
        lines.append(f"request.httpBody = Data({json.dumps(_text(request))}.utf8)")
    lines += [
        "",
        "let (data, _) = try await URLSession.shared.data(for: request)",
        "let json = try JSONSerialization.jsonObject(with: data)",
        "print(json)",
    ]
    return "\n".join(lines)


def _url(request: HttpRequest, base_url: str) -> str:
    query = f"?{request.query.decode('latin-1')}" if request.query else ""
    return f"{base_url.rstrip('/')}{request.path.decode('latin-1')}{query}"


def _headers(request: HttpRequest) -> Iterator[tuple[str, str]]:
    for name, value in request.headers:
        yield (
            "-".join(part.capitalize() for part in name.decode("latin-1").split("-")),
            value.decode("latin-1"),
        )


def _text(request: HttpRequest) -> str:
    return request.body.decode("utf-8", "replace")


def quoted(text: str) -> str:
    """Quote for a POSIX shell: double quotes where they are safe, as reference pages write them."""
    return f'"{text}"' if not set(text) & set('"$`\\!\n') else shlex.quote(text)
