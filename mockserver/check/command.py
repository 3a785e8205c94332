"""``mockserver check`` from its options to reports and an exit status; who starts the mock is the caller's business."""

import json
import re
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from mockserver.check.live import NoMeans, Wallet, expand
from mockserver.check.model import Known, Outcome, Report
from mockserver.check.options import Options
from mockserver.check.plan import apply_baseline, check
from mockserver.check.reports import WRITERS
from mockserver.check.runner import Run
from mockserver.check.selfcheck import with_credentials
from mockserver.check.transport import Transport, Unreachable
from mockserver.check.verdict import NOT_RUN, verdict
from mockserver.errors import Finding, SettingsError, nearest
from mockserver.fixtures.contract import Contract, load_contract, locate
from mockserver.settings import Settings

_UNFOLDED = 1_000
Serve = Callable[[Contract, Settings], AbstractContextManager[str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """The options of the command, as given."""

    url: str | None = None
    itself: bool = False
    reports: tuple[str, ...] = ()
    seed: str = "1"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    shard: str | None = None
    baseline: Path | None = None
    update_baseline: bool = False
    fail_fast: bool = False
    timeout: float = 10.0
    most_seconds: float = 900.0
    rate: float | None = None
    ca: str | None = None
    safe: bool = False
    effort: str = "default"
    require_coverage: float | None = None
    allow_skipped: bool = False
    fixture_credentials: bool = False
    assume_states: bool = False
    verbose: bool = False
    color: bool | None = None


@dataclass(frozen=True, slots=True)
class Streams:
    """Where a run writes: its report, and what goes beside it."""

    out: TextIO
    err: TextIO


def run_check(
    asked: Asked,
    settings: Settings,
    directory: Path,
    environ: Mapping[str, str],
    serve: Serve,
    streams: Streams,
) -> int:
    """Run a check, write its reports and return the exit status.

    Args:
        asked: The options.
        settings: Which document and fixtures.
        directory: Where they are looked for.
        environ: Live credentials and URLs.
        serve: Starts the mock, for ``--self``.
        streams: Where the report for people and the remarks go.

    Raises:
        MockServerError: The options, the document or the fixtures are no good.
    """
    files = [_file(text) for text in asked.reports]
    options = _options(asked)
    known = read_baseline(asked.baseline) if asked.baseline and not asked.update_baseline else None
    located = locate(settings, directory)
    contract = load_contract(located)
    serving = (
        serve(contract, located) if asked.itself else nullcontext(_target(asked, contract, environ))
    )
    try:
        with serving as url:
            report = _checked(asked, options, contract, url, environ, streams)
    except Unreachable as error:
        streams.err.write(f"error: {error}\n")
        return NOT_RUN
    if asked.baseline and asked.update_baseline:
        write_baseline(asked.baseline, report)
        known = read_baseline(asked.baseline)
    if known is not None:
        report = apply_baseline(report, known)
    status, remarks = verdict(
        report,
        require_coverage=asked.require_coverage,
        allow_skipped=asked.allow_skipped,
        own_credentials=asked.itself or asked.fixture_credentials,
    )
    _write(report, files, streams, environ, told=status != NOT_RUN, color=asked.color)
    for remark in remarks:
        streams.err.write(f"{remark}\n")
    return status


def _options(asked: Asked) -> Options:
    if asked.itself and asked.url:
        raise SettingsError(Finding("two-targets", "a URL and --self exclude each other"))
    if asked.update_baseline and asked.baseline is None:
        message = "--update-baseline needs --baseline FILE"
        raise SettingsError(Finding("no-baseline", message))
    return Options(
        seed=asked.seed,
        safe=asked.safe,
        effort=asked.effort,
        only=asked.only,
        skip=asked.skip,
        shard=_shard(asked.shard),
        fail_fast=asked.fail_fast,
        assume_states=asked.assume_states or asked.itself,
        timeout=asked.timeout,
        most_seconds=asked.most_seconds,
        rate=asked.rate,
        ca=asked.ca,
    )


def _file(text: str) -> tuple[str, str]:
    form, equals, path = text.partition("=")
    if not equals or form not in WRITERS or not path:
        message = f"--report {text!r} is not FORMAT=FILE"
        known = f"formats: {', '.join(WRITERS)}; FILE may be - for stdout"
        near = nearest(form, WRITERS) if form not in WRITERS else None
        hint = f"did you mean {near!r}? {known}" if near else known
        raise SettingsError(Finding("bad-report", message, hint=hint))
    return form, path


def _shard(text: str | None) -> tuple[int, int]:
    if text is None:
        return 1, 1
    found = re.fullmatch(r"([0-9]{1,4})/([0-9]{1,4})", text)
    if found and 1 <= int(found[1]) <= int(found[2]):
        return int(found[1]), int(found[2])
    message = f"--shard {text} is not I/N with I from 1 to N, such as 1/4"
    raise SettingsError(Finding("bad-shard", message))


def _target(asked: Asked, contract: Contract, environ: Mapping[str, str]) -> str:
    if asked.url:
        return asked.url
    written = contract.fixtures.provider.get("target")
    hint = "give the URL, as in: mockserver check http://127.0.0.1:8000, or --self"
    if not written:
        raise SettingsError(Finding("no-target", "there is no URL to check", hint=hint))
    try:
        return expand(str(written), environ)
    except NoMeans as error:
        message = f"there is no URL to check: {error} (provider.target)"
        raise SettingsError(Finding("no-target", message, hint=hint)) from None


def _checked(
    asked: Asked,
    options: Options,
    contract: Contract,
    url: str,
    environ: Mapping[str, str],
    streams: Streams,
) -> Report:
    transport = Transport(url, timeout=asked.timeout, rate=asked.rate, ca=asked.ca)
    if asked.itself:
        contract = with_credentials(contract)
    live = not (asked.itself or asked.fixture_credentials)
    wallet = Wallet(contract.fixtures, environ, live=live, now=time.time)  # noqa: TID251 - the outer edge
    told = _progress(streams.err, transport) if asked.verbose else lambda _: None
    return check(Run(contract, transport, wallet, options), told=told, mock=asked.itself)


def _progress(err: TextIO, transport: Transport) -> Callable[[Outcome], None]:
    marks = {"passed": "✓", "failed": "✗", "skipped": "○"}
    count = 0

    def say(outcome: Outcome) -> None:
        nonlocal count
        count += 1
        reason = f"  {outcome.reason}" if outcome.reason else ""
        err.write(f"{count:>4}  {transport.requests:>6} requests  {marks[outcome.state]} {outcome.id}{reason}\n")  # fmt: skip
        err.flush()

    return say


def _write(
    report: Report,
    files: list[tuple[str, str]],
    streams: Streams,
    environ: Mapping[str, str],
    *,
    told: bool,
    color: bool | None,
) -> None:
    """Write the reports asked for; where none of them goes to stdout and people are to be ``told``, the one for them."""
    for form, path in files:
        text = WRITERS[form](report)
        if path == "-":
            streams.out.write(text)
            continue
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
            with Path(path).open("a" if form == "summary" else "w", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            message = f"the report {path} cannot be written: {error.strerror}"
            raise SettingsError(Finding("bad-report", message)) from None
    if not told or any(path == "-" for _, path in files):
        return
    from mockserver.check.reports.terminal import write_terminal  # rich takes its time

    colored = streams.out.isatty() and not environ.get("NO_COLOR") if color is None else color
    # Where nobody looks on, lines are for grep, and for viewers that fold them themselves.
    width = shutil.get_terminal_size((100, 40)).columns if streams.out.isatty() else _UNFOLDED
    streams.out.write(write_terminal(report, width=width, color=bool(colored)))


def read_baseline(path: Path) -> frozenset[str]:
    """Return the identities of known failures.

    Raises:
        SettingsError: The file cannot be read.
    """
    try:
        table = json.loads(path.read_text("utf-8"))
        return frozenset(str(entry["identity"]) for entry in table["failures"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no baseline"
        message = f"the baseline {path} cannot be read: {reason}"
        raise SettingsError(Finding("bad-baseline", message, hint="--update-baseline writes it")) from None  # fmt: skip


def write_baseline(path: Path, report: Report) -> None:
    """Write the failures of a run as known ones."""
    found: dict[str, Known] = {known.identity: known for known in report.failures}
    rows = [{"identity": name, "found": found[name].failure.found} for name in sorted(found)]
    text = json.dumps({"version": 1, "failures": rows}, indent=2, ensure_ascii=False) + "\n"
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        message = f"the baseline {path} cannot be written: {error.strerror}"
        raise SettingsError(Finding("bad-baseline", message)) from None
