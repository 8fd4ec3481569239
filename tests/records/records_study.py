"""A small invented study with a register, a pupil list and whatever records a test writes."""

import csv
from collections.abc import Sequence
from pathlib import Path

import openpyxl
import pandas as pd

from evaluation.clean import Cleaned, clean_source
from evaluation.exchange import request_records
from evaluation.ingest import read_source
from evaluation.study import Study, load_study

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
SCHOOLS = {
    "9992001": "Elmfold Primary School",
    "9992002": "Oakhanger Primary School",
    "9994001": "Ashmere Academy",
}
FORENAMES = ("Zebedee", "Ysolde", "Grace", "Wolfgang", "Ulrica", "Tancred")
SURNAMES = {"9992001": "Quillfeather", "9992002": "Thistlewick", "9994001": "Smith-Umbers"}
STUDY = """
study: tiny
title: Tiny
about: Invented.
synthetic: true
seed: 1
project: {first: 2023-09-01, last: 2024-08-31}
waves:
  - {name: autumn, title: Autumn, date: 2023-09-25}
  - {name: summer, title: "Summer term", date: 2024-06-24}
year_groups: ["4"]
instruments:
  - {name: test, title: Test, minimum: 70, maximum: 130}
schools: {path: schools.csv, columns: {school: School, name: Name, phase: Phase, role: Role}}
sources:
  - {name: roll, kind: pupils, wave: autumn, path: roll.csv,
     columns: {upn: UPN, surname: Surname, forename: Forename, dob: DOB, school: School, year_group: Year, disadvantaged: PP}}
  - {name: before, kind: scores, wave: autumn, instrument: test, path: before.csv,
     columns: {upn: UPN, surname: Surname, forename: Forename, dob: DOB, school: School, score: Score}}
RECORDS
comparison: {kind: matched, unit: school, description: schools like them}
words: {disadvantaged: some, others: others, treated: these, control: those}
analysis:
  outcomes: {before: {instrument: test, wave: autumn, title: Before}}
  primary: before
  treatment: treated
  indicators: {treated: {column: role, equals: taking part, label: taking part}}
  models:
    headline: {title: Headline, formula: "before ~ treated + (1 | school)", term: treated}
reports: {audience: project}
"""


def silent(*_: object) -> None:
    """A step that says nothing."""


def upn(number: int) -> str:
    """A number with its right check letter, of a local authority that does not exist."""
    digits = f"999{number:09d}"
    return LETTERS[sum(int(digit) * place for place, digit in enumerate(digits, 2)) % 23] + digits


def pupils() -> list[list[str]]:
    """UPN, surname, forename, date of birth and school of each pupil."""
    return [
        [upn(10 * place + at), SURNAMES[school], forename, f"2015-0{at + 1}-1{place}", school]
        for place, school in enumerate(SCHOOLS)
        for at, forename in enumerate(FORENAMES)
    ]


def write_study(root: Path, *records: str) -> Study:
    """Write the study file with these lines of sources beside the lists, and the lists; read the study."""
    raw = root / "data" / "raw" / "tiny"
    for folder in (root / "params", raw):
        folder.mkdir(parents=True, exist_ok=True)
    lines = "\n".join(f"  - {line}" for line in records)
    (root / "params" / "tiny.yml").write_text(STUDY.replace("RECORDS", lines), encoding="utf-8")
    roles = [[school, name, "primary", "taking part"] for school, name in SCHOOLS.items()]
    write(raw / "schools.csv", ["School", "Name", "Phase", "Role"], roles)
    who = ["UPN", "Surname", "Forename", "DOB", "School"]
    write(raw / "roll.csv", [*who, "Year", "PP"], [[*pupil, "4", "N"] for pupil in pupils()])
    write(raw / "before.csv", [*who, "Score"], [[*pupil, 90 + at] for at, pupil in enumerate(pupils())])
    return load_study(str(root / "params" / "tiny.yml"))


def write(path: Path, header: Sequence[object], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])


def fill_template(study: Study, root: Path, kind: str, rows: Sequence[Sequence[object]]) -> None:
    """Have the template written, fill it as a person would and put it among the raw files."""
    (made,) = request_records(study, root, [kind]).records
    book = openpyxl.load_workbook(root / made)
    for at, row in enumerate(rows, start=2):
        for column, cell in enumerate(row, start=1):
            book[kind].cell(at, column, cell)
    target = root / "data" / "raw" / "tiny" / "records" / f"{kind}.xlsx"
    target.parent.mkdir(exist_ok=True)
    book.save(target)


def cleaned(study: Study, root: Path, name: str) -> Cleaned:
    """One source, read and cleaned; every row accounted for."""
    source = next(source for source in study.sources if source.name == name)
    tables = read_source(root / "data" / "raw" / "tiny", study, source)
    found = clean_source(study, source, tables, SCHOOLS)
    lost = found.issues[found.issues["severity"] == "row"].drop_duplicates(["file", "sheet", "row"])
    assert len(found.rows) + len(lost) == found.rows_in == sum(len(table.cells) for table in tables)
    return found


def from_csv(
    root: Path, kind: str, columns: str, header: Sequence[object], rows: Sequence[Sequence[object]]
) -> Cleaned:
    """Records of a file of another shape, through a column map."""
    study = write_study(root, f"{{name: given, kind: {kind}, path: given.csv, columns: {columns}}}")
    write(root / "data" / "raw" / "tiny" / "given.csv", header, rows)
    return cleaned(study, root, "given")


def rules(issues: pd.DataFrame) -> list[tuple[int, str, str]]:
    """Row, rule and severity of each issue that names a row."""
    at = issues[issues["row"].notna()].sort_values(["row", "rule"])
    return list(zip(at["row"].astype(int), at["rule"], at["severity"], strict=True))
