"""What a check is made of, as values: probes, what each found, and the report that every writer reads."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from mockserver.errors import Place
from mockserver.messages import HttpRequest
from mockserver.spec.model import Operation

Kind = Literal[
    "cases", "credentials", "conduct", "validation", "resources", "policy", "schemathesis"
]
KINDS: tuple[Kind, ...] = (
    *("cases", "credentials", "conduct", "validation", "resources", "policy"),
    "schemathesis",
)
State = Literal["passed", "failed", "skipped"]


class HttpAnswer(NamedTuple):
    """What came back over the wire.

    Attributes:
        headers: Names in lower case, in the order received; a name may repeat.
        version: ``1.0`` or ``1.1``.
        seconds: From the first octet sent to the last received.
        problems: What was wrong with the framing (RFC 9112), each with its section.
    """

    status: int
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""
    version: str = "1.1"
    seconds: float = 0.0
    problems: tuple[str, ...] = ()

    def values(self, name: str) -> list[str]:
        """Return every value of a header given in lower case."""
        wanted = name.encode()
        return [value.decode("latin-1") for key, value in self.headers if key == wanted]

    def header(self, name: str) -> str:
        """Return the first value of a header given in lower case, empty where it is absent."""
        return next(iter(self.values(name)), "")


class Exchange(NamedTuple):
    """One request and its answer; ``answer`` is ``None`` where none came, ``error`` says why."""

    request: HttpRequest
    answer: HttpAnswer | None
    error: str = ""
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that is not as it must be.

    Attributes:
        rule: Kebab-case name of what was broken: what reports group by and baselines compare.
        expected, found: One sentence each, without final full stop.
        clause: Who says so: ``RFC 9110 §15.5.6``, or in words what of the document or fixtures.
        place: Of the clause, in the document or the fixtures.
        request, answer, curl: The exchange as shown to people, live credentials as ``$VARIABLES``; may be empty.
    """

    rule: str
    expected: str
    found: str
    clause: str
    place: Place | None = None
    request: str = ""
    answer: str = ""
    curl: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one probe came to; ``reason`` is why it was skipped."""

    kind: Kind
    name: str
    operation: str
    state: State
    failures: tuple[Failure, ...] = ()
    reason: str = ""
    seconds: float = 0.0
    place: Place | None = None

    @property
    def id(self) -> str:
        """Return ``cases/createSetupIntent/created``: unique in a run, and the same in every run."""
        return f"{self.kind}/{self.operation or 'server'}/{self.name}"


@dataclass(frozen=True, slots=True)
class Probe:
    """A test that can be run: ``run`` reports through the runner it was made with, and may raise ``Skip``."""

    kind: Kind
    name: str
    operation: Operation | None
    run: Callable[[], None]
    place: Place | None = None

    @property
    def id(self) -> str:
        """Return what its outcome will be known by."""
        return f"{self.kind}/{self.operation.name if self.operation else 'server'}/{self.name}"


class Skip(Exception):
    """A probe has no means to run; the message says which are missing."""


@dataclass(frozen=True, slots=True)
class Row:
    """Coverage of one documented answer, or of one case that stands for it.

    Attributes:
        status: Key in the document: ``201``, ``4XX`` or ``default``.
        case: Name of the case; empty for the answer itself.
        excluded: The reason that the fixtures give; empty where it counts.
    """

    operation: str
    status: str
    covered: bool
    excluded: str = ""
    place: Place | None = None
    case: str = ""


class Known(NamedTuple):
    """A failure by the test that found it, as a baseline knows it."""

    outcome: Outcome
    failure: Failure

    @property
    def identity(self) -> str:
        """Return what is the same in every run: the test and the rule."""
        return f"{self.outcome.id}: {self.failure.rule}"


@dataclass(frozen=True, slots=True)
class Group:
    """Failures of one operation that break the same rule by the same clause: most likely one fault."""

    rule: str
    clause: str
    operation: str
    found: tuple[Known, ...]

    @property
    def first(self) -> Failure:
        """Return the failure that is shown in full."""
        return self.found[0].failure


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found.

    Attributes:
        target: Base URL, without credentials.
        accepted: Failures that the baseline knows; they are in no outcome.
        gone: Identities that the baseline knows and the run did not meet again.
        shard: ``1/3``; empty for the whole.
        welcomed: How often each status answered a request that bore a good credential.
        lost: Every operation was answered with 404, as a path that nobody has.
        unarmed: Operations that need a credential and were asked with none that could be good, each with the reason.
        unnamed: Words of ``--only`` and ``--skip`` that name no test, each with the word that was meant, if any.
        base_paths: Where the document says that its paths stand, as far as the target does not end so.
    """

    target: str
    title: str
    seed: str
    outcomes: Sequence[Outcome]
    coverage: Sequence[Row] = field(default_factory=tuple)
    requests: int = 0
    seconds: float = 0.0
    accepted: Sequence[Known] = ()
    gone: Sequence[str] = ()
    shard: str = ""
    welcomed: Mapping[int, int] = field(default_factory=dict)
    lost: bool = False
    unarmed: Mapping[str, str] = field(default_factory=dict)
    unnamed: Mapping[str, str | None] = field(default_factory=dict)
    base_paths: Sequence[str] = ()

    @property
    def failed(self) -> list[Outcome]:
        """Return what failed."""
        return [outcome for outcome in self.outcomes if outcome.state == "failed"]

    @property
    def skipped(self) -> list[Outcome]:
        """Return what had no means to run."""
        return [outcome for outcome in self.outcomes if outcome.state == "skipped"]

    @property
    def failures(self) -> list[Known]:
        """Return every failure, in the order found."""
        return [Known(outcome, one) for outcome in self.failed for one in outcome.failures]

    @property
    def groups(self) -> list[Group]:
        """Return the failures by reason, in the order in which each came up first."""
        groups: dict[tuple[str, str, str], list[Known]] = {}
        for known in self.failures:
            key = (known.failure.rule, known.failure.clause, known.outcome.operation)
            groups.setdefault(key, []).append(known)
        return [Group(*key, tuple(found)) for key, found in groups.items()]

    @property
    def counted(self) -> list[Row]:
        """Return the rows of coverage that count."""
        return [row for row in self.coverage if not row.excluded]

    @property
    def percent(self) -> float:
        """Return the share that was reached, of what counts; 100 where all is excluded, 0 where nothing is documented."""
        counted = self.counted
        if not counted:
            return 100.0 if self.coverage else 0.0
        return 100.0 * sum(row.covered for row in counted) / len(counted)
