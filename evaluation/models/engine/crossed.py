"""Crossed grouping factors: primary and secondary schools, for pupils followed across the move.

The factor with the most groups is eliminated group by group. Every other becomes a level of a single group, whose effects
are those of all its own groups side by side, with a column of the problem for each: what is left after the first step is a
dense matrix over these. So one factor may be large, and the others together no more than DENSE effects.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from evaluation.errors import ModelError
from evaluation.models.engine.problem import Level
from evaluation.models.engine.scaling import Units
from evaluation.models.sums.crossproducts import CrossProducts, unpack
from evaluation.models.sums.grouping import Grouping

DENSE = 2_000


@dataclass(frozen=True, slots=True)
class _Factor:
    """A grouping factor, the places of its effects among the columns summed, and their columns (q, b)."""

    grouping: Grouping
    places: list[int]
    effects: np.ndarray

    @property
    def size(self) -> int:
        return self.grouping.size * len(self.places)


def crossed_levels(
    cross: CrossProducts, groupings: Sequence[Grouping], units: Units
) -> tuple[tuple[Level, ...], np.ndarray]:
    """The levels, the one with the most groups last, and C'C (c, c) of the columns [dummies, effects, fixed terms, outcome].

    Raises
    ------
    ModelError
        When all factors but the largest have more than DENSE effects together.
    """
    *outer, inner = [_factor(cross, grouping, units) for grouping in groupings]
    dense = sum(factor.size for factor in outer)
    if dense > DENSE:
        names = ", ".join(f"{g.name} ({g.size})" for g in groupings)
        raise ModelError(
            f"Of crossed factors all but the largest may have {DENSE} effects together, and here they have {dense} ({names}): "
            "leave one out, or analyse by region."
        )
    cells = unpack(cross.products)
    total = _total(cells, outer, units.columns)
    starts = np.cumsum([0, *(factor.size for factor in outer)])
    levels = []
    for factor, start in zip(outer, starts[:-1], strict=True):
        own = np.arange(start, start + factor.size)
        levels.append(_level(cross, units, factor, total[:, own, None], own, factor.grouping.size))
    own = dense + np.array([list(units.effects).index(place) for place in inner.places])
    levels.append(_level(cross, units, inner, _inner(cells, outer, inner, units.columns), own, 1))
    return tuple(levels), total


def _factor(cross: CrossProducts, grouping: Grouping, units: Units) -> _Factor:
    terms = zip(cross.spec.random, cross.layout.effects, strict=True)
    places = [place for term, effects in terms if term.name == grouping.name for place in effects]
    return _Factor(grouping, places, np.array([units.effects[place] for place in places]))


def _total(cells: np.ndarray, outer: Sequence[_Factor], plain: np.ndarray) -> np.ndarray:
    """C'C of the outer factors' dummies and the columns that all share."""
    shared = [_sums(cells, factor, plain) for factor in outer]
    rows = [
        [*(_pairs(cells, factor, other) for other in outer), sums]
        for factor, sums in zip(outer, shared, strict=True)
    ]
    return np.block([*rows, [*(sums.T for sums in shared), plain @ cells.sum(axis=-1) @ plain.T]])


def _inner(cells: np.ndarray, outer: Sequence[_Factor], inner: _Factor, plain: np.ndarray) -> np.ndarray:
    """Z'C (c, q, G) of the innermost factor's groups."""
    parts = [*(_pairs(cells, factor, inner) for factor in outer), _sums(cells, inner, plain).T]
    rows = np.concatenate(parts).reshape(-1, inner.grouping.size, len(inner.places))
    return rows.transpose(0, 2, 1)


def _level(
    cross: CrossProducts, units: Units, factor: _Factor, products: np.ndarray, own: np.ndarray, copies: int
) -> Level:
    name = factor.grouping.name
    terms = zip(cross.spec.random, cross.layout.effects, strict=True)
    return Level(
        name=name,
        effects=tuple(cross.layout.names[place] for place in factor.places),
        blocks=tuple(len(effects) for term, effects in terms if term.name == name),
        products=products,
        own=own,
        scales=np.array([units.effect_scales[place] for place in factor.places]),
        starts=np.zeros(1, dtype=np.intp),
        copies=copies,
    )


def _sums(cells: np.ndarray, factor: _Factor, plain: np.ndarray) -> np.ndarray:
    """Products (G q, c) of each group's effects with the columns that all share."""
    each = np.einsum("qa,abk,cb->kqc", factor.effects, cells, plain, optimize=True)
    found = np.zeros((factor.grouping.size, *each.shape[1:]))
    np.add.at(found, factor.grouping.codes, each)
    return found.reshape(-1, len(plain))


def _pairs(cells: np.ndarray, left: _Factor, right: _Factor) -> np.ndarray:
    """Products (G q, H r) of the effects of two factors' groups."""
    each = np.einsum("qa,abk,rb->kqr", left.effects, cells, right.effects, optimize=True)
    found = np.zeros((left.grouping.size, right.grouping.size, *each.shape[1:]))
    np.add.at(found, (left.grouping.codes, right.grouping.codes), each)
    return found.transpose(0, 2, 1, 3).reshape(left.size, right.size)
