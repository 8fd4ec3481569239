"""Summed cross-products as the estimation problem they pose: columns in working units, nested levels, independent blocks."""

from dataclasses import dataclass, replace

import numpy as np

from evaluation.models.sums.grouping import Grouping


@dataclass(frozen=True, slots=True)
class Level:
    """The random effects of one grouping factor, and their products with all columns, group by group.

    Attributes
    ----------
    name : str
    effects : tuple of str, length q
    blocks : tuple of int, summing to q
        Sizes of its terms: effects of one term are correlated, those of two terms are not.
    products : ndarray, shape (c, q, G)
        Z'C of each group, C being all columns of the model.
    own : ndarray of int, shape (q,)
        Where the level's effects stand among the columns.
    scales : ndarray, shape (q,)
        What the effects' columns were divided by.
    starts : ndarray of int, shape (G of the level outside,)
        The first group of each parent; groups of one parent stand side by side.
    copies : int
        1, but for a factor that crosses the innermost one: there is then one group, and q counts the effects of each of
        its `copies` groups in turn.
    """

    name: str
    effects: tuple[str, ...]
    blocks: tuple[int, ...]
    products: np.ndarray
    own: np.ndarray
    scales: np.ndarray
    starts: np.ndarray
    copies: int = 1

    @property
    def size(self) -> int:
        return self.products.shape[-1]


@dataclass(frozen=True, slots=True)
class Problem:
    """Cross-products of the columns C = [random effects, fixed terms, outcome], in working units.

    Working units: random effects have mean square 1; fixed terms and outcome are centred, if the model has an
    intercept, and have mean square 1. So nothing depends on the units of the data.

    Attributes
    ----------
    n : int
    log_weights, mean_weight : float
    blocks : ndarray, shape (c, c, J)
        C'C of each outermost group, or of everything where there are no groups: these are independent.
    block_sizes : ndarray of int, shape (J,)
    total : ndarray, shape (c, c)
    levels : tuple of Level, outermost first
    groupings : tuple of Grouping
        The groups of each level.
    terms : tuple of str, length p
        Fixed terms kept. In C they stand just before the outcome, which is last.
    dropped_terms : tuple of str
        Fixed terms that are combinations of the ones before them, or have no variation at all.
    kept : tuple of int
        Which of the layout's fixed terms those are.
    columns : ndarray, shape (c, b)
        C in terms of the columns summed.
    transform : ndarray, shape (p, p)
        Coefficients in the data's units are `transform @ working * y_scale + y_shift`.
    y_shift : ndarray, shape (p,)
        The outcome's origin, which the intercept takes up.
    y_scale : float
        The outcome's unit.
    """

    n: int
    log_weights: float
    mean_weight: float
    blocks: np.ndarray
    block_sizes: np.ndarray
    total: np.ndarray
    levels: tuple[Level, ...]
    groupings: tuple[Grouping, ...]
    terms: tuple[str, ...]
    dropped_terms: tuple[str, ...]
    kept: tuple[int, ...]
    columns: np.ndarray
    transform: np.ndarray
    y_shift: np.ndarray
    y_scale: float

    @property
    def p(self) -> int:
        return len(self.terms)

    @property
    def fixed(self) -> slice:
        """Where the fixed terms stand in C."""
        return slice(len(self.total) - self.p - 1, len(self.total) - 1)


def take(problem: Problem, blocks: np.ndarray) -> Problem:
    """The problem of a selection of its blocks, each as often as it is named: a re-weighting, in the same working units."""
    levels, groups = [], np.asarray(blocks, dtype=np.intp)
    for depth, level in enumerate(problem.levels):
        starts = np.zeros(1, dtype=np.intp)
        if depth:
            ends = np.append(level.starts[1:], level.size)
            sizes = ends[groups] - level.starts[groups]
            starts = np.cumsum(sizes) - sizes
            groups = np.repeat(level.starts[groups] - starts, sizes) + np.arange(sizes.sum())
        levels.append(replace(level, products=level.products[..., groups], starts=starts))
    chosen = problem.blocks[..., blocks]
    sizes = problem.block_sizes[blocks]
    return replace(
        problem,
        n=int(sizes.sum()),
        blocks=chosen,
        block_sizes=sizes,
        total=chosen.sum(axis=-1),
        levels=tuple(levels),
        groupings=(),
    )


def mean_square(problem: Problem, level: Level) -> np.ndarray:
    """Mean over the rows, by weight, of zz' (q, q), z the effects of a level."""
    q = len(level.effects)
    between = problem.total[np.ix_(level.own, level.own)].reshape(level.copies, q, level.copies, q)
    return np.einsum("aqar->qr", between) / (problem.n * problem.mean_weight)
