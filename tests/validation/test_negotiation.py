"""Which media type a message has, and which one a client gets."""

import pytest
from hypothesis import given, strategies as st

from mockserver.spec.model import Location, MediaType
from mockserver.validation.media_types import negotiate, select_content

HERE = Location("/openapi.yaml")
JSON, XML, PNG, ANY = "application/json", "application/xml", "image/png", "*/*"


def content(*names: str) -> tuple[MediaType, ...]:
    return tuple(MediaType(name, HERE) for name in names)


def chosen(media: MediaType | None) -> str | None:
    return media.name if media else None


@pytest.mark.parametrize(
    ("accept", "offered", "expected"),
    [
        pytest.param(None, (XML, JSON), JSON, id="no Accept: JSON"),
        pytest.param(b" ", (XML, JSON), JSON, id="a blank Accept: JSON"),
        pytest.param(None, (XML, ANY), ANY, id="no Accept and no JSON: */*"),
        pytest.param(None, (XML, PNG), XML, id="no Accept: the first"),
        pytest.param(b"*/*", (XML, JSON), XML, id="*/* takes the first"),
        pytest.param(b"*", (XML, JSON), XML, id="a lone star, as old Java clients send"),
        pytest.param(b"application/xml", (JSON, XML), XML, id="exact"),
        pytest.param(
            b"APPLICATION/XML", (JSON, "Application/Xml"), "Application/Xml", id="without case"
        ),
        pytest.param(
            b"application/xml;q=0.5, application/json;q=0.9", (XML, JSON), JSON, id="quality"
        ),
        pytest.param(b"application/*", (PNG, XML), XML, id="a range"),
        pytest.param(b"*/*;q=0.1, image/*", (JSON, PNG), PNG, id="the better range"),
        pytest.param(b"*/*, application/json", (XML, JSON), JSON, id="the more precise of equals"),
        pytest.param(b"application/json;q=0, */*", (JSON, XML), XML, id="q=0 excludes"),
        pytest.param(b"application/json;q=0", (JSON,), None, id="q=0 of all there is"),
        pytest.param(b"image/*;q=0, image/png", (PNG,), PNG, id="the precise range decides"),
        pytest.param(b"text/csv", (JSON, XML), None, id="none acceptable"),
        pytest.param(b"application/json;version=2", (JSON,), JSON, id="parameters are ignored"),
        pytest.param(
            b"application/json",
            ("application/json; charset=utf-8",),
            "application/json; charset=utf-8",
            id="documented parameters",
        ),
        pytest.param(
            b"application/vnd.api+json",
            ("application/vnd.api+json",),
            "application/vnd.api+json",
            id="vendor type",
        ),
        pytest.param(
            b"application/*+json",
            (JSON, "application/vnd.api+json"),
            "application/vnd.api+json",
            id="a suffix",
        ),
        pytest.param(b"image/jpeg", ("image/*",), "image/*", id="a documented range"),
        pytest.param(b"text/html, application/xhtml+xml, */*;q=0.8", (JSON,), JSON, id="a browser"),
        pytest.param(b"json", (XML, JSON), JSON, id="nothing readable: as if absent"),
        pytest.param(b",;,/,a/b/c", (XML, JSON), JSON, id="only rubbish: as if absent"),
        pytest.param(b"json, application/xml", (JSON, XML), XML, id="rubbish is passed over"),
        pytest.param(b"application/xml;q=many", (JSON, XML), XML, id="a quality that is none is 1"),
        pytest.param(
            b"application/xml;q=nan, application/json", (JSON, XML), JSON, id="NaN is none"
        ),
        pytest.param(b"application/json", (), None, id="nothing offered"),
    ],
)
def test_the_media_type_of_an_answer(accept, offered, expected):
    assert chosen(negotiate(accept, content(*offered))) == expected


@given(
    st.binary(max_size=200),
    st.lists(st.sampled_from([JSON, XML, PNG, ANY, "image/*", "nonsense"]), max_size=3),
)
def test_no_accept_raises_and_what_is_chosen_was_offered(accept, offered):
    assert chosen(negotiate(accept, content(*offered))) in {None, *offered}


@pytest.mark.parametrize(
    ("content_type", "documented", "expected"),
    [
        pytest.param("", (XML, JSON), XML, id="none sent: the first"),
        pytest.param("", (), None, id="none documented"),
        pytest.param("application/json; charset=utf-8", (XML, JSON), JSON, id="parameters"),
        pytest.param("Application/JSON", (JSON,), JSON, id="without case"),
        pytest.param(
            "a/b; v=2", ("a/b; v=1", "a/b; v=2"), "a/b; v=2", id="as written, with parameters"
        ),
        pytest.param("a/b; v=3", ("a/b; v=1", "a/b; v=2"), "a/b; v=1", id="other parameters"),
        pytest.param("image/png", (ANY, "image/*", JSON), "image/*", id="the more precise range"),
        pytest.param("image/png", ("image/*", PNG), PNG, id="exact before range"),
        pytest.param("a/x+json", ("a/*+json",), "a/*+json", id="a range of suffixes"),
        pytest.param("b/x+json", ("a/*+json",), None, id="a range of another type"),
        pytest.param("text/csv", (JSON, "image/*"), None, id="not documented"),
        pytest.param("nonsense", (JSON,), None, id="no media type"),
    ],
)
def test_the_documented_media_type_of_a_message(content_type, documented, expected):
    assert chosen(select_content(content(*documented), content_type)) == expected
