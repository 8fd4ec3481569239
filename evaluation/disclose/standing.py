"""A figure by disadvantage stands as last published while it has changed by little.

Two exact figures of two runs tell the status of the one pupil who came or went between them. So what an audience was last shown by
disadvantage is shown again while what is true now differs from it by less than the minimum of pupils: in number, and in what that
many scores could make of a mean.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from evaluation.disclose.cells import KEY, Key
from evaluation.disclose.release import Release

FIGURES = ["n", "mean", "sd", "rounded_to"]
DIFFERENCE = ["level", "unit", "measure", "outcome"]
SHARES = ["treated", "control"]
HALF_STEP = 0.005
SAME_POLICY = ("audience", "minimum_cell", "subgroups", "steady", "words")


def comparable(meta: Mapping[str, Any], last: Release) -> bool:
    """Whether a release was made for the same audience, under the same policy and in the same words."""
    return all(meta[name] == last.meta.get(name) for name in SAME_POLICY)


def shown_last(last: Release) -> dict[Key, bool]:
    """Of each count by disadvantage in the last release, whether it was shown."""
    table = last.tables["descriptives"]
    table = table[table["split"].str.contains("disadvantaged")]
    return dict(zip(table[KEY].itertuples(index=False, name=None), table["symbol"] == "", strict=True))


def standing_means(
    fresh: pd.DataFrame, last: Release, minimum: int, widths: Mapping[str, float]
) -> tuple[pd.DataFrame, bool]:
    """Descriptives with the figures by disadvantage that stand, and whether any does that would be otherwise now.

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
    before = _same_rows(last.tables["descriptives"], fresh, KEY)
    both = fresh["split"].str.contains("disadvantaged") & (fresh["symbol"] == "") & (before["symbol"] == "")
    moved = (fresh["n"] - before["n"]).abs()
    shifted = (fresh["mean"] - before["mean"]).abs()
    much = (moved >= minimum) | (shifted >= minimum * fresh["outcome"].map(widths) / fresh["n"])
    stands = both & ~much
    published = fresh.copy()
    published.loc[stands, FIGURES] = before.loc[stands, FIGURES]
    return published, not published[FIGURES].equals(fresh[FIGURES])


def standing_gaps(fresh: pd.DataFrame, last: Release) -> pd.DataFrame:
    """Differences with each gap whose two means stand, and so its estimate, as it was: its interval would tell as well."""
    before = _same_rows(last.tables["differences"], fresh, DIFFERENCE)
    stands = (fresh["measure"] == "gap") & (fresh["symbol"] == "") & (before["symbol"] == "")
    for name in ("estimate", "n_1", "n_2"):
        stands &= fresh[name] == before[name]
    return _as_before(fresh, before, stands, DIFFERENCE)


def standing_shares(fresh: pd.DataFrame, exact: pd.DataFrame, last: Release, minimum: int) -> pd.DataFrame:
    """Balance with the proportions that stand: those that fewer than the minimum of pupils in an arm could have changed.

    Parameters
    ----------
    fresh, exact
        The balance as it would be published now, and at full precision with the number of pupils in each arm.
    last
        What the same audience was last shown.
    minimum
        The smallest count.
    """
    before = _same_rows(last.tables["balance"], fresh, ["characteristic"])
    stands = (
        fresh["characteristic"].str.startswith("proportion")
        & (before["symbol"] == "")
        & (fresh["symbol"] == "")
    )
    for arm in SHARES:
        # What was shown was rounded: half a step of it is no change.
        stands &= (exact[arm] - before[arm]).abs() < minimum / exact[f"n_{arm}"] + HALF_STEP
    return _as_before(fresh, before, stands, ["characteristic"])


def _same_rows(table: pd.DataFrame, fresh: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The rows of an earlier table that `fresh` has, in its order and with its index; missing where there was none."""
    wanted = fresh[keys].reset_index(names="_at")
    return wanted.merge(table.drop_duplicates(keys), on=keys, how="left").set_index("_at").loc[fresh.index]


def _as_before(fresh: pd.DataFrame, before: pd.DataFrame, stands: pd.Series, keys: list[str]) -> pd.DataFrame:
    columns = [name for name in fresh.columns if name not in keys]
    published = fresh.copy()
    published.loc[stands, columns] = before.loc[stands, columns]
    return published
