"""What most files say: each source is a witness, and a school's own list a stronger one."""

import pandas as pd

# A list outweighs one company's results, and two of those outweigh a list.
LIST, RESULTS = 1.5, 1.0


def weights(rows: pd.DataFrame) -> pd.Series:
    """The weight of each row's source."""
    return rows["kind"].map({"pupils": LIST, "scores": RESULTS})


def agreed(rows: pd.DataFrame, by: list[str], name: str) -> pd.Series:
    """For each row the value of `name` that most files give to the pupil; NA where none gives one.

    Parameters
    ----------
    rows : DataFrame
        With source, kind and the columns of `by`; a source counts once for each value. Where two values weigh the
        same the first met stands.
    by : list of str
        The columns that say whose value it is.
    """
    said = rows.dropna(subset=[*by, name]).drop_duplicates(["source", *by, name])
    weight = weights(said).groupby([said[column] for column in (*by, name)], sort=False).sum()
    ranked = weight.rename("weight").reset_index().sort_values("weight", ascending=False, kind="stable")
    best: pd.Series = ranked.drop_duplicates(by).set_index(by)[name]
    where = pd.MultiIndex.from_frame(rows[by]) if len(by) > 1 else rows[by[0]]
    return best.reindex(where).set_axis(rows.index)
