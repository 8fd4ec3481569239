"""How finely a figure may be given, and the small random change that hides one pupil's status."""

import hashlib
import math

import numpy as np

FINEST = 0.1
COUNT_BASE = 5


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


def blurred_count(n: int, salt: bytes, cell: str) -> int:
    """A multiple of five beside the count, drawn so that on average it is the count.

    Unlike rounding to the nearest it never tells one pupil more or less for certain: what is drawn is drawn anew in
    every run, from `salt`, which nobody has who has not every score of the study.
    """
    lower = n // COUNT_BASE * COUNT_BASE
    return lower + COUNT_BASE * bool(_uniform(salt, cell) < (n - lower) / COUNT_BASE)


def blurred_mean(value: float, n: int, width: float, salt: bytes, cell: str) -> float:
    """A mean of `n` scores with a normal change of standard deviation `width` / `n`: what a change of `width` in one score makes."""
    return value + np.random.default_rng(_seed(salt, cell)).normal() * width / n


def _uniform(salt: bytes, cell: str) -> float:
    return np.random.default_rng(_seed(salt, cell)).random()


def _seed(salt: bytes, cell: str) -> int:
    return int.from_bytes(hashlib.blake2b(cell.encode(), key=salt[:32], digest_size=16).digest(), "big")
