"""Changes that look possible: against whom each leaves a requirement standing, and what is still in doubt."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

import numpy as np

from evaluation.disclose.room import Ground
from evaluation.disclose.system import NOBODY, Mask, Real, Whole

Doubt = (
    frozenset[int] | None
)  # the holders a requirement may fail against; None where it may against any reader
NO_DOUBT: Doubt = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Proof:
    """A change of withheld counts that no shown one, and no holder whose cells it leaves as they are, contradicts.

    Attributes
    ----------
    cells
        The cells it changes.
    met
        The requirements it meets, by number.
    touched
        The holders it is no proof against: the owners of cells it changes.
    """

    cells: Whole
    met: Whole
    touched: frozenset[int]


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """What is proved of some requirements, under a pattern that withholds every cell a proof changes.

    A requirement stands against everybody once no holder is touched by all of its proofs. An owner is no attacker of its own cells; of
    a cell without an owner a holder knows its own part, and the rest is in other owners' cells.

    Attributes
    ----------
    ground
        The cells and what is required of them.
    open
        (cells,) those that a pattern may show again.
    left
        Of each requirement, by number, who is in doubt.
    found
        The proofs, by their place in the order of finding.
    of, through
        The places of the proofs of each requirement, and of those that change each open cell.
    """

    ground: Ground
    open: Mask
    left: dict[int, Doubt]
    found: dict[int, Proof] = field(default_factory=dict)
    of: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))
    through: defaultdict[int, list[int]] = field(default_factory=lambda: defaultdict(list))

    def add(self, cells: Whole, change: Real, numbers: Whole) -> bool:
        """Take in a change of some cells, in order; whether it meets any of some requirements of theirs."""
        met = numbers[self.ground.asked.some(numbers).within(cells).met(change)]
        if len(met):
            changed = cells[np.flatnonzero(change)]
            owners = self.ground.system.owners[changed]
            self.take([Proof(changed, met, frozenset(owners[owners != NOBODY].tolist()))])
        return bool(len(met))

    def take(self, proofs: Iterable[Proof]) -> None:
        """Take in proofs, each for the requirements of which it leaves less in doubt."""
        for proof in proofs:
            less = {
                number: self._less(number, self.left[number], proof)
                for number in proof.met.tolist()
                if self.left.get(number, NO_DOUBT) != NO_DOUBT
            }
            less = {number: doubt for number, doubt in less.items() if doubt != self.left[number]}
            if not less:
                continue
            self.left.update(less)
            place = next(reversed(self.found), -1) + 1
            self.found[place] = proof
            for cell in proof.cells[self.open[proof.cells]].tolist():
                self.through[cell].append(place)
            for number in less:
                self.of[number].append(place)

    def without(self, cells: Whole) -> "Proofs":
        """The requirements that have proofs which change some open cells, and what is in doubt of them without these."""
        gone = self._changing(cells)
        numbers = sorted({number for place in gone for number in self.found[place].met.tolist()})
        return Proofs(self.ground, self.open, {number: self._doubt(number, gone) for number in numbers})

    def drop(self, cells: Whole) -> None:
        """Give up the proofs that change some open cells."""
        gone = self._changing(cells)
        numbers = {number for place in gone for number in self.found[place].met.tolist()}
        for number in numbers:
            self.left[number] = self._doubt(number, gone)
        for place in gone:
            del self.found[place]

    def since(self, number: int) -> list[Proof]:
        """The proofs found after the first so many, where none was given up."""
        return list(islice(self.found.values(), number, None))

    def doubtful(self) -> list[int]:
        """Requirements with a doubt left, in order."""
        return [number for number, doubt in self.left.items() if doubt != NO_DOUBT]

    def _changing(self, cells: Whole) -> set[int]:
        return {place for cell in cells.tolist() for place in self.through[cell] if place in self.found}

    def _doubt(self, number: int, gone: set[int]) -> Doubt:
        """What is in doubt of a requirement without some of its proofs."""
        doubt: Doubt = None
        for place in self.of[number]:
            if place in self.found and place not in gone:
                doubt = self._less(number, doubt, self.found[place])
        return doubt

    def _less(self, number: int, doubt: Doubt, proof: Proof) -> Doubt:
        if doubt is not None:
            return doubt & proof.touched
        owner = int(self.ground.system.owners[self.ground.asked.cell[number]])
        return NO_DOUBT if owner == NOBODY else proof.touched - {owner}


def unproved(ground: Ground, fixed: Mask) -> Proofs:
    """Nothing proved yet, where some cells are withheld in every pattern."""
    return Proofs(ground, ~fixed, dict.fromkeys(range(len(ground.asked.cell))))
