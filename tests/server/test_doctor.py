"""``mockserver doctor``: what is exposed, and what to change."""

import json
import subprocess
from pathlib import Path

import pytest

from mockserver.server.doctor import Exposure, as_json, as_text, examine, of_user
from mockserver.settings import load_settings
from tests.running import command, environment


def found(folder: Path, **flags: object) -> dict[str, list[Exposure]]:
    by_subject: dict[str, list[Exposure]] = {}
    for exposure in examine(load_settings(flags, {}, folder)):
        by_subject.setdefault(exposure.subject, []).append(exposure)
    return by_subject


def test_by_default_there_is_nothing_to_change(tmp_path: Path) -> None:
    every = [one for several in found(tmp_path).values() for one in several]
    assert {one.level for one in every if one.subject != "user"} == {"fine"}
    assert "nothing to change" in as_text(every)
    assert [one.subject for one in every][:3] == ["address", "control API", "token"]


@pytest.mark.parametrize(
    ("flags", "subject", "level", "said"),
    [
        ({"host": "0.0.0.0"}, "address", "change", "listen on 127.0.0.1"),
        ({"host": "0.0.0.0"}, "token", "fine", "drawn at each start"),
        ({"host": "::1"}, "address", "fine", "programs of this machine"),
        ({"admin_token": "short"}, "token", "change", "take 16 or more"),
        ({"admin_token": "s" * 40}, "token", "note", "MOCKSERVER_ADMIN_TOKEN"),
        ({"allow_host": ("mock.example",)}, "hosts", "note", "mock.example"),
        ({"cors": False}, "CORS", "fine", "off"),
        ({"cors_origin": ("https://a.example",)}, "CORS", "fine", "https://a.example"),
        ({"cors_origin": ("http://a.example",)}, "CORS", "note", "with https"),
        ({"allow_network": True}, "network references", "change", "leave --allow-network out"),
        ({"root": "/"}, "files", "change", "--root"),
        ({"root": "."}, "files", "fine", "no $ref leaves"),
        ({"limit": ("depth=150",)}, "limits", "note", "150 levels"),
        ({"limit": ("depth=50",)}, "limits", "fine", "50 levels"),
        ({"max_body": "1g"}, "limits", "change", "lower --max-body"),
    ],
    ids=str,
)
def test_what_is_open_is_said_with_what_to_do(
    tmp_path: Path, flags: dict[str, object], subject: str, level: str, said: str
) -> None:
    told = found(tmp_path, **flags)[subject]
    assert any(one.level == level and said in f"{one.state} {one.advice}" for one in told), told


def test_a_token_of_the_environment_is_fine_and_never_shown(tmp_path: Path) -> None:
    secret = "a-secret-of-some-length"
    resolved = load_settings({}, {"MOCKSERVER_ADMIN_TOKEN": secret}, tmp_path)
    exposures = examine(resolved)
    (token,) = [one for one in exposures if one.subject == "token"]
    assert (token.level, "MOCKSERVER_ADMIN_TOKEN" in token.state) == ("fine", True)
    assert secret not in as_text(exposures) + as_json(exposures)


@pytest.mark.parametrize(("number", "count"), [(0, 1), (1000, 0), (None, 0)])
def test_root_is_noted(number: int | None, count: int) -> None:
    assert len(list(of_user(number))) == count


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 0), ("0.0.0.0", 1)])
def test_the_command_ends_with_1_where_something_should_change(
    tmp_path: Path, host: str, status: int
) -> None:
    ran = subprocess.run(
        command("doctor", "--host", host, "--format", "json"), cwd=tmp_path, env=environment(),
        capture_output=True, encoding="utf-8", check=False,
    )  # fmt: skip
    assert (ran.returncode, ran.stderr) == (status, "")
    assert json.loads(ran.stdout)["change"] == status
