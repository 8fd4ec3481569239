"""A publisher's table of norms: raw scores to standardised ones, by age in months where the table has ages."""

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from evaluation.clean.parse import parse_number
from evaluation.clean.scores import parse_age
from evaluation.errors import DataError, nearest
from evaluation.ingest import RawTable, collapse
from evaluation.study import Instrument, Study

NEEDED = ["raw", "standardised"]
OPTIONAL = ["edition", "year_group", "age_from", "age_to"]
NO_NORM = "no norm"
_STANDARDISED = re.compile(r"([<>≤≥]?)=?\s*(\d+(?:\.\d+)?)", re.ASCII)


class Norm(NamedTuple):
    """A line of the table: its standardised score, and at which end that is censored."""

    year_group: str
    age_from: int
    age_to: int
    standardised: float
    censored: str


@dataclass(frozen=True, slots=True)
class NormTable:
    """The norms of one edition of a test, by raw score."""

    file: str
    by_age: bool
    lines: dict[float, tuple[Norm, ...]]

    def look_up(self, raw: float, year_group: str, months: float) -> Norm | None:
        """The line for a raw score, year group and age; None when the table has none. Nothing is interpolated."""
        if self.by_age and np.isnan(months):
            return None
        for line in self.lines.get(raw, ()):
            if line.year_group in ("", year_group) and (
                not self.by_age or line.age_from <= months <= line.age_to
            ):
                return line
        return None

    def standardise(self, scores: pd.DataFrame, months: pd.Series) -> pd.DataFrame:
        """Raw scores as standardised ones; without a line for them they are missing, with the reason "no norm".

        Parameters
        ----------
        scores : DataFrame
            score (raw), year_group, score_reason, censored. A raw score that was censored has no norm.
        months : Series
            Age at the test in months, by the same index; NaN where it is not known.
        """
        plain = scores["score"].mask(scores["censored"] != "")
        cells = zip(plain, scores["year_group"].fillna(""), months.astype("float64"), strict=True)
        found = [None if np.isnan(raw) else self.look_up(raw, year, age) for raw, year, age in cells]
        lost = scores["score"].notna() & pd.Series([line is None for line in found], scores.index)
        return scores.assign(
            score=[np.nan if line is None else line.standardised for line in found],
            score_reason=scores["score_reason"].mask(lost, NO_NORM),
            censored=pd.Series(
                ["" if line is None else line.censored for line in found], scores.index, dtype="str"
            ),
        )


def read_norms(study: Study, instrument: Instrument, table: RawTable) -> NormTable:
    """A table of norms from its file: columns raw and standardised; edition, year_group, age_from, age_to if any.

    Ages are years:months or months, both ends included. Another edition's lines are left out.

    Raises
    ------
    DataError
        When a cell cannot be read, nothing is of the instrument's edition, or two lines are for the same
        score and age.
    """
    names = {collapse(str(name)).casefold().replace(" ", "_"): name for name in table.cells}
    cells = table.cells.rename(columns={name: plain for plain, name in names.items()})
    cells = cells.reindex(columns=[*NEEDED, *OPTIONAL], fill_value="").map(collapse)
    if instrument.edition and "edition" in names:
        cells = _of_edition(table, instrument.edition, cells)
    by_age = "age_from" in names and "age_to" in names
    lines: dict[float, tuple[Norm, ...]] = {}
    for row in cells.itertuples():
        raw, norm = _line(study, table, row, by_age)
        if any(_overlap(norm, other) for other in lines.get(raw, ())):
            raise DataError(f"{table.file}, row {row.Index}: another line is for the same raw score and age.")
        lines[raw] = (*lines.get(raw, ()), norm)
    return NormTable(table.file, by_age, lines)


def months_old(scores: pd.DataFrame) -> pd.Series:
    """Age at the test in whole months: as the file gives it, else from date of birth and test date; NaN if neither.

    Parameters
    ----------
    scores : DataFrame
        Cleaned rows of scores: age (months), dob, test_date.
    """
    born, sat = scores["dob"].dt, scores["test_date"].dt
    months = 12 * (sat.year - born.year) + (sat.month - born.month) - (sat.day < born.day).astype("float64")
    return scores["age"].astype("float64").fillna(months)


def _of_edition(table: RawTable, edition: str, cells: pd.DataFrame) -> pd.DataFrame:
    mine = cells[cells["edition"].str.casefold() == edition.casefold()]
    if mine.empty:
        there = sorted(set(cells["edition"]))
        raise DataError(
            f"{table.file}: no norms of edition {edition!r}.{nearest(edition, there)} Editions there: {', '.join(there)}."
        )
    return mine


def _line(study: Study, table: RawTable, row: Any, by_age: bool) -> tuple[float, Norm]:
    def bad(column: str, what: str) -> DataError:
        return DataError(
            f"{table.file}, row {row.Index}, column {column!r}: {getattr(row, column)!r} is not {what}."
        )

    raw = parse_number(row.raw).value
    if raw is None:
        raise bad("raw", "a raw score")
    standard = _STANDARDISED.fullmatch(row.standardised)
    if standard is None:
        raise bad("standardised", "a standardised score such as 104, <70 or >130")
    if row.year_group not in ("", *study.year_groups):
        raise bad("year_group", f"a year group of the study ({', '.join(study.year_groups)})")
    ages = [0, 0]
    for at, column in enumerate(("age_from", "age_to") if by_age else ()):
        text = getattr(row, column)
        months = int(text) if text.isdecimal() else parse_age(text).value
        if months is None:
            raise bad(column, "an age as years:months, or in months")
        ages[at] = months
    if ages[0] > ages[1]:
        raise bad("age_to", "at or after age_from")
    censored = {"<": "low", "≤": "low", ">": "high", "≥": "high"}.get(standard[1], "")
    return raw, Norm(row.year_group, ages[0], ages[1], float(standard[2]), censored)


def _overlap(one: Norm, other: Norm) -> bool:
    years = one.year_group == other.year_group or "" in (one.year_group, other.year_group)
    return years and one.age_from <= other.age_to and other.age_from <= one.age_to
