"""One-to-one: which pairs hold when each record is about one pupil and each pupil has one record."""

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import linear_sum_assignment
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

DIGITS = 6


def assign(pairs: pd.DataFrame) -> pd.Series:
    """How much worse the best way of pairing everyone would be without each pair; 0 for pairs not in that way.

    That is what tells a pair from its rivals: a pair without any has its own weight, and one of two pairs that are
    equally good has 0. The best way has the largest sum of weights, found for each set of records and pupils that
    hang together (scipy's linear_sum_assignment: the method of Jonker and Volgenant).

    Parameters
    ----------
    pairs : DataFrame
        record, pupil (any labels), weight (bits, above 0), each pair once. The result depends on the order of
        the rows only where the best way is not the only one, and there it is 0 for every pair that may be left out.

    Returns
    -------
    Series
        The margin in bits, indexed as `pairs`.
    """
    if pairs.empty:
        return pd.Series(dtype="float64", index=pairs.index)
    record, pupil = (pd.factorize(pairs[name])[0] for name in ("record", "pupil"))
    nodes = record.max() + pupil.max() + 2
    graph = coo_array((np.ones(len(pairs)), (record, record.max() + 1 + pupil)), shape=(nodes, nodes))
    component = connected_components(graph, directed=False)[1][record]
    weight = pairs["weight"].to_numpy("float64")
    margin = weight.copy()
    shared = np.bincount(component)[component] > 1
    for label in np.unique(component[shared]):
        these = np.flatnonzero(component == label)
        margin[these] = _margins(record[these], pupil[these], weight[these])
    return pd.Series(margin.round(DIGITS), index=pairs.index)


def _margins(
    record: npt.NDArray[np.int64], pupil: npt.NDArray[np.int64], weight: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """The margins of the pairs of one set: the best way is found again without each of its pairs in turn."""
    row, column = (np.unique(labels, return_inverse=True)[1] for labels in (record, pupil))
    table = np.zeros((row.max() + 1, column.max() + 1))
    table[row, column] = weight
    best, chosen = _best(table)
    margins = np.zeros(len(weight))
    for at in np.flatnonzero(chosen[row] == column):
        without = table.copy()
        without[row[at], column[at]] = 0
        margins[at] = best - _best(without)[0]
    return margins


def _best(table: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.int64]]:
    """The largest sum of weights, and the column that each row has in it (-1 for none)."""
    rows, columns = linear_sum_assignment(table, maximize=True)
    chosen = np.full(len(table), -1)
    kept = table[rows, columns] > 0
    chosen[rows[kept]] = columns[kept]
    return float(table[rows, columns].sum()), chosen
