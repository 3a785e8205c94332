"""How a run is held."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is held.

    Attributes:
        seed: Of everything that is drawn.
        safe: Only GET, HEAD and OPTIONS are sent.
        effort: ``quick`` and ``default`` repeat less than ``deep``.
        only, skip: Kinds, or parts of a probe's name.
        assume_states: What ``given`` asks for is taken to hold.
        most_seconds: After so long no further probe begins, and Schemathesis is ended.
        state_url: Where provider states are set; empty without one.
    """

    seed: str = "1"
    safe: bool = False
    effort: str = "default"
    only: tuple[str, ...] = ()
    skip: tuple[str, ...] = ()
    fail_fast: bool = False
    assume_states: bool = False
    state_url: str = ""
    timeout: float = 10.0
    most_seconds: float = 900.0
    rate: float | None = None
    ca: str | None = None
    shard: tuple[int, int] = (1, 1)
