"""Bell and McCaffrey's cluster-robust covariance (CR2), with Satterthwaite and Hotelling degrees of freedom.

Working model: the fitted V. Clusters: the outermost groups. As Pustejovsky and Tipton (JBES 36:672, 2018), in units
of the residual variance: for cluster j with rows X, working covariance T and M = (X'V^-1 X)^-1,

    A = T^1/2 [T^1/2 (T - X M X') T^1/2]^(-1/2) T^1/2,   CR2 = M [sum X'T^-1 A e e' A T^-1 X] M,

the inverse root being a pseudo-inverse where a fixed term is of one cluster only. T differs from the identity, and A
from a multiple of it, only in the span of X and Z, so each cluster is rotated to that span first.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.models.crossproducts import CrossProducts
from evaluation.models.design import Design
from evaluation.models.estimate import Estimate

# Eigenvalues below this share of the largest are zero.
NOTHING = 1e-10


@dataclass(frozen=True, slots=True)
class Clusters:
    """Sums over clusters, for coefficients in working units.

    Attributes
    ----------
    scores : ndarray, shape (J, p)
        M X'T^-1 A e of each cluster; the covariance is the sum of their squares.
    own : ndarray, shape (J, p, p)
        G'TG of each cluster, with G = A T^-1 X M.
    shared : ndarray, shape (J, p, p)
        M^1/2 X'G. The covariance of two clusters' scores is G'TG (of one and the same) less shared' shared.
    """

    scores: np.ndarray
    own: np.ndarray
    shared: np.ndarray


def clusters(design: Design, products: CrossProducts, fitted: Estimate) -> Clusters:
    """Every outermost group's part in the covariance and in its degrees of freedom."""
    m = fitted.solved.phi
    root = np.linalg.cholesky(m).T
    found = [_cluster(m, root, *arrays) for arrays in _by_cluster(design, products, fitted)]
    scores, own, shared = (np.array(part) for part in zip(*found, strict=True))
    return Clusters(scores, own, shared)


def _by_cluster(
    design: Design, products: CrossProducts, fitted: Estimate
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """X (n, p), Z times its factor (n, k) and residuals (n,) of each cluster, in working units."""
    kept = [design.terms.index(term) for term in products.terms]
    x = (products.transform.T @ design.x[kept]).T
    e = (design.y - products.y_shift) / products.y_scale - x @ fitted.solved.beta
    z = [
        (factor.T @ (level.z / scale[:, None])).T
        for level, factor, scale in zip(design.levels, fitted.factors, products.z_scales, strict=True)
    ]
    outermost = design.levels[0].grouping
    order = np.argsort(outermost.codes, kind="stable")
    for rows in np.split(order, np.cumsum(np.bincount(outermost.codes))[:-1]):
        parts = [
            _spread(level.grouping.codes[rows], part[rows])
            for level, part in zip(design.levels, z, strict=True)
        ]
        yield x[rows], np.hstack(parts), e[rows]


def _spread(codes: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Random-effect columns (n, q) to (n, q G): a column for each group."""
    groups, place = np.unique(codes, return_inverse=True)
    wide = np.zeros((len(z), len(groups), z.shape[1]))
    wide[np.arange(len(z)), place] = z
    return wide.reshape(len(z), -1)


def _cluster(
    m: np.ndarray, root: np.ndarray, x: np.ndarray, z: np.ndarray, e: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    basis = np.linalg.qr(np.hstack([x, z]))[0]
    x, z, e = basis.T @ x, basis.T @ z, basis.T @ e
    t = np.eye(len(x)) + z @ z.T
    half = _power(t, 0.5)
    a = half @ _power(half @ (t - x @ m @ x.T) @ half, -0.5) @ half
    g = a @ np.linalg.solve(t, x @ m)
    return g.T @ e, g.T @ t @ g, root @ x.T @ g


def _power(matrix: np.ndarray, power: float) -> np.ndarray:
    """A symmetric matrix to a power, zero eigenvalues staying zero."""
    size, axes = np.linalg.eigh((matrix + matrix.T) / 2)
    kept = size > NOTHING * size[-1]
    return axes[:, kept] * size[kept] ** power @ axes[:, kept].T


def covariance(found: Clusters, contrasts: np.ndarray) -> np.ndarray:
    """CR2 covariance (k, k) of contrasts (k, p), in working units."""
    scores = found.scores @ contrasts.T
    return scores.T @ scores


def degrees_of_freedom(found: Clusters, contrasts: np.ndarray) -> np.ndarray:
    """Satterthwaite df (k,) of single contrasts (k, p)."""
    return np.array([_wishart_df(found, contrast[None]) for contrast in contrasts])


def joint(found: Clusters, contrast: np.ndarray, effect: np.ndarray) -> tuple[float, float]:
    """HTZ test that contrast (q, p) times the coefficients, estimated as `effect` (q,), is zero: F and denominator df."""
    q = len(contrast)
    eta = _wishart_df(found, contrast)
    distance = effect @ np.linalg.solve(covariance(found, contrast), effect)
    df = eta - q + 1
    return float(df / (eta * q) * distance), float(df)


def _wishart_df(found: Clusters, contrast: np.ndarray) -> float:
    """Degrees of freedom of the Wishart matrix whose total variance the covariance of contrast (q, p) has.

    With P_ij the covariance of two clusters' scores, scaled so that sum P_jj = I: q (q + 1) over the sum over
    clusters of tr(P_ij)^2 + tr(P_ij P_ij), multiplied out so that no pair of clusters is visited.
    """
    own = contrast @ found.own @ contrast.T
    shared = found.shared @ contrast.T
    scale = _power((own - shared.swapaxes(1, 2) @ shared).sum(axis=0), -0.5)
    own, shared = scale @ own @ scale, shared @ scale
    overlap = shared.swapaxes(1, 2) @ shared
    pairs = np.einsum("jks,jlt->kslt", shared, shared)
    traces = np.einsum("jss->j", own - 2 * overlap) @ np.einsum("jss->j", own)
    traces += np.einsum("kslt,kslt->", pairs, pairs)
    products = np.einsum("jst,jts->", own, own - 2 * overlap) + np.einsum("kslt,ktls->", pairs, pairs)
    return float(len(contrast) * (len(contrast) + 1) / (traces + products))
