"""What is certain without comparing names: numbers, identifiers, and one name and date of birth at one school."""

import numpy as np
import pandas as pd

from evaluation.link.names import plain_names
from evaluation.study import Study


def in_order(study: Study, rows: pd.DataFrame) -> pd.DataFrame:
    """Rows in order of sources, files and rows, with `at` (the place of their wave), `name_dob` and an empty `reason`."""
    order = {source.name: at for at, source in enumerate(study.sources)}
    waves = {wave.name: at for at, wave in enumerate(study.waves)}
    ranked = rows.assign(_order=rows["source"].map(order), at=rows["wave"].map(waves))
    ranked = ranked.sort_values(["_order", "file", "sheet", "row"], kind="stable").drop(columns="_order")
    return ranked.reset_index(drop=True).assign(name_dob=name_dob(ranked).to_numpy(), reason="")


def name_dob(rows: pd.DataFrame) -> pd.Series:
    """Surname and forename in plain letters with the date of birth; NA when one of them is missing."""
    born = rows["dob"].dt.strftime("%Y-%m-%d").astype("str")
    return plain_names(rows["surname"]) + "|" + plain_names(rows["forename"]) + "|" + born


def look_up(wanted: pd.Series, known: pd.Series, identity: pd.Series) -> pd.Series:
    """For each wanted key the identity that stands beside it among the known, if it is one only; else NA."""
    pairs = pd.DataFrame({"known": known, "identity": identity}).dropna().drop_duplicates()
    single = pairs[~pairs["known"].duplicated(keep=False)].set_index("known")["identity"]
    return wanted.map(single).astype("str")


def is_shared(wanted: pd.Series, known: pd.Series, identity: pd.Series) -> pd.Series:
    """Whether a wanted key stands beside more than one identity among the known."""
    return wanted.map(identity.groupby(known).nunique()).fillna(0) > 1


def by_name(rows: pd.DataFrame, listed: pd.DataFrame) -> pd.Series:
    """The one listed pupil of a row's name and date of birth; listed at the row's school, where it names one."""
    found = look_up(rows["name_dob"], listed["name_dob"], listed["identity"])
    schools = set((listed["identity"] + "|" + listed["school"]).dropna())
    return found.where(rows["school"].isna() | (found + "|" + rows["school"]).isin(schools))


def other_person(rows: pd.DataFrame, listed: pd.DataFrame, identity: pd.Series) -> pd.Series:
    """Rows linked by number whose names and date of birth all differ from every listing of that pupil."""
    parts = ["surname", "forename", "dob"]
    pairs = (
        pd.DataFrame({"identity": identity, "at": rows.index})
        .dropna()
        .merge(listed[["identity", *parts]], on="identity")
    )
    agrees, comparable = (np.full(len(pairs), start) for start in (False, True))
    for part in parts:
        mine, theirs = rows[part].reindex(pairs["at"]).reset_index(drop=True), pairs[part]
        if part != "dob":
            mine, theirs = plain_names(mine), plain_names(theirs)
        agrees |= (mine == theirs).to_numpy(bool)
        comparable &= (mine.notna() & theirs.notna()).to_numpy()
    by_row = pd.Series(agrees | ~comparable, index=pairs["at"]).groupby(level=0).any()
    return ~by_row.reindex(rows.index, fill_value=True)
