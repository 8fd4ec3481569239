"""What a row says of a pupil, held against what most files say."""

from collections.abc import Mapping

import pandas as pd

from evaluation.clean.issues import issues_at
from evaluation.clean.names import normalise_names
from evaluation.clean.rules.neighbours import patterns, where
from evaluation.clean.rules.witnesses import agreed

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
    """Notes on rows whose pupil number most files give another birthday, both names other, or another sex.

    A birthday whose day and month are the other way round in those files is put right.
    """
    names = {name: normalise_names(every[name]) for name in ("surname", "forename")}
    named = every.assign(**names, name=names["surname"] + "|" + names["forename"])
    asked = named[named["number"].notna()]
    most = {name: agreed(asked, ["number"], name) for name in ("surname", "forename", "name", "dob", "sex")}
    other = {name: asked[name].notna() & (asked[name] != theirs) for name, theirs in most.items()}
    day, theirs = asked["dob"].dt, most["dob"].dt
    turned = other["dob"] & (day.year == theirs.year) & (day.month == theirs.day) & (day.day == theirs.month)
    both = other["surname"] & other["forename"]
    reason = "Day and month are the other way round in the other files; read as there."
    sex = "The pupil has another sex in another list; nothing was changed."
    issues = [
        issues_at(asked[turned], "dob_turned", "note", reason, columns["dob"][asked.index[turned]]),
        issues_at(asked[other["sex"]], "sex_differs", "note", sex, columns["sex"][asked.index[other["sex"]]]),
        _differing(named, asked[other["dob"] & ~turned], most["dob"], "dob", columns["dob"]),
        _differing(named, asked[other["name"]], most["name"], "name", columns["surname"], both),
    ]
    dob = every["dob"].mask(every.index.isin(asked.index[turned]), most["dob"].reindex(every.index))
    return every.assign(dob=dob), issues


_WORDS = {"dob": "date of birth", "name": "name"}
_ENDINGS = {"swapped": "_swapped", "moved": "_moved", "": "_differs"}


def _differing(
    every: pd.DataFrame,
    rows: pd.DataFrame,
    most: pd.Series,
    name: str,
    columns: pd.Series,
    certain: pd.Series | None = None,
) -> pd.DataFrame:
    """A note on each row, saying where the right value stands when rows of the table were exchanged or moved.

    Rows that are not `certain` are noted only then: people change one of their names, and mistype it.
    """
    if rows.empty:
        return issues_at(rows, "", "note", "")
    tables = every["source"] + "|" + every["file"] + "|" + every["sheet"]
    touched = tables.isin(tables[rows.index].unique())
    pattern = patterns(tables[touched], every.loc[touched, name], most[rows.index])
    if certain is not None:
        rows = rows[certain[rows.index] | (pattern["pattern"] != "")]
        pattern = pattern.loc[rows.index]
    told = f"The other files give this pupil number another {_WORDS[name]}; linked by the number. "
    reasons = (told + where(pattern, every[touched])).str.strip()
    found = issues_at(rows, "", "note", reasons, columns[rows.index])
    return found.assign(rule=name + pattern["pattern"].map(_ENDINGS))


def other_places(every: pd.DataFrame, columns: Columns) -> list[pd.DataFrame]:
    """Notes on results of a school no list has the pupil at, and on rows with another year group than most files'."""
    known = every[every["number"].notna()]
    lists = known[known["kind"] == "pupils"]
    asked = known[
        (known["kind"] == "scores") & known["number"].isin(lists["number"]) & known["school"].notna()
    ]
    at = pd.MultiIndex.from_frame(lists[["number", "school"]])
    elsewhere = asked.index[~pd.MultiIndex.from_frame(asked[["number", "school"]]).isin(at)]
    most = agreed(known, ["number", "academic_year"], "year_group")
    other_year = known.index[known["year_group"].notna() & (known["year_group"] != most)]
    school = "No pupil list has the pupil at this school. A move, or the wrong school in the row."
    year = (
        "The other files of the school year have the pupil in another year group: another paper, or a slip."
    )
    return [
        issues_at(every.loc[elsewhere], "school_differs", "note", school, columns["school"][elsewhere]),
        issues_at(
            every.loc[other_year], "year_group_differs", "note", year, columns["year_group"][other_year]
        ),
    ]
