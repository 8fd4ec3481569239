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


def agreed_birthdays(every: pd.DataFrame, columns: pd.Series) -> Checked:
    """Notes on rows whose pupil number most files give another date of birth.

    It is put right where it can be seen how the fault arose: day and month are the other way round, or the
    date stands in another row of the table, one of two exchanged or of three and more moved together.
    """
    asked = every[every["number"].notna() & every["dob"].notna()]
    most = agreed(asked, ["number"], "dob")
    other = asked[asked["dob"] != most]
    mine, theirs = other["dob"].dt, most[other.index].dt
    turned = (mine.year == theirs.year) & (mine.month == theirs.day) & (mine.day == theirs.month)
    pattern, told = _beside(every, "dob", most[other.index])
    mended = turned | (pattern != "")
    rule = ("dob" + pattern.map(_ENDINGS)).mask(turned, "dob_turned")
    reason = ("The other files give this pupil number another date of birth. " + told).str.strip()
    reason = reason.mask(mended, reason + " It was read as there.")
    reason = reason.mask(turned, "Day and month are the other way round in the other files; read as there.")
    found = issues_at(other, "", "note", reason, columns[other.index]).assign(rule=rule)
    dob = every["dob"].mask(every.index.isin(other.index[mended]), most.reindex(every.index))
    return every.assign(dob=dob), [found]


def other_names(every: pd.DataFrame, columns: pd.Series) -> list[pd.DataFrame]:
    """Notes on rows whose pupil number most files give other names; linked by the number.

    One name alone is passed over, unless two rows have each other's names: people change a name, and mistype it.
    """
    names = {name: normalise_names(every[name]) for name in ("surname", "forename")}
    named = every.assign(**names, name=names["surname"] + "|" + names["forename"])
    asked = named[named["number"].notna() & named["name"].notna()]
    differs = {
        name: asked[name] != agreed(asked, ["number"], name) for name in ("surname", "forename", "name")
    }
    other = asked.index[differs["name"]]
    pattern, told = _beside(named, "name", agreed(asked, ["number"], "name")[other])
    kept = other[(differs["surname"] & differs["forename"])[other] | (pattern != "")]
    reason = (
        "The other files give this pupil number another name; linked by the number. " + told[kept]
    ).str.strip()
    found = issues_at(every.loc[kept], "", "note", reason, columns[kept])
    return [found.assign(rule="name" + pattern[kept].map(_ENDINGS))]


_ENDINGS = {"swapped": "_swapped", "moved": "_moved", "": "_differs"}


def _beside(every: pd.DataFrame, name: str, wanted: pd.Series) -> tuple[pd.Series, pd.Series]:
    """For rows with a wrong value, whether they make a pattern, and a sentence on where the right one stands."""
    tables = every["source"] + "|" + every["file"] + "|" + every["sheet"]
    touched = tables.isin(tables[wanted.index].unique())
    pattern = patterns(tables[touched], every.loc[touched, name], wanted)
    return pattern["pattern"], where(pattern, every[touched])


def other_sexes(every: pd.DataFrame, columns: pd.Series) -> list[pd.DataFrame]:
    """Notes on rows of lists whose pupil number another list has with the other sex."""
    asked = every[every["number"].notna() & every["sex"].notna()]
    other = asked.index[asked["sex"] != agreed(asked, ["number"], "sex")]
    reason = "The pupil has another sex in another list; nothing was changed."
    return [issues_at(every.loc[other], "sex_differs", "note", reason, columns[other])]


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
