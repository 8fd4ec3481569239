"""Pupil lists as schools' management information systems export them, in four layouts."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import pandas as pd

from evaluation.simulate.files import Grid, csv_bytes, xlsx_bytes

LABEL = "SYNTHETIC DATA - no real pupil or school"
DATE = "%d/%m/%Y"


@dataclass(frozen=True, slots=True)
class Layout:
    """Headings of an export in order, and how each cell is written from a pupil's row."""

    headings: dict[str, Callable[[pd.Series], object]]
    suffix: str
    write: Callable[[Grid], bytes]

    def grid(self, pupils: pd.DataFrame, title: str) -> Grid:
        """A title row, an empty row, the headings, then the pupils."""
        rows = [[cell(row) for cell in self.headings.values()] for _, row in pupils.iterrows()]
        return [[title], [], list(self.headings), *rows]


def _text(column: str) -> Callable[[pd.Series], object]:
    return lambda row: str(row[column])


def _day(form: str) -> Callable[[pd.Series], object]:
    return lambda row: row["dob"].strftime(form)


def _moment(row: pd.Series) -> datetime:
    return row["dob"].to_pydatetime()


def _year(form: str) -> Callable[[pd.Series], object]:
    return lambda row: form.format(row["year_group"])


def _flag(column: str, yes: str, no: str) -> Callable[[pd.Series], object]:
    return lambda row: yes if row[column] else no


def _sex(row: pd.Series) -> str:
    return {"F": "Female", "M": "Male"}[row["sex"]]


LAYOUTS: dict[str, Layout] = {
    "sims": Layout(
        {
            "UPN": _text("upn"),
            "Legal Surname": _text("surname"),
            "Legal Forename": _text("forename"),
            "DOB": _day(DATE),
            "Gender": _text("sex"),
            "Year": _year("Year {}"),
            "Reg": _text("class"),
            "Pupil Premium Indicator": _flag("disadvantaged", "Y", "N"),
            "EAL": _flag("eal", "Y", "N"),
            "SEN": _flag("send", "Y", "N"),
        },
        "csv",
        lambda grid: csv_bytes(grid, delimiter=";", encoding="cp1252"),
    ),
    "arbor": Layout(
        {
            "Legal First Name": _text("forename"),
            "Legal Last Name": _text("surname"),
            "UPN (Unique Pupil Number)": _text("upn"),
            "Date of birth": _day("%Y-%m-%d"),
            "Sex": _sex,
            "Year Group": _year("{}"),
            "Registration Form": _text("class"),
            "Pupil Premium Recipient": _flag("disadvantaged", "Yes", "No"),
            "English as an Additional Language": _flag("eal", "Yes", "No"),
            "SEN or Disability": _flag("send", "Yes", "No"),
        },
        "csv",
        lambda grid: csv_bytes(grid, encoding="utf-8-sig"),
    ),
    "bromcom": Layout(
        {
            "Surname": _text("surname"),
            "First Name": _text("forename"),
            "Unique Pupil No.": _text("upn"),
            "D.O.B.": _moment,
            "Gender": _text("sex"),
            "NC Year": _year("Y{}"),
            "Tutor Group": _text("class"),
            "PP": _flag("disadvantaged", "True", "False"),
            "EAL": _flag("eal", "True", "False"),
            "SEND": _flag("send", "True", "False"),
        },
        "xlsx",
        lambda grid: xlsx_bytes({"Pupils": grid}, LABEL),
    ),
    "authority": Layout(
        {
            "LAESTAB": _text("school"),
            "School": _text("school_name"),
            "UPN": _text("upn"),
            "Surname": _text("surname"),
            "Forename": _text("forename"),
            "DateOfBirth": _day(DATE),
            "Gender": _text("sex"),
            "NCyear": _year("{}"),
            "Class": _text("class"),
            "FSM6CLA1A": _flag("disadvantaged", "1", "0"),
            "EAL": _flag("eal", "1", "0"),
            "SEN": _flag("send", "1", "0"),
        },
        "csv",
        csv_bytes,
    ),
}


def export(layout: str, pupils: pd.DataFrame, title: str) -> bytes:
    """The pupil list as the named layout writes it, headed by `title` and the word synthetic."""
    chosen = LAYOUTS[layout]
    return chosen.write(chosen.grid(pupils, f"{title} - {LABEL}"))
