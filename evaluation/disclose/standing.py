"""Figures by disadvantage stand as last published until enough has changed.

Two exact figures of two runs tell the status of the one pupil who came or went between them. So what an audience was last shown by
disadvantage is shown again, values and symbols alike, until every figure that differs does so by the minimum of pupils or more.
"""

from collections.abc import Mapping

import pandas as pd

from evaluation.disclose.release import Release

ABOUT_STATUS = {
    "descriptives": ["level", "unit", "split", "group", "outcome"],
    "differences": ["level", "unit", "measure", "outcome"],
    "school_gaps": ["school"],
    "balance": ["characteristic"],
    "claims": ["level", "unit", "question"],
}
SAME_POLICY = ("audience", "minimum_cell", "subgroups", "steady", "words")


def stands(
    fresh: Mapping[str, pd.DataFrame], meta: Mapping[str, object], last: Release, widths: Mapping[str, float]
) -> bool:
    """Whether the figures by disadvantage of the last release are to be shown again.

    Parameters
    ----------
    fresh, meta
        The tables as they would be published now, and what they are about.
    last
        What the same audience was last shown.
    widths
        For each outcome the range of one pupil's score, in its units.
    """
    if any(meta[name] != last.meta.get(name) for name in SAME_POLICY):
        return False
    keys = ABOUT_STATUS["descriptives"]
    both = by_status(fresh["descriptives"], "descriptives").merge(
        by_status(last.tables["descriptives"], "descriptives"), on=keys, suffixes=("", "_last")
    )
    minimum = int(str(meta["minimum_cell"]))
    hidden = (both["symbol"] != "") & (both["symbol_last"] != "")
    moved, shifted = (both["n"] - both["n_last"]).abs(), (both["mean"] - both["mean_last"]).abs()
    differs = ~hidden & ~((both["symbol"] == both["symbol_last"]) & ~(moved > 0) & ~(shifted > 0))
    much = (moved >= minimum) | (shifted >= minimum * both["outcome"].map(widths) / both["n"])
    return bool((differs & ~much).any())


def as_last_shown(fresh: Mapping[str, pd.DataFrame], last: Release) -> dict[str, pd.DataFrame]:
    """The tables with every row by disadvantage that the last release has as it stands there; rows new to it as they are."""
    return {
        name: _replaced(table, by_status(last.tables[name], name), name) if name in ABOUT_STATUS else table
        for name, table in fresh.items()
    }


def by_status(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """The rows of a table that tell pupils apart by disadvantage, or by another characteristic of theirs."""
    if name == "descriptives":
        return table[table["split"].str.contains("disadvantaged")]
    if name == "differences":
        return table[table["measure"] == "gap"]
    if name == "claims":
        return table[(table["question"] == "gap") & (table["level"] != "project")]
    if name == "balance":
        return table[table["characteristic"].str.startswith("proportion")]
    return table


def _replaced(table: pd.DataFrame, earlier: pd.DataFrame, name: str) -> pd.DataFrame:
    keys = ABOUT_STATUS[name]
    kept, shown = table.set_index(keys), earlier.set_index(keys)
    same = kept.index.intersection(shown.index)
    kept.loc[same] = shown.loc[same, kept.columns].astype(kept.dtypes)
    return kept.reset_index()[list(table.columns)]
