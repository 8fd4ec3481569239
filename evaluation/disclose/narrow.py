"""Single relations too narrow for a requirement: seen without a programme, and what each asks to be withheld."""

import numpy as np

from evaluation.disclose.cuts import Cut
from evaluation.disclose.room import EXACT, Ground, slices
from evaluation.disclose.system import Mask, Real, Whole

ANY = 1e9  # further than any count can need to move


def narrow(ground: Ground, withheld: Mask, rows: Whole | None = None) -> tuple[Whole, Whole]:
    """Requirements, by number, and relations in which the other withheld cells cannot make up for the change asked for.

    A count rises by no more than the others of the same side, and the far side's rise, leave it: those that must fall do so by
    their own size at most. Of some relations, or of all.
    """
    asked, relations, values = ground.asked, ground.system.relations, ground.system.values
    rows = np.arange(relations.shape[0]) if rows is None else rows
    places, sizes = slices(relations, rows)
    at, cell, sign = np.repeat(np.arange(len(rows)), sizes), relations.indices[places], relations.data[places]
    fall, rise = values[cell] * withheld[cell], ANY * withheld[cell]
    up = np.bincount(at, np.where(sign > 0, fall, rise), len(rows))
    down = np.bincount(at, np.where(sign > 0, rise, fall), len(rows))
    entries, each = slices(ground.numbers, cell)
    number, at = ground.numbers.indices[entries], np.repeat(at, each)
    row, side = rows[at], np.repeat(sign, each) * asked.sign[number]
    room = np.where(side > 0, up[at], down[at]) - np.where(
        asked.sign[number] > 0, values[asked.cell[number]], ANY
    )
    if not len(number):
        return number, row
    group = asked.group[number]
    inside = (group >= 0) & (relations[row, group] == 1) & (side < 0)
    room += np.where(group >= 0, ANY * withheld[group] * np.where(inside, -1, 1), 0.0)
    short = room < asked.need[number] - EXACT
    order = np.argsort(number[short], kind="stable")
    return number[short][order], row[short][order]


def narrower(ground: Ground, withheld: Mask, fewer: Mask, shown: Whole) -> bool:
    """Whether a relation is too narrow for a requirement once some cells are shown, and was not before."""
    rows = np.unique(ground.columns.indices[slices(ground.columns, shown)[0]])
    before, after = (len(narrow(ground, mask, rows)[0]) for mask in (withheld, fewer))
    return after > before


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
