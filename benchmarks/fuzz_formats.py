"""Grids of text as workbooks of three kinds, and back."""

import io
import re
import zipfile
from collections.abc import Callable, Mapping
from html import escape

import openpyxl
import xlwt
from fuzz_table import Grid

from evaluation.simulate.files import xlsx_bytes

Sheets = Mapping[str, Grid]
LONGEST = 32_000  # characters that a cell of an old workbook can hold
CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")  # no workbook can hold them
ODS = "urn:oasis:names:tc:opendocument:xmlns:"
SPACES = f'xmlns:office="{ODS}office:1.0" xmlns:table="{ODS}table:1.0" xmlns:text="{ODS}text:1.0"'


def sheets_of(content: bytes) -> dict[str, Grid]:
    """The sheets of an XLSX workbook as text."""
    book = openpyxl.load_workbook(io.BytesIO(content))
    return {
        sheet.title: [
            ["" if cell is None else str(cell).removesuffix(" 00:00:00") for cell in row]
            for row in sheet.values
        ]
        for sheet in book
    }


def xlsx(sheets: Sheets) -> bytes:
    """Formulas stay formulas."""
    return xlsx_bytes(
        {name: [[CONTROL.sub("", c) for c in row] for row in grid] for name, grid in sheets.items()}, "fuzz"
    )


def xls(sheets: Sheets) -> bytes:
    """All cells text."""
    book = xlwt.Workbook()
    for name, grid in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(grid):
            for column, cell in enumerate(row):
                if cell:
                    sheet.write(at, column, CONTROL.sub("", cell)[:LONGEST])
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def ods(sheets: Sheets) -> bytes:
    """All cells text."""

    def cell(text: str) -> str:
        held = f"<text:p>{escape(CONTROL.sub('', text))}</text:p>"
        return (
            f'<table:table-cell office:value-type="string">{held}</table:table-cell>'
            if text
            else "<table:table-cell/>"
        )

    tables = "".join(
        f'<table:table table:name="{escape(name)}">'
        + "".join(f"<table:table-row>{''.join(map(cell, row))}</table:table-row>" for row in grid)
        + "</table:table>"
        for name, grid in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content {SPACES}><office:body><office:spreadsheet>'
        f"{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", '<manifest xmlns="urn:x"/>')
    return packed.getvalue()


WRITERS: dict[str, Callable[[Sheets], bytes]] = {".xlsx": xlsx, ".xls": xls, ".ods": ods}
