"""Effect sizes of a fitted term: the adjusted difference in standard deviations of the outcome."""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from scipy.special import gammaln

from evaluation.errors import ModelError
from evaluation.models.crossproducts import CrossProducts
from evaluation.models.estimate import Estimate, estimate
from evaluation.models.fitted import FittedModel
from evaluation.models.kenward_roger import adjust
from evaluation.models.pose import pose
from evaluation.models.problem import Problem, mean_square

Definition = Literal["eef", "eef-intercept-only", "within"]


@dataclass(frozen=True, slots=True)
class EffectSize:
    """A difference in standard deviations; the interval takes the standard deviation as known.

    Attributes
    ----------
    estimate, ci_low, ci_high : float
        NaN where there is none.
    denominator : float
        The standard deviation divided by, in units of the outcome.
    definition : str
    reason : str
        Why there is none, or "".
    """

    estimate: float
    ci_low: float
    ci_high: float
    denominator: float
    definition: str
    reason: str


def effect_size(result: FittedModel, term: str, definition: Definition = "eef") -> EffectSize:
    """Effect size of a term, with Hedges' correction and the term's 95% small-sample t interval.

    Parameters
    ----------
    definition : {"eef", "eef-intercept-only", "within"}
        What to divide by: the total standard deviation given the term alone (the Education Endowment Foundation's
        practice), the total given nothing (as R's eefAnalytics), or the residual one given the term alone. The model
        refitted for it has the random part and the rows of `result`; with random slopes the total is averaged over the rows.

    Raises
    ------
    ModelError
        For a definition or a term that does not exist.
    """
    if definition not in get_args(Definition):
        raise ModelError(
            f"There is no effect size {definition!r}; choose from {', '.join(get_args(Definition))}."
        )
    if term in result.dropped_terms:
        reason = f"the model left out {term!r}, which the terms before it determine"
        return EffectSize(np.nan, np.nan, np.nan, np.nan, definition, reason)
    if term not in result.coefficients.index:
        terms = ", ".join(result.coefficients.index)
        raise ModelError(f"The model has no term {term!r}; its terms are {terms}.")
    try:
        deviation, df = _standard_deviation(_with_term(result.cross, term, definition), definition)
    except ModelError as error:
        return EffectSize(np.nan, np.nan, np.nan, np.nan, definition, str(error))
    shrink = hedges_j(df) / deviation
    estimated, low, high = (
        result.coefficients.loc[term, ["estimate", "ci_low", "ci_high"]].to_numpy() * shrink
    )
    return EffectSize(float(estimated), float(low), float(high), deviation, definition, "")


def hedges_j(df: float) -> float:
    """Correction for the bias of dividing by an estimated standard deviation (Hedges, J. Educ. Stat. 6:107, 1981)."""
    if df > 1e6:
        return 1.0
    return float(np.exp(gammaln(df / 2) - gammaln((df - 1) / 2)) / np.sqrt(df / 2)) if df > 1 else np.nan


def _with_term(cross: CrossProducts, term: str, definition: Definition) -> Problem:
    """The same rows and random part, with an intercept and at most the term."""
    place = cross.layout.names.index(term)
    alone = definition == "eef-intercept-only" or place == 0
    return pose(cross, (0,) if alone else (0, place))


def _standard_deviation(problem: Problem, definition: Definition) -> tuple[float, float]:
    """Standard deviation of the outcome, total or residual, and its degrees of freedom by Satterthwaite's rule.

    df = 2 (a'v)^2 / (a'Wa): v the variance parameters, W their covariance, a the share of each in the variance sought.
    """
    fitted = estimate(problem, reml=True)
    shares = np.append(
        1.0, np.zeros(fitted.structure.count) if definition == "within" else _shares(problem, fitted)
    )
    values = np.append(1.0, fitted.structure.entries(fitted.optimum.theta))
    variance = float(shares @ values)
    df = 2 * variance**2 / (shares @ adjust(fitted.moments, problem.p).w @ shares)
    return float(np.sqrt(variance * fitted.sigma2) * problem.y_scale), float(df)


def _shares(problem: Problem, fitted: Estimate) -> np.ndarray:
    """What each entry of D adds to the variance of a row, on average: mean z_a z_b, twice for a covariance."""
    shares = np.empty(fitted.structure.count)
    for term in fitted.structure.terms:
        square = mean_square(problem, problem.levels[term.level])[term.effects, term.effects]
        shares[term.entries] = (2 * square - np.diag(np.diag(square))).T[np.triu_indices(term.size)]
    return shares
