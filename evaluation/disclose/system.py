"""Counts tied together by addition: all that an audience holds, as one system of linear relations."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from evaluation.errors import DataError

Mask = NDArray[np.bool_]
Whole = NDArray[np.int64]
Real = NDArray[np.float64]
NOBODY = -1
UNKNOWN = -1
FREE, SMALL, KEPT = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class System:
    """Counts, their groups, and the sums that tie them.

    Attributes
    ----------
    values
        (cells,) counts of pupils, 0 or more; -1 where a count is not known, as to who audits a release from its files.
    groups
        (cells,) the cell that is a cell's whole group; itself or -1 where there is none.
    relations
        (relations, cells) sparse: 1 for a parent, -1 for each of its children, so that `relations @ values` is 0.
    costs
        (cells,) information lost when a cell is withheld. A cell of no cost is not for showing: it is always withheld.
    held
        (cells,) known already, from an earlier release: may not be withheld.
    owners
        (cells,) the holder (a school, say) that knows the cell from its own pupils; -1 where nobody does.
    watch
        (cells,) FREE where the rule has no say, SMALL where it protects a small count, KEPT where the audience is not to learn
        the count whatever its size: it must then look as if it might be lower by the minimum. SMALL everywhere when left out.

    Raises
    ------
    DataError
        When the lengths differ, a count is below 0 or above its group's, or a parent is not its children's sum.
    """

    values: Whole
    groups: Whole
    relations: sparse.csr_array
    costs: Real
    held: Mask
    owners: Whole
    watch: Whole | None = None

    def __post_init__(self) -> None:
        cells = len(self.values)
        lengths = {
            len(self.groups),
            len(self.costs),
            len(self.held),
            len(self.owners),
            self.relations.shape[1],
        }
        if lengths != {cells}:
            raise DataError(f"A system of {cells} counts whose parts have other lengths: {sorted(lengths)}.")
        if (self.values < UNKNOWN).any() or (self.costs < 0).any():
            raise DataError("A count or a cost below zero.")
        known = self.values != UNKNOWN
        whole = abs(self.relations) @ ~known == 0
        wrong = np.flatnonzero((self.relations @ self.values != 0) & whole)
        if len(wrong):
            raise DataError(f"{len(wrong)} of the relations do not add up; the first is number {wrong[0]}.")
        group = np.where(self.groups < 0, np.arange(cells), self.groups)
        if (group >= cells).any() or (known[group] & (self.values > self.values[group])).any():
            raise DataError("A count that is larger than its group's, or whose group is not in the system.")

    @property
    def complements(self) -> Whole:
        """(cells,) how many of a cell's group are not in it; -1 where it has no group."""
        grouped = self.grouped
        return np.where(grouped, self.values[np.where(grouped, self.groups, 0)] - self.values, -1)

    @property
    def grouped(self) -> Mask:
        """(cells,) whether a cell has a group other than itself."""
        return (self.groups >= 0) & (self.groups != np.arange(len(self.values)))

    def protected(self, minimum: int) -> Mask:
        """(cells,) the counts under the minimum, zero included, and those whose complement is."""
        small = (self.values < minimum) | (self.grouped & (self.complements < minimum))
        return small if self.watch is None else small & (self.watch != FREE)

    def kept(self, minimum: int) -> Mask:
        """(cells,) the counts that are not protected for their size, and are not to be learnt all the same."""
        if self.watch is None:
            return np.zeros(len(self.values), dtype=bool)
        return (self.watch == KEPT) & ~self.protected(minimum)


def closed(system: System) -> System:
    """The system with a cell added for the rest of a group, wherever no relation says that a cell is part of its group.

    The added cells come last, have no group, cost nothing and are therefore never shown.
    """
    cells = np.flatnonzero(system.grouped & ~_within_group(system))
    if not len(cells):
        return system
    groups, size = system.groups[cells], len(system.values)
    rows = np.arange(len(cells))
    ones = np.ones(len(cells))
    entries = np.concatenate([ones, -ones, -ones])
    columns = np.concatenate([groups, cells, size + rows])
    rests = sparse.csr_array((entries, (np.tile(rows, 3), columns)), shape=(len(cells), size + len(cells)))
    widened = system.relations.copy()
    widened.resize((system.relations.shape[0], size + len(cells)))
    owners = np.where(system.owners[cells] == system.owners[groups], system.owners[cells], NOBODY)
    known = (system.values[cells] != UNKNOWN) & (system.values[groups] != UNKNOWN)
    return System(
        values=np.append(
            system.values, np.where(known, system.values[groups] - system.values[cells], UNKNOWN)
        ),
        groups=np.append(system.groups, np.full(len(cells), NOBODY)),
        relations=sparse.csr_array(sparse.vstack([widened, rests])),
        costs=np.append(system.costs, np.zeros(len(cells))),
        held=np.append(system.held, np.zeros(len(cells), dtype=bool)),
        owners=np.append(system.owners, owners),
        watch=None if system.watch is None else np.append(system.watch, np.full(len(cells), FREE)),
    )


def _within_group(system: System) -> Mask:
    """Cells that a relation with one parent, their group, has among its children."""
    entries = system.relations.tocoo()
    parents = np.bincount(entries.row[entries.data > 0], minlength=system.relations.shape[0])
    parent = np.full(system.relations.shape[0], NOBODY)
    parent[entries.row[entries.data > 0]] = entries.col[entries.data > 0]
    parent[parents != 1] = NOBODY
    children = entries.data < 0
    child, above = entries.col[children], parent[entries.row[children]]
    found = np.zeros(len(system.values), dtype=bool)
    found[child[(above >= 0) & (above == system.groups[child])]] = True
    return found


def components(relations: sparse.csr_array, unknown: Mask) -> tuple[int, Whole]:
    """Unknown cells that relations tie together.

    Parameters
    ----------
    relations
        (relations, cells).
    unknown
        (cells,).

    Returns
    -------
    number, labels
        How many components there are, and (cells,) the component of each cell, -1 where it is known.
    """
    columns = np.flatnonzero(unknown)
    labels = np.full(len(unknown), NOBODY)
    if not len(columns):
        return 0, labels
    block = abs(relations[:, columns])
    graph = sparse.block_array([[None, block], [block.T, None]])
    found = sparse.csgraph.connected_components(graph, directed=False)[1][block.shape[0] :]
    names, labels[columns] = np.unique(found, return_inverse=True)
    return len(names), labels


def build_relations(sums: Sequence[tuple[int, Sequence[int]]], cells: int) -> sparse.csr_array:
    """(relations, cells) from pairs of a parent and its children."""
    lengths = [len(children) for _, children in sums]
    rows = np.concatenate([np.arange(len(sums)), np.repeat(np.arange(len(sums)), lengths)])
    columns = np.concatenate([[parent for parent, _ in sums], *(list(children) for _, children in sums)])
    entries = np.concatenate([np.ones(len(sums)), -np.ones(sum(lengths))])
    return sparse.csr_array((entries, (rows, columns.astype(int))), shape=(len(sums), cells))
