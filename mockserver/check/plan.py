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
from mockserver.check.runner import Run, coverage_of, execute
from mockserver.check.schemathesis import SINGLE, STATEFUL, search
from mockserver.check.selfcheck import preference_probes
from mockserver.check.transport import Unreachable
from mockserver.messages import HttpRequest

Told = Callable[[Outcome], None]


def is_selected(identity: str, options: Options) -> bool:
    """Tell whether a test is asked for: by ``--only``, ``--skip`` and ``--shard``."""
    kind, _, rest = identity.partition("/")

    def is_named(word: str) -> bool:
        if word in KINDS:
            return word == kind
        return word in rest or ("/" in word and identity.startswith(word))  # as a report names it

    def named(words: tuple[str, ...]) -> bool:
        return any(map(is_named, words))

    if (options.only and not named(options.only)) or (options.skip and named(options.skip)):
        return False
    index, count = options.shard
    digest = blake2b(identity.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % count == index - 1


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
    first = run.exchange(HttpRequest("GET", b"/"))
    if first.answer is None:
        raise Unreachable(f"{run.transport.url} does not speak HTTP: {first.error}")
    collections = list(find_collections(run))
    outcomes: list[Outcome] = []
    try:
        for outcome in _outcomes(run, collections, clock, mock=mock, ours=outcomes):
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
    )


def _outcomes(
    run: Run,
    collections: list[Collection],
    clock: Callable[[], float],
    *,
    mock: bool,
    ours: list[Outcome],
) -> Iterator[Outcome]:
    end = clock() + run.options.most_seconds
    probes = (
        one for one in probes_of(run, collections, mock=mock) if is_selected(one.id, run.options)
    )
    for outcome in execute(run, probes, clock):
        yield outcome
        if outcome.failures and run.options.fail_fast:
            return
    chosen = [
        one
        for one in run.api.operations
        if is_selected(f"schemathesis/{one.name}/{SINGLE}", run.options)
    ]
    stateful = len(run.api.operations) > 1 and is_selected(
        f"schemathesis/server/{STATEFUL}", run.options
    )
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
