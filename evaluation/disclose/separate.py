"""What a pattern of withheld cells fails to protect: a proof is looked for against every attacker, many at a time."""

from collections.abc import Iterator, Sequence

import numpy as np

from evaluation.disclose.proofs import NO_DOUBT, Proofs
from evaluation.disclose.room import EXACT, MANY, NONE, Ground
from evaluation.disclose.system import NOBODY, Mask, Whole, components

SEED = 20010101
COMPANIES = (8, 32, 0, 0)  # holders in a company, turn by turn; 0 for half of them
FEW, PART = 300, 3000  # cells looked at all at once for one requirement, and for many together
NEAR = (2, MANY)  # steps from relation to relation, and how many cells of each at a step
STEPS = (NEAR, (6, 8), (6, 64), (1000, MANY))


def prove_together(ground: Ground, proofs: Proofs, withheld: Mask, numbers: Sequence[int]) -> None:
    """Look for proofs of the requirements in doubt among some: in each part of few cells, and near them in those of many."""
    generator = np.random.default_rng(SEED)
    labels = components(ground.system.relations, withheld)[1]
    large = (np.bincount(labels[withheld]) > PART)[labels[ground.asked.cell]]
    tried: set[int] = set()
    for number in numbers:
        if number in tried or proofs.left[number] == NO_DOUBT:
            continue
        cells = ground.around(ground.asked.cell[[number]], withheld, *(NEAR if large[number] else STEPS[-1]))
        near = ground.of(cells).tolist()
        inside = [other for other in near if proofs.left.get(other, NO_DOUBT) != NO_DOUBT]
        tried.update(inside)
        _among(ground, proofs, cells, np.array(inside), generator)


def _among(
    ground: Ground, proofs: Proofs, cells: Whole, numbers: Whole, generator: np.random.Generator
) -> None:
    """Look for proofs in small companies of holders at random, the cells of all others left as they are.

    What is possible within a company stands against every holder that is not in it, so that a few companies settle most.
    """
    owners, owner = ground.system.owners[cells], ground.system.owners[ground.asked.cell[numbers]]
    holders = np.setdiff1d(owners, [NOBODY])
    for size in COMPANIES if len(holders) else COMPANIES[:1]:
        companies = max(-(-len(holders) // (size or -(-len(holders) // 2))), 1)
        for company in np.array_split(generator.permutation(holders), companies):
            members = np.append(company, NOBODY)
            some = numbers[np.isin(owner, members)]
            _pull(
                ground, proofs, cells[np.isin(owners, members)], some, frozenset(company.tolist()), generator
            )


def _pull(
    ground: Ground,
    proofs: Proofs,
    cells: Whole,
    numbers: Whole,
    company: frozenset[int],
    generator: np.random.Generator,
) -> None:
    """Changes of some cells towards all the requirements in doubt at random, while they settle some."""
    space, met = None, True
    while met:
        doubts = [(number, proofs.left[number]) for number in numbers.tolist()]
        left = [number for number, doubt in doubts if doubt is None or not doubt <= company]
        if not left:
            return
        space, numbers = space or ground.room(cells), np.array(left)
        asked = ground.asked.some(numbers)
        weights = generator.exponential(size=len(numbers)) / asked.need
        change, _ = space.furthest(asked.within(cells).direction(weights, len(cells)))
        met = proofs.add(cells, change, numbers)


def reader(ground: Ground, proofs: Proofs, withheld: Mask, number: int) -> Iterator[int]:
    """-1, any reader, where a requirement fails against it."""
    if proofs.left[number] is None and not _stands(ground, proofs, withheld, number, NONE):
        yield NOBODY


def holders(ground: Ground, proofs: Proofs, withheld: Mask, number: int) -> Iterator[int]:
    """The holders that a requirement fails against; none are tried while it is in doubt against any reader."""
    waiting = [np.array(sorted(proofs.left[number] or ()), dtype=np.int64)]
    while waiting:
        together = waiting.pop()
        together = together[np.isin(together, list(proofs.left[number] or ()))]
        if not len(together) or _stands(ground, proofs, withheld, number, together):
            continue
        if len(together) == 1:
            yield int(together[0])
        else:
            waiting += np.array_split(together, 2)


def _stands(ground: Ground, proofs: Proofs, withheld: Mask, number: int, together: Whole) -> bool:
    """Whether a requirement can be met without the cells of some holders, tried near the cell before further away."""
    one = ground.asked.some(np.array([number]))
    before = 0
    ways = STEPS if withheld.sum() > FEW else STEPS[-1:]
    for steps, most in ways[:-1] if len(together) > 1 and len(ways) > 1 else ways:
        near = ground.around(one.cell, withheld, steps, most, together)
        if len(near) == before:
            continue
        before = len(near)
        space, local = ground.room(near), one.within(near)
        towards = local.direction(np.ones(1), len(near))
        change, far = space.furthest(towards)
        if far >= one.need[0] - EXACT and not local.met(change)[0]:
            change, _ = space.furthest(towards, whole=True)
        if local.met(change)[0]:
            proofs.add(near, change, ground.of(near[np.flatnonzero(change)]))
            return True
    return False
