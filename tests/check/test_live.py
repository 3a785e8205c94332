"""What is sent as each token, and how little of it is seen."""

import base64
import hashlib
import hmac
import json
import sys
from urllib.parse import quote

import pytest

from mockserver.check.live import Wallet
from mockserver.fixtures.model import Fixtures, Token


def wallet(live: object, environ: dict[str, str] | None = None) -> Wallet:
    token = Token("good", "bearer", "accept", "value", live=live)
    fixtures = Fixtures(tokens={"good": token, "none": Token("none", "bearer", "missing")})
    return Wallet(fixtures, environ or {}, live=True, now=lambda: 1_000_000.0)


def test_a_value_stands_in_where_nothing_is_live() -> None:
    assert wallet(None).tokens["good"].value == "value"
    assert wallet("text").tokens["good"].value == "text"
    assert wallet(None).tokens["none"].value is None


def test_a_variable_is_read_and_hidden() -> None:
    found = wallet("${env:SECRET}", {"SECRET": "very secret"})
    assert found.tokens["good"].value == "very secret"
    basic = base64.b64encode(b"very secret").decode()
    assert found.hide(f"a very secret {basic}") == "a $SECRET $SECRET"
    assert "SECRET is not set" in wallet("${env:SECRET}").tokens["good"].reason
    assert wallet("Bearer ${env:A}", {"A": "x" * 9}).hide("Bearer xxxxxxxxx") == "$GOOD"


def test_a_command_prints_it() -> None:
    python = sys.executable
    assert wallet({"command": [python, "-c", "print('from afar')"]}).tokens["good"].value == "from afar"  # fmt: skip
    assert wallet({"command": f"{python} -c 'print(1)'"}).tokens["good"].value == "1"
    assert "printed nothing" in wallet({"command": [python, "-c", ""]}).tokens["good"].reason
    assert "command failed" in wallet({"command": ["/no/such/program"]}).tokens["good"].reason
    assert "no form" in wallet({"other": 1}).tokens["good"].reason


@pytest.mark.parametrize("alg", ["HS256", "HS384", "HS512"])
def test_a_jwt_is_minted(alg: str) -> None:
    live = {"jwt": {"key": "${env:KEY}", "alg": alg, "claims": {"sub": "u", "exp": "-1h", "iat": "+5s", "nbf": 5}}}  # fmt: skip
    value = wallet(live, {"KEY": "k"}).tokens["good"].value
    assert value is not None
    head, body, signature = value.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    assert claims == {"sub": "u", "exp": 996_400, "iat": 1_000_005, "nbf": 5}
    digest = getattr(hashlib, alg.replace("HS", "sha"))
    expected = hmac.new(b"k", f"{head}.{body}".encode(), digest).digest()
    assert base64.urlsafe_b64decode(signature + "==") == expected


def test_an_algorithm_that_cannot_be_signed() -> None:
    assert "RS256 cannot" in wallet({"jwt": {"key": "k", "alg": "RS256"}}).tokens["good"].reason


def test_a_secret_is_hidden_however_it_is_written() -> None:
    found = wallet("${env:SECRET}", {"SECRET": 'a/b+c="\u00e9'})
    forms = ["a/b+c=", "a%2Fb%2Bc%3D", "a/b%2Bc%3D", 'a/b+c=\\"']
    texts = [
        quote(found.tokens["good"].value or "", safe=""),
        quote(found.tokens["good"].value or ""),
        json.dumps(found.tokens["good"].value),
    ]
    for text in texts:
        hidden = found.hide(f"?key={text}&x=1")
        assert "$SECRET" in hidden
        assert not any(form in hidden for form in forms)
