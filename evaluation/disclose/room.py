"""Withheld cells that may change while all others stay, and the furthest they can change."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

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


def room(system: System, columns: sparse.csc_array, may: Mask, roof: float) -> Room:
    """The room of some cells.

    Parameters
    ----------
    columns
        The system's relations, by column.
    may
        (cells,) those that may change.
    roof
        The furthest any cell may rise: a limit that no requirement is near.
    """
    cells = np.flatnonzero(may)
    matrix = columns[:, cells].tocsr()
    matrix = matrix[np.diff(matrix.indptr) > 0]
    return Room(cells, matrix, -system.values[cells].astype(float), np.full(len(cells), roof))


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
