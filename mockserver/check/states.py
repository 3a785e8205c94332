"""Provider states: what must be so before a case is asked, set up by Pact's protocol or by a command.

``POST state_url`` with ``{"state": …, "params": {…}, "action": "setup" | "teardown"}``; a command gets the same on stdin.
"""

import json
import shlex
import subprocess
from collections.abc import Mapping
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from mockserver.check.live import NoMeans, expand
from mockserver.check.model import Skip
from mockserver.check.options import Options

_COMMAND_SECONDS = 60


class States:
    """Sets the states of one provider.

    Args:
        provider: As the fixtures have it: ``state_url``, or ``state_command`` as a text or a list of words.
        environ: For ``${env:NAME}`` in the URL, and of the command.
    """

    def __init__(
        self, provider: Mapping[str, object], environ: Mapping[str, str], options: Options
    ) -> None:
        self._options = options
        self._environ = environ
        self._command = _words(provider.get("state_command"))
        self.url = options.state_url
        self._why = "the fixtures name neither provider.state_url nor provider.state_command"
        written = provider.get("state_url")
        if written is not None and not self.url:
            try:
                self.url = expand(str(written), environ)
            except NoMeans as error:
                self._why = f"{error} (provider.state_url)"

    def set(self, state: Mapping[str, object], action: str) -> None:
        """Set one state up, or tear it down.

        Raises:
            Skip: There are no means, or the provider refuses.
        """
        if self._options.assume_states:
            return
        name = state["state"]
        if self._options.safe:
            raise Skip("--safe sets no provider states")
        told = {"state": name, "params": state.get("params", {}), "action": action}
        body = json.dumps(told).encode()
        if self._command:
            self._run(body, f"the state {name!r}")
        elif self.url:
            self._post(body, f"the state {name!r}")
        else:
            raise Skip(f"the state {name!r} cannot be set: {self._why}")

    def _run(self, body: bytes, what: str) -> None:
        try:
            subprocess.run(
                self._command,
                input=body,
                capture_output=True,
                timeout=_COMMAND_SECONDS,
                check=True,
                env=dict(self._environ),
            )
        except (OSError, subprocess.SubprocessError) as error:
            reason = type(error).__name__
            raise Skip(f"{what} could not be set: the command failed ({reason})") from None

    def _post(self, body: bytes, what: str) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Skip(f"{what} cannot be set: the state_url {self.url!r} is no URL")
        connect = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = connect(parts.hostname, parts.port, timeout=self._options.timeout)
        try:
            path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request("POST", path, body, {"Content-Type": "application/json"})
            status = connection.getresponse().status
        except (OSError, HTTPException) as error:
            raise Skip(f"{what} cannot be set: the state_url is not reachable: {error}") from None
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise Skip(f"{what} could not be set: the state_url answered {status}")


def _words(command: object) -> list[str]:
    if isinstance(command, list):
        return [str(word) for word in command]
    return shlex.split(str(command)) if command else []
