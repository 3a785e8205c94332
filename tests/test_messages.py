"""Requests, responses, violations and problems; and that no secret is kept."""

import json

import pytest
from hypothesis import given, strategies as st

from mockserver.errors import Place
from mockserver.messages import HttpRequest, Redactor, Violation, problem

REDACTOR = Redactor(headers=["X-Orbit-Key"], query=["k"])


def test_headers_are_read_in_the_order_received() -> None:
    request = HttpRequest("GET", b"/", headers=[(b"a", b"1"), (b"b", b"2"), (b"a", b"3")])
    assert (request.header(b"a"), request.header(b"c")) == (b"1", None)
    assert request.header_values(b"a") == [b"1", b"3"]


def test_a_violation_has_the_members_that_prism_gives_it() -> None:
    found = Violation(("query", "limit"), "maximum", "must be <= 10")
    assert found.as_dict() == {
        "location": ["query", "limit"], "severity": "Error", "code": "maximum", "message": "must be <= 10",
    }  # fmt: skip
    placed = Violation((), "deprecated", "m", Place("a.yaml", 3), "warning").as_dict()
    assert (placed["severity"], placed["schema"]) == ("Warning", "a.yaml:3")


def test_a_problem_is_named_in_type_and_header() -> None:
    answer = problem(405, "no-method", "No", "why", members={"x": 1}, headers=((b"allow", b"GET"),))
    body = json.loads(answer.body)
    assert (answer.status, body["status"], body["title"], body["detail"], body["x"]) == (
        405, 405, "No", "why", 1,
    )  # fmt: skip
    assert body["type"].endswith("#no-method")
    assert dict(answer.headers) == {
        b"content-type": b"application/problem+json",
        b"x-mock-error": b"no-method",
        b"allow": b"GET",
    }


@pytest.mark.parametrize(
    ("name", "token", "kept"),
    [
        (b"authorization", "valid", b"<token valid>"),
        (b"authorization", None, b"<redacted>"),
        (b"x-orbit-key", "valid", b"<token valid>"),
        (b"x-api-key", None, b"<redacted>"),
        (b"cookie", "valid", b"<redacted>"),
        (b"set-cookie", None, b"<redacted>"),
    ],
)
def test_a_credential_is_kept_as_the_name_of_its_token(
    name: bytes, token: str | None, kept: bytes
) -> None:
    headers = [(b"host", b"h"), (name, b"Bearer sk_secret"), (b"accept", b"*/*")]
    assert REDACTOR.headers(headers, token) == (headers[0], (name, kept), headers[2])


def test_headers_without_secrets_are_kept_as_they_are() -> None:
    assert REDACTOR.headers([(b"www-authenticate", b"Bearer")]) == (
        (b"www-authenticate", b"Bearer"),
    )


@pytest.mark.parametrize(
    ("query", "kept"),
    [
        (b"", b""),
        (b"limit=3&token", b"limit=3&token"),
        (b"limit=3&access_token=abc&x=%20", b"limit=3&access_token=<redacted>&x=%20"),
        (b"%74oken=abc", b"%74oken=<redacted>"),
        (b"k=1&kk=2", b"k=<redacted>&kk=2"),
        (b"apiKey=1&X-Amz-Signature=2&key=3", b"apiKey=<redacted>&X-Amz-Signature=<redacted>&key=<redacted>"),
        (b"__code=404&code=3&monkey=1", b"__code=404&code=3&monkey=1"),
    ],
)  # fmt: skip
def test_secret_parameters_are_redacted_and_the_rest_is_kept_byte_for_byte(
    query: bytes, kept: bytes
) -> None:
    assert REDACTOR.query(query) == kept


@given(st.binary(max_size=40))
def test_no_value_of_a_secret_parameter_survives_and_other_queries_are_not_touched(
    value: bytes,
) -> None:
    value = value.replace(b"&", b"")
    assert REDACTOR.query(b"a=1&password=" + value) == b"a=1&password=<redacted>"
    assert REDACTOR.query(b"a=" + value) == b"a=" + value


def test_headers_whose_name_says_secret_and_queries_of_urls_are_redacted() -> None:
    kept = Redactor().headers(
        (
            (b"x-goog-api-key", b"k"),
            (b"x-amz-security-token", b"t"),
            (b"referer", b"https://a.example/?api_key=k&page=2"),
            (b"x-own", b"1"),
        )
    )
    assert dict(kept) == {
        b"x-goog-api-key": b"<redacted>",
        b"x-amz-security-token": b"<redacted>",
        b"referer": b"https://a.example/?api_key=<redacted>&page=2",
        b"x-own": b"1",
    }
    redactor = Redactor()
    for number in range(1500):
        redactor.headers(((b"x-%d" % number, b""),))
    assert redactor.headers(((b"x-secret", b"s"),)) == ((b"x-secret", b"<redacted>"),)
