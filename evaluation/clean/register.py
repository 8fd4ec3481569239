"""Clean the schools register."""

import pandas as pd

from evaluation.clean.cells import Parsing, kind_fields, parse_cells, table_text
from evaluation.clean.issues import Cleaned, gather, issues_at, table_issues
from evaluation.clean.schemas import gate
from evaluation.errors import DataError, StudyError
from evaluation.ingest import RawTable
from evaluation.study import Study


def clean_register(study: Study, tables: list[RawTable]) -> Cleaned:
    """One row a school, and an issue for every cell and row not accepted.

    Phase, role and cluster are "" where the register has none; a school without a name is called by its
    identifier.

    Raises
    ------
    StudyError
        When the study has no register, or maps no school column.
    DataError
        When no school is left.
    """
    if study.schools is None or "school" not in study.schools.columns:
        raise StudyError("The schools register (schools: columns:) maps no school column.")
    columns = study.schools.columns
    parts = [_later(study, table, _parsed(study, table, columns)) for table in tables if table.header_row]
    rows = pd.concat([part.rows for part in parts], ignore_index=True)
    nameless, twice = rows["school"].isna(), rows["school"].duplicated() & rows["school"].notna()
    issues = [
        *map(table_issues, tables),
        *(issue for part in parts for issue in part.issues),
        issues_at(
            rows[nameless], "no_school", "row", "The row does not say which school.", columns["school"]
        ),
        issues_at(
            rows[twice], "duplicate", "row", "The school is in the register already.", columns["school"]
        ),
    ]
    rows = rows[~nameless & ~twice].reset_index(drop=True)
    if rows.empty:
        raise DataError(f"{tables[0].file}: no school could be read from the register.")
    blanks = {name: rows[name].fillna("") for name in ("phase", "role", "cluster")}
    rows = rows.assign(name=rows["name"].fillna("School " + rows["school"]), **blanks)
    rows = rows[["source", "file", "sheet", "row", *(field.name for field in kind_fields(study, "schools"))]]
    return Cleaned(
        gate(study, "schools", None, rows), gather(issues), sum(len(table.cells) for table in tables)
    )


def _parsed(study: Study, table: RawTable, columns: dict[str, str]) -> Parsing:
    ragged = [fault.row for fault in table.faults if fault.severity == "row"]
    return parse_cells(study, None, table, table_text(table, columns).drop(index=ragged), columns, None)


def _later(study: Study, table: RawTable, parsed: Parsing) -> Parsing:
    """The rows, what was blank filled from the first later year that says it; and where a later year says otherwise, a note."""
    rows, issues, register = parsed.rows, list(parsed.issues), study.schools
    for field, headings in register.later.items() if register else ():
        first = register.columns.get(field, "") if register else ""
        for heading in headings:
            said = table_text(table, {field: heading})[field].reindex(rows.index)
            filled = rows[field].isna() & (said != "")
            other = rows[field].notna() & (said != "") & (said != rows[field])
            taken = f"Nothing stands under {first!r}; {field} was taken from this column."
            moved = f"Another {field} than under {first!r}; the school counts as there."
            issues += [
                issues_at(rows[filled], f"{field}_later", "note", taken, heading),
                issues_at(rows[other], f"{field}_changed", "note", moved, heading),
            ]
            rows = rows.assign(**{field: rows[field].mask(filled, said)})
    return Parsing(rows, issues)
