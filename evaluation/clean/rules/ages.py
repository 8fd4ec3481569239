"""Dates held against one another: birth against the wave, the year group and the test."""

import datetime as dt

import pandas as pd

from evaluation.clean.issues import issues_at, note
from evaluation.ingest import RawTable
from evaluation.study import Source, Study

YOUNGEST, OLDEST = 2, 20
FAR_FROM_WAVE = 100  # days
FAR_FROM_STUDY = 400  # days
FAULT = 3  # years
Checked = tuple[pd.DataFrame, list[pd.DataFrame]]


def possible_ages(study: Study, source: Source, rows: pd.DataFrame, heading: str) -> Checked:
    """Dates of birth no pupil can have at this wave are left empty and listed."""
    wave = pd.Timestamp(study.wave(source.wave).date)
    age = (wave - rows["dob"]).dt.days / 365.25
    impossible = rows["dob"].notna() & ~age.between(YOUNGEST, OLDEST)
    reason = f"The date would make the pupil younger than {YOUNGEST} or older than {OLDEST}."
    issues = issues_at(rows[impossible], "dob", "cell", reason, heading)
    return rows.assign(dob=rows["dob"].mask(impossible)), [issues]


def year_for_age(study: Study, source: Source, table: RawTable, rows: pd.DataFrame, heading: str) -> Checked:
    """Pupils out of the year group of their age: one or two years are noted, three and more are a fault.

    In England pupils born from 1 September to 31 August are together; those who turn five in the reception
    year are in year 1 the year after. Of a pupil list the date of birth is then left empty, because the year
    group decides the test. Of results nothing is changed: the year may be that of the paper. Where half the
    rows are out by the same number of years, the column has a habit, and is noted once.
    """
    out = _years_out(study.wave(source.wave).date, rows)
    usual = out.mode()
    if len(usual) and usual[0] != 0 and (out == usual[0]).sum() * 2 > out.notna().sum() > 1:
        reason = (
            f"Half of the pupils or more are {abs(int(usual[0]))} years from the year group of their age."
        )
        return rows, [note(table, "year_group_age_column", reason, heading)]
    fault = out.abs() >= FAULT
    reason = f"Year group and date of birth are {FAULT} years or more apart: one of them is wrong. " + (
        "The date was left empty." if source.kind == "pupils" else "Neither was changed."
    )
    if source.kind == "scores":
        return rows, [issues_at(rows[fault], "year_group_age", "note", reason, heading)]
    unusual = out.abs().between(1, FAULT - 1)
    beside = "The pupil is not in the year group of this age. That may well be so; nothing was changed."
    issues = [
        issues_at(rows[fault], "year_group_age", "cell", reason, heading),
        issues_at(rows[unusual], "unusual_year_group", "note", beside, heading),
    ]
    return rows.assign(dob=rows["dob"].mask(fault)), issues


def _years_out(wave: dt.date, rows: pd.DataFrame) -> pd.Series:
    """Years by which the year group is above that of the pupil's age; NA where either is not known."""
    year = pd.to_numeric(rows["year_group"].replace("R", "0").str.removeprefix("Y"), errors="coerce")
    autumn = wave.year - (wave.month < 9)
    born = rows["dob"].dt.year - (rows["dob"].dt.month < 9)
    return year - (autumn - born - 5)


def possible_test_dates(study: Study, source: Source, rows: pd.DataFrame, heading: str) -> Checked:
    """Test dates before birth or far outside the study are left empty; those far from their wave are noted.

    What is in the future is judged by the study's last wave and not by a clock, so that a run can be repeated.
    """
    day = rows["test_date"]
    waves = [pd.Timestamp(wave.date) for wave in study.waves]
    margin = pd.Timedelta(days=FAR_FROM_STUDY)
    outside = (day < min(waves) - margin) | (day > max(waves) + margin)
    impossible = outside | (day <= rows["dob"] + pd.Timedelta(days=YOUNGEST * 365))
    off = (day - pd.Timestamp(study.wave(source.wave).date)).abs()
    other = pd.concat([(day - wave).abs() for wave in waves], axis=1).min(axis=1) < off
    far = ~impossible & ((off > pd.Timedelta(days=FAR_FROM_WAVE)) | (other & (off > pd.Timedelta(days=30))))
    before = "The test date is before the pupil can have sat a test, or years from the study's waves."
    issues = [
        issues_at(rows[impossible], "test_date", "cell", before, heading),
        issues_at(
            rows[far], "test_date_wave", "note", "The test date is not near this wave's date.", heading
        ),
    ]
    return rows.assign(test_date=day.mask(impossible)), issues
