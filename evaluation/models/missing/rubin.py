"""What several completed sets of the data estimate, as one estimate: Rubin's rules."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models.inference.tables import LEVEL


@dataclass(frozen=True, slots=True)
class Pooled:
    """An estimate over imputations; `share_missing` is the share of its variance that is due to what is missing."""

    estimate: float
    std_error: float
    df: float
    p_value: float
    ci_low: float
    ci_high: float
    share_missing: float


def pool(estimates: Sequence[float], std_errors: Sequence[float], complete_df: float) -> Pooled:
    """Put together the estimates of m completed sets.

    T = W + (1 + 1/m) B, W the mean squared standard error and B the variance between sets (Rubin, Multiple Imputation for
    Nonresponse in Surveys, 1987); degrees of freedom by Barnard and Rubin, Biometrika 86:948 (1999), never above those
    of complete data.

    Parameters
    ----------
    estimates, std_errors : sequence of m numbers
        In the outcome's units, one a completed set.
    complete_df : float
        Degrees of freedom if nothing had been missing.

    Raises
    ------
    ModelError
        When there are fewer than two sets.
    """
    m = len(estimates)
    if m < 2:
        raise ModelError(
            "Estimates are pooled over two imputations or more: one alone does not show what is missing."
        )
    within = float(np.mean(np.square(std_errors)))
    between = (1 + 1 / m) * float(np.var(estimates, ddof=1))
    total = within + between
    share = between / total if total > 0 else 0.0
    observed = (complete_df + 1) / (complete_df + 3) * complete_df * (1 - share)
    df = 1 / (share**2 / (m - 1) + 1 / observed) if share < 1 else float(m - 1)
    estimate, error = float(np.mean(estimates)), float(np.sqrt(total))
    reach = float(stats.t.ppf((1 + LEVEL) / 2, df)) * error
    p_value = 2 * float(stats.t.sf(abs(estimate) / error, df)) if error > 0 else np.nan
    return Pooled(estimate, error, df, p_value, estimate - reach, estimate + reach, share)
