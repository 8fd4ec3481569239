"""Hedges' standardised difference between two arms made of clusters, and the correction of a standardised difference.

Source: L. V. Hedges, Effect sizes in cluster-randomized designs, J. Educ. Behav. Stat. 32:341-370 (2007), for d_T with
clusters of unequal sizes.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import special, stats

from evaluation.errors import ModelError

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class ClusteredEffectSize:
    """Hedges' d_T, or why there is none.

    Attributes
    ----------
    estimate, variance, ci_low, ci_high : float or None
        The interval is Student's t on `df` degrees of freedom.
    df : int or None
        The clusters of both arms, less two.
    first_term : str
        What the variance of the difference was taken from: "cluster sizes" or "standard error".
    reason : str
        Why there is no effect size, or "".
    """

    estimate: float | None
    variance: float | None
    ci_low: float | None
    ci_high: float | None
    df: int | None
    first_term: str
    reason: str


def hedges_2007(
    difference: float,
    total_sd: float,
    icc: float,
    sizes_treated: Sequence[int],
    sizes_control: Sequence[int],
    std_error: float | None = None,
) -> ClusteredEffectSize:
    """Difference between two arms of clusters in total standard deviations, with its sampling variance.

    With N units in all, b the factor `expected_share` and [...] the bracket of `spread`,

        d = (difference / total_sd) sqrt(b)
        variance = first term + d^2 [...] / (2 (N - 2)^2 b)

    The first term is the variance of a difference of two raw means, given cluster sizes and icc; where the difference is
    adjusted for covariates give its standard error, and the first term is b (std_error / total_sd)^2.

    Parameters
    ----------
    difference : float
        Mean of the treated arm less that of the control arm.
    total_sd : float
        Standard deviation of single units about the mean of their arm, with N - 2 as divisor, in the difference's units.
        Not the root of a model's summed variances, which has no bias for b to undo.
    icc : float
        Intraclass correlation, taken as known.
    sizes_treated, sizes_control : sequence of int
        Units in each cluster of each arm.
    std_error : float, optional
        Of an adjusted difference.

    Raises
    ------
    ModelError
        For values that cannot be: a standard deviation or a cluster size that is not positive, an icc outside 0 to 1.

    Notes
    -----
    The paper's interval is normal. Here it is Student's t on the clusters less two, since the difference is between so many
    cluster means; with ten clusters the normal interval holds the truth too seldom.

    In the last term the paper divides by b once where the delta method divides by it twice, so that the term is too
    small by the factor b (a few per cent of a small part of the variance). The paper is followed.
    """
    first_term = "cluster sizes" if std_error is None else "standard error"
    treated, control = _sizes(sizes_treated, "treated"), _sizes(sizes_control, "control")
    _check(total_sd, icc, std_error)
    reason = _why_undefined(difference, treated, control)
    if reason:
        return ClusteredEffectSize(None, None, None, None, None, first_term, reason)
    units, df = treated.sum() + control.sum(), len(treated) + len(control) - 2
    b = expected_share(treated, control, icc)
    estimate = difference / total_sd * np.sqrt(b)
    first = design_variance(treated, control, icc) if std_error is None else b * (std_error / total_sd) ** 2
    variance = first + estimate**2 * spread(treated, control, icc) / (2 * (units - 2) ** 2 * b)
    reach = stats.t.ppf((1 + LEVEL) / 2, df) * np.sqrt(variance)
    interval = float(estimate - reach), float(estimate + reach)
    return ClusteredEffectSize(float(estimate), float(variance), *interval, df, first_term, "")


def expected_share(treated: np.ndarray, control: np.ndarray, icc: float) -> float:
    """Mean of the squared total sd over the variance it estimates: 1 - icc (N - 2 - B) / (N - 2), B of `_between`."""
    rest = treated.sum() + control.sum() - 2
    return float(1 - icc * (rest - _between(treated) - _between(control)) / rest)


def spread(treated: np.ndarray, control: np.ndarray, icc: float) -> float:
    """Half the variance of the sum of squares about the arm means, for units of variance 1.

    (N - 2)(1 - icc)^2 + A icc^2 + 2 B icc (1 - icc), A and B summed over the arms.
    """
    rest = treated.sum() + control.sum() - 2
    a, b = (part(treated) + part(control) for part in (_between_squared, _between))
    return float(rest * (1 - icc) ** 2 + a * icc**2 + 2 * b * icc * (1 - icc))


def design_variance(treated: np.ndarray, control: np.ndarray, icc: float) -> float:
    """Variance of the difference between two raw arm means, for units of variance 1.

    (N_t + N_c)/(N_t N_c) (1 + (n - 1) icc), with n = N_c sum n_t^2 / (N_t N) + N_t sum n_c^2 / (N_c N).
    """
    n_t, n_c = treated.sum(), control.sum()
    size = (n_c * (treated**2).sum() / n_t + n_t * (control**2).sum() / n_c) / (n_t + n_c)
    return float((n_t + n_c) / (n_t * n_c) * (1 + (size - 1) * icc))


def hedges_j(df: float) -> float:
    """Correction for the bias of dividing by an estimated standard deviation (Hedges, J. Educ. Stat. 6:107, 1981).

    J = Gamma(df/2) / (sqrt(df/2) Gamma((df - 1)/2)), NaN at one degree of freedom or fewer, where the bias is unbounded.
    """
    if np.isinf(df):
        return 1.0
    return float(special.poch((df - 1) / 2, 0.5) / np.sqrt(df / 2)) if df > 1 else np.nan


def _between(sizes: np.ndarray) -> float:
    """Trace of Z'MZ, M taking out the arm's mean: n_U (m - 1) = N - sum n^2 / N."""
    return float(sizes.sum() - (sizes**2).sum() / sizes.sum())


def _between_squared(sizes: np.ndarray) -> float:
    """Trace of (Z'MZ)^2: [N^2 sum n^2 + (sum n^2)^2 - 2 N sum n^3] / N^2."""
    n, squares = sizes.sum(), (sizes**2).sum()
    return float(squares + (squares / n) ** 2 - 2 * (sizes**3).sum() / n)


def _sizes(sizes: Sequence[int], arm: str) -> np.ndarray:
    found = np.asarray(sizes, dtype=float)
    if found.ndim != 1 or not (np.isfinite(found) & (found >= 1)).all():
        raise ModelError(f"Give the {arm} arm's cluster sizes as a list of whole numbers of at least 1.")
    return found


def _check(total_sd: float, icc: float, std_error: float | None) -> None:
    if not (np.isfinite(total_sd) and total_sd > 0):
        raise ModelError(f"The total standard deviation must be above 0, not {total_sd}.")
    if not 0 <= icc <= 1:
        raise ModelError(f"The intraclass correlation must be from 0 to 1, not {icc}.")
    if std_error is not None and not (np.isfinite(std_error) and std_error >= 0):
        raise ModelError(f"The standard error must be at least 0, not {std_error}.")


def _why_undefined(difference: float, treated: np.ndarray, control: np.ndarray) -> str:
    if not np.isfinite(difference):
        return "there is no difference to standardise"
    for arm, sizes in (("treated", treated), ("control", control)):
        if len(sizes) < 2:
            count = "one cluster" if len(sizes) else "no cluster"
            return f"the {arm} arm has {count}, so what varies between its clusters cannot be told from the effect"
    return ""
