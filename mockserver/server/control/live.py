"""What the control API can see and change of a running server."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mockserver.errors import Finding
from mockserver.mocking.decide import Mock
from mockserver.server.watch import Reload
from mockserver.settings import Settings
from mockserver.state.journal import JournalView
from mockserver.state.store import Store


async def keep_nothing(_: str | None) -> None:
    """Keep a choice for nobody: there is one process."""


class Bell:
    """Wakes whoever waits for news; ringing costs next to nothing where nobody does."""

    def __init__(self) -> None:
        self._waiting: set[asyncio.Event] = set()

    def ring(self) -> None:
        """Wake everybody."""
        for event in self._waiting:
            event.set()

    async def wait(self, seconds: float) -> bool:
        """Wait for the next ring, at most so long; tell whether there was one."""
        event = asyncio.Event()
        self._waiting.add(event)
        try:
            await asyncio.wait_for(event.wait(), seconds)
        except TimeoutError:
            return False
        finally:
            self._waiting.discard(event)
        return True


@dataclass
class Live:
    """A running server, as its control API sees it.

    Attributes:
        mock: Returns what answers now.
        last_reload: Says how the last load went.
        reload: Loads the files again, in a thread.
        findings: What is sloppy about what is served.
        use_scenario: Makes a scenario the server's default, ``None`` none.
        keep_scenario: Keeps that choice for the other processes; ``StoreError`` where they cannot be told.
        tell: Tells the other processes of ``changed`` or ``reload``, soon.
        started: Seconds since the epoch.
        now: Seconds since the epoch.
        folder: The working directory, below which reports of checks are.
        changes: Counts what was changed by the API, for those who follow it.
        checking: A check of the mock itself is under way.
        stopping: The server is about to end: streams shall.
    """

    settings: Settings
    store: Store
    journal: JournalView
    mock: Callable[[], Mock]
    now: Callable[[], float]
    last_reload: Callable[[], Reload] = Reload
    reload: Callable[[], object] = lambda: None
    findings: Callable[[], Sequence[Finding]] = tuple
    use_scenario: Callable[[str | None], object] = lambda _: None
    keep_scenario: Callable[[str | None], Awaitable[object]] = keep_nothing
    tell: Callable[[str], object] = lambda _: None
    seed: str = ""
    url: str = ""
    started: float = 0.0
    folder: Path = field(default_factory=Path)
    admin_token: str | None = None
    bell: Bell = field(default_factory=Bell)
    changes: int = 0
    checking: bool = False
    stopping: Callable[[], bool] = lambda: False

    def changed(self) -> None:
        """Tell those who follow that something was changed."""
        self.heard_of_change()
        self.tell("changed")

    def heard_of_change(self) -> None:
        """Tell those who follow this process that something was changed."""
        self.changes += 1
        self.bell.ring()
