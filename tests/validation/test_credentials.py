"""Credentials in requests, and how they are asked for."""

from base64 import b64encode

import pytest
from hypothesis import given, strategies as st

from mockserver.messages import HttpRequest
from mockserver.spec.model import Location, SecurityScheme
from mockserver.validation.credentials import Credential, Malformed, challenge, read_credential

HERE = Location("/openapi.yaml")


def http(scheme: str) -> SecurityScheme:
    return SecurityScheme("s", "http", HERE, scheme=scheme)


def api_key(place: str, name: str = "X-Key") -> SecurityScheme:
    return SecurityScheme("k", "apiKey", HERE, parameter=name, parameter_in=place)


OAUTH2 = SecurityScheme("o", "oauth2", HERE)
OPENID = SecurityScheme("i", "openIdConnect", HERE)
MUTUAL = SecurityScheme("m", "mutualTLS", HERE)


def basic(text: str) -> bytes:
    return b"Basic " + b64encode(text.encode())


@pytest.mark.parametrize(
    ("scheme", "authorization", "value"),
    [
        pytest.param(http("bearer"), b"Bearer abc.d-_~+/e==", "abc.d-_~+/e==", id="bearer"),
        pytest.param(http("bearer"), b"bEARER abc", "abc", id="the scheme's name has no case"),
        pytest.param(http("bearer"), b" Bearer   abc  ", "abc", id="several blanks"),
        pytest.param(OAUTH2, b"Bearer abc", "abc", id="oauth2"),
        pytest.param(OPENID, b"Bearer abc", "abc", id="openIdConnect"),
        pytest.param(http("basic"), basic("ada:pass:word"), "ada:pass:word", id="basic"),
        pytest.param(http("basic"), basic(":"), ":", id="basic without name and password"),
        pytest.param(http("basic"), basic("ä:ö"), "ä:ö", id="basic in UTF-8"),
        pytest.param(
            http("digest"), b'Digest username="a", uri="/"', 'username="a", uri="/"', id="digest"
        ),
        pytest.param(http("hoba"), b'HOBA result="x"', 'result="x"', id="another scheme"),
    ],
)
def test_a_credential_in_authorization(scheme, authorization, value):
    request = HttpRequest("GET", b"/", headers=[(b"authorization", authorization)])
    assert read_credential(scheme, request) == Credential(value)


@pytest.mark.parametrize(
    ("scheme", "authorization"),
    [
        pytest.param(http("bearer"), None, id="no header"),
        pytest.param(http("bearer"), b"", id="an empty header"),
        pytest.param(http("bearer"), b"Bearer", id="no token"),
        pytest.param(http("bearer"), b"Bearer   ", id="a blank token"),
        pytest.param(http("bearer"), basic("a:b"), id="another scheme"),
        pytest.param(http("bearer"), b"Bearerabc", id="no blank"),
        pytest.param(http("bearer"), b"abc", id="the token alone"),
        pytest.param(http("bearer"), b"\xff\xfe", id="bytes that are no scheme"),
        pytest.param(http("basic"), b"Basic", id="basic without a value"),
    ],
)
def test_nothing_for_a_scheme_is_no_credential(scheme, authorization):
    headers = [] if authorization is None else [(b"authorization", authorization)]
    assert read_credential(scheme, HttpRequest("GET", b"/", headers=headers)) is None


@pytest.mark.parametrize(
    ("scheme", "authorization"),
    [
        pytest.param(http("bearer"), b"Bearer a b", id="a token with a blank"),
        pytest.param(http("bearer"), b"Bearer \xe9", id="a token with other letters"),
        pytest.param(http("bearer"), b"Bearer {{token}}", id="a placeholder that was not filled"),
        pytest.param(http("basic"), b"Basic a:b", id="no base64"),
        pytest.param(http("basic"), b"Basic YWJj", id="no colon"),
        pytest.param(http("basic"), b"Basic \xff", id="not ASCII"),
        pytest.param(http("basic"), b"Basic " + b64encode(b"\xff:"), id="not UTF-8"),
    ],
)
def test_a_malformed_credential_is_told_without_being_quoted(scheme, authorization):
    request = HttpRequest("GET", b"/", headers=[(b"authorization", authorization)])
    read = read_credential(scheme, request)
    assert isinstance(read, Malformed)
    assert authorization.split(b" ", 1)[1].decode("latin-1") not in read.reason


@pytest.mark.parametrize(
    ("scheme", "request_", "value"),
    [
        pytest.param(api_key("header"), {"headers": [(b"x-key", b" k1 ")]}, "k1", id="header"),
        pytest.param(api_key("header"), {"headers": [(b"x-key", b" ")]}, None, id="blank header"),
        pytest.param(api_key("header"), {}, None, id="no header"),
        pytest.param(api_key("query"), {"query": b"a=1&X-Key=k%201"}, "k 1", id="query"),
        pytest.param(api_key("query", "k[]"), {"query": b"k%5B%5D=k1"}, "k1", id="escaped name"),
        pytest.param(api_key("query"), {"query": b"X-Key="}, None, id="empty in query"),
        pytest.param(
            api_key("query"), {"query": b"%zz&\xff=1&X-Key=%zz"}, "%zz", id="escapes that are none"
        ),
        pytest.param(
            api_key("cookie"), {"headers": [(b"cookie", b'a=1; X-Key="k1"')]}, "k1", id="cookie"
        ),
        pytest.param(api_key("cookie"), {"headers": [(b"cookie", b"a; b")]}, None, id="no cookie"),
        pytest.param(
            api_key("cookie"),
            {"headers": [(b"cookie", b"X-Key=k%3D1+%C3%A9")]},
            "k=1+é",
            id="escaped cookie",
        ),
        pytest.param(
            api_key("cookie"), {"headers": [(b"cookie", b"X-Key=")]}, None, id="empty cookie"
        ),
        pytest.param(MUTUAL, {}, "", id="mutual TLS is always satisfied"),
    ],
)
def test_keys_elsewhere(scheme, request_, value):
    read = read_credential(scheme, HttpRequest("GET", b"/", **request_))
    assert read == (None if value is None else Credential(value))


@given(
    st.binary(max_size=60),
    st.sampled_from(
        [http("bearer"), http("basic"), http("digest"), api_key("header", "authorization")]
    ),
)
def test_no_authorization_raises(value, scheme):
    request = HttpRequest("GET", b"/", value, [(b"authorization", value), (b"cookie", value)])
    for each in (scheme, api_key("query"), api_key("cookie")):
        assert read_credential(each, request) is None or isinstance(
            read_credential(each, request), tuple
        )


@pytest.mark.parametrize(
    ("schemes", "error", "expected"),
    [
        pytest.param([http("bearer")], None, b"Bearer", id="no token came (RFC 6750 §3)"),
        pytest.param(
            [http("bearer")], "invalid_token", b'Bearer error="invalid_token"', id="a token came"
        ),
        pytest.param([OAUTH2], "invalid_token", b'Bearer error="invalid_token"', id="oauth2"),
        pytest.param([http("basic")], "invalid_token", b'Basic realm="*"', id="basic"),
        pytest.param([http("digest")], None, b'Digest realm="*", nonce="abc123"', id="digest"),
        pytest.param(
            [http("basic"), http("bearer")], None, b'Basic realm="*",Bearer', id="joined by commas"
        ),
        pytest.param([http("bearer"), http("bearer")], None, b"Bearer", id="each once"),
        pytest.param([OAUTH2], None, b"OAuth2", id="oauth2 as Prism has it"),
        pytest.param([api_key("header"), http("bearer")], None, b"Bearer", id="keys beside others"),
        pytest.param([api_key("header")], None, b'ApiKey realm="X-Key"', id="api key"),
        pytest.param(
            [api_key("header", 'a"\r\nb')],
            None,
            b'ApiKey realm="ab"',
            id="nothing breaks out of the quotes",
        ),
        pytest.param([http("ho\r\nba")], None, b"Hoba", id="nothing breaks out of the scheme"),
        pytest.param([MUTUAL], None, b"Mutual", id="mutual TLS"),
    ],
)
def test_the_challenge(schemes, error, expected):
    assert challenge(schemes, error) == expected
