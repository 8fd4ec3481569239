"""Kenward and Roger's small-sample covariance and degrees of freedom (Biometrics 53:983, 1997).

In the variance parameters (not their square roots), so that the boundary is an ordinary point. Everything is in
units of the residual variance, from the moments at (1, D) with the residual's derivatives added.
"""

from dataclasses import dataclass

import numpy as np

from evaluation.models.engine.elimination import Moments
from evaluation.models.engine.information import variances_covariance


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What Kenward-Roger tests need, in working units.

    Attributes
    ----------
    phi : ndarray, shape (p, p)
        The model's covariance of the coefficients, over the residual variance.
    covariance : ndarray, shape (p, p)
        The same, adjusted (Kenward and Roger's Phi_A).
    pulls : ndarray, shape (r + 1, p, p)
        Phi P_i Phi for each variance parameter, the residual first.
    w : ndarray, shape (r + 1, r + 1)
        Covariance of the variance parameters: the inverse expected REML information.
    """

    phi: np.ndarray
    covariance: np.ndarray
    pulls: np.ndarray
    w: np.ndarray


def adjust(moments: Moments, p: int) -> Adjusted:
    """Adjusted covariance of the p coefficients, from moments with the residual's derivatives.

    The derivatives of X'V^-1 X are Kenward and Roger's P_i, and Q_ij + Q_ji; those of log|V| give tr(V^-1 G_i V^-1 G_j).
    """
    x = slice(-p - 1, -1)
    phi = np.linalg.inv(moments.m[x, x])
    phi = (phi + phi.T) / 2
    p_i, q_ij = moments.m_1[:, x, x], moments.m_2[:, :, x, x] / 2
    p_phi_p = np.einsum("iab,jbc->ijac", p_i @ phi, p_i)
    w = variances_covariance(moments, phi)
    bend = np.einsum("ij,ijab->ab", w, q_ij - p_phi_p)
    return Adjusted(phi, phi + 2 * phi @ ((bend + bend.T) / 2) @ phi, phi @ p_i @ phi, w)


def degrees_of_freedom(adjusted: Adjusted, contrasts: np.ndarray) -> np.ndarray:
    """Denominator degrees of freedom (k,) of single contrasts (k, p): 2 / A2, where numerator df are 1."""
    variance = np.einsum("ka,ab,kb->k", contrasts, adjusted.phi, contrasts)
    pull = np.einsum("ka,iab,kb->ki", contrasts, adjusted.pulls, contrasts) / variance[:, None]
    return 2 / np.einsum("ki,ij,kj->k", pull, adjusted.w, pull)


def joint(adjusted: Adjusted, contrast: np.ndarray, effect: np.ndarray) -> tuple[float, float]:
    """Scaled F statistic and denominator df for contrast (q, p) times the coefficients = 0.

    `effect` (q,) is that product as estimated, over the residual standard deviation.

    Kenward and Roger (1997), section 2, as in Halekoh and Hojsgaard (JSS 59(9), 2014), equations 9 to 18.
    """
    q = len(contrast)
    if q == 1:
        df = float(degrees_of_freedom(adjusted, contrast)[0])
        return float(effect[0] ** 2 / (contrast @ adjusted.covariance @ contrast.T)[0, 0]), df
    middle = contrast.T @ np.linalg.solve(contrast @ adjusted.phi @ contrast.T, contrast)
    pulls = middle @ adjusted.pulls
    traces = np.einsum("iaa->i", pulls)
    a1 = traces @ adjusted.w @ traces
    a2 = np.einsum("ij,iab,jba->", adjusted.w, pulls, pulls)
    g = ((q + 1) * a1 - (q + 4) * a2) / ((q + 2) * a2)
    bend = 3 * q + 2 * (1 - g)
    b = (a1 + 6 * a2) / (2 * q)
    mean = 1 / (1 - a2 / q)
    spread = 2 / q * (1 + g / bend * b) / ((1 - (q - g) / bend * b) ** 2 * (1 - (q + 2 - g) / bend * b))
    df = 4 + (q + 2) / (q * spread / (2 * mean**2) - 1)
    wald = effect @ np.linalg.solve(contrast @ adjusted.covariance @ contrast.T, effect) / q
    return float(df / (mean * (df - 2)) * wald), float(df)
