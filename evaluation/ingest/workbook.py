"""XLSX workbooks: guarded before they are parsed, read by calamine, nothing evaluated."""

import datetime as dt
import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any

import openpyxl
from python_calamine import CalamineError, CalamineWorkbook, load_workbook

from evaluation.errors import SourceError, nearest
from evaluation.ingest.table import Grid

MAXIMUM_UNPACKED = 250_000_000
MAXIMUM_CELLS = 10_000_000

_DAMAGE = (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, OSError, EOFError, ValueError)
_CELL = re.compile(rb"""<(?:\w+:)?c\s[^>]*?\br=["']([A-Z]{1,3})(\d{1,7})["']""")
_ROW = re.compile(rb"""<(?:\w+:)?row\b[^>]*?\br=["'](\d+)["']""")
_ROW_START, _CELL_START = re.compile(rb"<(?:\w+:)?row\b"), re.compile(rb"<(?:\w+:)?c[\s>/]")
_SECOND_LOOK = re.compile(rb"""<(?:\w+:)?f[\s>/]|\bt=["']e["']""")


def read_workbook(content: bytes, shown: str, sheet: str | None) -> list[Grid]:
    """Every sheet that holds anything, or the one named, as rows of text from the sheet's first row on.

    Raises
    ------
    SourceError
        When it is no workbook, is damaged, would unpack to too much, or lacks the sheet.
    """
    second_look = _guard(content, shown)
    try:
        book = load_workbook(io.BytesIO(content))
        names = _sheets(book, shown, sheet)
        rows = {name: _rows(book, name) for name in names}
    except CalamineError as error:
        raise _damaged(shown) from error
    marked = _formulas_and_errors(content, names, shown) if second_look else {}
    grids = [_grid(name, rows[name], marked.get(name, {})) for name in names]
    return [grid for grid in grids if any(cell for row in grid.rows for cell in row)]


def _damaged(shown: str) -> SourceError:
    return SourceError(
        f"{shown}: the workbook is damaged or incomplete. Open it in Excel and save it again, or send it again."
    )


def _guard(content: bytes, shown: str) -> bool:
    """Refuse what must not be parsed; True when formulas or error values call for a second look.

    The zip directory's sizes are checked before anything is unpacked, each part is then unpacked against
    its stated size and checksum, and the furthest cell bounds the memory a sheet will take.
    """
    second_look = False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise SourceError(
                    f"{shown}: not an Excel workbook (.xlsx), though packed like one. Open it and save it as .xlsx."
                )
            unpacked = sum(part.file_size for part in parts)
            if unpacked > MAXIMUM_UNPACKED:
                raise SourceError(
                    f"{shown}: would unpack to {unpacked:,} bytes, more than the {MAXIMUM_UNPACKED:,} allowed. "
                    "Split the workbook, or save only the sheet that is wanted."
                )
            for part in parts:
                if not part.filename.startswith("xl/media/") and not part.filename.endswith(".bin"):
                    second_look |= _scan(archive.read(part), shown)
    except _DAMAGE as error:
        raise _damaged(shown) from error
    return second_look


def _scan(xml: bytes, shown: str) -> bool:
    if b"\0" in xml:  # not UTF-8, so what follows would look past it
        raise _damaged(shown)
    if b"<!DOCTYPE" in xml:
        raise SourceError(
            f"{shown}: the workbook declares XML entities, which Excel never does. Save it again in Excel."
        )
    columns: set[bytes] = set()
    height = 0
    for letters, row in _CELL.findall(xml):
        columns.add(letters)
        height = max(height, int(row))
    # Cells may leave out where they stand: then their row's number and how many stand in a row bound the sheet.
    height = max([height, *(int(row) for row in _ROW.findall(xml))])
    longest = max(len(_CELL_START.findall(row)) for row in _ROW_START.split(xml))
    width = max([longest, *(_column_number(letters) for letters in columns)])
    if height * width > MAXIMUM_CELLS:
        raise SourceError(
            f"{shown}: a sheet reaches to row {height:,} and column {width:,}, more than {MAXIMUM_CELLS:,} cells. "
            "Delete what stands far from the table and save it again."
        )
    return _SECOND_LOOK.search(xml) is not None


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(book: CalamineWorkbook, shown: str, sheet: str | None) -> list[str]:
    names: list[str] = book.sheet_names
    if sheet is None:
        return names
    if sheet in names:
        return [sheet]
    raise SourceError(
        f"{shown}: no sheet is called {sheet!r}.{nearest(sheet, names)} Sheets: {', '.join(names)}."
    )


def _rows(book: CalamineWorkbook, name: str) -> list[list[str]]:
    return [
        [_text(cell) for cell in row] for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    ]


def _text(value: Any) -> str:
    """A cell as text: dates as yyyy-mm-dd, whole numbers without a point, truth as TRUE and FALSE."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else value.isoformat(sep=" ")
    return str(value)


def _formulas_and_errors(
    content: bytes, names: list[str], shown: str
) -> dict[str, dict[tuple[int, int], str]]:
    """By sheet and (row, column) from 0: "" for a formula, the text of an error value such as #N/A.

    calamine gives neither, so the workbook is read once more with openpyxl.
    """
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
        return {name: dict(_marked_cells(book[name])) for name in names if name in book.sheetnames}
    except Exception as error:  # openpyxl raises whatever a malformed part makes it trip over
        raise _damaged(shown) from error


def _marked_cells(sheet: Any) -> Iterator[tuple[tuple[int, int], str]]:
    sheet.reset_dimensions()
    for row in sheet.iter_rows():
        for cell in row:
            if cell.data_type in ("f", "e") and cell.value is not None:
                yield (cell.row - 1, cell.column - 1), "" if cell.data_type == "f" else str(cell.value)


def _grid(name: str, rows: list[list[str]], marked: dict[tuple[int, int], str]) -> Grid:
    for (row, column), text in marked.items():
        if text:
            rows[row][column] = text
    return Grid(name, rows, frozenset(place for place, text in marked.items() if not text))
