"""The protection rule as requirements: how far an attacker must be able to move a protected count from its true value."""

from dataclasses import dataclass

import numpy as np

from evaluation.disclose.system import NOBODY, Mask, Real, System, Whole


@dataclass(frozen=True, slots=True, eq=False)
class Requirements:
    """For each requirement some change d of all counts with `sign * d[cell] - d[group] >= need` must look possible.

    Attributes
    ----------
    cell
        (q,) the protected cell.
    group
        (q,) its group, where the requirement is that all of the group is possible; else -1.
    sign
        (q,) -1 where the count must be able to fall (to none), 1 where it must be able to rise.
    need
        (q,) pupils, above 0.
    """

    cell: Whole
    group: Whole
    sign: Real
    need: Real

    def met(self, change: Real) -> Mask:
        """(q,) whether a change of all counts meets them."""
        moved = self.sign * change[self.cell] - np.where(self.group >= 0, change[self.group], 0.0)
        return moved >= self.need - 1e-6

    def some(self, chosen: Mask | Whole) -> "Requirements":
        """Some of them."""
        return Requirements(self.cell[chosen], self.group[chosen], self.sign[chosen], self.need[chosen])

    def within(self, cells: Whole) -> "Requirements":
        """The same with places among some cells, in order, for places in the system; a group that is not among them stays as it is."""
        group = np.minimum(np.searchsorted(cells, self.group), len(cells) - 1)
        inside = (self.group >= 0) & (cells[group] == self.group)
        return Requirements(
            np.searchsorted(cells, self.cell), np.where(inside, group, NOBODY), self.sign, self.need
        )

    def direction(self, weights: Real, cells: int) -> Real:
        """(cells,) the objective that pulls towards all of them, each by its weight."""
        towards: Real = np.bincount(self.cell, weights * self.sign, cells).astype(float)
        grouped = self.group >= 0
        return towards - np.bincount(self.group[grouped], weights[grouped], cells)


def requirements(system: System, protected: Mask, minimum: int, kept: Mask) -> Requirements:
    """None of its group, all of its group, and with none a range of the minimum, for each protected cell.

    A cell that is kept whatever its size must be able to fall by the minimum. Those that ask for the largest change, and so fail soonest, come first.
    """
    cells = np.flatnonzero(protected)
    values = system.values[cells]
    grouped = cells[system.grouped[cells]]
    nobody = np.full(len(cells), NOBODY)
    large = np.flatnonzero(kept)
    needs = [values, system.complements[grouped], minimum - values, np.full(len(large), minimum)]
    sizes = [len(need) for need in needs]
    found = Requirements(
        cell=np.concatenate([cells, grouped, cells, large]),
        group=np.concatenate([nobody, system.groups[grouped], nobody, np.full(len(large), NOBODY)]),
        sign=np.repeat([-1.0, 1.0, 1.0, -1.0], sizes),
        need=np.concatenate(needs).astype(float),
    )
    furthest = np.argsort(-found.need, kind="stable")
    return found.some(furthest[found.need[furthest] > 0])
