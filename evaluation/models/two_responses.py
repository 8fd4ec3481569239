"""Two responses at once, such as baseline and outcome with their residual covariance: a row that misses one still counts.

Each row (a pupil) has up to two responses, y1 and y2, with fixed terms of their own, random effects of both by the same
groups, correlated freely, and residuals with covariance R. With the same fixed terms for the baseline in every arm this is
the constrained longitudinal analysis (Liang and Zeger, Sankhya B 62:134, 2000; Lu, Int. J. Biostat. 6(1), 2010): the
outcome adjusted for baseline, without losing those who miss either, if what is missing is so at random given the other.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd

from evaluation.errors import ModelError
from evaluation.models.engine.covariance import Structure, structure
from evaluation.models.engine.elimination import Moments, Start, eliminate
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.likelihood import Curve, least_squares
from evaluation.models.engine.optimise import Deviance, Optimum, minimise
from evaluation.models.engine.paired_sums import PairedSums, paired_sums
from evaluation.models.engine.problem import Problem
from evaluation.models.engine.residual_covariance import combine, weigh
from evaluation.models.inference import tables
from evaluation.models.inference.tables import JointTest

METHODS = ("kenward-roger", "wald")


@dataclass(frozen=True)
class TwoResponseModel:
    """A model of two responses, fitted by `fit_two`. Terms are named `outcome: treated`.

    Attributes
    ----------
    sums : PairedSums
    problem : Problem
        At the fitted residual covariance.
    estimate : Estimate
        Its moments hold the residual's parameters last.
    residual : ndarray, shape (2, 2)
        Residual covariance, in the units of the data.
    """

    sums: PairedSums
    problem: Problem
    estimate: Estimate
    residual: np.ndarray

    @property
    def n(self) -> dict[str, int]:
        """Rows with both responses, and with each alone."""
        first, second = self.sums.responses
        return dict(zip(("both", f"{first} alone", f"{second} alone"), self.sums.counts, strict=True))

    @property
    def n_dropped(self) -> int:
        """Rows left out: without either response, or missing another column."""
        return self.sums.n_dropped

    @cached_property
    def coefficients(self) -> pd.DataFrame:
        """Fixed effects by term, with Kenward-Roger inference (Wald's after maximum likelihood)."""
        return self.inference("kenward-roger" if self.estimate.reml else "wald")

    def inference(self, method: str) -> pd.DataFrame:
        """Fixed effects by term, by "kenward-roger" or "wald": the columns of `FittedModel.inference`."""
        if method not in METHODS:
            raise ModelError(
                f"There is no inference method {method!r} for two responses; choose from {', '.join(METHODS)}."
            )
        return tables.table(self.problem, self.estimate, method, None)

    def joint_test(self, terms: Sequence[str]) -> JointTest:
        """Kenward-Roger's F test that the coefficients of several terms are all zero."""
        return tables.joint_test(self.problem, self.estimate, terms, "kenward-roger", None)

    @property
    def variances(self) -> pd.DataFrame:
        """Variances and covariances of the groups' effects and of the residuals: group, term_1, term_2, variance."""
        found = []
        for i, level in enumerate(self.problem.levels):
            covariance = self.estimate.covariance(i) / np.outer(level.scales, level.scales)
            found += _entries(level.name, level.effects, covariance)
        found += _entries("residual", self.sums.responses, self.residual)
        return pd.DataFrame(found, columns=["group", "term_1", "term_2", "variance"])

    @property
    def criterion(self) -> float:
        """REML criterion, or minus twice the log likelihood after maximum likelihood."""
        return self.estimate.criterion

    @property
    def at_boundary(self) -> bool:
        """Whether some covariance is singular."""
        return bool(self.estimate.optimum.singular)


def _entries(group: str, names: Sequence[str], covariance: np.ndarray) -> list[tuple[str, str, str, float]]:
    found = [(group, name, name, float(covariance[k, k])) for k, name in enumerate(names)]
    pairs = zip(*np.triu_indices(len(names), 1), strict=True)
    return found + [(group, names[int(j)], names[int(k)], float(covariance[j, k])) for j, k in pairs]


def fit_two(outcome: str, baseline: str, data: pd.DataFrame, *, reml: bool = True) -> TwoResponseModel:
    """Fit two responses together.

    Parameters
    ----------
    outcome, baseline : str
        A formula each, such as `score ~ treated + (1 | school)` and `pretest ~ 1 + (1 | school)`, with the same groups. The
        responses are columns of numbers. At each group all effects of both are correlated.
    data : DataFrame
        One row a pupil. A row counts if it has either response and every other column of both formulas.
    reml : bool

    Raises
    ------
    ModelError
        When the model cannot be fitted to these data; the message says why.
    """
    sums = paired_sums(outcome, baseline, data)
    shape = structure((*((len(level.effects),) for level in sums.problem.levels), (2,)))

    def at(theta: np.ndarray) -> Moments:
        return _moments(sums, shape, theta)

    def curve(theta: np.ndarray) -> Curve:
        solved = least_squares(at(theta), sums.problem.p, reml)
        rss, logdet = solved.residual, solved.logdet
        return Curve(rss.value + logdet.value, rss.gradient + logdet.gradient, rss.hessian + logdet.hessian)

    optimum = _minimum(curve, shape)
    if optimum is None:
        raise ModelError(
            f"{outcome!r} and {baseline!r} could not be fitted together: the data say next to nothing about one of the "
            "variances, or one response is settled by the other or by the groups. Fit the outcome alone, with the baseline among "
            "its terms."
        )
    *factors, residual = shape.factors(optimum.theta)
    moments = at(optimum.theta)
    fitted = Estimate(
        reml=reml,
        structure=shape,
        optimum=optimum,
        factors=tuple(factors),
        moments=moments,
        solved=least_squares(moments, sums.problem.p, reml),
        sigma2=1.0,
        criterion=_criterion(sums, curve(optimum.theta).value, reml),
    )
    units = np.array(sums.scales)
    return TwoResponseModel(sums, sums.problem, fitted, residual @ residual.T * np.outer(units, units))


def _minimum(curve: Deviance, shape: Structure) -> Optimum | None:
    """Where the deviance is least; None if that is not found, or the residual covariance is singular there."""
    try:
        optimum = minimise(curve, shape)
    except np.linalg.LinAlgError:
        return None
    return optimum if optimum.converged else None


def _moments(sums: PairedSums, shape: Structure, theta: np.ndarray) -> Moments:
    *factors, residual = shape.factors(theta)
    weighing = weigh(residual @ residual.T, sums.counts, shape.terms[-1].entries.start)
    total = combine(weighing, sums.total)
    levels = [combine(weighing, products) for products in sums.levels]
    posed = [replace(level, products=jet[()]) for level, jet in zip(sums.problem.levels, levels, strict=True)]
    problem = replace(sums.problem, total=total[()], levels=tuple(posed))
    return eliminate(problem, factors, Start(total, levels, weighing.logdet))


def _criterion(sums: PairedSums, value: float, reml: bool) -> float:
    """The deviance in the units of the data."""
    both, *alone = sums.counts
    rows = np.array([both + count for count in alone])
    df = int(rows.sum()) - sums.problem.p * reml
    units = 2 * float(rows @ np.log(sums.scales))
    if reml:
        units -= 2 * float(np.linalg.slogdet(sums.problem.transform)[1])
    return value + df * float(np.log(2 * np.pi)) + units
