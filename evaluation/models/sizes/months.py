"""Effect sizes as months of additional progress, by a named published table, and costs as published bands."""

from bisect import bisect_right
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from math import isfinite

import numpy as np

from evaluation.errors import ModelError, nearest


@dataclass(frozen=True, slots=True)
class ProgressTable:
    """A table of months of additional progress.

    Attributes
    ----------
    name, version, source : str
    starts : tuple of int
        The least effect size of 1 month, 2 months, and so on, in hundredths.
    end : int
        The largest effect size the table has, in hundredths.
    """

    name: str
    version: str
    source: str
    starts: tuple[int, ...]
    end: int


TABLES = {
    table.name: table
    for table in [
        ProgressTable(
            "eef-toolkit-to-2021",
            "as published before the Toolkit's revision of September 2021",
            "Education Endowment Foundation, Teaching and Learning Toolkit, About the Toolkits: Additional months' "
            "progress, educationendowmentfoundation.org.uk/evidence-summaries/about-the-toolkits/attainment",
            (2, 10, 19, 27, 36, 45, 53, 62, 70, 79, 88, 96),
            100,
        )
    ]
}

# Most pounds a pupil a year, averaged over three years. Source: Education Endowment Foundation, Teaching and Learning
# Toolkit, About the Toolkits: Cost, educationendowmentfoundation.org.uk/evidence-summaries/about-the-toolkits/cost
COST_BANDS = {"very low": 80, "low": 200, "moderate": 720, "high": 1200}


@dataclass(frozen=True, slots=True)
class MonthsOfProgress:
    """Months of additional progress, or why there are none to report.

    Attributes
    ----------
    months : int or None
        Negative for a negative effect.
    capped : bool
        The effect size is beyond the table, and has the months of its last row.
    table, version, source : str
    reason : str
        Why there are no months, or "".
    """

    months: int | None
    capped: bool
    table: str
    version: str
    source: str
    reason: str


def months_of_progress(
    effect_size: float, comparison: bool, table: str = "eef-toolkit-to-2021"
) -> MonthsOfProgress:
    """Months of additional progress that a published table gives an effect size.

    The size is rounded to two decimals as a person would round the number they read, halves away from zero (0.095 is 0.10,
    -0.095 is -0.10), after the noise of binary arithmetic is taken off. The sign is kept; sizes beyond the table have its last
    row's months.

    Parameters
    ----------
    effect_size : float
        In total standard deviations.
    comparison : bool
        Whether the effect is a difference from a comparison group. The tables are of such differences only.
    table : str
        One of TABLES.

    Raises
    ------
    ModelError
        For a table that does not exist, or a comparison that is not True or False.
    """
    if table not in TABLES:
        raise ModelError(
            f"There is no table {table!r} of months; choose from {', '.join(TABLES)}.{nearest(table, list(TABLES))}"
        )
    if not isinstance(comparison, bool | np.bool_):
        raise ModelError(f"comparison must be True or False, not {comparison!r}.")
    found = TABLES[table]
    named = found.name, found.version, found.source
    if not comparison:
        reason = "months of progress are more than a comparison group made, and there is no comparison group"
        return MonthsOfProgress(None, False, *named, reason)
    if not isfinite(effect_size):
        return MonthsOfProgress(None, False, *named, "there is no effect size")
    rounded = _hundredths(effect_size)
    months = bisect_right(found.starts, abs(rounded))
    return MonthsOfProgress(-months if rounded < 0 else months, abs(rounded) > found.end, *named, "")


def cost_band(pounds: float) -> str:
    """The Education Endowment Foundation's band for a cost in pounds per pupil per year, averaged over three years.

    To the nearest penny, the upper end of a band included: 80.00 is very low, 80.01 low.

    Raises
    ------
    ModelError
        For a cost that is not a number of pounds from 0 up.
    """
    if not (isfinite(pounds) and pounds >= 0):
        raise ModelError(f"A cost must be a number of pounds of at least 0, not {pounds}.")
    pennies = _hundredths(pounds)
    return next((band for band, most in COST_BANDS.items() if pennies <= 100 * most), "very high")


def _hundredths(value: float) -> int:
    """Whole hundredths, halves away from zero, of the decimal number a float stands for.

    Nine decimals first: binary arithmetic errs far below them, and no effect size or cost is known so well.
    """
    return int((Decimal(f"{float(value):.9f}") * 100).to_integral_value(ROUND_HALF_UP))
