"""Satterthwaite's degrees of freedom, as lmerTest has them."""

from collections.abc import Callable

import numpy as np

from evaluation.models.engine.covariance import Structure
from evaluation.models.engine.elimination import Moments
from evaluation.models.engine.likelihood import LeastSquares

# Degrees of freedom closer than this are the same.
ALIKE = 1e-8


def degrees_of_freedom(
    solved: LeastSquares,
    moments: Moments,
    structure: Structure,
    theta: np.ndarray,
    sigma2: float,
    contrasts: np.ndarray,
) -> np.ndarray:
    """df (k,) = 2 f^2 / (g' A g) of contrasts (k, p), in the residual variance and theta.

    f = l'Phi l is a coefficient's variance, g its gradient, and A the covariance of the variance parameters from the
    *observed* information: the Hessian of the deviance. In theta the deviance is even, so that at the boundary g
    is 0 in theta, and df jumps to those of least squares.

    Parameters
    ----------
    solved, moments
        At the optimum, with the residual variance as parameter 0.
    sigma2 : float
        Residual variance, in working units.
    """
    jacobian = np.zeros((structure.count + 1,) * 2)
    jacobian[0, 0] = 1
    jacobian[1:, 0] = structure.entries(theta)
    jacobian[1:, 1:] = structure.jacobian(theta)
    gradient = solved.logdet.gradient + solved.residual.gradient / sigma2
    hessian = solved.logdet.hessian + solved.residual.hessian / sigma2
    hessian = jacobian.T @ hessian @ jacobian
    hessian[1:, 1:] += np.tensordot(gradient[1:], structure.curvature, 1)
    covariance = 2 * _positive_inverse(hessian)
    p = len(solved.beta)
    x = slice(-p - 1, -1)
    toward = contrasts @ solved.phi
    slope = -np.einsum("ka,iab,kb->ki", toward, moments.m_1[:, x, x], toward) @ jacobian
    variance = np.einsum("ka,ka->k", toward, contrasts)
    return 2 * variance**2 / np.einsum("ki,ij,kj->k", slope, covariance, slope)


def _positive_inverse(hessian: np.ndarray) -> np.ndarray:
    """Inverse over the directions in which the deviance curves upwards, as lmerTest takes it."""
    scale = 1 / np.sqrt(np.maximum(np.abs(np.diag(hessian)), 1e-300))
    size, axes = np.linalg.eigh(hessian * np.outer(scale, scale))
    kept = size > 1e-8
    half = scale[:, None] * axes[:, kept]
    return half / size[kept] @ half.T


def joint(
    contrast: np.ndarray, effect: np.ndarray, phi: np.ndarray, df: Callable[[np.ndarray], np.ndarray]
) -> tuple[float, float]:
    """F statistic and denominator df for contrast (q, p) times the coefficients = 0, as lmerTest's contestMD.

    In the axes of the contrast's covariance it is a mean of q squared t's; the denominator matches its expectation
    (Fai and Cornelius, J. Stat. Comput. Simul. 54:363, 1996), and is 2 where one of their df is 2 or less.

    Parameters
    ----------
    effect : ndarray, shape (q,)
        The contrast as estimated, over the residual standard deviation.
    phi : ndarray, shape (p, p)
        Covariance of the coefficients over the residual variance.
    df : callable
        Degrees of freedom (q,) of single contrasts (q, p).
    """
    size, axes = np.linalg.eigh(contrast @ phi @ contrast.T)
    single = df(axes.T @ contrast)
    statistic = float(((axes.T @ effect) ** 2 / size).mean())
    if np.ptp(single) < ALIKE:
        return statistic, float(single.mean())
    if (single <= 2).any():
        return statistic, 2.0
    expected = float((single / (single - 2)).sum())
    return statistic, 2 * expected / (expected - len(single))
