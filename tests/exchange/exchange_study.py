"""A small invented study whose files lack known things: two schools, two waves, one company's results."""

import csv
import datetime as dt
import re
from pathlib import Path

import openpyxl

from evaluation.study import Study, load_study

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
NORTH, SOUTH = "9992001", "9992002"
FORENAMES = ["Adaeze", "Bennet", "Carys", "Dilip", "Esme", "Farouk", "Greta", "Hamish", "Ines", "Jonty"]
SURNAMES = {NORTH: "Okonkwo", SOUTH: "Whitlock"}
TODAY = dt.date(2024, 9, 1)
AUTUMN, SUMMER = "Maths in autumn", "Maths in summer"

PLAN = """
study: mine
title: "A small study"
about: "Two schools, two waves."
synthetic: true
seed: 1
waves:
  - {name: autumn, title: "Autumn", date: 2023-09-15}
  - {name: summer, title: "Summer", date: 2024-07-01}
year_groups: ["4", "5"]
instruments:
  - {name: ptm, title: "Progress test", unit: "points", minimum: 70, maximum: 130}
schools:
  path: schools.csv
  columns: {school: ID, name: Name, role: Role}
sources:
  - {name: north, kind: pupils, path: north.csv, wave: autumn, school: "9992001",
     columns: {forename: First, surname: Last, dob: Born, upn: Number, year_group: Yr, class: Form, disadvantaged: PP}}
  - {name: south, kind: pupils, path: south.csv, wave: autumn, school: "9992002",
     columns: {upn: UPN, surname: Surname, forename: Forename, dob: DOB, year_group: Year, disadvantaged: Premium}}
  - {name: before, kind: scores, path: before.csv, wave: autumn, instrument: ptm,
     columns: {school: School, upn: UPN, surname: Surname, forename: Forename, dob: DOB, score: Score}}
  - {name: after, kind: scores, path: after.csv, wave: summer, instrument: ptm,
     columns: {school: School, upn: UPN, surname: Surname, forename: Forename, dob: DOB, score: Score}}
comparison: {kind: matched, unit: school, description: "a comparison school"}
words: {disadvantaged: "disadvantaged pupils", others: "other pupils", treated: "taking part", control: "comparison"}
analysis:
  outcomes:
    before: {instrument: ptm, wave: autumn, title: "Maths in autumn"}
    after: {instrument: ptm, wave: summer, title: "Maths in summer"}
  primary: after
  baseline: before
  treatment: treated
  indicators:
    treated: {column: role, equals: "taking part", label: "taking part"}
  population: {roles: ["taking part", "comparison"], year_groups: ["4", "5"]}
  models:
    headline: {title: "Headline", formula: "after ~ before + treated + (1 | school)", term: treated}
reports: {audience: project}
"""

# What the files of the north school lack, by forename and what is asked, and the answer the school would give.
LACKING = {
    ("Adaeze", "dob"): "13/05/2014",
    ("Bennet", "disadvantaged"): "Yes",
    ("Carys", "year_group"): 5,
    ("Dilip", "upn"): "",  # filled in below: its number with the right check letter
    ("Esme", AUTUMN): 104,
    ("Farouk", AUTUMN): 88.5,
    ("Farouk", SUMMER): "absent",
    ("Greta", SUMMER): "<70",
    ("Hamish", SUMMER): 97,
}


def upn(number: int) -> str:
    """A number with its right check letter, of a local authority that does not exist."""
    digits = f"999{number:09d}"
    return LETTERS[sum(int(digit) * place for place, digit in enumerate(digits, 2)) % 23] + digits


LACKING["Dilip", "upn"] = upn(3)


def silent(*_: object) -> None:
    """A step that says nothing."""


def write_study(root: Path) -> Study:
    """Write the plan and the raw files; the south school's lack nothing."""
    (root / "params").mkdir(parents=True)
    (root / "params" / "mine.yml").write_text(PLAN, encoding="utf-8")
    raw = root / "data" / "raw" / "mine"
    raw.mkdir(parents=True)
    schools = [[NORTH, "North School", "taking part"], [SOUTH, "South School", "comparison"]]
    _write(raw / "schools.csv", ["ID", "Name", "Role"], schools)
    north = [_north(at, name) for at, name in enumerate(FORENAMES)]
    _write(raw / "north.csv", ["Last", "First", "Form", "Born", "Yr", "Number", "PP", "House"], north)
    south = [[*_who(SOUTH, at), "4", "N"] for at in range(len(FORENAMES))]
    _write(raw / "south.csv", ["UPN", "Surname", "Forename", "DOB", "Year", "Premium"], south)
    heads = ["School", "UPN", "Surname", "Forename", "DOB", "Score"]
    _write(raw / "before.csv", heads, [row for school in SURNAMES for row in _results(school, AUTUMN)])
    _write(raw / "after.csv", heads, [row for school in SURNAMES for row in _results(school, SUMMER)])
    return load_study(str(root / "params" / "mine.yml"))


def _who(school: str, at: int) -> list[str]:
    number = at if school == NORTH else 100 + at
    return [upn(number), SURNAMES[school], FORENAMES[at], f"{at + 3:02d}/06/2014"]


def _north(at: int, name: str) -> list[str]:
    number, surname, forename, born = _who(NORTH, at)
    number = "Z" + number[1:] if (name, "upn") in LACKING else number
    assert not (name == "Dilip" and number == upn(at))
    born = "" if (name, "dob") in LACKING else born
    year = "" if (name, "year_group") in LACKING else "Year 4"
    premium = "" if (name, "disadvantaged") in LACKING else "N"
    return [surname, forename, "4A", born, year, number, premium, "Red"]


def _results(school: str, wave: str) -> list[list[str]]:
    """A row a pupil: Esme has no row in autumn, Farouk a blank; Ines was absent; Jonty's says little in summer."""
    rows = []
    for at, name in enumerate(FORENAMES):
        number, surname, forename, born = _who(school, at)
        score = str(95 + at)
        if school == NORTH:
            if (name, wave) == ("Esme", AUTUMN):
                continue
            score = "" if (name, wave) in LACKING else "absent" if name == "Ines" else score
            if (name, wave) == ("Jonty", SUMMER):
                number, forename, born = "", "J", ""
        rows.append([school, number, surname, forename, born, score])
    return rows


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


def heading_of(sheet: object, what: str) -> int:
    """The column, from 1, of what is asked: a field of the north school's export, or an outcome's title."""
    own = {
        "dob": "Born",
        "disadvantaged": "PP",
        "year_group": "Yr",
        "upn": "Number",
        "forename": "First",
        "surname": "Last",
    }
    names = [str(cell.value) for cell in next(sheet.iter_rows(max_row=1))]  # type: ignore[attr-defined]
    return next(at for at, name in enumerate(names, 1) if name == own.get(what) or name.startswith(what))


def row_of(sheet: object, forename: str) -> int:
    """The row of a pupil."""
    at = heading_of(sheet, "forename")
    rows = range(2, sheet.max_row + 1)  # type: ignore[attr-defined]
    return next(row for row in rows if sheet.cell(row, at).value == forename)  # type: ignore[attr-defined]


def places_to_fill(path: Path) -> list[tuple[str, int, int, object]]:
    """Sheet, row, column and answer of everything the north school is asked, the question included."""
    book = openpyxl.load_workbook(path)
    pupils, questions = book["Pupils"], book["Questions"]
    found: list[tuple[str, int, int, object]] = [
        ("Pupils", row_of(pupils, name), heading_of(pupils, what), answer)
        for (name, what), answer in LACKING.items()
    ]
    choices = [cell.value for column in book["lists"].iter_cols() for cell in column if cell.value]
    jonty = next(item for item in choices if re.match(r"Okonkwo, Jonty ", str(item)))
    return [*found, ("Questions", 2, questions.max_column, jonty)]


def fill(path: Path, target: Path, version: int = 1) -> None:
    """Fill a workbook as the school would."""
    book = openpyxl.load_workbook(path)
    for sheet, row, column, answer in places_to_fill(path):
        book[sheet].cell(row, column, answer)
    set_version(book, version)
    target.parent.mkdir(parents=True, exist_ok=True)
    book.save(target)


def set_version(book: openpyxl.Workbook, version: int) -> None:
    """Say which version of the workbook this is."""
    sheet = book["Read me"]
    row = next(cell.row for cell in sheet["A"] if str(cell.value).startswith("Version"))
    sheet.cell(row, 2, version)
