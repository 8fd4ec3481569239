"""The answer for those who took a treatment up: an instrument's two-stage least squares, with inference for few clusters."""

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models.fit import fit
from evaluation.models.sums.spec import parse_formula

LEVEL = 0.95
TOO_WEAK = "too few took it up beyond the others: an interval would have no end"


@dataclass(frozen=True, slots=True)
class ComplierEffect:
    """A complier average effect; nan with a `reason` where the first stage is too weak to tell.

    Attributes
    ----------
    estimate, std_error : float
        In the outcome's units.
    df, p_value, ci_low, ci_high : float
        The p-value is that of the allocation's own effect: the two are nothing together.
    first_stage, first_stage_f : float
        How many more of those allocated took it up, as a proportion, and the F of that.
    reason : str
    """

    estimate: float
    std_error: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    first_stage: float
    first_stage_f: float
    reason: str = ""


def complier_effect(
    formula: str, data: pd.DataFrame, allocated: str, took: str, cluster: str
) -> ComplierEffect:
    """Two-stage least squares of the outcome on `took`, with `allocated` as its instrument and the formula's other terms in both stages.

    With one instrument the estimate is the ratio of two differences (Angrist, Imbens and Rubin, JASA 91:444, 1996). Its
    interval holds the effects t at which outcome - t x took does not differ by allocation (Anderson and Rubin 1949; Fieller 1954),
    by CR2 over clusters with Satterthwaite's degrees of freedom: lopsided where it should be, and right however weak the first
    stage. One whose own F does not pass the square of t leaves it without an end, and is refused.

    Parameters
    ----------
    formula : str
        Least squares: `score ~ treated + baseline`, `allocated` among its terms.
    data : DataFrame
        One row a pupil; rows without a value that is needed are left out.
    allocated, took, cluster : str
        Columns of 0 and 1, of 0 and 1, and of the clusters.

    Raises
    ------
    ModelError
        When the model cannot be fitted, or all or none of those allocated took it up.
    """
    spec = parse_formula(formula)
    rows = data.dropna(subset=[*spec.columns, took, cluster])
    if rows.loc[rows[allocated] == 1, took].nunique() < 2:
        raise ModelError(
            f"Of those with {allocated} 1, all or none have {took} 1: the answer is the plain one."
        )
    units = rows[spec.outcome].std(), rows[took].std()
    y, d = (rows[name] / unit for name, unit in zip((spec.outcome, took), units, strict=True))
    stages = np.array(
        [_difference(spec.fixed, rows.assign(stage=stage), allocated, cluster) for stage in (y, d, y + d)]
    )
    (a, b, _), errors = stages[:, 0], stages[:, 1]
    df, p_value = stages[0, 2:].tolist()
    t, f = float(stats.t.ppf((1 + LEVEL) / 2, df)), float((b / errors[1]) ** 2)
    if not f > t**2:
        return ComplierEffect(math.nan, math.nan, df, p_value, math.nan, math.nan, b * units[1], f, TOO_WEAK)
    estimate, error, low, high = np.array(_ratio(a, b, errors**2, t)) * units[0] / units[1]
    return ComplierEffect(estimate, error, df, p_value, low, high, b * units[1], f)


def _difference(fixed: str, rows: pd.DataFrame, allocated: str, cluster: str) -> np.ndarray:
    """(4,) what a stage differs by allocation, by CR2: estimate, standard error, degrees of freedom and p-value."""
    with np.errstate(divide="ignore", invalid="ignore"):  # an intercept of exactly nothing has no statistic
        table = fit(f"stage ~ {fixed}", rows).inference("cr2", cluster=cluster)
    if allocated not in table.index:
        raise ModelError(f"{allocated!r} does not vary apart from the other terms.")
    return table.loc[allocated, ["estimate", "std_error", "df", "p_value"]].to_numpy(dtype=float)


def _ratio(a: float, b: float, variances: np.ndarray, t: float) -> tuple[float, float, float, float]:
    """a / b, its standard error and Fieller's interval; `variances` (3,) of a, of b and of their sum, t^2 times b's under b^2."""
    var_a, var_b, both = variances
    covariance = (both - var_a - var_b) / 2
    ratio = a / b
    error = np.sqrt(var_a - 2 * ratio * covariance + ratio**2 * var_b) / abs(b)
    square, middle = b**2 - t**2 * var_b, a * b - t**2 * covariance
    reach = np.sqrt(middle**2 - square * (a**2 - t**2 * var_a))
    return ratio, error, (middle - reach) / square, (middle + reach) / square
