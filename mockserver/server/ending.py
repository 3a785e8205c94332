"""SIGINT and SIGTERM end the process with status 0, at whatever moment they come."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn


class Ending:
    """What a signal has asked for.

    The handler raises ``SystemExit`` and says so here too: what is raised while the interpreter runs a callback of a weak
    reference, as imports do, goes nowhere.

    Attributes:
        asked: Whether a signal came.
    """

    def __init__(self) -> None:
        self.asked = False

    def handle(self, *_: object) -> None:
        """End the process, or have it end soon."""
        self.asked = True
        sys.exit(0)

    def check(self) -> None:
        """End the process where that was asked for and went nowhere."""
        if self.asked:
            sys.exit(0)


def exit_on_signals() -> Ending:
    """Listen to the signals, also before uvicorn holds them and after: it raises them again once it has stopped."""
    ending = Ending()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, ending.handle)
    return ending


class Server(uvicorn.Server):
    """uvicorn, which does not begin to wait where the process is to end.

    Args:
        config: uvicorn's.
        ending: What the handler heard that stood before uvicorn's own.
    """

    def __init__(self, config: uvicorn.Config, ending: Ending) -> None:
        super().__init__(config)
        self._ending = ending

    @contextmanager
    def capture_signals(self) -> Iterator[Any]:
        """Hold the signals, and take note of one that came before."""
        with super().capture_signals():
            if self._ending.asked:
                self.should_exit = True
            yield
