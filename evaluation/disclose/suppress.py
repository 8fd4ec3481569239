"""Which counts to withhold, so that what is shown tells no protected one: least cost first, and how near to it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

import numpy as np

from evaluation.disclose.cuts import Cut, alone, alone_at_first, cheapest, cut, lone, near, tidied
from evaluation.disclose.grow import grow
from evaluation.disclose.proofs import Proofs, unproved
from evaluation.disclose.requirements import requirements
from evaluation.disclose.room import EXACT
from evaluation.disclose.separate import Ground, holders, prepared, prove_together, reader
from evaluation.disclose.system import Mask, System, closed, components

ROUNDS = 20
SMALL = 400
MOST = 40


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
    search = _Search(prepared(whole, asked), fixed, unproved(whole, asked), set())
    chosen, bound = search.cheapest()
    withheld, proofs = search.grown(chosen)
    if whole.costs[withheld & ~fixed].sum() > bound * (1 + EXACT):
        withheld = search.pruned(withheld, proofs)
    chosen, mask = withheld & ~fixed, withheld[:cells]
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
    ground
        What is to be protected, and how.
    fixed
        (cells,) withheld in every pattern.
    pool
        Every proof found on the way, whatever the pattern.
    beyond
        Requirements that no pattern meets, found on the way.
    """

    ground: Ground
    fixed: Mask
    pool: Proofs
    beyond: set[What]

    def cheapest(self) -> tuple[Mask, float]:
        """Cells to withhold beside the fixed ones and a lower bound of their cost, by cutting planes.

        In a system of many cells, or after many rounds, something may still fail.
        """
        system = self.ground.system
        found: list[tuple[What, Cut]] = []
        singles = list(alone_at_first(system, self.fixed, self.ground.asked.cell))
        chosen, bound = self.solved(singles)
        for _ in range(ROUNDS if (system.costs > 0).sum() <= SMALL else 0):
            new = list(self.cuts(self.fixed | chosen))
            if not new:
                break
            self.beyond.update(what for what, cut in new if cut.weights.sum() < 1 - EXACT)
            found = [item for item in [*found, *new] if item[0] not in self.beyond]
            chosen, bound = self.solved(singles, [cut for _, cut in found])
        return chosen, bound

    def solved(self, singles: list[Cut], cuts: Sequence[Cut] = ()) -> tuple[Mask, float]:
        """The cheapest choice under some cuts, with no chosen cell alone in a sum; to the singles are added those that say so."""
        system, more = self.ground.system, True
        while more:
            chosen, bound = cheapest([*cuts, *singles], system, self.fixed)
            more = list(lone(system.relations, self.fixed | chosen, chosen))
            singles += more
        return chosen, bound

    def grown(self, chosen: Mask) -> tuple[Mask, Proofs]:
        """A pattern with cells added until nothing fails, and the proofs that it holds."""
        withheld = self.fixed | chosen
        proofs = self.proved(withheld)
        for number in np.flatnonzero(proofs.doubtful()).tolist():
            while more := self.more(proofs, withheld, number):
                withheld[more] = True
        return withheld, proofs

    def pruned(self, withheld: Mask, proofs: Proofs) -> Mask:
        """A pattern without the cells it can do without, those that cost most tried first."""
        system = self.ground.system
        order = np.argsort(-system.costs, kind="stable")
        for cell in order[(withheld & ~self.fixed)[order]].tolist():
            fewer = withheld.copy()
            fewer[cell] = False
            fewer = tidied(self.ground.shape, fewer, self.fixed)
            if not withheld[cell] or alone(self.ground.shape, fewer, self.ground.asked.cell):
                continue
            left = proofs.under(fewer)
            if next(self.failing(left, fewer, np.ones(len(left.doubt), dtype=bool)), None) is None:
                withheld, proofs = fewer, left
        return withheld

    def more(self, proofs: Proofs, withheld: Mask, number: int) -> list[int]:
        """Cells that let a requirement stand against an attacker it fails against; none where it stands, or nothing helps."""
        found = chain(
            reader(self.ground, proofs, withheld, number), holders(self.ground, proofs, withheld, number)
        )
        for holder in found:
            if (number, holder) in self.beyond:
                continue
            one = self.ground.asked.some(np.array([number]))
            cells = grow(self.ground.system, withheld, one, holder)
            if cells is not None:
                return cells.tolist()
            self.beyond.add((number, holder))
        return []

    def exposed(self) -> Mask:
        """(cells,) those of requirements that no pattern meets."""
        found = np.zeros(len(self.fixed), dtype=bool)
        found[self.ground.asked.cell[[number for number, _ in self.beyond]]] = True
        return found

    def proved(self, withheld: Mask) -> Proofs:
        """What is proved under a pattern, by what was found before and together; new proofs are pooled."""
        proofs = self.pool.under(withheld)
        before = len(proofs.found)
        prove_together(self.ground, proofs, withheld)
        self.pool.take(proofs.found[before:])
        return proofs

    def cuts(self, withheld: Mask) -> Iterator[tuple[What, Cut]]:
        """An inequality for each failure of a pattern, of each of its parts about as many as are worth having."""
        system, asked = self.ground.system, self.ground.asked
        proofs = self.proved(withheld)
        before = len(proofs.found)
        labels = components(system.relations, withheld)[1]
        for label in np.unique(labels[asked.cell[proofs.doubtful()]]):
            around = None
            for what in islice(self.failing(proofs, withheld, labels[asked.cell] == label), MOST):
                around = around or near(system, np.flatnonzero(labels == label), withheld)
                yield what, cut(system, around, asked.some(np.array([what[0]])), what[1], self.fixed)
        self.pool.take(proofs.found[before:])

    def failing(self, proofs: Proofs, withheld: Mask, among: Mask) -> Iterator[What]:
        """Failures of some requirements: against any reader or, where there is none of those, against holders."""
        found = False
        for doubt, against in ((proofs.doubt[:, 0], reader), (proofs.doubtful(), holders)):
            for number in [] if found else np.flatnonzero(among & doubt).tolist():
                for holder in against(self.ground, proofs, withheld, number):
                    if (number, holder) not in self.beyond:
                        found = True
                        yield number, holder
