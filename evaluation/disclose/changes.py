"""How the schools changed, for release."""

import numpy as np
import pandas as pd

from evaluation.disclose.precision import Precision
from evaluation.disclose.rounding import to_step

WITHOUT_ONE = ["without_one_low", "without_one_high"]


def protect_changes(table: pd.DataFrame, given: Precision, primary: str) -> pd.DataFrame:
    """Changes with what would give back one school's mean as rough as the smallest school's must be.

    The mean of all schools, and the mean of all but one, tell the one's. Where that leaves less than the estimate's own margin tells,
    what leaving a school out gives is not given.
    """
    rough = steps(table["n_smallest"], given, primary)
    published = table.drop(columns="n_smallest")
    for name in WITHOUT_ONE:
        published[name] = rounded(table[name], rough).where(rough <= table["std_error"])
    everyone = steps(table["n_smallest"] * table["n_schools"], given, primary)
    published["pupil_weighted"] = rounded(table["pupil_weighted"], everyone)
    return published


def steps(numbers: pd.Series, given: Precision, primary: str) -> np.ndarray:
    """The step of a mean of each number of scores; NaN of none."""
    return np.array([given.step(primary, n) if n > 0 else np.nan for n in numbers], dtype=float)


def rounded(values: pd.Series, steps: np.ndarray) -> pd.Series:
    """Each value to its step; NaN where either is not known."""
    pairs = zip(values, steps, strict=True)
    return pd.Series(
        [to_step(v, s) if np.isfinite(v + s) else np.nan for v, s in pairs], index=values.index, dtype=float
    )
