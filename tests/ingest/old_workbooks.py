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


def xls(
    sheets: Sheets,
    merges: Sequence[tuple[str, int, int, int, int, str]] = (),
    hidden: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> bytes:
    """An XLS workbook; `merges` are (sheet, top, bottom, left, right, text), `hidden` rows and columns of every sheet, from 0."""
    book = xlwt.Workbook()
    for name, rows in sheets.items():
        sheet = book.add_sheet(name)
        for at, row in enumerate(rows):
            for column, value in enumerate(row):
                if value is not None:
                    sheet.write(at, column, value)
        for at in hidden[0]:
            sheet.row(at).hidden = True
        for at in hidden[1]:
            sheet.col(at).hidden = True
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
    sheets: dict[str, list[list[str]]],
    repeated: int = 1,
    manifest: str = "",
    prologue: str = "",
    hidden: tuple[Sequence[int], Sequence[int]] = ((), ()),
) -> bytes:
    """An ODS spreadsheet whose rows are cells as XML; `repeated` empty rows stand above them in one element.

    `hidden` are rows and columns of every sheet, from 0: the first row by hand, others by a filter; and all rows below the table.
    """
    unseen = {at: f'table:visibility="{"filter" if at else "collapse"}"' for at in hidden[0]}
    columns = "".join('<table:table-column table:visibility="collapse"/>' if at in hidden[1] else "<table:table-column/>"
                      for at in range(max(hidden[1], default=-1) + 1))  # fmt: skip
    below = '<table:table-row table:number-rows-repeated="1000000" table:visibility="collapse"><table:table-cell/></table:table-row>'
    tables = "".join(
        f'<table:table table:name="{name}">{columns}'
        + f'<table:table-row table:number-rows-repeated="{repeated}"><table:table-cell/></table:table-row>'
        * (repeated > 1)
        + "".join(
            f"<table:table-row {unseen.get(at, '')}>{''.join(row)}</table:table-row>"
            for at, row in enumerate(rows)
        )
        + below * bool(hidden[0])
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
