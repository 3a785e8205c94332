"""The control API from Python: for tests, the pytest plugin and scripts; needs the standard library only."""

from mockserver.client.exchange import Exchange, Message
from mockserver.client.mock import MockServer, Pattern
from mockserver.client.wire import Answer, Wire
from mockserver.errors import ControlError
from mockserver.state.coverage import Coverage

__all__ = (
    "Answer",
    "ControlError",
    "Coverage",
    "Exchange",
    "Message",
    "MockServer",
    "Pattern",
    "Wire",
)
