"""Credentials: what is found where a server falls silent, sets cookies or has odd paths."""

import base64
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.requests import Request
from starlette.responses import Response

from mockserver.check.credentials import _VARIANTS
from mockserver.check.plan import check
from tests.check.running import OURS, check_app, contract_from, rules, run_at
from tests.check.test_conduct import DOCUMENT, SECURED, TOKENS, app_of, conduct, silent_after

BEARER = "{type: http, scheme: bearer}"
BASIC = "{type: http, scheme: basic}"
CHALLENGE = {"WWW-Authenticate": "Bearer"}


def guarded(request: Request) -> Response:
    """Ask for the good token."""
    sent = request.headers.get("authorization", "")
    scheme, _, value = sent.partition(" ")
    good = scheme.lower() == "bearer" and value.strip() == "tk-mine:123"
    return Response(None, 200) if good else Response(None, 401, CHALLENGE)


@pytest.mark.parametrize("probe", list(_VARIANTS))
def test_nothing_is_made_of_a_credential_that_cannot_be_had(tmp_path: Path, probe: str) -> None:
    fixtures = TOKENS.replace("accept}", 'accept, live: "${env:NOT_THERE}"}')
    contract = contract_from(tmp_path, (DOCUMENT + SECURED).replace("METHOD", "get").replace("SCHEME", BEARER), fixtures)  # fmt: skip
    report = check_app(app_of(guarded), contract, replace(OURS, only=(probe,)), environ={})
    (outcome,) = report.outcomes
    assert outcome.reason == "no token of the fixtures is accepted here, or none can be had"


@pytest.mark.parametrize("probe", list(_VARIANTS))
@pytest.mark.parametrize("good", [2, 3, 14])
def test_a_server_that_falls_silent(tmp_path: Path, probe: str, good: int) -> None:
    """Nothing is said of an answer that did not come, whatever was asked."""
    contract = contract_from(tmp_path, (DOCUMENT + SECURED).replace("METHOD", "get").replace("SCHEME", BEARER), TOKENS)  # fmt: skip
    options = replace(OURS, only=(probe,), effort="quick", timeout=2)
    with silent_after(good) as url, run_at(url, contract, options) as run:
        report = check(run)
    assert "credential-spelling" not in rules(report)
    assert len(report.outcomes) == 1


def test_a_path_without_letters_has_one_spelling(tmp_path: Path) -> None:
    asked: list[str] = []

    def answer(request: Request) -> Response:
        asked.append(request.scope["path"])
        return guarded(request)

    document = (DOCUMENT + SECURED).replace("METHOD", "get").replace("SCHEME", BEARER)
    contract = contract_from(tmp_path, document.replace("/thing:", "/1:"), TOKENS)
    report = check_app(app_of(answer), contract, replace(OURS, only=("no door",)))
    assert "credential-missing" not in rules(report)
    assert "/1.json" in asked


def test_a_cookie_that_a_good_request_is_given_opens_nothing(tmp_path: Path) -> None:
    def answer(request: Request) -> Response:
        found = guarded(request)
        if request.cookies.get("session") == "open":
            return Response(None, 200)
        if found.status_code == 200:
            found.set_cookie("session", "open")
        return found

    report = conduct(tmp_path, "one request says nothing", answer, scheme=BEARER)
    assert "credential-accepted" in rules(report)
    closed = conduct(tmp_path, "one request says nothing", guarded, scheme=BEARER)
    assert rules(closed) == set()


def test_a_password_has_one_spelling_where_it_is_refused(tmp_path: Path) -> None:
    good = base64.b64encode(b"tk-mine:123").decode()

    def answer(request: Request) -> Response:
        sent = request.headers.get("authorization", "").split()
        fine = len(sent) == 2 and sent[0].lower() == "basic" and sent[1] == good
        return Response(None, 200 if fine else 401, {"WWW-Authenticate": "Basic realm=a"})

    report = conduct(tmp_path, "refused tokens are refused", answer, scheme=BASIC, fixtures=TOKENS.replace("value: tk-wrong", 'value: "tk:wrong"').replace("value: tk-old", 'value: "tk:old"'))  # fmt: skip
    assert [one.reason for one in report.outcomes] == ["the credential has one spelling"]
