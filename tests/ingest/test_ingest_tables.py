"""Files that are in order, in every form that is read."""

import datetime as dt
import hashlib
import zipfile
from pathlib import Path

import openpyxl
import pytest

from evaluation.ingest import RawTable, read_tables

HEADINGS = ["UPN", "Surname", "Score"]
ROWS = [
    ["UPN", "Surname", "Class", "Score"],
    ["H801200001001", "Núñez", "4A", "101"],
    ["A950000178301", "O'Neill", "", "97"],
]


def read_one(path: Path, headings: list[str] = HEADINGS, sheet: str | None = None) -> RawTable:
    (table,) = read_tables(path, path.name, "marks", headings, sheet)
    return table


def delimited(rows: list[list[str]], separator: str = ",") -> str:
    return "".join(separator.join(row) + "\r\n" for row in rows)


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_encodings_and_separators_give_the_same_table(tmp_path: Path, encoding: str, separator: str) -> None:
    path = tmp_path / "marks.csv"
    path.write_bytes(delimited(ROWS, separator).encode(encoding))
    table = read_one(path)
    assert list(table.cells.columns) == ROWS[0]
    assert table.cells.to_numpy().tolist() == ROWS[1:]
    assert table.cells.index.tolist() == [2, 3]
    assert table.cells.index.name == "row"
    assert (table.header_row, table.sheet, table.faults) == (1, "", ())
    assert table.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()


def test_separator_is_the_one_that_gives_the_headings_not_the_commonest_mark(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(
        'Results, autumn, by school, year, class\nUPN;"Surname";Score\nH801200001001;"Lee, A";99\n', "utf-8"
    )
    assert read_one(path).cells.to_numpy().tolist() == [["H801200001001", "Lee, A", "99"]]


def test_title_rows_are_skipped_and_empty_rows_keep_their_numbers(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(
        "Autumn results\n\nUPN,Surname,Score\nH801200001001,Lee,99\n,,\n\nA950000178301,Ng,98\n", "utf-8"
    )
    table = read_one(path)
    assert table.header_row == 3
    assert table.cells.index.tolist() == [4, 7]


def test_a_line_break_inside_a_cell_counts_once(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text('UPN,"Sur\nname",Score\nH801200001001,"Lee\r\nSmith",99\nA950000178301,Ng,98\n', "utf-8")
    table = read_one(path, ["UPN", "Sur name", "Score"])
    assert table.cells.index.tolist() == [2, 3]
    assert table.cells["Score"].tolist() == ["99", "98"]


def test_ragged_rows_are_listed_and_trailing_separators_are_not(tmp_path: Path) -> None:
    path = tmp_path / "marks.csv"
    path.write_text(
        "UPN,Surname,Score\nH801200001001,Lee,Jr,99\nA950000178301,98\nA950000178301,Ng,98,,\n", "utf-8"
    )
    table = read_one(path)
    assert [(fault.row, fault.rule, fault.severity) for fault in table.faults] == [
        (2, "ragged", "row"),
        (3, "ragged", "row"),
    ]
    assert len(table.cells) == 3
    assert "4 cells where the heading row has 3" in table.faults[0].reason


def workbook(path: Path, sheets: dict[str, list[list[object]]]) -> Path:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    book.save(path)
    return path


def test_workbook_cells_become_plain_text(tmp_path: Path) -> None:
    row = [
        "H801200001001",
        dt.date(2015, 3, 4),
        dt.datetime(2024, 1, 2, 9, 30),
        101.0,
        98.5,
        True,
        12345678,
        None,
        " x ",
    ]
    path = workbook(tmp_path / "a.xlsx", {"S": [["UPN", *"bcdefghi"], row]})
    expected = [
        "H801200001001",
        "2015-03-04",
        "2024-01-02 09:30:00",
        "101",
        "98.5",
        "TRUE",
        "12345678",
        "",
        " x ",
    ]
    assert read_one(path, ["UPN"]).cells.loc[2].tolist() == expected


def test_rows_of_a_workbook_keep_the_numbers_excel_shows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    sheet["C4"], sheet["D4"] = "UPN", "Score"
    sheet["C5"], sheet["D5"] = "H801200001001", 99
    sheet["C8"], sheet["D8"] = "A950000178301", 98
    sheet.merge_cells("C2:D2")
    sheet["C2"] = "Autumn results"
    book.save(tmp_path / "a.xlsx")
    table = read_one(tmp_path / "a.xlsx", ["UPN", "Score"])
    assert table.header_row == 4
    assert table.cells.index.tolist() == [5, 8]


def test_every_sheet_with_the_headings_is_read_and_others_are_noted(tmp_path: Path) -> None:
    good = [["UPN", "Score"], ["H801200001001", 99]]
    sheets = {"Y2": good, "Notes": [["About these results"]], "Empty": [], "Y4": [["Year 4"], *good]}
    tables = read_tables(workbook(tmp_path / "a.xlsx", sheets), "a.xlsx", "marks", ["UPN", "Score"], None)
    assert [(table.sheet, table.header_row, len(table.cells)) for table in tables] == [
        ("Y2", 1, 1),
        ("Notes", 0, 0),
        ("Y4", 2, 1),
    ]
    assert [fault.rule for fault in tables[1].faults] == ["sheet_passed_over"]
    named = read_tables(tmp_path / "a.xlsx", "a.xlsx", "marks", ["UPN", "Score"], "Y4")
    assert [table.sheet for table in named] == ["Y4"]


def test_formulas_are_never_evaluated_and_error_values_are_kept_as_text(tmp_path: Path) -> None:
    rows = [["UPN", "Score", "Spare"], ["H801200001001", "=90+9", "=1+1"], ["A950000178301", "#N/A", ""]]
    path = workbook(tmp_path / "a.xlsx", {"S": rows})
    book = openpyxl.load_workbook(path)
    book["S"]["B3"].data_type = "e"
    book.save(path)
    table = read_one(path, ["UPN", "Score"])
    assert table.cells["Score"].tolist() == ["", "#N/A"]
    assert [(fault.row, fault.column, fault.rule, fault.severity) for fault in table.faults] == [
        (2, "Score", "formula", "cell")
    ]


def test_a_formula_with_a_saved_value_is_used_and_noted(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "a.xlsx", {"S": [["UPN", "Score"], ["H801200001001", "=90+9"], ["A950000178301", 98]]}
    )
    _rewrite(path, "xl/worksheets/sheet1.xml", b"<f>90+9</f><v></v>", b"<f>90+9</f><v>99</v>")
    table = read_one(path, ["UPN", "Score"])
    assert table.cells["Score"].tolist() == ["99", "98"]
    (fault,) = table.faults
    assert (fault.row, fault.severity) == (None, "note")
    assert "first in row 2" in fault.reason


def test_rows_of_nothing_but_formulas_that_show_nothing_are_told_of_once(tmp_path: Path) -> None:
    between = [[None, f"=A{row}"] for row in range(3, 40)]
    rows = [["UPN", "Score"], ["H801200001001", 99], *between, ["A950000178301", 98]]
    table = read_one(workbook(tmp_path / "a.xlsx", {"S": rows}), ["UPN", "Score"])
    assert table.cells["Score"].to_dict() == {2: "99", 40: "98"}
    (fault,) = table.faults
    assert (fault.row, fault.rule, fault.severity) == (None, "formula", "note")
    assert fault.reason.startswith("37 rows (the first is row 3) hold nothing but formulas")


def _rewrite(path: Path, part: str, old: bytes, new: bytes) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    assert old in parts[part] or b"<f>90+9</f><v />" in parts[part]
    parts[part] = parts[part].replace(old, new).replace(b"<f>90+9</f><v />", new)
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
