"""Provider states: by Pact's protocol, by a command, or not at all."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mockserver.check.model import Skip
from mockserver.check.options import Options
from mockserver.check.states import States
from tests.check.apps.serving import running

STATE = {"state": "three items", "params": {"of": "ann"}}
NO_OPTIONS = Options()


def states(
    provider: Mapping[str, object],
    options: Options = NO_OPTIONS,
    environ: Mapping[str, str] | None = None,
) -> States:
    return States(provider, environ or {}, options)


def test_a_url_is_told() -> None:
    told: list[object] = []

    async def receive(request: Request) -> Response:
        told.append(await request.json())
        return Response(status_code=204 if request.url.path == "/fine" else 500)

    paths = [Route(path, receive, methods=["POST"]) for path in ("/fine", "/broken")]
    with running(Starlette(routes=paths)) as port:
        url = f"http://127.0.0.1:{port}"
        states({"state_url": "${env:STATES}/fine?a=b"}, environ={"STATES": url}).set(STATE, "setup")
        with pytest.raises(Skip, match="the state_url answered 500"):
            states({"state_url": f"{url}/broken"}).set(STATE, "teardown")
    assert told == [{**STATE, "action": "setup"}, {**STATE, "action": "teardown"}]


def test_a_command_reads_it(tmp_path: Path) -> None:
    program = f"import sys; open({str(tmp_path / 'seen')!r}, 'w').write(sys.stdin.read())"
    states({"state_command": [sys.executable, "-c", program]}).set({"state": "x"}, "setup")
    assert json.loads((tmp_path / "seen").read_text()) == {"state": "x", "params": {}, "action": "setup"}  # fmt: skip
    with pytest.raises(Skip, match="the command failed"):
        states({"state_command": "/no/such/program"}).set(STATE, "setup")


@pytest.mark.parametrize(
    ("provider", "options", "said"),
    [
        ({}, Options(), "neither provider.state_url nor provider.state_command"),
        ({"state_url": "${env:NOWHERE}"}, Options(), "NOWHERE is not set"),
        ({"state_url": "not a url"}, Options(), "is no URL"),
        ({"state_url": "http://127.0.0.1:1/"}, Options(), "not reachable"),
        ({"state_url": "http://127.0.0.1:1/"}, Options(safe=True), "--safe"),
    ],
)
def test_where_there_are_no_means(provider: dict[str, str], options: Options, said: str) -> None:
    with pytest.raises(Skip, match=said):
        states(provider, options).set(STATE, "setup")


def test_states_that_are_taken_to_hold_are_not_set() -> None:
    states({"state_url": "http://127.0.0.1:1/"}, Options(assume_states=True)).set(STATE, "setup")
