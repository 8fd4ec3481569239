"""CR2 with Satterthwaite's degrees of freedom where every unit is a cluster of its own: HC2, in closed form."""

import math
from dataclasses import dataclass

import numpy as np

from evaluation.models.inference.tables import coefficient_table

# A unit with no more than this share of its own outcome left over determines a coefficient alone.
NOTHING = 1e-8


@dataclass(frozen=True, slots=True)
class Robust:
    """An estimate's robust inference; nan with a reason."""

    std_error: float = math.nan
    df: float = math.nan
    p_value: float = math.nan
    ci_low: float = math.nan
    ci_high: float = math.nan
    reason: str = ""


def robust(x: np.ndarray, outcome: np.ndarray, weight: np.ndarray) -> Robust:
    """Of the last coefficient of a weighted least-squares fit, the weights being inverse variances of the working model.

    With Q an orthonormal basis of W^1/2 X, leverages h = diag QQ', residuals e and the coefficient q'y, the variance is
    sum q^2 e^2/(1 - h), and with g = q^2/(1 - h) its degrees of freedom are
    (sum q^2)^2 / [sum g^2 (1 - 2h) + |Q' diag(g) Q|^2] (Bell and McCaffrey, Survey Methodology 28:169, 2002).

    Parameters
    ----------
    x : ndarray, shape (n, p)
        The last column is not a combination of the others; these may be combinations of one another.
    outcome : ndarray, shape (n,)
    weight : ndarray, shape (n,)
    """
    root = np.sqrt(weight)
    left, values, right = np.linalg.svd(root[:, None] * x, full_matrices=False)
    kept = values > NOTHING * values[0]
    basis = left[:, kept]
    q = basis @ (right[kept, -1] / values[kept])
    scaled = root * outcome
    residual = scaled - basis @ (basis.T @ scaled)
    own = 1 - (basis**2).sum(axis=1)
    alone = own < NOTHING
    if (np.abs(q[alone]) > NOTHING * np.abs(q).max()).any():
        return Robust(
            reason="It rests on one treated unit, whose own variation cannot be told from the effect."
        )
    own = np.where(alone, 1.0, own)
    g = q**2 / own
    std_error = math.sqrt((g * residual**2).sum())
    if std_error <= NOTHING * np.abs(scaled).max(initial=0) * math.sqrt((q**2).sum()):
        return Robust(reason="Units' changes do not vary beside what is adjusted for.")
    overlap = basis.T @ (g[:, None] * basis)
    df = (q**2).sum() ** 2 / ((g**2 * (2 * own - 1)).sum() + (overlap**2).sum())
    table = coefficient_table(["treated"], np.array([q @ scaled]), np.array([std_error]), np.array([df]))
    p_value, low, high = table[["p_value", "ci_low", "ci_high"]].to_numpy(float)[0]
    return Robust(std_error, float(df), float(p_value), float(low), float(high))
