"""Clusters' points, for release: of two schools either could subtract its own mean."""

import pandas as pd

from evaluation.disclose.changes import rounded, steps
from evaluation.disclose.precision import Precision
from evaluation.disclose.release import withhold


def protect_points(table: pd.DataFrame, given: Precision, primary: str, minimum: int) -> pd.DataFrame:
    """Each point as rough as the mean of its smallest school must be; of a school with few pupils it is withheld."""
    known = table["estimate"].notna()
    protected = withhold(table, (table["n_smallest"] >= minimum) | ~known, ["estimate"])
    protected["estimate"] = rounded(protected["estimate"], steps(table["n_smallest"], given, primary))
    return protected.drop(columns=["n_smallest"])
