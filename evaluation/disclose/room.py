"""Withheld cells that may change while all others stay, and the furthest they can change."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.system import Mask, Real, System, Whole

EXACT = 1e-6
NONE = np.zeros(0, dtype=np.int64)
MANY = 10**9


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Cells that may change, and the relations (m, n) that bind them.

    Attributes
    ----------
    cells
        (n,) their places in the system, in order.
    matrix
        (m, n) sparse.
    low, high
        (n,) the furthest each may fall and rise: no count falls below none.
    """

    cells: Whole
    matrix: sparse.csc_array
    low: Real
    high: Real

    def furthest(self, objective: Real, whole: bool = False) -> tuple[Real, float]:
        """(n,) the change with the largest objective, and how large it is; a change of nothing where it is not of whole pupils.

        `whole` asks for the best change of whole pupils.
        """
        found = milp(
            -objective,
            constraints=LinearConstraint(self.matrix, 0.0, 0.0),
            bounds=Bounds(self.low, self.high),
            integrality=np.full(len(objective), int(whole)),
            options={"presolve": whole},
        )
        if found.x is None:
            return np.zeros(len(objective)), 0.0
        is_whole = np.abs(found.x - found.x.round()).max(initial=0.0) < EXACT
        return (found.x.round() if is_whole else np.zeros(len(objective))), -float(found.fun)


@dataclass(frozen=True, slots=True, eq=False)
class Ground:
    """A system and its requirements, laid out so that a few cells are looked at without the rest.

    Attributes
    ----------
    columns
        (relations, cells) by column.
    numbers
        (cells, requirements) by row: not zero where a requirement is of a cell.
    """

    system: System
    asked: Requirements
    columns: sparse.csc_array
    numbers: sparse.csr_array

    def room(self, cells: Whole) -> Room:
        """The room of some cells: none rises by more than ten times the largest of them and of what is needed.

        That is a limit which no requirement is near.
        """
        entries, sizes = slices(self.columns, cells)
        rows, row = np.unique(self.columns.indices[entries], return_inverse=True)
        matrix = sparse.csc_array(
            (self.columns.data[entries], row, np.append(0, np.cumsum(sizes))), shape=(len(rows), len(cells))
        )
        values = self.system.values[cells].astype(float)
        roof = 10.0 * (values.max() + self.asked.need.max())
        return Room(cells, matrix, -values, np.full(len(cells), roof))

    def around(self, start: Whole, may: Mask, steps: int, most: int = MANY, without: Whole = NONE) -> Whole:
        """Cells that may change within some steps from relation to relation, and those started from, in order.

        Parameters
        ----------
        start
            The cells to start from.
        may
            (cells,).
        most
            How many to take in of a relation at each step: the largest, which have most to give.
        without
            Holders whose cells stay as they are.
        """
        relations, values, owners = self.system.relations, self.system.values, self.system.owners
        found = front = np.unique(start)
        for _ in range(steps):
            rows = np.unique(self.columns.indices[slices(self.columns, front)[0]])
            entries, sizes = slices(relations, rows)
            cells = relations.indices[entries]
            new = may[cells] & ~np.isin(owners[cells], without) & ~np.isin(cells, found)
            cells, row = cells[new], np.repeat(np.arange(len(rows)), sizes)[new]
            if len(cells) > most:
                order = np.lexsort((cells, -values[cells], row))
                cells, row = cells[order], row[order]
                cells = cells[np.arange(len(row)) - np.searchsorted(row, row) < most]
            front = np.unique(cells)
            if not len(front):
                break
            found = np.union1d(found, front)
        return found

    def of(self, cells: Whole) -> Whole:
        """The numbers of the requirements of some cells."""
        return self.numbers.indices[slices(self.numbers, cells)[0]]


def prepared(system: System, asked: Requirements) -> Ground:
    """The ground of a system."""
    number = len(asked.cell)
    shape = (len(system.values), number)
    numbers = sparse.csr_array((np.ones(number), (asked.cell, np.arange(number))), shape=shape)
    return Ground(system, asked, system.relations.tocsc(), numbers)


def slices(matrix: sparse.csr_array | sparse.csc_array, which: Whole) -> tuple[Whole, Whole]:
    """The places of the entries of some rows (or columns) of a matrix, one after another, and how many each has."""
    starts = matrix.indptr[which]
    sizes = matrix.indptr[which + 1] - starts
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum()), sizes
