"""Workbooks (XLSX, XLS, ODS): guarded before they are parsed, read by calamine, nothing evaluated, no macro run."""

import datetime as dt
import io
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import openpyxl
from python_calamine import CalamineError, CalamineWorkbook, PasswordError, SheetVisibleEnum, load_workbook

from evaluation.errors import SourceError, nearest
from evaluation.ingest.contents import OLE
from evaluation.ingest.old_workbook import marked_in_old_workbook
from evaluation.ingest.opendocument import Marked, marked_in_open_document
from evaluation.ingest.packages import MAXIMUM_CELLS, damaged, guard_excel, open_document_content, protected
from evaluation.ingest.table import Fault, Grid


def read_workbook(content: bytes, shown: str, sheet: str | None) -> list[Grid]:
    """Every sheet that holds anything, or the one named, as rows of text from the sheet's first row on.

    Raises
    ------
    SourceError
        When it is no workbook, is damaged, protected, would unpack to too much, or lacks the sheet.
    """
    marked, hidden = _marked(content, shown)
    try:
        book = load_workbook(io.BytesIO(content))
        names: list[str] = book.sheet_names
        unseen = {sheet.name for sheet in book.sheets_metadata if sheet.visible != SheetVisibleEnum.Visible}
        grids = [
            _grid(book, shown, name, marked.get(name) or marked.get(at) or Marked())
            for at, name in enumerate(names)
            if sheet in (None, name)
        ]
    except PasswordError:
        raise protected(shown) from None
    except CalamineError as error:
        raise damaged(shown) from error
    except BaseException as error:  # calamine, written in Rust, panics on some damage, outside of Exception
        if type(error).__name__ != "PanicException":
            raise
        raise damaged(shown) from None
    if not grids and sheet is not None:
        raise SourceError(
            f"{shown}: no sheet is called {sheet!r}.{nearest(sheet, names)} Sheets: {', '.join(names)}."
        )
    filled = [grid for grid in grids if any(cell for row in grid.rows for cell in row)]
    return [
        replace(grid, faults=_hidden(grid.sheet in unseen, hidden * (at == 0)))
        for at, grid in enumerate(filled)
    ]


def _hidden(sheet: bool, parts: int) -> tuple[Fault, ...]:
    """Notes on a sheet no one sees, and on hidden rows and columns of the workbook."""
    reasons = ["The sheet is hidden in the workbook; it was read all the same."] * sheet
    if parts:
        reasons.append(
            f"{parts:,} rows or runs of columns of the workbook are hidden, by hand or by a filter; they were read all the same."
        )
    return tuple(Fault(None, "", "hidden", "note", reason) for reason in reasons)


def _marked(content: bytes, shown: str) -> tuple[dict[Any, Marked], int]:
    """What calamine does not tell, by sheet (for XLS by its place), once the workbook may be parsed; how much is hidden in it."""
    if content.startswith(OLE) or b"opendocument" in content[:200]:
        sheets: dict[Any, Marked] = (
            dict(enumerate(marked_in_old_workbook(content, shown)))
            if content.startswith(OLE)
            else dict(marked_in_open_document(open_document_content(content, shown), shown))
        )
        return sheets, sum(sheet.hidden for sheet in sheets.values())
    look = guard_excel(content, shown)
    return (_formulas_and_errors(content, shown) if look.second else {}), look.hidden


def _grid(book: CalamineWorkbook, shown: str, name: str, marked: Marked) -> Grid:
    sheet = book.get_sheet_by_name(name)
    rows = [[_text(cell) for cell in row] for row in sheet.to_python(skip_empty_area=False)]
    for (row, column), text in marked.errors.items():
        if row < len(rows) and column < len(rows[row]):
            rows[row][column] = text
    merged = [(*first, *last) for first, last in sheet.merged_cell_ranges or ()] or marked.merged
    if (
        sum(min(bottom + 1, len(rows)) - top for top, _, bottom, _ in merged if top < len(rows))
        > MAXIMUM_CELLS
    ):
        raise damaged(shown)  # merged cells never overlap in a sound workbook
    inside = {(row, column) for row, column in marked.formulas if row < len(rows) and column < len(rows[row])}
    return Grid(name, rows, frozenset(inside), tuple(merged))


def _text(value: Any) -> str:
    """A cell as text: dates as yyyy-mm-dd, whole numbers without a point, truth as TRUE and FALSE.

    An age such as 7:5, which spreadsheets take for a time, comes as 7:05.
    """
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    if isinstance(value, dt.time) and value.second == value.microsecond == 0:
        return f"{value.hour}:{value.minute:02d}"
    return str(value)


def _formulas_and_errors(content: bytes, shown: str) -> dict[str, Marked]:
    """By sheet, formulas and the text of error values such as #N/A, as openpyxl reads them."""
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        return {sheet.title: _marked_cells(sheet) for sheet in book.worksheets}
    except Exception as error:  # openpyxl raises whatever a malformed part makes it trip over
        raise damaged(shown) from error


def _marked_cells(sheet: Any) -> Marked:
    marked = Marked()
    for row, column, kind, text in _formulas_or_errors(sheet):
        if kind == "f":
            marked.formulas.add((row, column))
        else:
            marked.errors[row, column] = text
    return marked


def _formulas_or_errors(sheet: Any) -> Iterator[tuple[int, int, str, str]]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type in ("f", "e") and cell.value is not None:
                yield cell.row - 1, cell.column - 1, cell.data_type, str(cell.value)
