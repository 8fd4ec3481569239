"""Files in which three test companies return results: a workbook, and two CSV files in other conventions."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from evaluation.simulate.exports import LABEL
from evaluation.simulate.files import Grid, csv_bytes, xlsx_bytes

Columns = dict[str, "pd.Series | str"]
NAMES = {"2": "Year 2", "4": "Year 4", "7": "Year 7"}


@dataclass(frozen=True, slots=True)
class Company:
    """How one company returns a wave's results.

    Attributes
    ----------
    marked : whether a score beyond the table is written "<70", or as the bound itself.
    totals : rows at the foot of the file that are no pupil's.
    """

    path: str
    test_date: str
    marked: bool
    totals: int
    write: Callable[[pd.DataFrame, str], bytes]


def _dates(dob: pd.Series, form: str) -> pd.Series:
    return dob.dt.strftime(form).fillna("")


def _grid(columns: Columns, rows: pd.DataFrame) -> list[Sequence[object]]:
    """The headings, then a row a pupil."""
    frame = pd.DataFrame(columns, index=rows.index).astype(str)
    return [list(columns), *frame.to_numpy().tolist()]


def _workbook(rows: pd.DataFrame, test_date: str) -> bytes:
    """One sheet a year group, title above the headings, totals at the foot; day first."""
    sheets: dict[str, Grid] = {}
    for year, name in NAMES.items():
        part = rows[rows["year_group"] == year]
        columns: Columns = {
            "School ID": part["school"],
            "Surname": part["surname"],
            "Forename": part["forename"],
            "UPN": part["upn"],
            "Date of Birth": _dates(part["dob"], "%d/%m/%Y"),
            "Year": name,
            "Test Date": pd.Timestamp(test_date).strftime("%d/%m/%Y"),
            "Standardised Score": part["score"],
        }
        foot: Sequence[object] = ["Total", "", "", "", "", "", "", f"{len(part)} pupils"]
        sheets[name] = [[f"Autumn results - {name} - {LABEL}"], [], *_grid(columns, part), foot]
    sheets["Notes"] = [[LABEL], ["Scores are standardised: mean 100, standard deviation 15."]]
    return xlsx_bytes(sheets, LABEL)


def _plain(rows: pd.DataFrame, test_date: str) -> bytes:
    """UTF-8, commas, dates year first."""
    columns: Columns = {
        "upn": rows["upn"],
        "last_name": rows["surname"],
        "first_name": rows["forename"],
        "date_of_birth": _dates(rows["dob"], "%Y-%m-%d"),
        "laestab": rows["school"],
        "year": rows["year_group"],
        "date_taken": test_date,
        "age_standardised_score": rows["score"],
    }
    return csv_bytes([[LABEL], *_grid(columns, rows)])


def _american(rows: pd.DataFrame, test_date: str) -> bytes:
    """cp1252, semicolons, month first, surnames in capitals, totals at the foot."""
    columns: Columns = {
        "Establishment": rows["school"],
        "Family name": rows["surname"].str.upper(),
        "Given name": rows["forename"],
        "Birth date": _dates(rows["dob"], "%m/%d/%Y"),
        "UPN": rows["upn"],
        "Year group": "Y" + rows["year_group"],
        "Sat on": pd.Timestamp(test_date).strftime("%m/%d/%Y"),
        "Standard score": rows["score"],
    }
    foot: Sequence[object] = ["Total", "", "", "", "", "", "", f"{len(rows)} pupils"]
    grid = [[f"Summer maths results - {LABEL}"], [], *_grid(columns, rows), foot]
    return csv_bytes(grid, delimiter=";", encoding="cp1252")


COMPANIES = {
    "baseline": Company(
        "tests/autumn_results.xlsx", "2023-09-25", marked=True, totals=len(NAMES), write=_workbook
    ),
    "midpoint": Company("tests/spring_results.csv", "2024-02-05", marked=False, totals=0, write=_plain),
    "endline": Company("tests/summer_results.csv", "2024-06-24", marked=True, totals=1, write=_american),
}
