"""Schemathesis beside our own probes: its breadth, with our credentials, folded into our report.

The one module that knows it. It reads each document itself, from its files and in its own version: a second,
independent reading. It runs as a process of its own, the way that stays the same from release to release; NDJSON
carries every check. What our own probes have found already is not told twice.
"""

import json
import os
import subprocess
import sys
import tempfile
from base64 import b64decode
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from mockserver.check.model import Failure, Outcome, State
from mockserver.check.runner import OUT_OF_TIME, Run
from mockserver.fixtures.model import Token
from mockserver.spec.document import Document
from mockserver.spec.model import Operation, find_response, success_response
from mockserver.validation.media_types import essence

STATEFUL = "sequences of requests"
SINGLE = "generated requests"
_SINGLE = "examples,coverage,fuzzing"
_EXAMPLES = {"quick": 4, "default": 12, "deep": 150}
_SCENARIOS = {"quick": 0, "default": 8, "deep": 80}
_VARIABLE = "MOCKSERVER_CHECK_CREDENTIAL_"

_SAME_AS_OURS = {
    "not_a_server_error": ("server-error",),
    "content_type_conformance": ("schema-", "content-type"),
    "response_headers_conformance": ("schema-",),
    "response_schema_conformance": ("schema-", "json"),
    "status_code_conformance": ("undocumented-status",),
    "unsupported_method": ("method", "allow"),
    "allow_header_conformance": ("allow",),
    "ignored_auth": ("credential-",),
    "missing_required_header": ("bad-accepted",),
    "negative_data_rejection": ("bad-accepted",),
    "positive_data_acceptance": ("good-refused",),
    "use_after_free": ("delete-not-kept",),
    "ensure_resource_availability": ("not-kept",),
}
"""Check of theirs to what of ours means the same: rules, or their beginnings."""

_NOT_FOR_THE_MOCK = (
    "use_after_free",
    "ensure_resource_availability",
    "status_code_conformance",
    "negative_data_rejection",
    "positive_data_acceptance",
)
"""The mock keeps no resources, answers 401 where a document forgot it, and is a lenient reader of forms and formats."""

_NO_DOCUMENT_LISTS = frozenset((405, 406, 411, 413, 414, 415, 429, 431))


def search(
    run: Run,
    ours: Sequence[Outcome],
    chosen: Sequence[Operation],
    *,
    stateful: bool,
    mock: bool,
    left: Callable[[], float] | None = None,
) -> Iterator[Outcome]:
    """Run Schemathesis on the chosen operations, and on all for sequences; yield an outcome for each, and one for these.

    Args:
        run: Sends nothing here, but knows target, document and credentials.
        ours: What our own probes found.
        chosen: Operations to search one by one.
        stateful: Sequences are searched too.
        mock: The target is our own mock, which is left free in what it does not promise.
        left: Seconds that it may take from now on; without it all that the options allow to the whole check.
    """
    left = left or (lambda: run.options.most_seconds)
    effort = run.options.effort
    left_out = ""
    if stateful and (not _SCENARIOS[effort] or run.options.safe):
        left_out = "sequences are left out with --effort quick and --safe"
    reason, found = "", []
    if find_spec("schemathesis") is None:
        reason = "Schemathesis is not installed: pip install schemathesis"
    else:
        chosen = [one for one in chosen if not _streams(one)]
        for part in _parts(run):
            single = [one for one in chosen if one in part.operations]
            seen, why = _in_part(_Search(run, mock, part, left), single, stateful=stateful and not left_out)  # fmt: skip
            found += seen
            reason = reason or why
    for operation in chosen:
        mine = [one for one in found if one.phase != "stateful" and one.operation == _label(operation)]  # fmt: skip
        yield _outcome(run, SINGLE, operation, mine, ours, reason)
    if stateful:
        mine = [one for one in found if one.phase == "stateful"]
        yield _outcome(run, STATEFUL, None, mine, ours, reason or left_out)


def _in_part(
    search: "_Search", chosen: Sequence[Operation], *, stateful: bool
) -> tuple[list["_Found"], str]:
    """Search the chosen operations of a document, and all of it for sequences; in one run where these are the same."""
    ending = [one for one in search.part.operations if not _streams(one)]
    both = bool(chosen) and len(chosen) == len(ending) and stateful
    rounds = [(chosen, f"{_SINGLE},stateful" if both else _SINGLE)] if chosen else []
    if stateful and ending and not both:
        rounds.append((ending, "stateful"))
    found, reason = [], ""
    for some, phases in rounds:
        seen, why = search.run(some, phases)
        found += seen
        reason = reason or why
    return found, reason


@dataclass(frozen=True, slots=True)
class _Part:
    """One document of those that are checked.

    Attributes:
        base: What its paths stand below on the target.
        operations: As the whole API has them.
    """

    document: Document
    base: str
    operations: Sequence[Operation]


def _parts(run: Run) -> Iterator[_Part]:
    """Yield each document with its operations."""
    api = run.api
    if not api.parts:
        yield _Part(api.document, "", api.operations)
    for part in api.parts:
        inside = {one.location for one in part.operations}
        mine = [one for one in api.operations if one.location in inside]
        for base in dict.fromkeys(one.base_paths[0] for one in mine):
            yield _Part(part.document, base, [one for one in mine if one.base_paths[0] == base])


def _label(operation: Operation) -> str:
    return f"{operation.method} {operation.shortest_path}"


def _write_overlaid(document: Document, folder: Path) -> Path:
    """Write the files of a document, with what its overlays changed, as they lie to each other; return the root's."""
    values = document.values()
    above = os.path.commonpath([Path(file).parent for file in values])
    for file, value in values.items():
        copy = folder / os.path.relpath(file, above)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_text(json.dumps(value), "utf-8")  # JSON is YAML, whatever the file is called
    return folder / os.path.relpath(document.root.file, above)


@dataclass(frozen=True, slots=True)
class _Found:
    """One failed check of theirs.

    Attributes:
        operation: ``POST /api/setup-intent``, with what the path stands below.
    """

    check: str
    code: str
    operation: str
    title: str
    message: str
    status: int
    phase: str
    request: str
    answer: str
    curl: str


@dataclass(frozen=True, slots=True)
class _Search:
    """How Schemathesis is run in one check."""

    run_: Run
    mock: bool
    part: _Part
    left: Callable[[], float]

    def run(self, operations: Sequence[Operation], phases: str) -> tuple[list[_Found], str]:
        """Run it once; return what it found, and why it could not run."""
        run = self.run_
        environment = {**run.environ, "PYTHONWARNINGS": "ignore", "SCHEMATHESIS_HOOKS": ""}
        with tempfile.TemporaryDirectory(prefix="mockserver-check-") as name:
            folder = Path(name)
            config, events = folder / "schemathesis.toml", folder / "events.ndjson"
            text, variables = self._config()
            config.write_text(text, "utf-8")
            document = self.part.document
            file = _write_overlaid(document, folder / "document") if document.overlaid else Path(document.root.file)  # fmt: skip
            command = [
                *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
                *(str(file), "--url", run.transport.url + self.part.base),
                *("--phases", phases, "--report-ndjson-path", str(events), "--no-color"),
            ]
            if run.options.safe:
                command += ["--include-method", "GET", "--include-method", "HEAD"]
            if len(operations) < len(self.part.operations) or len(run.api.parts) > 1:
                for operation in operations:
                    command += ["--include-name", f"{operation.method} {operation.path}"]
            try:
                done = subprocess.run(
                    command,
                    cwd=folder,
                    env={**environment, **variables},
                    capture_output=True,
                    text=True,
                    timeout=max(0.0, self.left()),
                    check=False,
                )
            except subprocess.TimeoutExpired:
                most = f"{run.options.most_seconds:g} s {OUT_OF_TIME}"
                return list(
                    self._read(events)
                ), f"Schemathesis was ended: the check had taken {most}"
            if done.returncode not in (0, 1):
                return [], f"Schemathesis could not run: {self._last_words(done.stdout)}"
            found = list(self._read(events))
            if done.returncode == 1 and not found:  # errors alone: nothing was tested
                return [], f"Schemathesis could not test: {self._last_words(done.stdout)}"
            return found, ""

    def _last_words(self, printed: str) -> str:
        lines = [line for line in printed.splitlines() if line.strip()]
        return self.run_.wallet.hide(" ".join(lines[-3:]))[:300]

    def _config(self) -> tuple[str, Mapping[str, str]]:
        """Return its settings; credentials are in variables, not in the file."""
        options = self.run_.options
        quick = options.effort == "quick"
        lines = [
            f"seed = {int.from_bytes(options.seed.encode()[:6], 'big')}",
            "max-redirects = 0",  # a 307 would be followed silently
            "continue-on-failure = true",  # a phase would stop at its first failure
            f"request-timeout = {options.timeout:g}",
            "[output.sanitization]",
            "enabled = false",  # credentials of fixtures may be seen; our own redaction hides live ones
            "[cache]",
            "enabled = false",
            "[generation]",
            'database = "none"',
            f"max-examples = {_EXAMPLES[options.effort]}",
            f"no-shrink = {str(quick).lower()}",
            "[phases.examples]",
            "fill-missing = true",
            "[phases.stateful.generation]",
            f"max-examples = {max(1, _SCENARIOS[options.effort])}",
            "[warnings]",
            "enabled = false",
        ]
        if options.safe:  # it asks each path with the methods that it lacks, too
            lines += ["[phases.coverage]", 'unexpected-methods = ["OPTIONS"]']
        if options.rate:
            lines.insert(0, f'rate-limit = "{max(1, int(options.rate * 60))}/m"')
        if options.ca:
            lines.insert(0, f"tls-verify = {json.dumps(str(Path(options.ca).resolve()))}")
        if self.mock:
            lines.append("[checks]")
            lines += [f"{name}.enabled = false" for name in _NOT_FOR_THE_MOCK]
            if not all(token.place for token in self.run_.fixtures.tokens.values()):
                lines.append("ignored_auth.enabled = false")
        variables: dict[str, str] = {}
        for index, (scheme, value) in enumerate(self._credentials().items()):
            lines += self._scheme(scheme, value, f"{_VARIABLE}{index}", variables)
        return "\n".join(lines) + "\n", variables

    def _credentials(self) -> Mapping[str, str]:
        """Return one credential for each scheme: the one that most operations are known to accept."""
        run = self.run_
        tokens = [run.requests.good_token(operation) for operation in run.api.operations]
        found: dict[str, str] = {}
        for token, _ in reversed(
            Counter(token for token in map(_name, tokens) if token).most_common()
        ):
            value = run.wallet.tokens[token].value
            if value is not None:
                found[run.fixtures.tokens[token].scheme] = value
        return found

    def _scheme(
        self, name: str, value: str, variable: str, variables: dict[str, str]
    ) -> Iterator[str]:
        scheme = self.run_.api.security_schemes[name]
        header = f"[auth.openapi.{json.dumps(name)}]"
        if scheme.scheme == "basic" and scheme.type == "http":
            user, _, password = value.partition(":")
            variables |= {f"{variable}_USER": user, f"{variable}_PASSWORD": password}
            yield header
            yield f'username = "${{{variable}_USER}}"'
            yield f'password = "${{{variable}_PASSWORD}}"'
        elif (
            scheme.type == "apiKey"
            or scheme.type in ("oauth2", "openIdConnect")
            or scheme.scheme == "bearer"
        ):
            variables[variable] = value
            yield header
            yield f'{"api_key" if scheme.type == "apiKey" else "bearer"} = "${{{variable}}}"'

    def _read(self, events: Path) -> Iterator[_Found]:
        """Yield every failed check of a run."""
        if not events.exists():
            return
        with events.open(encoding="utf-8") as lines:
            for line in lines:
                if not line.endswith("\n"):  # it was ended while it wrote
                    return
                event = json.loads(line).get("ScenarioFinished")
                if event:
                    recorder = event["recorder"]
                    self._note(recorder)
                    for case, checks in recorder.get("checks", {}).items():
                        for check in checks:
                            if check["status"] == "failure":
                                told = recorder.get("interactions", {}).get(case) or {}
                                yield self._found(event["phase"], recorder, check, told)

    def _note(self, recorder: Mapping[str, Any]) -> None:
        """Tell the run what was answered."""
        asked = {_label(one): one.name for one in self.part.operations}
        operation = asked.get(self._asked(str(recorder.get("label", ""))))
        for told in (recorder.get("interactions") or {}).values():
            request, response = told.get("request") or {}, told.get("response") or {}
            status = int(response.get("status_code", 0))
            if status:
                headers = request.get("headers") or {}
                pairs = [(name, one) for name, values in headers.items() for one in values]
                self.run_.note([(name.lower().encode(), one.encode()) for name, one in pairs], status)  # fmt: skip
            if operation and 200 <= status < 400:
                self.run_.succeeded.add(operation)

    def _found(
        self,
        phase: str,
        recorder: Mapping[str, object],
        check: Mapping[str, object],
        told: Mapping[str, object],
    ) -> _Found:
        info = check["failure_info"]
        assert isinstance(info, dict)
        failure = info["failure"]
        request = told.get("request")
        response = told.get("response")
        request = request if isinstance(request, dict) else {}
        response = response if isinstance(response, dict) else {}
        shown = self._shown(request, response) if request else ("", "", "")
        return _Found(
            str(check["name"]),
            str(failure.get("code", "")),
            self._asked(str(failure.get("operation") or recorder.get("label", ""))),
            str(failure.get("title", "")),
            self.run_.wallet.hide(str(failure.get("message", ""))),
            int(response.get("status_code", 0)),
            phase,
            *shown,
        )

    def _asked(self, label: str) -> str:
        """Return an operation as the whole API has it."""
        method, _, path = label.partition(" ")
        return f"{method} {self.part.base}{path}" if path.startswith("/") else label

    def _shown(
        self, request: Mapping[str, object], response: Mapping[str, object]
    ) -> tuple[str, str, str]:
        """Return request, answer and curl as people read them."""
        hide, quoted = self.run_.wallet.hide, self.run_.wallet.quoted
        headers = _headers(request.get("headers"))
        body = _content(request.get("body") or request.get("content"))
        method, uri = str(request.get("method", "")), str(request.get("uri", ""))
        lines = [f"{method} {uri}", *(f"{name}: {value}" for name, value in headers)]
        parts = [f"curl -X {method} {quoted(uri)}"]
        parts += [f"-H {quoted(f'{name}: {value}')}" for name, value in headers]
        parts += [f"--data-raw {quoted(body)}"] if body else []
        answer = [f"HTTP/1.1 {response.get('status_code', 'no answer')}"]
        answer += [f"{name}: {value}" for name, value in _headers(response.get("headers"))]
        content = _content(response.get("content"))
        return (
            hide("\n".join(lines) + (f"\n\n{body}" if body else ""))[:2000],
            hide("\n".join(answer) + (f"\n\n{content}" if content else ""))[:2000],
            " \\\n  ".join(parts)[:6000],
        )


def _name(token: Token | None) -> str | None:
    return token.name if token else None


def _headers(written: object) -> list[tuple[str, str]]:
    if not isinstance(written, dict):
        return []
    return [
        (str(name), str(value))
        for name, values in written.items()
        for value in (values if isinstance(values, list) else [values])
    ]


def _content(written: object) -> str:
    match written:
        case {"$base64": str(text)}:
            return b64decode(text).decode("utf-8", "backslashreplace")
        case str(text):
            return text
        case _:
            return ""


def _streams(operation: Operation) -> bool:
    """Tell whether an answer has no end: Schemathesis would wait for it."""
    found = success_response(operation)
    return found is not None and any(essence(one.name) == "text/event-stream" for one in found[1].content)  # fmt: skip


def _outcome(
    run: Run,
    name: str,
    operation: Operation | None,
    found: Sequence[_Found],
    ours: Sequence[Outcome],
    reason: str,
) -> Outcome:
    """Return what was found as one test of ours, without what we have found ourselves and what a server is free to do."""
    routes = {_label(one): one for one in run.api.operations}
    failures: dict[tuple[str, str, int], Failure] = {}
    for one in found:
        asked = routes.get(one.operation, operation)
        if (asked and _is_free(one, asked)) or _is_known(one, asked, ours):
            continue
        failures.setdefault((one.check, one.operation, one.status), _failure(one, asked))
    state: State = "failed" if failures else "skipped" if reason else "passed"
    title = operation.name if operation else ""
    place = operation.place if operation else None
    return Outcome("schemathesis", name, title, state, tuple(failures.values()), reason, 0.0, place)


def _is_free(one: _Found, operation: Operation) -> bool:
    """Tell whether a server is free to do what a check of theirs has against it."""
    if "discriminator" in one.title.lower() or "discriminator" in one.message.lower():
        return True  # it must not change the result of validation (OpenAPI 3.1.1 §4.8.25)
    if one.check != "status_code_conformance":
        return False
    secured = bool(operation.security)
    if (one.status in (401, 403) and secured) or one.status in _NO_DOCUMENT_LISTS:
        return True
    if one.status in (400, 422):
        return not any(find_response(operation, status) for status in (400, 422))
    return one.status == 404 and "{" in operation.path


def _is_known(one: _Found, operation: Operation | None, ours: Sequence[Outcome]) -> bool:
    """Tell whether our own probes have found the same at the operation."""
    beginnings = _SAME_AS_OURS.get(one.check)
    if beginnings is None:
        return False
    return any(
        failure.rule.startswith(beginnings)
        for outcome in ours
        for failure in outcome.failures
        if operation is None or outcome.operation in (operation.name, "") or outcome.kind == "resources"
    )  # fmt: skip


def _failure(one: _Found, operation: Operation | None) -> Failure:
    first = one.message.strip().partition("\n")[0][:300]
    message = f"{one.title}: {first}" if first and first != one.title else one.title
    return Failure(
        rule=f"schemathesis-{one.check.replace('_', '-')}",
        expected=f"{one.check.replace('_', ' ')} ({one.phase})",
        found=message,
        clause="Schemathesis, by the document",
        place=operation.place if operation else None,
        request=one.request,
        answer=one.answer,
        curl=one.curl,
    )
