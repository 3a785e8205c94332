"""What a journal has lost: nothing that may be meant is left out of the count."""

import pytest

from mockserver.state.losses import MOST, Losses
from mockserver.state.verification import Times


def test_losses_are_counted_for_whom_they_may_concern() -> None:
    losses = Losses({None: (7, 5.0)})
    for session, operation, time in (("a", "x", 1.0), ("a", "x", 3.0), ("a", None, 2.0), ("b", "x", 1.0), ("b", "x", 0.0)):  # fmt: skip
        losses.add(session, operation, time)
    assert losses.count(session=None, operations=None, since=0) == 12
    assert losses.count(session="a", operations=None, since=0) == 10
    assert losses.count(session="a", operations=["x", "z"], since=0) == 9
    assert losses.count(session="a", operations=["x"], since=3.0) == 9
    assert losses.count(session="a", operations=["x"], since=3.1) == 7
    assert losses.count(session="c", operations=["x"], since=5.1) == 0
    losses.clear("a")
    assert losses.count(session=None, operations=None, since=0) == 9
    losses.clear()
    assert losses.count(session=None, operations=None, since=0) == 0


def test_too_many_to_be_told_apart_concern_everybody() -> None:
    losses = Losses()
    for number in range(MOST):
        losses.add(str(number), None, float(number))
    assert losses.count(session="new", operations=None, since=0) == 0
    losses.add("last", None, 1.0)
    assert losses.count(session="new", operations=["x"], since=MOST - 1) == MOST + 1
    assert losses.count(session="new", operations=["x"], since=MOST) == 0


@pytest.mark.parametrize(
    ("times", "count", "lost", "sure"),
    [
        (Times(), 0, 1, False),
        (Times(), 1, 9, True),
        (Times(at_least=3), 1, 1, True),
        (Times(at_least=3), 1, 2, False),
        (Times(exactly=0), 0, 0, True),
        (Times(exactly=0), 0, 1, False),
        (Times(exactly=2), 3, 9, True),
        (Times(exactly=2), 1, 9, False),
        (Times(exactly=2), 2, 1, False),
        (Times(at_most=3), 1, 2, True),
        (Times(at_most=3), 1, 3, False),
        (Times(at_least=2, at_most=3), 1, 1, False),
        (Times(at_least=2, at_most=3), 1, 5, False),
    ],
    ids=str,
)
def test_a_count_is_sure_where_what_was_lost_changes_nothing(
    times: Times, count: int, lost: int, sure: bool
) -> None:
    assert times.sure(count, lost) is sure
    every = {times.holds(count + more) for more in range(lost + 1)}
    assert (len(every) == 1) is sure
