"""The table below a sheet's headings: every row with its number, and what must be said of it."""

from collections.abc import Mapping, Sequence

import pandas as pd

from evaluation.errors import SourceError
from evaluation.ingest.merged import fill_down
from evaluation.ingest.table import Fault, Grid, RawTable, collapse, is_blank, place
from evaluation.ingest.totals import check_declared
from evaluation.study.layouts import SHEET


def make_table(
    grid: Grid, at: int, headings: Sequence[str], *, source: str, shown: str, sha256: str
) -> RawTable:
    """The table below the heading row at position `at`.

    Headings that are not there come as empty columns, with a note; SHEET as a column of the sheet's name.

    Raises
    ------
    SourceError
        When a mapped heading stands above two columns.
    """
    names = grid.headings_at(at, headings)
    twice = [item for item in headings if names.count(item) > 1]
    if twice:
        raise SourceError(
            f"{place(shown, grid.sheet)}: row {at + 1} has two columns headed {twice[0]!r}. Rename one, so that it is clear which is meant."
        )
    filled = fill_down(grid.rows, grid.merged, at)
    numbered = [
        (number, row)
        for number, row in enumerate(grid.rows[at + 1 :], start=at + 2)
        if not all(map(is_blank, row))
    ]
    cells = pd.DataFrame(
        [_fitted(row, len(names)) for _, row in numbered],
        columns=names,
        index=pd.Index([number for number, _ in numbered], name="row", dtype="int64"),
        dtype="str",
    )
    absent = [item for item in headings if item not in names and item != SHEET]
    for name in absent:
        cells[name] = ""
    if SHEET in headings:
        cells[SHEET] = grid.sheet
    faults = (
        *grid.faults,
        *_row_faults(grid, at, numbered, len(names)),
        *_column_faults(grid, at, names, [item for item in headings if item in names], filled),
        *_formulas_alone(grid, at),
        *(_note("column_absent", name, "The file has no such column; it is left empty.") for name in absent),
    )
    return RawTable(source, shown, grid.sheet, sha256, at + 1, cells, faults)


def _row_faults(grid: Grid, at: int, numbered: list[tuple[int, list[str]]], width: int) -> list[Fault]:
    """Totals, which are no pupil's, and other rows longer or shorter than the headings."""
    totals = check_declared(grid.rows[:at], numbered)
    declared = {fault.row for fault in totals}
    others = (_ragged(number, row, width) for number, row in numbered if number not in declared)
    return [*(fault for fault in others if fault), *totals]


def _column_faults(
    grid: Grid, at: int, names: list[str], headings: list[str], filled: Mapping[int, int]
) -> list[Fault]:
    """Formulas, merged cells and headings of two rows in mapped columns."""
    plain = {collapse(cell) for cell in grid.rows[at]}
    rule = "merged" if grid.merged else "headings_joined"
    return [
        *_formulas(grid, at, names, headings),
        *(_note(rule, name, _JOINED_HEADING) for name in headings if name not in plain),
        *(_note("merged", name, _MERGED.format(n)) for name in headings if (n := filled[names.index(name)])),
    ]


_JOINED_HEADING = "The heading is read with the cell above it: merged with it, or standing under it."
_MERGED = "Cells of this column are merged down: {} rows take the value at the top of their merged cell."


def _note(rule: str, column: str, reason: str) -> Fault:
    return Fault(None, column, rule, "note", reason)


def _fitted(row: list[str], width: int) -> list[str]:
    return [*row[:width], *[""] * (width - len(row))]


def _ragged(number: int, row: list[str], width: int) -> Fault | None:
    if len(row) < width or any(cell.strip() for cell in row[width:]):
        reason = f"The row has {len(row)} cells where the heading row has {width}: a separator is missing, or stands unquoted inside a cell."
        return Fault(number, "", "ragged", "row", reason)
    return None


def _formulas_alone(grid: Grid, at: int) -> list[Fault]:
    """A note on rows that hold nothing but formulas that show nothing: filled down, or never worked out."""
    below = {row for row, _ in grid.formulas if row > at}
    rows = sorted(row for row in below if all(map(is_blank, grid.rows[row])))
    if not rows:
        return []
    reason = (
        f"{len(rows)} rows (the first is row {rows[0] + 1}) hold nothing but formulas that show nothing; they are not read. If "
        "something should stand there, paste the values."
    )
    return [Fault(None, "", "formula", "note", reason)]


def _formulas(grid: Grid, at: int, names: list[str], headings: Sequence[str]) -> list[Fault]:
    """Formulas in mapped columns of rows that hold something: with a saved value noted once a column, without one listed by cell."""
    faults = []
    for heading in headings:
        column = names.index(heading)
        rows = sorted(row for row, place in grid.formulas if place == column and row > at)
        rows = [row for row in rows if not all(map(is_blank, grid.rows[row]))]
        saved = [row for row in rows if grid.rows[row][column].strip()]
        faults += [
            Fault(
                row + 1,
                heading,
                "formula",
                "cell",
                "The cell holds a formula with no value saved, or an error. Paste its value.",
            )
            for row in rows
            if row not in set(saved)
        ]
        if saved:
            reason = f"{len(saved)} cells of this column hold formulas (the first in row {saved[0] + 1}); the values last saved were used."
            faults.append(Fault(None, heading, "formula", "note", reason))
    return faults
