"""Sign-flip test: whether a mean of independent units differs from zero, if each might as well have had the other sign."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

LIMIT = 16  # units: 65,536 patterns are enumerated at most
DRAWS = 9_999
TIE = 1e-9


@dataclass(frozen=True, slots=True)
class SignFlip:
    """What the other patterns of signs say.

    Attributes
    ----------
    p_value : float
        Two-sided; NaN with a reason.
    smallest_p : float
        The least that so many units can reach.
    patterns : int
        How many were looked at.
    exact : bool
        Whether they are all of them.
    reason : str
        Why there is no p, or "".
    """

    p_value: float
    smallest_p: float
    patterns: int
    exact: bool
    reason: str


def sign_flip_test(values: npt.ArrayLike, *, seed: int) -> SignFlip:
    """Test that units' values are symmetric about zero (Fisher, Design of Experiments, 1935, section 21).

    All 2^J patterns while there are at most LIMIT units, otherwise DRAWS of them with the (1 + b) / (1 + B) rule. The mean
    orders patterns as t does, since the sum of squares is the same under each. Neither units' order nor their scale matters.

    Parameters
    ----------
    values : array_like of float, shape (J,)
    seed : int
        Of the draws.
    """
    given = np.sort(np.asarray(values, dtype=float))
    size = np.abs(given)
    if len(given) < 2 or not size.any():
        return SignFlip(np.nan, np.nan, 0, exact=True, reason="fewer than two units, or none that changed")
    exact = len(given) <= LIMIT
    if exact:
        patterns = np.arange(2 ** len(given))[:, None] >> np.arange(len(given)) & 1
    else:
        patterns = np.random.default_rng(seed).integers(0, 2, (DRAWS, len(given)))
    sums = np.abs((2 * patterns - 1) @ size)
    as_large = int((sums >= abs(given.sum()) - TIE * size.sum()).sum())
    if exact:
        return SignFlip(as_large / len(sums), 2 / len(sums), len(sums), exact=True, reason="")
    return SignFlip((1 + as_large) / (1 + DRAWS), 1 / (1 + DRAWS), DRAWS, exact=False, reason="")
