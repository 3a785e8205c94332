"""The mock behind ``httpx.Client(transport=…)``: what an application sends to any host, a session of the mock answers.

Neither httpx nor httpx2 is imported: the request says whose it is, and gets an answer of the same library.
"""

import asyncio
import sys
from http.client import HTTPException
from typing import Any, Self
from urllib.parse import quote

from mockserver.client.wire import Answer, Wire

_OURS = ("content-length", "transfer-encoding")
"""Headers that the wire sets, because it has the whole body."""


class Transport:
    """Hands requests of httpx to a wire.

    Args:
        wire: Where they go.
        session: Whose they are, where they do not say so themselves.
    """

    def __init__(self, wire: Wire, session: str) -> None:
        self._wire = wire
        self._session = quote(session, safe="")

    def handle_request(self, request: Any) -> Any:
        """Answer a request of a ``Client``."""
        return self._answer(request, request.read())

    async def handle_async_request(self, request: Any) -> Any:
        """Answer a request of an ``AsyncClient``, on asyncio."""
        return await asyncio.to_thread(self._answer, request, await request.aread())

    def _answer(self, request: Any, body: bytes) -> Any:
        library = sys.modules[type(request).__module__.partition(".")[0]]
        pairs = [
            (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.headers.raw
        ]
        headers = [pair for pair in pairs if pair[0].lower() not in _OURS]
        if "x-mock-session" not in request.headers:
            headers.append(("X-Mock-Session", self._session))
        target = request.url.raw_path.decode("ascii")
        seconds = (request.extensions.get("timeout") or {}).get("read")
        try:
            found = self._wire(request.method, target, headers, body, seconds)
        except TimeoutError as error:
            raise library.ReadTimeout(str(error), request=request) from error
        except HTTPException as error:
            raise library.RemoteProtocolError(str(error), request=request) from error
        except OSError as error:
            raise library.ReadError(str(error), request=request) from error
        return _response(library, found)

    # What a client asks of its transport beside that.

    def close(self) -> None:
        """Do nothing: there is nothing to close."""

    async def aclose(self) -> None:
        """Do nothing."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


def _response(library: Any, found: Answer) -> Any:
    return library.Response(found.status, headers=list(found.headers), content=found.body)
