"""Withheld cells that may change while all others stay, and the furthest they can change."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.system import Mask, Real, System, Whole

EXACT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Room:
    """Cells that may change, and the relations (m, n) that bind them.

    Attributes
    ----------
    cells
        (n,) their places in the system.
    matrix
        (m, n) sparse.
    low, high
        (n,) the furthest each may fall and rise: no count falls below none.
    """

    cells: Whole
    matrix: sparse.csr_array
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
    """A system and its requirements, with its relations laid out to be looked up both ways.

    Attributes
    ----------
    columns
        (relations, cells) by column.
    shape
        (relations, cells) 1 where a cell is in a relation.
    """

    system: System
    asked: Requirements
    columns: sparse.csc_array
    shape: sparse.csr_array

    def room(self, may: Mask) -> Room:
        """The room of some cells: none rises by more than ten times the largest of them and of what is needed.

        That is a limit which no requirement is near.
        """
        cells = np.flatnonzero(may)
        matrix = self.columns[:, cells].tocsr()
        matrix = matrix[np.diff(matrix.indptr) > 0]
        values = self.system.values[cells].astype(float)
        roof = 10.0 * (values.max() + self.asked.need.max())
        return Room(cells, matrix, -values, np.full(len(cells), roof))

    def change(
        self, space: Room, asked: Requirements, weights: Real, whole: bool = False
    ) -> tuple[Real, float]:
        """(cells,) the change in a room furthest towards requirements, each by its weight, and how far that is."""
        change = np.zeros(len(self.system.values))
        towards = asked.direction(weights, len(change))[space.cells]
        change[space.cells], far = space.furthest(towards, whole)
        return change, far


def prepared(system: System, asked: Requirements) -> Ground:
    """The ground of a system."""
    return Ground(system, asked, system.relations.tocsc(), sparse.csr_array(abs(system.relations)))


def reached(shape: sparse.csr_array, start: Whole, may: Mask, steps: int) -> Mask:
    """(cells,) those that may change, within some steps from relation to relation.

    Parameters
    ----------
    shape
        (relations, cells) 1 where a cell is in a relation.
    start
        The cells to start from, reached whether they may change or not.
    """
    found = np.zeros(len(may), dtype=bool)
    found[start] = True
    for _ in range(steps):
        more = ((shape.T @ (shape @ found.astype(float)) > 0) & may) | found
        if (more == found).all():
            break
        found = more
    return found
