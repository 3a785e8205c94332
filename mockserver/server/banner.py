"""What a start says: where the server is, what it knows, and three lines to copy."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from mockserver import __version__
from mockserver.errors import escape
from mockserver.fixtures.contract import Contract
from mockserver.fixtures.model import Token
from mockserver.generation.requests import build_request
from mockserver.generation.snippets import curl
from mockserver.generation.values import Unsatisfiable
from mockserver.messages import HeaderPair
from mockserver.settings import Settings
from mockserver.spec.model import Operation
from mockserver.validation.errors import EncodeError

WARNINGS_SHOWN = 10
NAMES_SHOWN = 30
_TOKENS_SHOWN = 12
_OUTCOMES = {
    "accept": "accepted",
    "invalid": "401, invalid",
    "expired": "401, expired",
    "missing": "401, no credential",
    "forbidden": "403",
}
_TITLE, _DIM, _LINK, _WARN, _OFF = "\x1b[1m", "\x1b[2m", "\x1b[36m", "\x1b[33m", "\x1b[0m"


class Occasion(NamedTuple):
    """What a start can speak of.

    Attributes:
        url: Without trailing slash.
        seed: Given or drawn.
        admin_token: Of the control API; ``None`` where it asks for none.
    """

    contract: Contract
    settings: Settings
    seed: str
    url: str
    admin_token: str | None = None


def banner_text(occasion: Occasion, *, color: bool) -> str:
    """Return the banner for people, ending with an empty line."""
    lines: list[str] = []
    for title, body in _sections(occasion):
        if title:
            lines.append(f"{_TITLE}{title}{_OFF}" if color else title)
        lines += [_painted(line, title, occasion.url) if color else line for line in body]
        lines.append("")
    return "\n".join([*lines, ""])


def _painted(line: str, title: str, url: str) -> str:
    if title.endswith(("warning", "warnings")):
        return f"{_WARN}{line}{_OFF}"
    if line.strip() == url:
        return f"{_LINK}{line}{_OFF}"
    return line if title else f"{_DIM}{line}{_OFF}"


def _sections(occasion: Occasion) -> Iterator[tuple[str, Sequence[str]]]:
    """Yield (title, lines) from top to bottom; an empty title has none."""
    contract, settings, seed, url, token = occasion
    api, fixtures = contract.api, contract.fixtures
    name = escape(f"{api.title} {api.version}".strip())
    count = len(api.operations)
    described = f"  {name}: {count} operation{'s' * (count != 1)} ({_document(contract)}, {api.specification} {api.openapi})"
    yield f"mockserver {__version__}", [described, f"  {url}"]
    if fixtures.tokens:
        tokens = list(fixtures.tokens.values())
        more = len(tokens) - NAMES_SHOWN
        rest = [f"  … and {more} more"] if more > 0 else []
        yield "Tokens", [*_tokens(tokens[:NAMES_SHOWN]), *rest]
    elif api.security_schemes:
        yield (
            "Tokens",
            [
                "  none in the fixtures: every well-formed credential is accepted; see mockserver init"
            ],
        )
    if fixtures.scenarios:
        names = list(fixtures.scenarios)
        more = len(names) - NAMES_SHOWN
        names[NAMES_SHOWN:] = [f"… and {more} more: mockserver scenarios"] if more > 0 else []
        yield "Scenarios", ["  " + ", ".join(names)]
    if commands := try_lines(occasion):
        yield "Try", [f"  {escape(command)}" for command in commands]
    if warnings := contract.findings:
        shown = [f"  {finding}" for finding in warnings[:WARNINGS_SHOWN]]
        if more := len(warnings) - len(shown):
            shown.append(f"  … and {more} more: mockserver lint")
        yield f"{len(warnings)} warning{'s' * (len(warnings) != 1)}", shown
    page = f"  {url}{settings.control_prefix}/"
    yield "Control", [page, *([f"  token {escape(token)}"] if token else [])]
    watching = "Files are watched. " if settings.reload else ""
    yield "", [f"Seed {escape(seed)}. {watching}Ctrl-C stops."]


def _document(contract: Contract) -> str:
    """Return the document's path as people would open it."""
    path, working = Path(contract.api.document.root.file), Path.cwd()
    return str(path.relative_to(working) if path.is_relative_to(working) else path)


def _tokens(tokens: Sequence[Token]) -> Iterator[str]:
    """Yield a row for each token: a fixture's literal value may be shown, a ``live`` one is never looked at."""
    shown = tokens[:_TOKENS_SHOWN]
    names = max(len(token.name) for token in shown)
    values = max(len(token.value or "-") for token in shown)
    for token in shown:
        yield f"  {token.name:<{names}}  {escape(token.value or '-'):<{values}}  {_OUTCOMES[token.outcome]}"
    if more := len(tokens) - len(shown):
        yield f"  … and {more} more"


def banner_event(occasion: Occasion) -> dict[str, object]:
    """Return the same as one event for ``--log-format json``."""
    contract, _, seed, url, _ = occasion
    return {
        "event": "start",
        "url": url,
        "document": _document(contract),
        "title": contract.api.title,
        "version": contract.api.version,
        "operations": len(contract.api.operations),
        "tokens": list(contract.fixtures.tokens),
        "scenarios": list(contract.fixtures.scenarios),
        "seed": seed,
        "warnings": [str(finding) for finding in contract.findings],
    }


def try_lines(occasion: Occasion) -> list[str]:
    """Return up to three commands for one operation: the good case, no credential, another answer."""
    api, tokens = occasion.contract.api, occasion.contract.fixtures.tokens.values()
    if not api.operations:
        return []
    operation = min(api.operations, key=_effort)
    accepted = {
        token.scheme: token.value
        for token in reversed(list(tokens))
        if token.outcome == "accept" and token.value is not None
    }
    try:
        good = build_request(api, operation, chance=None, tokens=accepted)
        bare = build_request(api, operation, chance=None)
    except (Unsatisfiable, EncodeError):
        return []
    requests = [good] if good == bare else [good, bare]
    if control := _other_answer(occasion.contract, operation):
        requests.append(good._replace(headers=(*good.headers, control)))
    return [curl(request, occasion.url).replace(_CONTINUED, " ") for request in requests]


def _effort(operation: Operation) -> tuple[bool, bool, int]:
    """Order operations by what they are good for as an example: with a credential, else easy to type."""
    required = sum(parameter.required for parameter in operation.parameters)
    return not operation.security, operation.request_body is not None, required


_CONTINUED = " \\\n  "


def _other_answer(contract: Contract, operation: Operation) -> HeaderPair | None:
    """Return the header that asks for another answer: a scenario where one is about the operation, else a status."""
    for scenario in contract.fixtures.scenarios.values():
        if operation.name in scenario.use:
            return b"x-mock-scenario", scenario.name.encode()
    for key in operation.responses:
        if key.isdigit() and key >= "400":
            return b"prefer", f"code={key}".encode()
    return None
