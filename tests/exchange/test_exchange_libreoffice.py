"""The workbook in LibreOffice: filled and saved there it reads back with no loss, and keeps its drop-downs and checks."""

import shutil
import subprocess
from pathlib import Path
from xml.sax.saxutils import escape

import openpyxl
import pytest
from exchange_answers import assert_answered
from exchange_study import NORTH, TODAY, fill, places_to_fill, silent, upn
from hypothesis import given, settings
from hypothesis import strategies as st

from evaluation.clean.upn import LETTERS, check_letter, has_upn_shape
from evaluation.exchange import request
from evaluation.exchange.checks import Lists
from evaluation.exchange.checks import upn as upn_check
from evaluation.study import Study

SOFFICE = shutil.which("soffice")
pytestmark = pytest.mark.skipif(
    SOFFICE is None, reason="needs LibreOffice (apt install libreoffice-calc-nogui)"
)

# Opens a workbook, writes cells as if typed, and saves it as .xlsx.
MACRO = """
Sub Fill(source As String, target As String, typed As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden" : hidden(0).Value = True
  book = StarDesktop.loadComponentFromURL(ConvertToURL(source), "_blank", 0, hidden())
  For Each item In Split(typed, Chr(30))
    part = Split(item, Chr(31))
    cell = book.Sheets.getByName(part(0)).getCellByPosition(CInt(part(2)) - 1, CInt(part(1)) - 1)
    cell.FormulaLocal = part(3)
  Next item
  Dim kind(0) As New com.sun.star.beans.PropertyValue
  kind(0).Name = "FilterName" : kind(0).Value = "Calc MS Excel 2007 XML"
  book.storeToURL(ConvertToURL(target), kind())
  book.close(True)
End Sub
"""
LIBRARY = '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE library:{0} PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "{0}.dtd">\n'


def office(profile: Path, *arguments: str) -> None:
    """Run LibreOffice headless with a profile of its own."""
    command = [
        str(SOFFICE),
        f"-env:UserInstallation={profile.as_uri()}",
        "--headless",
        "--norestore",
        *arguments,
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=110)


def with_macro(profile: Path) -> Path:
    """A profile whose standard library holds the macro."""
    office(profile, "--terminate_after_init")
    folder = profile / "user" / "basic" / "Standard"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Filling.xba").write_text(
        LIBRARY.format("module").replace("library:module", "script:module")
        + '<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Filling" '
        f'script:language="StarBasic">{escape(MACRO)}</script:module>'
    )
    (folder / "script.xlb").write_text(
        LIBRARY.format("library")
        + '<library:library xmlns:library="http://openoffice.org/2000/library" library:name="Standard" '
        'library:readonly="false" library:passwordprotected="false"><library:element library:name="Filling"/>'
        "</library:library>"
    )
    return profile


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A profile to copy, for to begin one takes LibreOffice seconds."""
    return with_macro(tmp_path_factory.mktemp("office") / "profile")


@pytest.fixture
def profile(begun: Path, tmp_path: Path) -> Path:
    return shutil.copytree(begun, tmp_path / "profile")


def validations(path: Path) -> set[tuple[str, str, str]]:
    """Sheet, first cell and kind of every data validation."""
    book = openpyxl.load_workbook(path)
    return {
        (name, str(held.sqref).split(":")[0], held.type)
        for name in ("Read me", "Pupils", "Questions")
        for held in book[name].data_validations.dataValidation
    }


def test_filled_and_saved_in_libreoffice_it_reads_back_with_no_loss(
    study: Study, root: Path, blank: Path, returned: Path, profile: Path
) -> None:
    returned.mkdir()
    target = returned / f"{NORTH}.xlsx"
    typed = chr(30).join(
        chr(31).join([sheet, str(row), str(column), str(value)])
        for sheet, row, column, value in places_to_fill(blank)
    )
    call = f'macro:///Standard.Filling.Fill("{blank}","{target}","{typed}")'
    office(profile, call)
    assert_answered(study, root)
    assert request(study, root, [], "", TODAY, silent).asked == ()


def test_saved_by_libreoffice_it_keeps_drop_downs_locks_and_hidden_sheets(
    study: Study, root: Path, blank: Path, returned: Path, profile: Path, tmp_path: Path
) -> None:
    office(profile, "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), str(blank))
    saved = tmp_path / "saved" / blank.name
    assert validations(blank) <= validations(saved)
    book = openpyxl.load_workbook(saved)
    assert book["about"].sheet_state == "hidden"
    assert book["Pupils"].protection.sheet
    assert len(book["Pupils"].conditional_formatting) == len(
        openpyxl.load_workbook(blank)["Pupils"].conditional_formatting
    )
    fill(saved, returned / f"{NORTH}.xlsx")
    assert_answered(study, root)


def test_the_workbook_s_own_check_of_pupil_numbers_is_the_library_s(profile: Path, tmp_path: Path) -> None:
    numbers = _numbers()
    book = openpyxl.Workbook()
    check = upn_check(Lists(book))
    for row, number in enumerate(numbers, start=1):
        book.active.cell(row, 1, number)
        book.active.cell(row, 2, "=" + check.valid.format(f"A{row}"))
    book.save(tmp_path / "numbers.xlsx")
    office(
        profile,
        "--convert-to",
        "xlsx",
        "--outdir",
        str(tmp_path / "out"),
        str(tmp_path / "numbers.xlsx"),
    )
    sheet = openpyxl.load_workbook(tmp_path / "out" / "numbers.xlsx", data_only=True).worksheets[0]
    judged = [bool(sheet.cell(row, 2).value) for row in range(1, len(numbers) + 1)]
    assert judged == [has_upn_shape(number) and check_letter(number) == number[0] for number in numbers]
    assert 50 < sum(judged) < len(numbers)


def _numbers() -> list[str]:
    """Right, wrong and temporary numbers; the published examples first."""
    found = ["H801200001001", "A950000178301", "Z801200001001", "H80120000100", "", "H8012000010O1"]

    @settings(max_examples=80, database=None, derandomize=True)
    @given(
        st.text("0123456789", min_size=11, max_size=11),
        st.sampled_from("0123456789" + LETTERS),
        st.sampled_from(LETTERS),
    )
    def add(figures: str, last: str, letter: str) -> None:
        body = figures + last
        found.extend([check_letter("A" + body) + body, letter + body])

    add()
    return [*found, *(upn(at) for at in range(5))]
