"""A running server, seen from one session: what it answers is chosen here, what was asked of it is read.

Decides nothing: scenarios, counts and nearest misses are the server's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import copy
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import quote, urlencode, urlsplit

from mockserver.client.exchange import Exchange
from mockserver.client.transport import Transport
from mockserver.client.wire import Answer, HttpWire, Wire
from mockserver.errors import ControlError
from mockserver.state.coverage import Coverage

Pattern = Mapping[str, object]
"""What is asked of a request: ``operation``, ``method``, ``path``, ``case``, ``scenario``, ``token``, ``status`` (``404`` or
``"4XX"``), ``query`` and ``headers`` (name to value), ``body`` (JSON Pointer to value). A value is a literal,
``{"matches": regex}`` or ``{"absent": True}``."""

DEFAULT_SESSION = "default"
_EVERY = 99_999


class MockServer:
    """A server that runs, seen from one session of it.

    Attributes:
        session_name: ``default`` is everybody's who names none.

    Args:
        url: Without a session, such as ``http://127.0.0.1:4010``.
        session: Its name.
        token: The server's admin token, where it asks for one.
        prefix: Of its control API.
        timeout: Seconds that an answer may take.
        wire: How requests get there, where not by a connection to ``url``.
    """

    def __init__(
        self,
        url: str,
        *,
        session: str = DEFAULT_SESSION,
        token: str | None = None,
        prefix: str = "/__mock",
        timeout: float = 10.0,
        wire: Wire | None = None,
    ) -> None:
        self.session_name = session
        self._root = url.rstrip("/")
        self._token = token
        self._prefix = prefix
        self._timeout = timeout
        self._wire = wire or HttpWire(self._root)

    @property
    def url(self) -> str:
        """Return the base URL whose requests belong to the session."""
        return self._url(None)

    def _url(self, scenario: str | None) -> str:
        session = "" if self.session_name == DEFAULT_SESSION else f"@{_quoted(self.session_name)}"
        chosen = f"{_quoted(scenario or '')}{session}"
        return f"{self._root}/~{chosen}" if chosen else self._root

    def session(self, name: str) -> Self:
        """Return the same server, seen from another session."""
        found = copy(self)
        found.session_name = name
        return found

    # What is answered

    def use(self, scenario: str | None, *, everyone: bool = False) -> None:
        """Choose the session's scenario, or that of all who have not chosen one; ``None`` chooses none."""
        if everyone:
            self.ask("PUT", "/default-scenario", {"scenario": scenario})
        else:
            self.ask("PATCH", self._session, {"scenario": scenario})

    @contextmanager
    def scenario(self, name: str) -> Iterator[str]:
        """Use a scenario for a while, and give the base URL that names it; afterwards it is as it was."""
        before = self._chosen()
        self.use(name)
        try:
            yield self._url(name)
        finally:
            self.use(before)

    def _chosen(self) -> str | None:
        try:
            found: str | None = self.ask("GET", self._session)["scenario"]
        except ControlError as error:
            if error.slug != "no-such-session":
                raise
            return None
        return found

    def force(
        self,
        operation: str,
        *,
        case: str | None = None,
        status: int | None = None,
        example: str | None = None,
        times: int | None = None,
        force: bool = False,
    ) -> None:
        """Answer an operation with a case or a status, so many times or until ``reset``; ``force`` without checks."""
        body = {"case": case, "status": status, "example": example, "times": times, "force": force}
        self.ask("PUT", f"{self._session}/overrides/{_quoted(operation)}", body)

    def stop_forcing(self, operation: str) -> None:
        """Answer an operation as if it had never been forced."""
        self.ask("DELETE", f"{self._session}/overrides/{_quoted(operation)}")

    def reset(self) -> None:
        """Make the session forget everything, its exchanges included."""
        self.ask("POST", f"{self._session}/reset", {})
        self.ask("DELETE", f"/journal?{urlencode({'session': self.session_name})}")

    def delete(self) -> None:
        """Forget the session; its exchanges stay in the journal."""
        self.ask("DELETE", self._session)

    def reload(self) -> None:
        """Load document and fixtures again."""
        self.ask("POST", "/reload", {})

    # What was asked for

    def calls(
        self,
        operation: str | None = None,
        *,
        status: int | str | None = None,
        path: str | None = None,
        method: str | None = None,
        case: str | None = None,
        text: str | None = None,
    ) -> list[Exchange]:
        """Return the session's exchanges, oldest first.

        Args:
            operation: Its name.
            status: ``404``, or a range such as ``"4XX"``.
            path: A beginning of the path, without the session.
            method: As GET.
            case: Its name.
            text: Anywhere in either message, in any case.
        """
        asked = {"operation": operation, "status": status, "method": method, "case": case, "text": text}  # fmt: skip
        query = {name: str(value) for name, value in asked.items() if value is not None}
        query |= {"session": self.session_name, "limit": str(_EVERY)}
        found = self.ask("GET", f"/journal?{urlencode(query)}")["entries"]
        rows = [Exchange.read(row, self._exchange) for row in found]
        return [row for row in rows if path is None or row.bare_path.startswith(path)]

    def _exchange(self, identity: str) -> Any:
        return self.ask("GET", f"/journal/{_quoted(identity)}")

    def assert_called(
        self,
        operation: str | None = None,
        *,
        times: int | None = None,
        at_least: int | None = None,
        at_most: int | None = None,
        never: bool = False,
        match: Pattern | None = None,
        order: Sequence[str | Pattern] | None = None,
    ) -> None:
        """Hold the session's exchanges to an expectation: by default, at least one.

        Args:
            operation: Its name.
            times: Exactly so many.
            at_least: So many or more.
            at_most: So many or less.
            never: None at all.
            match: What else is asked of a request.
            order: Operations or patterns, each met after the one before it; stands alone.

        Raises:
            AssertionError: It does not hold; the message has the nearest misses, field by field.
            ControlError: The server cannot tell, which is no answer.
        """
        __tracebackhide__ = True
        counts = {"exactly": 0 if never else times, "at_least": at_least, "at_most": at_most}
        wanted = {name: count for name, count in counts.items() if count is not None}
        body: dict[str, object] = {"session": self.session_name}
        if order is not None:
            if operation is not None or wanted or match is not None:
                raise ValueError("order stands alone")
            body["order"] = [{"operation": one} if isinstance(one, str) else one for one in order]
        else:
            if ("exactly" in wanted and len(wanted) > 1) or (never and times is not None):
                raise ValueError("one of times, never, or at_least and at_most")
            named = {} if operation is None else {"operation": operation}
            body |= {"request": {**(match or {}), **named}, "times": wanted}
        verdict = self.ask("POST", "/verify", body)
        if not verdict["passed"]:
            raise AssertionError(verdict["message"])

    def coverage(self) -> Coverage:
        """Return what was served: of a session as far as the journal keeps it, of ``default`` to everybody ever."""
        named = {} if self.session_name == DEFAULT_SESSION else {"session": self.session_name}
        return Coverage.read(self.ask("GET", f"/coverage?{urlencode(named)}"))

    def transport(self) -> Any:
        """Return a transport for ``httpx.Client`` and ``httpx.AsyncClient``: whatever host they ask, the mock answers.

        Works with httpx and httpx2, and needs neither: hence no type that could be named.
        """
        return Transport(self._wire, self.session_name)

    # How

    @property
    def _session(self) -> str:
        return f"/sessions/{_quoted(self.session_name)}"

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Return what the control API answers below its prefix, ``None`` where it has nothing to say.

        Raises:
            ControlError: It refuses, or there is none.
        """
        raw = b"" if body is None else json.dumps(body).encode()
        headers = [("Host", urlsplit(self._root).netloc)]
        if body is not None:
            headers.append(("Content-Type", "application/json"))
        if self._token:
            headers.append(("Authorization", f"Bearer {self._token}"))
        try:
            found = self._wire(method, f"{self._prefix}{path}", headers, raw, self._timeout)
        except (OSError, HTTPException) as error:
            reason = str(error) or type(error).__name__
            raise ControlError(f"{self._root} does not answer: {reason}") from None
        try:
            value = json.loads(found.body) if found.body else None
        except ValueError:
            value = None
        if found.status >= 400 or (value is None and found.status != 204):
            told = value if isinstance(value, dict) else {}
            detail = told.get("detail") or f"{self._root} answers {found.status}: is it a mock server?"  # fmt: skip
            raise ControlError(detail, found.status, _slug(found))
        return value


def _quoted(name: str) -> str:
    return quote(name, safe="")


def _slug(answer: Answer) -> str:
    return next((value for name, value in answer.headers if name.lower() == "x-mock-error"), "")
