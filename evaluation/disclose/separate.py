"""What a pattern of withheld cells fails to protect."""

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
class Part:
    """The withheld cells of one component, and the relations that bind them.

    Attributes
    ----------
    cells
        (n,) their places in the system.
    matrix
        (m, n) sparse.
    values, owners
        (n,).
    numbers
        (q,) the places of the part's requirements among all.
    asked
        The requirements, by places in the part; a group that is not withheld is left out.
    """

    cells: Whole
    matrix: sparse.csr_array
    values: Real
    owners: Whole
    numbers: Whole
    asked: Requirements


def parts(system: System, withheld: Mask, asked: Requirements, wanted: Mask) -> Iterator[Part]:
    """The components of a pattern that hold a wanted requirement, each with its wanted requirements."""
    labels = components(system.relations, withheld)[1]
    order = np.argsort(labels, kind="stable")
    numbers = np.flatnonzero(wanted)
    numbers = numbers[np.argsort(labels[asked.cell[numbers]], kind="stable")]
    part_of = labels[asked.cell[numbers]]
    place = np.full(len(withheld), NOBODY)
    columns = system.relations.tocsc()
    for label in np.unique(part_of):
        cells = order[slice(*np.searchsorted(labels[order], [label, label + 1]))]
        mine = numbers[slice(*np.searchsorted(part_of, [label, label + 1]))]
        place[cells] = np.arange(len(cells))
        some = asked.some(mine)
        group = np.where((some.group >= 0) & withheld[some.group], place[some.group], NOBODY)
        matrix = columns[:, cells].tocsr()
        yield Part(
            cells,
            matrix[np.diff(matrix.indptr) > 0],
            system.values[cells].astype(float),
            system.owners[cells],
            mine,
            Requirements(place[some.cell], group, some.sign, some.need),
        )


def failures(part: Part, most: int) -> Iterator[tuple[int, Whole]]:
    """Requirements not met against any reader (holder -1); if none, those against each holder of the part's own cells.

    Yields
    ------
    holder, numbers
        An attacker, and which of the part's requirements fail against it: at most the first `most` found.
    """
    every = np.arange(len(part.numbers))
    failing = unmet(part, np.zeros(len(part.cells), dtype=bool), every, most)
    if len(failing):
        yield NOBODY, failing
        return
    owner = part.owners[part.asked.cell]
    holders = np.setdiff1d(part.owners, [NOBODY])
    rank = np.searchsorted(holders, owner)
    # Any two holders differ in some bit of their ranks: each requirement is tried against everyone on the other side.
    for bit in range(max(int(len(holders) - 1).bit_length(), 1)):
        sides = np.arange(len(holders)) >> bit & 1
        for side in (0, 1):
            others = np.where(owner == NOBODY, bit == 0, rank >> bit & 1 != side)
            yield from _among(part, holders[sides == side], every[others], most)


def _among(part: Part, holders: Whole, numbers: Whole, most: int) -> Iterator[tuple[int, Whole]]:
    """What fails against single holders, tried together first: what stands against all of them stands against each."""
    if not len(numbers) or not len(holders):
        return
    alone = len(holders) == 1
    failing = unmet(part, np.isin(part.owners, holders), numbers, most if alone else len(numbers))
    if not alone:
        for half in np.array_split(holders, 2):
            yield from _among(part, half, failing, most)
    elif len(failing):
        yield int(holders[0]), failing


def unmet(part: Part, known: Mask, numbers: Whole, most: int) -> Whole:
    """Which of the numbered requirements no change meets that leaves known cells, (n,), as they are: the first `most`.

    Changes that pull towards all that is left, at random, settle many at a time; one that none of them meets is tried alone.
    """
    free = np.flatnonzero(~known)
    matrix = part.matrix[:, free]
    generator = np.random.default_rng(SEED)
    left = numbers.copy()
    failing: list[int] = []
    while len(left) and len(failing) < most:
        asked = part.asked.some(left)
        met = np.zeros(len(left), dtype=bool)
        if len(left) > 1:
            weights = generator.exponential(size=len(left)) / asked.need
            met = asked.met(_furthest(part, free, matrix, asked, weights))
        if not met.any():
            one = part.asked.some(left[:1])
            met[0] = True
            if not any(
                one.met(_furthest(part, free, matrix, one, np.ones(1), whole))[0] for whole in (False, True)
            ):
                failing.append(int(left[0]))
        left = left[~met]
    return np.array(failing, dtype=np.int64)


def _furthest(
    part: Part, free: Whole, matrix: sparse.csr_array, asked: Requirements, weights: Real, whole: bool = False
) -> Real:
    """(n,) the change of free cells furthest towards requirements; all zero where it is not one of whole pupils.

    No cell rises beyond ten times the largest count: a limit that no requirement is near.
    """
    roof = 10 * (part.values.max() + part.asked.need.max())
    found = linprog(
        -asked.direction(weights, len(part.cells))[free],
        A_eq=matrix,
        b_eq=np.zeros(matrix.shape[0]),
        bounds=np.column_stack([-part.values[free], np.full(len(free), roof)]),
        integrality=int(whole) if whole else None,
        options={"presolve": whole},
    )
    change = np.zeros(len(part.cells))
    if found.x is not None and np.abs(found.x - found.x.round()).max(initial=0.0) < EXACT:
        change[free] = found.x.round()
    return change
