"""Estimation of a problem: the variances by optimisation, the coefficients by generalised least squares."""

from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.covariance import Structure, structure, triangle, triangle_entries
from evaluation.models.engine.elimination import Moments, eliminate
from evaluation.models.engine.information import variances_covariance, with_residual
from evaluation.models.engine.likelihood import Curve, LeastSquares, criterion, deviance, least_squares
from evaluation.models.engine.optimise import Optimum, minimise
from evaluation.models.engine.problem import Problem

# A random effect whose part outside the fixed terms is below this share of it cannot be estimated.
UNEXPLAINED = 1e-8
# Relative variances to start from.
LEAST, MOST = 0.0025, 100.0


@dataclass(frozen=True, slots=True)
class Estimate:
    """A fitted model in working units.

    Attributes
    ----------
    reml : bool
    structure : Structure
    optimum : Optimum
    factors : tuple of ndarray
        Relative Cholesky factor (q, q) of each level.
    moments : Moments
        At the optimum, the residual variance being parameter 0.
    solved : LeastSquares
        From those moments.
    sigma2 : float
        Residual variance.
    criterion : float
        The deviance (lme4's REML criterion, if restricted) in the units of the data.
    """

    reml: bool
    structure: Structure
    optimum: Optimum
    factors: tuple[np.ndarray, ...]
    moments: Moments
    solved: LeastSquares
    sigma2: float
    criterion: float

    def covariance(self, level: int) -> np.ndarray:
        """Covariance (q, q) of a level's random effects."""
        return self.sigma2 * self.factors[level] @ self.factors[level].T


def estimate(problem: Problem, reml: bool, start: np.ndarray | None = None) -> Estimate:
    """Fit a model to the problem its cross-products pose, from lme4's theta `start` or a neutral one.

    Raises
    ------
    ModelError
        When the fixed terms take up all that a random effect could explain, or no residual variance is left.
    """
    require_identified(problem)
    shape = structure(tuple(level.blocks for level in problem.levels))

    def curve(theta: np.ndarray) -> Curve:
        moments = eliminate(problem, shape.factors(theta))
        return deviance(problem, least_squares(moments, problem.p, reml), reml)

    optimum = minimise(curve, shape, _rough(problem, shape) if start is None else start)
    inside = eliminate(problem, shape.factors(optimum.theta))
    least = deviance(problem, least_squares(inside, problem.p, reml), reml)
    moments = with_residual(inside, shape.entries(optimum.theta), problem.n)
    solved = least_squares(moments, problem.p, reml)
    return Estimate(
        reml=reml,
        structure=shape,
        optimum=optimum,
        factors=tuple(shape.factors(optimum.theta)),
        moments=moments,
        solved=solved,
        sigma2=solved.residual.value / (problem.n - problem.p * reml),
        criterion=criterion(problem, least.value, reml),
    )


def _rough(problem: Problem, shape: Structure) -> np.ndarray | None:
    """Theta to start from: one scoring step from no random effects at all, kept off the boundary.

    It solves the equations of MINQUE with weights of zero (Rao, J. Multivariate Analysis 1:445, 1971).
    """
    if not shape.count:
        return None
    nothing = np.zeros(shape.count)
    moments = with_residual(eliminate(problem, shape.factors(nothing)), nothing, problem.n)
    solved = least_squares(moments, problem.p, reml=True)
    score = solved.logdet.gradient + solved.residual.gradient
    residual, *entries = np.eye(1, shape.count + 1)[0] - variances_covariance(moments, solved.phi) @ score / 2
    if residual <= 0:
        return None
    theta = np.empty(shape.count)
    for term in shape.terms:
        lower = triangle(np.array(entries[term.entries]) / residual, term.size)
        size, axes = np.linalg.eigh(lower + np.tril(lower, -1).T)
        inside = axes * np.clip(size, LEAST, MOST) @ axes.T
        theta[term.entries] = triangle_entries(np.linalg.cholesky(inside))
    return theta


def require_identified(problem: Problem) -> None:
    """Refuse a random effect that lies wholly in the span of the fixed terms, group by group."""
    x = problem.fixed
    inverse = np.linalg.inv(problem.total[x, x])
    for level in problem.levels:
        with_x = level.products[x]
        shared = np.einsum("aqg,aqg->q", with_x, np.tensordot(inverse, with_x, 1))
        square = np.diag(problem.total)[level.own]
        shared, square = (part.reshape(level.copies, -1).sum(axis=0) for part in (shared, square))
        if (square - shared < UNEXPLAINED * square).any():
            raise ModelError(
                f"The fixed terms already have a coefficient for each {level.name}, so that its random effect cannot "
                "be estimated: leave out one or the other."
            )
