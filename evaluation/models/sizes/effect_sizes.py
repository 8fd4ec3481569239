"""Effect sizes of a fitted term: the adjusted difference in standard deviations of the outcome."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import Estimate, estimate
from evaluation.models.engine.pose import pose
from evaluation.models.engine.problem import Problem, mean_square
from evaluation.models.fitted import FittedModel
from evaluation.models.inference.kenward_roger import adjust
from evaluation.models.sizes.hedges import hedges_2007, hedges_j
from evaluation.models.sums.crossproducts import CrossProducts
from evaluation.models.sums.substitution import unit_values

Definition = Literal["eef", "eef-intercept-only", "within", "hedges-2007"]


@dataclass(frozen=True, slots=True)
class EffectSize:
    """A difference in standard deviations; the interval takes the standard deviation as known, but for `hedges-2007`.

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


def effect_size(
    result: FittedModel, term: str, definition: Definition = "eef", *, strata: Sequence[str] = ()
) -> EffectSize:
    """Effect size of a term, with Hedges' correction and the term's 95% small-sample t interval.

    Parameters
    ----------
    definition : {"eef", "eef-intercept-only", "within", "hedges-2007"}
        What to divide by: the total standard deviation given the term alone (the Education Endowment Foundation's
        practice), the total given nothing (as R's eefAnalytics), the residual one given the term alone, or that of single rows
        about the means of two arms of clusters (see `hedges_2007`; its interval allows for the standard deviation). The model
        refitted for it has the random part and the rows of `result`; with random slopes the total is averaged over the rows.
    strata : sequence of str
        Fixed terms to keep in that model, so that the variance between strata is taken out of the denominator: a sensitivity
        analysis. For `eef` and `within`.

    Raises
    ------
    ModelError
        For a definition or a term that does not exist, or strata where there is no place for them.
    """
    if definition not in get_args(Definition):
        raise ModelError(
            f"There is no effect size {definition!r}; choose from {', '.join(get_args(Definition))}."
        )
    if strata and definition not in ("eef", "within"):
        raise ModelError(f"{definition!r} keeps no strata: leave strata= out, or choose eef or within.")
    if term in result.dropped_terms:
        return _none(definition, f"the model left out {term!r}, which the terms before it determine")
    for name in (term, *strata):
        if name not in result.coefficients.index:
            terms = ", ".join(result.coefficients.index)
            raise ModelError(f"The model has no term {name!r}; its terms are {terms}.")
    try:
        if definition == "hedges-2007":
            return _hedges(result, term)
        deviation, df = _standard_deviation(_with_terms(result.cross, term, definition, strata), definition)
    except ModelError as error:
        return _none(definition, str(error))
    shrink = hedges_j(df) / deviation
    estimated, low, high = (
        result.coefficients.loc[term, ["estimate", "ci_low", "ci_high"]].to_numpy() * shrink
    )
    return EffectSize(float(estimated), float(low), float(high), deviation, definition, "")


def _none(definition: str, reason: str) -> EffectSize:
    return EffectSize(np.nan, np.nan, np.nan, np.nan, definition, reason)


def _hedges(result: FittedModel, term: str) -> EffectSize:
    """Hedges' d_T; an adjusted difference brings its own standard error."""
    if result.cross.spec.weights:
        return _none("hedges-2007", "it counts rows, and so takes no weights")
    if len(result.problem.levels) != 1 or result.problem.levels[0].effects != ("Intercept",):
        return _none("hedges-2007", "it is defined for one level of clusters with a random intercept")
    clusters = result.problem.groupings[0]
    values = unit_values(result.cross, term, clusters)
    arms = np.unique(values.round(9))
    if len(arms) != 2:
        return _none("hedges-2007", f"it compares two arms of clusters, and {term!r} has {len(arms)} values")
    sizes = result.problem.block_sizes
    alone = _with_terms(result.cross, term, "eef", ())
    x = alone.fixed
    gram = alone.total[x.start :, x.start :]
    rss = gram[-1, -1] - gram[-1, :-1] @ np.linalg.solve(gram[:-1, :-1], gram[:-1, -1])
    total_sd = float(np.sqrt(rss / alone.mean_weight / (result.n - 2)) * alone.y_scale)
    fitted = estimate(alone, reml=True)
    between = fitted.covariance(0)[0, 0]
    adjusted = set(result.problem.terms) != {"Intercept", term}
    apart = float(np.ptp(arms))
    difference, error = result.coefficients.loc[term, ["estimate", "std_error"]].to_numpy(dtype=float) * apart
    found = hedges_2007(
        float(difference),
        total_sd,
        float(between / (between + fitted.sigma2)),
        sizes[values > arms.mean()].tolist(),
        sizes[values < arms.mean()].tolist(),
        float(error) if adjusted else None,
    )
    if found.estimate is None or found.ci_low is None or found.ci_high is None:
        return _none("hedges-2007", found.reason)
    return EffectSize(found.estimate, found.ci_low, found.ci_high, total_sd, "hedges-2007", "")


def _with_terms(cross: CrossProducts, term: str, definition: Definition, strata: Sequence[str]) -> Problem:
    """The same rows and random part, with an intercept and at most the term and the strata."""
    if definition == "eef-intercept-only":
        return pose(cross, (0,))
    places = [cross.layout.names.index(name) for name in (term, *strata)]
    return pose(cross, tuple(dict.fromkeys([0, *places])))


def _standard_deviation(problem: Problem, definition: Definition) -> tuple[float, float]:
    """Standard deviation of the outcome, total or residual, and its degrees of freedom by Satterthwaite's rule.

    df = 2 (a'v)^2 / (a'Wa): v the variance parameters, W their covariance, a the share of each in the variance sought.
    """
    fitted = estimate(problem, reml=True)
    between = np.zeros(fitted.structure.count) if definition == "within" else _shares(problem, fitted)
    shares = np.append(1 / problem.mean_weight, between)
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
