"""Rows as linkage compares them."""

import numpy as np
import pandas as pd

from evaluation.clean.compact import mapped
from evaluation.clean.names import under_every_name
from evaluation.link.certain import days
from evaluation.link.names import COLUMNS, compared_names
from evaluation.study import Study

COMPARED = [*COLUMNS, "born", "turned", "sex", "school", "cohort"]
_SEPTEMBER = 9


def comparable(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """The columns COMPARED of cleaned rows, as text, NA where missing; once for every name a pupil is or was called by.

    born is the date of birth ("20150513"), turned the same with day and month exchanged (NA where that is no other
    date), cohort the autumn in which the pupil's year group was in its year 0: the same from wave to wave. The index says
    whose row each is.
    """
    rows = under_every_name(rows)
    dob = rows["dob"]
    other = (dob.dt.day <= 12) & (dob.dt.day != dob.dt.month)
    unsaid = pd.Series(None, index=rows.index, dtype="str")
    found = compared_names(rows["surname"], rows["forename"]).assign(
        born=days(dob, "%Y%m%d"),
        turned=days(dob, "%Y%d%m").where(other),
        sex=rows.get("sex", unsaid),
        school=rows["school"],
        cohort=_cohort(study, rows) if "year_group" in rows else unsaid,
    )
    return found[COMPARED].astype("str")


def _cohort(study: Study, rows: pd.DataFrame) -> pd.Series:
    autumns = {wave.name: wave.date.year - (wave.date.month < _SEPTEMBER) for wave in study.waves}
    year = pd.to_numeric(rows["year_group"].astype("str").replace("R", "0"), errors="coerce").astype("Int64")
    return (mapped(rows["wave"], autumns).astype("Int64") - year).astype("str")


def where_comparable(records: pd.DataFrame, listed: pd.DataFrame) -> pd.DataFrame:
    """`records` without the schools that list nobody of their cohort: a whole year moving up says nothing of one pupil.

    `listed` holds each school and cohort of the listings.
    """
    known = set(listed["school"]) | set(zip(listed["school"], listed["cohort"], strict=True))
    pairs = zip(records["school"], records["cohort"], records["cohort"].isna(), strict=True)
    lists = np.array(
        [(school if unknown else (school, cohort)) in known for school, cohort, unknown in pairs], bool
    )
    return records.assign(school=records["school"].where(lists))
