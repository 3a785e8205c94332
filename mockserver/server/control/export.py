"""The journal for other tools: HAR 1.2 (http://www.softwareishard.com/blog/har-12-spec/) and Prometheus."""

import base64
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from mockserver import __version__
from mockserver.messages import HeaderPair
from mockserver.mocking.decide import Mock
from mockserver.server.control.live import Live
from mockserver.state.exchange import Exchange, Served

Json = dict[str, object]


def har(exchanges: Iterable[Exchange], url: str) -> Json:
    """Return exchanges as a HAR document; bodies as far as the journal keeps them."""
    creator = {"name": "mockserver", "version": __version__}
    entries = [_entry(one, url) for one in exchanges]
    return {"log": {"version": "1.2", "creator": creator, "entries": entries}}


def _entry(one: Exchange, url: str) -> Json:
    milliseconds = round(one.duration * 1000, 3)
    query = one.query.decode("latin-1")
    target = f"{url}{one.path.decode('latin-1')}" + (f"?{query}" if query else "")
    request: Json = {
        "method": one.method,
        "url": target,
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _headers(one.request_headers),
        "queryString": [{"name": name, "value": value} for name, value in parse_qsl(query, keep_blank_values=True)],
        "headersSize": -1,
        "bodySize": len(one.request_body),
    }  # fmt: skip
    if one.request_body:
        text = one.request_body.decode("utf-8", "replace")
        request["postData"] = {"mimeType": _type(one.request_headers), "text": text}
    return {
        "startedDateTime": datetime.fromtimestamp(one.time, UTC).isoformat(),
        "time": milliseconds,
        "request": request,
        "response": {
            "status": one.status,
            "statusText": "",
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _headers(one.response_headers),
            "content": _content(one),
            "redirectURL": _header(one.response_headers, b"location"),
            "headersSize": -1,
            "bodySize": len(one.response_body),
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": one.why,
        "_id": one.id,
        "_session": one.session,
    }


def _headers(pairs: Sequence[HeaderPair]) -> list[Json]:
    return [{"name": name.decode("latin-1"), "value": value.decode("latin-1")} for name, value in pairs]  # fmt: skip


def _header(pairs: Sequence[HeaderPair], wanted: bytes) -> str:
    return next((value.decode("latin-1") for name, value in pairs if name == wanted), "")


def _type(pairs: Sequence[HeaderPair]) -> str:
    return _header(pairs, b"content-type") or "application/octet-stream"


def _content(one: Exchange) -> Json:
    content: Json = {"size": len(one.response_body), "mimeType": _type(one.response_headers)}
    if not one.response_body:
        return content
    try:
        return {**content, "text": one.response_body.decode("utf-8")}
    except UnicodeDecodeError:
        text = base64.b64encode(one.response_body).decode()
        return {**content, "text": text, "encoding": "base64"}


def metrics(mock: Mock, served: "Counter[Served]", live: Live) -> str:
    """Return counts in the text format of Prometheus; labelled by operation, never by path."""
    counts: Counter[tuple[str, int]] = Counter()
    for one, count in served.items():
        counts[one.operation or "", one.status] += count
    lines = [
        "# HELP mockserver_requests_total Requests that were answered.",
        "# TYPE mockserver_requests_total counter",
    ]
    lines += [
        f'mockserver_requests_total{{operation="{_escaped(operation)}",status="{status}"}} {count}'
        for (operation, status), count in sorted(counts.items())
    ]
    gauges = {
        "mockserver_operations": ("Operations of the document.", len(mock.api.operations)),
        "mockserver_journal_entries": ("Exchanges that are kept.", live.journal.kept),
        "mockserver_up_seconds": ("Seconds since the start.", round(live.now() - live.started, 3)),
        "mockserver_reload_ok": ("Whether the last reload went well.", int(live.last_reload().state == "ok")),
    }  # fmt: skip
    if not live.store.local:
        notes, degraded = live.journal.notes(), getattr(live.store, "degraded", False)
        gauges |= {
            "mockserver_degraded": ("Whether the shared store is away.", int(degraded)),
            "mockserver_journal_waiting": ("Exchanges that wait for the shared store.", _number(notes, "waiting")),
            "mockserver_journal_dropped": ("Exchanges that had no room to wait.", _number(notes, "dropped")),
        }  # fmt: skip
    for name, (text, value) in gauges.items():
        lines += [f"# HELP {name} {text}", f"# TYPE {name} gauge", f"{name} {value}"]
    return "\n".join([*lines, ""])


def _number(notes: dict[str, object], name: str) -> int:
    found = notes[name]
    assert isinstance(found, int)
    return found


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
