"""Synthetic files for timing the way in: one pupil list a school, in three layouts, and the tests they sat."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from evaluation.simulate.identities import FORENAMES, LETTERS, SURNAMES

PUPILS = 333
SCHOOLS_A_RESULT = 10
WRONG = 100  # of so many pupil numbers on a list one is wrong
STUDY = """
study: many
title: "Many files"
about: "Synthetic files, made to time the way in."
synthetic: true
seed: 1
waves:
  - {name: autumn, title: Autumn, date: 2023-09-25}
  - {name: summer, title: Summer, date: 2024-06-24}
year_groups: ["2", "4", "7"]
instruments:
  - {name: test, title: Test, minimum: 70, maximum: 130}
schools: {path: schools.csv, columns: {school: LAESTAB, name: School, phase: Phase, role: Role}}
layouts:
  sims: {upn: UPN, surname: Legal Surname, forename: Legal Forename, dob: DOB, sex: Gender, year_group: Year, class: Reg,
    disadvantaged: Pupil Premium Indicator, eal: EAL, send: SEN}
  arbor: {upn: UPN (Unique Pupil Number), surname: Legal Last Name, forename: Legal First Name, dob: Date of birth, sex: Sex,
    year_group: Year Group, class: Registration Form, disadvantaged: Pupil Premium Recipient, eal: EAL, send: SEND}
  authority: {school: LAESTAB, upn: UPN, surname: Surname, forename: Forename, dob: DateOfBirth, sex: Gender,
    year_group: NCyear, class: Class, disadvantaged: FSM6CLA1A, eal: EAL, send: SEN}
  results: {school: laestab, upn: upn, surname: last_name, forename: first_name, dob: date_of_birth, year_group: year,
    test_date: date_taken, score: score}
comparison: {kind: matched, unit: school, description: "other schools"}
words: {disadvantaged: some pupils, others: other pupils, treated: pupils here, control: pupils there}
analysis:
  outcomes:
    score: {instrument: test, wave: summer, title: Score}
  primary: score
  treatment: treated
  indicators:
    treated: {column: role, equals: taking part, label: taking part}
  models:
    headline: {title: Headline, formula: "score ~ treated + disadvantaged + (1 | school)", term: treated}
reports: {audience: project}
sources:
"""
# Each layout's headings in the order it writes them, its way of writing dates, years and flags, separator and encoding.
LAYOUTS = {
    "sims": (
        "UPN;Legal Surname;Legal Forename;DOB;Gender;Year;Reg;Pupil Premium Indicator;EAL;SEN",
        "upn surname forename dob sex year_group class disadvantaged eal send",
        ("%d/%m/%Y", "Year {}", ("N", "Y")),
        (";", "cp1252"),
    ),
    "arbor": (
        "Legal First Name;Legal Last Name;UPN (Unique Pupil Number);Date of birth;Sex;Year Group;Registration Form;"
        "Pupil Premium Recipient;EAL;SEND",
        "forename surname upn dob sex year_group class disadvantaged eal send",
        ("%Y-%m-%d", "{}", ("No", "Yes")),
        (",", "utf-8-sig"),
    ),
    "authority": (
        "LAESTAB;UPN;Surname;Forename;DateOfBirth;Gender;NCyear;Class;FSM6CLA1A;EAL;SEN",
        "school upn surname forename dob sex year_group class disadvantaged eal send",
        ("%d/%m/%Y", "{}", ("0", "1")),
        (",", "utf-8"),
    ),
}


def write_files(root: Path, schools: int) -> list[Path]:
    """Write params/many.yml and its raw files under `root`: a list a school, and results for ten schools a file.

    One number in a hundred is wrong on the list, and one score in fifty is a code; the rest is clean.

    Returns
    -------
    list of Path
        The files that hold pupils or scores.
    """
    raw = root / "data" / "raw" / "many"
    for folder in (root / "params", raw / "lists", raw / "results"):
        folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(schools)
    sources, written, roll = [], [], []
    for number in range(schools):
        pupils = draw_pupils(rng, number)
        layout = list(LAYOUTS)[number % len(LAYOUTS)]
        path = f"lists/school_{number:04d}.csv"
        (raw / path).write_bytes(listed(pupils, layout))
        fixed = "" if layout == "authority" else f', school: "{school_id(number)}"'
        sources.append(
            f"  - {{name: s{number}, kind: pupils, wave: autumn, layout: {layout}{fixed}, path: {path}}}\n"
        )
        written.append(raw / path)
        roll.append(pupils)
        if len(roll) == SCHOOLS_A_RESULT or number == schools - 1:
            path = f"results/results_{number // SCHOOLS_A_RESULT:04d}.csv"
            (raw / path).write_bytes(results(rng, pd.concat(roll)))
            sources.append(
                f"  - {{name: r{number}, kind: scores, wave: summer, instrument: test, layout: results, path: {path}}}\n"
            )
            written.append(raw / path)
            roll = []
    (raw / "schools.csv").write_bytes(
        csv_bytes(["LAESTAB", "School", "Phase", "Role"], register(schools), ",", "utf-8")
    )
    (root / "params" / "many.yml").write_text(STUDY + "".join(sources), encoding="utf-8")
    return written


def school_id(number: int) -> str:
    """Seven digits, of a local authority that does not exist."""
    return f"999{number + 1000:04d}"


def register(schools: int) -> Iterator[list[str]]:
    """One row a school."""
    for number in range(schools):
        role = "taking part" if number % 2 else "comparison"
        yield [school_id(number), f"School {number}", "primary", role]


def draw_pupils(rng: np.random.Generator, school: int) -> pd.DataFrame:
    """The pupils of one school, every value as text but the date of birth."""
    n = PUPILS
    year = rng.choice(["2", "4", "7"], n)
    born = pd.to_datetime([{"2": "2016-09-01", "4": "2014-09-01", "7": "2011-09-01"}[y] for y in year])
    names = np.array([*FORENAMES["F"].split(), *FORENAMES["M"].split()])
    return pd.DataFrame(
        {
            "school": school_id(school),
            "upn": [upn(school * PUPILS + i) for i in range(n)],
            "surname": rng.choice(SURNAMES.split(), n),
            "forename": rng.choice(names, n),
            "dob": born + pd.to_timedelta(rng.integers(0, 365, n), unit="D"),
            "sex": rng.choice(["F", "M"], n),
            "year_group": year,
            "class": np.char.add(year, rng.choice(["A", "B"], n)),
            **{name: rng.random(n) < share for name, share in (("disadvantaged", 0.3), ("eal", 0.2), ("send", 0.15))},
        }
    )  # fmt: skip


def upn(number: int) -> str:
    """A number with its right check letter, of a local authority that does not exist."""
    digits = f"999{number:09d}"
    return LETTERS[sum(int(digit) * place for place, digit in enumerate(digits, 2)) % 23] + digits


def listed(pupils: pd.DataFrame, layout: str) -> bytes:
    """A school's list as its system exports it."""
    headings, columns, (day, year, flags), (separator, encoding) = LAYOUTS[layout]
    text = pupils.assign(
        dob=pupils["dob"].dt.strftime(day), year_group=[year.format(item) for item in pupils["year_group"]]
    )
    for name in ("disadvantaged", "eal", "send"):
        text[name] = np.where(text[name], flags[1], flags[0])
    wrong = text.index[WRONG - 1 :: WRONG]
    text.loc[wrong, "upn"] = [
        LETTERS[(LETTERS.index(item[0]) + 7) % 23] + item[1:] for item in text.loc[wrong, "upn"]
    ]
    return csv_bytes(headings.split(";"), text[columns.split()].to_numpy().tolist(), separator, encoding)


def results(rng: np.random.Generator, pupils: pd.DataFrame) -> bytes:
    """Results as a test company returns them, in an order of its own."""
    shuffled = pupils.sample(frac=1, random_state=rng)
    score = rng.normal(100, 12, len(pupils)).round().clip(71, 129).astype(int).astype(str)
    score[::50] = "A"
    columns = {
        "upn": shuffled["upn"],
        "last_name": shuffled["surname"],
        "first_name": shuffled["forename"],
        "date_of_birth": shuffled["dob"].dt.strftime("%Y-%m-%d"),
        "laestab": shuffled["school"],
        "year": shuffled["year_group"],
        "date_taken": "2024-06-24",
        "score": score,
    }
    frame = pd.DataFrame(columns)
    return csv_bytes(list(columns), frame.to_numpy().tolist(), ",", "utf-8")


def csv_bytes(headings: list[str], rows: object, separator: str, encoding: str) -> bytes:
    """A CSV file."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=separator, lineterminator="\r\n").writerows([headings, *rows])  # type: ignore[misc]
    return text.getvalue().encode(encoding)
