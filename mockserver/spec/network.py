"""Fetches documents that references name on the network, where ``--allow-network`` says so: bounded, http only.

Nothing of the environment takes part (no proxies, no credentials), and a document from the network refers to nothing
but the network.
"""

from http.client import HTTPException
from urllib.error import URLError
from urllib.request import HTTPRedirectHandler, OpenerDirector, ProxyHandler, Request, build_opener

from mockserver.errors import Finding, Place, SpecError
from mockserver.spec.limits import Limits

SECONDS = 10.0
_ACCEPT = "application/yaml, application/json, */*;q=0.1"


def fetch(url: str, limits: Limits) -> str:
    """Return the text behind an http or https URL.

    Raises:
        SpecError: It cannot be had: no answer, another status, too large, not UTF-8 (``unreachable-reference``).
    """
    request = Request(url, headers={"Accept": _ACCEPT, "User-Agent": "mockserver"})
    try:
        with _opener().open(request, timeout=SECONDS) as answer:
            raw: bytes = answer.read(limits.file_bytes + 1)
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise _unreachable(url, f"{url} cannot be fetched: {reason}") from error
    if len(raw) > limits.file_bytes:
        raise _unreachable(
            url, f"{url} has more than the {limits.file_bytes:,} bytes that are read"
        )
    try:
        return raw.removeprefix(b"\xef\xbb\xbf").decode("utf-8")
    except UnicodeDecodeError as error:
        raise _unreachable(url, f"{url} is not UTF-8") from error


class _HttpOnly(HTTPRedirectHandler):
    """Follows redirects to http and https, and to nothing else."""

    def redirect_request(self, req, fp, code, msg, headers, newurl):  # type: ignore[no-untyped-def]
        """Return the next request, ``None`` where it would leave http."""
        if not newurl.startswith(("http://", "https://")):
            return None
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _opener() -> OpenerDirector:
    return build_opener(ProxyHandler({}), _HttpOnly())


def _unreachable(url: str, message: str) -> SpecError:
    return SpecError(Finding("unreachable-reference", message, Place(url)))
