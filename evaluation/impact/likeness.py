"""How alike two groups are in what they had to begin with, before a match and after it."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

LIKENESS = ["question", "characteristic", "before", "after", "n", "n_with"]


def likeness(
    question: str, listed: Iterable[tuple[str, pd.Series]], ours: pd.Series, weights: pd.Series
) -> pd.DataFrame:
    """LIKENESS, one row a characteristic that varies: the first group's mean less the other's, in standard deviations.

    Both are divided by the standard deviation before the match, so that it cannot make a difference look smaller by the spread of
    those it keeps (Stuart, Statistical Science 25:1, 2010).

    Parameters
    ----------
    question : str
        Whose match it is.
    listed : iterable of (str, Series)
        Characteristics in words, with their values.
    ours : Series of bool
        Who is of the first group.
    weights : Series
        Between 0, not matched, and 1.

    Returns
    -------
    DataFrame
        `n` is the first group's number before the match, and `n_with` how many of them have what is a proportion; NaN of anything else.
    """
    rows, everyone = [], pd.Series(1.0, index=weights.index)
    for label, values in listed:
        known = values.dropna()
        first, other = (known[ours[known.index] == side] for side in (True, False))
        if min(len(first), len(other)) < 2 or known.nunique() < 2:
            continue
        spread = np.sqrt((first.var() + other.var()) / 2) or np.nan
        before, after = (
            (_mean(first, given) - _mean(other, given)) / spread for given in (everyone, weights)
        )
        share = known.isin([0.0, 1.0]).all()
        rows.append((question, label, before, after, len(first), first.sum() if share else np.nan))
    return pd.DataFrame(rows, columns=LIKENESS)


def _mean(values: pd.Series, weights: pd.Series) -> float:
    """The weighted mean; NaN of nobody."""
    weight = weights[values.index]
    return float((values * weight).sum() / weight.sum()) if weight.sum() else np.nan
