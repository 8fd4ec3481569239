"""Summed cross-products as the estimation problem they pose: columns in working units, nested levels, independent blocks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.crossproducts import CrossProducts, unpack
from evaluation.models.grouping import Grouping, interact, nest

# A column whose part outside the earlier columns is smaller than this share of its variance is collinear.
COLLINEAR = 1e-10


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
    """

    name: str
    effects: tuple[str, ...]
    blocks: tuple[int, ...]
    products: np.ndarray
    own: np.ndarray
    scales: np.ndarray
    starts: np.ndarray

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
    log_weights : float
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
        Coefficients in the data's units are `transform @ working * y_scale`, but for `y_shift`.
    y_shift, y_scale : float
        The outcome's origin, in units of the intercept, and its unit.
    """

    n: int
    log_weights: float
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
    y_shift: float
    y_scale: float

    @property
    def p(self) -> int:
        return len(self.terms)

    @property
    def fixed(self) -> slice:
        """Where the fixed terms stand in C."""
        return slice(len(self.total) - self.p - 1, len(self.total) - 1)


def pose(cross: CrossProducts, fixed: Sequence[int] | None = None) -> Problem:
    """The problem that cross-products pose, with all fixed terms of their formula or only these columns.

    Raises
    ------
    ModelError
        For a constant outcome, no more rows than fixed terms, crossed factors, or more random effects than groups can
        tell apart.
    """
    fixed = cross.layout.fixed if fixed is None else tuple(fixed)
    gram = unpack(cross.products.sum(axis=1))
    intercept = fixed[:1] == (0,)
    x, shift, scale = _standardised(cross, gram, fixed, intercept)
    kept = _independent(x @ gram @ x.T / cross.n)
    if len(kept) >= cross.n:
        raise ModelError(f"{cross.spec.formula!r} has {len(kept)} fixed terms for {cross.n} rows of data.")
    (y,), (y_shift,), (y_scale,) = _standardised(cross, gram, (0, len(gram) - 1), intercept, slice(1, 2))
    _require_variation(cross, float(y_shift if intercept else 0.0), y @ gram @ y)
    z_columns, z_scales = _effects(cross, gram)
    columns = np.array([*z_columns.values(), *x[kept], y])
    groupings, parents = _nested(cross)
    levels = _levels(cross, groupings, parents, columns, list(z_columns), z_scales)
    blocks, sizes = _blocks(cross, groupings, columns)
    names = [cross.layout.names[place] for place in fixed]
    problem = Problem(
        n=cross.n,
        log_weights=cross.log_weights,
        blocks=blocks,
        block_sizes=sizes,
        total=blocks.sum(axis=-1),
        levels=levels,
        groupings=tuple(groupings),
        terms=tuple(names[i] for i in kept),
        dropped_terms=(cross.layout.empty_terms if fixed == cross.layout.fixed else ())
        + tuple(name for i, name in enumerate(names) if i not in kept),
        kept=tuple(kept),
        columns=columns,
        transform=_to_data_units(shift[kept], scale[kept]),
        y_shift=float(y_shift) if intercept else 0.0,
        y_scale=float(y_scale),
    )
    for level in levels:
        _require_estimable(cross, problem, level)
    return problem


def _standardised(
    cross: CrossProducts, gram: np.ndarray, places: Sequence[int], centred: bool, part: slice = slice(None)
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Columns (p, b) centred (if there is an intercept) and scaled; the shifts and scales (p,) that did it."""
    at = list(places)[part]
    mean = gram[0, at] / gram[0, 0] + cross.origin[at]
    shift = np.where(np.array(at) == 0, 0.0, mean) if centred else np.zeros(len(at))
    columns = np.zeros((len(at), len(gram)))
    columns[np.arange(len(at)), at] = 1.0
    size = np.sqrt(_squares(columns + cross.origin[at, None] * _one(gram), gram) / cross.n)
    columns += (cross.origin[at] - shift)[:, None] * _one(gram)
    scale = np.sqrt(_squares(columns, gram) / cross.n)
    nothing_left = scale <= 1e-10 * size
    columns[nothing_left] = 0
    scale[nothing_left] = 1
    return columns / scale[:, None], shift, scale


def _one(gram: np.ndarray) -> np.ndarray:
    """The constant among the columns summed."""
    return np.eye(1, len(gram))


def _squares(columns: np.ndarray, gram: np.ndarray) -> np.ndarray:
    return np.maximum(np.einsum("ka,ab,kb->k", columns, gram, columns), 0.0)


def _independent(gram: np.ndarray) -> list[int]:
    """Columns that are no combination of the ones before them, by Cholesky's steps on their Gram matrix."""
    rest, kept = gram.copy(), []
    for i in range(len(rest)):
        if rest[i, i] > COLLINEAR:
            kept.append(i)
            rest -= np.outer(rest[i], rest[i]) / rest[i, i]
    return kept


def _require_variation(cross: CrossProducts, centre: float, square: float) -> None:
    if square == 0:
        raise ModelError(
            f"The outcome {cross.spec.outcome!r} is {centre:g} in every row: there is nothing to explain."
        )


def _to_data_units(shift: np.ndarray, scale: np.ndarray) -> np.ndarray:
    transform = np.diag(1 / scale)
    transform[:1] -= shift / scale  # shifts are zero unless the first term is the intercept
    return transform


def _effects(cross: CrossProducts, gram: np.ndarray) -> tuple[dict[int, np.ndarray], dict[int, float]]:
    """The random effects' columns (b,) and their scales, each once: levels often share the intercept."""
    places = dict.fromkeys(place for effects in cross.layout.effects for place in effects)
    columns, scales = {}, {}
    for place in places:
        column = np.eye(1, len(gram), place)[0]
        column[0] = 1.0 if place == 0 else cross.origin[place]
        scales[place] = float(np.sqrt(_squares(column[None], gram)[0] / cross.n))
        columns[place] = column / (scales[place] or 1.0)
    return columns, scales


def _nested(cross: CrossProducts) -> tuple[list[Grouping], list[np.ndarray]]:
    names = dict.fromkeys(term.group for term in cross.spec.random)
    return nest([interact(group, cross.factors) for group in names])


def _levels(
    cross: CrossProducts,
    groupings: Sequence[Grouping],
    parents: Sequence[np.ndarray],
    columns: np.ndarray,
    z_places: list[int],
    z_scales: dict[int, float],
) -> tuple[Level, ...]:
    levels = []
    for grouping, parent in zip(groupings, parents, strict=True):
        terms = [k for k, term in enumerate(cross.spec.random) if term.name == grouping.name]
        places = [place for k in terms for place in cross.layout.effects[k]]
        own = np.array([z_places.index(place) for place in places], dtype=np.intp)
        sums = unpack(group_sums(cross.products, grouping))
        levels.append(
            Level(
                name=grouping.name,
                effects=tuple(cross.layout.names[place] for place in places),
                blocks=tuple(len(cross.layout.effects[k]) for k in terms),
                products=np.einsum("ca,abg,qb->cqg", columns, sums, columns[own], optimize=True),
                own=own,
                scales=np.array([z_scales[place] for place in places]),
                starts=np.flatnonzero(np.diff(parent, prepend=-1)),
            )
        )
    return tuple(levels)


def group_sums(packed: np.ndarray, grouping: Grouping) -> np.ndarray:
    """Sums (m, G) over the cells of each group of what each cell holds, (m, K)."""
    if grouping.size == packed.shape[1] and (np.diff(grouping.codes) == 1).all():
        return packed
    return np.array([np.bincount(grouping.codes, row, grouping.size) for row in packed])


def _blocks(
    cross: CrossProducts, groupings: Sequence[Grouping], columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """C'C (c, c, J) and rows (J,) of the outermost groups."""
    if not groupings:
        sums, sizes = cross.products.sum(axis=1, keepdims=True), np.array([cross.n])
    else:
        sums = group_sums(cross.products, groupings[0])
        sizes = np.bincount(groupings[0].codes, cross.counts, groupings[0].size).astype(np.int64)
    return np.einsum("ca,abg,db->cdg", columns, unpack(sums), columns, optimize=True), sizes


def _require_estimable(cross: CrossProducts, problem: Problem, level: Level) -> None:
    """Refuse random effects that these groups cannot tell apart."""
    nothing = [name for name, scale in zip(level.effects, level.scales, strict=True) if scale == 0]
    if nothing:
        raise ModelError(f"The random effect {nothing[0]!r} of {level.name} is 0 in every row: leave it out.")
    if len(set(level.effects)) < len(level.effects):
        raise ModelError(
            f"Two random terms of {level.name} in {cross.spec.formula!r} share an effect; name it once."
        )
    if level.size <= len(level.effects):
        wanted = f"{len(level.effects)} random effect" + "s" * (len(level.effects) > 1)
        raise ModelError(
            f"{level.name} has {level.size} group{'s' * (level.size > 1)}, too few for {wanted} "
            f"({', '.join(level.effects)}): leave some out of the formula."
        )
    if level.size * len(level.effects) >= problem.n:
        raise ModelError(
            f"{level.name} has as many random effects as there are rows ({problem.n}), so that they cannot "
            "be told apart from the residual: leave that term out."
        )


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
