"""Request workbooks filled and sent back: read with no loss and nothing misplaced."""

import io
import random
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from exchange_answers import answered_scores, as_cleaned, assert_answered, facts, on_shelves, score, take
from exchange_study import (
    AUTUMN,
    FORENAMES,
    NORTH,
    SOUTH,
    SUMMER,
    TODAY,
    fill,
    heading_of,
    row_of,
    set_version,
    silent,
    upn,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evaluation.errors import SourceError
from evaluation.exchange import check, request
from evaluation.ingest.returned import read_all_returned
from evaluation.receive import Received, _with_answers
from evaluation.study import Study


def test_a_round_trip_by_openpyxl_loses_nothing(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    fill(blank, returned / f"{NORTH}.xlsx")
    received, _ = assert_answered(study, root)
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
    received, _ = assert_answered(study, root)
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


def fill_otherwise(blank: Path, path: Path, forename: str, cells: dict[str, object]) -> int:
    """Fill a workbook, a pupil's cells under these headings otherwise; gives the pupil's row."""
    fill(blank, path)
    book = openpyxl.load_workbook(path)
    sheet = book["Pupils"]
    row = row_of(sheet, forename)
    for what, value in cells.items():
        sheet.cell(row, heading_of(sheet, what)).value = value
    book.save(path)
    return row


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
    row = fill_otherwise(blank, returned / f"{NORTH}.xlsx", "Esme", {"disadvantaged": "Yes", SUMMER: 120})
    received, found = assert_answered(study, root)
    assert facts(received).loc["Esme", "disadvantaged"] == 0
    assert score(found, received, "Esme", "summer")[0] == 95 + FORENAMES.index("Esme")
    clash = received.issues[received.issues["rule"] == "conflict"]
    assert clash["row"].tolist() == [row, row]
    assert clash["column"].tolist()[0] == "PP"


def test_a_row_with_another_pupil_s_names_is_not_used(
    study: Study, root: Path, blank: Path, returned: Path
) -> None:
    row = fill_otherwise(blank, returned / f"{NORTH}.xlsx", "Esme", {"forename": "Wanda", "surname": "Nowak"})
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
    fill_otherwise(blank, returned / f"{NORTH}.xlsx", "Hamish", {SUMMER: None})
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
