"""A figure by disadvantage stands as last published while it has changed by little.

Two exact figures of two runs tell the status of the one pupil who came or went between them. So what an audience was last shown by
disadvantage is shown again while what is true now differs from it by less than the minimum of pupils: in number, and in what that
many scores could make of a mean.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.disclose.release import Release

CELL = ["level", "unit", "split", "group", "outcome"]
FIGURES = ["n", "mean", "sd", "rounded_to"]
SHARES = ["treated", "control"]
SAME_POLICY = ("audience", "minimum_cell", "subgroups", "steady", "words")


def comparable(meta: Mapping[str, Any], last: Release) -> bool:
    """Whether a release was made for the same audience, under the same policy and in the same words."""
    return all(meta[name] == last.meta.get(name) for name in SAME_POLICY)


def standing_means(
    fresh: pd.DataFrame, last: Release, minimum: int, widths: Mapping[str, float]
) -> tuple[pd.DataFrame, bool]:
    """Descriptives with the rows by disadvantage that stand, and whether any does that would be otherwise now.

    A row withheld then stays so; a row withheld now is withheld.

    Parameters
    ----------
    fresh
        The descriptives as they would be published now.
    last
        What the same audience was last shown.
    minimum
        The smallest count.
    widths
        For each outcome the range of one pupil's score, in its units.
    """
    before = last.tables["descriptives"].set_index(CELL).reindex(pd.MultiIndex.from_frame(fresh[CELL]))
    before.index = fresh.index
    by_status = fresh["split"].str.contains("disadvantaged") & before["symbol"].notna()
    both = by_status & (fresh["symbol"] == "") & (before["symbol"] == "")
    moved = (fresh["n"] - before["n"]).abs()
    shifted = (fresh["mean"] - before["mean"]).abs()
    little = ~(moved >= minimum) & ~(shifted >= minimum * fresh["outcome"].map(widths) / fresh["n"])
    stands = both & little & ((moved > 0) | (shifted > 0))
    hidden = by_status & (fresh["symbol"] == "") & (before["symbol"] != "")
    published = fresh.copy()
    published.loc[stands, FIGURES] = before.loc[stands, FIGURES]
    published.loc[hidden, FIGURES] = float("nan")
    published.loc[hidden, "symbol"] = before.loc[hidden, "symbol"]
    return published, bool((stands | hidden).any())


def standing_shares(
    fresh: pd.DataFrame, last: Release, counts: Mapping[str, pd.Series], minimum: int
) -> pd.DataFrame:
    """Balance with the proportions that stand: those that fewer than the minimum of pupils in an arm could have changed.

    Parameters
    ----------
    fresh
        The balance as it would be published now.
    last
        What the same audience was last shown.
    counts
        For each arm the number of pupils of each row.
    minimum
        The smallest count.
    """
    before = last.tables["balance"].drop_duplicates("characteristic").set_index("characteristic")
    before = before.reindex(fresh["characteristic"]).set_axis(fresh.index)
    stands = (
        fresh["characteristic"].str.startswith("proportion")
        & (before["symbol"] == "")
        & (fresh["symbol"] == "")
    )
    for arm in SHARES:
        stands &= (fresh[arm] - before[arm]).abs() * counts[arm] < minimum
    published = fresh.copy()
    columns = [name for name in fresh.columns if name != "characteristic"]
    published.loc[stands, columns] = before.loc[stands, columns]
    return published
