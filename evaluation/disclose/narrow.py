"""Single relations too narrow for a requirement: seen without a programme, and what each asks to be withheld."""

import numpy as np

from evaluation.disclose.cuts import Cut
from evaluation.disclose.room import EXACT, Ground
from evaluation.disclose.system import Mask, Real, Whole

ANY = 1e9  # further than any count can need to move


def narrow(ground: Ground, withheld: Mask) -> tuple[Whole, Whole]:
    """Requirements, by number, and relations in which the other withheld cells cannot make up for the change asked for.

    A count rises by no more than the others of the same side, and the far side's rise, leave it: those that must fall do so by
    their own size at most.
    """
    asked, values = ground.asked, ground.system.values.astype(float)
    starts = ground.columns.indptr
    sizes = np.diff(starts)[asked.cell]
    number = np.repeat(np.arange(len(asked.cell)), sizes)
    place = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes) + starts[asked.cell[number]]
    row, side = ground.columns.indices[place], ground.columns.data[place] * asked.sign[number]
    above, below = (ground.shape + ground.system.relations) / 2, (ground.shape - ground.system.relations) / 2
    fall, rise = values * withheld, ANY * withheld
    room = np.where(side > 0, (above @ fall + below @ rise)[row], (below @ fall + above @ rise)[row])
    room -= np.where(asked.sign > 0, values[asked.cell], ANY)[number]
    if not len(number):
        return number, row
    group = asked.group[number]
    inside = (group >= 0) & (ground.system.relations[row, group] == 1) & (side < 0)
    room += np.where(group >= 0, ANY * withheld[group] * np.where(inside, -1, 1), 0.0)
    short = room < asked.need[number] - EXACT
    return number[short], row[short]


def widened(ground: Ground, number: int, row: int, fixed: Mask) -> Cut | None:
    """What must be withheld beside the fixed cells for a relation to be wide enough; None where nothing is wide enough."""
    asked, relations = ground.asked, ground.system.relations
    entries = slice(relations.indptr[row], relations.indptr[row + 1])
    cells, signs = relations.indices[entries], relations.data[entries]
    cell, group, need = asked.cell[number], asked.group[number], asked.need[number]
    side = signs[cells == cell][0] * asked.sign[number]
    room: Real = np.where(signs * side > 0, ground.system.values[cells], need)
    room[cells == cell] = 0
    if group >= 0 and side < 0 and (signs[cells == group] == 1).any():
        room[cells == group] = 0
    elif group >= 0:
        cells, room = np.append(cells[cells != group], group), np.append(room[cells != group], need)
    weights = np.minimum(room / need, 1.0)
    rest = 1 - weights[fixed[cells]].sum()
    chosen = ~fixed[cells] & ~ground.system.held[cells] & (weights > EXACT)
    weights = np.minimum(weights[chosen] / rest + EXACT, 1.0)
    return Cut(cells[chosen], weights) if weights.sum() >= 1 else None
