"""HTTP/1.1 over real sockets, written down to the octet: a client that hides nothing of what a server sends.

Libraries repair, follow and merge; a checker must see. Connections are kept per thread and opened anew when the
server closed them.
"""

import re
import selectors
import socket
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from mockserver.check.model import HttpAnswer
from mockserver.messages import HeaderPair, HttpRequest

MOST_BODY = 32 * 1024 * 1024
_PEEK_SECONDS = 0.02
_PEEKS = 5
"""How often to wait for octets that should not follow an answer without content: a server that sends them does so each
time, and twenty milliseconds for every DELETE were half of the time of a check."""
_STREAM_SECONDS = 1.0
_NO_BODY = (204, 304)
_WITH_DIGIT = re.compile(rb"[^/]*[0-9][^/]*")
_QUICKACK: int | None = getattr(socket, "TCP_QUICKACK", None)
"""Servers that write head and body apart wait 40 ms for a delayed acknowledgement (Linux, tcp(7))."""


class Unreachable(Exception):
    """No connection, or TLS trouble; the message is for people."""


class NoAnswer(Exception):
    """A connection, but no answer that can be read.

    Attributes:
        is_timeout: It did not come in time.
    """

    is_timeout = False


class Transport:
    """Sends requests to one base URL.

    Args:
        url: ``http`` or ``https``, with a path where the API stands below one.
        timeout: Seconds that one answer may take.
        rate: Requests in a second at most; ``None`` without a limit.
        ca: File of certificates to trust beside those of the system.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout: float = 10.0,
        rate: float | None = None,
        ca: str | None = None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Unreachable(f"{url!r} is not a URL such as http://127.0.0.1:8000")
        try:
            self._port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            raise Unreachable(f"{url!r} has no port from 1 to 65535") from None
        self.authority = parts.netloc.rpartition("@")[2]
        self.url = f"{parts.scheme}://{self.authority}{parts.path.rstrip('/')}"
        self.base_path = parts.path.rstrip("/")
        self._host = parts.hostname
        self._timeout = timeout
        self._clock = clock
        self._between = 1 / rate if rate else 0.0
        self._next = 0.0
        self._turn = threading.Lock()
        self._context = _context(ca) if parts.scheme == "https" else None
        self._kept = threading.local()
        self._opened: set[socket.socket] = set()
        self._peeks: Counter[tuple[int, bytes]] = Counter()
        self.requests = 0

    def send(
        self,
        request: HttpRequest,
        *,
        version: str = "1.1",
        close: bool = False,
        bare: bool = False,
    ) -> HttpAnswer:
        """Send a request below the base path, in this ``version`` of HTTP.

        With ``close`` on a connection of its own, which is read to its end; a ``bare`` request gets no ``Host``
        and no ``Content-Length``.

        Raises:
            Unreachable: No connection.
            NoAnswer: Nothing came, or what came is no HTTP.
        """
        data = self.write(request, version=version, close=close, bare=bare)
        return self.raw(data, request.method, close=close or version != "1.1")

    def write(
        self, request: HttpRequest, *, version: str = "1.1", close: bool = False, bare: bool = False
    ) -> bytes:
        """Return a request as it goes over the wire."""
        target = (
            self.base_path.encode()
            + request.path
            + (b"?" + request.query if request.query else b"")
        )
        headers: list[HeaderPair] = [] if bare else [(b"host", self.authority.encode())]
        names = {name for name, _ in request.headers}
        if not bare:
            if b"accept-encoding" not in names:
                headers.append((b"accept-encoding", b"identity"))
            framed = names & {b"content-length", b"transfer-encoding"}
            if not framed and (request.body or request.method in ("POST", "PUT", "PATCH")):
                headers.append((b"content-length", str(len(request.body)).encode()))
            if close:
                headers.append((b"connection", b"close"))
        lines = [f"{request.method} ".encode() + target + f" HTTP/{version}".encode()]
        lines += [_title(name) + b": " + value for name, value in (*headers, *request.headers)]
        return b"\r\n".join(lines) + b"\r\n\r\n" + request.body

    def raw(self, data: bytes, method: str, *, close: bool) -> HttpAnswer:
        """Send octets and read one answer to ``method``."""
        self._await_turn()
        began = self._clock()
        if close:
            connection = self._connect()
            with connection:
                return self._exchange(_Reader(connection), data, method, began, close=True)
        reader: _Reader | None = getattr(self._kept, "reader", None)
        if reader is not None and not reader.stale():
            with suppress(_Closed):
                return self._keep(reader, data, method, began)
        return self._keep(_Reader(self._connect()), data, method, began)

    def _await_turn(self) -> None:
        """Count a request, and wait where a rate is to be kept."""
        with self._turn:
            self.requests += 1
            if self._between:
                now = self._clock()
                wait = self._next - now
                self._next = max(now, self._next) + self._between
                if wait > 0:
                    time.sleep(wait)

    def close(self) -> None:
        """Close what is still open."""
        for connection in self._opened:
            connection.close()

    def _keep(self, reader: "_Reader", data: bytes, method: str, began: float) -> HttpAnswer:
        self._kept.reader = None
        try:
            answer = self._exchange(reader, data, method, began, close=False)
        except BaseException:
            self._opened.discard(reader.connection)
            reader.connection.close()
            raise
        if answer.problems or "close" in answer.header("connection").lower() or reader.ended:
            self._opened.discard(reader.connection)
            reader.connection.close()
        else:
            self._kept.reader = reader
            self._opened.add(reader.connection)
        return answer

    def _connect(self) -> socket.socket:
        try:
            connection = socket.create_connection((self._host, self._port), self._timeout)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Unreachable(f"{self.authority} is not reachable: {reason}") from None
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self._context is None:
            return connection
        try:
            return self._context.wrap_socket(connection, server_hostname=self._host)
        except OSError as error:
            connection.close()
            raise Unreachable(f"TLS with {self.authority} failed: {_tls_reason(error)}") from None

    def _exchange(
        self, reader: "_Reader", data: bytes, method: str, began: float, *, close: bool
    ) -> HttpAnswer:
        try:
            with suppress(BrokenPipeError, ConnectionResetError):  # it may have answered before
                reader.connection.sendall(data)
            status, version, headers = reader.head()
            while 100 <= status < 200:
                status, version, headers = reader.head()
            peek = 0.0 if method != "HEAD" and status not in _NO_BODY else self._peek(status, data)
            body, problems = reader.body(method, status, headers, close=close, peek=peek)
        except TimeoutError:
            late = NoAnswer(f"no complete answer within {self._timeout:g} s")
            late.is_timeout = True
            raise late from None
        except (ConnectionError, ssl.SSLError, OSError) as error:
            raise NoAnswer(f"the connection broke: {error}") from None
        return HttpAnswer(status, headers, body, version, self._clock() - began, tuple(problems))

    def _peek(self, status: int, data: bytes) -> float:
        """Return for how many seconds to wait for what should not follow: some, the first times that such an answer comes."""
        key = status, _WITH_DIGIT.sub(b"*", data[: data.find(b" HTTP/")].partition(b"?")[0])
        self._peeks[key] += 1
        return _PEEK_SECONDS if self._peeks[key] <= _PEEKS else 0.0


class _Closed(Exception):
    """A kept connection ended before an answer began."""


def _context(ca: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if ca:
        try:
            context.load_verify_locations(ca)
        except OSError as error:
            raise Unreachable(f"the certificates in {ca} cannot be read: {error}") from None
    return context


def _tls_reason(error: OSError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{error.verify_message}; --ca trusts another certificate"
    return str(getattr(error, "reason", None) or error)


def _is_readable(connection: socket.socket, seconds: float) -> bool:
    """Tell whether there is something to read, within a time."""
    with selectors.DefaultSelector() as selector:
        selector.register(connection, selectors.EVENT_READ)
        return bool(selector.select(seconds))


def _title(name: bytes) -> bytes:
    return b"-".join(part.capitalize() for part in name.split(b"-"))


class _Reader:
    """Reads answers from one connection."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.ended = False
        self._buffer = b""
        self._answers = 0

    def stale(self) -> bool:
        """Tell whether a kept connection was closed meanwhile, or holds what nobody asked for."""
        if self._buffer or _is_readable(self.connection, 0):
            self.connection.close()
            return True
        return False

    def _more(self) -> bool:
        if _QUICKACK is not None:
            self.connection.setsockopt(socket.IPPROTO_TCP, _QUICKACK, 1)
        chunk = self.connection.recv(65536)
        if not chunk:
            self.ended = True
            return False
        self._buffer += chunk
        return True

    def head(self) -> tuple[int, str, tuple[HeaderPair, ...]]:
        """Read a status line and headers."""
        while b"\r\n\r\n" not in self._buffer:
            if len(self._buffer) > 262_144:
                raise NoAnswer("the head of the answer never ends")
            if not self._more():
                if not self._buffer and self._answers:
                    raise _Closed
                what = "half an answer" if self._buffer else "no answer"
                raise NoAnswer(f"the connection was closed with {what}")
        head, _, self._buffer = self._buffer.partition(b"\r\n\r\n")
        first, *lines = head.split(b"\r\n")
        version, _, rest = first.partition(b" ")
        code = rest[:3]
        if not version.startswith(b"HTTP/1.") or not code.isdigit():
            raise NoAnswer(f"this is no status line: {first[:80]!r}")
        self._answers += 1
        headers = []
        for line in lines:
            name, _, value = line.partition(b":")
            headers.append((name.lower(), value.strip(b" \t")))
        return int(code), version[5:].decode(), tuple(headers)

    def body(
        self,
        method: str,
        status: int,
        headers: Sequence[HeaderPair],
        *,
        close: bool,
        peek: float = 0.0,
    ) -> tuple[bytes, list[str]]:
        """Read a body as its framing says (RFC 9112 §6.3); return it and what is wrong with the framing.

        Where there should be none, octets that come within ``peek`` seconds are wrong.
        """
        lengths = {value for name, value in headers if name == b"content-length"}
        chunked = any(
            name == b"transfer-encoding" and b"chunked" in value.lower() for name, value in headers
        )
        problems: list[str] = []
        if method == "HEAD" or status in _NO_BODY:
            self._rest(peek, close=close)
            if self._buffer:
                what = "an answer to HEAD" if method == "HEAD" else f"a {status}"
                problems.append(
                    f"{what} has no content, {len(self._buffer)} octets came (RFC 9110 §6.4.1)"
                )
                body, self._buffer = self._buffer, b""
                return body, problems
            return b"", problems
        kinds = [value.lower() for name, value in headers if name == b"content-type"]
        if any(kind.startswith(b"text/event-stream") for kind in kinds):
            return self._begun(chunked=chunked), problems
        if chunked and lengths:
            problems.append("both Content-Length and Transfer-Encoding were sent (RFC 9112 §6.2)")
        if len(lengths) > 1:
            problems.append("Content-Length was sent twice with two values (RFC 9110 §8.6)")
        if chunked:
            return self._chunks(problems), problems
        if lengths:
            text = next(iter(lengths))
            if not text.isdigit():
                problems.append(f"Content-Length is no number: {text[:20]!r} (RFC 9110 §8.6)")
                return b"", problems
            return self._counted(int(text), problems, close=close), problems
        while self._more():
            pass
        body, self._buffer = self._buffer, b""
        return body, problems

    def _begun(self, *, chunked: bool) -> bytes:
        """Return the beginning of a stream that has no end (HTML, server-sent events); the connection is of no more use."""
        if not self._buffer and _is_readable(self.connection, _STREAM_SECONDS):
            self._more()
        self.ended = True
        if chunked:
            size, _, rest = self._buffer.partition(b"\r\n")
            return rest[: int(size, 16)] if rest else b""
        return self._buffer

    def _counted(self, length: int, problems: list[str], *, close: bool) -> bytes:
        while len(self._buffer) < length:
            if len(self._buffer) > MOST_BODY or not self._more():
                problems.append(
                    f"Content-Length promises {length} octets, {len(self._buffer)} came (RFC 9112 §6.3)"
                )
                length = len(self._buffer)
        body, self._buffer = self._buffer[:length], self._buffer[length:]
        if close:
            self._rest(0.0, close=True)
        if self._buffer:
            problems.append(
                f"Content-Length promises {length} octets, {len(self._buffer)} more came (RFC 9112 §6.3)"
            )
        return body

    def _rest(self, peek: float, *, close: bool) -> None:
        """Take what should not be there: to the end of the connection, or what comes within some seconds."""
        if close:
            with suppress(OSError):
                while self._more():
                    pass
            return
        if _is_readable(self.connection, 0 if self._buffer else peek):
            self._more()

    def _chunks(self, problems: list[str]) -> bytes:
        found = b""
        while True:
            size = self._line().partition(b";")[0].strip()
            try:
                count = int(size, 16)
            except ValueError:
                problems.append("the chunks end before their end (RFC 9112 §7.1)")
                return found
            if count == 0:
                while self._line():
                    pass
                return found
            while len(self._buffer) < count + 2 and self._more():
                pass
            found += self._buffer[:count]
            self._buffer = self._buffer[count + 2 :]

    def _line(self) -> bytes:
        while b"\r\n" not in self._buffer:
            if not self._more():
                return b""
        line, _, self._buffer = self._buffer.partition(b"\r\n")
        return line
