"""What a shown figure tells of a count: percentages, differences and means as the counts they reveal; two releases as one."""

import numpy as np
from scipy import sparse

from evaluation.disclose.system import NOBODY, Mask, Real, System, Whole
from evaluation.errors import DataError


def of_percentage(shown: Real, base: Whole, decimals: int = 0) -> tuple[Real, Real]:
    """The counts that a rounded percentage of a known base allows.

    Parameters
    ----------
    shown, base
        (cells,) percentages from 0 to 100 as shown, and the counts they are of.
    decimals
        Decimal places shown. A figure stands for everything within half a unit of its last place, both ends included.

    Returns
    -------
    low, high
        (cells,) whole numbers, both the same where the percentage gives the count away.
    """
    half = 0.5 * 10.0**-decimals
    low = np.ceil((shown - half) * base / 100 - 1e-9)
    high = np.floor((shown + half) * base / 100 + 1e-9)
    return np.maximum(low, 0.0), np.minimum(high, base.astype(float))


def of_mean(shown: Real, n: Whole, lowest: float, highest: float, decimals: int = 1) -> tuple[Real, Real]:
    """The least and the most that one of n pupils can have scored, given their mean as shown and the test's range.

    With few pupils near an end of the range a mean bounds each of them.

    Parameters
    ----------
    shown, n
        (cells,) means as shown, and the pupils each is of, 1 or more.
    lowest, highest
        The ends of the test's scale.
    """
    half = 0.5 * 10.0**-decimals
    least = n * (shown - half) - (n - 1) * highest
    most = n * (shown + half) - (n - 1) * lowest
    return np.clip(least, lowest, highest), np.clip(most, lowest, highest)


def two_releases(now: System, before: Whole, shown_before: Mask) -> System:
    """This release and the last as one system, for what their differences tell.

    Each count of now is those who stayed and those added, and each of before those who stayed and those removed. Added and removed
    are counts like any other, protected when under the minimum: 1 to a few pupils joining or leaving cannot then be
    told of. Between the children of a relation pupils may also have moved. Nothing is taken as known of how many move, and
    joining and leaving are netted, the least that the two counts imply.

    Parameters
    ----------
    now
        (cells,) this release's counts.
    before
        (cells,) the last release's counts of the same cells.
    shown_before
        (cells,) what the last release showed, which can be withheld no more.

    Returns
    -------
    System
        The cells of now, of before, added, removed and stayed, in that order, then one of movers for each relation.
    """
    cells, ties = now.relations.shape[1], now.relations.shape[0]
    if len(before) != cells or len(shown_before) != cells or (now.relations @ before).any():
        raise DataError("The last release's counts are not those of the same cells, or do not add up.")
    added, removed = np.maximum(now.values - before, 0), np.maximum(before - now.values, 0)
    one, none = sparse.eye_array(cells), sparse.csr_array((cells, cells))
    aside, moving = sparse.csr_array((cells, ties)), sparse.eye_array(ties)
    apart = sparse.csr_array((ties, cells))
    still = sparse.csr_array((ties, ties))
    relations = sparse.block_array(
        [
            [now.relations, apart, apart, apart, apart, still],
            [apart, now.relations, apart, apart, apart, still],
            [one, none, -one, none, -one, aside],
            [none, one, none, -one, -one, aside],
            [apart, apart, now.relations, apart, apart, moving],
            [apart, apart, apart, now.relations, apart, moving],
        ]
    )
    places = np.arange(cells)
    return System(
        values=np.concatenate(
            [
                now.values,
                before,
                added,
                removed,
                np.minimum(now.values, before),
                -(now.relations @ added).astype(np.int64),
            ]
        ),
        groups=np.concatenate(
            [
                now.groups,
                np.where(now.groups < 0, NOBODY, now.groups + cells),
                places,
                places + cells,
                places,
                np.full(ties, NOBODY),
            ]
        ),
        relations=sparse.csr_array(relations),
        costs=np.concatenate([now.costs, np.zeros(4 * cells + ties)]),
        held=np.concatenate([now.held, shown_before, np.zeros(3 * cells + ties, dtype=bool)]),
        owners=np.concatenate([np.tile(now.owners, 5), np.full(ties, NOBODY)]),
    )
