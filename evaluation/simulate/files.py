"""CSV and XLSX files as bytes that depend on nothing but what they hold."""

import csv
import io
import zipfile
from collections.abc import Mapping, Sequence
from datetime import datetime

from openpyxl import Workbook

Grid = Sequence[Sequence[object]]

STAMP = datetime(2024, 7, 31)


def csv_bytes(grid: Grid, delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    """A CSV file with Windows line ends."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter, lineterminator="\r\n").writerows(grid)
    return text.getvalue().encode(encoding)


def xlsx_bytes(sheets: Mapping[str, Grid], title: str, merged: str = "") -> bytes:
    """A workbook with one sheet a name, `merged` cells such as "A1:E1" on each; the same sheets give the same bytes."""
    book = Workbook()
    book.remove(book.active)
    book.properties.title = book.properties.creator = title
    book.properties.created = STAMP
    for name, grid in sheets.items():
        sheet = book.create_sheet(name)
        for row in grid:
            sheet.append(list(row))
        if merged:
            sheet.merge_cells(merged)
    content = io.BytesIO()
    book.save(content)
    return _fixed(content, book.properties.modified)


def _fixed(content: io.BytesIO, saved: datetime) -> bytes:
    """The same package with the moment of saving, which openpyxl writes in two places, set to STAMP."""
    written, fixed = (f"{moment:%Y-%m-%dT%H:%M:%SZ}".encode() for moment in (saved, STAMP))
    result = io.BytesIO()
    with zipfile.ZipFile(content) as source, zipfile.ZipFile(result, "w", zipfile.ZIP_DEFLATED) as target:
        for item in source.infolist():
            entry = zipfile.ZipInfo(item.filename, STAMP.timetuple()[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 0
            target.writestr(entry, source.read(item).replace(written, fixed))
    return result.getvalue()
