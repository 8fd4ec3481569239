"""Changes that look possible: against whom each leaves a requirement standing, and what is still in doubt."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.system import NOBODY, Mask, Real, System, Whole


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
        (1 + holders,) the attackers it is no proof against: the owners of cells it changes; never any reader, who is first.
    """

    cells: Whole
    met: Whole
    touched: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Proofs:
    """What is proved of the requirements of a system, under a pattern that withholds every cell a proof changes.

    A requirement stands against everybody once no holder is touched by all of its proofs.

    Attributes
    ----------
    system, asked
        The cells and what is required of them.
    attackers
        (1 + holders,) -1 for any reader, then the holders.
    doubt
        (q, 1 + holders) where no proof is found as yet. An owner is no attacker of its own cells; of a cell without an owner a
        holder knows its own part, and the rest is in other owners' cells.
    found
        The proofs.
    """

    system: System
    asked: Requirements
    attackers: Whole
    doubt: Mask
    found: list[Proof] = field(default_factory=list)

    def add(self, change: Real) -> None:
        """Take in a change of all counts."""
        cells, met = np.flatnonzero(change), np.flatnonzero(self.asked.met(change))
        if len(met):
            touched = np.isin(self.attackers, self.system.owners[cells]) & (self.attackers != NOBODY)
            self.found.append(Proof(cells, met, touched))
            self.doubt[met] &= touched

    def take(self, proofs: Sequence[Proof]) -> None:
        """Take in proofs found elsewhere."""
        self.found.extend(proofs)
        for proof in proofs:
            self.doubt[proof.met] &= proof.touched

    def lose(self, withheld: Mask) -> tuple[Whole, Mask, list[Proof]]:
        """Give up the proofs that change a cell a pattern does not withhold.

        Returns
        -------
        numbers, doubt, proofs
            The requirements that had them, what was in doubt of these, and all the proofs before.
        """
        before, holds = self.found.copy(), self._holding(withheld)
        lost = [proof.met for proof, hold in zip(before, holds, strict=True) if not hold]
        if not lost:
            return np.zeros(0, dtype=np.int64), self.doubt[:0], before
        self.found[:] = [proof for proof, hold in zip(before, holds, strict=True) if hold]
        numbers = np.unique(np.concatenate(lost))
        doubt = self.doubt[numbers]
        self.doubt[numbers] = _everyone(self.system, self.asked, self.attackers, numbers)
        affected = np.zeros(len(self.doubt), dtype=bool)
        affected[numbers] = True
        for proof in self.found:
            met = proof.met[affected[proof.met]]
            if len(met):
                self.doubt[met] &= proof.touched
        return numbers, doubt, before

    def regain(self, numbers: Whole, doubt: Mask, proofs: list[Proof]) -> None:
        """Take back what was lost; what was proved since holds all the same."""
        self.doubt[numbers] &= doubt
        known = {id(proof) for proof in proofs}
        self.found[:] = [*proofs, *(proof for proof in self.found if id(proof) not in known)]

    def _holding(self, withheld: Mask) -> list[bool]:
        """Of each proof, whether it changes only cells of a pattern."""
        if not self.found:
            return []
        starts = np.cumsum([0] + [len(proof.cells) for proof in self.found[:-1]])
        cells = np.concatenate([proof.cells for proof in self.found])
        holds: list[bool] = np.logical_and.reduceat(withheld[cells], starts).tolist()
        return holds

    def doubtful(self) -> Mask:
        """(q,) requirements with a doubt left."""
        found: Mask = self.doubt.any(axis=1)
        return found


def unproved(system: System, asked: Requirements) -> Proofs:
    """Nothing proved yet."""
    attackers = np.append(NOBODY, np.setdiff1d(system.owners, [NOBODY]))
    every = np.arange(len(asked.cell))
    return Proofs(system, asked, attackers, _everyone(system, asked, attackers, every))


def _everyone(system: System, asked: Requirements, attackers: Whole, wanted: Whole) -> Mask:
    """(wanted, 1 + holders) the attackers of each wanted requirement."""
    owner = system.owners[asked.cell[wanted]][:, None]
    found = np.zeros((len(wanted), len(attackers)), dtype=bool)
    found |= (attackers == NOBODY) | ((owner != NOBODY) & (attackers != owner))
    return found
