"""Which counts to withhold, so that what is shown tells no protected one: least cost first, and how near to it."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from evaluation.disclose.cuts import Cut, cheapest, cut, lone, near
from evaluation.disclose.grow import grow
from evaluation.disclose.requirements import Requirements, requirements
from evaluation.disclose.separate import EXACT, Part, failures, parts
from evaluation.disclose.system import NOBODY, Mask, System, closed, components

ROUNDS = 20
SMALL = 400
MOST, FEW = 40, 1


@dataclass(frozen=True, slots=True, eq=False)
class Withheld:
    """A pattern of withheld counts.

    Attributes
    ----------
    mask
        (cells,) what is withheld.
    cost
        The costs of what is withheld, added up.
    bound
        What any pattern that protects must cost at least.
    gap
        `(cost - bound) / cost`, 0 where the pattern is the cheapest there is.
    components
        How many groups of withheld counts share no sum with another.
    method
        "primary alone", "optimal" or "bounded".
    exposed
        (cells,) protected counts that what is held already gives away, whatever is withheld.
    """

    mask: Mask
    cost: float
    bound: float
    gap: float
    components: int
    method: str
    exposed: Mask


def withhold_counts(system: System, minimum: int) -> Withheld:
    """The cheapest pattern found that meets the protection rule against every reader and every holder.

    Fischetti and Salazar (2001): a master problem chooses cells, an attacker's linear programmes show what it fails to
    protect, and each failure adds an inequality to the master. The first choice with no failure is the cheapest there is.
    After `ROUNDS` rounds cells are only added, which always ends.

    Parameters
    ----------
    system
        Counts, all known.
    minimum
        The smallest count that may be shown.
    """
    whole = closed(system)
    cells = len(system.values)
    protected = np.zeros(len(whole.values), dtype=bool)
    protected[:cells] = system.protected(minimum)
    fixed = (protected | (whole.costs == 0)) & ~whole.held
    asked = requirements(whole, protected & fixed, minimum, whole.kept(minimum) & fixed)
    search = _Search(whole, fixed, asked, set(), set())
    chosen, bound = search.cheapest()
    chosen = search.grown(chosen)
    mask = (fixed | chosen)[:cells]
    cost, bound = float(system.costs[mask].sum()), bound + float(whole.costs[fixed].sum())
    gap = 0.0 if cost - bound <= 1e-6 * cost else (cost - bound) / cost
    return Withheld(
        mask,
        cost,
        min(bound, cost),
        gap,
        components(whole.relations, fixed | chosen)[0],
        "bounded" if gap else "optimal" if chosen.any() else "primary alone",
        ((protected & whole.held) | search.exposed())[:cells],
    )


What = tuple[int, int]  # a requirement's number and an attacker, -1 for any reader


@dataclass(frozen=True, slots=True, eq=False)
class _Search:
    """A search for the cheapest pattern.

    Attributes
    ----------
    system, fixed, asked
        What is to be protected: cells withheld in every pattern, and the requirements.
    beyond
        Requirements that no pattern meets, found on the way.
    sound
        Parts of patterns, by their cells, in which nothing fails.
    """

    system: System
    fixed: Mask
    asked: Requirements
    beyond: set[What]
    sound: set[bytes]

    def cheapest(self) -> tuple[Mask, float]:
        """Cells to withhold beside the fixed ones and a lower bound of their cost, by cutting planes.

        In a system of many cells, or after many rounds, something may still fail.
        """
        chosen, bound = np.zeros(len(self.fixed), dtype=bool), 0.0
        found: list[tuple[What, Cut]] = []
        singles: list[Cut] = []
        for _ in range(ROUNDS if len(self.fixed) <= SMALL else 1):
            new = list(self.cuts(self.fixed | chosen))
            if not new:
                break
            self.beyond.update(what for what, cut in new if cut.weights.sum() < 1 - EXACT)
            found = [item for item in [*found, *new] if item[0] not in self.beyond]
            alone = True
            while alone:
                chosen, bound = cheapest([cut for _, cut in found] + singles, self.system, self.fixed)
                more = list(lone(self.system.relations, self.fixed | chosen, chosen))
                singles, alone = singles + more, bool(more)
        return chosen, bound

    def grown(self, chosen: Mask) -> Mask:
        """A choice with cells added until nothing fails."""
        chosen, met = chosen.copy(), np.zeros(len(self.asked.cell), dtype=bool)
        failing = True
        while failing:
            failing = False
            for _, what in self.failing(self.fixed | chosen, FEW, met):
                failing = True
                number, holder = what
                more = grow(self.system, self.fixed | chosen, self.asked.some(np.array([number])), holder)
                if more is None:
                    self.beyond.add(what)
                else:
                    chosen[more] = True
        return chosen

    def exposed(self) -> Mask:
        """(cells,) those of requirements that no pattern meets."""
        found = np.zeros(len(self.fixed), dtype=bool)
        found[self.asked.cell[[number for number, _ in self.beyond]]] = True
        return found

    def cuts(self, withheld: Mask) -> Iterator[tuple[What, Cut]]:
        """An inequality for each failure of a pattern."""
        part, around = None, None
        for here, what in self.failing(withheld, MOST, np.zeros(len(self.asked.cell), dtype=bool)):
            if here is not part or around is None:
                part, around = here, near(self.system, here.cells, withheld)
            one = self.asked.some(np.array([what[0]]))
            yield what, cut(self.system, around, one, what[1], self.fixed)

    def failing(self, withheld: Mask, most: int, met: Mask) -> Iterator[tuple[Part, What]]:
        """Failures of a pattern, about as many of each part's as asked for; parts that have none are not tried again."""
        wanted = np.ones(len(self.asked.cell), dtype=bool)
        wanted[[number for number, holder in self.beyond if holder == NOBODY]] = False
        for part in parts(self.system, withheld, self.asked, wanted, self.sound):
            count = 0
            for holder, places in failures(part, most, met):
                whats = [(number, holder) for number in part.numbers[places].tolist()]
                whats = [what for what in whats if what not in self.beyond]
                count += len(whats)
                yield from ((part, what) for what in whats)
                if count >= MOST:
                    break
            if not count:
                self.sound.add(part.cells.tobytes())
