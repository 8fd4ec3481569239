"""Inequalities that every pattern that protects must meet, and the cheapest pattern that meets those found so far."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from evaluation.disclose.requirements import Requirements
from evaluation.disclose.room import EXACT, Ground
from evaluation.disclose.system import NOBODY, Mask, Real, System, Whole

TRACES = (1e-2, 1e-4, 0.0)
WIDE = 300
GRAIN = 1e-4
NODES = 500
RELATIVE_GAP = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """`sum(weights[i] * y[cells[i]]) >= least`, where y is 1 for a withheld cell and 0 for one shown."""

    cells: Whole
    weights: Real
    least: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Near:
    """Cells (k,) in and beside a part, and the relations (m, k) over them.

    Attributes
    ----------
    cells
        Their places in the system.
    withheld
        Of each, whether the pattern withholds it.
    """

    cells: Whole
    matrix: sparse.csr_array
    withheld: Mask


def near(system: System, cells: Whole, withheld: Mask) -> Near:
    """What shares a relation with a part and, where that is not many cells, what shares one with those."""
    columns = system.relations.tocsc()
    rows = np.unique(columns[:, cells].indices)
    found = np.unique(np.append(system.relations[rows].indices, cells))
    if len(found) <= WIDE:
        rows = np.unique(columns[:, found].indices)
        found = np.unique(np.append(system.relations[rows].indices, found))
    return Near(found, system.relations[rows][:, found], withheld[found])


def cut(system: System, around: Near, one: Requirements, holder: int, fixed: Mask) -> Cut:
    """The inequality of Fischetti and Salazar (2001) that a failing requirement gives.

    The prices of the relations in the attacker's linear programme say how much each withheld cell could add to the change asked for; a
    weight larger than the change is cut down to it. Of the many prices that say so, those are taken that the programme has when
    shown cells may move a trace, which leaves the least weight on them (Magnanti and Wong 1981).

    Parameters
    ----------
    one
        A single requirement.
    holder
        The attacker it fails against, -1 for any reader.
    fixed
        (cells,) withheld in every pattern.
    """
    need, cells = one.need[0], around.cells
    values = system.values[cells].astype(float)
    known = (system.owners[cells] == holder) & (holder != NOBODY)
    may = ~known & ~system.held[cells]
    group = np.where(one.group >= 0, np.searchsorted(cells, one.group), NOBODY)
    placed = Requirements(np.searchsorted(cells, one.cell), group, one.sign, one.need)
    now = (around.withheld & ~known).astype(float)
    for trace in TRACES if len(cells) <= WIDE else TRACES[-1:]:
        share = np.where(may, np.maximum(now, trace), 0.0)
        weights = _weights(around.matrix, values, placed, share) * may
        if weights @ now < need - EXACT:
            break
    always = fixed[cells] & may
    rest = need - weights[always].sum()
    if rest <= EXACT:  # met by a fraction of a pupil alone: some cell beside the part must be withheld too
        weights, rest = 1 - now, 1.0
    chosen = may & ~always & (weights > EXACT)
    return Cut(cells[chosen], np.minimum(np.ceil(weights[chosen] / rest / GRAIN) * GRAIN, 1.0))


def _weights(matrix: sparse.csr_array, values: Real, one: Requirements, share: Real) -> Real:
    """(k,) how much of the change asked for each cell could add, were it withheld; no more than all of it."""
    direction, need = one.direction(np.ones(1), len(values)), one.need[0]
    found = linprog(
        -direction,
        A_eq=matrix,
        b_eq=np.zeros(matrix.shape[0]),
        bounds=np.column_stack([-values, np.full(len(values), need)]) * share[:, None],
        options={"presolve": False},
    )
    reach = direction + matrix.T @ found.eqlin.marginals
    return np.where(reach > EXACT, need, np.minimum(np.where(reach < -EXACT, -reach, 0.0) * values, need))


def lone(relations: sparse.csr_array, withheld: Mask, chosen: Mask) -> Iterator[Cut]:
    """That no chosen cell is the only one withheld of a relation, for each that is: it could be worked out, and so shown.

    Every cheapest pattern meets these, since showing what can be worked out loses nothing and costs less.
    """
    entries = relations.tocoo()
    totals = np.bincount(entries.row, withheld[entries.col], relations.shape[0])
    broken = chosen[entries.col] & (totals[entries.row] == 1)
    for row, cell in zip(entries.row[broken], entries.col[broken], strict=True):
        cells = relations.indices[relations.indptr[row] : relations.indptr[row + 1]]
        yield Cut(cells, np.where(cells == cell, -1.0, 1.0), 0.0)


def tidied(ground: Ground, withheld: Mask, fixed: Mask, cell: int) -> Whole:
    """Show a cell in a pattern, and then what is left as the only one withheld of a relation and not fixed: it can be worked out.

    Returns
    -------
    cells
        What is shown.
    """
    relations, columns = ground.system.relations, ground.columns
    waiting, shown = [cell], []
    while waiting:
        cell = waiting.pop()
        if not withheld[cell]:
            continue
        withheld[cell] = False
        shown.append(cell)
        for row in columns.indices[columns.indptr[cell] : columns.indptr[cell + 1]]:
            cells = relations.indices[relations.indptr[row] : relations.indptr[row + 1]]
            left = cells[withheld[cells]]
            if len(left) == 1 and not fixed[left[0]]:
                waiting.append(int(left[0]))
    return np.array(shown)


def cheapest(
    cuts: Sequence[Cut], system: System, fixed: Mask, known: dict[tuple[int, ...], tuple[Mask, float]]
) -> tuple[Mask, float]:
    """The cells to withhold beside the fixed ones, and what any choice must cost at least.

    Cuts that share no open cell are solved apart. The work is limited by a number of nodes, not by time, so that the same counts
    always give the same release; the choices of `known` groups of cuts, by their places, are kept from one call to the next.

    Returns
    -------
    chosen, bound
        (cells,), and the lower bound that the solver proved.
    """
    chosen, bound = np.zeros(len(fixed), dtype=bool), 0.0
    for places in _apart(cuts, fixed):
        group = [cuts[place] for place in places]
        if places not in known:
            known[places] = _cheapest(group, system, fixed)
        chosen[np.unique(np.concatenate([cut.cells for cut in group]))] = known[places][0]
        bound += known[places][1]
    return chosen & ~fixed, bound


def _cheapest(group: Sequence[Cut], system: System, fixed: Mask) -> tuple[Mask, float]:
    """`cheapest` among the cells of cuts that share open cells, in order."""
    names, columns = np.unique(np.concatenate([cut.cells for cut in group]), return_inverse=True)
    rows = np.repeat(np.arange(len(group)), [len(cut.cells) for cut in group])
    matrix = sparse.csr_array((np.concatenate([cut.weights for cut in group]), (rows, columns)))
    found = milp(
        np.where(fixed[names], 0.0, system.costs[names]),
        constraints=LinearConstraint(matrix, np.array([cut.least for cut in group]), np.inf),
        bounds=Bounds(fixed[names].astype(float), (~system.held[names]).astype(float)),
        integrality=np.ones(len(names)),
        options={"node_limit": NODES, "mip_rel_gap": RELATIVE_GAP, "presolve": False},
    )
    return ~system.held[names] if found.x is None else found.x > 0.5, found.mip_dual_bound or 0.0


def _apart(cuts: Sequence[Cut], fixed: Mask) -> list[tuple[int, ...]]:
    """The places of cuts in groups that share no open cell."""
    cells = np.concatenate([cut.cells for cut in cuts]) if cuts else np.zeros(0, dtype=np.int64)
    rows = np.repeat(np.arange(len(cuts)), [len(cut.cells) for cut in cuts])
    size = len(cuts) + len(fixed)
    link = ~fixed[cells]
    graph = sparse.csr_array((np.ones(link.sum()), (rows[link], len(cuts) + cells[link])), shape=(size, size))
    labels = sparse.csgraph.connected_components(graph, directed=False)[1][: len(cuts)]
    groups: dict[int, list[int]] = {}
    for place, label in enumerate(labels.tolist()):
        groups.setdefault(label, []).append(place)
    return [tuple(places) for places in groups.values()]
