"""Draws: the same for the same question."""

import pytest

from mockserver.generation.chance import Chance


@pytest.mark.parametrize("parts", [(), ("default",), ("tester", "createPet"), ("\udc80", "é")])
@pytest.mark.parametrize("number", [0, 1, 2**70])
def test_the_chance_of_a_call_is_the_chance_of_its_parts_and_number(
    parts: tuple[str, ...], number: int
) -> None:
    for count in (1, 64, 65, 200):
        plain = Chance(b"seed", *parts, number)
        short = Chance.of_call(b"seed", *parts, number=number)
        assert short.bytes(count) == plain.bytes(count)
        assert short.fork("x").number() == plain.fork("x").number()


def test_every_byte_of_a_long_seed_matters() -> None:
    long = b"s" * 64
    drawn = {Chance(seed, "x").bytes(8) for seed in (long, long + b"a", long + b"b", b"s" * 9999)}
    called = {Chance.of_call(seed, "x", number=1).bytes(8) for seed in (long, long + b"a")}
    assert (len(drawn), len(called)) == (4, 2)
