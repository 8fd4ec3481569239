"""What a pattern of withheld cells fails to protect."""

from collections.abc import Container, Iterator
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


def parts(
    system: System, withheld: Mask, asked: Requirements, wanted: Mask, sound: Container[bytes]
) -> Iterator[Part]:
    """The components of a pattern that hold a wanted requirement, each with its wanted requirements.

    Those whose cells are among the `sound` are left out.
    """
    labels = components(system.relations, withheld)[1]
    order = np.argsort(labels, kind="stable")
    numbers = np.flatnonzero(wanted)
    numbers = numbers[np.argsort(labels[asked.cell[numbers]], kind="stable")]
    part_of = labels[asked.cell[numbers]]
    place = np.full(len(withheld), NOBODY)
    columns = system.relations.tocsc()
    for label in np.unique(part_of):
        cells = order[slice(*np.searchsorted(labels[order], [label, label + 1]))]
        if cells.tobytes() in sound:
            continue
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


def failures(part: Part, most: int, met: Mask) -> Iterator[tuple[int, Whole]]:
    """Requirements not met against any reader (holder -1); if none, those against each holder of the part's own cells.

    Parameters
    ----------
    part
        What to try.
    most
        How many failures are enough.
    met
        Requirements, by their places among all, that are known to be met against any reader; those found to be are marked.

    Yields
    ------
    holder, numbers
        An attacker, and which of the part's requirements fail against it.
    """
    every = np.arange(len(part.numbers))
    doubtful = every[~met[part.numbers]]
    failing, untried = unmet(part, np.zeros(len(part.cells), dtype=bool), doubtful, most)
    met[np.setdiff1d(part.numbers[doubtful], part.numbers[np.append(failing, untried)])] = True
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
            others = (owner != NOBODY) & (rank >> bit & 1 != side)
            yield from _among(part, holders[sides == side], every[others], most)


def _among(part: Part, holders: Whole, numbers: Whole, most: int) -> Iterator[tuple[int, Whole]]:
    """What fails against single holders, tried together first: what stands against all of them stands against each."""
    if not len(numbers) or not len(holders):
        return
    known = np.isin(part.owners, holders)
    if len(holders) == 1:
        failing, _ = unmet(part, known, numbers, most)
        if len(failing):
            yield int(holders[0]), failing
        return
    rest = _left(part, known, numbers)
    for half in np.array_split(holders, 2):
        yield from _among(part, half, rest, most)


def unmet(part: Part, known: Mask, numbers: Whole, most: int) -> tuple[Whole, Whole]:
    """Which of the numbered requirements no change meets that leaves known cells, (n,), as they are.

    Returns
    -------
    failing, untried
        The first `most` that fail, and what was not looked at beyond them.
    """
    left = numbers
    failing: list[int] = []
    while len(left) and len(failing) < most:
        one = part.asked.some(left[:1])
        change, is_far = _furthest(part, known, one, np.ones(1))
        if is_far and not one.met(change)[0]:
            change, is_far = _furthest(part, known, one, np.ones(1), whole=True)
        if is_far and one.met(change)[0]:
            left = _left(part, known, left[~part.asked.some(left).met(change)])
        else:
            failing.append(int(left[0]))
            left = left[1:]
    return np.array(failing, dtype=np.int64), left


def _left(part: Part, known: Mask, numbers: Whole) -> Whole:
    """The requirements that changes towards all of them at random, which settle many at a time, leave unmet."""
    generator = np.random.default_rng(SEED)
    while len(numbers) > 1:
        asked = part.asked.some(numbers)
        weights = generator.exponential(size=len(numbers)) / asked.need
        met = asked.met(_furthest(part, known, asked, weights)[0])
        if not met.any():
            break
        numbers = numbers[~met]
    return numbers


def _furthest(
    part: Part, known: Mask, asked: Requirements, weights: Real, whole: bool = False
) -> tuple[Real, bool]:
    """(n,) the change of unknown cells furthest towards requirements; all zero where it is not one of whole pupils.

    Beside it, whether it goes, in fractions of pupils too, as far as the weighted requirements add up to.
    No cell rises beyond ten times the largest count: a limit that no requirement is near.
    """
    free = np.flatnonzero(~known)
    matrix = part.matrix[:, free] if known.any() else part.matrix
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
    return change, found.x is not None and -found.fun >= weights @ asked.need - EXACT
