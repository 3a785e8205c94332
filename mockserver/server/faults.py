"""Does to an answer on its way what a decision says: resets, cuts, drips.

Dripping is plain ASGI. The others end the connection, which only our own protocol lends (the extension ``CUT`` of
``wire``); on another ASGI server they become a problem that says so.
"""

import asyncio
from collections.abc import Callable, Sequence
from itertools import pairwise

from mockserver.messages import HeaderPair, HttpResponse, problem
from mockserver.mocking.decision import Decision, WireFault
from mockserver.server.wire import CUT, Scope, Send


def feasible(decision: Decision, scope: Scope) -> Decision:
    """Return a decision whose fault this ASGI server can do; another one answers with a problem."""
    fault = decision.fault
    if fault is None or fault.kind == "drip" or CUT in (scope.get("extensions") or {}):
        return decision
    response = problem(
        501,
        "fault-not-possible",
        "This server cannot do that to an answer",
        f"the fault {fault.kind!r} ends the connection, which this ASGI server does not lend; 'mockserver serve' does it",
    )
    explained = [pair for pair in decision.response.headers if pair[0].startswith(b"x-mock-")]
    response = response._replace(headers=(*response.headers, *explained))
    why = f"{decision.reasons.why}: not possible on this ASGI server"
    reasons = decision.reasons._replace(why=why, error="fault-not-possible")
    return decision._replace(response=response, reasons=reasons, fault=None)


async def send_faulty(
    send: Send,
    cut: Callable[..., None] | None,
    response: HttpResponse,
    fault: WireFault,
    *,
    extra: Sequence[HeaderPair] = (),
) -> None:
    """Send an answer as the fault wants it; its body is not empty where the fault needs one.

    Args:
        send: ASGI's.
        cut: Ends the connection; ``None`` where only dripping was found feasible.
        response: Without ``Content-Length``.
        fault: What happens to it.
        extra: Headers of this one answer, after its own.
    """
    status, headers, body = response
    if fault.kind == "connection-reset" or fault.kind == "empty-response":
        assert cut is not None
        cut(reset=fault.kind == "connection-reset")
        return
    length = (b"content-length", b"%d" % len(body))
    start = {"type": "http.response.start", "status": status, "headers": [*headers, *extra, length]}
    await send(start)
    if fault.kind == "drip":
        await _drip(send, body, fault)
    else:
        await send(
            {"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True}
        )
        assert cut is not None
        cut(reset=False)


async def _drip(send: Send, body: bytes, fault: WireFault) -> None:
    """Send a body in pieces of about the same size, the pauses between them alike."""
    pieces, patient = fault.pieces, True
    bounds = [len(body) * number // pieces for number in range(pieces + 1)]
    for begin, end in pairwise(bounds):
        if begin and patient:
            patient = await pause(fault.over / (pieces - 1))
        more = end < len(body)
        await send({"type": "http.response.body", "body": body[begin:end], "more_body": more})


async def pause(seconds: float) -> bool:
    """Wait; ``False`` where the server stops meanwhile: the answer goes out early rather than never."""
    try:
        await asyncio.sleep(seconds)
    except asyncio.CancelledError:
        return False
    return True
