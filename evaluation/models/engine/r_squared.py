"""Nakagawa and Schielzeth's R-squared of a multilevel model (Methods Ecol. Evol. 4:133, 2013)."""

from dataclasses import dataclass

import numpy as np

from evaluation.models.engine.problem import Problem
from evaluation.models.sums.crossproducts import CrossProducts, unpack


@dataclass(frozen=True, slots=True)
class RSquared:
    """Share of the total variance that the fixed terms explain, and they and the groups together."""

    marginal: float
    conditional: float


def r_squared(
    cross: CrossProducts, problem: Problem, beta: np.ndarray, between: float, residual: float
) -> RSquared:
    """From the variance of the fixed part over the rows (divided by n - 1), of the groups, and the residual's.

    With random slopes the groups' variance is the mean over rows of z'Dz (Johnson, Methods Ecol. Evol. 5:944, 2014).

    Parameters
    ----------
    beta : ndarray, shape (p,)
        Coefficients, like the variances in the units of the data.
    """
    places = [cross.layout.fixed[k] for k in problem.kept]
    gram = unpack(cross.products.sum(axis=1))
    mean = gram[0, places] / gram[0, 0]
    centred = gram[np.ix_(places, places)] / gram[0, 0] - np.outer(mean, mean)
    explained = float(beta @ centred @ beta) * problem.n / (problem.n - 1)
    total = explained + between + residual
    return RSquared(explained / total, (explained + between) / total)
