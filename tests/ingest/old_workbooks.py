"""XLS and ODS files for the tests, made by xlwt and by hand."""

import io
import zipfile
from collections.abc import Sequence

import xlwt

Sheets = dict[str, list[list[object]]]
SPACES = " ".join(
    f'xmlns:{short}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for short, name in (("office", "office"), ("table", "table"), ("text", "text"))
)
MIMETYPE = "application/vnd.oasis.opendocument.spreadsheet"


def xls(sheets: Sheets, merges: Sequence[tuple[str, int, int, int, int, str]] = ()) -> bytes:
    """An XLS workbook; `merges` are (sheet, top, bottom, left, right, text)."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(at, column, value)
        for where, top, bottom, left, right, text in merges:
            if where == name:
                sheet.write_merge(top, bottom, left, right, text)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def ods_cell(value: object, attributes: str = "") -> str:
    if value is None:
        return f"<table:table-cell {attributes}/>"
    kind = (
        f'office:value-type="float" office:value="{value}"'
        if isinstance(value, (int, float))
        else 'office:value-type="string"'
    )
    return f"<table:table-cell {attributes} {kind}><text:p>{value}</text:p></table:table-cell>"


def ods(
    sheets: dict[str, list[list[str]]], repeated: int = 1, manifest: str = "", prologue: str = ""
) -> bytes:
    """An ODS spreadsheet whose rows are cells as XML; `repeated` empty rows stand above them in one element."""
    tables = "".join(
        f'<table:table table:name="{name}">'
        + f'<table:table-row table:number-rows-repeated="{repeated}"><table:table-cell/></table:table-row>'
        * (repeated > 1)
        + "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
        + "</table:table>"
        for name, rows in sheets.items()
    )
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?>{prologue}<office:document-content {SPACES}><office:body>'
        f"<office:spreadsheet>{tables}</office:spreadsheet></office:body></office:document-content>"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("content.xml", content)
        archive.writestr("META-INF/manifest.xml", manifest or '<manifest xmlns="urn:x"/>')
    return packed.getvalue()
