"""What a row says of a pupil, held against the pupil list."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_names
from evaluation.clean.rules.neighbours import patterns, where

Columns = Mapping[str, pd.Series]
Checked = tuple[pd.DataFrame, list[pd.DataFrame]]


def exchanged_names(every: pd.DataFrame, columns: Columns) -> Checked:
    """Put first name and family name in their places where only then a pupil list knows them with the birthday."""
    surname, forename = normalise_names(every["surname"]), normalise_names(every["forename"])
    born = every["dob"].dt.strftime("%Y-%m-%d").astype("str")
    stands, turned = surname + "|" + forename + "|" + born, forename + "|" + surname + "|" + born
    known = set(stands[every["kind"] == "pupils"].dropna())
    swapped = every.index[(every["kind"] == "scores") & turned.isin(known) & ~stands.isin(known)]
    reason = "First name and family name are exchanged, by the pupil list; read the right way round."
    found = issues_at(every.loc[swapped], "names_exchanged", "note", reason, columns["surname"][swapped])
    names = {"surname": "forename", "forename": "surname"}
    mended = {one: every[one].where(~every.index.isin(swapped), every[other]) for one, other in names.items()}
    return every.assign(**mended), [found]


def details_that_differ(every: pd.DataFrame, columns: Columns) -> Checked:
    """Notes on rows whose pupil number the lists know with another birthday, both names other, or another sex.

    A birthday whose day and month are the other way round in the list is put right.
    """
    listed = every[(every["kind"] == "pupils") & every["upn"].notna()].drop_duplicates("upn").set_index("upn")
    asked = every[every["upn"].isin(listed.index)]
    theirs = listed.reindex(asked["upn"])[["surname", "forename", "dob", "sex"]].set_axis(asked.index)
    other_dob = asked["dob"].notna() & theirs["dob"].notna() & (asked["dob"] != theirs["dob"])
    turned = other_dob & (asked["dob"].dt.year == theirs["dob"].dt.year)
    turned &= (asked["dob"].dt.month == theirs["dob"].dt.day) & (
        asked["dob"].dt.day == theirs["dob"].dt.month
    )
    named = {
        name: (normalise_names(asked[name]), normalise_names(theirs[name]))
        for name in ("surname", "forename")
    }
    other_name = pd.concat(
        [mine.notna() & known.notna() & (mine != known) for mine, known in named.values()], axis=1
    ).all(axis=1)
    other_sex = asked["sex"].notna() & theirs["sex"].notna() & (asked["sex"] != theirs["sex"])
    reason = "Day and month are the other way round in the pupil list; read as there."
    sex = "The pupil has another sex in an earlier list; nothing was changed."
    issues = [
        issues_at(asked[turned], "dob_turned", "note", reason, columns["dob"][asked.index[turned]]),
        issues_at(asked[other_sex], "sex_differs", "note", sex, columns["sex"][asked.index[other_sex]]),
        _differing(every, asked[other_dob & ~turned], theirs["dob"], "dob", columns["dob"]),
        _differing(every, asked[other_name], theirs["surname"], "surname", columns["surname"]),
    ]
    dob = every["dob"].mask(every.index.isin(asked.index[turned]), theirs["dob"].reindex(every.index))
    return every.assign(dob=dob), issues


_WORDS = {"dob": "date of birth", "surname": "first and family name"}


def _differing(
    every: pd.DataFrame, rows: pd.DataFrame, theirs: pd.Series, name: str, columns: pd.Series
) -> pd.DataFrame:
    """A note on each row, saying where the listed value stands when rows of the table were exchanged or moved."""
    if rows.empty:
        return rows
    tables = every["source"] + "|" + every["file"] + "|" + every["sheet"]
    touched = tables.isin(tables[rows.index].unique())
    pattern = patterns(tables[touched], every.loc[touched, name], theirs[rows.index])
    pattern["pattern"] = pattern["pattern"].astype("str")
    told = f"By its number this is a pupil listed with another {_WORDS[name]}; linked by the number. "
    reasons = (told + where(pattern, every[touched])).str.strip()
    found = issues_at(rows, "", "note", reasons, columns[rows.index])
    endings = {"swapped": "_swapped", "moved": "_moved", "": "_differs"}
    found["rule"] = name + pattern["pattern"].map(endings)
    return found


def other_places(every: pd.DataFrame, columns: Columns) -> list[pd.DataFrame]:
    """Notes on results that come under a school no list has the pupil at, or with another year group."""
    lists = every[(every["kind"] == "pupils") & every["upn"].notna()]
    at = pd.MultiIndex.from_frame(lists[["upn", "school"]])
    asked = every[(every["kind"] == "scores") & every["upn"].isin(lists["upn"])]
    elsewhere = asked["school"].notna() & ~pd.MultiIndex.from_frame(asked[["upn", "school"]]).isin(at)
    year = pd.MultiIndex.from_frame(lists[["upn", "year_group"]])
    years = set(lists["upn"] + "|" + lists["academic_year"].astype("str"))
    same_time = (asked["upn"] + "|" + asked["academic_year"].astype("str")).isin(years)
    other_year = asked["year_group"].notna() & same_time
    other_year &= ~pd.MultiIndex.from_frame(asked[["upn", "year_group"]]).isin(year)
    school = "No pupil list has the pupil at this school. A move, or the wrong school in the row."
    paper = "The pupil list has the pupil in another year group: a paper of another year, or a slip."
    return [
        issues_at(
            asked[elsewhere], "school_differs", "note", school, columns["school"][asked.index[elsewhere]]
        ),
        issues_at(
            asked[other_year],
            "year_group_differs",
            "note",
            paper,
            columns["year_group"][asked.index[other_year]],
        ),
    ]
