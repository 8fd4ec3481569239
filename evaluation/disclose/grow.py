"""The cells to withhold so that one requirement is met, at about the least cost, whatever is withheld already."""

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.room import EXACT, Ground
from evaluation.disclose.system import NOBODY, Mask, Whole

STEPS = (2, 4, 6)


def grow(ground: Ground, withheld: Mask, one: Requirements, holder: int) -> Whole | None:
    """Cells whose withholding lets the counts change as a requirement asks, by the least sum of costs times changes.

    The linear relaxation of the cheapest set of cells (Kelly, Golden and Assad 1992), among cells near the protected one first.
    Shown totals of groups stay as they are unless nothing else will do: through them every split depends on every other.

    Returns
    -------
    cells, or None
        None where no cells will do: what is held already tells.
    """
    system = ground.system
    may = ~system.held & ~((system.owners == holder) & (holder != NOBODY))
    totals = np.zeros(len(withheld), dtype=bool)
    totals[system.groups[system.grouped]] = True
    for steps in STEPS:
        found = _among(ground, withheld, one, ground.around(one.cell, may & (withheld | ~totals), steps), may)
        if found is not None:
            return found
    return _among(ground, withheld, one, np.flatnonzero(may), may)


def _among(ground: Ground, withheld: Mask, one: Requirements, cells: Whole, may: Mask) -> Whole | None:
    """`grow` where only some cells may change."""
    costs, need = ground.system.costs, one.need[0]
    direction = one.within(cells).direction(np.ones(1), len(cells))
    values = ground.system.values[cells].astype(float)
    price = np.where(withheld[cells], 0.0, costs[cells]) + EXACT
    matrix = ground.room(cells).matrix
    both = sparse.hstack([matrix, -matrix])
    found = linprog(
        np.concatenate([price / need, price / np.minimum(np.maximum(values, 1.0), need)]),
        A_ub=-np.concatenate([direction, -direction])[None],
        b_ub=[-need],
        A_eq=both,
        b_eq=np.zeros(both.shape[0]),
        bounds=np.column_stack([np.zeros(2 * len(cells)), np.append(np.full(len(cells), np.inf), values)]),
    )
    if found.x is None:
        return None
    change = np.abs(found.x[: len(cells)] - found.x[len(cells) :])
    needed = cells[(change > EXACT) & ~withheld[cells]]
    if len(needed):
        return needed
    # Met by fractions of a pupil alone: the cheapest cell that shares a relation with those that change is added.
    beside = ground.around(cells[change > EXACT], may & ~withheld, 1)
    beside = beside[~withheld[beside]]
    return beside[[np.argmin(costs[beside])]] if len(beside) else None
