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

    def under(self, withheld: Mask) -> "Proofs":
        """What of it holds under another pattern."""
        doubt, kept = self.doubt.copy(), self.found.copy()
        if kept:
            starts = np.cumsum([0] + [len(proof.cells) for proof in kept[:-1]])
            holds = np.logical_and.reduceat(withheld[np.concatenate([proof.cells for proof in kept])], starts)
            again = np.zeros(len(doubt), dtype=bool)
            for proof, hold in zip(kept, holds, strict=True):
                again[proof.met] |= not hold
            doubt[again] = _everyone(self.system, self.asked, self.attackers, again)
            kept = [proof for proof, hold in zip(kept, holds, strict=True) if hold]
            for proof in kept if again.any() else []:
                if again[proof.met].any():
                    doubt[proof.met] &= proof.touched
        return Proofs(self.system, self.asked, self.attackers, doubt, kept)

    def doubtful(self) -> Mask:
        """(q,) requirements with a doubt left."""
        found: Mask = self.doubt.any(axis=1)
        return found


def unproved(system: System, asked: Requirements) -> Proofs:
    """Nothing proved yet."""
    attackers = np.append(NOBODY, np.setdiff1d(system.owners, [NOBODY]))
    every = np.ones(len(asked.cell), dtype=bool)
    return Proofs(system, asked, attackers, _everyone(system, asked, attackers, every))


def _everyone(system: System, asked: Requirements, attackers: Whole, wanted: Mask) -> Mask:
    """(wanted, 1 + holders) the attackers of each wanted requirement."""
    owner = system.owners[asked.cell[wanted]][:, None]
    found: Mask = (attackers == NOBODY) | ((owner != NOBODY) & (attackers != owner))
    return found
