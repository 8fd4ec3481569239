"""The protection rule, tried on one block of unknown counts by an attacker who knows some of them."""

from dataclasses import dataclass

import numpy as np

from evaluation.disclose.block import TOLERANCE, Block
from evaluation.disclose.system import NOBODY, Mask, Real, System, Whole

NONE, ALL, SPAN = "none is ruled out", "all is ruled out", "range under the minimum"
RULES = (NONE, ALL, SPAN)
SHOWN = "shown"
SEED = 20011001


@dataclass(frozen=True, slots=True, eq=False)
class Trials:
    """What some point of a block must reach: `sign * x[cell] - x[group] >= goal`.

    Attributes
    ----------
    cell, group
        (t,) places in the block; a group of -1 is left out.
    rule
        (t,) the place in `RULES` of what is tried.
    sign, goal
        (t,).
    """

    cell: Whole
    group: Whole
    rule: Whole
    sign: Real
    goal: Real

    def within(self, cells: Whole, chosen: Whole, truth: Real) -> "Trials":
        """Some of them among some cells, in order, where all the others are as they truly are."""
        group = self.group[chosen]
        place = np.minimum(np.searchsorted(cells, group), len(cells) - 1)
        inside = (group != NOBODY) & (cells[place] == group)
        aside = (group != NOBODY) & ~inside
        return Trials(
            np.searchsorted(cells, self.cell[chosen]),
            np.where(inside, place, NOBODY),
            self.rule[chosen],
            self.sign[chosen],
            self.goal[chosen] + np.where(aside, truth[group], 0.0),
        )

    def reached(self, point: Real) -> Mask:
        """(t,) which of them a point reaches."""
        return self.sign * point[self.cell] - self._of_group(point) >= self.goal - TOLERANCE

    def out_of_reach(self, low: Real, high: Real) -> Mask:
        """(t,) which of them the bounds of the cells rule out."""
        best = np.where(self.sign > 0, high[self.cell], -low[self.cell])
        return best - self._of_group(low) < self.goal - TOLERANCE

    def pull(self, weights: Real, cells: int) -> Real:
        """(cells,) an objective that grows towards them, each by its weight."""
        objective: Real = np.bincount(self.cell, weights * self.sign, cells).astype(float)
        grouped = self.group != NOBODY
        return objective - np.bincount(self.group[grouped], weights[grouped], cells)

    def _of_group(self, point: Real) -> Real:
        return np.where(self.group == NOBODY, 0.0, point[self.group])


def trials(system: System, block: Block, protected: Mask, minimum: int, kept: Mask) -> Trials:
    """The rule of each protected count of a block: none, all of its group, and with none a range of the minimum.

    A count that is kept whatever its size must be able to be lower by the minimum.
    """
    local = np.flatnonzero(protected[block.cells])
    cells = block.cells[local]
    nobody = np.full(len(cells), NOBODY)
    grouped = system.grouped[cells]
    groups = system.groups[cells[grouped]]
    place = np.full(len(system.values), NOBODY)
    place[block.cells] = np.arange(len(block.cells))
    inside = place[groups] != NOBODY
    large = np.flatnonzero(kept[block.cells])
    lower = system.values[block.cells[large]] - float(minimum)
    parts = [
        (local, nobody, 0, -1.0, np.zeros(len(cells))),
        (local[grouped], place[groups], 1, 1.0, np.where(inside, 0.0, system.values[groups])),
        (local, nobody, 2, 1.0, np.full(len(cells), float(minimum))),
        (large, np.full(len(large), NOBODY), 2, -1.0, -lower),
    ]
    sizes = [len(part[0]) for part in parts]
    return Trials(
        cell=np.concatenate([part[0] for part in parts]),
        group=np.concatenate([part[1] for part in parts]),
        rule=np.repeat([part[2] for part in parts], sizes),
        sign=np.repeat([part[3] for part in parts], sizes),
        goal=np.concatenate([part[4] for part in parts]),
    )


def failed(block: Block, asked: Trials, truth: Real, wanted: Mask, thorough: bool = True) -> Mask:
    """(t,) the wanted trials that no whole-number point of a block reaches.

    Implied bounds, the true counts and the corners that random objectives lead to settle most; the rest have a programme each or, where the
    work is not to be `thorough`, are taken as failed.
    """
    lost = wanted & asked.out_of_reach(block.low, block.high)
    left = wanted & ~lost & ~asked.reached(truth)
    if len(block.sums) == 1 and (asked.group[left] == NOBODY).all():
        return lost  # with one relation the implied bounds are the range
    generator = np.random.default_rng(SEED)
    roof = 10 * (max(truth.max(initial=0.0), asked.goal.max(initial=0.0)) + 1)
    bounded = Block(block.cells, block.matrix, block.sums, block.low, np.minimum(block.high, roof))
    while left.any():
        weights = np.where(left, generator.exponential(size=len(left)) / (1 + truth[asked.cell]), 0.0)
        point = bounded.extreme(asked.pull(weights, len(truth)))[1]
        found = left & asked.reached(point) if _is_whole(point) else np.zeros_like(left)
        if not found.any() and not thorough:
            return lost | left
        if not found.any():
            one = np.zeros_like(left)
            one[np.flatnonzero(left)[0]] = True
            if not _reachable(block, asked, one):
                lost |= one
            found = one
        left &= ~found
    return lost


def _reachable(block: Block, asked: Trials, one: Mask) -> bool:
    objective, goal = asked.pull(one.astype(float), len(block.cells)), asked.goal[one][0] - TOLERANCE
    best, point = block.extreme(objective)
    if best >= goal and np.isfinite(best) and not _is_whole(point):
        best = block.extreme(objective, whole=True)[0]
    return best >= goal


def _is_whole(point: Real) -> bool:
    return bool(np.abs(point - point.round()).max(initial=0.0) < TOLERANCE)
