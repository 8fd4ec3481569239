"""Pupil numbers that the other files of the study give to another pupil."""

import pandas as pd

from evaluation.clean.compact import disputed, plain
from evaluation.clean.issues import issues_at
from evaluation.clean.rules.neighbours import patterns, table_names, tables_of, where
from evaluation.clean.rules.witnesses import weights

_ENDINGS = {"swapped": "_swapped", "moved": "_moved", "": "_of_another"}


def numbers_of_others(every: pd.DataFrame, name: str) -> pd.Series:
    """For each row whose number (`name`: upn or pupil_id) is another's, the number it ought to have.

    Other files know its name and date of birth under another number. Both must be known better elsewhere: the number
    beside another name, and the name beside another number. The row is then linked by name and date of birth.

    Parameters
    ----------
    every : DataFrame
        Cleaned rows of all sources with `kind` and `name_dob`, all of a pupil and of a number.
    """
    wrong, right = _contradicted(every, name)
    return right.set_axis(wrong)


def told_of_numbers(rows: pd.DataFrame, name: str, right: pd.Series, columns: pd.Series) -> pd.DataFrame:
    """An issue for each number left empty, with where in its table the right one stands.

    Parameters
    ----------
    rows : DataFrame
        Whole tables in the file's order, their numbers as they stand.
    right : Series
        From `numbers_of_others`.
    columns : Series
        The heading of the number's column, by row.
    """
    touched = tables_of(rows, right.index, [name])
    pattern = patterns(table_names(touched), touched[name], right)
    told = (
        "By the other files the name and date of birth have another pupil number; it was not used. "
        + where(pattern, touched)
    ).str.strip()
    found = issues_at(rows.loc[right.index], "", "cell", told, columns[right.index])
    return found.assign(rule=name + pattern["pattern"].map(_ENDINGS))


def _contradicted(every: pd.DataFrame, number: str) -> tuple[pd.Index, pd.Series]:
    """Rows with a number that is another's, and the number each ought to have."""
    one, other = every[number], every["name_dob"]
    both = every.loc[disputed(one, other) | disputed(other, one), ["source", "kind", number, "name_dob"]]
    both = plain(both)
    once = both.drop_duplicates(["source", number, "name_dob"])
    pairs = weights(once).groupby([once[number], once["name_dob"]]).sum().rename("weight").reset_index()
    doubtful = pairs[number].duplicated(keep=False) & pairs["name_dob"].duplicated(keep=False)
    for name in (number, "name_dob"):
        doubtful &= pairs["weight"] < pairs.groupby(name)["weight"].transform("max")
    losing = pd.MultiIndex.from_frame(pairs.loc[doubtful, [number, "name_dob"]])
    wrong = both.index[pd.MultiIndex.from_frame(both[[number, "name_dob"]]).isin(losing)]
    best = pairs.sort_values("weight", ascending=False, kind="stable").drop_duplicates("name_dob")
    return wrong, both.loc[wrong, "name_dob"].map(best.set_index("name_dob")[number])
