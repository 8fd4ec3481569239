"""Draw the missing values of one variable from a multilevel model of it, everything else being known."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.linalg import cholesky, solve_triangular
from scipy.special import ndtr, ndtri

from evaluation.models.engine.scaling import independent

SWEEPS = 12
LEAST = 1e-8  # of the whole variance: a variance of groups that is drawn as nothing would stay there


@dataclass(frozen=True, slots=True)
class Predictors:
    """The fixed columns (n, p), an intercept among them, and each grouping's codes (n,), 0, 1, 2 ..."""

    fixed: np.ndarray
    groups: Sequence[np.ndarray]


def draw_missing(
    values: np.ndarray, predictors: Predictors, generator: np.random.Generator, yes_no: bool = False
) -> np.ndarray:
    """The values with a draw for each that is NaN, from the posterior predictive distribution.

    A Gibbs sampler of the model with random intercepts, fixed and random effects drawn together (Schafer and Yucel, Journal of
    Computational and Graphical Statistics 11:437, 2002), on the rows where the variable is known; flat priors, of a group's
    standard deviation too (Gelman, Bayesian Analysis 1:515, 2006). Of a yes-or-no variable it is the probit model, by latent
    normal values (Albert and Chib, JASA 88:669, 1993).

    Parameters
    ----------
    values : ndarray (n,)
        0 or 1 where `yes_no`.
    predictors : Predictors
        Without missing values.
    generator : numpy Generator
    yes_no : bool
    """
    known = ~np.isnan(values)
    design, sizes = _design(predictors)
    sampler = _Sampler(design[known], sizes, values[known], generator, yes_no)
    for _ in range(SWEEPS):
        sampler.sweep()
    expected = design[~known] @ sampler.effects
    completed = values.copy()
    if yes_no:
        completed[~known] = generator.random(len(expected)) < ndtr(expected)
    else:
        completed[~known] = expected + np.sqrt(sampler.residual) * generator.normal(size=len(expected))
    return completed


def _design(predictors: Predictors) -> tuple[sparse.csr_matrix, list[int]]:
    """Columns of the fixed part that say something new, scaled, then one a group; the sizes of both kinds."""
    fixed = predictors.fixed / np.maximum(np.abs(predictors.fixed).max(axis=0), 1e-300)
    fixed = fixed[:, independent(fixed.T @ fixed / len(fixed))]
    rows = np.arange(len(fixed))
    dummies = [sparse.csr_matrix((np.ones(len(codes)), (rows, codes))) for codes in predictors.groups]
    sizes = [fixed.shape[1], *(matrix.shape[1] for matrix in dummies)]
    return sparse.hstack([sparse.csr_matrix(fixed), *dummies], format="csr"), sizes


class _Sampler:
    """The state of the sampler: all effects, the variance of each grouping and of the residual."""

    def __init__(
        self,
        design: sparse.csr_matrix,
        sizes: list[int],
        values: np.ndarray,
        generator: np.random.Generator,
        yes_no: bool,
    ) -> None:
        self.design, self.values, self.generator, self.yes_no = design, values, generator, yes_no
        self.gram = (design.T @ design).toarray()
        self.ends = np.cumsum(sizes)
        self.whole = 1.0 if yes_no else float(values.var())
        self.residual = self.whole
        self.between = [0.2 * self.whole for _ in sizes[1:]]
        self.effects = np.zeros(self.ends[-1])

    def sweep(self) -> None:
        """Draw latent values where there are any, then every effect together, then the variances."""
        response = self._latent() if self.yes_no else self.values
        cross = self.design.T @ response
        prior = np.zeros(len(cross))
        for start, end, variance in zip(self.ends, self.ends[1:], self.between, strict=False):
            prior[start:end] = 1 / variance
        lower = cholesky(self.gram / self.residual + np.diag(prior), lower=True)
        half = solve_triangular(lower, cross / self.residual, lower=True)
        noise = self.generator.normal(size=len(cross))
        self.effects = solve_triangular(lower.T, half + noise, lower=False)
        if not self.yes_no:
            left = response - self.design @ self.effects
            self.residual = float(left @ left) / self.generator.chisquare(len(left))
        for level, (start, end) in enumerate(zip(self.ends, self.ends[1:], strict=False)):
            drawn = float(np.square(self.effects[start:end]).sum())
            scale = self.generator.chisquare(max(end - start - 1, 1))
            self.between[level] = max(drawn / scale, LEAST * self.whole)

    def _latent(self) -> np.ndarray:
        """Normal values of mean as expected and variance 1, above zero where the answer is yes and below where it is no."""
        expected = self.design @ self.effects
        below = ndtr(-expected)
        low, high = np.where(self.values == 1, below, 0), np.where(self.values == 1, 1, below)
        share = low + (high - low) * self.generator.random(len(expected))
        return expected + ndtri(np.clip(share, 1e-12, 1 - 1e-12))
