"""Newton's method for the deviance in theta, with the boundary (singular covariances) settled exactly."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.models.engine.covariance import (
    Structure,
    Term,
    semidefinite_cholesky,
    triangle,
    triangle_entries,
)
from evaluation.models.engine.likelihood import Curve

# Newton's decrement at which to stop. It is a difference of deviances, so it has no units: at 1e-14 every
# parameter is within 1e-7 of its standard error.
DECREMENT = 1e-14
MAX_ITERATIONS = 200
START = 0.5
# Relative variances (in working units) below this are candidates for zero; the score there decides.
NEGLIGIBLE = 1e-6

Deviance = Callable[[np.ndarray], Curve]


@dataclass(frozen=True, slots=True)
class Optimum:
    """Where the deviance is least.

    Attributes
    ----------
    theta : ndarray, shape (r,)
    singular : tuple of Term
        Terms whose covariance is singular there: the boundary.
    iterations : int
    decrement : float
        What a further Newton step would take off the deviance: the scale-free size of the gradient.
    """

    theta: np.ndarray
    singular: tuple[Term, ...]
    iterations: int
    decrement: float

    @property
    def converged(self) -> bool:
        return self.decrement <= DECREMENT


def minimise(deviance: Deviance, structure: Structure, start: np.ndarray | None = None) -> Optimum:
    """Minimise a deviance given in the entries of D over theta, from `start` (inside the boundary) or a neutral point.

    A term is put on the boundary exactly when its score there does not point inside: with N spanning the null
    space of its D and G the gradient of the deviance in D, when N'GN is positive semidefinite. For one variance that is
    theta = 0 if and only if the score at 0 is <= 0.
    """
    if start is None:
        start = np.concatenate(
            [triangle_entries(START * np.eye(term.size)) for term in structure.terms] or [np.empty(0)]
        )
    found = _newton(deviance, structure, start)
    inside: set[int] = set()
    while singular := [
        t for t in structure.terms if t.entries.start not in inside and _null_space(t, found.theta).size
    ]:
        settled = _newton(deviance, structure, *_on_boundary(singular, found.theta), found.iterations)
        gradient = deviance(settled.theta).gradient
        inward = [term for term in singular if _points_inside(term, settled.theta, gradient)]
        if not inward:
            return Optimum(settled.theta, tuple(singular), settled.iterations, settled.decrement)
        inside |= {term.entries.start for term in inward}
        found = _newton(deviance, structure, _lift(inward, settled.theta), iterations=settled.iterations)
    return found


def _newton(
    deviance: Deviance,
    structure: Structure,
    theta: np.ndarray,
    free: np.ndarray | None = None,
    iterations: int = 0,
) -> Optimum:
    """Newton's method with absolute curvatures and step halving, in the free parameters."""
    free = np.ones(len(theta), dtype=bool) if free is None else free
    curve = deviance(theta)
    while True:
        step, decrement = _newton_step(curve, structure, theta, free)
        if decrement <= DECREMENT or iterations >= MAX_ITERATIONS:
            return Optimum(theta, (), iterations, decrement)
        theta, curve = _descend(deviance, theta, curve.value, step, decrement)
        iterations += 1


def _newton_step(
    curve: Curve, structure: Structure, theta: np.ndarray, free: np.ndarray
) -> tuple[np.ndarray, float]:
    step = np.zeros(len(theta))
    if not free.any():
        return step, 0.0
    jacobian = structure.jacobian(theta)
    gradient = jacobian.T @ curve.gradient
    hessian = jacobian.T @ curve.hessian @ jacobian + np.tensordot(curve.gradient, structure.curvature, 1)
    size, axes = np.linalg.eigh(hessian[np.ix_(free, free)])
    size = np.maximum(np.abs(size), 1e-10 * np.abs(size).max() + 1e-300)
    along = axes.T @ gradient[free]
    step[free] = -axes @ (along / size)
    return step, float(along @ (along / size)) / 2


def _descend(
    deviance: Deviance, theta: np.ndarray, value: float, step: np.ndarray, decrement: float
) -> tuple[np.ndarray, Curve]:
    """Go along a step, halving it until the deviance falls; a step too small for rounding is not questioned."""
    # Near an inflection the step is immense; what it promises shrinks with it, or no step would ever be good enough.
    share = min(1.0, 2 * (1 + float(np.linalg.norm(theta))) / float(np.linalg.norm(step)))
    step, decrement = share * step, share * decrement
    while True:
        curve = deviance(theta + step)
        if decrement < 1e-6 or curve.value <= value - 1e-4 * decrement or np.abs(step).max() < 1e-12:
            return theta + step, curve
        step, decrement = step / 2, decrement / 2


def _null_space(term: Term, theta: np.ndarray) -> np.ndarray:
    """Directions (q, k) in which the term's effects all but do not vary."""
    factor = triangle(theta[term.entries], term.size)
    variances, axes = np.linalg.eigh(factor @ factor.T)
    return axes[:, variances <= NEGLIGIBLE * max(1.0, variances[-1])]


def _replace(term: Term, theta: np.ndarray, added: np.ndarray) -> np.ndarray:
    """The term's entries of theta once `added` (q, q) is added to its covariance less its null space."""
    factor = triangle(theta[term.entries], term.size)
    null = _null_space(term, theta)
    kept = factor - null @ (null.T @ factor)
    covariance = kept @ kept.T + added
    return triangle_entries(
        semidefinite_cholesky(covariance, 1e-4 * NEGLIGIBLE * max(1.0, np.trace(covariance)))
    )


def _on_boundary(terms: Sequence[Term], theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Theta with the terms' null spaces made exact, and which parameters are free: not the columns of zeros."""
    theta, free = theta.copy(), np.ones(len(theta), dtype=bool)
    for term in terms:
        theta[term.entries] = _replace(term, theta, np.zeros((term.size, term.size)))
        used = triangle(theta[term.entries], term.size).any(axis=0)
        free[term.entries] = triangle_entries(np.tile(used, (term.size, 1)))
    return theta, free


def _lift(terms: Sequence[Term], theta: np.ndarray) -> np.ndarray:
    """Theta a little inside the boundary."""
    theta = theta.copy()
    for term in terms:
        null = _null_space(term, theta)
        theta[term.entries] = _replace(term, theta, 2 * NEGLIGIBLE * null @ null.T)
    return theta


def _points_inside(term: Term, theta: np.ndarray, gradient: np.ndarray) -> bool:
    """Whether the deviance falls as the term's covariance grows in its null space."""
    half = triangle(gradient[term.entries], term.size) / 2
    null = _null_space(term, theta)
    return bool(np.linalg.eigvalsh(null.T @ (half + half.T) @ null)[0] < 0)
