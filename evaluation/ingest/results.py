"""The rows of a key stage's table: schools, and the local authorities and England that they belong to."""

import pandas as pd

from evaluation.ingest.layouts import Kind
from evaluation.ingest.schools import (
    LA_NUMBER,
    SCHOOL_COLUMNS,
    Refused,
    absent,
    bad_numbers,
    days,
    faults,
    numbers,
    repeated,
    undated,
    without_number,
)
from evaluation.ingest.table import Fault

AREA_COLUMNS = ["rectype", "level", "la", "name"]
LA, ENGLAND = "local authority", "England"
SCHOOL_RECTYPES = ("1", "2")
# Which of England's schools a row is about; that a row is England's is seen from its naming no local authority.
ENGLAND_RECTYPES: dict[Kind, dict[str, str]] = {
    "ks2": {"4": "England, all schools", "5": "England, state-funded schools"},
    "ks4": {"5": "England, all schools", "7": "England, state-funded schools"},
}
_CLOSED = {"0": False, "1": True}


def result_rows(text: pd.DataFrame, kind: Kind) -> tuple[pd.DataFrame, pd.DataFrame, list[Fault]]:
    """The schools and the areas of a key stage's table, and the rows that are neither.

    Parameters
    ----------
    text : DataFrame
        Stripped text by row number, a column a field of the layout; "" throughout where the file lacks it.
    kind : {"ks2", "ks4"}

    Returns
    -------
    schools : DataFrame
        By row number: `SCHOOL_COLUMNS` of rows of record types 1 and 2.
    areas : DataFrame
        By row number: `AREA_COLUMNS` of the others.
    faults : list of Fault
    """
    numbered = numbers(text)
    known = text.assign(
        **numbered, rectype=text["rectype"].str.replace(r"^0*(\d+)(\.0)?$", r"\1", regex=True)
    )
    refused = bad_numbers(text)
    school = known["rectype"].isin(SCHOOL_RECTYPES)
    refused |= without_number(numbered[school]) | _not_an_area(known[~school])
    schools, areas = _schools(known[school]), _areas(known[~school], kind)
    for rows, columns in ((schools, ["laestab", "urn"]), (areas, ["level", "la"])):
        refused |= repeated(rows[~rows.index.isin(refused)], columns)
    schools, areas = (rows[~rows.index.isin(refused)] for rows in (schools, areas))
    unread = undated(known.loc[schools.index, "open_ac"], schools["open_ac"], "OPEN_AC")
    return schools, areas, [*faults(refused), *unread]


def _schools(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(
        urn_ac=rows["urn_ac"].where(~absent(rows["urn_ac"]), ""),
        open_ac=days(rows["open_ac"]),
        phase="",
        closed=rows["closed"].map(_CLOSED).astype("boolean"),
    )[SCHOOL_COLUMNS]


def _areas(rows: pd.DataFrame, kind: Kind) -> pd.DataFrame:
    la = rows["la"].where(rows["la"].str.fullmatch(LA_NUMBER), "")
    level = rows["rectype"].map(ENGLAND_RECTYPES.get(kind, {})).fillna(ENGLAND).where(la == "", LA)
    return rows.assign(la=la, level=level)[AREA_COLUMNS]


def _not_an_area(rows: pd.DataFrame) -> Refused:
    """Rows that by their record type are no school's, but have a school's number or no record type at all."""
    numbered = rows.index[~(absent(rows["estab"]) & absent(rows["urn"]))]
    unnumbered = rows.index[~rows["rectype"].str.fullmatch(r"\d+")]
    reasons = (
        (numbered, "record_type", "The row has a school's number, but its record type is neither 1 nor 2."),
        (unnumbered, "no_record_type", "The row has no record type, so there is no saying what it is about."),
    )
    return {row: (rule, reason) for index, rule, reason in reasons for row in index}
