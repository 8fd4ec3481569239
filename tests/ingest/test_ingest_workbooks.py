"""Workbooks of every kind: what a person sees in them is what is read, and what must not be opened is refused."""

import datetime as dt
import io
import struct
import zipfile
from contextlib import suppress
from pathlib import Path

import openpyxl
import pytest
import xlwt
from old_workbooks import MIMETYPE, ods, ods_cell, xls

from evaluation.errors import SourceError
from evaluation.ingest import RawTable, read_tables
from evaluation.ingest.workbook import _text

HEADINGS = ["UPN", "Class", "Score"]
ROWS: list[list[object]] = [
    ["UPN", "Class", "Score"],
    ["H801200001001", "4A", 101],
    ["A950000178301", "4A", 97.5],
]
READ = [["H801200001001", "4A", "101"], ["A950000178301", "4A", "97.5"]]


def read(path: Path, content: bytes, headings: list[str] = HEADINGS, **more) -> list[RawTable]:
    path.write_bytes(content)
    return read_tables(path, path.name, "marks", headings, **more)


def xlsx(sheets: dict[str, list[list[object]]], merges: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        for place in merges:
            sheet.merge_cells(place)
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def plain_ods(rows: list[list[object]]) -> bytes:
    return ods({"S": [[ods_cell(value) for value in row] for row in rows]})


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.xls", xls({"S": ROWS})), ("a.ods", plain_ods(ROWS)), ("a.xlsx", xlsx({"S": ROWS}))],
    ids=["xls", "ods", "xlsx"],
)
def test_every_kind_of_workbook_gives_the_same_table(tmp_path: Path, name: str, content: bytes) -> None:
    (table,) = read(tmp_path / name, content)
    assert table.cells[HEADINGS].to_numpy().tolist() == READ
    assert table.cells.index.tolist() == [2, 3]
    assert table.faults == ()
    titled = {"xls": lambda rows: xls({"S": rows}), "ods": plain_ods, "xlsx": lambda rows: xlsx({"S": rows})}
    (below,) = read(tmp_path / name, titled[name[2:]]([["Results"], [None], *ROWS]))
    assert below.header_row == 3
    assert below.cells[HEADINGS].to_numpy().tolist() == READ


def hidden_xlsx(rows: tuple[int, ...], columns: tuple[int, ...]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(xlsx({"S": ROWS})))
    for at in rows:
        book["S"].row_dimensions[at + 1].hidden = True
    for at in columns:
        book["S"].column_dimensions["ABC"[at]].hidden = True
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


@pytest.mark.parametrize(
    ("rows", "columns", "said"), [((), (), []), ((1,), (), [1]), ((), (1,), [1]), ((0, 2), (0,), [3])]
)
def test_hidden_rows_and_columns_are_read_and_counted_alike_in_every_kind(
    tmp_path: Path, rows: tuple[int, ...], columns: tuple[int, ...], said: list[int]
) -> None:
    cells = {"S": [[ods_cell(value) for value in row] for row in ROWS]}
    told = []
    for name, content in {
        "a.xlsx": hidden_xlsx(rows, columns),
        "a.xls": xls({"S": ROWS}, hidden=(rows, columns)),
        "a.ods": ods(cells, hidden=(rows, columns)),
    }.items():
        (table,) = read(tmp_path / name, content)
        assert table.cells[HEADINGS].to_numpy().tolist() == READ
        told.append([fault.reason for fault in table.faults if fault.rule == "hidden"])
    assert told[0] == told[1] == told[2]
    assert [reason.split()[0] for reason in told[0]] == [str(number) for number in said]


def test_formulas_in_an_old_workbook_are_never_evaluated(tmp_path: Path) -> None:
    rows = [*ROWS, ["C820432109876", "4B", xlwt.Formula("90+9")]]
    (table,) = read(tmp_path / "a.xls", xls({"Other": [["x"]], "S": rows}))[1:]
    assert table.cells["Score"].tolist() == ["101", "97.5", ""]
    assert [(fault.row, fault.column, fault.severity) for fault in table.faults] == [(4, "Score", "cell")]


def test_an_error_value_in_an_old_workbook_is_kept_as_text(tmp_path: Path) -> None:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    for at, row in enumerate(ROWS):
        for column, value in enumerate(row):
            sheet.write(at, column, value)
    sheet.row(3).set_cell_text(0, "C820432109876")
    sheet.row(3).set_cell_error(2, "#N/A!")  # as xlwt writes #N/A
    content = io.BytesIO()
    book.save(content)
    (table,) = read(tmp_path / "a.xls", content.getvalue())
    assert table.cells["Score"].tolist() == ["101", "97.5", "#N/A"]


def test_formulas_in_an_open_document_use_the_saved_value_and_say_so(tmp_path: Path) -> None:
    formula = 'table:formula="of:=90+9"'
    rows = [[ods_cell(value) for value in row] for row in ROWS[:2]]
    rows += [
        [ods_cell("A950000178301"), ods_cell("4A"), ods_cell(99, formula)],
        [ods_cell("C820432109876"), ods_cell("4A"), ods_cell(None, formula)],
    ]
    (table,) = read(tmp_path / "a.ods", ods({"S": rows}))
    assert table.cells["Score"].tolist() == ["101", "99", ""]
    assert sorted((fault.row or 0, fault.severity) for fault in table.faults) == [(0, "note"), (4, "cell")]
    (lower,) = read(tmp_path / "a.ods", ods({"S": rows}, repeated=5))
    assert lower.header_row == 6
    assert sorted((fault.row or 0, fault.severity) for fault in lower.faults) == [(0, "note"), (9, "cell")]


def with_password_record(content: bytes) -> bytes:
    """The workbook's second record (who wrote it) turned into the one that says it is encrypted."""
    assert content.count(struct.pack("<HH", 0x005C, 0x70)) == 1
    return content.replace(struct.pack("<HH", 0x005C, 0x70), struct.pack("<HH", 0x002F, 0x70))


FAR_ODS = ods(
    {
        "S": [
            [ods_cell("UPN"), ods_cell("Class"), ods_cell("Score")],
            [ods_cell("x", 'table:number-columns-repeated="16384"')] * 1000,
        ]
    }
)


def far_xls() -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("S")
    sheet.write(65535, 200, "x")
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def locked_zip() -> bytes:
    content = bytearray(xlsx({"S": ROWS}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.find(signature)
        while at >= 0:
            content[at + offset] |= 1
            at = content.find(signature, at + 4)
    return bytes(content)


def wholly_encrypted_ods() -> bytes:
    """As LibreOffice writes since 24.8: everything inside one encrypted part."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("mimetype", MIMETYPE)
        archive.writestr("encrypted-package", b"\x01\x02" * 400)
    return content.getvalue()


def ods_bomb() -> bytes:
    content = io.BytesIO(plain_ods(ROWS))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Pictures/1.png", b"\0" * 260_000_000)
    return content.getvalue()


@pytest.mark.parametrize(
    ("name", "content", "phrase"),
    [
        ("a.xls", with_password_record(xls({"S": ROWS})), "protected by a password"),
        ("a.xlsx", locked_zip(), "protected by a password"),
        ("a.ods", ods({"S": [[ods_cell("x")]]}, manifest="<manifest><encryption-data/></manifest>"), "protected by a password"),
        ("a.ods", ods({"S": [[ods_cell("x")]]}, prologue='<!DOCTYPE x [<!ENTITY a "a">]>'), "declares XML entities"),
        ("a.ods", wholly_encrypted_ods(), "protected by a password"),
        ("a.ods", FAR_ODS, "more than 10,000,000 cells"),
        ("a.ods", ods({"S": [['<table:table-cell table:number-columns-repeated="x"/>']]}), "damaged"),
        ("a.ods", ods({"S": [[ods_cell(1, 'table:formula="of:=1" table:number-columns-repeated="200000"')]]}), "damaged"),
        ("a.xls", far_xls(), "row 65,536 and column 201, more than 10,000,000 cells"),
        ("a.xls", xls({"S": ROWS})[:-1500], "damaged"),
        ("a.ods", plain_ods(ROWS)[:-40], "damaged"),
    ],
    ids=["xls password", "zip password", "ods password", "ods entities", "ods whole", "ods far", "ods damaged", "ods formulas", "xls far", "xls cut", "ods cut"],
)  # fmt: skip
def test_what_must_not_be_opened_is_refused_by_name(
    tmp_path: Path, name: str, content: bytes, phrase: str
) -> None:
    with pytest.raises(SourceError, match=phrase):
        read(tmp_path / name, content)


def test_an_open_document_that_would_unpack_to_too_much_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="would unpack to 260"):
        read(tmp_path / "a.ods", ods_bomb())


def test_damage_anywhere_in_an_old_workbook_is_an_error_in_words(tmp_path: Path) -> None:
    good = xls({"S": ROWS})
    for at in range(0, len(good), 37):
        content = bytearray(good)
        content[at : at + 3] = b"\xff\x7f\xaa"
        with suppress(SourceError):
            read(tmp_path / "a.xls", bytes(content))


def test_a_class_merged_down_its_pupils_is_each_pupil_s(tmp_path: Path) -> None:
    rows = [ROWS[0], ["u1", "4A", 1], ["u2", None, 2], ["u3", "4B", 3], ["u4", None, 4], [None, None, None]]
    for name, content in [
        ("a.xlsx", xlsx({"S": rows}, ("B2:B3", "B4:B6"))),
        ("a.xls", xls({"S": [[value if column != 1 or at == 0 else None for column, value in enumerate(row)] for at, row in enumerate(rows)]},
            [("S", 1, 2, 1, 1, "4A"), ("S", 3, 5, 1, 1, "4B")])),
        ("a.ods", ods({"S": [
            [ods_cell(cell, 'table:number-rows-spanned="3"' if cell == "4B" else 'table:number-rows-spanned="2"' if cell == "4A" else "") for cell in row]
            for row in rows]})),
    ]:  # fmt: skip
        (table,) = read(tmp_path / name, content)
        assert table.cells["Class"].tolist() == ["4A", "4A", "4B", "4B"], name
        (fault,) = table.faults
        assert (fault.rule, fault.column, fault.severity) == ("merged", "Class", "note")
        assert "2 rows" in fault.reason


def test_a_merged_cell_makes_no_row_where_there_is_no_pupil(tmp_path: Path) -> None:
    rows = [ROWS[0], ["u1", "4A", 1], [None, None, None], ["u2", "4B", 2]]
    (table,) = read(tmp_path / "a.xlsx", xlsx({"S": rows}, ("B2:B3",)))
    assert table.cells.index.tolist() == [2, 4]
    assert table.faults == ()


def test_a_total_merged_across_columns_stays_one_cell(tmp_path: Path) -> None:
    (table,) = read(tmp_path / "a.xlsx", xlsx({"S": [*ROWS, ["Total", None, 198.5]]}, ("A4:B4",)))
    assert table.cells.loc[4].tolist() == ["Total", "", "198.5"]


def test_merged_headings_are_read_as_they_are_seen(tmp_path: Path) -> None:
    rows = [
        ["UPN", "Autumn", None, "Spring", None],
        [None, "Raw", "SS", "Raw", "SS"],
        ["u1", 10, 99, 11, 98],
        ["u2", 12, 101, 14, 103],
    ]
    content = xlsx({"S": rows}, ("A1:A2", "B1:C1", "D1:E1"))
    (table,) = read(tmp_path / "a.xlsx", content, ["UPN", "Spring SS"])
    assert table.header_row == 2
    assert table.cells["Spring SS"].tolist() == ["98", "103"]
    assert [(fault.rule, fault.column, fault.severity) for fault in table.faults] == [
        ("merged", "UPN", "note"),
        ("merged", "Spring SS", "note"),
    ]
    with pytest.raises(SourceError, match=r"no column is headed 'SS'.*Autumn SS"):
        read(tmp_path / "a.xlsx", content, ["UPN", "SS"])


def test_one_sheet_a_class_gives_the_class(tmp_path: Path) -> None:
    rows: list[list[object]] = [["Class list"], ["UPN", "Score"], ["u1", 1]]
    tables = read(tmp_path / "a.xlsx", xlsx({"4A": rows, "4B": rows, "Notes": [["none"]]}), ["UPN", "@sheet"])
    assert [table.cells["@sheet"].tolist() for table in tables if table.header_row] == [["4A"], ["4B"]]
    with pytest.raises(SourceError, match="a CSV file has none"):
        read(tmp_path / "a.csv", b"UPN,Score\nu1,1\n", ["UPN", "@sheet"])


@pytest.mark.parametrize(
    ("foot", "mismatch"),
    [
        (["Total: 2 pupils", None, None], False),
        (["Total: 3 pupils", None, None], True),
        (["Total", None, "2 pupils"], False),
        (["Total", None, "28 pupils"], True),
        (["Number of pupils", None, 2], False),
        (["Number of pupils", None, 4], True),
        (["Total: 5", None, None], True),
        (["Total", None, 198.5], False),
        (["Average", None, 99], False),
    ],
)
def test_a_declared_total_is_held_against_the_rows(
    tmp_path: Path, foot: list[object], mismatch: bool
) -> None:
    (table,) = read(tmp_path / "a.xlsx", xlsx({"S": [*ROWS, foot]}))
    assert [fault.rule for fault in table.faults if fault.severity == "note"] == ["total_differs"] * mismatch
    declares = any(word in str(cell) for cell in foot for word in ("pupils", "Total: "))
    assert [(fault.row, fault.rule) for fault in table.faults if fault.severity == "row"] == [
        (4, "total")
    ] * declares
    assert len(table.cells) == 3


def test_subtotals_and_titles_are_held_against_their_own_rows(tmp_path: Path) -> None:
    total = "Class total: {} pupils".format
    rows = [["Year 4 - 4 pupils"], *ROWS, [total(2)], *ROWS[1:], [total(2)], ["Total: 4 pupils"]]
    (table,) = read(tmp_path / "a.xlsx", xlsx({"S": rows}))
    assert [(fault.row, fault.rule) for fault in table.faults] == [(5, "total"), (8, "total"), (9, "total")]
    (table,) = read(tmp_path / "a.xlsx", xlsx({"S": [["Year 7 pupils"], *ROWS]}))
    assert table.faults == ()
    (table,) = read(tmp_path / "a.xlsx", xlsx({"S": [["Pupils: 30"], *ROWS]}))
    assert "Row 1 declares 30 pupils, but the table has 2 rows" in table.faults[0].reason


def test_a_total_short_of_cells_is_a_total_and_not_a_row_cut_short(tmp_path: Path) -> None:
    (table,) = read(tmp_path / "a.csv", b"UPN,Class,Score\nu1,4A,99\n1 pupil\n")
    assert [(fault.row, fault.rule, fault.severity) for fault in table.faults] == [(3, "total", "row")]


def test_ages_that_a_spreadsheet_took_for_times_come_back() -> None:
    assert _text(dt.time(7, 5)) == "7:05"
    assert _text(dt.time(7, 11)) == "7:11"
