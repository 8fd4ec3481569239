"""Likelihood-ratio tests between nested models, with the mixtures that hold where a variance may be zero.

A variance cannot be negative, so under the hypothesis that it is zero its estimate is on the boundary half the time, and
chi-squared with a full degree of freedom is conservative (Self and Liang, JASA 82:605, 1987). For one random effect added
to a group that has q correlated with it, the distribution is the equal mixture of chi-squared with q and q + 1 degrees of
freedom (Stram and Lee, Biometrics 50:1171, 1994).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models.fitted import FittedModel

# Deviances that differ by less than this for each row are the same number.
ROUNDING = 1e-10
# Means and standard deviations closer than this share of the latter are of the same rows.
SAME = 1e-9


@dataclass(frozen=True, slots=True)
class LikelihoodRatio:
    """A test of the smaller of two models.

    Attributes
    ----------
    statistic : float
        Difference of the deviances.
    df : tuple of int
        Degrees of freedom of the chi-squareds mixed in equal parts; one for a plain chi-squared.
    p_value : float
    reason : str
        Why the p-value is only an upper bound, or "".
    """

    statistic: float
    df: tuple[int, ...]
    p_value: float
    reason: str


def likelihood_ratio(smaller: FittedModel, larger: FittedModel) -> LikelihoodRatio:
    """Test the smaller of two nested models against the larger.

    Raises
    ------
    ModelError
        When they are not nested, not of the same rows and outcome, or were fitted by REML with different fixed terms.
    """
    _require_comparable(smaller, larger)
    added = _added(smaller, larger)
    parameters = larger.n_parameters - smaller.n_parameters
    if not parameters:
        raise ModelError("The two models are the same: add a term to the second.")
    statistic = float(smaller.estimate.criterion - larger.estimate.criterion)
    if abs(statistic) <= ROUNDING * larger.n:
        statistic = 0.0  # a variance on its boundary adds nothing, and its p must not hang on rounding
    if statistic < 0:
        raise ModelError(
            "The first model fits better than the second, so that it is not nested in it: give the smaller one first."
        )
    df = (parameters - 1, parameters) if len(added) == 1 else (parameters,)
    reason = ""
    if len(added) > 1:
        reason = (
            f"{len(added)} random effects are added at once ({', '.join(added)}), for which no simple distribution holds; "
            "chi-squared with all their parameters gives an upper bound of p. Add them one at a time."
        )
    return LikelihoodRatio(statistic, df, mixture(statistic, df), reason)


def mixture(statistic: float, df: Sequence[int]) -> float:
    """The chance that a mixture in equal parts of chi-squareds is as large; with no degrees of freedom one is 0."""
    tails = [stats.chi2.sf(statistic, d) if d else float(statistic <= 0) for d in df]
    return float(np.mean(tails))


def _require_comparable(smaller: FittedModel, larger: FittedModel) -> None:
    one, other = smaller.cross.spec, larger.cross.spec
    if smaller.estimate.reml != larger.estimate.reml:
        raise ModelError("One model was fitted by REML and the other by maximum likelihood: fit both alike.")
    if (one.outcome, one.weights, one.offset) != (other.outcome, other.weights, other.offset):
        raise ModelError("The two models have different outcomes, weights or offsets, and do not compare.")
    if smaller.n != larger.n:
        raise ModelError(
            f"The models use {smaller.n} and {larger.n} rows: drop rows with missing values from both beforehand."
        )
    (mean, sd), found = _outcome(smaller), _outcome(larger)
    if np.abs(found - [mean, sd]).max() > SAME * sd:
        raise ModelError(
            f"The models use as many rows, but not the same ones: {one.outcome!r} has other values. Drop rows with missing "
            "values from both beforehand."
        )
    missing = set(smaller.problem.terms) - set(larger.problem.terms)
    if missing:
        raise ModelError(
            f"{min(missing)!r} is in the smaller model but not in the larger: they are not nested."
        )
    if smaller.estimate.reml and smaller.problem.p != larger.problem.p:
        raise ModelError(
            "Models with different fixed terms do not compare by REML: fit both with reml=False, or use joint_test."
        )


def _outcome(result: FittedModel) -> np.ndarray:
    """Mean and standard deviation (2,) of the outcome, less its offset and weighted as its rows are."""
    cross = result.cross
    whole = cross.products.sum(axis=1)
    mean, square = whole[[len(cross.layout.names) - 1, -1]] / whole[0]
    return np.array([mean + cross.origin[-1], np.sqrt(square - mean**2)])


def _added(smaller: FittedModel, larger: FittedModel) -> list[str]:
    """The random effects that the larger model has besides, as `effect by group`."""
    few, many = (_parameters(result) for result in (smaller, larger))
    if few - many:
        group, *effects = min(few - many)
        what = f"{effects[0]!r} by {group}"
        if effects[0] != effects[1]:
            what = f"{effects[0]!r} and {effects[1]!r} by {group} correlated"
        raise ModelError(f"The smaller model has {what}, which the larger has not: they are not nested.")
    return sorted(f"{one} by {group}" for group, one, other in many - few if one == other)


def _parameters(result: FittedModel) -> set[tuple[str, str, str]]:
    """Group and effects of each variance and covariance."""
    table = result.variances[["group", "term_1", "term_2"]].to_numpy().tolist()
    return {(group, *sorted(effects)) for group, *effects in table}
