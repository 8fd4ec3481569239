"""Cross-products of a cluster's fixed terms, random effects and residuals, for clusters of one shape at a time."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.estimate import Estimate
from evaluation.models.engine.problem import Level, Problem
from evaluation.models.sums.grouping import Grouping

# How many numbers the products of the clusters worked together may hold.
TOGETHER = 2_000_000


@dataclass(frozen=True, slots=True)
class Gram:
    """Products of S = [X, Z L] (p + k columns), L the relative Cholesky factors, over the rows of each of J clusters.

    Attributes
    ----------
    products : ndarray, shape (J, p + k, p + k)
        S'S.
    residual : ndarray, shape (J, p + k)
        S'e, e the marginal residuals.
    """

    products: np.ndarray
    residual: np.ndarray


@dataclass(frozen=True, slots=True)
class _Membership:
    """One level's groups by cluster: the groups in order of cluster, where each cluster's begin, and how many there are."""

    order: np.ndarray
    starts: np.ndarray
    counts: np.ndarray

    def of(self, clusters: np.ndarray) -> np.ndarray:
        """Groups (J, n) of clusters that have n each."""
        return self.order[self.starts[clusters, None] + np.arange(self.counts[clusters[0]])]


def grams(
    problem: Problem, fitted: Estimate, totals: np.ndarray, grouping: Grouping
) -> Iterator[tuple[np.ndarray, Gram]]:
    """Clusters (J,) with as many groups of every level as one another, and their products.

    Raises
    ------
    ModelError
        When a group lies in several clusters.
    """
    owners = [_owner(problem, level, grouping) for level in range(len(problem.levels))]
    members = [_membership(owner, grouping.size) for owner in owners]
    shapes = np.array([member.counts for member in members]).reshape(len(members), grouping.size)
    _, kind = np.unique(shapes, axis=1, return_inverse=True)
    for k in range(kind.max() + 1):
        alike = np.flatnonzero(kind == k)
        width = problem.p + sum(
            int(member.counts[alike[0]]) * len(level.own)
            for member, level in zip(members, problem.levels, strict=True)
        )
        step = max(1, TOGETHER // width**2)
        for start in range(0, len(alike), step):
            chosen = alike[start : start + step]
            yield chosen, _gram(problem, fitted, totals[..., chosen], [m.of(chosen) for m in members])


def _owner(problem: Problem, depth: int, grouping: Grouping) -> np.ndarray:
    """The cluster of each group of a level."""
    groups = problem.groupings[depth]
    owner = np.zeros(groups.size, dtype=np.intp)
    owner[groups.codes] = grouping.codes
    if (owner[groups.codes] != grouping.codes).any():
        raise ModelError(
            f"A {groups.name} lies in several clusters of {grouping.name}, so that these are not independent: cluster by "
            f"{problem.groupings[0].name}, or by a column in which each {problem.groupings[0].name} has one value."
        )
    return owner


def _membership(owner: np.ndarray, size: int) -> _Membership:
    counts = np.bincount(owner, minlength=size)
    return _Membership(np.argsort(owner, kind="stable"), np.cumsum(counts) - counts, counts)


def _gram(problem: Problem, fitted: Estimate, totals: np.ndarray, groups: list[np.ndarray]) -> Gram:
    """Products of clusters whose groups of each level are `groups` (J, n)."""
    x, contrast = problem.fixed, np.append(-fitted.solved.beta, 1.0)
    ends = np.cumsum(
        [problem.p, *(g.shape[1] * len(level.own) for g, level in zip(groups, problem.levels, strict=True))]
    )
    products = np.zeros((totals.shape[-1], ends[-1], ends[-1]))
    residual = np.empty((totals.shape[-1], ends[-1]))
    products[:, : problem.p, : problem.p] = totals[x, x].transpose(2, 0, 1)
    residual[:, : problem.p] = np.einsum("pcj,c->jp", totals[x, x.start :], contrast)
    for depth, level in enumerate(problem.levels):
        own = slice(ends[depth], ends[depth + 1])
        with_all = _with_columns(level, fitted.factors[depth], groups[depth])
        with_x = with_all[:, :, x].transpose(0, 2, 1)
        products[:, : problem.p, own] = with_x
        products[:, own, : problem.p] = with_x.transpose(0, 2, 1)
        residual[:, own] = with_all[:, :, x.start :] @ contrast
        for outer in range(depth + 1):
            around = problem.levels[outer]
            block = _between(
                with_all[:, :, around.own] @ fitted.factors[outer], groups, problem, outer, depth
            )
            across = slice(ends[outer], ends[outer + 1])
            products[:, own, across] = block
            products[:, across, own] = block.transpose(0, 2, 1)
    return Gram(products, residual)


def _with_columns(level: Level, factor: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """L'Z'C (J, n q, c) of each cluster's groups."""
    found = np.tensordot(level.products[:, :, groups], factor, (1, 0))
    return found.transpose(1, 2, 3, 0).reshape(len(groups), -1, len(level.products))


def _between(
    with_outer: np.ndarray, groups: list[np.ndarray], problem: Problem, outer: int, depth: int
) -> np.ndarray:
    """Products (J, n q, N Q) of a level's effects with those of the N groups around them, given each group's with its own
    group's, (J, n q, Q)."""
    inner, around = groups[depth], groups[outer]
    parent = np.zeros(problem.groupings[depth].size, dtype=np.intp)
    parent[problem.groupings[depth].codes] = problem.groupings[outer].codes
    inside = parent[inner][:, :, None] == around[:, None, :]
    count, q, size = inner.shape[1], len(problem.levels[depth].own), with_outer.shape[2]
    spread = with_outer.reshape(-1, count, q, 1, size) * inside[:, :, None, :, None]
    return spread.reshape(len(inner), count * q, around.shape[1] * size)
