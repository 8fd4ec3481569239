"""One-to-one matching: as many pairs as a caliper allows, and of all ways to make so many the one whose pairs are least apart."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def optimal_pairs(apart: np.ndarray, caliper: float = np.inf) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns paired one to one, none farther apart than the caliper.

    Optimal matching without replacement (Rosenbaum, Journal of the American Statistical Association 84:1024, 1989), as an
    assignment problem. A pair that is not allowed costs more than all others together may, so that none is made at the
    expense of one that is; then it is dropped.

    Parameters
    ----------
    apart : ndarray, shape (n, m)
        Distances, at least 0; infinite where a pair is not allowed.
    caliper : float
        The largest distance within a pair.

    Returns
    -------
    rows, columns : ndarray of int, shape (k,)
        Places of the paired, in the order of rows; k is the most that can be paired.
    """
    allowed = np.isfinite(apart) & (apart <= caliper)
    farthest = apart[allowed].max(initial=0.0)
    beyond = (min(apart.shape) + 1) * (farthest + 1)
    rows, columns = linear_sum_assignment(np.where(allowed, apart, beyond))
    kept = allowed[rows, columns]
    return rows[kept], columns[kept]
