"""Request workbooks: asked only for what is missing, filled, sent back, read with no loss and nothing misplaced."""

import datetime as dt
import io
import os
import random
import stat
from dataclasses import dataclass, replace
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from exchange_study import (
    AUTUMN,
    FORENAMES,
    LACKING,
    NORTH,
    SOUTH,
    SUMMER,
    TODAY,
    fill,
    heading_of,
    places_to_fill,
    row_of,
    set_version,
    silent,
    upn,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.clean.shelf import shelved
from evaluation.errors import ReportError, SourceError
from evaluation.exchange import Requested, check, request
from evaluation.ingest.returned import read_all_returned
from evaluation.intake import linked
from evaluation.receive import Received, _with_answers, receive
from evaluation.study import Study, load_study


def take(study: Study, root: Path) -> Received:
    return as_cleaned(receive(study, root, silent))


def as_cleaned(received: Received) -> Received:
    """What was received, its rows in the types they were cleaned in."""
    return replace(received, pupils=received.pupils.frame(), scores=received.scores.frame())


def on_shelves(received: Received) -> Received:
    """The same as a run has it."""
    return replace(received, pupils=shelved([received.pupils]), scores=shelved([received.scores]))


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


def facts(received: Received) -> pd.DataFrame:
    """What is known of the north school's pupils, by forename."""
    rows = received.pupils[received.pupils["school"] == NORTH].set_index("forename")
    return rows[["upn", "dob", "year_group", "disadvantaged"]]


def answered_scores(received: Received) -> set[tuple[str, str, float, str]]:
    """The scores that come from the workbook: forename, wave, score (-1 for none) and the reason there is none."""
    rows = received.scores[received.scores["file"].str.startswith("returned")].fillna({"score": -1.0})
    return set(map(tuple, rows[["forename", "wave", "score", "score_reason"]].to_numpy().tolist()))


def score(study: Study, received: Received, forename: str, wave: str) -> tuple[float, str, str]:
    """The score that linking gives a pupil of the north school: the number, the reason there is none, censored."""
    found = linked(study, on_shelves(received))
    number = upn(FORENAMES.index(forename))
    mine = received.scores[received.scores["upn"] == number]
    scores = found.scores.frame()
    at = mine.merge(scores[["file", "sheet", "row", "pupil"]], on=["file", "sheet", "row"])
    pupil = at["pupil"].dropna().iloc[0]
    rows = scores[(scores["pupil"] == pupil) & (scores["wave"] == wave)]
    best = rows.sort_values("score").iloc[0]
    return best["score"], best["score_reason"], best["censored"]


def assert_answered(study: Study, root: Path) -> Received:
    """Everything the north school was asked is known, and is what it answered."""
    received = take(study, root)
    known = facts(received)
    assert known.loc["Adaeze", "dob"] == pd.Timestamp("2014-05-13")
    assert known.loc["Bennet", "disadvantaged"] == 1
    assert known.loc["Carys", "year_group"] == "5"
    assert known.loc["Dilip", "upn"] == upn(3)
    assert known.notna().all().all()
    assert score(study, received, "Esme", "autumn")[0] == 104
    assert score(study, received, "Farouk", "autumn")[0] == 88.5
    assert ("Farouk", "summer", -1.0, "absent") in answered_scores(received)
    assert score(study, received, "Greta", "summer") == (70, "", "low")
    assert score(study, received, "Hamish", "summer")[0] == 97
    assert score(study, received, "Jonty", "summer")[0] == 95 + FORENAMES.index("Jonty")
    assert linked(study, on_shelves(received)).review.empty
    return received


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


def test_a_round_trip_by_openpyxl_loses_nothing(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    received = assert_answered(study, root)
    line = received.sources[received.sources["kind"] == "returned"].iloc[0]
    assert (line["rows_in"], line["rows_accepted"], line["rows_listed"]) == (10, 10, 0)
    again = request(study, root, [], "", TODAY, silent)
    assert again.asked == ()
    assert not blank.exists()


def test_a_workbook_sent_twice_changes_nothing(study: Study, root: Path, blank: Path, returned: Path) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    once = take(study, root)
    fill(blank, returned / f"{NORTH} (1).xlsx")
    twice = take(study, root)
    pd.testing.assert_frame_equal(once.pupils, twice.pupils)
    columns = ["wave", "instrument", "upn", "score", "score_reason", "censored"]
    pd.testing.assert_frame_equal(once.scores[columns], twice.scores[columns])
    lost = twice.issues["severity"] != "note"
    assert lost.sum() == (once.issues["severity"] != "note").sum()


def test_a_later_version_supersedes_whatever_the_files_are_called(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH} a.xlsx", version=2)
    book = openpyxl.load_workbook(returned / f"{NORTH} a.xlsx")
    sheet = book["Pupils"]
    sheet.cell(row_of(sheet, "Esme"), heading_of(sheet, AUTUMN), 71)
    set_version(book, 1)
    book.save(returned / f"{NORTH} b.xlsx")
    received = assert_answered(study, root)
    old = received.sources.set_index("file").loc[f"returned/{NORTH} b.xlsx"]
    assert (old["rows_accepted"], old["rows_listed"]) == (0, 10)


def test_contradictory_copies_of_one_version_settle_nothing_and_are_listed(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    book = openpyxl.load_workbook(returned / f"{NORTH}.xlsx")
    sheet = book["Pupils"]
    sheet.cell(row_of(sheet, "Esme"), heading_of(sheet, AUTUMN), 71)
    book.save(returned / f"{NORTH} copy.xlsx")
    received = take(study, root)
    clash = received.issues[received.issues["rule"] == "contradictory"]
    assert set(clash["file"]) == {f"returned/{NORTH}.xlsx", f"returned/{NORTH} copy.xlsx"}
    assert 71 not in set(received.scores["score"])
    assert 104 not in set(received.scores.loc[received.scores["file"].str.startswith("returned"), "score"])


@dataclass(frozen=True)
class Filled:
    """What the files hold, what they and the filled workbook hold, and the workbook's rows."""

    raw: Received
    whole: Received
    path: Path
    content: bytes
    rows: list[list[object]]


@pytest.fixture
def filled(study: Study, root: Path, blank: Path, returned: Path) -> Filled:
    raw = take(study, root)
    fill(blank, returned / f"{NORTH}.xlsx")
    sheet = openpyxl.load_workbook(returned / f"{NORTH}.xlsx")["Pupils"]
    rows = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=2)]
    path = returned / f"{NORTH}.xlsx"
    return Filled(raw, take(study, root), path, path.read_bytes(), rows)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(9)), kept=st.integers(2, 9), added=st.integers(0, 2), seed=st.integers(0, 99)
)
def test_rows_moved_deleted_or_added_misplace_no_answer(
    study: Study, filled: Filled, order: list[int], kept: int, added: int, seed: int
) -> None:
    left = [filled.rows[at] for at in order[:kept]]
    mixed = [*left, *(["", "Nowak", "Zofia", *["x"] * (len(left[0]) - 3)] for _ in range(added))]
    random.Random(seed).shuffle(mixed)
    book = openpyxl.load_workbook(io.BytesIO(filled.content))
    book["Pupils"].delete_rows(2, len(filled.rows))
    for row in mixed:
        book["Pupils"].append(row)
    book.save(filled.path)
    books = read_all_returned(filled.path.parent, study.study)
    part = as_cleaned(_with_answers(study, on_shelves(filled.raw), books))
    before, after = facts(filled.whole), facts(part)
    assert ((before == after) | after.isna()).all().all()
    for row in left:
        assert after.loc[row[2]].equals(before.loc[row[2]])
    names = {row[2] for row in left}
    assert answered_scores(part) == {item for item in answered_scores(filled.whole) if item[0] in names}
    line = part.sources[part.sources["kind"] == "returned"].iloc[0]
    assert (line["rows_in"], line["rows_listed"]) == (kept + added + 1, added)
    assert part.issues.loc[part.issues["severity"] == "row", "rule"].tolist() == ["added_row"] * added


def test_wrong_and_blank_cells_are_issues_with_their_place(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    wrong = {("Adaeze", "dob"): "31/31/2014", ("Esme", AUTUMN): 412, ("Dilip", "upn"): "Z" + upn(3)[1:]}
    book = openpyxl.load_workbook(blank)
    sheet = book["Pupils"]
    for (name, what), value in wrong.items():
        sheet.cell(row_of(sheet, name), heading_of(sheet, what), value)
    returned.mkdir()
    book.save(returned / f"{NORTH}.xlsx")
    received = take(study, root)
    mine = received.issues[received.issues["file"].str.startswith("returned")]
    cells = mine[mine["severity"] == "cell"]
    expected = {(row_of(sheet, name), sheet.cell(1, heading_of(sheet, what)).value) for name, what in wrong}
    assert set(zip(cells["row"], cells["column"], strict=True)) == expected
    assert set(cells["sheet"]) == {"Pupils"}
    assert set(cells["school"]) == {NORTH}
    assert (mine["rule"] == "unanswered").sum() == 2
    assert not mine["reason"].str.contains("Okonkwo|Adaeze|Dilip|2014|999").any()


def test_what_was_sent_before_is_kept_and_the_contradiction_listed(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    book = openpyxl.load_workbook(returned / f"{NORTH}.xlsx")
    sheet = book["Pupils"]
    row = row_of(sheet, "Esme")
    sheet.cell(row, heading_of(sheet, "disadvantaged"), "Yes")
    sheet.cell(row, heading_of(sheet, SUMMER), 120)
    book.save(returned / f"{NORTH}.xlsx")
    received = assert_answered(study, root)
    assert facts(received).loc["Esme", "disadvantaged"] == 0
    assert score(study, received, "Esme", "summer")[0] == 95 + FORENAMES.index("Esme")
    clash = received.issues[received.issues["rule"] == "conflict"]
    assert clash["row"].tolist() == [row, row]
    assert clash["column"].tolist()[0] == "PP"


def test_a_row_with_another_pupil_s_names_is_not_used(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    book = openpyxl.load_workbook(returned / f"{NORTH}.xlsx")
    sheet = book["Pupils"]
    row = row_of(sheet, "Esme")
    sheet.cell(row, heading_of(sheet, "forename"), "Wanda")
    sheet.cell(row, 2, "Nowak")
    book.save(returned / f"{NORTH}.xlsx")
    received = take(study, root)
    listed = received.issues[received.issues["rule"] == "other_names"]
    assert listed["row"].tolist() == [row]
    assert 104 not in set(received.scores.loc[received.scores["file"].str.startswith("returned"), "score"])
    assert not listed["reason"].str.contains("Wanda|Nowak|Esme").any()


def test_not_a_pupil_of_ours_takes_the_record_s_identity_away(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    book = openpyxl.load_workbook(blank)
    book["Questions"].cell(2, book["Questions"].max_column, "not a pupil of ours")
    returned.mkdir()
    book.save(returned / f"{NORTH}.xlsx")
    received = take(study, root)
    nobody = received.scores[received.scores[["upn", "forename", "surname"]].isna().all(axis=1)]
    assert nobody["file"].tolist() == ["after.csv"]
    assert request(study, root, [], "", TODAY, silent).asked[0].questions == 0


def test_workbooks_of_another_study_or_school_are_refused_by_name(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    returned.mkdir()
    for item, value, name, says in (
        ("study", "theirs", f"{NORTH}.xlsx", "made for study 'theirs', not 'mine'"),
        ("school", "9998888", "north.xlsx", "school '9998888', of which this study has no pupils"),
        (
            "school",
            SOUTH,
            f"{NORTH}.xlsx",
            f"named as school {NORTH}'s, but the workbook is school {SOUTH}'s",
        ),
    ):
        book = openpyxl.load_workbook(blank)
        row = next(cell.row for cell in book["about"]["A"] if cell.value == item)
        book["about"].cell(row, 2, value)
        book.save(returned / name)
        with pytest.raises(SourceError, match=says):
            take(study, root)
        (returned / name).unlink()


def test_anything_else_in_the_folder_is_refused_by_name(study: Study, root: Path, returned: Path) -> None:
    returned.mkdir()
    book = openpyxl.Workbook()
    book.save(returned / "minutes of the meeting.xlsx")
    with pytest.raises(SourceError, match="only workbooks made by `evaluation request` belong"):
        take(study, root)
    (returned / "minutes of the meeting.xlsx").unlink()
    (returned / "~$9992001.xlsx").write_bytes(b"open elsewhere")
    assert len(take(study, root).pupils) == 20


def test_a_second_request_asks_only_for_what_is_still_missing(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    book = openpyxl.load_workbook(returned / f"{NORTH}.xlsx")
    sheet = book["Pupils"]
    sheet.cell(row_of(sheet, "Hamish"), heading_of(sheet, SUMMER)).value = None
    book.save(returned / f"{NORTH}.xlsx")
    second = request(study, root, [], "", TODAY, silent)
    assert (second.asked[0].cells, second.asked[0].questions) == (1, 0)
    book = openpyxl.load_workbook(blank)
    book["Pupils"].cell(2, heading_of(book["Pupils"], SUMMER), 97)
    book.save(returned / f"{NORTH} second.xlsx")
    assert_answered(study, root)


def test_check_counts_the_workbook_and_says_no_identity(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    found = check(study, root, silent)
    said = "\n".join(found.lines()) + str(found.as_dict())
    assert f"returned/{NORTH}.xlsx: 10 rows in, 10 accepted, 0 listed" in said
    lists = [path.read_text() for path in (root / found.folder).glob("*.csv")]
    for name in [*FORENAMES, "Okonkwo", upn(3), "13/05/2014"]:
        assert name not in said
        assert not any(name in text for text in lists)


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
