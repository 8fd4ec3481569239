"""How a unit's change varies with its size: one part that every unit has, and one that is shared out among its members."""

from dataclasses import dataclass

import numpy as np
from scipy import optimize


@dataclass(frozen=True, slots=True)
class Spread:
    """The variance of a unit's change, between + within/size.

    Attributes
    ----------
    between : float
        What the largest unit has too.
    within : float
        A single member's.
    """

    between: float
    within: float

    def variance(self, size: np.ndarray) -> np.ndarray:
        """Of units of these sizes (n,)."""
        return self.between + self.within / size


def spread_by_size(residual: np.ndarray, size: np.ndarray) -> Spread:
    """Squared residuals regressed on a constant and 1/size, neither part below zero.

    As Ferman and Pinto (REStat 101:452, 2019) model the variance of groups of unequal size; where one part came out negative
    they leave it out too.

    Parameters
    ----------
    residual : ndarray, shape (n,)
        Of untreated units.
    size : ndarray, shape (n,)
        Above zero.
    """
    parts = np.column_stack([np.ones(len(size)), size.min() / size])
    scale = (residual**2).mean() or 1.0
    (between, within), _ = optimize.nnls(parts, residual**2 / scale)
    return Spread(float(between * scale), float(within * scale * size.min()))
