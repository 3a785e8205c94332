"""Delays: what is drawn keeps its form and its bound."""

from statistics import median

import pytest

from mockserver.fixtures.model import Delay
from mockserver.generation.chance import Chance
from mockserver.mocking.scenarios import draw_delay


def drawn(delay: Delay) -> list[float]:
    return [draw_delay(delay, Chance(b"seed", number), "case") for number in range(400)]


def test_a_fixed_delay_is_what_it_says():
    assert set(drawn(Delay("fixed", median=1.5))) == {1.5}


def test_a_uniform_delay_lies_between_its_ends():
    found = drawn(Delay("uniform", low=1, high=3))
    assert 1 <= min(found) < 1.1
    assert 2.9 < max(found) <= 3
    assert len(set(found)) > 300


def test_half_of_lognormal_delays_are_below_the_median():
    found = drawn(Delay("lognormal", median=2, sigma=0.4))
    assert median(found) == pytest.approx(2, rel=0.1)
    assert min(found) > 0


@pytest.mark.parametrize(
    "delay",
    [
        Delay("fixed", median=90, maximum=4),
        Delay("uniform", low=5, high=9, maximum=4),
        Delay("lognormal", median=50, sigma=0.1, maximum=4),
    ],
)
def test_no_delay_is_longer_than_its_maximum(delay):
    assert set(drawn(delay)) == {4}


def test_the_same_call_waits_the_same():
    delay = Delay("lognormal", median=1, sigma=1)
    assert drawn(delay) == drawn(delay)
