"""Secrets in reports: neither they nor what a probe made of them is seen, and a shell can put them back."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

import pytest
from hypothesis import given, strategies as st
from starlette.requests import Request
from starlette.responses import JSONResponse

from mockserver.check.hiding import Hider
from tests.check.running import OURS, SEED, check_app, contract_of

SECRET = "sk_live_4eC39HqLyjWDarjtT1zdp7dc"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJ1c3JfMSIsImV4cCI6MX0.tTaBDtkTfTmFMBFJDYh6EzWu3bBTwVtHkN0"
HIDER = Hider({"TOKEN": SECRET})
MADE: dict[str, Callable[[str], str]] = {
    "as it is": lambda value: value,
    "longer": lambda value: f"{value}x",
    "behind": lambda value: f"x{value}",
    "without its end": lambda value: value[:-1],
    "without its beginning": lambda value: value[1:],
    "first half": lambda value: value[: len(value) // 2],
    "second half": lambda value: value[len(value) // 2 :],
    "other case": str.swapcase,
    "upper": str.upper,
    "lower": str.lower,
    "title": str.title,
    "backwards": lambda value: value[::-1],
    "twice": lambda value: value * 2,
    "hyphens": lambda value: value.replace("_", "-"),
    "without underscores": lambda value: value.replace("_", ""),
    "another end": lambda value: f"{value[:-1]}0",
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "base64 without padding": lambda value: base64.b64encode(value.encode()).decode().rstrip("="),
    "in a URL": lambda value: quote(value, safe=""),
    "JSON": json.dumps,
}


def seen(secret: str, text: str) -> bool:
    """Tell whether half of a secret can be read, in any case and direction."""
    plain, half = text.lower(), len(secret) // 2
    rows = (secret.lower(), secret.lower()[::-1])
    return any(row[at : at + half] in plain for row in rows for at in range(len(row) - half + 1))


@given(
    st.text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-", min_size=16, max_size=60),
    st.sampled_from(list(MADE.values())),
    st.text(max_size=30),
    st.text(max_size=30),
)  # fmt: skip
def test_nothing_made_from_a_secret_is_seen(
    secret: str, make: Callable[[str], str], before: str, behind: str
) -> None:
    hider = Hider({"NAME": secret})
    hidden = hider.hide(f"{before} {make(secret)} {behind}")
    assert not seen(secret, hidden.replace("made from", ""))


@given(st.text(max_size=200))
def test_other_texts_stay(text: str) -> None:
    assert HIDER.hide(text) == text
    assert HIDER.word(text) is None


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        (f"Bearer {SECRET}", "Bearer $TOKEN"),
        (f"Bearer {SECRET}x", "Bearer ${TOKEN}x"),
        (f"Bearer {SECRET[:-1]}", "Bearer ${TOKEN:0:31}"),
        (f"Bearer x{SECRET[1:]}", "Bearer x${TOKEN:1:31}"),
        (f"{SECRET}{SECRET}", "$TOKEN$TOKEN"),
        (f"{SECRET.upper()}.", "${TOKEN^^}."),
        (f"{SECRET.lower()}.", "${TOKEN,,}."),
        (f'"$HOME" \\ `id` {SECRET}', '"$HOME" \\ `id` $TOKEN'),
        ("sk_live_ is how they begin", None),
        ("sk_live_4eC39H is too little to tell", None),
    ],
)
def test_a_shell_puts_it_back(text: str, shown: str | None) -> None:
    assert HIDER.hide(text) == (shown or text)
    word = HIDER.word(text)
    assert (word is None) == (shown is None)
    if word and (bash := shutil.which("bash")):
        done = subprocess.run(
            [bash, "-c", f"printf %s {word}"],
            env={"TOKEN": SECRET},
            capture_output=True,
            check=True,
        )
        assert done.stdout.decode() == text


def test_what_no_shell_makes_is_said() -> None:
    assert HIDER.hide(SECRET[::-1]) == "[made from $TOKEN]"
    assert HIDER.hide(SECRET.swapcase()) == "[made from $TOKEN]"


def test_a_signature_below_other_claims_is_hidden() -> None:
    head, claims, signature = JWT.split(".")
    hidden = Hider({"JWT": JWT}).hide(
        f"{head}.eyJzdWIiOiJhZG1pbiJ9.{signature} {claims[:-2]} {head}"
    )
    assert signature not in hidden
    assert claims[:-2] not in hidden
    assert hidden.endswith(f" {head}")


def test_a_short_secret_is_hidden_only_whole() -> None:
    assert Hider({"PIN": "abc1234"}).hide("abc1234 abc123") == "$PIN abc123"
    assert Hider({"PIN": ""}).hide("nothing") == "nothing"


def test_a_report_of_a_server_that_takes_everything_has_nothing_of_it() -> None:
    async def created(request: Request) -> JSONResponse:
        return JSONResponse({"clientSecret": "seti_1_secret_1", "debug": str(request.headers)}, 201)

    async def app(scope, receive, send) -> None:
        if scope["type"] == "http":
            await (await created(Request(scope, receive)))(scope, receive, send)

    contract = contract_of("seed")
    assert SEED.fixtures is not None
    environ = {
        "ORBITKIT_TOKEN_VALID": SECRET,
        "ORBITKIT_TOKEN_UNKNOWN_USER": "sk_live_" + "9zXw" * 6,
    }
    report = check_app(app, contract, replace(OURS, only=("cases", "credentials")), environ)
    assert len(report.failures) > 10
    text = str(report)
    assert "TOKEN_VALID" in text
    for secret in environ.values():
        assert not seen(secret, text)
