"""Both names of one column, parted as the other files know the pupil."""

from collections.abc import Collection, Iterator
from typing import Any

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_name

Key = tuple[str, str, str]
WHO = ["forename", "surname", "upn", "dob"]
FEWEST, MOST = 3, 0.9


def known_partings(every: pd.DataFrame, both: Collection[str]) -> pd.DataFrame:
    """How other sources have the names of sources with both names in one column.

    A row's names are known where another source has them, parted in one way alone, beside its pupil number or date
    of birth.

    Parameters
    ----------
    every : DataFrame
        Rows of all sources, all that may be about a pupil.
    both : names of the sources whose map has one column for both names.

    Returns
    -------
    DataFrame
        surname, forename and whether the family name stands first (`turned`) of each row of these sources; None where
        they are not known.
    """
    asked = every[every["source"].isin(both) & every["forename"].notna() & every["surname"].notna()]
    known = {key for keys in _keys(every[~every["source"].isin(both)]) for key in keys}
    ways = [_known(known, *parts) for parts in asked[WHO].itertuples(index=False)]
    found = pd.DataFrame(ways, columns=["surname", "forename", "turned"], index=asked.index)
    return found.astype({"surname": "str", "forename": "str", "turned": "boolean"})


def names_as_known(
    asked: pd.DataFrame, partings: pd.DataFrame, columns: pd.Series
) -> tuple[pd.DataFrame, list[pd.DataFrame], pd.DataFrame]:
    """The names that are to be parted otherwise, a note on each table read the other way round, and an issue for each row.

    Where rows of a table that are known have the family name first throughout, its other rows are read so too.

    Parameters
    ----------
    asked : DataFrame
        The rows of whole tables of which there are `partings`.
    partings : DataFrame
        From `known_partings`.
    columns : Series
        The heading of the column of both names, by row.
    """
    turned, notes = _turned(asked, partings, columns)
    other_way = pd.DataFrame({"surname": asked["forename"], "forename": asked["surname"]}).astype("str")
    names = partings[["surname", "forename"]].astype("str").mask(turned, other_way)
    changed = names["surname"].notna() & (names["surname"] != asked["surname"].astype("str"))
    reason = "Where the first name ends and the family name begins was taken from the other files."
    rows = asked.index[changed & ~turned]
    parted = issues_at(asked.loc[rows], "names_parted", "note", reason, columns[rows])
    return names[changed], notes, parted


def _keys(rows: pd.DataFrame) -> Iterator[list[Key]]:
    """What each row can be known by: its names beside its pupil number, and beside its date of birth."""
    for forename, surname, upn, dob in rows[WHO].dropna(subset=WHO[:2]).itertuples(index=False):
        yield _by(surname, forename, upn, dob)


def _by(surname: str, forename: str, upn: Any, dob: Any) -> list[Key]:
    names = normalise_name(surname), normalise_name(forename)
    return [(*names, str(value)) for value in (upn, dob) if not pd.isna(value)]


def _known(
    known: Collection[Key], forename: str, surname: str, upn: Any, dob: Any
) -> tuple[str | None, str | None, bool | None]:
    """The one parting of a row's words that is known, and whether its family name then stands first."""
    words = f"{forename} {surname}".split()
    halves = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    ways = [(last, first, False) for first, last in halves] + [(last, first, True) for last, first in halves]
    there = [way for way in ways if any(key in known for key in _by(way[0], way[1], upn, dob))]
    return there[0] if len(there) == 1 else (None, None, None)


def _turned(
    asked: pd.DataFrame, partings: pd.DataFrame, columns: pd.Series
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Rows not known of tables whose known rows have the family name first, and a note on each such table."""
    turned, notes = pd.Series(False, index=asked.index), []
    for _, rows in asked.groupby(["source", "file", "sheet"], sort=False):
        first = partings.loc[rows.index, "turned"].dropna().astype(bool)
        if first.sum() >= FEWEST and first.mean() >= MOST:
            turned[rows.index.difference(first.index)] = True
            reason = (
                f"By the other files, which know {len(first):,} of its {len(rows):,} pupils, this column has the family "
                "name first; it was read so."
            )
            head = rows.iloc[:1]
            told = issues_at(head, "name_order", "note", reason, columns[head.index])
            notes.append(told.assign(school="").drop(columns="row"))
    return turned, notes
