"""An attacker's block looked at a patch at a time: the cells about one that is tried, all others as they truly are."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import sparse

from evaluation.disclose.block import Block, implied
from evaluation.disclose.rule import Trials, failed
from evaluation.disclose.system import NOBODY, Mask, Real, Whole

Against = frozenset[int] | None
ANYBODY: Against = None  # nothing is settled yet, even against a reader who knows nothing more
SETTLED: Against = frozenset()
ALL, FAR = 10**9, 1000
FEW, MANY = 300, 3000  # cells of a block: tried all at once up to these, one trial or many together
WIDTHS = ((2, ALL), (6, 10), (6, 100), (FAR, ALL))  # steps from sum to sum, and cells of each sum at a step
COMPANIES = (
    (1, ALL),
    (1, 8),
    (3, 8),
    (7, 8),
    (11, 8),
)  # how far apart the members of a set of holders stand, and how many at most


@dataclass(frozen=True, slots=True, eq=False)
class Case:
    """A block and what is tried on it.

    Attributes
    ----------
    truth, owners
        (n,) the true counts of its cells, and who knows each.
    columns
        (m, n) the block's matrix by column.
    """

    block: Block
    asked: Trials
    truth: Real
    owners: Whole
    columns: sparse.csc_array

    def near(self, start: Whole, steps: int, most: int, known: Whole) -> Whole:
        """Cells within some steps of a few, from sum to sum: at each step the `most` largest of a sum, none of some holders'."""
        if steps == FAR and not len(known):
            return np.arange(len(self.truth))
        found = np.zeros(len(self.truth), dtype=bool)
        found[start] = True
        front = start
        for _ in range(steps):
            part = self.block.matrix[np.unique(self.columns[:, front].indices)]
            row = np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
            new = ~found[part.indices] & ~np.isin(self.owners[part.indices], known)
            cell, row = part.indices[new], row[new]
            order = np.lexsort((cell, -self.truth[cell], row))
            cell, row = cell[order], row[order]
            front = np.unique(cell[np.arange(len(row)) - np.searchsorted(row, row) < most])
            if not len(front):
                break
            found[front] = True
        return np.flatnonzero(found)

    def breakers(self, number: int, against: Against) -> Iterator[int]:
        """Those of some holders, or else -1, against whom a trial fails."""
        mine = int(self.owners[self.asked.cell[number]])
        if against is None:
            cells = self.holding(number, np.zeros(0, dtype=np.int64), WIDTHS)
            if cells is None:
                yield NOBODY
                return
            against = frozenset(self.owners[cells].tolist()) - {NOBODY, mine}
        waiting = [np.array(sorted(against), dtype=np.int64)] if mine != NOBODY and against else []
        while waiting:
            some = waiting.pop()
            if self.holding(number, some, WIDTHS if len(some) == 1 else WIDTHS[:-1]) is not None:
                continue
            if len(some) == 1:
                yield int(some[0])
            else:
                waiting += np.array_split(some, 2)

    def holding(self, number: int, known: Whole, widths: tuple[tuple[int, int], ...]) -> Whole | None:
        """Cells among which a trial succeeds, none of some holders': the first patch that is wide enough; None where none is."""
        before = 0
        for steps, most in widths if len(self.truth) > FEW else widths[-1:]:
            cells = self.near(self.asked.cell[[number]], steps, most, known)
            if len(cells) > before and not self.lost(cells, np.array([number]), thorough=True)[0]:
                return cells
            before = len(cells)
        return None

    def lost(self, cells: Whole, numbers: Whole, thorough: bool) -> Mask:
        """Which of some trials fail among some cells, where all the others are known."""
        some = self.asked.within(cells, numbers, self.truth)
        columns = self.columns[:, cells]
        rows, row = np.unique(columns.indices, return_inverse=True)
        shape = (len(rows), len(cells))
        matrix = sparse.csc_array((columns.data, row, columns.indptr), shape=shape).tocsr()
        sums, low, high = matrix @ self.truth[cells], self.block.low[cells], self.block.high[cells]
        part = Block(self.block.cells[cells], matrix, sums, *implied(matrix, sums, low, high))
        return failed(part, some, self.truth[cells], np.ones(len(numbers), dtype=bool), thorough)


def together(case: Case, left: dict[int, Against]) -> None:
    """Try what is left in small sets of holders at once: what some point reaches stands against every holder outside the set."""
    nobody = np.zeros(0, dtype=np.int64)
    width = WIDTHS[0] if len(case.truth) > MANY else WIDTHS[-1]
    tried: set[int] = set()
    for number in left:
        if number in tried or left[number] == SETTLED:
            continue
        cells = case.near(case.asked.cell[[number]], *width, nobody)
        near = np.flatnonzero(np.isin(case.asked.cell, cells)).tolist()
        inside = np.array([other for other in near if left.get(other, SETTLED) != SETTLED])
        tried.update(inside.tolist())
        for company in _companies(np.setdiff1d(case.owners[cells], [NOBODY])):
            _try(case, left, cells, inside, company)


def _try(case: Case, left: dict[int, Against], cells: Whole, numbers: Whole, company: Whole) -> None:
    """Try what is left of some trials among the cells of a set of holders, and those of nobody."""
    members, outside = np.append(company, NOBODY), frozenset(company.tolist())
    numbers = numbers[np.isin(case.owners[case.asked.cell[numbers]], members)]
    numbers = np.array([n for n in numbers.tolist() if _opens(left[n], outside)], dtype=np.int64)
    if not len(numbers):
        return
    lost = case.lost(cells[np.isin(case.owners[cells], members)], numbers, thorough=False)
    for number in numbers[~lost].tolist():
        mine = int(case.owners[case.asked.cell[number]])
        against = left[number]
        found = outside - {mine} if against is None else against & outside
        left[number] = SETTLED if mine == NOBODY else found


def _opens(against: Against, outside: frozenset[int]) -> bool:
    """Whether success among some holders' cells would settle anything more."""
    return against is None or not against <= outside


def _companies(holders: Whole) -> Iterator[Whole]:
    """All holders, and then small sets of them, different neighbours each time."""
    for apart, size in COMPANIES if len(holders) else COMPANIES[:1]:
        order = np.argsort(np.arange(len(holders)) % apart, kind="stable")
        yield from np.array_split(holders[order], max(-(-len(holders) // size), 1))
