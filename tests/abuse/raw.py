"""Bytes over a socket, and the answers that come back."""

import socket
from collections.abc import Sequence
from typing import NamedTuple

PATIENCE = 15.0
"""Seconds after which a server that neither answers nor closes counts as hanging."""


class Seen(NamedTuple):
    """What a connection saw.

    Attributes:
        statuses: Of the complete answers, in order, ``100`` included.
        closed: The server closed, or reset, the connection.
        received: Everything.
    """

    statuses: list[int]
    closed: bool
    received: bytes


def talk(
    port: int,
    pieces: Sequence[bytes],
    *,
    answers: int,
    half_close: bool = False,
    head: bool = False,
) -> Seen:
    """Send bytes piece by piece, and read until so many answers are complete, or the server closes.

    An empty piece waits for one more answer before the next is sent.

    Raises:
        TimeoutError: The server did neither.
    """
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            for piece in pieces:
                connection.sendall(piece)
                if not piece:
                    received += connection.recv(65536)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it did not want to hear the rest; what it said may still be there
        while len(statuses_of(received, head=head)) < answers:
            try:
                chunk = connection.recv(65536)
            except ConnectionResetError:
                chunk = b""
            if not chunk:
                return Seen(statuses_of(received, head=head), True, received)
            received += chunk
    return Seen(statuses_of(received, head=head), False, received)


def statuses_of(received: bytes, *, head: bool = False) -> list[int]:
    """Return the statuses of the complete answers in what was received; those to HEAD have no body."""
    found = []
    while b"\r\n\r\n" in received:
        lines, _, received = received.partition(b"\r\n\r\n")
        first, *headers = lines.split(b"\r\n")
        status = int(first.split()[1])
        length = 0
        for line in headers:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            assert name.lower() != b"server", "the server tells what it is"
        if head or status in (100, 204, 304):
            length = 0
        if len(received) < length:
            break
        received = received[length:]
        found.append(status)
    return found
