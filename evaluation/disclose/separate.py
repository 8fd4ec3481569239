"""What a pattern of withheld cells fails to protect, and for each failure an inequality that any protecting pattern meets."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.system import NOBODY, Mask, Real, System, Whole, components

EXACT = 1e-6
SEED = 20010101


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """`sum(weights[i] * y[cells[i]]) >= 1`, where y is 1 for a withheld cell and 0 for one shown."""

    cells: Whole
    weights: Real


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """The withheld cells of one component, and the relations that touch them.

    Attributes
    ----------
    numbers
        (q,) the places of the part's requirements among all.
    cells
        (n,) withheld cells.
    near
        (k,) all the cells of those relations, withheld or shown.
    matrix
        (m, k) the relations over `near`.
    column
        (n,) the places of `cells` in `near`.
    values, owners
        (k,) of `near`.
    asked
        The requirements of the part's cells, by their places in `near`.
    """

    numbers: Whole
    cells: Whole
    near: Whole
    matrix: sparse.csr_array
    column: Whole
    values: Real
    owners: Whole
    asked: Requirements


def parts(system: System, withheld: Mask, asked: Requirements, wanted: Mask) -> Iterator[Part]:
    """The components of a pattern that hold a wanted requirement, each with its wanted requirements."""
    labels = components(system.relations, withheld)[1]
    order = np.argsort(labels, kind="stable")
    by_part = np.flatnonzero(wanted)
    by_part = by_part[np.argsort(labels[asked.cell[by_part]], kind="stable")]
    part_of = labels[asked.cell[by_part]]
    columns = system.relations.tocsc()
    for label in np.unique(part_of):
        cells = order[slice(*np.searchsorted(labels[order], [label, label + 1]))]
        rows = np.unique(columns[:, cells].indices)
        touching = system.relations[rows]
        near = np.unique(np.append(touching.indices, cells))
        numbers = by_part[slice(*np.searchsorted(part_of, [label, label + 1]))]
        some = asked.some(numbers)
        group = np.where(some.group >= 0, np.searchsorted(near, some.group), NOBODY)
        placed = Requirements(np.searchsorted(near, some.cell), group, some.sign, some.need)
        yield Part(
            numbers,
            cells,
            near,
            sparse.csr_array(touching[:, near]),
            np.searchsorted(near, cells),
            system.values[near].astype(float),
            system.owners[near],
            placed,
        )


def failures(part: Part) -> Iterator[tuple[int, Whole]]:
    """Requirements not met against any reader (holder -1), then against each holder of the part's own cells.

    Yields
    ------
    holder, numbers
        An attacker, and which of the part's requirements fail against it.
    """
    every = np.arange(len(part.asked.cell))
    failing = unmet(part, np.zeros(len(part.near), dtype=bool), every)
    if len(failing):
        yield NOBODY, failing
        return
    owner = part.owners[part.asked.cell]
    holders = np.unique(part.owners[part.column])
    holders = holders[holders != NOBODY]
    rank = np.searchsorted(holders, owner)
    # Any two holders differ in some bit of their ranks: each requirement is tried against everyone on the other side.
    for bit in range(max(int(len(holders) - 1).bit_length(), 1)):
        sides = np.arange(len(holders)) >> bit & 1
        for side in (0, 1):
            others = np.where(owner == NOBODY, bit == 0, rank >> bit & 1 != side)
            yield from _among(part, holders[sides == side], every[others])


def _among(part: Part, holders: Whole, numbers: Whole) -> Iterator[tuple[int, Whole]]:
    """What fails against single holders, tried together first: what stands against all of them stands against each."""
    if not len(numbers) or not len(holders):
        return
    failing = unmet(part, np.isin(part.owners, holders), numbers)
    if len(holders) > 1:
        middle = len(holders) // 2
        yield from _among(part, holders[:middle], failing)
        yield from _among(part, holders[middle:], failing)
    elif len(failing):
        yield int(holders[0]), failing


def unmet(part: Part, known: Mask, numbers: Whole) -> Whole:
    """Which of the numbered requirements no change meets that leaves known cells, (k,), as they are."""
    free = part.column[~known[part.column]]
    matrix = part.matrix[:, free]
    generator = np.random.default_rng(SEED)
    left, failing = numbers.copy(), []
    bound = 10 * (part.values.max(initial=0.0) + part.asked.need.max(initial=0.0))
    limits = np.column_stack([-part.values[free], np.full(len(free), bound)])
    while len(left):
        asked = part.asked.some(left)
        met = np.zeros(len(left), dtype=bool)
        if len(left) > 1:
            weights = generator.exponential(size=len(left)) / asked.need
            change = _change(part, matrix, free, limits, asked.direction(weights, len(part.near)))
            met = asked.met(change)
        if not met.any():
            met[0] = True
            if not _can_be_met(part, matrix, free, limits, part.asked.some(left[:1])):
                failing.append(left[0])
        left = left[~met]
    return np.array(failing, dtype=np.int64)


def _change(
    part: Part, matrix: sparse.csr_array, free: Whole, limits: Real, direction: Real, whole: bool = False
) -> Real:
    """(k,) the change of counts furthest in a direction; all zero where the solver finds no whole-number one."""
    found = linprog(
        -direction[free],
        A_eq=matrix,
        b_eq=np.zeros(matrix.shape[0]),
        bounds=limits,
        integrality=int(whole) if whole else None,
    )
    change = np.zeros(len(part.near))
    if found.x is not None and np.abs(found.x - found.x.round()).max(initial=0.0) < EXACT:
        change[free] = found.x.round()
    return change


def _can_be_met(part: Part, matrix: sparse.csr_array, free: Whole, limits: Real, one: Requirements) -> bool:
    direction = one.direction(np.ones(1), len(part.near))
    return any(one.met(_change(part, matrix, free, limits, direction, whole))[0] for whole in (False, True))


def cut(part: Part, known: Mask, number: int, fixed: Mask, held: Mask) -> Cut:
    """The inequality of Fischetti and Salazar (2001) that a failing requirement gives, its weights capped.

    Parameters
    ----------
    known
        (k,) the cells the attacker knows.
    number
        Which of the part's requirements fails.
    fixed, held
        (k,) cells withheld in every pattern, and in none.
    """
    asked = part.asked.some(np.array([number]))
    need = asked.need[0]
    direction = asked.direction(np.ones(1), len(part.near))
    free = part.column[~known[part.column]]
    limits = np.column_stack([-part.values[free], np.full(len(free), np.inf)])
    if asked.group[0] == NOBODY and asked.sign[0] > 0:
        limits[free == asked.cell[0], 1] = need
    found = linprog(
        -direction[free], A_eq=part.matrix[:, free], b_eq=np.zeros(part.matrix.shape[0]), bounds=limits
    )
    reach = direction + part.matrix.T @ found.eqlin.marginals
    weights = np.where(reach > EXACT, need, np.where(reach < -EXACT, -reach * part.values, 0.0))
    rest = need - np.minimum(weights[fixed & ~known], need).sum()
    if -found.fun >= need - EXACT or rest <= EXACT:
        # Met by a fraction of a pupil alone: some cell beside the part must be withheld as well.
        weights, rest = np.ones(len(part.near)), 1.0
        weights[part.column] = 0.0
    chosen = ~fixed & ~held & ~known & (weights > EXACT)
    return Cut(part.near[chosen], np.minimum(weights[chosen] / rest, 1.0))
