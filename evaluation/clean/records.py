"""Clean a source of the project's own records: one way for every kind, driven by its specification."""

import re
from collections.abc import Collection, Iterable, Mapping

import pandas as pd

from evaluation.clean.cells import Parsing, kind_fields, parse_cells, table_text
from evaluation.clean.issues import Cleaned, gather, issues_at, note, table_issues
from evaluation.clean.rules.ledger_totals import ledger_totals
from evaluation.clean.rules.no_pupil import headings_again, no_pupils
from evaluation.clean.rules.record_rows import settle_records
from evaluation.clean.schemas import gate
from evaluation.errors import StudyError
from evaluation.ingest import RawTable
from evaluation.study import Source, Study
from evaluation.study.fields import IDENTIFYING
from evaluation.study.layouts import CELL
from evaluation.study.records import RECORDS, needed

_TOTAL = re.compile(r"(grand |sub-? ?|monthly |overall |school |project )?(totals?|sum)\b.*", re.IGNORECASE)
_COUNTS_OF_PUPILS = ("total", "total_differs")  # what reading took for a number of pupils


def clean_records(
    study: Study, source: Source, tables: list[RawTable], schools: Collection[str] | None
) -> Cleaned:
    """Typed rows of a source of records, and an issue for every cell and row not accepted.

    Parameters
    ----------
    study, source, tables
        As for `evaluation.clean.source.clean_source`.
    schools : mapping of identifier to name, or identifiers alone, or None
        The schools register; None when the study has none.

    Raises
    ------
    StudyError
        When the source maps no column for something that its records cannot do without.
    DataError
        When the result fails the schema, which is a fault of the software.
    """
    columns = study.columns(source)
    _check_columns(source, columns)
    parts = [
        _clean_table(study, source, table, _under(table, columns), schools)
        for table in tables
        if table.header_row
    ]
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    rows, settled = settle_records(study, source.kind, rows, columns)
    names = ["source", "file", "sheet", "row", *(field.name for field in kind_fields(study, source.kind))]
    issues = gather(
        [*map(_read_issues, tables), *(issue for part in parts for issue in part.issues), *settled]
    )
    if source.school:
        issues["school"] = issues["school"].replace("", source.school)
    rows = gate(study, source.kind, None, rows[names].reset_index(drop=True))
    return Cleaned(rows, issues, sum(len(table.cells) for table in tables))


def _under(table: RawTable, columns: Mapping[str, str]) -> dict[str, str]:
    """The column map of one of several columns side by side: its own heading holds the cells."""
    return {name: table.under if heading == CELL else heading for name, heading in columns.items()}


def _check_columns(source: Source, columns: Mapping[str, str]) -> None:
    given = {"school": source.school, "wave": source.wave}
    missing = [name for name in needed(source.kind) if name not in columns and not given.get(name)]
    if missing:
        raise StudyError(f"Source {source.name!r} maps no column for: {', '.join(missing)}.")
    record = RECORDS[source.kind]
    any_of = ("upn", "pupil_id", "surname") if record.of_pupils else record.any_of
    if any_of and not set(any_of) & columns.keys():
        raise StudyError(f"Source {source.name!r} maps none of: {', '.join(any_of)}.")


def _clean_table(
    study: Study, source: Source, table: RawTable, columns: Mapping[str, str], schools: Collection[str] | None
) -> Parsing:
    text = table_text(table, columns)
    read_as_total = {fault.row for fault in table.faults if fault.rule == "total"}
    ragged = [
        fault.row for fault in table.faults if fault.severity == "row" and fault.row not in read_as_total
    ]
    text = text.drop(index=ragged)
    none, found = _no_records(source, table, text, columns)
    for name in {"school", "wave"} & {item.name for item in RECORDS[source.kind].items}:
        if fixed := getattr(source, name):
            text[name] = text[name].where(text[name] != "", fixed) if name in text else fixed
    if source.kind == "ledger" and "school" in text:
        found.append(_whole_project(table, text.loc[~none, "school"], columns.get("school", "")))
    parsing = parse_cells(study, source, table, text[~none], columns, schools)
    rows, lacking = _complete(source.kind, parsing.rows, columns)
    return Parsing(rows, [*found, *parsing.issues, lacking])


def _no_records(
    source: Source, table: RawTable, text: pd.DataFrame, columns: Mapping[str, str]
) -> tuple[pd.Series, list[pd.DataFrame]]:
    """Which rows are totals or headings, and an issue for each; a ledger's totals are held against its lines."""
    if RECORDS[source.kind].of_pupils:
        return no_pupils(table, text, columns)
    foot = _is_total(source.kind, text) | headings_again(text, columns)
    place = {"source": table.source, "file": table.file, "sheet": table.sheet, "row": text.index}
    rows = pd.DataFrame(place, index=text.index)[foot]
    found = [issues_at(rows, "foot", "row", "The row is a total, or repeats the headings.")]
    if source.kind == "ledger":
        found += ledger_totals(table, text, foot, columns)
    return foot, found


def _is_total(kind: str, text: pd.DataFrame) -> pd.Series:
    """Rows that say total in their first filled cell or where they must say something else, and lack what they need."""
    said = pd.DataFrame({name: text[name].str.fullmatch(_TOTAL).astype("bool") for name in text}, text.index)
    wanted = [name for name in needed(kind) if name in text]
    blank = (text[wanted] == "") | said[wanted]
    first = (text != "").to_numpy().argmax(axis=1) if len(text) else []
    at_first = pd.Series(
        [said.iat[row, column] for row, column in enumerate(first)], text.index, dtype="bool"
    )
    return (at_first | said[wanted].any(axis=1)) & blank.any(axis=1)


def _whole_project(table: RawTable, schools: pd.Series, heading: str) -> pd.DataFrame:
    """A note where sums of money name no school: the one thing that is assumed of a blank."""
    blank = int((schools == "").sum())
    reason = f"{blank:,} lines name no school and do not say project; they were taken as the whole project's."
    return note(table, "whole_project", reason, heading) if blank else pd.DataFrame()


def _complete(kind: str, rows: pd.DataFrame, columns: Mapping[str, str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The rows that have all a record needs, and an issue for each of the others."""
    record = RECORDS[kind]
    lacks = pd.DataFrame({name: rows[name].isna() for name in needed(kind)}, index=rows.index)
    if record.of_pupils:
        names = [name for name in rows if name in IDENTIFYING]
        lacks["|".join(names)] = rows[names].isna().all(axis=1)
    elif record.any_of:
        lacks["|".join(record.any_of)] = rows[list(record.any_of)].isna().all(axis=1)
    bad = lacks.any(axis=1)
    told = [_lacking(names, columns) for names in (lacks.columns[row] for row in lacks[bad].to_numpy())]
    reasons = pd.Series(told, index=rows.index[bad], dtype="str")
    return rows[~bad], issues_at(rows[bad], "incomplete", "row", reasons)


def _lacking(names: Iterable[str], columns: Mapping[str, str]) -> str:
    """Which headings have nothing that could be read under them; of several of which one would do, all."""
    told = [
        " or ".join(repr(columns[part]) for part in name.split("|") if part in columns) or name
        for name in names
    ]
    return f"Nothing that could be read stands under {', nor under '.join(told)}; the row was left out."


def _read_issues(table: RawTable) -> pd.DataFrame:
    """What reading the table found, but for numbers of pupils, which records do not have."""
    found = table_issues(table)
    return found[~found["rule"].isin(_COUNTS_OF_PUPILS)] if len(found) else found
