"""The search for the cheapest pattern: choose, look for what fails, add, and take away again."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

import numpy as np

from evaluation.disclose.cuts import Cut, cheapest, cut, lone, near, tidied
from evaluation.disclose.grow import grow
from evaluation.disclose.narrow import narrow, narrower, widened
from evaluation.disclose.proofs import Proof, Proofs, unproved
from evaluation.disclose.room import EXACT, Ground
from evaluation.disclose.separate import holders, prove_together, reader
from evaluation.disclose.system import Mask, components

ROUNDS = 20
SMALL = 400
MOST = 40
FIRST = 8
TRIED = 500

What = tuple[int, int]  # a requirement's number and an attacker, -1 for any reader


@dataclass(frozen=True, slots=True, eq=False)
class Search:
    """A search for the cheapest pattern.

    Attributes
    ----------
    ground
        What is to be protected, and how.
    fixed
        (cells,) withheld in every pattern.
    beyond
        Requirements that no pattern meets, found on the way.
    found
        Every proof found on the way, whatever the pattern.
    """

    ground: Ground
    fixed: Mask
    beyond: set[What] = field(default_factory=set)
    found: list[Proof] = field(default_factory=list)

    def cheapest(self) -> tuple[Mask, float]:
        """Cells to withhold beside the fixed ones and a lower bound of their cost, by cutting planes.

        In a system of many cells, or after many rounds, something may still fail.
        """
        system = self.ground.system
        found: list[tuple[What, Cut]] = []
        singles = self.singles()
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
        system = self.ground.system
        known: dict[tuple[int, ...], tuple[Mask, float]] = {}
        while True:
            chosen, bound = cheapest([*cuts, *singles], system, self.fixed, known)
            more = list(lone(system.relations, self.fixed | chosen, chosen))
            if not more:
                return chosen, bound
            singles += more

    def singles(self) -> list[Cut]:
        """What the relations ask for that are too narrow with the fixed cells alone."""
        pairs = zip(*narrow(self.ground, self.fixed), strict=True)
        found = [widened(self.ground, int(number), int(row), self.fixed) for number, row in pairs]
        return [cut for cut in found if cut is not None]

    def completed(self, chosen: Mask, bound: float) -> Mask:
        """A choice with cells added until nothing fails and, if it costs more than a bound, without those it can do without."""
        withheld = self.fixed | chosen
        proofs = self.proved(withheld)
        for number in proofs.doubtful():
            while more := self.more(proofs, withheld, number):
                withheld[more] = True
                prove_together(self.ground, proofs, withheld, [number])
        if self.ground.system.costs[withheld & ~self.fixed].sum() > bound * (1 + EXACT):
            self.prune(proofs, withheld)
        return withheld & ~self.fixed

    def prune(self, proofs: Proofs, withheld: Mask) -> None:
        """Show again what a pattern can do without, the cells that cost most tried first, and no more than a number of them."""
        ground = self.ground
        costs = np.where(withheld & ~self.fixed, ground.system.costs, 0.0)
        for cell in np.argsort(-costs, kind="stable")[: min(np.count_nonzero(costs), TRIED)].tolist():
            if not withheld[cell]:
                continue
            fewer = withheld.copy()
            dropped = tidied(ground, fewer, self.fixed, cell)
            if narrower(ground, withheld, fewer, dropped):
                continue
            trial = proofs.without(dropped)
            if not self.fails(trial, fewer):
                proofs.drop(dropped)
                proofs.take(trial.found.values())
                withheld[dropped] = False

    def more(self, proofs: Proofs, withheld: Mask, number: int) -> list[int]:
        """Cells that let a requirement stand against an attacker it fails against; none where it stands, or nothing helps."""
        for what in iter(lambda: self.what_fails(proofs, withheld, number), []):
            one = self.ground.asked.some(np.array([number]))
            cells = grow(self.ground, withheld, one, what[0][1])
            if cells is not None:
                return cells.tolist()
            self.beyond.update(what)
        return []

    def exposed(self) -> Mask:
        """(cells,) those of requirements that no pattern meets."""
        found = np.zeros(len(self.fixed), dtype=bool)
        found[self.ground.asked.cell[[number for number, _ in self.beyond]]] = True
        return found

    def proved(self, withheld: Mask) -> Proofs:
        """What is proved under a pattern, by what was found before and together; new proofs are pooled."""
        proofs = unproved(self.ground, self.fixed)
        proofs.take(proof for proof in self.found if withheld[proof.cells].all())
        before = len(proofs.found)
        prove_together(self.ground, proofs, withheld, proofs.doubtful())
        self.found.extend(proofs.since(before))
        return proofs

    def cuts(self, withheld: Mask) -> Iterator[tuple[What, Cut]]:
        """An inequality for each failure of a pattern, of each of its parts about as many as are worth having."""
        system, asked = self.ground.system, self.ground.asked
        proofs = self.proved(withheld)
        before = len(proofs.found)
        labels = components(system.relations, withheld)[1]
        parts = defaultdict(list)
        for number in proofs.doubtful():
            parts[labels[asked.cell[number]]].append(number)
        for label, numbers in sorted(parts.items()):
            around = None
            for what in islice(self.failing(proofs, withheld, numbers), MOST):
                around = around or near(system, np.flatnonzero(labels == label), withheld)
                yield what, cut(system, around, asked.some(np.array([what[0]])), what[1], self.fixed)
        self.found.extend(proofs.since(before))

    def fails(self, proofs: Proofs, withheld: Mask) -> bool:
        """Whether any requirement fails: those that ask most are tried alone first, and then as many as may be together."""
        numbers = proofs.doubtful()
        if any(self.what_fails(proofs, withheld, number) for number in numbers[:FIRST]):
            return True
        prove_together(self.ground, proofs, withheld, numbers[FIRST:])
        return any(self.what_fails(proofs, withheld, number) for number in numbers[FIRST:])

    def what_fails(self, proofs: Proofs, withheld: Mask, number: int) -> list[What]:
        """The first failure of a requirement; nothing where it stands."""
        against = (reader, holders)
        found = chain.from_iterable(one(self.ground, proofs, withheld, number) for one in against)
        return list(islice(((number, holder) for holder in found if (number, holder) not in self.beyond), 1))

    def failing(self, proofs: Proofs, withheld: Mask, numbers: Sequence[int]) -> Iterator[What]:
        """Failures of some requirements: against any reader or, where there is none of those, against holders."""
        found = False
        for against in (reader, holders):
            for number in [] if found else numbers:
                for holder in against(self.ground, proofs, withheld, number):
                    if (number, holder) not in self.beyond:
                        found = True
                        yield number, holder
