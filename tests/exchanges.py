"""Exchanges as tests write them: every value by its name, whichever part of an exchange it belongs to."""

from typing import Any

from mockserver.state.exchange import OVERHEAD, About, Exchange

_DEFAULTS: dict[str, Any] = {
    "id": "r-1",
    "time": 0.0,
    "duration": 0.0,
    "response_body": b"",
    "session": "default",
    "method": "GET",
    "path": b"/",
    "query": b"",
    "operation": None,
    "status": 200,
    "case": None,
    "scenario": None,
    "token": None,
    "why": "",
    "violations": (),
    "error": None,
    "request_headers": (),
    "request_body": b"",
    "response_headers": (),
}


def exchange_of(**values: Any) -> Exchange:
    """Return an exchange of these values, and of nothing in particular where none is given."""
    given = _DEFAULTS | values
    given.setdefault("weight", OVERHEAD + len(given["request_body"]))
    about = About(**{name: given.pop(name) for name in About._fields})
    return Exchange(**given, about=about)


def changed(one: Exchange, **values: Any) -> Exchange:
    """Return an exchange with other values."""
    own = {name: getattr(one, name) for name in ("id", "time", "duration", "response_body")}
    shared = one.about._asdict()
    shared.pop("weight") if "request_body" in values else None
    return exchange_of(**own | shared | values)
