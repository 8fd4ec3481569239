"""What is estimated when one set of units after another counts as treated: weighted least squares, many sets at once.

With weights w, covariates X and a set's indicator d, the coefficient of d is a linear function of the outcome,

    sum_j a_j y_j,   a = W r / r'W r,   r = d - X (X'W X)^-1 X'W d,

and where outcomes have variances v_j its own is sum a_j^2 v_j. In an orthonormal basis Q of W^1/2 X both need of a set only
sums over its few members, so that neither the model is fitted again nor a row visited that is not in the set.
"""

from dataclasses import dataclass

import numpy as np

# What is left of a set's indicator beside the covariates, or of a covariate beside those before it, is nothing below this share.
NOTHING = 1e-10


@dataclass(frozen=True, slots=True)
class Covariates:
    """Units with their weights and covariates.

    Attributes
    ----------
    root : ndarray, shape (n,)
        Square roots of the weights.
    basis : ndarray, shape (n, q)
        Orthonormal, of the covariates times `root`.
    """

    root: np.ndarray
    basis: np.ndarray

    def residuals(self, outcome: np.ndarray) -> np.ndarray:
        """An outcome (n,) less what the covariates explain of it, in the outcome's units; zero where that is all but rounding."""
        scaled = self.root * outcome
        left = scaled - self.basis @ (self.basis.T @ scaled)
        return np.where(np.abs(left) > NOTHING * np.abs(scaled).max(), left, 0) / self.root


def covariates(x: np.ndarray, weights: np.ndarray) -> Covariates:
    """Covariates (n, p), the constant among them, as a basis; those that others determine add nothing to it."""
    root = np.sqrt(weights)
    scaled = x * root[:, None]
    size = np.linalg.norm(scaled, axis=0)
    left, values, _ = np.linalg.svd(scaled / np.where(size > 0, size, 1), full_matrices=False)
    return Covariates(root, left[:, values > np.sqrt(NOTHING) * values[0]])


def set_effects(given: Covariates, outcome: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Estimate (B,) of each set (B, K) of places; nan where the covariates determine who is in the set."""
    root, residual = given.root, given.residuals(outcome)
    return _summed(root**2 * residual, places) / _left(given, places)


def set_errors(given: Covariates, variance: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Standard error (B,) of each set's estimate where outcomes have these variances (n,)."""
    root, basis = given.root, given.basis
    along = _summed(root[:, None] * basis, places)
    spread = root**2 * variance
    own = _summed(root**2 * spread, places)
    shared = _summed((root * spread)[:, None] * basis, places)
    around = basis.T @ (spread[:, None] * basis)
    square = own - 2 * np.einsum("bq,bq->b", along, shared) + np.einsum("bq,qr,br->b", along, around, along)
    return np.sqrt(np.maximum(square, 0)) / _left(given, places)


def _left(given: Covariates, places: np.ndarray) -> np.ndarray:
    """r'W r of each set (B,); nan where it is nothing."""
    along = _summed(given.root[:, None] * given.basis, places)
    whole = _summed(given.root**2, places)
    left = whole - np.einsum("bq,bq->b", along, along)
    return np.where(left > NOTHING * whole, left, np.nan)


def _summed(values: np.ndarray, places: np.ndarray) -> np.ndarray:
    """Values (n, ...) summed over each set's places (B, K): (B, ...)."""
    total = np.zeros((len(places), *values.shape[1:]))
    for column in places.T:
        total += values[column]
    return total
