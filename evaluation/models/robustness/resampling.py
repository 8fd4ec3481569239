"""Cluster bootstrap and jackknife: the model refitted to its outermost groups counted anew, from their sums alone."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import stats

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import estimate
from evaluation.models.engine.problem import take
from evaluation.models.engine.scaling import independent
from evaluation.models.fitted import FittedModel
from evaluation.models.inference.tables import LEVEL, coefficients


@dataclass(frozen=True, slots=True)
class Resampled:
    """Coefficients of the refits, and what their spread says.

    Attributes
    ----------
    refits : DataFrame
        A row a refit, a column a term; by the group left out, for the jackknife. Empty where one could not be made.
    summary : DataFrame
        By term: estimate (of all groups), std_error, ci_low, ci_high.
    failed : int
        Refits that could not be made, such as a bootstrap sample without a treated group; the summary leaves them out.
    reason : str
        Why the first of those could not be made, or "".
    """

    refits: pd.DataFrame
    summary: pd.DataFrame
    failed: int
    reason: str


def jackknife(result: FittedModel) -> Resampled:
    """Leave out each outermost group in turn.

    Standard errors are the root of (J - 1)/J sum (b_j - b)^2 (CV3 of MacKinnon, Nielsen and Webb, J Econometrics 232:272,
    2023, with the variances estimated anew each time); intervals are by t on J - 1.

    Raises
    ------
    ModelError
        When the model has no independent groups.
    """
    groups = _groups(result)
    count = len(groups)
    refits, reason = _refits(result, (np.delete(np.arange(count), j) for j in range(count)))
    refits.index = pd.Index(groups, name="left_out")
    whole = result.coefficients["estimate"]
    std_error = np.sqrt((count - 1) / count * ((refits - whole) ** 2).sum(min_count=1))
    reach = stats.t.ppf((1 + LEVEL) / 2, count - 1) * std_error
    return _resampled(result, refits, reason, std_error, whole - reach, whole + reach)


def cluster_bootstrap(result: FittedModel, draws: int = 999, *, seed: int) -> Resampled:
    """Draw as many outermost groups as there are, with replacement, again and again. Intervals are the draws' percentiles.

    Raises
    ------
    ModelError
        When the model has no independent groups.
    """
    count = len(_groups(result))
    generator = np.random.default_rng(seed)
    refits, reason = _refits(result, (generator.integers(0, count, count) for _ in range(draws)))
    refits.index.name = "draw"
    tail = (1 - LEVEL) / 2
    return _resampled(
        result, refits, reason, refits.std(ddof=1), refits.quantile(tail), refits.quantile(1 - tail)
    )


def _groups(result: FittedModel) -> list[str]:
    if not result.problem.groupings or result.problem.levels[0].copies > 1:
        raise ModelError(
            f"{result.formula!r} has no independent groups to count anew: it needs a random term, such as (1 | school), and no "
            "crossed factors."
        )
    return result.problem.groupings[0].level_names()


def _refits(result: FittedModel, selections: Iterable[np.ndarray]) -> tuple[pd.DataFrame, str]:
    """Coefficients (draws x terms) of each selection of groups, and why the first that failed did."""
    found, reason = [], ""
    for blocks in selections:
        try:
            found.append(_refit(result, blocks))
        except ModelError as error:
            found.append(np.full(result.problem.p, np.nan))
            reason = reason or str(error)
    return pd.DataFrame(found, columns=pd.Index(result.problem.terms, name="term")), reason


def _refit(result: FittedModel, blocks: np.ndarray) -> np.ndarray:
    problem = take(result.problem, blocks)
    gram = problem.total[problem.fixed, problem.fixed] / problem.n
    if len(independent(gram)) < problem.p:
        raise ModelError("In these groups a fixed term does not vary apart from the others.")
    for level in problem.levels:
        effects = level.size * len(level.effects)
        if level.size <= len(level.effects) or effects >= problem.n:
            raise ModelError(
                f"{level.size} groups of {level.name}, of {problem.n} rows, are too few for their random effects."
            )
    fitted = estimate(problem, result.estimate.reml)
    if not fitted.optimum.converged:
        raise ModelError("In these groups the data say next to nothing about one of the variances.")
    return coefficients(problem, fitted)


def _resampled(
    result: FittedModel,
    refits: pd.DataFrame,
    reason: str,
    std_error: pd.Series,
    low: pd.Series,
    high: pd.Series,
) -> Resampled:
    summary = pd.DataFrame(
        {
            "estimate": result.coefficients["estimate"],
            "std_error": std_error,
            "ci_low": low,
            "ci_high": high,
        }
    )
    return Resampled(refits, summary, int(refits.isna().any(axis=1).sum()), reason)
