"""A small invented study: three schools, two waves, a workbook; each pupil with a name found nowhere else."""

import csv
import io
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from openpyxl import Workbook

from evaluation.study import Study, load_study

LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
SCHOOLS = {"9992001": "Elm", "9992002": "Oak", "9992003": "Ash"}
FORENAMES = ("Zebedee", "Ysolde", "Xanthippe", "Wolfgang", "Ulrica", "Tancred")
SURNAMES = {"9992001": "Quillfeather", "9992002": "Thistlewick", "9992003": "Umbersnatch"}
WHO = ["UPN", "Surname", "Forename", "DOB", "School"]
STUDY = """
study: tiny
title: Tiny
about: Invented.
synthetic: true
seed: 1
waves:
  - {name: autumn, title: Autumn, date: 2023-09-25}
  - {name: summer, title: Summer, date: 2024-06-24}
year_groups: ["4"]
instruments:
  - {name: test, title: Test, minimum: 70, maximum: 130}
schools: {path: schools.csv, columns: {school: School, name: Name, phase: Phase, role: Role}}
layouts:
  roll: {upn: UPN, surname: Surname, forename: Forename, dob: DOB, school: School, year_group: Year, disadvantaged: PP}
  marks: {upn: UPN, surname: Surname, forename: Forename, dob: DOB, school: School, score: Score}
sources:
  - {name: roll, kind: pupils, wave: autumn, layout: roll, path: roll.csv}
  - {name: before, kind: scores, wave: autumn, instrument: test, layout: marks, path: before.xlsx}
  - {name: after, kind: scores, wave: summer, instrument: test, layout: marks, path: after.csv}
comparison: {kind: matched, unit: school, description: schools like them}
words: {disadvantaged: some, others: others, treated: these, control: those}
analysis:
  outcomes:
    before: {instrument: test, wave: autumn, title: Before}
    after: {instrument: test, wave: summer, title: After}
  primary: after
  baseline: before
  treatment: treated
  indicators:
    treated: {column: role, equals: taking part, label: taking part}
  school_means: [before]
  models:
    headline: {title: Headline, formula: "after ~ treated + before + (1 | school)", term: treated}
reports: {audience: project}
"""


def upn(number: int) -> str:
    """A number with its right check letter, of a local authority that does not exist."""
    digits = f"999{number:09d}"
    return LETTERS[sum(int(digit) * place for place, digit in enumerate(digits, 2)) % 23] + digits


def pupils() -> list[list[str]]:
    """UPN, surname, forename, date of birth and school of each pupil; every third of a school has no number."""
    found = []
    for place, school in enumerate(SCHOOLS):
        for at, forename in enumerate(FORENAMES):
            number = upn(10 * place + at) if at % 3 != 2 else ""
            found.append([number, SURNAMES[school], forename, f"2015-0{at + 1}-1{place}", school])
    return found


def write_tiny(root: Path, after: Sequence[Sequence[object]] | None = None) -> Study:
    """Write the study file and its raw files, the summer's scores as given, and read the study."""
    raw = root / "data" / "raw" / "tiny"
    for folder in (root / "params", raw):
        folder.mkdir(parents=True, exist_ok=True)
    (root / "params" / "tiny.yml").write_text(STUDY)
    roles = [[school, name, "primary", "taking part"] for school, name in SCHOOLS.items()]
    write(raw / "schools.csv", ["School", "Name", "Phase", "Role"], roles)
    rolls = [[*pupil, "4", "Y" if at % 2 else "N"] for at, pupil in enumerate(pupils())]
    write(raw / "roll.csv", [*WHO, "Year", "PP"], rolls)
    book = Workbook()
    for row in ([*WHO, "Score"], *([*pupil, 90 + at] for at, pupil in enumerate(pupils()))):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    if not (raw / "before.xlsx").exists():  # a workbook's bytes tell when it was saved
        (raw / "before.xlsx").write_bytes(content.getvalue())
    write(raw / "after.csv", [*WHO, "Score"], scores_after() if after is None else after)
    return load_study(str(root / "params" / "tiny.yml"))


def scores_after() -> list[list[object]]:
    """Each pupil's row in the summer's file."""
    return [[*pupil, 95 + at] for at, pupil in enumerate(pupils())]


def no_step(what: str, done: int | None = None, total: int | None = None) -> None:
    """A step that says nothing."""


def copied(made: Path, root: Path) -> Path:
    """A copy of a project folder, to change, with the keys it was made under, which lie beside it."""
    shutil.copytree(made, root)
    shutil.copytree(f"{made}-keys", os.environ["EVALUATION_KEYS"], dirs_exist_ok=True)
    return root


@contextmanager
def under_keys_of(root: Path) -> Iterator[pytest.MonkeyPatch]:
    """A project folder's keys are beside it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EVALUATION_KEYS", f"{root}-keys")
        yield patch


def write(path: Path, header: list[str], rows: Sequence[Sequence[object]]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
