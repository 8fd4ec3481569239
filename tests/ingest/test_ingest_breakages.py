"""One line for each way of breaking a file: what was done to it, and the message or issue that must follow."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from evaluation.clean import Cleaned, clean_source
from evaluation.errors import SourceError
from evaluation.ingest import read_tables
from evaluation.study import load_study

STUDY = load_study(str(Path(__file__).with_name("small.yml")))
MARKS = next(source for source in STUDY.sources if source.name == "marks")
HEADINGS = list(STUDY.columns(MARKS).values())
SCHOOLS = {"9992001", "9992002"}

HEADER = "UPN,Surname,Forename,DOB,School,Year,Score"
ADA = "H801200001001,Okonkwo,Adaeze,13/05/2015,9992001,Year 4,101"
BEN = "A950000178301,Whitlock,Bennet,02/11/2014,9992001,Year 4,88"
GOOD = f"{HEADER}\n{ADA}\n{BEN}\n"
IDENTITIES = [
    "H801200001001",
    "Okonkwo",
    "Adaeze",
    "13/05/2015",
    "2015-05-13",
    "A950000178301",
    "Whitlock",
    "Bennet",
]

Break = Callable[[], bytes]


def text(content: str, encoding: str = "utf-8") -> Break:
    return lambda: content.encode(encoding)


def ada(**cells: str) -> Break:
    """The good file with some of Ada's cells changed."""
    row = dict(zip(HEADER.split(","), ADA.split(","), strict=True)) | cells
    return text(f"{HEADER}\n{','.join(row.values())}\n{BEN}\n")


def workbook(change: Callable[[openpyxl.Workbook], None] = lambda book: None) -> Break:
    def make() -> bytes:
        book = openpyxl.Workbook()
        book.active.title = "Year 4"
        for line in GOOD.splitlines():
            book.active.append(line.split(","))
        change(book)
        content = io.BytesIO()
        book.save(content)
        return content.getvalue()

    return make


def cell(place: str, value: object, kind: str | None = None) -> Callable[[openpyxl.Workbook], None]:
    def change(book: openpyxl.Workbook) -> None:
        book.active[place] = value
        if kind:
            book.active[place].data_type = kind

    return change


def damaged(at: float) -> Break:
    """A workbook of which a part is overwritten."""

    def make() -> bytes:
        content = bytearray(workbook()())
        start = int(len(content) * at)
        content[start : start + 200] = b"\xaa" * 200
        return bytes(content)

    return make


def bomb() -> bytes:
    content = io.BytesIO(workbook()())
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.bin", b"\0" * 260_000_000)
    return content.getvalue()


def entities() -> bytes:
    content = io.BytesIO(workbook()())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/extra.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return content.getvalue()


def hidden_entities() -> bytes:
    content = io.BytesIO(workbook()())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/worksheets/sheet9.DAT", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>')
    return content.getvalue()


def unplaced_cells() -> bytes:
    """A sheet whose cells do not say where they stand, in a row that says it is far down."""
    content = io.BytesIO(workbook()())
    with zipfile.ZipFile(content, "a") as archive:
        cells = "<c><v>1</v></c>" * 500
        archive.writestr("xl/worksheets/sheet9.xml", f'<sheetData><row r="1000000">{cells}</row></sheetData>')
    return content.getvalue()


def wide_xml() -> bytes:
    content = io.BytesIO(workbook()())
    with zipfile.ZipFile(content, "a") as archive:
        archive.writestr("xl/extra.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><x>&a;</x>'.encode("utf-16"))
    return content.getvalue()


def other_zip() -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("word/document.xml", "<w/>")
    return content.getvalue()


OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 504
PROTECTED = OLE + "EncryptedPackage".encode("utf-16-le")

# What was done, the file's name, its content, and phrases the message must have.
REFUSED: list[tuple[str, str, Break, list[str]]] = [
    ("empty file", "marks.csv", text(""), ["marks.csv", "empty", "Export it again"]),
    ("white space only", "marks.csv", text("\n \n"), ["empty"]),
    ("headings only", "marks.csv", text(HEADER + "\n"), ["no rows below"]),
    ("heading row missing", "marks.csv", text(f"{ADA}\n{BEN}\n"), ["no column is headed 'UPN'", "heading row is missing"]),
    (
        "a column named differently",
        "marks.csv",
        text(GOOD.replace("Score", "Scores")),
        ["no column is headed 'Score'", "Did you mean 'Scores'?", "row 1", "UPN, Surname"],
    ),
    ("a column left out", "marks.csv", text(GOOD.replace(",DOB", "")), ["no column is headed 'DOB'"]),
    (
        "two headings the same",
        "marks.csv",
        text(f"{HEADER},Score\n{ADA},99\n{BEN},98\n"),
        ["row 1", "two columns headed 'Score'", "Rename"],
    ),
    ("a quotation mark left open", "marks.csv", text(GOOD.replace(",Ben", ',"Ben')), ["row 3", "quotation mark"]),
    ("bytes of a program", "marks.csv", lambda: bytes(range(256)) * 20, ["neither text nor a workbook", "damaged"]),
    ("NUL bytes alone", "marks.csv", lambda: b"\0" * 50, ["empty"]),
    ("a workbook named CSV", "marks.csv", workbook(), ["it is an Excel workbook", "Rename it to end in .xlsx"]),
    ("a PDF named CSV", "marks.csv", lambda: b"%PDF-1.7\n...", ["it is a PDF"]),
    ("a web page named XLSX", "marks.xlsx", text("<html><table></table></html>"), ["web page", "save it as .xlsx"]),
    ("a CSV named XLSX", "marks.xlsx", text(GOOD), ["plain text, not a workbook", "Rename it to end in .csv"]),
    ("an old workbook named XLSX", "marks.xlsx", lambda: OLE, ["old Excel workbook (.xls)", "Rename it to end in .xls"]),
    ("a workbook's container with nothing in it", "marks.xls", lambda: OLE, ["damaged or incomplete"]),
    ("a workbook of another maker", "marks.numbers", workbook(), ["'.numbers' are not read", "Save it as CSV or XLSX"]),
    ("a CSV named XLS", "marks.xls", text(GOOD), ["plain text, not a workbook", "Rename it to end in .csv"]),
    ("a workbook named ODS", "marks.ods", workbook(), ["it is an Excel workbook", "Rename it to end in .xlsx"]),
    ("a password", "marks.xlsx", lambda: PROTECTED, ["protected by a password", "Remove the password"]),
    ("a password, in an old name", "marks.xls", lambda: PROTECTED, ["protected by a password", "Remove the password"]),
    ("a workbook cut short", "marks.xlsx", lambda: workbook()()[:-900], ["damaged or incomplete"]),
    ("a workbook overwritten in places", "marks.xlsx", damaged(0.35), ["damaged or incomplete"]),
    ("another kind of package", "marks.xlsx", other_zip, ["not an Excel workbook"]),
    ("a zip bomb", "marks.xlsx", bomb, ["would unpack to 260", "allowed"]),
    ("XML entities", "marks.xlsx", entities, ["declares XML entities"]),
    ("XML entities hidden in UTF-16", "marks.xlsx", wide_xml, ["damaged or incomplete"]),
    ("XML entities under another name", "marks.xlsx", hidden_entities, ["declares XML entities"]),
    ("cells far away that hide it", "marks.xlsx", unplaced_cells, ["row 1,000,000 and column 500", "more than"]),
    ("a cell without an end", "marks.csv", text(GOOD + '"' + "x" * 200_000), ["row 4", "131,072 characters"]),
    ("a cell far away", "marks.xlsx", workbook(cell("XFD1048576", "x")), ["row 1,048,576 and column 16,384", "more than"]),
    ("an empty workbook", "marks.xlsx", workbook(lambda book: book.active.delete_rows(1, 9)), ["workbook is empty"]),
    (
        "a heading missing on every sheet",
        "marks.xlsx",
        workbook(cell("G1", "Mark")),
        ["sheet 'Year 4'", "no column is headed 'Score'"],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "content", "phrases"), [line[1:] for line in REFUSED], ids=[line[0] for line in REFUSED]
)
def test_a_broken_file_is_refused_in_words(
    tmp_path: Path, name: str, content: Break, phrases: list[str]
) -> None:
    (tmp_path / name).write_bytes(content())
    with pytest.raises(SourceError) as caught:
        read_tables(tmp_path / name, f"tests/{name}", "marks", HEADINGS, None)
    message = str(caught.value)
    assert message.startswith(f"tests/{name}")
    for phrase in phrases:
        assert phrase in message
    assert not [identity for identity in IDENTITIES if identity in message]


def test_a_pupil_s_row_is_never_taken_for_headings_in_a_message(tmp_path: Path) -> None:
    """A name near a heading (Seán, SEN), or a cell that is one, does not make a row of headings."""
    headings = ["UPN", "Legal Surname", "Legal Forename", "DOB", "SEN", "Year", "EAL"]
    rows = [
        "H801200001001,Okonkwo,Seán,13/05/2015,K,Year 2,N",
        "A950000178301,Whitlock,Bennet,02/11/2014,SEN,Year 2,EAL",
    ]
    for row in rows:
        (tmp_path / "m.csv").write_text(f"{row}\n")
        with pytest.raises(SourceError) as caught:
            read_tables(tmp_path / "m.csv", "m.csv", "marks", headings, None)
        assert "heading row is missing" in str(caught.value)
        assert not [part for part in row.split(",") if len(part) > 4 and part in str(caught.value)]


def test_headings_that_run_into_a_pupil_s_row_are_not_repeated(tmp_path: Path) -> None:
    headings = ["UPN", "Legal Surname", "Legal Forename", "DOB", "SEN"]
    for rest in ("DOKonkwo,Seán,13/05/2015,K", "D,F,Okonkwo,Seán", "DO7,2,Okonkwo"):
        (tmp_path / "m.csv").write_text(f"UPN,Legal Surname,Legal Forename,{rest}\nH801200001001,Ek,Ann,,\n")
        with pytest.raises(SourceError, match="looks like a pupil's: is a line break missing") as caught:
            read_tables(tmp_path / "m.csv", "m.csv", "marks", headings, None)
        assert "konkwo" not in str(caught.value)
        assert "Seán" not in str(caught.value)


def test_a_row_of_characters_no_one_sees_is_empty(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("UPN,Score\nH801200001001,99\n\u200b,\ufeff\nA950000178301,101\n")
    (table,) = read_tables(tmp_path / "m.csv", "m.csv", "marks", ["UPN", "Score"], None)
    assert table.cells.index.tolist() == [2, 4]


def test_a_heading_row_of_which_no_name_is_right_is_still_shown(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text("Upn,Sur name,First,D.O.B\n1,2,3,4\n")
    with pytest.raises(SourceError, match=r"The nearest to be found: 'D\.O\.B', 'Sur name', 'Upn'\."):
        read_tables(tmp_path / "m.csv", "m.csv", "marks", ["UPN", "Surname", "Forename", "DOB"], None)


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "autumn_marks.csv").write_text(GOOD)
    with pytest.raises(SourceError, match=r"marks_autumn\.csv: no such file\."):
        read_tables(tmp_path / "marks_autumn.csv", "marks_autumn.csv", "marks", HEADINGS, None)
    with pytest.raises(SourceError, match=r"Did you mean 'autumn_marks\.csv'\?"):
        read_tables(tmp_path / "autum_marks.csv", "autum_marks.csv", "marks", HEADINGS, None)
    with pytest.raises(SourceError, match="folder 'absent' does not exist"):
        read_tables(tmp_path / "absent" / "a.csv", "absent/a.csv", "marks", HEADINGS, None)
    with pytest.raises(SourceError, match="is a folder, not a file"):
        read_tables(tmp_path, "tests", "marks", HEADINGS, None)


def test_a_sheet_that_is_not_there_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "marks.xlsx").write_bytes(workbook()())
    with pytest.raises(
        SourceError, match=r"no sheet is called 'Year4'\. Did you mean 'Year 4'\? Sheets: Year 4\."
    ):
        read_tables(tmp_path / "marks.xlsx", "marks.xlsx", "marks", HEADINGS, "Year4")


def test_a_file_too_large_is_not_read(tmp_path: Path) -> None:
    with (tmp_path / "marks.csv").open("wb") as file:
        file.truncate(200_000_001)
    with pytest.raises(SourceError, match="200,000,001 bytes, more than the 200,000,000 allowed"):
        read_tables(tmp_path / "marks.csv", "marks.csv", "marks", HEADINGS, None)


# What was done, the file's name, its content, and of the issue that must follow: row, column, rule, severity, phrases.
Listed = tuple[str, str, Break, int | None, str, str, str, list[str]]
LISTED: list[Listed] = [
    ("UPN with a wrong check letter", "m.csv", ada(UPN="Z801200001001"), 2, "UPN", "upn", "cell", ["check letter"]),
    ("UPN too short", "m.csv", ada(UPN="H80120000100"), 2, "UPN", "upn", "cell", ["a letter, 11 figures"]),
    ("unknown school", "m.csv", ada(School="9992011"), 2, "School", "school", "row", ["9992011", "nearest is '9992001'"]),
    ("school unlike any", "m.csv", ada(School="Oakfield"), 2, "School", "school", "row", ["not a school in the register"]),
    ("year group that does not exist", "m.csv", ada(Year="Year 44"), 2, "Year", "year_group", "cell", ["'Year 44'", "2, 4"]),
    ("year group not in the study", "m.csv", ada(Year="Y5"), 2, "Year", "year_group", "row", ["'Y5'", "does not cover (2, 4)"]),
    ("letter for a figure", "m.csv", ada(Score="1O5"), 2, "Score", "score", "cell", ["'1O5'", "70 to 130"]),
    ("impossible score", "m.csv", ada(Score="999"), 2, "Score", "score", "cell", ["'999'", "outside", "70 to 130"]),
    ("negative score", "m.csv", ada(Score="-5"), 2, "Score", "score", "cell", ["'-5'", "outside"]),
    ("score in words", "m.csv", ada(Score="not known yet"), 2, "Score", "score", "cell", ["The cell is neither"]),
    ("percentage", "m.csv", ada(Score="85%"), 2, "Score", "score", "cell", ["'85%'"]),
    ("no such day", "m.csv", ada(DOB="31/02/2015"), 2, "DOB", "dob", "cell", ["not a date in the calendar"]),
    ("date in words", "m.csv", ada(DOB="spring 2015"), 2, "DOB", "dob", "cell", ["is not a date such as"]),
    ("date of the test for that of birth", "m.csv", ada(DOB="15/09/2023"), 2, "DOB", "dob", "cell", ["younger than 2"]),
    (
        "dates in two orders",
        "m.csv",
        text(GOOD.replace("13/05", "05/13").replace("02/11", "22/11")),
        None,
        "DOB",
        "dob_column",
        "note",
        ["some the month first"],
    ),
    (
        "dates month first",
        "m.csv",
        text(GOOD.replace("13/05", "05/13")),
        None,
        "DOB",
        "dob_column",
        "note",
        ["month first, and were read so"],
    ),
    (
        "dates that cannot tell",
        "m.csv",
        text(GOOD.replace("13/05", "03/05")),
        None,
        "DOB",
        "dob_column",
        "note",
        ["read with the day first"],
    ),
    ("name without a letter", "m.csv", ada(Surname="1234"), 2, "Surname", "surname", "cell", ["has no letters"]),
    ("row cut short", "m.csv", text(GOOD.replace("Okonkwo,", "")), 2, "", "ragged", "row", ["6 cells where the heading row has 7"]),
    ("stray comma", "m.csv", text(GOOD.replace("Year 4,101", "Year, 4,101")), 2, "", "ragged", "row", ["8 cells"]),
    ("totals at the foot", "m.csv", text(GOOD + ",,,,,Total,189\n"), 4, "", "total", "row", ["names no pupil"]),
    ("average at the foot", "m.csv", text(GOOD + ",Average,,,,,94.5\n"), 4, "", "total", "row", ["names no pupil"]),
    ("the same row again", "m.csv", text(GOOD + ADA + "\n"), 4, "", "duplicate", "row", ["same as row 2"]),
    (
        "the same pupil, another score",
        "m.csv",
        text(GOOD + ADA.replace(",101", ",99") + "\n"),
        4,
        "",
        "conflict",
        "row",
        ["different score in row 2", "neither is used"],
    ),
    ("formula", "m.xlsx", workbook(cell("G2", "=90+11")), 2, "Score", "formula", "cell", ["formula", "Paste its value"]),
    ("error value", "m.xlsx", workbook(cell("G2", "#N/A", "e")), 2, "Score", "score", "cell", ["is neither a score"]),
    (
        "a sheet of something else",
        "m.xlsx",
        workbook(lambda book: book.create_sheet("Notes").append(["Read me"])),
        None,
        "",
        "sheet_passed_over",
        "note",
        ["does not have the headings"],
    ),
    (
        "columns exchanged",
        "m.csv",
        text(GOOD.replace("Forename", "?").replace("Score", "Forename").replace("?", "Score")),
        None,
        "Score",
        "score_column",
        "note",
        ["Is it the right column?"],
    ),
]  # fmt: skip


def cleaned(path: Path) -> Cleaned:
    return clean_source(STUDY, MARKS, read_tables(path, path.name, "marks", HEADINGS, None), SCHOOLS)


@pytest.mark.parametrize(
    ("name", "content", "row", "column", "rule", "severity", "phrases"),
    [line[1:] for line in LISTED],
    ids=[line[0] for line in LISTED],
)
def test_a_broken_row_or_cell_is_listed(
    tmp_path: Path, name: str, content: Break, row: int | None, column: str, rule: str, severity: str, phrases: list[str]
) -> None:  # fmt: skip
    (tmp_path / name).write_bytes(content())
    result = cleaned(tmp_path / name)
    issues = result.issues
    at = issues["row"].isna() if row is None else issues["row"] == row
    found = issues[at.fillna(False) & (issues["rule"] == rule) & (issues["column"] == column)]
    assert len(found) == 1, issues.to_string()
    assert found["severity"].item() == severity
    for phrase in phrases:
        assert phrase in found["reason"].item()
    listed = issues.loc[issues["severity"] == "row", ["file", "sheet", "row"]].drop_duplicates()
    assert result.rows_in == len(result.rows) + len(listed)
    assert not [
        identity for identity in IDENTITIES if issues["reason"].str.contains(identity, regex=False).any()
    ]


def test_the_good_file_has_no_issue(tmp_path: Path) -> None:
    (tmp_path / "m.csv").write_text(GOOD)
    result = cleaned(tmp_path / "m.csv")
    assert result.issues.empty
    assert result.rows["score"].tolist() == [101, 88]
    assert result.rows["dob"].tolist() == [pd.Timestamp(2015, 5, 13), pd.Timestamp(2014, 11, 2)]
    assert result.rows["year_group"].tolist() == ["4", "4"]


def test_columns_exchanged_leave_no_name_in_a_score_or_a_reason(tmp_path: Path) -> None:
    swapped = (
        GOOD.replace("Forename", "?")
        .replace("Score", "Forename")
        .replace("?", "Score")
        .replace("Adaeze", "Amy")
    )
    (tmp_path / "m.csv").write_text(swapped)
    result = cleaned(tmp_path / "m.csv")
    assert result.rows["score"].isna().all()
    assert set(result.rows["score_reason"]) == {"not accepted"}
    assert not result.issues["reason"].str.contains("Amy|AMY|Bennet").any()
