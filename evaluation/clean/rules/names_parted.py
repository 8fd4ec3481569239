"""Both names of one column, parted as the other files know the pupil."""

from collections.abc import Collection, Iterator

import pandas as pd

from evaluation.clean.issues import ISSUE_COLUMNS, issues_at
from evaluation.clean.names import normalise_name

Checked = tuple[pd.DataFrame, list[pd.DataFrame]]
FEWEST, MOST = 3, 0.9


def names_as_known(every: pd.DataFrame, both: Collection[str], columns: pd.Series) -> Checked:
    """Part the names of sources with both names in one column as the other sources have them.

    A row's names are known where another source has them, parted in one way alone, beside its pupil number or date
    of birth. Where such rows of a table have the family name first throughout, its other rows are read so too.

    Parameters
    ----------
    both : names of the sources whose map has one column for both names.
    columns : the heading of that column, by row.
    """
    asked = every[every["source"].isin(both) & every["forename"].notna() & every["surname"].notna()]
    if asked.empty:
        return every, []
    known = set(_keys(every[~every["source"].isin(both)]).explode().dropna())
    found = {
        row: parting
        for row, *parts in asked[["forename", "surname", "upn", "dob"]].itertuples()
        if (parting := _known(*parts, known))
    }
    partings = pd.DataFrame.from_dict(found, "index", columns=["surname", "forename", "turned"])
    partings = partings.reindex(asked.index)
    turned, issues = _turned(asked, partings, columns)
    new = partings[["surname", "forename"]].where(partings["surname"].notna())
    new = new.fillna(
        pd.DataFrame({"surname": asked["forename"], "forename": asked["surname"]})[turned].reindex(asked.index)
    )
    changed = new["surname"].notna() & (new["surname"] != asked["surname"])
    reason = "Where the first name ends and the family name begins was taken from the other files."
    rows = asked.index[changed & ~turned]
    issues.append(issues_at(every.loc[rows], "names_parted", "note", reason, columns[rows]))
    mended = {name: new.loc[changed, name].reindex(every.index).fillna(every[name]) for name in new}
    return every.assign(**mended), issues


def _keys(rows: pd.DataFrame) -> pd.Series:
    """What each row can be known by: its names beside its pupil number, and beside its date of birth."""
    keys = [
        list(_by(normalise_name(surname), normalise_name(forename), upn, dob))
        if isinstance(surname, str) and isinstance(forename, str)
        else []
        for surname, forename, upn, dob in rows[["surname", "forename", "upn", "dob"]].itertuples(index=False)
    ]
    return pd.Series(keys, index=rows.index, dtype="object")


def _by(surname: str, forename: str, upn: object, dob: object) -> Iterator[tuple[str, str, str]]:
    yield from ((surname, forename, str(value)) for value in (upn, dob) if not pd.isna(value))


def _known(
    forename: str, surname: str, upn: object, dob: object, known: Collection[tuple[str, str, str]]
) -> tuple[str, str, bool] | None:
    """The one parting of a row's words that is known, and whether its family name then stands first."""
    words = f"{forename} {surname}".split()
    ways = [
        (" ".join(words[at:]), " ".join(words[:at]), False) for at in range(1, len(words))
    ] + [(" ".join(words[:at]), " ".join(words[at:]), True) for at in range(1, len(words))]
    there = [
        way
        for way in ways
        if any(key in known for key in _by(normalise_name(way[0]), normalise_name(way[1]), upn, dob))
    ]
    return there[0] if len(there) == 1 else None


def _turned(
    asked: pd.DataFrame, partings: pd.DataFrame, columns: pd.Series
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Rows not known of tables whose known rows have the family name first, and a note on each such table."""
    turned, issues = pd.Series(False, index=asked.index), []
    for _, rows in asked.groupby(["source", "file", "sheet"], sort=False):
        first = partings.loc[rows.index, "turned"].dropna().astype(bool)
        unknown = rows.index.difference(first.index)
        if first.sum() >= FEWEST and first.mean() >= MOST:
            turned[unknown] = True
            head = rows.iloc[0]
            reason = (
                f"By the other files, which know {len(first):,} of its {len(rows):,} pupils, this column has the family "
                "name first; it was read so."
            )
            where = {"source": head["source"], "file": head["file"], "sheet": head["sheet"], "row": pd.NA}
            told = {**where, "column": columns[head.name], "rule": "name_order", "severity": "note"}
            issues.append(pd.DataFrame([{**told, "school": "", "reason": reason}], columns=ISSUE_COLUMNS))
    return turned, issues
