"""Bell and McCaffrey's cluster-robust covariance (CR2), with Satterthwaite and Hotelling degrees of freedom.

Working model: the fitted V. As Pustejovsky and Tipton (JBES 36:672, 2018), in units of the residual variance: for
cluster j with rows X, working covariance T and M = (X'V^-1 X)^-1,

    A = T^1/2 [T^1/2 (T - X M X') T^1/2]^(-1/2) T^1/2,   CR2 = M [sum X'T^-1 A e e' A T^-1 X] M,

the inverse root being a pseudo-inverse where a fixed term is of one cluster only. T differs from the identity, and A
from a multiple of it, only in the span of X and Z, so each cluster is rotated to that span first; the rotation follows
from the cross-products of X and Z (see `gram.py`). Clusters of one shape are worked together, along the first axis.
"""

from dataclasses import dataclass

import numpy as np

from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.problem import Problem
from evaluation.models.inference.gram import Gram, grams
from evaluation.models.sums.grouping import Grouping

# Eigenvalues below this share of the largest are zero.
NOTHING = 1e-10
# A column that is zero throughout a cluster has products of rounding error alone, below this share of the largest.
ROUNDING = 1e-12


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
    information : ndarray, shape (J, p, p)
        X'T^-1 X: what each cluster says of the coefficients.
    """

    scores: np.ndarray
    own: np.ndarray
    shared: np.ndarray
    information: np.ndarray


def clusters(problem: Problem, fitted: Estimate, totals: np.ndarray, grouping: Grouping) -> Clusters:
    """Every cluster's part in the covariance and in its degrees of freedom.

    Parameters
    ----------
    totals : ndarray, shape (c, c, J)
        C'C of each cluster.
    grouping : Grouping
        The cluster of each cell; every outermost group lies in one.
    """
    m = fitted.solved.phi
    root = np.linalg.cholesky(m).T
    scores = np.empty((grouping.size, len(m)))
    own, shared, information = (np.empty((grouping.size, len(m), len(m))) for _ in range(3))
    for chosen, gram in grams(problem, fitted, totals, grouping):
        parts = _parts(m, root, *_rotated(gram, len(m)))
        scores[chosen], own[chosen], shared[chosen], information[chosen] = parts
    return Clusters(scores, own, shared, information)


def _rotated(gram: Gram, p: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """X (J, r, p), Z (J, r, k) and e (J, r) of each cluster in an orthonormal basis of the span of X and Z."""
    own = np.einsum("jaa->ja", gram.products)
    there = own > ROUNDING * own.max(axis=1, keepdims=True)
    size = np.sqrt(np.where(there, own, 1.0))
    share = there / size
    values, axes = np.linalg.eigh(gram.products * share[:, :, None] * share[:, None, :])
    kept = values > NOTHING * values[:, -1:]
    stretch = np.where(kept, np.sqrt(np.where(kept, values, 1.0)), 0.0)
    shrink = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    turned = axes.swapaxes(1, 2) * stretch[:, :, None] * (there * size)[:, None, :]
    e = shrink * np.einsum("jab,ja->jb", axes, gram.residual * share)
    return turned[:, :, :p], turned[:, :, p:], e


def _parts(
    m: np.ndarray, root: np.ndarray, x: np.ndarray, z: np.ndarray, e: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    t = np.eye(x.shape[1]) + z @ z.swapaxes(1, 2)
    half = _power(t, 0.5)
    a = half @ _power(half @ (t - x @ m @ x.swapaxes(1, 2)) @ half, -0.5, floor=1.0) @ half
    weighed, x_turned = np.linalg.solve(t, x), x.swapaxes(1, 2)
    g = a @ weighed @ m
    turned = g.swapaxes(1, 2)
    return np.einsum("jpr,jr->jp", turned, e), turned @ t @ g, root @ x_turned @ g, x_turned @ weighed


def _power(matrices: np.ndarray, power: float, floor: float = 0.0) -> np.ndarray:
    """Symmetric matrices (..., n, n) to a power; eigenvalues that are nothing beside the largest, or `floor`, stay zero."""
    size, axes = np.linalg.eigh((matrices + matrices.swapaxes(-1, -2)) / 2)
    kept = size > NOTHING * np.maximum(size[..., -1:], floor)
    raised = np.where(kept, np.where(kept, size, 1.0) ** power, 0.0)
    return axes * raised[..., None, :] @ axes.swapaxes(-1, -2)


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
