"""What a row says of a pupil, held against what most files say."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.compact import disputed, numbers, plain
from evaluation.clean.issues import issues_at
from evaluation.clean.names import name_keys, normalise_names
from evaluation.clean.rules.neighbours import patterns, table_names, tables_of, where
from evaluation.clean.rules.witnesses import agreed

Columns = Mapping[str, pd.Series]
Checked = tuple[pd.DataFrame, list[pd.DataFrame]]


def exchanged_names(every: pd.DataFrame, columns: pd.Series) -> Checked:
    """Put first name and family name in their places where only then a pupil list knows them with the birthday."""
    stands, turned = name_keys(every), name_keys(every, "forename", "surname")
    known = stands[every["kind"] == "pupils"].dropna()
    swapped = every.index[(every["kind"] == "scores") & turned.isin(known) & ~stands.isin(known)]
    if swapped.empty:
        return every, []
    reason = "First name and family name are exchanged, by the pupil list; read the right way round."
    found = issues_at(every.loc[swapped], "names_exchanged", "note", reason, columns[swapped])
    names = {"surname": "forename", "forename": "surname"}
    texts = {name: every[name].astype("str") for name in names}
    mended = {
        one: texts[one].where(~every.index.isin(swapped), texts[other]).astype("category")
        for one, other in names.items()
    }
    return every.assign(**mended), [found]


def agreed_birthdays(every: pd.DataFrame) -> pd.Series:
    """For each row whose pupil number most files give another date of birth, that date."""
    asked = plain(every[disputed(every["number"], every["dob"])])
    most = agreed(asked, ["number"], "dob")
    return most[asked["dob"] != most]


def told_of_birthdays(
    rows: pd.DataFrame, most: pd.Series, columns: pd.Series
) -> tuple[pd.DataFrame, pd.Series]:
    """Notes on rows whose pupil number most files give another date of birth, and the dates put right.

    It is put right where it can be seen how the fault arose: day and month are the other way round, or the
    date stands in another row of the table, one of two exchanged or of three and more moved together.

    Parameters
    ----------
    rows : DataFrame
        Whole tables in the file's order.
    most : Series
        From `agreed_birthdays`.
    columns : Series
        The heading of the date of birth, by row.
    """
    other = plain(rows.loc[most.index])
    mine, theirs = other["dob"].dt, most.dt
    turned = (mine.year == theirs.year) & (mine.month == theirs.day) & (mine.day == theirs.month)
    pattern, told = _beside(tables_of(rows, most.index, ["dob"]), "dob", most)
    mended = turned | (pattern != "")
    rule = ("dob" + pattern.map(_ENDINGS)).mask(turned, "dob_turned")
    reason = ("The other files give this pupil number another date of birth. " + told).str.strip()
    reason = reason.mask(mended, reason + " It was read as there.")
    reason = reason.mask(turned, "Day and month are the other way round in the other files; read as there.")
    found = issues_at(other, "", "note", reason, columns[most.index]).assign(rule=rule)
    return found, most[mended]


def other_names(every: pd.DataFrame) -> pd.DataFrame:
    """For each row whose pupil number most files give another name: that name, and whether both parts of it differ."""
    asked = _named(plain(every[disputed(every["number"], name_keys(every, born=False))]))
    most = {name: agreed(asked, ["number"], name) for name in ("surname", "forename", "name")}
    differs = {name: asked[name] != said for name, said in most.items()}
    found = pd.DataFrame({"name": most["name"], "both": differs["surname"] & differs["forename"]})
    return found[differs["name"]]


def told_of_names(rows: pd.DataFrame, most: pd.DataFrame, columns: pd.Series) -> pd.DataFrame:
    """Notes on rows whose pupil number most files give other names; linked by the number.

    One name alone is passed over, unless two rows have each other's names: people change a name, and mistype it.

    Parameters
    ----------
    rows : DataFrame
        Whole tables in the file's order.
    most : DataFrame
        From `other_names`.
    columns : Series
        The heading of the family name, by row.
    """
    touched = _named(tables_of(rows, most.index, ["surname", "forename"]))
    pattern, told = _beside(touched, "name", most["name"])
    kept = most.index[most["both"] | (pattern != "")]
    reason = (
        "The other files give this pupil number another name; linked by the number. " + told[kept]
    ).str.strip()
    found = issues_at(rows.loc[kept], "", "note", reason, columns[kept])
    return found.assign(rule="name" + pattern[kept].map(_ENDINGS))


_ENDINGS = {"swapped": "_swapped", "moved": "_moved", "": "_differs"}


def _named(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows with their names normalised, and both as one; NA where one is missing."""
    surname, forename = normalise_names(rows["surname"]), normalise_names(rows["forename"])
    return rows.assign(surname=surname, forename=forename, name=surname + "|" + forename)


def _beside(touched: pd.DataFrame, name: str, wanted: pd.Series) -> tuple[pd.Series, pd.Series]:
    """For rows with a wrong value, whether they make a pattern, and a sentence on where the right one stands."""
    pattern = patterns(table_names(touched), touched[name], wanted)
    return pattern["pattern"], where(pattern, touched)


def other_sexes(every: pd.DataFrame, columns: pd.Series) -> list[pd.DataFrame]:
    """Notes on rows of lists whose pupil number another list has with the other sex."""
    asked = plain(every[disputed(every["number"], every["sex"])])
    other = asked.index[asked["sex"] != agreed(asked, ["number"], "sex")]
    reason = "The pupil has another sex in another list; nothing was changed."
    return [issues_at(every.loc[other], "sex_differs", "note", reason, columns[other])]


def other_places(every: pd.DataFrame, columns: Columns) -> list[pd.DataFrame]:
    """Notes on results of a school no list has the pupil at, and on rows with another year group than most files'."""
    at, listed = numbers(every["number"], every["school"]), every["kind"] == "pupils"
    other = (every["kind"] == "scores") & at.notna() & ~at.isin(at[listed].dropna())
    elsewhere = every.index[other & every["number"].isin(every.loc[listed, "number"].dropna())]
    in_year = numbers(every["number"], every["academic_year"])
    known = plain(every[disputed(in_year, every["year_group"])])
    most = agreed(known, ["number", "academic_year"], "year_group")
    other_year = known.index[known["year_group"] != most]
    told = "No pupil list has the pupil at this school. A move, or the wrong school in the row."
    year = (
        "The other files of the school year have the pupil in another year group: another paper, or a slip."
    )
    return [
        issues_at(every.loc[elsewhere], "school_differs", "note", told, columns["school"][elsewhere]),
        issues_at(
            every.loc[other_year], "year_group_differs", "note", year, columns["year_group"][other_year]
        ),
    ]
