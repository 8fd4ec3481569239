"""An attacker of a release: what everything shown, and its own pupils, tell it of what is withheld.

Shares with the suppressor nothing but `System`.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.disclose.block import TOLERANCE, Block, blocks
from evaluation.disclose.patches import ANYBODY, Against, Case, together
from evaluation.disclose.rule import RULES, SHOWN, Trials, trials
from evaluation.disclose.system import NOBODY, UNKNOWN, Mask, Real, System, closed
from evaluation.errors import DataError


@dataclass(frozen=True, slots=True)
class Breach:
    """A protected count that a holder, or with -1 any reader, can bound too closely.

    Attributes
    ----------
    cell
        Its place in the system.
    holder
        Who can.
    rule
        Which part of the protection rule is broken.
    """

    cell: int
    holder: int
    rule: str


def ranges(
    system: System, withheld: Mask, holder: int | None = None, bounds: tuple[Real, Real] | None = None
) -> tuple[Real, Real]:
    """The exact range of every cell that everything shown allows, by linear programming.

    Parameters
    ----------
    system
        The counts; those withheld are not looked at, unless `holder` owns them.
    withheld
        (cells,) what is not shown.
    holder
        An attacker who knows its own cells too.
    bounds
        (cells,) low and high of each cell as shown, where figures are rounded; a figure shown exactly has both alike. Left
        out, what is not withheld is shown exactly.

    Returns
    -------
    low, high
        (cells,) whole numbers; high is infinite where nothing shown bounds a cell.

    Raises
    ------
    DataError
        When what is shown contradicts itself, or a cell that is shown has no value.
    """
    whole, low, high = _shown(system, withheld, bounds)
    known = np.zeros(len(low), dtype=bool) if holder is None else whole.owners == holder
    low, high = np.where(known, whole.values, low), np.where(known, whole.values, high)
    for block in blocks(whole.relations, low, high):
        low[block.cells], high[block.cells] = _range(block)
    cells = len(system.values)
    return low[:cells], high[:cells]


def unprotected(
    system: System, withheld: Mask, minimum: int, bounds: tuple[Real, Real] | None = None
) -> list[Breach]:
    """Every protected count that any reader (holder -1), or a holder who knows its own, can bound more closely than the rule.

    What any reader can bound is not listed again for holders. Against a holder the cells of other owners are tried: of a cell without
    an owner it knows its own part, and the rest is in those.

    Parameters
    ----------
    system
        Counts, all known.
    withheld, bounds
        As for `ranges`.
    minimum
        The smallest count that may be shown.
    """
    if (system.values == UNKNOWN).any():
        raise DataError("Who checks a release against the protection rule must know every count.")
    whole, low, high = _shown(system, withheld, bounds)
    protected = np.zeros(len(low), dtype=bool)
    protected[: len(withheld)] = system.protected(minimum)
    found = [Breach(int(cell), NOBODY, SHOWN) for cell in np.flatnonzero(protected & (low == high))]
    for block in blocks(whole.relations, low, high):
        asked = trials(whole, block, protected, minimum, whole.kept(minimum))
        for holder, number in sorted(set(_successes(block, asked, whole))):
            rule = RULES[asked.rule[number]]
            found.append(Breach(int(block.cells[asked.cell[number]]), holder, rule))
    return sorted(found, key=lambda item: (item.cell, item.holder, item.rule))


def _successes(block: Block, asked: Trials, system: System) -> Iterator[tuple[int, int]]:
    """A holder, or -1, and the number of a trial that fails against it.

    Most is settled by points that differ from the true counts in a few cells about the one tried, and so stand against every holder
    that owns none of these. What such points do not settle is tried with all the cells of the block.
    """
    truth, owners = system.values[block.cells].astype(float), system.owners[block.cells]
    case = Case(block, asked, truth, owners, block.matrix.tocsc())
    out = asked.out_of_reach(block.low, block.high)
    yield from ((NOBODY, int(number)) for number in np.flatnonzero(out))
    left: dict[int, Against] = dict.fromkeys(np.flatnonzero(~out & ~asked.reached(truth)).tolist(), ANYBODY)
    together(case, left)
    for number, against in left.items():
        yield from ((holder, number) for holder in case.breakers(number, against))


def _shown(system: System, withheld: Mask, bounds: tuple[Real, Real] | None) -> tuple[System, Real, Real]:
    """The system with the rests of groups, and what is known of each cell before any sum is looked at."""
    if ((system.values == UNKNOWN) & ~withheld).any():
        raise DataError("A cell that is shown has no value: mark it as withheld.")
    whole = closed(system)
    low = np.zeros(len(whole.values))
    high = np.full(len(whole.values), np.inf)
    cells = len(withheld)
    if bounds is None:
        low[:cells] = np.where(withheld, 0.0, system.values)
        high[:cells] = np.where(withheld, np.inf, system.values)
    else:
        low[:cells], high[:cells] = np.ceil(bounds[0] - TOLERANCE), np.floor(bounds[1] + TOLERANCE)
    return whole, low, high


def _range(block: Block) -> tuple[Real, Real]:
    """The range of each cell: implied bounds where a point reaches them, a linear programme where none is found to."""
    if (block.low > block.high).any():
        raise DataError("What is shown contradicts itself: no whole numbers of pupils add up to it.")
    low, high = block.low.copy(), block.high.copy()
    if len(block.sums) == 1:
        return low, high
    least, most = np.full(len(low), np.inf), np.full(len(low), -np.inf)
    for sign, outer, reached in ((-1.0, low, least), (1.0, high, most)):
        for cell in range(len(low)):
            if reached[cell] == outer[cell] or low[cell] == high[cell]:
                continue
            objective = np.zeros(len(low))
            objective[cell] = sign
            best, point = block.extreme(objective)
            if np.isfinite(best):
                outer[cell] = sign * np.floor(best + TOLERANCE)
                if np.array_equal(point, point.round()):
                    least, most = np.fmin(least, point.round()), np.fmax(most, point.round())
    return low, high
