"""p-values of a family of questions, corrected for there being several."""

import numpy as np
import pandas as pd


def holm(p_values: pd.Series, weights: pd.Series | None = None) -> pd.Series:
    """Holm's adjusted p-values (Scandinavian Journal of Statistics 6:65, 1979): below alpha they may be called different from nothing,
    and the chance of one false call in the family is at most alpha, however its questions hang together.

    Missing values stay missing, and do not count.

    Parameters
    ----------
    p_values : Series of float
    weights : Series of float, optional
        On the same index, above zero: what part of alpha each has at first, relative to the others; alike when absent. What is called passes
        its part on to the rest (Holm's section 5).
    """
    p = p_values.dropna().astype(float)
    weight = pd.Series(1.0, p.index) if weights is None else weights[p.index].astype(float)
    order = (p / weight).sort_values(kind="stable").index
    left = weight[order].to_numpy()[::-1].cumsum()[::-1]
    adjusted = np.maximum.accumulate((p / weight)[order].to_numpy() * left)
    return pd.Series(np.minimum(adjusted, 1.0), order, dtype=float).reindex(p_values.index)
