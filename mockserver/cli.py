"""The command line: what each command takes, which exit status it ends with, and nothing of how it works.

What a command needs is imported when it runs: ``--help`` and ``health`` stay quick.
"""

import gc
import json
import os
import sys
import traceback
from collections.abc import Callable, Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

import click

from mockserver import __version__
from mockserver.errors import Finding, FixtureError, MockServerError
from mockserver.settings import OPTIONS, Option, Resolved, Settings, describe, load_settings

FINE, FINDINGS, NOT_RUN, INTERRUPTED = 0, 1, 2, 130
"""Exit statuses; ``serve`` ends with ``FINE`` on SIGINT and SIGTERM."""

SOURCES = ("spec", "also", "fixtures", "root", "overlay", "allow_network", "limit")


class Commands(click.Group):
    """``mockserver SPEC`` and ``mockserver -p 80`` mean ``serve``; a mistyped command gets the nearest one."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put ``serve`` in front of arguments that can only be its own."""
        if (
            args
            and args[0] not in (*self.commands, "--help", "--version")
            and _means_serve(args[0])
        ):
            args = ["serve", *args]
        return super().parse_args(ctx, args)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which one was meant."""
        if args[0] not in self.commands:
            close = get_close_matches(args[0], self.commands, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"there is no file of that name either; commands: {', '.join(self.commands)}"  # fmt: skip
            ctx.fail(f"no command {args[0]!r}; {hint}")
        return super().resolve_command(ctx, args)


def _means_serve(argument: str) -> bool:
    """Return whether a first argument is a flag of ``serve`` or a document rather than a command."""
    if argument.startswith("-"):
        return True
    if argument.startswith(("http://", "https://")):
        return True  # which says what to do with a URL
    return Path(argument).suffix in (".yaml", ".yml", ".json") or Path(argument).is_file()


class SettingsCommand(click.Command):
    """A command whose switches also take Prism's ``--dynamic=true`` and ``--cors=false``."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Rewrite such switches to the two forms that click has."""
        return super().parse_args(ctx, [_as_switch(argument) for argument in args])


_POSITIVE = click.FloatRange(min=0, min_open=True)

_SWITCHES = {
    name: f"--{option.key}"
    for option in OPTIONS
    if option.switch
    for name in (f"--{option.key}", f"--{option.prism}")
}


def _as_switch(argument: str) -> str:
    """Return one argument as click knows it: ``--ignoreExamples=false`` is ``--no-ignore-examples``."""
    flag, equals, value = argument.partition("=")
    negated = flag.startswith("--no-") and f"--{flag[5:]}" in _SWITCHES
    known = _SWITCHES.get(f"--{flag[5:]}" if negated else flag)
    if known is None or (equals and value not in ("true", "false")):
        return argument
    return f"--no-{known[2:]}" if negated != (value == "false") else known


def settings_options(
    names: Iterable[str] | None = None,
) -> Callable[[click.Command], click.Command]:
    """Return a decorator that gives a command the options of those settings (all where ``None``), and ``--config``."""
    chosen = set(names) if names is not None else {option.name for option in OPTIONS}

    def decorate(command: click.Command) -> click.Command:
        for option in OPTIONS:
            if option.name in chosen:
                command.params.append(_parameter(option))
        command.params.append(
            click.Option(
                ["--config"],
                type=click.Path(path_type=Path),
                help="Read this settings file instead of searching for one.",
            )
        )
        return command

    return decorate


def _parameter(option: Option) -> click.Parameter:
    """Return a setting as click knows it; defaults and meaning stay with the settings."""
    if option.name == "spec":
        return click.Argument(["spec"], required=False, nargs=-1, metavar="[SPEC]...")
    short = [option.short] if option.short else []
    if option.switch:
        twins = f"--{option.key}/--no-{option.key}"
        return click.Option([option.name, *short, twins], default=None, help=_help(option))
    return click.Option(
        [option.name, *short, f"--{option.key}"],
        metavar=option.metavar,
        multiple=option.several,
        help=_help(option),
    )


def _help(option: Option) -> str:
    """Return an option's help with its default, as far as it has one to show."""
    default = getattr(Settings(), option.name)
    if option.switch:
        return f"{option.help} [{'on' if default else 'off'}]"
    return option.help if default is None or default == () else f"{option.help} [{default}]"


def resolve(given: dict[str, object]) -> Resolved:
    """Combine what the command line gave with everything else."""
    config = given.pop("config", None)
    named = given.pop("spec", None)
    if isinstance(named, tuple) and named:
        further = given.get("also")
        given["spec"] = named[0]
        given["also"] = (*named[1:], *(further if isinstance(further, tuple) else ()))
    flags = {name: value for name, value in given.items() if value is not None and value != ()}
    path = config if isinstance(config, Path) else None
    resolved = load_settings(flags, os.environ, Path.cwd(), config=path)
    for warning in resolved.warnings:
        click.echo(_as_message(warning, resolved.settings), err=True)
    return resolved


def _as_message(warning: Finding, settings: Settings) -> str:
    """Return what is said before there is a log, in its form."""
    if settings.log_format == "text":
        return f"warning: {warning}"
    return json.dumps({"event": "message", "level": "warning", "message": str(warning)})


@click.group(cls=Commands)
@click.version_option(__version__, message="%(prog)s %(version)s")
def cli() -> None:
    """Serve an OpenAPI document as a mock, with fixtures that are stub and test at once.

    "mockserver SPEC" is short for "mockserver serve SPEC".
    """


@settings_options()
@cli.command("serve", cls=SettingsCommand)
def serve_command(**given: object) -> None:
    """Answer requests from SPEC and its fixtures.

    SPEC is openapi.yaml of the working directory where none is given, fixtures are the folder fixtures/ beside it.
    """
    gc.disable()  # until it serves: all that a start makes is kept, and looking through it takes a tenth of the time
    try:
        from mockserver.server.serve import serve

        serve(resolve(given).settings, Path.cwd(), sys.stderr)
    finally:
        gc.enable()


@settings_options(SOURCES)
@cli.command("lint", cls=SettingsCommand)
@click.option(
    "--format", "form", type=click.Choice(("text", "json", "github")), default="text",
    show_default=True, help="How findings are written.",
)  # fmt: skip
def lint_command(form: str, **given: object) -> None:
    """Say what is wrong with SPEC and its fixtures.

    Ends with 1 where anything is, with 2 where SPEC cannot be read.
    """
    from mockserver.fixtures.contract import lint_contract, load_contract, locate

    settings = locate(resolve(given).settings, Path.cwd())
    status = FINDINGS
    try:
        findings = lint_contract(load_contract(settings))
    except MockServerError as error:
        findings = list(error.findings)
        status = FINDINGS if isinstance(error, FixtureError) else NOT_RUN
    click.echo(_WRITERS[form](findings))
    if findings:
        raise click.exceptions.Exit(status)


@settings_options(SOURCES)
@cli.command("init", cls=SettingsCommand)
def init_command(**given: object) -> None:
    """Write commented fixtures for SPEC.

    A token for each security scheme and outcome, a case for each documented status.
    """
    from mockserver.fixtures.contract import FIXTURES_NAME, load_api, locate
    from mockserver.fixtures.initial import initial_text

    given_settings = resolve(given).settings
    settings = locate(given_settings, Path.cwd())
    assert settings.spec is not None
    place = settings.fixtures or settings.spec.parent / FIXTURES_NAME
    is_file = place.suffix in (".yaml", ".yml") and not place.is_dir()
    path = place if is_file else place / f"{settings.spec.stem}.yaml"
    hint = "choose another place with --fixtures"
    try:
        if place.exists() and (not place.is_dir() or any(place.iterdir())):
            message = f"{place} is there already, and nothing is overwritten"
            raise MockServerError(Finding("fixtures-exist", message, hint=hint))
        text = initial_text(load_api(settings))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, "utf-8")
    except OSError as error:
        message = f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
        raise MockServerError(Finding("unwritable", message, hint=hint)) from error
    named = "" if settings.fixtures is None else f" --fixtures {settings.fixtures}"
    click.echo(f"{path} written; serve it with: mockserver serve {settings.spec}{named}")


@settings_options(SOURCES)
@cli.command("scenarios", cls=SettingsCommand)
@click.option("--graph", is_flag=True, help="Draw the state machines as Mermaid instead.")
def scenarios_command(*, graph: bool, **given: object) -> None:
    """List the scenarios of the fixtures: what each does, and where it stands.

    A scenario that extends another is shown with what it has of it.
    """
    from mockserver.fixtures.contract import load_contract, locate
    from mockserver.fixtures.scenario_text import scenario_graph, scenario_table

    fixtures = load_contract(locate(resolve(given).settings, Path.cwd())).fixtures
    if graph:
        click.echo(scenario_graph(fixtures) or "%% no scenario has states")
    elif fixtures.scenarios:
        click.echo(scenario_table(fixtures))
    else:
        click.echo("the fixtures have no scenarios")


@settings_options(tuple(name for name in SOURCES if name != "spec"))
@cli.command("check", cls=SettingsCommand)
@click.argument("url", required=False)
@click.option("--spec", "document", metavar="FILE", help="The document.")
@click.option("--self", "itself", is_flag=True, help="Check the mock itself, on a port of its own.")
@click.option(
    "--report", "reports", multiple=True, metavar="FORMAT=FILE",
    help="Write a report: text, json, junit, html, sarif, github or summary; several may be asked for.",
)  # fmt: skip
@click.option(
    "--seed", default="1", metavar="TEXT", show_default=True, help="Of everything that is drawn."
)
@click.option(
    "--only",
    multiple=True,
    metavar="WORD",
    help="Only this kind, or tests with this in their name.",
)
@click.option(
    "--skip",
    multiple=True,
    metavar="WORD",
    help="Not this kind, nor tests with this in their name.",
)
@click.option(
    "--shard", metavar="I/N", help="Only this part of the tests; the parts together are the whole."
)
@click.option(
    "--baseline",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Accept the failures that it knows.",
)
@click.option(
    "--update-baseline", is_flag=True, help="Write the failures of this run to --baseline."
)
@click.option("--fail-fast", is_flag=True, help="Stop at the first failure.")
@click.option(
    "--timeout",
    type=_POSITIVE,
    default=10.0,
    metavar="SECONDS",
    show_default=True,
    help="What one answer may take.",
)
@click.option(
    "--max-time",
    "most_seconds",
    type=_POSITIVE,
    default=900.0,
    metavar="SECONDS",
    show_default=True,
    help="After so long no further test begins, and Schemathesis is ended.",
)
@click.option(
    "--rate", type=_POSITIVE, metavar="N", help="Send at most so many requests in a second."
)
@click.option("--ca", metavar="FILE", help="Trust these certificates too.")
@click.option("--safe", is_flag=True, help="Send only GET, HEAD and OPTIONS.")
@click.option(
    "--effort", type=click.Choice(("quick", "default", "deep")), default="default",
    show_default=True, help="How much is tried.",
)  # fmt: skip
@click.option(
    "--require-coverage", type=click.FloatRange(0, 100), metavar="PERCENT",
    help="Fail below this share of documented answers and cases.",
)  # fmt: skip
@click.option(
    "--allow-skipped", is_flag=True, help="A case that has no means to run is no failure."
)
@click.option(
    "--fixture-credentials",
    is_flag=True,
    help="Send the fixtures' value of each token, not its live one.",
)
@click.option("--assume-states", is_flag=True, help="Take the provider states of cases to hold.")
@click.option("-v", "--verbose", is_flag=True, help="Say each test as it ends.")
@click.option(
    "--color/--no-color", default=None, help="Colours; by default where the output is a terminal."
)
def check_command(url: str | None, document: str | None, **given: object) -> None:
    """Hold the implementation at URL to a document and its fixtures.

    Ends with 1 where something is wrong, with 2 where nothing could be tested.
    """
    from mockserver.check.command import Asked, Streams, run_check
    from mockserver.server.background import serving

    own = {name: given.pop(name) for name in list(given) if name in Asked.__dataclass_fields__}
    asked = Asked(url=url, **own)  # type: ignore[arg-type]
    settings = resolve(given | {"spec": (document,) if document else ()}).settings
    streams = Streams(sys.stdout, sys.stderr)
    if status := run_check(asked, settings, Path.cwd(), os.environ, serving, streams):
        raise click.exceptions.Exit(status)


@settings_options()
@cli.command("config", cls=SettingsCommand)
def config_command(**given: object) -> None:
    """Print every setting with its origin."""
    rows = describe(resolve(given))
    widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
    for key, value, origin in rows:
        click.echo(f"{key:<{widths[0]}}  {value:<{widths[1]}}  {origin}")


@settings_options()
@cli.command("doctor", cls=SettingsCommand)
@click.option(
    "--format", "form", type=click.Choice(("text", "json")), default="text",
    show_default=True, help="How it is written.",
)  # fmt: skip
def doctor_command(form: str, **given: object) -> None:
    """Say what serve would expose with these settings, and what to change.

    Ends with 1 where something should be changed.
    """
    from mockserver.server.doctor import as_json, as_text, examine

    found = examine(resolve(given))
    click.echo(as_json(found) if form == "json" else as_text(found))
    if any(one.level == "change" for one in found):
        raise click.exceptions.Exit(FINDINGS)


@cli.command("health")
@click.argument("url", required=False)
def health_command(url: str | None) -> None:
    """Ask a running server whether it is ready.

    URL is the server's, by default the one that the settings name. Ends with 0 or 1, as Docker wants it.
    """
    settings = resolve({}).settings
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)
    base = url or f"http://{f'[{host}]' if ':' in host else host}:{settings.port}"
    answer, ready = ask_ready(base, settings.control_prefix)
    click.echo(f"{base}: {answer}", err=not ready)
    if not ready:
        raise click.exceptions.Exit(FINDINGS)  # 2 is reserved in a HEALTHCHECK


HEALTH_SECONDS = 5.0


def ask_ready(base: str, prefix: str) -> tuple[str, bool]:
    """Ask a server for its readiness.

    Returns:
        What it said, in words, and whether it is ready.
    """
    from http.client import HTTPConnection, HTTPException, HTTPSConnection
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(base)
        host, port = parts.hostname, parts.port
    except ValueError:
        host = None
    if not host or parts.scheme not in ("http", "https"):
        raise click.UsageError(f"{base!r} is not a URL such as http://127.0.0.1:4010")
    connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    try:
        connection = connect(host, port, timeout=HEALTH_SECONDS)
        try:
            connection.request("GET", f"{parts.path.rstrip('/')}{prefix}/ready")
            answer = connection.getresponse()
            body = answer.read(4096)
        finally:
            connection.close()
    except (OSError, HTTPException, ValueError) as error:
        return f"not reachable: {error}", False
    if answer.status != 200:
        return f"answers {answer.status} to its readiness: is it another server?", False
    try:
        said = json.loads(body)
    except ValueError:
        said = None
    if not isinstance(said, dict) or said.get("status") != "ready":
        return "answers something else than readiness: is it another server?", False
    details = [f"{name} {value}" for name, value in said.items() if name != "status"]
    return ", ".join(["ready", *details]), True


def _as_text(findings: Sequence[Finding]) -> str:
    if not findings:
        return "no findings"
    lines = [f"{finding.severity}: {finding} [{finding.rule}]" for finding in findings]
    return "\n".join([*lines, f"{len(findings)} finding{'s' * (len(findings) != 1)}"])


def _as_json(findings: Sequence[Finding]) -> str:
    rows = [
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "message": finding.message,
            "hint": finding.hint,
            "file": finding.place.file if finding.place else None,
            "line": (finding.place.line if finding.place else 0) or None,
            "column": (finding.place.column if finding.place else 0) or None,
        }
        for finding in findings
    ]
    return json.dumps(rows, indent=2)


def _as_github(findings: Sequence[Finding]) -> str:
    """Write workflow commands (docs.github.com, Workflow commands); their data and properties are percent-escaped."""
    lines = []
    for finding in findings:
        properties = {"title": finding.rule}
        if place := finding.place:
            numbers = {"line": place.line, "col": place.column}
            properties["file"] = place.file
            properties |= {name: str(number) for name, number in numbers.items() if number}
        listed = ",".join(f"{name}={_escaped(text, ':,')}" for name, text in properties.items())
        text = f"{finding.message}; {finding.hint}" if finding.hint else finding.message
        lines.append(f"::{finding.severity} {listed}::{_escaped(text)}")
    return "\n".join(lines) or "no findings"


def _escaped(text: str, more: str = "") -> str:
    text = text.replace("%", "%25")
    for char in "\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


_WRITERS: dict[str, Callable[[Sequence[Finding]], str]] = {
    "text": _as_text,
    "json": _as_json,
    "github": _as_github,
}


def run(arguments: Sequence[str]) -> int:
    """Run one command line and return its exit status; what goes wrong is said on stderr, never as a traceback."""
    try:
        result: object = cli.main(list(arguments), "mockserver", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        return INTERRUPTED
    except MockServerError as error:
        for finding in error.findings:
            click.echo(f"{finding.severity}: {finding}", err=True)
        return NOT_RUN
    except Exception:
        traceback.print_exc()
        click.echo("this is a bug in mockserver; please report it with the lines above", err=True)
        return NOT_RUN
    return result if isinstance(result, int) else FINE


def main() -> None:
    """Run the process's command line."""
    sys.exit(run(sys.argv[1:]))
