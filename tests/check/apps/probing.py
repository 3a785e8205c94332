"""What an app answers to a probe, byte by byte, over a socket."""

import socket
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from time import perf_counter

from tests.check.apps.exchange import SLOW_SECONDS, Fault, Sent


@dataclass(frozen=True)
class Seen:
    """One answer as it stood on the wire; ``Date`` is left out."""

    status: int | None
    headers: tuple[str, ...]
    body: bytes
    slow: bool


def encode(request: Sent, authorization: str) -> bytes:
    """Write a request, with its oddities; the connection ends with the answer."""
    headers = [("Host", "localhost"), ("Connection", "close")]
    value = authorization if request.authorization == "" else request.authorization
    if value is not None:
        headers.append(("Authorization", value))
    if request.body is not None:
        headers.append(("Content-Length", str(len(request.body))))
    lines = [f"{request.method} {request.target} HTTP/{request.http_version}"]
    lines += [f"{name}: {value}" for name, value in (*headers, *request.headers)]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + (request.body or b"")


def read(port: int, data: bytes) -> Seen:
    begun = perf_counter()
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(data)
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    slow = perf_counter() - begun > SLOW_SECONDS - 0.5
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    kept = tuple(sorted(line for line in lines if not line.lower().startswith("date:")))
    return Seen(int(first.split(" ")[1]) if first else None, kept, body, slow)


def observe(port: int, fault: Fault, authorization: str) -> Sequence[object]:
    """Return what a fault's probe shows.

    Of requests at the same time the order is open: then it is the statuses, sorted, and how many bodies there are.
    """
    requests = [encode(request, authorization) for request in fault.probe]
    if not fault.together:
        return [read(port, request) for request in requests]
    gate = threading.Barrier(len(requests))

    def released(request: bytes) -> Seen:
        gate.wait(timeout=30)
        return read(port, request)

    with ThreadPoolExecutor(len(requests)) as pool:
        seen = list(pool.map(released, requests))
    later = [read(port, encode(request, authorization)) for request in fault.afterwards]
    return [sorted(str(one.status) for one in seen), len({one.body for one in seen}), *later]
