"""Request workbooks: asked only for what is missing, open where they are to be filled."""

import datetime as dt
import os
import stat
from pathlib import Path

import openpyxl
import pytest
from exchange_study import (
    FORENAMES,
    LACKING,
    NORTH,
    SOUTH,
    SUMMER,
    TODAY,
    heading_of,
    places_to_fill,
    silent,
    upn,
)

from evaluation.errors import ReportError
from evaluation.exchange import Requested, request
from evaluation.study import Study, load_study


def asked_cells(path: Path) -> set[tuple[str, str]]:
    """Forename and heading of every cell that is open to fill."""
    sheet = openpyxl.load_workbook(path)["Pupils"]
    names = heading_of(sheet, "forename")
    return {
        (sheet.cell(cell.row, names).value, sheet.cell(1, cell.column).value)
        for row in sheet.iter_rows(min_row=2)
        for cell in row
        if not cell.protection.locked
    }


def test_a_school_is_asked_only_for_what_is_missing(blank: Path, requested: Requested) -> None:
    sheet = openpyxl.load_workbook(blank)["Pupils"]
    wanted = {(name, sheet.cell(1, heading_of(sheet, what)).value) for name, what in LACKING}
    # Jonty's summer record has an initial and no date of birth: until the question is answered his score is missing too.
    jonty = ("Jonty", sheet.cell(1, heading_of(sheet, SUMMER)).value)
    assert asked_cells(blank) == wanted | {jonty}
    assert sheet.max_row == 1 + len({name for name, _ in wanted | {jonty}})
    assert requested.asked[0].cells == len(LACKING) + 1
    assert requested.asked[0].questions == 1


@pytest.mark.parametrize("evidence", ["spells", "flags"])
def test_a_school_that_sent_free_meals_is_not_asked_who_is_disadvantaged(
    study: Study, root: Path, evidence: str
) -> None:
    """Nor for a number or a date of birth that a later list of its own gives."""
    raw, plan = root / "data" / "raw" / "mine", root / "params" / "mine.yml"
    at, adaeze = FORENAMES.index("Bennet"), FORENAMES.index("Adaeze")
    later = f"Okonkwo,Adaeze,{adaeze + 3:02d}/06/2014,{upn(adaeze)}\nOkonkwo,Dilip,06/06/2014,{upn(3)}\n"
    (raw / "later.csv").write_text(f"Last,First,Born,Number\n{later}", encoding="utf-8")
    sources = """  - {name: later, kind: pupils, path: later.csv, wave: summer, school: "9992001",
     columns: {forename: First, surname: Last, dob: Born, upn: Number}}
"""
    text = plan.read_text(encoding="utf-8")
    if evidence == "spells":
        (raw / "meals.csv").write_text(f"Number,From,To\n{upn(at)},2020-09-01,\n", encoding="utf-8")
        sources += "  - {name: meals, kind: spells, path: meals.csv, wave: autumn, columns: {upn: Number, start: From, end: To}}\n"
    else:
        text = text.replace("disadvantaged: PP}", "disadvantaged: PP, fsm6: House}", 1)
        north = (raw / "north.csv").read_text(encoding="utf-8").replace(",Red", ",No")
        (raw / "north.csv").write_text(north, encoding="utf-8")
    plan.write_text(text.replace("comparison:", sources + "comparison:", 1), encoding="utf-8")
    made = request(load_study(str(plan)), root, [NORTH], "", TODAY, silent)
    asked = {what for name, what in asked_cells(root / made.asked[0].file)}
    assert "Yr" in asked
    assert not asked & {"PP", "Born", "Number"}


def test_a_school_that_lacks_nothing_gets_no_workbook_and_that_is_said(
    requested: Requested, root: Path
) -> None:
    assert requested.complete == ("South School",)
    assert [item.school for item in requested.asked] == [NORTH]
    assert "South School" in "\n".join(requested.lines())
    assert not (root / f"data/processed/mine/requests/{SOUTH}.xlsx").exists()


def test_the_workbook_is_private_has_the_school_s_order_and_no_macro(blank: Path) -> None:
    assert stat.S_IMODE(blank.stat().st_mode) == 0o600
    book = openpyxl.load_workbook(blank)
    assert book.vba_archive is None
    headings = [cell.value for cell in book["Pupils"][1]]
    assert headings[:8] == ["Reference", "Last", "First", "Form", "Born", "Yr", "Number", "PP"]
    assert book.sheetnames[:3] == ["Read me", "Pupils", "Questions"]
    assert {book[name].sheet_state for name in ("about", "lists")} == {"hidden"}
    assert all(
        book[name].protection.sheet and not book[name].protection.password for name in book.sheetnames[:3]
    )
    said = " ".join(str(cell.value) for cell in book["Read me"]["A"] if cell.value)
    assert "minutes" in said
    assert "whoever sent you this workbook" in said


def test_the_hidden_sheets_hold_no_identity_but_the_list_to_choose_from(blank: Path) -> None:
    about = openpyxl.load_workbook(blank)["about"]
    text = " ".join(str(cell.value) for row in about.iter_rows() for cell in row)
    for name in [*FORENAMES, "Okonkwo", *(upn(at) for at in range(10)), "2014"]:
        assert name not in text


def test_a_wave_still_to_come_is_not_asked_for(study: Study, root: Path) -> None:
    found = request(study, root, [], "", dt.date(2024, 1, 1), silent)
    assert found.asked[0].cells == sum(what != SUMMER for _, what in LACKING)


def test_a_school_of_no_request_is_refused_by_the_nearest_name(study: Study, root: Path) -> None:
    with pytest.raises(ReportError, match="Did you mean '999200"):
        request(study, root, ["9992011"], "", TODAY, silent)


def test_places_to_fill_are_open_and_checked(blank: Path) -> None:
    book = openpyxl.load_workbook(blank)
    for sheet, row, column, _ in places_to_fill(blank):
        cell = book[sheet].cell(row, column)
        assert not cell.protection.locked
        assert any(cell.coordinate in held.sqref for held in book[sheet].data_validations.dataValidation)
        assert any(cell.coordinate in area.sqref for area in book[sheet].conditional_formatting)


def test_what_looks_like_a_formula_stays_text(study: Study, root: Path) -> None:
    raw = root / "data" / "raw" / "mine"
    for name in ("north.csv", "after.csv"):
        text = (
            (raw / name).read_text(encoding="utf-8").replace("Okonkwo", "@HYPERLINK")
        )  # "=..." is no name: it is listed and left empty
        (raw / name).write_text(text.replace("Form,", "=Form,"), encoding="utf-8")
    plan = root / "params" / "mine.yml"
    plan.write_text(plan.read_text().replace("class: Form", 'class: "=Form"'))
    found = request(load_study(str(plan)), root, [NORTH], "=1+1", TODAY, silent)
    book = openpyxl.load_workbook(root / found.asked[0].file)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
    assert sum("HYPERLINK" in str(cell.value) for cell in cells) > 5
    assert "=Form" in {cell.value for cell in cells}
    assert not [cell.coordinate for cell in cells if cell.data_type == "f"]


def test_a_failed_save_leaves_the_earlier_workbook(
    study: Study, root: Path, blank: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = blank.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(openpyxl.Workbook, "save", full)
    with pytest.raises(Exception, match="No space left"):
        request(study, root, [], "", TODAY, silent)
    assert blank.read_bytes() == before
    assert os.listdir(blank.parent) == [blank.name]
