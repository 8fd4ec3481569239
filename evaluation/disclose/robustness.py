"""How the headline moves, for release: what one variation has beside another tells of the pupils between them."""

import numpy as np
import pandas as pd

from evaluation.disclose.changes import rounded, steps
from evaluation.disclose.precision import Precision
from evaluation.disclose.release import withhold

FEWEST_SCHOOLS = 3
FIGURES = ["estimate", "std_error", "df", "p_value", "ci_low", "ci_high", "n_pupils", "n_schools"]


def protect_robustness(table: pd.DataFrame, given: Precision, primary: str, minimum: int) -> pd.DataFrame:
    """The variations without what is nearly one school's, or a few pupils'.

    The estimate that leaving out one school gives is as rough as a mean of the smallest school must be, and is not given where that
    tells less than the answer's own margin. The pupils of a year group alone are the descriptive figures' to count.
    """
    planned = table["variation"] == "complete"
    one = table["variation"].str.startswith("without_one")
    error = table.loc[planned, "std_error"].max()
    rough = steps(table["n_smallest"], given, primary)
    estimate = rounded(table["estimate"], rough).where(rough <= error)
    counted = ~one & ~table["variation"].str.startswith("year_")
    published = table.assign(estimate=table["estimate"].mask(one, estimate))
    published = _shown(published, planned, counted, minimum)
    return published.drop(columns="n_smallest")


def protect_specifications(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """The combinations of choices, with numbers as the variations have them."""
    return _shown(table, table["planned"], pd.Series(True, index=table.index), minimum)


def protect_tipping(table: pd.DataFrame, minimum: int) -> pd.DataFrame:
    """The tipping points of arms in which not just a few lack the outcome: how far the finding is from tipping tells how many do."""
    few = (table["n_missing"] > 0) & (table["n_missing"] < minimum)
    published = table.assign(share=table["share"].round(2)).drop(columns="n_missing")
    return withhold(published, ~few, ["delta", "delta_sd", "share"])


def _shown(table: pd.DataFrame, planned: pd.Series, counted: pd.Series, minimum: int) -> pd.DataFrame:
    """The rows, but those of an arm with few schools, which are nearly one's mean; the planned answer is published as it is."""
    allowed = planned | ~(table["fewest"] < FEWEST_SCHOOLS)
    published = withhold(table, allowed, FIGURES).drop(columns="fewest")
    given = apart(published["n_pupils"].where(counted), planned, minimum)
    counts = [name for name in ("n_pupils", "share") if name in table]
    return published.assign(**{name: published[name].where(given) for name in counts})


def apart(numbers: pd.Series, planned: pd.Series, minimum: int) -> pd.Series:
    """Which numbers may stand: none differs from another, the planned answer's first, by fewer than the minimum."""
    seen: list[float] = []
    for row in [*np.flatnonzero(planned), *np.flatnonzero(~planned)]:
        n = float(numbers.iloc[row])
        if n >= minimum and all(n == other or abs(n - other) >= minimum for other in seen):
            seen.append(n)
    return numbers.isin(seen)
