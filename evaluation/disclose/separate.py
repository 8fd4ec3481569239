"""What a pattern of withheld cells fails to protect: a proof is looked for against every attacker, many at a time."""

from collections.abc import Iterator

import numpy as np

from evaluation.disclose.proofs import Proofs
from evaluation.disclose.room import EXACT, Ground, reached
from evaluation.disclose.system import NOBODY, Mask, Whole, components

SEED = 20010101
COMPANY, PASSES = 8, 4
STEPS, WIDE = (2, 1000), 300


def prove_together(ground: Ground, proofs: Proofs, withheld: Mask) -> None:
    """Look for proofs in small companies of holders at random, the cells of all others left as they are.

    What is possible within a company stands against every holder that is not in it, so that a few companies settle most.
    """
    labels = components(ground.system.relations, withheld)[1]
    owners = ground.system.owners
    generator = np.random.default_rng(SEED)
    for label in np.unique(labels[ground.asked.cell[proofs.doubtful()]]):
        part = labels == label
        holders = np.setdiff1d(owners[part], [NOBODY])
        for turn in range(PASSES):
            most = COMPANY if turn == 0 else min(COMPANY, -(-len(holders) // 2))
            for company in np.array_split(
                generator.permutation(holders), max(-(-len(holders) // max(most, 1)), 1)
            ):
                _pull(ground, proofs, part & np.isin(owners, np.append(company, NOBODY)), generator)


def _pull(ground: Ground, proofs: Proofs, may: Mask, generator: np.random.Generator) -> None:
    """Changes of some cells towards all the requirements in doubt at random, while they settle some."""
    space, met = None, True
    inside = may[ground.asked.cell]
    company = np.isin(proofs.attackers, ground.system.owners[may]) & (proofs.attackers != NOBODY)
    while met:
        numbers = np.flatnonzero(inside & (proofs.doubt & ~company).any(axis=1))
        if not len(numbers):
            return
        space = space or ground.room(may)
        some = ground.asked.some(numbers)
        weights = generator.exponential(size=len(numbers)) / some.need
        change, _ = ground.change(space, some, weights)
        met = bool(some.met(change).any())
        proofs.add(change)


def reader(ground: Ground, proofs: Proofs, withheld: Mask, number: int) -> Iterator[int]:
    """-1, any reader, where a requirement fails against it."""
    if proofs.doubt[number, 0] and not _stands(ground, proofs, withheld, number, np.zeros(0, dtype=np.int64)):
        yield NOBODY


def holders(ground: Ground, proofs: Proofs, withheld: Mask, number: int) -> Iterator[int]:
    """The holders that a requirement fails against; none are tried while it is in doubt against any reader."""
    doubt = proofs.doubt[number]
    waiting = [] if doubt[0] else [proofs.attackers[doubt]]
    while waiting:
        together = waiting.pop()
        together = together[doubt[np.searchsorted(proofs.attackers, together)]]
        if not len(together) or _stands(ground, proofs, withheld, number, together):
            continue
        if len(together) == 1:
            yield int(together[0])
        else:
            waiting += np.array_split(together, 2)


def _stands(ground: Ground, proofs: Proofs, withheld: Mask, number: int, together: Whole) -> bool:
    """Whether a requirement can be met without the cells of some holders, tried near the cell before further away."""
    one = ground.asked.some(np.array([number]))
    may = withheld & ~np.isin(ground.system.owners, together)
    before = 0
    for steps in STEPS if may.sum() > WIDE else STEPS[-1:]:
        near = reached(ground.shape, one.cell, may, steps)
        if near.sum() == before:
            break
        before = int(near.sum())
        space = ground.room(near)
        change, far = ground.change(space, one, np.ones(1))
        if far >= one.need[0] - EXACT and not one.met(change)[0]:
            change, _ = ground.change(space, one, np.ones(1), whole=True)
        if one.met(change)[0]:
            proofs.add(change)
            return True
    return False
