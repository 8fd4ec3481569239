"""How finely a figure may be given."""

import math

FINEST = 0.1


def step(least: float, finest: float = FINEST) -> float:
    """The smallest of 1, 2, 5, 10, 20, ... tenths that is not under `least`."""
    if least <= finest:
        return finest
    power = 10.0 ** math.floor(math.log10(least) + 1e-9)
    return next(round(times * power, 10) for times in (1, 2, 5, 10) if times * power >= least * (1 - 1e-9))


def next_step(current: float) -> float:
    """The step after this one."""
    return step(current * 1.01)


def to_step(value: float, width: float) -> float:
    """The nearest multiple of a step; NaN, as the standard deviation of one score is, stays as it is."""
    return value if math.isnan(value) else round(round(value / width) * width, 10)


def up_to_step(value: float, width: float) -> float:
    """The next multiple of a step that is not under the value: an interval is never made narrower."""
    return round(math.ceil(value / width - 1e-9) * width, 10)
