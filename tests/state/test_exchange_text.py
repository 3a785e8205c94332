"""What goes through Redis comes back as it was, whatever bytes and characters it holds."""

from hypothesis import given, strategies as st

from mockserver.errors import Place
from mockserver.messages import Violation
from mockserver.state.exchange import About, Exchange
from mockserver.state.exchange_text import read_exchange, write_exchange

_TEXT = st.text(st.characters(exclude_categories=()))
_MAYBE = st.none() | _TEXT
_HEADERS = st.lists(st.tuples(st.binary(), st.binary())).map(tuple)
_PLACES = st.none() | st.builds(Place, _TEXT, st.integers(0), st.integers(0))
_VIOLATIONS = st.builds(
    Violation,
    st.lists(_TEXT | st.integers()).map(tuple),
    _TEXT,
    _TEXT,
    _PLACES,
    st.sampled_from(["error", "warning"]),
)
_SECONDS = st.floats(allow_nan=False, allow_infinity=False)


@given(
    st.builds(
        Exchange,
        *(_TEXT, _SECONDS, _SECONDS, st.binary()),
        st.builds(
            About,
            *(_TEXT, _TEXT, st.binary(), st.binary(), _MAYBE, st.integers()),
            *(_MAYBE, _MAYBE, _MAYBE, _TEXT, st.lists(_VIOLATIONS, max_size=3).map(tuple), _MAYBE),
            *(_HEADERS, st.binary(), _HEADERS, st.integers(0)),
        ),
    )
)
def test_an_exchange_comes_back_as_it_was(one: Exchange) -> None:
    assert read_exchange(write_exchange(one)) == one
