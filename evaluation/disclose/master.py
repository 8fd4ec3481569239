"""The cheapest pattern of withheld cells that meets the inequalities found so far."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from evaluation.disclose.separate import Cut
from evaluation.disclose.system import Mask, Real

NODES = 2000
RELATIVE_GAP = 1e-6


def cheapest(cuts: Sequence[Cut], costs: Real) -> tuple[Mask, float]:
    """Cells to withhold, and what they must cost at least.

    Cuts that share no cell are solved apart. The work is limited by a number of nodes, not by time, so that the same counts
    give the same release.

    Parameters
    ----------
    costs
        (cells,).

    Returns
    -------
    chosen, bound
        (cells,), and the lower bound that the solver proved for the cost of any choice.
    """
    chosen, bound = np.zeros(len(costs), dtype=bool), 0.0
    for group in _apart(cuts):
        names, columns = np.unique(np.concatenate([cut.cells for cut in group]), return_inverse=True)
        rows = np.repeat(np.arange(len(group)), [len(cut.cells) for cut in group])
        matrix = sparse.csr_array((np.concatenate([cut.weights for cut in group]), (rows, columns)))
        found = milp(
            costs[names],
            constraints=LinearConstraint(matrix, 1.0, np.inf),
            bounds=Bounds(0, 1),
            integrality=np.ones(len(names)),
            options={"node_limit": NODES, "mip_rel_gap": RELATIVE_GAP},
        )
        if found.x is None:
            chosen[names] = True
        else:
            chosen[names[found.x > 0.5]] = True
            bound += found.mip_dual_bound
    return chosen, bound


def _apart(cuts: Sequence[Cut]) -> list[list[Cut]]:
    """Cuts in groups that share no cell."""
    if not cuts:
        return []
    columns = np.unique(np.concatenate([cut.cells for cut in cuts]), return_inverse=True)[1]
    rows = np.repeat(np.arange(len(cuts)), [len(cut.cells) for cut in cuts])
    size = len(cuts) + int(columns.max()) + 1
    graph = sparse.csr_array((np.ones(len(rows)), (rows, len(cuts) + columns)), shape=(size, size))
    labels = sparse.csgraph.connected_components(graph, directed=False)[1][: len(cuts)]
    groups: dict[int, list[Cut]] = {}
    for label, cut in zip(labels, cuts, strict=True):
        groups.setdefault(int(label), []).append(cut)
    return list(groups.values())
