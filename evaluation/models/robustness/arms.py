"""How many clusters stand in each arm of a regressor, from their sums alone."""

from collections.abc import Sequence

import numpy as np

# Values of a regressor are one when less than this share of its size apart: variances from sums keep half the digits.
ALIKE = 1e-5


def clusters_by_arm(xx: np.ndarray, columns: Sequence[int], intercept: int) -> tuple[int, ...]:
    """How many clusters are in each arm, if a regressor has just two kinds of cluster; otherwise nothing.

    A cluster is of the kind of its value, if the regressor is constant within it, else of the kind where it varies. Of a product the
    arms are those of the factor that is constant within every cluster, the treatment, over the clusters in which the others vary: a
    school where nobody is disadvantaged tells nothing of the gap. A product without such a factor has no arms.

    Parameters
    ----------
    xx : ndarray, shape (J, p, p)
    columns : sequence of int
        Where the regressor stands, or the factors of a product.
    intercept : int
        Where the constant stands.
    """
    xx = xx[xx[:, intercept, intercept] > 0]
    varying = _varying(xx, intercept)
    whole = [column for column in columns if len(columns) == 1 or not varying[:, column].any()]
    if len(whole) != 1:
        return ()
    (column,) = whole
    tells = varying[:, [other for other in columns if other != column]].all(axis=1)
    size, total = xx[tells, intercept, intercept], xx[tells, column, intercept]
    unit = np.sqrt(xx[:, column, column].sum() / xx[:, intercept, intercept].sum()) or 1.0
    kinds = np.where(varying[tells, column], np.inf, np.round(total / size / (ALIKE * unit)))
    counts = np.unique(kinds, return_counts=True)[1]
    return tuple(counts.tolist()) if len(counts) == 2 else ()


def _varying(xx: np.ndarray, intercept: int) -> np.ndarray:
    """(J, p) whether each regressor varies within each cluster."""
    size, total = xx[:, intercept, intercept, None], xx[:, :, intercept]
    square = np.diagonal(xx, axis1=1, axis2=2)
    unit = np.sqrt(square.sum(axis=0) / size.sum())
    return square - total**2 / size > (ALIKE * np.where(unit > 0, unit, 1.0)) ** 2 * size
