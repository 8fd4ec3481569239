"""p-values of a family of questions, corrected for there being several."""

import numpy as np
import pandas as pd
from statsmodels.stats.multitest import multipletests


def holm(p_values: pd.Series) -> pd.Series:
    """Holm's adjusted p-values (Scandinavian Journal of Statistics 6:65, 1979): below alpha they may be called different from nothing,
    and the chance of one false call in the family is at most alpha, however its questions hang together.

    Missing values stay missing, and do not count.
    """
    adjusted = pd.Series(np.nan, index=p_values.index)
    given = p_values.dropna()
    if len(given):
        adjusted[given.index] = multipletests(given, method="holm")[1]
    return adjusted
