"""Relative covariance of the random effects, D = L L', by its Cholesky factors: lme4's theta."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np


@dataclass(frozen=True, slots=True)
class Term:
    """One block of correlated effects: its level, its effects among the level's, its entries among the parameters."""

    level: int
    effects: slice
    entries: slice

    @property
    def size(self) -> int:
        return self.effects.stop - self.effects.start


@dataclass(frozen=True, slots=True)
class Structure:
    """Which entries of the levels' D are parameters: each term's lower triangle, column by column (lme4's order).

    Attributes
    ----------
    sizes : tuple of int
        Random effects a group of each level.
    terms : tuple of Term
    curvature : ndarray, shape (r, r, r)
        Second derivatives of each entry of D in theta. Entries are quadratic forms, so these are constants.
    """

    sizes: tuple[int, ...]
    terms: tuple[Term, ...]
    curvature: np.ndarray

    @property
    def count(self) -> int:
        return len(self.curvature)

    def jacobian(self, theta: np.ndarray) -> np.ndarray:
        """Derivatives (r, r) of the entries of D, by rows, in theta."""
        return self.curvature @ theta

    def entries(self, theta: np.ndarray) -> np.ndarray:
        """The parameters' entries (r,) of D."""
        return self.jacobian(theta) @ theta / 2

    def factors(self, theta: np.ndarray) -> list[np.ndarray]:
        """Lower-triangular L (q, q) of each level."""
        found = [np.zeros((size, size)) for size in self.sizes]
        for term in self.terms:
            found[term.level][term.effects, term.effects] = triangle(theta[term.entries], term.size)
        return found


@lru_cache(maxsize=64)
def structure(blocks: tuple[tuple[int, ...], ...]) -> Structure:
    """The structure of levels whose terms have these sizes, outermost level first."""
    terms, first = [], 0
    for level, sizes in enumerate(blocks):
        start = 0
        for size in sizes:
            count = size * (size + 1) // 2
            terms.append(Term(level, slice(start, start + size), slice(first, first + count)))
            start, first = start + size, first + count
    curvature = np.zeros((first, first, first))
    for term in terms:
        curvature[term.entries, term.entries, term.entries] = _term_curvature(term.size)
    return Structure(tuple(map(sum, blocks)), tuple(terms), curvature)


def _term_curvature(size: int) -> np.ndarray:
    """D_ab = sum_c L_ac L_bc, differentiated twice."""
    pairs = [(row, column) for column in range(size) for row in range(column, size)]
    place = {pair: i for i, pair in enumerate(pairs)}
    curvature = np.zeros((len(pairs), len(pairs), len(pairs)))
    for (a, b), i in place.items():
        for c in range(b + 1):
            curvature[i, place[a, c], place[b, c]] += 1
            curvature[i, place[b, c], place[a, c]] += 1
    return curvature


def triangle(entries: np.ndarray, size: int) -> np.ndarray:
    """Lower-triangular matrix (size, size) with these entries column by column."""
    matrix = np.zeros((size, size))
    matrix.T[_upper(size)] = entries
    return matrix


def triangle_entries(matrix: np.ndarray) -> np.ndarray:
    """The lower triangle of a matrix column by column."""
    return matrix.T[_upper(len(matrix))]


@lru_cache(maxsize=64)
def _upper(size: int) -> tuple[np.ndarray, np.ndarray]:
    return np.triu_indices(size)


def semidefinite_cholesky(matrix: np.ndarray, tolerance: float) -> np.ndarray:
    """Cholesky factor with columns of exact zeros where a pivot is within `tolerance` of nothing."""
    rest, factor = matrix.copy(), np.zeros_like(matrix)
    for j in range(len(matrix)):
        if rest[j, j] > tolerance:
            factor[j:, j] = rest[j:, j] / np.sqrt(rest[j, j])
            rest -= np.outer(factor[:, j], factor[:, j])
    return factor
