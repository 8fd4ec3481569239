"""Logistic estimating equations for clustered yes/no outcomes, with inference for few clusters.

Liang and Zeger (Biometrika 73:13, 1986) with an exchangeable working correlation. All that is needed of a cluster is its
information B = D'V^-1 D and its score s = D'V^-1 (y - p), D being the derivative of p in the coefficients and V the
working covariance. With M the inverse of the summed B, Kauermann and Carroll's correction (JASA 96:1387, 2001) is

    D'V^-1 (I - D M D'V^-1)^(-1/2) (y - p) = (I - B M)^(-1/2) s,

of the size of the coefficients, however large the cluster. It is the estimating equations' counterpart of CR2.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linprog
from scipy.special import expit
from statsmodels.genmod.families import Binomial
from statsmodels.genmod.generalized_linear_model import GLM

from evaluation.errors import ModelError
from evaluation.models.inference.one_cluster import rests_on_one_cluster, shares

# Shares below this are none.
NOTHING = 1e-8
# The equations are solved when another step would gain less than this in log likelihood.
SOLVED = 1e-18
STEPS = 100
# An information matrix of a larger condition number is singular.
SINGULAR = 1e12
ONE_CLUSTER = "the term rests on one cluster alone, whose own variation cannot be told from it"


@dataclass(frozen=True, slots=True)
class LogisticGee:
    """Solved estimating equations.

    Attributes
    ----------
    beta : ndarray, shape (p,)
        Log odds.
    correlation : float
        Of two rows of a cluster, in the working covariance.
    information : ndarray, shape (K, p, p)
        D'V^-1 D of each cluster.
    scores : ndarray, shape (K, p)
        D'V^-1 (y - p) of each cluster; they sum to zero.
    """

    beta: np.ndarray
    correlation: float
    information: np.ndarray
    scores: np.ndarray


def logistic_gee(y: np.ndarray, x: np.ndarray, clusters: np.ndarray) -> LogisticGee:
    """Fit y (n,) of 0 and 1 to x (n, p), in clusters numbered 0 to K - 1.

    A correlation that comes out below 0 is taken as 0, as a multilevel model's variance is: with a negative one V need
    not be a covariance, and the iteration can run off to infinity.

    Raises
    ------
    ModelError
        When a combination of the columns separates 0s from 1s, so that log odds are infinite, or there is no solution.
    """
    scale = np.sqrt(np.mean(x**2, axis=0))
    if separated(y, x / scale):
        raise ModelError(
            "some combination of the columns tells all 0s from all 1s, so that log odds are infinite"
        )
    order = np.argsort(clusters, kind="stable")
    y, x = y[order], x[order] / scale
    starts = np.flatnonzero(np.diff(clusters[order], prepend=-1))
    beta = np.asarray(GLM(y, x, family=Binomial()).fit().params)
    for _ in range(STEPS):
        with np.errstate(all="ignore"):  # log odds that run off to infinity are noticed below
            correlation, information, scores = _equations(y, x, beta, starts)
        total, score = information.sum(axis=0), scores.sum(axis=0)
        if not (correlation < 1 and np.isfinite(total).all() and np.linalg.cond(total) < SINGULAR):
            break
        step = np.linalg.solve(total, score)
        beta = beta + step
        if step @ score < SOLVED * len(y):
            return LogisticGee(
                beta / scale, correlation, information * np.outer(scale, scale), scores * scale
            )
    raise ModelError("no solution of the logistic estimating equations was found")


def separated(y: np.ndarray, x: np.ndarray) -> bool:
    """Whether some combination of the columns of x (n, p) is at least 0 where y is 1, at most 0 where it is 0, and not always 0.

    Complete and quasi-complete separation (Albert and Anderson, Biometrika 71:1, 1984), as a linear programme.
    """
    signed = np.unique(np.where(y > 0, 1.0, -1.0)[:, None] * x, axis=0)
    found = linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(signed)), bounds=(-1, 1))
    return bool(-found.fun > NOTHING)


def _equations(
    y: np.ndarray, x: np.ndarray, beta: np.ndarray, starts: np.ndarray
) -> tuple[float, np.ndarray, np.ndarray]:
    """Working correlation, and each cluster's information (K, p, p) and score (K, p), rows being sorted by cluster.

    The correlation is the mean product of two Pearson residuals of a cluster over their mean square (geepack's, without a
    correction for p). The inverse of an exchangeable correlation matrix r of size m is
    (I - J r / (1 + (m - 1) r)) / (1 - r), J being all ones.
    """
    p = expit(x @ beta)
    sd = np.sqrt(p * (1 - p))
    d, e = x * sd[:, None], (y - p) / sd
    size = np.diff(starts, append=len(y))
    total_d, total_e = np.add.reduceat(d, starts), np.add.reduceat(e, starts)
    pairs = (size * (size - 1)).sum()
    correlation = max((total_e @ total_e - e @ e) / pairs / np.mean(e**2), 0.0) if pairs else 0.0
    shared = correlation / (1 + (size - 1) * correlation)
    information = np.add.reduceat(d[:, :, None] * d[:, None, :], starts)
    information -= shared[:, None, None] * total_d[:, :, None] * total_d[:, None, :]
    scores = np.add.reduceat(d * e[:, None], starts) - (shared * total_e)[:, None] * total_d
    return float(correlation), information / (1 - correlation), scores / (1 - correlation)


def inference(fitted: LogisticGee, gradient: np.ndarray) -> tuple[float, float]:
    """Standard error and degrees of freedom of a quantity with this gradient (p,) in the coefficients.

    Kauermann and Carroll's covariance. Degrees of freedom match the variance's first two moments under the working model
    (Fay and Graubard, Biometrics 57:1198, 2001; for CR2, Bell and McCaffrey, Survey Methodology 28:169, 2002): with P
    the covariance of the clusters' corrected scores, tr(P)^2 / tr(P^2). In coordinates where the information of all
    clusters sums to the identity, cluster i's being S_i and the gradient c, the score is weighted by
    a_i = (I - S_i)^(-1/2) c, and P_ij = a_i'(S_i [i = j] - S_i S_j) a_j.

    Raises
    ------
    ModelError
        When the quantity rests on one cluster alone.
    """
    if rests_on_one_cluster(fitted.information, gradient):
        raise ModelError(ONE_CLUSTER)
    root, left, axes = shares(fitted.information)
    lost = left < NOTHING
    powers = np.where(lost, 0, 1 / np.sqrt(np.where(lost, 1, left)))
    weights = np.einsum("kij,kj,klj,l->ki", axes, powers, axes, root.T @ gradient)
    variance = (np.einsum("ki,ki->k", weights, fitted.scores @ root) ** 2).sum()
    shared = np.einsum("kij,kj->ki", root.T @ fitted.information @ root, weights)
    diagonal = np.einsum("ki,ki->k", weights, shared)
    overlap = shared.T @ shared
    trace = diagonal.sum() - np.trace(overlap)
    square = diagonal @ diagonal - 2 * diagonal @ (shared**2).sum(axis=1) + (overlap**2).sum()
    return float(np.sqrt(variance)), float(trace**2 / square)


def standardised(beta: np.ndarray, designs: np.ndarray, signs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average probabilities (S,) with every row under each of several settings, and the gradient (p,) of their signed sum.

    Parameters
    ----------
    beta : ndarray, shape (p,)
    designs : ndarray, shape (S, n, p)
        The sample's rows as they would be under each setting.
    signs : ndarray, shape (S,)
    """
    p = expit(designs @ beta)
    slopes = np.einsum("sn,snp->sp", p * (1 - p), designs) / designs.shape[1]
    return p.mean(axis=1), signs @ slopes
