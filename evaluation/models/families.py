"""p-values of a family of questions, corrected for there being several."""

import numpy as np
import pandas as pd


def holm(p_values: pd.Series) -> pd.Series:
    """Holm's adjusted p-values (Scandinavian Journal of Statistics 6:65, 1979): below alpha they may be called different from nothing,
    and the chance of one false call in the family is at most alpha, however its questions hang together.

    Missing values stay missing, and do not count.
    """
    given = p_values.dropna().sort_values()
    times = np.arange(len(given), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(times * given.to_numpy(dtype=float)), 1.0)
    return pd.Series(adjusted, given.index, dtype=float).reindex(p_values.index)
