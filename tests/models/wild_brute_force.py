"""Brute force for the wild cluster bootstrap: rows refitted for every pattern of signs, and rational arithmetic."""

import itertools
import math
from fractions import Fraction

import numpy as np

Rows = tuple[np.ndarray, np.ndarray, np.ndarray]
"""Fixed terms (n, p), outcome (n,) and cluster (n,)."""


def sums(x: np.ndarray, y: np.ndarray, cluster: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    parts = [cluster == name for name in np.unique(cluster)]
    return np.array([x[k].T @ x[k] for k in parts]), np.array([x[k].T @ y[k] for k in parts])


def trial(seed: int, clusters: int, treated: int, size: int = 8) -> Rows:
    """Columns: intercept, treated, a covariate, treated times it. Clusters are of unequal size."""
    rng = np.random.default_rng(seed)
    cluster = np.repeat(np.arange(clusters), rng.integers(2, size, clusters))
    t, z = (cluster < treated).astype(float), rng.normal(size=len(cluster))
    y = 100 + t + z + rng.normal(size=clusters)[cluster] + rng.normal(size=len(cluster))
    return np.column_stack([np.ones_like(z), t, z, t * z]), y, cluster


def refits(rows: Rows, contrast: list[float], null: float) -> Fraction:
    """p from every sign pattern, each refitted to its rows by least squares."""
    x, y, cluster = rows
    names, place = np.unique(cluster, return_inverse=True)
    c = np.array(contrast)

    def t(outcome: np.ndarray) -> float:
        b = np.linalg.lstsq(x, outcome, rcond=None)[0]
        scores = [x[place == j].T @ (outcome - x @ b)[place == j] for j in range(len(names))]
        bread = np.linalg.inv(x.T @ x)
        return float((c @ b - null) / math.sqrt(sum((c @ bread @ s) ** 2 for s in scores)))

    basis = np.linalg.svd(c[None])[2][1:].T  # coefficients b = c null / c'c + basis g, so that c'b = null
    offset = x @ c * null / (c @ c)
    fitted = offset + x @ basis @ np.linalg.lstsq(x @ basis, y - offset, rcond=None)[0]
    own, twice = abs(t(y)), 0
    for signs in itertools.product([1, -1], repeat=len(names)):
        other = abs(t(fitted + np.array(signs)[place] * (y - fitted)))
        twice += 1 if math.isclose(own, other, rel_tol=1e-9) else 2 * (other > own)
    return Fraction(twice, 2 ** (len(names) + 1))


def exact(y: list[list[int]], treated: int, null: Fraction) -> tuple[Fraction, int] | None:
    """p and the number of ties in rational numbers, for a difference in means between arms; nothing if t is undefined."""
    sizes = [sum(map(len, arm)) for arm in (y[:treated], y[treated:])]

    def means(outcome: list[list[Fraction]]) -> list[Fraction]:
        arms = outcome[:treated], outcome[treated:]
        return [
            sum((v for own in arm for v in own), Fraction(0)) / n for arm, n in zip(arms, sizes, strict=True)
        ]

    def estimate(outcome: list[list[Fraction]]) -> tuple[Fraction, Fraction]:
        """(difference - null)^2, and its variance."""
        mean = means(outcome)
        late = [j >= treated for j in range(len(y))]
        sums = [sum(v - mean[k] for v in own) / sizes[k] for own, k in zip(outcome, late, strict=True)]
        return (mean[0] - mean[1] - null) ** 2, sum((s**2 for s in sums), Fraction(0))

    data = [[Fraction(v) for v in own] for own in y]
    shift = [null if j < treated else Fraction(0) for j in range(len(y))]
    flat = [v - s for own, s in zip(data, shift, strict=True) for v in own]
    centre = sum(flat, Fraction(0)) / len(flat)
    fitted = [centre + s for s in shift]
    square, variance = estimate(data)
    if not variance:
        return None
    twice = ties = 0
    for signs in itertools.product([1, -1], repeat=len(y)):
        drawn = [[f + w * (v - f) for v in own] for own, f, w in zip(data, fitted, signs, strict=True)]
        other, spread = estimate(drawn)
        gap = other * variance - square * spread
        ties += gap == 0
        twice += 1 if gap == 0 else 2 * (gap > 0)
    return Fraction(twice, 2 ** (len(y) + 1)), ties


def rows_of(y: list[list[int]], treated: int) -> Rows:
    cluster = np.repeat(np.arange(len(y)), [len(own) for own in y])
    x = np.column_stack([np.ones(len(cluster)), cluster < treated])
    return x, np.array([v for own in y for v in own], dtype=float), cluster
