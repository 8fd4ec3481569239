"""Values that stand beside the row they belong to: two exchanged, or a run of them moved up or down."""

from collections.abc import Sequence

import pandas as pd

from evaluation.clean.compact import plain
from evaluation.clean.issues import PLACE

FEWEST_MOVED = 3


def tables_of(every: pd.DataFrame, asked: pd.Index, names: Sequence[str]) -> pd.DataFrame:
    """The tables, whole, that some of the rows stand in: place and the columns named of each row."""
    table = every.groupby(PLACE[:3], sort=False).ngroup()
    return plain(every.loc[table.isin(table[asked].unique()), [*PLACE, *names]])


def table_names(rows: pd.DataFrame) -> pd.Series:
    """What names the table of each row."""
    return rows["source"] + "|" + rows["file"] + "|" + rows["sheet"]


def patterns(tables: pd.Series, own: pd.Series, wanted: pd.Series) -> pd.DataFrame:
    """Where the value a row ought to have stands in its table, and what pattern such rows make.

    Parameters
    ----------
    tables : Series
        The table of each row, in the file's order.
    own : Series
        What stands in each row.
    wanted : Series
        What ought to stand there, for the rows in question alone; NA where not known.

    Returns
    -------
    DataFrame
        One row for each of `wanted`: `offset`, rows down to the nearest row of the table that has the value
        (NA for none), and `pattern`: "swapped" for two rows with each other's, "moved" for three or more
        next to each other whose values are the same number of rows away, else "".
    """
    place = tables.groupby(tables).cumcount()
    holders = pd.DataFrame({"table": tables, "value": own, "held": place}).dropna()
    asked = pd.DataFrame({"table": tables[wanted.index], "value": wanted, "at": place[wanted.index]})
    found = asked.rename_axis("row_at").reset_index().merge(holders, on=["table", "value"], how="left")
    found = found.assign(offset=found["held"] - found["at"]).sort_values(
        "offset", key=lambda offset: offset.abs(), kind="stable"
    )
    nearest = found.drop_duplicates("row_at").set_index("row_at")["offset"].reindex(wanted.index)
    asked = asked.assign(offset=nearest)
    return pd.DataFrame({"offset": nearest, "pattern": _pattern(asked)})


def _pattern(asked: pd.DataFrame) -> pd.Series:
    there = asked.set_index(["table", "at"])["offset"]
    other = pd.MultiIndex.from_arrays([asked["table"], asked["at"] + asked["offset"].fillna(0)])
    back = pd.Series(there.reindex(other).to_numpy(), index=asked.index)
    swapped = (asked["offset"] != 0) & (back == -asked["offset"])
    ordered = asked.sort_values(["table", "at"])
    follows = (ordered[["table", "offset"]] == ordered[["table", "offset"]].shift()).all(axis=1)
    run = (~(follows & (ordered["at"].diff() == 1))).cumsum()
    long = run.groupby(run).transform("size") >= FEWEST_MOVED
    moved = (long & ordered["offset"].notna() & (ordered["offset"] != 0)).reindex(asked.index)
    return pd.Series("", index=asked.index, dtype="str").mask(moved, "moved").mask(swapped, "swapped")


def where(pattern: pd.DataFrame, rows: pd.DataFrame) -> pd.Series:
    """For each row of `pattern`, how its place is told: the other row of a swap, or how far a run was moved."""
    place = rows.groupby(["source", "file", "sheet"]).cumcount()
    at = pd.MultiIndex.from_frame(rows[["source", "file", "sheet"]].assign(place=place))
    numbers = pd.Series(rows["row"].to_numpy(), index=at)
    theirs = at[rows.index.get_indexer(pattern.index)].to_frame()
    theirs["place"] = theirs["place"].to_numpy() + pattern["offset"].fillna(0).to_numpy()
    other = numbers.reindex(pd.MultiIndex.from_frame(theirs)).to_numpy()
    told = [
        f"Row {int(number)} has it instead, and this row that one's." if kind == "swapped"
        else f"So it is for the rows beside it: the column is moved by {abs(int(offset))}." if kind == "moved"
        else ""
        for kind, offset, number in zip(pattern["pattern"], pattern["offset"], other, strict=True)
    ]  # fmt: skip
    return pd.Series(told, index=pattern.index, dtype="str")
