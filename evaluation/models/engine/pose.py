"""From summed cross-products to the problem they pose: working units, levels, blocks."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.crossed import crossed_levels
from evaluation.models.engine.problem import Level, Problem
from evaluation.models.engine.scaling import Units, working_units
from evaluation.models.sums.crossproducts import CrossProducts, unpack
from evaluation.models.sums.grouping import Grouping, interact, nest


def pose(cross: CrossProducts, fixed: Sequence[int] | None = None) -> Problem:
    """The problem that cross-products pose, with all fixed terms of their formula or only these columns.

    Raises
    ------
    ModelError
        For a constant outcome, no more rows than fixed terms, crossed factors unless they are meant, or more random effects
        than groups can tell apart.
    """
    whole = cross.layout.fixed
    fixed = whole if fixed is None else tuple(fixed)
    units = working_units(cross, fixed)
    groupings, parents = nest(_groupings(cross), cross.spec.crossed)
    if parents is None:
        levels, total = crossed_levels(cross, groupings, units)
        blocks, sizes = total[..., None], np.array([cross.n])
    else:
        levels = _levels(cross, groupings, parents, units)
        blocks, sizes = _blocks(cross, groupings, units.columns)
    for level, grouping in zip(levels, groupings, strict=True):
        _require_estimable(cross, level, grouping.size)
    names = [cross.layout.names[place] for place in fixed]
    left_out = tuple(name for i, name in enumerate(names) if i not in units.kept)
    return Problem(
        n=cross.n,
        log_weights=cross.log_weights,
        mean_weight=float(cross.products[0].sum()) / cross.n,
        blocks=blocks,
        block_sizes=sizes,
        total=blocks.sum(axis=-1),
        levels=levels,
        groupings=tuple(groupings),
        terms=tuple(names[i] for i in units.kept),
        dropped_terms=(cross.layout.empty_terms if fixed == whole else ()) + left_out,
        kept=units.kept,
        columns=units.columns,
        transform=units.transform,
        y_shift=units.y_shift,
        y_scale=units.y_scale,
    )


def repose(problem: Problem, cross: CrossProducts) -> Problem:
    """The problem with other sums of the same columns and cells, in the same working units."""
    columns = problem.columns
    levels = tuple(
        replace(level, products=_with_columns(cross, grouping, columns, level.own))
        for level, grouping in zip(problem.levels, problem.groupings, strict=True)
    )
    blocks, _ = _blocks(cross, problem.groupings, columns)
    return replace(problem, blocks=blocks, total=blocks.sum(axis=-1), levels=levels)


def _groupings(cross: CrossProducts) -> list[Grouping]:
    names = dict.fromkeys(term.group for term in cross.spec.random)
    return [interact(group, cross.factors) for group in names]


def _levels(
    cross: CrossProducts, groupings: Sequence[Grouping], parents: Sequence[np.ndarray], units: Units
) -> tuple[Level, ...]:
    levels = []
    for grouping, parent in zip(groupings, parents, strict=True):
        terms = [k for k, term in enumerate(cross.spec.random) if term.name == grouping.name]
        places = [place for k in terms for place in cross.layout.effects[k]]
        own = np.array([list(units.effects).index(place) for place in places], dtype=np.intp)
        levels.append(
            Level(
                name=grouping.name,
                effects=tuple(cross.layout.names[place] for place in places),
                blocks=tuple(len(cross.layout.effects[k]) for k in terms),
                products=_with_columns(cross, grouping, units.columns, own),
                own=own,
                scales=np.array([units.effect_scales[place] for place in places]),
                starts=np.flatnonzero(np.diff(parent, prepend=-1)),
            )
        )
    return tuple(levels)


def _with_columns(
    cross: CrossProducts, grouping: Grouping, columns: np.ndarray, own: np.ndarray
) -> np.ndarray:
    """Z'C (c, q, G) of each group."""
    sums = unpack(group_sums(cross.products, grouping))
    return np.einsum("cbg,qb->cqg", np.tensordot(columns, sums, 1), columns[own])


def group_sums(packed: np.ndarray, grouping: Grouping) -> np.ndarray:
    """Sums (m, G) over the cells of each group of what each cell holds, (m, K)."""
    if grouping.size == packed.shape[1] and (np.diff(grouping.codes) == 1).all():
        return packed
    return np.array([np.bincount(grouping.codes, row, grouping.size) for row in packed])


def _blocks(
    cross: CrossProducts, groupings: Sequence[Grouping], columns: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """C'C (c, c, J) and rows (J,) of the outermost groups, or of everything where there are none."""
    if not groupings:
        sums, sizes = cross.products.sum(axis=1, keepdims=True), np.array([cross.n])
    else:
        sums = group_sums(cross.products, groupings[0])
        sizes = np.bincount(groupings[0].codes, cross.counts, groupings[0].size).astype(np.int64)
    return np.einsum("cbg,db->cdg", np.tensordot(columns, unpack(sums), 1), columns), sizes


def _require_estimable(cross: CrossProducts, level: Level, size: int) -> None:
    """Refuse random effects that these groups cannot tell apart."""
    nothing = [name for name, scale in zip(level.effects, level.scales, strict=True) if scale == 0]
    if nothing:
        raise ModelError(f"The random effect {nothing[0]!r} of {level.name} is 0 in every row: leave it out.")
    if len(set(level.effects)) < len(level.effects):
        raise ModelError(
            f"Two random terms of {level.name} in {cross.spec.formula!r} share an effect; name it once."
        )
    if size <= len(level.effects):
        wanted = f"{len(level.effects)} random effect" + "s" * (len(level.effects) > 1)
        raise ModelError(
            f"{level.name} has {size} group{'s' * (size > 1)}, too few for {wanted} "
            f"({', '.join(level.effects)}): leave some out of the formula."
        )
    if size * len(level.effects) >= cross.n:
        raise ModelError(
            f"{level.name} has as many random effects as there are rows ({cross.n}), so that they cannot "
            "be told apart from the residual: leave that term out."
        )
