"""Clean a source: every row of its files is accepted, or listed with the reason why not."""

from collections.abc import Collection, Mapping

import pandas as pd

from evaluation.clean.both_names import part_column
from evaluation.clean.cells import Parsing, kind_fields, parse_cells, table_text
from evaluation.clean.issues import Cleaned, gather, issues_at, table_issues
from evaluation.clean.repeats import settle_repeats
from evaluation.clean.rules.ages import possible_ages, possible_test_dates, year_for_age
from evaluation.clean.rules.birthdays import common_birthday, unnumbered
from evaluation.clean.rules.class_names import settle_classes
from evaluation.clean.rules.fill_down import fill_down_issues
from evaluation.clean.rules.no_pupil import no_pupils
from evaluation.clean.rules.shared_numbers import unshared_numbers
from evaluation.clean.schemas import gate
from evaluation.clean.spells import settle_spells
from evaluation.errors import StudyError
from evaluation.ingest import RawTable
from evaluation.study import Source, Study


def clean_source(
    study: Study, source: Source, tables: list[RawTable], schools: Collection[str] | None
) -> Cleaned:
    """Typed rows of a pupils, scores, spells or marks source (marks: who sat, no more), and an issue for every cell and row not accepted.

    Parameters
    ----------
    study, source : Study, Source
        The study, and the source the tables were read for.
    tables : list of RawTable
        The source's tables, in the order of its files and sheets.
    schools : collection of str or None
        Identifiers in the schools register; None when the study has no register.

    Raises
    ------
    StudyError
        When the source maps no column that says who a row is about, or no school, or no score.
    DataError
        When the result fails the schema, which is a fault of the software.
    """
    columns = study.columns(source)
    _check_columns(source, columns)
    parts = [_clean_table(study, source, table, columns, schools) for table in tables if table.header_row]
    found = [issue for part in parts for issue in part.issues]
    parsed = pd.concat([part.rows for part in parts], ignore_index=True)
    if source.kind in ("pupils", "scores"):
        for number in ("upn", "pupil_id"):
            parsed, shared = unshared_numbers(parsed, number, columns.get(number, ""))
            found += shared
    rows, repeats = _settled(source, parsed, columns)
    if source.kind == "pupils":
        rows, classes = settle_classes(rows, columns.get("class", ""))
        found += classes
    rows = _arranged(study, source, rows)
    instrument = study.instrument(source.instrument or "") if source.kind == "scores" else None
    issues = gather([*map(table_issues, tables), *found, *repeats])
    if source.school:
        issues["school"] = issues["school"].replace("", source.school)
    return Cleaned(
        gate(study, source.kind, instrument, rows), issues, sum(len(table.cells) for table in tables)
    )


def _check_columns(source: Source, columns: Mapping[str, str]) -> None:
    both = {"forename", "surname"} & columns.keys()
    if "name" in columns and both:
        raise StudyError(
            f"Source {source.name!r} maps name, which holds both names, and {' and '.join(sorted(both))}: keep one."
        )
    named = ("name" in columns or len(both) == 2) and "dob" in columns
    if not named and not columns.keys() & {"upn", "pupil_id"}:
        raise StudyError(
            f"Source {source.name!r} maps no column that says who a row is about: upn, or pupil_id, or forename, surname (or name) and dob."
        )
    if source.kind == "pupils" and source.school is None and "school" not in columns:
        raise StudyError(
            f"Source {source.name!r} maps no school column and does not say which school the file is for (school:)."
        )
    needed = {"scores": "score", "spells": "start"}.get(source.kind)
    if needed is not None and needed not in columns:
        raise StudyError(f"Source {source.name!r} maps no {needed} column.")


def _settled(
    source: Source, rows: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.DataFrame, list[pd.DataFrame]]:
    """Repeats settled as the kind of source needs; those of marks wait until the marks are read."""
    if source.kind == "spells":
        return settle_spells(rows, columns)
    if source.kind == "marks":
        return rows, []
    return settle_repeats(rows, columns["score"] if source.kind == "scores" else "")


def _clean_table(
    study: Study, source: Source, table: RawTable, columns: Mapping[str, str], schools: Collection[str] | None
) -> Parsing:
    text = table_text(table, columns)
    ragged = [fault.row for fault in table.faults if fault.severity == "row"]
    text = text.drop(index=ragged)
    given = {name: heading for name, heading in columns.items() if name in text}
    none, no_pupil = no_pupils(table, text, given)
    for name in ("school", "year_group"):
        if fixed := getattr(source, name):
            text[name] = text[name].where(text[name] != "", fixed) if name in text else fixed
    text, columns, parted = part_column(table, text[~none], columns)
    parsing = parse_cells(study, source, table, text, columns, schools)
    rows, nowhere = _with_school(source, parsing.rows, columns.get("school", ""))
    rows, ages = possible_ages(study, source, rows, columns.get("dob", ""))
    found = [*no_pupil, *parted, *parsing.issues, nowhere, *ages]
    if source.kind in ("pupils", "scores"):
        rows, years = year_for_age(study, source, table, rows, columns.get("year_group", ""))
        found += [
            *years,
            *fill_down_issues(rows, given),
            *common_birthday(table, rows, columns.get("dob", "")),
        ]
    if source.kind == "pupils":
        found += unnumbered(rows)
    if source.kind == "scores":
        rows, dates = possible_test_dates(study, source, rows, columns.get("test_date", ""))
        found += dates
    return Parsing(rows, found)


def _with_school(source: Source, rows: pd.DataFrame, heading: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Pupils of no school are listed; a score may do without, for linking finds the pupil's."""
    nowhere = rows["school"].isna() & (source.kind == "pupils")
    return rows[~nowhere], issues_at(
        rows[nowhere], "no_school", "row", "The row does not say which school.", heading
    )


def _arranged(study: Study, source: Source, rows: pd.DataFrame) -> pd.DataFrame:
    """The contract's columns in its order, with what is the same for the whole source."""
    rows = rows.assign(wave=pd.Series(source.wave, index=rows.index, dtype="str"))
    first = ["source", "file", "sheet", "row", "wave"]
    fields = [field.name for field in kind_fields(study, source.kind)]
    if source.kind != "scores":
        return rows[[*first, *fields]].reset_index(drop=True)
    rows = rows.assign(instrument=pd.Series(source.instrument, index=rows.index, dtype="str"))
    fields = [name for name in fields if name != "score"]
    return rows[[*first, *fields, "instrument", "score", "score_reason", "censored"]].reset_index(drop=True)
