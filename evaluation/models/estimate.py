"""Estimation from cross-products: the variances by optimisation, the coefficients by generalised least squares."""

from dataclasses import dataclass

import numpy as np

from evaluation.models.covariance import Structure, structure
from evaluation.models.crossproducts import CrossProducts
from evaluation.models.elimination import Moments, eliminate
from evaluation.models.kenward_roger import with_residual
from evaluation.models.likelihood import Curve, LeastSquares, criterion, deviance, least_squares
from evaluation.models.optimise import Optimum, minimise


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


def estimate(products: CrossProducts, reml: bool) -> Estimate:
    """Fit a model to its cross-products.

    Raises
    ------
    ModelError
        When no residual variance is left.
    """
    shape = structure([level.blocks for level in products.levels])

    def at(theta: np.ndarray) -> Moments:
        return eliminate(products, shape.factors(theta))

    def curve(theta: np.ndarray) -> Curve:
        return deviance(products, least_squares(at(theta), products.p, reml), reml)

    optimum = minimise(curve, shape)
    moments = with_residual(at(optimum.theta), shape.entries(optimum.theta), products.n)
    solved = least_squares(moments, products.p, reml)
    return Estimate(
        reml=reml,
        structure=shape,
        optimum=optimum,
        factors=tuple(shape.factors(optimum.theta)),
        moments=moments,
        solved=solved,
        sigma2=solved.residual.value / (products.n - products.p * reml),
        criterion=criterion(products, curve(optimum.theta).value, reml),
    )
