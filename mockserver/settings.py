"""Every setting: its flag, environment variable, TOML key, default and help, in one table; and how they are combined.

Knows nothing of the command line's parser: flags arrive as a mapping. Order, first hit wins: flag, environment,
``mockserver.toml`` (or ``[tool.mockserver]`` of ``pyproject.toml``), default.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, NamedTuple

from mockserver.errors import Finding, Place, SettingsError, did_you_mean

LogFormat = Literal["text", "json"]


@dataclass(frozen=True, slots=True)
class Settings:
    """What a command was told, by whatever way.

    Attributes:
        spec: The document; ``None`` means the one of the working directory.
        fixtures: Folder or file; ``None`` means ``fixtures/`` beside the document, where there is one.
        port: 0 picks a free one.
        seed: Any text; ``None`` draws one at start.
        max_body: Bytes of a request's body.
        root: Folder that no ``$ref`` may leave; ``None`` means the document's.
        limit: Budgets of the document other than the default ones, each once, by name.
        overlay: Overlays of the document, in the order in which they are applied.
        admin_token: What the control API asks for; ``None`` draws one where the server is bound beyond loopback.
        store: ``memory``, or the URL of a Redis.
        session_idle: Seconds after which a session that nobody uses is forgotten.
        control_prefix: Begins with ``/`` and does not end with it.
        journal: File that exchanges are appended to.
        min_coverage: Percent of answers and cases, 0 to 100.
    """

    spec: Path | None = None
    also: tuple[Path, ...] = ()
    fixtures: Path | None = None
    root: Path | None = None
    overlay: tuple[Path, ...] = ()
    allow_network: bool = False
    limit: tuple[tuple[str, int], ...] = ()
    host: str = "127.0.0.1"
    port: int = 4010
    dynamic: bool = False
    errors: bool = False
    scenario: str | None = None
    seed: str | None = None
    fill_properties: bool = True
    ignore_examples: bool = False
    formats: bool = True
    cors: bool = True
    cors_origin: tuple[str, ...] = ()
    allow_host: tuple[str, ...] = ()
    control_prefix: str = "/__mock"
    admin_token: str | None = None
    max_body: int = 10 * 2**20
    quiet_headers: bool = False
    strict: bool = False
    reload: bool = True
    fast_lane: bool = True
    store: str = "memory"
    workers: int = 1
    session_idle: int = 86_400
    journal: Path | None = None
    min_coverage: float | None = None
    log_format: LogFormat = "text"
    color: bool = True


Reader = Callable[[object], object]
"""Turns a text (flag, environment) or a TOML value into the setting's type; ``ValueError`` says what was expected."""


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    raise ValueError("a text that is not empty")


def _document(value: object) -> Path:
    text = _text(value)
    if re.match("https?://", text, re.IGNORECASE):
        raise ValueError(f"a file; download it first, as in: curl -fO {text}")
    return Path(text).expanduser()


def _path(value: object) -> Path:
    return Path(_text(value)).expanduser()


def _switch(value: object) -> bool:
    if isinstance(value, bool):
        return value
    words = {"1": True, "true": True, "yes": True, "on": True}
    words |= {"0": False, "false": False, "no": False, "off": False}
    if isinstance(value, str) and value.lower() in words:
        return words[value.lower()]
    raise ValueError("true or false")


def _port(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.fullmatch("[0-9]{1,5}", text) and int(text) <= 65535:
        return int(text)
    raise ValueError("a port, 0 to 65535")


def _percent(value: object) -> float:
    text = str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.fullmatch(r"[0-9]{1,3}(\.[0-9]{1,6})?", text) and float(text) <= 100:  # fmt: skip
        return float(text)
    raise ValueError("a percentage, 0 to 100")


_UNITS = {"": 1, "b": 1, "k": 2**10, "m": 2**20, "g": 2**30}


def _size(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    pattern = r"([0-9]{1,15})\s*(b|[kmg](?:i?b)?)?"
    if isinstance(text, str) and (match := re.fullmatch(pattern, text.strip().lower())):
        return int(match[1]) * _UNITS[(match[2] or "")[:1]]
    raise ValueError("a number of bytes, such as 65536, 512k or 10MiB")


_LIMITS = {"bytes": 2**40, "files": 10**6, "depth": 200, "values": 10**9}
"""Names and the most that each may be; what is deeper than 200 levels native code does not survive everywhere."""


def _limit(value: object) -> tuple[str, int]:
    name, _, text = value.partition("=") if isinstance(value, str) else ("", "", "")
    most = _LIMITS.get(name.strip())
    number = _size(text) if most and re.search("[0-9]", text) else 0
    if not most or not 1 <= number <= most:
        named = ", ".join(f"{name}=N" for name in _LIMITS)
        raise ValueError(f"one of {named}; depth is {_LIMITS['depth']} at most")
    return name.strip(), number


_SECONDS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}


def _seconds(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    pattern = r"([1-9][0-9]{0,8})\s*([smhd]?)"
    if isinstance(text, str) and (match := re.fullmatch(pattern, text.strip().lower())):
        return int(match[1]) * _SECONDS[match[2]]
    raise ValueError("a time above 0, such as 90, 30m, 24h or 7d")


def _store(value: object) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if text == "memory" or re.match(r"(rediss?|unix)://\S", text):
        return text
    raise ValueError("memory, or a URL such as redis://127.0.0.1:6379/0")


def _workers(value: object) -> int:
    text = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if isinstance(text, str) and re.fullmatch("[1-9][0-9]?", text):
        return int(text)
    raise ValueError("a number from 1 to 99")


def _log_format(value: object) -> LogFormat:
    if value == "text" or value == "json":
        return value
    raise ValueError("text or json")


def _prefix(value: object) -> str:
    if isinstance(value, str) and re.fullmatch(r"(/[\w.-]+)+", value, re.ASCII):
        return value
    raise ValueError("a path such as /__mock")


def _list(read: Reader) -> Reader:
    """Return a reader of several values: a list, or a text with commas."""

    def read_all(value: object) -> tuple[object, ...]:
        parts = value.split(",") if isinstance(value, str) else value
        if not isinstance(parts, list | tuple):
            raise ValueError("a list")
        return tuple(read_one(part) for part in parts)

    def read_one(part: object) -> object:
        try:
            return read(part)
        except ValueError as expected:
            raise _BadPart(part, expected) from expected

    return read_all


class _BadPart(ValueError):
    """One value of several has no meaning."""

    def __init__(self, part: object, expected: ValueError) -> None:
        self.part = part
        super().__init__(str(expected))


_paths = _list(_path)
_documents = _list(_document)


def _origin(value: object) -> str:
    # RFC 6454 §6.2: scheme, host and port as a browser sends them; apps in a web view have schemes of their own.
    text = value.strip().lower() if isinstance(value, str) else ""
    if re.fullmatch(r"[a-z][a-z0-9+.-]*://(\[[0-9a-f:]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?", text):
        return text
    raise ValueError("an origin such as https://app.example:8443, without a path")


def _host_name(value: object) -> str:
    text = value.strip().lower() if isinstance(value, str) else ""
    if re.fullmatch(r"\[[0-9a-f:]+\]|[a-z0-9._-]+", text):
        return text
    raise ValueError("a host name without a port")


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the table.

    Attributes:
        name: Field of ``Settings``.
        read: Makes the value.
        help: One sentence for ``--help``.
        short: Its one-letter flag.
        prism: What Prism calls it, without dashes, where that is another name.
        metavar: What stands for the value in ``--help``; empty for a switch.
        environment: Further variables, asked after the option's own.
        several: May be given more than once.
    """

    name: str
    read: Reader
    help: str
    short: str = ""
    metavar: str = ""
    environment: tuple[str, ...] = ()
    several: bool = False
    prism: str = ""

    @property
    def key(self) -> str:
        """Return the TOML key, which is also the long flag without its dashes."""
        return self.name.replace("_", "-")

    @property
    def variables(self) -> tuple[str, ...]:
        """Return the environment variables, first hit wins."""
        return (f"MOCKSERVER_{self.name.upper()}", *self.environment)

    @property
    def switch(self) -> bool:
        """Return whether the flag takes no value and has a ``--no-`` twin."""
        return self.read is _switch


OPTIONS: tuple[Option, ...] = (
    Option("spec", _document, "OpenAPI document.", metavar="SPEC"),
    Option("also", _documents, "Another document on the same port.", metavar="SPEC", several=True),
    Option("fixtures", _path, "Tokens, cases and scenarios.", metavar="PATH"),
    Option("root", _path, "Folder that no $ref may leave.", metavar="DIR"),
    Option("overlay", _paths, "Overlay applied to the document.", metavar="FILE", several=True),
    Option("allow_network", _switch, "Fetch what a $ref names by http or https."),
    Option(
        "limit",
        _list(_limit),
        "Budget of the document: bytes, files, depth or values.",
        metavar="NAME=N",
        several=True,
    ),
    Option("host", _text, "Address to listen on.", "-h", "HOST"),
    Option("port", _port, "Port to listen on; 0 picks a free one.", "-p", "PORT", ("PORT",)),
    Option("dynamic", _switch, "Generate a fresh body for each answer.", "-d"),
    Option("errors", _switch, "Turn answers that break the document into problems."),
    Option("scenario", _text, "Scenario of requests that name none.", metavar="NAME"),
    Option("seed", _text, "Makes generated values repeatable.", metavar="N"),
    Option(
        "fill_properties",
        _switch,
        "Generate optional properties too.",
        prism="json-schema-faker-fillProperties",
    ),
    Option(
        "ignore_examples",
        _switch,
        "Generate bodies even where there are examples.",
        prism="ignoreExamples",
    ),
    Option("formats", _switch, "Refuse requests whose values break their format."),
    Option("cors", _switch, "Answer browsers of other origins."),
    Option(
        "cors_origin",
        _list(_origin),
        "Origin that may send credentials, beside loopback ones.",
        metavar="ORIGIN",
        several=True,
    ),
    Option(
        "allow_host",
        _list(_host_name),
        "Host name that may reach the control API, beside loopback ones.",
        metavar="NAME",
        several=True,
    ),
    Option("control_prefix", _prefix, "Path of the control API.", metavar="PATH"),
    Option(
        "admin_token",
        _text,
        "Token of the control API; off loopback one is drawn and printed.",
        metavar="TEXT",
    ),
    Option("max_body", _size, "Largest request body.", metavar="SIZE"),
    Option("quiet_headers", _switch, "Leave X-Mock-* out of answers."),
    Option("strict", _switch, "Refuse to start where lint finds something."),
    Option("reload", _switch, "Load again when a file changes."),
    Option("fast_lane", _switch, "Answer without ASGI where nothing waits; only faster."),
    Option(
        "store", _store, "Where sessions and journal are: memory, or redis://…", metavar="STORE"
    ),
    Option("workers", _workers, "Processes that answer; above 1 they need a --store.", metavar="N"),
    Option(
        "session_idle",
        _seconds,
        "Time after which an unused session is forgotten.",
        metavar="TIME",
    ),
    Option(
        "journal", _path, "Append each exchange to a file, a line of JSON each.", metavar="FILE"
    ),
    Option(
        "min_coverage",
        _percent,
        "End with 1 where less percent of answers and cases were served.",
        metavar="N",
    ),
    Option("log_format", _log_format, "text or json.", metavar="FORMAT"),
    Option("color", _switch, "Colour the terminal."),
)

BY_KEY: Mapping[str, Option] = {option.key: option for option in OPTIONS}
FILE_NAMES = ("mockserver.toml", "pyproject.toml")


class Resolved(NamedTuple):
    """Settings and where each comes from.

    Attributes:
        origins: By field: a flag, a variable, ``mockserver.toml:3`` or ``default``.
        warnings: Variables that look like settings and are none.
    """

    settings: Settings
    origins: Mapping[str, str]
    warnings: tuple[Finding, ...] = ()


class _Given(NamedTuple):
    """One value as somebody gave it."""

    value: object
    origin: str
    place: Place | None = None


def load_settings(
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    directory: Path,
    *,
    config: Path | None = None,
) -> Resolved:
    """Combine flags, environment, settings file and defaults.

    Args:
        flags: By field of ``Settings``; only those that were given.
        environ: The process's environment.
        directory: Where the search for a settings file begins; it goes up to the repository's root.
        config: Read this file instead of searching.

    Raises:
        SettingsError: A value has no meaning, a key is unknown, or the file cannot be read; all of them at once.
    """
    findings: list[Finding] = []
    path = config or find_settings_file(directory)
    from_file = dict(_read_file(path, findings)) if path else {}
    values: dict[str, object] = {}
    origins: dict[str, str] = {}
    for option in OPTIONS:
        given = _given(option, flags, environ, from_file)
        if given is None:
            origins[option.name] = "default"
            continue
        origins[option.name] = given.origin
        try:
            values[option.name] = option.read(given.value)
        except ValueError as expected:
            name = option.key if given.place else given.origin
            value = expected.part if isinstance(expected, _BadPart) else given.value
            message = f"{name} is {value!r}, which is not {expected}"
            findings.append(Finding("bad-setting", message, given.place))
    if findings:
        raise SettingsError(findings)
    warnings = tuple(_unknown_variables(environ))
    return Resolved(Settings(**values), origins, warnings)  # type: ignore[arg-type]  # the table's readers give each its type


_NOT_SETTINGS = re.compile(
    "MOCKSERVER_(?:SPECS$|CHECK_CREDENTIAL_"  # tests and ``check``
    "|SERVICE_|PORT_)"  # what Kubernetes sets for a service of the name mockserver
)


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[Finding]:
    """Yield a warning for each variable that begins as ours do and is none: a typo would have no effect and no trace."""
    known = [variable for option in OPTIONS for variable in option.variables]
    for name in sorted(environ):
        if name.startswith("MOCKSERVER_") and name not in known and not _NOT_SETTINGS.match(name):
            hint = did_you_mean(name, known)
            message = f"{name} is set in the environment, and no setting has that name"
            yield Finding("unknown-variable", message, hint=hint, severity="warning")


def _given(
    option: Option,
    flags: Mapping[str, object],
    environ: Mapping[str, str],
    from_file: Mapping[str, _Given],
) -> _Given | None:
    """Return the value that counts for one option, ``None`` where only the default is left."""
    if option.name in flags:
        return _Given(flags[option.name], _flag(option, flags[option.name]))
    for variable in option.variables:
        if environ.get(variable) and not _is_service(variable, environ[variable]):
            return _Given(environ[variable], variable)
    if option.name == "color" and environ.get("NO_COLOR"):
        return _Given("off", "NO_COLOR")  # https://no-color.org: any value that is not empty
    return from_file.get(option.key)


def _is_service(variable: str, value: str) -> bool:
    """Tell whether Kubernetes says so where a service of the name mockserver is, which is nothing about this server."""
    return variable == "MOCKSERVER_PORT" and value.startswith("tcp://")


def _flag(option: Option, value: object) -> str:
    """Return how the command line was told."""
    if option.name == "spec":
        return "SPEC"
    return f"--no-{option.key}" if option.switch and value is False else f"--{option.key}"


def find_settings_file(directory: Path) -> Path | None:
    """Return the nearest settings file: in the directory itself, then upward to the root of its repository.

    Outside a repository nothing above the directory is looked at: it may be another user's.
    """
    searched = [directory]
    if not (directory / ".git").exists():
        for parent in directory.parents:
            searched.append(parent)
            if (parent / ".git").exists():
                break
        else:
            searched = [directory]
    for folder in searched:
        for name in FILE_NAMES:
            if (folder / name).is_file() and (
                name != "pyproject.toml" or _has_table(folder / name)
            ):
                return folder / name
    return None


def _has_table(pyproject: Path) -> bool:
    """Return whether a ``pyproject.toml`` speaks of us at all; reading it is left until it does."""
    return b"tool.mockserver" in pyproject.read_bytes()


def _read_file(path: Path, findings: list[Finding]) -> Iterator[tuple[str, _Given]]:
    """Yield the known keys of a settings file; what is wrong with it goes to ``findings``."""
    import tomllib  # most runs have no settings file

    shown = _shown(path)
    try:
        text = path.read_text("utf-8")
        table: object = tomllib.loads(text)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        findings.append(Finding("bad-settings-file", f"cannot be read: {reason}", Place(shown)))
        return
    if path.name == "pyproject.toml":
        tool = table.get("tool") if isinstance(table, dict) else None
        table = tool.get("mockserver") if isinstance(tool, dict) else None
    for key, value in table.items() if isinstance(table, dict) else ():
        place = Place(shown, _line_of(key, text))
        if key not in BY_KEY:
            hint = did_you_mean(key, BY_KEY)
            findings.append(Finding("unknown-setting", f"unknown setting {key!r}", place, hint))
            continue
        option = BY_KEY[key]
        # Paths are relative to the file that says so.
        if option.read in (_path, _document) and isinstance(value, str):
            value = _beside(path, value)
        elif option.read in (_paths, _documents) and isinstance(value, list):
            value = [_beside(path, str(each)) for each in value]
        yield key, _Given(value, str(place), place)


def _beside(file: Path, value: str) -> str:
    """Return a path of a settings file as seen from the working directory; a URL, which is none, as it is."""
    return value if "://" in value else str(file.parent / Path(value).expanduser())


def _line_of(key: str, text: str) -> int:
    """Return the line of a key in a TOML text, 0 where it is spelled in a way that a person would not."""
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(rf"""\s*["']?{re.escape(key)}["']?\s*=""", line):
            return number
    return 0


def _shown(path: Path) -> str:
    """Return a path as people read it: relative where it lies below the working directory."""
    working = Path.cwd()
    return str(path.relative_to(working) if path.is_relative_to(working) else path)


def _as_text(value: object) -> str:
    """Return one of several values as it is given."""
    return "=".join(map(str, value)) if isinstance(value, tuple) else str(value)


def describe(resolved: Resolved) -> Sequence[tuple[str, str, str]]:
    """Return every setting as (key, value, origin), in the table's order, for people."""
    rows = []
    for option in OPTIONS:
        value = getattr(resolved.settings, option.name)
        match value:
            case None | ():
                text = "-"
            case bool():
                text = str(value).lower()
            case tuple():
                text = ", ".join(_as_text(one) for one in value)
            case _:
                text = str(value)
        rows.append((option.key, text, resolved.origins[option.name]))
    return rows
