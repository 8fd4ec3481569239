"""Doubtful pairs go out in a workbook, come back as decisions, and mean the same when files have grown."""

import shutil
import stat
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from link_rows import SCHOOL, STUDY, Whole, linked, person, rows, whom

from evaluation.errors import EvaluationError, SourceError, StoreError
from evaluation.exchange.review import write_review
from evaluation.link import read_decisions

CORA = person("Ashgrove, Cora", "2015-03-09", sex="F")
UNLIKE = person("Ashgrove, Ottilie", "2015-03-09", sex="F")


def ask(root: Path, *tested: dict, roll: list[dict] | None = None) -> Whole:
    """Link with the decisions saved so far, and write the workbook."""
    decisions, _ = read_decisions(root / "data" / "raw" / STUDY.study)
    result = linked([rows("roll", *(roll or [CORA, *SCHOOL]))], [rows("marks", *tested)], decisions)
    write_review(STUDY, root, result.doubtful)
    return result


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Whole]:
    """A folder, to copy and not to change, whose workbook asks about one pair; and what came of linking."""
    root = tmp_path_factory.mktemp("asked")
    return root, ask(root, UNLIKE)


@pytest.fixture
def asked(first: tuple[Path, Whole], tmp_path: Path) -> Path:
    """A copy of that folder."""
    return shutil.copytree(first[0], tmp_path, dirs_exist_ok=True)


def workbook(root: Path) -> Path:
    return root / "data" / "processed" / STUDY.study / "review" / "linkage.xlsx"


def decide(root: Path, *said: str, name: str = "mine.xlsx") -> None:
    """Fill in the column Decision as a person would, and save among the raw files."""
    book = openpyxl.load_workbook(workbook(root))
    sheet = book["Pairs"]
    for row, word in enumerate(said, start=2):
        sheet.cell(row, 1).value = word or None
    place = root / "data" / "raw" / STUDY.study / "review"
    place.mkdir(parents=True, exist_ok=True)
    book.save(place / name)


def test_a_pair_said_to_be_the_same_is_linked_ever_after(first: tuple[Path, Whole], asked: Path) -> None:
    assert whom(first[1]) == [None]
    decide(asked, "Same")
    stranger = person("Quill, Septimus", "2014-12-30")
    result = ask(asked, stranger, *SCHOOL[:3], UNLIKE, roll=[stranger, *SCHOOL[::-1], CORA])
    assert result.scores["linked_by"].tolist()[-1] == "decision"
    assert whom(result)[-1] == len(SCHOOL) + 1
    assert result.doubtful.empty
    assert not workbook(asked).exists()


def test_a_pair_said_to_be_different_is_not_asked_again(asked: Path) -> None:
    decide(asked, "different")
    result = ask(asked, UNLIKE)
    assert whom(result) == [None]
    assert result.doubtful.empty


def test_an_unsure_pair_stays_on_the_list_as_unsure(asked: Path) -> None:
    decide(asked, "unsure")
    result = ask(asked, UNLIKE)
    assert whom(result) == [None]
    assert result.doubtful["decision"].tolist() == ["unsure"]
    assert openpyxl.load_workbook(workbook(asked))["Pairs"]["A2"].value == "unsure"


def test_a_decision_lapses_when_the_record_says_something_else(asked: Path) -> None:
    decide(asked, "same")
    result = ask(asked, {**UNLIKE, "forename": "Odette"})
    assert whom(result) == [None]
    assert len(result.doubtful) == 1


def test_a_decision_about_two_rows_that_nothing_tells_apart_is_about_neither(asked: Path) -> None:
    decide(asked, "same")
    assert whom(ask(asked, UNLIKE, UNLIKE)) == [None, None]


def test_decisions_that_contradict_each_other_are_refused_by_place(asked: Path) -> None:
    decide(asked, "same", name="a.xlsx")
    decide(asked, "different", name="b.xlsx")
    with pytest.raises(SourceError, match=r"review/b\.xlsx.*row 2.*review/a\.xlsx.*row 2") as refused:
        ask(asked, UNLIKE)
    says_nothing_of_anyone(refused.value)


def test_one_record_cannot_be_two_pupils(tmp_path: Path) -> None:
    twins = [CORA, person("Ashgrove, Clara", "2015-03-09", sex="F"), *SCHOOL]
    ask(tmp_path, person("Ashgrove, C", "2015-03-09", sex="F"), roll=twins)
    decide(tmp_path, "same", "same")
    with pytest.raises(SourceError, match="the same as two pupils, here and in"):
        ask(tmp_path, UNLIKE, roll=twins)


@pytest.mark.parametrize(
    ("word", "message"), [("diferent", "Did you mean 'different'"), ("Cora Ashgrove", "not one of")]
)
def test_another_word_is_refused_and_not_repeated(asked: Path, word: str, message: str) -> None:
    decide(asked, word)
    with pytest.raises(SourceError, match=message) as refused:
        ask(asked, UNLIKE)
    says_nothing_of_anyone(refused.value)


def test_a_workbook_without_its_keys_is_refused(asked: Path) -> None:
    decide(asked, "same")
    path = asked / "data" / "raw" / STUDY.study / "review" / "mine.xlsx"
    book = openpyxl.load_workbook(path)
    sheet = book["Pairs"]
    at = next(cell.column for cell in sheet[1] if cell.value == "Record key")
    sheet.cell(2, at).value = None
    book.save(path)
    with pytest.raises(SourceError, match="a decision without its keys"):
        ask(asked, UNLIKE)
    sheet.delete_cols(at)
    book.save(path)
    with pytest.raises(SourceError, match="no column is headed 'Record key'"):
        ask(asked, UNLIKE)


def test_decisions_made_where_the_workbook_was_written_are_not_overwritten(asked: Path) -> None:
    book = openpyxl.load_workbook(workbook(asked))
    book["Pairs"]["A2"].value = "same"
    book.save(workbook(asked))
    kept = workbook(asked).read_bytes()
    with pytest.raises(StoreError, match=r"holds 1 decisions that are not in data/raw/small/review/\. Move"):
        ask(asked, UNLIKE)
    assert workbook(asked).read_bytes() == kept
    decide(asked, "same")
    assert whom(ask(asked, UNLIKE)) == [0]


def test_the_workbook_is_its_owner_s_and_says_what_it_holds(tmp_path: Path) -> None:
    ask(tmp_path, {**UNLIKE, "surname": "=Ashgrove", "dob": "2015-03-09"})
    path = workbook(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["linkage.xlsx"]
    book = openpyxl.load_workbook(path)
    readme = " ".join(str(row[0].value) for row in book["Read me"].iter_rows())
    assert "holds names, dates of birth and pupil numbers" in readme
    assert "data/raw/small/review/" in readme
    sheet = book["Pairs"]
    headings = [cell.value for cell in sheet[1]]
    assert headings.index("Pupil: surname") == headings.index("Record: surname") + 1
    cells = [cell for row in sheet.iter_rows(min_row=2) for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    (choices,) = sheet.data_validations.dataValidation
    assert choices.formula1 == '"same,different,unsure"'


def test_every_row_of_a_review_workbook_is_counted(tmp_path: Path) -> None:
    ask(tmp_path, UNLIKE, {**CORA, "forename": "Perpetua"})
    decide(tmp_path, "different", "")
    _, lines = read_decisions(tmp_path / "data" / "raw" / STUDY.study)
    (line,) = lines
    assert (line["rows_in"], line["rows_accepted"], line["rows_listed"]) == (2, 1, 1)


def says_nothing_of_anyone(error: EvaluationError) -> None:
    assert not [word for word in ("Ashgrove", "Cora", "Ottilie", "2015") if word in str(error)]


def test_no_table_but_the_workbook_s_names_anyone(tmp_path: Path) -> None:
    planted = [
        person("Zyxwvut, Qwertia", "2014-04-21", upn="H801200001001"),
        person("Plughxy, Xyzzya", "2014-08-17", upn="C999000000001"),
        *SCHOOL,
    ]
    asked = [
        person("Zyxwvut, Qwertius", "2014-04-21"),
        person("Plughxy, Otherwise", "2014-08-17"),
        person("Plughxy, Xyzzya", "2014-08-17", upn="A950000178301"),
    ]
    result = ask(tmp_path, *asked, roll=planted)
    assert result.doubtful["row"].tolist() == [3, 4]
    for frame in (result.pupils, result.scores, result.review, result.counts):
        text = pd.DataFrame(frame).drop(columns="pupil", errors="ignore").to_csv()
        words = ("zyxwvut", "qwerti", "plughxy", "xyzzya", "2014-04-21", "2014-08-17", "h8012", "a9500")
        assert not [word for word in words if word in text.casefold()]
    assert not set(result.doubtful["pupil_key"]) & set(result.pupils["pupil"])
