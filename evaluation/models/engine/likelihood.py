"""The profiled deviance of a multilevel model, restricted (REML) or full, with gradient and Hessian."""

from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.elimination import Moments
from evaluation.models.engine.problem import Problem

# A residual variance below this share of the outcome's is rounding error: the model explains everything.
EXPLAINED = 1e-12


@dataclass(frozen=True, slots=True)
class Curve:
    """A function of r variance parameters at a point: value, gradient (r,) and Hessian (r, r)."""

    value: float
    gradient: np.ndarray
    hessian: np.ndarray


@dataclass(frozen=True, slots=True)
class LeastSquares:
    """Generalised least squares at given relative variances, in working units.

    Attributes
    ----------
    beta : ndarray, shape (p,)
    phi : ndarray, shape (p, p)
        (X'A^-1 X)^-1: the coefficients' covariance over the residual variance.
    residual : Curve
        r'A^-1 r with its derivatives.
    logdet : Curve
        log|A|, plus log|X'A^-1 X| under REML.
    """

    beta: np.ndarray
    phi: np.ndarray
    residual: Curve
    logdet: Curve


def least_squares(moments: Moments, p: int, reml: bool) -> LeastSquares:
    """Solve for the coefficients from moments whose last p + 1 columns are fixed terms and outcome."""
    x, xy = slice(-p - 1, -1), slice(-p - 1, None)
    phi = np.linalg.inv(moments.m[x, x])
    phi = (phi + phi.T) / 2
    beta = phi @ moments.m[x, -1]
    contrast = np.append(-beta, 1.0)
    pull = moments.m_1[:, x, xy] @ contrast
    residual = Curve(
        float(contrast @ moments.m[xy, xy] @ contrast),
        np.einsum("a,iab,b->i", contrast, moments.m_1[:, xy, xy], contrast),
        np.einsum("a,ijab,b->ij", contrast, moments.m_2[:, :, xy, xy], contrast) - 2 * pull @ phi @ pull.T,
    )
    logdet = Curve(moments.logdet, moments.logdet_1, moments.logdet_2)
    return LeastSquares(beta, phi, residual, _restrict(logdet, moments, phi, x) if reml else logdet)


def _restrict(logdet: Curve, moments: Moments, phi: np.ndarray, x: slice) -> Curve:
    """Add log|X'A^-1 X|."""
    phi_m = phi @ moments.m_1[:, x, x]
    second = np.einsum("ab,ijba->ij", phi, moments.m_2[:, :, x, x]) - np.einsum("iab,jba->ij", phi_m, phi_m)
    return Curve(
        logdet.value - float(np.linalg.slogdet(phi)[1]),
        logdet.gradient + np.einsum("iaa->i", phi_m),
        logdet.hessian + second,
    )


def deviance(problem: Problem, solved: LeastSquares, reml: bool) -> Curve:
    """Minus twice the profiled log likelihood in working units, in the relative variances.

    Raises
    ------
    ModelError
        When nothing is left to the residual.
    """
    df = problem.n - problem.p * reml
    rss, logdet = solved.residual, solved.logdet
    if rss.value < EXPLAINED * problem.n:
        raise ModelError(
            "The fixed terms and groups explain the outcome completely, and leave no residual variance: is the "
            "outcome the same for every row of a group, or computed from the other columns?"
        )
    slope = rss.gradient / rss.value
    return Curve(
        logdet.value + df * (1 + np.log(2 * np.pi * rss.value / df)),
        logdet.gradient + df * slope,
        logdet.hessian + df * (rss.hessian / rss.value - np.outer(slope, slope)),
    )


def criterion(problem: Problem, working_deviance: float, reml: bool) -> float:
    """The deviance in the units of the data: lme4's REML criterion, or minus twice the log likelihood."""
    df = problem.n - problem.p * reml
    units = 2 * df * np.log(problem.y_scale) - problem.log_weights
    if reml:
        units -= 2 * float(np.linalg.slogdet(problem.transform)[1])
    return working_deviance + units
