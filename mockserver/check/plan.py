"""All of a check in its order: cases, credentials, conduct, resources, bounds, policy, Schemathesis; then coverage."""

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from hashlib import blake2b

from mockserver.check.bounds import bound_probes
from mockserver.check.cases import case_probes
from mockserver.check.collections import Collection, find_collections
from mockserver.check.conduct import conduct_probes
from mockserver.check.credentials import credential_probes
from mockserver.check.model import KINDS, Known, Outcome, Probe, Report, Skip, State
from mockserver.check.options import Options
from mockserver.check.policy import policy_probes
from mockserver.check.resources import resource_probes
from mockserver.check.robustness import robustness_probes
from mockserver.check.runner import Run, coverage_of, execute, unarmed_of
from mockserver.check.schemathesis import SINGLE, STATEFUL, search
from mockserver.check.selfcheck import preference_probes
from mockserver.check.transport import Unreachable
from mockserver.errors import nearest
from mockserver.messages import HttpRequest

Told = Callable[[Outcome], None]


def is_selected(identity: str, options: Options) -> bool:
    """Tell whether a test is asked for: by ``--only``, ``--skip`` and ``--shard``."""

    def named(words: tuple[str, ...]) -> bool:
        return any(is_named(word, identity) for word in words)

    if (options.only and not named(options.only)) or (options.skip and named(options.skip)):
        return False
    index, count = options.shard
    digest = blake2b(identity.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count == index - 1


def is_named(word: str, identity: str) -> bool:
    """Tell whether a word of ``--only`` or ``--skip`` means a test."""
    kind, _, rest = identity.partition("/")
    if word in KINDS:
        return word == kind
    return word in rest or ("/" in word and identity.startswith(word))  # as a report names it


def clean(collections: list[Collection]) -> None:
    """Delete what was created, as far as that works."""
    for collection in reversed(collections):  # what stands in an item goes before it
        with suppress(Skip, Unreachable):
            collection.clean()


def probes_of(run: Run, collections: list[Collection], *, mock: bool) -> Iterator[Probe]:
    """Yield every probe of ours in order; those that need what earlier ones found are made when their turn comes."""
    yield from case_probes(run)
    if mock:
        yield from preference_probes(run)
    yield from credential_probes(run)
    yield from conduct_probes(run)
    yield from robustness_probes(run)
    if not mock or run.fixtures.resources:  # by itself the mock keeps none
        yield from resource_probes(collections)
    yield from bound_probes(run)
    yield from policy_probes(run)


def check(
    run: Run,
    *,
    clock: Callable[[], float] = time.perf_counter,
    told: Told = lambda _: None,
    mock: bool = False,
) -> Report:
    """Run everything that is selected and return the report.

    Args:
        run: Target, document, fixtures and options.
        clock: Monotonic seconds.
        told: Called with each outcome as soon as it is known.
        mock: The target is our own mock.

    Raises:
        Unreachable: There is nobody to check.
    """
    began = clock()
    nowhere = run.exchange(HttpRequest("GET", f"/{run.chance.base62(12)}".encode()))
    if nowhere.answer is None:
        raise Unreachable(f"{run.transport.url} does not speak HTTP: {nowhere.error}")
    run.nowhere = nowhere.answer
    collections = list(find_collections(run))
    outcomes: list[Outcome] = []
    known: list[str] = []
    try:
        for outcome in _outcomes(run, collections, clock, mock=mock, ours=outcomes, known=known):
            outcomes.append(outcome)
            told(outcome)
    finally:
        clean(collections)
        run.transport.close()
    index, count = run.options.shard
    return Report(
        target=run.transport.url,
        title=run.api.title,
        seed=run.options.seed,
        outcomes=outcomes,
        coverage=coverage_of(run, outcomes),
        requests=run.transport.requests,
        seconds=clock() - began,
        shard="" if count == 1 else f"{index}/{count}",
        welcomed=dict(run.welcomed),
        lost=run.lost,
        unarmed=unarmed_of(run, outcomes),
        unnamed={} if run.options.fail_fast else _unnamed(run.options, known),
        base_paths=_base_paths(run),
    )


def _unnamed(options: Options, known: list[str]) -> dict[str, str | None]:
    """Return the words that name no test, each with the nearest that does."""
    words = [word for word in (*options.only, *options.skip) if word not in KINDS]
    wrong = [word for word in words if not any(is_named(word, identity) for identity in known)]
    parts = dict.fromkeys([*KINDS, *(part for one in known for part in one.split("/")), *known])
    return {word: nearest(word, parts) for word in wrong}


def _base_paths(run: Run) -> list[str]:
    """Return the base paths of the document's servers, as far as the target has no such end."""
    found = dict.fromkeys(path for one in run.api.operations for path in one.base_paths if path)
    return [path for path in found if not run.transport.url.endswith(path)]


def _outcomes(
    run: Run,
    collections: list[Collection],
    clock: Callable[[], float],
    *,
    mock: bool,
    ours: list[Outcome],
    known: list[str],
) -> Iterator[Outcome]:
    """Yield what each test came to; ``known`` gets the name of every one, selected or not."""

    def selected(identity: str) -> bool:
        known.append(identity)
        return is_selected(identity, run.options)

    end = clock() + run.options.most_seconds
    probes = (one for one in probes_of(run, collections, mock=mock) if selected(one.id))
    for outcome in execute(run, probes, clock):
        yield outcome
        if outcome.failures and run.options.fail_fast:
            return
    chosen = [one for one in run.api.operations if selected(f"schemathesis/{one.name}/{SINGLE}")]
    stateful = selected(f"schemathesis/server/{STATEFUL}") and len(run.api.operations) > 1
    if chosen or stateful:
        yield from search(
            run, ours, chosen, stateful=stateful, mock=mock, left=lambda: end - clock()
        )


def apply_baseline(report: Report, known: frozenset[str]) -> Report:
    """Return a report without the failures that a baseline knows: they are accepted, and what is gone is named."""
    accepted: list[Known] = []
    outcomes: list[Outcome] = []
    for outcome in report.outcomes:
        old = [one for one in outcome.failures if Known(outcome, one).identity in known]
        new = tuple(one for one in outcome.failures if one not in old)
        accepted += [Known(outcome, one) for one in old]
        state: State = "passed" if outcome.state == "failed" and not new else outcome.state
        outcomes.append(replace(outcome, failures=new, state=state))
    met = {one.identity for one in accepted}
    ran = {outcome.id for outcome in report.outcomes if outcome.state != "skipped"}
    gone = sorted(one for one in known - met if one.rpartition(": ")[0] in ran)
    return replace(report, outcomes=outcomes, accepted=accepted, gone=gone)
