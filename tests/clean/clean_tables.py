"""Small tables of pupils and results, cleaned alone or held against one another."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from evaluation.clean import Cleaned, check_across, clean_source
from evaluation.clean.shelf import shelved
from evaluation.ingest import RawTable
from evaluation.simulate.identities import check_letter
from evaluation.study import Study, load_study

STUDY = load_study(str(Path(__file__).parents[1] / "ingest" / "small.yml"))
SCHOOLS = ["9992001", "9992002"]
PUPIL = ["UPN", "Surname", "Forename", "DOB", "School", "Year", "PP"]
RESULT = ["UPN", "Surname", "Forename", "DOB", "School", "Year", "Score"]
NAMES = [
    "Okonkwo",
    "Whitlock",
    "Achebe",
    "Lindqvist",
    "Marchetti",
    "Novak",
    "Ferreira",
    "Haddad",
    "Kowalczyk",
    "Tanaka",
]
FORENAMES = ["Adaeze", "Bennet", "Chidi", "Dagny", "Elio", "Franka", "Gil", "Huda", "Ignacy", "Jun"]


def upn(number: int) -> str:
    """A valid pupil number."""
    body = f"80120000{number:04d}"
    return check_letter(body) + body


def pupils(count: int = 10) -> list[list[str]]:
    """Rows of year 4 pupils with a flag; each name and date once."""
    return [
        [upn(at), NAMES[at], FORENAMES[at], f"{13 + at}/05/2015", "9992001", "4", "N" if at % 3 else "Y"]
        for at in range(count)
    ]


def results(count: int = 10) -> list[list[str]]:
    """The same pupils with scores."""
    return [[*row[:-1], str(81 + 7 * at % 40)] for at, row in enumerate(pupils(count))]


def raw(source: str, rows: Sequence[Sequence[str]], headings: Sequence[str]) -> RawTable:
    """A table whose first row is number 2."""
    index = pd.RangeIndex(2, len(rows) + 2, name="row")
    cells = pd.DataFrame([list(row) for row in rows], columns=list(headings), index=index, dtype="str")
    return RawTable(source, f"{source}.csv", "", "0" * 64, 1, cells)


def clean(
    source: str, rows: Sequence[Sequence[str]], headings: Sequence[str] = (), study: Study = STUDY
) -> Cleaned:
    """One source of the small study, cleaned."""
    chosen = next(item for item in study.sources if item.name == source)
    default = PUPIL if chosen.kind == "pupils" else RESULT
    return clean_source(study, chosen, [raw(source, rows, headings or default)], SCHOOLS)


@dataclass(frozen=True)
class Across:
    """Rows as they are after the rules, and the issues."""

    pupils: pd.DataFrame
    scores: pd.DataFrame
    issues: pd.DataFrame


def across(tables: dict[str, Sequence[Sequence[str]]], register: pd.DataFrame | None = None) -> Across:
    """Several sources of the small study, cleaned and held against one another."""
    kinds = {source.name: source.kind for source in STUDY.sources}
    done = {name: clean(name, rows) for name, rows in tables.items()}
    rows = {
        kind: pd.concat([done[name].rows for name in done if kinds[name] == kind], ignore_index=True)
        for kind in ("pupils", "scores")
    }
    issues = pd.concat([item.issues for item in done.values()], ignore_index=True)
    return hold_across(STUDY, register, rows, issues)


def hold_across(
    study: Study, register: pd.DataFrame | None, rows: dict[str, pd.DataFrame], issues: pd.DataFrame
) -> Across:
    """Cleaned rows of both kinds held against one another."""
    shelves = [shelved([rows[kind]]) for kind in ("pupils", "scores")]
    found = check_across(study, register, *shelves, issues)
    return Across(*(shelf.frame() for shelf in shelves), found)


def told(issues: pd.DataFrame) -> list[tuple[int, str, str]]:
    """Row (0 for a whole sheet), rule and severity of each issue."""
    rows = issues["row"].fillna(0).astype(int)
    return list(zip(rows, issues["rule"], issues["severity"], strict=True))
