"""A small invented study in a folder of its own: a few schools, 16 pupils each, before and after."""

import csv
import shutil
from pathlib import Path

import numpy as np

from evaluation.study.start import start_study

ROOT = Path(__file__).parents[2]
LETTERS = "ABCDEFGHJKLMNPQRTUVWXYZ"
SCHOOLS, PER_SCHOOL = 10, 16  # every allocation of the schools is refitted: 252 of ten, 924 of twelve


def upn(number: int) -> str:
    """A number with its right check letter, of a local authority that does not exist."""
    digits = f"999{number:09d}"
    total = sum(int(digit) * place for place, digit in enumerate(digits, 2))
    return LETTERS[total % 23] + digits


def write_study(root: Path, number: int = SCHOOLS) -> Path:
    """Write params/mine.yml, the raw files of so many schools and the notebooks; returns the folder of raw files."""
    (root / "params").mkdir(parents=True)
    _, raw = start_study("mine", root)
    shutil.copytree(ROOT / "notebooks", root / "notebooks")
    generator = np.random.default_rng(4)
    schools, pupils, before, after = [], [], [], []
    for index in range(number):
        school, treated = f"99920{index:02d}", index % 2 == 0
        schools.append(
            [school, f"Invented School {index}", "primary", "taking part" if treated else "comparison", ""]
        )
        level = generator.normal(0, 3)
        for pupil in range(PER_SCHOOL):
            number = index * PER_SCHOOL + pupil
            identity = [
                upn(number),
                f"Forename{chr(97 + pupil)}",
                f"Surname{chr(97 + index)}",
                f"{1 + number % 28:02d}/03/2017",
            ]
            disadvantaged = pupil % 3 == 0
            score = 100 + level - 5 * disadvantaged + generator.normal(0, 9)
            pupils.append(
                [school, *identity, "MF"[pupil % 2], "4", "AB"[pupil % 2], "Yes" if disadvantaged else "No"]
            )
            before.append([school, *identity, in_range(score)])
            after.append([school, *identity, in_range(score + 2 * treated + generator.normal(0, 6))])
    write(raw / "schools.csv", ["School", "Name", "Phase", "Role", "Cluster"], schools)
    who = ["School", "UPN", "Forename", "Surname", "Date of birth"]
    write(raw / "pupils.csv", [*who, "Sex", "Year", "Class", "Pupil premium"], pupils)
    write(raw / "test_before.csv", [*who, "Standardised score"], before)
    write(raw / "test_after.csv", [*who, "Standardised score"], after)
    return raw


def in_range(score: float) -> int:
    """A score the test can give."""
    return min(max(round(score), 70), 140)


def write(path: Path, header: list[str], rows: list[list]) -> None:
    """Write a CSV file."""
    with path.open("w", newline="", encoding="utf-8") as stream:
        csv.writer(stream).writerows([header, *rows])
