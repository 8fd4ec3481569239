"""Counts, means and standard deviations as they are published."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from evaluation.disclose.guard import Figure
from evaluation.disclose.precision import Precision
from evaluation.disclose.release import withhold
from evaluation.disclose.rounding import to_step
from evaluation.disclose.splits import SPLIT, Split

SD_MULTIPLE = 3


def protect_descriptives(
    table: pd.DataFrame,
    shown: pd.Series,
    uncounted: set[Split],
    given: Precision,
    figures: Mapping[tuple[str, ...], Figure],
    minimum: int,
) -> pd.DataFrame:
    """Rows that may be shown with their figures rounded, and how finely (`rounded_to`); the others with the symbol alone.

    Standard deviations are the project's alone, and only where every group of the split has three times the minimum: of a school
    they would give the last pupil's score to whoever knows the others', and one alone follows from the others and the whole's.

    Parameters
    ----------
    table
        level, unit, split, group, outcome, n, mean, sd.
    shown
        Which rows may be shown.
    uncounted
        Splits whose counts are left out.
    given, figures
        How finely figures are given, and those of schools.
    minimum
        The smallest count.
    """
    rows = [_published(row, given, figures) for row in table.itertuples(index=False)]
    published = table.assign(
        **pd.DataFrame(rows, index=table.index, columns=["n", "mean", "sd", "rounded_to"])
    )
    smallest = table.groupby(SPLIT)["n"].transform("min")
    spread = (table["level"] == "project") & (smallest >= SD_MULTIPLE * minimum)
    published["sd"] = published["sd"].where(
        spread & shown.groupby([table[name] for name in SPLIT]).transform("all")
    )
    keys = pd.Series(list(table[SPLIT].itertuples(index=False, name=None)), index=table.index)
    published["n"] = published["n"].where(~keys.isin(uncounted))
    given_mean = published["mean"].notna() | (table["n"] == 0)
    return withhold(published, shown & given_mean, ["n", "mean", "sd", "rounded_to"])


def _published(row: tuple, given: Precision, figures: Mapping[tuple[str, ...], Figure]) -> tuple[float, ...]:
    level, unit, split, group, outcome, n, mean, sd = row
    if not n:
        return 0, np.nan, np.nan, np.nan
    figure = figures.get(("descriptives", unit, split, group, outcome)) if level == "school" else None
    width = given.step(outcome, n) if figure is None else figure.step
    value = to_step(mean, width) if figure is None else figure.shown
    return n, np.nan if value is None else value, to_step(sd, given.step(outcome, np.inf)), width
