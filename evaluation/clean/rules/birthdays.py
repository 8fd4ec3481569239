"""Dates of birth as a list of pupils ought to have them: each pupil's there, and no day of the year far too common."""

import pandas as pd
from scipy.stats import poisson

from evaluation.clean.issues import issues_at, note
from evaluation.ingest import RawTable

DAYS = 365
BY_CHANCE = 1e-3  # how many days of so many pupils chance may bring
FEWEST = 4


def common_birthday(table: RawTable, rows: pd.DataFrame, heading: str) -> list[pd.DataFrame]:
    """A note where so many rows have one date of birth that chance would hardly have it: a date put in for want of one.

    Birthdays of a year group fall on any day of a year, so of n pupils k share a given one with about the
    probability of a Poisson count of mean n / 365.
    """
    counts = rows["dob"].value_counts()
    groups = max(1, int(rows["year_group"].nunique())) if "year_group" in rows else 1
    most = int(counts.iloc[0]) if len(counts) else 0
    by_chance = DAYS * groups * poisson.sf(most - 1, counts.sum() / (DAYS * groups))
    if most < FEWEST or by_chance > BY_CHANCE:
        return []
    reason = f"{most:,} of {int(counts.sum()):,} rows have the same date of birth. Was it put in where none was known?"
    return [note(table, "dob_common", reason, heading)]


def unnumbered(rows: pd.DataFrame) -> list[pd.DataFrame]:
    """A note on each listed pupil with neither a number nor a date of birth, who may be listed twice or be nobody."""
    none = rows[rows[["upn", "pupil_id", "dob"]].isna().all(axis=1)]
    reason = "The pupil has neither a pupil number nor a date of birth, and cannot be told from another of the same name."
    return [issues_at(none, "no_number", "note", reason)]
