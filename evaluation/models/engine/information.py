"""What the data say about the variances: the residual's among the parameters, and the expected REML information."""

import numpy as np

from evaluation.models.engine.elimination import Moments


def with_residual(moments: Moments, entries: np.ndarray, n: int) -> Moments:
    """Add the residual variance as parameter 0, from Euler's identity for homogeneous functions.

    A is linear in the variances, so C'A^-1 C is homogeneous of degree -1 in them, and log|A| grows by n log c:
    derivatives in the residual variance (here 1) follow from those in the others, `entries` (r,).
    """
    r, c = len(entries), len(moments.m)
    m_1, m_2 = np.empty((r + 1, c, c)), np.empty((r + 1, r + 1, c, c))
    m_1[1:], m_2[1:, 1:] = moments.m_1, moments.m_2
    m_1[0] = -moments.m - np.tensordot(entries, moments.m_1, 1)
    m_2[0, 1:] = m_2[1:, 0] = -2 * moments.m_1 - np.tensordot(entries, moments.m_2, 1)
    m_2[0, 0] = -2 * m_1[0] - np.tensordot(entries, m_2[1:, 0], 1)
    logdet_1, logdet_2 = np.empty(r + 1), np.empty((r + 1, r + 1))
    logdet_1[1:], logdet_2[1:, 1:] = moments.logdet_1, moments.logdet_2
    logdet_1[0] = n - entries @ moments.logdet_1
    logdet_2[0, 1:] = logdet_2[1:, 0] = -moments.logdet_1 - moments.logdet_2 @ entries
    logdet_2[0, 0] = -logdet_1[0] - entries @ logdet_2[1:, 0]
    return Moments(moments.logdet, logdet_1, logdet_2, moments.m, m_1, m_2)


def variances_covariance(moments: Moments, phi: np.ndarray) -> np.ndarray:
    """Covariance (r + 1, r + 1) of the variance parameters: the inverse expected REML information.

    From moments with the residual's derivatives, and phi (p, p), the coefficients' covariance over the residual variance.
    The information is tr(P G_i P G_j) / 2, P being the projection that removes the fixed terms.
    """
    p = len(phi)
    x = slice(-p - 1, -1)
    p_phi = moments.m_1[:, x, x] @ phi
    curved = np.einsum("ab,ijba->ij", phi, moments.m_2[:, :, x, x])
    information = -moments.logdet_2 - curved + np.einsum("iab,jba->ij", p_phi, p_phi)
    size = np.sqrt(np.diag(information))
    units = 1 / np.outer(size, size)  # so that the rank does not depend on the parameters' units
    return 2 * np.linalg.pinv(information * units, hermitian=True) * units
