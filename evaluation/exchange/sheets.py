"""How the workbooks look and are saved: headings, cells to fill, locked cells, a file for one reader."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter

from evaluation.errors import StoreError

HEADING = PatternFill("solid", fgColor="0B5475")
TO_FILL = PatternFill("solid", fgColor="FFF4C2")
LOCKED, NOTHING_TO_DO = Font(color="4B5563"), PatternFill("solid", fgColor="F0F2F4")
EDGE = Border(*(Side(style="thin", color="B9C0C9"),) * 4)
OPEN = Protection(locked=False)
NARROW, WIDE = 10, 60


def put(sheet: Any, row: int, column: int, value: Any) -> Any:
    """Write a cell and give it back; text stays text, even where it begins like a formula."""
    cell = sheet.cell(row, column, value)
    if isinstance(value, str):
        cell.data_type = "s"
        cell.quotePrefix = value.startswith(("=", "+", "-", "@"))
    return cell


def write_headings(sheet: Any, headings: Sequence[str], row: int = 1) -> None:
    """A row of headings, wrapped."""
    for at, heading in enumerate(headings, start=1):
        cell = put(sheet, row, at, heading)
        cell.font, cell.fill = Font(bold=True, color="FFFFFF"), HEADING
        cell.alignment = Alignment(wrap_text=True, vertical="center")
    sheet.row_dimensions[row].height = 48


def write_cell(sheet: Any, row: int, column: int, value: Any, to_fill: bool) -> None:
    """A cell: yellow and open when it is to be filled, else grey and locked."""
    cell = put(sheet, row, column, value)
    cell.border = EDGE
    if to_fill:
        cell.fill, cell.protection = TO_FILL, OPEN
    else:
        cell.font, cell.fill = LOCKED, NOTHING_TO_DO


def set_widths(sheet: Any, rows: int) -> None:
    """Widths by what the columns hold below their headings, which wrap."""
    for column in sheet.iter_cols(max_row=rows):
        longest = max((len(str(cell.value or "")) for cell in column[1:]), default=0)
        words = max((len(word) for word in str(column[0].value or "").split()), default=0)
        width = max(NARROW, min(WIDE, max(longest, words) + 3))
        sheet.column_dimensions[get_column_letter(column[0].column)].width = width


def protect(sheet: Any) -> None:
    """Locked cells stay as they are, without a password; widths, filters and sorting stay free."""
    sheet.protection.sheet = True
    sheet.protection.formatColumns = sheet.protection.formatRows = False
    sheet.protection.sort = sheet.protection.autoFilter = False


def landscape(sheet: Any) -> None:
    """Printed across, as wide as the page, its headings on every page."""
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "1:1"


def save_private(book: Any, path: Path) -> None:
    """Save a workbook that only its owner may read, whole or not at all.

    Raises
    ------
    StoreError
        When it cannot be written.
    """
    aside = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".", suffix=".xlsx")
        os.close(handle)
        aside = Path(name)
        book.save(aside)
        aside.chmod(0o600)
        aside.replace(path)
    except OSError as error:
        raise StoreError(f"{path.name}: the workbook cannot be written ({error.strerror}).") from None
    finally:
        if aside is not None:
            aside.unlink(missing_ok=True)
