"""What an attacker works with: the unknown cells of one component, the sums that bind them, and the bounds these imply."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from evaluation.disclose.system import Mask, Real, Whole, components

TOLERANCE = 1e-6
PASSES = 50


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """The unknown cells x of one component: `matrix @ x == sums` and `low <= x <= high`.

    Attributes
    ----------
    cells
        (n,) their places in the system.
    matrix, sums
        (m, n) sparse, and (m,).
    low, high
        (n,) whole numbers, or infinite.
    """

    cells: Whole
    matrix: sparse.csr_array
    sums: Real
    low: Real
    high: Real

    def extreme(self, objective: Real, whole: bool = False) -> tuple[float, Real]:
        """The largest value of an objective, infinite where nothing bounds it, and a point that has it.

        `whole` asks for the best point in whole numbers; otherwise the point may be a fraction.
        """
        free = self.low < self.high
        matrix = self.matrix[:, free]
        sums = self.sums - self.matrix @ np.where(free, 0.0, self.low)
        found = milp(
            -objective[free],
            constraints=LinearConstraint(matrix, sums, sums),
            bounds=Bounds(self.low[free], self.high[free]),
            integrality=np.full(int(free.sum()), int(whole)),
            options={"presolve": whole},
        )
        point = self.low.copy()
        if found.x is None:
            return np.inf, np.full(len(objective), np.nan)
        point[free] = found.x
        return float(objective @ point), point

    def given(self, known: Mask, values: Real) -> "Block":
        """The block to someone who knows some of its cells too."""
        low, high = np.where(known, values, self.low), np.where(known, values, self.high)
        return Block(self.cells, self.matrix, self.sums, *implied(self.matrix, self.sums, low, high))


def blocks(relations: sparse.csr_array, low: Real, high: Real) -> Iterator[Block]:
    """The components that cells known only to lie between `low` and `high` fall into, known cells moved to the sums."""
    unknown = low < high
    sums = -(relations @ np.where(unknown, 0.0, low))
    number, labels = components(relations, unknown)
    order = np.argsort(labels, kind="stable")
    starts = np.searchsorted(labels[order], np.arange(number + 1))
    columns = relations.tocsc()
    for first, last in pairwise(starts):
        cells = order[first:last]
        part = columns[:, cells]
        rows = np.unique(part.indices)
        matrix = part.tocsr()[rows]
        yield Block(cells, matrix, sums[rows], *implied(matrix, sums[rows], low[cells], high[cells]))


def implied(matrix: sparse.csr_array, sums: Real, low: Real, high: Real) -> tuple[Real, Real]:
    """Bounds tightened until no single relation tightens them more; with one relation they are the exact range.

    Each cell lies between what its relation leaves when all the others are at their largest and at their smallest.
    """
    entries = matrix.tocoo()
    row, column, sign = entries.row, entries.col, entries.data
    for _ in range(PASSES):
        rising = sign > 0
        least = np.where(rising, low[column], -high[column])
        most = np.where(rising, high[column], -low[column])
        top = sums[row] - _without_self(row, least, len(sums))
        bottom = sums[row] - _without_self(row, most, len(sums))
        new_low, new_high = low.copy(), high.copy()
        np.maximum.at(new_low, column, np.where(rising, bottom, -top))
        np.minimum.at(new_high, column, np.where(rising, top, -bottom))
        if np.array_equal(new_low, low) and np.array_equal(new_high, high):
            break
        low, high = new_low, new_high
    return low, high


def _without_self(row: Whole, terms: Real, rows: int) -> Real:
    """For each entry, the sum of its row's other entries; infinite where one of those is."""
    finite = np.isfinite(terms)
    totals = np.bincount(row, np.where(finite, terms, 0.0), rows)[row] - np.where(finite, terms, 0.0)
    infinite = np.bincount(row, ~finite, rows)[row] - ~finite
    sign = np.bincount(row, np.where(finite, 0.0, np.sign(terms)), rows)[row]
    return np.where(infinite > 0, np.copysign(np.inf, sign), totals)
