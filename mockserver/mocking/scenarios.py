"""What a scenario does to an answer beyond choosing it: how long it waits."""

from math import cos, exp, log, pi, sqrt

from mockserver.fixtures.model import Delay
from mockserver.generation.chance import Chance


def draw_delay(delay: Delay, chance: Chance, owner: str) -> float:
    """Return the seconds that one answer waits, never more than the delay's maximum.

    The ``owner``, ``scenario`` or ``case``, keeps the draws of two delays of one answer apart.
    """
    draws = chance.fork("delay", owner)
    match delay.type:
        case "fixed":
            seconds = delay.median
        case "uniform":
            seconds = delay.low + (delay.high - delay.low) * draws.number()
        case "lognormal":
            # Box-Muller: the statistics module would import the global random.
            radius = sqrt(-2 * log(1 - draws.number()))
            seconds = delay.median * exp(delay.sigma * radius * cos(2 * pi * draws.number()))
    return min(seconds, delay.maximum)
